//! Complaints: words that must reach the store manager within minutes (trade.md 6).
//!
//! A complaint is an alarm and never a sanction, so a false one costs a manager's evening and a
//! missed one costs a customer. The words are data (`data/complaint.toml`); a word counts only where
//! the same clause gives it an object (`吐司里有头发`) and none of its friendly uses (`头发真好看`,
//! `不退钱也要买`, `会发霉吗`). A clause ends at a comma, stop, semicolon, question or exclamation mark.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::{
    fold::{Folded, Span, fold},
    phrase::{Phrases, clause},
};

/// A message that complains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// The words that led to it, folded, in order of appearance.
    pub words: Vec<String>,
    /// From the first to the last of these words, in characters of the original text.
    pub span: Span,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordFile {
    word: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    words: Vec<String>,
    #[serde(default)]
    near: Vec<String>,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
}

impl Word {
    /// Whether the word complains where it stands: `head` is its clause up to the word.
    fn complains(&self, clause: &str, head: &str) -> bool {
        (self.near.is_empty() || self.near.iter().any(|near| clause.contains(near.as_str())))
            && !self
                .before
                .iter()
                .any(|before| head.ends_with(before.as_str()))
            && !self
                .unless
                .iter()
                .any(|unless| clause.contains(unless.as_str()))
    }
}

static WORDS: LazyLock<(Vec<Word>, Phrases)> = LazyLock::new(|| {
    let file: WordFile = toml::from_str(include_str!("../data/complaint.toml"))
        .expect("the embedded words are valid");
    let mut words = file.word;
    for word in &mut words {
        for list in [
            &mut word.words,
            &mut word.near,
            &mut word.before,
            &mut word.unless,
        ] {
            for entry in list {
                *entry = fold(entry);
            }
        }
    }
    let phrases = Phrases::new(
        words
            .iter()
            .enumerate()
            .flat_map(|(index, word)| word.words.iter().map(move |w| (index, w.as_str()))),
        true,
    );
    (words, phrases)
});

const CLAUSE_ENDS: [char; 9] = [',', '.', '。', '!', '?', ';', '、', '~', '…'];

/// Judges a message; `None` if it does not complain.
pub fn judge(text: &str) -> Option<Complaint> {
    judge_folded(&Folded::new(text))
}

/// Judges a folded message.
pub fn judge_folded(folded: &Folded) -> Option<Complaint> {
    let (words, phrases) = &*WORDS;
    let text = folded.text();
    let mut found: Vec<String> = Vec::new();
    let mut bytes: Option<(usize, usize)> = None;
    for hit in phrases.overlapping(text) {
        let (from, to) = clause(text, hit.from, hit.to, &CLAUSE_ENDS);
        if words[hit.list].complains(&text[from..to], &text[from..hit.from]) {
            let word = &text[hit.from..hit.to];
            if !found.iter().any(|known| known == word) {
                found.push(word.to_owned());
            }
            let (first, last) = bytes.unwrap_or((hit.from, hit.to));
            bytes = Some((first.min(hit.from), last.max(hit.to)));
        }
    }
    bytes.map(|(from, to)| Complaint {
        words: found,
        span: folded.span(from, to),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn complaints_are_found_with_their_words() {
        for (text, words) in [
            ("吐司里有头发", vec!["头发"]),
            ("刚买的麵包裡面吃出一根頭髮!", vec!["头发"]),
            ("面包发霉了,退钱", vec!["发霉", "退钱"]),
            ("我买到过期的蛋糕", vec!["过期"]),
            ("吃了你家泡芙拉肚子一晚上", vec!["拉肚子"]),
            ("孩子吃完过敏了,全身起疹", vec!["过敏"]),
            ("再不处理我打12315投诉", vec!["12315", "投诉"]),
            ("不退钱我就去网上曝光你们", vec!["曝光"]),
            ("骗人的店", vec!["骗人"]),
            ("蛋糕里有异物", vec!["异物"]),
            ("奶油变质了吧", vec!["变质"]),
        ] {
            let complaint = judge(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(complaint.words, words, "{text}");
        }
    }

    #[test]
    fn friendly_uses_are_left_alone() {
        for text in [
            "店员头发真好看",
            "不退钱也要买",
            "我刚剪了头发",
            "吐司放几天会发霉吗",
            "怎么保存不会变质",
            "优惠券什么时候过期",
            "券快过期了,周六去用掉",
            "我对花生过敏,有没有不含花生的",
            "这款过敏体质能吃吗",
            "照片曝光过度了",
            "从来没人投诉过你家",
            "绝不骗人,真的好吃",
            "单号 91231500 到哪了",
            "面包真好吃,里面有夹心,头发也被夸了",
            "",
        ] {
            assert_eq!(judge(text), None, "{text}");
        }
    }

    #[test]
    fn the_span_covers_the_words() {
        let complaint = judge("  你好,吐司里有头发,要投诉").unwrap();
        assert_eq!(complaint.span, Span { start: 9, end: 15 });
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in any::<String>()) {
            if let Some(complaint) = judge(&text) {
                prop_assert!(complaint.span.end as usize <= text.chars().count());
            }
        }
    }
}
