//! The rows of a table, whatever file they stand in.

use std::{
    cell::Cell,
    io::{self, Read},
    ops::ControlFlow,
    path::Path,
    rc::Rc,
};

use csv::StringRecord;

use super::{Layout, Options, Target, cell, mapping::Columns, workbook};
use crate::{
    Encoding, ImportError,
    civil::when,
    sniff::{self, Kind},
    source::Print,
    text::{LONGEST, Text},
};

/// A row and where it stands.
pub(super) struct Row {
    /// Line in the file, from 1; in a workbook the number of the row.
    pub line: u64,
    /// Byte it starts at in the decoded text; 0 in a workbook.
    pub offset: u64,
    pub cells: StringRecord,
}

impl Row {
    pub fn cell(&self, at: usize) -> Option<&str> {
        self.cells.get(at)
    }
}

/// What a visitor of rows answers.
pub(super) type Flow = Result<ControlFlow<()>, ImportError>;

/// How to get the rows out of a file.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub layout: Layout,
    pub encoding: Option<Encoding>,
    /// Line of the header; rows up to it are not handed out.
    header: u64,
    /// The workbook that was checked.
    checked: Option<[u8; 32]>,
}

/// Keeps one record from growing without bound, as it does behind a quotation mark that is never
/// closed.
struct Bounded<R> {
    inner: R,
    used: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.used.get() > LONGEST {
            return Err(ImportError::LineTooLong {
                line: 0,
                limit: LONGEST,
            }
            .into());
        }
        let count = self.inner.read(out)?;
        self.used.set(self.used.get() + count);
        Ok(count)
    }
}

/// Records separated by a character.
pub(crate) struct Records<R> {
    reader: csv::Reader<Bounded<R>>,
    used: Rc<Cell<usize>>,
    last: String,
}

impl<R: Read> Records<R> {
    /// Starts with the first line, header or not.
    pub fn new(text: R, delimiter: u8) -> Self {
        let used = Rc::new(Cell::new(0));
        let bounded = Bounded {
            inner: text,
            used: Rc::clone(&used),
        };
        let reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(delimiter)
            // With the default a record ends at `\r`, and the next one begins with `\n`: line and
            // offset would be those of the record before.
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(bounded);
        Self {
            reader,
            used,
            last: String::new(),
        }
    }

    /// Reads the next record with its line and offset.
    pub fn next(&mut self, record: &mut StringRecord) -> Result<Option<(u64, u64)>, ImportError> {
        self.used.set(0);
        match self.reader.read_record(record) {
            Ok(true) => {
                let at = record.position().map_or((0, 0), |p| (p.line(), p.byte()));
                let cells = record.len();
                if let Some(cell) = record.get(cells.wrapping_sub(1))
                    && let Some(cell) = cell.strip_suffix('\r')
                {
                    self.last.clear();
                    self.last.push_str(cell);
                    record.truncate(cells - 1);
                    record.push_field(&self.last);
                }
                Ok(Some(at))
            }
            Ok(false) => Ok(None),
            Err(error) => {
                let line = self.reader.position().line();
                Err(match csv_error(error) {
                    ImportError::LineTooLong { limit, .. } => {
                        ImportError::LineTooLong { line, limit }
                    }
                    other => other,
                })
            }
        }
    }

    fn into_inner(self) -> R {
        self.reader.into_inner().inner
    }
}

/// What a CSV reader reports, as an error of this crate.
pub(crate) fn csv_error(error: csv::Error) -> ImportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ImportError::from(error),
        other => ImportError::Workbook {
            detail: format!("{other:?}"),
        },
    }
}

