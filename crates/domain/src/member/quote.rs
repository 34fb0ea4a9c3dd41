//! Taking somebody out of what others wrote: quotes by handle.

/// What stands where a name or a quoted text was.
pub const REDACTED: &str = "…";

/// Shortest text of a person that is looked for, word for word, in what others wrote.
const QUOTED_MIN: usize = 4;

/// Longest name that is looked for, in characters.
const NAME_MAX: usize = 32;

/// Words of the networks' notices that stand right before a name.
const BEFORE_NAMES: &[&str] = &[
    "邀请",
    "邀請",
    "添加了",
    "新增了",
    "移出",
    "移除",
    "被",
    "将",
    "將",
    "把",
    "和",
    "与",
    "與",
    "给",
    "給",
    "由",
    "拍了拍",
    "转让给",
    "轉讓給",
];

/// A text without the handles of a person, or `None` if there are none in it.
///
/// A name is a handle where it stands after `@`, before a colon at the beginning of a line or
/// quote (`王芳: …`, `「王芳:…」`), or after 回复; then what stands between the colon and the end of
/// the quote goes too, and so does any of the person's own `texts` (four characters or more) in a
/// message that has a handle. With `everywhere`, for lines of the network itself, every mention of
/// the name goes. A Latin name is only found as a whole word. A mention without any of these
/// signs stays: it may be anybody's.
pub fn redacted(
    text: &str,
    names: &[String],
    texts: &[String],
    everywhere: bool,
) -> Option<String> {
    let mut left = text.to_owned();
    let mut names: Vec<&str> = names
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut found = false;
    for name in names {
        let mut from = 0;
        while let Some(at) = left[from..].find(name).map(|at| at + from) {
            let end = at + name.len();
            if !whole(&left, at, end) {
                from = end;
                continue;
            }
            let quote = opens_quote(&left[..at]);
            let colon = colon_after(&left[end..]);
            let handle = everywhere
                || left[..at].ends_with(['@', '＠'])
                || left[..at].trim_end().ends_with("回复")
                || (colon.is_some() && (quote.is_some() || begins_line(&left[..at])));
            if !handle {
                from = end;
                continue;
            }
            found = true;
            let mut upto = end;
            let mut with = REDACTED.to_owned();
            if let (Some(colon), Some(close)) = (colon, quote) {
                let body = end + colon;
                let length = left[body..].find(close).unwrap_or(left.len() - body);
                upto = body + length;
                with.push(':');
                with.push_str(REDACTED);
            }
            left.replace_range(at..upto, &with);
            from = at + with.len();
        }
    }
    if !found {
        return None;
    }
    for own in texts.iter().map(|own| own.trim()) {
        if own.chars().count() >= QUOTED_MIN && left.contains(own) {
            left = left.replace(own, REDACTED);
        }
    }
    Some(left)
}

/// The stretches of a text that may be names which [`redacted`] would take out, for whoever knows
/// names only by their hashes; with `everywhere` as there.
///
/// Behind `@` and 回复 a name ends before a sign or a space; in a line of the network it begins
/// behind one, or behind a word that stands before names, and may end anywhere.
pub fn handles(text: &str, everywhere: bool) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.char_indices() {
        let (before, rest) = (&text[..at], &text[at..]);
        if rest.starts_with(char::is_whitespace) {
            continue;
        }
        if everywhere {
            let behind = before
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_alphanumeric())
                || BEFORE_NAMES.iter().any(|word| before.ends_with(word));
            if behind {
                found.extend(prefixes(rest));
            }
        } else if before.ends_with(['@', '＠']) || before.trim_end().ends_with("回复") {
            found.extend(prefixes(rest).filter(|name| {
                let next = rest[name.len()..].chars().next();
                next.is_none_or(|c| !c.is_alphanumeric())
            }));
        } else if opens_quote(before).is_some() || begins_line(before) {
            found.extend(prefixes(rest).filter(|name| colon_after(&rest[name.len()..]).is_some()));
        }
    }
    found
}

/// What may be a name at the beginning of a text: it is not long, and does not end with a space.
fn prefixes(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices()
        .take(NAME_MAX)
        .take_while(|(_, c)| *c != '\n')
        .filter(|(_, c)| !c.is_whitespace())
        .map(|(at, c)| &text[..at + c.len_utf8()])
}

