//! When a step is due: relative to a moment with a name, or again and again by the calendar.
//!
//!     sale.opens_at - 3d @ 10:00     three civil days before, at ten
//!     member.joined_at + 24h         24 hours later to the second
//!     every day @ 08:30              also: every sat @ 20:00, every month 13 @ 10:00, every 2h
//!     lunar 8-15 @ 09:00             the fifteenth of the eighth lunar month
//!     birthday @ 09:00               of the member it is about
//!
//! Days are civil days of a zone: "15 days later at ten" is ten by the clock on the wall, also where
//! the clock was moved in between. Hours and minutes are real ones. towards: 003-119, 004-019, 004-085

use std::{fmt, str::FromStr};

use jiff::civil;
use serde::{Serialize, Serializer};

use super::calendar::Calendar;
use crate::{
    member::Birthday,
    time::{Date, HOUR, MINUTE, Timestamp, Zone},
};

/// A reading of the clock on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClockTime {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

impl ClockTime {
    /// Midnight.
    pub const MIDNIGHT: Self = Self { hour: 0, minute: 0 };

    /// Minutes since midnight.
    pub fn minutes(self) -> i64 {
        i64::from(self.hour) * 60 + i64::from(self.minute)
    }

    /// The instant at which this is read on that day; in a gap the later, in a fold the earlier.
    pub fn on(self, day: Date, zone: &Zone) -> Timestamp {
        let (year, month, date) = day.parts();
        zone.instant(civil::date(year, month, date).at(
            self.hour.cast_signed(),
            self.minute.cast_signed(),
            0,
            0,
        ))
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl FromStr for ClockTime {
    type Err = WhenError;
    fn from_str(text: &str) -> Result<Self, WhenError> {
        let unreadable = || WhenError::Clock(text.to_owned());
        let (hour, minute) = text.split_once(':').ok_or_else(unreadable)?;
        let two = |part: &str, below: u8| {
            let number = part.parse::<u8>().map_err(|_| unreadable())?;
            let plain = part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
            if plain && number < below {
                Ok(number)
            } else {
                Err(unreadable())
            }
        };
        Ok(Self {
            hour: two(hour, 24)?,
            minute: two(minute, 60)?,
        })
    }
}

/// A distance in time: civil days, and real minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Civil days.
    pub days: i64,
    /// Minutes.
    pub minutes: i64,
}

impl Shift {
    /// No distance.
    pub const NONE: Self = Self {
        days: 0,
        minutes: 0,
    };
    /// The longest that can be written, in days.
    pub const LONGEST: i64 = 3_660;

    /// `at` moved by this distance, and then to that reading of the clock.
    pub fn apply(self, at: Timestamp, clock: Option<ClockTime>, zone: &Zone) -> Timestamp {
        let moved = if self.days == 0 {
            at
        } else {
            let civil = zone.civil(at);
            let day = zone.day(at).plus_days(self.days);
            let (year, month, date) = day.parts();
            zone.instant(civil::date(year, month, date).to_datetime(civil.time()))
        };
        let moved = moved.plus(self.minutes * MINUTE);
        match clock {
            Some(clock) => clock.on(zone.day(moved), zone),
            None => moved,
        }
    }

    /// About how long it is, in minutes.
    pub const fn about_minutes(self) -> i64 {
        self.days * 24 * 60 + self.minutes
    }

    fn add(&mut self, sign: i64, amount: &str) -> Result<(), WhenError> {
        let unreadable = || WhenError::Shift(amount.to_owned());
        let unit = amount.chars().next_back().ok_or_else(unreadable)?;
        let digits = &amount[..amount.len() - unit.len_utf8()];
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(unreadable());
        }
        let number = digits.parse::<i64>().map_err(|_| unreadable())?;
        if number > Self::LONGEST * 24 * 60 {
            return Err(WhenError::Far(amount.to_owned()));
        }
        match unit {
            'd' => self.days += sign * number,
            'h' => self.minutes += sign * number * 60,
            'm' => self.minutes += sign * number,
            _ => return Err(unreadable()),
        }
        if self.about_minutes().abs() > Self::LONGEST * 24 * 60 {
            return Err(WhenError::Far(amount.to_owned()));
        }
        Ok(())
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut part = |number: i64, unit: char| {
            if number == 0 {
                return Ok(());
            }
            let sign = if number < 0 { '-' } else { '+' };
            write!(f, " {sign} {}{unit}", number.abs())
        };
        part(self.days, 'd')?;
        part(self.minutes / 60, 'h')?;
        part(self.minutes % 60, 'm')
    }
}

