//! The Chinese lunar calendar: on which civil day a lunar birthday or festival is.
//!
//! A lunar year has twelve months of 29 or 30 days, and about every third year a leap month (闰月)
//! after one of them, which has that month's number. So a date of one year need not exist in the
//! next, and whoever greets birthdays needs rules for that. The solar calendar has one such day, 29
//! February.
//!
//! | the birthday | in a year without that day |
//! |---|---|
//! | solar 29 February | is kept on [`LEAP_DAY_KEPT`] February |
//! | lunar, in a leap month | is kept in the ordinary month of that number |
//! | lunar, on the 30th of a month that has 29 days | is kept on the 29th |
//!
//! A birthday in a leap month is kept in the ordinary month even in the rare year that has the same
//! leap month again: it comes once a year and at the time of the year that the person is used to,
//! and it is the rule of the reference the tests read.
//!
//! A conversion takes about a tenth of a millisecond. Therefore a sweep over all members asks
//! [`birthdays_on`] once a day for the keys to look up, and converts no member.

use std::ops::RangeInclusive;

use tyme4rs::tyme::{
    Tyme as _,
    lunar::{LunarMonth, LunarYear},
};

use crate::{
    member::{BirthCalendar, Birthday},
    time::Date,
};

/// The lunar years that are known here, and the years a birthday may have. What lies outside has no
/// date. The years 1950 to 2049 are compared with a table day by day; what lies far ahead is
/// computed, and a new moon close to midnight may be announced for the other day (2057-09-28 is one
/// on which calendars differ).
pub const YEARS: RangeInclusive<i16> = 1880..=2200;

/// The day of February on which a birthday of 29 February is kept in a common year. It is the trade's
/// choice: an offer for the month of the birthday would have ended by 1 March. A term of months
/// ends in the same way, on the last day of a month that has no such day (民法典 202).
pub const LEAP_DAY_KEPT: u8 = 28;

/// Year, month and first day of the months that tyme4rs 1.5.0 begins a day early or late. Up to 1959
/// it computes new moons roughly and corrects them from a list, of which that version reads only the
/// first entry. These are all such months of [`YEARS`], with the days on which sxtwl and lunar_python
/// agree; they stay right when the library is.
const CORRECTED: [(isize, usize, (i16, i8, i8)); 14] = [
    (1887, 3, (1887, 3, 25)),
    (1888, 2, (1888, 3, 13)),
    (1896, 1, (1896, 2, 13)),
    (1906, 4, (1906, 4, 24)),
    (1909, 8, (1909, 9, 14)),
    (1910, 12, (1911, 1, 1)),
    (1916, 3, (1916, 4, 3)),
    (1920, 10, (1920, 11, 10)),
    (1927, 10, (1927, 10, 25)),
    (1928, 9, (1928, 10, 13)),
    (1942, 8, (1942, 9, 10)),
    (1943, 11, (1943, 11, 27)),
    (1954, 1, (1954, 2, 3)),
    (1957, 2, (1957, 3, 2)),
];

/// A day of the lunar calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LunarDate {
    /// The lunar year, by the number of the solar year in which it begins.
    pub year: i16,
    /// 1 to 12; a leap month has the number of the month it follows.
    pub month: u8,
    /// Whether the month is a leap month.
    pub leap: bool,
    /// 1 to 30.
    pub day: u8,
}

impl LunarDate {
    /// The lunar date of a civil day; `None` outside [`YEARS`], which begin on 1880-02-10 and end on
    /// 2201-02-03.
    pub fn of(day: Date) -> Option<Self> {
        let (year, number, _) = day.parts();
        // The last days of the last lunar year are in the solar year after it.
        if !(*YEARS.start()..=YEARS.end() + 1).contains(&year) {
            return None;
        }
        // A lunar month begins about the 20th of the solar month of its number at the earliest, so
        // the one that is looked for is this one or one of the few before it.
        let mut month = LunarMonth::new(isize::from(year), isize::from(number)).ok()?;
        let mut first = first_day(month)?;
        while day < first {
            month = month.next(-1);
            first = first_day(month)?;
        }
        let date = Self {
            year: i16::try_from(month.get_year()).ok()?,
            month: u8::try_from(month.get_month()).ok()?,
            leap: month.is_leap(),
            day: u8::try_from(day.days_since(first) + 1).ok()?,
        };
        YEARS.contains(&date.year).then_some(date)
    }

