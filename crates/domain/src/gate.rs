//! The gate of a group: who comes in, by which rule, and what is asked of them.
//!
//! A group without a gate has nothing to lose for whoever comes in, so the gate follows from what
//! the group is for. Somebody who knocks is let in by the rule or waits, with the reason why they
//! wait; nobody is turned away by a rule alone. When too many come at once the gate shuts for half
//! an hour. req: 001-051, 001-052, 001-053, 001-054, 001-055, 002-027

mod card_name;

use serde::{Deserialize, Serialize};

pub use card_name::CardName;

use crate::{
    error::{Class, Rule},
    group::{Audience, Monetisation, Scene},
    time::{MINUTE, Timestamp},
    words,
};

words! {
    /// How people come into a group.
    pub enum GateKind {
        /// Whoever knocks is let in.
        Open = "open",
        /// Staff look at everybody. req: 001-053
        Staff = "staff",
        /// Whoever answers the question is let in.
        Question = "question",
        /// Whoever says why they want in is looked at by staff.
        Knock = "knock",
        /// Something is to be done first, and staff look whether it was. req: 001-054
        Task = "task",
        /// A fee is to be paid first. req: 001-052
        Payment = "payment",
    }
}
words! {
    /// Where a knock stands.
    pub enum KnockState {
        /// Somebody has to decide, or the person who knocks has to answer.
        Waiting = "waiting",
        /// Let in.
        Admitted = "admitted",
        /// Not let in.
        Declined = "declined",
        /// Taken back, asked again, or decided in the network's own client.
        Gone = "gone",
    }
}
words! {
    /// Why a knock waits.
    pub enum Held {
        /// Staff look at it.
        Staff = "staff",
        /// The question has not been answered.
        Answer = "answer",
        /// No reason was given.
        Reason = "reason",
        /// What is to be done first is looked at by staff.
        Task = "task",
        /// No payment is known.
        Payment = "payment",
        /// Too many came at once: the gate is shut for a while.
        Wave = "wave",
        /// They were put out of this group before.
        Removed = "removed",
    }
}

/// For how long a join wave shuts a gate, in milliseconds.
pub const SHUT: i64 = 30 * MINUTE;
/// In how many minutes joins are counted, where nothing else is set.
pub const WAVE_MINUTES: i64 = 1;
/// Fewest joins in that time that are a wave, where nothing else is set.
pub const WAVE_JOINS: i64 = 10;
/// Longest text of a question or a task, in characters.
pub const TEXT_LENGTH: usize = 500;
/// Most answers that let in.
pub const ANSWERS: usize = 20;
/// Longest of them, in characters.
pub const ANSWER_LENGTH: usize = 50;
/// Words by which a task asks for sharing, which no network allows to be forced. req: 001-054
const FORCED_SHARING: &[&str] = &[
    "朋友圈",
    "转发",
    "轉發",
    "集赞",
    "集讚",
    "分享到",
    "拉人",
    "邀请好友",
    "邀請好友",
    "share",
    "repost",
    "retweet",
];

/// What a group asks of who comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// How people come in.
    pub kind: GateKind,
    /// Another way for the first ones, until there are `seed_size` people. req: 002-027
    pub seed_kind: Option<GateKind>,
    /// How many people the first way holds for.
    pub seed_size: i64,
    /// What is asked.
    pub question: String,
    /// Words of which one in the answer lets in.
    pub answers: Vec<String>,
    /// What is to be done first.
    pub task: String,
    /// Whether rules have to be acknowledged; `None` = by the kind of group.
    pub acknowledge: Option<bool>,
    /// How the name carried in the group is to look: fields and what stands between them; empty =
    /// as one likes, `None` = by the kind of group. req: 001-022
    pub card_name: Option<String>,
    /// Joins that are a wave; `None` = by the size of the group.
    pub wave_joins: Option<i64>,
    /// In how many minutes they are counted.
    pub wave_minutes: i64,
}

/// Where nothing was set, staff look at whoever knocks.
impl Default for Gate {
    fn default() -> Self {
        Self {
            kind: GateKind::Staff,
            seed_kind: None,
            seed_size: 0,
            question: String::new(),
            answers: Vec::new(),
            task: String::new(),
            acknowledge: None,
            card_name: None,
            wave_joins: None,
            wave_minutes: WAVE_MINUTES,
        }
    }
}

