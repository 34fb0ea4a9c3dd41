//! JSON Feed as the parser can take it: without what is not needed, and what is a number written as
//! the text it stands for. One field of the wrong kind would otherwise cost the whole feed.

use serde_json::{Map, Value, json};
use yutang_domain::feed::FeedError;

use super::{
    CHARACTERS, ITEMS, plain,
    sieve::{Aside, Sifted},
};

/// What every version begins with.
const VERSION: &str = "https://jsonfeed.org/version/1";
/// How many authors are named at most; the parser compares each with each.
const PEOPLE: usize = 10;
/// What an item is made of.
const FIELDS: &[&str] = &[
    "id",
    "url",
    "external_url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "date_published",
    "date_modified",
];

/// Reads all of it.
///
/// # Errors
/// [`FeedError::NotAFeed`].
pub fn sift(source: &str) -> Result<Sifted, FeedError> {
    let read: Value = serde_json::from_str(source).map_err(|error| FeedError::NotAFeed {
        line: Some(error.line()),
        reason: plain::cut(&error.to_string(), CHARACTERS),
    })?;
    let version = read["version"].as_str().unwrap_or_default();
    let version = version.replacen("http://", "https://", 1);
    if !version.starts_with(VERSION) {
        return Err(wrong("it is JSON whose version is not that of a JSON Feed"));
    }
    let Some(items) = read["items"].as_array() else {
        return Err(wrong("it is a JSON Feed without a list of items"));
    };
    let taken = items.len().min(ITEMS);
    let beyond = items.len() - taken;
    let mut feed = fields(&read, &["home_page_url", "title"]);
    feed.entry("title").or_insert_with(|| json!(""));
    feed.insert("version".to_owned(), json!(version));
    feed.insert("authors".to_owned(), people(&read));
    let items: Vec<Value> = items[..taken].iter().map(item).collect();
    feed.insert("items".to_owned(), items.into());
    Ok(Sifted {
        text: Value::Object(feed).to_string(),
        feed: Aside::default(),
        items: (0..taken).map(|_| Aside::default()).collect(),
        beyond,
    })
}

fn item(read: &Value) -> Value {
    let mut item = fields(read, FIELDS);
    item.insert("authors".to_owned(), people(read));
    Value::Object(item)
}

/// Those of some fields that are a text, or can be.
fn fields(read: &Value, names: &[&str]) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), Value::String(text(&read[*name])?))))
        .collect()
}

/// The names of authors, without the addresses the parser would look for in them.
fn people(read: &Value) -> Value {
    let named = |person: &Value| person["name"].as_str().map(plain::nameless);
    let many = read["authors"].as_array().into_iter().flatten();
    let names = many.chain(read.get("author")).filter_map(named);
    names
        .filter(|name| !name.is_empty())
        .take(PEOPLE)
        .map(|name| json!({ "name": name }))
        .collect()
}

fn wrong(reason: &str) -> FeedError {
    FeedError::NotAFeed {
        line: None,
        reason: reason.to_owned(),
    }
}
