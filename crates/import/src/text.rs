//! The decoded text of a file, line by line or piece by piece.

use std::{
    io::{self, Read},
    path::Path,
};

use encoding_rs::{Decoder, DecoderResult};

use crate::{
    Encoding, ImportError,
    source::{self, Print, Shared},
};

/// Longest line and longest JSON value that is kept in memory.
pub(crate) const LONGEST: usize = 64 << 20;
const CHUNK: usize = 256 << 10;

/// Number of line ends.
#[expect(
    clippy::naive_bytecount,
    reason = "fast enough, and one dependency less"
)]
pub(crate) fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// A decoded file.
pub(crate) struct Text {
    raw: Box<dyn Read>,
    found: Shared,
    encoding: Encoding,
    decoder: Option<Decoder>,
    /// Bytes read and not yet decoded: the beginning of a character.
    carry: Vec<u8>,
    /// Bytes decoded so far.
    decoded: u64,
    buf: String,
    pos: usize,
    /// Number of the line at `pos`, from 1.
    line: u64,
    /// Decoded bytes before `pos`; in a UTF-8 file the position in the file.
    offset: u64,
    ended: bool,
    first: bool,
}

/// One line without its end.
pub(crate) struct Line<'t> {
    pub text: &'t str,
    pub number: u64,
    pub offset: u64,
}

impl Text {
    /// Opens a file in an encoding.
    pub fn open(
        path: &Path,
        encoding: Encoding,
        expected: Option<&Print>,
    ) -> Result<Self, ImportError> {
        let (raw, found) = source::open(path, expected)?;
        let decoder = match encoding {
            Encoding::Utf8 => None,
            Encoding::Gb18030 => Some(encoding_rs::GB18030.new_decoder_without_bom_handling()),
            Encoding::Big5 => Some(encoding_rs::BIG5.new_decoder_without_bom_handling()),
            Encoding::Utf16Le => Some(encoding_rs::UTF_16LE.new_decoder_without_bom_handling()),
            Encoding::Utf16Be => Some(encoding_rs::UTF_16BE.new_decoder_without_bom_handling()),
        };
        Ok(Self {
            raw,
            found,
            encoding,
            decoder,
            carry: Vec::new(),
            decoded: 0,
            buf: String::new(),
            pos: 0,
            line: 1,
            offset: 0,
            ended: false,
            first: true,
        })
    }

    /// Reads to the end of the file and returns its print.
    pub fn finish(self) -> Result<Print, ImportError> {
        source::finish(self.raw, &self.found)
    }

    pub fn number(&self) -> u64 {
        self.line
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The decoded text that is at hand.
    pub fn rest(&self) -> &str {
        &self.buf[self.pos..]
    }

    /// Goes on by `count` bytes of [`Self::rest`].
    pub fn consume(&mut self, count: usize) {
        let passed = &self.buf.as_bytes()[self.pos..self.pos + count];
        self.line += line_ends(passed);
        self.pos += count;
        self.offset += count as u64;
    }

    /// Goes on by `count` bytes of [`Self::rest`] and returns them.
    pub fn pass(&mut self, count: usize) -> &str {
        let start = self.pos;
        self.consume(count);
        &self.buf[start..start + count]
    }

    fn bad(&self, byte: u64) -> ImportError {
        let lines = line_ends(self.rest().as_bytes());
        ImportError::Encoding {
            encoding: self.encoding,
            line: self.line + lines,
            byte,
        }
    }

    /// Decodes more of the file behind [`Self::rest`]; false at its end.
    pub fn fill(&mut self) -> Result<bool, ImportError> {
        if self.ended {
            return Ok(false);
        }
        self.buf.drain(..self.pos);
        self.pos = 0;
        let before = self.buf.len();
        while self.buf.len() == before && !self.ended {
            let carried = self.carry.len();
            let mut bytes = std::mem::take(&mut self.carry);
            let read = (&mut self.raw)
                .take(CHUNK as u64)
                .read_to_end(&mut bytes)
                .map_err(|e| match ImportError::from(e) {
                    ImportError::Truncated { byte, .. } => {
                        let lines = line_ends(self.rest().as_bytes());
                        ImportError::Truncated {
                            line: self.line + lines,
                            byte,
                        }
                    }
                    other => other,
                })?;
            self.ended = bytes.len() == carried && read == 0;
            let mut start = 0;
            if std::mem::take(&mut self.first)
                && let Some((encoding, length)) = Encoding::mark(&bytes)
                && encoding == self.encoding
            {
                start = length;
                self.decoded = length as u64;
                self.offset = if encoding == Encoding::Utf8 {
                    length as u64
                } else {
                    0
                };
            }
            self.decode(&bytes[start..])?;
        }
        Ok(self.buf.len() > before)
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let Some(decoder) = &mut self.decoder else {
            let good = match std::str::from_utf8(bytes) {
                Ok(text) => {
                    self.buf.push_str(text);
                    self.decoded += bytes.len() as u64;
                    return Ok(());
                }
                Err(error) if error.error_len().is_none() && !self.ended => error.valid_up_to(),
                Err(error) => {
                    let good = error.valid_up_to();
                    self.buf
                        .push_str(std::str::from_utf8(&bytes[..good]).expect("was checked"));
                    return Err(self.bad(self.decoded + good as u64));
                }
            };
            self.buf
                .push_str(std::str::from_utf8(&bytes[..good]).expect("was checked"));
            self.decoded += good as u64;
            self.carry.extend_from_slice(&bytes[good..]);
            return Ok(());
        };
        self.buf.reserve(
            decoder
                .max_utf8_buffer_length(bytes.len())
                .unwrap_or(bytes.len() * 4),
        );
        let (result, read) =
            decoder.decode_to_string_without_replacement(bytes, &mut self.buf, self.ended);
        self.decoded += read as u64;
        match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::OutputFull => {
                self.carry.extend_from_slice(&bytes[read..]);
                Ok(())
            }
            DecoderResult::Malformed(bad, after) => Err(self.bad(
                self.decoded
                    .saturating_sub(u64::from(bad) + u64::from(after)),
            )),
        }
    }

