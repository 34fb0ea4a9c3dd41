//! Instants, civil days and zones.
//!
//! An instant is Unix milliseconds, in SQL a BIGINT and on the wire RFC 3339. Questions that people
//! ask in days (a birthday, quiet hours, "15 days later") are answered in a zone, the workspace's
//! or the member's.

use std::{fmt, str::FromStr, sync::Arc};

use jiff::{
    Span, ToSpan,
    civil::{self, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::error::{Class, Rule};

/// Milliseconds of a second.
pub const SECOND: i64 = 1_000;
/// Milliseconds of a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Milliseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Milliseconds of 24 hours (a civil day may be longer or shorter).
pub const DAY: i64 = 24 * HOUR;

/// An instant: Unix milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From Unix milliseconds.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Unix milliseconds.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This instant moved by `ms` milliseconds, saturating.
    pub const fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; negative if this one is the earlier.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn to_jiff(self) -> jiff::Timestamp {
        let clamped = self.0.clamp(
            jiff::Timestamp::MIN.as_millisecond(),
            jiff::Timestamp::MAX.as_millisecond(),
        );
        jiff::Timestamp::from_millisecond(clamped).expect("clamped into range")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_jiff())
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse::<jiff::Timestamp>()
            .map(|t| Self(t.as_millisecond()))
            .map_err(|_| TimeError::Instant(text.to_owned()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// A civil day; in SQL its number since 1970-01-01 (BIGINT), on the wire `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    const EPOCH: civil::Date = civil::date(1970, 1, 1);

    /// The day `year-month-day`, if there is one.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self)
    }

    /// From the number of days since 1970-01-01, clamped to the calendar's range.
    pub fn from_number(number: i64) -> Self {
        let number = number.clamp(-4_000_000, 2_900_000);
        Self(Self::EPOCH.saturating_add(number.days()))
    }

    /// Days since 1970-01-01.
    pub fn number(self) -> i64 {
        let span: Span = Self::EPOCH.until(self.0).expect("two days of one calendar");
        i64::from(span.get_days())
    }

    /// This day moved by `days`.
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_number(self.number() + days)
    }

    /// Days from `earlier` to this day.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.number() - earlier.number()
    }

    /// The same day number `months` later, or that month's last day.
    pub fn plus_months(self, months: i32) -> Self {
        Self(self.0.saturating_add(months.months()))
    }

    /// First day of this day's month.
    pub fn month_start(self) -> Self {
        Self(self.0.first_of_month())
    }

    /// 1 = Monday … 7 = Sunday.
    pub fn weekday(self) -> u8 {
        match self.0.weekday() {
            Weekday::Monday => 1,
            Weekday::Tuesday => 2,
            Weekday::Wednesday => 3,
            Weekday::Thursday => 4,
            Weekday::Friday => 5,
            Weekday::Saturday => 6,
            Weekday::Sunday => 7,
        }
    }

    /// Year, month (1-12) and day (1-31).
    pub fn parts(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Date {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse()
            .map(Self)
            .map_err(|_| TimeError::Day(text.to_owned()))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// A time zone by its IANA name.
#[derive(Clone, Debug)]
pub struct Zone {
    name: Arc<str>,
    zone: TimeZone,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Zone {
    /// The zone called `name`, for example `Asia/Shanghai`.
    ///
    /// # Errors
    /// [`TimeError::Zone`] if the zone database has no such name.
    pub fn from_name(name: &str) -> Result<Self, TimeError> {
        TimeZone::get(name)
            .map(|zone| Self {
                name: name.into(),
                zone,
            })
            .map_err(|_| TimeError::Zone(name.to_owned()))
    }

    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self {
            name: "UTC".into(),
            zone: TimeZone::UTC,
        }
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone as `jiff` knows it.
    pub const fn jiff(&self) -> &TimeZone {
        &self.zone
    }

    /// The civil day of an instant.
    pub fn day(&self, at: Timestamp) -> Date {
        Date(self.civil(at).date())
    }

    /// The local wall-clock reading of an instant.
    pub fn civil(&self, at: Timestamp) -> civil::DateTime {
        self.zone.to_datetime(at.to_jiff())
    }

    /// Hour of the day (0-23) of an instant.
    pub fn hour(&self, at: Timestamp) -> u8 {
        self.civil(at).hour().unsigned_abs()
    }

    /// The first instant of a civil day.
    pub fn start_of(&self, day: Date) -> Timestamp {
        self.instant(day.0.to_datetime(civil::Time::midnight()))
    }

    /// The instant of a wall-clock reading; in a gap the later, in a fold the earlier reading.
    pub fn instant(&self, civil: civil::DateTime) -> Timestamp {
        self.zone
            .to_ambiguous_zoned(civil)
            .compatible()
            .map_or_else(
                |_| Timestamp(i64::MAX),
                |z| Timestamp(z.timestamp().as_millisecond()),
            )
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for Zone {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::from_name(text)
    }
}

/// A half-open run of civil days: `from` inclusive, `to` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Day after the last.
    pub to: Date,
}

impl Period {
    /// The period of `from` (inclusive) to `to` (exclusive).
    ///
    /// # Errors
    /// [`TimeError::Period`] if it holds no day.
    pub fn new(from: Date, to: Date) -> Result<Self, TimeError> {
        if from < to {
            Ok(Self { from, to })
        } else {
            Err(TimeError::Period(from, to))
        }
    }

    /// Number of days, at least one.
    pub fn days(&self) -> i64 {
        self.to.days_since(self.from)
    }

    /// The period of equal length just before this one.
    pub fn before(&self) -> Self {
        Self {
            from: self.from.plus_days(-self.days()),
            to: self.from,
        }
    }

    /// Whether the day lies inside.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && day < self.to
    }
}

/// A time that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not an RFC 3339 instant.
    #[error("{0:?} is not a time: write it as 2026-11-20T09:05:00Z")]
    Instant(String),
    /// Not a civil day.
    #[error("{0:?} is not a day: write it as 2026-11-20")]
    Day(String),
    /// Not in the zone database.
    #[error("{0:?} is not a known time zone: write an IANA name such as Asia/Shanghai")]
    Zone(String),
    /// `from` is not before `to`.
    #[error("the period from {0} to {1} holds no day: `to` is exclusive and must be later")]
    Period(Date, Date),
}

impl Rule for TimeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Instant(_) => "time.instant",
            Self::Day(_) => "time.day",
            Self::Zone(_) => "time.zone",
            Self::Period(..) => "time.period",
        }
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
}

