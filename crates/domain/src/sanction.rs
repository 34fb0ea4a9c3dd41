//! What followed from a message that broke a rule, from the decision to its end.

use crate::{
    error::{Class, Rule},
    time::{HOUR, SECOND, Timestamp},
    words,
};

/// How long somebody who was told has to read it, in milliseconds: what they send until then still
/// belongs to what they were told of.
pub const UNTOLD_MS: i64 = 10 * SECOND;
/// How long a notice that has not been said yet keeps what its writer sends from counting again, in
/// milliseconds. A person who says it for the channel has as long.
pub const FAIR_MS: i64 = HOUR;

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

/// Whether a message that is taken in at `now` belongs to what its writer was told at `at`, or would
/// have been: they cannot have heeded it yet.
pub const fn is_untold(at: Timestamp, now: Timestamp) -> bool {
    now.since(at) < UNTOLD_MS
}

/// How far a notice has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telling {
    /// When it was said; `None` while it is on its way, and where it never left.
    pub said_at: Option<Timestamp>,
    /// From when on it was to be said.
    pub planned_at: Timestamp,
}

impl Telling {
    /// Whether the notice has had no fair chance to arrive by `now`. One that nobody ever says does
    /// not protect its writer for good.
    pub const fn is_on_its_way(&self, now: Timestamp) -> bool {
        match self.said_at {
            Some(at) => is_untold(at, now),
            None => now.since(self.planned_at) < FAIR_MS,
        }
    }
}

/// How many steps of the ladder decisions were that nobody was told of, a rehearsal's, and when the
/// last of them was taken: `times` are their instants, earliest first. What follows a step before its
/// notice could have been read belongs to it.
pub fn steps(times: &[Timestamp]) -> (u32, Option<Timestamp>) {
    times
        .iter()
        .fold((0, None), |(count, last), at| match last {
            Some(step) if is_untold(step, *at) => (count, last),
            _ => (count + 1, Some(*at)),
        })
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
    fn a_notice_has_a_fair_chance_to_arrive_and_not_for_ever() {
        let planned_at = Timestamp::from_ms(0);
        let waits = Telling {
            said_at: None,
            planned_at,
        };
        assert!(waits.is_on_its_way(planned_at.plus(FAIR_MS - 1)));
        assert!(!waits.is_on_its_way(planned_at.plus(FAIR_MS)));
        let late = planned_at.plus(30 * SECOND);
        let said = Telling {
            said_at: Some(late),
            planned_at,
        };
        assert!(said.is_on_its_way(late.plus(UNTOLD_MS - 1)), "it is read");
        assert!(!said.is_on_its_way(late.plus(UNTOLD_MS)));
    }

    #[test]
    fn what_was_sent_in_one_breath_is_one_step() {
        let at = |ms: &[i64]| {
            ms.iter()
                .map(|ms| Timestamp::from_ms(*ms))
                .collect::<Vec<_>>()
        };
        assert_eq!(steps(&[]), (0, None));
        let breath = [0, 3_000, 9_999];
        assert_eq!(steps(&at(&breath)), (1, Some(Timestamp::from_ms(0))));
        let again = [0, 9_999, 10_000, 19_999];
        assert_eq!(
            steps(&at(&again)),
            (2, Some(Timestamp::from_ms(10_000))),
            "a step lasts from its first message, however many follow"
        );
    }

    #[test]
    fn a_rule_is_named_by_its_line() {
        let forbidden = "1. 不吵架\n\n2. 不发广告、不拉人";
        assert_eq!(rule_number(forbidden, &["广告"]), Some(2));
        assert_eq!(rule_number(forbidden, &["刷屏"]), None);
        assert_eq!(rule_number("", &["广告"]), None);
    }
}
