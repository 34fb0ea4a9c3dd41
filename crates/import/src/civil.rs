//! Dates and times as people and phones write them.

mod cursor;
mod local_time;

use std::fmt;

use serde::{Deserialize, Serialize};
use yutang_domain::time::{DAY, Date, HOUR, MINUTE, SECOND};

pub(crate) use local_time::LocalTime;

use self::cursor::{Cursor, triple};
use crate::DateOrder;

/// How exactly a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Only the day.
    Day,
    /// To the minute.
    Minute,
    /// To the second.
    Second,
    /// To the millisecond.
    Ms,
}

/// The three numbers of a date in the order they are written, with their count of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Triple {
    parts: [u32; 3],
    digits: [u8; 3],
}

/// A date and time as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When {
    pub date: Triple,
    /// Milliseconds since midnight; `None` if no time is written.
    pub time: Option<i64>,
    pub precision: Precision,
    /// Seconds east of Greenwich, if written.
    pub east: Option<i64>,
}

/// Days since 1970-01-01, if there is such a day between 1900 and 2199.
fn day_number(year: u32, month: u32, day: u32) -> Option<i64> {
    if !(1900..2200).contains(&year) || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > last {
        return None;
    }
    // Years counted from March put the leap day last.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let of_year = (153 * m + 2) / 5 + day - 1;
    let before = i64::from(y) * 365 + i64::from(y / 4) - i64::from(y / 100) + i64::from(y / 400);
    Some(before + i64::from(of_year) - 719_468)
}

fn full_year(part: u32, digits: u8) -> u32 {
    match digits {
        4 => part,
        _ if part < 70 => 2000 + part,
        _ => 1900 + part,
    }
}

impl Triple {
    /// Whether the year stands first beyond doubt.
    pub fn year_first(&self) -> bool {
        self.digits[0] == 4
    }

    /// Days since 1970-01-01 in the given order, if there is such a day.
    pub fn day(&self, order: DateOrder) -> Option<i64> {
        let [a, b, c] = self.parts;
        let order = if self.year_first() {
            DateOrder::Ymd
        } else {
            order
        };
        let (year, digits, month, day) = match order {
            DateOrder::Ymd => (a, self.digits[0], b, c),
            DateOrder::Dmy => (c, self.digits[2], b, a),
            DateOrder::Mdy => (c, self.digits[2], a, b),
        };
        if order == DateOrder::Ymd && self.digits[2] > 2 {
            return None;
        }
        day_number(full_year(year, digits), month, day)
    }
}

impl fmt::Display for Triple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.parts;
        let [wa, wb, wc] = self.digits.map(usize::from);
        write!(f, "{a:0wa$}/{b:0wb$}/{c:0wc$}")
    }
}

/// The date and time at the start of `text`, and where it ends. A time that no clock shows is
/// returned as `Some(-1)` milliseconds, because the text was meant as one.
pub(crate) fn when_prefix(text: &str) -> Option<(When, usize)> {
    let mut cursor = Cursor { text, at: 0 };
    let date = triple(&mut cursor)?;
    let end = cursor.at;
    if !cursor.eat_any(&[", ", "，", ",", "T", ". "]) {
        cursor.spaces();
    }
    let Some((time, precision)) = cursor.time() else {
        return Some((
            When {
                date,
                time: None,
                precision: Precision::Day,
                east: None,
            },
            end,
        ));
    };
    let east = cursor.zone();
    Some((
        When {
            date,
            time: Some(time),
            precision,
            east,
        },
        cursor.at,
    ))
}

/// A whole cell that is a date and time: the forms of [`when_prefix`], `YYYYMMDD` with or without
/// `HHMMSS`, Unix seconds or milliseconds, and the day numbers of a spreadsheet.
pub(crate) fn when(text: &str) -> Option<When> {
    let text = text.trim().trim_start_matches('\'');
    if let Some((when, end)) = when_prefix(text) {
        return text[end..].trim().is_empty().then_some(when);
    }
    let bytes = text.as_bytes();
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or(0);
    let clock = |hour: u32, minute: u32, second: u32| {
        let good = hour < 24 && minute < 60 && second < 60;
        let time = i64::from(hour) * HOUR + i64::from(minute) * MINUTE + i64::from(second) * SECOND;
        if good { time } else { -1 }
    };
    let compact = |time, precision| {
        let parts = [number(0..4), number(4..6), number(6..8)];
        Some(When {
            date: Triple {
                parts,
                digits: [4, 2, 2],
            },
            time,
            precision,
            east: None,
        })
    };
    if digits == 8 && bytes.len() == 8 {
        return compact(None, Precision::Day);
    }
    if digits == 8 && bytes[8] == b' ' {
        let mut cursor = Cursor { text, at: 8 };
        let (time, precision) = cursor.time()?;
        return cursor
            .rest()
            .trim()
            .is_empty()
            .then(|| compact(Some(time), precision))
            .flatten();
    }
    if digits == bytes.len() {
        return match digits {
            14 => {
                let time = clock(number(8..10), number(10..12), number(12..14));
                compact(Some(time), Precision::Second)
            }
            10 | 13 if bytes[0] == b'1' => {
                let value: i64 = text.parse().ok()?;
                let (ms, precision) = if digits == 10 {
                    (value * SECOND, Precision::Second)
                } else {
                    (value, Precision::Ms)
                };
                Some(from_days(
                    ms.div_euclid(DAY),
                    Some(ms.rem_euclid(DAY)),
                    precision,
                    Some(0),
                ))
            }
            5 => serial(text),
            _ => None,
        };
    }
    if digits == 5 && bytes[5] == b'.' {
        serial(text)
    } else {
        None
    }
}

