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

use serde::Serialize;

pub use self::{
    class::HealthClass,
    contributor::{KIN_LEAST, contributors},
    facts::{Facts, Kind, Thresholds},
    reason::HealthReason,
    sight::{NO_PASSAGES, NOTHING_IMPORTED, Sight, seen},
};

mod class;
mod contributor;
mod facts;
mod reason;
mod sight;

/// A class with what led to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// The class.
    pub class: HealthClass,
    /// First the reason of the class, then what could not be decided, then the contributor mark.
    pub reasons: Vec<HealthReason>,
}

/// Rates a group. req: 000-005, 002-002
pub fn classify(kind: Kind, facts: &Facts, thresholds: &Thresholds) -> Health {
    let (class, mut reasons) = class::rate(kind, facts, thresholds);
    if class != HealthClass::New {
        reasons.extend(contributors(kind, facts, thresholds));
    }
    Health { class, reasons }
}

#[cfg(test)]
mod sample;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        sample::{DEALS, LESSONS, class, facts},
        *,
    };

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
            serde_json::json!({"code": "health.cooling", "args":
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
        let never = Facts {
            nothing_imported: true,
            ..unread
        };
        let health = classify(DEALS, &never, &Thresholds::default());
        assert_eq!(health.class, HealthClass::Unknown);
        assert_eq!(health.reasons[0].code, "health.nothing_imported");
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
            for number in health.reasons.iter().flat_map(|reason| reason.args.values()) {
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
