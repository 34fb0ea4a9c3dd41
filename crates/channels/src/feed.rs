//! Feeds of news: RSS, Atom and JSON Feed, from addresses that anybody may give.
//!
//! What a feed says ends up in groups, under the name of the house. So an item is words and one link
//! and nothing else: tags, control characters and addresses that are none of the web are left
//! behind, and with each item goes whom it is from and under which licence, as far as the feed says
//! so. A feed is held to be hostile in every byte: its length, its nesting and the number of its
//! items are bounded, and only what the parser can take is let through to it.

mod decode;
mod json;
mod plain;
mod reader;
mod sieve;

use std::collections::HashSet;

use feed_rs::{
    model::{Entry, FeedType, Link, Person, Text},
    parser::Builder,
};
use reqwest::Url;
use ring::digest;
pub use yutang_domain::feed::FeedError;
use yutang_domain::time::Timestamp;

pub use self::reader::{Fetched, Reader};
use self::{
    plain::{cut, nameless, squeezed, words},
    sieve::{Aside, Sifted},
};

/// How many bytes of a feed are read.
pub const BYTES: usize = 2 * 1024 * 1024;
/// How many items of a feed are taken.
pub const ITEMS: usize = 200;
/// How many characters a title, a summary or a licence has at most.
pub const CHARACTERS: usize = 300;
/// How many characters the author's name has at most.
const AUTHOR: usize = 100;
/// How many bytes a key has at most; what is longer stands for itself by its hash.
const KEY: usize = 300;
/// How many bytes a link has at most.
const LINK: usize = 2_000;

/// What stands in a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// What it calls itself; empty if it does not.
    pub title: String,
    /// The page it belongs to.
    pub link: Option<String>,
    /// Its items, in its order.
    pub items: Vec<Item>,
    /// The items that were left out.
    pub dropped: Dropped,
}

/// How many items were left out, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Those with neither title nor summary: there is nothing to show.
    pub blank: usize,
    /// Those whose key an earlier item has.
    pub repeated: usize,
    /// Those after the first [`ITEMS`].
    pub beyond: usize,
}

/// One piece of news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is known by from one reading to the next: its own id, else its link, else a hash of
    /// its words. No two items of a feed have the same.
    pub key: String,
    /// The title in plain words; empty if it has none, and then there is a summary.
    pub title: String,
    /// Where it can be read: an absolute address that begins with http:// or https://.
    pub link: Option<String>,
    /// What it is about, in plain words of at most [`CHARACTERS`] characters; may be empty.
    pub summary: String,
    /// When it was published, or else last changed. None if the feed does not say, or leaves the
    /// zone open.
    pub published_at: Option<Timestamp>,
    /// Who wrote it, by name. An e-mail address is none.
    pub author: Option<String>,
    /// Under which terms it may be used: the address of a licence, or a line about rights; that of
    /// the feed where the item has none of its own.
    pub licence: Option<String>,
}

/// Reads a feed that came from `url`; what is relative in it is relative to that.
///
/// # Errors
/// [`FeedError`]: it is too large, empty, a web page, in no encoding that can be read, or no feed.
pub fn parse(bytes: &[u8], url: &str) -> Result<Feed, FeedError> {
    parse_as(bytes, url, None)
}

/// As [`parse`], with the encoding the server names for what does not name its own.
fn parse_as(bytes: &[u8], url: &str, charset: Option<&str>) -> Result<Feed, FeedError> {
    if bytes.len() > BYTES {
        return Err(FeedError::TooLarge { limit: BYTES });
    }
    let text = decode::text(bytes, charset)?;
    let sifted = match text.trim_start().as_bytes().first() {
        None => return Err(FeedError::Empty),
        Some(b'<') => sieve::sift(&text)?,
        Some(b'{') => json::sift(&text)?,
        Some(_) => return Err(none_of_ours("it begins with neither < nor {")),
    };
    let base = Url::parse(url).ok();
    let read = Builder::new()
        .base_uri(base.as_ref().map(Url::as_str))
        .sanitize_content(false)
        .id_generator(|_, _, _| String::new())
        .build()
        .parse(sifted.text.as_bytes())
        .map_err(|error| none_of_ours(&error.to_string()))?;
    Ok(feed(read, &sifted, base.as_ref()))
}

fn none_of_ours(reason: &str) -> FeedError {
    FeedError::NotAFeed {
        line: None,
        reason: cut(reason, CHARACTERS),
    }
}

