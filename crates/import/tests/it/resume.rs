//! Keys, repeated imports, interrupted runs, files that change.

use std::{collections::HashMap, fmt::Write as _, ops::ControlFlow, path::Path};

use yutang_domain::error::Rule as _;
use yutang_import::{LineKey, chat, table};

use super::{chat_options, committed, file, table_options};

fn keys(path: &Path, skip: u64, most: usize) -> Vec<LineKey> {
    let plan = chat::plan(path, &chat_options()).unwrap();
    let mut out = Vec::new();
    chat::read(path, &plan, skip, &mut |record, _| {
        out.push(record.key);
        if out.len() < most {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })
    .unwrap();
    out
}

/// A chat with equal lines near each other and far apart, its clock set back in between.
fn repetitive() -> String {
    let mut text = String::new();
    for round in 0..3 {
        for minute in 0..50 {
            for _ in 0..=(minute % 3) {
                writeln!(text, "2026/11/{} 9:{minute:02} - Wang: +1", 18 - round % 2).unwrap();
            }
            writeln!(
                text,
                "2026/11/{} 9:{minute:02} - Li: {minute}",
                18 - round % 2
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn equal_lines_are_told_apart_and_found_again() {
    let file = file(repetitive().as_bytes());
    let all = keys(file.path(), 0, usize::MAX);
    let mut seen = HashMap::new();
    for key in &all {
        *seen.entry(key).or_insert(0) += 1;
    }
    assert_eq!(all.len(), 3 * (50 + 99));
    assert!(
        seen.values().all(|count| *count == 1),
        "each line has a key of its own"
    );
    assert_eq!(keys(file.path(), 0, usize::MAX), all);
    // Interrupted after any number of lines, the rest has the same keys.
    for stop in [1, 100, 298, 299, 446] {
        let first = keys(file.path(), 0, stop);
        let rest = keys(file.path(), stop as u64, usize::MAX);
        assert_eq!([first, rest].concat(), all, "stopped after {stop}");
    }
}

#[test]
fn a_longer_export_of_the_same_chat_has_the_old_keys() {
    let text = repetitive();
    let longer = file((text.clone() + "2026/11/20 9:00 - Wang: +1\n").as_bytes());
    let short = file(text.as_bytes());
    let all = keys(short.path(), 0, usize::MAX);
    assert_eq!(keys(longer.path(), 0, usize::MAX)[..all.len()], all);
}

#[test]
fn offsets_point_at_the_records() {
    let text = repetitive();
    let file = file(text.as_bytes());
    let plan = chat::plan(file.path(), &chat_options()).unwrap();
    chat::read(file.path(), &plan, 0, &mut |record, offset| {
        let line = text.lines().nth(record.line as usize - 1).unwrap();
        assert!(text[offset as usize..].starts_with(line));
        ControlFlow::Continue(())
    })
    .unwrap();
}

#[test]
fn a_file_that_changes_is_noticed_before_its_records_are_handed_out() {
    let text = "2026/11/20 9:00 - Wang: one\n2026/11/20 9:00 - Wang: two\n";
    let file = file(text.as_bytes());
    let plan = chat::plan(file.path(), &chat_options()).unwrap();
    for changed in [
        text.replace("one", "uno"),
        text.to_owned() + "2026/11/20 9:00 - Wang: three\n",
        text.lines().next().unwrap().to_owned(),
    ] {
        std::fs::write(file.path(), changed).unwrap();
        let mut handed = 0;
        let error = chat::read(file.path(), &plan, 0, &mut |_, _| {
            handed += 1;
            ControlFlow::Continue(())
        })
        .unwrap_err();
        assert_eq!((error.code(), handed), ("import.changed", 0));
    }
}

#[test]
fn order_keys_survive_what_changes_afterwards() {
    let before = "订单号,买家手机号,付款时间,实付金额,订单状态\nE1,13800001111,2026-11-20 10:00,5,待发货\nE1,13800001111,2026-11-20 10:00,5,待发货\nE2,13800001112,2026-11-20 10:00,7,待发货\n";
    let read = |text: &str| {
        let file = file(text.as_bytes());
        let plan = table::plan_orders(file.path(), &table_options()).unwrap();
        let mut out = Vec::new();
        table::read_orders(file.path(), &plan, 0, &mut |line, _| {
            out.push(line.key);
            ControlFlow::Continue(())
        })
        .unwrap();
        out
    };
    let first = read(before);
    assert_ne!(first[0], first[1]);
    assert_eq!(read(&before.replace("待发货", "已完成")), first);
    assert_eq!(read(&before.replace("13800001111", "138****1111")), first);
    assert_ne!(read(&before.replace(",7,", ",8,"))[2], first[2]);
}

#[test]
fn an_interrupted_order_run_goes_on() {
    let path = committed("online_retail_1199.csv");
    let plan = table::plan_orders(&path, &table_options()).unwrap();
    let read = |skip: u64, most: usize| {
        let mut out = Vec::new();
        table::read_orders(&path, &plan, skip, &mut |line, _| {
            out.push(line);
            if out.len() < most {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })
        .unwrap();
        out
    };
    let all = read(0, usize::MAX);
    assert_eq!([read(0, 700), read(700, usize::MAX)].concat(), all);
}
