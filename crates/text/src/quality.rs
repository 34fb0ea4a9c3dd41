//! How good judgements are, held against what people said.

use serde::{Deserialize, Serialize};

/// One judged text.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// What people say.
    pub unwanted: bool,
    /// What the program decided.
    pub decided: bool,
    /// How sure it was: only the order counts.
    pub score: f64,
}

/// The usual figures; `None` where they would divide by nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Of what was decided to be unwanted, the share that is.
    pub precision: Option<f64>,
    /// Of what is unwanted, the share that was found.
    pub recall: Option<f64>,
    /// Harmonic mean of both.
    pub f1: Option<f64>,
    /// Of what is wanted, the share that was accused.
    pub fpr: Option<f64>,
    /// The highest recall that any threshold reaches with at most 1 % accused.
    pub recall_at_fpr_1: Option<f64>,
    /// How many texts.
    pub n: usize,
}

/// Counts.
pub fn measure(judged: &[Judged]) -> Quality {
    let count = |unwanted: bool, decided: bool| {
        judged
            .iter()
            .filter(|one| one.unwanted == unwanted && one.decided == decided)
            .count() as f64
    };
    let (found, missed) = (count(true, true), count(true, false));
    let (accused, left) = (count(false, true), count(false, false));
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let mut ranked: Vec<&Judged> = judged.iter().collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    let allowed = (accused + left) * 0.01;
    let (mut above, mut wrong, mut best) = (0.0, 0.0, 0.0);
    for equal in ranked.chunk_by(|a, b| a.score.total_cmp(&b.score).is_eq()) {
        above += equal.iter().filter(|one| one.unwanted).count() as f64;
        wrong += equal.iter().filter(|one| !one.unwanted).count() as f64;
        if wrong <= allowed {
            best = above;
        }
    }
    Quality {
        precision: share(found, found + accused),
        recall: share(found, found + missed),
        f1: share(2.0 * found, 2.0 * found + accused + missed),
        fpr: share(accused, accused + left),
        recall_at_fpr_1: share(best, found + missed),
        n: judged.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_counted_by_their_definitions() {
        let one = |unwanted, decided, score| Judged {
            unwanted,
            decided,
            score,
        };
        let quality = measure(&[
            one(true, true, 0.9),
            one(true, true, 0.8),
            one(false, true, 0.7),
            one(true, false, 0.2),
            one(false, false, 0.1),
        ]);
        assert_eq!(quality.precision, Some(2.0 / 3.0));
        assert_eq!(quality.recall, Some(2.0 / 3.0));
        assert_eq!(quality.f1, Some(2.0 / 3.0));
        assert_eq!(quality.fpr, Some(0.5));
        assert_eq!(quality.recall_at_fpr_1, Some(2.0 / 3.0));
        assert_eq!(measure(&[]).f1, None);
    }
}
