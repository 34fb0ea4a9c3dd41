//! XML as the parser can take it.
//!
//! feed-rs reads what other programs wrote, and is no judge of it: one unknown `type` or version
//! costs the whole feed, and some values end the thread (an e-mail address beside a Chinese
//! character, a playing time that is none, a declaration that comes late). So everything is read
//! here first and written anew: only the names it works with, plain text, a bounded depth and a
//! bounded number of items. On the way is noted what it has no place for.

use std::borrow::Cow;

use quick_xml::{
    NsReader,
    escape::{escape, resolve_html5_entity, unescape},
    events::{BytesStart, Event},
    name::ResolveResult,
};
use reqwest::Url;
use yutang_domain::feed::FeedError;

use super::{CHARACTERS, ITEMS, plain};

/// How deep elements may stand in each other.
const DEPTH: usize = 100;
/// How many bytes of a line about rights are looked at.
const RIGHTS: usize = 2_000;

const RSS: &str = "http://purl.org/rss/1.0/";
const ATOM: &str = "http://www.w3.org/2005/Atom";
/// Other names of the same languages, and the one that the parser knows.
const ALIASES: &[(&str, &str)] = &[
    ("http://my.netscape.com/rdf/simple/0.9/", RSS),
    ("http://channel.netscape.com/rdf/simple/0.9/", RSS),
    ("http://backend.userland.com/rss2", RSS),
    ("http://backend.userland.com/rss", RSS),
    ("http://blogs.law.harvard.edu/tech/rss", RSS),
    ("http://cyber.law.harvard.edu/rss/rss.html", RSS),
    ("http://purl.org/atom/ns#", ATOM),
];
/// Languages whose elements are let through; of all others, whole branches are not.
const LANGUAGES: &[&str] = &[
    RSS,
    ATOM,
    DUBLIN,
    "http://purl.org/rss/1.0/modules/content/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/1999/xhtml",
];
const DUBLIN: &str = "http://purl.org/dc/elements/1.1/";
/// Languages in which a licence is named.
const LICENCES: &[&str] = &[
    "http://web.resource.org/cc/",
    "http://creativecommons.org/ns#",
    "http://backend.userland.com/creativeCommonsRssModule",
    "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html",
    "http://purl.org/dc/terms/",
];

/// A feed ready for the parser, and what the parser has no place for.
#[derive(Debug, Default)]
pub struct Sifted {
    /// What to parse.
    pub text: String,
    /// What was said of the whole feed.
    pub feed: Aside,
    /// What was said of each item that is in it.
    pub items: Vec<Aside>,
    /// How many items are not in it, because there are so many.
    pub beyond: usize,
}

/// What was said aside.
#[derive(Debug, Default)]
pub struct Aside {
    /// A licence, most often by its address.
    pub licence: Option<String>,
    /// A line about rights.
    pub rights: Option<String>,
    /// Whether the id is the address of the item.
    pub permalink: bool,
    /// Whether it has a link, without which an item of RSS 1.0 is passed over.
    linked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Rss,
    Rdf,
    Atom,
}

/// What the text of an element is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Other,
    Channel,
    Item,
    Person,
    Link,
    Licence,
    Rights,
}

/// An element that is not closed yet.
#[derive(Debug)]
struct Open {
    name: String,
    role: Role,
}

#[derive(Debug)]
struct Sieve {
    family: Family,
    open: Vec<Open>,
    /// How many elements of a branch that is left out are open.
    skipping: usize,
    /// Text since the last tag.
    text: String,
    /// Whether a channel was read to its end, after which there is no other.
    channelled: bool,
    in_item: bool,
    sifted: Sifted,
}

