//! The name of a line: the same whenever the same line is imported again.

use std::{
    collections::HashSet,
    fmt,
    hash::{DefaultHasher, Hasher as _},
    sync::Arc,
};

use ring::digest::{SHA256, digest};

/// Names one line of a file, independent of where in the file it stands.
///
/// The first sixteen bytes of a SHA-256 over
/// - the format, the room and the message id, if the format has ids; else
/// - the time at the precision of the file, the sender, the text and the line's ordinal among
///   equal lines, so that three people's equal "+1" and one person's three are all kept;
/// - for order lines the order id, the content and its ordinal within the order, or, without an
///   order id, the file's own hash and the line number.
///
/// The group is not part of it; who stores the line adds it.
///
/// # The ordinal
/// Equal lines need not be neighbours: merged exports and clocks set back put them anywhere. So
/// the plan pass finds out which lines occur more than once at all, with a bitmap of at most
/// 32 MB (a line whose bit is already set is a candidate; a false candidate does no harm), and the
/// read pass counts only candidates. Memory is that bitmap and a few bytes for each different
/// repeated line, whatever the order of the file. The count runs from the first line of the file
/// even when a resumed run skips lines, so a line gets the same ordinal in every run, and in a
/// longer export of the same chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineKey([u8; 16]);

impl LineKey {
    /// The sixteen bytes.
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(half), 16).expect("four bits are a digit"));
        }
    }
    out
}

/// The fields a key is made of, told apart by their lengths.
#[derive(Debug, Default)]
pub(crate) struct Material {
    bytes: Vec<u8>,
}

impl Material {
    /// Starts a new key of a kind.
    pub fn start(&mut self, kind: u8) -> &mut Self {
        self.bytes.clear();
        self.bytes.push(kind);
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes
            .extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    pub fn number(&mut self, number: i64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// A short hash of what is gathered, within a scope that is not part of the key.
    pub fn short(&self, scope: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(scope);
        hasher.write(&self.bytes);
        hasher.finish()
    }

    pub fn key(&self) -> LineKey {
        let digest = digest(&SHA256, &self.bytes);
        let mut key = [0; 16];
        key.copy_from_slice(&digest.as_ref()[..16]);
        LineKey(key)
    }
}

/// A short hash of a text, the same on every run.
pub(crate) fn short(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Finds the lines that occur more than once.
pub(crate) struct Repeats {
    bits: Vec<u64>,
    seen_twice: HashSet<u64>,
}

impl Repeats {
    /// For a file of `bytes` bytes.
    pub fn new(bytes: u64) -> Self {
        let bits = (bytes * 2).next_power_of_two().clamp(1 << 12, 1 << 28);
        Self {
            bits: vec![0; (bits / 64) as usize],
            seen_twice: HashSet::new(),
        }
    }

    pub fn see(&mut self, hash: u64) {
        let at = hash as usize & (self.bits.len() * 64 - 1);
        let bit = 1 << (at % 64);
        if self.bits[at / 64] & bit == 0 {
            self.bits[at / 64] |= bit;
        } else {
            self.seen_twice.insert(hash);
        }
    }

    pub fn found(self) -> Arc<Repeated> {
        Arc::new(Repeated::new(self.seen_twice))
    }
}

/// The hashes of lines that occur more than once: sorted, with the place where each run of equal
/// leading sixteen bits begins. Eight bytes for each.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    hashes: Vec<u64>,
    starts: Vec<usize>,
}

impl Repeated {
    fn new(found: HashSet<u64>) -> Self {
        let mut hashes: Vec<u64> = found.into_iter().collect();
        hashes.sort_unstable();
        let starts = (0..=1 << 16)
            .map(|lead: u64| hashes.partition_point(|hash| hash >> 48 < lead))
            .collect();
        Self { hashes, starts }
    }

    /// Position of a hash.
    fn find(&self, hash: u64) -> Option<usize> {
        let lead = (hash >> 48) as usize;
        let from = *self.starts.get(lead)?;
        let run = &self.hashes[from..self.starts[lead + 1]];
        run.binary_search(&hash).ok().map(|at| from + at)
    }
}

/// Counts the lines that occur more than once.
pub(crate) struct Ordinals {
    repeated: Arc<Repeated>,
    counts: Vec<u32>,
}

impl Ordinals {
    pub fn new(repeated: &Arc<Repeated>) -> Self {
        Self {
            repeated: Arc::clone(repeated),
            counts: vec![0; repeated.hashes.len()],
        }
    }

    /// How many equal lines came before this one.
    pub fn next(&mut self, hash: u64) -> u32 {
        let Some(at) = self.repeated.find(hash) else {
            return 0;
        };
        let ordinal = self.counts[at];
        self.counts[at] += 1;
        ordinal
    }
}

/// Counts different texts: exactly up to a bound, beyond it at least the bound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Distinct(HashSet<u64>);

impl Distinct {
    const BOUND: usize = 4_000_000;

    pub fn see(&mut self, hash: u64) {
        if self.0.len() < Self::BOUND {
            self.0.insert(hash);
        }
    }

    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_count_equal_lines_wherever_they_stand() {
        let lines = [7, u64::MAX, 7, 9, u64::MAX, 7];
        let mut repeats = Repeats::new(100);
        for line in lines {
            repeats.see(line);
        }
        let repeated = repeats.found();
        assert_eq!(repeated.find(9), None);
        let mut ordinals = Ordinals::new(&repeated);
        assert_eq!(lines.map(|line| ordinals.next(line)), [0, 0, 1, 0, 1, 2]);
    }

    #[test]
    fn fields_do_not_run_into_one_another() {
        let mut material = Material::default();
        let one = material.start(0).text("ab").text("c").key();
        let two = material.start(0).text("a").text("bc").key();
        assert_ne!(one, two);
        assert_eq!(one, material.start(0).text("ab").text("c").key());
        assert_eq!(one.to_string().len(), 32);
    }
}
