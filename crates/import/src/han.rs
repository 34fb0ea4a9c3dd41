//! How much sense decoded text makes, to tell encodings apart that have the same bytes.
//!
//! Two thirds of what people write in Chinese are a few hundred characters. Read in the wrong
//! encoding the same bytes give characters from all over the table, every tenth of them common at
//! most, and many that are for private use only.

use std::{collections::HashSet, sync::LazyLock};

static COMMON: LazyLock<HashSet<char>> = LazyLock::new(|| {
    include_str!("../data/common.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::chars)
        .collect()
});

/// Punctuation of Chinese text.
const MARKS: &str = "，。！？：；、（）「」『』《》【】“”‘’…—～·￥　";

/// Fewest characters from which anything is concluded.
const ENOUGH: usize = 20;
/// By how many characters at least, and more than a fifth of all, one reading has to be better.
const LEAD: i64 = 3;

/// What a decoded text consists of, ASCII not counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    all: usize,
    han: usize,
    common: usize,
    marks: usize,
    kana: usize,
    private: usize,
}

impl Reading {
    pub fn of(text: &str) -> Self {
        let mut found = Self::default();
        for one in text.chars().filter(|c| !c.is_ascii()) {
            found.all += 1;
            match one {
                '\u{3400}'..='\u{9fff}' => {
                    found.han += 1;
                    found.common += usize::from(COMMON.contains(&one));
                }
                '\u{3041}'..='\u{30ff}' => found.kana += 1,
                '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. => found.private += 1,
                _ => found.marks += usize::from(MARKS.contains(one)),
            }
        }
        found
    }

    /// Characters that speak for this reading less those that speak against it.
    fn weight(self) -> i64 {
        // Kana are a sign of Japanese where there are many; a few come of any wrong reading.
        let kana = if self.kana * 3 > self.all {
            self.kana
        } else {
            0
        };
        (self.common + self.marks + kana) as i64 - 2 * self.private as i64
    }

    /// Whether this is clearly the better one of two readings of the same bytes.
    pub fn makes_more_sense_than(self, other: Self) -> bool {
        let lead = self.weight() - other.weight();
        lead >= LEAD && lead * 5 > self.all as i64
    }

    /// Whether this is hardly what anybody wrote.
    pub fn is_senseless(self) -> bool {
        let strange = self.han >= ENOUGH && self.common * 10 < self.han;
        let private =
            self.all >= ENOUGH && self.private * 10 > self.all && self.common * 5 < self.han;
        self.kana * 3 <= self.all && (strange || private)
    }
}
