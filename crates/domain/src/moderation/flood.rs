//! Flooding: more messages of one person than the others can read past.
//!
//! Three measures, of which the one that weighs most counts: messages within ten seconds, within a
//! minute, and near duplicates within ten minutes. Nine pictures chosen at once are one gesture, so
//! a message without words counts a third. Points are 100 at the limit and grow with the count, so
//! how strictly a group is kept moves the limit: 6 messages in ten seconds where it is kept as most
//! are, 9 among friends, 5 where it is kept strictly. req: 000-002

use super::{ENOUGH, Hit, HitKind, Strictness, recent::Said};
use crate::time::{MINUTE, SECOND};

/// How far back messages are looked at, in milliseconds.
pub const WINDOW_MS: i64 = 10 * MINUTE;
/// Messages with words within ten seconds that are too many.
const BURST: i32 = 6;
/// Messages with words within a minute that are too many.
const STREAM: i32 = 15;
/// Near duplicates within [`WINDOW_MS`] that are too many; a list that everybody adds a line to is
/// posted again by the same person once or twice.
const SAME: i32 = 4;
/// How many messages without words count as one.
const WORDLESS: i32 = 3;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Within ten seconds.
    Burst,
    /// Within a minute.
    Stream,
    /// Near duplicates.
    Same,
}

/// How somebody floods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flood {
    /// Which measure weighs most.
    pub measure: Measure,
    /// How many messages it counts.
    pub messages: i32,
    /// Points; 100 at the limit of a group kept as most are.
    pub points: i32,
}

impl Flood {
    /// What a decision is made from.
    pub fn hit(&self) -> Hit {
        let code = match self.measure {
            Measure::Burst => "flood.10s",
            Measure::Stream => "flood.60s",
            Measure::Same => "flood.same",
        };
        Hit {
            kind: HitKind::Flood,
            span: None,
            reason: format!("{code}:{}", self.messages),
            weight: self.points,
        }
    }
}

/// How much the writer of `last` floods; `recent` are messages before it, of whomever and in
/// whatever order.
pub fn measure(last: &Said, recent: &[Said]) -> Flood {
    let own = || {
        recent
            .iter()
            .filter(|one| one.group == last.group && one.member == last.member)
            .filter(|one| (0..=WINDOW_MS).contains(&last.at.since(one.at)))
            .chain(std::iter::once(last))
    };
    let within = |ms: i64| {
        let (mut worded, mut wordless) = (0, 0);
        for one in own().filter(|one| last.at.since(one.at) <= ms) {
            if one.chars == 0 {
                wordless += 1;
            } else {
                worded += 1;
            }
        }
        (worded + wordless, worded * WORDLESS + wordless)
    };
    let flood = |measure, (messages, thirds): (i32, i32), limit: i32| Flood {
        measure,
        messages,
        points: thirds.saturating_mul(ENOUGH) / (limit * WORDLESS),
    };
    let same = last.digest.map_or(0, |digest| {
        own()
            .filter(|one| one.digest.is_some_and(|other| other.is_like(&digest)))
            .count()
            .try_into()
            .unwrap_or(i32::MAX)
    });
    let mut most = flood(Measure::Burst, within(10 * SECOND), BURST);
    for next in [
        flood(Measure::Stream, within(MINUTE), STREAM),
        flood(
            Measure::Same,
            (same, i32::saturating_mul(same, WORDLESS)),
            SAME,
        ),
    ] {
        if next.points > most.points {
            most = next;
        }
    }
    most
}

/// A hit if the writer of `last` floods a group kept so.
pub fn detect(strictness: Strictness, last: &Said, recent: &[Said]) -> Option<Hit> {
    let flood = measure(last, recent);
    (flood.points >= strictness.bar()).then(|| flood.hit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::moderation::recent::{Digest, tests::said};

    fn every(ms: i64, count: i64) -> Vec<Said> {
        (0..count).map(|n| said(1, 1, n * ms)).collect()
    }

    fn reason(strictness: Strictness, all: &[Said]) -> Option<String> {
        let (last, before) = all.split_last().unwrap();
        detect(strictness, last, before).map(|hit| hit.reason)
    }

    #[test]
    fn six_in_ten_seconds_are_too_many_and_five_are_not() {
        assert_eq!(reason(Strictness::Normal, &every(1_500, 5)), None);
        assert_eq!(
            reason(Strictness::Normal, &every(1_500, 6)).as_deref(),
            Some("flood.10s:6")
        );
        assert_eq!(
            reason(Strictness::Normal, &every(6_000, 40)),
            None,
            "ten a minute, for as long as one likes"
        );
        assert_eq!(
            reason(Strictness::Normal, &every(4_000, 30)).as_deref(),
            Some("flood.60s:16")
        );
    }

    #[test]
    fn strictness_moves_the_limit() {
        for (strictness, least) in [
            (Strictness::Loose, 9),
            (Strictness::Normal, 6),
            (Strictness::Strict, 5),
        ] {
            assert_eq!(reason(strictness, &every(1_000, least - 1)), None);
            assert!(
                reason(strictness, &every(1_000, least)).is_some(),
                "{strictness}"
            );
        }
    }

    #[test]
    fn nine_pictures_at_once_are_one_gesture() {
        let mut pictures = every(100, 9);
        for one in &mut pictures {
            one.chars = 0;
        }
        assert_eq!(reason(Strictness::Strict, &pictures), None);
        let mut album = every(100, 18);
        for one in &mut album {
            one.chars = 0;
        }
        assert_eq!(
            reason(Strictness::Normal, &album).as_deref(),
            Some("flood.10s:18")
        );
    }

    #[test]
    fn the_same_words_again_and_again_are_a_flood_at_any_pace() {
        let mut all = every(120_000, 5);
        for (n, one) in (0..).zip(all.iter_mut()) {
            one.digest = Some(Digest([1, 2, 3, 4, n, n, n, n]));
        }
        assert_eq!(
            reason(Strictness::Normal, &all).as_deref(),
            Some("flood.same:5")
        );
        assert_eq!(reason(Strictness::Normal, &all[..3]), None);
    }

    #[test]
    fn others_and_other_groups_do_not_count() {
        let mut all = every(500, 12);
        for (n, one) in all.iter_mut().enumerate().take(11) {
            *one = said(i64::from(n % 2 == 0), n as i64 % 3, one.at.ms());
        }
        assert_eq!(reason(Strictness::Strict, &all), None, "{all:?}");
    }

    proptest! {
        #[test]
        fn more_messages_never_weigh_less(times in proptest::collection::vec(0..900_000_i64, 0..60)) {
            let last = said(1, 1, 900_000);
            let recent: Vec<Said> = times.iter().map(|at| said(1, 1, *at)).collect();
            let mut before = 0;
            for count in 0..=recent.len() {
                let points = measure(&last, &recent[..count]).points;
                prop_assert!(points >= before);
                before = points;
            }
        }
    }
}
