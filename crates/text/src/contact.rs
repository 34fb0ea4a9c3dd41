//! Ways to be reached elsewhere: links, phone numbers, accounts of QQ, WeChat and Telegram, numbers
//! of groups, each with its place in the text.
//!
//! Links are also found broken up on purpose (`example . com`, `hxxp://`, `example点com`). A number
//! alone is no account: an order list is full of them. Only a mobile phone number of mainland China
//! and a full link speak for themselves; everything else needs the word in front of it.

use serde::{Deserialize, Serialize};

use crate::{
    evasion::Canonical,
    fold::{Folded, Span},
};

/// Shortest name of an account.
const NAME_MIN: usize = 5;
/// Longest name of an account or a host.
const NAME_MAX: usize = 64;
/// Endings of hosts that are taken for one without a scheme.
const ENDINGS: &[&str] = &[
    "com", "cn", "net", "org", "top", "xyz", "vip", "cc", "me", "io", "shop", "site", "club",
    "info", "online", "app", "live", "tv", "co", "ltd", "fun", "win", "bet", "link", "pro", "work",
    "icu", "ru", "hk", "tw", "us", "uk", "ly", "gl", "to", "gg", "fr", "de", "biz", "store", "ink",
    "red", "wang",
];

/// What a contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A link or the name of a host.
    Link,
    /// A mobile phone number.
    Phone,
    /// A QQ number.
    Qq,
    /// A WeChat account.
    Wechat,
    /// A Telegram name or link.
    Telegram,
    /// The number of a group.
    Group,
}

impl Kind {
    /// The code of the sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Link => "contact.link",
            Self::Phone => "contact.phone",
            Self::Qq => "contact.qq",
            Self::Wechat => "contact.wechat",
            Self::Telegram => "contact.telegram",
            Self::Group => "contact.group",
        }
    }
}

/// A way to be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// What it is.
    pub kind: Kind,
    /// Host, number or name in canonical writing, without the word in front of it.
    pub value: String,
    /// Characters of the original text.
    pub span: Span,
}

/// Finds the contacts of a text.
pub fn find(text: &str) -> Vec<Contact> {
    let folded = Folded::new(text);
    find_folded(&folded, &Canonical::new(&folded))
}

/// Finds the contacts of a folded text, in order of their places.
pub fn find_folded(folded: &Folded, canonical: &Canonical) -> Vec<Contact> {
    let text = folded.text();
    let digits = canonical.text().bytes().filter(u8::is_ascii_digit).count();
    let dotted = text.contains(['.', '@', '/', '点', '。', '·']);
    let mut found = Vec::new();
    if dotted {
        links(folded, &mut found);
        handles(folded, &mut found);
    }
    if digits >= 2 {
        numbers(canonical, &mut found);
        accounts(canonical, &mut found);
    }
    found.sort_by_key(|contact: &Contact| (contact.span, contact.kind));
    // The same characters are told once, as what says most.
    let mut kept: Vec<Contact> = Vec::with_capacity(found.len());
    for contact in found {
        match kept.last_mut() {
            Some(last) if contact.span.end <= last.span.end => {}
            Some(last)
                if contact.span.start == last.span.start && contact.span.end > last.span.end =>
            {
                *last = contact;
            }
            _ => kept.push(contact),
        }
    }
    kept
}

fn is_host_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-'
}

/// Links with a scheme, and hosts that end as hosts do.
fn links(folded: &Folded, found: &mut Vec<Contact>) {
    let text = folded.text();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_host_byte(bytes[at]) || (at > 0 && is_host_byte(bytes[at - 1])) {
            at += 1;
            continue;
        }
        let from = at;
        let scheme = scheme(&text[at..]);
        let Some((host, end)) = host(text, at + scheme) else {
            at += 1;
            continue;
        };
        let mail = from > 0 && bytes[from - 1] == b'@';
        let to = end + path(&text[end..]);
        if !mail && !text[end..].starts_with('@') && (scheme > 0 || known_ending(&host)) {
            let telegram = matches!(host.as_str(), "t.me" | "telegram.me" | "telegram.dog");
            found.push(Contact {
                kind: if telegram { Kind::Telegram } else { Kind::Link },
                value: if telegram {
                    text[end..to].trim_matches('/').to_owned()
                } else {
                    host
                },
                span: folded.span(from, to),
            });
        }
        at = to.max(at + 1);
    }
}

