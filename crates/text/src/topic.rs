//! On or off the topic of a group.
//!
//! A group states what it is for: purpose, theme, names of products. From these words [`Topic`]
//! takes every pair of neighbouring Han characters (not across empty words such as 我们, 可以, listed
//! in `data/stop_terms.txt`, or joining ones such as 的), a term of a single Han character as it is, and every Latin word of
//! three letters or more. A message is
//!
//! - **on** the topic if it contains one of them,
//! - **off** the topic if it has at least [`UNITS_MIN`] units ([`crate::units`]), contains none of
//!   them, and does not answer another person,
//! - otherwise not judged, with the reason.
//!
//! Off-topic share = off / (on + off); without a judged message it is unknown.

use std::{collections::HashSet, sync::LazyLock};

use serde::Serialize;

use crate::{
    fold::{Folded, fold, is_cjk},
    phrase::Phrases,
    units,
};

/// Units from which on a message without a topic word is off the topic.
pub const UNITS_MIN: u32 = 8;

static STOP: LazyLock<HashSet<String>> = LazyLock::new(|| {
    include_str!("../data/stop_terms.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .map(fold)
        .collect()
});

/// Characters that join words and never make a topic.
const JOINING: &str = "的了和与是在我你他她它们这那也都就不有个着过吗呢吧啊";

/// What a group is about, compiled.
#[derive(Clone, Debug, Default)]
pub struct Topic {
    phrases: Option<Phrases>,
    terms: Vec<String>,
}

impl Topic {
    /// From the words of a group's purpose, theme and products.
    pub fn new<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Self {
        let mut terms: Vec<String> = Vec::new();
        for word in words {
            take_terms(&fold(word.as_ref()), &mut terms);
        }
        terms.sort_unstable();
        terms.dedup();
        let phrases = (!terms.is_empty())
            .then(|| Phrases::new(terms.iter().map(|term| (0, term.as_str())), true));
        Self { phrases, terms }
    }

    /// The terms a message is compared with, folded and in order.
    pub fn terms(&self) -> &[String] {
        &self.terms
    }
}

fn take_terms(folded: &str, terms: &mut Vec<String>) {
    for part in folded.split(|c: char| !c.is_alphanumeric()) {
        let mut rest = part;
        while let Some(first) = rest.chars().next() {
            let cjk = is_cjk(first);
            let end = rest.find(|c: char| is_cjk(c) != cjk).unwrap_or(rest.len());
            let (run, tail) = rest.split_at(end);
            if cjk {
                take_han(run, terms);
            } else if run.chars().count() >= 3 && !run.bytes().all(|b| b.is_ascii_digit()) {
                terms.push(run.to_owned());
            }
            rest = tail;
        }
    }
}

/// Takes the pairs of a Han run after parting it at empty words and joining characters.
fn take_han(run: &str, terms: &mut Vec<String>) {
    let characters: Vec<char> = run.chars().collect();
    let mut from = 0;
    let mut at = 0;
    while at <= characters.len() {
        let empty = match characters.get(at..) {
            Some([first, second, ..])
                if STOP.contains(&[*first, *second].iter().collect::<String>()) =>
            {
                2
            }
            Some([first, ..]) if JOINING.contains(*first) => 1,
            Some([]) => 1,
            _ => 0,
        };
        if empty == 0 {
            at += 1;
            continue;
        }
        let part = &characters[from..at];
        if part.len() == 1 && characters.len() == 1 {
            terms.push(part.iter().collect());
        }
        terms.extend(part.windows(2).map(|pair| pair.iter().collect::<String>()));
        at += empty;
        from = at;
    }
}

/// How a message stands to its group's topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topicality {
    /// Contains one of the group's words.
    On,
    /// Long enough to say something, and about something else.
    Off,
    /// Not judged: too short to be off the topic.
    TooShort,
    /// Not judged: answers another person, whatever that person spoke about.
    Answer,
    /// Not judged: the group has not said what it is about.
    NoTopic,
}

/// Judges a message that answers nobody.
pub fn judge(text: &str, topic: &Topic) -> Topicality {
    judge_folded(&Folded::new(text), topic, false)
}

/// Judges a folded message.
pub fn judge_folded(text: &Folded, topic: &Topic, answers: bool) -> Topicality {
    let Some(phrases) = &topic.phrases else {
        return Topicality::NoTopic;
    };
    if phrases.overlapping(text.text()).next().is_some() {
        Topicality::On
    } else if answers {
        Topicality::Answer
    } else if !units::reaches(text.text(), UNITS_MIN) {
        Topicality::TooShort
    } else {
        Topicality::Off
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baking() -> Topic {
        Topic::new([
            "我们一起分享烘焙的做法",
            "面包、吐司、蛋糕",
            "sourdough bread",
            "酵",
        ])
    }

    #[test]
    fn a_message_is_on_off_or_not_judged() {
        for (text, expected) in [
            ("今天的吐司好軟", Topicality::On),
            ("My Sourdough failed", Topicality::On),
            ("天然酵种怎么养", Topicality::On),
            ("昨天晚上那场球赛真是太精彩了", Topicality::Off),
            ("昨晚球赛", Topicality::TooShort),
            ("👍👍👍👍👍👍👍👍👍", Topicality::TooShort),
            ("我们大家一起去看那个电影可以吗", Topicality::Off),
        ] {
            assert_eq!(judge(text, &baking()), expected, "{text}");
        }
        let long = Folded::new("昨天晚上那场球赛真是太精彩了");
        assert_eq!(judge_folded(&long, &baking(), true), Topicality::Answer);
        assert_eq!(
            judge("昨天晚上那场球赛真是太精彩了", &Topic::new([""])),
            Topicality::NoTopic
        );
    }

    #[test]
    fn empty_words_make_no_topic() {
        let topic = Topic::new(["我们一起分享烘焙的做法"]);
        assert_eq!(topic.terms(), ["做法", "烘焙"]);
    }
}
