//! Insults, and how heated an exchange of two people is.
//!
//! Insults are a list (`data/insult.toml`) from mild to coarse, with the friendly uses of the same
//! words. One mild word is never enough. An exchange can heat up without any insult, and friends can
//! insult each other and laugh: [`heat`] looks at the last messages of both.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{
    evasion::Canonical,
    fold::{Folded, Span, fold},
    phrase::{Phrases, clause},
};

/// How many of the last messages are looked at.
pub const TURNS: usize = 12;
/// How long a message heats an exchange, in milliseconds.
pub const WINDOW_MS: i64 = 10 * 60 * 1000;
/// An answer within this time is a retort, in milliseconds.
const RETORT_MS: i64 = 60 * 1000;
/// Points at which an exchange is a quarrel.
pub const QUARREL: i32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    insult: Vec<Level>,
    heat: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Level {
    code: String,
    weight: i32,
    words: Vec<String>,
    unless: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    cool: Vec<String>,
    hot: Vec<String>,
}

struct Tables {
    levels: Vec<(&'static str, i32, Vec<String>)>,
    insults: Phrases,
    moods: Phrases,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("../data/insult.toml")).expect("the embedded words are valid");
    let words = file
        .insult
        .iter()
        .enumerate()
        .flat_map(|(index, level)| level.words.iter().map(move |word| (index, word.as_str())));
    let insults = Phrases::new(words, true);
    let cool = file.heat.cool.iter().map(|word| (COOL, word.as_str()));
    let hot = file.heat.hot.iter().map(|word| (HOT, word.as_str()));
    let moods = Phrases::new(cool.chain(hot), false);
    let levels = file
        .insult
        .into_iter()
        .map(|level| {
            let unless = level.unless.iter().map(|word| fold(word)).collect();
            let code: &'static str = String::leak(level.code);
            (code, level.weight, unless)
        })
        .collect();
    Tables {
        levels,
        insults,
        moods,
    }
});

const COOL: usize = 0;
const HOT: usize = 1;

/// An insult in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insult {
    /// How coarse: `insult.mild`, `insult.rude`, `insult.coarse`.
    pub code: &'static str,
    /// Characters of the original.
    pub span: Span,
    /// Points; 100 are enough.
    pub weight: i32,
}

/// Finds insults, each level counting once for its first word.
pub fn find(text: &str) -> Vec<Insult> {
    let folded = Folded::new(text);
    find_folded(&folded, &Canonical::new(&folded))
}

/// The same for a folded text.
pub fn find_folded(folded: &Folded, canonical: &Canonical) -> Vec<Insult> {
    let mut found = search(folded.text(), |from, to| Some(folded.span(from, to)));
    if !canonical.is_plain() {
        found.extend(search(canonical.text(), |from, to| {
            canonical
                .touched(from, to)
                .then(|| canonical.span(from, to))
        }));
    }
    found.sort_by_key(|insult| insult.span);
    let mut told: Vec<&'static str> = Vec::new();
    for insult in &mut found {
        if told.contains(&insult.code) {
            insult.weight = 0;
        } else {
            told.push(insult.code);
        }
    }
    found
}

fn search(text: &str, span: impl Fn(usize, usize) -> Option<Span>) -> Vec<Insult> {
    let tables = &*TABLES;
    let mut found = Vec::new();
    for hit in tables.insults.overlapping(text) {
        let (code, weight, unless) = &tables.levels[hit.list];
        let (from, to) = clause(text, hit.from, hit.to, &CLAUSE_ENDS);
        if unless
            .iter()
            .any(|word| text[from..to].contains(word.as_str()))
        {
            continue;
        }
        if let Some(span) = span(hit.from, hit.to) {
            found.push(Insult {
                code,
                span,
                weight: *weight,
            });
        }
    }
    found
}

const CLAUSE_ENDS: [char; 7] = [',', '。', '!', '?', ';', '…', '\n'];

/// A message of an exchange.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// Whether it is the first of the two who writes.
    pub first: bool,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// What.
    pub text: &'a str,
}

