//! Bytes as text, by what the feed says it is written in.

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use yutang_domain::feed::FeedError;

/// How far into a feed its declaration may reach, in bytes.
const DECLARATION: usize = 1_024;

/// The text. A mark at its beginning counts before what the feed declares, and that before what
/// the server said (`charset`); without any of them it is UTF-8.
///
/// # Errors
/// [`FeedError::Encoding`].
pub fn text(bytes: &[u8], charset: Option<&str>) -> Result<String, FeedError> {
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some(found) => found,
        None => (unmarked(bytes, charset)?, 0),
    };
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let bytes = &bytes[mark..];
    let room = decoder
        .max_utf8_buffer_length_without_replacement(bytes.len())
        .unwrap_or(bytes.len());
    let mut text = String::with_capacity(room);
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    let bad = |byte: usize| FeedError::Encoding {
        encoding: encoding.name().to_owned(),
        byte: Some(mark + byte),
    };
    match result {
        DecoderResult::Malformed(length, after) => Err(bad(
            read.saturating_sub(usize::from(length) + usize::from(after))
        )),
        // NUL is in no text: this is another encoding than it says, or none.
        _ if text.contains('\0') => Err(bad(bytes
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or_default())),
        _ => Ok(text),
    }
}

fn unmarked(bytes: &[u8], charset: Option<&str>) -> Result<&'static Encoding, FeedError> {
    match bytes {
        [0, b'<' | b'{', 0, ..] => return Ok(UTF_16BE),
        [b'<' | b'{', 0, other, 0, ..] if *other != 0 => return Ok(UTF_16LE),
        _ => {}
    }
    let Some(label) = declared(bytes).or(charset) else {
        return Ok(UTF_8);
    };
    let encoding = Encoding::for_label(label.trim().as_bytes());
    let encoding = encoding.ok_or_else(|| FeedError::Encoding {
        encoding: label.chars().take(40).collect(),
        byte: None,
    })?;
    // Whoever could read the declaration was not reading UTF-16.
    let wide = encoding == UTF_16LE || encoding == UTF_16BE;
    Ok(if wide { UTF_8 } else { encoding })
}

/// The label in `<?xml … encoding="…"?>`.
fn declared(bytes: &[u8]) -> Option<&str> {
    let bytes = bytes.trim_ascii_start();
    let head = &bytes[..bytes.len().min(DECLARATION)];
    let head = head.strip_prefix(b"<?xml")?;
    let end = head.windows(2).position(|two| two == b"?>")?;
    let head = str::from_utf8(&head[..end]).ok()?;
    let (_, after) = head.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_read_in_its_own_encoding() {
        let said = |label: &str| format!("<?xml version='1.0' encoding='{label}'?><t>早报</t>");
        let gbk = encoding_rs::GBK.encode(&said("gb2312")).0.into_owned();
        assert_eq!(text(&gbk, None).unwrap(), said("gb2312"));
        let big5 = encoding_rs::BIG5.encode("<t>早報</t>").0.into_owned();
        assert_eq!(text(&big5, Some("Big5")).unwrap(), "<t>早報</t>");
        let plain = said("utf-8");
        assert_eq!(text(plain.as_bytes(), Some("gbk")).unwrap(), plain);
        let marked = format!("\u{feff}{plain}");
        assert_eq!(text(marked.as_bytes(), None).unwrap(), plain);
        let wrong = said("UTF-16");
        assert_eq!(text(wrong.as_bytes(), None).unwrap(), wrong);
        for marked in [true, false] {
            let source = if marked {
                format!("\u{feff}{wrong}")
            } else {
                wrong.clone()
            };
            let little: Vec<u8> = source.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = source.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(text(&little, None).unwrap(), wrong, "{marked}");
            assert_eq!(text(&big, None).unwrap(), wrong, "{marked}");
        }
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\" standalone=\"yes\"      ?><t>caf\xe9</t>";
        assert!(text(latin, None).unwrap().ends_with("<t>café</t>"));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        let at = |bytes: &[u8], charset| match text(bytes, charset) {
            Err(FeedError::Encoding { encoding, byte }) => (encoding, byte),
            other => panic!("{other:?}"),
        };
        assert_eq!(at(b"<t>caf\xe9</t>", None), ("UTF-8".to_owned(), Some(6)));
        assert_eq!(
            at(b"\xef\xbb\xbf<t>\xff", None),
            ("UTF-8".to_owned(), Some(6))
        );
        assert_eq!(at(b"<t>\0</t>", None), ("UTF-8".to_owned(), Some(3)));
        assert_eq!(
            at(b"<?xml encoding='klingon'?><t/>", None),
            ("klingon".to_owned(), None)
        );
        // A file that breaks off in the middle of a character.
        let torn = &"<t>早".as_bytes()[..5];
        assert_eq!(at(torn, None), ("UTF-8".to_owned(), Some(3)));
    }
}
