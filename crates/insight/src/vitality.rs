//! Vitality 价值活跃: how many people give value, and how often. req: 002-006

use std::collections::BTreeMap;

use serde::Serialize;
use yutang_domain::time::{Date, Period};

/// Messages of value of one member on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueDay<M> {
    /// Who gave.
    pub member: M,
    /// When.
    pub day: Date,
    /// How many messages of value; 0 is nobody's day.
    pub messages: u32,
}

/// Vitality of a group and period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Vitality<M> {
    /// Members who gave value at least once.
    pub givers: u64,
    /// Mean number of days per 7 days on which a giver gave, 0..7; `None` without a giver.
    pub frequency: Option<f64>,
    /// Givers × frequency = days on which a person gave, summed over persons, per 7 days.
    pub vitality: f64,
    /// Messages of value.
    pub messages: u64,
    /// The people behind it: each giver with the number of days, most days first, then by member.
    pub people: Vec<(M, u32)>,
}

/// Vitality of the rows that fall into the period; rows of one member and day count as one day.
/// `None` if the period holds no day. req: 002-006
pub fn vitality<M: Copy + Ord>(rows: &[ValueDay<M>], period: Period) -> Option<Vitality<M>> {
    let days = period.days();
    if days <= 0 {
        return None;
    }
    let mut given: Vec<(M, Date)> = Vec::new();
    let mut messages = 0;
    for row in rows
        .iter()
        .filter(|row| row.messages > 0 && period.contains(row.day))
    {
        given.push((row.member, row.day));
        messages += u64::from(row.messages);
    }
    given.sort_unstable();
    given.dedup();
    let mut people: BTreeMap<M, u32> = BTreeMap::new();
    for (member, _) in &given {
        *people.entry(*member).or_default() += 1;
    }
    let mut people: Vec<(M, u32)> = people.into_iter().collect();
    people.sort_by_key(|(_, days)| std::cmp::Reverse(*days));
    let vitality = given.len() as f64 * 7.0 / days as f64;
    Some(Vitality {
        givers: people.len() as u64,
        frequency: (!people.is_empty()).then(|| vitality / people.len() as f64),
        vitality,
        messages,
        people,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: i64) -> Date {
        Date::from_number(20_000 + number)
    }

    fn row(member: u8, at: i64, messages: u32) -> ValueDay<u8> {
        ValueDay {
            member,
            day: day(at),
            messages,
        }
    }

    /// req: 002-006
    #[test]
    fn people_times_how_often() {
        let period = Period::new(day(0), day(14)).unwrap();
        let rows = [
            row(1, 0, 3),
            row(1, 1, 1),
            row(1, 1, 1),
            row(1, 7, 1),
            row(2, 3, 9),
            row(3, 3, 0),
            row(2, 14, 1),
        ];
        let found = vitality(&rows, period).unwrap();
        assert_eq!((found.givers, found.messages), (2, 15));
        assert_eq!(found.people, [(1, 3), (2, 1)]);
        assert!((found.vitality - 2.0).abs() < 1e-12);
        assert!((found.frequency.unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn silence_is_zero_and_no_days_are_unknown() {
        let silent = vitality::<u8>(&[], Period::new(day(0), day(7)).unwrap()).unwrap();
        assert_eq!(
            (silent.givers, silent.frequency, silent.vitality),
            (0, None, 0.0)
        );
        assert_eq!(
            vitality(
                &[row(1, 0, 1)],
                Period {
                    from: day(3),
                    to: day(3)
                }
            ),
            None
        );
    }

    proptest! {
        #[test]
        fn the_product_holds(
            rows in proptest::collection::vec((0_u8..9, 0_i64..30, 0_u32..4), 0..80), length in 1_i64..30,
        ) {
            let rows: Vec<_> = rows.into_iter().map(|(m, d, n)| row(m, d, n)).collect();
            let found = vitality(&rows, Period::new(day(0), day(length)).unwrap()).unwrap();
            if let Some(frequency) = found.frequency {
                prop_assert!(frequency > 0.0 && frequency <= 7.0 + 1e-9);
                prop_assert!((found.givers as f64 * frequency - found.vitality).abs() < 1e-9);
            } else {
                prop_assert!(found.vitality.abs() < 1e-12 && found.givers == 0);
            }
        }
    }
}
