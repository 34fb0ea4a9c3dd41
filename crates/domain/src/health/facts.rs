//! What a group is judged by: its kind, what was counted, and where the classes begin.

use serde::{Deserialize, Serialize};

use crate::group::{Audience, Shape};

/// What sort of group is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What its members have in common.
    pub audience: Audience,
    /// How they are connected.
    pub shape: Shape,
    /// Whether it is meant to sell: it earns by goods, or has had orders. A group that is not is
    /// judged by its talk alone.
    pub sells: bool,
}

/// What was counted. Members are people of the group who are neither staff nor bots; "7 d" are the
/// seven days up to the moment of judging. `None` = the channel or the data cannot tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// Days since the group was founded.
    pub age_days: Option<u32>,
    /// Members in the group at the moment of judging.
    pub members: Option<u32>,
    /// Members who wrote in 7 d.
    pub speakers_7d: Option<u32>,
    /// Mean number of speakers of the four weeks before those 7 d; of as many whole weeks as the
    /// group has lived, `None` without one.
    pub speakers_before: Option<f64>,
    /// Messages of members in 7 d.
    pub messages_7d: Option<u32>,
    /// Messages of members in 14 d.
    pub messages_14d: Option<u32>,
    /// Adverts among the messages of 7 d.
    pub adverts_7d: Option<u32>,
    /// Orders of members in 7 d.
    pub orders_7d: Option<u32>,
    /// Mean number of orders per week of the four weeks before, as for the speakers.
    pub orders_before: Option<f64>,
    /// Orders of members in 14 d.
    pub orders_14d: Option<u32>,
    /// Members with an order in 14 d.
    pub buyers_14d: Option<u32>,
    /// Share of members who gave value in the period looked at, 0..1.
    pub contributor_share: Option<f64>,
    /// Median of that share over the other groups of the same kind, of which there are at least
    /// [`KIN_LEAST`](super::KIN_LEAST).
    pub contributor_median: Option<f64>,
    /// Whether the texts are unknown because none was ever brought in, rather than because a
    /// channel hides them.
    pub nothing_imported: bool,
}

/// Where the classes begin; percentages are of 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// A group younger than this many days is new.
    pub new_days: u32,
    /// Speakers in 7 d per 100 members from which on a group is lively.
    pub lively_percent: u32,
    /// Buyers in 14 d per 100 members from which on a quiet group is healthy.
    pub buyers_percent: u32,
    /// Least fall of the speakers of a cooling group against the weeks before.
    pub speakers_fall_percent: u32,
    /// Least fall of its orders.
    pub orders_fall_percent: u32,
    /// A group with fewer messages in 14 d (and no order) is dead.
    pub dead_messages: u32,
    /// Adverts per 100 messages in 7 d from which on a group is an advert group.
    pub advert_percent: u32,
    /// Least number of adverts in 7 d of an advert group.
    pub advert_count: u32,
    /// Contributors per 100 members that a small group for sharing should have. req: 002-034
    pub contributor_percent: u32,
    /// Most members of a group that is held against that mark.
    pub contributor_members: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            new_days: 7,
            lively_percent: 8,
            buyers_percent: 3,
            speakers_fall_percent: 50,
            orders_fall_percent: 30,
            dead_messages: 5,
            advert_percent: 20,
            advert_count: 5,
            contributor_percent: 50,
            contributor_members: 60,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_read_with_defaults_and_refuse_unknown_names() {
        let edited: Thresholds = serde_json::from_str(r#"{"lively_percent": 12}"#).unwrap();
        assert_eq!(
            edited,
            Thresholds {
                lively_percent: 12,
                ..Thresholds::default()
            }
        );
        assert!(serde_json::from_str::<Thresholds>(r#"{"lively": 12}"#).is_err());
    }
}
