//! What operators say of messages, for a classifier to learn from.

use crate::{
    error::{Class, Rule},
    words,
};

words! {
    /// How a mark came about.
    pub enum MarkSource {
        /// An operator said so.
        Operator = "operator",
        /// A sanction was taken back.
        Undo = "undo",
        /// An appeal was granted or refused.
        Appeal = "appeal",
    }
}

/// Why a message cannot be marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// It has no words, or none any more.
    #[error("a message without words teaches nothing")]
    Wordless,
}

impl Rule for MarkError {
    fn code(&self) -> &'static str {
        "mark.wordless"
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
    fn at(&self) -> Option<String> {
        Some("message_id".to_owned())
    }
}
