//! How much a message says, counted alike in Chinese and in languages with spaces.
//!
//! A Han, kana or Hangul character is one unit, a word of letters two, a number one, a link two.
//! Punctuation, symbols and emoji are nothing. Two units are different if they are written
//! differently after folding.

use crate::fold::{Folded, is_cjk};

/// Different units are counted up to this many.
pub const DIFFERENT_MAX: u32 = 8;

/// Size of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// All units.
    pub count: u32,
    /// Different units, at most [`DIFFERENT_MAX`].
    pub different: u32,
}

/// Counts the units of a text.
pub fn measure(text: &str) -> Units {
    measure_folded(Folded::new(text).text())
}

/// Whether a folded text has at least this many units; reads no further than needed.
pub(crate) fn reaches(text: &str, least: u32) -> bool {
    measure_until(text, least).count >= least
}

/// The length in bytes of a link at the start of `text`, 0 if there is none. A link ends at white
/// space or at the first character that is not ASCII.
pub(crate) fn link_length(text: &str) -> usize {
    if ["http://", "https://", "www.", "ftp://"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
    {
        text.find(|c: char| c.is_whitespace() || !c.is_ascii())
            .unwrap_or(text.len())
    } else {
        0
    }
}

/// Counts the units of a folded text.
pub(crate) fn measure_folded(text: &str) -> Units {
    measure_until(text, u32::MAX)
}

/// Counts the units of a folded text, no further than the unit that reaches `enough`.
fn measure_until(text: &str, enough: u32) -> Units {
    let mut units = Units::default();
    let mut seen = [""; DIFFERENT_MAX as usize];
    let mut add = |units: &mut Units, unit, weight| {
        units.count += weight;
        let known = units.different as usize;
        if known < seen.len() && !seen[..known].contains(&unit) {
            seen[known] = unit;
            units.different += 1;
        }
    };
    let mut at = 0;
    while let Some(c) = text[at..].chars().next()
        && units.count < enough
    {
        let rest = &text[at..];
        let length = if is_cjk(c) {
            add(&mut units, &rest[..c.len_utf8()], 1);
            c.len_utf8()
        } else if c.is_ascii_digit() {
            let length = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            add(&mut units, &rest[..length], 1);
            length
        } else if c.is_alphabetic() {
            let link = link_length(rest);
            let length = if link > 0 {
                link
            } else {
                rest.find(|c: char| {
                    is_cjk(c) || !(c.is_alphabetic() || c == '\'' || c == '\u{2019}')
                })
                .unwrap_or(rest.len())
            };
            add(&mut units, &rest[..length], 2);
            length
        } else {
            c.len_utf8()
        };
        at += length;
    }
    units
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_words_numbers_and_links_count() {
        assert_eq!(measure("吐司别放冷藏").count, 6);
        assert_eq!(measure("don't freeze bread").count, 6);
        assert_eq!(measure("烤 2 分钟").count, 4);
        assert_eq!(measure("看https://example.org/a/b?c=d这里").count, 5);
        assert_eq!(measure("👍👍!!!…").count, 0);
        assert_eq!(
            measure("哈哈哈哈哈哈"),
            Units {
                count: 6,
                different: 1
            }
        );
    }

    proptest! {
        #[test]
        fn different_units_are_never_more_than_all(text in any::<String>()) {
            let units = measure(&text);
            prop_assert!(units.different <= units.count && units.different <= DIFFERENT_MAX);
        }
    }
}
