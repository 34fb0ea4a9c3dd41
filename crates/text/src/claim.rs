//! Claims: what is wrong with something that we are about to say.
//!
//! Advertising law forbids words that nothing can prove (`全网第一`) and healing powers of ordinary food; networks
//! close accounts that pay for forwarding or for praise; a number of what is left, typed by hand, is
//! false a minute later. Every outgoing line is therefore read before it is sent (trade.md 6): what
//! would break the law or cost the account [`stops`](Claim::stops) it, the rest is a hint. This reads
//! templates: fill variables in afterwards, because a number that stands for `{{stock}}` cannot be told
//! from one that somebody made up.
//!
//! Rules are data (`data/claim.toml`): words and patterns, and the company in which they are
//! ordinary. The same characters are a boast in `全城最好吃` and advice in `最好提前预约`, so most of
//! the file is company: what stands right before or after, in the clause, in the sentence. A line that
//! denies (`不用转发，人人可抢`) or forbids (`群里不能发：集赞、砍价`) claims nothing.
//!
//! Words are found through spaces, dots and symbols between their characters (`第 一`, `最·好吃`),
//! though never across punctuation that parts clauses, a new line or a link.

mod line;

use std::{cmp::Reverse, collections::HashMap, sync::LazyLock};

use regex::Regex;
use serde::{Deserialize, Serialize};

use self::line::Line;
use crate::{
    fold::Span,
    phrase::{Phrases, clause, stands_alone},
};

/// What is wrong with something we are about to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// What kind of wrong it is.
    pub kind: ClaimKind,
    /// Stable name of the rule, for example `claim.first`; the catalogue says under it why, with
    /// the placeholder `word`.
    pub code: &'static str,
    /// Characters of the original text.
    pub span: Span,
    /// These characters, as they were written.
    pub word: String,
    /// Key of the sentence that says what to write instead, for example `claim.suggest.first`.
    pub suggestion: &'static str,
    /// Whether the line must not go out: it is unlawful, or the network closes accounts for it.
    /// Otherwise it is a hint.
    pub stops: bool,
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// What kind of wrong a claim is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ClaimKind { $($(#[$meta])* $variant),+ }

        impl ClaimKind {
            /// Every kind, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word it is sent as; the catalogue names it under `claim.kind.<word>`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

kinds! {
    /// 极限词: the best, the first, the only one, for ever.
    Absolute = "absolute",
    /// Effects on illness, health or weight, which ordinary food must not be given.
    Medical = "medical",
    /// A promised result or income.
    Guarantee = "guarantee",
    /// Hurry that nothing true stands behind.
    Scarcity = "scarcity",
    /// A reward for forwarding, collecting likes or having others help.
    Sharing = "sharing",
    /// Gambling, and income from recruiting people.
    Scheme = "scheme",
    /// Bought praise and fake orders.
    Review = "review",
}

impl std::fmt::Display for ClaimKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    piece: HashMap<String, String>,
    list: HashMap<String, Vec<String>>,
    denial: Denial,
    rule: Vec<RuleData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Denial {
    words: Vec<String>,
    not: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleData {
    code: String,
    kind: ClaimKind,
    #[serde(default)]
    stops: bool,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    patterns: Vec<String>,
    reach: usize,
    #[serde(default)]
    near: Vec<String>,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    around: Vec<String>,
    #[serde(default)]
    despite: Vec<String>,
}

struct Rule {
    code: &'static str,
    suggestion: &'static str,
    kind: ClaimKind,
    stops: bool,
    patterns: Vec<Regex>,
    /// Characters before a word in which a denial makes it harmless.
    reach: usize,
    near: Vec<String>,
    before: Vec<String>,
    after: Vec<String>,
    unless: Vec<String>,
    around: Vec<String>,
    despite: Vec<String>,
}

struct Rules {
    list: Vec<Rule>,
    words: Phrases,
    denial: Denial,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("../data/claim.toml")).expect("the embedded rules are valid");
    let plain = |word: &String| Line::new(word).text;
    let words: Vec<(usize, String)> = file
        .rule
        .iter()
        .enumerate()
        .flat_map(|(index, rule)| rule.words.iter().map(move |word| (index, plain(word))))
        .collect();
    let pattern = |text: &String| {
        let whole = file
            .piece
            .iter()
            .fold(text.clone(), |whole, (name, piece)| {
                whole.replace(&format!("<{name}>"), piece)
            });
        Regex::new(&whole).expect("the embedded patterns are valid")
    };
    let lists = file.list;
    let company = |entries: &[String]| -> Vec<String> {
        entries
            .iter()
            .flat_map(|entry| match entry.strip_prefix('@') {
                Some(name) => lists.get(name).expect("a list that is named exists").iter(),
                None => std::slice::from_ref(entry).iter(),
            })
            .map(plain)
            .collect()
    };
    let list = file
        .rule
        .iter()
        .map(|rule| Rule {
            code: String::leak(rule.code.clone()),
            suggestion: String::leak(rule.code.replacen("claim.", "claim.suggest.", 1)),
            kind: rule.kind,
            stops: rule.stops,
            patterns: rule.patterns.iter().map(pattern).collect(),
            reach: rule.reach,
            near: company(&rule.near),
            before: company(&rule.before),
            after: company(&rule.after),
            unless: company(&rule.unless),
            around: company(&rule.around),
            despite: company(&rule.despite),
        })
        .collect();
    Rules {
        list,
        words: Phrases::new(
            words.iter().map(|(index, word)| (*index, word.as_str())),
            true,
        ),
        denial: Denial {
            words: file.denial.words.iter().map(plain).collect(),
            not: file.denial.not.iter().map(plain).collect(),
        },
    }
});

