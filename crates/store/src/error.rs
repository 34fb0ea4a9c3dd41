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
    /// The disk under the database is full.
    #[error("the disk is full: free some space and try again; nothing of this step was kept")]
    DiskFull,
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
    /// The database cannot be opened.
    #[error("cannot open the database {place}: {reason}")]
    Open {
        /// File or URL without its password.
        place: String,
        /// The engine's reason.
        reason: String,
    },
    /// The schema is newer than this program can read.
    #[error(
        "the database has schema version {found} and asks for a program that knows at least \
         version {min_reader}; this one knows {known}: install a newer version"
    )]
    Newer {
        /// Latest migration in the database.
        found: i64,
        /// Oldest program version that may use it.
        min_reader: i64,
        /// Latest migration this program carries.
        known: i64,
    },
    /// A migration in the database is not the one this program carries.
    #[error(
        "migration {version} in the database differs from this program's: restore a backup made with this version"
    )]
    MigrationChanged {
        /// The migration's number.
        version: i64,
    },
    /// Anything else the driver says.
    #[error("database: {0}")]
    Driver(#[source] sqlx::Error),
}

impl StoreError {
    pub(crate) fn open(place: &str, error: impl std::fmt::Display) -> Self {
        Self::Open {
            place: place.to_owned(),
            reason: error.to_string(),
        }
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
            match code.as_deref() {
                // Serialisation failure and deadlock of PostgreSQL.
                Some("40001" | "40P01") => return Self::Retry(error),
                // Disk full: PostgreSQL's 53100, SQLite's SQLITE_FULL.
                Some("53100" | "13") => return Self::DiskFull,
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
            Self::DiskFull => "store.disk_full",
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
}
