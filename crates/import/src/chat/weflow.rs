//! JSON of WeFlow / EchoTrace:
//! `{weflow?, session {wxid, nickname, displayName …}, messages [{createTime, type, content …}]}`.

use std::sync::Arc;

use serde::Deserialize;
use yutang_domain::time::{SECOND, Timestamp};

use super::{
    Body, Context, Emit, Found, Message, MessageKind, Record, Room, Sender, System, reject, system,
};
use crate::{
    ImportError, LineKey, Reason,
    civil::Precision,
    json::{Json, Piece},
    text::Text,
};

/// Whether this is the beginning of such a file.
pub(super) fn looks(start: &str) -> bool {
    start.contains("\"session\"") && (start.contains("\"wxid\"") || start.contains("\"weflow\""))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    create_time: i64,
    #[serde(rename = "type", default)]
    kind: String,
    content: Option<String>,
    sender_username: Option<String>,
    sender_display_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    wxid: Option<String>,
    nickname: Option<String>,
    display_name: Option<String>,
}

fn kind(name: &str) -> MessageKind {
    match name.trim_end_matches("消息") {
        "文本" | "引用" => MessageKind::Text,
        "图片" => MessageKind::Image,
        "语音" => MessageKind::Voice,
        "视频" => MessageKind::Video,
        "文件" => MessageKind::File,
        "表情" | "动画表情" => MessageKind::Sticker,
        "名片" => MessageKind::Card,
        "链接" | "卡片" | "小程序" => MessageKind::Link,
        "位置" => MessageKind::Location,
        "通话" | "语音通话" | "视频通话" => MessageKind::Call,
        "红包" => MessageKind::RedPacket,
        "转账" => MessageKind::Transfer,
        _ => MessageKind::Other,
    }
}

fn entry(piece: &Piece<'_>, room: &Arc<Room>, emit: &mut Emit<'_>) -> Result<bool, ImportError> {
    let entry: Entry = match serde_json::from_str(piece.text) {
        Ok(entry) => entry,
        Err(error) => return super::wrong(&error, piece, emit),
    };
    if !(0..4_000_000_000).contains(&entry.create_time) {
        let shown = entry.create_time.to_string();
        return Ok(emit(reject(piece.line, Reason::Time(shown))));
    }
    let text = entry.content.unwrap_or_default();
    let id = entry.sender_username.filter(|id| !id.is_empty());
    let name = entry.sender_display_name.unwrap_or_default();
    let body = if entry.kind.starts_with("系统") || entry.kind.starts_with("撤回") {
        let event = match system::chinese(&text) {
            System::Other if entry.kind.starts_with("撤回") => System::Recalled { by: None },
            event => event,
        };
        Body::System { event, text }
    } else if id.is_none() && name.is_empty() {
        return Ok(emit(reject(piece.line, Reason::NoSender)));
    } else {
        Body::Message(Message {
            sender: Sender {
                external_id: id,
                name,
                bot: false,
            },
            kind: kind(&entry.kind),
            text,
            reply_to: None,
            mentions: Vec::new(),
        })
    };
    let record = Record {
        line: piece.line,
        at: Timestamp::from_ms(entry.create_time * SECOND),
        precision: Precision::Second,
        room: Some(Arc::clone(room)),
        message_id: None,
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
    _context: &mut Context,
    emit: &mut Emit<'_>,
) -> Result<(), ImportError> {
    let mut json = Json::new(text);
    json.open(b'{')?;
    let (mut first, mut room) = (true, Arc::new(Room::default()));
    while let Some(key) = json.key(&mut first)? {
        match key.as_str() {
            "session" => {
                let session: Option<Session> = serde_json::from_str(json.value()?.text).ok();
                if let Some(session) = session {
                    let some = |name: Option<String>| name.filter(|name| !name.is_empty());
                    let name = some(session.display_name).or(some(session.nickname));
                    room = Arc::new(Room {
                        id: session.wxid,
                        name,
                    });
                }
            }
            "messages" => {
                json.open(b'[')?;
                let mut first = true;
                while json.item(&mut first)? {
                    if !entry(&json.value()?, &room, emit)? {
                        return Ok(());
                    }
                }
            }
            _ => json.skip()?,
        }
    }
    json.end()
}