/// From this reach on a rule is about what one does, not about how one praises: a heading that forbids
/// speaks of it too.
const WIDE: usize = 8;
const CLAUSE_ENDS: [char; 6] = [',', '。', '!', '?', ';', '\n'];
const SENTENCE_ENDS: [char; 4] = ['。', '!', '?', '\n'];

/// Everything wrong with a text that is about to be sent, in order of place. Where claims of one kind
/// overlap, the one that stops is told, else the longest.
pub fn claims(text: &str) -> Vec<Claim> {
    let rules = &*RULES;
    let mut found = Vec::new();
    let mut start = 0_u32;
    let mut forbidding = false;
    for row in text.split_inclusive('\n') {
        let characters: Vec<char> = row.chars().collect();
        let line = Line::new(row);
        if line.text.is_empty() {
            forbidding = false;
        } else {
            rules.read(&line, forbidding, |rule, from, to| {
                let span = line.span(from, to);
                found.push(Claim {
                    kind: rule.kind,
                    code: rule.code,
                    span: Span {
                        start: start + span.start,
                        end: start + span.end,
                    },
                    word: characters[span.start as usize..span.end as usize]
                        .iter()
                        .collect(),
                    suggestion: rule.suggestion,
                    stops: rule.stops,
                });
            });
            if line.text.ends_with(':') {
                forbidding = rules.denies(&line.text);
            }
        }
        start += characters.len() as u32;
    }
    apart(found)
}

/// Every code a claim can have, each once.
pub fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&'static str> = RULES.list.iter().map(|rule| rule.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Of claims of one kind that overlap the weightiest.
fn apart(mut found: Vec<Claim>) -> Vec<Claim> {
    let weight = |claim: &Claim| (claim.stops, claim.span.end - claim.span.start);
    found.sort_by_key(|claim| (claim.kind, claim.span.start, Reverse(weight(claim))));
    let mut kept: Vec<Claim> = Vec::with_capacity(found.len());
    for claim in found {
        match kept.last_mut() {
            Some(last) if last.kind == claim.kind && claim.span.start < last.span.end => {
                if weight(&claim) > weight(last) {
                    *last = claim;
                }
            }
            _ => kept.push(claim),
        }
    }
    kept.sort_by_key(|claim| (claim.span, claim.kind));
    kept
}