/// Reads all of it.
///
/// # Errors
/// [`FeedError::Html`], [`FeedError::NotAFeed`].
pub fn sift(source: &str) -> Result<Sifted, FeedError> {
    let mut reader = NsReader::from_str(source);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.allow_dangling_amp = true;
    let mut sieve: Option<Sieve> = None;
    loop {
        let event = match reader.read_resolved_event() {
            Ok((space, event)) => Ok((space_of(&space), event)),
            Err(error) => Err(error.to_string()),
        };
        let here = || line(source, reader.buffer_position());
        let (space, event) = match event {
            Ok(read) => read,
            Err(_) if sieve.is_none() && looks_like_html(source) => return Err(FeedError::Html),
            Err(error) => {
                let at = line(source, reader.error_position());
                return Err(wrong(at, &error));
            }
        };
        match (&mut sieve, event) {
            (None, Event::Start(start)) => {
                sieve = Some(Sieve::root(&start).ok_or_else(|| no_root(&start, here()))?);
            }
            (None, Event::DocType(kind)) if begins_with(kind.trim_start(), "html") => {
                return Err(FeedError::Html);
            }
            (None, Event::Text(text)) if !text.trim().is_empty() => {
                return Err(wrong(1, "there is text before its first tag"));
            }
            (None, Event::Eof) => return Err(wrong(here(), "there is no element in it")),
            (Some(sieve), Event::Start(start)) => {
                sieve.start(&start, space);
                if sieve.open.len() + sieve.skipping > DEPTH {
                    return Err(wrong(here(), "its elements stand too deep in each other"));
                }
            }
            (Some(sieve), Event::End(_)) => {
                sieve.end();
                if sieve.open.is_empty() {
                    break;
                }
            }
            (Some(sieve), Event::Text(text)) => sieve.say(&text),
            (Some(sieve), Event::CData(text)) => sieve.say(&text),
            (Some(sieve), Event::GeneralRef(name)) => match name.resolve_char_ref() {
                Ok(Some(letter)) => sieve.say(letter.encode_utf8(&mut [0; 4])),
                _ => match resolve_html5_entity(&name) {
                    Some(resolved) => sieve.say(resolved),
                    None => sieve.say(&format!("&{};", &*name)),
                },
            },
            (Some(sieve), Event::Eof) => {
                let name = sieve.open.last().map_or("", |open| open.name.as_str());
                return Err(wrong(
                    here(),
                    &format!("it breaks off: <{name}> is not closed"),
                ));
            }
            _ => {}
        }
    }
    let Sieve {
        family,
        channelled,
        mut sifted,
        ..
    } = sieve.expect("left by the end of its root");
    if family == Family::Rss && !channelled {
        let end = line(source, reader.buffer_position());
        return Err(wrong(end, "there is no <channel> in it"));
    }
    if family == Family::Rdf {
        sifted.items.retain(|aside| aside.linked);
    }
    Ok(sifted)
}

impl Sieve {
    fn root(start: &BytesStart<'_>) -> Option<Self> {
        let name = start.local_name().as_ref().to_owned();
        let (family, attribute) = match name.as_str() {
            "rss" => (Family::Rss, " version=\"2.0\""),
            "RDF" => (Family::Rdf, ""),
            "feed" | "entry" => (Family::Atom, ""),
            _ => return None,
        };
        let mut sieve = Self {
            family,
            open: Vec::new(),
            skipping: 0,
            text: String::new(),
            channelled: false,
            in_item: false,
            sifted: Sifted::default(),
        };
        let role = if name == "entry" {
            sieve.item();
            Role::Item
        } else {
            Role::Other
        };
        sieve.write_start(start, &name, attribute, role);
        Some(sieve)
    }

    fn item(&mut self) {
        self.in_item = true;
        self.sifted.items.push(Aside {
            permalink: self.family == Family::Rss,
            ..Aside::default()
        });
    }

    /// Where what is said now belongs to.
    fn aside(&mut self) -> &mut Aside {
        match self.sifted.items.last_mut() {
            Some(item) if self.in_item => item,
            _ => &mut self.sifted.feed,
        }
    }

    fn start(&mut self, start: &BytesStart<'_>, space: Space) {
        self.flush();
        if self.skipping > 0 || space == Space::Foreign {
            self.skipping += 1;
        } else {
            let name = start.local_name().as_ref().to_owned();
            self.element(start, &name, space);
        }
    }

