//! Folding: what two writings of the same words have in common.
//!
//! The folded form of a text is: compatibility forms (full width, circled, mathematical, ligatures)
//! replaced by plain ones as in NFKC; combining marks, variation selectors, zero-width and other
//! invisible characters removed; lower case; traditional and variant Han characters replaced by
//! their simplified form (one to one, table of about 1,500 characters in `data/traditional.txt`);
//! each run of white space replaced by one space; no space at either end. Folding twice changes
//! nothing more.

use std::{collections::HashMap, sync::LazyLock};

use pinyin::ToPinyin;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// First and last character of the block that the traditional table covers.
pub(crate) const HAN_FIRST: u32 = 0x4E00;
pub(crate) const HAN_LAST: u32 = 0x9FFF;

/// Simplified form by offset in the Han block; 0 where the character stays as it is.
static SIMPLIFIED: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut table = vec![0; (HAN_LAST - HAN_FIRST + 1) as usize];
    for pair in entries(include_str!("../data/traditional.txt")) {
        let mut characters = pair.chars();
        if let (Some(from), Some(to)) = (characters.next(), characters.next())
            && is_common_han(from)
            && is_common_han(to)
        {
            table[(from as u32 - HAN_FIRST) as usize] = to as u16;
        }
    }
    table
});

/// Readings of family names that differ from the ordinary reading of the character.
static SURNAMES: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| {
    entries(include_str!("../data/surnames.txt"))
        .filter_map(|entry| entry.chars().next().map(|c| (c, &entry[c.len_utf8()..])))
        .collect()
});

fn entries(data: &'static str) -> impl Iterator<Item = &'static str> {
    data.lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
}

fn is_common_han(c: char) -> bool {
    (HAN_FIRST..=HAN_LAST).contains(&(c as u32))
}

fn simplify(c: char) -> char {
    match SIMPLIFIED[(c as u32 - HAN_FIRST) as usize] {
        0 => c,
        code => char::from_u32(u32::from(code)).unwrap_or(c),
    }
}

/// Whether the character is written without spaces between words: Han, kana, Hangul.
pub fn is_cjk(c: char) -> bool {
    matches!(c as u32,
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF
        | 0x3041..=0x3096 | 0x30A1..=0x30FA | 0x30FC | 0x3005..=0x3007 | 0xAC00..=0xD7A3)
}

/// Whether the character is never seen: format characters, variation selectors, tags.
fn is_invisible(c: char) -> bool {
    matches!(c as u32,
        0x00AD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F
        | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F
        | 0xFEFF | 0xFFA0 | 0xFFF9..=0xFFFB | 0xE_0000..=0xE_0FFF)
}

/// A folded text that still knows where each of its characters came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    text: String,
    /// For each character of `text` the index of the character (Unicode scalar) it was folded from.
    origin: Vec<u32>,
}

impl Folded {
    /// Folds a text.
    pub fn new(text: &str) -> Self {
        let mut folded = Self {
            text: String::with_capacity(text.len()),
            origin: Vec::with_capacity(text.len()),
        };
        let mut gap = false;
        for (index, c) in (0_u32..).zip(text.chars()) {
            if c.is_whitespace() {
                gap = true;
                continue;
            }
            if c.is_ascii() {
                if !c.is_ascii_control() {
                    folded.push(c.to_ascii_lowercase(), index, &mut gap);
                }
            } else if is_common_han(c) {
                folded.push(simplify(c), index, &mut gap);
            } else if matches!(c as u32, 0x3041..=0x3096 | 0x30A1..=0x30FA | 0xAC00..=0xD7A3) {
                folded.push(c, index, &mut gap);
            } else {
                folded.push_rare(c, index, &mut gap);
            }
        }
        folded
    }

    fn push(&mut self, c: char, index: u32, gap: &mut bool) {
        if *gap {
            *gap = false;
            if !self.text.is_empty() {
                self.text.push(' ');
                self.origin.push(index.saturating_sub(1));
            }
        }
        self.text.push(c);
        self.origin.push(index);
    }

