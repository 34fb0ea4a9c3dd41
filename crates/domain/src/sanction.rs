//! What followed from a message that broke a rule, from the decision to its end.

use crate::{
    error::{Class, Rule},
    time::{SECOND, Timestamp},
    words,
};

/// How long after a decision what its writer sends still belongs to it, in milliseconds: they were
/// not told yet.
pub const UNTOLD_MS: i64 = 10 * SECOND;

words! {
    /// Where a sanction stands, as it is stored.
    pub enum SanctionState {
        /// Written down only: the group watches.
        Watched = "watched",
        /// A person decides about removal.
        Review = "review",
        /// Its measures are under way or done.
        Decided = "decided",
        /// Taken back.
        Undone = "undone",
        /// Found wrong before anything was done.
        Dismissed = "dismissed",
    }
}
words! {
    /// Where a sanction stands, as people see it.
    pub enum SanctionStanding {
        /// Written down only.
        Watched = "watched",
        /// A person decides about removal.
        Review = "review",
        /// Its measures are under way.
        Decided = "decided",
        /// All of it was done, or handed to people who did it.
        Carried = "carried",
        /// Its writer says that it was wrong.
        Appealed = "appealed",
        /// Taken back.
        Undone = "undone",
        /// Found wrong before anything was done.
        Dismissed = "dismissed",
    }
}
words! {
    /// A step of a sanction, or of taking it back.
    pub enum SanctionAction {
        /// Tell the writer.
        Notice = "notice",
        /// Take the message down.
        Delete = "delete",
        /// Keep the writer from writing for a while.
        CoolOff = "cool_off",
        /// Put the writer out.
        Remove = "remove",
        /// A person decides.
        Review = "review",
        /// Pay the fee back.
        Refund = "refund",
        /// Let the writer in again.
        Readmit = "readmit",
        /// Let the writer write again.
        Lift = "lift",
        /// Say that it was wrong.
        Apology = "apology",
        /// Answer an appeal.
        Answer = "answer",
    }
}

/// Why a sanction cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SanctionError {
    /// It was taken back or dismissed.
    #[error("the sanction is {0} already")]
    Ended(SanctionState),
    /// Staff, programs and trusted people are never sanctioned.
    #[error("staff, programs and trusted people are never sanctioned")]
    Immune,
    /// The message is held against its writer already.
    #[error("this message has led to a sanction already")]
    Already,
    /// The network's own line, or a complaint.
    #[error("there is nobody to be sanctioned for this message")]
    Nobody,
}

impl Rule for SanctionError {
    fn code(&self) -> &'static str {
        match self {
            Self::Ended(_) => "sanction.ended",
            Self::Immune => "sanction.immune",
            Self::Already => "sanction.already",
            Self::Nobody => "sanction.nobody",
        }
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
}

/// Whether a message that is taken in at `now` belongs to a sanction decided at `decided_at`: its
/// writer cannot have heeded what they had not been told.
pub const fn is_untold(decided_at: Timestamp, now: Timestamp) -> bool {
    now.since(decided_at) < UNTOLD_MS
}

/// The number of the rule that a text of forbidden things has for something: the first of its lines
/// with one of these words, from 1. Empty lines do not count.
pub fn rule_number(forbidden: &str, words: &[&str]) -> Option<usize> {
    forbidden
        .lines()
        .filter(|line| !line.trim().is_empty())
        .position(|line| words.iter().any(|word| line.contains(word)))
        .map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_before_the_notice_belongs_to_the_same_sanction() {
        let at = Timestamp::from_ms(1_000);
        assert!(is_untold(at, at));
        assert!(is_untold(at, at.plus(UNTOLD_MS - 1)));
        assert!(!is_untold(at, at.plus(UNTOLD_MS)));
    }

    #[test]
    fn a_rule_is_named_by_its_line() {
        let forbidden = "1. 不吵架\n\n2. 不发广告、不拉人";
        assert_eq!(rule_number(forbidden, &["广告"]), Some(2));
        assert_eq!(rule_number(forbidden, &["刷屏"]), None);
        assert_eq!(rule_number("", &["广告"]), None);
    }
}
