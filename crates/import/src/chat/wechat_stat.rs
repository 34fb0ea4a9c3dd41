//! CSV of group statistics tools for WeChat:
//! `time(Asia/Shanghai),group_id,group_name,from_id,from_nickname,content_type,content`.

use std::sync::Arc;

use yutang_domain::time::Zone;

use super::{
    Body, Context, Emit, Found, Message, MessageKind, Record, Room, Sender, reject, system,
};
use crate::{
    DateOrder, ImportError, LineKey, Reason,
    civil::{LocalTime, when},
    table::Records,
    text::Text,
};

/// Whether this is the beginning of such a file.
pub(super) fn looks(start: &str) -> bool {
    start.lines().next().is_some_and(|header| {
        header.starts_with("time") && header.contains("from_id") && header.contains("content")
    })
}

fn kind(name: &str) -> MessageKind {
    match name.to_ascii_lowercase().as_str() {
        "image" | "picture" => MessageKind::Image,
        "voice" | "audio" => MessageKind::Voice,
        "video" => MessageKind::Video,
        "file" | "attachment" => MessageKind::File,
        "emoticon" | "emoji" | "sticker" => MessageKind::Sticker,
        "contact" | "card" => MessageKind::Card,
        "url" | "link" | "miniprogram" => MessageKind::Link,
        "location" => MessageKind::Location,
        "redenvelope" => MessageKind::RedPacket,
        "transfer" => MessageKind::Transfer,
        "text" | "" => MessageKind::Text,
        _ => MessageKind::Other,
    }
}

/// Reads the file.
pub(super) fn walk(
    text: &mut Text,
    context: &mut Context,
    emit: &mut Emit<'_>,
) -> Result<(), ImportError> {
    let mut reader = Records::new(text, b',');
    let mut header = csv::StringRecord::new();
    reader.next(&mut header)?;
    let column = |name: &str| header.iter().position(|h| h.trim() == name);
    let column_of = |field: &'static str| {
        column(field).ok_or_else(|| ImportError::MissingColumn {
            field,
            columns: header.iter().collect::<Vec<_>>().join(", "),
        })
    };
    let (from_id, content) = (column_of("from_id")?, column_of("content")?);
    let (group_id, group_name) = (column("group_id"), column("group_name"));
    let (nickname, content_type) = (column("from_nickname"), column("content_type"));
    // The header of the first column names the zone of its times.
    let zone = header
        .get(0)
        .and_then(|h| h.split_once('('))
        .map(|(_, z)| z.trim_end_matches(')'));
    let mut local = match zone.map(Zone::from_name) {
        Some(Ok(zone)) => LocalTime::new(&zone),
        _ => context.local.clone(),
    };
    let mut room: Option<Arc<Room>> = None;
    let mut row = csv::StringRecord::new();
    while let Some((line, offset)) = reader.next(&mut row)? {
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or("");
        let time = row.get(0).unwrap_or("");
        let read = when(time).filter(|when| when.time.is_some());
        let at = read.and_then(|when| {
            local
                .resolve(&when, DateOrder::Ymd)
                .map(|at| (at, when.precision))
        });
        let Some((at, precision)) = at else {
            if !emit(reject(line, Reason::Time(time.to_owned()))) {
                return Ok(());
            }
            continue;
        };
        let (id, name) = (cell(group_id), cell(group_name));
        let known = room.as_ref().is_some_and(|room| {
            room.id.as_deref().unwrap_or("") == id && room.name.as_deref().unwrap_or("") == name
        });
        if !known {
            let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            room = Some(Arc::new(Room {
                id: some(id),
                name: some(name),
            }));
        }
        let words = cell(Some(content)).to_owned();
        let sender = cell(Some(from_id));
        let name = cell(nickname);
        let body = if cell(content_type).eq_ignore_ascii_case("system") {
            Body::System {
                event: system::chinese(&words),
                text: words,
            }
        } else if sender.is_empty() && name.is_empty() {
            if !emit(reject(line, Reason::NoSender)) {
                return Ok(());
            }
            continue;
        } else {
            Body::Message(Message {
                sender: Sender {
                    external_id: Some(sender.to_owned()).filter(|id| !id.is_empty()),
                    name: name.to_owned(),
                    bot: false,
                },
                kind: kind(cell(content_type)),
                text: words,
                reply_to: None,
                mentions: Vec::new(),
            })
        };
        let record = Record {
            line,
            at,
            precision,
            room: room.clone(),
            message_id: None,
            body,
            key: LineKey::default(),
        };
        if !emit(Found::Record { record, offset }) {
            return Ok(());
        }
    }
    Ok(())
}
