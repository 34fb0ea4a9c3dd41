//! Text export of WhatsApp.
//!
//! Android writes `DATE, TIME - Name: words`, iOS `[DATE, TIME] Name: words`, both in the way of
//! the phone's country; lines without a head go on with the message above.

use super::{
    Body, Context, Emit, Found, Message, MessageKind, Record, Sender, System, placeholder, reject,
    system,
};
use crate::{
    ImportError, LineKey, Reason,
    civil::{Precision, When, when_prefix},
    date_order::Votes,
    text::Text,
};

/// Marks that WhatsApp puts before text to keep its direction.
const MARKS: [char; 3] = ['\u{200e}', '\u{200f}', '\u{202a}'];

/// A head and what follows it on the line.
fn head(line: &str) -> Option<(When, &str)> {
    let line = line.trim_start_matches(MARKS);
    match line.as_bytes().first()? {
        b'[' => {
            let (when, end) = when_prefix(&line[1..])?;
            when.time?;
            let rest = line[1 + end..].strip_prefix(']')?;
            Some((when, rest.strip_prefix(' ').unwrap_or(rest)))
        }
        b'0'..=b'9' => {
            let (when, end) = when_prefix(line)?;
            when.time?;
            let rest = line[end..]
                .strip_prefix(" - ")
                .or_else(|| line[end..].strip_prefix(" – "));
            rest.map(|rest| (when, rest))
        }
        _ => None,
    }
}

/// Whether this is the beginning of such a file.
pub(super) fn looks(start: &str) -> bool {
    start
        .lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| head(line).is_some())
}

/// Gathers the dates.
pub(super) fn vote(text: &mut Text, votes: &mut Votes) -> Result<(), ImportError> {
    let mut firm = 0_u32;
    while let Some(line) = text.line()? {
        let Some((when, _)) = head(line.text) else {
            continue;
        };
        if when.date.year_first() {
            // One phone writes one way: a thousand dates with the year first settle it.
            firm += 1;
            if firm > 1000 {
                break;
            }
        } else {
            votes.add(when.date);
        }
    }
    Ok(())
}

/// Name and words of a message; `None` if nobody is named.
fn split(rest: &str) -> Option<(&str, &str)> {
    rest.split_once(": ")
        .or_else(|| rest.strip_suffix(':').map(|name| (name, "")))
}

const OMITTED: &[(&str, MessageKind)] = &[
    ("<media omitted>", MessageKind::Other),
    ("<省略影音内容>", MessageKind::Other),
    ("<省略多媒體檔>", MessageKind::Other),
    ("<媒体文件已省略>", MessageKind::Other),
    ("<省略媒体文件>", MessageKind::Other),
    ("image omitted", MessageKind::Image),
    ("忽略图片", MessageKind::Image),
    ("图片已省略", MessageKind::Image),
    ("圖片已略去", MessageKind::Image),
    ("video omitted", MessageKind::Video),
    ("video note omitted", MessageKind::Video),
    ("忽略视频", MessageKind::Video),
    ("影片已略去", MessageKind::Video),
    ("gif omitted", MessageKind::Sticker),
    ("sticker omitted", MessageKind::Sticker),
    ("忽略贴图", MessageKind::Sticker),
    ("貼圖已略去", MessageKind::Sticker),
    ("audio omitted", MessageKind::Voice),
    ("忽略音频", MessageKind::Voice),
    ("音訊已略去", MessageKind::Voice),
    ("document omitted", MessageKind::File),
    ("忽略文档", MessageKind::File),
    ("文件已略去", MessageKind::File),
    ("contact card omitted", MessageKind::Card),
    ("忽略联系人名片", MessageKind::Card),
];

const DELETED: &[&str] = &[
    "this message was deleted",
    "you deleted this message",
    "此消息已删除",
    "您已删除此消息",
    "您已删除这条消息",
    "这条消息已删除",
    "此訊息已刪除",
    "您已刪除此訊息",
];

/// What the words stand for.
fn kind(text: &str) -> MessageKind {
    let lower = text.trim_matches(MARKS).to_ascii_lowercase();
    if let Some((_, kind)) = OMITTED.iter().find(|(words, _)| *words == lower) {
        return *kind;
    }
    if let Some((_, kind)) = OMITTED
        .iter()
        .find(|(words, kind)| *kind == MessageKind::File && lower.ends_with(words))
    {
        return *kind;
    }
    for open in ["<attached: ", "<附件: ", "<附件：", "<附件:"] {
        if let Some(name) = lower
            .strip_prefix(open)
            .and_then(|rest| rest.split_once('>'))
        {
            return placeholder::by_name(name.0);
        }
    }
    let first = lower.lines().next().unwrap_or("");
    for end in [
        " (file attached)",
        "（文件附件）",
        " (文件附件)",
        " (附件)",
        " (檔案附件)",
    ] {
        if let Some(name) = first.strip_suffix(end) {
            return placeholder::by_name(name);
        }
    }
    if lower.starts_with("location: http") || lower.starts_with("位置: http") {
        MessageKind::Location
    } else if lower.starts_with("poll:\n") || lower.starts_with("投票：") {
        MessageKind::Poll
    } else if lower.starts_with("missed voice call") || lower.starts_with("missed video call") {
        MessageKind::Call
    } else {
        MessageKind::Text
    }
}

/// People marked by the isolates that WhatsApp puts around a mentioned name.
fn mentions(text: &str) -> Vec<Sender> {
    text.split("@\u{2068}")
        .skip(1)
        .filter_map(|part| part.split_once('\u{2069}'))
        .map(|(name, _)| Sender::named(name.trim_start_matches('~').trim()))
        .collect()
}

