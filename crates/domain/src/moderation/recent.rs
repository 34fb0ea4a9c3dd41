//! What detectors of behaviour look at: messages of the last minutes, without their words.

use crate::{
    id::{GroupId, MemberId},
    time::Timestamp,
};

/// Keys of a digest.
pub const KEYS: usize = 8;
/// Equal keys from which on two texts are near duplicates. Of texts that have nine tenths in common
/// more than 99 % share two; of texts that have three tenths in common, fewer than 1 %.
pub(super) const KEYS_ALIKE: usize = 2;

/// What near duplicates of a text are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub [u64; KEYS]);

impl Digest {
    /// Whether two texts are near duplicates.
    pub fn is_like(&self, other: &Self) -> bool {
        let same = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        same >= KEYS_ALIKE
    }
}

/// A message of the last minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// In which group.
    pub group: GroupId,
    /// Who wrote it.
    pub member: MemberId,
    /// When.
    pub at: Timestamp,
    /// How many characters it has; 0 for pictures and what else has no words.
    pub chars: u32,
    /// What its near duplicates are found by; `None` of texts too short to be told apart.
    pub digest: Option<Digest>,
    /// Whose message it answers, where the network says so.
    pub answers: Option<MemberId>,
    /// Points of its insults; kind words count as negative points.
    pub insult: i32,
}

/// The code and the numbers of a reason: `flood.10s:7` is `flood.10s` and 7.
pub fn read_reason(reason: &str) -> (&str, Vec<i64>) {
    match reason.split_once(':') {
        Some((code, numbers)) => {
            let read: Option<Vec<i64>> = numbers.split(',').map(|n| n.parse().ok()).collect();
            read.map_or((reason, Vec::new()), |numbers| (code, numbers))
        }
        None => (reason, Vec::new()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A message of 8 characters, without insult or digest.
    pub fn said(group: i64, member: i64, at_ms: i64) -> Said {
        Said {
            group: GroupId::from_raw(group),
            member: MemberId::from_raw(member),
            at: Timestamp::from_ms(at_ms),
            chars: 8,
            digest: None,
            answers: None,
            insult: 0,
        }
    }

    #[test]
    fn two_common_keys_make_two_texts_alike() {
        let one = Digest([1, 2, 3, 4, 5, 6, 7, 8]);
        assert!(one.is_like(&Digest([1, 2, 0, 0, 0, 0, 0, 0])));
        assert!(!one.is_like(&Digest([1, 0, 0, 0, 0, 0, 0, 0])));
        assert!(
            !one.is_like(&Digest([2, 1, 4, 3, 6, 5, 8, 7])),
            "keys have places"
        );
    }

    #[test]
    fn a_reason_is_a_code_and_numbers() {
        assert_eq!(read_reason("flood.10s:7"), ("flood.10s", vec![7]));
        assert_eq!(
            read_reason("quarrel.heat:120,6,45"),
            ("quarrel.heat", vec![120, 6, 45])
        );
        assert_eq!(read_reason("advert.contact"), ("advert.contact", vec![]));
        assert_eq!(
            read_reason("店规:不许拼单"),
            ("店规:不许拼单", vec![]),
            "an own rule may have a colon in its name"
        );
    }
}
