//! Health: whether a group lives, and how one can tell.
//!
//! A class is decided from counted facts by the thresholds of trade.md 4, which an operator may edit.
//! Each class carries the numbers it was decided on. A fact that the channel cannot show is `None`
//! and stays unknown through every comparison; it is never taken for 0.
//!
//! **Order.** The first test that holds gives the class:
//!
//! 1. [`New`](HealthClass::New): in its first week nothing about a group is typical, so nothing else
//!    is asked.
//! 2. [`Advert`](HealthClass::Advert): adverts are messages and their authors speakers, so a group
//!    full of them would otherwise pass for lively.
//! 3. [`Dead`](HealthClass::Dead): nobody speaks and nobody buys; it excludes the classes below
//!    except cooling, over which it goes because it is the end of the same road.
//! 4. [`Cooling`](HealthClass::Cooling): a warning is worth more than praise; a group that lost half
//!    its speakers and a third of its orders can still be lively by the count, and this is the moment
//!    at which something can be done.
//! 5. [`Lively`](HealthClass::Lively).
//! 6. [`QuietSelling`](HealthClass::QuietSelling): silent, but it sells: healthy. After lively, since
//!    the name says that it is quiet.
//! 7. [`Steady`](HealthClass::Steady) if every test was decided and none holds,
//!    [`Unknown`](HealthClass::Unknown) if one of them could not be.
//!
//! A test that could not be decided does not hide a later one that holds; it is named among the
//! reasons.
//!
//! req: 000-005

use std::collections::BTreeMap;

use serde::Serialize;

pub use self::{
    contributor::contributors,
    facts::{Facts, Kind, Thresholds},
};
use crate::words;

mod contributor;
mod facts;

words! {
    /// How a group is doing. req: 000-005
    pub enum HealthClass {
        /// 新群: too young to be rated.
        New = "new",
        /// 聊得活: many of its members speak.
        Lively = "lively",
        /// 静默但成交: few speak, enough buy.
        QuietSelling = "quiet_selling",
        /// 变冷: half the speakers and a third of the orders are gone.
        Cooling = "cooling",
        /// 死群: no talk and no orders.
        Dead = "dead",
        /// 广告群: adverts instead of talk.
        Advert = "advert",
        /// 平稳: none of these.
        Steady = "steady",
        /// 未知: the facts that would decide are not to be had.
        Unknown = "unknown",
    }
}

/// A class with what led to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// The class.
    pub class: HealthClass,
    /// First the reason of the class, then what could not be decided, then the contributor mark.
    pub reasons: Vec<HealthReason>,
}

/// A sentence to be written by the catalogue: its code and the numbers in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HealthReason {
    /// `health.` and what was found: a class, `health.unknown_<class>` for a test that could not be
    /// decided (`health.text_unreadable` if the channel shows no messages at all),
    /// `health.contributors_…`.
    pub code: &'static str,
    /// Named numbers of the sentence; shares are percentages.
    pub numbers: BTreeMap<&'static str, f64>,
}

impl HealthReason {
    fn new<const N: usize>(code: &'static str, numbers: [(&'static str, Option<f64>); N]) -> Self {
        let numbers = numbers
            .into_iter()
            .filter_map(|(name, n)| n.map(|n| (name, n)))
            .collect();
        Self { code, numbers }
    }
}

/// Both hold; unknown unless one of them is known to fail.
fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// `part` is at least `percent` of a positive `whole`; of none there is no share.
fn at_least(part: Option<u32>, whole: Option<u32>, percent: u32) -> Option<bool> {
    let (part, whole) = (u64::from(part?), u64::from(whole?));
    Some(whole > 0 && part * 100 >= whole * u64::from(percent))
}

/// `now` lies at least `percent` below a positive `before`; from nothing nothing falls.
fn fell(now: Option<u32>, before: Option<f64>, percent: u32) -> Option<bool> {
    let (now, before) = (f64::from(now?), before?);
    Some(before > 0.0 && now * 100.0 <= before * f64::from(100_u32.saturating_sub(percent)))
}

