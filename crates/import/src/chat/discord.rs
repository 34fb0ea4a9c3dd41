//! JSON of DiscordChatExporter.

use std::sync::Arc;

use serde::{Deserialize, de::IgnoredAny};

use super::{
    Body, Context, Emit, Found, Message, MessageKind, Record, Room, Sender, System, placeholder,
    reject,
};
use crate::{
    DateOrder, ImportError, LineKey, Reason,
    civil::when,
    json::{Json, Piece},
    text::Text,
};

/// Whether this is the beginning of such a file.
pub(super) fn looks(start: &str) -> bool {
    start.contains("\"guild\"") && start.contains("\"channel\"")
}

#[derive(Deserialize)]
struct Person {
    id: Option<String>,
    name: Option<String>,
    nickname: Option<String>,
    #[serde(rename = "isBot", default)]
    bot: bool,
}

impl Person {
    fn sender(self) -> Sender {
        let nickname = self.nickname.filter(|name| !name.is_empty());
        let name = nickname.or(self.name).unwrap_or_default();
        Sender {
            external_id: self.id,
            name,
            bot: self.bot,
        }
    }
}

#[derive(Deserialize)]
struct Attachment {
    #[serde(rename = "fileName", default)]
    file_name: String,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "messageId")]
    message_id: Option<String>,
}

/// A type's name, or the number of one the exporter does not know.
#[derive(Deserialize)]
#[serde(untagged)]
enum Type<'a> {
    Name(&'a str),
    Number(u64),
}

#[derive(Deserialize)]
struct Entry<'a> {
    id: Option<String>,
    #[serde(borrow, rename = "type")]
    kind: Type<'a>,
    timestamp: &'a str,
    #[serde(default)]
    content: String,
    author: Person,
    #[serde(default)]
    attachments: Vec<Attachment>,
    #[serde(default)]
    embeds: Vec<IgnoredAny>,
    #[serde(default)]
    stickers: Vec<IgnoredAny>,
    #[serde(default)]
    mentions: Vec<Person>,
    reference: Option<Reference>,
}

impl Entry<'_> {
    fn kind(&self) -> MessageKind {
        if let Some(attachment) = self.attachments.first() {
            placeholder::by_name(&attachment.file_name)
        } else if !self.stickers.is_empty() {
            MessageKind::Sticker
        } else if self.content.is_empty() && !self.embeds.is_empty() {
            MessageKind::Link
        } else {
            MessageKind::Text
        }
    }

    fn body(self, kind: MessageKind) -> Body {
        Body::Message(Message {
            kind,
            sender: self.author.sender(),
            text: self.content,
            reply_to: self.reference.and_then(|reference| reference.message_id),
            mentions: self.mentions.into_iter().map(Person::sender).collect(),
        })
    }
}

fn body(entry: Entry<'_>) -> Body {
    let name = match entry.kind {
        Type::Name(name) => name,
        // Replies to commands and thread starters are people's and programs' messages.
        Type::Number(19..=21 | 23) => "Default",
        Type::Number(7) => "GuildMemberJoin",
        Type::Number(_) => "",
    };
    let event = match name {
        "Default"
        | "Reply"
        | "ChatInputCommand"
        | "ContextMenuCommand"
        | "ThreadStarterMessage" => {
            let kind = entry.kind();
            return entry.body(kind);
        }
        "Call" => return entry.body(MessageKind::Call),
        "GuildMemberJoin" => System::Joined {
            who: vec![entry.author.sender()],
            inviter: None,
        },
        "RecipientAdd" => System::Joined {
            who: entry.mentions.into_iter().map(Person::sender).collect(),
            inviter: Some(entry.author.sender()),
        },
        "RecipientRemove" => {
            let who: Vec<Sender> = entry.mentions.into_iter().map(Person::sender).collect();
            let by = entry.author.sender();
            if who.is_empty() || who.len() == 1 && who[0].external_id == by.external_id {
                System::Left { who: vec![by] }
            } else {
                System::Removed { who, by: Some(by) }
            }
        }
        "ChannelNameChange" => {
            let name = entry
                .content
                .rsplit_once(": ")
                .map(|(_, name)| name.trim_end_matches('.'));
            System::Renamed {
                name: name.map(|name| name.trim().to_owned()),
            }
        }
        _ => System::Other,
    };
    Body::System {
        event,
        text: entry.content,
    }
}

#[derive(Deserialize)]
struct Place {
    id: Option<String>,
    name: Option<String>,
}

fn entry(
    piece: &Piece<'_>,
    room: &Arc<Room>,
    context: &mut Context,
    emit: &mut Emit<'_>,
) -> Result<bool, ImportError> {
    let mut entry: Entry<'_> = match serde_json::from_str(piece.text) {
        Ok(entry) => entry,
        Err(error) => return super::wrong(&error, piece, emit),
    };
    let read = when(entry.timestamp);
    let at = read.and_then(|when| {
        context
            .local
            .resolve(&when, DateOrder::Ymd)
            .map(|at| (at, when.precision))
    });
    let Some((at, precision)) = at else {
        return Ok(emit(reject(
            piece.line,
            Reason::Time(entry.timestamp.to_owned()),
        )));
    };
    let record = Record {
        line: piece.line,
        at,
        precision,
        room: Some(Arc::clone(room)),
        message_id: entry.id.take(),
        body: body(entry),
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
    let (mut first, mut room, mut guild) = (true, Arc::new(Room::default()), None);
    while let Some(key) = json.key(&mut first)? {
        match key.as_str() {
            "guild" => {
                let place: Option<Place> = serde_json::from_str(json.value()?.text).ok();
                guild = place.and_then(|place| place.name);
            }
            "channel" => {
                let place: Option<Place> = serde_json::from_str(json.value()?.text).ok();
                let (id, channel) = place.map_or((None, None), |place| (place.id, place.name));
                let name = match (guild.take(), channel) {
                    (Some(guild), Some(channel)) => Some(format!("{guild} #{channel}")),
                    (guild, channel) => guild.or(channel),
                };
                room = Arc::new(Room { id, name });
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