    /// The civil day; `None` if there is no such lunar day, or its year is outside [`YEARS`].
    pub fn to_solar(self) -> Option<Date> {
        let month = month(self.year, self.month, self.leap)?;
        let day = i64::from(self.day);
        (1..=length(month)?)
            .contains(&day)
            .then_some(first_day(month)?.plus_days(day - 1))
    }
}

/// A month that exists; the library panics on one that does not.
fn month(year: i16, month: u8, leap: bool) -> Option<LunarMonth> {
    if !YEARS.contains(&year) {
        return None;
    }
    let number = isize::from(month);
    LunarMonth::new(isize::from(year), if leap { -number } else { number }).ok()
}

/// Its first day.
fn first_day(month: LunarMonth) -> Option<Date> {
    let corrected = CORRECTED.iter().find(|(year, number, _)| {
        !month.is_leap() && (month.get_year(), month.get_month()) == (*year, *number)
    });
    if let Some((_, _, (year, month, day))) = corrected {
        return Date::new(*year, *month, *day);
    }
    let day = month.get_first_julian_day().get_solar_day();
    Date::new(
        i16::try_from(day.get_year()).ok()?,
        i8::try_from(day.get_month()).ok()?,
        i8::try_from(day.get_day()).ok()?,
    )
}

/// How many days it has.
fn length(month: LunarMonth) -> Option<i64> {
    Some(first_day(month.next(1))?.days_since(first_day(month)?))
}

/// How many days a lunar month has, 29 or 30; `None` if there is no such month, or its year is
/// outside [`YEARS`].
pub fn days_of_month(year: i16, month: u8, leap: bool) -> Option<u8> {
    u8::try_from(length(self::month(year, month, leap)?)?).ok()
}

/// The month after which a lunar year has a leap month; `None` if it has none, or is outside
/// [`YEARS`].
pub fn leap_month(year: i16) -> Option<u8> {
    if !YEARS.contains(&year) {
        return None;
    }
    let month = LunarYear::new(isize::from(year)).ok()?.get_leap_month();
    u8::try_from(month).ok().filter(|month| *month > 0)
}

/// The civil day on which a festival of the lunar calendar is in a lunar year, the 15th of the 8th
/// month (中秋) for example. It is in the ordinary month, and the 30th of a month of 29 days is its
/// 29th, so that the 30th of the 12th is always New Year's Eve (除夕). `None` if no month has such a
/// day, or the year is outside [`YEARS`].
pub fn lunar_day(year: i16, month: u8, day: u8) -> Option<Date> {
    if !(1..=30).contains(&day) {
        return None;
    }
    LunarDate {
        year,
        month,
        leap: false,
        day: day.min(days_of_month(year, month, false)?),
    }
    .to_solar()
}

/// What is looked up when it is asked whose birthday it is: a birthday without its year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BirthdayKey {
    /// The calendar it is kept in.
    pub calendar: BirthCalendar,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31, in the lunar calendar 1 to 30.
    pub day: u8,
    /// Whether the month is a leap month of the lunar calendar.
    pub leap: bool,
}

impl From<&Birthday> for BirthdayKey {
    fn from(birthday: &Birthday) -> Self {
        Self {
            calendar: birthday.calendar,
            month: birthday.month,
            day: birthday.day,
            leap: birthday.leap,
        }
    }
}

/// The civil day on which a birthday is kept in a year of its own calendar: a solar year, or a lunar
/// year, whose last weeks are in the solar year after it. `None` if it is no day of its calendar, or
/// the lunar year is outside [`YEARS`]. The year of birth plays no part: that nobody is greeted
/// before being born is left to the caller.
pub fn anniversary(birthday: &Birthday, year: i16) -> Option<Date> {
    match birthday.calendar {
        BirthCalendar::Solar if birthday.leap => None,
        BirthCalendar::Solar => {
            let day = match (birthday.month, birthday.day) {
                (2, 29) if !has_leap_day(year) => LEAP_DAY_KEPT,
                (_, day) => day,
            };
            Date::new(
                year,
                i8::try_from(birthday.month).ok()?,
                i8::try_from(day).ok()?,
            )
        }
        BirthCalendar::Lunar => lunar_day(year, birthday.month, birthday.day),
    }
}