/// Whether a Latin name stands as a whole word; Han names have no word borders.
fn whole(text: &str, at: usize, end: usize) -> bool {
    let joins = |one: Option<char>, other: Option<char>| {
        one.zip(other).is_some_and(|(one, other)| {
            let latin = |c: char| c.is_alphanumeric() && (c as u32) < 0x2E80;
            latin(one) && latin(other)
        })
    };
    !joins(text[..at].chars().next_back(), text[at..].chars().next())
        && !joins(text[..end].chars().next_back(), text[end..].chars().next())
}

fn begins_line(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\u{2005}', '>', '"']);
    before.is_empty() || before.ends_with('\n')
}

/// The sign that ends the quote which the text before a name opens.
fn opens_quote(before: &str) -> Option<char> {
    match before.trim_end().chars().next_back()? {
        '「' => Some('」'),
        '『' => Some('』'),
        '“' => Some('”'),
        '【' => Some('】'),
        '[' => Some(']'),
        _ => None,
    }
}

/// How far behind a name its colon ends, if it has one.
fn colon_after(rest: &str) -> Option<usize> {
    let spaces = rest.len() - rest.trim_start_matches([' ', '\u{2005}']).len();
    let colon = rest[spaces..]
        .chars()
        .next()
        .filter(|c| matches!(c, ':' | '：'))?;
    Some(spaces + colon.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Option<String> {
        redacted(
            text,
            &["王芳".to_owned(), "Ann".to_owned()],
            &["明天几点开门".to_owned(), "好".to_owned()],
            false,
        )
    }

    #[test]
    fn handles_go_and_mentions_stay() {
        assert_eq!(cut("@王芳 可以的").as_deref(), Some("@… 可以的"));
        assert_eq!(cut("王芳: 可以的").as_deref(), Some("…: 可以的"));
        assert_eq!(cut("在吗\n王芳：收到").as_deref(), Some("在吗\n…：收到"));
        assert_eq!(
            cut("「王芳：明天还有吐司吗」\n- - -\n有的").as_deref(),
            Some("「…:…」\n- - -\n有的")
        );
        assert_eq!(cut("回复 王芳 好的").as_deref(), Some("回复 … 好的"));
        assert_eq!(
            cut("@Ann 明天几点开门? 九点").as_deref(),
            Some("@… …? 九点")
        );
        assert_eq!(cut("@Ann: ok @王芳 好").as_deref(), Some("@…: ok @… 好"));
        for stays in [
            "王芳家的猫真好看",
            "@Anna 好",
            "我说:王芳来了",
            "明天几点开门",
        ] {
            assert_eq!(cut(stays), None, "{stays}");
        }
    }

    #[test]
    fn whatever_is_taken_out_is_among_the_handles() {
        let names = ["王芳".to_owned(), "Ann Lee".to_owned()];
        for (text, everywhere) in [
            ("@王芳 可以的", false),
            ("好的@Ann Lee\u{2005}明天见", false),
            ("王芳: 可以的", false),
            ("在吗\n> 王芳 ：收到", false),
            ("「 Ann Lee:明天还有吐司吗」", false),
            ("回复 王芳，好的", false),
            ("\"王芳\"通过扫码加入群聊", true),
            ("李雷邀请王芳加入了群聊", true),
            ("Ann Lee left", true),
        ] {
            assert!(redacted(text, &names, &[], everywhere).is_some(), "{text}");
            let found = handles(text, everywhere);
            assert!(
                found.iter().any(|f| names.iter().any(|n| n == f)),
                "{text}: {found:?}"
            );
        }
        assert_eq!(handles("@王芳芳 好", false), ["王芳芳", "王芳芳 好"]);
        assert!(handles("王芳家的猫真好看", false).is_empty());
    }

    #[test]
    fn lines_of_the_network_lose_every_mention() {
        let names = ["王芳".to_owned(), "a".to_owned()];
        let cut = |text| redacted(text, &names, &[], true);
        assert_eq!(
            cut("\"王芳\"通过扫码加入群聊").as_deref(),
            Some("\"…\"通过扫码加入群聊")
        );
        assert_eq!(
            cut("李雷邀请王芳加入了群聊").as_deref(),
            Some("李雷邀请…加入了群聊")
        );
        assert_eq!(cut("anna joined"), None);
        assert_eq!(cut("a joined").as_deref(), Some("… joined"));
    }
}
