//! Search terms: how a name is found by anything one remembers of it.
//!
//! A name, title, product or number is cut into at most [`TERMS_MAX`] terms, stored as rows; a
//! query is cut by [`query_terms`] and hits a target that has **all** of its terms, which a database
//! intersects without a special index. Everything is folded first ([`crate::fold`]).
//!
//! | written | terms of the target | terms of the query |
//! |---|---|---|
//! | a run of Han (kana, Hangul) characters | its first character; each pair of neighbours | each pair of neighbours; a lone character only if the query begins with it |
//! | a run of Latin letters (any alphabet) | its beginnings of 1-8, 12, 16 and 24 letters | its longest beginning of such a length |
//! | a run of digits | its beginnings of 1-8 digits, all of it (up to 32), its last four if it has at least five | itself |
//! | a run of 1-8 Han characters, by sound | pinyin in one word, its initials, each syllable: as Latin words | - |
//!
//! So `王芳` is found by 王, 王芳, wang, wangf, wf, wang fang; a phone number by all of it, its
//! first or its last four digits. The first character of a text is also read as a family name (曾
//! zeng); ü is `v` and `u`. Other characters with several readings give up to four spellings. Known limits, kept for
//! the sake of bounded rows: a single Han character in the middle of a run is not found, a Latin
//! word of nine letters or more may find others with the same eight, digits in the middle of a
//! number are not found, and of a text with more than [`TERMS_MAX`] terms the least useful ones
//! (beginnings of words, then pinyin, then the end of the text) are left out.

use std::collections::HashSet;

use pinyin::ToPinyinMulti;

use crate::fold::{fold, is_cjk, pinyin_of, surname_of, typed};

/// Most terms of one text.
pub const TERMS_MAX: usize = 64;

/// Lengths at which beginnings of longer Latin words are kept.
const LONG_BEGINNINGS: [usize; 3] = [24, 16, 12];
/// All beginnings up to this many characters are kept.
const BEGINNING_MAX: usize = 8;
/// A number is kept whole up to this many digits.
const DIGITS_MAX: usize = 32;
/// Han runs up to this length are also spelled in pinyin.
const SPELLED_MAX: usize = 8;
/// Most spellings of one Han run.
const SPELLINGS_MAX: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Cjk,
    Letter,
    Digit,
    Other,
}

fn script(c: char) -> Script {
    if is_cjk(c) {
        Script::Cjk
    } else if c.is_ascii_digit() {
        Script::Digit
    } else if c.is_alphabetic() {
        Script::Letter
    } else {
        Script::Other
    }
}

/// The runs of one script in a folded text, in order.
fn runs(folded: &str) -> Vec<(Script, Vec<char>)> {
    let mut runs: Vec<(Script, Vec<char>)> = Vec::new();
    let mut previous = Script::Other;
    for c in folded.chars() {
        let script = script(c);
        if script != Script::Other {
            match runs.last_mut() {
                Some((last, characters)) if *last == script && previous == script => {
                    characters.push(c);
                }
                _ => runs.push((script, vec![c])),
            }
        }
        previous = script;
    }
    runs
}

fn text(characters: &[char]) -> String {
    characters.iter().collect()
}

/// The longest kept beginning of a word: the term by which it is looked for.
fn longest_beginning(word: &[char]) -> String {
    let length = LONG_BEGINNINGS
        .into_iter()
        .find(|length| word.len() >= *length)
        .unwrap_or_else(|| word.len().min(BEGINNING_MAX));
    text(&word[..length])
}

fn beginnings(word: &[char], terms: &mut Terms) {
    for length in LONG_BEGINNINGS
        .into_iter()
        .filter(|length| word.len() >= *length)
    {
        terms.add(text(&word[..length]));
    }
    for length in (1..=word.len().min(BEGINNING_MAX)).rev() {
        terms.add(text(&word[..length]));
    }
}

/// Terms in order of first mention, without repeats, up to the limit.
#[derive(Default)]
struct Terms {
    list: Vec<String>,
    seen: HashSet<String>,
}

impl Terms {
    fn add(&mut self, term: String) {
        if self.list.len() < TERMS_MAX && !term.is_empty() && self.seen.insert(term.clone()) {
            self.list.push(term);
        }
    }
}

/// Spellings of a Han run in pinyin, as lists of syllables; the commonest reading first.
fn spellings(run: &[char], first_of_text: bool) -> Vec<Vec<&'static str>> {
    let mut spellings: Vec<Vec<&'static str>> = vec![Vec::new()];
    for (index, c) in run.iter().enumerate() {
        let common = if index == 0 && first_of_text {
            surname_of(*c)
        } else {
            pinyin_of(*c)
        };
        let Some(common) = common else { continue };
        let mut readings = vec![common];
        if let Some(multi) = c.to_pinyin_multi() {
            for reading in multi {
                let reading = typed(reading.plain());
                if !readings.contains(&reading) && !reading.is_empty() {
                    readings.push(reading);
                }
            }
        }
        for (v, u) in [("lv", "lu"), ("nv", "nu"), ("lve", "lue"), ("nve", "nue")] {
            if readings.contains(&v) && !readings.contains(&u) {
                readings.push(u);
            }
        }
        let mut next = Vec::new();
        for reading in readings {
            for spelling in &spellings {
                if next.len() < SPELLINGS_MAX {
                    let mut longer = spelling.clone();
                    longer.push(reading);
                    next.push(longer);
                }
            }
        }
        spellings = next;
    }
    spellings.retain(|spelling| !spelling.is_empty());
    spellings
}

