//! 自建接入: any program of the merchant's reports what happens in groups.
//!
//! A bridge, a reader of a chat archive, the server of a game: whatever can see a group and speak
//! HTTP pushes facts, one or many in a body of JSON. Nothing can be done through it, so every wish
//! becomes a task for a person. A body is taken as a whole or refused as a whole, with the number
//! of the fact and the field that is wrong; what stands in a field is never repeated in an error,
//! for errors are shown to people who may not see members.

use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::Value;
use yutang_domain::{
    capability::{Capabilities, Profile},
    error::{Class, Rule},
    time::{DAY, Timestamp},
};

use crate::{
    Channel, ChannelError, Fact, Harvest, Inbound, MessageKind, Outbound, Sender, Sent,
    channel::LookUp,
};

/// The network's word.
pub const NETWORK: &str = "open";
/// How many facts one body may hold.
pub const MOST: usize = 1_000;

/// How many characters a key, an id or a way in may have.
const ID_LENGTH: usize = 200;
/// How many characters a name may have.
const NAME_LENGTH: usize = 100;
/// How many characters a message may have.
const TEXT_LENGTH: usize = 20_000;

/// Why a body is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not JSON.
    #[error("the body is no JSON: {0}")]
    Json(String),
    /// More than [`MOST`].
    #[error("{0} facts in one body: at most {MOST}")]
    TooMany(usize),
    /// A field of a fact is missing or wrong.
    #[error("fact {index}: {field}: {expected}")]
    Field {
        /// Which fact, from 0.
        index: usize,
        /// Which field.
        field: &'static str,
        /// What would be right.
        expected: &'static str,
    },
}

impl Rule for OpenError {
    fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "open.json",
            Self::TooMany(_) => "open.too_many",
            Self::Field { .. } => "open.field",
        }
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::Field { index, field, .. } => Some(format!("[{index}].{field}")),
            _ => None,
        }
    }
}

/// A fact with what it says of its group.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// The fact.
    pub inbound: Inbound,
    /// What the group is called, for a group seen for the first time.
    pub group_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Raw {
    key: Value,
    at: Value,
    group: Value,
    group_name: Value,
    kind: Value,
    sender: Value,
    text: Value,
    message_kind: Value,
    reply_to: Value,
    via: Value,
    inviter: Value,
    by: Value,
    name: Value,
}

/// Reads a body: one fact or a list of at most [`MOST`].
///
/// # Errors
/// [`OpenError`], for the first fact that is wrong.
pub fn parse(body: &str, now: Timestamp) -> Result<Vec<Reported>, OpenError> {
    let many = body.trim_start().starts_with('[');
    let raw: serde_json::Result<Vec<Raw>> = if many {
        serde_json::from_str(body)
    } else {
        serde_json::from_str(body).map(|one| vec![one])
    };
    let raw = raw.map_err(|error| misshapen(body, &error))?;
    if raw.len() > MOST {
        return Err(OpenError::TooMany(raw.len()));
    }
    raw.into_iter()
        .enumerate()
        .map(|(index, raw)| Reader { index, now }.read(raw))
        .collect()
}

/// The error of a body that is no list of objects.
fn misshapen(body: &str, error: &serde_json::Error) -> OpenError {
    let value = match serde_json::from_str::<Value>(body) {
        Ok(value) => value,
        Err(error) => return OpenError::Json(error.to_string()),
    };
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    match list.iter().position(|one| !one.is_object()) {
        Some(index) => OpenError::Field {
            index,
            field: "",
            expected: "has to be an object",
        },
        None if !value.is_array() && !value.is_object() => OpenError::Field {
            index: 0,
            field: "",
            expected: "has to be an object or a list of objects",
        },
        // A field that stands twice in one object, for example.
        None => OpenError::Json(format!(
            "at line {} column {}",
            error.line(),
            error.column()
        )),
    }
}

struct Reader {
    index: usize,
    now: Timestamp,
}

impl Reader {
    const fn wrong(&self, field: &'static str, expected: &'static str) -> OpenError {
        OpenError::Field {
            index: self.index,
            field,
            expected,
        }
    }

