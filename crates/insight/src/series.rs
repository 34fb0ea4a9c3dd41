//! Daily series and what a day or period is compared with. req: 003-014

use std::ops::RangeInclusive;

use serde::Serialize;
use yutang_domain::time::{Date, Period};

/// One number for each day of a period, without gaps: a day without an event is 0, a day outside is
/// unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daily {
    period: Period,
    values: Vec<i64>,
}

impl Daily {
    /// Sums the rows by day; rows outside the period are left out.
    pub fn new(period: Period, rows: impl IntoIterator<Item = (Date, i64)>) -> Self {
        let mut values = vec![0_i64; usize::try_from(period.days()).unwrap_or(0)];
        for (day, value) in rows {
            if let Ok(index) = usize::try_from(day.days_since(period.from))
                && let Some(sum) = values.get_mut(index)
            {
                *sum = sum.saturating_add(value);
            }
        }
        Self { period, values }
    }

    /// The days that are known.
    pub const fn period(&self) -> Period {
        self.period
    }

    /// Each day with its number, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Date, i64)> + '_ {
        (0_i64..)
            .zip(&self.values)
            .map(|(index, value)| (self.period.from.plus_days(index), *value))
    }

    /// The number of a day; `None` outside.
    pub fn get(&self, day: Date) -> Option<i64> {
        let index = usize::try_from(day.days_since(self.period.from)).ok()?;
        self.values.get(index).copied()
    }

    /// The sum over a period; `None` unless every day of it is known.
    pub fn sum(&self, period: Period) -> Option<i64> {
        let from = usize::try_from(period.from.days_since(self.period.from)).ok()?;
        let to = usize::try_from(period.to.days_since(self.period.from)).ok()?;
        Some(
            self.values
                .get(from..to)?
                .iter()
                .fold(0, |sum, value| sum.saturating_add(*value)),
        )
    }

    /// 平日: the mean of the same weekday one to four weeks earlier, of those weeks that are known;
    /// `None` if none is. req: 003-014
    pub fn usual(&self, day: Date) -> Option<f64> {
        const WEEKS: RangeInclusive<i64> = 1..=4;
        let known: Vec<i64> = WEEKS
            .filter_map(|week| self.get(day.plus_days(-7 * week)))
            .collect();
        (!known.is_empty())
            .then(|| known.iter().map(|value| *value as f64).sum::<f64>() / known.len() as f64)
    }

    /// 达平日%: the sum over a period in percent of its days' [`usual`](Self::usual) sum; `None` if a
    /// day is unknown or the usual sum is not positive. Meant for a day up to a week: in a longer
    /// period the later weeks are held against its own earlier ones too.
    pub fn percent_of_usual(&self, period: Period) -> Option<f64> {
        let mut usual = 0.0;
        for offset in 0..period.days() {
            usual += self.usual(period.from.plus_days(offset))?;
        }
        (usual > 0.0).then_some(self.sum(period)? as f64 * 100.0 / usual)
    }

    /// 环比: change against the period of equal length just before.
    pub fn change_on_previous(&self, period: Period) -> Option<Change> {
        Some(Change::between(
            self.sum(period.before())?,
            self.sum(period)?,
        ))
    }

    /// 同比: change against the same calendar days one year earlier.
    pub fn change_on_year(&self, period: Period) -> Option<Change> {
        let (from, to) = (period.from.plus_months(-12), period.to.plus_months(-12));
        let before = self.sum(Period::new(from, to).ok()?)?;
        Some(Change::between(before, self.sum(period)?))
    }
}

/// A change between two sums.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The earlier sum.
    pub before: i64,
    /// The later sum.
    pub now: i64,
    /// (now − before) / before; `None` unless the earlier sum is positive.
    pub ratio: Option<f64>,
}

impl Change {
    /// The change from one sum to another.
    pub fn between(before: i64, now: i64) -> Self {
        let ratio = (before > 0).then(|| (now as f64 - before as f64) / before as f64);
        Self { before, now, ratio }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn period(from: &str, to: &str) -> Period {
        Period::new(day(from), day(to)).unwrap()
    }

    #[test]
    fn days_without_rows_are_zero_and_days_outside_unknown() {
        let daily = Daily::new(
            period("2026-11-01", "2026-11-04"),
            [
                (day("2026-11-02"), 5),
                (day("2026-11-02"), 1),
                (day("2026-12-01"), 9),
            ],
        );
        assert_eq!(
            daily.iter().map(|(_, value)| value).collect::<Vec<_>>(),
            [0, 6, 0]
        );
        assert_eq!(daily.get(day("2026-10-31")), None);
        assert_eq!(daily.sum(period("2026-11-01", "2026-11-04")), Some(6));
        assert_eq!(daily.sum(period("2026-11-01", "2026-11-05")), None);
    }

    /// req: 003-005
    #[test]
    fn a_day_is_compared_with_the_same_weekday() {
        let saturday = day("2026-11-21");
        let rows = [(1, 100), (2, 120), (3, 80), (4, 100), (5, 9_999)]
            .map(|(week, value)| (saturday.plus_days(-7 * week), value))
            .into_iter()
            .chain([(saturday, 112), (saturday.plus_days(-1), 5_000)]);
        let daily = Daily::new(period("2026-10-01", "2026-11-22"), rows);
        assert_eq!(daily.usual(saturday), Some(100.0));
        let one = Period::new(saturday, saturday.plus_days(1)).unwrap();
        assert_eq!(daily.percent_of_usual(one), Some(112.0));
        assert_eq!(daily.usual(day("2026-10-03")), None);
        assert_eq!(daily.usual(day("2026-10-10")), Some(0.0));
        assert_eq!(
            daily.percent_of_usual(period("2026-10-12", "2026-10-13")),
            None
        );
    }

    #[test]
    fn periods_are_compared_with_the_one_before_and_the_year_before() {
        let rows = [("2025-11-20", 50), ("2026-11-13", 40), ("2026-11-20", 60)]
            .map(|(at, value)| (day(at), value));
        let daily = Daily::new(period("2025-01-01", "2026-12-01"), rows);
        let week = period("2026-11-16", "2026-11-23");
        assert_eq!(daily.change_on_previous(week).unwrap().ratio, Some(0.5));
        assert_eq!(daily.change_on_year(week).unwrap().ratio, Some(0.2));
        let empty = daily
            .change_on_previous(period("2026-10-01", "2026-10-08"))
            .unwrap();
        assert_eq!((empty.now, empty.ratio), (0, None));
        assert_eq!(
            daily.change_on_year(period("2025-11-16", "2025-11-23")),
            None
        );
    }

    proptest! {
        #[test]
        fn the_sum_of_all_days_is_the_sum_of_the_rows_inside(
            rows in proptest::collection::vec((0_i64..40, -1_000_i64..1_000), 0..60),
        ) {
            let from = day("2026-01-01");
            let known = Period::new(from, from.plus_days(30)).unwrap();
            let rows: Vec<_> = rows.into_iter().map(|(at, value)| (from.plus_days(at), value)).collect();
            let inside = rows.iter().filter(|(at, _)| known.contains(*at)).map(|(_, value)| value).sum::<i64>();
            prop_assert_eq!(Daily::new(known, rows).sum(known), Some(inside));
        }
    }
}
