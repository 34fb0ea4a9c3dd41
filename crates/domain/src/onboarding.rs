//! The first 24 hours of somebody in a group: what is still to come, and when it ends.
//!
//! A person makes up their mind about a group within a day. So four things happen in it: they are
//! welcomed, the rules reach them, they say a first word, and whoever has something left to do is
//! reminded once. Whoever leaves or wants to be left alone is not followed. req: 001-050

use crate::{
    time::{HOUR, MINUTE, Timestamp},
    words,
};

/// How long it lasts, in milliseconds.
pub const LASTS: i64 = 24 * HOUR;
/// After how long somebody is reminded, in milliseconds.
pub const REMIND_AFTER: i64 = 12 * HOUR;
/// How often is looked whether a greeting left, in milliseconds.
pub const LOOK_AGAIN: i64 = MINUTE;

words! {
    /// What comes next.
    pub enum Step {
        /// The welcome.
        Greet = "greet",
        /// The first word, and what else there is to do.
        Settle = "settle",
        /// Nothing.
        Done = "done",
    }
}
words! {
    /// How it ended.
    pub enum Ending {
        /// They spoke, and did what was asked of them.
        Active = "active",
        /// They spoke no word, or left something undone.
        Silent = "silent",
        /// The channel shows no words, so nobody knows.
        Unseen = "unseen",
        /// They left or were put out.
        Left = "left",
        /// They want to be left alone.
        Stopped = "stopped",
    }
}
words! {
    /// What somebody has left to do.
    pub enum Undone {
        /// To acknowledge the rules.
        Rules = "rules",
        /// To carry a name as the group asks for it.
        CardName = "card_name",
        /// To say something.
        Word = "word",
    }
}

/// What is known of somebody's first day.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// When they came.
    pub joined_at: Timestamp,
    /// Whether they are in the group.
    pub here: bool,
    /// Whether they want to be left alone.
    pub stopped: bool,
    /// Whether they acknowledged the rules; `None` where nothing is asked.
    pub acknowledged: Option<bool>,
    /// Whether their name is as the group asks for it; `None` where nothing is asked.
    pub card_name: Option<bool>,
    /// Whether they said something; `None` where the channel cannot show it.
    pub spoke: Option<bool>,
    /// Whether they were reminded.
    pub reminded: bool,
    /// Whether the channel can write to them.
    pub reachable: bool,
    /// The end of the quiet hours, if it is night.
    pub quiet: Option<Timestamp>,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is over.
    End(Ending),
    /// They are reminded of what they have left to do.
    Remind(Vec<Undone>),
    /// Nothing before this instant.
    Wait(Timestamp),
}

/// What follows at `now`.
pub fn next(facts: &Facts, now: Timestamp) -> Next {
    if !facts.here {
        return Next::End(Ending::Left);
    }
    if facts.stopped {
        return Next::End(Ending::Stopped);
    }
    let mut undone = Vec::new();
    if facts.acknowledged == Some(false) {
        undone.push(Undone::Rules);
    }
    if facts.card_name == Some(false) {
        undone.push(Undone::CardName);
    }
    if facts.spoke == Some(false) {
        undone.push(Undone::Word);
    }
    if facts.spoke == Some(true) && undone.is_empty() {
        return Next::End(Ending::Active);
    }
    let end = facts.joined_at.plus(LASTS);
    if end <= now {
        return Next::End(match (facts.spoke, undone.is_empty()) {
            (None, true) => Ending::Unseen,
            _ => Ending::Silent,
        });
    }
    if undone.is_empty() || facts.reminded || !facts.reachable {
        return Next::Wait(end);
    }
    let due = facts.joined_at.plus(REMIND_AFTER);
    match facts.quiet {
        _ if now < due => Next::Wait(due),
        Some(morning) => Next::Wait(morning.min(end)),
        None => Next::Remind(undone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOINED: Timestamp = Timestamp::from_ms(1_772_416_800_000);
    const FACTS: Facts = Facts {
        joined_at: JOINED,
        here: true,
        stopped: false,
        acknowledged: Some(false),
        card_name: None,
        spoke: Some(false),
        reminded: false,
        reachable: true,
        quiet: None,
    };

    fn after(facts: &Facts, hours: i64) -> Next {
        next(facts, JOINED.plus(hours * HOUR))
    }

    #[test]
    fn somebody_is_reminded_once_by_day_of_what_is_left() {
        assert_eq!(after(&FACTS, 1), Next::Wait(JOINED.plus(REMIND_AFTER)));
        assert_eq!(
            after(&FACTS, 12),
            Next::Remind(vec![Undone::Rules, Undone::Word])
        );
        let night = Facts {
            quiet: Some(JOINED.plus(20 * HOUR)),
            ..FACTS
        };
        assert_eq!(after(&night, 13), Next::Wait(JOINED.plus(20 * HOUR)));
        let reminded = Facts {
            reminded: true,
            ..FACTS
        };
        assert_eq!(after(&reminded, 13), Next::Wait(JOINED.plus(LASTS)));
        let unreachable = Facts {
            reachable: false,
            ..FACTS
        };
        assert_eq!(after(&unreachable, 13), Next::Wait(JOINED.plus(LASTS)));
        let named = Facts {
            acknowledged: None,
            card_name: Some(false),
            spoke: Some(true),
            ..FACTS
        };
        assert_eq!(after(&named, 12), Next::Remind(vec![Undone::CardName]));
    }

    #[test]
    fn it_ends_with_a_word_or_with_the_day() {
        let spoke = Facts {
            spoke: Some(true),
            acknowledged: Some(true),
            ..FACTS
        };
        assert_eq!(after(&spoke, 1), Next::End(Ending::Active));
        let unread = Facts {
            spoke: Some(true),
            ..FACTS
        };
        assert_eq!(
            after(&unread, 1),
            Next::Wait(JOINED.plus(REMIND_AFTER)),
            "the rules are open"
        );
        assert_eq!(after(&FACTS, 24), Next::End(Ending::Silent));
        let unseen = Facts {
            spoke: None,
            acknowledged: None,
            ..FACTS
        };
        assert_eq!(after(&unseen, 13), Next::Wait(JOINED.plus(LASTS)));
        assert_eq!(
            after(&unseen, 24),
            Next::End(Ending::Unseen),
            "unknown is not silent"
        );
    }

    #[test]
    fn who_left_or_said_stop_is_not_followed() {
        for hours in [0, 12, 30] {
            let left = Facts {
                here: false,
                ..FACTS
            };
            assert_eq!(after(&left, hours), Next::End(Ending::Left));
            let stopped = Facts {
                stopped: true,
                ..FACTS
            };
            assert_eq!(after(&stopped, hours), Next::End(Ending::Stopped));
        }
    }
}
