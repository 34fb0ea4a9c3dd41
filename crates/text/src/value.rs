//! Value: whether a member's message gives something to the others.
//!
//! Vitality counts people who give value, not people who talk, so what value is has to be written
//! down. A message of a member (operators and bots are never judged) **gives value** if it is
//!
//! 1. not an advert ([`crate::advert`]);
//! 2. not a greeting, thanks, cheer or sign-in (at least 70 % of its letters belong to the words of
//!    `data/greeting.txt`), not a number or `+1`, not a line of an order list (接龙: `3. 王芳 2个`,
//!    `#接龙 …`, `取消3`), not a command to a bot (`/roll`, `!help`);
//! 3. and one of
//!    - an **answer** to another person of at least [`ANSWER_UNITS`] units: a reply, `@name …` or
//!      `name: …`, or, of at least [`AFTER_QUESTION_UNITS`] units, the message right after another
//!      person's question; units of the name do not count;
//!    - a photo, video or file with a **caption** of at least [`ANSWER_UNITS`] units;
//!    - **informative**: at least [`INFORMATIVE_UNITS`] units, [`DIFFERENT_UNITS`] of them different.
//!
//! A unit is a Han character, half a Latin word, a number, half a link ([`crate::units`]). The rule is
//! rough on purpose: it can be checked by reading, it needs nobody's model, and it errs alike in
//! every group, so groups and weeks can be compared.
//!
//! req: 002-006

use std::{collections::HashSet, sync::LazyLock};

use serde::Serialize;

use crate::{
    advert,
    fold::{Folded, fold, is_cjk},
    phrase::Phrases,
    units::{self, Units, link_length},
};

/// Least units of an answer or a caption.
pub const ANSWER_UNITS: u32 = 4;
/// Least units of a message that answers only because it follows a question.
pub const AFTER_QUESTION_UNITS: u32 = 8;
/// Least units of a message that informs by itself.
pub const INFORMATIVE_UNITS: u32 = 15;
/// Least different units of a message that informs by itself.
pub const DIFFERENT_UNITS: u32 = 5;
/// Share of greeting words, in percent, from which on a message is a greeting.
const GREETING_PERCENT: usize = 70;
/// Longest `name:` in characters.
const NAME_MAX: usize = 24;

/// What a message consists of besides text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Text only.
    #[default]
    Text,
    /// A photo, video or file; the text is its caption.
    Captioned,
    /// Sticker, voice, card, red packet and whatever else cannot be read; never of value by itself.
    Other,
}

/// A member's message and its place in the talk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Message<'a> {
    /// The text, or the caption.
    pub text: &'a str,
    /// What it consists of.
    pub kind: Kind,
    /// Marked by the channel as a reply to another person's message.
    pub reply: bool,
    /// The message right before it in the group was another person's question (see
    /// [`asks`]), at most ten minutes earlier.
    pub after_question: bool,
}

/// Why a message gives value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ValueReason {
    /// Answers another person.
    Answer {
        /// Units without the name of the person.
        units: u32,
    },
    /// A photo, video or file that is explained.
    Caption {
        /// Units of the caption.
        units: u32,
    },
    /// Says enough by itself.
    Informative {
        /// Units.
        units: u32,
        /// Different units, counted up to [`units::DIFFERENT_MAX`].
        different: u32,
    },
}

static GREETINGS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(
        lines(include_str!("../data/greeting.txt")).map(|word| (0, word)),
        false,
    )
});

static LABELS: LazyLock<HashSet<String>> =
    LazyLock::new(|| lines(include_str!("../data/label.txt")).map(fold).collect());

