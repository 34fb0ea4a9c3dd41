//! A quarrel: an exchange of two people that heats up.
//!
//! What one of the two writes to the other heats by half its insult points; short retorts within
//! half a minute heat a little once an insult has fallen, so two friends who chat fast never
//! quarrel. Kind words take heat away. Heat falls by half every three minutes. What one side says
//! counts at most twice what the other says: nobody quarrels alone, and whoever is insulted and
//! answers calmly is in no quarrel (the insults are judged by themselves). req: 000-003

use super::{Hit, HitKind, recent::Said};
use crate::{
    id::MemberId,
    time::{MINUTE, SECOND, Timestamp},
};

/// How far back messages are looked at, in milliseconds.
pub const WINDOW_MS: i64 = 15 * MINUTE;
/// In which time heat falls by half, in milliseconds.
pub const HALF_LIFE_MS: i64 = 3 * MINUTE;
/// How soon after the other's message one is taken for its answer, in milliseconds.
const ANSWERS_WITHIN_MS: i64 = MINUTE;
/// How soon an answer is a retort, in milliseconds.
const RETORT_MS: i64 = 30 * SECOND;
/// Longest retort, in characters.
const RETORT_CHARS: u32 = 15;
/// Points of a retort.
const RETORT: i32 = 8;
/// Level from which on it is worth telling.
const WARM: i32 = 50;

/// An exchange of the writer with somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// With whom.
    pub with: MemberId,
    /// Heat at the time of the last message; 100 is a quarrel.
    pub level: i32,
    /// How many messages they wrote to each other.
    pub turns: u32,
    /// How many of these insult.
    pub insults: u32,
    /// When the exchange began.
    pub since: Timestamp,
}

impl Exchange {
    /// What a decision is made from, as seen at `at`: level, messages, insults, seconds.
    pub fn hit(&self, at: Timestamp) -> Hit {
        Hit {
            kind: HitKind::Quarrel,
            span: None,
            reason: format!(
                "quarrel.heat:{},{},{},{}",
                self.level,
                self.turns,
                self.insults,
                at.since(self.since) / SECOND
            ),
            weight: self.level,
        }
    }
}

/// The hottest exchange that the writer of `last` is in, if any is warm. `recent` are the messages
/// of the group before it, oldest first.
pub fn hottest(last: &Said, recent: &[Said]) -> Option<Exchange> {
    let talk: Vec<Said> = recent
        .iter()
        .filter(|one| one.group == last.group)
        .filter(|one| (0..=WINDOW_MS).contains(&last.at.since(one.at)))
        .chain(std::iter::once(last))
        .copied()
        .collect();
    let mut others: Vec<MemberId> = Vec::new();
    for one in &talk {
        if one.member != last.member && !others.contains(&one.member) {
            others.push(one.member);
        }
    }
    others
        .into_iter()
        .filter_map(|other| exchange(&talk, last, other))
        .filter(|exchange| exchange.level >= WARM)
        .max_by_key(|exchange| (exchange.level, exchange.with))
}

/// A hit if the writer of `last` is in a heated exchange and heats it with this message.
pub fn detect(last: &Said, recent: &[Said]) -> Option<Hit> {
    if last.insult < 0 {
        return None;
    }
    hottest(last, recent).map(|exchange| exchange.hit(last.at))
}