/// How heated the last messages of two people are: 0 is calm, [`QUARREL`] a quarrel.
///
/// Insults heat by half their points, sharp words by 15, retorts within a minute and exclamation
/// marks a little, and only what both say counts: what one of them says counts at most twice what the
/// other says, so nobody quarrels alone. Kind words take 30 away.
pub fn heat(turns: &[Turn<'_>]) -> i32 {
    let tail = &turns[turns.len().saturating_sub(TURNS)..];
    let Some(last) = tail.last() else { return 0 };
    let recent = tail
        .iter()
        .filter(|turn| last.at_ms - turn.at_ms <= WINDOW_MS);
    let mut points = [0_i32; 2];
    let mut before: Option<&Turn<'_>> = None;
    for turn in recent {
        let folded = Folded::new(turn.text);
        let canonical = Canonical::new(&folded);
        let insults: i32 = find_folded(&folded, &canonical)
            .iter()
            .map(|insult| insult.weight / 2)
            .sum();
        let (mut hot, mut cool) = (0, 0);
        for hit in TABLES.moods.longest(folded.text()) {
            if hit.list == HOT {
                hot += 15;
            } else {
                cool += 30;
            }
        }
        let marks = folded.text().chars().filter(|c| *c == '!').count().min(3) as i32 * 3;
        let mut warm = insults + hot.min(45);
        if warm > 0 {
            warm += marks;
            let retort = before.is_some_and(|before| {
                before.first != turn.first && turn.at_ms - before.at_ms <= RETORT_MS
            });
            warm += i32::from(retort) * 5;
        }
        points[usize::from(turn.first)] += warm - cool.min(60);
        before = Some(turn);
    }
    let [a, b] = points.map(|points| points.max(0));
    a.min(2 * b) + b.min(2 * a)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(text: &str) -> i32 {
        find(text).iter().map(|insult| insult.weight).sum()
    }

    #[test]
    fn coarse_words_are_enough_and_mild_ones_are_not() {
        for text in ["你这个傻逼", "操你妈的", "王 八 蛋", "贱.人", "狗东西滚"] {
            assert!(points(text) >= 100, "{text}");
        }
        for text in ["你管得着吗", "胡说八道", "你傻啊"] {
            assert!((1..100).contains(&points(text)), "{text}");
        }
        for text in ["你不要脸,滚蛋,你有病吧", "白痴"] {
            assert!(
                (1..100).contains(&points(text)),
                "{text}: one level counts once"
            );
        }
    }

    #[test]
    fn friends_and_ordinary_words_are_left_alone() {
        for text in [
            "我真是个傻瓜,又忘了带伞",
            "哈哈你个笨蛋",
            "傻瓜式操作很方便",
            "王八蛋糕店开业了",
            "插个usb就好",
            "二百五十克黄油",
            "这种面包太好吃了",
            "我家孩子总是放屁正常吗",
            "别骂人傻逼",
        ] {
            assert_eq!(points(text), 0, "{text}");
        }
    }

    fn exchange(texts: &[(bool, &'static str)]) -> i32 {
        let turns: Vec<Turn<'_>> = (0_i64..)
            .zip(texts)
            .map(|(index, (first, text))| Turn {
                first: *first,
                at_ms: index * 20_000,
                text,
            })
            .collect();
        heat(&turns)
    }

    #[test]
    fn a_quarrel_heats_and_a_talk_does_not() {
        let quarrel = exchange(&[
            (true, "你什么意思?"),
            (false, "凭什么说我!你懂什么"),
            (true, "你有病吧,说谁呢!"),
            (false, "你才有病,不要脸!"),
            (true, "再说一遍试试!给我滚"),
        ]);
        assert!(quarrel >= QUARREL, "{quarrel}");
        let talk = exchange(&[
            (true, "这个吐司多少钱"),
            (false, "12元一个,要几个呢"),
            (true, "两个,谢谢!"),
            (false, "好的!"),
        ]);
        assert_eq!(talk, 0);
    }

    #[test]
    fn nobody_quarrels_alone_and_laughing_friends_do_not() {
        let alone = exchange(&[
            (true, "你有病吧"),
            (false, "怎么了呀"),
            (true, "给我滚!傻逼"),
            (false, "您先别急,我看看"),
        ]);
        assert_eq!(alone, 0);
        let friends = exchange(&[
            (true, "哈哈哈你个白痴"),
            (false, "你才是,哈哈哈"),
            (true, "哈哈笑死"),
        ]);
        assert_eq!(friends, 0);
        let before = [
            Turn {
                first: true,
                at_ms: 0,
                text: "给我滚,什么意思",
            },
            Turn {
                first: false,
                at_ms: 1_000,
                text: "你才滚蛋,凭什么",
            },
            Turn {
                first: true,
                at_ms: 3_600_000,
                text: "早上好",
            },
        ];
        assert_eq!(heat(&before), 0, "an hour later it is over");
    }

    proptest! {
        #[test]
        fn any_exchange_has_a_heat(texts in proptest::collection::vec((any::<bool>(), any::<String>()), 0..20)) {
            let turns: Vec<Turn<'_>> = texts
                .iter()
                .map(|(first, text)| Turn { first: *first, at_ms: 0, text })
                .collect();
            prop_assert!(heat(&turns) >= 0);
        }
    }
}
