//! Keeping order: what a message is held to, what follows from it, and what can be taken back.
//!
//! Detectors say what they saw as [`Hit`]s, each with its place in the text and its points. One
//! decision follows from all hits, from who wrote it and from what they did before: the same case
//! always gets the same [`Decision`]. Sanctions are graded (003-167 to 003-172): a polite word
//! first, then out with a way back after some hours, then out for good, and in a group that members
//! paid for never without a person looking and a refund. A complaint is an alarm and never a
//! sanction. A card that looks sent by mistake is met with a question and counts nothing.
//! req: 000-002, 002-029, 003-155, 003-163, 003-164, 003-169, 003-170, 003-171, 003-172

pub mod flood;
mod measure;
pub mod newcomer;
pub mod quarrel;
pub mod recent;
pub mod repeat;

use serde::{Deserialize, Serialize};

use self::measure::{cool_off, is_heated, measures, way_back};
use crate::{
    group::Standing,
    time::{DAY, HOUR},
    words,
};

/// How long a strike counts, in milliseconds: 30 days.
pub const STRIKE_MS: i64 = 30 * DAY;
/// How soon an appeal is to be looked at, in milliseconds (trade.md 6).
pub const APPEAL_MS: i64 = 2 * HOUR;
/// Points of one kind that are enough at [`Strictness::Normal`].
pub const ENOUGH: i32 = 100;
/// Points at which a message is taken down with the first reminder rather than asked back.
const GRAVE: i32 = 200;
/// From how many days in a group on a bare card may be a mistake (trade.md 6).
const SETTLED_DAYS: i64 = 7;
/// How many true reports are told in a reminder at most: +1, +2.
const TOLD_REPORTS: u32 = 2;
/// Numbers of true reports at which the writer of a message that was dealt with is told again: the
/// second, and then ever more rarely, so that a crowd does not become a siren.
const TOLD_AGAIN: [i64; 4] = [2, 3, 5, 10];

words! {
    /// What a detector recognises.
    pub enum HitKind {
        /// Sells what the group did not ask for.
        Advert = "advert",
        /// Not what the group is for.
        OffTopic = "off_topic",
        /// Too many messages in too short a time.
        Flood = "flood",
        /// Insults somebody.
        Insult = "insult",
        /// An exchange that heats up.
        Quarrel = "quarrel",
        /// Ways to be reached elsewhere.
        Contact = "contact",
        /// A forwarded card or mini-programme.
        Card = "card",
        /// A link from somebody who has just come.
        NewcomerLink = "newcomer_link",
        /// The same words in several groups.
        Repeat = "repeat",
        /// A word or rule of the workspace's own list.
        Word = "word",
        /// A complaint of a customer.
        Complaint = "complaint",
    }
}
words! {
    /// How strictly a group is kept.
    pub enum Strictness {
        /// Among friends.
        Loose = "loose",
        /// As most groups.
        Normal = "normal",
        /// Where adverts must not get through.
        Strict = "strict",
    }
}
words! {
    /// What becomes of decisions.
    pub enum Mode {
        /// Nothing is judged.
        Off = "off",
        /// Decisions are written down and nothing is done: a rehearsal on real talk.
        Watch = "watch",
        /// Decisions are carried out.
        Act = "act",
    }
}
words! {
    /// How hard a sanction is.
    pub enum Tone {
        /// A polite word.
        Gentle = "gentle",
        /// Out, with the true reason and a way back.
        Neutral = "neutral",
        /// Out for good, or a person decides.
        Hard = "hard",
    }
}
words! {
    /// What a sanction answers.
    pub enum Fault {
        /// A rule was broken; it counts as a strike.
        Violation = "violation",
        /// 疑似误发: probably a slip of a finger; it counts nothing.
        Accident = "accident",
    }
}
words! {
    /// One thing that is done.
    pub enum Measure {
        /// Tell the writer, in private where the channel can.
        Notice = "notice",
        /// Take the message down.
        Delete = "delete",
        /// Keep the writer from writing for a while.
        CoolOff = "cool_off",
        /// Put the writer out of the group.
        Remove = "remove",
        /// A person decides about removal, and pays the fee back. req: 003-164
        Review = "review",
    }
}
words! {
    /// A decision in one word, as interfaces show it.
    pub enum Outcome {
        /// Nothing follows.
        Allow = "allow",
        /// [`Tone::Gentle`].
        Gentle = "gentle",
        /// [`Tone::Neutral`].
        Neutral = "neutral",
        /// [`Tone::Hard`].
        Hard = "hard",
        /// Somebody has to look, at once.
        Alarm = "alarm",
    }
}

