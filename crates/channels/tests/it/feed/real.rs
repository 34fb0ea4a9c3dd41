//! Excerpts of real feeds, held against what feed-rs 2.4.0 and feedparser (Python) made of them.
//!
//! The data are not part of the project: `YUTANG_TESTDATA` names their folder, or they lie beside
//! it; where they are not there, that is said.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use reqwest::Url;
use serde_json::Value;
use yutang_channels::feed::{self, Feed, FeedError};
use yutang_domain::time::Timestamp;

/// Where the feeds are said to come from.
const FROM: &str = "https://feeds.example/news/feed.xml";

/// What the two references do not agree on, and whom we follow.
const DISAGREEMENTS: &[(&str, &str, Follow)] = &[
    // An item of RSS without a link stands where its guid says: so RSS 2.0.
    ("rss_2.0_spec_1.xml", "link", Follow::Feedparser),
    // The id of an entry of Atom is a name, even where it looks like an address.
    ("atom_xml_base.xml", "link", Follow::FeedRs),
    // "+00:0" is no zone.
    ("rss_1.0_example_1.xml", "time", Follow::FeedRs),
    // "Sat, Dec 16 2023 02:02:33 PM" is read twelve hours early, and in a zone it does not name.
    ("rss_2.0_nbcny.xml", "time", Follow::FeedRs),
    // "mer, 16 nov 2022": the day of the week is Italian, the rest is as it should be.
    ("rss_2.0_ilmessaggero.xml", "time", Follow::FeedRs),
];

