//! Which bytes mean which letters.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The encodings that exports come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030, which contains GBK and GB2312.
    Gb18030,
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
}

impl Encoding {
    /// The byte order mark at the start of `head` and its length.
    pub(crate) fn mark(head: &[u8]) -> Option<(Self, usize)> {
        match head {
            [0xEF, 0xBB, 0xBF, ..] => Some((Self::Utf8, 3)),
            [0xFF, 0xFE, ..] => Some((Self::Utf16Le, 2)),
            [0xFE, 0xFF, ..] => Some((Self::Utf16Be, 2)),
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
        // A character cut off by the end of the stretch is no argument against the encoding.
        let mut decoder = encoding_rs::GB18030.new_decoder_without_bom_handling();
        let mut out = String::new();
        out.reserve(
            decoder
                .max_utf8_buffer_length(head.len())
                .unwrap_or(head.len() * 4),
        );
        match decoder
            .decode_to_string_without_replacement(head, &mut out, whole)
            .0
        {
            encoding_rs::DecoderResult::InputEmpty if controls(head) => Guess::Binary,
            encoding_rs::DecoderResult::InputEmpty => Guess::Is(Self::Gb18030),
            _ if controls(head) => Guess::Binary,
            _ => Guess::Neither(bad),
        }
    }
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
        let wide: Vec<u8> = "hello\n大家"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for (bytes, guess) in [
            ("大家好".as_bytes(), Guess::Is(Encoding::Utf8)),
            (&b"\xEF\xBB\xBFhi"[..], Guess::Is(Encoding::Utf8)),
            (&gb, Guess::Is(Encoding::Gb18030)),
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
        let (gb, ..) = encoding_rs::GB18030.encode("大家好吗");
        assert_eq!(
            Encoding::guess(&gb[..7], false),
            Guess::Is(Encoding::Gb18030)
        );
    }
}
