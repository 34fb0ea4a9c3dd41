//! A deeper view of a text: what it says once the tricks that hide an advert are undone.
//!
//! [`Folded`] undoes what any keyboard or font does by accident. [`Canonical`] undoes what is done on
//! purpose: letters of other alphabets, circled digits and emoji letters in place of plain ones,
//! spaces, symbols and punctuation between the characters of a word, characters written as their parts
//! (`力口`), numbers written in words, and the usual stand-ins for the words of adverts, by look, by
//! sound or in pinyin (`jia薇❤`, `嘉V`, `家威 13800138000`, all of which say 加微信).
//!
//! Guessing by sound alone would rewrite ordinary talk, so a stand-in counts only if its characters
//! are hardly ever written otherwise, or if an account follows. Each character of the canonical text
//! knows the characters of the original that it came from; [`Canonical::touched`] tells where a trick
//! was undone, so that words that merely meet across a comma are no find.
//! Tables: `data/lookalike.txt`, `data/evasion.toml`.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

use crate::{
    fold::{Folded, Span, fold, is_cjk, pinyin_of},
    phrase::Phrases,
};

/// Fewest digits in a number written in words that is rewritten.
const NUMBER_WORDS_MIN: usize = 7;
/// Fewest digits of an account.
const ACCOUNT_DIGITS: usize = 5;
const HAN_FIRST: u32 = 0x4E00;
const HAN_COUNT: usize = 0x5200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    before: String,
    sound: Vec<SoundData>,
    contact: Vec<ContactData>,
    word: Vec<WordData>,
    parts: Vec<PartsData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SoundData {
    say: String,
    plain: String,
    #[serde(default)]
    sure: String,
    #[serde(default)]
    doubtful: String,
    #[serde(default)]
    letters: Vec<String>,
    #[serde(default)]
    doubtful_letters: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactData {
    write: String,
    say: Vec<String>,
    #[serde(default)]
    forms: Vec<String>,
    #[serde(default)]
    open: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordData {
    write: String,
    #[serde(default)]
    forms: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartsData {
    write: String,
    parts: Vec<String>,
}

/// How one syllable may be written.
struct Sound {
    say: &'static str,
    plain: char,
    sure: Vec<char>,
    doubtful: Vec<char>,
    letters: Vec<(Vec<char>, bool)>,
}

struct Contact {
    write: Vec<char>,
    sounds: Vec<usize>,
    open: bool,
}

struct Tables {
    lookalike: HashMap<char, char>,
    before: Vec<char>,
    sounds: Vec<Sound>,
    /// Longest first.
    contacts: Vec<Contact>,
    /// Whether a contact phrase may begin with this Han character.
    heads: Vec<bool>,
    /// Written forms of words, of contacts and of single characters.
    forms: Phrases,
    written: Vec<Vec<char>>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::new);

impl Tables {
    fn new() -> Self {
        let file: File = toml::from_str(include_str!("../data/evasion.toml"))
            .expect("the embedded tables are valid");
        let mut lookalike = HashMap::new();
        for line in include_str!("../data/lookalike.txt").lines() {
            if let Some((plain, others)) = line.split_once(' ')
                && !line.starts_with('#')
                && let Some(plain) = plain.chars().next()
            {
                lookalike.extend(others.chars().map(|other| (other, plain)));
            }
        }
        let sounds: Vec<Sound> = file.sound.into_iter().map(Sound::new).collect();
        let mut sounds = sounds;
        let mut contacts: Vec<Contact> = Vec::new();
        let mut forms: Vec<(usize, String)> = Vec::new();
        let mut written: Vec<Vec<char>> = Vec::new();
        let add = |forms: &mut Vec<(usize, String)>,
                   written: &mut Vec<Vec<char>>,
                   write: &str,
                   all: Vec<String>| {
            forms.extend(all.into_iter().map(|form| (written.len(), form)));
            written.push(write.chars().collect());
        };
        for contact in file.contact {
            for say in &contact.say {
                let of = say
                    .split(' ')
                    .map(|say| {
                        sounds
                            .iter()
                            .position(|sound| sound.say == say)
                            .unwrap_or_else(|| {
                                sounds.push(Sound::spoken(say));
                                sounds.len() - 1
                            })
                    })
                    .collect();
                contacts.push(Contact {
                    write: contact.write.chars().collect(),
                    sounds: of,
                    open: contact.open,
                });
            }
            add(&mut forms, &mut written, &contact.write, contact.forms);
        }
        for word in file.word {
            let spelled: String = word.write.chars().filter_map(pinyin_of).collect();
            let mut all = word.forms;
            all.push(spelled);
            all.retain(|form| fold(form) != word.write);
            add(&mut forms, &mut written, &word.write, all);
        }
        for parts in file.parts {
            add(&mut forms, &mut written, &parts.write, parts.parts);
        }
        contacts.sort_by_key(|contact| std::cmp::Reverse(contact.sounds.len()));
        let mut heads = vec![false; HAN_COUNT];
        for contact in &contacts {
            let sound = &sounds[contact.sounds[0]];
            for (head, c) in heads.iter_mut().zip('\u{4E00}'..) {
                *head |= sound.reads(c).is_some();
            }
        }
        let forms = Phrases::new(
            forms.iter().map(|(list, form)| (*list, form.as_str())),
            false,
        );
        Self {
            lookalike,
            before: file.before.chars().collect(),
            sounds,
            contacts,
            heads,
            forms,
            written,
        }
    }
}

impl Sound {
    fn new(data: SoundData) -> Self {
        let letters = data.letters.into_iter().map(|l| (l, true));
        let doubtful = data.doubtful_letters.into_iter().map(|l| (l, false));
        let mut letters: Vec<(Vec<char>, bool)> = letters
            .chain(doubtful)
            .map(|(letters, sure)| (letters.chars().collect(), sure))
            .collect();
        letters.push((data.say.chars().collect(), true));
        letters.sort_by_key(|(letters, _)| std::cmp::Reverse(letters.len()));
        Self {
            plain: data.plain.chars().next().unwrap_or_default(),
            sure: data.sure.chars().collect(),
            doubtful: data.doubtful.chars().collect(),
            letters,
            say: String::leak(data.say),
        }
    }

    /// A sound that is only written by its reading.
    fn spoken(say: &str) -> Self {
        let plain = match say {
            "fei" => '飞',
            "ji" => '机',
            _ => '\0',
        };
        Self::new(SoundData {
            say: say.to_owned(),
            plain: plain.to_string(),
            sure: String::new(),
            doubtful: String::new(),
            letters: Vec::new(),
            doubtful_letters: Vec::new(),
        })
    }

    /// How well a Han character stands for the sound.
    fn reads(&self, c: char) -> Option<Grade> {
        if c == self.plain {
            Some(Grade::Plain)
        } else if self.sure.contains(&c) {
            Some(Grade::Sure)
        } else if self.doubtful.contains(&c) || pinyin_of(c) == Some(self.say) {
            Some(Grade::Doubtful)
        } else {
            None
        }
    }
}

/// How well something stands for a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Plain,
    Sure,
    Doubtful,
}

/// A character on its way.
#[derive(Clone, Copy, Debug)]
struct Cell {
    c: char,
    from: u32,
    to: u32,
    /// What was left out before it.
    gap: Gap,
    /// Whether it replaces something else.
    replaced: bool,
    /// Whether it counts only as part of a phrase.
    soft: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    None,
    /// Space and what parts clauses.
    Usual,
    /// What nobody writes inside of talk.
    Odd,
}

/// The canonical text of a message.
#[derive(Clone, Debug, Default)]
pub struct Canonical {
    text: String,
    /// For each character the characters of the original it came from.
    origin: Vec<(u32, u32)>,
    /// For each character: [`REPLACED`], [`PULLED`], [`PARTED`].
    marks: Vec<u8>,
    rewritten: Vec<Rewrite>,
    plain: bool,
}

const REPLACED: u8 = 1;
const PULLED: u8 = 2;
const PARTED: u8 = 4;

/// A stand-in that was undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// Where it stands in the original.
    pub span: Span,
    /// What it says.
    pub says: String,
}

impl Canonical {
    /// Undoes the tricks in a folded text.
    pub fn new(folded: &Folded) -> Self {
        let tables = &*TABLES;
        let mut cells = cells(folded, tables);
        let mut rewritten = Vec::new();
        let number = numbers(&mut cells);
        let odd = cells.iter().any(|cell| cell.gap == Gap::Odd);
        let formed = replace_forms(&mut cells, tables, &mut rewritten);
        let contacts = replace_contacts(&mut cells, tables, &mut rewritten);
        let replaced = number || formed || contacts || cells.iter().any(|cell| cell.replaced);
        let mut canonical = Self {
            text: String::with_capacity(folded.text().len()),
            origin: Vec::with_capacity(cells.len()),
            marks: Vec::with_capacity(cells.len()),
            rewritten,
            plain: true,
        };
        let spaced = spaced_out(&cells);
        for (index, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.soft) {
            canonical.text.push(cell.c);
            canonical.origin.push((cell.from, cell.to));
            let pulled = cell.gap == Gap::Odd || spaced.get(index).copied().unwrap_or_default();
            let mark = |is: bool, mark: u8| if is { mark } else { 0 };
            canonical.marks.push(
                mark(cell.replaced, REPLACED)
                    | mark(pulled, PULLED)
                    | mark(cell.gap != Gap::None, PARTED),
            );
        }
        canonical.plain = !replaced && !odd && !spaced.contains(&true);
        canonical
    }

    /// The canonical text: no spaces, punctuation or symbols.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether no trick was found, so that nothing new can be read here.
    pub const fn is_plain(&self) -> bool {
        self.plain
    }

    /// The stand-ins that were undone.
    pub fn rewritten(&self) -> &[Rewrite] {
        &self.rewritten
    }

    /// The span of the original that the bytes `from..to` came from.
    pub fn span(&self, from: usize, to: usize) -> Span {
        let (first, last) = self.characters(from, to);
        Span {
            start: self.origin.get(first).map_or(0, |origin| origin.0),
            end: self.origin.get(last).map_or(0, |origin| origin.1),
        }
    }

    /// Whether a trick was undone inside of the bytes `from..to`.
    pub fn touched(&self, from: usize, to: usize) -> bool {
        let (first, last) = self.characters(from, to);
        (first..=last).any(|index| {
            let marks = self.marks.get(index).copied().unwrap_or_default();
            marks & REPLACED > 0 || (index > first && marks & PULLED > 0)
        })
    }

    /// The characters with their bytes, and whether anything was left out before each.
    pub(crate) fn parted(&self) -> impl Iterator<Item = (usize, char, bool)> + '_ {
        self.text
            .char_indices()
            .zip(&self.marks)
            .map(|((at, c), marks)| (at, c, marks & PARTED > 0))
    }

    fn characters(&self, from: usize, to: usize) -> (usize, usize) {
        let first = self.text[..from].chars().count();
        let count = self.text[from..to].chars().count();
        (first, (first + count).saturating_sub(1).max(first))
    }
}

