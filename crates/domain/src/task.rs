//! Work for people: what a channel cannot do, and what only a person should.

use crate::{
    error::{Class, Rule},
    words,
};

words! {
    /// What a task is about; the order is the order of Today (trade.md 3).
    pub enum TaskKind {
        /// 客诉: somebody is unhappy.
        Complaint = "complaint",
        /// A code is broken or about to fill.
        Code = "code",
        /// Something to say or do in a group.
        Do = "do",
        /// A question waits for an answer.
        Reply = "reply",
        /// Somebody says a sanction was wrong.
        Appeal = "appeal",
        /// Two ledgers differ.
        Reconciliation = "reconciliation",
        /// Something worth knowing.
        Hint = "hint",
    }
}
words! {
    /// How pressing it is.
    pub enum Level {
        /// Now.
        Urgent = "urgent",
        /// Today.
        Warn = "warn",
        /// When there is time.
        Normal = "normal",
    }
}
words! {
    /// Where it stands.
    pub enum TaskState {
        /// To be done.
        Open = "open",
        /// Done.
        Done = "done",
        /// Somebody said why it cannot be done.
        Impossible = "impossible",
        /// No longer needed.
        Withdrawn = "withdrawn",
    }
}
words! {
    /// Why it cannot be done (trade.md 8).
    pub enum Refusal {
        /// 不在岗.
        OffDuty = "off_duty",
        /// 群已满.
        GroupFull = "group_full",
        /// 内容不合适.
        Unsuitable = "unsuitable",
        /// 客户投诉中.
        Complaint = "complaint",
    }
}
words! {
    /// How one knows that it is done.
    pub enum DoneCheck {
        /// The person's own tick, shown as 自报.
        Own = "self",
        /// The channel shows it.
        Channel = "channel",
    }
}

/// Why a task cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// It is not open.
    #[error("the task is {0} already")]
    NotOpen(TaskState),
    /// It has not been ended, so there is nothing to take back.
    #[error("the task is still open")]
    StillOpen,
    /// Only within a day.
    #[error("a task can be reopened for 24 hours after it was ended")]
    TooLate,
    /// An appeal is answered, not ticked: whoever objects waits for words.
    #[error("an appeal is answered where its case is shown")]
    Answered,
}

impl Rule for TaskError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOpen(_) => "task.not_open",
            Self::StillOpen => "task.still_open",
            Self::TooLate => "task.too_late",
            Self::Answered => "task.answered",
        }
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
}