impl Rules {
    /// Tells of every claim in a line by its bytes; `forbidding`: the line stands below a heading that forbids.
    fn read<'r>(
        &'r self,
        line: &Line,
        forbidding: bool,
        mut tell: impl FnMut(&'r Rule, usize, usize),
    ) {
        let text = line.text.as_str();
        let mut look = |rule: &'r Rule, from: usize, to: usize| {
            if !(forbidding && rule.reach >= WIDE) && self.claims(rule, text, from, to) {
                tell(rule, from, to);
            }
        };
        for hit in self.words.overlapping(text) {
            look(&self.list[hit.list], hit.from, hit.to);
        }
        for rule in &self.list {
            for found in rule.patterns.iter().flat_map(|one| one.find_iter(text)) {
                let (from, to) = (found.start(), found.end());
                let takes_back = rule.reach >= WIDE && self.denies(found.as_str());
                if !takes_back && stands_alone(text, from, to) {
                    look(rule, from, to);
                }
            }
        }
    }

    /// Whether the bytes claim something in the company they are in.
    fn claims(&self, rule: &Rule, text: &str, from: usize, to: usize) -> bool {
        let any = |list: &[String], text: &str| list.iter().any(|one| text.contains(one.as_str()));
        let (first, last) = clause(text, from, to, &CLAUSE_ENDS);
        let (all, head, tail) = (&text[first..last], &text[first..from], &text[to..last]);
        if !rule.near.is_empty() && !any(&rule.near, all) {
            return false;
        }
        let near_head = head
            .char_indices()
            .rev()
            .take(rule.reach)
            .last()
            .map_or(head, |(at, _)| &head[at..]);
        if self.denies(near_head) {
            return false;
        }
        if rule.after.iter().any(|one| tail.starts_with(one.as_str())) || any(&rule.unless, all) {
            return false;
        }
        let (first, last) = clause(text, from, to, &SENTENCE_ENDS);
        any(&rule.despite, all)
            || (!rule.before.iter().any(|one| head.ends_with(one.as_str()))
                && !any(&rule.around, &text[first..last]))
    }

    /// Whether the words say that something is not so or must not be.
    fn denies(&self, text: &str) -> bool {
        if !self
            .denial
            .words
            .iter()
            .any(|word| text.contains(word.as_str()))
        {
            return false;
        }
        let mut rest = text.to_owned();
        for word in &self.denial.not {
            if rest.contains(word.as_str()) {
                rest = rest.replace(word.as_str(), " ");
            }
        }
        self.denial
            .words
            .iter()
            .any(|word| rest.contains(word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn codes_in(text: &str) -> Vec<&'static str> {
        claims(text).iter().map(|claim| claim.code).collect()
    }

    #[test]
    fn a_claim_says_where_it_stands_and_what_to_do() {
        let text = "🥯🥯 大家好,我们是👨‍👩‍👧最·好吃的贝果,好評返現 5 元";
        let found = claims(text);
        let characters: Vec<char> = text.chars().collect();
        for claim in &found {
            let span = claim.span.start as usize..claim.span.end as usize;
            assert_eq!(claim.word, characters[span].iter().collect::<String>());
        }
        let told: Vec<_> = found
            .iter()
            .map(|claim| {
                (
                    claim.kind,
                    claim.word.as_str(),
                    claim.suggestion,
                    claim.stops,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (ClaimKind::Absolute, "最·好吃", "claim.suggest.best", false),
                (
                    ClaimKind::Review,
                    "好評返現",
                    "claim.suggest.review_reward",
                    true
                ),
            ]
        );
    }

    #[test]
    fn spaces_symbols_and_other_characters_hide_nothing() {
        for text in [
            "全网第一",
            "全網第 一",
            "全 网 第·一",
            "全网💥第💥一",
            "【全网】第一",
            "全\u{200b}网第\u{fe0f}一",
        ] {
            assert_eq!(codes_in(text), ["claim.first"], "{text}");
        }
        assert_eq!(codes_in("１００％安全"), ["claim.whole"]);
        assert_eq!(codes_in("藥到病除"), ["claim.cure"]);
    }

    #[test]
    fn words_that_meet_across_a_clause_a_line_or_a_link_are_none() {
        for text in [
            "今天全网,第一",
            "排在全网\n第一",
            "最,好吃的来了",
            "治\n百病",
            "转发。抽奖周六开始",
            "顶 ———— 级",
            "https://example.cn/top1?a=100%25&b=no1",
            "看 https://example.cn/top1 级别",
        ] {
            assert_eq!(codes_in(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn a_number_of_what_is_left_is_a_variable_or_a_claim() {
        assert_eq!(codes_in("仅剩 6 份"), ["claim.stock"]);
        assert_eq!(codes_in("仅剩六份"), ["claim.stock"]);
        for text in [
            "仅剩 {{stock}} 份",
            "仅剩{库存}份",
            "最后{{ stock }}份",
            "{{顶级}}{{100%安全}}",
        ] {
            assert_eq!(codes_in(text), Vec::<&str>::new(), "{text}");
        }
        assert_eq!(codes_in("{{nickname}}您好,仅剩 6 份"), ["claim.stock"]);
        assert_eq!(codes_in("{仅剩 6 份"), ["claim.stock"]);
    }

    #[test]
    fn what_is_denied_or_forbidden_is_no_claim() {
        assert_eq!(codes_in("转发有奖"), ["claim.share_reward"]);
        for text in [
            "不用转发,人人有奖",
            "转发有奖的一律移出",
            "不要发这些:\n集赞\n砍一刀",
            "我们不是全网第一",
        ] {
            assert_eq!(codes_in(text), Vec::<&str>::new(), "{text}");
        }
        assert_eq!(
            codes_in("不要发这些:\n广告\n\n转发有奖"),
            ["claim.share_reward"]
        );
        assert_eq!(codes_in("别错过,转发有奖"), ["claim.share_reward"]);
    }

    #[test]
    fn of_claims_that_overlap_one_is_told() {
        assert_eq!(codes_in("全网最低价"), ["claim.lowest_price"]);
        assert_eq!(claims("全网最低价")[0].word, "全网最低");
        let found = claims("投资开店稳赚不赔");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].stops);
    }

    #[test]
    fn nothing_and_four_thousand_characters_are_read() {
        assert_eq!(claims(""), []);
        assert_eq!(claims(" \n\u{200b}\n🥯"), []);
        let filler = "今天的吐司已经出炉,".repeat(400);
        let text: String = filler
            .chars()
            .take(3_996)
            .chain("全网第一".chars())
            .collect();
        assert_eq!(text.chars().count(), 4_000);
        let found = claims(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].span.end, 4_000);
        assert_eq!(claims(&"最好吃,".repeat(1_000)).len(), 1_000);
        assert_eq!(claims(&"全网第一\r\n".repeat(600)).len(), 600);
    }

    #[test]
    fn rules_are_whole() {
        let rules = &*RULES;
        let kinds: Vec<ClaimKind> = rules.list.iter().map(|rule| rule.kind).collect();
        for kind in ClaimKind::ALL {
            assert!(kinds.contains(kind), "{kind}");
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for rule in &rules.list {
            assert!(rule.code.starts_with("claim."), "{}", rule.code);
            assert!(
                rule.suggestion.starts_with("claim.suggest."),
                "{}",
                rule.code
            );
            assert!(rule.reach > 0, "{}", rule.code);
            let company = [
                &rule.near,
                &rule.before,
                &rule.after,
                &rule.unless,
                &rule.around,
            ];
            for entry in company.into_iter().flatten().chain(&rule.despite) {
                assert!(!entry.is_empty(), "{}", rule.code);
            }
            for pattern in &rule.patterns {
                assert!(!pattern.is_match(""), "{}", rule.code);
            }
        }
    }

    proptest! {
        #[test]
        fn spans_lie_inside_and_name_their_words(
            text in "[全网第一最好吃仅剩三份转发送治百病{}%.·,。\n🥯 ０-９a-z]{0,60}"
        ) {
            let characters: Vec<char> = text.chars().collect();
            for claim in claims(&text) {
                let span = claim.span.start as usize..claim.span.end as usize;
                prop_assert!(span.start < span.end && span.end <= characters.len());
                prop_assert_eq!(claim.word, characters[span].iter().collect::<String>());
            }
        }

        #[test]
        fn any_text_is_read(text in any::<String>()) {
            let length = text.chars().count() as u32;
            prop_assert!(claims(&text).iter().all(|claim| claim.span.end <= length));
        }
    }
}
