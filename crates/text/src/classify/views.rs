//! The views of a text that a model learns from, and the pieces of each.

use std::{collections::HashMap, sync::LazyLock};

use super::BITS;
use crate::{
    evasion::Canonical,
    fold::{Folded, HAN_FIRST, HAN_LAST, pinyin_of},
    model::Bucket,
};

/// Longest text that is read, in characters.
const LENGTH_MAX: usize = 2_000;

/// A text's pieces: buckets and their values, each once.
pub(crate) type Pieces = Vec<(u32, f32)>;

/// A piece where it stands: bucket, first and last character of the original.
pub(super) type Placed = (u32, u32, u32);

/// One unit of a view and the characters of the original that it covers.
#[derive(Clone, Copy, Debug)]
struct Unit {
    code: u64,
    first: u32,
    last: u32,
}

/// One way to look at a text.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// Tells pieces of this view from equal ones of others.
    seed: u64,
    units: Vec<Unit>,
    /// Units of the longest piece.
    longest: usize,
    /// Pieces that are no runs of units.
    whole: Vec<Placed>,
}

/// The views of a text, by which models judge it.
#[derive(Clone, Debug)]
pub struct Views {
    pub(super) views: [View; 4],
    /// Characters of the original.
    pub(super) length: usize,
}

impl Views {
    /// Looks at a text that was folded.
    pub fn new(text: &str, folded: &Folded, canonical: &Canonical) -> Self {
        let mut raw = Vec::with_capacity(text.len());
        let mut shape = Vec::with_capacity(text.len());
        for (index, c) in (0_u32..).zip(text.chars().take(LENGTH_MAX)) {
            let unit = |code: u64| Unit {
                code,
                first: index,
                last: index,
            };
            raw.push(unit(u64::from(u32::from(c))));
            shape.push(unit(u64::from(class(c))));
        }
        let characters: Vec<(char, u32)> = folded.characters().take(LENGTH_MAX).collect();
        let mut sounds = Vec::with_capacity(characters.len());
        for (c, index) in &characters {
            if let Some(code) = SOUNDS.code(*c) {
                sounds.push(Unit {
                    code,
                    first: *index,
                    last: *index,
                });
            }
        }
        let rewritten = canonical.rewritten().iter().map(|rewrite| {
            let code = rewrite
                .says
                .bytes()
                .fold(11, |hash: u64, b| hash.wrapping_mul(131) + u64::from(b));
            let last = rewrite.span.end.saturating_sub(1);
            (bucket(code), rewrite.span.start, last)
        });
        let view = |units, seed, longest| View {
            seed,
            units,
            longest,
            whole: Vec::new(),
        };
        Self {
            views: [
                view(raw, 1, 3),
                View {
                    whole: rewritten.collect(),
                    ..view(kinds(&characters), 2, 4)
                },
                view(sounds, 3, 3),
                view(shape, 4, 6),
            ],
            length: text.chars().count(),
        }
    }

    /// For each view its buckets with 1 + ln(how often).
    pub(super) fn counted(&self) -> [Pieces; 4] {
        let mut tally = Tally::default();
        self.views
            .each_ref()
            .map(|view| tally.count(view).map(|(b, n)| (b, frequency(n))).collect())
    }
}

impl View {
    /// All pieces, where they stand.
    pub fn each(&self, mut piece: impl FnMut(Placed)) {
        let seed = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for (from, head) in self.units.iter().enumerate() {
            let mut hash = seed;
            for (length, unit) in (1_u64..).zip(self.units[from..].iter().take(self.longest)) {
                hash = (hash ^ unit.code)
                    .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                    .rotate_left(27);
                piece((bucket(hash ^ length), head.first, unit.last));
            }
        }
        self.whole.iter().copied().for_each(piece);
    }

    /// At most so many pieces.
    fn most(&self) -> usize {
        self.units.len() * self.longest + self.whole.len()
    }
}

/// How often each bucket occurs in a view.
#[derive(Default)]
pub(super) struct Tally {
    /// Open addressing: bucket and count; a count of 0 is an empty place.
    places: Vec<(u32, u32)>,
    /// Where the buckets are, in the order in which they came.
    taken: Vec<u32>,
}

impl Tally {
    /// The buckets of a view with their counts, in the order in which they came.
    pub fn count(&mut self, view: &View) -> impl Iterator<Item = (u32, u32)> + '_ {
        let size = (4 * view.most()).next_power_of_two();
        if self.places.len() < size {
            self.places = vec![(0, 0); size];
        } else {
            for at in &self.taken {
                self.places[*at as usize] = (0, 0);
            }
        }
        self.taken.clear();
        let mask = self.places.len() - 1;
        view.each(|(bucket, ..)| {
            let mut at = bucket as usize & mask;
            loop {
                match &mut self.places[at] {
                    place @ (_, 0) => {
                        *place = (bucket, 1);
                        self.taken.push(at as u32);
                        break;
                    }
                    (known, count) if *known == bucket => {
                        *count += 1;
                        break;
                    }
                    _ => at = (at + 1) & mask,
                }
            }
        });
        self.taken.iter().map(|at| self.places[*at as usize])
    }
}