impl FromStr for Shift {
    type Err = WhenError;
    /// Reads `15d`, `24h`, `1d 12h`, `- 30m`.
    fn from_str(text: &str) -> Result<Self, WhenError> {
        let mut shift = Self::NONE;
        let mut sign = 1;
        let mut any = false;
        for word in spaced(text).split_whitespace() {
            match word {
                "+" => sign = 1,
                "-" => sign = -1,
                amount => {
                    shift.add(sign, amount)?;
                    any = true;
                }
            }
        }
        if any {
            Ok(shift)
        } else {
            Err(WhenError::Shift(text.trim().to_owned()))
        }
    }
}

/// How something comes again by the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Each day.
    Day,
    /// On one day of the week, 1 = Monday … 7 = Sunday.
    Week(u8),
    /// On one day of the month, or the month's last where it is shorter.
    Month(u8),
    /// Each so many minutes, counted from the beginning.
    Minutes(i64),
}

/// When a step is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Once, relative to a moment with a name.
    Anchor {
        /// The moment.
        anchor: String,
        /// How far from it.
        shift: Shift,
        /// The reading of the clock on that day; `None` = of the moment itself.
        clock: Option<ClockTime>,
    },
    /// Again and again.
    Every {
        /// On which days.
        every: Every,
        /// At what time of the day; midnight counts for [`Every::Minutes`].
        clock: ClockTime,
    },
    /// Once a lunar year.
    Lunar {
        /// 1 to 12.
        month: u8,
        /// 1 to 30.
        day: u8,
        /// At what time.
        clock: ClockTime,
    },
    /// On the member's birthday.
    Birthday {
        /// At what time.
        clock: ClockTime,
    },
}

/// Where a repetition is looked for and what it is counted from.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// First instant.
    pub from: Timestamp,
    /// Instant after the last.
    pub to: Timestamp,
    /// What [`Every::Minutes`] counts from.
    pub origin: Timestamp,
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl When {
    /// The moment with a name that it is relative to.
    pub fn anchor(&self) -> Option<&str> {
        match self {
            Self::Anchor { anchor, .. } => Some(anchor),
            _ => None,
        }
    }

    /// Whether it comes again.
    pub const fn repeats(&self) -> bool {
        !matches!(self, Self::Anchor { .. })
    }

    /// The instant relative to the moment at `base`; `None` if it is not relative to one.
    pub fn at(&self, base: Timestamp, zone: &Zone) -> Option<Timestamp> {
        match self {
            Self::Anchor { shift, clock, .. } => Some(shift.apply(base, *clock, zone)),
            _ => None,
        }
    }

    /// The instants inside a span at which it comes again; none if it is relative to a moment.
    pub fn within(
        &self,
        span: Span,
        zone: &Zone,
        birthday: Option<Birthday>,
        calendar: &dyn Calendar,
    ) -> Vec<Timestamp> {
        if span.from >= span.to {
            return Vec::new();
        }
        let (first, last) = (zone.day(span.from), zone.day(span.to).plus_days(1));
        let days = |keep: &dyn Fn(Date) -> bool| -> Vec<Date> {
            (first.number()..last.number())
                .map(Date::from_number)
                .filter(|day| keep(*day))
                .collect()
        };
        let (days, clock) = match self {
            Self::Anchor { .. } => return Vec::new(),
            Self::Every {
                every: Every::Minutes(step),
                ..
            } => return ticks(span, *step),
            Self::Every { every, clock } => {
                let every = *every;
                (days(&|day| every.falls_on(day)), *clock)
            }
            Self::Lunar { month, day, clock } => {
                (calendar.lunar(*month, *day, first, last), *clock)
            }
            Self::Birthday { clock } => (
                birthday
                    .map(|birthday| calendar.birthdays(birthday, first, last))
                    .unwrap_or_default(),
                *clock,
            ),
        };
        days.into_iter()
            .map(|day| clock.on(day, zone))
            .filter(|at| span.from <= *at && *at < span.to)
            .collect()
    }

    /// The earliest and latest it can be, in minutes from the moment it is relative to, on a day of
    /// 24 hours; for what is read off the clock the moment's own time of day is not known.
    pub fn bounds(&self) -> Option<(i64, i64)> {
        let Self::Anchor { shift, clock, .. } = self else {
            return None;
        };
        let about = shift.about_minutes();
        Some(match clock {
            None => (about, about),
            Some(_) => (about - 24 * 60 + 1, about + 24 * 60 - 1),
        })
    }

    /// Whether this is later than `other` whatever moment both are relative to; `false` also where
    /// that cannot be said.
    pub fn surely_after(&self, other: &Self) -> bool {
        if self.anchor().is_none() || self.anchor() != other.anchor() {
            return false;
        }
        if let (
            Self::Anchor {
                shift: a,
                clock: Some(at),
                ..
            },
            Self::Anchor {
                shift: b,
                clock: Some(bt),
                ..
            },
        ) = (self, other)
        {
            return (a.days, at) > (b.days, bt);
        }
        match (self.bounds(), other.bounds()) {
            (Some((earliest, _)), Some((_, latest))) => earliest > latest,
            _ => false,
        }
    }
}

