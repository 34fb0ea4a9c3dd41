//! `result.json` of Telegram Desktop: one chat, or the whole account with `chats.list[]`.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, SeqAccess, Visitor},
};
use yutang_domain::time::{SECOND, Timestamp};

use super::{
    Body, Context, Emit, Found, Message, MessageKind, Record, Room, Sender, System, reject,
};
use crate::{
    DateOrder, ImportError, LineKey, Reason,
    civil::{Precision, when},
    json::{Json, Piece, clean},
    text::Text,
};

/// Whether this is the beginning of such a file.
pub(super) fn looks(start: &str) -> bool {
    let has = |key: &str| start.contains(key);
    has("\"messages\"") && (has("\"date_unixtime\"") || has("\"from_id\"") || has("\"type\""))
        || has("\"about\"") && (has("\"personal_information\"") || has("\"chats\""))
        || has("\"chats\"") && has("\"list\"")
}

#[derive(Deserialize)]
struct Entry<'a> {
    id: Option<i64>,
    #[serde(borrow, rename = "type", default)]
    kind: Cow<'a, str>,
    date: Option<&'a str>,
    date_unixtime: Option<&'a str>,
    from: Option<String>,
    from_id: Option<String>,
    actor: Option<String>,
    actor_id: Option<String>,
    action: Option<&'a str>,
    inviter: Option<String>,
    title: Option<String>,
    members: Option<Vec<Option<String>>>,
    reply_to_message_id: Option<i64>,
    photo: Option<IgnoredAny>,
    file: Option<IgnoredAny>,
    media_type: Option<&'a str>,
    poll: Option<IgnoredAny>,
    location_information: Option<IgnoredAny>,
    contact_information: Option<IgnoredAny>,
    invoice_information: Option<IgnoredAny>,
    #[serde(default)]
    text: Words,
}

/// The text of an entry: one string, or pieces of which some are marked.
#[derive(Default)]
struct Words {
    text: String,
    mentions: Vec<Sender>,
}

#[derive(Deserialize)]
struct Marked {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    text: String,
    user_id: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Plain(String),
    Marked(Marked),
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pieces;
        impl<'de> Visitor<'de> for Pieces {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or an array of its pieces")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Words, E> {
                Ok(Words {
                    text: text.to_owned(),
                    mentions: Vec::new(),
                })
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Words, E> {
                Ok(Words {
                    text,
                    mentions: Vec::new(),
                })
            }

            fn visit_unit<E: de::Error>(self) -> Result<Words, E> {
                Ok(Words::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Words, A::Error> {
                let mut words = Words::default();
                while let Some(part) = seq.next_element::<Part>()? {
                    match part {
                        Part::Plain(text) => words.text.push_str(&text),
                        Part::Marked(marked) => {
                            words.text.push_str(&marked.text);
                            if marked.kind == "mention" || marked.kind == "mention_name" {
                                words.mentions.push(Sender {
                                    external_id: marked.user_id.map(|id| format!("user{id}")),
                                    name: marked.text.trim_start_matches('@').to_owned(),
                                    bot: false,
                                });
                            }
                        }
                    }
                }
                Ok(words)
            }
        }
        deserializer.deserialize_any(Pieces)
    }
}

impl Entry<'_> {
    fn kind(&self) -> MessageKind {
        match self.media_type {
            Some("sticker" | "animation") => return MessageKind::Sticker,
            Some("video_file" | "video_message") => return MessageKind::Video,
            Some("voice_message" | "audio_file") => return MessageKind::Voice,
            _ => {}
        }
        if self.photo.is_some() {
            MessageKind::Image
        } else if self.file.is_some() {
            MessageKind::File
        } else if self.poll.is_some() {
            MessageKind::Poll
        } else if self.location_information.is_some() {
            MessageKind::Location
        } else if self.contact_information.is_some() {
            MessageKind::Card
        } else if self.invoice_information.is_some() {
            MessageKind::Transfer
        } else {
            MessageKind::Text
        }
    }

    /// What a service entry tells. Its `members` are names, never ids; leaving is written as
    /// removing oneself.
    fn event(&mut self) -> System {
        let actor = Sender {
            external_id: self.actor_id.take(),
            name: self.actor.take().unwrap_or_default(),
            bot: false,
        };
        let known = !actor.name.is_empty() || actor.external_id.is_some();
        let by = known.then(|| actor.clone());
        let members = self.members.take().unwrap_or_default();
        let named = |names: Vec<Option<String>>| -> Vec<Sender> {
            names
                .iter()
                .flatten()
                .map(|name| Sender::named(name))
                .collect()
        };
        match self.action.unwrap_or("") {
            "join_group_by_link" | "join_group_by_request" => {
                // The exporter writes "Group" when it does not know whose link it was.
                let inviter = self
                    .inviter
                    .take()
                    .filter(|name| name != "Group" && !name.is_empty());
                System::Joined {
                    who: if known { vec![actor] } else { Vec::new() },
                    inviter: inviter.map(|name| Sender::named(&name)),
                }
            }
            "invite_members" => {
                if members.len() == 1 && members[0].as_deref() == Some(&actor.name) {
                    return System::Joined {
                        who: vec![actor],
                        inviter: None,
                    };
                }
                System::Joined {
                    who: named(members),
                    inviter: by,
                }
            }
            "remove_members" => {
                if members.len() == 1 && members[0].as_deref() == Some(&actor.name) {
                    return System::Left { who: vec![actor] };
                }
                System::Removed {
                    who: named(members),
                    by,
                }
            }
            "create_group" | "create_channel" => System::Created { by },
            "edit_group_title" => System::Renamed {
                name: self.title.take(),
            },
            _ => System::Other,
        }
    }
}

