//! Everything that is judged of one message, folded once.

use serde::Serialize;

use crate::{
    advert::{self, Advert},
    complaint::{self, Complaint},
    fold::Folded,
    topic::{self, Topic, Topicality},
    value::{self, Body, Kind, Message, ValueReason},
};

/// What can be read from a text alone, whoever said it and in whichever group: the costly part of
/// a [`Verdict`], which may be done beforehand and on another thread.
#[derive(Clone, Debug)]
pub struct Reading {
    folded: Folded,
    advert: Option<Advert>,
    complaint: Option<Complaint>,
    asks: bool,
}

impl Reading {
    /// Reads a text.
    pub fn new(text: &str) -> Self {
        let folded = Folded::new(text);
        Self {
            advert: advert::judge_folded(&folded),
            complaint: complaint::judge_folded(&folded),
            asks: value::asks_folded(&folded),
            folded,
        }
    }

    /// Whether the text asks something; see [`value::asks`].
    pub const fn asks(&self) -> bool {
        self.asks
    }
}

/// What a member's message is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// An advert, with its signs.
    pub advert: Option<Advert>,
    /// A complaint, with its words.
    pub complaint: Option<Complaint>,
    /// Why it gives value.
    pub value: Option<ValueReason>,
    /// How it stands to the group's topic.
    pub topicality: Topicality,
}

/// Judges a member's message in a group about `topic`. req: 002-006
pub fn judge(message: &Message<'_>, topic: &Topic) -> Verdict {
    judge_reading(&Reading::new(message.text), message, topic)
}

/// Judges a member's message of which the text was read before.
pub fn judge_reading(reading: &Reading, message: &Message<'_>, topic: &Topic) -> Verdict {
    let folded = &reading.folded;
    let body = Body::new(folded, message);
    Verdict {
        advert: reading.advert.clone(),
        complaint: reading.complaint.clone(),
        value: value::judge_folded(folded, message, &body, reading.advert.is_some()),
        topicality: if message.kind == Kind::Other {
            Topicality::TooShort
        } else {
            topic::judge_folded(folded, topic, body.answers || message.after_question)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reading_agrees_with_each_judge() {
        let topic = Topic::new(["烘焙", "吐司"]);
        for text in [
            "吐司里有头发,退钱",
            "吐司别放冷藏,切片冷冻,烤两分钟跟刚出炉一样",
            "兼职刷单,日结200,加V:abc12345",
            "昨天晚上那场球赛真是太精彩了",
            "早",
            "周六几点开门？",
        ] {
            let message = Message {
                text,
                ..Message::default()
            };
            let verdict = judge(&message, &topic);
            assert_eq!(verdict.advert, advert::judge(text));
            assert_eq!(verdict.complaint, complaint::judge(text));
            assert_eq!(verdict.value, value::judge(&message));
            assert_eq!(verdict.topicality, topic::judge(text, &topic));
            assert_eq!(Reading::new(text).asks(), value::asks(text));
        }
    }
}
