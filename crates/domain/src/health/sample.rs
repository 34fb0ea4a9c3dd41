//! Groups for tests.

use super::{Facts, HealthClass, Kind, Thresholds, classify};
use crate::group::{Audience, Shape};

/// Sells bread to its customers.
pub(super) const DEALS: Kind = Kind {
    audience: Audience::Customer,
    shape: Shape::Sharing,
    sells: true,
};
/// Teaches, and sells nothing.
pub(super) const LESSONS: Kind = Kind {
    audience: Audience::Knowledge,
    shape: Shape::Expert,
    sells: false,
};

/// A group of 200 in which nothing stands out.
pub(super) fn facts() -> Facts {
    Facts {
        age_days: Some(60),
        members: Some(200),
        speakers_7d: Some(10),
        speakers_before: Some(11.0),
        messages_7d: Some(40),
        messages_14d: Some(80),
        adverts_7d: Some(1),
        orders_7d: Some(2),
        orders_before: Some(2.0),
        orders_14d: Some(4),
        buyers_14d: Some(3),
        contributor_share: None,
        contributor_median: None,
        nothing_imported: false,
    }
}

/// Its class by the usual thresholds.
pub(super) fn class(kind: Kind, facts: Facts) -> HealthClass {
    classify(kind, &facts, &Thresholds::default()).class
}
