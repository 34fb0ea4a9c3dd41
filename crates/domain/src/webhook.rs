//! Webhooks: facts told to other programs, as Standard Webhooks writes them down.
//!
//! What is told is a catalogue of [`Topic`]s, each made of facts of the log; a body carries ids,
//! codes and counts, never a name or a text. A delivery is tried along a [`SCHEDULE`] of three
//! days, an endpoint that fails for five is switched off, and one that says it is gone at once.
//! docs/reference/webhook.md is generated from here.

mod topic;

use serde::Serialize;
use serde_json::{Map, Value};

pub use topic::{TEST, Topic};

use crate::{
    error::{Class, Rule},
    id::{BranchId, EventId, GroupId, MemberId},
    time::{DAY, HOUR, MINUTE, SECOND, Timestamp},
    words,
};

/// How long after the attempt before each attempt is made, in milliseconds.
pub const SCHEDULE: [i64; 10] = [
    0,
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];
/// By how much of itself a wait is prolonged at most, in thousandths: what failed together is not
/// tried again together.
pub const JITTER: u32 = 200;
/// An endpoint to which nothing could be delivered for so long is switched off, in milliseconds.
pub const PATIENCE: i64 = 5 * DAY;
/// For how long both secrets sign after a change, in milliseconds.
pub const OVERLAP: i64 = DAY;
/// How many bytes a body may have.
pub const BODY_LIMIT: usize = 20_000;
/// How many webhooks a workspace may have.
pub const MOST: usize = 20;
/// How many characters a name may have.
const NAME: usize = 100;

words! {
    /// How a webhook stands.
    pub enum WebhookState {
        /// It is told.
        On = "on",
        /// Somebody switched it off: nothing is kept for it.
        Off = "off",
        /// It failed for too long: what happens is kept, and can be told again.
        Failed = "failed",
        /// Taken out of use.
        Removed = "removed",
    }
}

words! {
    /// How a delivery stands.
    pub enum DeliveryState {
        /// Not tried yet.
        Pending = "pending",
        /// Being tried.
        Sending = "sending",
        /// It was taken.
        Delivered = "delivered",
        /// It was not taken and is tried again.
        Failed = "failed",
        /// It was not taken and is not tried again unless somebody asks for it.
        GivenUp = "given_up",
    }
}

/// Why a webhook cannot be kept so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// Without a name, or with a long one.
    #[error("a webhook needs a name of at most 100 characters")]
    Name,
    /// The address is none, or leads to a place that is not public.
    #[error("the address begins with https:// and leads to a public server")]
    Address,
    /// There is no such topic.
    #[error("{0:?} is no topic; docs/reference/webhook.md lists them")]
    Topic(String),
    /// There are as many as a workspace may have.
    #[error("a workspace has at most 20 webhooks")]
    Most,
    /// It is under way already.
    #[error("the delivery is {0}: it cannot be told again now")]
    UnderWay(DeliveryState),
    /// Nothing is told to a webhook that is switched off.
    #[error("the webhook is switched off: switch it on first")]
    Off,
}

impl Rule for WebhookError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "webhook.name",
            Self::Address => "webhook.address",
            Self::Topic(_) => "webhook.topic",
            Self::Most => "webhook.most",
            Self::UnderWay(_) => "webhook.under_way",
            Self::Off => "webhook.off",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Name | Self::Address | Self::Topic(_) => Class::Invalid,
            Self::Most | Self::UnderWay(_) | Self::Off => Class::Conflict,
        }
    }
    fn at(&self) -> Option<String> {
        let field = match self {
            Self::Name => "name",
            Self::Address => "address",
            Self::Topic(_) => "topics",
            _ => return None,
        };
        Some(field.to_owned())
    }
}

/// The name as it is kept.
///
/// # Errors
/// [`WebhookError::Name`].
pub fn named(name: &str) -> Result<String, WebhookError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME {
        return Err(WebhookError::Name);
    }
    Ok(name.to_owned())
}

/// What a webhook is told of; nothing named means everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription(Vec<Topic>);

