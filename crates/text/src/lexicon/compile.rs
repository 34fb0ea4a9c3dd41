//! From a file to compiled words and rules, or to the line at fault.

use std::str::FromStr as _;

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder};
use regex::{RegexBuilder, RegexSetBuilder};
use toml::Spanned;
use yutang_domain::{
    moderation::HitKind,
    rule_set::{Fault, RuleSetError},
};

use super::{
    BYTES_MAX, RULES_MAX, Rule, RuleSet, Sign, WEIGHT_MAX, WORDS_MAX, file::File, value_of,
};
use crate::fold::fold;

/// Memory of one compiled pattern, in bytes.
const PATTERN_BYTES: usize = 1 << 20;
/// Memory of all compiled patterns together, in bytes.
const PATTERNS_BYTES: usize = 16 << 20;

impl RuleSet {
    /// Reads and compiles a file.
    pub fn parse(text: &str) -> Result<Self, RuleSetError> {
        let refuse = |fault: Fault, at: usize, what: String, remedy: &str| RuleSetError {
            line: line_of(text, at),
            fault,
            what,
            remedy: remedy.to_owned(),
        };
        if text.len() > BYTES_MAX {
            return Err(refuse(
                Fault::Size,
                text.len(),
                format!("the file has {} bytes", text.len()),
                "at most 8 MB are read; split it",
            ));
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(text.len(), |span| span.start);
            refuse(
                Fault::Form,
                at,
                error.message().to_owned(),
                "see the guide for the form of lists and rules",
            )
        })?;
        let sign = |name: &Spanned<String>, kind: &Spanned<String>, weight: &Spanned<i32>| {
            if name.as_ref().trim().is_empty() {
                return Err(refuse(
                    Fault::Name,
                    name.span().start,
                    "a name is empty".into(),
                    "name it",
                ));
            }
            let hit = HitKind::from_str(kind.as_ref()).map_err(|_| {
                let words: Vec<&str> = HitKind::ALL.iter().map(|kind| kind.as_str()).collect();
                refuse(
                    Fault::Kind,
                    kind.span().start,
                    format!("`{}` is no kind", kind.as_ref()),
                    &format!("one of {}", words.join(", ")),
                )
            })?;
            let points = *weight.as_ref();
            if !(-WEIGHT_MAX..=WEIGHT_MAX).contains(&points) {
                return Err(refuse(
                    Fault::Weight,
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
                    Fault::Words,
                    list.words.span().start,
                    format!("{} words", words.len()),
                    "at most 500,000 in all lists together",
                ));
            }
        }
        let count = words.len();
        let words =
            automaton(words).map_err(|what| refuse(Fault::Words, 0, what, "shorten the lists"))?;

        if file.rule.len() > RULES_MAX {
            return Err(refuse(
                Fault::Rules,
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
                    let (fault, what) = match error {
                        regex::Error::CompiledTooBig(_) => {
                            (Fault::Memory, "the pattern needs too much memory".into())
                        }
                        other => (
                            Fault::Pattern,
                            format!(
                                "the pattern cannot be read: {}",
                                last_line(&other.to_string())
                            ),
                        ),
                    };
                    refuse(
                        fault,
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
                    Fault::Everything,
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
        let patterns = RegexSetBuilder::new(file.rule.iter().map(|rule| rule.pattern.as_ref()))
            .case_insensitive(true)
            .size_limit(PATTERNS_BYTES)
            .dfa_size_limit(PATTERNS_BYTES)
            .build()
            .ok();
        let allowed: Vec<(String, u32)> = file
            .allow
            .words
            .iter()
            .map(|word| (fold(word), 0))
            .filter(|(word, _)| !word.is_empty())
            .collect();
        let allowed_words =
            automaton(allowed).map_err(|what| refuse(Fault::Words, 0, what, "shorten [allow]"))?;
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
            patterns,
            allowed_words,
            hosts: file.allow.hosts.iter().map(|host| fold(host)).collect(),
            values,
        })
    }
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
