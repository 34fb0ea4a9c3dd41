//! What an operator has filled in: read, checked against the questions, completed by defaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    calendar::Calendar,
    condition::{Fact, Facts},
    fault::{Fault, Reason},
    schema::{Ask, AskKind, Playbook, Usual},
    segment::read_segment,
    when::{ClockTime, Span, When},
};
use crate::time::{DAY, Date, Timestamp, Zone};

/// Most characters of one answer, and most entries of a list.
const LENGTH: usize = 2_000;
const ENTRIES: usize = 5_000;
/// How far ahead a default such as `every sat @ 20:00` is looked for, in milliseconds.
const HORIZON: i64 = 430 * DAY;

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Words, a choice, a segment, a product or a picture.
    Text(String),
    /// A whole number.
    Number(i64),
    /// An amount in minor units.
    Money(i64),
    /// A moment.
    Time(Timestamp),
    /// A day.
    Day(Date),
    /// Groups, branches or people, as ids.
    List(Vec<String>),
}

/// All answers of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<String, Answer>);

/// Answers as they were written, each as a list of one or more words.
pub type Given = BTreeMap<String, Vec<String>>;

/// Where and when answers are given.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// When the run is to begin.
    pub start: Timestamp,
    /// Whose clock on the wall.
    pub zone: &'a Zone,
    /// Who knows lunar days.
    pub calendar: &'a dyn Calendar,
    /// In which language defaults are said.
    pub language: &'a str,
}

impl Answers {
    /// The answer of that name.
    pub fn get(&self, key: &str) -> Option<&Answer> {
        self.0.get(key)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Answer)> {
        self.0.iter().map(|(key, answer)| (key.as_str(), answer))
    }

    /// The moment that an answer is; of a day its first.
    pub fn moment(&self, key: &str, zone: &Zone) -> Option<Timestamp> {
        match self.0.get(key)? {
            Answer::Time(at) => Some(*at),
            Answer::Day(day) => Some(zone.start_of(*day)),
            _ => None,
        }
    }

    /// As a fact, called `answer.KEY`.
    pub fn fact(&self, name: &str) -> Option<Fact> {
        Some(match self.0.get(name.strip_prefix("answer.")?)? {
            Answer::Text(text) => Fact::Text(text.clone()),
            Answer::Number(number) => Fact::Number(*number),
            Answer::Money(minor) => Fact::Number(minor / 100),
            Answer::Time(at) => Fact::Number(at.ms()),
            Answer::Day(day) => Fact::Number(day.number()),
            Answer::List(list) => Fact::Set(list.clone()),
        })
    }

    /// Checks what was given and completes it by defaults; all faults at once.
    ///
    /// # Errors
    /// Every fault that stops a start, and the warnings with them.
    pub fn check(
        playbook: &Playbook,
        given: &Given,
        setting: Setting<'_>,
    ) -> Result<(Self, Vec<Fault>), Vec<Fault>> {
        let mut answers = BTreeMap::new();
        let mut faults = Vec::new();
        for key in given.keys() {
            if playbook.ask(key).is_none() {
                faults.push(fault(key, Reason::AnswerUnknown).with("name", key));
            }
        }
        for ask in &playbook.asks {
            let words = given
                .get(&ask.key)
                .filter(|words| words.iter().any(|word| !word.trim().is_empty()))
                .cloned()
                .or_else(|| ask.default_in(setting.language));
            let Some(words) = words else {
                if ask.required {
                    faults.push(fault(&ask.key, Reason::AnswerMissing).with("name", &ask.key));
                }
                continue;
            };
            match ask.read(&words, setting) {
                Ok(answer) => {
                    if let Err(wrong) = ask.passes(&answer) {
                        faults.push(wrong);
                    }
                    let moment = match answer {
                        Answer::Time(at) => Some(at),
                        Answer::Day(day) => Some(setting.zone.start_of(day)),
                        _ => None,
                    };
                    if moment.is_some_and(|at| at.since(setting.start) < ask.ahead_ms) {
                        let days = ask.ahead_ms / DAY;
                        faults.push(
                            fault(&ask.key, Reason::Late)
                                .with("name", &ask.key)
                                .with("days", days),
                        );
                    }
                    answers.insert(ask.key.clone(), answer);
                }
                Err(wrong) => faults.push(wrong),
            }
        }
        if faults.iter().all(Fault::is_warning) {
            Ok((Self(answers), faults))
        } else {
            Err(faults)
        }
    }
}

fn fault(key: &str, reason: Reason) -> Fault {
    Fault::new(0, format!("answer.{key}"), reason)
}

impl Ask {
    /// The answer where none is given, in the language of this tag.
    pub fn default_in(&self, language: &str) -> Option<Vec<String>> {
        match self.default.as_ref()? {
            Usual::Plain(words) => Some(words.clone()),
            Usual::Said(words) => Some(vec![words.of(language).to_owned()]),
        }
    }