/// Every key of a birthday that is kept on a civil day, in order and each once: exactly those whose
/// [`anniversary`] it is. There is always the day's own solar key; there are no lunar keys in a leap
/// month and outside [`YEARS`]. Lunar keys come in pairs, with and without `leap`, since both are
/// kept on the same day: whoever has not stored `leap` looks up those without.
pub fn birthdays_on(day: Date) -> Vec<BirthdayKey> {
    let (year, month, number) = day.parts();
    let key = |calendar, month, day, leap| BirthdayKey {
        calendar,
        month,
        day,
        leap,
    };
    let (month, number) = (month.unsigned_abs(), number.unsigned_abs());
    let mut keys = vec![key(BirthCalendar::Solar, month, number, false)];
    if (month, number) == (2, LEAP_DAY_KEPT) && !has_leap_day(year) {
        keys.push(key(BirthCalendar::Solar, 2, 29, false));
    }
    if let Some(lunar) = LunarDate::of(day).filter(|lunar| !lunar.leap) {
        let last = days_of_month(lunar.year, lunar.month, false) == Some(lunar.day);
        let until = if last { 30 } else { lunar.day };
        for number in lunar.day..=until {
            for leap in [false, true] {
                keys.push(key(BirthCalendar::Lunar, lunar.month, number, leap));
            }
        }
    }
    keys
}

