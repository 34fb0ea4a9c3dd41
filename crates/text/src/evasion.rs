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

mod cell;
mod tables;

use cell::{Cell, Gap, cells, digit_of, numbers, spaced_out};
use tables::{Grade, Sound, TABLES, Tables};

use crate::fold::{Folded, Span, is_cjk};

/// Fewest digits in a number written in words that is rewritten.
const NUMBER_WORDS_MIN: usize = 7;
/// Fewest digits of an account.
const ACCOUNT_DIGITS: usize = 5;
/// Characters of an account that are looked at.
const ACCOUNT_LENGTH: usize = 64;

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
    if found.is_empty() {
        return false;
    }
    let mut whole = Vec::with_capacity(cells.len());
    let mut next = 0;
    for (from, to, list) in &found {
        whole.extend_from_slice(&cells[next..*from]);
        write(
            &mut whole,
            &cells[*from..*to],
            &tables.written[*list],
            rewritten,
        );
        next = *to;
    }
    whole.extend_from_slice(&cells[next..]);
    *cells = whole;
    true
}

/// Writes a phrase in place of cells; each new character knows the whole stretch.
fn write(whole: &mut Vec<Cell>, stretch: &[Cell], says: &[char], rewritten: &mut Vec<Rewrite>) {
    let (first, last) = (stretch[0], stretch[stretch.len() - 1]);
    rewritten.push(Rewrite {
        span: Span {
            start: first.from,
            end: last.to,
        },
        says: says.iter().collect(),
    });
    whole.extend(says.iter().enumerate().map(|(index, c)| Cell {
        c: *c,
        from: first.from,
        to: last.to,
        gap: if index == 0 { first.gap } else { Gap::None },
        replaced: true,
        soft: false,
    }));
}

/// Replaces phrases of ways to be reached, however they are written.
fn replace_contacts(cells: &mut Vec<Cell>, tables: &Tables, rewritten: &mut Vec<Rewrite>) -> bool {
    let is_head = |cell: &Cell| {
        let latin = || matches!(cell.c, 'j' | 'w' | 'v' | 'k' | 'q' | '+');
        tables
            .begins_contact(cell.c)
            .unwrap_or_else(|| latin() || cell.soft)
    };
    if !cells.iter().any(is_head) {
        return false;
    }
    let mut changed = false;
    let mut whole: Vec<Cell> = Vec::with_capacity(cells.len());
    let mut at = 0;
    while at < cells.len() {
        let found = if is_head(&cells[at]) {
            contact_at(whole.last(), &cells[at..], tables)
        } else {
            None
        };
        let Some((length, contact)) = found else {
            whole.push(cells[at]);
            at += 1;
            continue;
        };
        let stretch = &cells[at..at + length];
        let written = &tables.contacts[contact].write;
        let same =
            length == written.len() && stretch.iter().zip(written).all(|(cell, c)| cell.c == *c);
        if same {
            whole.extend_from_slice(stretch);
        } else {
            write(&mut whole, stretch, written, rewritten);
            changed = true;
        }
        at += length;
        // What follows is a name, whatever it begins with.
        let name = cells[at..]
            .iter()
            .take_while(|cell| cell.c.is_ascii_alphanumeric())
            .count();
        whole.extend_from_slice(&cells[at..at + name]);
        at += name;
    }
    *cells = whole;
    changed
}

/// The longest contact phrase at the head of these cells: its length, and which it is.
fn contact_at(before: Option<&Cell>, cells: &[Cell], tables: &Tables) -> Option<(usize, usize)> {
    let head = cells.first()?;
    if let Some(before) = before
        && head.gap == Gap::None
        && (tables.before.contains(&before.c)
            || (before.c.is_ascii_alphabetic() && head.c.is_ascii_alphabetic()))
    {
        return None;
    }
    tables
        .contacts
        .iter()
        .enumerate()
        .filter_map(|(index, contact)| {
            let (to, grade) = reads(cells, 0, &contact.sounds, &tables.sounds)?;
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
    for cell in cells[to + skipped..].iter().take(ACCOUNT_LENGTH) {
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
    use crate::fold::fold;

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