    fn read(&self, raw: Raw) -> Result<Reported, OpenError> {
        let key = self.id("key", raw.key)?;
        let at = self.at(&raw.at)?;
        let group = self.optional("group", raw.group, ID_LENGTH)?;
        let group_name = self.optional("group_name", raw.group_name, NAME_LENGTH)?;
        let fact = match raw.kind.as_str().unwrap_or_default() {
            "posted" => Fact::Posted {
                sender: self.sender("sender", raw.sender)?,
                kind: self.message_kind(&raw.message_kind)?,
                text: self.text(raw.text)?,
                reply_to: self.optional("reply_to", raw.reply_to, ID_LENGTH)?,
                edits: None,
                picture: None,
            },
            "joined" => Fact::Joined {
                who: self.sender("sender", raw.sender)?,
                via: self.optional("via", raw.via, ID_LENGTH)?,
                inviter: self.maybe_sender("inviter", raw.inviter)?,
            },
            "left" => Fact::Left {
                who: self.sender("sender", raw.sender)?,
            },
            "removed" => Fact::Removed {
                who: self.sender("sender", raw.sender)?,
                by: self.maybe_sender("by", raw.by)?,
            },
            "renamed" => Fact::Renamed {
                name: self
                    .optional("name", raw.name, NAME_LENGTH)?
                    .ok_or_else(|| self.wrong("name", "the group's new name is missing"))?,
            },
            "recalled" => Fact::Recalled {
                message: self.id("reply_to", raw.reply_to)?,
            },
            "private" => Fact::Private {
                sender: self.sender("sender", raw.sender)?,
                text: self.text(raw.text)?,
            },
            _ => {
                return Err(self.wrong(
                    "kind",
                    "one of posted, joined, left, removed, renamed, recalled, private",
                ));
            }
        };
        let private = matches!(fact, Fact::Private { .. });
        if private != group.is_none() {
            let expected = if private {
                "what is said in private has no group"
            } else {
                "the group's id is missing"
            };
            return Err(self.wrong("group", expected));
        }
        Ok(Reported {
            inbound: Inbound {
                key,
                at,
                group,
                fact,
            },
            group_name,
        })
    }

    fn optional(
        &self,
        field: &'static str,
        value: Value,
        most: usize,
    ) -> Result<Option<String>, OpenError> {
        match value {
            Value::Null => Ok(None),
            Value::String(text) if text.trim().is_empty() => Ok(None),
            Value::String(text) if fits(&text, most) => Ok(Some(text)),
            Value::String(_) if most == TEXT_LENGTH => {
                Err(self.wrong(field, "at most 20,000 characters"))
            }
            Value::String(_) if most == NAME_LENGTH => {
                Err(self.wrong(field, "at most 100 characters"))
            }
            Value::String(_) => Err(self.wrong(field, "at most 200 characters")),
            _ => Err(self.wrong(field, "has to be a text")),
        }
    }

    fn id(&self, field: &'static str, value: Value) -> Result<String, OpenError> {
        self.optional(field, value, ID_LENGTH)?
            .ok_or_else(|| self.wrong(field, "is missing"))
    }

    fn text(&self, value: Value) -> Result<String, OpenError> {
        Ok(self
            .optional("text", value, TEXT_LENGTH)?
            .unwrap_or_default())
    }

    fn at(&self, value: &Value) -> Result<Timestamp, OpenError> {
        let at = match value {
            Value::String(text) => text.parse().ok(),
            Value::Number(ms) => ms.as_i64().map(Timestamp::from_ms),
            _ => None,
        };
        let at = at.ok_or_else(|| {
            self.wrong(
                "at",
                "an instant: RFC 3339 with an offset, or Unix milliseconds",
            )
        })?;
        if at.ms() < 0 || at > self.now.plus(DAY) {
            return Err(self.wrong("at", "lies before 1970 or in the future"));
        }
        Ok(at)
    }

    fn message_kind(&self, value: &Value) -> Result<MessageKind, OpenError> {
        match value {
            Value::Null => Some(MessageKind::Text),
            Value::String(word) => word.parse().ok(),
            _ => None,
        }
        .ok_or_else(|| {
            self.wrong(
                "message_kind",
                "one of text, image, voice, video, file, sticker, card, link, red_packet, other",
            )
        })
    }

