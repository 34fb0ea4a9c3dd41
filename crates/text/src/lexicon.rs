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

mod compile;
mod file;
mod live;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use daachorse::CharwiseDoubleArrayAhoCorasick;
use regex::{Regex, RegexSet, SetMatches};
use yutang_domain::moderation::{Hit, HitKind};

pub use live::Live;

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
/// Most places of one list that are shown.
const PLACES_MAX: usize = 32;

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

/// Where the words of each list were found.
type Places<'s> = HashMap<&'s str, Vec<Span>>;

/// Compiled words and rules.
pub struct RuleSet {
    version: u32,
    lists: Vec<Sign>,
    words: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    count: usize,
    rules: Vec<Rule>,
    /// The patterns of all rules at once; `None` where together they need too much memory.
    patterns: Option<RegexSet>,
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
            patterns: None,
            allowed_words: None,
            hosts: Vec::new(),
            values: Vec::new(),
        }
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
    /// show their places, up to 32 of each list.
    pub fn hits(&self, folded: &Folded, canonical: &Canonical) -> Vec<Hit> {
        let mut hits = Vec::new();
        if let Some(words) = &self.words {
            let mut places = Places::new();
            let mut found = self.search(words, folded.text(), &mut places, |from, to| {
                Some(folded.span(from, to))
            });
            hits.append(&mut found);
            if !canonical.is_plain() {
                found = self.search(words, canonical.text(), &mut places, |from, to| {
                    canonical
                        .touched(from, to)
                        .then(|| canonical.span(from, to))
                });
                hits.append(&mut found);
            }
        }
        if self.rules.is_empty() {
            return hits;
        }
        let matching = |text| self.patterns.as_ref().map(|all| all.matches(text));
        let as_written = matching(folded.text());
        let undone = if canonical.is_plain() {
            None
        } else {
            matching(canonical.text())
        };
        for (index, rule) in self.rules.iter().enumerate() {
            let find = |text, matching: &Option<SetMatches>| {
                let may = matching.as_ref().is_none_or(|all| all.matched(index));
                may.then(|| rule.pattern.find(text)).flatten()
            };
            let found = find(folded.text(), &as_written)
                .map(|m| folded.span(m.start(), m.end()))
                .or_else(|| {
                    if canonical.is_plain() {
                        return None;
                    }
                    let m = find(canonical.text(), &undone)?;
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

    fn search<'s>(
        &'s self,
        words: &CharwiseDoubleArrayAhoCorasick<u32>,
        text: &str,
        places: &mut Places<'s>,
        span: impl Fn(usize, usize) -> Option<Span>,
    ) -> Vec<Hit> {
        let mut hits = Vec::new();
        for found in words.find_overlapping_iter(text) {
            if !stands_alone(text, found.start(), found.end()) {
                continue;
            }
            let sign = &self.lists[found.value() as usize];
            let known = places.entry(&sign.name).or_default();
            if known.len() < PLACES_MAX
                && let Some(span) = span(found.start(), found.end())
                && !known.contains(&span)
            {
                let weight = if known.is_empty() { sign.weight } else { 0 };
                hits.push(sign.hit(span, weight));
                known.push(span);
            }
        }
        hits
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