impl Subscription {
    /// Of topics by name.
    ///
    /// # Errors
    /// [`WebhookError::Topic`].
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, WebhookError> {
        let mut topics = Vec::new();
        for word in words {
            let topic: Topic = word
                .parse()
                .map_err(|_| WebhookError::Topic(word.to_owned()))?;
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        topics.sort();
        Ok(Self(topics))
    }

    /// The topics by name; empty for everything.
    pub fn words(&self) -> Vec<&'static str> {
        self.0.iter().map(|topic| topic.as_str()).collect()
    }

    /// Whether it is told of a topic. Whoever may hold ids of a person is always told that the
    /// person was erased.
    pub fn takes(&self, topic: Topic) -> bool {
        self.0.is_empty() || topic == Topic::MemberErased || self.0.contains(&topic)
    }
}

/// A fact as far as it is told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What it is told as.
    pub topic: Topic,
    /// Its name.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// Who, in stored form.
    pub actor: &'a str,
    /// In which branch.
    pub branch: Option<BranchId>,
    /// In which group.
    pub group: Option<GroupId>,
    /// About whom.
    pub member: Option<MemberId>,
    /// Because of which fact.
    pub cause: Option<EventId>,
    /// The decision as the log keeps it.
    pub data: &'a Value,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    timestamp: Timestamp,
    data: Map<String, Value>,
}

/// The body that tells a fact: ids, and of the decision what the topic's catalogue names. Which
/// member did something is not told: who reports somebody else must not become known.
///
/// # Panics
/// Never: a body is a plain struct.
pub fn body(told: &Told<'_>) -> String {
    let mut data = Map::new();
    data.insert("event".to_owned(), told.id.to_string().into());
    if !told.actor.starts_with("member:") {
        data.insert("actor".to_owned(), told.actor.into());
    }
    let ids = [
        ("branch_id", told.branch.map(|id| id.to_string())),
        ("group_id", told.group.map(|id| id.to_string())),
        ("member_id", told.member.map(|id| id.to_string())),
        ("cause", told.cause.map(|id| id.to_string())),
    ];
    for (name, id) in ids {
        if let Some(id) = id {
            data.insert(name.to_owned(), id.into());
        }
    }
    for name in told.topic.fields() {
        if let Some(value) = told.data.get(name).filter(|value| !value.is_null()) {
            data.insert((*name).to_owned(), value.clone());
        }
    }
    written(told.topic.as_str(), told.at, data)
}

/// The body of a test.
pub fn test_body(at: Timestamp) -> String {
    written(TEST, at, Map::new())
}

fn written(topic: &str, timestamp: Timestamp, data: Map<String, Value>) -> String {
    let body = Body {
        r#type: topic,
        timestamp,
        data,
    };
    serde_json::to_string(&body).expect("plain data")
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Taken,
    /// It was not.
    Refused,
    /// It was not, and nothing will be any more.
    Gone,
}

/// What the status of an answer means: 2xx is taken, 410 is gone, all else is refused, a redirect
/// included, which is not followed.
pub const fn verdict(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Taken,
        410 => Verdict::Gone,
        _ => Verdict::Refused,
    }
}

/// How long to wait after so many attempts, in milliseconds; none when there are no more.
/// `retry_after` is what the receiver asked for, `chance` any number.
pub fn wait(attempts: i64, retry_after: Option<i64>, chance: u32) -> Option<i64> {
    let usual = *SCHEDULE.get(usize::try_from(attempts).ok()?)?;
    let more = usual * i64::from(chance % (JITTER + 1)) / 1_000;
    let asked = retry_after.unwrap_or(0).clamp(0, DAY);
    Some((usual + more).max(asked))
}