/// Length of a scheme, also of one spoilt on purpose.
fn scheme(text: &str) -> usize {
    let word = text
        .bytes()
        .take_while(u8::is_ascii_alphabetic)
        .take(6)
        .count();
    if !matches!(
        &text[..word],
        "http" | "https" | "hxxp" | "hxxps" | "h" | "ftp" | "httpx"
    ) {
        return 0;
    }
    let signs: usize = text[word..]
        .chars()
        .take(6)
        .take_while(|c| matches!(c, ':' | '/' | ' ' | '\\' | '*'))
        .map(char::len_utf8)
        .sum();
    let sign = &text[word..word + signs];
    if sign.contains(':') || sign.contains("//") {
        word + signs
    } else {
        0
    }
}

/// The host that begins here, points written in whatever way, and the byte after it.
fn host(text: &str, from: usize) -> Option<(String, usize)> {
    let mut host = String::new();
    let mut at = from;
    let mut end = from;
    let mut labels = 0;
    loop {
        let label = text[at..].bytes().take_while(|b| is_host_byte(*b)).count();
        if label == 0 {
            break;
        }
        let spelled = &text[at..at + label];
        // A point with space around it belongs to a host only in front of a known ending.
        let loose = labels > 0 && at > end + 1;
        if loose && !ENDINGS.contains(&spelled) {
            break;
        }
        if labels > 0 {
            host.push('.');
        }
        host.push_str(spelled);
        labels += 1;
        at += label;
        end = at;
        if host.len() > NAME_MAX {
            return None;
        }
        let point: usize = point(&text[at..]);
        if point == 0 {
            break;
        }
        at += point;
    }
    let letters = host
        .rsplit('.')
        .next()
        .is_some_and(|ending| ending.len() >= 2 && ending.bytes().all(|b| b.is_ascii_alphabetic()));
    (labels >= 2 && letters).then_some((host, end))
}

/// Length of a point between the labels of a host.
fn point(text: &str) -> usize {
    for sign in [
        " . ", ". ", " .", "点", "。", "·", " 点 ", "[.]", "(.)", ".",
    ] {
        if let Some(rest) = text.strip_prefix(sign)
            && rest.bytes().next().is_some_and(is_host_byte)
        {
            // `a. b` ends a sentence unless an ending follows; the caller looks.
            return sign.len();
        }
    }
    0
}

fn known_ending(host: &str) -> bool {
    let mut labels = host.rsplit('.');
    let ending = labels.next().unwrap_or_default();
    let name = labels.next().unwrap_or_default();
    ENDINGS.contains(&ending)
        && name.bytes().any(|b| b.is_ascii_alphanumeric())
        && !name.bytes().all(|b| b.is_ascii_digit())
        || (host.starts_with("www.") && host.len() > 6)
}

/// Length of what follows a host in a link.
fn path(text: &str) -> usize {
    if text.starts_with(['/', ':', '?']) {
        text.bytes()
            .take_while(|b| b.is_ascii_graphic() && !matches!(b, b',' | b';' | b'"' | b'<' | b'>'))
            .count()
    } else {
        0
    }
}

/// Names behind an `@` that look like accounts and not like people.
fn handles(folded: &Folded, found: &mut Vec<Contact>) {
    let text = folded.text();
    for (at, _) in text.match_indices('@') {
        let name = text[at + 1..]
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count();
        let before = text[..at].bytes().next_back();
        let mail = before.is_some_and(|b| b.is_ascii_alphanumeric())
            && text[at + 1 + name..].starts_with('.');
        let after = at + 1 + name;
        if (NAME_MIN..=32).contains(&name) && !mail && text.as_bytes()[at + 1].is_ascii_alphabetic()
        {
            found.push(Contact {
                kind: Kind::Telegram,
                value: text[at + 1..after].to_owned(),
                span: folded.span(at, after),
            });
        }
    }
}

