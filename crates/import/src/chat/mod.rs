//! Chat histories: one file per format, one shape of record.
//!
//! [`plan`] reads the whole file and says what is in it; [`read`] hands out its records.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use yutang_domain::time::{Timestamp, Zone};

use crate::{
    DateOrder, Encoding, ImportError, LineKey, Reason, Reject, civil::LocalTime, date_order::Votes,
    json::Piece, text::Text,
};

mod bearer;
mod discord;
mod memotrace;
mod placeholder;
mod qq;
mod qq_exporter;
mod run;
mod system;
mod telegram;
mod wechat_copy;
mod wechat_stat;
mod weflow;
mod whatsapp;

pub use bearer::Bearer;
pub use run::{Plan, ReadEnd, plan, read};

pub use crate::civil::Precision;

/// The chat formats that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Text export of the QQ message manager.
    Qq,
    /// Text export of WhatsApp, Android or iOS.
    Whatsapp,
    /// `result.json` of Telegram Desktop, one chat or the whole account.
    Telegram,
    /// JSON of DiscordChatExporter.
    Discord,
    /// Messages selected in WeChat and pasted as text.
    WechatCopy,
    /// CSV with `group_id`, `from_id`, `content_type` of group statistics tools.
    WechatStat,
    /// CSV of WeChatMsg / MemoTrace.
    Memotrace,
    /// JSON of qq-chat-exporter.
    QqExporter,
    /// JSON of WeFlow / EchoTrace.
    Weflow,
}

/// Whether a text begins like a format.
type Looks = fn(&str) -> bool;

impl Format {
    /// All formats, in the order they are offered.
    pub const ALL: [Self; 9] = [
        Self::WechatCopy,
        Self::WechatStat,
        Self::Memotrace,
        Self::Weflow,
        Self::Qq,
        Self::QqExporter,
        Self::Whatsapp,
        Self::Telegram,
        Self::Discord,
    ];

    /// The option's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Qq => "qq",
            Self::Whatsapp => "whatsapp",
            Self::Telegram => "telegram",
            Self::Discord => "discord",
            Self::WechatCopy => "wechat_copy",
            Self::WechatStat => "wechat_stat",
            Self::Memotrace => "memotrace",
            Self::QqExporter => "qq_exporter",
            Self::Weflow => "weflow",
        }
    }

    /// The network the chat took place on: `qq`, `wechat`, `whatsapp`, `telegram` or `discord`.
    pub const fn network(self) -> &'static str {
        match self {
            Self::Qq | Self::QqExporter => "qq",
            Self::WechatCopy | Self::WechatStat | Self::Memotrace | Self::Weflow => "wechat",
            Self::Whatsapp => "whatsapp",
            Self::Telegram => "telegram",
            Self::Discord => "discord",
        }
    }

    /// The format that the first part of a decoded file shows.
    pub(crate) fn detect(head: &str) -> Option<Self> {
        let start = head.trim_start();
        if start.starts_with(['{', '[']) {
            let tests: [(Looks, Self); 4] = [
                (discord::looks, Self::Discord),
                (weflow::looks, Self::Weflow),
                (qq_exporter::looks, Self::QqExporter),
                (telegram::looks, Self::Telegram),
            ];
            let found = tests.iter().find(|(test, _)| test(start));
            // A text export of WhatsApp begins with a bracket on some phones.
            if let Some((_, format)) = found {
                return Some(*format);
            }
        }
        let tests: [(Looks, Self); 5] = [
            (memotrace::looks, Self::Memotrace),
            (wechat_stat::looks, Self::WechatStat),
            (whatsapp::looks, Self::Whatsapp),
            (qq::looks, Self::Qq),
            (wechat_copy::looks, Self::WechatCopy),
        ];
        tests
            .iter()
            .find(|(test, _)| test(start))
            .map(|(_, format)| *format)
    }

    fn walk(
        self,
        text: &mut Text,
        context: &mut Context,
        emit: &mut Emit<'_>,
    ) -> Result<(), ImportError> {
        match self {
            Self::Qq => qq::walk(text, context, emit),
            Self::Whatsapp => whatsapp::walk(text, context, emit),
            Self::Telegram => telegram::walk(text, context, emit),
            Self::Discord => discord::walk(text, context, emit),
            Self::WechatCopy => wechat_copy::walk(text, context, emit),
            Self::WechatStat => wechat_stat::walk(text, context, emit),
            Self::Memotrace => memotrace::walk(text, context, emit),
            Self::QqExporter => qq_exporter::walk(text, context, emit),
            Self::Weflow => weflow::walk(text, context, emit),
        }
    }

    /// Gathers the dates of a format that writes them in the order of a country.
    fn vote(self, text: &mut Text, votes: &mut Votes) -> Result<(), ImportError> {
        if self == Self::Whatsapp {
            whatsapp::vote(text, votes)
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = ImportError;

    fn from_str(name: &str) -> Result<Self, ImportError> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| ImportError::UnknownFormat { known: known() })
    }
}

/// The names of the formats, for a message.
pub(crate) fn known() -> String {
    Format::ALL.map(Format::as_str).join(", ")
}