    fn element(&mut self, start: &BytesStart<'_>, name: &str, space: Space) {
        let role = self.role(start, name, space);
        match role {
            Some(Role::Channel) if self.channelled => self.skipping = 1,
            Some(Role::Item) if self.sifted.items.len() == ITEMS => {
                self.sifted.beyond += 1;
                self.skipping = 1;
            }
            Some(role) => {
                if role == Role::Item {
                    self.item();
                }
                self.write_start(start, name, "", role);
            }
            None => self.skipping = 1,
        }
    }

    /// What an element is here; none if its branch is left out.
    fn role(&mut self, start: &BytesStart<'_>, name: &str, space: Space) -> Option<Role> {
        let parent = self.open.last().map_or(Role::Other, |open| open.role);
        let depth = self.open.len();
        let top = if self.in_item {
            parent == Role::Item
        } else {
            parent == Role::Channel || depth == 1
        };
        if space == Space::Licence {
            let told = matches!(name, "license" | "licence");
            let link = attribute(start, &["resource", "href"]).filter(|_| told && top);
            if let Some(link) = link {
                self.aside().licence.get_or_insert(link);
            }
            return match name {
                _ if !top => None,
                "license" | "licence" => Some(Role::Licence),
                "rights" => Some(Role::Rights),
                _ => None,
            };
        }
        let rss = self.family != Family::Atom;
        Some(match (name, space) {
            ("channel", Space::Own) if rss && depth == 1 => Role::Channel,
            ("item", Space::Own) if self.family == Family::Rss && parent == Role::Channel => {
                Role::Item
            }
            ("item", Space::Own) if self.family == Family::Rdf && depth == 1 => Role::Item,
            ("entry", Space::Own) if !rss && depth == 1 => Role::Item,
            ("content", Space::Own) if !rss && attribute(start, &["src"]).is_some() => return None,
            ("link", Space::Own) if rss && top => Role::Link,
            ("link", Space::Own)
                if top && attribute(start, &["rel"]).as_deref() == Some("license") =>
            {
                if let Some(link) = attribute(start, &["href"]) {
                    self.aside().licence.get_or_insert(link);
                }
                return None;
            }
            ("guid", Space::Own) if rss && top => {
                let says = attribute(start, &["isPermaLink"]);
                let not = says.is_some_and(|says| says.trim().eq_ignore_ascii_case("false"));
                self.aside().permalink &= !not;
                Role::Other
            }
            ("rights" | "copyright", Space::Own | Space::Dublin) if top => Role::Rights,
            ("author" | "creator" | "managingEditor" | "webMaster", _) if rss => Role::Person,
            _ => Role::Other,
        })
    }

    fn write_start(&mut self, start: &BytesStart<'_>, name: &str, more: &str, role: Role) {
        let out = &mut self.sifted.text;
        let full = start.name();
        out.push('<');
        out.push_str(full.as_ref());
        out.push_str(more);
        for attribute in start.attributes().with_checks(false).flatten() {
            let key = attribute.key.as_ref();
            let raw = &*attribute.value;
            let value = unescape(raw).unwrap_or_else(|_| raw.into());
            let value = match key {
                "version" if !more.is_empty() => continue,
                "xml:base" if !can_be_base(&value) => continue,
                "type" if self.family == Family::Atom => kind(name, &value).unwrap_or(&value),
                _ if key == "xmlns" || key.starts_with("xmlns:") => known_as(&value),
                _ => &value,
            };
            out.push(' ');
            out.push_str(key);
            out.push_str("=\"");
            out.push_str(&escape(value));
            out.push('"');
        }
        out.push('>');
        self.open.push(Open {
            name: full.as_ref().to_owned(),
            role,
        });
    }

    fn end(&mut self) {
        if self.skipping > 0 {
            self.skipping -= 1;
            return;
        }
        self.flush();
        if let Some(open) = self.open.pop() {
            self.sifted.text.push_str("</");
            self.sifted.text.push_str(&open.name);
            self.sifted.text.push('>');
            match open.role {
                Role::Item => self.in_item = false,
                Role::Channel => self.channelled = true,
                _ => {}
            }
        }
    }

    fn say(&mut self, text: &str) {
        if self.skipping == 0 {
            self.text.push_str(text);
        }
    }

