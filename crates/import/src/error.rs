//! What can be wrong with a file, and with one line of it.

use std::io;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};
use yutang_domain::error::{Class, Rule};

use crate::Encoding;

/// Why a whole file is refused; nothing of it may be stored.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened or read.
    #[error(
        "the file cannot be read: {0}; check its name, that it is whole and that you may read it"
    )]
    Io(#[source] io::Error),
    /// The file has no content.
    #[error("the file is empty: export it again")]
    Empty,
    /// The file is a picture, a document, an archive or some other thing without lines.
    #[error("this is {what}, not an exported text, CSV, JSON or XLSX file")]
    NotText {
        /// What it is, with an article: `a PNG picture`.
        what: &'static str,
    },
    /// Text, but none of the formats that can be read.
    #[error(
        "the format is not known; known are {known}; name it with --format if it is one of them"
    )]
    UnknownFormat {
        /// The names of the known formats.
        known: String,
    },
    /// Bytes that the encoding does not have.
    #[error(
        "line {line}, byte {byte} is not valid {encoding}: save the file as UTF-8, or name its encoding with --encoding"
    )]
    Encoding {
        /// The encoding the rest of the file is in.
        encoding: Encoding,
        /// Line of the first bad byte, from 1.
        line: u64,
        /// Position of the first bad byte in the file, from 0.
        byte: u64,
    },
    /// Bytes that the encoding has, and characters that nobody writes.
    #[error(
        "read as {encoding} the text from line {line} on makes no sense: name its encoding with --encoding, or save the file as UTF-8"
    )]
    Senseless {
        /// The encoding that was tried.
        encoding: Encoding,
        /// First line that is not plain ASCII, from 1.
        line: u64,
    },
    /// Every line is later than now.
    #[error(
        "every line lies in the future, the first, line {line}, at {at}: set the clock of this machine right, or give --dates if day and month were mixed up"
    )]
    Future {
        /// The first line, from 1.
        line: u64,
        /// Its time.
        at: String,
    },
    /// The file ends in the middle of something.
    #[error(
        "the file ends in the middle of its content at line {line}, byte {byte}: export it again"
    )]
    Truncated {
        /// Last line, from 1.
        line: u64,
        /// Position of the end.
        byte: u64,
    },
    /// Not JSON at this place.
    #[error("line {line}, byte {byte} is not valid JSON: {detail}; export it again")]
    Json {
        /// Line, from 1.
        line: u64,
        /// Position, from 0.
        byte: u64,
        /// What was expected.
        detail: String,
    },
    /// A line too long to be one.
    #[error("line {line} is longer than {limit} bytes: export the file again, or split the line")]
    LineTooLong {
        /// Line, from 1.
        line: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// Day and month can be read two ways and nothing in the file tells which.
    #[error(
        "the date {example} can mean {first} ({first_name}) or {second} ({second_name}): give --dates {first_name} or --dates {second_name}"
    )]
    Undecidable {
        /// A date of the file.
        example: String,
        /// Its first reading, `YYYY-MM-DD`.
        first: String,
        /// The option for the first reading.
        first_name: &'static str,
        /// Its second reading, `YYYY-MM-DD`.
        second: String,
        /// The option for the second reading.
        second_name: &'static str,
    },
    /// A spreadsheet turned long numbers into rounded ones.
    #[error(
        "column {column:?}, line {line}: {value} was damaged by a spreadsheet program; export the column as text"
    )]
    NumberDamaged {
        /// The column.
        column: String,
        /// Line of the first damaged value, from 1.
        line: u64,
        /// The damaged value.
        value: String,
    },
    /// A needed column is not there.
    #[error("no column for {field}; the file has: {columns}; name it with --map {field}=COLUMN")]
    MissingColumn {
        /// The field.
        field: &'static str,
        /// The columns of the file.
        columns: String,
    },
    /// A mapping names a column the file does not have.
    #[error("there is no column {column:?}; the file has: {columns}")]
    UnknownColumn {
        /// The column asked for.
        column: String,
        /// The columns of the file.
        columns: String,
    },
    /// A mapping that cannot be understood.
    #[error(
        "the mapping {text:?} cannot be read: write field=COLUMN,field=COLUMN with fields out of {fields}"
    )]
    Mapping {
        /// The part at fault.
        text: String,
        /// The fields there are.
        fields: String,
    },
    /// An archive that unpacks into far more than it should.
    #[error(
        "the file unpacks to more than {limit} bytes or claims less than it holds: it is not opened; save it again in smaller parts, or as CSV"
    )]
    ZipBomb {
        /// The limit in bytes.
        limit: u64,
    },
    /// An XLSX file beyond the size that is opened.
    #[error("the file has {bytes} bytes, more than the {limit} that are opened: save it as CSV")]
    TooLarge {
        /// Size in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A workbook that cannot be read.
    #[error(
        "the workbook cannot be read: {detail}; open it in a spreadsheet program and save it again as .xlsx or CSV"
    )]
    Workbook {
        /// What is wrong.
        detail: String,
    },
    /// The file is not the one that was planned any more.
    #[error("the file was changed while it was being imported: start again")]
    Changed,
}

