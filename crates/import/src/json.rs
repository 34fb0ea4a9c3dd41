//! Walks through a JSON file of any size, holding one message of it at a time.
//!
//! Messages are found by their brackets and then handed to `serde_json` as text, so each has the
//! line it starts on, and a message that is not well formed cannot hide the ones behind it.

use std::borrow::Cow;

use crate::{
    ImportError,
    text::{LONGEST, Text},
};

/// A JSON document that is being walked through.
pub(crate) struct Json<'t> {
    text: &'t mut Text,
}

/// One complete value of the document.
pub(crate) struct Piece<'t> {
    pub text: &'t str,
    pub line: u64,
    pub offset: u64,
}

/// How far into a value the scan has come.
#[derive(Default)]
struct Scan {
    depth: usize,
    string: bool,
    escape: bool,
    plain: bool,
    begun: bool,
}

impl Scan {
    /// Goes on through `bytes`; the length up to the end of the value if it ends there.
    fn run(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.string {
                if self.escape {
                    self.escape = false;
                } else if byte == b'\\' {
                    self.escape = true;
                } else if byte == b'"' {
                    self.string = false;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
            } else {
                match byte {
                    b'"' => {
                        self.string = true;
                        self.begun = true;
                    }
                    b'{' | b'[' => {
                        self.depth += 1;
                        self.begun = true;
                    }
                    b'}' | b']' if self.plain || self.depth == 0 => return Some(at),
                    b'}' | b']' => {
                        self.depth -= 1;
                        if self.depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    b',' | b' ' | b'\t' | b'\r' | b'\n' if self.plain => return Some(at),
                    _ if !self.begun => {
                        self.plain = true;
                        self.begun = true;
                    }
                    _ => {}
                }
            }
            at += 1;
        }
        None
    }
}

impl<'t> Json<'t> {
    pub fn new(text: &'t mut Text) -> Self {
        Self { text }
    }

    fn wrong(&self, detail: impl Into<String>) -> ImportError {
        ImportError::Json {
            line: self.text.number(),
            byte: self.text.offset(),
            detail: detail.into(),
        }
    }

    fn cut(&self) -> ImportError {
        let rest = self.text.rest();
        let lines = crate::text::line_ends(rest.as_bytes());
        ImportError::Truncated {
            line: self.text.number() + lines,
            byte: self.text.offset() + rest.len() as u64,
        }
    }

    fn space(&mut self) -> Result<Option<u8>, ImportError> {
        loop {
            let rest = self.text.rest().as_bytes();
            let blank = rest
                .iter()
                .position(|b| !b" \t\r\n".contains(b))
                .unwrap_or(rest.len());
            let next = rest.get(blank).copied();
            self.text.consume(blank);
            if next.is_some() || !self.text.fill()? {
                return Ok(next);
            }
        }
    }

    /// The next byte that is not white space.
    pub fn peek(&mut self) -> Result<u8, ImportError> {
        self.space()?.ok_or_else(|| self.cut())
    }

    /// Passes over one bracket.
    pub fn open(&mut self, bracket: u8) -> Result<(), ImportError> {
        if self.peek()? != bracket {
            return Err(self.wrong(format!("expected {:?}", char::from(bracket))));
        }
        self.text.consume(1);
        Ok(())
    }

    fn next(&mut self, first: &mut bool, close: u8) -> Result<bool, ImportError> {
        let byte = self.peek()?;
        if byte == close {
            self.text.consume(1);
            return Ok(false);
        }
        if std::mem::take(first) {
            return Ok(true);
        }
        if byte != b',' {
            return Err(self.wrong(format!("expected \",\" or {:?}", char::from(close))));
        }
        self.text.consume(1);
        Ok(true)
    }

    /// Goes on to the next key of an object; `None` behind its last.
    pub fn key(&mut self, first: &mut bool) -> Result<Option<String>, ImportError> {
        if !self.next(first, b'}')? {
            return Ok(None);
        }
        if self.peek()? != b'"' {
            return Err(self.wrong("expected a key in quotes"));
        }
        let piece = self.value()?;
        let (line, offset) = (piece.line, piece.offset);
        let key = serde_json::from_str(piece.text).map_err(|e| ImportError::Json {
            line,
            byte: offset,
            detail: e.to_string(),
        })?;
        if self.peek()? != b':' {
            return Err(self.wrong("expected \":\""));
        }
        self.text.consume(1);
        Ok(Some(key))
    }