fn lines(data: &'static str) -> impl Iterator<Item = &'static str> {
    data.lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
}

/// Judges a message; `None` if it gives no value. req: 002-006
pub fn judge(message: &Message<'_>) -> Option<ValueReason> {
    let folded = Folded::new(message.text);
    let body = Body::new(&folded, message);
    judge_folded(
        &folded,
        message,
        &body,
        advert::judge_folded(&folded).is_some(),
    )
}

/// Judges a folded message of which it is known whether it is an advert.
pub(crate) fn judge_folded(
    folded: &Folded,
    message: &Message<'_>,
    body: &Body<'_>,
    advert: bool,
) -> Option<ValueReason> {
    if advert || message.kind == Kind::Other {
        return None;
    }
    let Units { count, different } = units::measure_folded(body.text);
    let reason = if body.answers && count >= ANSWER_UNITS
        || message.after_question && count >= AFTER_QUESTION_UNITS
    {
        ValueReason::Answer { units: count }
    } else if message.kind == Kind::Captioned && count >= ANSWER_UNITS {
        ValueReason::Caption { units: count }
    } else if count >= INFORMATIVE_UNITS && different >= DIFFERENT_UNITS {
        ValueReason::Informative {
            units: count,
            different,
        }
    } else {
        return None;
    };
    let empty = is_command(folded.text()) || is_order_line(folded.text()) || is_greeting(body.text);
    (!empty).then_some(reason)
}

/// A message without the name of the person it is addressed to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'t> {
    pub text: &'t str,
    /// Whether the message answers another person by reply or by name.
    pub answers: bool,
}

impl<'t> Body<'t> {
    pub fn new(folded: &'t Folded, message: &Message<'_>) -> Self {
        let text = folded.text();
        let name = addressed(text);
        Self {
            text: text[name..].trim_start(),
            answers: message.reply || name > 0,
        }
    }
}

/// Bytes of a leading `@name ` or `name: `, 0 if there is none.
fn addressed(text: &str) -> usize {
    if let Some(rest) = text.strip_prefix('@') {
        let name = rest.find(' ').unwrap_or(0);
        return if name > 0 && rest[..name].chars().count() <= NAME_MAX {
            name + 2
        } else {
            0
        };
    }
    for (count, (at, c)) in text.char_indices().enumerate() {
        if c == ':' || c == '\u{ff1a}' {
            let (name, after) = (&text[..at], &text[at + c.len_utf8()..]);
            let spaced = after.starts_with(' ') || name.chars().any(is_cjk);
            let named = count > 0
                && spaced
                && !after.is_empty()
                && name.chars().any(char::is_alphabetic)
                && !LABELS.contains(name);
            return if named { text.len() - after.len() } else { 0 };
        }
        let part = c.is_alphanumeric() || "_-[]|^`{}\\.".contains(c);
        if !part || count >= NAME_MAX {
            return 0;
        }
    }
    0
}

fn is_command(text: &str) -> bool {
    let mut characters = text.chars();
    matches!(characters.next(), Some('/' | '!'))
        && characters.next().is_some_and(|c| c.is_ascii_alphabetic())
}

/// A line of an order list: its head, an entry `N. who M个` or `N. who +M`, a withdrawal `取消N`.
fn is_order_line(text: &str) -> bool {
    if text.starts_with("#接龙") || text.starts_with("接龙") || text.starts_with("#group") {
        return true;
    }
    let withdrawn = text.strip_prefix("取消").unwrap_or(text);
    let digits = withdrawn.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 3 {
        return false;
    }
    let rest = &withdrawn[digits..];
    if withdrawn.len() < text.len() {
        return rest.chars().count() <= 4;
    }
    let Some(entry) = rest.strip_prefix(['.', '、', ')', ',']) else {
        return false;
    };
    units::measure_folded(entry).count <= 24 && has_quantity(entry)
}

fn has_quantity(text: &str) -> bool {
    let mut digit = false;
    let mut plus = false;
    for c in text.chars() {
        if c.is_ascii_digit() || "一二两三四五六七八九十半".contains(c) {
            if plus {
                return true;
            }
            digit = true;
        } else {
            if digit && "个份盒只条包斤箱袋件套块杯瓶".contains(c) {
                return true;
            }
            plus = c == '+' || (plus && c == ' ');
            digit = digit && c == ' ';
        }
    }
    false
}

/// Whether at least [`GREETING_PERCENT`] of the letters belong to greetings.
fn is_greeting(text: &str) -> bool {
    let letters = |text: &str| {
        text.chars()
            .filter(|c| is_cjk(*c) || c.is_alphanumeric())
            .count()
    };
    let others_max = letters(text) * (100 - GREETING_PERCENT);
    let mut others = 0;
    let mut end = 0;
    for hit in GREETINGS.longest(text) {
        others += letters(&text[end..hit.from]);
        end = hit.to;
        if others * 100 > others_max {
            return false;
        }
    }
    others += letters(&text[end..]);
    others * 100 <= others_max
}

/// Whether a message asks something: it ends in a question mark or particle, or says a question
/// word of Chinese. Links are passed over.
pub fn asks(text: &str) -> bool {
    asks_folded(&Folded::new(text))
}