    /// Writes down the text since the last tag.
    fn flush(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let role = self.open.last().map_or(Role::Other, |open| open.role);
        let text = match role {
            Role::Person => plain::nameless(&text),
            Role::Licence | Role::Rights if !text.trim().is_empty() => {
                let said: String = text.trim().chars().take(RIGHTS).collect();
                let aside = self.aside();
                let place = if role == Role::Licence {
                    &mut aside.licence
                } else {
                    &mut aside.rights
                };
                place.get_or_insert(said);
                text
            }
            Role::Link => {
                self.aside().linked = true;
                text
            }
            _ => text,
        };
        self.sifted.text.push_str(&escape(text.as_str()));
    }
}

/// Whose an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    /// Of the feed's own language, or of none.
    Own,
    /// Of the language that librarians describe things in.
    Dublin,
    /// Of a language that the parser knows, within content.
    Known,
    /// Of a language in which licences are named.
    Licence,
    /// Of any other.
    Foreign,
}

fn space_of(resolved: &ResolveResult<'_>) -> Space {
    match resolved {
        ResolveResult::Unbound => Space::Own,
        ResolveResult::Bound(bound) => match known_as(bound.0) {
            RSS | ATOM => Space::Own,
            DUBLIN => Space::Dublin,
            other if LANGUAGES.contains(&other) => Space::Known,
            other if LICENCES.contains(&other) => Space::Licence,
            _ => Space::Foreign,
        },
        ResolveResult::Unknown(_) => Space::Foreign,
    }
}

fn known_as(name: &str) -> &str {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    alias.map_or(name, |(_, known)| known)
}

/// The first of some attributes, whatever stands before their colon.
fn attribute(start: &BytesStart<'_>, names: &[&str]) -> Option<String> {
    start
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| names.contains(&attribute.key.local_name().as_ref()))
        .map(|attribute| {
            let raw = &*attribute.value;
            unescape(raw).map_or_else(|_| raw.to_owned(), Cow::into_owned)
        })
        .map(|value| value.trim().chars().take(RIGHTS).collect())
}

/// The kind of a text of Atom in the words that the parser knows.
fn kind(name: &str, value: &str) -> Option<&'static str> {
    if !matches!(
        name,
        "title" | "subtitle" | "tagline" | "summary" | "rights" | "copyright" | "content"
    ) {
        return None;
    }
    let value = value.split(';').next().unwrap_or_default().trim();
    Some(match value.to_ascii_lowercase().as_str() {
        "xhtml" | "application/xhtml+xml" => "xhtml",
        "text" | "text/plain" => "text",
        _ => "html",
    })
}

fn can_be_base(value: &str) -> bool {
    // What is relative joins this as well as any other address.
    Url::parse("https://example.org/").is_ok_and(|any| any.join(value).is_ok())
}

fn is_page(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "html", "head", "body", "title", "meta", "script", "div", "p", "h1", "center",
    ]
    .contains(&name.as_str())
}

/// What stands there instead of a feed.
fn no_root(start: &BytesStart<'_>, line: usize) -> FeedError {
    let name = start.local_name();
    if is_page(name.as_ref()) {
        return FeedError::Html;
    }
    let reason = format!("its first element is <{}>", plain::cut(name.as_ref(), 40));
    wrong(line, &reason)
}

/// Whether it is a web page that not even its first tag could be read of.
fn looks_like_html(source: &str) -> bool {
    let head: String = source.chars().take(2_000).collect();
    let head = head.to_ascii_lowercase();
    head.contains("<html") || head.contains("<!doctype html")
}

fn begins_with(text: &str, beginning: &str) -> bool {
    text.get(..beginning.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(beginning))
}

fn line(source: &str, position: u64) -> usize {
    let end = usize::try_from(position).unwrap_or(usize::MAX);
    let ends = source.match_indices('\n').take_while(|(at, _)| *at < end);
    1 + ends.count()
}

fn wrong(line: usize, reason: &str) -> FeedError {
    FeedError::NotAFeed {
        line: Some(line),
        reason: plain::cut(reason, CHARACTERS),
    }
}
