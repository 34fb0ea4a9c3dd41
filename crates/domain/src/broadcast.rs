//! Broadcasts (群发): one message for many groups, and what becomes of it in each.
//!
//! An operator says it once; whether a group gets it, through what, or why not, is decided here,
//! from what is known of the group at that moment. The same decision makes the plan that is shown
//! beforehand and the sending itself, so the plan cannot promise what the sending refuses.
//! req: 003-069, 003-110

mod course;
mod draft;

pub use self::{
    course::{Course, Reason, Standing, decide, limit_code, needs},
    draft::{Attachment, Draft, Reach},
};
use crate::{
    error::{Class, Rule},
    time::{DAY, HOUR, MINUTE},
    words,
};

/// Longest text, in characters (trade.md 7).
pub const LENGTH: usize = 4_000;
/// Most attachments (trade.md 7).
pub const ATTACHMENTS: usize = 9;
/// Longest name, in characters.
pub const NAME_LENGTH: usize = 60;
/// Most groups that can be named one by one.
pub const NAMED: usize = 5_000;
/// Fastest rate that can be asked for, in messages a minute and account.
pub const FASTEST: i64 = 600;
/// How far ahead a broadcast can be set, in milliseconds.
pub const AHEAD: i64 = 366 * DAY;
/// How long what waits for a better moment is kept before it is given up, in milliseconds.
pub const LATEST: i64 = DAY;
/// How often whoever waits on a complaint is looked at again, in milliseconds.
pub const LOOK_AGAIN: i64 = 5 * MINUTE;
/// How often those who have not sent are reminded within [`NUDGE_SPAN`] (rules.md R03).
pub const NUDGES: usize = 3;
/// See [`NUDGES`], in milliseconds.
pub const NUDGE_SPAN: i64 = DAY;
/// How long after it was said what it brought is counted, in milliseconds (trade.md 7).
pub const RESULT_SPAN: i64 = 24 * HOUR;
/// What can stand in a text between `{{` and `}}` of itself.
pub const GROUP_VARIABLES: &[&str] = &["store", "group", "manager", "staff", "members", "bot"];
/// What a store says of itself, and can stand there too.
pub const STORE_VARIABLES: &[&str] = &["address", "hours", "pickup", "code"];

words! {
    /// How a broadcast reaches its groups (trade.md 7).
    pub enum Mode {
        /// 自动: the channel speaks.
        Auto = "auto",
        /// 群发任务: the network hands it to staff, who confirm with one tap.
        Task = "task",
        /// 群内手发: staff copy and paste.
        Paste = "paste",
        /// 改群公告: it becomes the group's announcement.
        Announce = "announce",
    }
}
words! {
    /// Where a broadcast stands.
    pub enum State {
        /// Being written.
        Draft = "draft",
        /// Waits for its time.
        Scheduled = "scheduled",
        /// On its way.
        Running = "running",
        /// Halted; can go on.
        Paused = "paused",
        /// Every group has been dealt with.
        Done = "done",
        /// Ended before its end.
        Stopped = "stopped",
    }
}
words! {
    /// What became of it in a group.
    pub enum Fate {
        /// Waits: at night, or while a complaint is open.
        Held = "held",
        /// On its way through the channel.
        Sending = "sending",
        /// A person is to send it.
        Asked = "asked",
        /// It stands in the group.
        Sent = "sent",
        /// It does not, and will not.
        Failed = "failed",
        /// It was not meant to, for a reason.
        Skipped = "skipped",
        /// The broadcast was stopped before.
        Stopped = "stopped",
    }
}

/// How long it takes to say something to `groups` groups through one account, in minutes.
pub const fn minutes(groups: i64, per_minute: i64) -> i64 {
    if groups <= 0 {
        0
    } else {
        (groups + per_minute - 1) / per_minute
    }
}

/// Checks that a broadcast may go from one state to another.
///
/// # Errors
/// [`BroadcastError::State`].
pub fn step(from: State, to: State) -> Result<(), BroadcastError> {
    use State::{Done, Draft, Paused, Running, Scheduled, Stopped};
    let allowed = matches!(
        (from, to),
        (Draft, Scheduled)
            | (Scheduled, Draft | Running | Paused | Stopped)
            | (Running, Paused | Stopped | Done)
            | (Paused, Running | Scheduled | Stopped)
            // Tasks that people have not done yet can still be taken back.
            | (Done, Stopped)
    );
    if allowed {
        Ok(())
    } else {
        Err(BroadcastError::State(from))
    }
}

