//! A workspace's own words and rules, as data with a version.
//!
//! ```toml
//! version = 3
//!
//! [[list]]
//! name = "competitor"
//! kind = "word"          # a kind of hit: advert, insult, contact, word, complaint …
//! weight = 60            # points; 100 are enough
//! words = ["某某烘焙", "某某甜品"]
//!
//! [[rule]]
//! name = "price_war"
//! kind = "advert"
//! weight = 100
//! pattern = '便宜\d+元'   # read on the folded text: lower case, simplified, plain digits
//! unless = "本店"
//!
//! [allow]
//! words = ["微信支付"]
//! hosts = ["shop.example"]          # with everything below them
//! contacts = ["13800138000"]
//! accounts = ["our_service1"]
//! ```
//!
//! A list counts once however many of its words occur. Patterns are matched in linear time, whatever
//! they say, and one that would need too much memory is refused. A file is good as a whole or
//! refused with the line at fault and what would be right; the set in force stays until another is
//! complete ([`Live`]).

use std::{
    str::FromStr as _,
    sync::{Arc, LazyLock, RwLock},
};

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder};
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;
use yutang_domain::moderation::{Hit, HitKind};

use crate::{
    contact::Contact,
    evasion::Canonical,
    fold::{Folded, Span, fold},
    phrase::stands_alone,
};

/// Largest file, in bytes.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most words of all lists together.
pub const WORDS_MAX: usize = 500_000;
/// Most rules with a pattern.
pub const RULES_MAX: usize = 500;
/// Most points of a list or rule, for or against.
pub const WEIGHT_MAX: i32 = 1_000;
/// Memory of one compiled pattern, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// Why a file of words and rules is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}: {what}; {remedy}")]
pub struct LexiconError {
    /// Line at fault, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub remedy: String,
}

