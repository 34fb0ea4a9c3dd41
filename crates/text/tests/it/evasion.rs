//! Adverts in their disguises, and ordinary talk with the same words: all written by hand.

use yutang_domain::moderation::Outcome;
use yutang_text::{
    evasion::{Canonical, canonical},
    fold::Folded,
    pipeline::Pipeline,
};

/// Two hundred evasions of twenty adverts say what the advert says.
#[test]
fn evasions_fold_to_their_advert() {
    let mut base = "";
    let (mut bases, mut evasions) = (0, 0);
    let mut wrong = Vec::new();
    for line in include_str!("evasion.txt").lines() {
        if let Some(text) = line.strip_prefix("= ") {
            base = text;
            bases += 1;
            assert_eq!(canonical(base), base, "a base is written plainly");
        } else {
            evasions += 1;
            if canonical(line) != canonical(base) {
                wrong.push(format!("{line} → {}", canonical(line)));
            }
        }
    }
    assert_eq!((bases, evasions), (20, 200));
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Three hundred sentences with the same words and characters are not touched and not accused.
#[test]
fn innocent_sentences_are_left_alone() {
    let pipeline = Pipeline::default();
    let mut wrong = Vec::new();
    let mut count = 0;
    for text in include_str!("innocent.txt").lines() {
        count += 1;
        let rewritten = Canonical::new(&Folded::new(text)).rewritten().to_vec();
        let check = pipeline.check(text);
        let outcome = check.decision().outcome();
        if !rewritten.is_empty() || outcome != Outcome::Allow {
            wrong.push(format!("{text} {rewritten:?} {:?}", check.hits));
        }
    }
    assert_eq!(count, 300);
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
