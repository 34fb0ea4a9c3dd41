//! Lines as shops write them: what must not go out, and what is ordinary. All written by hand.

use std::collections::{BTreeMap, BTreeSet};

use yutang_text::claim::{ClaimKind, claims, codes};

/// Every line that claims something is caught by its rules and by no others, and no ordinary line is.
#[test]
fn claims_are_caught_and_ordinary_lines_are_not() {
    let (mut claiming, mut ordinary) = (0, 0);
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for line in include_str!("claim.txt").lines() {
        let (expected, text) = line.split_once(' ').unwrap();
        let expected: BTreeSet<&str> = expected.split(',').filter(|code| *code != "-").collect();
        if expected.is_empty() {
            ordinary += 1;
        } else {
            claiming += 1;
        }
        let found = claims(&text.replace("\\n", "\n"));
        let codes: BTreeSet<&str> = found.iter().map(|claim| claim.code).collect();
        if codes != expected {
            wrong.push(format!("{line} → {found:?}"));
        }
        seen.extend(expected);
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(claiming >= 80 && ordinary >= 150, "{claiming}, {ordinary}");
    assert_eq!(seen, codes().into_iter().collect(), "a line for every rule");
}

macro_rules! catalogue {
    ($language:literal, $noun:literal) => {
        serde_json::from_str::<BTreeMap<String, String>>(include_str!(concat!(
            "../../../../locales/",
            $language,
            "/",
            $noun,
            ".json"
        )))
        .unwrap()
    };
}

/// Every claim has its why and its instead, with nothing left over, and what is written instead
/// claims nothing.
#[test]
fn every_claim_has_its_sentences() {
    let mut expected: BTreeSet<String> = ClaimKind::ALL
        .iter()
        .map(|kind| format!("claim.kind.{kind}"))
        .collect();
    for code in codes() {
        expected.insert(code.to_owned());
        expected.insert(code.replacen("claim.", "claim.suggest.", 1));
    }
    for catalogue in [
        catalogue!("zh-Hans", "claim"),
        catalogue!("zh-Hant", "claim"),
        catalogue!("en", "claim"),
    ] {
        assert_eq!(catalogue.keys().cloned().collect::<BTreeSet<_>>(), expected);
        for (key, sentence) in &catalogue {
            let why = key.split('.').count() == 2;
            assert_eq!(sentence.contains("{{word}}"), why, "{key}");
            if key.starts_with("claim.suggest.") {
                assert_eq!(claims(sentence), [], "{key}: {sentence}");
            }
        }
    }
}

/// What the program itself says to members and staff goes out unhindered.
#[test]
fn the_programs_own_lines_claim_nothing() {
    let mut lines = 0;
    for catalogue in [
        catalogue!("zh-Hans", "alarm"),
        catalogue!("zh-Hans", "announcement"),
        catalogue!("zh-Hans", "bot"),
        catalogue!("zh-Hans", "demo"),
        catalogue!("zh-Hans", "gate"),
        catalogue!("zh-Hans", "moderation"),
        catalogue!("zh-Hans", "page"),
        catalogue!("zh-Hans", "receipt"),
        catalogue!("zh-Hans", "robot"),
        catalogue!("zh-Hans", "task"),
        catalogue!("zh-Hans", "welcome"),
        catalogue!("zh-Hant", "bot"),
        catalogue!("zh-Hant", "moderation"),
        catalogue!("zh-Hant", "page"),
        catalogue!("zh-Hant", "welcome"),
    ] {
        for (key, line) in catalogue {
            // Lists of words that rules of groups are looked through for.
            if !key.starts_with("moderation.rule_words.") {
                assert_eq!(claims(&line), [], "{key}: {line}");
                lines += 1;
            }
        }
    }
    assert!(lines > 300, "{lines}");
}
