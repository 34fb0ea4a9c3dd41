//! Reading dates, clocks and zones piece by piece.

use yutang_domain::time::{HOUR, MINUTE, SECOND};

use super::{Precision, Triple, full_year};

/// Reads on through a text.
pub(super) struct Cursor<'t> {
    pub text: &'t str,
    pub at: usize,
}

impl<'t> Cursor<'t> {
    pub fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Up to `most` digits and how many there were.
    fn number(&mut self, most: usize) -> Option<(u32, u8)> {
        let bytes = self.rest().as_bytes();
        let count = bytes
            .iter()
            .take(most)
            .take_while(|b| b.is_ascii_digit())
            .count();
        if count == 0 || bytes.get(count).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let value = bytes[..count]
            .iter()
            .fold(0, |sum, b| sum * 10 + u32::from(b - b'0'));
        self.at += count;
        Some((value, count as u8))
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    pub fn eat_any(&mut self, tokens: &[&str]) -> bool {
        tokens.iter().any(|token| self.eat(token))
    }

    pub fn spaces(&mut self) {
        while self.eat_any(&[" ", "\u{202f}", "\u{a0}", "\u{200e}"]) {}
    }

    /// A word for the half of the day.
    fn half(&mut self) -> Option<Half> {
        let start = self.at;
        self.spaces();
        for (words, half) in HALVES {
            if self.eat_any(words) {
                return Some(*half);
            }
        }
        let letters: String = self
            .rest()
            .chars()
            .take(4)
            .filter(|c| *c != '.')
            .take(2)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let half = match letters.as_str() {
            "am" => Half::Am,
            "pm" => Half::Pm,
            _ => {
                self.at = start;
                return None;
            }
        };
        for letter in [["a", "A", "p", "P"], ["m", "M", "m", "M"]] {
            self.eat_any(&letter);
            self.eat(".");
        }
        if self.rest().starts_with(char::is_alphanumeric) {
            self.at = start;
            return None;
        }
        Some(half)
    }

    pub fn time(&mut self) -> Option<(i64, Precision)> {
        let before = self.half();
        self.spaces();
        let (hour, _) = self.number(2)?;
        if !self.eat_any(&[":", "：", "时"]) {
            return None;
        }
        let (minute, digits) = self.number(2)?;
        if digits != 2 {
            return None;
        }
        let mut second = 0;
        let mut ms = 0;
        let mut precision = Precision::Minute;
        if self.eat_any(&[":", "：", "分"]) && self.byte().is_some_and(|b| b.is_ascii_digit()) {
            second = self.number(2)?.0;
            self.eat("秒");
            precision = Precision::Second;
            let fraction = self.rest().as_bytes();
            if fraction.len() > 1 && b".,".contains(&fraction[0]) && fraction[1].is_ascii_digit() {
                let digits = fraction[1..]
                    .iter()
                    .take_while(|b| b.is_ascii_digit())
                    .count();
                for place in 0..3 {
                    let digit = if place < digits {
                        fraction[1 + place] - b'0'
                    } else {
                        0
                    };
                    ms = ms * 10 + i64::from(digit);
                }
                self.at += 1 + digits;
                precision = Precision::Ms;
            }
        }
        let half = before.or_else(|| self.half());
        let hour = match half {
            Some(Half::Am) if hour == 12 => 0,
            Some(Half::Pm) if hour < 12 => hour + 12,
            Some(Half::Noon) if hour < 6 => hour + 12,
            _ => hour,
        };
        if hour > 23 || minute > 59 || second > 59 {
            return Some((-1, precision));
        }
        let time =
            i64::from(hour) * HOUR + i64::from(minute) * MINUTE + i64::from(second) * SECOND + ms;
        Some((time, precision))
    }

    pub fn zone(&mut self) -> Option<i64> {
        if self.eat("Z") {
            return Some(0);
        }
        let sign = match self.byte()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let digits: Vec<i64> = self.rest()[1..]
            .bytes()
            .take(5)
            .filter(u8::is_ascii_digit)
            .map(|b| i64::from(b - b'0'))
            .collect();
        let [a, b, c, d] = digits[..] else {
            return None;
        };
        self.at += if self.rest().as_bytes().get(3) == Some(&b':') {
            6
        } else {
            5
        };
        Some(sign * ((a * 10 + b) * 3600 + (c * 10 + d) * 60))
    }
}

#[derive(Clone, Copy)]
enum Half {
    Am,
    Pm,
    /// 中午 covers both sides of twelve.
    Noon,
}

const HALVES: &[(&[&str], Half)] = &[
    (&["上午", "凌晨", "早上", "清晨", "오전", "午前"], Half::Am),
    (&["下午", "晚上", "傍晚", "오후", "午後", "午后"], Half::Pm),
    (&["中午"], Half::Noon),
];

pub(super) fn triple(cursor: &mut Cursor<'_>) -> Option<Triple> {
    let (a, wa) = cursor.number(4)?;
    let chinese = cursor.eat("年");
    if !chinese && !cursor.eat_any(&["-", "/", ". ", "."]) {
        return None;
    }
    let (b, wb) = cursor.number(2)?;
    if !(if chinese {
        cursor.eat("月")
    } else {
        cursor.eat_any(&["-", "/", ". ", "."])
    }) {
        return None;
    }
    let (c, wc) = cursor.number(4)?;
    if chinese {
        cursor.eat_any(&["日", "号"]);
    }
    let shape = (wa == 4 && wc <= 2) || (wa <= 2 && (wc == 4 || wc <= 2));
    let digits = [if chinese { 4 } else { wa }, wb, wc];
    let a = if chinese { full_year(a, wa) } else { a };
    shape.then_some(Triple {
        parts: [a, b, c],
        digits,
    })
}
