//! Which class a group is in, test by test.

use super::{Facts, HealthReason, Kind, Thresholds};
use crate::words;

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

/// The class of a group with its reason and what could not be decided.
pub(super) fn rate(kind: Kind, f: &Facts, t: &Thresholds) -> (HealthClass, Vec<HealthReason>) {
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
        let why = if f.nothing_imported {
            "health.nothing_imported"
        } else {
            "health.text_unreadable"
        };
        undecided = vec![HealthReason::new(why, [])];
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
    use super::{
        super::sample::{DEALS, class, facts},
        *,
    };

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
}