/// Where the time comes from; the only source of "now" in the program.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that gets injected"
    )]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }
}

/// A clock that always shows the same instant.
#[derive(Clone, Copy, Debug)]
pub struct StoppedClock(pub Timestamp);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_civil_in_its_zone() {
        let shanghai = Zone::from_name("Asia/Shanghai").unwrap();
        let late: Timestamp = "2026-11-20T16:30:00Z".parse().unwrap();
        assert_eq!(shanghai.day(late).to_string(), "2026-11-21");
        assert_eq!(Zone::utc().day(late).to_string(), "2026-11-20");
        let day: Date = "2026-11-21".parse().unwrap();
        assert_eq!(shanghai.start_of(day).to_string(), "2026-11-20T16:00:00Z");
    }

    #[test]
    fn day_numbers_round_trip() {
        for text in ["1970-01-01", "2004-02-29", "2026-11-21", "1969-12-31"] {
            let day: Date = text.parse().unwrap();
            assert_eq!(Date::from_number(day.number()), day);
        }
        assert_eq!("1970-01-02".parse::<Date>().unwrap().number(), 1);
    }

    #[test]
    fn a_period_without_a_day_is_refused() {
        let day: Date = "2026-11-21".parse().unwrap();
        assert!(Period::new(day, day).is_err());
        let week = Period::new(day, day.plus_days(7)).unwrap();
        assert_eq!(week.days(), 7);
        assert_eq!(week.before().to, day);
    }

    #[test]
    fn months_end_on_their_last_day() {
        let day: Date = "2026-01-31".parse().unwrap();
        assert_eq!(day.plus_months(1).to_string(), "2026-02-28");
    }
}