/// Mobile phone numbers of mainland China, whole or in groups.
fn numbers(canonical: &Canonical, found: &mut Vec<Contact>) {
    // Groups of digits that nothing but a gap parts from the next.
    let mut groups: Vec<(usize, String, bool)> = Vec::new();
    let mut follows = false;
    for (at, c, parted) in canonical.parted() {
        if !c.is_ascii_digit() {
            follows = false;
            continue;
        }
        match groups.last_mut() {
            Some((_, digits, _)) if follows && !parted => digits.push(c),
            _ => groups.push((at, String::from(c), follows)),
        }
        follows = true;
    }
    let mut first = 0;
    while first < groups.len() {
        let mut number = String::new();
        let mut next = first;
        while let Some((_, digits, joined)) = groups.get(next)
            && (next == first || *joined)
            && number.len() < 11
        {
            number.push_str(digits);
            next += 1;
        }
        let plain = match number.strip_prefix("86") {
            Some(rest) if rest.len() == 11 => rest,
            _ => number.as_str(),
        };
        let bytes = plain.as_bytes();
        if bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]) {
            let from = groups[first].0;
            let to = groups[next - 1].0 + groups[next - 1].1.len();
            found.push(Contact {
                kind: Kind::Phone,
                value: plain.to_owned(),
                span: canonical.span(from, to),
            });
            first = next;
        } else {
            first += 1;
        }
    }
}

/// Words after which an account stands, the longest first.
const WORDS: &[(&str, Kind)] = &[
    ("加我微信", Kind::Wechat),
    ("加微信", Kind::Wechat),
    ("微信号", Kind::Wechat),
    ("微信", Kind::Wechat),
    ("微", Kind::Wechat),
    ("vx", Kind::Wechat),
    ("wx", Kind::Wechat),
    ("加我扣扣", Kind::Qq),
    ("加扣扣", Kind::Qq),
    ("扣扣号", Kind::Qq),
    ("扣扣", Kind::Qq),
    ("口口", Kind::Qq),
    ("扣", Kind::Qq),
    ("企鹅", Kind::Qq),
    ("qq", Kind::Qq),
    ("q", Kind::Qq),
    ("加群", Kind::Group),
    ("群号", Kind::Group),
    ("群", Kind::Group),
    ("加飞机", Kind::Telegram),
    ("飞机", Kind::Telegram),
    ("电报", Kind::Telegram),
    ("telegram", Kind::Telegram),
    ("tg", Kind::Telegram),
];

/// Accounts behind the word for their network.
fn accounts(canonical: &Canonical, found: &mut Vec<Contact>) {
    let text = canonical.text();
    let characters: Vec<(usize, char, bool)> = canonical.parted().collect();
    for (from, word, kind) in words(text) {
        let after = from + word.len();
        let skipped: usize = text[after..]
            .chars()
            .take(3)
            .take_while(|c| matches!(c, '+' | '号' | '是' | '码' | '信' | '我' | '同' | '加'))
            .map(char::len_utf8)
            .sum();
        let start = after + skipped;
        let name = name_length(&characters, start);
        let account = &text[start..start + name];
        let digits = account.bytes().filter(u8::is_ascii_digit).count();
        let fits = match kind {
            Kind::Qq | Kind::Group => digits == name && (5..=12).contains(&name),
            _ => (NAME_MIN..=NAME_MAX).contains(&name) && digits >= 2,
        };
        // `q` and `微` are too short to mean anything in the middle of another word.
        let inside = word.is_ascii()
            && text[..from]
                .bytes()
                .next_back()
                .is_some_and(|b| b.is_ascii_alphanumeric());
        if fits && !inside {
            found.push(Contact {
                kind,
                value: account.to_owned(),
                span: canonical.span(from, start + name),
            });
        }
    }
}

