//! Appeals: a member says that a sanction was wrong, and a person looks within two hours.

use crate::{
    error::{Class, Rule},
    words,
};

words! {
    /// Where an appeal stands.
    pub enum AppealState {
        /// To be looked at.
        Open = "open",
        /// The sanction was wrong and is taken back.
        Granted = "granted",
        /// The sanction stays.
        Refused = "refused",
    }
}

/// Why there is no appeal, or no other answer to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppealError {
    /// It was answered.
    #[error("this appeal was {0} already")]
    Answered(AppealState),
    /// There is one already.
    #[error("there is an appeal against this sanction already")]
    Already,
    /// There is nothing to appeal against.
    #[error("this sanction is not in force, or is somebody else's")]
    Nothing,
    /// A refusal says why.
    #[error("say why: the member is told")]
    NoReason,
}

impl Rule for AppealError {
    fn code(&self) -> &'static str {
        match self {
            Self::Answered(_) => "appeal.answered",
            Self::Already => "appeal.already",
            Self::Nothing => "appeal.nothing",
            Self::NoReason => "appeal.no_reason",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::NoReason => Class::Invalid,
            _ => Class::Conflict,
        }
    }
    fn at(&self) -> Option<String> {
        matches!(self, Self::NoReason).then(|| "reason".to_owned())
    }
}
