//! The judges on real talk. The data are not part of the project: `YUTANG_TESTDATA` names their
//! folder, and without it these tests say that they did not run.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod claim;
mod complaint;
mod evasion;
mod fuzz;
mod spam;

use std::path::PathBuf;

use yutang_text::{advert, topic::Topic, value::Message, verdict};

/// The rows of a CSV below the test data, or `None` with a line saying so.
fn rows(file: &str) -> Option<Vec<csv::StringRecord>> {
    let folder = std::env::var_os("YUTANG_TESTDATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(file);
    let Ok(mut reader) = csv::Reader::from_path(&path) else {
        eprintln!("not run: 1 (no {})", path.display());
        return None;
    };
    Some(reader.records().filter_map(Result::ok).collect())
}

/// Of real messages that people did not call adverts, few may be accused. The second set is English
/// and Russian, for which there are hardly any rules: only accusations are judged there.
#[test]
fn few_ordinary_messages_are_called_adverts() {
    for (file, accused_per_mille, found_percent) in [
        ("spam_zh_live_a/messages.csv", 3, 10),
        ("spam_tg_multi/messages.csv", 3, 0),
    ] {
        let Some(rows) = rows(file) else { continue };
        let (mut ham, mut accused, mut spam, mut found) = (0, 0, 0, 0);
        for row in &rows {
            let advert = advert::judge(&row[3]);
            if &row[2] == "ham" {
                ham += 1;
                accused += usize::from(advert.is_some());
                if let Some(advert) = advert.filter(|_| std::env::var_os("YUTANG_SHOW").is_some()) {
                    println!(
                        "{} {:?}",
                        &row[3],
                        advert.reasons.iter().map(|r| r.code).collect::<Vec<_>>()
                    );
                }
            } else {
                spam += 1;
                found += usize::from(advert.is_some());
            }
        }
        println!("{file}: accused {accused} of {ham}, found {found} of {spam}");
        assert!(ham > 100 && spam > 100, "{file} has lost its labels");
        assert!(
            accused * 1_000 <= ham * accused_per_mille,
            "{file}: {accused} of {ham}"
        );
        assert!(
            found * 100 >= spam * found_percent,
            "{file}: {found} of {spam}"
        );
    }
}

/// A technical channel has talk of value, no adverts to speak of, and each judgement is explained.
///
/// req: 002-006
#[test]
fn a_real_technical_channel_has_value_and_hardly_an_advert() {
    let Some(rows) = rows("chat_render_irc/reference/messages.csv") else {
        return;
    };
    let topic = Topic::new(["ubuntu linux kernel package install apt driver"]);
    let (mut value, mut adverts, mut complaints) = (0, 0, 0);
    for row in &rows {
        let text = row.get(row.len() - 1).unwrap_or_default();
        let verdict = verdict::judge(
            &Message {
                text,
                ..Message::default()
            },
            &topic,
        );
        value += usize::from(verdict.value.is_some());
        adverts += usize::from(verdict.advert.is_some());
        complaints += usize::from(verdict.complaint.is_some());
    }
    println!(
        "value {value}, adverts {adverts}, complaints {complaints} of {}",
        rows.len()
    );
    assert!(rows.len() > 10_000);
    assert!(value * 4 > rows.len() && value < rows.len() * 9 / 10);
    assert!(adverts * 500 < rows.len());
    assert_eq!(complaints, 0);
}
