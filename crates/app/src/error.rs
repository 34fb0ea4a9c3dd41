//! Why a verb did not do what it was asked.

use std::{any::Any, path::Path};

use yutang_domain::error::{Class, Rule};
use yutang_store::{StoreError, tx::Transient};

/// A verb's refusal or failure.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A rule said no.
    #[error("{0}")]
    Rule(Box<dyn Rule>),
    /// The system of record said no.
    #[error("{0}")]
    Store(StoreError),
    /// A file could not be used.
    #[error("cannot {what} {path}: {reason}")]
    File {
        /// What was tried.
        what: &'static str,
        /// Which file.
        path: String,
        /// The operating system's reason.
        reason: String,
    },
    /// The schema has to be upgraded first.
    #[error("the database has schema version {from}, this program {to}: run `yutang migrate`")]
    Upgrade {
        /// Version found.
        from: i64,
        /// Version wanted.
        to: i64,
    },
    /// The program lost its node number and issues no ids until it has one again.
    #[error("the node's lease has run out; the database was out of reach for a minute")]
    LeaseLost,
    /// Something that cannot happen did; the text is for the log, not for people.
    #[error("internal: {0}")]
    Internal(String),
}

impl AppError {
    /// A file could not be used. A full disk is one and the same refusal wherever it is met.
    pub fn io(what: &'static str, path: &Path, error: &std::io::Error) -> Self {
        if is_full(error) {
            return Self::Store(StoreError::DiskFull {
                place: path.display().to_string(),
            });
        }
        Self::File {
            what,
            path: path.display().to_string(),
            reason: error.to_string(),
        }
    }

    /// Something that cannot happen did.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.code(),
            Self::Store(error) => error.code(),
            Self::File { .. } => "app.file",
            Self::Upgrade { .. } => "app.upgrade",
            Self::LeaseLost => "app.lease_lost",
            Self::Internal(_) => "app.internal",
        }
    }

    /// The kind of refusal.
    pub fn class(&self) -> Class {
        match self {
            Self::Rule(rule) => rule.class(),
            Self::Store(error) => error.class(),
            _ => Class::Unavailable,
        }
    }

    /// The field, line or argument at fault.
    pub fn at(&self) -> Option<String> {
        match self {
            Self::Rule(rule) => rule.at(),
            Self::Store(error) => error.at(),
            _ => None,
        }
    }

    /// How long it is in vain to try again, in milliseconds, where that is known.
    pub fn wait_ms(&self) -> Option<i64> {
        match self {
            Self::Rule(rule) => rule.wait_ms(),
            _ => None,
        }
    }

    /// The rule of type `R` that said no, if it was one.
    pub fn rule<R: Rule>(&self) -> Option<&R> {
        match self {
            Self::Rule(rule) => {
                let any: &dyn Any = &**rule;
                any.downcast_ref()
            }
            _ => None,
        }
    }
}

/// Whether an operating system's error says that a disk, or somebody's share of it, is full.
pub fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

impl<E: Rule> From<E> for AppError {
    fn from(error: E) -> Self {
        let boxed: Box<dyn Any> = Box::new(error);
        match boxed.downcast::<StoreError>() {
            Ok(store) => Self::Store(*store),
            Err(other) => {
                let rule = other
                    .downcast::<E>()
                    .expect("it was made from an E two lines above");
                Self::Rule(rule)
            }
        }
    }
}

impl Transient for AppError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_retry())
    }
}