/// What is known beforehand about a chat file.
#[derive(Clone, Debug)]
pub struct Options {
    /// Zone of times that are written without one, and of civil days.
    pub zone: Zone,
    /// The present: lines later than a day from now are rejected.
    pub now: Timestamp,
    /// Messages before this instant are counted as old.
    pub old_before: Option<Timestamp>,
    /// The format, if it is not to be detected.
    pub format: Option<Format>,
    /// The encoding, if it is not to be detected.
    pub encoding: Option<Encoding>,
    /// The order of day, month and year, if it is not to be decided.
    pub dates: Option<DateOrder>,
    /// Whether equal lines of different rooms are counted together.
    pub rooms: Rooms,
}

impl Options {
    /// Everything to be detected.
    pub fn new(zone: Zone, now: Timestamp) -> Self {
        Self {
            zone,
            now,
            old_before: None,
            format: None,
            encoding: None,
            dates: None,
            rooms: Rooms::Apart,
        }
    }
}

/// Where the rooms of one file go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rooms {
    /// Each room becomes a group of its own: a room's keys do not depend on the other rooms.
    #[default]
    Apart,
    /// All rooms go into one group: equal lines of two rooms stay two lines.
    Together,
}

/// A room of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Room {
    /// The network's id of the room, if the file has it.
    pub id: Option<String>,
    /// Its name, if the file has it.
    pub name: Option<String>,
}

/// Somebody named in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sender {
    /// The network's id of the person, if the file has it.
    pub external_id: Option<String>,
    /// The name shown; may be empty if there is an id.
    pub name: String,
    /// Whether the file says that this is a program.
    pub bot: bool,
}

impl Sender {
    /// Somebody of whom only a name is known.
    pub fn named(name: &str) -> Self {
        Self {
            external_id: None,
            name: name.to_owned(),
            bot: false,
        }
    }

    /// The id, or the name where there is none.
    pub fn identity(&self) -> &str {
        self.external_id.as_deref().unwrap_or(&self.name)
    }
}

/// What a message consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Words.
    Text,
    /// A picture.
    Image,
    /// A voice message.
    Voice,
    /// A film.
    Video,
    /// A file.
    File,
    /// A sticker or an animated picture.
    Sticker,
    /// A person's card.
    Card,
    /// A link, an article or a mini program.
    Link,
    /// A place.
    Location,
    /// A call.
    Call,
    /// A red packet.
    RedPacket,
    /// Money sent.
    Transfer,
    /// A vote.
    Poll,
    /// Something else that was sent.
    Other,
}

/// Something a person sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who sent it.
    pub sender: Sender,
    /// What it consists of.
    pub kind: MessageKind,
    /// The words, or the caption.
    pub text: String,
    /// Id of the message it answers.
    pub reply_to: Option<String>,
    /// Who is mentioned, as far as the file marks it.
    pub mentions: Vec<Sender>,
}

/// Something that happened to the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum System {
    /// People came in; `inviter` brought them.
    Joined {
        /// Who came.
        who: Vec<Sender>,
        /// Who brought them, if the file says so.
        inviter: Option<Sender>,
    },
    /// People went by themselves.
    Left {
        /// Who went.
        who: Vec<Sender>,
    },
    /// People were put out.
    Removed {
        /// Who was put out.
        who: Vec<Sender>,
        /// By whom, if the file says so.
        by: Option<Sender>,
    },
    /// The room was made.
    Created {
        /// By whom, if the file says so.
        by: Option<Sender>,
    },
    /// The room got another name.
    Renamed {
        /// The new name, if the file says it.
        name: Option<String>,
    },
    /// A message was taken back.
    Recalled {
        /// By whom, if the file says so.
        by: Option<Sender>,
    },
    /// Any other notice.
    Other,
}

/// What a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A message.
    Message(Message),
    /// A notice of the network.
    System {
        /// What happened.
        event: System,
        /// The notice as it is written.
        text: String,
    },
}

/// One entry of a chat history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Line in the file, from 1; in JSON the line the entry starts on.
    pub line: u64,
    /// When it was.
    pub at: Timestamp,
    /// How exactly the file says so.
    pub precision: Precision,
    /// The room, if the file names it.
    pub room: Option<Arc<Room>>,
    /// The network's id of the entry, if the file has it.
    pub message_id: Option<String>,
    /// What it is.
    pub body: Body,
    /// Its name for repeated imports; set by [`read`].
    pub key: LineKey,
}

/// What a format's reader came upon.
enum Found {
    Record { record: Record, offset: u64 },
    Reject(Reject),
}

/// Takes what was found; false ends the reading.
type Emit<'e> = dyn FnMut(Found) -> bool + 'e;

/// What the readers of all formats need.
struct Context {
    local: LocalTime,
    order: DateOrder,
}

fn reject(line: u64, reason: Reason) -> Found {
    Found::Reject(Reject { line, reason })
}

/// An entry that `serde_json` did not take: what is not JSON makes the file unreadable, what is
/// JSON of another shape is left out. Returns whether to go on.
fn wrong(
    error: &serde_json::Error,
    piece: &Piece<'_>,
    emit: &mut Emit<'_>,
) -> Result<bool, ImportError> {
    let line = piece.line + (error.line() as u64).saturating_sub(1);
    if error.is_data() {
        return Ok(emit(reject(piece.line, Reason::Shape(error.to_string()))));
    }
    let before: usize = piece
        .text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let byte = piece.offset + (before + error.column().saturating_sub(1)) as u64;
    Err(ImportError::Json {
        line,
        byte,
        detail: error.to_string(),
    })
}