impl LexiconError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        "lexicon.invalid"
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    version: u32,
    list: Vec<ListData>,
    rule: Vec<RuleData>,
    allow: AllowData,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListData {
    name: Spanned<String>,
    kind: Spanned<String>,
    weight: Spanned<i32>,
    words: Spanned<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleData {
    name: Spanned<String>,
    kind: Spanned<String>,
    weight: Spanned<i32>,
    pattern: Spanned<String>,
    unless: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct AllowData {
    words: Vec<String>,
    hosts: Vec<String>,
    contacts: Vec<String>,
    accounts: Vec<String>,
}

#[derive(Clone, Debug)]
struct Sign {
    name: Arc<str>,
    kind: HitKind,
    weight: i32,
}

#[derive(Debug)]
struct Rule {
    sign: Sign,
    pattern: Regex,
    unless: Option<Regex>,
}

/// Compiled words and rules.
pub struct RuleSet {
    version: u32,
    lists: Vec<Sign>,
    words: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    count: usize,
    rules: Vec<Rule>,
    allowed_words: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    hosts: Vec<String>,
    values: Vec<String>,
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleSet")
            .field("version", &self.version)
            .field("lists", &self.lists.len())
            .field("words", &self.count)
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

/// The signs of solicitation that come with the program, in the same form.
pub static BUILT_IN: LazyLock<RuleSet> = LazyLock::new(|| {
    RuleSet::parse(include_str!("../data/solicit.toml")).expect("the embedded rules are valid")
});

impl Default for RuleSet {
    fn default() -> Self {
        Self::empty()
    }
}

impl RuleSet {
    /// No words and no rules.
    pub fn empty() -> Self {
        Self {
            version: 0,
            lists: Vec::new(),
            words: None,
            count: 0,
            rules: Vec::new(),
            allowed_words: None,
            hosts: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Reads and compiles a file.
    pub fn parse(text: &str) -> Result<Self, LexiconError> {
        let refuse = |at: usize, what: String, remedy: &str| LexiconError {
            line: line_of(text, at),
            what,
            remedy: remedy.to_owned(),
        };
        if text.len() > BYTES_MAX {
            return Err(refuse(
                text.len(),
                format!("the file has {} bytes", text.len()),
                "at most 8 MB are read; split it",
            ));
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(text.len(), |span| span.start);
            refuse(
                at,
                error.message().to_owned(),
                "see the guide for the form of lists and rules",
            )
        })?;
        let sign = |name: &Spanned<String>, kind: &Spanned<String>, weight: &Spanned<i32>| {
            if name.as_ref().trim().is_empty() {
                return Err(refuse(
                    name.span().start,
                    "a name is empty".into(),
                    "name it",
                ));
            }
            let hit = HitKind::from_str(kind.as_ref()).map_err(|_| {
                let words: Vec<&str> = HitKind::ALL.iter().map(|kind| kind.as_str()).collect();
                refuse(
                    kind.span().start,
                    format!("`{}` is no kind", kind.as_ref()),
                    &format!("one of {}", words.join(", ")),
                )
            })?;
            let points = *weight.as_ref();
            if !(-WEIGHT_MAX..=WEIGHT_MAX).contains(&points) {
                return Err(refuse(
                    weight.span().start,
                    format!("a weight of {points}"),
                    "-1000 to 1000; 100 are enough alone",
                ));
            }
            Ok(Sign {
                name: name.as_ref().as_str().into(),
                kind: hit,
                weight: points,
            })
        };

        let mut lists = Vec::new();
        let mut words: Vec<(String, u32)> = Vec::new();
        for list in &file.list {
            let index = lists.len() as u32;
            lists.push(sign(&list.name, &list.kind, &list.weight)?);
            for word in list.words.as_ref() {
                let folded = fold(word);
                if !folded.is_empty() {
                    words.push((folded, index));
                }
            }
            if words.len() > WORDS_MAX {
                return Err(refuse(
                    list.words.span().start,
                    format!("{} words", words.len()),
                    "at most 500,000 in all lists together",
                ));
            }
        }
        let count = words.len();
        let words = automaton(words).map_err(|what| refuse(0, what, "shorten the lists"))?;

        if file.rule.len() > RULES_MAX {
            return Err(refuse(
                file.rule[RULES_MAX].name.span().start,
                format!("{} rules", file.rule.len()),
                "at most 500; words belong into a list",
            ));
        }
        let compile = |pattern: &Spanned<String>| {
            RegexBuilder::new(pattern.as_ref())
                .case_insensitive(true)
                .size_limit(PATTERN_BYTES)
                .dfa_size_limit(PATTERN_BYTES)
                .build()
                .map_err(|error| {
                    let what = match error {
                        regex::Error::CompiledTooBig(_) => {
                            "the pattern needs too much memory".into()
                        }
                        other => format!(
                            "the pattern cannot be read: {}",
                            last_line(&other.to_string())
                        ),
                    };
                    refuse(
                        pattern.span().start,
                        what,
                        "write a shorter pattern without look-around and back-references",
                    )
                })
        };
        let mut rules = Vec::with_capacity(file.rule.len());
        for rule in &file.rule {
            let pattern = compile(&rule.pattern)?;
            if pattern.is_match("") {
                return Err(refuse(
                    rule.pattern.span().start,
                    "the pattern matches everything".into(),
                    "let it name at least one character",
                ));
            }
            rules.push(Rule {
                sign: sign(&rule.name, &rule.kind, &rule.weight)?,
                pattern,
                unless: rule.unless.as_ref().map(compile).transpose()?,
            });
        }
        let allowed: Vec<(String, u32)> = file
            .allow
            .words
            .iter()
            .map(|word| (fold(word), 0))
            .filter(|(word, _)| !word.is_empty())
            .collect();
        let allowed_words =
            automaton(allowed).map_err(|what| refuse(0, what, "shorten [allow]"))?;
        let plain = |values: &[String]| -> Vec<String> {
            values.iter().map(|value| value_of(value)).collect()
        };
        let mut values = plain(&file.allow.contacts);
        values.extend(plain(&file.allow.accounts));
        Ok(Self {
            version: file.version,
            lists,
            words,
            count,
            rules,
            allowed_words,
            hosts: file.allow.hosts.iter().map(|host| fold(host)).collect(),
            values,
        })
    }

    /// The file's own version, 0 if it has none.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// How many words all lists have together.
    pub const fn words(&self) -> usize {
        self.count
    }

    /// How many rules have a pattern.
    pub fn rules(&self) -> usize {
        self.rules.len()
    }

    /// What the lists and rules find. Of a list the first word found has the points, the others
    /// show their places.
    pub fn hits(&self, folded: &Folded, canonical: &Canonical) -> Vec<Hit> {
        let mut hits = Vec::new();
        if let Some(words) = &self.words {
            self.search(words, folded.text(), &mut hits, |from, to| {
                Some(folded.span(from, to))
            });
            if !canonical.is_plain() {
                self.search(words, canonical.text(), &mut hits, |from, to| {
                    canonical
                        .touched(from, to)
                        .then(|| canonical.span(from, to))
                });
            }
        }
        for rule in &self.rules {
            let found = rule
                .pattern
                .find(folded.text())
                .map(|m| folded.span(m.start(), m.end()))
                .or_else(|| {
                    if canonical.is_plain() {
                        return None;
                    }
                    let m = rule.pattern.find(canonical.text())?;
                    canonical
                        .touched(m.start(), m.end())
                        .then(|| canonical.span(m.start(), m.end()))
                });
            if let Some(span) = found
                && !rule
                    .unless
                    .as_ref()
                    .is_some_and(|unless| unless.is_match(folded.text()))
            {
                hits.push(rule.sign.hit(span, rule.sign.weight));
            }
        }
        hits
    }

    fn search(
        &self,
        words: &CharwiseDoubleArrayAhoCorasick<u32>,
        text: &str,
        hits: &mut Vec<Hit>,
        span: impl Fn(usize, usize) -> Option<Span>,
    ) {
        for found in words.find_overlapping_iter(text) {
            if !stands_alone(text, found.start(), found.end()) {
                continue;
            }
            if let Some(span) = span(found.start(), found.end()) {
                let sign = &self.lists[found.value() as usize];
                let told = hits.iter().any(|hit| *hit.reason == *sign.name);
                let hit = sign.hit(span, if told { 0 } else { sign.weight });
                if !hits
                    .iter()
                    .any(|known| known.span == hit.span && known.reason == hit.reason)
                {
                    hits.push(hit);
                }
            }
        }
    }

    /// Whether a contact is one of the workspace's own.
    pub fn allows(&self, contact: &Contact) -> bool {
        let below = |host: &String| {
            contact
                .value
                .strip_suffix(host.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.hosts.iter().any(below)
            || (!self.values.is_empty() && self.values.contains(&value_of(&contact.value)))
    }

    /// The places of allowed words in a text.
    pub fn allowed(&self, folded: &Folded) -> Vec<Span> {
        self.allowed_words.as_ref().map_or_else(Vec::new, |words| {
            words
                .find_overlapping_iter(folded.text())
                .map(|found| folded.span(found.start(), found.end()))
                .collect()
        })
    }
}

impl Sign {
    fn hit(&self, span: Span, weight: i32) -> Hit {
        Hit {
            kind: self.kind,
            span: Some((span.start, span.end)),
            reason: self.name.as_ref().to_owned(),
            weight,
        }
    }
}

fn value_of(value: &str) -> String {
    fold(value)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// Sorted, each word with the list that came first.
fn automaton(
    mut words: Vec<(String, u32)>,
) -> Result<Option<CharwiseDoubleArrayAhoCorasick<u32>>, String> {
    words.sort();
    words.dedup_by(|a, b| a.0 == b.0);
    if words.is_empty() {
        return Ok(None);
    }
    CharwiseDoubleArrayAhoCorasickBuilder::new()
        .build_with_values(words)
        .map(Some)
        .map_err(|error| error.to_string())
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

fn last_line(text: &str) -> &str {
    text.lines().next_back().unwrap_or_default().trim()
}

/// The set in force, exchanged as a whole while others read.
#[derive(Debug, Default)]
pub struct Live {
    set: RwLock<Arc<RuleSet>>,
}

impl Live {
    /// Begins with a set.
    pub fn new(set: RuleSet) -> Self {
        Self {
            set: RwLock::new(Arc::new(set)),
        }
    }

    /// The set in force.
    pub fn get(&self) -> Arc<RuleSet> {
        Arc::clone(
            &self
                .set
                .read()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }

    /// Puts another in force. It has been compiled before, so nobody waits for more than a pointer.
    pub fn swap(&self, set: Arc<RuleSet>) {
        let old = {
            let mut place = self
                .set
                .write()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            std::mem::replace(&mut *place, set)
        };
        // A large set takes long to free; not while others wait.
        drop(old);
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn hits(set: &RuleSet, text: &str) -> Vec<(String, Option<(u32, u32)>, i32)> {
        let folded = Folded::new(text);
        set.hits(&folded, &Canonical::new(&folded))
            .into_iter()
            .map(|hit| (hit.reason, hit.span, hit.weight))
            .collect()
    }

    const SET: &str = r#"
        version = 7
        [[list]]
        name = "rival"
        kind = "word"
        weight = 60
        words = ["某某烘焙", "ABC", "隔壁店"]
        [[rule]]
        name = "price"
        kind = "advert"
        weight = 100
        pattern = '便宜\d+元'
        unless = "本店"
        [allow]
        words = ["微信支付"]
        hosts = ["shop.example"]
        contacts = ["138-0013-8000"]
        accounts = ["Our_Service1"]
    "#;

    #[test]
    fn words_and_rules_are_found_folded_and_through_tricks() {
        let set = RuleSet::parse(SET).unwrap();
        assert_eq!((set.version(), set.words(), set.rules()), (7, 3, 1));
        assert_eq!(
            hits(&set, "去隔壁店看看"),
            [("rival".into(), Some((1, 4)), 60)]
        );
        assert_eq!(
            hits(&set, "隔.壁*店,ＡＢＣ"),
            [
                ("rival".into(), Some((6, 9)), 60),
                ("rival".into(), Some((0, 5)), 0),
            ]
        );
        assert_eq!(hits(&set, "abcd"), []);
        assert_eq!(
            hits(&set, "便宜３０元"),
            [("price".into(), Some((0, 5)), 100)]
        );
        assert_eq!(hits(&set, "本店便宜30元"), []);
    }

    #[test]
    fn own_contacts_are_allowed() {
        let set = RuleSet::parse(SET).unwrap();
        let allowed = |text: &str| {
            let found = crate::contact::find(text);
            assert!(!found.is_empty(), "{text}");
            found.iter().all(|contact| set.allows(contact))
        };
        assert!(allowed("https://m.shop.example/a"));
        assert!(!allowed("https://notshop.example/a"));
        assert!(allowed("电话 13800138000"));
        assert!(allowed("@our_service1"));
        assert!(!allowed("@our_service2"));
    }

    #[test]
    fn a_large_file_names_the_line_at_fault() {
        let mut text =
            String::from("[[list]]\nname = \"large\"\nkind = \"word\"\nweight = 10\nwords = [\n");
        for line in 6..9_001 {
            writeln!(text, "\"{line:0>100}\",").unwrap();
        }
        text.push_str("\"fine\", broken,\n");
        for line in 9_002..10_000 {
            writeln!(text, "\"{line:0>100}\",").unwrap();
        }
        text.push_str("]\n");
        assert!(text.len() > 1_000_000, "{}", text.len());
        assert_eq!(RuleSet::parse(&text).unwrap_err().line, 9_001);
    }

    #[test]
    fn each_fault_has_its_line_and_remedy() {
        for (text, line, word) in [
            (
                "[[list]]\nname = 'a'\nkind = 'adverd'\nweight = 1\nwords = []",
                3,
                "adverd",
            ),
            (
                "[[list]]\nname = 'a'\nkind = 'word'\nweight = 5000\nwords = []",
                4,
                "5000",
            ),
            (
                "[[list]]\nname = 'a'\nkind = 'word'\nweight = 1\nwords = [1]",
                5,
                "invalid type",
            ),
            (
                "[[list]]\nname = 'a'\nkind = 'word'\nwieght = 1",
                4,
                "wieght",
            ),
            (
                "[[rule]]\nname = 'a'\nkind = 'word'\nweight = 1\npattern = '(a'",
                5,
                "unclosed",
            ),
            (
                "[[rule]]\nname = 'a'\nkind = 'word'\nweight = 1\npattern = 'a*'",
                5,
                "everything",
            ),
            (
                "[[rule]]\nname = 'a'\nkind = 'word'\nweight = 1\npattern = '((\\w{100}){100}){100}'",
                5,
                "memory",
            ),
            (
                "[[rule]]\nname = ' '\nkind = 'word'\nweight = 1\npattern = 'a'",
                2,
                "empty",
            ),
        ] {
            let error = RuleSet::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.what.contains(word), "{error}");
            assert!(!error.remedy.is_empty());
        }
    }

    #[test]
    fn a_pattern_that_explodes_elsewhere_ends_at_once() {
        let set =
            RuleSet::parse("[[rule]]\nname = 'a'\nkind = 'word'\nweight = 1\npattern = '(a+)+b'")
                .unwrap();
        assert_eq!(hits(&set, &"a".repeat(50_000)), []);
    }

    #[test]
    fn a_set_is_exchanged_while_others_read() {
        let live = Arc::new(Live::new(RuleSet::empty()));
        let reader = {
            let live = Arc::clone(&live);
            std::thread::spawn(move || {
                while live.get().version() != 7 {
                    std::thread::yield_now();
                }
                hits(&live.get(), "隔壁店").len()
            })
        };
        live.swap(Arc::new(RuleSet::parse(SET).unwrap()));
        assert_eq!(reader.join().unwrap(), 1);
    }

    proptest! {
        #[test]
        fn any_file_is_read_or_refused(text in any::<String>()) {
            let _ = RuleSet::parse(&text);
        }

        #[test]
        fn hits_lie_inside(text in "[隔壁店某烘焙abc.*便宜0-9元本]{0,30}") {
            let set = RuleSet::parse(SET).unwrap();
            let count = text.chars().count() as u32;
            for (_, span, _) in hits(&set, &text) {
                let (from, to) = span.unwrap();
                prop_assert!(from < to && to <= count);
            }
        }
    }
}