struct Reader<'c, 'e, 'f> {
    context: &'c mut Context,
    emit: &'e mut Emit<'f>,
}

impl Reader<'_, '_, '_> {
    fn entry(&mut self, piece: &Piece<'_>, room: &Arc<Room>) -> Result<bool, ImportError> {
        let cleaned = clean(piece.text);
        let mut entry: Entry<'_> = match serde_json::from_str(&cleaned) {
            Ok(entry) => entry,
            Err(error) => return super::wrong(&error, piece, self.emit),
        };
        if entry.kind == "unsupported" {
            return Ok((self.emit)(reject(piece.line, Reason::NotExported)));
        }
        let unix = entry
            .date_unixtime
            .and_then(|text| text.parse::<i64>().ok());
        let at = match (unix, entry.date) {
            (Some(seconds), _) if seconds.unsigned_abs() < 1 << 40 => {
                Some(Timestamp::from_ms(seconds * SECOND))
            }
            (_, Some(date)) => {
                when(date).and_then(|when| self.context.local.resolve(&when, DateOrder::Ymd))
            }
            _ => None,
        };
        let Some(at) = at else {
            let shown = entry.date_unixtime.or(entry.date).unwrap_or("").to_owned();
            return Ok((self.emit)(reject(piece.line, Reason::Time(shown))));
        };
        let body = if entry.kind == "service" {
            let event = entry.event();
            let text = std::mem::take(&mut entry.text.text);
            Body::System { event, text }
        } else {
            let sender = Sender {
                external_id: entry.from_id.take(),
                name: entry.from.take().unwrap_or_default(),
                bot: false,
            };
            if sender.external_id.is_none() && sender.name.is_empty() {
                return Ok((self.emit)(reject(piece.line, Reason::NoSender)));
            }
            Body::Message(Message {
                sender,
                kind: entry.kind(),
                text: std::mem::take(&mut entry.text.text),
                reply_to: entry.reply_to_message_id.map(|id| id.to_string()),
                mentions: std::mem::take(&mut entry.text.mentions),
            })
        };
        let record = Record {
            line: piece.line,
            at,
            precision: Precision::Second,
            room: Some(Arc::clone(room)),
            message_id: entry.id.map(|id| id.to_string()),
            body,
            key: LineKey::default(),
        };
        Ok((self.emit)(Found::Record {
            record,
            offset: piece.offset,
        }))
    }

    /// One chat, its bracket still ahead.
    fn chat(&mut self, json: &mut Json<'_>) -> Result<bool, ImportError> {
        json.open(b'{')?;
        let (mut first, mut room) = (true, Arc::new(Room::default()));
        while let Some(key) = json.key(&mut first)? {
            if !self.field(json, &key, &mut room)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn field(
        &mut self,
        json: &mut Json<'_>,
        key: &str,
        room: &mut Arc<Room>,
    ) -> Result<bool, ImportError> {
        match key {
            "name" => {
                let name = json.value()?.text;
                Arc::make_mut(room).name = serde_json::from_str(&clean(name)).unwrap_or(None);
            }
            "id" => {
                let id = json.value()?.text;
                Arc::make_mut(room).id = id.parse::<i64>().ok().map(|id| id.to_string());
            }
            "messages" if json.peek()? == b'[' => {
                json.open(b'[')?;
                let mut first = true;
                while json.item(&mut first)? {
                    if !self.entry(&json.value()?, room)? {
                        return Ok(false);
                    }
                }
            }
            _ => json.skip()?,
        }
        Ok(true)
    }

    /// `chats` or `left_chats` of a whole account.
    fn list(&mut self, json: &mut Json<'_>) -> Result<bool, ImportError> {
        json.open(b'{')?;
        let mut first = true;
        while let Some(key) = json.key(&mut first)? {
            if key != "list" {
                json.skip()?;
                continue;
            }
            json.open(b'[')?;
            let mut first = true;
            while json.item(&mut first)? {
                if !self.chat(json)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// Reads the file.
pub(super) fn walk(
    text: &mut Text,
    context: &mut Context,
    emit: &mut Emit<'_>,
) -> Result<(), ImportError> {
    let mut reader = Reader { context, emit };
    let mut json = Json::new(text);
    json.open(b'{')?;
    let (mut first, mut room) = (true, Arc::new(Room::default()));
    while let Some(key) = json.key(&mut first)? {
        let on = if (key == "chats" || key == "left_chats") && json.peek()? == b'{' {
            reader.list(&mut json)?
        } else {
            reader.field(&mut json, &key, &mut room)?
        };
        if !on {
            return Ok(());
        }
    }
    json.end()
}
