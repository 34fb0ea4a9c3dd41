//! Findings: people worth a look, by rules that can be read.
//!
//! Each finding is a rule over few facts with its thresholds in one place. It says why somebody is
//! listed, in numbers, and never that somebody did wrong: nine telephones that came within minutes
//! may be an office. A person decides.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    id::{GroupId, MemberId},
    time::{DAY, HOUR, MINUTE, Timestamp},
    words,
};

words! {
    /// What is looked for.
    pub enum Finding {
        /// Several people brought by one person within minutes, who ordered at most once and never
        /// spoke: perhaps 羊毛党.
        SameInviterBurst = "same_inviter_burst",
        /// People who talk with others in several groups and whose guests buy: 牵线的人.
        Connectors = "connectors",
        /// 常客要流失: regulars for whom twice their own gap has passed without an order.
        Slipping = "slipping",
    }
}

/// Thresholds; what a shop has learned about itself may replace them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// How many have to come for a burst.
    pub burst_size: usize,
    /// Within how many milliseconds.
    pub burst_within: i64,
    /// Orders of each of them, at most.
    pub burst_orders: i64,
    /// How many groups a connector talks in.
    pub connector_groups: usize,
    /// With how many people.
    pub connector_ties: usize,
    /// How many orders their guests have placed.
    pub connector_orders: i64,
    /// Orders from which on somebody is a regular.
    pub regular_orders: usize,
    /// Largest spread of a regular's gaps, in percent of their mean.
    pub regular_spread: u32,
    /// How many times their own mean gap has passed, in percent.
    pub slipping_percent: u32,
    /// After so long they are gone rather than slipping, in milliseconds.
    pub slipping_until: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            burst_size: 5,
            burst_within: 30 * MINUTE,
            burst_orders: 1,
            connector_groups: 3,
            connector_ties: 5,
            connector_orders: 10,
            regular_orders: 5,
            regular_spread: 50,
            slipping_percent: 200,
            slipping_until: 120 * DAY,
        }
    }
}

/// Somebody who came into a group, brought by somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Who brought them.
    pub inviter: MemberId,
    /// Into which group.
    pub group: GroupId,
    /// Who came.
    pub member: MemberId,
    /// When.
    pub at: Timestamp,
    /// Their paid orders, ever.
    pub orders: i64,
    /// Their last paid order.
    pub last_order_at: Option<Timestamp>,
    /// Their messages, ever; 0 as well where messages cannot be read.
    pub messages: i64,
}

/// A burst of arrivals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Who brought them.
    pub inviter: MemberId,
    /// Into which group.
    pub group: GroupId,
    /// Who came, in order.
    pub members: Vec<MemberId>,
    /// When the first came.
    pub first: Timestamp,
    /// When the last came.
    pub last: Timestamp,
    /// Paid orders of all of them.
    pub orders: i64,
}

/// Bursts among arrivals sorted by inviter, group and time. Only those count who never spoke,
/// ordered at most [`Thresholds::burst_orders`] times and did so within two days of coming, and who
/// came at least two days before `now`, so that a cheerful evening is no burst yet.
pub fn bursts(arrivals: &[Arrival], now: Timestamp, thresholds: &Thresholds) -> Vec<Burst> {
    let silent: Vec<&Arrival> = arrivals
        .iter()
        .filter(|a| a.messages == 0 && a.orders <= thresholds.burst_orders)
        .filter(|a| a.last_order_at.is_none_or(|at| at.since(a.at) <= 2 * DAY))
        .filter(|a| now.since(a.at) >= 2 * DAY)
        .collect();
    let mut found = Vec::new();
    let mut from = 0;
    while from < silent.len() {
        let first = silent[from];
        let run = silent[from..]
            .iter()
            .take_while(|a| {
                a.inviter == first.inviter
                    && a.group == first.group
                    && a.at.since(first.at) <= thresholds.burst_within
            })
            .count();
        if run >= thresholds.burst_size {
            let part = &silent[from..from + run];
            found.push(Burst {
                inviter: first.inviter,
                group: first.group,
                members: part.iter().map(|a| a.member).collect(),
                first: first.at,
                last: part[run - 1].at,
                orders: part.iter().map(|a| a.orders).sum(),
            });
            from += run;
        } else {
            from += 1;
        }
    }
    found
}

/// Somebody answered somebody in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Who answered.
    pub from: MemberId,
    /// Whom.
    pub to: MemberId,
    /// In which group.
    pub group: GroupId,
}

/// How far somebody's talk reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// People they answered or who answered them.
    pub people: usize,
    /// Groups in which that happened.
    pub groups: usize,
}

/// The reach of one person.
pub fn reach(who: MemberId, ties: &[Tie]) -> Reach {
    let (mut people, mut groups) = (HashSet::new(), HashSet::new());
    for tie in ties
        .iter()
        .filter(|tie| tie.from != tie.to && (tie.from == who || tie.to == who))
    {
        people.insert(if tie.from == who { tie.to } else { tie.from });
        groups.insert(tie.group);
    }
    Reach {
        people: people.len(),
        groups: groups.len(),
    }
}

/// Whether somebody ties groups together: talk across groups, and guests who buy. Knowing many
/// people of one group does not make a connector.
pub const fn connects(reach: Reach, orders_brought: i64, thresholds: &Thresholds) -> bool {
    reach.groups >= thresholds.connector_groups
        && reach.people >= thresholds.connector_ties
        && orders_brought >= thresholds.connector_orders
}

/// A regular who stays away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    /// Mean gap between their orders, in milliseconds.
    pub mean_gap: i64,
    /// Since the last order, in milliseconds.
    pub since: i64,
    /// How many orders they placed.
    pub orders: usize,
}