/// The terms under which a text is found; at most [`TERMS_MAX`], none twice, the most useful first.
pub fn index_terms(source: &str) -> Vec<String> {
    let folded = fold(source);
    let runs = runs(&folded);
    let mut terms = Terms::default();
    for (script, run) in &runs {
        match script {
            Script::Cjk => {
                terms.add(text(&run[..1]));
                for pair in run.windows(2) {
                    terms.add(text(pair));
                }
            }
            Script::Digit => {
                terms.add(text(&run[..run.len().min(DIGITS_MAX)]));
                if run.len() > 4 {
                    terms.add(text(&run[run.len() - 4..]));
                }
            }
            _ => terms.add(longest_beginning(run)),
        }
    }
    for (index, (script, run)) in runs.iter().enumerate() {
        if *script == Script::Cjk && run.len() <= SPELLED_MAX {
            for spelling in spellings(run, index == 0) {
                let initials: Vec<char> = spelling
                    .iter()
                    .filter_map(|syllable| syllable.chars().next())
                    .collect();
                let whole: Vec<char> = spelling.concat().chars().collect();
                beginnings(&whole, &mut terms);
                beginnings(&initials, &mut terms);
                for syllable in spelling {
                    terms.add(syllable.to_owned());
                }
            }
        }
    }
    for (script, run) in &runs {
        match script {
            Script::Digit => {
                for length in (1..=run.len().min(BEGINNING_MAX)).rev() {
                    terms.add(text(&run[..length]));
                }
            }
            Script::Letter => beginnings(run, &mut terms),
            _ => {}
        }
    }
    terms.list
}

/// The terms that a target must all have to be a hit; empty if nothing can be looked for.
pub fn query_terms(source: &str) -> Vec<String> {
    let folded = fold(source);
    let mut terms = Terms::default();
    for (index, (script, run)) in runs(&folded).iter().enumerate() {
        match script {
            Script::Cjk if run.len() == 1 => {
                if index == 0 {
                    terms.add(text(run));
                }
            }
            Script::Cjk => {
                for pair in run.windows(2) {
                    terms.add(text(pair));
                }
            }
            Script::Digit => terms.add(text(&run[..run.len().min(DIGITS_MAX)])),
            _ => terms.add(longest_beginning(run)),
        }
    }
    terms.list
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(target: &str, query: &str) -> bool {
        let terms = index_terms(target);
        let query = query_terms(query);
        !query.is_empty() && query.iter().all(|term| terms.contains(term))
    }

    #[test]
    fn a_person_is_found_by_what_one_remembers() {
        for query in [
            "王",
            "王芳",
            "wang",
            "wangf",
            "wangfang",
            "wf",
            "w",
            "wang fang",
            "WANG",
        ] {
            assert!(finds("王芳", query), "{query}");
        }
        for query in ["芳", "wx", "李芳", "", "👋"] {
            assert!(!finds("王芳", query), "{query}");
        }
        assert!(finds("曾小贤", "zeng") && finds("曾小贤", "zxx"));
        assert!(finds("重庆小面", "chongqing"));
        assert!(finds("吕布", "lvbu") && finds("吕布", "lubu") && finds("吕布", "Lü Bu"));
        assert!(finds("麥田裡烘焙", "麦田里"));
        assert!(finds("张伟 13812345678", "5678"));
        assert!(finds("张伟 13812345678", "张 138"));
        assert!(finds("张伟 13812345678", "13812345678"));
        assert!(!finds("张伟 13812345678", "13812345679"));
        assert!(finds("海岸城福利3群", "海岸城3群"));
        assert!(finds("Christopher Robin", "christop") && finds("Christopher Robin", "christophe"));
        assert!(!finds("Christopher Robin", "christina"));
    }

    #[test]
    fn terms_are_bounded() {
        let long = "麦田里烘焙海岸城店福利社群 ".repeat(40) + "Abcdefghijklmnop 12345678901";
        assert!(index_terms(&long).len() <= TERMS_MAX);
        let words: Vec<String> = (0..500).map(|n| format!("word{n}x")).collect();
        let words = words.join(" ");
        assert_eq!(index_terms(&words).len(), TERMS_MAX);
        assert!(query_terms(&words).len() <= TERMS_MAX);
    }

    proptest! {
        #[test]
        fn a_text_is_found_by_itself_and_by_its_parts(
            words in proptest::collection::vec("[a-z]{1,14}|[0-9]{1,11}|[王李张芳麦田海岸城店]{2,5}", 1..3),
        ) {
            let target = words.join(" ");
            prop_assert!(finds(&target, &target));
            for word in &words {
                prop_assert!(finds(&target, word), "{target} by {word}");
            }
        }

        #[test]
        fn every_pair_of_neighbours_is_found(name in "[王李张芳麦田海岸城店群]{2,8}", at in 0_usize..6) {
            let characters: Vec<char> = name.chars().collect();
            let from = at.min(characters.len() - 2);
            prop_assert!(finds(&name, &text(&characters[from..])));
        }

        #[test]
        fn any_text_gives_few_terms(source in any::<String>()) {
            prop_assert!(index_terms(&source).len() <= TERMS_MAX);
            prop_assert!(query_terms(&source).len() <= TERMS_MAX);
        }
    }
}