/// What a detector saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// First character and the one after the last, in Unicode scalars of the original text; `None`
    /// where not the text but the behaviour was recognised.
    pub span: Option<(u32, u32)>,
    /// Code of the sign, `advert.contact`, or the name of the workspace's own rule. What was measured
    /// of a behaviour follows after a colon: `flood.10s:7` are seven messages.
    pub reason: String,
    /// Points; [`ENOUGH`] of one kind are enough. Signs that speak against it are negative.
    pub weight: i32,
}

/// What is decided about.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What was seen.
    pub hits: &'a [Hit],
    /// What the writer is in the group.
    pub standing: Standing,
    /// Whether the writer is on the whitelist.
    pub trusted: bool,
    /// Strikes that still count, in all groups of the workspace.
    pub strikes: u32,
    /// Members who truly reported this message. req: 003-168
    pub reports: u32,
    /// For how many days the writer has been in the group.
    pub days: i64,
    /// Whether the message is a card without words.
    pub bare_card: bool,
    /// Whether members paid to be in the group.
    pub paid: bool,
    /// How strictly the group is kept.
    pub strictness: Strictness,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Decision {
    /// Nothing.
    Allow,
    /// A person has to look at a complaint; nothing is held against the writer.
    Alarm,
    /// A sanction.
    Sanction(Sanction),
}

/// A sanction as decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sanction {
    /// What weighed most.
    pub kind: HitKind,
    /// How hard.
    pub tone: Tone,
    /// What it answers.
    pub fault: Fault,
    /// What is done, in this order.
    pub measures: Vec<Measure>,
    /// True reports told in the notice, at most 2.
    pub plus: u32,
    /// For how long the writer may not write, in milliseconds; for [`Measure::CoolOff`].
    pub cool_off_ms: Option<i64>,
    /// After how long the writer may come back, in milliseconds; `None` for good, or where nobody is
    /// put out.
    pub way_back_ms: Option<i64>,
}

impl Decision {
    /// In one word.
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Allow => Outcome::Allow,
            Self::Alarm => Outcome::Alarm,
            Self::Sanction(sanction) => match sanction.tone {
                Tone::Gentle => Outcome::Gentle,
                Tone::Neutral => Outcome::Neutral,
                Tone::Hard => Outcome::Hard,
            },
        }
    }
}

impl Strictness {
    /// Points of one kind that are enough.
    pub const fn bar(self) -> i32 {
        match self {
            Self::Loose => 150,
            Self::Normal => ENOUGH,
            Self::Strict => 75,
        }
    }
}

/// Whether the writer of a message is told that so many people have truly reported it by now.
/// req: 003-168
pub fn is_told_again(people: i64) -> bool {
    TOLD_AGAIN.contains(&people)
}

impl Fault {
    /// Whether it counts as a strike.
    pub const fn strikes(self) -> bool {
        matches!(self, Self::Violation)
    }
}

/// Decides. Staff, bots and trusted people are never sanctioned.
pub fn decide(case: &Case<'_>) -> Decision {
    if case.hits.iter().any(|hit| hit.kind == HitKind::Complaint) {
        return Decision::Alarm;
    }
    if case.trusted || case.standing != Standing::Member {
        return Decision::Allow;
    }
    let Some((kind, points)) = heaviest(case.hits) else {
        return Decision::Allow;
    };
    if points < case.strictness.bar() {
        return Decision::Allow;
    }
    let plus = case.reports.min(TOLD_REPORTS);
    let slip = case.bare_card && case.days >= SETTLED_DAYS && case.strikes == 0;
    if kind == HitKind::Card && slip {
        return Decision::Sanction(Sanction {
            kind,
            tone: Tone::Gentle,
            fault: Fault::Accident,
            measures: vec![Measure::Notice],
            plus: 0,
            cool_off_ms: None,
            way_back_ms: None,
        });
    }
    let tone = match case.strikes {
        0 => Tone::Gentle,
        1 => Tone::Neutral,
        _ => Tone::Hard,
    };
    let down = points >= GRAVE || case.strictness == Strictness::Strict || plus == TOLD_REPORTS;
    let measures = measures(kind, tone, down, case.paid);
    Decision::Sanction(Sanction {
        kind,
        tone,
        fault: Fault::Violation,
        plus,
        cool_off_ms: cool_off(&measures, tone),
        way_back_ms: way_back(&measures, tone),
        measures,
    })
}