fn exchange(talk: &[Said], last: &Said, other: MemberId) -> Option<Exchange> {
    let pair = [last.member, other];
    let mut heat = [0.0_f64; 2];
    let (mut turns, mut insults) = (0, 0);
    let mut since = None;
    let mut heated = false;
    let mut before: Option<&Said> = None;
    let mut addressed = false;
    for one in talk {
        let Some(side) = pair.iter().position(|member| *member == one.member) else {
            before = Some(one);
            continue;
        };
        let opposite = pair[1 - side];
        let pause = before
            .filter(|before| before.member == opposite)
            .map(|before| one.at.since(before.at));
        let to_other = match one.answers {
            Some(answered) => answered == opposite,
            // Who goes on writing goes on writing to the same person.
            None => {
                pause.is_some_and(|pause| pause <= ANSWERS_WITHIN_MS)
                    || (addressed && before.is_some_and(|before| before.member == one.member))
            }
        };
        // Whoever begins a quarrel has nobody before them: insults are taken to open an exchange.
        let opens = one.answers.is_none() && one.insult > 0;
        addressed = to_other;
        before = Some(one);
        if !to_other && !opens {
            continue;
        }
        turns += 1;
        since = since.or(Some(one.at));
        let mut points = one.insult / 2;
        if one.insult > 0 {
            insults += 1;
            heated = true;
        }
        let retort = pause.is_some_and(|pause| pause <= RETORT_MS)
            && (1..=RETORT_CHARS).contains(&one.chars)
            && one.insult >= 0;
        if heated && retort {
            points += RETORT;
        }
        let age = last.at.since(one.at) as f64 / HALF_LIFE_MS as f64;
        heat[side] += f64::from(points) * (-age).exp2();
    }
    let [a, b] = heat.map(|points| points.max(0.0));
    let level = (a.min(2.0 * b) + b.min(2.0 * a)).round() as i32;
    since.map(|since| Exchange {
        with: other,
        level,
        turns,
        insults,
        since,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::moderation::{ENOUGH, recent::tests::said};

    /// Messages of a group: who, after how many seconds, with which insult points.
    fn talk(lines: &[(i64, i64, i32)]) -> Vec<Said> {
        lines
            .iter()
            .map(|(member, seconds, insult)| Said {
                insult: *insult,
                ..said(1, *member, seconds * SECOND)
            })
            .collect()
    }

    fn level(all: &[Said]) -> i32 {
        let (last, before) = all.split_last().unwrap();
        hottest(last, before).map_or(0, |exchange| exchange.level)
    }

    #[test]
    fn insults_of_both_become_a_quarrel_and_are_told_with_numbers() {
        let all = talk(&[(1, 0, 60), (2, 10, 100), (1, 25, 60), (2, 40, 100)]);
        let (last, before) = all.split_last().unwrap();
        let exchange = hottest(last, before).unwrap();
        assert_eq!(exchange.with, MemberId::from_raw(1));
        assert_eq!((exchange.turns, exchange.insults), (4, 4));
        assert!(exchange.level >= ENOUGH, "{exchange:?}");
        let hit = detect(last, before).unwrap();
        assert_eq!(
            hit.reason,
            format!("quarrel.heat:{},4,4,40", exchange.level)
        );
        assert_eq!(hit.weight, exchange.level);
    }

    #[test]
    fn heat_rises_with_insults_and_falls_by_half_in_three_minutes() {
        let heated = talk(&[(1, 0, 100), (2, 10, 100), (1, 20, 100), (2, 30, 100)]);
        let first = level(&heated);
        assert!(
            level(&heated[..3]) < first,
            "each insult of both heats it more"
        );
        let mut later = heated.clone();
        later.push(Said {
            answers: Some(MemberId::from_raw(1)),
            chars: 40,
            ..said(1, 2, 30 * SECOND + HALF_LIFE_MS)
        });
        assert!(
            (level(&later) - first / 2).abs() <= 1,
            "{first} then {}",
            level(&later)
        );
        later.push(said(1, 1, 30 * SECOND + 6 * HALF_LIFE_MS));
        assert_eq!(level(&later), 0, "and is over after a quarter of an hour");
    }

    #[test]
    fn nobody_quarrels_alone_and_fast_friends_do_not() {
        assert_eq!(
            level(&talk(&[(1, 0, 100), (1, 5, 100), (2, 10, 0), (1, 12, 100)])),
            0,
            "a calm answer makes no exchange warm"
        );
        let friends: Vec<(i64, i64, i32)> = (0..30).map(|n| (n % 2 + 1, n * 4, 0)).collect();
        assert_eq!(level(&talk(&friends)), 0);
    }

    #[test]
    fn kind_words_cool_and_are_never_a_quarrel_themselves() {
        let mut all = talk(&[(1, 0, 100), (2, 10, 100), (1, 20, 60), (2, 30, 60)]);
        let hot = level(&all);
        all.extend(talk(&[(1, 40, -120), (2, 50, -120)]));
        assert!(level(&all) < hot / 2, "{hot} then {}", level(&all));
        let (last, before) = all.split_last().unwrap();
        assert_eq!(detect(last, before), None);
    }

    #[test]
    fn a_third_person_in_between_is_in_no_quarrel() {
        let mut all = talk(&[
            (1, 0, 100),
            (2, 10, 100),
            (3, 12, 0),
            (1, 20, 100),
            (2, 30, 100),
            (3, 35, 0),
        ]);
        let (last, before) = all.split_last().unwrap();
        assert_eq!(
            detect(last, before),
            None,
            "whoever only says something between"
        );
        all.pop();
        let (last, before) = all.split_last().unwrap();
        assert!(detect(last, before).is_some());
    }

    #[test]
    fn an_answer_to_somebody_else_is_no_turn() {
        let mut all = talk(&[(1, 0, 100), (2, 10, 100)]);
        let hot = level(&all);
        all[1].answers = Some(MemberId::from_raw(9));
        assert!(hot > 0);
        assert_eq!(level(&all), 0);
    }

    proptest! {
        #[test]
        fn any_talk_has_a_level(lines in proptest::collection::vec((0..4_i64, 0..60_i64, -200..400_i32), 1..40)) {
            let mut at = 0;
            let all: Vec<Said> = lines.iter().map(|(member, pause, insult)| {
                at += pause * SECOND;
                Said { insult: *insult, ..said(1, *member, at) }
            }).collect();
            let calm: Vec<Said> = all.iter().map(|one| Said { insult: one.insult.min(0), ..*one }).collect();
            prop_assert!(level(&all) >= 0);
            prop_assert_eq!(level(&calm), 0, "without an insult there is no quarrel");
        }
    }
}