/// What feed-rs refuses and feedparser does not, and what is wrong with it.
const REFUSED: &[(&str, Option<usize>, &str)] = &[
    // Breaks off within its channel; feedparser finds no item in it either.
    ("rss_2.0_invalid_1.xml", Some(19), "<channel> is not closed"),
    // Element `rdf` of no language; feedparser takes its one item for news.
    ("xml_iso8859.xml", Some(2), "its first element is <rdf>"),
    (
        "xml_sample_1.xml",
        Some(2),
        "its first element is <catalog>",
    ),
    (
        "xml_sample_2.xml",
        Some(2),
        "its first element is <catalog>",
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follow {
    FeedRs,
    Feedparser,
}

/// An item in the words of a reference.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    title: String,
    link: Option<String>,
    /// In whole seconds, which is all that feedparser knows.
    time: Option<i64>,
}

fn folder() -> Option<PathBuf> {
    let data = std::env::var_os("YUTANG_TESTDATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = data.join("feeds_real");
    if folder.exists() {
        return Some(folder);
    }
    println!("not run: 1 (feeds_real is absent)");
    None
}

fn json(path: &Path) -> Option<Value> {
    Some(serde_json::from_slice(&std::fs::read(path).ok()?).unwrap())
}

/// An address as we hand it out: absolute, and of the web.
fn link(href: Option<&str>) -> Option<String> {
    let url = Url::parse(FROM).unwrap().join(href?.trim()).unwrap();
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

fn seconds(time: &Value) -> Option<i64> {
    let time: Timestamp = time.as_str()?.parse().unwrap();
    Some(time.ms().div_euclid(1_000))
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What feed-rs 2.4.0 made of a file.
fn by_feed_rs(folder: &Path, file: &str) -> Option<Vec<Expected>> {
    let (stem, _) = file.rsplit_once('.')?;
    let read = json(&folder.join(format!("expected_feed_rs/{stem}.serde.json")))?;
    let entries = read["entries"].as_array().unwrap();
    let expected = entries.iter().map(|entry| Expected {
        title: line(entry["title"]["content"].as_str().unwrap_or_default()),
        link: entry["links"]
            .as_array()
            .unwrap()
            .iter()
            .find(|link| matches!(link["rel"].as_str(), None | Some("alternate")))
            .and_then(|chosen| link(chosen["href"].as_str())),
        time: seconds(&entry["published"]).or_else(|| seconds(&entry["updated"])),
    });
    Some(expected.collect())
}

/// How many items feedparser found in a file, and the first of them.
fn by_feedparser(reference: &Value, file: &str) -> Option<(usize, Vec<Expected>)> {
    let list = reference.as_array().unwrap();
    let read = list.iter().find(|read| read["file"] == file)?;
    let count = usize::try_from(read["entries"].as_u64().unwrap()).unwrap();
    let first = read["first"].as_array().unwrap().iter();
    let expected = first.map(|entry| Expected {
        title: line(entry["title"].as_str().unwrap_or_default()),
        link: link(entry["link"].as_str()),
        time: seconds(&entry["time_utc"]),
    });
    Some((count, expected.collect()))
}

fn ours(feed: &Feed) -> Vec<Expected> {
    let items = feed.items.iter().map(|item| Expected {
        title: item.title.clone(),
        link: item.link.clone(),
        time: item.published_at.map(|at| at.ms().div_euclid(1_000)),
    });
    items.collect()
}

fn differences(of: &str, file: &str, ours: &[Expected], theirs: &[Expected]) -> Vec<String> {
    let mut found = Vec::new();
    let follow = |field| {
        let known = DISAGREEMENTS
            .iter()
            .find(|(other, what, _)| *other == file && *what == field);
        known.is_some_and(|(_, _, follow)| (*follow == Follow::FeedRs) != (of == "feed-rs"))
    };
    for (at, (our, their)) in ours.iter().zip(theirs).enumerate() {
        if our.title != their.title {
            found.push(format!("title {at}: {:?}, {:?}", our.title, their.title));
        }
        if our.link != their.link && !follow("link") {
            found.push(format!("link {at}: {:?}, {:?}", our.link, their.link));
        }
        if our.time != their.time && !follow("time") {
            found.push(format!("time {at}: {:?}, {:?}", our.time, their.time));
        }
    }
    found
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .filter(|(name, _)| name != "SOURCE.txt")
        .collect()
}

#[test]
fn real_feeds_are_read_as_others_read_them() {
    let Some(folder) = folder() else { return };
    let reference = json(&folder.join("reference/feedparser.json")).unwrap();
    let (mut wrong, mut read, mut refused) = (Vec::new(), 0, 0);
    for (file, bytes) in files(&folder) {
        if let Some((_, line, reason)) = REFUSED.iter().find(|(name, ..)| *name == file) {
            match feed::parse(&bytes, FROM) {
                Err(FeedError::NotAFeed {
                    line: at,
                    reason: why,
                }) if at == *line && why.contains(reason) => {
                    refused += 1;
                }
                other => wrong.push(format!("{file}: {other:?}")),
            }
            continue;
        }
        let feed = match feed::parse(&bytes, FROM) {
            Ok(feed) => feed,
            Err(error) => {
                wrong.push(format!("{file}: {error}"));
                continue;
            }
        };
        read += 1;
        assert_eq!(feed.dropped, feed::Dropped::default(), "{file}");
        let ours = ours(&feed);
        let theirs = by_feed_rs(&folder, &file).unwrap_or_else(|| panic!("{file}: no reference"));
        assert_eq!(ours.len(), theirs.len(), "{file}");
        let mut found = differences("feed-rs", &file, &ours, &theirs);
        // feedparser does not read JSON Feed.
        if let Some((count, first)) = by_feedparser(&reference, &file) {
            assert_eq!(ours.len(), count, "{file}");
            found.extend(differences("feedparser", &file, &ours, &first));
        } else {
            assert!(file.ends_with(".json"), "{file}: no reference");
        }
        wrong.extend(found.iter().map(|found| format!("{file}: {found}")));
    }
    assert_eq!(wrong, Vec::<String>::new());
    println!("{read} feeds read, {refused} refused");
    assert_eq!((read, refused), (64, REFUSED.len()));
}

#[test]
fn every_disagreement_of_the_references_is_one() {
    let Some(folder) = folder() else { return };
    let reference = json(&folder.join("reference/feedparser.json")).unwrap();
    let mut found = BTreeSet::new();
    for file in files(&folder).into_keys() {
        let (Some(one), Some((_, other))) =
            (by_feed_rs(&folder, &file), by_feedparser(&reference, &file))
        else {
            continue;
        };
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.title, other.title, "{file}");
            if one.link != other.link {
                found.insert((file.clone(), "link"));
            }
            if one.time != other.time {
                found.insert((file.clone(), "time"));
            }
        }
    }
    let listed = DISAGREEMENTS
        .iter()
        .map(|(file, field, _)| ((*file).to_owned(), *field));
    assert_eq!(found, listed.collect());
}

#[test]
fn what_real_feeds_say_is_shown_in_plain_words() {
    let Some(folder) = folder() else { return };
    for (file, bytes) in files(&folder) {
        let Ok(feed) = feed::parse(&bytes, FROM) else {
            continue;
        };
        let again = feed::parse(&bytes, FROM).unwrap();
        assert_eq!(
            feed, again,
            "{file}: keys change from one reading to the next"
        );
        for item in &feed.items {
            let texts = [&item.title, &item.summary].into_iter();
            for text in texts.chain(&item.author).chain(&item.licence) {
                assert!(text.chars().count() <= feed::CHARACTERS, "{file}: {text}");
                assert_eq!(*text, line(text), "{file}");
                for sign in ["</", "<p", "<a ", "<br", "&nbsp;", "&#", "&amp;", "&lt;"] {
                    assert!(!text.contains(sign), "{file}: {text}");
                }
            }
            assert!(!item.key.is_empty(), "{file}");
            assert!(
                item.author.as_ref().is_none_or(|name| !name.contains('@')),
                "{file}: {:?}",
                item.author
            );
        }
    }
}

#[test]
fn licences_and_authors_of_real_feeds_are_kept() {
    let Some(folder) = folder() else { return };
    let one = |file: &str| {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        feed::parse(&bytes, FROM).unwrap().items.remove(0)
    };
    let engines = one("rss_2.0_dbengines.xml");
    assert_eq!(
        engines.author.as_deref(),
        Some("Matthias Gelbmann, Paul Andlinger")
    );
    assert!(engines.summary.starts_with("Snowflake is the database"));
    assert!(engines.summary.contains("in our DB-Engines Ranking within"));
    let moreover = one("rss_1.0_spec_2.xml");
    assert_eq!(
        moreover.licence.as_deref(),
        Some("Copyright © 2000 O'Reilly & Associates, Inc."),
    );
    let ghost = one("rss_2.0_ghost_1.xml");
    assert_eq!(
        (ghost.title.as_str(), ghost.summary.as_str()),
        ("", "Example")
    );
    let japanese = one("rss_1.0_example_1.xml");
    assert_eq!(japanese.author.as_deref(), Some("記事1の作者名"));
    assert_eq!(japanese.summary, "記事1の内容");
}
