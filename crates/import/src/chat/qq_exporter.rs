//! JSON of qq-chat-exporter:
//! `{metadata, chatInfo {name, type}, statistics, messages [{messageId, timestamp, sender …}]}`.

use std::sync::Arc;

use serde::{Deserialize, de::IgnoredAny};
use yutang_domain::time::{SECOND, Timestamp};

use super::{
    Body, Context, Emit, Found, Message, MessageKind, Record, Room, Sender, System, placeholder,
    reject, system,
};
use crate::{
    DateOrder, ImportError, LineKey, Reason,
    civil::{Precision, when},
    json::{Json, Piece},
    text::Text,
};

/// Whether this is the beginning of such a file.
pub(super) fn looks(start: &str) -> bool {
    start.contains("\"chatInfo\"")
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Number(i64),
    Text(String),
}

impl Scalar {
    fn text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

#[derive(Deserialize)]
struct Person {
    uid: Option<String>,
    uin: Option<Scalar>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(rename = "referencedMessageId")]
    message_id: Option<Scalar>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize, Default)]
struct Content {
    #[serde(default)]
    text: String,
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    emojis: Vec<IgnoredAny>,
    reply: Option<Reply>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "sendNickName")]
    nick_name: Option<String>,
    #[serde(rename = "sendMemberName")]
    member_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    message_id: Option<Scalar>,
    timestamp: Scalar,
    sender: Option<Person>,
    #[serde(default)]
    is_system_message: bool,
    #[serde(default)]
    is_recalled: bool,
    #[serde(default)]
    content: Content,
    raw_message: Option<Raw>,
}

#[derive(Deserialize)]
struct Chat {
    name: Option<String>,
}

fn sender(person: Option<Person>, raw: Option<Raw>) -> Option<Sender> {
    let (nick, member) = raw.map_or((None, None), |raw| (raw.nick_name, raw.member_name));
    let (id, uid, name) = person.map_or((None, None, None), |p| (p.uin, p.uid, p.name));
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let id = some(id.map(Scalar::text))
        .filter(|id| id != "0")
        .or(some(uid));
    let name = some(member)
        .or(some(name))
        .or(some(nick))
        .unwrap_or_default();
    (id.is_some() || !name.is_empty()).then_some(Sender {
        external_id: id,
        name,
        bot: false,
    })
}

fn kind(content: &Content) -> MessageKind {
    match content
        .resources
        .first()
        .map(|resource| resource.kind.as_str())
    {
        Some("image") => MessageKind::Image,
        Some("video") => MessageKind::Video,
        Some("audio" | "voice") => MessageKind::Voice,
        Some(_) => MessageKind::File,
        None if content.text.is_empty() && !content.emojis.is_empty() => MessageKind::Sticker,
        None => placeholder::bracket(&content.text),
    }
}

fn entry(
    piece: &Piece<'_>,
    room: &Arc<Room>,
    context: &mut Context,
    emit: &mut Emit<'_>,
) -> Result<bool, ImportError> {
    let entry: Entry = match serde_json::from_str(piece.text) {
        Ok(entry) => entry,
        Err(error) => return super::wrong(&error, piece, emit),
    };
    let (at, shown) = match entry.timestamp {
        // Seconds or milliseconds: seconds stay below this for three thousand years.
        Scalar::Number(number) if number.unsigned_abs() < 100_000_000_000 => (
            Some((Timestamp::from_ms(number * SECOND), Precision::Second)),
            String::new(),
        ),
        Scalar::Number(number) => (
            Some((Timestamp::from_ms(number), Precision::Ms)),
            String::new(),
        ),
        Scalar::Text(text) => {
            let read = when(&text);
            let at = read.and_then(|when| {
                context
                    .local
                    .resolve(&when, DateOrder::Ymd)
                    .map(|at| (at, when.precision))
            });
            (at, text)
        }
    };
    let Some((at, precision)) = at else {
        return Ok(emit(reject(piece.line, Reason::Time(shown))));
    };
    let kind = kind(&entry.content);
    let from = sender(entry.sender, entry.raw_message);
    let body = if entry.is_recalled {
        Body::System {
            event: System::Recalled { by: from },
            text: entry.content.text,
        }
    } else if entry.is_system_message {
        let text = entry.content.text;
        Body::System {
            event: system::chinese(&text),
            text,
        }
    } else if let Some(sender) = from {
        Body::Message(Message {
            sender,
            kind,
            text: entry.content.text,
            reply_to: entry
                .content
                .reply
                .and_then(|r| r.message_id)
                .map(Scalar::text),
            mentions: Vec::new(),
        })
    } else {
        return Ok(emit(reject(piece.line, Reason::NoSender)));
    };
    let record = Record {
        line: piece.line,
        at,
        precision,
        room: Some(Arc::clone(room)),
        message_id: entry.message_id.map(Scalar::text),
        body,
        key: LineKey::default(),
    };
    Ok(emit(Found::Record {
        record,
        offset: piece.offset,
    }))
}

/// Reads the file.
pub(super) fn walk(
    text: &mut Text,
    context: &mut Context,
    emit: &mut Emit<'_>,
) -> Result<(), ImportError> {
    let mut json = Json::new(text);
    json.open(b'{')?;
    let (mut first, mut room) = (true, Arc::new(Room::default()));
    while let Some(key) = json.key(&mut first)? {
        match key.as_str() {
            "chatInfo" => {
                let chat: Option<Chat> = serde_json::from_str(json.value()?.text).ok();
                room = Arc::new(Room {
                    id: None,
                    name: chat.and_then(|chat| chat.name),
                });
            }
            "messages" => {
                json.open(b'[')?;
                let mut first = true;
                while json.item(&mut first)? {
                    if !entry(&json.value()?, &room, context, emit)? {
                        return Ok(());
                    }
                }
            }
            _ => json.skip()?,
        }
    }
    json.end()
}
