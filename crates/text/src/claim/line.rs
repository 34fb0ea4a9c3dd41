//! A line as it is read for claims.

use super::CLAUSE_ENDS;
use crate::{
    fold::{Folded, Span, is_cjk},
    units::link_length,
};

/// Stands for a variable such as `{{stock}}` or `{库存}`.
const VARIABLE: char = '\u{fffc}';
/// Most characters of a variable.
const VARIABLE_LENGTH: usize = 40;
/// Most characters left out between two of a word.
const GAP_MAX: usize = 4;

/// A line as it is read here: folded, without what pulls words apart, a variable as one mark and a
/// link as a space.
#[derive(Default)]
pub(super) struct Line {
    /// What is left of it.
    pub(super) text: String,
    /// For each byte the character of the source that it came from.
    origin: Vec<u32>,
    /// Characters left out since the last one.
    gap: usize,
}

impl Line {
    pub(super) fn new(text: &str) -> Self {
        let folded = Folded::new(text);
        let characters: Vec<(char, u32)> = folded.characters().collect();
        let mut line = Self::default();
        let (mut at, mut byte) = (0, 0);
        while let Some(&(c, origin)) = characters.get(at) {
            let next = characters.get(at + 1).map(|(next, _)| *next);
            let mut length = 1;
            if c == '{'
                && let Some(variable) = variable(&characters[at..])
            {
                length = variable;
                line.push(VARIABLE, origin);
            } else if matches!(c, 'h' | 'w' | 'f') && link_length(&folded.text()[byte..]) > 0 {
                length = link_length(&folded.text()[byte..]);
                line.push(' ', origin);
            } else if is_written(c) || CLAUSE_ENDS.contains(&c) {
                line.push(c, origin);
            } else if c == '~' {
                line.push(',', origin);
            } else if c == '.' && next == Some('.') {
                length = characters[at..]
                    .iter()
                    .take_while(|(c, _)| *c == '.')
                    .count();
                line.push(',', origin);
            } else if c == '.' && line.ends_in_digit() && next.is_some_and(|c| c.is_ascii_digit()) {
                line.push('.', origin);
            } else {
                line.gap += 1;
            }
            byte += characters[at..at + length]
                .iter()
                .map(|(c, _)| c.len_utf8())
                .sum::<usize>();
            at += length;
        }
        line
    }

    fn push(&mut self, c: char, origin: u32) {
        if self.gap > 0 {
            let last = self.text.chars().next_back();
            let words = last.is_some_and(|last| {
                (last.is_ascii_digit() && c.is_ascii_digit())
                    || (last.is_ascii_lowercase() && c.is_ascii_lowercase())
            });
            if words || self.gap > GAP_MAX {
                self.text.push(' ');
                self.origin.push(origin);
            }
            self.gap = 0;
        }
        self.text.push(c);
        self.origin.resize(self.text.len(), origin);
    }

    fn ends_in_digit(&self) -> bool {
        self.gap == 0 && self.text.ends_with(|c: char| c.is_ascii_digit())
    }

    /// The characters of the source that the bytes `from..to` came from.
    pub(super) fn span(&self, from: usize, to: usize) -> Span {
        Span {
            start: self.origin[from],
            end: self.origin[to - 1] + 1,
        }
    }
}

fn is_written(c: char) -> bool {
    is_cjk(c) || c.is_alphanumeric() || matches!(c, '+' | '%' | ':' | '、')
}

/// Characters of a variable at the start.
fn variable(characters: &[(char, u32)]) -> Option<usize> {
    let inside = characters.iter().take_while(|(c, _)| *c == '{').count();
    let close = characters
        .iter()
        .take(VARIABLE_LENGTH + inside)
        .position(|(c, _)| *c == '}')?;
    let closing = characters[close..]
        .iter()
        .take(inside)
        .take_while(|(c, _)| *c == '}')
        .count();
    Some(close + closing)
}
