//! When a workspace's classifier may be trained, and when a new version is put to use by itself.

use crate::{
    error::{Class, Rule},
    words,
};

/// Marks of each label that are needed. The cross-validation holds a quarter back at a time, six or
/// seven of each label; over all four quarters one of 25 wanted messages accused is 4 %, the least
/// that can be told from none, and the most false alarms that are bearable. Of fewer marks the
/// figures would say nothing.
pub const MARKS_EACH: usize = 25;
/// Share of false alarms that a threshold may cause, unless an operator chooses another.
pub const FALSE_ALARMS: f64 = 0.02;
/// Least and most that can be chosen.
pub const FALSE_ALARMS_RANGE: (f64, f64) = (0.001, 0.1);
/// Of what a version put to use by itself accuses, the share that has to be right.
const PRECISION: f64 = 0.8;
/// By how much the F1 of a version put to use by itself may lie below the present one's: the marks
/// are others, and their figures differ by chance.
const F1_LOSS: f64 = 0.05;
/// How many wrong accusations a share is not taken for: of few marks it says nothing.
const SPARED: f64 = 2.0;

words! {
    /// Why a new version is kept without being put to use.
    pub enum KeptBecause {
        /// It accuses too many wanted messages.
        FalseAlarms = "false_alarms",
        /// Too much of what it accuses is wanted.
        Imprecise = "imprecise",
        /// The version in use is better.
        Worse = "worse",
    }
}

/// Why a classifier is not trained or put to use.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClassifierError {
    /// There are too few marks.
    #[error(
        "{unwanted} unwanted and {wanted} wanted messages are marked; {MARKS_EACH} of each are needed"
    )]
    TooFewMarks {
        /// Marked as unwanted.
        unwanted: usize,
        /// Marked as wanted.
        wanted: usize,
    },
    /// A training is under way.
    #[error("a training is under way")]
    Training,
    /// The share of false alarms is out of range.
    #[error("a share of false alarms lies between {} and {}", FALSE_ALARMS_RANGE.0, FALSE_ALARMS_RANGE.1)]
    FalseAlarms,
}

impl Rule for ClassifierError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooFewMarks { .. } => "classifier.too_few_marks",
            Self::Training => "classifier.training",
            Self::FalseAlarms => "classifier.false_alarms",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::FalseAlarms => Class::Invalid,
            _ => Class::Conflict,
        }
    }
    fn at(&self) -> Option<String> {
        matches!(self, Self::FalseAlarms).then(|| "false_alarms".to_owned())
    }
}

/// Checks that there is enough to learn from, and a sensible limit.
///
/// # Errors
/// [`ClassifierError::TooFewMarks`], [`ClassifierError::FalseAlarms`].
pub fn may_train(unwanted: usize, wanted: usize, false_alarms: f64) -> Result<(), ClassifierError> {
    let (least, most) = FALSE_ALARMS_RANGE;
    if !(least..=most).contains(&false_alarms) {
        return Err(ClassifierError::FalseAlarms);
    }
    if unwanted < MARKS_EACH || wanted < MARKS_EACH {
        return Err(ClassifierError::TooFewMarks { unwanted, wanted });
    }
    Ok(())
}

/// Figures of a version; `None` where they would divide by nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Of what it accuses, the share that is unwanted.
    pub precision: Option<f64>,
    /// Harmonic mean of precision and recall.
    pub f1: Option<f64>,
    /// Of what is wanted, the share that it accuses.
    pub fpr: Option<f64>,
    /// How many wanted messages it was held against.
    pub wanted: usize,
}

/// Why a new version is not put to use by itself, beside the one in use.
pub fn kept_because(
    new: &Figures,
    live: Option<&Figures>,
    false_alarms: f64,
) -> Option<KeptBecause> {
    let allowed = (false_alarms * new.wanted as f64).max(SPARED);
    if new.fpr.unwrap_or(1.0) * new.wanted as f64 > allowed + 0.5 {
        return Some(KeptBecause::FalseAlarms);
    }
    if new.precision.unwrap_or(0.0) < PRECISION {
        return Some(KeptBecause::Imprecise);
    }
    let before = live.and_then(|live| live.f1).unwrap_or(0.0);
    (new.f1.unwrap_or(0.0) < before - F1_LOSS).then_some(KeptBecause::Worse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(precision: f64, f1: f64, fpr: f64) -> Figures {
        Figures {
            precision: Some(precision),
            f1: Some(f1),
            fpr: Some(fpr),
            wanted: 1_000,
        }
    }

    #[test]
    fn enough_of_each_label_is_needed() {
        assert!(may_train(25, 25, 0.02).is_ok());
        assert_eq!(
            may_train(24, 900, 0.02),
            Err(ClassifierError::TooFewMarks {
                unwanted: 24,
                wanted: 900
            })
        );
        for wrong in [0.0, 0.5, f64::NAN] {
            assert_eq!(may_train(99, 99, wrong), Err(ClassifierError::FalseAlarms));
        }
    }

    #[test]
    fn what_accuses_too_many_or_is_worse_is_kept_unused() {
        let good = figures(0.95, 0.9, 0.01);
        assert_eq!(kept_because(&good, None, 0.02), None);
        let rash = figures(0.9, 0.9, 0.05);
        assert_eq!(
            kept_because(&rash, None, 0.02),
            Some(KeptBecause::FalseAlarms)
        );
        let vague = figures(0.6, 0.7, 0.01);
        assert_eq!(
            kept_because(&vague, None, 0.02),
            Some(KeptBecause::Imprecise)
        );
        let worse = figures(0.95, 0.8, 0.01);
        assert_eq!(
            kept_because(&worse, Some(&good), 0.02),
            Some(KeptBecause::Worse)
        );
        let alike = figures(0.95, 0.87, 0.01);
        assert_eq!(kept_because(&alike, Some(&good), 0.02), None);
        assert!(
            kept_because(&Figures::default(), None, 0.02).is_some(),
            "nothing is known of it"
        );
    }

    #[test]
    fn of_few_marks_two_may_be_wrong() {
        let few = Figures {
            wanted: 25,
            ..figures(0.92, 0.9, 0.08)
        };
        assert_eq!(kept_because(&few, None, 0.02), None);
        let more = Figures {
            fpr: Some(0.12),
            ..few
        };
        assert_eq!(
            kept_because(&more, None, 0.02),
            Some(KeptBecause::FalseAlarms)
        );
    }
}