/// 1 + ln(how often); most pieces occur once.
pub(super) fn frequency(count: u32) -> f32 {
    if count == 1 {
        1.0
    } else {
        1.0 + (count as f32).ln()
    }
}

/// The syllables of the Han characters, by what is hashed for them.
struct Sounds {
    /// By offset in the common block: place in `codes`, 0 of a character without a reading.
    places: Vec<u16>,
    codes: Vec<u64>,
}

static SOUNDS: LazyLock<Sounds> = LazyLock::new(|| {
    let mut known: HashMap<&'static str, u16> = HashMap::new();
    let mut codes = vec![0];
    let places = (HAN_FIRST..=HAN_LAST)
        .map(|c| {
            let Some(sound) = char::from_u32(c).and_then(pinyin_of) else {
                return 0;
            };
            *known.entry(sound).or_insert_with(|| {
                codes.push(code_of(sound));
                (codes.len() - 1) as u16
            })
        })
        .collect();
    Sounds { places, codes }
});

impl Sounds {
    fn code(&self, c: char) -> Option<u64> {
        if c.is_ascii() {
            return None;
        }
        match (c as u32).checked_sub(HAN_FIRST) {
            Some(place) if (c as u32) <= HAN_LAST => match self.places[place as usize] {
                0 => None,
                at => Some(self.codes[usize::from(at)]),
            },
            _ => pinyin_of(c).map(code_of),
        }
    }
}

fn code_of(sound: &str) -> u64 {
    sound.bytes().fold(7, |hash, b| hash * 131 + u64::from(b))
}

const fn bucket(hash: u64) -> u32 {
    (hash.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> (64 - BITS)) as u32
}

/// What a character looks like from afar.
fn class(c: char) -> u8 {
    match c {
        'a'..='z' => b'a',
        'A'..='Z' => b'A',
        '0'..='9' => b'0',
        '\u{4E00}'..='\u{9FFF}' => b'H',
        ',' | '.' | '!' | '?' | '，' | '。' | '！' | '？' | '…' | '、' => b',',
        '+' | '＋' | '➕' => b'+',
        '@' => b'@',
        c if c.is_whitespace() => b' ',
        c if c.is_numeric() => b'0',
        c if c.is_alphabetic() => b'L',
        c if u32::from(c) > 0x1_F000 => b'E',
        _ => b'~',
    }
}

/// The folded characters, names and numbers reduced to what kind they are.
fn kinds(characters: &[(char, u32)]) -> Vec<Unit> {
    let mut units = Vec::with_capacity(characters.len());
    let mut at = 0;
    while at < characters.len() {
        let length = characters[at..]
            .iter()
            .take_while(|(c, _)| c.is_ascii_alphanumeric())
            .count();
        let mut push = |code: u64, from: usize, to: usize| {
            units.push(Unit {
                code,
                first: characters[from].1,
                last: characters[to].1,
            });
        };
        if length == 0 {
            push(u64::from(u32::from(characters[at].0)), at, at);
            at += 1;
            continue;
        }
        let run = &characters[at..at + length];
        let digits = run.iter().filter(|(c, _)| c.is_ascii_digit()).count();
        let end = at + length;
        if digits == length && length > 3 {
            push(0x11_0000 + length.min(20) as u64, at, end - 1);
        } else if digits == length {
            (at..end).for_each(|index| push(u64::from('0' as u32), index, index));
        } else if digits > 0 {
            let mut from = at;
            for part in run.chunk_by(|a, b| a.0.is_ascii_digit() == b.0.is_ascii_digit()) {
                let digit = u64::from(part[0].0.is_ascii_digit());
                let code = 0x11_1000 + digit * 100 + part.len().min(12) as u64;
                push(code, from, from + part.len() - 1);
                from += part.len();
            }
        } else if length < 12 {
            (at..end).for_each(|index| push(u64::from(characters[index].0 as u32), index, index));
        } else {
            push(0x11_2000, at, end - 1);
        }
        at = end;
    }
    units
}

/// Values of a text's pieces under a model's scales: each view has length 1.
pub(super) fn valued(views: &[Pieces; 4], buckets: &[Bucket]) -> Pieces {
    let mut pieces = Vec::with_capacity(views.iter().map(Vec::len).sum());
    for view in views {
        let from = pieces.len();
        let mut square = 0.0;
        for (bucket, count) in view {
            let value = count * buckets[*bucket as usize].scale;
            square += value * value;
            pieces.push((*bucket, value));
        }
        let length = square.sqrt().max(1e-6);
        pieces[from..]
            .iter_mut()
            .for_each(|piece| piece.1 /= length);
    }
    pieces
}
