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