fn has_leap_day(year: i16) -> bool {
    Date::new(year, 2, 29).is_some()
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        fs::File,
        io::Read,
        path::PathBuf,
    };

    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    const fn lunar(year: i16, month: u8, leap: bool, day: u8) -> LunarDate {
        LunarDate {
            year,
            month,
            leap,
            day,
        }
    }

    const fn born(calendar: BirthCalendar, month: u8, day: u8, leap: bool) -> Birthday {
        Birthday {
            calendar,
            year: None,
            month,
            day,
            leap,
        }
    }

    /// What each calendar says of a day: year, month, day and whether the month is a leap month.
    type Told = BTreeMap<String, Option<(i16, u8, u8, bool)>>;

    /// A file of the test data; `None`, said aloud, if it is not there.
    fn shared(name: &str) -> Option<File> {
        let folder = std::env::var_os("YUTANG_TESTDATA").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
            PathBuf::from,
        );
        let path = folder.join("cn_reference").join(name);
        let file = File::open(&path).ok();
        if file.is_none() {
            eprintln!("not run: 1 (no {})", path.display());
        }
        file
    }

    /// The table of 1950 to 2049: each civil day with its lunar date.
    fn table() -> Option<BTreeMap<Date, LunarDate>> {
        let file = shared("solar_to_lunar_1950_2049.csv.gz")?;
        let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            let date = lunar(
                row[1].parse().unwrap(),
                row[2].parse().unwrap(),
                &row[4] == "1",
                row[3].parse().unwrap(),
            );
            (self::date(&row[0]), date)
        });
        Some(rows.collect())
    }

    #[test]
    fn every_day_of_a_hundred_years_is_as_in_the_table() {
        let Some(table) = table() else { return };
        assert_eq!(table.len(), 36_525);
        for (day, expected) in table {
            assert_eq!(LunarDate::of(day), Some(expected), "{day}");
            assert_eq!(expected.to_solar(), Some(day), "{expected:?}");
        }
    }

    /// The references differ among themselves on sixty days: lunardate begins two months (1954-11
    /// and 1978-08) a day later or earlier than lunar_python and sxtwl, which agree with each other
    /// and with the table, and are followed. LunarCalendar tells nothing.
    #[test]
    fn where_the_references_differ_two_of_three_are_followed() {
        let (Some(mut file), Some(table)) = (shared("reference/lunar_disagreements.json"), table())
        else {
            return;
        };
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        let days: Vec<(Date, Told)> = serde_json::from_str(&text).unwrap();
        assert_eq!(days.len(), 60);
        for (day, told) in days {
            let by = |name: &str| told[name].map(|(y, m, d, leap)| lunar(y, m, leap, d));
            let ours = LunarDate::of(day);
            assert_eq!(ours, by("lunar_python"), "{day}");
            assert_eq!(ours, by("sxtwl"), "{day}");
            assert_eq!(ours, table.get(&day).copied(), "{day}");
            assert_ne!(ours, by("lunardate"), "{day}");
            assert_eq!(by("LunarCalendar"), None, "{day}");
        }
    }

    #[test]
    fn every_reference_birthday_is_kept_as_the_reference_says() {
        let Some(file) = shared("reference/lunar_birthdays_2024_2033.csv") else {
            return;
        };
        let mut reader = csv::Reader::from_reader(file);
        let (mut people, mut in_leap_months, mut leap_month_again) = (0, 0, 0);
        for row in reader.records() {
            let row = row.unwrap();
            let (month, day) = (row[1].parse().unwrap(), row[2].parse().unwrap());
            let leap = &row[3] == "1";
            let of_birth = LunarDate::of(date(&row[0])).unwrap();
            let year = of_birth.year;
            assert_eq!(of_birth, lunar(year, month, leap, day), "{}", &row[0]);
            let birthday = Birthday {
                year: Some(year),
                ..born(BirthCalendar::Lunar, month, day, leap)
            };
            assert_eq!(birthday.checked().unwrap(), birthday);
            for (year, kept) in (2024..=2033).zip(row.iter().skip(4)) {
                assert_eq!(
                    anniversary(&birthday, year),
                    Some(date(kept)),
                    "{birthday:?} in {year}"
                );
                leap_month_again += usize::from(leap && leap_month(year) == Some(month));
            }
            people += 1;
            in_leap_months += usize::from(leap);
        }
        // Those that tell the rule for leap months from keeping it in the leap month that comes again.
        assert_eq!((people, in_leap_months, leap_month_again), (420, 66, 36));
    }

    #[test]
    fn a_day_has_exactly_the_birthdays_that_are_kept_on_it() {
        let mut birthdays = Vec::new();
        for month in 0..=13 {
            for day in 0..=32 {
                for leap in [false, true] {
                    for calendar in [BirthCalendar::Solar, BirthCalendar::Lunar] {
                        birthdays.push(born(calendar, month, day, leap));
                    }
                }
            }
        }
        let mut kept: BTreeMap<Date, BTreeSet<BirthdayKey>> = BTreeMap::new();
        let mut keys = BTreeSet::new();
        for birthday in &birthdays {
            for year in 2023..=2033 {
                let day = anniversary(birthday, year);
                assert_eq!(day.is_some(), birthday.checked().is_ok(), "{birthday:?}");
                if let Some(day) = day {
                    keys.insert(BirthdayKey::from(birthday));
                    assert!(kept.entry(day).or_default().insert(birthday.into()));
                }
            }
        }
        assert_eq!(keys.len(), 366 + 2 * 12 * 30);
        let (mut day, end) = (date("2024-01-01"), date("2034-01-01"));
        while day < end {
            let on = birthdays_on(day);
            assert!(on.is_sorted_by(|a, b| a < b), "{day}: {on:?}");
            assert_eq!(on.into_iter().collect::<BTreeSet<_>>(), kept[&day], "{day}");
            day = day.plus_days(1);
        }
    }

    #[test]
    fn the_months_of_all_years_follow_each_other() {
        let mut next = date("1880-02-10");
        assert_eq!(LunarDate::of(next.plus_days(-1)), None);
        for year in YEARS {
            let leap = leap_month(year);
            for month in 1..=12 {
                for is_leap in [false, true] {
                    let first = lunar(year, month, is_leap, 1);
                    let days = days_of_month(year, month, is_leap);
                    assert_eq!(days.is_some(), !is_leap || leap == Some(month), "{first:?}");
                    let Some(days) = days else {
                        assert_eq!(first.to_solar(), None);
                        continue;
                    };
                    assert_eq!(first.to_solar(), Some(next), "{first:?}");
                    assert_eq!(LunarDate::of(next), Some(first), "{next}");
                    let last = LunarDate { day: days, ..first };
                    next = next.plus_days(i64::from(days));
                    assert_eq!(LunarDate::of(next.plus_days(-1)), Some(last), "{last:?}");
                    let after = LunarDate {
                        day: days + 1,
                        ..first
                    };
                    assert!([29, 30].contains(&days) && after.to_solar().is_none());
                }
            }
        }
        assert_eq!(next, date("2201-02-04"));
        assert_eq!(LunarDate::of(next), None);
    }

    #[test]
    fn what_is_no_lunar_day_has_no_civil_day() {
        for none in [
            lunar(2026, 0, false, 1),
            lunar(2026, 13, false, 1),
            lunar(2026, 255, true, 1),
            lunar(2026, 1, false, 0),
            lunar(2026, 1, false, 31),
            lunar(2026, 6, true, 1),
            lunar(1879, 12, false, 1),
            lunar(2201, 1, false, 1),
            lunar(i16::MIN, 1, true, 1),
            lunar(i16::MAX, 1, true, 1),
        ] {
            assert_eq!(none.to_solar(), None, "{none:?}");
        }
        for day in ["0001-01-01", "1582-10-10", "9999-12-31"] {
            assert_eq!(LunarDate::of(date(day)), None, "{day}");
            assert_eq!(birthdays_on(date(day)).len(), 1, "{day}");
        }
    }

    #[test]
    fn a_leap_day_is_kept_at_the_end_of_february() {
        let birthday = born(BirthCalendar::Solar, 2, 29, false);
        for (year, kept) in [
            (2024, "2024-02-29"),
            (2025, "2025-02-28"),
            (2100, "2100-02-28"),
        ] {
            assert_eq!(anniversary(&birthday, year), Some(date(kept)));
            assert!(birthdays_on(date(kept)).contains(&BirthdayKey::from(&birthday)));
        }
        assert!(!birthdays_on(date("2024-02-28")).contains(&BirthdayKey::from(&birthday)));
    }

    #[test]
    fn a_birthday_in_a_leap_month_is_kept_in_the_ordinary_month() {
        let birthday = born(BirthCalendar::Lunar, 6, 15, true);
        // 2025 has the leap month, 2026 has not.
        for (year, kept) in [(2025, "2025-07-09"), (2026, "2026-07-28")] {
            assert_eq!(anniversary(&birthday, year), Some(date(kept)));
        }
        let again = lunar(2025, 6, true, 15).to_solar().unwrap();
        assert_eq!(again, date("2025-08-08"));
        assert_eq!(
            birthdays_on(again),
            [BirthdayKey::from(&born(BirthCalendar::Solar, 8, 8, false))]
        );
    }

    #[test]
    fn the_thirtieth_of_a_short_month_is_kept_on_the_last_day() {
        let birthday = born(BirthCalendar::Lunar, 12, 30, false);
        assert_eq!(days_of_month(2023, 12, false), Some(30));
        assert_eq!(days_of_month(2024, 12, false), Some(29));
        for (year, kept) in [(2023, "2024-02-09"), (2024, "2025-01-28")] {
            assert_eq!(anniversary(&birthday, year), Some(date(kept)));
        }
        assert_eq!(lunar(2024, 12, false, 30).to_solar(), None);
    }

    #[test]
    fn festivals_are_on_their_days() {
        for (year, month, day, civil) in [
            (2026, 1, 1, "2026-02-17"),
            (2026, 1, 15, "2026-03-03"),
            (2026, 5, 5, "2026-06-19"),
            (2026, 7, 7, "2026-08-19"),
            (2026, 8, 15, "2026-09-25"),
            (2026, 9, 9, "2026-10-18"),
            (2024, 12, 30, "2025-01-28"),
            // Calendars that place the leap month of 2033 wrongly are a month late from here on.
            (2033, 8, 15, "2033-09-08"),
            (2033, 12, 30, "2034-02-18"),
            (2034, 1, 1, "2034-02-19"),
        ] {
            assert_eq!(lunar_day(year, month, day), Some(date(civil)));
        }
        assert_eq!(leap_month(2033), Some(11));
        assert_eq!(lunar_day(2026, 8, 31), None);
        assert_eq!(lunar_day(2026, 13, 1), None);
        assert_eq!(lunar_day(2201, 1, 1), None);
    }
}
