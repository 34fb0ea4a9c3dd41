//! The days that only a calendar can tell: lunar ones, and birthdays.

use crate::{
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