impl Gate {
    /// Checks what an operator has set.
    ///
    /// # Errors
    /// [`GateError`], naming the field.
    pub fn check(&self) -> Result<(), GateError> {
        let uses = |kind| self.kind == kind || self.seed_kind == Some(kind);
        if uses(GateKind::Question) && self.question.trim().is_empty() {
            return Err(GateError::QuestionMissing);
        }
        let answers = self.answers.iter().filter(|word| !word.trim().is_empty());
        if uses(GateKind::Question) && answers.count() == 0 {
            return Err(GateError::AnswersMissing);
        }
        if self.answers.len() > ANSWERS
            || self
                .answers
                .iter()
                .any(|word| word.chars().count() > ANSWER_LENGTH)
        {
            return Err(GateError::Answers);
        }
        if uses(GateKind::Task) && self.task.trim().is_empty() {
            return Err(GateError::TaskMissing);
        }
        let long = |text: &str| text.chars().count() > TEXT_LENGTH;
        if long(&self.question) || long(&self.task) {
            return Err(GateError::Long);
        }
        let task = self.task.to_lowercase();
        if uses(GateKind::Task) && FORCED_SHARING.iter().any(|word| task.contains(word)) {
            return Err(GateError::ForcedSharing);
        }
        if self.seed_kind.is_some() != (self.seed_size > 0) || self.seed_size < 0 {
            return Err(GateError::Seed);
        }
        if self
            .wave_joins
            .is_some_and(|joins| !(2..=1_000).contains(&joins))
            || !(1..=60).contains(&self.wave_minutes)
        {
            return Err(GateError::Wave);
        }
        if let Some(pattern) = self.card_name.as_deref().filter(|p| !p.trim().is_empty()) {
            CardName::parse(pattern)?;
        }
        Ok(())
    }

    /// The way that holds while a group has so many people. req: 002-027
    pub fn in_force(&self, members: i64) -> GateKind {
        self.seed_kind
            .filter(|_| members < self.seed_size)
            .unwrap_or(self.kind)
    }

    /// How many joins within [`Gate::wave_minutes`] are a wave in a group of so many people: ten,
    /// or a twentieth of a large group.
    pub fn wave(&self, members: i64) -> i64 {
        self.wave_joins
            .unwrap_or_else(|| WAVE_JOINS.max(members / 20))
    }
}

/// The gate that suits what a group is for. req: 001-055
pub const fn recommended(
    scene: Option<Scene>,
    audience: Audience,
    monetisation: Option<Monetisation>,
) -> GateKind {
    match (scene, audience, monetisation) {
        (Some(Scene::Paid), ..) | (_, _, Some(Monetisation::Fee)) => GateKind::Payment,
        (Some(Scene::Training), ..) => GateKind::Question,
        (_, Audience::Knowledge, _) | (Some(Scene::Parents), ..) => GateKind::Knock,
        (_, Audience::Product, _) => GateKind::Question,
        _ => GateKind::Open,
    }
}

/// Whether members of such a group have to acknowledge its rules; otherwise it is kept that the
/// rules reached them (trade.md 6). req: 000-029
pub const fn acknowledges(scene: Option<Scene>, audience: Audience) -> bool {
    matches!(scene, Some(Scene::Paid | Scene::Training)) || matches!(audience, Audience::Knowledge)
}

/// What is known when somebody knocks; texts are folded.
#[derive(Clone, Copy, Debug)]
pub struct KnockFacts<'a> {
    /// The gate is shut because of a wave.
    pub shut: bool,
    /// They were put out of this group before.
    pub removed: bool,
    /// What they say for themselves.
    pub said: &'a str,
    /// Words of which one lets in.
    pub answers: &'a [String],
    /// A payment for this group is known.
    pub paid: bool,
}

/// What becomes of a knock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Let in.
    Admit,
    /// Waits.
    Wait(Held),
}

/// What becomes of a knock at a gate of this kind.
pub fn rule(kind: GateKind, facts: &KnockFacts<'_>) -> Ruling {
    if facts.shut {
        return Ruling::Wait(Held::Wave);
    }
    if facts.removed {
        return Ruling::Wait(Held::Removed);
    }
    match kind {
        GateKind::Open => Ruling::Admit,
        GateKind::Staff => Ruling::Wait(Held::Staff),
        GateKind::Question if answers(facts.answers, facts.said) => Ruling::Admit,
        GateKind::Question => Ruling::Wait(Held::Answer),
        GateKind::Knock if facts.said.trim().is_empty() => Ruling::Wait(Held::Reason),
        GateKind::Knock => Ruling::Wait(Held::Staff),
        GateKind::Task => Ruling::Wait(Held::Task),
        GateKind::Payment if facts.paid => Ruling::Admit,
        GateKind::Payment => Ruling::Wait(Held::Payment),
    }
}

