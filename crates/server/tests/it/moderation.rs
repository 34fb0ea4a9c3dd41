//! `yutang moderation replay`: what the present rules would have decided about a history.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use yutang_testkit::{TestDatabase, both_engines};

use crate::program::Program;

const ADVERT: &str = "兼职刷单,日结200,加V:abc12345";

/// A QQ history with adverts, a complaint and talk.
fn history() -> String {
    let mut text =
        String::from("消息记录（此消息记录为文本格式，不支持重新导入）\n\n消息对象:测试群\n\n");
    for (day, clock, name, id, said) in [
        (5, "9:00:00", "王芳", 10_001, "今天的吐司还有吗"),
        (5, "9:05:00", "路人", 10_002, ADVERT),
        (5, "9:30:00", "李姐", 10_003, "吐司里有头发,退钱"),
        (6, "9:00:00", "路人", 10_002, ADVERT),
        (
            7,
            "9:00:00",
            "路人",
            10_002,
            "jia薇❤ abc12345 兼职刷单 日结200",
        ),
        (7, "9:10:00", "王芳", 10_001, "明天有海盐卷吗"),
        (8, "9:00:00", "张哥", 10_004, "隔壁店今天打折"),
    ] {
        write!(text, "2026-01-{day:02} {clock} {name}({id})\n{said}\n\n").unwrap();
    }
    text
}

fn replay(program: &Program, more: &[&str]) -> Json {
    let first = ["moderation", "replay", "烘焙群"];
    program.json([&first, more].concat()).done()
}

fn told(replay: &Json, what: &str) -> Vec<Json> {
    let decisions = replay["decisions"].as_array().unwrap();
    decisions.iter().map(|one| one[what].clone()).collect()
}

both_engines! {
    async fn a_history_is_replayed_by_the_present_rules(database: TestDatabase) {
        let program = Program::on(&database);
        let file = program.file("qq.txt", history());
        program.chat(&file, "烘焙群").done();
        let period = ["--from", "2026-01-05", "--to", "2026-01-09"];
        let whole = replay(&program, &period);
        assert_eq!((&whole["looked"], &whole["rule_version"]), (&json!(7), &json!(0)));
        // The same person climbs; who complains is heard and never sanctioned.
        assert_eq!(told(&whole, "decision"), ["gentle", "alarm", "neutral", "hard"]);
        assert_eq!(told(&whole, "strikes"), [0, 0, 1, 2]);
        assert_eq!(whole["outcomes"], json!({ "gentle": 1, "alarm": 1, "neutral": 1, "hard": 1 }));
        let first = &whole["decisions"][0];
        assert_eq!((&first["text"], &first["kind"], &first["fault"]), (&json!(ADVERT), &json!("advert"), &json!("violation")));
        assert_eq!(first["at"], "2026-01-05T01:05:00Z");
        assert!(first["member"].is_string() && first["message"].is_string());
        assert!(first["measures"].as_array().is_some_and(|all| !all.is_empty()), "{first}");
        for hit in first["hits"].as_array().unwrap() {
            assert!(hit["span"][1].as_u64() <= Some(ADVERT.chars().count() as u64), "{hit}");
        }
        // A part of it, counted from its own beginning; nothing before, nothing is written.
        let part = replay(&program, &["--from", "2026-01-06", "--to", "2026-01-07"]);
        assert_eq!((&part["looked"], told(&part, "decision")), (&json!(1), vec![json!("gentle")]));
        let none = replay(&program, &["--from", "2025-01-01", "--to", "2025-02-01"]);
        assert_eq!((&none["looked"], &none["decisions"], &none["outcomes"]), (&json!(0), &json!([]), &json!({})));
        assert_eq!(replay(&program, &period), whole, "again the same");
        // For people: one line for each decision below a sum.
        let said = program.run([&["moderation", "replay", "烘焙群"][..], &period].concat());
        assert_eq!(said.code, 0, "{said:?}");
        let lines: Vec<&str> = said.stdout.lines().collect();
        assert_eq!(lines.len(), 5, "{said:?}");
        assert!(lines[0].contains("7 messages, 4 decisions") && lines[1].contains(ADVERT), "{said:?}");
    }

    async fn what_cannot_be_replayed_is_said(database: TestDatabase) {
        let program = Program::on(&database);
        program.json(["moderation", "replay", "烘焙群"]).refused(1, "workspace.none", &[]);
        let file = program.file("qq.txt", history());
        program.chat(&file, "烘焙群").done();
        let ask = |more: &[&str]| program.json([&["moderation", "replay"], more].concat());
        ask(&["没有的群"]).refused(1, "store.not_found", &["GROUP", "group"]);
        ask(&["gp_0000000000000"]).refused(1, "store.not_found", &["GROUP"]);
        ask(&["烘焙群", "--from", "昨天"]).refused(2, "usage", &["--from", "昨天"]);
        ask(&["烘焙群", "--to", "2026-02-30"]).refused(2, "usage", &["--to", "2026-02-30"]);
        ask(&["烘焙群", "--from", "2026-01-06", "--to", "2026-01-06"]).refused(2, "time.period", &["2026-01-06"]);
        ask(&["烘焙群", "--from", "2026-01-07", "--to", "2026-01-06"]).refused(2, "time.period", &[]);
        ask(&[]).refused(2, "usage", &["GROUP"]);
    }
}