    /// Decomposes, drops marks and lowers until nothing changes; a character of rare scripts may
    /// need a second turn because its lower case decomposes again.
    fn push_rare(&mut self, c: char, index: u32, gap: &mut bool) {
        let mut characters: Vec<char> = vec![c];
        for _ in 0..4 {
            let next: Vec<char> = characters
                .iter()
                .filter(|c| !is_invisible(**c))
                .flat_map(|c| std::iter::once(*c).nfkd())
                .filter(|c| !is_combining_mark(*c) && !is_invisible(*c))
                .flat_map(char::to_lowercase)
                .map(|c| if is_common_han(c) { simplify(c) } else { c })
                .collect();
            let done = next == characters;
            characters = next;
            if done {
                break;
            }
        }
        for c in characters {
            if c.is_whitespace() {
                *gap = true;
            } else if !c.is_control() {
                self.push(c, index, gap);
            }
        }
    }

    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The span of the source (half open, in characters) that the bytes `from..to` were folded from.
    pub fn span(&self, from: usize, to: usize) -> Span {
        let first = self.text[..from].chars().count();
        let last = (first + self.text[from..to].chars().count()).saturating_sub(1);
        Span {
            start: self.origin.get(first).copied().unwrap_or_default(),
            end: self.origin.get(last.max(first)).map_or(0, |i| i + 1),
        }
    }

    /// The folded characters, each with the index of the character it was folded from.
    pub(crate) fn characters(&self) -> impl Iterator<Item = (char, u32)> + '_ {
        self.text.chars().zip(self.origin.iter().copied())
    }

    /// The folded text without spaces, punctuation and symbols, so that words pulled apart by them
    /// (`加❤薇.信`) stand together; positions still point into the source.
    pub(crate) fn squeezed(&self) -> Self {
        let (text, origin) = self
            .text
            .chars()
            .zip(&self.origin)
            .filter(|(c, _)| is_written(*c))
            .unzip();
        Self { text, origin }
    }

    /// The text of [`squeezed`](Self::squeezed) alone, for a look that seldom finds anything.
    pub(crate) fn squeezed_text(&self) -> String {
        let mut squeezed = String::with_capacity(self.text.len());
        squeezed.extend(self.text.chars().filter(|c| is_written(*c)));
        squeezed
    }
}

fn is_written(c: char) -> bool {
    c == '+' || is_cjk(c) || c.is_alphanumeric()
}

/// A run of characters (Unicode scalars) of a text, half open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Span {
    /// Index of the first character.
    pub start: u32,
    /// Index after the last character.
    pub end: u32,
}

/// The folded form of a text; see the module's description.
pub fn fold(text: &str) -> String {
    Folded::new(text).text
}

/// Pinyin of one simplified Han character without tone; ü as it is typed, `v`.
pub(crate) fn pinyin_of(c: char) -> Option<&'static str> {
    c.to_pinyin().map(|reading| typed(reading.plain()))
}

/// A syllable as it is typed on a keyboard.
pub(crate) fn typed(syllable: &'static str) -> &'static str {
    match syllable {
        "lü" => "lv",
        "nü" => "nv",
        "lüe" => "lve",
        "nüe" => "nve",
        plain if plain.is_ascii() => plain,
        _ => "",
    }
}

/// Pinyin of a Han character at the head of a name: the reading as a family name where it differs.
pub(crate) fn surname_of(c: char) -> Option<&'static str> {
    SURNAMES.get(&c).copied().or_else(|| pinyin_of(c))
}

/// Longest sort key, in bytes.
pub const SORT_KEY_MAX: usize = 120;