/// Bytes of the name that begins here. It ends at a gap once it is long enough, unless digits go on
/// as they do in a phone number; one that is longer than any account is not followed further.
fn name_length(characters: &[(usize, char, bool)], start: usize) -> usize {
    let first = characters.partition_point(|(at, ..)| *at < start);
    let mut length = 0;
    let mut digits = true;
    for (_, c, parted) in characters[first..].iter().copied().take(NAME_MAX + 1) {
        let ends = parted && length >= NAME_MIN && !(digits && c.is_ascii_digit() && length < 11);
        if !c.is_ascii_alphanumeric() || ends {
            break;
        }
        digits &= c.is_ascii_digit();
        length += 1;
    }
    length
}

/// The words of networks in a text, at each place the longest.
fn words(text: &str) -> impl Iterator<Item = (usize, &'static str, Kind)> + '_ {
    text.char_indices().filter_map(|(at, c)| {
        matches!(
            c,
            '加' | '微' | 'v' | 'w' | '扣' | '口' | '企' | 'q' | '群' | '飞' | '电' | 't'
        )
        .then(|| {
            WORDS
                .iter()
                .find(|(word, _)| text[at..].starts_with(word))
                .map(|(word, kind)| (at, *word, *kind))
        })
        .flatten()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<(Kind, String, String)> {
        let characters: Vec<char> = text.chars().collect();
        find(text)
            .into_iter()
            .map(|contact| {
                let span = contact.span.start as usize..contact.span.end as usize;
                (
                    contact.kind,
                    contact.value,
                    characters[span].iter().collect(),
                )
            })
            .collect()
    }

    #[test]
    fn contacts_are_found_where_they_stand() {
        for (text, kind, value, written) in [
            (
                "看 https://example.com/a?b=1 吧",
                Kind::Link,
                "example.com",
                "https://example.com/a?b=1",
            ),
            (
                "来 example . com 看",
                Kind::Link,
                "example.com",
                "example . com",
            ),
            (
                "hxxp://shop.example.top/x",
                Kind::Link,
                "shop.example.top",
                "hxxp://shop.example.top/x",
            ),
            (
                "上example点com领",
                Kind::Link,
                "example.com",
                "example点com",
            ),
            (
                "www.example.abc",
                Kind::Link,
                "www.example.abc",
                "www.example.abc",
            ),
            (
                "电话138 0013 8000谢谢",
                Kind::Phone,
                "13800138000",
                "138 0013 8000",
            ),
            (
                "壹叁捌零零壹叁捌零零零",
                Kind::Phone,
                "13800138000",
                "壹叁捌零零壹叁捌零零零",
            ),
            ("加Q 123456789", Kind::Qq, "123456789", "加Q 123456789"),
            ("扣扣:②②③③④④", Kind::Qq, "223344", "扣扣:②②③③④④"),
            ("嘉V abc12345", Kind::Wechat, "abc12345", "嘉V abc12345"),
            (
                "微信号 wx_8866aa",
                Kind::Wechat,
                "wx8866aa",
                "微信号 wx_8866aa",
            ),
            (
                "联系@some_body1",
                Kind::Telegram,
                "some_body1",
                "@some_body1",
            ),
            (
                "https://t.me/+AbCd",
                Kind::Telegram,
                "+abcd",
                "https://t.me/+AbCd",
            ),
            ("群号 87654321", Kind::Group, "87654321", "群号 87654321"),
        ] {
            assert_eq!(
                found(text),
                [(kind, value.to_owned(), written.to_owned())],
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_and_names_of_ordinary_talk_are_no_contacts() {
        for text in [
            "3. 王芳 2个 12元",
            "12.5元一个",
            "订单号 20261129000123",
            "@小李 你的面包好了",
            "版本1.2.3出了",
            "周一-周五 9.30-18.00",
            "Please wait. Come in",
            "我家3群有498人",
            "微信支付 128 元",
            "写信给 a@example.com",
            "q1 营收 12345 万",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched(text in any::<String>()) {
            let count = text.chars().count() as u32;
            for contact in find(&text) {
                prop_assert!(contact.span.start < contact.span.end && contact.span.end <= count);
            }
        }

        #[test]
        fn pieces_of_links_do_no_harm(text in "[a-z.点。@/:hxtp+加微扣群0-9 ]{0,40}") {
            let count = text.chars().count() as u32;
            for contact in find(&text) {
                prop_assert!(contact.span.end <= count);
            }
        }
    }
}
