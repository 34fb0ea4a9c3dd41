//! The days that only a calendar can tell: lunar ones, and birthdays.

use crate::{
    lunar::{anniversary, lunar_day},
    member::{BirthCalendar, Birthday},
    time::Date,
};

/// Lunar days, told by whoever knows them.
pub trait Calendar {
    /// The civil days from `from` (inclusive) to `to` (exclusive) that are the `day`-th of lunar
    /// `month`, in order; the thirtieth of a month of 29 days is its last.
    fn lunar(&self, month: u8, day: u8, from: Date, to: Date) -> Vec<Date>;

    /// The days between them on which this birthday is kept; a 29 February falls on the 28th in
    /// years without one.
    fn birthdays(&self, birthday: Birthday, from: Date, to: Date) -> Vec<Date> {
        if birthday.calendar == BirthCalendar::Lunar {
            return self.lunar(birthday.month, birthday.day, from, to);
        }
        let (first, last) = (from.parts().0, to.parts().0);
        (first..=last)
            .filter_map(|year| {
                let month = birthday.month.cast_signed();
                Date::new(year, month, birthday.day.cast_signed())
                    .or_else(|| Date::new(year, month, 28))
            })
            .filter(|day| from <= *day && *day < to)
            .collect()
    }
}

impl<F: Fn(u8, u8, Date, Date) -> Vec<Date>> Calendar for F {
    fn lunar(&self, month: u8, day: u8, from: Date, to: Date) -> Vec<Date> {
        self(month, day, from, to)
    }
}

/// A calendar without lunar days.
#[derive(Clone, Copy, Debug, Default)]
pub struct SolarOnly;

impl Calendar for SolarOnly {
    fn lunar(&self, _: u8, _: u8, _: Date, _: Date) -> Vec<Date> {
        Vec::new()
    }
}

/// The Chinese lunar calendar, with the birthdays that follow from it ([`crate::lunar`]).
/// towards: 003-091
#[derive(Clone, Copy, Debug, Default)]
pub struct LunarCalendar;

/// The days from `from` to `to` on which something is that comes once a year of some calendar.
fn yearly(from: Date, to: Date, day: impl Fn(i16) -> Option<Date>) -> Vec<Date> {
    // The last weeks of a lunar year are in the solar year after it.
    let mut days: Vec<Date> = (from.parts().0 - 1..=to.parts().0)
        .filter_map(day)
        .filter(|day| from <= *day && *day < to)
        .collect();
    days.sort_unstable();
    days
}

impl Calendar for LunarCalendar {
    fn lunar(&self, month: u8, day: u8, from: Date, to: Date) -> Vec<Date> {
        yearly(from, to, |year| lunar_day(year, month, day))
    }

    fn birthdays(&self, birthday: Birthday, from: Date, to: Date) -> Vec<Date> {
        yearly(from, to, |year| anniversary(&birthday, year))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i16, month: i8, day: i8) -> Date {
        Date::new(year, month, day).unwrap()
    }

    fn kept(calendar: BirthCalendar, month: u8, day: u8, leap: bool, year: i16) -> Vec<Date> {
        let birthday = Birthday {
            calendar,
            year: None,
            month,
            day,
            leap,
        };
        LunarCalendar.birthdays(birthday, date(year, 1, 1), date(year + 1, 1, 1))
    }

    // towards: 003-091
    #[test]
    fn a_birthday_in_a_leap_month_or_on_29_february_comes_once_a_year() {
        let solar = BirthCalendar::Solar;
        assert_eq!(kept(solar, 2, 29, false, 2027), [date(2027, 2, 28)]);
        assert_eq!(kept(solar, 2, 29, false, 2028), [date(2028, 2, 29)]);
        let lunar = BirthCalendar::Lunar;
        // 2025 has a sixth month twice; both are kept in the ordinary one.
        for leap in [false, true] {
            assert_eq!(kept(lunar, 6, 15, leap, 2025), [date(2025, 7, 9)]);
            assert_eq!(kept(lunar, 6, 15, leap, 2026).len(), 1);
        }
        // The last day of a lunar year lies in the solar year after it.
        let eves = LunarCalendar.lunar(12, 30, date(2026, 1, 1), date(2028, 1, 1));
        assert_eq!(eves, [date(2026, 2, 16), date(2027, 2, 5)]);
        assert_eq!(
            LunarCalendar.lunar(8, 15, date(2026, 1, 1), date(2027, 1, 1)),
            [date(2026, 9, 25)]
        );
    }
}
