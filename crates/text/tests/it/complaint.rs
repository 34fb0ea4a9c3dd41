//! Complaints and friendly uses of the same words: all written by hand.

use yutang_text::complaint::judge;

/// Sixty complaints are caught, two hundred friendly uses are left alone.
#[test]
fn complaints_are_caught_and_friendly_uses_are_not() {
    let (mut complaints, mut friendly) = (0, 0);
    let mut wrong = Vec::new();
    for line in include_str!("complaint.txt").lines() {
        let complains = match line.split_at(2) {
            ("+ ", text) => {
                complaints += 1;
                (text, true)
            }
            (_, text) => {
                friendly += 1;
                (text, false)
            }
        };
        if judge(complains.0).is_some() != complains.1 {
            wrong.push(line);
        }
    }
    assert!(
        complaints >= 60 && friendly >= 200,
        "{complaints}, {friendly}"
    );
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
