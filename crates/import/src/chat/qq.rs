//! Text export of the QQ message manager.
//!
//! A head line `2026-11-20 9:05:01 【管理员】小王(10001)`, the words on the lines below, an empty
//! line. An export of everything holds several rooms, each announced by `消息对象:`.

use std::sync::Arc;

use super::{
    Body, Context, Emit, Found, Message, Record, Room, Sender, placeholder, reject, system,
};
use crate::{
    DateOrder, ImportError, LineKey, Reason,
    civil::{Precision, when_prefix},
    text::Text,
};

/// A head line, taken apart.
struct Head<'t> {
    /// Day and milliseconds of it; `None` if there is no such time.
    time: Option<(i64, i64)>,
    who: &'t str,
}

fn head(line: &str) -> Option<Head<'_>> {
    let bytes = line.as_bytes();
    if bytes.len() < 15
        || !line.is_char_boundary(11)
        || !bytes[..4].iter().all(u8::is_ascii_digit)
        || bytes[4] != b'-'
    {
        return None;
    }
    // The name may begin with what looks like a half of the day, so the time ends at its space.
    let space = line[11..].find(' ').map_or(line.len(), |at| at + 11);
    let (clock, rest) = line.split_at(space);
    let (when, end) = when_prefix(clock)?;
    let rest = (end == clock.len()).then(|| rest.strip_prefix(' ').unwrap_or(rest))?;
    let ms = when.time.filter(|_| when.precision == Precision::Second)?;
    let time = when
        .date
        .day(DateOrder::Ymd)
        .filter(|_| ms >= 0)
        .map(|day| (day, ms));
    Some(Head { time, who: rest })
}

/// Takes off titles such as `【群主】` as long as a name is left.
fn without_titles(mut name: &str) -> &str {
    while let Some((_, rest)) = name
        .strip_prefix('【')
        .and_then(|rest| rest.split_once('】'))
    {
        name = rest;
    }
    name.trim()
}

/// Name and id out of `【title】name(id)` or `name<address>`; the last bracket counts.
fn sender(who: &str) -> Sender {
    let who = who.trim();
    let bracket = |open: char, close: char| {
        let (name, id) = who.strip_suffix(close)?.rsplit_once(open)?;
        Some((name, id))
    };
    let found = bracket('(', ')')
        .filter(|(_, id)| id.len() >= 5 && id.bytes().all(|b| b.is_ascii_digit()))
        .or_else(|| bracket('<', '>').filter(|(_, id)| id.contains('@')));
    match found {
        // The same id stands for everybody who wrote without a name.
        Some((name, "1000000")) => Sender::named(without_titles(name)),
        Some((name, id)) => Sender {
            external_id: Some(id.to_owned()),
            name: without_titles(name).to_owned(),
            bot: false,
        },
        None => {
            let name = without_titles(who);
            Sender::named(if name.is_empty() { who } else { name })
        }
    }
}

/// Whether this is the beginning of such a file.
pub(super) fn looks(start: &str) -> bool {
    let mut lines = start
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.trim().is_empty());
    lines
        .next()
        .is_some_and(|line| line.starts_with("消息记录") || head(line).is_some())
        || start
            .lines()
            .take(40)
            .any(|line| line.starts_with("消息对象:"))
}

struct Pending {
    line: u64,
    offset: u64,
    time: (i64, i64),
    sender: Sender,
    body: String,
}

struct Reader<'c> {
    context: &'c mut Context,
    room: Option<Arc<Room>>,
    pending: Option<Pending>,
}