/// What follows from a message whose writer has not been told of the step before: the same step, so
/// `decided` is what [`decide`] says with the strikes of that step. What intrudes is taken down; a
/// first word that has gone to the writer alone (`told_alone`) is not said once more.
pub fn at_same_step(decided: Sanction, told_alone: bool) -> Sanction {
    let mut further = decided;
    if further.fault != Fault::Violation || further.tone != Tone::Gentle {
        return further;
    }
    if !is_heated(further.kind) && further.kind != HitKind::OffTopic {
        if !further.measures.contains(&Measure::Delete) {
            further.measures.push(Measure::Delete);
        }
        if told_alone {
            further.measures.retain(|one| *one != Measure::Notice);
        }
    }
    further
}

/// The sanction that a person chooses. It is no harder than the program's own in a group that was
/// paid for: removal stays a decision of its own.
pub fn by_hand(kind: HitKind, tone: Tone, paid: bool) -> Sanction {
    let measures = measures(kind, tone, true, paid);
    Sanction {
        kind,
        tone,
        fault: Fault::Violation,
        plus: 0,
        cool_off_ms: cool_off(&measures, tone),
        way_back_ms: way_back(&measures, tone),
        measures,
    }
}

/// The kind with the most points; of equals the one declared first.
fn heaviest(hits: &[Hit]) -> Option<(HitKind, i32)> {
    HitKind::ALL
        .iter()
        .filter(|kind| hits.iter().any(|hit| hit.kind == **kind))
        .map(|kind| {
            let points = hits
                .iter()
                .filter(|hit| hit.kind == *kind)
                .fold(0_i32, |sum, hit| sum.saturating_add(hit.weight));
            (*kind, points)
        })
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hit(kind: HitKind, weight: i32) -> Hit {
        Hit {
            kind,
            span: None,
            reason: kind.to_string(),
            weight,
        }
    }

    fn case(hits: &[Hit]) -> Case<'_> {
        Case {
            hits,
            standing: Standing::Member,
            trusted: false,
            strikes: 0,
            reports: 0,
            days: 30,
            bare_card: false,
            paid: false,
            strictness: Strictness::Normal,
        }
    }

    fn sanction(case: &Case<'_>) -> Sanction {
        match decide(case) {
            Decision::Sanction(sanction) => sanction,
            other => panic!("{other:?}"),
        }
    }

    // req: 003-167, 003-169, 003-170, 003-171
    #[test]
    fn adverts_climb_the_ladder() {
        let hits = [hit(HitKind::Advert, 120)];
        let first = sanction(&case(&hits));
        assert_eq!(
            (first.tone, &first.measures[..]),
            (Tone::Gentle, &[Measure::Notice][..])
        );
        let second = sanction(&Case {
            strikes: 1,
            ..case(&hits)
        });
        assert_eq!(second.tone, Tone::Neutral);
        assert_eq!(
            second.measures,
            [Measure::Notice, Measure::Delete, Measure::Remove]
        );
        assert!(second.way_back_ms.is_some(), "a way back");
        let third = sanction(&Case {
            strikes: 2,
            ..case(&hits)
        });
        assert_eq!(third.tone, Tone::Hard);
        assert_eq!(third.way_back_ms, None, "for good");
    }

    // req: 003-164, 003-172
    #[test]
    fn who_paid_is_never_put_out_by_a_program() {
        let hits = [hit(HitKind::Advert, 500)];
        for strikes in 0..5 {
            let case = Case {
                strikes,
                paid: true,
                ..case(&hits)
            };
            assert!(!sanction(&case).measures.contains(&Measure::Remove));
            assert_eq!(
                sanction(&case).measures.contains(&Measure::Review),
                strikes > 0
            );
        }
    }

    #[test]
    fn a_complaint_is_an_alarm_whatever_else_was_seen() {
        let hits = [hit(HitKind::Insult, 900), hit(HitKind::Complaint, 100)];
        assert_eq!(
            decide(&Case {
                strikes: 9,
                ..case(&hits)
            }),
            Decision::Alarm
        );
    }

    #[test]
    fn before_anybody_was_told_what_intrudes_goes_and_nobody_is_told_twice() {
        let of = |kind, strikes, told_alone| {
            let hits = [hit(kind, 120)];
            let decided = sanction(&Case {
                strikes,
                ..case(&hits)
            });
            at_same_step(decided, told_alone).measures
        };
        assert_eq!(of(HitKind::Advert, 0, true), [Measure::Delete]);
        assert_eq!(
            of(HitKind::Advert, 0, false),
            [Measure::Notice, Measure::Delete]
        );
        for kind in [HitKind::Flood, HitKind::Insult, HitKind::OffTopic] {
            assert_eq!(of(kind, 0, true), [Measure::Notice], "{kind}");
        }
        assert_eq!(
            of(HitKind::Quarrel, 0, true),
            [Measure::Notice, Measure::CoolOff],
            "whoever may not write is told so"
        );
        assert_eq!(
            of(HitKind::Advert, 1, true),
            [Measure::Notice, Measure::Delete, Measure::Remove],
            "whoever is put out of a further group is told so"
        );
    }

    // req: 003-163
    #[test]
    fn a_bare_card_of_somebody_settled_is_a_mistake() {
        let hits = [hit(HitKind::Card, 100)];
        let slip = Case {
            bare_card: true,
            ..case(&hits)
        };
        let answer = sanction(&slip);
        assert_eq!(
            (answer.fault, &answer.measures[..]),
            (Fault::Accident, &[Measure::Notice][..])
        );
        assert_eq!(sanction(&Case { days: 6, ..slip }).fault, Fault::Violation);
        assert_eq!(
            sanction(&Case { strikes: 1, ..slip }).fault,
            Fault::Violation
        );
    }

    // req: 003-168
    #[test]
    fn true_reports_are_told_and_two_take_the_message_down() {
        let hits = [hit(HitKind::Advert, 110)];
        let of = |reports| {
            sanction(&Case {
                reports,
                ..case(&hits)
            })
        };
        assert_eq!(
            (of(1).plus, of(1).measures.contains(&Measure::Delete)),
            (1, false)
        );
        assert_eq!(
            (of(9).plus, of(9).measures.contains(&Measure::Delete)),
            (2, true)
        );
        assert_eq!(
            of(9).tone,
            Tone::Gentle,
            "reports never make a sanction harder"
        );
    }

    #[test]
    fn heat_cools_off_and_off_topic_is_only_told() {
        for strikes in 0..4 {
            let hits = [hit(HitKind::Quarrel, 100)];
            let answer = sanction(&Case {
                strikes,
                ..case(&hits)
            });
            assert_eq!(answer.measures.contains(&Measure::CoolOff), strikes < 2);
            let hits = [hit(HitKind::OffTopic, 300)];
            assert_eq!(
                sanction(&Case {
                    strikes,
                    ..case(&hits)
                })
                .measures,
                [Measure::Notice]
            );
        }
    }

    #[test]
    fn strictness_moves_the_bar() {
        let hits = [
            hit(HitKind::Advert, 80),
            hit(HitKind::Advert, 10),
            hit(HitKind::Advert, -10),
        ];
        let of = |strictness| {
            decide(&Case {
                strictness,
                ..case(&hits)
            })
            .outcome()
        };
        assert_eq!(of(Strictness::Loose), Outcome::Allow);
        assert_eq!(of(Strictness::Normal), Outcome::Allow);
        assert_eq!(of(Strictness::Strict), Outcome::Gentle);
    }

    proptest! {
        #[test]
        fn nobody_of_the_house_and_nobody_trusted_is_sanctioned(
            weight in -500..2_000_i32, kind in 0..HitKind::ALL.len(), strikes in 0..9_u32, trusted: bool,
        ) {
            let hits = [hit(HitKind::ALL[kind], weight)];
            let standing = if trusted { Standing::Member } else { Standing::Staff };
            let decision = decide(&Case { standing, trusted, strikes, ..case(&hits) });
            prop_assert!(!matches!(decision, Decision::Sanction(_)));
        }

        #[test]
        fn more_strikes_never_soften(weight in 100..900_i32, kind in 0..HitKind::ALL.len() - 1, strikes in 0..5_u32) {
            let hits = [hit(HitKind::ALL[kind], weight)];
            let now = sanction(&Case { strikes, ..case(&hits) });
            let later = sanction(&Case { strikes: strikes + 1, ..case(&hits) });
            prop_assert!(later.tone >= now.tone);
        }
    }
}
