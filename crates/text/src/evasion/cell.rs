//! The characters of a text on their way to its canonical form.

use super::{ACCOUNT_DIGITS, NUMBER_WORDS_MIN, tables::Tables};
use crate::fold::{Folded, is_cjk};

/// A character on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub c: char,
    pub from: u32,
    pub to: u32,
    /// What was left out before it.
    pub gap: Gap,
    /// Whether it replaces something else.
    pub replaced: bool,
    /// Whether it counts only as part of a phrase.
    pub soft: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    None,
    /// Space and what parts clauses.
    Usual,
    /// What nobody writes inside of talk.
    Odd,
}
fn is_usual(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ',' | '!'
                | '?'
                | ';'
                | ':'
                | '。'
                | '、'
                | '…'
                | '('
                | ')'
                | '"'
                | '\''
                | '“'
                | '”'
                | '‘'
                | '’'
                | '《'
                | '》'
                | '「'
                | '」'
                | '【'
                | '】'
                | '['
                | ']'
                | '#'
                | '~'
        )
}

/// The characters that are written, look-alikes replaced.
pub(super) fn cells(folded: &Folded, tables: &Tables) -> Vec<Cell> {
    let text = folded.text();
    let han = text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
    let mut cells: Vec<Cell> = Vec::with_capacity(text.len());
    let mut gap = Gap::None;
    let mut characters = folded.characters().peekable();
    let mut previous = ' ';
    let mut next_at = 0;
    while let Some((c, origin)) = characters.next() {
        let at = next_at;
        next_at += c.len_utf8();
        let next = characters.peek().map_or(' ', |(c, _)| *c);
        let mut cell = Cell {
            c,
            from: origin,
            to: origin + 1,
            gap,
            replaced: false,
            soft: false,
        };
        let plain = c.is_ascii_alphanumeric() || ('\u{4E00}'..='\u{9FFF}').contains(&c);
        if plain || c == '+' {
        } else if c.is_ascii() || is_usual(c) {
            // A point inside a name, a number or an address belongs there.
            let inside = matches!(c, '.' | '-' | '_' | '/' | '@')
                && (previous.is_ascii_alphanumeric() || next.is_ascii_alphanumeric());
            let end = c == '.' && !is_cjk(next);
            if gap != Gap::Odd {
                gap = if is_usual(c) || inside || end {
                    Gap::Usual
                } else {
                    Gap::Odd
                };
            }
            previous = c;
            continue;
        } else if let Some(letter) = letter_of_symbol(c) {
            cell.c = letter;
            cell.replaced = true;
        } else if let Some(plain) = tables.lookalike.get(&c) {
            let digit_or_sign = !plain.is_ascii_alphabetic();
            if han || digit_or_sign || is_mixed(text, at, tables) {
                cell.c = *plain;
                cell.replaced = true;
            }
        } else if is_symbol_of_phrase(c) {
            cell.soft = true;
        } else if !(is_cjk(c) || c.is_alphanumeric()) {
            gap = Gap::Odd;
            previous = c;
            continue;
        }
        previous = c;
        cells.push(cell);
        gap = Gap::None;
        if cell.soft {
            gap = Gap::Odd;
        }
    }
    cells
}

/// Whether the word around a byte has plain letters or digits and otherwise look-alikes only.
fn is_mixed(text: &str, at: usize, tables: &Tables) -> bool {
    let inside = |c: &char| c.is_alphanumeric() && !is_cjk(*c);
    let before = text[..at].chars().rev().take_while(inside);
    let after = text[at..].chars().take_while(inside);
    let mut plain = false;
    for c in before.chain(after).take(64) {
        plain |= c.is_ascii();
        if !c.is_ascii() && !tables.lookalike.contains_key(&c) {
            return false;
        }
    }
    plain
}

/// Letters and digits in squares and circles that have no plain form of their own.
fn letter_of_symbol(c: char) -> Option<char> {
    let code = c as u32;
    let first = match code {
        0x1_F130..=0x1_F149 => 0x1_F130,
        0x1_F150..=0x1_F169 => 0x1_F150,
        0x1_F170..=0x1_F189 => 0x1_F170,
        0x1_F1E6..=0x1_F1FF => 0x1_F1E6,
        _ => return None,
    };
    char::from_u32(u32::from(b'a') + code - first)
}

fn is_symbol_of_phrase(c: char) -> bool {
    matches!(
        c,
        '❤' | '♥'
            | '♡'
            | '❥'
            | '×'
            | '✕'
            | '✖'
            | '✓'
            | '✔'
            | '√'
            | '∨'
            | '▽'
            | '∇'
            | '🐧'
            | '✈'
            | '🖤'
            | '🤍'
            | '🧡'
            | '💓'..='💝'
    )
}

pub(super) fn digit_of(c: char) -> Option<char> {
    Some(match c {
        '0'..='9' => c,
        '零' | '〇' | '洞' => '0',
        '一' | '壹' | '幺' | '弌' => '1',
        '二' | '贰' | '两' | '弍' => '2',
        '三' | '叁' | '弎' => '3',
        '四' | '肆' => '4',
        '五' | '伍' => '5',
        '六' | '陆' => '6',
        '七' | '柒' => '7',
        '八' | '捌' => '8',
        '九' | '玖' => '9',
        _ => return None,
    })
}

/// Rewrites numbers in words; a count (`一二三四五六七`) is none.
pub(super) fn numbers(cells: &mut [Cell]) -> bool {
    let digits = cells.iter().filter(|cell| digit_of(cell.c).is_some());
    if digits.take(ACCOUNT_DIGITS).count() < ACCOUNT_DIGITS {
        return false;
    }
    let mut changed = false;
    let mut from = 0;
    while from < cells.len() {
        let length = cells[from..]
            .iter()
            .take_while(|cell| digit_of(cell.c).is_some())
            .count();
        let run = &mut cells[from..from + length];
        from += length.max(1);
        let ascii = run.iter().filter(|cell| cell.c.is_ascii_digit()).count();
        if ascii == length || length < ACCOUNT_DIGITS {
            continue;
        }
        let value = |cell: &Cell| digit_of(cell.c).map_or(0, |digit| digit as i32);
        let counts = run
            .windows(2)
            .all(|pair| value(&pair[1]) - value(&pair[0]) == 1);
        if !counts && (length >= NUMBER_WORDS_MIN || ascii >= 2) {
            for cell in run {
                if let Some(digit) = digit_of(cell.c)
                    && digit != cell.c
                {
                    cell.c = digit;
                    cell.replaced = true;
                    changed = true;
                }
            }
        }
    }
    changed
}

/// Marks the characters of runs in which each Han character stands by itself.
pub(super) fn spaced_out(cells: &[Cell]) -> Vec<bool> {
    let alone = |index: usize| is_cjk(cells[index].c) && cells[index].gap != Gap::None;
    if !cells.iter().any(|cell| cell.gap != Gap::None) {
        return Vec::new();
    }
    let mut marks = vec![false; cells.len()];
    let mut from = 1;
    while from < cells.len() {
        let length = (from..cells.len())
            .take_while(|index| alone(*index))
            .count();
        if length >= 2 {
            marks[from..from + length].fill(true);
        }
        from += length.max(1);
    }
    marks
}