/// A spreadsheet's day number: days since 1899-12-30 and the part of the day gone by.
fn serial(text: &str) -> Option<When> {
    let (days, part) = text.split_once('.').unwrap_or((text, ""));
    let days: i64 = days.parse().ok()?;
    if !(20_000..90_000).contains(&days) || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if part.is_empty() {
        return Some(from_days(days - 25_569, None, Precision::Day, None));
    }
    let digits = &part[..part.len().min(15)];
    let scale = 10_i128.pow(digits.len() as u32);
    let value: i128 = digits.parse().ok()?;
    // The stored fraction is inexact beyond a millisecond, so it is rounded to a whole second.
    let seconds = (value * 86_400 + scale / 2) / scale;
    let seconds = i64::try_from(seconds).ok()?;
    let (days, seconds) = (days + seconds / 86_400, seconds % 86_400);
    Some(from_days(
        days - 25_569,
        Some(seconds * SECOND),
        Precision::Second,
        None,
    ))
}

fn from_days(days: i64, time: Option<i64>, precision: Precision, east: Option<i64>) -> When {
    let (year, month, day) = Date::from_number(days).parts();
    let parts = [
        u32::from(year.unsigned_abs()),
        u32::from(month.unsigned_abs()),
        u32::from(day.unsigned_abs()),
    ];
    When {
        date: Triple {
            parts,
            digits: [4, 2, 2],
        },
        time,
        precision,
        east,
    }
}

#[cfg(test)]
mod tests {
    use yutang_domain::time::Zone;

    use super::*;

    fn shanghai() -> LocalTime {
        LocalTime::new(&Zone::from_name("Asia/Shanghai").unwrap())
    }

    fn read(text: &str, order: DateOrder) -> Option<String> {
        shanghai()
            .resolve(&when(text)?, order)
            .map(|at| at.to_string())
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        for (text, order, expected) in [
            ("2026-11-20 9:05:01", DateOrder::Dmy, "2026-11-20T01:05:01Z"),
            ("2026/11/20", DateOrder::Dmy, "2026-11-19T16:00:00Z"),
            (
                "2026年11月20日 下午3:04",
                DateOrder::Ymd,
                "2026-11-20T07:04:00Z",
            ),
            ("2026年11月20日", DateOrder::Ymd, "2026-11-19T16:00:00Z"),
            ("20261120", DateOrder::Mdy, "2026-11-19T16:00:00Z"),
            ("20261120093000", DateOrder::Mdy, "2026-11-20T01:30:00Z"),
            ("11/20/26, 9:05 PM", DateOrder::Mdy, "2026-11-20T13:05:00Z"),
            (
                "20/11/2026, 12:08:31 a.m.",
                DateOrder::Dmy,
                "2026-11-19T16:08:31Z",
            ),
            (
                "2026. 11. 20. 오후 3:05",
                DateOrder::Dmy,
                "2026-11-20T07:05:00Z",
            ),
            (
                "2026-11-20T09:05:01.123+00:00",
                DateOrder::Dmy,
                "2026-11-20T09:05:01.123Z",
            ),
            (
                "2026-11-20T09:05:01-0330",
                DateOrder::Dmy,
                "2026-11-20T12:35:01Z",
            ),
            ("1795136701", DateOrder::Dmy, "2026-11-20T01:05:01Z"),
            ("46346", DateOrder::Dmy, "2026-11-19T16:00:00Z"),
            ("46346.5", DateOrder::Dmy, "2026-11-20T04:00:00Z"),
            ("'2026-11-20", DateOrder::Dmy, "2026-11-19T16:00:00Z"),
        ] {
            assert_eq!(read(text, order).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "abc",
            "2026-13-01",
            "2026-02-30",
            "2026-01-01 25:00",
            "1.2.3.4",
            "12:00",
        ] {
            assert_eq!(read(text, DateOrder::Dmy), None, "{text}");
        }
    }

    #[test]
    fn day_numbers_agree_with_the_calendar() {
        for (year, month, day) in [(1970, 1, 1), (2000, 2, 29), (2026, 11, 20), (1999, 12, 31)] {
            let number = day_number(year, month, day).unwrap();
            let date = Date::new(year as i16, month as i8, day as i8).unwrap();
            assert_eq!(number, date.number());
        }
    }

    #[test]
    fn a_day_with_a_moved_clock_is_exact() {
        let zone = Zone::from_name("America/New_York").unwrap();
        let mut local = LocalTime::new(&zone);
        let day = day_number(2026, 3, 8).unwrap();
        assert_eq!(local.instant(day, HOUR).to_string(), "2026-03-08T06:00:00Z");
        assert_eq!(
            local.instant(day, 4 * HOUR).to_string(),
            "2026-03-08T08:00:00Z"
        );
        assert_eq!(local.day("2026-03-08T06:00:00Z".parse().unwrap()), day);
    }
}
