//! CSV of WeChatMsg / MemoTrace (留痕):
//! `localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender`;
//! older builds stop at `StrTime`.
//!
//! `localId` numbers the rows of one of several databases, so it is no id of the message.

use std::sync::Arc;

use yutang_domain::time::{SECOND, Timestamp};

use super::{
    Body, Context, Emit, Found, Message, MessageKind, Record, Room, Sender, System, reject, system,
};
use crate::{ImportError, LineKey, Reason, civil::Precision, table::Records, text::Text};

/// Whether this is the beginning of such a file.
pub(super) fn looks(start: &str) -> bool {
    start
        .lines()
        .next()
        .is_some_and(|header| header.starts_with("localId") && header.contains("StrContent"))
}

/// WeChat's number for a kind of message; `None` for a notice.
fn kind(number: &str, sub: &str) -> Option<MessageKind> {
    Some(match (number, sub) {
        ("1", _) | ("49", "57") => MessageKind::Text,
        ("3", _) => MessageKind::Image,
        ("34", _) => MessageKind::Voice,
        ("42", _) => MessageKind::Card,
        ("43", _) => MessageKind::Video,
        ("47", _) => MessageKind::Sticker,
        ("48", _) => MessageKind::Location,
        ("49", "6") => MessageKind::File,
        ("49", "5" | "33" | "36") => MessageKind::Link,
        ("49", "2000") => MessageKind::Transfer,
        ("49", "2001") => MessageKind::RedPacket,
        ("50", _) => MessageKind::Call,
        ("10000" | "10002", _) => return None,
        _ => MessageKind::Other,
    })
}

/// The title inside the XML of an app message, if there is one; media XML is nobody's words.
fn words(kind: MessageKind, content: &str) -> String {
    if kind == MessageKind::Text && !content.starts_with('<') {
        return content.to_owned();
    }
    if !content.trim_start().starts_with('<') {
        return content.to_owned();
    }
    let title = content
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"));
    title.map_or_else(String::new, |(title, _)| {
        let title = title.trim();
        let title = title
            .strip_prefix("<![CDATA[")
            .and_then(|t| t.strip_suffix("]]>"))
            .unwrap_or(title);
        title
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
    })
}

/// Reads the file.
pub(super) fn walk(
    text: &mut Text,
    _context: &mut Context,
    emit: &mut Emit<'_>,
) -> Result<(), ImportError> {
    let mut reader = Records::new(text, b',');
    let mut header = csv::StringRecord::new();
    reader.next(&mut header)?;
    let column = |name: &str| header.iter().position(|h| h.trim() == name);
    let needed = |field: &'static str| {
        column(field).ok_or_else(|| ImportError::MissingColumn {
            field,
            columns: header.iter().collect::<Vec<_>>().join(", "),
        })
    };
    let (number, created) = (needed("Type")?, needed("CreateTime")?);
    let (content, sub) = (needed("StrContent")?, column("SubType"));
    let (talker, mine) = (column("TalkerId"), column("IsSender"));
    let (remark, nick, from) = (column("Remark"), column("NickName"), column("Sender"));
    let mut room: Option<Arc<Room>> = None;
    let mut row = csv::StringRecord::new();
    while let Some((line, offset)) = reader.next(&mut row)? {
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or("").trim();
        let created = cell(Some(created));
        // Four thousand million seconds are the year 2096.
        let Some(seconds) = created
            .parse::<i64>()
            .ok()
            .filter(|s| (0..4_000_000_000).contains(s))
        else {
            if !emit(reject(line, Reason::Time(created.to_owned()))) {
                return Ok(());
            }
            continue;
        };
        let id = cell(talker);
        if room
            .as_ref()
            .is_none_or(|room| room.id.as_deref() != Some(id))
        {
            let id = Some(id.to_owned()).filter(|id| !id.is_empty());
            room = Some(Arc::new(Room { id, name: None }));
        }
        let content = row.get(content).unwrap_or("");
        let body = match kind(cell(Some(number)), cell(sub)) {
            None => {
                let event = match system::chinese(content) {
                    System::Other if cell(Some(number)) == "10002" => System::Recalled { by: None },
                    event => event,
                };
                Body::System {
                    event,
                    text: content.to_owned(),
                }
            }
            Some(kind) => {
                // In older builds a group message begins with its sender's id on a line of its own.
                let (inside, content) = match content.split_once(":\n") {
                    Some((id, rest)) if cell(from).is_empty() && !id.contains([' ', '\n']) => {
                        (id, rest)
                    }
                    _ => ("", content),
                };
                let id = if cell(from).is_empty() {
                    inside
                } else {
                    cell(from)
                };
                let name = if cell(nick).is_empty() {
                    cell(remark)
                } else {
                    cell(nick)
                };
                if id.is_empty() && name.is_empty() && cell(mine) != "1" {
                    if !emit(reject(line, Reason::NoSender)) {
                        return Ok(());
                    }
                    continue;
                }
                let own = id.is_empty() && name.is_empty();
                Body::Message(Message {
                    sender: Sender {
                        external_id: Some(if own { "self" } else { id })
                            .filter(|id| !id.is_empty())
                            .map(str::to_owned),
                        name: name.to_owned(),
                        bot: false,
                    },
                    kind,
                    text: words(kind, content),
                    reply_to: None,
                    mentions: Vec::new(),
                })
            }
        };
        let record = Record {
            line,
            at: Timestamp::from_ms(seconds * SECOND),
            precision: Precision::Second,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_read_and_other_xml_is_not() {
        assert_eq!(words(MessageKind::Image, "<?xml?><msg><img/></msg>"), "");
        assert_eq!(
            words(MessageKind::Link, "<msg><title>A &amp; B</title></msg>"),
            "A & B"
        );
        assert_eq!(words(MessageKind::Text, "a < b"), "a < b");
        assert_eq!(kind("10000", "0"), None);
        assert_eq!(kind("49", "2001"), Some(MessageKind::RedPacket));
    }
}