    /// Goes on to the next element of an array; false behind its last.
    pub fn item(&mut self, first: &mut bool) -> Result<bool, ImportError> {
        self.next(first, b']')
    }

    /// The value here, whole.
    pub fn value(&mut self) -> Result<Piece<'_>, ImportError> {
        self.peek()?;
        let (line, offset) = (self.text.number(), self.text.offset());
        let mut scan = Scan::default();
        let mut seen = 0;
        let length = loop {
            let rest = self.text.rest();
            if let Some(end) = scan.run(&rest.as_bytes()[seen..]) {
                break seen + end;
            }
            seen = rest.len();
            if seen > LONGEST {
                return Err(ImportError::LineTooLong {
                    line,
                    limit: LONGEST,
                });
            }
            if !self.text.fill()? {
                if scan.plain {
                    break seen;
                }
                return Err(self.cut());
            }
        };
        if length == 0 {
            return Err(self.wrong("expected a value"));
        }
        Ok(Piece {
            text: self.text.pass(length),
            line,
            offset,
        })
    }

    /// Passes over the value here without holding it.
    pub fn skip(&mut self) -> Result<(), ImportError> {
        self.peek()?;
        let mut scan = Scan::default();
        loop {
            let rest = self.text.rest();
            if let Some(end) = scan.run(rest.as_bytes()) {
                self.text.consume(end);
                return Ok(());
            }
            let all = rest.len();
            self.text.consume(all);
            if !self.text.fill()? {
                return if scan.plain { Ok(()) } else { Err(self.cut()) };
            }
        }
    }

    /// Checks that nothing follows.
    pub fn end(&mut self) -> Result<(), ImportError> {
        match self.space()? {
            None => Ok(()),
            Some(_) => Err(self.wrong("expected the end of the file")),
        }
    }
}

/// Replaces `\xNN`, which Telegram Desktop writes for control characters, by the `\u00NN` that
/// JSON knows.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains("\\x") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let Some(next) = tail[1..].chars().next() else {
            rest = tail;
            break;
        };
        if next == 'x' {
            out.push_str("\\u00");
        } else {
            out.push('\\');
            out.push(next);
        }
        rest = &tail[1 + next.len_utf8()..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::Encoding;

    fn text(content: &str) -> (tempfile::NamedTempFile, Text) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let text = Text::open(file.path(), Encoding::Utf8, None).unwrap();
        (file, text)
    }

    #[test]
    fn values_are_found_by_their_brackets() {
        let (_file, mut text) = text(
            "{\"a\": 1,\n \"skip\": {\"x\":\"}]\\\"\"}, \"m\" :[\n{\"t\":\"[{\"}\n, 2,\"x\"]}\n",
        );
        let mut json = Json::new(&mut text);
        json.open(b'{').unwrap();
        let (mut first, mut found) = (true, Vec::new());
        while let Some(key) = json.key(&mut first).unwrap() {
            if key == "m" {
                json.open(b'[').unwrap();
                let mut first = true;
                while json.item(&mut first).unwrap() {
                    let piece = json.value().unwrap();
                    found.push((piece.line, piece.text.to_owned()));
                }
            } else {
                json.skip().unwrap();
            }
        }
        json.end().unwrap();
        let expected = [(3, "{\"t\":\"[{\"}"), (4, "2"), (4, "\"x\"")];
        assert_eq!(found, expected.map(|(l, t)| (l, t.to_owned())));
    }

    #[test]
    fn a_cut_file_names_its_end() {
        let (_file, mut text) = text("[1,\n{\"a\": \"b");
        let mut json = Json::new(&mut text);
        json.open(b'[').unwrap();
        let mut first = true;
        assert!(json.item(&mut first).unwrap());
        json.value().unwrap();
        assert!(json.item(&mut first).unwrap());
        assert!(matches!(
            json.value(),
            Err(ImportError::Truncated { line: 2, byte: 12 })
        ));
    }

    #[test]
    fn hex_escapes_become_json() {
        assert_eq!(clean(r#"{"a":"\x0b\\x\n"}"#), r#"{"a":"\u000b\\x\n"}"#);
        assert!(matches!(clean(r#"{"a":"\n"}"#), Cow::Borrowed(_)));
    }
}
