//! Imports as runs: planned, carried out in chunks, interrupted, resumed, taken back.

use crate::{
    error::{Class, Rule},
    words,
};

words! {
    /// What a file holds.
    pub enum ImportKind {
        /// A chat history.
        Chat = "chat",
        /// Orders.
        Orders = "orders",
        /// A list of people.
        Members = "members",
        /// A list of groups.
        Groups = "groups",
    }
}
words! {
    /// Where a run stands.
    pub enum RunState {
        /// Read through, nothing stored.
        Planned = "planned",
        /// Storing.
        Running = "running",
        /// Stopped half-way; the same command goes on.
        Interrupted = "interrupted",
        /// Everything stored.
        Done = "done",
        /// Nothing stored, for the reason given.
        Failed = "failed",
        /// Being taken back.
        Undoing = "undoing",
        /// Taken back.
        Undone = "undone",
        /// Stopped by a person and taken back.
        Cancelled = "cancelled",
    }
}

/// Records per transaction, at most.
pub const CHUNK: usize = 1_000;
/// A running run whose holder has said nothing for so many milliseconds is interrupted.
pub const HEARTBEAT_MS: i64 = 15_000;

/// Bytes of an upload, at most.
pub const UPLOAD_MAX: u64 = 1 << 30;
/// So many milliseconds an upload waits to be imported before it is removed.
pub const UPLOAD_KEPT_MS: i64 = crate::time::DAY;

/// Why a file was not taken, or is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// No file came.
    #[error("send one file as the multipart field `file`")]
    Missing,
    /// It is larger than [`UPLOAD_MAX`].
    #[error("the file is larger than 1 GiB: split it, or import it on the command line")]
    TooLarge,
    /// It was imported, has had its time, or belongs to somebody else.
    #[error("this upload is not there any more: send the file again")]
    Gone,
    /// It did not arrive whole.
    #[error("the file did not arrive whole: send it again")]
    Broken,
    /// There is no room for it.
    #[error("the disk is full: make room and send the file again; nothing of it was kept")]
    DiskFull,
}

impl Rule for UploadError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "import.upload_missing",
            Self::TooLarge => "import.upload_too_large",
            Self::Gone => "import.upload_gone",
            Self::Broken => "import.upload_broken",
            Self::DiskFull => "import.disk_full",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Missing | Self::TooLarge | Self::Broken => Class::Invalid,
            Self::Gone => Class::NotFound,
            Self::DiskFull => Class::Unavailable,
        }
    }
    fn at(&self) -> Option<String> {
        let field = if matches!(self, Self::Gone) {
            "upload_id"
        } else {
            "file"
        };
        Some(field.to_owned())
    }
}

/// Why a run cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// It is not in a state for that.
    #[error("the run is {state}: it cannot be {verb}")]
    State {
        /// Where it stands.
        state: RunState,
        /// What was asked.
        verb: &'static str,
    },
    /// Another process is at it.
    #[error("the run is being carried out by another process")]
    Held,
    /// The file is no longer the one that was planned.
    #[error("the file has changed since the run was planned: start a new import")]
    FileChanged,
}

impl Rule for RunError {
    fn code(&self) -> &'static str {
        match self {
            Self::State { .. } => "import.state",
            Self::Held => "import.held",
            Self::FileChanged => "import.file_changed",
        }
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
}
