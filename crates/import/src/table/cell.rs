//! What spreadsheets and shop systems put around a value.

use std::borrow::Cow;

/// The value without the apostrophes, tabs and quotes that keep a spreadsheet from touching it,
/// and with digits and signs of full width made plain.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let bare = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    let bare = bare
        .strip_prefix("=\"")
        .and_then(|b| b.strip_suffix('"'))
        .unwrap_or(bare);
    let bare = bare.trim_start_matches(['\'', '`', '’']).trim();
    if bare.is_ascii() || !bare.chars().any(wide) {
        return Cow::Borrowed(bare);
    }
    Cow::Owned(bare.chars().map(narrow).collect())
}

/// Characters of full width that have an ASCII twin.
fn wide(c: char) -> bool {
    matches!(c, '\u{ff01}'..='\u{ff5e}' | '\u{3000}' | '\u{2212}')
}

fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from((u32::from(c) - 0xfee0) as u8),
        '\u{3000}' => ' ',
        '\u{2212}' => '-',
        other => other,
    }
}

/// An id: a plain value, without the `.0` that a program wrote behind a whole number.
pub(super) fn id(text: &str) -> Option<String> {
    let plain = plain(text);
    let whole = plain
        .strip_suffix(".0")
        .filter(|whole| !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()))
        .unwrap_or(&plain);
    let absent = [
        "", "-", "--", "null", "NULL", "nan", "NaN", "None", "无", "#N/A",
    ];
    (!absent.contains(&whole)).then(|| whole.to_owned())
}

/// A long number that a spreadsheet has rounded: `1.23457E+18`.
pub(super) fn rounded(text: &str) -> bool {
    let plain = plain(text);
    let Some((number, power)) = plain.split_once(['E', 'e']) else {
        return false;
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let power = power.strip_prefix('+');
    whole.len() == 1 && digits(whole) && digits(part) && power.is_some_and(digits)
}

/// A telephone number or name of which a part is hidden; it never matches a person.
pub(super) fn masked(text: &str) -> bool {
    text.contains("**") || text.contains("＊＊") || text.contains('*') && text.len() > 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_guards_a_value_is_taken_off() {
        for (text, expected) in [
            ("'13800001111", "13800001111"),
            ("\t420000123\t", "420000123"),
            ("=\"0012\"", "0012"),
            ("１３８００", "13800"),
            (" 张 三 ", "张 三"),
        ] {
            assert_eq!(plain(text), expected);
        }
        assert_eq!(id("17850.0").as_deref(), Some("17850"));
        assert_eq!(id(" "), None);
    }

    #[test]
    fn rounded_and_masked_numbers_are_seen() {
        for text in ["1.23457E+18", "1.2E+10", "'4.2e+27", "4E+12"] {
            assert!(rounded(text), "{text}");
        }
        for text in ["SKU1E+5", "123", "12E5", "1E", "E+18", "1.5E-3"] {
            assert!(!rounded(text), "{text}");
        }
        assert!(masked("138****0000"));
        assert!(!masked("13800000000"));
    }
}