impl Rule for ImportError {
    fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "import.io",
            Self::Empty => "import.empty",
            Self::NotText { .. } => "import.not_a_text",
            Self::UnknownFormat { .. } => "import.unknown_format",
            Self::Encoding { .. } | Self::Senseless { .. } => "import.encoding",
            Self::Future { .. } => "import.future",
            Self::Truncated { .. } => "import.truncated",
            Self::Json { .. } => "import.json",
            Self::LineTooLong { .. } => "import.line_too_long",
            Self::Undecidable { .. } => "import.dates_undecidable",
            Self::NumberDamaged { .. } => "import.number_damaged",
            Self::MissingColumn { .. } => "import.missing_column",
            Self::UnknownColumn { .. } => "import.unknown_column",
            Self::Mapping { .. } => "import.mapping",
            Self::ZipBomb { .. } => "import.zip_bomb",
            Self::TooLarge { .. } => "import.too_large",
            Self::Workbook { .. } => "import.workbook",
            Self::Changed => "import.changed",
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::NotFound => Class::NotFound,
            Self::Io(_) => Class::Unavailable,
            Self::Changed => Class::Conflict,
            _ => Class::Invalid,
        }
    }

    fn at(&self) -> Option<String> {
        match self {
            Self::Encoding { line, byte, .. }
            | Self::Truncated { line, byte }
            | Self::Json { line, byte, .. } => Some(format!("line {line}, byte {byte}")),
            Self::LineTooLong { line, .. }
            | Self::Senseless { line, .. }
            | Self::Future { line, .. } => Some(format!("line {line}")),
            Self::NumberDamaged { column, line, .. } => {
                Some(format!("column {column}, line {line}"))
            }
            Self::MissingColumn { field, .. } => Some((*field).to_owned()),
            Self::UnknownColumn { column, .. } => Some(column.clone()),
            Self::Undecidable { example, .. } => Some(example.clone()),
            Self::Mapping { text, .. } => Some(text.clone()),
            _ => None,
        }
    }
}

impl From<io::Error> for ImportError {
    /// Takes back an error of this crate that travelled through a [`std::io::Read`].
    fn from(error: io::Error) -> Self {
        if error
            .get_ref()
            .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Self>)
        {
            let inner = error.into_inner().expect("was just seen");
            return *inner.downcast::<Self>().expect("was just tested");
        }
        Self::Io(error)
    }
}

impl From<ImportError> for io::Error {
    fn from(error: ImportError) -> Self {
        Self::other(error)
    }
}

/// Why one line is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Text that belongs to no message.
    #[error("text before the first message")]
    NoHead,
    /// Not a date and time.
    #[error("{0:?} is not a date and time: write 2026-01-31 09:30")]
    Time(String),
    /// Later than now.
    #[error("{0} lies in the future: set the clock right, or give --dates")]
    Future(String),
    /// Not an amount of money.
    #[error("{0:?} is not an amount: write a number such as 12.50")]
    Amount(String),
    /// Not a number of pieces.
    #[error("{0:?} is not a quantity: write a number such as 2")]
    Quantity(String),
    /// A needed cell is empty.
    #[error("{0} is empty: fill it in")]
    Missing(&'static str),
    /// A message whose fields are of the wrong type.
    #[error("not a message of this format: {0}")]
    Shape(String),
    /// The exporting program wrote that it could not write this message.
    #[error("the exporting program left this message out")]
    NotExported,
    /// Nobody is named as the sender.
    #[error("the line names no sender")]
    NoSender,
    /// Not a day.
    #[error("{0:?} is not a day: write 2026-01-31")]
    Day(String),
}

impl Reason {
    /// Stable dotted code for translation.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoHead => "import.reject.no_head",
            Self::Time(_) => "import.reject.time",
            Self::Future(_) => "import.reject.future",
            Self::Amount(_) => "import.reject.amount",
            Self::Quantity(_) => "import.reject.quantity",
            Self::Missing(_) => "import.reject.missing",
            Self::Shape(_) => "import.reject.shape",
            Self::NotExported => "import.reject.not_exported",
            Self::NoSender => "import.reject.no_sender",
            Self::Day(_) => "import.reject.day",
        }
    }
}

/// One line that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Line in the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
}

impl Serialize for Reject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Reject", 3)?;
        out.serialize_field("line", &self.line)?;
        out.serialize_field("code", self.reason.code())?;
        out.serialize_field("reason", &self.reason.to_string())?;
        out.end()
    }
}

/// The lines that are left out: the first [`Rejects::KEPT`] of them and their number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rejects {
    /// The first ones.
    pub first: Vec<Reject>,
    /// How many there are.
    pub total: u64,
}

impl Rejects {
    /// How many are kept with their line and reason.
    pub const KEPT: usize = 1000;

    pub(crate) fn add(&mut self, reject: Reject) {
        self.total += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(reject);
        }
    }
}