/// Rates a group. req: 000-005, 002-002
pub fn classify(kind: Kind, facts: &Facts, thresholds: &Thresholds) -> Health {
    let (class, mut reasons) = rate(kind, facts, thresholds);
    if class != HealthClass::New {
        reasons.extend(contributors(kind, facts, thresholds));
    }
    Health { class, reasons }
}

fn rate(kind: Kind, f: &Facts, t: &Thresholds) -> (HealthClass, Vec<HealthReason>) {
    let number = |n: Option<u32>| n.map(f64::from);
    let percent = |part: Option<u32>, whole: Option<u32>| {
        whole
            .filter(|whole| *whole > 0)
            .and_then(|whole| Some(f64::from(part?) * 100.0 / f64::from(whole)))
    };
    if let Some(age) = f.age_days.filter(|age| *age < t.new_days) {
        let reason = HealthReason::new(
            "health.new",
            [
                ("days", Some(f64::from(age))),
                ("until", Some(f64::from(t.new_days))),
            ],
        );
        return (HealthClass::New, vec![reason]);
    }
    let no_orders = if kind.sells {
        f.orders_14d.map(|n| n == 0)
    } else {
        Some(true)
    };
    let orders_fell = if kind.sells {
        fell(f.orders_7d, f.orders_before, t.orders_fall_percent)
    } else {
        Some(true)
    };
    let tests = [
        (
            HealthClass::Advert,
            "health.unknown_advert",
            both(
                f.adverts_7d.map(|n| n >= t.advert_count),
                at_least(f.adverts_7d, f.messages_7d, t.advert_percent),
            ),
            HealthReason::new(
                "health.advert",
                [
                    ("adverts", number(f.adverts_7d)),
                    ("messages", number(f.messages_7d)),
                    ("percent", percent(f.adverts_7d, f.messages_7d)),
                ],
            ),
        ),
        (
            HealthClass::Dead,
            "health.unknown_dead",
            both(f.messages_14d.map(|n| n < t.dead_messages), no_orders),
            HealthReason::new(
                "health.dead",
                [
                    ("messages", number(f.messages_14d)),
                    ("orders", number(f.orders_14d)),
                ],
            ),
        ),
        (
            HealthClass::Cooling,
            "health.unknown_cooling",
            both(
                fell(f.speakers_7d, f.speakers_before, t.speakers_fall_percent),
                orders_fell,
            ),
            HealthReason::new(
                "health.cooling",
                [
                    ("speakers", number(f.speakers_7d)),
                    ("speakers_before", f.speakers_before),
                    ("orders", number(f.orders_7d)),
                    ("orders_before", f.orders_before),
                ],
            ),
        ),
        (
            HealthClass::Lively,
            "health.unknown_lively",
            at_least(f.speakers_7d, f.members, t.lively_percent),
            HealthReason::new(
                "health.lively",
                [
                    ("speakers", number(f.speakers_7d)),
                    ("members", number(f.members)),
                    ("percent", percent(f.speakers_7d, f.members)),
                ],
            ),
        ),
        (
            HealthClass::QuietSelling,
            "health.unknown_quiet_selling",
            if kind.sells {
                at_least(f.buyers_14d, f.members, t.buyers_percent)
            } else {
                Some(false)
            },
            HealthReason::new(
                "health.quiet_selling",
                [
                    ("buyers", number(f.buyers_14d)),
                    ("members", number(f.members)),
                    ("percent", percent(f.buyers_14d, f.members)),
                ],
            ),
        ),
    ];
    let mut undecided = Vec::new();
    let mut found = None;
    for (class, unknown, test, reason) in tests {
        match test {
            Some(true) => {
                found = Some((class, reason));
                break;
            }
            Some(false) => {}
            None => undecided.push(HealthReason::new(unknown, [])),
        }
    }
    if f.age_days.is_none() && found.is_none() {
        undecided.insert(0, HealthReason::new("health.unknown_new", []));
    }
    if !undecided.is_empty() && f.messages_7d.is_none() && f.speakers_7d.is_none() {
        undecided = vec![HealthReason::new("health.text_unreadable", [])];
    }
    let (class, mut reasons) = match found {
        Some((class, reason)) => (class, vec![reason]),
        None if undecided.is_empty() => {
            let reason = HealthReason::new(
                "health.steady",
                [
                    ("speakers", number(f.speakers_7d)),
                    ("members", number(f.members)),
                    ("orders", number(f.orders_14d)),
                ],
            );
            (HealthClass::Steady, vec![reason])
        }
        None => (HealthClass::Unknown, Vec::new()),
    };
    reasons.extend(undecided);
    (class, reasons)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::group::{Audience, Shape};

    const DEALS: Kind = Kind {
        audience: Audience::Customer,
        shape: Shape::Sharing,
        sells: true,
    };
    const LESSONS: Kind = Kind {
        audience: Audience::Knowledge,
        shape: Shape::Expert,
        sells: false,
    };

    /// A group of 200 in which nothing stands out.
    fn facts() -> Facts {
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
        }
    }

    fn class(kind: Kind, facts: Facts) -> HealthClass {
        classify(kind, &facts, &Thresholds::default()).class
    }

    /// req: 000-005
    #[test]
    fn each_class_begins_at_its_threshold() {
        assert_eq!(class(DEALS, facts()), HealthClass::Steady);
        assert_eq!(
            class(
                DEALS,
                Facts {
                    age_days: Some(6),
                    ..facts()
                }
            ),
            HealthClass::New
        );
        assert_eq!(
            class(
                DEALS,
                Facts {
                    age_days: Some(7),
                    ..facts()
                }
            ),
            HealthClass::Steady
        );
        assert_eq!(
            class(
                DEALS,
                Facts {
                    speakers_7d: Some(16),
                    ..facts()
                }
            ),
            HealthClass::Lively
        );
        assert_eq!(
            class(
                DEALS,
                Facts {
                    speakers_7d: Some(15),
                    ..facts()
                }
            ),
            HealthClass::Steady
        );
        assert_eq!(
            class(
                DEALS,
                Facts {
                    buyers_14d: Some(6),
                    ..facts()
                }
            ),
            HealthClass::QuietSelling
        );
        assert_eq!(
            class(
                DEALS,
                Facts {
                    buyers_14d: Some(5),
                    ..facts()
                }
            ),
            HealthClass::Steady
        );
        let dead = Facts {
            messages_14d: Some(4),
            orders_14d: Some(0),
            buyers_14d: Some(0),
            ..facts()
        };
        assert_eq!(class(DEALS, dead), HealthClass::Dead);
        assert_eq!(
            class(
                DEALS,
                Facts {
                    messages_14d: Some(5),
                    ..dead
                }
            ),
            HealthClass::Steady
        );
        assert_eq!(
            class(
                DEALS,
                Facts {
                    orders_14d: Some(1),
                    ..dead
                }
            ),
            HealthClass::Steady
        );
        let adverts = Facts {
            adverts_7d: Some(5),
            messages_7d: Some(25),
            ..facts()
        };
        assert_eq!(class(DEALS, adverts), HealthClass::Advert);
        assert_eq!(
            class(
                DEALS,
                Facts {
                    messages_7d: Some(26),
                    ..adverts
                }
            ),
            HealthClass::Steady
        );
        assert_eq!(
            class(
                DEALS,
                Facts {
                    adverts_7d: Some(4),
                    messages_7d: Some(4),
                    ..facts()
                }
            ),
            HealthClass::Steady
        );
    }

    /// req: 002-002
    #[test]
    fn cooling_says_its_numbers() {
        let cooling = Facts {
            speakers_7d: Some(11),
            speakers_before: Some(26.0),
            orders_7d: Some(4),
            orders_before: Some(9.0),
            ..facts()
        };
        let health = classify(DEALS, &cooling, &Thresholds::default());
        assert_eq!(health.class, HealthClass::Cooling);
        assert_eq!(
            serde_json::to_value(&health.reasons[0]).unwrap(),
            serde_json::json!({"code": "health.cooling", "numbers":
                {"speakers": 11.0, "speakers_before": 26.0, "orders": 4.0, "orders_before": 9.0}})
        );
        assert_eq!(
            class(
                DEALS,
                Facts {
                    orders_7d: Some(7),
                    ..cooling
                }
            ),
            HealthClass::Steady
        );
        assert_eq!(
            class(
                LESSONS,
                Facts {
                    orders_7d: None,
                    ..cooling
                }
            ),
            HealthClass::Cooling
        );
    }

    #[test]
    fn the_order_of_the_tests_is_kept() {
        let all = Facts {
            speakers_7d: Some(20),
            speakers_before: Some(60.0),
            messages_7d: Some(20),
            adverts_7d: Some(20),
            orders_7d: Some(1),
            orders_before: Some(9.0),
            buyers_14d: Some(20),
            ..facts()
        };
        assert_eq!(
            class(
                DEALS,
                Facts {
                    age_days: Some(1),
                    ..all
                }
            ),
            HealthClass::New
        );
        assert_eq!(class(DEALS, all), HealthClass::Advert);
        assert_eq!(
            class(
                DEALS,
                Facts {
                    adverts_7d: Some(0),
                    ..all
                }
            ),
            HealthClass::Cooling
        );
        let calm = Facts {
            adverts_7d: Some(0),
            speakers_before: Some(20.0),
            ..all
        };
        assert_eq!(class(DEALS, calm), HealthClass::Lively);
        assert_eq!(
            class(
                DEALS,
                Facts {
                    speakers_7d: Some(15),
                    ..calm
                }
            ),
            HealthClass::QuietSelling
        );
    }

    #[test]
    fn what_a_channel_cannot_show_is_unknown_and_not_nothing() {
        let unread = Facts {
            speakers_7d: None,
            speakers_before: None,
            messages_7d: None,
            messages_14d: None,
            adverts_7d: None,
            ..facts()
        };
        let health = classify(DEALS, &unread, &Thresholds::default());
        assert_eq!(health.class, HealthClass::Unknown);
        assert_eq!(health.reasons[0].code, "health.text_unreadable");
        let selling = classify(
            DEALS,
            &Facts {
                buyers_14d: Some(9),
                ..unread
            },
            &Thresholds::default(),
        );
        assert_eq!(selling.class, HealthClass::QuietSelling);
        assert_eq!(selling.reasons[1].code, "health.text_unreadable");

        let silent = Facts {
            messages_14d: Some(0),
            ..facts()
        };
        let no_orders = Facts {
            orders_7d: None,
            orders_before: None,
            orders_14d: None,
            buyers_14d: None,
            ..silent
        };
        assert_eq!(class(DEALS, no_orders), HealthClass::Unknown);
        assert_eq!(class(LESSONS, no_orders), HealthClass::Dead);
        assert_eq!(class(DEALS, Facts::default()), HealthClass::Unknown);
    }

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

    fn count() -> impl Strategy<Value = Option<u32>> {
        proptest::option::of(0_u32..300)
    }

    proptest! {
        #[test]
        fn every_group_gets_one_class_and_a_reason(
            counts in proptest::collection::vec(count(), 9),
            before in proptest::option::of(0.0_f64..100.0),
            sells in any::<bool>(),
        ) {
            let facts = Facts {
                age_days: counts[0], members: counts[1], speakers_7d: counts[2], messages_7d: counts[3],
                messages_14d: counts[4], adverts_7d: counts[5], orders_7d: counts[6],
                orders_14d: counts[7], buyers_14d: counts[8], speakers_before: before,
                orders_before: before, ..Facts::default()
            };
            let health = classify(Kind { sells, ..DEALS }, &facts, &Thresholds::default());
            prop_assert!(!health.reasons.is_empty());
            for number in health.reasons.iter().flat_map(|reason| reason.numbers.values()) {
                prop_assert!(number.is_finite());
            }
        }

        /// What is learned later may turn an unknown class into a known one, never a steady one.
        #[test]
        fn forgetting_a_fact_never_invents_an_end(
            messages in 0_u32..20, orders in 0_u32..3, forget in any::<bool>(),
        ) {
            let facts = Facts { messages_14d: Some(messages), orders_14d: Some(orders), ..facts() };
            let less = if forget { Facts { messages_14d: None, ..facts } } else { Facts { orders_14d: None, ..facts } };
            if class(DEALS, less) == HealthClass::Dead {
                prop_assert_eq!(class(DEALS, facts), HealthClass::Dead);
            }
        }
    }
}