    fn maybe_sender(&self, field: &'static str, value: Value) -> Result<Option<Sender>, OpenError> {
        if value.is_null() {
            return Ok(None);
        }
        self.sender(field, value).map(Some)
    }

    fn sender(&self, field: &'static str, value: Value) -> Result<Sender, OpenError> {
        let Value::Object(mut parts) = value else {
            return Err(self.wrong(field, "has to be an object with id and name"));
        };
        let external_id = match parts.remove("id") {
            Some(Value::String(id)) if !id.trim().is_empty() && fits(&id, ID_LENGTH) => id,
            _ => return Err(self.wrong(field, "needs an id of 1 to 200 characters")),
        };
        let name = match parts.remove("name") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(name)) if fits(&name, NAME_LENGTH) => name,
            Some(_) => return Err(self.wrong(field, "a name has at most 100 characters")),
        };
        Ok(Sender { external_id, name })
    }
}

fn fits(text: &str, most: usize) -> bool {
    text.len() <= most || text.chars().count() <= most
}

/// The body without the names and words of whoever `known_as` renames: it is given each account's
/// id and returns the one to stand there instead. `None` if nobody in it is renamed, or if it is
/// not what [`parse`] reads.
pub fn redacted(body: &str, known_as: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut value: Value = serde_json::from_str(body).ok()?;
    let mut changed = false;
    let facts = match &mut value {
        Value::Array(facts) => facts.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for fact in facts.iter_mut().filter_map(Value::as_object_mut) {
        for field in ["sender", "inviter", "by"] {
            let Some(who) = fact.get_mut(field).and_then(Value::as_object_mut) else {
                continue;
            };
            let Some(other) = who.get("id").and_then(Value::as_str).and_then(&known_as) else {
                continue;
            };
            *who = serde_json::Map::from_iter([("id".to_owned(), Value::String(other))]);
            changed = true;
            if field == "sender" {
                fact.remove("text");
            }
        }
    }
    changed.then(|| value.to_string())
}

/// The account of such a program: it reports and does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenChannel;

impl Channel for OpenChannel {
    fn network(&self) -> &'static str {
        NETWORK
    }

    fn profile(&self) -> Profile {
        Profile::Open
    }

    fn capabilities(&self) -> Capabilities {
        self.profile().capabilities()
    }

    /// Facts are pushed: looking brings nothing.
    fn poll<'a>(&'a self, cursor: Option<&'a str>) -> BoxFuture<'a, Result<Harvest, ChannelError>> {
        Box::pin(async move {
            Ok(Harvest {
                facts: Vec::new(),
                cursor: cursor.unwrap_or_default().to_owned(),
                network_time: None,
            })
        })
    }

    fn send<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<Sent, ChannelError>> {
        Box::pin(async move {
            self.capabilities().need(outbound.wish.needs())?;
            Err(ChannelError::Fail {
                reason: "nothing is sent through a channel that only reports".to_owned(),
            })
        })
    }

    fn look_up<'a>(&'a self, _key: &'a str) -> BoxFuture<'a, Result<Option<LookUp>, ChannelError>> {
        Box::pin(async { Ok(Some(LookUp::Absent)) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    fn one(fact: &Value) -> Result<Reported, OpenError> {
        parse(&fact.to_string(), NOW).map(|mut all| all.remove(0))
    }

    fn posted() -> Value {
        json!({
            "key": "m1", "at": "2026-11-18T08:00:00+08:00", "group": "g1", "kind": "posted",
            "sender": { "id": "u1", "name": "李姐" }, "text": "吐司出炉了吗",
        })
    }

    #[test]
    fn every_kind_is_read() {
        let read = one(&posted()).unwrap();
        assert_eq!(read.inbound.at.to_string(), "2026-11-18T00:00:00Z");
        let Fact::Posted {
            sender,
            kind,
            text,
            reply_to,
            ..
        } = read.inbound.fact
        else {
            panic!("another fact");
        };
        assert_eq!(
            (sender.external_id.as_str(), sender.name.as_str()),
            ("u1", "李姐")
        );
        assert_eq!(
            (kind, text.as_str(), reply_to),
            (MessageKind::Text, "吐司出炉了吗", None)
        );

        let who = json!({ "id": "u2", "name": "王" });
        for (kind, more, wanted) in [
            (
                "joined",
                json!({ "sender": who, "via": "qr1", "inviter": { "id": "u1" } }),
                "Joined",
            ),
            ("left", json!({ "sender": who }), "Left"),
            (
                "removed",
                json!({ "sender": who, "by": { "id": "u1", "name": "李姐" } }),
                "Removed",
            ),
            ("renamed", json!({ "name": "福利2群" }), "Renamed"),
            ("recalled", json!({ "reply_to": "m1" }), "Recalled"),
        ] {
            let mut fact =
                json!({ "key": "k", "at": 1_794_000_000_000_i64, "group": "g1", "kind": kind });
            fact.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            let read = one(&fact).unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert!(
                format!("{:?}", read.inbound.fact).starts_with(wanted),
                "{kind}"
            );
        }
        let private =
            json!({ "key": "k", "at": 1, "kind": "private", "sender": who, "text": "我的数据" });
        assert!(matches!(
            one(&private).unwrap().inbound.fact,
            Fact::Private { .. }
        ));
    }

    #[test]
    fn an_error_names_the_fact_and_the_field_and_repeats_nothing() {
        for (field, value) in [
            ("key", json!(null)),
            ("key", json!("x".repeat(201))),
            ("at", json!("昨天")),
            ("at", json!(-1)),
            ("at", json!("2026-11-20T08:00:00Z")),
            ("group", json!(null)),
            ("group", json!(7)),
            ("group_name", json!("字".repeat(101))),
            ("kind", json!("sent")),
            ("kind", json!(7)),
            ("sender", json!("李姐")),
            ("sender", json!({ "name": "李姐" })),
            ("text", json!("字".repeat(20_001))),
            ("message_kind", json!("poem")),
        ] {
            let mut wrong = posted();
            wrong[field] = value;
            let body = json!([posted(), wrong]).to_string();
            let error = parse(&body, NOW).unwrap_err();
            assert_eq!(error.at(), Some(format!("[1].{field}")), "{error}");
            assert!(!error.to_string().contains("李姐") && !error.to_string().contains("昨天"));
        }
        assert_eq!(parse("[1]", NOW).unwrap_err().at().as_deref(), Some("[0]."));
        assert_eq!(parse("7", NOW).unwrap_err().code(), "open.field");
        assert_eq!(parse("{", NOW).unwrap_err().code(), "open.json");
        assert_eq!(
            parse(r#"{"key":"a","key":"李姐"}"#, NOW)
                .unwrap_err()
                .code(),
            "open.json"
        );
    }

    #[test]
    fn a_body_holds_at_most_a_thousand() {
        let many = |count: usize| Value::from(vec![posted(); count]).to_string();
        assert_eq!(parse(&many(MOST), NOW).unwrap().len(), MOST);
        assert_eq!(
            parse(&many(MOST + 1), NOW),
            Err(OpenError::TooMany(MOST + 1))
        );
        assert_eq!(parse("[]", NOW), Ok(Vec::new()));
    }

    #[test]
    fn whoever_is_renamed_leaves_neither_name_nor_words() {
        let body = json!([
            posted(),
            { "key": "k2", "at": 1, "group": "g1", "kind": "joined", "sender": { "id": "u2", "name": "王" },
              "inviter": { "id": "u1", "name": "李姐" } },
        ])
        .to_string();
        let left = redacted(&body, |id| (id == "u1").then(|| "erased:00".to_owned())).unwrap();
        assert!(
            !left.contains("李姐") && !left.contains("u1") && !left.contains("吐司"),
            "{left}"
        );
        let read = parse(&left, NOW).unwrap();
        assert_eq!(read.len(), 2);
        assert!(left.contains('王'));
        assert_eq!(redacted(&body, |_| None), None);
        assert_eq!(redacted("no JSON", |_| Some(String::new())), None);
    }
}
