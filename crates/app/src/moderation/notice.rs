//! What members are told: that a program speaks and whose, what was wrong, what follows, and how to
//! object (trade.md 6). req: 003-166, 003-167, 003-168, 003-169, 003-170

use yutang_domain::{
    moderation::{Fault, HitKind, Measure, Tone},
    time::{MINUTE, Timestamp},
};

use super::house::House;
use crate::text::Locale;

/// What a notice is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    /// Whom it addresses; nobody by name before others.
    pub name: Option<&'a str>,
    /// What was wrong.
    pub kind: HitKind,
    /// How hard the answer is.
    pub tone: Tone,
    /// What it answers.
    pub fault: Fault,
    /// What is done.
    pub measures: &'a [Measure],
    /// True reports.
    pub plus: i64,
    /// Which time it is, from 1.
    pub nth: i64,
    /// When the message was sent.
    pub at: Timestamp,
    /// For how long the writer may not write, in milliseconds.
    pub cool_off_ms: Option<i64>,
    /// When the writer may come back.
    pub back_at: Option<Timestamp>,
    /// The present instant.
    pub now: Timestamp,
}

impl House {
    fn hello(&self, name: Option<&str>) -> String {
        let store = ("store", self.store.as_str());
        match name.filter(|name| !name.is_empty()) {
            Some(name) => self
                .locale
                .say("moderation.hello", &[("name", name), store]),
            None => self.locale.say("moderation.hello_group", &[store]),
        }
    }

    /// Sentences one after the other; in English with a space between.
    fn join(&self, sentences: &[String]) -> String {
        sentences.join(if self.locale == Locale::En { " " } else { "" })
    }

    /// What somebody who broke a rule is told.
    pub fn notice(&self, told: &Told<'_>) -> String {
        let kind = self.locale.word("moderation.kind", told.kind.as_str());
        let rule = self.rule(told.kind.as_str());
        let time = self.time(told.at);
        let nth = told.nth.to_string();
        let minutes = (told.cool_off_ms.unwrap_or(0) / MINUTE).to_string();
        let back = told
            .back_at
            .map(|at| self.moment(at, told.now))
            .unwrap_or_default();
        let manager = self.manager();
        let args = [
            ("kind", kind.as_str()),
            ("rule", &rule),
            ("time", &time),
            ("nth", &nth),
            ("minutes", &minutes),
            ("back", &back),
            ("manager", &manager),
        ];
        let has = |measure| told.measures.contains(&measure);
        let key = match (told.fault, told.tone) {
            (Fault::Accident, _) => "moderation.accident",
            _ if has(Measure::Review) => "moderation.review",
            (_, Tone::Neutral) if has(Measure::Remove) => "moderation.neutral",
            _ if has(Measure::Remove) => "moderation.hard",
            _ if has(Measure::CoolOff) => "moderation.cool_off",
            _ if has(Measure::Delete) => "moderation.gentle_deleted",
            _ if matches!(
                told.kind,
                HitKind::Flood | HitKind::Insult | HitKind::Quarrel | HitKind::OffTopic
            ) =>
            {
                "moderation.gentle_heated"
            }
            _ => "moderation.gentle",
        };
        let mut said = vec![self.hello(told.name), self.locale.say(key, &args)];
        if told.plus > 0 {
            let key = if has(Measure::Delete) {
                "moderation.plus_deleted"
            } else {
                "moderation.plus"
            };
            let count = told.plus.to_string();
            said.push(self.locale.say(key, &[("count", &count)]));
        }
        if told.fault == Fault::Violation {
            said.push(
                self.locale
                    .say("moderation.appeal_way", &[("manager", &manager)]),
            );
        }
        self.join(&said)
    }

    /// How many more people found a message of `at` wrong, never who. What `is_down` needs not be taken
    /// back. req: 003-168
    pub fn reported(
        &self,
        name: Option<&str>,
        (at, people): (Timestamp, i64),
        is_down: bool,
    ) -> String {
        let key = if is_down {
            "moderation.plus_down"
        } else {
            "moderation.plus_later"
        };
        let (time, count) = (self.time(at), people.to_string());
        let args = [("time", time.as_str()), ("count", &count)];
        self.join(&[self.hello(name), self.locale.say(key, &args)])
    }

    /// What somebody is told whose fee comes back; how much it is stays between them and the house.
    pub fn refund_notice(&self, name: Option<&str>, kind: HitKind, amount: Option<&str>) -> String {
        let rule = self.rule(kind.as_str());
        let manager = self.manager();
        let out = match amount.filter(|_| name.is_some()) {
            Some(amount) => self.locale.say(
                "moderation.hard_paid_amount",
                &[("rule", &rule), ("amount", amount)],
            ),
            None => self.locale.say("moderation.hard_paid", &[("rule", &rule)]),
        };
        self.join(&[
            self.hello(name),
            out,
            self.locale
                .say("moderation.appeal_way", &[("manager", &manager)]),
        ])
    }

    /// What somebody is told who was wronged.
    pub fn apology(&self, name: Option<&str>, at: Timestamp, let_in: bool) -> String {
        let time = self.time(at);
        let mut said = vec![
            self.hello(name),
            self.locale.say("moderation.undone", &[("time", &time)]),
        ];
        if let_in {
            said.push(self.locale.say("moderation.undone_back", &[]));
        }
        self.join(&said)
    }

    /// What somebody is told whose time outside is over, with the rule repeated.
    pub fn welcome_back(&self, name: Option<&str>, kind: HitKind) -> String {
        let rule = self.rule(kind.as_str());
        let kind = self.locale.word("moderation.kind", kind.as_str());
        self.join(&[
            self.hello(name),
            self.locale
                .say("moderation.back", &[("rule", &rule), ("kind", &kind)]),
        ])
    }

    /// That an appeal was heard, and until when it is answered.
    pub fn appeal_heard(&self, name: Option<&str>, due: Timestamp, now: Timestamp) -> String {
        let due = self.moment(due, now);
        let manager = self.manager();
        self.join(&[
            self.hello(name),
            self.locale.say(
                "moderation.appeal_heard",
                &[("manager", &manager), ("time", &due)],
            ),
        ])
    }

    /// That a sanction stays, and why.
    pub fn appeal_refused(&self, name: Option<&str>, reason: &str) -> String {
        self.join(&[
            self.hello(name),
            self.locale
                .say("moderation.appeal_refused", &[("reason", reason)]),
        ])
    }
}
