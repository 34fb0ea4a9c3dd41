//! Links, contacts and cards of somebody who has just come.
//!
//! Most who come to advertise do it within minutes; most others read for a day before they send a
//! link. So the same link weighs the more the fresher the writer is: enough by itself within ten
//! minutes, with other signs up to a day. Whoever came nobody knows when is not new. req: 003-155

use super::{ENOUGH, Hit, HitKind};
use crate::time::{DAY, HOUR, MINUTE, Timestamp};

/// For how long somebody is new, in milliseconds.
pub const NEW_MS: i64 = DAY;
/// Points within [`NEW_MS`].
const POINTS: i32 = 60;
/// Points within an hour.
const WITHIN_HOUR: i32 = 80;
/// Points for each further sort of thing that leads out of the group.
const FURTHER: i32 = 20;

/// What a message of somebody contains, without what the workspace owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Links.
    pub links: u32,
    /// Ways to be reached elsewhere, codes in pictures included.
    pub contacts: u32,
    /// Whether it is a card or mini-programme.
    pub card: bool,
}

/// A hit if somebody who came at `joined_at` brings something at `at`.
pub fn detect(joined_at: Option<Timestamp>, at: Timestamp, brought: &Brought) -> Option<Hit> {
    let age = at.since(joined_at?).max(0);
    if age >= NEW_MS {
        return None;
    }
    let sorts = [
        (brought.contacts > 0, "newcomer.contact"),
        (brought.links > 0, "newcomer.link"),
        (brought.card, "newcomer.card"),
    ];
    let mut there = sorts.iter().filter(|(is, _)| *is).map(|(_, code)| *code);
    let code = there.next()?;
    let points = if age < 10 * MINUTE {
        ENOUGH
    } else if age < HOUR {
        WITHIN_HOUR
    } else {
        POINTS
    };
    let further = i32::try_from(there.count()).unwrap_or(0);
    Some(Hit {
        kind: HitKind::NewcomerLink,
        span: None,
        reason: format!("{code}:{}", age / MINUTE),
        weight: points + FURTHER * further,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moderation::Strictness;

    fn after(minutes: i64, brought: Brought) -> Option<Hit> {
        let joined = Timestamp::from_ms(1_000_000);
        detect(Some(joined), joined.plus(minutes * MINUTE), &brought)
    }

    const LINK: Brought = Brought {
        links: 1,
        contacts: 0,
        card: false,
    };

    #[test]
    fn the_fresher_the_more_it_weighs() {
        let first = after(9, LINK).unwrap();
        assert_eq!(first.reason, "newcomer.link:9");
        assert!(first.weight >= Strictness::Normal.bar());
        let hour = after(59, LINK).unwrap();
        assert!((Strictness::Strict.bar()..Strictness::Normal.bar()).contains(&hour.weight));
        let day = after(24 * 60 - 1, LINK).unwrap();
        assert!(day.weight < Strictness::Strict.bar());
        assert_eq!(after(24 * 60, LINK), None);
    }

    #[test]
    fn more_sorts_weigh_more_and_plain_words_nothing() {
        let all = Brought {
            links: 2,
            contacts: 1,
            card: true,
        };
        let hit = after(120, all).unwrap();
        assert_eq!(
            (hit.reason.as_str(), hit.weight),
            ("newcomer.contact:120", 100)
        );
        assert_eq!(after(1, Brought::default()), None);
    }

    #[test]
    fn whoever_came_nobody_knows_when_is_not_new() {
        assert_eq!(detect(None, Timestamp::from_ms(0), &LINK), None);
        let ahead = detect(
            Some(Timestamp::from_ms(9_000)),
            Timestamp::from_ms(0),
            &LINK,
        );
        assert_eq!(
            ahead.unwrap().reason,
            "newcomer.link:0",
            "a clock that is ahead"
        );
    }
}