/// Judges the times of somebody's orders, in order. A regular has at least
/// [`Thresholds::regular_orders`] orders on different occasions (six hours apart) whose gaps spread
/// by at most [`Thresholds::regular_spread`] percent of their mean; they slip once more than
/// [`Thresholds::slipping_percent`] percent of that mean has passed.
pub fn slipping(orders: &[Timestamp], now: Timestamp, thresholds: &Thresholds) -> Option<Slip> {
    let mut occasions: Vec<Timestamp> = Vec::with_capacity(orders.len());
    for at in orders {
        if occasions
            .last()
            .is_none_or(|last| at.since(*last) >= 6 * HOUR)
        {
            occasions.push(*at);
        }
    }
    let last = *occasions.last()?;
    if occasions.len() < thresholds.regular_orders.max(3) {
        return None;
    }
    let gaps: Vec<i64> = occasions
        .windows(2)
        .map(|pair| pair[1].since(pair[0]))
        .collect();
    let count = gaps.len() as i64;
    let mean = gaps.iter().sum::<i64>() / count;
    let variance = gaps
        .iter()
        .map(|gap| ((gap - mean) as f64).powi(2))
        .sum::<f64>()
        / count as f64;
    let regular = variance.sqrt() * 100.0 <= mean as f64 * f64::from(thresholds.regular_spread);
    let since = now.since(last);
    let late = since * 100 > mean.saturating_mul(i64::from(thresholds.slipping_percent));
    (regular && late && since <= thresholds.slipping_until).then_some(Slip {
        mean_gap: mean,
        since,
        orders: orders.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn arrival(member: i64, minutes: i64) -> Arrival {
        Arrival {
            inviter: MemberId::from_raw(1),
            group: GroupId::from_raw(1),
            member: MemberId::from_raw(member),
            at: NOW.plus(-30 * DAY + minutes * MINUTE),
            orders: 1,
            last_order_at: Some(NOW.plus(-30 * DAY + HOUR)),
            messages: 0,
        }
    }

    #[test]
    fn nine_silent_arrivals_within_minutes_are_a_burst() {
        let mut arrivals: Vec<Arrival> = (0..9).map(|n| arrival(10 + n, n * 2)).collect();
        arrivals.push(arrival(40, 24 * 60));
        let found = bursts(&arrivals, NOW, &Thresholds::default());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].members.len(), found[0].orders), (9, 9));
        assert_eq!(found[0].last.since(found[0].first), 16 * MINUTE);
    }

    #[test]
    fn people_who_speak_or_come_back_are_no_burst() {
        let talk = |mut a: Arrival| {
            a.messages = 3;
            a
        };
        let back = |mut a: Arrival| {
            a.last_order_at = Some(NOW.plus(-3 * DAY));
            a
        };
        let all = Thresholds::default();
        let spoken: Vec<Arrival> = (0..9).map(|n| talk(arrival(10 + n, n))).collect();
        let loyal: Vec<Arrival> = (0..9).map(|n| back(arrival(10 + n, n))).collect();
        assert!(bursts(&spoken, NOW, &all).is_empty());
        assert!(bursts(&loyal, NOW, &all).is_empty());
        let slow: Vec<Arrival> = (0..9).map(|n| arrival(10 + n, n * 20)).collect();
        assert!(bursts(&slow, NOW, &all).is_empty());
        let today: Vec<Arrival> = (0..9).map(|n| arrival(10 + n, n)).collect();
        assert!(bursts(&today, NOW.plus(-29 * DAY), &all).is_empty());
    }

    #[test]
    fn knowing_one_group_well_connects_nothing() {
        let id = MemberId::from_raw;
        let tie = |from, to, group| Tie {
            from: id(from),
            to: id(to),
            group: GroupId::from_raw(group),
        };
        let loud: Vec<Tie> = (10..220).map(|other| tie(1, other, 1)).collect();
        assert_eq!(
            reach(id(1), &loud),
            Reach {
                people: 210,
                groups: 1
            }
        );
        assert!(!connects(reach(id(1), &loud), 40, &Thresholds::default()));
        let quiet: Vec<Tie> = (0..14).map(|n| tie(2, 300 + n, n % 4)).collect();
        assert_eq!(
            reach(id(2), &quiet),
            Reach {
                people: 14,
                groups: 4
            }
        );
        assert!(connects(reach(id(2), &quiet), 23, &Thresholds::default()));
        assert!(!connects(reach(id(2), &quiet), 2, &Thresholds::default()));
        assert_eq!(reach(id(3), &[tie(3, 3, 1)]), Reach::default());
    }

    #[test]
    fn a_regular_who_stays_away_slips_and_an_irregular_one_does_not() {
        let every = |days: &[i64]| days.iter().map(|d| NOW.plus(-d * DAY)).collect::<Vec<_>>();
        let all = Thresholds::default();
        let regular = every(&[50, 44, 38, 32, 26, 20]);
        let slip = slipping(&regular, NOW, &all).unwrap();
        assert_eq!((slip.mean_gap, slip.since), (6 * DAY, 20 * DAY));
        assert_eq!(
            slipping(&regular, NOW.plus(-9 * DAY), &all),
            None,
            "not late yet"
        );
        assert_eq!(
            slipping(&every(&[80, 79, 78, 40, 39, 21]), NOW, &all),
            None,
            "no rhythm"
        );
        assert_eq!(slipping(&every(&[32, 26, 20]), NOW, &all), None, "too few");
        assert_eq!(slipping(&[], NOW, &all), None);
    }
}
