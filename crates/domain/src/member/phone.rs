//! Phone numbers and how little of them is shown.

use std::fmt;

/// A phone number in international form: `+` and 8 to 15 digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads a number as people and shop systems write it: spaces, dashes, brackets, a leading
    /// apostrophe or tab and full-width digits are dropped, `00` and `+` begin a country code, and
    /// eleven digits beginning with 1[3-9] are a number of mainland China.
    ///
    /// `None` for what is no number or only part of one: a masked number (`138****0000`) never
    /// stands for a person.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = String::with_capacity(16);
        let mut plus = false;
        for c in text.trim().trim_start_matches('\'').trim().chars() {
            match c {
                '0'..='9' => digits.push(c),
                '０'..='９' => {
                    digits.push(char::from_digit(c as u32 - '０' as u32, 10)?);
                }
                '+' | '＋' if digits.is_empty() && !plus => plus = true,
                ' ' | '-' | '(' | ')' | '（' | '）' | '.' | '\u{a0}' | '\u{2010}'..='\u{2015}' => {
                }
                _ => return None,
            }
        }
        if !plus && let Some(rest) = digits.strip_prefix("00") {
            digits = rest.to_owned();
            plus = true;
        }
        let mainland = |number: &str| {
            let bytes = number.as_bytes();
            bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
        };
        let number = if !plus && mainland(&digits) {
            format!("86{digits}")
        } else if plus || digits.strip_prefix("86").is_some_and(mainland) {
            digits
        } else {
            return None;
        };
        ((8..=15).contains(&number.len()) && !number.starts_with('0'))
            .then(|| Self(format!("+{number}")))
    }

    /// The number with its country code, `+8613812345678`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four digits: what a colleague says when looking somebody up.
    pub fn last_four(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// The number as lists and pages show it: `138****5678`, with the country code kept unless it
    /// is mainland China.
    pub fn masked(&self) -> String {
        let (code, number) = match self.0.strip_prefix("+86") {
            Some(number) if number.len() == 11 => ("", number),
            _ => ("+", &self.0[1..]),
        };
        let shown = number.len().min(11) - 8;
        let hidden = number.len() - shown - 4;
        format!(
            "{code}{}{}{}",
            &number[..shown],
            "*".repeat(hidden),
            self.last_four()
        )
    }
}

/// A number is personal data: logs get its masked form.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// An account name of a network with its middle hidden: the first and the last two characters, or
/// less of a short one.
pub fn masked_id(id: &str) -> String {
    let characters: Vec<char> = id.chars().collect();
    let shown = match characters.len() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let (head, tail) = (
        &characters[..shown],
        &characters[characters.len() - shown..],
    );
    format!(
        "{}***{}",
        head.iter().collect::<String>(),
        tail.iter().collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        Phone::parse(text).map(|phone| phone.as_str().to_owned())
    }

    #[test]
    fn one_number_however_it_is_written() {
        for text in [
            "13812345678",
            "138 1234 5678",
            "138-1234-5678",
            "'13812345678",
            "\t13812345678",
            "+86 138 1234 5678",
            "0086-13812345678",
            "8613812345678",
            "１３８１２３４５６７８",
        ] {
            assert_eq!(read(text).as_deref(), Some("+8613812345678"), "{text}");
        }
        assert_eq!(read("+1 (415) 555-0132").as_deref(), Some("+14155550132"));
    }

    #[test]
    fn what_is_no_whole_number_is_none() {
        for text in [
            "138****0000",
            "1381234567",
            "12345",
            "",
            "王芳",
            "1.38123E+10",
            "+12",
            "23812345678",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn little_is_shown() {
        let mask = |text| Phone::parse(text).unwrap().masked();
        assert_eq!(mask("13812345678"), "138****5678");
        assert_eq!(mask("+14155550132"), "+141****0132");
        assert_eq!(mask("+6591234567"), "+65****4567");
        assert_eq!(mask("+85212345678"), "+852****5678");
        assert_eq!(mask("+12345678"), "+****5678");
        assert_eq!(masked_id("wxid_8s7df6"), "wx***f6");
        assert_eq!(masked_id("ab"), "***");
        assert_eq!(masked_id("王小芳"), "王***芳");
        assert!(!format!("{:?}", Phone::parse("13812345678").unwrap()).contains("1234"));
    }
}