/// The key by which names are ordered as plain bytes on any database.
///
/// ASCII only, at most [`SORT_KEY_MAX`] bytes: Han characters give their pinyin (the reading as a
/// family name for the first), syllables parted by a space so that 西安 (`xi an`) stands with 西
/// and not with 先 (`xian`); a number is preceded by a digit for its length, so
/// that 2群 stands before 10群; punctuation becomes a space; any other character becomes `~` and
/// its code, after all letters. Two names with equal keys are ordered by id.
pub fn sort_key(name: &str) -> String {
    let folded = fold(name);
    let mut key = String::new();
    let mut characters = folded.chars().peekable();
    let mut first = true;
    while let Some(c) = characters.next() {
        if key.len() >= SORT_KEY_MAX {
            break;
        }
        if c.is_ascii_digit() {
            let mut number = String::from(c);
            while let Some(digit) = characters.next_if(char::is_ascii_digit) {
                number.push(digit);
            }
            let number = number.trim_start_matches('0');
            let number = if number.is_empty() { "0" } else { number };
            key.push(char::from(b'0' + number.len().min(9) as u8));
            key.push_str(number);
        } else if c.is_ascii_alphabetic() {
            key.push(c);
        } else if let Some(syllable) = if first { surname_of(c) } else { pinyin_of(c) } {
            space(&mut key);
            key.push_str(syllable);
            key.push(' ');
        } else if c.is_ascii() {
            space(&mut key);
        } else {
            space(&mut key);
            key.push('~');
            let code = c as u32;
            key.extend(
                (0..5)
                    .rev()
                    .filter_map(|place| char::from_digit(code >> (4 * place) & 15, 16)),
            );
        }
        first = false;
    }
    key.truncate(SORT_KEY_MAX);
    key.truncate(key.trim_end().len());
    key
}

fn space(key: &mut String) {
    if !key.is_empty() && !key.ends_with(' ') {
        key.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writings_of_the_same_words_fold_together() {
        for (a, b) in [
            ("ＶＸ：ＡＢＣ１２３", "vx:abc123"),
            ("麥田裡烘焙", "麦田里烘焙"),
            ("加\u{200b}微\u{fe0f}信", "加微信"),
            ("Cafe\u{301}", "CAFÉ"),
            ("  两\u{3000}\t个 词\n", "两 个 词"),
            ("①②", "12"),
            ("𝐓𝐌", "tm"),
        ] {
            assert_eq!(fold(a), fold(b), "{a:?} and {b:?}");
        }
        assert_eq!(fold("Cafe\u{301}"), "cafe");
        assert_eq!(fold("頭髮"), "头发");
    }

    #[test]
    fn the_table_is_read_and_holds_no_chains() {
        let pairs = SIMPLIFIED.iter().filter(|code| **code != 0).count();
        assert!(pairs > 1_000, "{pairs}");
        for code in SIMPLIFIED.iter().filter(|code| **code != 0) {
            let c = char::from_u32(u32::from(*code)).unwrap();
            assert_eq!(simplify(c), c, "a folded character folds again");
        }
    }

    #[test]
    fn spans_point_into_the_source() {
        let folded = Folded::new("  加 \u{200b} 薇");
        assert_eq!(folded.text(), "加 薇");
        let at = folded.text().find('薇').unwrap();
        assert_eq!(
            folded.span(at, at + '薇'.len_utf8()),
            Span { start: 6, end: 7 }
        );
        assert_eq!(folded.squeezed().text(), "加薇");
    }

    #[test]
    fn names_sort_by_pinyin_and_number() {
        let mut names = vec![
            "西乡10群",
            "张三",
            "曾小贤",
            "西乡2群",
            "Anna",
            "阿宝",
            "李雷",
            "😀",
        ];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(
            names,
            vec![
                "阿宝",
                "Anna",
                "李雷",
                "西乡2群",
                "西乡10群",
                "曾小贤",
                "张三",
                "😀"
            ]
        );
        assert_eq!(sort_key("單雄信"), "shan xiong xin");
        assert_eq!(sort_key("吕布"), "lv bu");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn folding_never_breaks(text in any::<String>()) {
            let folded = Folded::new(&text);
            prop_assert_eq!(folded.text().chars().count(), folded.origin.len());
            let span = folded.span(0, folded.text().len());
            prop_assert!(span.end as usize <= text.chars().count());
        }

        #[test]
        fn sort_keys_are_short_ascii(text in any::<String>()) {
            let key = sort_key(&text);
            prop_assert!(key.is_ascii() && key.len() <= SORT_KEY_MAX);
        }
    }
}
