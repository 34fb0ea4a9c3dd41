//! The classifier and the rules on real talk, by the fixed splits of the data.

use yutang_domain::moderation::Outcome;
use yutang_text::{
    classify::Mark,
    model::Model,
    pipeline::Pipeline,
    quality::{Judged, Quality, measure},
};

use crate::rows;

struct Row {
    id: String,
    test: bool,
    spam: bool,
    text: String,
}

fn read(file: &str) -> Option<Vec<Row>> {
    Some(
        rows(file)?
            .into_iter()
            .map(|row| Row {
                id: row[0].to_owned(),
                test: &row[1] == "test",
                spam: &row[2] == "spam",
                text: row[3].to_owned(),
            })
            .collect(),
    )
}

fn train<'a>(rows: impl Iterator<Item = &'a Row>) -> Model {
    let marks: Vec<Mark<'_>> = rows
        .map(|row| Mark {
            text: &row.text,
            unwanted: row.spam,
        })
        .collect();
    Model::train(&marks, 1).expect("marks of both kinds")
}

fn judge<'a>(model: &Model, rows: impl Iterator<Item = &'a Row>) -> Quality {
    let judged: Vec<Judged> = rows
        .map(|row| {
            let opinion = model.judge(&row.text);
            Judged {
                unwanted: row.spam,
                decided: opinion.unwanted,
                score: opinion.probability,
            }
        })
        .collect();
    measure(&judged)
}

#[test]
fn a_model_trained_on_a_community_knows_its_spam() {
    for (file, f1, recall) in [
        ("spam_zh_live_a/messages.csv", 0.93, 0.85),
        ("spam_tg_multi/messages.csv", 0.96, 0.0),
    ] {
        let Some(rows) = read(file) else { continue };
        let model = train(rows.iter().filter(|row| !row.test));
        let quality = judge(&model, rows.iter().filter(|row| row.test));
        println!("{file}: {quality:?}, {} bytes", model.to_json().len());
        assert!(quality.f1.unwrap() >= f1, "{quality:?}");
        assert!(quality.fpr.unwrap() <= 0.04, "{quality:?}");
        assert!(quality.recall_at_fpr_1.unwrap() >= recall, "{quality:?}");
        assert!(model.to_json().len() <= 2 * 1024 * 1024);
    }
}

#[test]
fn a_model_learns_from_few_marks_and_more_from_many() {
    let Some(rows) = read("spam_zh_live_a/messages.csv") else {
        return;
    };
    let training: Vec<&Row> = rows.iter().filter(|row| !row.test).collect();
    let curve: Vec<f64> = [50, 200, 1_000, training.len()]
        .into_iter()
        .map(|marks| {
            let model = train(training.iter().copied().take(marks));
            let quality = judge(&model, rows.iter().filter(|row| row.test));
            println!("after {marks} marks: {quality:?}");
            quality.f1.unwrap()
        })
        .collect();
    assert!(curve[0] > 0.5, "{curve:?}");
    assert!(curve[2] > curve[0].max(curve[1]), "{curve:?}");
    assert!(curve[3] > curve[2], "{curve:?}");
}

/// Whether the rules were written while looking at this row: one half of the training rows, by the
/// first byte of the SHA-256 of their id.
fn looked_at(id: &str) -> bool {
    let digest = ring::digest::digest(&ring::digest::SHA256, id.as_bytes());
    digest.as_ref()[0] % 2 == 0
}

#[test]
fn rules_alone_find_half_and_accuse_few() {
    let Some(rows) = read("spam_zh_live_a/messages.csv") else {
        return;
    };
    let pipeline = Pipeline::default();
    let show = std::env::var("YUTANG_SHOW").unwrap_or_default();
    for half in [true, false] {
        let judged: Vec<Judged> = rows
            .iter()
            .filter(|row| !row.test && looked_at(&row.id) == half)
            .map(|row| {
                let check = pipeline.check(&row.text);
                let outcome = check.decision().outcome();
                let decided = !matches!(outcome, Outcome::Allow | Outcome::Alarm);
                if half
                    && decided != row.spam
                    && show == if row.spam { "missed" } else { "accused" }
                {
                    println!(
                        "{} {:?}",
                        row.text,
                        check
                            .hits
                            .iter()
                            .map(|hit| (hit.reason.as_str(), hit.weight))
                            .collect::<Vec<_>>()
                    );
                }
                Judged {
                    unwanted: row.spam,
                    decided,
                    score: check.score(),
                }
            })
            .collect();
        let quality = measure(&judged);
        println!(
            "rules alone, {} half: {quality:?}",
            if half { "seen" } else { "other" }
        );
        if !half {
            assert!(quality.precision.unwrap() >= 0.95, "{quality:?}");
            assert!(quality.recall.unwrap() >= 0.5, "{quality:?}");
        }
    }
}