/// Whether one of the words is in what was said; both folded. No words, no answer.
pub fn answers(words: &[String], said: &str) -> bool {
    words
        .iter()
        .any(|word| !word.trim().is_empty() && said.contains(word.trim()))
}

impl Held {
    /// Whether the person who knocks can end the wait by writing something.
    pub const fn by_words(self) -> bool {
        matches!(self, Self::Answer | Self::Reason)
    }
}

/// Until when the gate is shut after a wave whose last join was at `last`; `None` where that is
/// over already.
pub fn shut_until(last: Timestamp, now: Timestamp) -> Option<Timestamp> {
    Some(last.plus(SHUT)).filter(|until| *until > now)
}

/// Why a gate cannot be set so, or a knock not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// A gate with a question needs one.
    #[error("say what is asked")]
    QuestionMissing,
    /// A gate with a question needs words that answer it.
    #[error("say at least one word that answers the question")]
    AnswersMissing,
    /// Too many answers, or too long ones.
    #[error("at most {ANSWERS} answers of at most {ANSWER_LENGTH} characters")]
    Answers,
    /// A gate with a task needs one.
    #[error("say what is to be done first")]
    TaskMissing,
    /// A question or a task is too long.
    #[error("a question or a task has at most {TEXT_LENGTH} characters")]
    Long,
    /// Sharing and inviting cannot be asked for as a condition.
    #[error("coming in must not depend on sharing or inviting: networks forbid it")]
    ForcedSharing,
    /// A way for the first ones needs a number of people, and a number a way.
    #[error("a way for the first people needs their number, and the number a way")]
    Seed,
    /// A wave is 2 to 1,000 joins in 1 to 60 minutes.
    #[error("a wave is 2 to 1,000 joins in 1 to 60 minutes")]
    Wave,
    /// A pattern has two to six fields.
    #[error("a name has two to six fields, for example name-city-trade")]
    CardName,
    /// The knock has been decided or is gone.
    #[error("this knock does not wait any more")]
    Decided,
    /// The gate is not shut.
    #[error("the gate is not shut")]
    NotShut,
}