impl Reader<'_> {
    fn flush(&mut self, emit: &mut Emit<'_>) -> bool {
        let Some(pending) = self.pending.take() else {
            return true;
        };
        let text = pending.body.trim_end_matches('\n').to_owned();
        let (day, ms) = pending.time;
        let notice = pending.sender.external_id.as_deref() == Some("10000")
            || pending.sender.external_id.is_none() && pending.sender.name == "系统消息";
        let body = if notice {
            Body::System {
                event: system::chinese(&text),
                text,
            }
        } else {
            let kind = placeholder::bracket(&text);
            Body::Message(Message {
                sender: pending.sender,
                kind,
                text,
                reply_to: None,
                mentions: Vec::new(),
            })
        };
        let record = Record {
            line: pending.line,
            at: self.context.local.instant(day, ms),
            precision: Precision::Second,
            room: self.room.clone(),
            message_id: None,
            body,
            key: LineKey::default(),
        };
        emit(Found::Record {
            record,
            offset: pending.offset,
        })
    }
}

/// Reads the file.
pub(super) fn walk(
    text: &mut Text,
    context: &mut Context,
    emit: &mut Emit<'_>,
) -> Result<(), ImportError> {
    let mut reader = Reader {
        context,
        room: None,
        pending: None,
    };
    let (mut blank, mut preamble, mut dropping) = (true, true, false);
    while let Some(line) = text.line()? {
        let found = if blank || preamble {
            head(line.text)
        } else {
            None
        };
        if let Some(head) = found {
            if !reader.flush(emit) {
                return Ok(());
            }
            (preamble, dropping) = (false, head.time.is_none());
            if let Some(time) = head.time {
                reader.pending = Some(Pending {
                    line: line.number,
                    offset: line.offset,
                    time,
                    sender: sender(head.who),
                    body: String::new(),
                });
            } else if !emit(reject(line.number, Reason::Time(line.text.to_owned()))) {
                return Ok(());
            }
        } else if blank && line.text.len() >= 32 && line.text.bytes().all(|b| b == b'=') {
            if !reader.flush(emit) {
                return Ok(());
            }
            preamble = true;
        } else if preamble {
            if let Some(name) = line.text.strip_prefix("消息对象:") {
                let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
                reader.room = Some(Arc::new(Room { id: None, name }));
            }
            let known = ["消息记录", "消息分组", "消息对象", "="];
            let expected = line.text.trim().is_empty()
                || known
                    .iter()
                    .any(|word| line.text.trim_start().starts_with(word));
            if !expected && !emit(reject(line.number, Reason::NoHead)) {
                return Ok(());
            }
        } else if let Some(pending) = &mut reader.pending {
            if !pending.body.is_empty() || !line.text.is_empty() {
                pending.body.push_str(line.text);
                pending.body.push('\n');
            }
        } else if !dropping && !line.text.is_empty() && !emit(reject(line.number, Reason::NoHead)) {
            return Ok(());
        }
        blank = line.text.is_empty();
    }
    reader.flush(emit);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bracket_is_the_id() {
        for (who, id, name) in [
            ("【管理员】小王(10001)", Some("10001"), "小王"),
            ("【群主】【LV100】a (b)(123456)", Some("123456"), "a (b)"),
            ("Tom<tom@example.com>", Some("tom@example.com"), "Tom"),
            ("(10003)", Some("10003"), ""),
            ("小李 (备注)", None, "小李 (备注)"),
            ("匿名(1000000)", None, "匿名"),
            ("|trey|(101452)", Some("101452"), "|trey|"),
        ] {
            let sender = sender(who);
            assert_eq!(
                (sender.external_id.as_deref(), sender.name.as_str()),
                (id, name),
                "{who}"
            );
        }
    }

    #[test]
    fn a_head_has_a_full_time() {
        assert!(head("2026-11-20 9:05:01 小王(10001)").is_some());
        assert!(head("2026-11-20 9:05:01 ").is_some());
        assert!(head("2026-11-20 9:05:01").is_some());
        assert_eq!(
            head("2026-11-20 9:05:01 PMD(10001)").unwrap().who,
            "PMD(10001)"
        );
        assert!(head("2026-11-20 9:05 小王").is_none());
        assert!(head("2026-11-20 就这天 (10001)").is_none());
        assert!(head("谢谢 2026-11-20 21:15:06 (不是头)").is_none());
        assert!(
            head("2026-13-20 9:05:01 小王(10001)")
                .unwrap()
                .time
                .is_none()
        );
    }
}