/// The feed in our words.
fn feed(read: feed_rs::model::Feed, sifted: &Sifted, base: Option<&Url>) -> Feed {
    let kind = &read.feed_type;
    let mut dropped = Dropped {
        beyond: sifted.beyond,
        blank: sifted.items.len().saturating_sub(read.entries.len()),
        ..Dropped::default()
    };
    // Both come from the same pass; should they ever differ, nothing is said of the wrong item.
    let aligned = sifted.items.len() == read.entries.len();
    let nothing = Aside::default();
    let (author, licence) = (author(&read.authors), licence(&sifted.feed));
    let mut seen = HashSet::new();
    let mut items = Vec::new();
    for (at, entry) in read.entries.iter().enumerate() {
        let aside = if aligned { &sifted.items[at] } else { &nothing };
        let Some(mut item) = item(entry, kind, aside, base) else {
            dropped.blank += 1;
            continue;
        };
        if !seen.insert(item.key.clone()) {
            dropped.repeated += 1;
            continue;
        }
        item.author = item.author.or_else(|| author.clone());
        item.licence = item.licence.or_else(|| licence.clone());
        items.push(item);
    }
    Feed {
        title: read.title.as_ref().map_or_else(String::new, |text| {
            cut(&shown(text, titles_are_html(kind)), CHARACTERS)
        }),
        link: chosen(&read.links, base),
        items,
        dropped,
    }
}

fn item(entry: &Entry, kind: &FeedType, aside: &Aside, base: Option<&Url>) -> Option<Item> {
    let text = |text: &Option<Text>, html| {
        text.as_ref()
            .map_or_else(String::new, |text| shown(text, html))
    };
    let title = cut(&text(&entry.title, titles_are_html(kind)), CHARACTERS);
    let mut summary = text(&entry.summary, *kind != FeedType::JSON);
    if summary.is_empty()
        && let Some(content) = &entry.content
    {
        let html = *kind != FeedType::JSON || is_html(content.content_type.as_str());
        let body = content.body.as_deref().unwrap_or_default();
        summary = if html { words(body) } else { squeezed(body) };
    }
    let summary = cut(&summary, CHARACTERS);
    if title.is_empty() && summary.is_empty() {
        return None;
    }
    let id = entry.id.trim();
    // The id of an item of RSS is where it stands, unless it says that it is not.
    let link = chosen(&entry.links, base).or_else(|| {
        (aside.permalink && !id.is_empty())
            .then(|| web(id, None))
            .flatten()
    });
    let key = match (id, &link) {
        ("", Some(link)) => link.clone(),
        ("", None) => hash(&[&title, &summary]),
        (id, _) if id.len() > KEY => hash(&[id]),
        (id, _) => squeezed(id),
    };
    Some(Item {
        key,
        title,
        link,
        summary,
        published_at: entry
            .published
            .or(entry.updated)
            .map(|at| Timestamp::from_ms(at.timestamp_millis())),
        author: author(&entry.authors),
        licence: licence(aside),
    })
}

/// Whether a title may hold markup by the custom of its format where it does not say so.
const fn titles_are_html(kind: &FeedType) -> bool {
    matches!(kind, FeedType::RSS0 | FeedType::RSS1 | FeedType::RSS2)
}

fn is_html(content_type: &str) -> bool {
    content_type.contains("html")
}

fn shown(text: &Text, html: bool) -> String {
    if html || is_html(text.content_type.as_str()) {
        words(&text.content)
    } else {
        squeezed(&text.content)
    }
}

/// The link for a person to follow: to a page rather than to anything else.
fn chosen(links: &[Link], base: Option<&Url>) -> Option<String> {
    let pages = || {
        links.iter().filter(|link| {
            link.target.is_none() && matches!(link.rel.as_deref(), None | Some("alternate"))
        })
    };
    pages()
        .filter(|link| link.rel.is_none() || link.media_type.as_deref().is_none_or(is_html))
        .chain(pages())
        .find_map(|link| web(&link.href, base))
}

/// An absolute address of the web, if it is one and not one to mislead with.
fn web(href: &str, base: Option<&Url>) -> Option<String> {
    let url = match base {
        Some(base) => base.join(href),
        None => Url::parse(href),
    }
    .ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let fits = url.as_str().len() <= LINK;
    (matches!(url.scheme(), "http" | "https") && url.has_host() && plain && fits)
        .then(|| url.into())
}

fn author(people: &[Person]) -> Option<String> {
    let names: Vec<String> = people
        .iter()
        .filter_map(|person| person.name.as_deref())
        .map(|name| nameless(&words(name)))
        .filter(|name| !name.is_empty())
        .collect();
    (!names.is_empty()).then(|| cut(&names.join(", "), AUTHOR))
}

fn licence(aside: &Aside) -> Option<String> {
    let said = aside.licence.as_deref().or(aside.rights.as_deref())?;
    let said = cut(&words(said), CHARACTERS);
    (!said.is_empty()).then_some(said)
}

fn hash(parts: &[&str]) -> String {
    use std::fmt::Write as _;
    let digest = digest::digest(&digest::SHA256, parts.join("\0").as_bytes());
    digest.as_ref()[..16]
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
