//! Words without markup.

use quick_xml::escape::resolve_html5_entity;

/// Elements whose content is no text.
const SILENT: &[&str] = &["script", "style", "head", "template", "noscript", "iframe"];
/// Elements that stand inside a line: where they begin or end, no word does.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
    "var", "wbr",
];
/// How many characters are looked at for a name.
const NAME: usize = 500;
/// How many letters the name of an entity has at most.
const ENTITY: usize = 32;

/// The words of a piece of HTML. What only looks like a tag (`1 < 2`) is left standing.
pub fn words(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with('&') {
            entity(rest, &mut text)
        } else {
            tag(rest, &mut text)
        };
    }
    text.push_str(rest);
    squeezed(&text)
}

/// Takes an entity off; `rest` begins with `&`.
fn entity<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let body = &rest[1..];
    let end = body
        .bytes()
        .take(ENTITY)
        .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'#'));
    if let Some(end) = end.filter(|end| body.as_bytes()[*end] == b';') {
        let name = &body[..end];
        let resolved = match name.strip_prefix('#') {
            Some(number) => character(number).map(String::from),
            None => resolve_html5_entity(name).map(str::to_owned),
        };
        if let Some(resolved) = resolved {
            text.push_str(&resolved);
            return &body[end + 1..];
        }
    }
    text.push('&');
    body
}

fn character(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}

/// Takes a tag or a comment off; `rest` begins with `<`.
fn tag<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let body = &rest[1..];
    if let Some(comment) = body.strip_prefix("!--") {
        return comment.find("-->").map_or("", |end| &comment[end + 3..]);
    }
    let closing = body.starts_with('/');
    let named = body.strip_prefix('/').unwrap_or(body);
    if !named.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?')) {
        text.push('<');
        return body;
    }
    let Some(end) = closed(named) else {
        return "";
    };
    let length = named
        .bytes()
        .position(|byte| !byte.is_ascii_alphanumeric())
        .unwrap_or(named.len());
    let name = named[..length].to_ascii_lowercase();
    let after = &named[end + 1..];
    if !INLINE.contains(&name.as_str()) {
        text.push(' ');
    }
    let empty = named[..end].ends_with('/');
    if !closing && !empty && SILENT.contains(&name.as_str()) {
        return skip(after, &name);
    }
    after
}

/// Where a tag ends, whatever stands between its quotes.
fn closed(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') if tag[..at].trim_end().ends_with('=') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    // A quote that nobody closed is no reason to swallow everything.
    quote.and_then(|_| tag.find('>'))
}

/// What follows the end of an element.
fn skip<'a>(after: &'a str, name: &str) -> &'a str {
    let mut rest = after;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest
            .get(..name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
        {
            return rest.find('>').map_or("", |end| &rest[end + 1..]);
        }
    }
    ""
}

/// A text on one line: blanks are single, and nothing in it is there to mislead the eye.
pub fn squeezed(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !(letter.is_control() || unseen(letter)) {
            line.push(letter);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Turns the direction of writing, or takes no place at all.
const fn unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// The beginning of a text, with an ellipsis where it was cut.
pub fn cut(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A name without the e-mail addresses in and around it.
pub fn nameless(name: &str) -> String {
    let mut text: String = name.chars().take(NAME).collect();
    while let Some(at) = text.find('@') {
        let begin = text[..at]
            .rfind(|c: char| !in_address(c))
            .map_or(0, |before| {
                before + text[before..].chars().next().map_or(1, char::len_utf8)
            });
        let end = text[at + 1..]
            .find(|c: char| !in_address(c))
            .map_or(text.len(), |after| at + 1 + after);
        text.replace_range(begin..end, " ");
    }
    let text = text.replace("mailto:", " ");
    let edge = |c: char| c.is_whitespace() || "()（）<>＜＞[]【】,，;；:：|/-".contains(c);
    squeezed(text.trim_matches(edge))
}

const fn in_address(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '%' | '+' | '-' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_words_stay() {
        for (html, text) in [
            ("<p>新品</p><p>上市</p>", "新品 上市"),
            ("半<b>价</b>起", "半价起"),
            ("a<br/>b<br>c", "a b c"),
            ("<img alt=\"1 > 2\" src=x>满<i>减", "满减"),
            ("1 < 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
            (
                "AT&T &nbsp; &euro;&#20803;&#x5143; &nosuch; &",
                "AT&T €元元 &nosuch; &",
            ),
            ("&#0;&#xd800;&#99999999999;", "&#xd800;&#99999999999;"),
            ("<script>alert('<b>')</script>好<style>p{}</style>", "好"),
            ("<SCRIPT>alert(1)</ScRiPt >好", "好"),
            ("<script/>好<script>不", "好"),
            ("前<!-- <b>不</b> -->后<!-- 没完", "前后"),
            ("完<a href=\"没完", "完"),
            ("完<a href=\"没完>后", "完后"),
            ("<?xml version=\"1.0\"?><!DOCTYPE x>好", "好"),
            ("\u{202e}倒\u{202c}\u{0}\u{7}过来\u{feff}", "倒过来"),
            ("家👨\u{200d}👩", "家👨\u{200d}👩"),
            ("don't <em>can't</em>", "don't can't"),
            ("", ""),
        ] {
            assert_eq!(words(html), text, "{html}");
        }
    }

    #[test]
    fn a_cut_text_fits_and_says_so() {
        assert_eq!(cut("早报", 2), "早报");
        assert_eq!(cut("早上好呀", 3), "早上…");
        assert_eq!(cut("a b c", 3), "a…");
    }

    #[test]
    fn names_are_without_addresses() {
        for (name, text) in [
            ("webmaster@example.org (Anna Li)", "Anna Li"),
            ("张三（zhang@example.com）", "张三"),
            ("zhang@example.com（张三）", "张三"),
            ("作者：zhang.san+x@example.com.cn", "作者"),
            ("mailto:a@b.co", ""),
            ("@面包店", "面包店"),
            ("Renée O’Hara", "Renée O’Hara"),
            ("a@b@c@d", ""),
        ] {
            assert_eq!(nameless(name), text, "{name}");
        }
    }
}
