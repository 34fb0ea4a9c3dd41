//! Birthdays, by the sun or by the moon.

use serde::{Deserialize, Serialize};

use super::cell;
use crate::{DateOrder, civil::when};

/// A birthday as a person gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Birthday {
    /// Year, if given.
    pub year: Option<i16>,
    /// Month, 1-12.
    pub month: u8,
    /// Day, 1-31; of a lunar month 1-30.
    pub day: u8,
    /// Whether month and day are those of the lunar calendar.
    pub lunar: bool,
    /// Whether the lunar month is the leap month that follows the one of this number.
    pub leap: bool,
}

/// Reads `1990-05-01`, `5月1日`, `05-01`, `农历八月十五`, `农历1990年8月15日`.
pub(super) fn read(text: &str, order: DateOrder) -> Option<Birthday> {
    let plain = cell::plain(text);
    let mut body = plain.trim();
    let mut lunar = false;
    for word in [
        "农历",
        "農曆",
        "阴历",
        "陰曆",
        "旧历",
        "(农)",
        "（农）",
        "lunar",
    ] {
        if let Some(at) = body.find(word) {
            let (before, after) = (body[..at].trim(), body[at + word.len()..].trim());
            body = if before.is_empty() { after } else { before };
            lunar = true;
        }
    }
    for word in ["公历", "阳历", "国历", "(公)", "（公）"] {
        body = body.trim_start_matches(word).trim_end_matches(word).trim();
    }
    body = body.trim_start_matches([':', '：']).trim();
    if !lunar && let Some(when) = when(body) {
        let date = yutang_domain::time::Date::from_number(when.date.day(order)?);
        let (year, month, day) = date.parts();
        let (month, day) = (month.unsigned_abs(), day.unsigned_abs());
        return Some(Birthday {
            year: Some(year),
            month,
            day,
            lunar,
            leap: false,
        });
    }
    let (year, rest) = match body.split_once('年') {
        Some((year, rest)) => (
            Some(
                year.trim()
                    .parse()
                    .ok()
                    .filter(|y| (1900..2200).contains(y))?,
            ),
            rest,
        ),
        None => (None, body),
    };
    let (leap, rest) = match rest.trim().strip_prefix(['闰', '閏']) {
        Some(rest) => (true, rest),
        None => (false, rest.trim()),
    };
    let (year, month, day) = if let Some((month, day)) = rest.split_once('月') {
        (
            year,
            number(month)?,
            number(day.trim_end_matches(['日', '号']))?,
        )
    } else {
        let parts: Vec<&str> = rest.split(['-', '/', '.']).collect();
        match parts[..] {
            [month, day] => (year, number(month)?, number(day)?),
            [y, month, day] if y.len() == 4 => {
                (Some(y.parse().ok()?), number(month)?, number(day)?)
            }
            _ => return None,
        }
    };
    let chinese = rest
        .chars()
        .any(|c| "一二三四五六七八九十初廿正冬腊".contains(c));
    let lunar = lunar
        || leap
        || rest.contains('初')
        || rest.contains('廿')
        || (chinese && rest.contains(['正', '冬', '腊']));
    let last = match (lunar, month) {
        (true, _) | (false, 4 | 6 | 9 | 11) => 30,
        (false, 2) => 29,
        _ => 31,
    };
    let good = (1..=12).contains(&month) && (1..=last).contains(&day);
    good.then_some(Birthday {
        year,
        month,
        day,
        lunar,
        leap,
    })
}

/// A number of at most two digits, Arabic or Chinese.
fn number(text: &str) -> Option<u8> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let digit = |c: char| {
        "零一二三四五六七八九"
            .chars()
            .position(|d| d == c)
            .map(|d| d as u8)
    };
    match text {
        "正" => return Some(1),
        "冬" => return Some(11),
        "腊" | "臘" => return Some(12),
        _ => {}
    }
    let text = text.trim_start_matches('初');
    let letters: Vec<char> = text.chars().collect();
    match letters[..] {
        ['十'] => Some(10),
        ['廿'] => Some(20),
        ['卅'] => Some(30),
        [one] => digit(one),
        ['十', one] => Some(10 + digit(one)?),
        ['廿', one] => Some(20 + digit(one)?),
        ['卅', one] => Some(30 + digit(one)?),
        [ten, '十'] => Some(10 * digit(ten)?),
        [ten, '十', one] => Some(10 * digit(ten)? + digit(one)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn birthdays_of_both_calendars() {
        let day = |year, month, day, lunar, leap| {
            Some(Birthday {
                year,
                month,
                day,
                lunar,
                leap,
            })
        };
        for (text, expected) in [
            ("1990-05-01", day(Some(1990), 5, 1, false, false)),
            ("1990年5月1日", day(Some(1990), 5, 1, false, false)),
            ("5月1日", day(None, 5, 1, false, false)),
            ("05-01", day(None, 5, 1, false, false)),
            ("农历八月十五", day(None, 8, 15, true, false)),
            ("农历1990年8月15日", day(Some(1990), 8, 15, true, false)),
            ("1990-08-15(农)", day(Some(1990), 8, 15, true, false)),
            ("腊月廿三", day(None, 12, 23, true, false)),
            ("正月初一", day(None, 1, 1, true, false)),
            ("闰四月初十", day(None, 4, 10, true, true)),
            ("2月30日", None),
            ("13月1日", None),
            ("猫", None),
            ("", None),
        ] {
            assert_eq!(read(text, DateOrder::Ymd), expected, "{text}");
        }
    }
}