/// Whether a folded message asks something.
pub(crate) fn asks_folded(folded: &Folded) -> bool {
    let folded = folded.text();
    let end = folded.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '?');
    if end.ends_with(['?', '吗', '么', '呢', '嘛']) {
        return end
            .rfind("http")
            .is_none_or(|at| at + link_length(&end[at..]) < end.len());
    }
    ["请问", "求问", "怎么办", "有没有人", "谁知道", "求推荐"]
        .iter()
        .any(|word| folded.contains(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> Message<'_> {
        Message {
            text,
            ..Message::default()
        }
    }

    /// req: 002-006
    #[test]
    fn value_is_information_answers_and_explained_pictures() {
        assert_eq!(
            judge(&said("吐司别放冷藏,切片冷冻,烤两分钟跟刚出炉一样")),
            Some(ValueReason::Informative {
                units: 20,
                different: 8
            })
        );
        assert!(
            judge(&said(
                "You should freeze the sliced bread and toast it later"
            ))
            .is_some()
        );
        assert_eq!(
            judge(&said("@王芳 用高筋面粉")),
            Some(ValueReason::Answer { units: 5 })
        );
        assert!(judge(&said("tom: try the other kernel")).is_some());
        assert!(
            judge(&Message {
                reply: true,
                ..said("一百八十度烤")
            })
            .is_some()
        );
        assert!(
            judge(&Message {
                after_question: true,
                ..said("一百八十度烤十五分钟")
            })
            .is_some()
        );
        assert!(
            judge(&Message {
                kind: Kind::Captioned,
                ..said("我做的欧包")
            })
            .is_some()
        );
    }

    /// req: 002-006
    #[test]
    fn noise_gives_no_value() {
        for text in [
            "",
            "👍👍👍",
            "+1",
            "666666",
            "大家早上好!新的一天元气满满,祝大家周末愉快,天天开心",
            "谢谢群主,谢谢分享,辛苦了辛苦了,恭喜恭喜,欢迎新朋友",
            "打卡",
            "3. 王芳 2个 明早取,谢谢老板辛苦了多放点",
            "3.王芳+1",
            "#接龙 周六吐司 ¥18 取货:海岸城店 10:00-20:00 截止周五 18:00",
            "取消3",
            "/roll 100 for everyone in this group please and be quick about it",
            "哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈",
            "兼职刷单,日结200,加V:abc12345,有意者联系,机会难得不要错过",
            "今天吃什么好呢",
            "10:30 见",
            "@王芳 好的",
        ] {
            assert_eq!(judge(&said(text)), None, "{text}");
        }
        assert_eq!(
            judge(&Message {
                kind: Kind::Captioned,
                ..said("看")
            }),
            None
        );
        assert_eq!(
            judge(&Message {
                kind: Kind::Other,
                reply: true,
                ..said("[语音]")
            }),
            None
        );
        assert_eq!(
            judge(&Message {
                reply: true,
                ..said("谢谢谢谢,辛苦了")
            }),
            None
        );
    }

    #[test]
    fn names_are_told_from_labels_times_and_links() {
        assert!(addressed("tom_: hello") > 0);
        assert!(addressed("小王:用高筋粉") > 0);
        for text in [
            "地址:海岸城",
            "10:30 见",
            "https://example.org",
            "note: no",
            "a b: c",
            "@tom",
        ] {
            assert_eq!(addressed(text), 0, "{text}");
        }
    }

    #[test]
    fn numbered_advice_is_no_order_line() {
        assert!(!is_order_line("1. 面粉要先冷藏,再和酵种混合"));
        assert!(is_order_line("12、李雷 三份"));
    }

    #[test]
    fn questions_are_told() {
        assert!(asks("吐司怎么保存?") && asks("还有吗~") && asks("请问几点开门"));
        assert!(!asks("周六开门") && !asks("https://example.org/a?"));
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in any::<String>(), reply in any::<bool>()) {
            let _ = judge(&Message { reply, ..said(&text) });
            let _ = asks(&text);
        }

        #[test]
        fn saying_less_never_gives_more(text in "[吐司面包烤冷冻切片粉水]{0,30}") {
            if judge(&said(&text)).is_none() {
                let shorter: String = text.chars().skip(1).collect();
                prop_assert_eq!(judge(&said(&shorter)), None);
            }
        }
    }
}
