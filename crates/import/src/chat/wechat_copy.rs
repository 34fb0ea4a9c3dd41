//! Messages selected in WeChat and pasted as text.
//!
//! `name 2024/1/5 12:18 PM` (or `2024年1月5日 下午3:04`), the words below, an empty line. There are
//! no ids and no notices; members are told apart by name.

use super::{Body, Context, Emit, Found, Message, Record, Sender, placeholder, reject};
use crate::{
    DateOrder, ImportError, LineKey, Reason,
    civil::{When, when_prefix},
    text::Text,
};

/// Name and time of a head line. The time is the last thing on the line, the name before it may
/// hold spaces and digits.
fn head(line: &str) -> Option<(&str, When)> {
    let line = line.trim_end();
    let bytes = line.as_bytes();
    let from = bytes.len().saturating_sub(48);
    for at in (from..bytes.len()).rev() {
        let starts = bytes[at].is_ascii_digit()
            && at > 0
            && bytes[at - 1] == b' '
            && bytes[at..].len() > 12
            && bytes[at..at + 4].iter().all(u8::is_ascii_digit);
        if !starts {
            continue;
        }
        if let Some((when, end)) = when_prefix(&line[at..])
            && end == line.len() - at
            && when.time.is_some()
            && when.date.year_first()
        {
            return Some((line[..at].trim(), when));
        }
    }
    None
}

/// Whether this is the beginning of such a file.
pub(super) fn looks(start: &str) -> bool {
    start
        .lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| {
            head(line).is_some_and(|(name, _)| !name.is_empty() && !name.contains(','))
        })
}

struct Pending {
    line: u64,
    offset: u64,
    name: String,
    when: When,
    day: i64,
    ms: i64,
    body: String,
}

fn flush(pending: Option<Pending>, context: &mut Context, emit: &mut Emit<'_>) -> bool {
    let Some(pending) = pending else { return true };
    let text = pending.body.trim_end_matches('\n').to_owned();
    let kind = placeholder::bracket(&text);
    let sender = Sender::named(pending.name.trim_end_matches([':', '：']));
    let record = Record {
        line: pending.line,
        at: context.local.instant(pending.day, pending.ms),
        precision: pending.when.precision,
        room: None,
        message_id: None,
        body: Body::Message(Message {
            sender,
            kind,
            text,
            reply_to: None,
            mentions: Vec::new(),
        }),
        key: LineKey::default(),
    };
    emit(Found::Record {
        record,
        offset: pending.offset,
    })
}

/// Reads the file.
pub(super) fn walk(
    text: &mut Text,
    context: &mut Context,
    emit: &mut Emit<'_>,
) -> Result<(), ImportError> {
    let mut pending: Option<Pending> = None;
    let (mut blank, mut dropping) = (true, false);
    while let Some(line) = text.line()? {
        let found = if blank { head(line.text) } else { None };
        blank = line.text.trim().is_empty();
        let (number, offset) = (line.number, line.offset);
        let Some((name, when)) = found else {
            if let Some(pending) = &mut pending {
                if !pending.body.is_empty() || !line.text.is_empty() {
                    pending.body.push_str(line.text);
                    pending.body.push('\n');
                }
            } else if !dropping && !blank && !emit(reject(number, Reason::NoHead)) {
                return Ok(());
            }
            continue;
        };
        let day = when.date.day(DateOrder::Ymd);
        let ms = when.time.filter(|ms| *ms >= 0);
        let next = match (day, ms) {
            _ if name.is_empty() => Err(Reason::NoSender),
            (Some(day), Some(ms)) => Ok(Pending {
                line: number,
                offset,
                name: name.to_owned(),
                when,
                day,
                ms,
                body: String::new(),
            }),
            _ => Err(Reason::Time(line.text[name.len()..].trim().to_owned())),
        };
        if !flush(pending.take(), context, emit) {
            return Ok(());
        }
        dropping = next.is_err();
        match next {
            Ok(next) => pending = Some(next),
            Err(reason) => {
                if !emit(reject(number, reason)) {
                    return Ok(());
                }
            }
        }
    }
    flush(pending, context, emit);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_ends_the_head() {
        for (line, name) in [
            ("|trey| 2004/11/15 12:18 PM", "|trey|"),
            ("小 王 2 2024年1月5日 下午3:04", "小 王 2"),
            ("a 2024/1/5 b 2024-01-05 21:15:05", "a 2024/1/5 b"),
        ] {
            assert_eq!(head(line).map(|(name, _)| name), Some(name), "{line}");
        }
        for line in [
            "see you 2024/1/5",
            "12:18 PM",
            "a 2024/1/5 12:18 PM ok",
            "a 1/5/24 12:18 PM",
        ] {
            assert!(head(line).is_none(), "{line}");
        }
    }
}