/// Whether an endpoint that has failed since then is switched off.
pub const fn is_hopeless(failing_since: Timestamp, now: Timestamp) -> bool {
    now.since(failing_since) >= PATIENCE
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::EventKind;

    #[test]
    fn attempts_spread_over_three_days_and_end() {
        let waits: Vec<_> = (1..12).map(|made| wait(made, None, 0)).collect();
        assert_eq!(waits[0], Some(5 * SECOND));
        assert_eq!(waits[8], Some(24 * HOUR));
        assert_eq!(&waits[9..], [None, None]);
        let all: i64 = waits.iter().flatten().sum();
        assert!(all > 3 * DAY && all < 4 * DAY, "{all}");
    }

    #[test]
    fn a_wait_is_prolonged_by_chance_and_by_what_was_asked_for() {
        for chance in 0..1_000 {
            let waited = wait(2, None, chance).unwrap();
            assert!((5 * MINUTE..=6 * MINUTE).contains(&waited), "{waited}");
        }
        assert_eq!(wait(1, Some(90 * SECOND), 0), Some(90 * SECOND));
        assert_eq!(wait(1, Some(2 * SECOND), 0), Some(5 * SECOND));
        assert_eq!(wait(1, Some(40 * DAY), 0), Some(DAY));
        assert_eq!(wait(1, Some(-7), 0), Some(5 * SECOND));
        assert_eq!(wait(10, Some(SECOND), 0), None);
    }

    #[test]
    fn only_2xx_is_taken() {
        for (status, means) in [
            (200, Verdict::Taken),
            (204, Verdict::Taken),
            (301, Verdict::Refused),
            (307, Verdict::Refused),
            (400, Verdict::Refused),
            (410, Verdict::Gone),
            (500, Verdict::Refused),
        ] {
            assert_eq!(verdict(status), means, "{status}");
        }
    }

    #[test]
    fn every_topic_comes_of_its_kind_of_fact_and_of_no_other() {
        let states = [
            None,
            Some("draft"),
            Some("scheduled"),
            Some("running"),
            Some("paused"),
            Some("done"),
            Some("stopped"),
            Some("open"),
            Some("impossible"),
            Some("withdrawn"),
            Some("decided"),
            Some("undone"),
            Some("dismissed"),
        ];
        for topic in Topic::ALL {
            assert!(
                states
                    .iter()
                    .any(|state| Topic::of(topic.source(), *state) == Some(*topic)),
                "{topic} never comes"
            );
            let noun_verb = topic.as_str().split('.').count() == 2;
            assert!(noun_verb, "{topic}");
        }
        for kind in EventKind::ALL {
            for state in states {
                if let Some(topic) = Topic::of(*kind, state) {
                    assert_eq!(topic.source(), *kind, "{kind} {state:?}");
                }
            }
        }
    }

    #[test]
    fn a_body_holds_ids_and_what_the_catalogue_names() {
        let data = json!({ "task": "tk_1", "kind": "do", "state": "done", "name": "王芳" });
        let told = Told {
            topic: Topic::TaskDone,
            id: EventId::from_raw(7),
            at: "2026-11-20T09:00:00Z".parse().unwrap(),
            actor: "staff:st_1",
            branch: Some(BranchId::from_raw(2)),
            group: None,
            member: None,
            cause: None,
            data: &data,
        };
        let said: Value = serde_json::from_str(&body(&told)).unwrap();
        assert_eq!(
            said,
            json!({
                "type": "task.done",
                "timestamp": "2026-11-20T09:00:00Z",
                "data": {
                    "event": EventId::from_raw(7).to_string(),
                    "actor": "staff:st_1",
                    "branch_id": BranchId::from_raw(2).to_string(),
                    "task": "tk_1", "kind": "do", "state": "done",
                },
            })
        );
        let by_member = Told {
            actor: "member:mb_1",
            ..told
        };
        assert!(
            !body(&by_member).contains("mb_1"),
            "who reports stays unknown"
        );
        assert!(test_body(told.at).contains(TEST));
    }

    #[test]
    fn nothing_named_is_everything_and_erasure_is_always_told() {
        let all = Subscription::parse([]).unwrap();
        assert!(Topic::ALL.iter().all(|topic| all.takes(*topic)));
        let some = Subscription::parse(["task.done", "member.joined", "task.done"]).unwrap();
        assert_eq!(some.words(), ["member.joined", "task.done"]);
        assert!(some.takes(Topic::MemberErased) && !some.takes(Topic::MemberLeft));
        let wrong = Subscription::parse(["task.finished"]).unwrap_err();
        assert_eq!(wrong, WebhookError::Topic("task.finished".to_owned()));
    }
}