    /// The next line without its end.
    pub fn line(&mut self) -> Result<Option<Line<'_>>, ImportError> {
        let mut scanned = 0;
        let (length, step) = loop {
            if let Some(found) = self.buf[self.pos + scanned..].find('\n') {
                break (scanned + found, scanned + found + 1);
            }
            scanned = self.buf.len() - self.pos;
            if scanned > LONGEST {
                return Err(ImportError::LineTooLong {
                    line: self.line,
                    limit: LONGEST,
                });
            }
            if !self.fill()? {
                if scanned == 0 {
                    return Ok(None);
                }
                break (scanned, scanned);
            }
        };
        let (start, number, offset) = (self.pos, self.line, self.offset);
        self.pos += step;
        self.offset += step as u64;
        self.line += u64::from(step > length);
        let text = &self.buf[start..start + length];
        Ok(Some(Line {
            text: text.strip_suffix('\r').unwrap_or(text),
            number,
            offset,
        }))
    }
}

impl Read for Text {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.pos == self.buf.len() {
            self.fill()?;
        }
        let count = (self.buf.len() - self.pos).min(out.len());
        out[..count].copy_from_slice(&self.buf.as_bytes()[self.pos..self.pos + count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn lines(bytes: &[u8], encoding: Encoding) -> Result<Vec<(u64, u64, String)>, ImportError> {
        let file = file(bytes);
        let mut text = Text::open(file.path(), encoding, None)?;
        let mut out = Vec::new();
        while let Some(line) = text.line()? {
            out.push((line.number, line.offset, line.text.to_owned()));
        }
        Ok(out)
    }

    #[test]
    fn lines_have_number_and_offset() {
        let out = lines("\u{feff}a\r\n\n大\nb".as_bytes(), Encoding::Utf8).unwrap();
        let expected = [(1, 3, "a"), (2, 6, ""), (3, 7, "大"), (4, 11, "b")];
        assert_eq!(out, expected.map(|(n, o, t)| (n, o, t.to_owned())));
    }

    #[test]
    fn gb18030_and_utf16_read_the_same_text() {
        let text = "甲\n乙丙\n".repeat(100_000);
        let (gb, ..) = encoding_rs::GB18030.encode(&text);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(lines(&gb, Encoding::Gb18030).unwrap().len(), 200_000);
        assert_eq!(lines(&wide, Encoding::Utf16Be).unwrap()[199_999].2, "乙丙");
    }

    #[test]
    fn a_bad_byte_is_named() {
        let mut bytes = "甲\n".repeat(100_000).into_bytes();
        bytes.extend_from_slice(b"ok \xff\n");
        let error = lines(&bytes, Encoding::Utf8).unwrap_err();
        assert!(
            matches!(
                error,
                ImportError::Encoding {
                    line: 100_001,
                    byte: 400_003,
                    ..
                }
            ),
            "{error}"
        );
    }
}
