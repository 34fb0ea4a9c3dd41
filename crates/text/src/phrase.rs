//! Word lists compiled into one automaton.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::fold::fold;

/// Many folded words, each with the number of the list it came from.
#[derive(Clone, Debug)]
pub(crate) struct Phrases {
    automaton: AhoCorasick,
    lists: Vec<u16>,
}

/// A word found in a folded text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    /// Number of the list that has the word.
    pub list: usize,
    /// First byte in the folded text.
    pub from: usize,
    /// Byte after the last.
    pub to: usize,
}

impl Phrases {
    /// Compiles `(list, word)` pairs; words are folded, empty ones left out.
    ///
    /// With `overlapping` every occurrence of every word can be found, otherwise the leftmost
    /// longest ones.
    pub fn new<'a>(words: impl IntoIterator<Item = (usize, &'a str)>, overlapping: bool) -> Self {
        let (lists, words): (Vec<u16>, Vec<String>) = words
            .into_iter()
            .map(|(list, word)| (list as u16, fold(word)))
            .filter(|(_, word)| !word.is_empty())
            .unzip();
        let automaton = AhoCorasick::builder()
            .match_kind(if overlapping {
                MatchKind::Standard
            } else {
                MatchKind::LeftmostLongest
            })
            .kind(Some(AhoCorasickKind::DFA))
            .build(&words)
            .expect("word lists are far below the automaton's limits");
        Self { automaton, lists }
    }

    /// Every occurrence that is not a part of a longer Latin word or number.
    pub fn overlapping<'h>(&'h self, text: &'h str) -> impl Iterator<Item = Hit> + 'h {
        self.automaton
            .find_overlapping_iter(text)
            .map(|m| self.hit(m))
            .filter(|hit| stands_alone(text, hit.from, hit.to))
    }

    /// The leftmost longest occurrences.
    pub fn longest<'h>(&'h self, text: &'h str) -> impl Iterator<Item = Hit> + 'h {
        self.automaton.find_iter(text).map(|m| self.hit(m))
    }

    fn hit(&self, m: aho_corasick::Match) -> Hit {
        Hit {
            list: usize::from(self.lists[m.pattern().as_usize()]),
            from: m.start(),
            to: m.end(),
        }
    }
}

/// Whether the bytes do not begin or end inside a Latin word or a number.
pub(crate) fn stands_alone(text: &str, from: usize, to: usize) -> bool {
    let bytes = text.as_bytes();
    let joined = |a: u8, b: u8| {
        (a.is_ascii_lowercase() && b.is_ascii_lowercase())
            || (a.is_ascii_digit() && b.is_ascii_digit())
    };
    let begins_inside = from > 0 && joined(bytes[from - 1], bytes[from]);
    let ends_inside = to < bytes.len() && joined(bytes[to - 1], bytes[to]);
    !begins_inside && !ends_inside
}

/// Most bytes of a clause on either side of a word.
const CLAUSE: usize = 512;

/// Where the clause around some bytes begins and ends: without the signs that part clauses, and
/// without what lies so far away that it says nothing of the word.
pub(crate) fn clause(text: &str, from: usize, to: usize, ends: &[char]) -> (usize, usize) {
    let first = text.floor_char_boundary(from.saturating_sub(CLAUSE));
    let start = text[first..from]
        .char_indices()
        .rev()
        .find(|(_, c)| ends.contains(c))
        .map_or(first, |(at, c)| first + at + c.len_utf8());
    let last = text.ceil_char_boundary(to + CLAUSE);
    let end = text[to..last].find(ends).map_or(last, |at| to + at);
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_inside_longer_words_do_not_count() {
        let phrases = Phrases::new([(0, "加V"), (1, "12315")], true);
        let found = |text: &str| {
            phrases
                .overlapping(&fold(text))
                .map(|hit| hit.list)
                .collect::<Vec<_>>()
        };
        assert_eq!(found("加v 123"), [0]);
        assert_eq!(found("加VIP群"), Vec::<usize>::new());
        assert_eq!(found("打12315"), [1]);
        assert_eq!(found("单号9123157"), Vec::<usize>::new());
    }

    #[test]
    fn a_clause_ends_at_its_signs_and_never_too_far_away() {
        let text = "好,吐司里有头发。谢谢";
        let from = text.find("头发").unwrap();
        let (start, end) = clause(text, from, from + 6, &[',', '。']);
        assert_eq!(&text[start..end], "吐司里有头发");
        assert_eq!(clause(text, from, from + 6, &['!']), (0, text.len()));
        let long = "面".repeat(4_000);
        let (start, end) = clause(&long, 6_000, 6_003, &[',']);
        assert!(long.is_char_boundary(start) && long.is_char_boundary(end));
        assert!((510..=514).contains(&(6_000 - start)) && (510..=514).contains(&(end - 6_003)));
    }
}