impl Shape {
    /// Looks at the beginning of a file: its layout and its first rows with their lines.
    pub fn top(
        path: &Path,
        options: &Options,
    ) -> Result<(Self, Vec<(u64, Vec<String>)>), ImportError> {
        let sniffed = sniff::sniff_as(path, options.encoding)?;
        let shape = match sniffed.kind {
            Kind::Text { encoding } => {
                let encoding = options.encoding.unwrap_or(encoding);
                if sniffed.head.trim_start().starts_with(['{', '[']) {
                    return Err(ImportError::NotText {
                        what: "a JSON file",
                    });
                }
                let layout = layout(&sniffed.head);
                Self {
                    layout,
                    encoding: Some(encoding),
                    header: 0,
                    checked: None,
                }
            }
            Kind::Workbook => {
                let checked = Some(workbook::check(path)?);
                Self {
                    layout: Layout::Sheet,
                    encoding: None,
                    header: 0,
                    checked,
                }
            }
        };
        let mut top: Vec<(u64, Vec<String>)> = Vec::new();
        shape.rows(path, options, None, &mut |row| {
            top.push((row.line, row.cells.iter().map(str::to_owned).collect()));
            let enough = top.len() >= 10;
            Ok(if enough {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        if top.is_empty() {
            return Err(ImportError::Empty);
        }
        Ok((shape, top))
    }

    /// Looks at the beginning of a file: its layout, its header and where the fields stand.
    pub fn detect(
        path: &Path,
        options: &Options,
        target: Target,
    ) -> Result<(Self, Vec<String>, Columns), ImportError> {
        let (mut shape, top) = Self::top(path, options)?;
        let Some((_, first)) = top.first() else {
            return Err(ImportError::Empty);
        };
        if options.header != Some(false) {
            let found = top.iter().find_map(|(line, row)| {
                let columns = Columns::resolve(row, true, &options.mapping, target).ok()?;
                let says = |text: &String| when(text).is_some() || number(text);
                (options.header == Some(true) || !row.iter().any(says)).then_some((
                    *line,
                    row.clone(),
                    columns,
                ))
            });
            if let Some((line, row, columns)) = found {
                shape.header = line;
                return Ok((shape, row, columns));
            }
            let words = first
                .iter()
                .all(|text| !number(text) && when(text).is_none());
            if words || options.header == Some(true) {
                Columns::resolve(first, true, &options.mapping, target)?;
            }
        }
        let widest = top
            .iter()
            .map(|(_, row)| row)
            .max_by_key(|row| row.len())
            .unwrap_or(first);
        let columns = Columns::resolve(widest, false, &options.mapping, target)?;
        Ok((shape, Vec::new(), columns))
    }

    /// Line of the header; 0 if there is none.
    pub const fn header_line(&self) -> u64 {
        self.header
    }

    /// Hands out the rows behind the header. Returns the print of the file if its end was
    /// reached, an empty one otherwise.
    pub fn rows(
        &self,
        path: &Path,
        options: &Options,
        expected: Option<&Print>,
        visit: &mut dyn FnMut(&Row) -> Flow,
    ) -> Result<Print, ImportError> {
        let mut row = Row {
            line: 0,
            offset: 0,
            cells: StringRecord::new(),
        };
        let mut each = |row: &Row| {
            let blank = row.cells.iter().all(|cell| cell.trim().is_empty());
            if row.line <= self.header || blank {
                return Ok(ControlFlow::Continue(()));
            }
            visit(row)
        };
        let encoding = self.encoding.unwrap_or(Encoding::Utf8);
        match self.layout {
            Layout::Sheet => {
                let known = expected.map(|print| print.sha256).or(self.checked);
                workbook::rows(path, options.sheet.as_deref(), known, &mut each)
            }
            Layout::Spaced => {
                let mut text = Text::open(path, encoding, expected)?;
                while let Some(line) = text.line()? {
                    (row.line, row.offset) = (line.number, line.offset);
                    row.cells.clear();
                    line.text
                        .split_whitespace()
                        .for_each(|cell| row.cells.push_field(cell));
                    if each(&row)?.is_break() {
                        return Ok(Print::default());
                    }
                }
                text.finish()
            }
            Layout::Delimited(delimiter) => {
                let text = Text::open(path, encoding, expected)?;
                let mut records = Records::new(text, delimiter as u8);
                while let Some((line, offset)) = records.next(&mut row.cells)? {
                    (row.line, row.offset) = (line, offset);
                    if each(&row)?.is_break() {
                        return Ok(Print::default());
                    }
                }
                records.into_inner().finish()
            }
        }
    }
}

fn number(text: &str) -> bool {
    super::amount::decimal(text).is_some() || cell::rounded(text)
}

/// The separator that gives the same number of cells, more than one, on most of the first lines.
fn layout(head: &str) -> Layout {
    let lines: Vec<&str> = head
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(20)
        .collect();
    let mut best = (0, Layout::Delimited(','));
    for delimiter in [',', '\t', ';', '|'] {
        let counts: Vec<usize> = lines.iter().map(|line| count(line, delimiter)).collect();
        let most = counts.iter().copied().max().unwrap_or(0);
        // The last line of the head may be cut off, and titles may stand above the header.
        let same = counts.iter().filter(|count| **count == most).count();
        let score = if most == 0 {
            0
        } else {
            same * 1000 + most.min(999)
        };
        if score > best.0 {
            best = (score, Layout::Delimited(delimiter));
        }
    }
    if best.0 > 0 {
        return best.1;
    }
    let whole = if head.ends_with('\n') || lines.len() < 2 {
        lines.len()
    } else {
        lines.len() - 1
    };
    let cells: Vec<usize> = lines
        .iter()
        .take(whole)
        .map(|line| line.split_whitespace().count())
        .collect();
    let spaced = cells
        .first()
        .is_some_and(|first| *first > 1 && cells.iter().all(|c| c == first));
    if spaced {
        Layout::Spaced
    } else {
        Layout::Delimited(',')
    }
}

/// Separators of a line outside quotation marks.
fn count(line: &str, delimiter: char) -> usize {
    let mut quoted = false;
    line.chars()
        .filter(|c| {
            quoted ^= *c == '"';
            *c == delimiter && !quoted
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_found() {
        for (text, expected) in [
            ("a,b,c\n1,2,3\n", Layout::Delimited(',')),
            ("a\tb\n\"x,y,z\"\t2\n", Layout::Delimited('\t')),
            ("a;b\n1,5;2,5\n3,5;4,5\n", Layout::Delimited(';')),
            ("a|b\n1|2\n", Layout::Delimited('|')),
            (
                " 00004 0001 19970101  2   29.33\r\n 00004 0001 19970118  2   29.73\r\n",
                Layout::Spaced,
            ),
            ("one\ntwo\n", Layout::Delimited(',')),
        ] {
            assert_eq!(layout(text), expected, "{text}");
        }
    }
}