impl Every {
    fn falls_on(self, day: Date) -> bool {
        match self {
            Self::Day | Self::Minutes(_) => true,
            Self::Week(weekday) => day.weekday() == weekday,
            Self::Month(wanted) => {
                let date = day.parts().2.unsigned_abs();
                date == wanted || (date < wanted && day.plus_days(1).parts().2 == 1)
            }
        }
    }
}

/// Every so many minutes from the origin, the origin itself not counted.
fn ticks(span: Span, step: i64) -> Vec<Timestamp> {
    let step = step.max(1) * MINUTE;
    let from = span.from.max(span.origin.plus(1));
    let mut tick = span
        .origin
        .plus((from.since(span.origin) + step - 1) / step * step);
    let mut found = Vec::new();
    while tick < span.to {
        found.push(tick);
        tick = tick.plus(step);
    }
    found
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anchor {
                anchor,
                shift,
                clock,
            } => {
                write!(f, "{anchor}{shift}")?;
                clock.map_or(Ok(()), |clock| write!(f, " @ {clock}"))
            }
            Self::Every { every, clock } => match every {
                Every::Day => write!(f, "every day @ {clock}"),
                Every::Week(day) => {
                    let word = WEEKDAYS
                        .get(usize::from(*day).saturating_sub(1))
                        .unwrap_or(&"day");
                    write!(f, "every {word} @ {clock}")
                }
                Every::Month(day) => write!(f, "every month {day} @ {clock}"),
                Every::Minutes(step) => write!(f, "every {step}m"),
            },
            Self::Lunar { month, day, clock } => write!(f, "lunar {month}-{day} @ {clock}"),
            Self::Birthday { clock } => write!(f, "birthday @ {clock}"),
        }
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Signs set apart, so that `a-3d@10:00` reads like `a - 3d @ 10:00`; a `-` between letters or
/// digits of a name (`8-15`, `red-rain`) stays.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let chars: Vec<char> = text.chars().collect();
    for (index, c) in chars.iter().enumerate() {
        let amount_follows = chars[index + 1..]
            .iter()
            .position(|c| !c.is_ascii_digit())
            .is_some_and(|end| {
                end > 0 && matches!(chars[index + 1 + end], 'd' | 'h' | 'm') && {
                    let after = chars.get(index + 2 + end);
                    after.is_none_or(|c| !c.is_alphanumeric() && *c != '_')
                }
            });
        match c {
            '@' | '+' => {
                out.push(' ');
                out.push(*c);
                out.push(' ');
            }
            '-' if amount_follows => out.push_str(" - "),
            _ => out.push(*c),
        }
    }
    out
}

