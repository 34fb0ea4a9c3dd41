//! What can go wrong with the database.

use yutang_domain::error::{Class, Rule};

/// Result of a store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A failure of the system of record.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row in this workspace.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// A unique, check or foreign-key constraint said no; names the constraint as far as known.
    #[error("the database refused the row: {0}")]
    Conflict(String),
    /// Two transactions got in each other's way; the whole transaction may be tried again.
    #[error("the transaction has to be tried again")]
    Retry(#[source] sqlx::Error),
    /// The disk is full.
    #[error(
        "the disk is full{}: free some space there and try again; nothing of this step was kept",
        under(place)
    )]
    DiskFull {
        /// File, folder or URL on that disk; empty where it is not known.
        place: String,
    },
    /// A stored value is not what its column is meant to hold.
    #[error("column {column} holds {value:?}, which is not a {expected}")]
    Corrupt {
        /// Column name as selected.
        column: String,
        /// What was found.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// What lies there is no database, or it has been damaged.
    #[error(
        "the database{} is damaged or none at all: {reason}; bring a backup back into a new data \
         folder with `yutang restore`",
        under(place)
    )]
    Damaged {
        /// File or URL; empty where it is not known.
        place: String,
        /// The engine's reason.
        reason: String,
    },
    /// The database cannot be opened.
    #[error("cannot open the database {place}: {reason}")]
    Open {
        /// File or URL without its password.
        place: String,
        /// The engine's reason, and what helps.
        reason: String,
    },
    /// The schema is newer than this program can read.
    #[error(
        "{place} has schema version {found} and asks for a program that knows at least \
         version {min_reader}; this one knows {known}: install a newer version"
    )]
    Newer {
        /// File or URL.
        place: String,
        /// Latest migration in the database.
        found: i64,
        /// Oldest program version that may use it.
        min_reader: i64,
        /// Latest migration this program carries.
        known: i64,
    },
    /// A migration in the database is not the one this program carries.
    #[error(
        "migration {version} in {place} differs from this program's: restore a backup made with this version"
    )]
    MigrationChanged {
        /// File or URL.
        place: String,
        /// The migration's number.
        version: i64,
    },
    /// Anything else the driver says.
    #[error("database: {0}")]
    Driver(#[source] sqlx::Error),
}

/// SQLite's primary codes for a file that is no database any more.
const CORRUPT: u32 = 11;
const NOTADB: u32 = 26;
/// SQLite's primary codes for a file that is kept by another process, and one that does not open.
const BUSY: u32 = 5;
const CANTOPEN: u32 = 14;
/// SQLite's code for an index of the write-ahead log that cannot grow.
const IOERR_SHMSIZE: u32 = 4874;

/// The number SQLite gives an error; PostgreSQL's codes have five characters.
fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    if code.len() == 5 {
        return None;
    }
    code.parse().ok()
}

/// SQLITE_BUSY, in any of its forms.
pub(crate) fn is_locked(error: &sqlx::Error) -> bool {
    sqlite_code(error).is_some_and(|code| code & 0xff == BUSY)
}

/// What helps against an error of opening.
fn remedy(error: &sqlx::Error) -> Option<&'static str> {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Tls(_) => {
            return Some("see that the server runs and that host and port are right");
        }
        _ => {}
    }
    if sqlite_code(error).is_some_and(|code| code & 0xff == CANTOPEN) {
        return Some("see that the folder is there and may be written, and that its disk has room");
    }
    match error.as_database_error()?.code()?.as_ref() {
        "3D000" => Some("make the database first (createdb)"),
        "28P01" | "28000" => Some("see that user and password are right"),
        _ => None,
    }
}

/// The words that name a place, if it is known.
fn under(place: &str) -> String {
    if place.is_empty() {
        String::new()
    } else {
        format!(" ({place})")
    }
}

impl StoreError {
    /// Why a database cannot be opened, with what helps.
    pub(crate) fn open(place: &str, error: sqlx::Error) -> Self {
        let remedy = remedy(&error);
        match Self::from(error).in_place(place) {
            full @ (Self::DiskFull { .. } | Self::Damaged { .. }) => full,
            Self::Retry(error) | Self::Driver(error) => Self::Open {
                place: place.to_owned(),
                reason: match remedy {
                    Some(remedy) => format!("{error}; {remedy}"),
                    None => error.to_string(),
                },
            },
            other => Self::Open {
                place: place.to_owned(),
                reason: other.to_string(),
            },
        }
    }

    /// Says where it happened, if that is not known yet.
    #[must_use]
    pub(crate) fn in_place(mut self, at: &str) -> Self {
        if let Self::DiskFull { place } | Self::Damaged { place, .. } = &mut self
            && place.is_empty()
        {
            at.clone_into(place);
        }
        self
    }

    /// Whether the whole transaction may be tried again.
    pub const fn is_retry(&self) -> bool {
        matches!(self, Self::Retry(_))
    }

    /// Whether a constraint whose name contains `part` refused the row.
    pub fn is_conflict_on(&self, part: &str) -> bool {
        matches!(self, Self::Conflict(name) if name.contains(part))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let Some(db) = error.as_database_error() {
            let code = db.code();
            match sqlite_code(&error) {
                // SQLITE_FULL, and no room for the index of the write-ahead log.
                Some(13 | IOERR_SHMSIZE) => {
                    return Self::DiskFull {
                        place: String::new(),
                    };
                }
                Some(code) if matches!(code & 0xff, CORRUPT | NOTADB) => {
                    return Self::Damaged {
                        place: String::new(),
                        reason: db.message().to_owned(),
                    };
                }
                _ => {}
            }
            match code.as_deref() {
                // Serialisation failure and deadlock of PostgreSQL.
                Some("40001" | "40P01") => return Self::Retry(error),
                Some("53100") => {
                    return Self::DiskFull {
                        place: String::new(),
                    };
                }
                _ => {}
            }
            if db.is_unique_violation() || db.is_foreign_key_violation() || db.is_check_violation()
            {
                let name = db.constraint().unwrap_or_else(|| db.message()).to_owned();
                return Self::Conflict(name);
            }
        }
        Self::Driver(error)
    }
}

impl Rule for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "store.not_found",
            Self::Conflict(_) => "store.conflict",
            Self::Retry(_) => "store.busy",
            Self::DiskFull { .. } => "store.disk_full",
            Self::Damaged { .. } => "store.damaged",
            Self::Corrupt { .. } => "store.corrupt",
            Self::Open { .. } => "store.open",
            Self::Newer { .. } => "store.newer",
            Self::MigrationChanged { .. } => "store.migration_changed",
            Self::Driver(_) => "store.driver",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::NotFound(_) => Class::NotFound,
            Self::Conflict(_) => Class::Conflict,
            _ => Class::Unavailable,
        }
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::DiskFull { place }
            | Self::Damaged { place, .. }
            | Self::Open { place, .. }
            | Self::Newer { place, .. }
            | Self::MigrationChanged { place, .. } => {
                Some(place.clone()).filter(|place| !place.is_empty())
            }
            _ => None,
        }
    }
}