/// Why a broadcast cannot be kept or led so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BroadcastError {
    /// Without a name, or with a long one.
    #[error("a broadcast needs a name of at most {NAME_LENGTH} characters")]
    Name,
    /// Without words, or with too many.
    #[error("a broadcast needs 1 to {LENGTH} characters of text, this one has {0}")]
    Text(usize),
    /// It names something that is not known.
    #[error("the text names {{{{{name}}}}}, which is not known: one of {}, {}", GROUP_VARIABLES.join(", "), STORE_VARIABLES.join(", "))]
    Variable {
        /// What it names.
        name: String,
    },
    /// Too many.
    #[error("at most {ATTACHMENTS} attachments")]
    Attachments,
    /// No title, or no address that a chat opens.
    #[error("attachment {0} needs a title and an address that begins with https://")]
    Attachment(usize),
    /// Too slow or too fast.
    #[error("1 to {FASTEST} messages a minute")]
    Rate,
    /// Too many named.
    #[error("at most {NAMED} groups can be named one by one: use branches or kinds")]
    Groups,
    /// In the past, or too far ahead.
    #[error("the time lies in the past, or more than a year ahead")]
    When,
    /// A branch or group that is not there.
    #[error("there is no branch or group called {0:?}")]
    Unknown(String),
    /// No group is left.
    #[error("no group fits: loosen the conditions")]
    Nobody,
    /// What a store says under a name is too long.
    #[error("what a store says under {0} has at most 200 characters")]
    Value(String),
    /// Claims that an advert may not make stand in it.
    #[error(
        "the text says {0:?}, which an advert may not: change it, or say on what grounds it stands"
    )]
    Claim(String),
    /// It stands where this cannot be done.
    #[error("the broadcast is {0}: that cannot be done now")]
    State(State),
    /// It has changed meanwhile.
    #[error("the broadcast has changed meanwhile: look at it again")]
    Changed,
    /// Reminded often enough.
    #[error("those who have not sent were reminded {NUDGES} times within 24 hours")]
    Nudged,
    /// Nobody has anything left to send.
    #[error("nobody has anything left to send")]
    NobodyLate,
}

impl Rule for BroadcastError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "broadcast.name",
            Self::Text(_) => "broadcast.text",
            Self::Variable { .. } => "broadcast.variable",
            Self::Attachments => "broadcast.attachments",
            Self::Attachment(_) => "broadcast.attachment",
            Self::Rate => "broadcast.rate",
            Self::Groups => "broadcast.groups",
            Self::When => "broadcast.when",
            Self::Unknown(_) => "broadcast.unknown",
            Self::Nobody => "broadcast.nobody",
            Self::Value(_) => "broadcast.value",
            Self::Claim(_) => "broadcast.claim",
            Self::State(_) => "broadcast.state",
            Self::Changed => "broadcast.changed",
            Self::Nudged => "broadcast.nudged",
            Self::NobodyLate => "broadcast.nobody_late",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::State(_) | Self::Changed | Self::NobodyLate => Class::Conflict,
            Self::Nudged => Class::Limit,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        Some(match self {
            Self::Name => "name".to_owned(),
            Self::Text(_) | Self::Variable { .. } | Self::Claim(_) => "text".to_owned(),
            Self::Attachments => "attachments".to_owned(),
            Self::Attachment(index) => format!("attachments.{index}"),
            Self::Rate => "per_minute".to_owned(),
            Self::Groups | Self::Unknown(_) | Self::Nobody => "reach".to_owned(),
            Self::When => "at".to_owned(),
            Self::Value(name) => name.clone(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broadcast_that_ended_stays_ended() {
        for from in State::ALL {
            for to in State::ALL {
                if matches!(from, State::Done | State::Stopped) && *to != State::Stopped {
                    assert_eq!(step(*from, *to), Err(BroadcastError::State(*from)));
                }
            }
        }
        assert_eq!(step(State::Draft, State::Scheduled), Ok(()));
        assert_eq!(step(State::Done, State::Stopped), Ok(()));
        assert!(step(State::Stopped, State::Stopped).is_err());
        assert_eq!(step(State::Running, State::Paused), Ok(()));
        assert_eq!(step(State::Paused, State::Running), Ok(()));
        assert!(step(State::Draft, State::Running).is_err());
        assert_eq!((minutes(0, 20), minutes(21, 20)), (0, 2));
    }
}