impl FromStr for When {
    type Err = WhenError;
    fn from_str(text: &str) -> Result<Self, WhenError> {
        let spaced = spaced(text);
        let (moment, clock) = match spaced.split_once('@') {
            Some((moment, clock)) => (moment, Some(clock.trim().parse::<ClockTime>()?)),
            None => (spaced.as_str(), None),
        };
        let mut words = moment.split_whitespace();
        let first = words.next().ok_or(WhenError::Empty)?;
        let rest: Vec<&str> = words.collect();
        match first {
            "every" => every(&rest, clock, text),
            "lunar" => {
                let unreadable = || WhenError::Lunar(rest.join(" "));
                let (month, day) = rest
                    .first()
                    .filter(|_| rest.len() == 1)
                    .and_then(|word| word.split_once('-'))
                    .ok_or_else(unreadable)?;
                let month = month.parse().map_err(|_| unreadable())?;
                let day = day.parse().map_err(|_| unreadable())?;
                if !(1..=12).contains(&month) || !(1..=30).contains(&day) {
                    return Err(unreadable());
                }
                Ok(Self::Lunar {
                    month,
                    day,
                    clock: clock.ok_or(WhenError::NoClock)?,
                })
            }
            "birthday" if rest.is_empty() => Ok(Self::Birthday {
                clock: clock.ok_or(WhenError::NoClock)?,
            }),
            anchor => {
                if !is_name(anchor) {
                    return Err(WhenError::Name(anchor.to_owned()));
                }
                let shift = if rest.is_empty() {
                    Shift::NONE
                } else if matches!(rest[0], "+" | "-") {
                    rest.join(" ").parse()?
                } else {
                    return Err(WhenError::Shift(rest[0].to_owned()));
                };
                if clock.is_some() && shift.minutes != 0 {
                    return Err(WhenError::Both);
                }
                Ok(Self::Anchor {
                    anchor: anchor.to_owned(),
                    shift,
                    clock,
                })
            }
        }
    }
}

fn every(rest: &[&str], clock: Option<ClockTime>, text: &str) -> Result<When, WhenError> {
    let unreadable = || WhenError::Every(text.trim().to_owned());
    let every = match rest {
        ["day"] => Every::Day,
        ["month", day] => {
            let day = day.parse::<u8>().map_err(|_| unreadable())?;
            if !(1..=31).contains(&day) {
                return Err(unreadable());
            }
            Every::Month(day)
        }
        [word] => match WEEKDAYS.iter().position(|day| day == word) {
            Some(index) => Every::Week(u8::try_from(index + 1).unwrap_or(1)),
            None => {
                let shift: Shift = word.parse().map_err(|_| unreadable())?;
                if shift.days != 0 || shift.minutes < 5 {
                    return Err(unreadable());
                }
                Every::Minutes(shift.minutes)
            }
        },
        _ => return Err(unreadable()),
    };
    if let Every::Minutes(_) = every {
        return if clock.is_none() {
            Ok(When::Every {
                every,
                clock: ClockTime::MIDNIGHT,
            })
        } else {
            Err(unreadable())
        };
    }
    Ok(When::Every {
        every,
        clock: clock.ok_or(WhenError::NoClock)?,
    })
}

/// Whether it can be the name of a moment, an answer or a step: letters, digits, `_`, `-` and `.`.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase())
        && text.len() <= 64
        && chars
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.'))
}

/// Why a time cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// Nothing stands there.
    #[error("no time stands here: write sale.opens_at - 3d @ 10:00 or every day @ 08:30")]
    Empty,
    /// Not a time of the day.
    #[error("{0:?} is no time of the day: write 20:00")]
    Clock(String),
    /// Not a distance.
    #[error("{0:?} is no distance: write + 15d, - 1h or + 90m")]
    Shift(String),
    /// Further than ten years.
    #[error("{0:?} is further than ten years")]
    Far(String),
    /// Hours or minutes, and a time of the day as well.
    #[error("hours or minutes and a time of the day contradict each other: keep one of them")]
    Both,
    /// A time of the day is missing.
    #[error("the time of the day is missing: add @ 09:00")]
    NoClock,
    /// Not a repetition.
    #[error(
        "{0:?} is no repetition: write every day @ 08:30, every sat @ 20:00, every month 13 @ 10:00 or every 2h"
    )]
    Every(String),
    /// Not a lunar day.
    #[error("{0:?} is no lunar day: write lunar 8-15 @ 09:00")]
    Lunar(String),
    /// Not a name.
    #[error("{0:?} cannot be the name of a moment: small letters, digits, _ - and .")]
    Name(String),
}

/// A length of time that is written without a sign, in milliseconds: `2h`, `30m`, `1d`.
///
/// # Errors
/// [`WhenError::Shift`].
pub fn length(text: &str) -> Result<i64, WhenError> {
    let shift: Shift = text.parse()?;
    if shift.days < 0 || shift.minutes < 0 || shift.about_minutes() == 0 {
        return Err(WhenError::Shift(text.to_owned()));
    }
    Ok(shift.days * 24 * HOUR + shift.minutes * MINUTE)
}

#[cfg(test)]
mod tests;