/// The canonical text of a text.
pub fn canonical(text: &str) -> String {
    Canonical::new(&Folded::new(text)).text
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
fn cells(folded: &Folded, tables: &Tables) -> Vec<Cell> {
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

fn digit_of(c: char) -> Option<char> {
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
fn numbers(cells: &mut [Cell]) -> bool {
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
fn spaced_out(cells: &[Cell]) -> Vec<bool> {
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

/// Replaces written forms of words.
fn replace_forms(cells: &mut Vec<Cell>, tables: &Tables, rewritten: &mut Vec<Rewrite>) -> bool {
    let text: String = cells.iter().map(|cell| cell.c).collect();
    let mut found: Vec<(usize, usize, usize)> = Vec::new();
    for hit in tables.forms.longest(&text) {
        let from = text[..hit.from].chars().count();
        let to = from + text[hit.from..hit.to].chars().count();
        let joined = |left: usize, right: usize| {
            cells[right].gap == Gap::None
                && cells[left].c.is_ascii_lowercase()
                && cells[right].c.is_ascii_lowercase()
        };
        let begins_inside = from > 0 && joined(from - 1, from);
        let ends_inside = to < cells.len() && joined(to - 1, to);
        // Clauses that meet do not make a word.
        let across = cells[from + 1..to]
            .iter()
            .any(|cell| cell.gap == Gap::Usual)
            && !cells[from + 1..to]
                .iter()
                .all(|cell| cell.gap != Gap::None || cell.c.is_ascii());
        if !begins_inside && !ends_inside && !across {
            found.push((from, to, hit.list));
        }
    }
    for (from, to, list) in found.iter().rev() {
        splice(cells, *from, *to, &tables.written[*list], rewritten);
    }
    rewritten.reverse();
    !found.is_empty()
}

/// Puts a phrase in place of cells; each new character knows the whole stretch.
fn splice(
    cells: &mut Vec<Cell>,
    from: usize,
    to: usize,
    write: &[char],
    rewritten: &mut Vec<Rewrite>,
) {
    let (start, end) = (cells[from].from, cells[to - 1].to);
    rewritten.push(Rewrite {
        span: Span { start, end },
        says: write.iter().collect(),
    });
    let first = cells[from].gap;
    cells.splice(
        from..to,
        write.iter().enumerate().map(|(index, c)| Cell {
            c: *c,
            from: start,
            to: end,
            gap: if index == 0 { first } else { Gap::None },
            replaced: true,
            soft: false,
        }),
    );
}

/// Replaces phrases of ways to be reached, however they are written.
fn replace_contacts(cells: &mut Vec<Cell>, tables: &Tables, rewritten: &mut Vec<Rewrite>) -> bool {
    let mut changed = false;
    let mut at = 0;
    while at < cells.len() {
        let c = cells[at].c;
        let code = (c as u32).wrapping_sub(HAN_FIRST) as usize;
        let head = match tables.heads.get(code) {
            Some(head) => *head,
            None => matches!(c, 'j' | 'w' | 'v' | 'k' | 'q' | '+') || cells[at].soft,
        };
        if head && let Some((to, contact)) = contact_at(cells, at, tables) {
            let written = &tables.contacts[contact].write;
            let same = to - at == written.len()
                && cells[at..to]
                    .iter()
                    .zip(written)
                    .all(|(cell, c)| cell.c == *c);
            if !same {
                splice(cells, at, to, written, rewritten);
                changed = true;
            }
            at += written.len();
            // What follows is a name, whatever it begins with.
            while cells
                .get(at)
                .is_some_and(|cell| cell.c.is_ascii_alphanumeric())
            {
                at += 1;
            }
        } else {
            at += 1;
        }
    }
    changed
}

/// The longest contact phrase at a place: where it ends, and which it is.
fn contact_at(cells: &[Cell], at: usize, tables: &Tables) -> Option<(usize, usize)> {
    let before = at.checked_sub(1).map(|index| cells[index]);
    if let Some(before) = before
        && cells[at].gap == Gap::None
        && (tables.before.contains(&before.c)
            || (before.c.is_ascii_alphabetic() && cells[at].c.is_ascii_alphabetic()))
    {
        return None;
    }
    tables
        .contacts
        .iter()
        .enumerate()
        .filter_map(|(index, contact)| {
            let (to, grade) = reads(cells, at, &contact.sounds, &tables.sounds)?;
            let account = account_follows(cells, to);
            let ends_inside = cells[to - 1].c.is_ascii_alphabetic()
                && cells
                    .get(to)
                    .is_some_and(|next| next.gap == Gap::None && next.c.is_ascii_alphabetic());
            let closed = !contact.open || closes(cells, to);
            (account || (grade < Grade::Doubtful && closed && !ends_inside)).then_some((to, index))
        })
        .max_by_key(|(to, index)| (tables.contacts[*index].sounds.len(), *to))
}

/// Whether a short phrase ends here: nothing follows, or something that goes on from it.
fn closes(cells: &[Cell], to: usize) -> bool {
    cells.get(to).is_none_or(|next| {
        next.gap != Gap::None
            || !is_cjk(next.c)
            || matches!(
                next.c,
                '我' | '领'
                    | '了'
                    | '聊'
                    | '咨'
                    | '详'
                    | '看'
                    | '免'
                    | '送'
                    | '拉'
                    | '买'
                    | '找'
                    | '私'
                    | '获'
                    | '拿'
                    | '备'
                    | '进'
                    | '号'
                    | '吧'
                    | '带'
                    | '秒'
                    | '发'
                    | '全'
            )
    })
}

/// Where the sounds end if they are read from here, and the worst grade among them.
fn reads(cells: &[Cell], at: usize, of: &[usize], sounds: &[Sound]) -> Option<(usize, Grade)> {
    let mut to = at;
    let mut worst = Grade::Plain;
    for (place, sound) in of.iter().enumerate() {
        let sound = &sounds[*sound];
        let mut here = to;
        loop {
            if let Some((end, grade)) = one(cells, here, sound) {
                let clause = place > 0 && cells[here].gap == Gap::Usual && grade == Grade::Doubtful;
                if clause {
                    return None;
                }
                to = end;
                worst = worst.max(grade);
                // A heart in front of the character that it stands for is an ornament.
                if cells[here].soft
                    && let Some((end, grade)) = one(cells, to, sound)
                    && grade < Grade::Doubtful
                {
                    to = end;
                }
                break;
            }
            let cell = cells.get(here)?;
            if place == 0 || !(cell.soft || cell.c == '+') || here - to > 2 {
                return None;
            }
            here += 1;
        }
    }
    Some((to, worst))
}

fn one(cells: &[Cell], at: usize, sound: &Sound) -> Option<(usize, Grade)> {
    let cell = cells.get(at)?;
    if is_cjk(cell.c) {
        return sound.reads(cell.c).map(|grade| (at + 1, grade));
    }
    sound.letters.iter().find_map(|(letters, sure)| {
        let to = at + letters.len();
        let written = cells.get(at..to)?;
        let same = written.iter().zip(letters).all(|(cell, c)| cell.c == *c);
        let grade = if *sure { Grade::Sure } else { Grade::Doubtful };
        same.then_some((to, grade))
    })
}

/// Whether an account name or number follows: letters and digits, two of them digits, five in all.
fn account_follows(cells: &[Cell], to: usize) -> bool {
    let skipped = cells[to..]
        .iter()
        .take(3)
        .take_while(|cell| cell.soft || matches!(cell.c, '+' | '号' | '是' | '我' | '码' | '为'))
        .count();
    let mut letters = 0;
    let mut digits = 0;
    for cell in &cells[to + skipped..] {
        if digit_of(cell.c).is_some() {
            digits += 1;
        } else if cell.c.is_ascii_alphabetic() {
            letters += 1;
        } else {
            break;
        }
    }
    letters + digits >= ACCOUNT_DIGITS && digits >= 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_tricks_are_undone() {
        for (written, says) in [
            ("加薇", "加微信"),
            ("嘉V 领券", "加微信领券"),
            ("家威 13800138000", "加微信13800138000"),
            ("jia wei xin abc123", "加微信abc123"),
            ("V❤信 abc123", "微信abc123"),
            ("加❤薇.信", "加微信"),
            ("力口 vx", "加微信"),
            ("+扣扣 ①②③④⑤", "加扣扣12345"),
            ("加🅥🅧", "加微信"),
            ("兼.直 日*结", "兼职日结"),
            ("一三八零零一三八零零零", "13800138000"),
            ("КТА679", "kta679"),
            ("кот", "кот"),
            ("看КТА679", "看kta679"),
        ] {
            assert_eq!(canonical(written), says, "{written}");
        }
    }

    #[test]
    fn a_rewrite_points_at_what_was_written() {
        let canonical = Canonical::new(&Folded::new("你好,加 ❤ 薇信abc"));
        assert_eq!(canonical.text(), "你好加微信abc");
        assert_eq!(
            canonical.rewritten(),
            [Rewrite {
                span: Span { start: 3, end: 9 },
                says: "加微信".into()
            }]
        );
        let at = canonical.text().find("加微信").unwrap();
        assert_eq!(canonical.span(at, at + 9), Span { start: 3, end: 9 });
        assert!(canonical.touched(at, at + 9));
        assert!(!canonical.touched(0, at));
    }

    #[test]
    fn ordinary_words_stay() {
        for text in [
            "他在村里很有威信",
            "这家味道不错",
            "更加微妙了",
            "参加微信群的活动",
            "再加位新同学",
            "加微波炉叮一下",
            "家卫生间坏了",
            "加VIP有什么好处",
            "一二三四五六七",
            "vivo手机",
        ] {
            let canonical = Canonical::new(&Folded::new(text));
            assert_eq!(canonical.rewritten(), [], "{text}");
            assert_eq!(canonical.text(), fold(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_canonical_form(text in any::<String>()) {
            let folded = Folded::new(&text);
            let canonical = Canonical::new(&folded);
            prop_assert_eq!(canonical.text.chars().count(), canonical.origin.len());
            prop_assert_eq!(canonical.marks.len(), canonical.origin.len());
            let span = canonical.span(0, canonical.text.len());
            prop_assert!(span.end as usize <= text.chars().count());
        }

        #[test]
        fn spans_are_in_order(text in "[加微薇vx信❤扣号+ .一二三0-9口力jiaweixnq,]{0,30}") {
            let canonical = Canonical::new(&Folded::new(&text));
            let count = text.chars().count() as u32;
            for (start, end) in &canonical.origin {
                prop_assert!(start < end && *end <= count);
            }
        }
    }
}
