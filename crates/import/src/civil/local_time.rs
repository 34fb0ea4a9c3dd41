//! Wall clocks of a zone.

use yutang_domain::time::{DAY, Date, HOUR, MINUTE, SECOND, Timestamp, Zone};

use super::When;
use crate::DateOrder;

/// Turns wall-clock readings into instants and back, remembering the day it was last asked for:
/// the lines of a file mostly follow one another.
#[derive(Clone, Debug)]
pub(crate) struct LocalTime {
    zone: Zone,
    /// Day number and milliseconds from its local midnight to the same reading in UTC; `None` if
    /// the clock was moved on that day.
    last: Option<(i64, Option<i64>)>,
    /// Day number with its first and last instant.
    span: Option<(i64, i64, i64)>,
}

impl LocalTime {
    pub fn new(zone: &Zone) -> Self {
        Self {
            zone: zone.clone(),
            last: None,
            span: None,
        }
    }

    fn exact(&self, day: i64, ms: i64) -> Timestamp {
        let (year, month, date) = Date::from_number(day).parts();
        let civil = jiff::civil::date(year, month, date).at(
            i8::try_from(ms / HOUR).unwrap_or(0),
            i8::try_from(ms / MINUTE % 60).unwrap_or(0),
            i8::try_from(ms / SECOND % 60).unwrap_or(0),
            i32::try_from(ms % SECOND).unwrap_or(0) * 1_000_000,
        );
        self.zone.instant(civil)
    }

    /// The instant of a wall-clock reading.
    pub fn instant(&mut self, day: i64, ms: i64) -> Timestamp {
        let shift = match self.last {
            Some((known, shift)) if known == day => shift,
            _ => {
                let start = self.exact(day, 0).ms();
                let whole = self.exact(day + 1, 0).ms() - start == DAY
                    && self.exact(day, 12 * HOUR).ms() - start == 12 * HOUR;
                let shift = whole.then_some(start - day * DAY);
                self.last = Some((day, shift));
                shift
            }
        };
        match shift {
            Some(shift) => Timestamp::from_ms(day * DAY + ms + shift),
            None => self.exact(day, ms),
        }
    }

    /// The instant of a written date and time; a date alone means its first instant.
    pub fn resolve(&mut self, when: &When, order: DateOrder) -> Option<Timestamp> {
        let day = when.date.day(order)?;
        let ms = when.time.unwrap_or(0);
        if ms < 0 {
            return None;
        }
        Some(match when.east {
            Some(east) => Timestamp::from_ms(day * DAY + ms - east * SECOND),
            None => self.instant(day, ms),
        })
    }

    /// Number of the civil day of an instant.
    pub fn day(&mut self, at: Timestamp) -> i64 {
        match self.span {
            Some((day, from, to)) if (from..to).contains(&at.ms()) => day,
            _ => {
                let day = self.zone.day(at);
                let from = self.zone.start_of(day).ms();
                let to = self.zone.start_of(day.plus_days(1)).ms();
                self.span = Some((day.number(), from, to));
                day.number()
            }
        }
    }
}
