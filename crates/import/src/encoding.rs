//! Which bytes mean which letters.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::han::Reading;

/// The encodings that exports come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030, which contains GBK and GB2312.
    Gb18030,
    /// Big5 with the additions of Hong Kong.
    Big5,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
            Self::Big5 => "Big5",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
        })
    }
}

impl FromStr for Encoding {
    type Err = ();

    /// Reads the usual names without regard to case.
    fn from_str(name: &str) -> Result<Self, ()> {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Self::Utf8),
            "gb18030" | "gbk" | "gb2312" => Ok(Self::Gb18030),
            "big5" | "big-5" | "big5-hkscs" | "cp950" => Ok(Self::Big5),
            "utf-16le" | "utf16le" => Ok(Self::Utf16Le),
            "utf-16be" | "utf16be" => Ok(Self::Utf16Be),
            _ => Err(()),
        }
    }
}

/// What the first bytes say about the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    /// Decided.
    Is(Encoding),
    /// Only ASCII so far.
    Ascii,
    /// Not text.
    Binary,
    /// Neither UTF-8 nor GB18030; the position of the first byte that is not UTF-8.
    Neither(usize),
    /// GB18030 would do, and gives no text that anybody wrote; the position of the first byte that
    /// is not UTF-8.
    Senseless(usize),
}

impl Encoding {
    /// The byte order mark at the start of `head` and its length.
    pub(crate) fn mark(head: &[u8]) -> Option<(Self, usize)> {
        match head {
            [0xEF, 0xBB, 0xBF, ..] => Some((Self::Utf8, 3)),
            [0xFF, 0xFE, ..] => Some((Self::Utf16Le, 2)),
            [0xFE, 0xFF, ..] => Some((Self::Utf16Be, 2)),
            // What a UTF-8 file with a mark begins with once it was made into GB18030.
            [0x84, 0x31, 0x95, 0x33, ..] => Some((Self::Gb18030, 4)),
            _ => None,
        }
    }

    /// Judges a stretch of a file that starts at a character; `whole` says that it ends with one.
    pub(crate) fn guess(head: &[u8], whole: bool) -> Guess {
        if let Some((encoding, _)) = Self::mark(head) {
            return Guess::Is(encoding);
        }
        if head.contains(&0) {
            return wide(head).map_or(Guess::Binary, Guess::Is);
        }
        let bad = match std::str::from_utf8(head) {
            Ok(_) if head.is_ascii() => return ascii(head),
            Ok(_) => return Guess::Is(Self::Utf8),
            Err(error) if error.error_len().is_none() && !whole => return Guess::Is(Self::Utf8),
            Err(error) => error.valid_up_to(),
        };
        if controls(head) {
            return Guess::Binary;
        }
        let Some(text) = decoded(encoding_rs::GB18030, head, whole) else {
            return Guess::Neither(bad);
        };
        let reading = Reading::of(&text);
        let other = decoded(encoding_rs::BIG5, head, whole).map(|text| Reading::of(&text));
        if other.is_some_and(|other| other.makes_more_sense_than(reading)) {
            Guess::Is(Self::Big5)
        } else if reading.is_senseless() {
            Guess::Senseless(bad)
        } else {
            Guess::Is(Self::Gb18030)
        }
    }
}

/// A stretch in an encoding, if it is in it. A character cut off by the end of the stretch is no
/// argument against the encoding.
fn decoded(encoding: &'static encoding_rs::Encoding, head: &[u8], whole: bool) -> Option<String> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = String::new();
    out.reserve(
        decoder
            .max_utf8_buffer_length(head.len())
            .unwrap_or(head.len() * 4),
    );
    let (result, _) = decoder.decode_to_string_without_replacement(head, &mut out, whole);
    matches!(result, encoding_rs::DecoderResult::InputEmpty).then_some(out)
}

/// More control characters than any text has.
fn controls(head: &[u8]) -> bool {
    let odd = head
        .iter()
        .filter(|b| **b < 0x20 && !b"\t\n\r\x0c\x1b".contains(b))
        .count();
    odd * 50 > head.len()
}

fn ascii(head: &[u8]) -> Guess {
    if controls(head) {
        Guess::Binary
    } else {
        Guess::Ascii
    }
}

/// UTF-16 without a mark: one of each two bytes is zero wherever the text is ASCII.
fn wide(head: &[u8]) -> Option<Encoding> {
    let pairs = head.len() / 2;
    let zeros = |at: usize| head.iter().skip(at).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if pairs < 4 {
        None
    } else if odd * 5 > pairs && even * 50 < pairs {
        Some(Encoding::Utf16Le)
    } else if even * 5 > pairs && odd * 50 < pairs {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let (gb, ..) = encoding_rs::GB18030.encode("消息记录，大家好");
        let (big5, ..) = encoding_rs::BIG5.encode("這裡是繁體 中文訊息 測試 龜龍鳳");
        let wide: Vec<u8> = "hello\n大家"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for (bytes, guess) in [
            ("大家好".as_bytes(), Guess::Is(Encoding::Utf8)),
            (&b"\xEF\xBB\xBFhi"[..], Guess::Is(Encoding::Utf8)),
            (&gb, Guess::Is(Encoding::Gb18030)),
            (&big5, Guess::Is(Encoding::Big5)),
            (&wide, Guess::Is(Encoding::Utf16Le)),
            (b"plain", Guess::Ascii),
            (b"caf\xe9 au lait", Guess::Neither(3)),
            (b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09", Guess::Binary),
        ] {
            assert_eq!(Encoding::guess(bytes, true), guess, "{bytes:?}");
        }
    }

    #[test]
    fn a_character_cut_in_half_changes_nothing() {
        let text = "大家好".as_bytes();
        assert_eq!(
            Encoding::guess(&text[..7], false),
            Guess::Is(Encoding::Utf8)
        );
        for (encoding, name) in [
            (encoding_rs::GB18030, Encoding::Gb18030),
            (encoding_rs::BIG5, Encoding::Big5),
        ] {
            let (bytes, ..) = encoding.encode("大家好，今天有了");
            assert_eq!(Encoding::guess(&bytes[..15], false), Guess::Is(name));
        }
    }

    #[test]
    fn what_makes_no_sense_is_not_taken_for_chinese() {
        let (cyrillic, ..) = encoding_rs::WINDOWS_1251
            .encode("Добрый день, завтра привезём хлеб и сладкую выпечку к обеду");
        let (shift, ..) = encoding_rs::SHIFT_JIS
            .encode("今日はとても良い天気ですね。明日の朝、新しい商品を二つ買って帰ります");
        for bytes in [cyrillic, shift] {
            let guess = Encoding::guess(&bytes, true);
            assert!(
                matches!(guess, Guess::Senseless(_) | Guess::Neither(_)),
                "{guess:?}"
            );
        }
        // Short, rare or mixed as it may be, what is GB18030 stays so.
        for text in [
            "饕餮",
            "燚犇骉猋",
            "café 龘 ☕ 🍞🍞🍞🍞🍞🍞🍞🍞🍞🍞🍞🍞",
            "パンを二つお願いします、ありがとう",
        ] {
            let (bytes, ..) = encoding_rs::GB18030.encode(text);
            assert_eq!(
                Encoding::guess(&bytes, true),
                Guess::Is(Encoding::Gb18030),
                "{text}"
            );
        }
    }
}