impl Rule for GateError {
    fn code(&self) -> &'static str {
        match self {
            Self::QuestionMissing => "gate.question_missing",
            Self::AnswersMissing => "gate.answers_missing",
            Self::Answers => "gate.answers",
            Self::TaskMissing => "gate.task_missing",
            Self::Long => "gate.long",
            Self::ForcedSharing => "gate.forced_sharing",
            Self::Seed => "gate.seed",
            Self::Wave => "gate.wave",
            Self::CardName => "gate.card_name",
            Self::Decided => "gate.decided",
            Self::NotShut => "gate.not_shut",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Decided | Self::NotShut => Class::Conflict,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        let field = match self {
            Self::QuestionMissing | Self::Long => "question",
            Self::AnswersMissing | Self::Answers => "answers",
            Self::TaskMissing | Self::ForcedSharing => "task",
            Self::Seed => "seed_size",
            Self::Wave => "wave_joins",
            Self::CardName => "card_name",
            Self::Decided | Self::NotShut => return None,
        };
        Some(field.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: KnockFacts<'_> = KnockFacts {
        shut: false,
        removed: false,
        said: "",
        answers: &[],
        paid: false,
    };

    #[test]
    fn each_kind_of_gate_lets_in_or_says_why_not() {
        let words = ["吐司".to_owned(), " ".to_owned()];
        let said = |said| KnockFacts {
            said,
            answers: &words,
            ..NOTHING
        };
        for (kind, facts, ruling) in [
            (GateKind::Open, NOTHING, Ruling::Admit),
            (GateKind::Staff, said("我是邻居"), Ruling::Wait(Held::Staff)),
            (GateKind::Question, said("我想买吐司"), Ruling::Admit),
            (
                GateKind::Question,
                said("随便看看"),
                Ruling::Wait(Held::Answer),
            ),
            (GateKind::Question, NOTHING, Ruling::Wait(Held::Answer)),
            (GateKind::Knock, said(" "), Ruling::Wait(Held::Reason)),
            (GateKind::Knock, said("朋友介绍"), Ruling::Wait(Held::Staff)),
            (GateKind::Task, said("做好了"), Ruling::Wait(Held::Task)),
            (GateKind::Payment, NOTHING, Ruling::Wait(Held::Payment)),
            (
                GateKind::Payment,
                KnockFacts {
                    paid: true,
                    ..NOTHING
                },
                Ruling::Admit,
            ),
        ] {
            assert_eq!(rule(kind, &facts), ruling, "{kind}");
        }
    }

    #[test]
    fn in_a_wave_nobody_is_let_in_and_who_was_removed_is_looked_at() {
        for kind in GateKind::ALL {
            let facts = KnockFacts {
                shut: true,
                paid: true,
                ..NOTHING
            };
            assert_eq!(rule(*kind, &facts), Ruling::Wait(Held::Wave));
            let facts = KnockFacts {
                removed: true,
                paid: true,
                ..NOTHING
            };
            assert_eq!(rule(*kind, &facts), Ruling::Wait(Held::Removed));
        }
    }

    #[test]
    fn a_wave_is_ten_or_a_twentieth_and_shuts_for_half_an_hour() {
        let gate = Gate::default();
        assert_eq!((gate.wave(0), gate.wave(200), gate.wave(500)), (10, 10, 25));
        let set = Gate {
            wave_joins: Some(4),
            ..Gate::default()
        };
        assert_eq!(set.wave(500), 4);
        let last = Timestamp::from_ms(1_000_000);
        assert_eq!(shut_until(last, last), Some(last.plus(SHUT)));
        assert_eq!(shut_until(last, last.plus(SHUT)), None, "over already");
    }

    // req: 002-027
    #[test]
    fn the_first_people_come_in_another_way() {
        let gate = Gate {
            kind: GateKind::Open,
            seed_kind: Some(GateKind::Staff),
            seed_size: 30,
            ..Gate::default()
        };
        assert_eq!(gate.check(), Ok(()));
        assert_eq!(gate.in_force(29), GateKind::Staff);
        assert_eq!(gate.in_force(30), GateKind::Open);
    }

    #[test]
    fn what_cannot_be_kept_is_refused_with_its_field() {
        let of = |kind| Gate {
            kind,
            ..Gate::default()
        };
        let share = Gate {
            task: "转发海报到朋友圈".to_owned(),
            ..of(GateKind::Task)
        };
        let sized = Gate {
            seed_size: 5,
            ..Gate::default()
        };
        let pattern = Gate {
            card_name: Some("称呼".to_owned()),
            ..Gate::default()
        };
        for (gate, error) in [
            (of(GateKind::Question), GateError::QuestionMissing),
            (
                Gate {
                    question: "买过什么？".to_owned(),
                    ..of(GateKind::Question)
                },
                GateError::AnswersMissing,
            ),
            (of(GateKind::Task), GateError::TaskMissing),
            (share, GateError::ForcedSharing),
            (sized, GateError::Seed),
            (
                Gate {
                    wave_joins: Some(1),
                    ..Gate::default()
                },
                GateError::Wave,
            ),
            (pattern, GateError::CardName),
        ] {
            assert_eq!(gate.check(), Err(error));
            assert!(error.at().is_some(), "{error}");
        }
        let off = Gate {
            card_name: Some(String::new()),
            ..Gate::default()
        };
        assert_eq!(off.check(), Ok(()));
    }

    #[test]
    fn the_gate_follows_from_what_the_group_is_for() {
        let customer = Audience::Customer;
        assert_eq!(
            recommended(Some(Scene::Paid), customer, None),
            GateKind::Payment
        );
        assert_eq!(
            recommended(None, customer, Some(Monetisation::Fee)),
            GateKind::Payment
        );
        assert_eq!(
            recommended(Some(Scene::Training), customer, None),
            GateKind::Question
        );
        assert_eq!(
            recommended(None, Audience::Knowledge, None),
            GateKind::Knock
        );
        assert_eq!(
            recommended(Some(Scene::Welfare), customer, None),
            GateKind::Open
        );
        assert!(
            acknowledges(Some(Scene::Paid), customer) && acknowledges(None, Audience::Knowledge)
        );
        assert!(
            !acknowledges(Some(Scene::Welfare), customer)
                && !acknowledges(Some(Scene::Store), customer)
        );
    }
}