struct Pending {
    line: u64,
    offset: u64,
    day: i64,
    ms: i64,
    precision: Precision,
    text: String,
}

fn notice(text: &str) -> Body {
    let text = text.trim_start_matches(MARKS).to_owned();
    let event = system::english(&text).unwrap_or_else(|| system::chinese(&text));
    Body::System { event, text }
}

fn body(rest: &str) -> Body {
    let Some((name, words)) = split(rest) else {
        return notice(rest);
    };
    // A group named `a: b` is created by a notice that has a colon too.
    if name.contains(" created group \"") || name.contains(" changed the subject ") {
        return notice(rest);
    }
    let marked = words.starts_with('\u{200e}');
    let words = words.trim_start_matches(MARKS);
    let name = name
        .trim_start_matches(MARKS)
        .trim_start_matches('~')
        .trim();
    let lower = words.trim_end_matches('.').to_ascii_lowercase();
    if DELETED.iter().any(|known| lower == *known) {
        let by = Some(Sender::named(name));
        return Body::System {
            event: System::Recalled { by },
            text: words.to_owned(),
        };
    }
    let kind = kind(words);
    if marked && kind == MessageKind::Text {
        // Notices on iOS carry the group's name as their sender.
        let event = system::english(words).unwrap_or_else(|| system::chinese(words));
        if event != System::Other
            || words.contains("end-to-end encrypted")
            || words.contains("端到端加密")
        {
            return Body::System {
                event,
                text: words.to_owned(),
            };
        }
    }
    let text = words
        .trim_end_matches("<This message was edited>")
        .trim_end()
        .to_owned();
    let mentions = if text.contains('\u{2068}') {
        mentions(&text)
    } else {
        Vec::new()
    };
    Body::Message(Message {
        sender: Sender::named(name),
        kind,
        text,
        reply_to: None,
        mentions,
    })
}

fn flush(pending: Option<Pending>, context: &mut Context, emit: &mut Emit<'_>) -> bool {
    let Some(pending) = pending else { return true };
    let record = Record {
        line: pending.line,
        at: context.local.instant(pending.day, pending.ms),
        precision: pending.precision,
        room: None,
        message_id: None,
        body: body(pending.text.trim_end_matches('\n')),
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
    let mut dropping = false;
    while let Some(line) = text.line()? {
        let Some((when, rest)) = head(line.text) else {
            if let Some(pending) = &mut pending {
                pending.text.push('\n');
                pending.text.push_str(line.text);
            } else if !dropping
                && !line.text.trim().is_empty()
                && !emit(reject(line.number, Reason::NoHead))
            {
                return Ok(());
            }
            continue;
        };
        let (number, offset) = (line.number, line.offset);
        let day = when.date.day(context.order);
        let ms = when.time.filter(|ms| *ms >= 0);
        let next = match (day, ms) {
            (Some(day), Some(ms)) => {
                let precision = when.precision;
                Ok(Pending {
                    line: number,
                    offset,
                    day,
                    ms,
                    precision,
                    text: rest.to_owned(),
                })
            }
            _ => Err(line.text.chars().take(40).collect::<String>()),
        };
        if !flush(pending.take(), context, emit) {
            return Ok(());
        }
        dropping = next.is_err();
        match next {
            Ok(next) => pending = Some(next),
            Err(shown) => {
                if !emit(reject(number, Reason::Time(shown))) {
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
    fn heads_of_both_phones_are_found() {
        for line in [
            "11/20/26, 9:05 - Wang: hi",
            "2024/1/5 上午9:05 - 小王: 早",
            "[20/11/2026, 09:06:11] Wang: hi",
            "\u{200e}[20/11/2026, 9:08:31\u{202f}PM] Zhao: hi",
            "[2024/1/5 下午9:05:12] 小王: 早",
            "20.11.26, 21:05 - Wang: hi",
        ] {
            let (_, rest) = head(line).unwrap_or_else(|| panic!("{line}"));
            assert!(split(rest).is_some(), "{line}");
        }
        for line in [
            "everyone",
            "[pErry], ok",
            "3/4 of it - yes: no",
            "11/20/26 - Wang: hi",
            "",
        ] {
            assert!(head(line).is_none(), "{line}");
        }
    }

    #[test]
    fn bodies_are_told_apart() {
        let kind_of = |rest: &str| match body(rest) {
            Body::Message(message) => Some((message.kind, message.text)),
            Body::System { .. } => None,
        };
        let text = |words: &str| Some((MessageKind::Text, words.to_owned()));
        assert_eq!(kind_of("Zhao: hi: colon inside"), text("hi: colon inside"));
        assert_eq!(kind_of("Wang: "), text(""));
        assert_eq!(kind_of("Wang created group \"a: b\""), None);
        assert_eq!(kind_of("Li: This message was deleted"), None);
        assert_eq!(
            kind_of("Li: \u{200e}image omitted").unwrap().0,
            MessageKind::Image
        );
        assert_eq!(
            kind_of("Li: <附件: 00001-PHOTO.jpg>").unwrap().0,
            MessageKind::Image
        );
        assert_eq!(
            kind_of("Li: a.opus (file attached)").unwrap().0,
            MessageKind::Voice
        );
        assert_eq!(
            kind_of("G: \u{200e}Messages and calls are end-to-end encrypted."),
            None
        );
        // Words that look like a notice stay a person's words.
        assert_eq!(kind_of("Li: Wang added sugar"), text("Wang added sugar"));
        let Body::Message(message) = body("Li: @\u{2068}~Wang\u{2069} hi") else {
            panic!()
        };
        assert_eq!(message.mentions, [Sender::named("Wang")]);
    }
}