    /// Reads an answer of this question's kind.
    ///
    /// # Errors
    /// [`Reason::AnswerForm`].
    pub fn read(&self, words: &[String], setting: Setting<'_>) -> Result<Answer, Fault> {
        let first = words.first().map(|word| word.trim()).unwrap_or_default();
        let refuse = || {
            fault(&self.key, Reason::AnswerForm)
                .with("name", &self.key)
                .with("kind", self.kind)
                .with("text", first)
        };
        let listed = matches!(
            self.kind,
            AskKind::Groups | AskKind::Branches | AskKind::Staff
        );
        let long = words.iter().any(|word| word.chars().count() > LENGTH);
        if long || words.len() > if listed { ENTRIES } else { 1 } {
            return Err(refuse());
        }
        Ok(match self.kind {
            AskKind::Text | AskKind::Product | AskKind::Image => Answer::Text(first.to_owned()),
            AskKind::Segment => {
                read_segment(first).map_err(|_| refuse())?;
                Answer::Text(first.to_owned())
            }
            AskKind::Choice => {
                if !self.choices.iter().any(|choice| choice.word == first) {
                    return Err(refuse());
                }
                Answer::Text(first.to_owned())
            }
            AskKind::Number => Answer::Number(first.parse().map_err(|_| refuse())?),
            AskKind::Money => Answer::Money(minor(first).ok_or_else(refuse)?),
            AskKind::Time => Answer::Time(self.moment(first, setting).ok_or_else(refuse)?),
            AskKind::Day => Answer::Day(match first.parse::<Date>() {
                Ok(day) => day,
                Err(_) => setting
                    .zone
                    .day(self.moment(first, setting).ok_or_else(refuse)?),
            }),
            AskKind::Groups | AskKind::Branches | AskKind::Staff => Answer::List(
                words
                    .iter()
                    .map(|word| word.trim().to_owned())
                    .filter(|word| !word.is_empty())
                    .collect(),
            ),
        })
    }

    /// A moment: RFC 3339, `2026-12-05 20:00` by the clock on the wall, or an expression such as
    /// `every sat @ 20:00` (the first that leaves time enough) or `start + 7d @ 10:00`.
    fn moment(&self, text: &str, setting: Setting<'_>) -> Option<Timestamp> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(at);
        }
        if let Some((day, clock)) = text.split_once(['T', ' '])
            && let Ok(day) = day.parse::<Date>()
        {
            let clock = clock.trim();
            let clock = clock.strip_suffix(":00").unwrap_or(clock);
            let clock = if clock.contains(':') {
                clock.to_owned()
            } else {
                format!("{clock}:00")
            };
            return Some(clock.parse::<ClockTime>().ok()?.on(day, setting.zone));
        }
        match text.parse::<When>().ok()? {
            when if when.anchor() == Some("start") => when.at(setting.start, setting.zone),
            when if when.repeats() => {
                let from = setting.start.plus(self.ahead_ms);
                let span = Span {
                    from,
                    to: from.plus(HORIZON),
                    origin: from,
                };
                when.within(span, setting.zone, None, setting.calendar)
                    .first()
                    .copied()
            }
            _ => None,
        }
    }

    /// Whether an answer satisfies the question's own check.
    fn passes(&self, answer: &Answer) -> Result<(), Fault> {
        struct Value<'a>(&'a Answer);
        impl Facts for Value<'_> {
            fn get(&self, _: &str) -> Option<Fact> {
                Some(match self.0 {
                    Answer::Text(text) => Fact::Text(text.clone()),
                    Answer::Number(number) => Fact::Number(*number),
                    Answer::Money(minor) => Fact::Number(minor / 100),
                    Answer::List(list) => Fact::Number(i64::try_from(list.len()).ok()?),
                    Answer::Time(_) | Answer::Day(_) => return None,
                })
            }
        }
        match self
            .check
            .iter()
            .find(|condition| condition.holds(&Value(answer)) == Some(false))
        {
            None => Ok(()),
            Some(condition) => Err(fault(&self.key, Reason::AnswerCheck)
                .with("name", &self.key)
                .with("check", condition)),
        }
    }
}

/// `5`, `5.5`, `¥1,234.00` in minor units.
fn minor(text: &str) -> Option<i64> {
    let plain: String = text
        .trim_start_matches(['¥', '￥', '$'])
        .chars()
        .filter(|c| *c != ',' && *c != ' ')
        .collect();
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 2 {
        return None;
    }
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(part)
}

/// Reads a file of answers: `gift = "吐司"`, `"sale.opens_at" = 2026-12-05T20:00:00`,
/// `groups = ["gp_…"]`.
///
/// # Errors
/// It is no TOML, or holds something that is no answer.
pub fn read_answers(text: &str) -> Result<Given, Vec<Fault>> {
    let table: toml::Table = toml::from_str(text).map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![
            Fault::new(super::check::line_of(text, at), "answers", Reason::Form)
                .with("what", error.message()),
        ]
    })?;
    let mut given = Given::new();
    flatten("", &toml::Value::Table(table), &mut given);
    Ok(given)
}

fn flatten(prefix: &str, value: &toml::Value, given: &mut Given) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let key = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&key, value, given);
            }
        }
        value => {
            given.insert(prefix.to_owned(), words(value));
        }
    }
}

/// A value of a file as the words of an answer.
pub(super) fn words(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::String(text) => vec![text.clone()],
        toml::Value::Array(list) => list.iter().flat_map(words).collect(),
        toml::Value::Table(_) => Vec::new(),
        other => vec![other.to_string()],
    }
}
