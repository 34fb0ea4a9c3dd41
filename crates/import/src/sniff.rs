//! What kind of file this is, told by its first 64 KiB.

use std::{io::Read as _, path::Path};

use crate::{Encoding, ImportError, chat::Format, encoding::Guess, source, text::Text};

/// How much of a file is looked at.
const HEAD: usize = 64 << 10;

/// What a file is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text in an encoding.
    Text {
        /// The encoding.
        encoding: Encoding,
    },
    /// An Excel workbook.
    Workbook,
}

/// What the first part of a file shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// What it is made of.
    pub kind: Kind,
    /// The chat format, if it is one.
    pub chat: Option<Format>,
    /// Size in bytes, packed if the file is packed.
    pub bytes: u64,
    /// The decoded beginning.
    pub(crate) head: String,
}

/// Looks at the first 64 KiB of a file (further only for the encoding, as long as all is ASCII).
///
/// # Errors
/// [`ImportError::Empty`], [`ImportError::NotText`] naming what it is, [`ImportError::Encoding`],
/// [`ImportError::Senseless`].
pub fn sniff(path: &Path) -> Result<Sniffed, ImportError> {
    sniff_as(path, None)
}

/// As [`sniff`]; the encoding is not looked for where it is given.
///
/// # Errors
/// Those of [`sniff`].
pub fn sniff_as(path: &Path, given: Option<Encoding>) -> Result<Sniffed, ImportError> {
    let bytes = std::fs::metadata(path)?.len();
    let (head, whole) = source::head(path, HEAD)?;
    let blank = head.iter().all(u8::is_ascii_whitespace) || head == [0xEF, 0xBB, 0xBF];
    if head.is_empty() || (whole && blank) {
        return Err(ImportError::Empty);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return if workbook(path)? {
            Ok(Sniffed {
                kind: Kind::Workbook,
                chat: None,
                bytes,
                head: String::new(),
            })
        } else {
            Err(ImportError::NotText {
                what: "a ZIP archive",
            })
        };
    }
    if let Some(what) = magic(&head) {
        return Err(ImportError::NotText { what });
    }
    let encoding = match given {
        Some(given) if Encoding::guess(&head, whole) != Guess::Binary => given,
        _ => encoding(path, &head, whole)?,
    };
    let mut text = Text::open(path, encoding, None)?;
    let mut start = String::new();
    while start.len() < HEAD && text.fill()? {
        let length = text.rest().len();
        start.push_str(text.pass(length));
    }
    if start.len() > HEAD {
        let end = (0..=HEAD)
            .rev()
            .find(|at| start.is_char_boundary(*at))
            .unwrap_or(0);
        start.truncate(end);
    }
    let lower = start
        .trim_start()
        .get(..15)
        .unwrap_or("")
        .to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return Err(ImportError::NotText {
            what: "a web page (export as JSON or text)",
        });
    }
    let chat = Format::detect(&start);
    Ok(Sniffed {
        kind: Kind::Text { encoding },
        chat,
        bytes,
        head: start,
    })
}

/// Judges the first stretch that is not plain ASCII.
fn encoding(path: &Path, head: &[u8], whole: bool) -> Result<Encoding, ImportError> {
    let (mut guess, mut before) = (Encoding::guess(head, whole), 0);
    if guess == Guess::Ascii && !whole {
        let (mut reader, _) = source::open(path, None)?;
        let mut block = Vec::new();
        loop {
            block.clear();
            let read = (&mut reader).take(HEAD as u64).read_to_end(&mut block)?;
            if read == 0 {
                break;
            }
            if let Some(at) = block.iter().position(|byte| !byte.is_ascii()) {
                // From the first such byte on, so that no character is cut at the front.
                before += at as u64;
                let mut rest = block.split_off(at);
                let more = (&mut reader).take(HEAD as u64).read_to_end(&mut rest)?;
                guess = Encoding::guess(&rest, more < HEAD);
                // A mark stands only at the beginning of a file; in GB18030 its bytes are a character.
                if Encoding::mark(&rest).is_some_and(|(mark, _)| mark != Encoding::Gb18030) {
                    guess = match std::str::from_utf8(&rest) {
                        Ok(_) => Guess::Is(Encoding::Utf8),
                        Err(error) if error.error_len().is_none() => Guess::Is(Encoding::Utf8),
                        Err(error) => Guess::Neither(error.valid_up_to()),
                    };
                }
                break;
            }
            before += read as u64;
        }
    }
    match guess {
        Guess::Is(encoding) => Ok(encoding),
        Guess::Ascii => Ok(Encoding::Utf8),
        Guess::Binary => Err(ImportError::NotText {
            what: "a binary file",
        }),
        Guess::Senseless(at) => Err(ImportError::Senseless {
            encoding: Encoding::Gb18030,
            line: line_of(path, before + at as u64)?,
        }),
        Guess::Neither(at) => {
            let byte = before + at as u64;
            let line = line_of(path, byte)?;
            Err(ImportError::Encoding {
                encoding: Encoding::Utf8,
                line,
                byte,
            })
        }
    }
}

/// The line that a byte stands on.
fn line_of(path: &Path, byte: u64) -> Result<u64, ImportError> {
    let (reader, _) = source::open(path, None)?;
    let mut reader = reader.take(byte);
    let (mut line, mut block) = (1, vec![0; HEAD]);
    loop {
        let read = reader.read(&mut block)?;
        if read == 0 {
            return Ok(line);
        }
        line += crate::text::line_ends(&block[..read]);
    }
}

fn workbook(path: &Path) -> Result<bool, ImportError> {
    let file = std::fs::File::open(path)?;
    let Ok(archive) = zip::ZipArchive::new(file) else {
        return Ok(false);
    };
    let found = archive
        .file_names()
        .any(|name| name.is_ok_and(|name| name.ends_with("xl/workbook.xml")));
    Ok(found)
}

/// What the well-known first bytes say.
fn magic(head: &[u8]) -> Option<&'static str> {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"\x89PNG", "a PNG picture"),
        (b"\xFF\xD8\xFF", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"BM", "a BMP picture"),
        (b"II*\0", "a TIFF picture"),
        (b"MM\0*", "a TIFF picture"),
        (b"%PDF", "a PDF document"),
        (b"{\\rtf", "an RTF document"),
        (
            b"\xD0\xCF\x11\xE0",
            "an old or encrypted Office file (save it as .xlsx or CSV)",
        ),
        (b"SQLite format 3", "an SQLite database"),
        (b"Rar!", "a RAR archive"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
        (b"BZh", "a bzip2 archive"),
        (b"\xFD7zXZ", "an xz archive"),
        (b"\x28\xB5\x2F\xFD", "a zstd archive"),
        (b"\x7FELF", "a program"),
        (b"MZ", "a program"),
        (b"ID3", "an MP3 recording"),
        (b"OggS", "an Ogg recording"),
        (b"#!AMR", "an AMR recording"),
        (
            b"From: <Save by Tencent MsgMgr>",
            "an MHT web archive of QQ (export as text)",
        ),
    ];
    if head.len() > 12 && &head[4..8] == b"ftyp" {
        return Some("a film");
    }
    if head.len() > 12 && head.starts_with(b"RIFF") {
        return Some(if &head[8..12] == b"WEBP" {
            "a WebP picture"
        } else {
            "a recording or film"
        });
    }
    let (magic, what) = KNOWN.iter().find(|(magic, _)| head.starts_with(magic))?;
    // Two letters may also begin a text.
    let weak = magic.len() == 2 && !head.contains(&0);
    (!weak).then_some(*what)
}
