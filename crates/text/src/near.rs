//! Near duplicates: the same advert in several groups, a few characters changed in each.
//!
//! A text becomes the set of its three-character pieces in canonical writing (an emoji, another
//! number or a space more changes few of them); the set becomes a signature of 32 smallest hashes.
//! The share of equal hashes estimates the share of common pieces. Eight bands of four hashes make it
//! possible to look up candidates by an equal band instead of comparing with everything: texts with
//! nine tenths in common share a band practically always (1 − (1 − 0.9⁴)⁸ > 0.999), texts with three tenths in
//! common in one of sixteen cases.

use crate::{evasion::Canonical, fold::Folded};

/// Hashes of a signature.
const HASHES: usize = 32;
/// Bands of a signature.
pub const BANDS: usize = 8;
/// Shortest canonical text, in characters, that is compared; shorter ones are alike by chance.
pub const LENGTH_MIN: usize = 8;
/// From this share on two texts are the same advert.
pub const ALIKE: f64 = 0.7;

/// What a text is compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    smallest: [u32; HASHES],
}

/// The signature of a text; `None` if it is too short to be told from others.
pub fn signature(text: &str) -> Option<Signature> {
    let folded = Folded::new(text);
    signature_canonical(&Canonical::new(&folded))
}

/// The signature of a canonical text.
pub fn signature_canonical(text: &Canonical) -> Option<Signature> {
    // Names and numbers of accounts change from copy to copy.
    let all: Vec<char> = text.text().chars().collect();
    let mut characters: Vec<u32> = Vec::with_capacity(all.len());
    for run in all.chunk_by(|a, b| a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric()) {
        if run.iter().any(char::is_ascii_digit) {
            characters.push(u32::from('0'));
        } else {
            characters.extend(run.iter().map(|c| u32::from(*c)));
        }
    }
    if characters.len() < LENGTH_MIN {
        return None;
    }
    let mut smallest = [u32::MAX; HASHES];
    for piece in characters.windows(3) {
        let seed = piece.iter().fold(0_u64, |hash, c| {
            (hash ^ u64::from(*c))
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(29)
        });
        for (least, multiplier) in smallest.iter_mut().zip(MULTIPLIERS) {
            *least = (*least).min((seed.wrapping_mul(multiplier) >> 32) as u32);
        }
    }
    Some(Signature { smallest })
}

/// Odd multipliers of the hashes: a product's upper half is a hash of its own for each of them
/// (Dietzfelbinger and others, 1997).
const MULTIPLIERS: [u64; HASHES] = {
    let mut multipliers = [0; HASHES];
    let mut index = 0;
    while index < HASHES {
        let state = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        multipliers[index] = (state ^ (state >> 31)) | 1;
        index += 1;
    }
    multipliers
};

impl Signature {
    /// The keys under which near duplicates are found: texts that are alike have one in common.
    pub fn bands(&self) -> [u64; BANDS] {
        let mut bands = [0; BANDS];
        for (index, (band, hashes)) in bands
            .iter_mut()
            .zip(self.smallest.chunks_exact(HASHES / BANDS))
            .enumerate()
        {
            *band = hashes.iter().fold(index as u64 + 1, |key, hash| {
                (key ^ u64::from(*hash))
                    .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                    .rotate_left(31)
            });
        }
        bands
    }
}

/// The share of pieces that two texts have in common, 0 to 1, in steps of 1/32.
pub fn similar(a: &Signature, b: &Signature) -> f64 {
    let same = a
        .smallest
        .iter()
        .zip(&b.smallest)
        .filter(|(a, b)| a == b)
        .count();
    same as f64 / HASHES as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn alike(a: &str, b: &str) -> f64 {
        similar(&signature(a).unwrap(), &signature(b).unwrap())
    }

    #[test]
    fn copies_of_an_advert_are_alike_and_share_a_band() {
        let advert = "宝妈在家兼职刷单,日结三百,无需押金,加微信 abc12345 详聊";
        for copy in [
            "宝妈在家兼职刷单,日结三百,无需押金,加微信 xyz98765 详聊",
            "🔥宝 妈 在 家 兼 职 刷 单,日结三百,无需押金,加薇❤ abc12345 详聊🔥",
            "宝妈在家兼职刷单 日结三百 无需押金 加V信 abc12345 详聊!!",
        ] {
            assert!(
                alike(advert, copy) >= ALIKE,
                "{copy}: {}",
                alike(advert, copy)
            );
            let bands = signature(copy).unwrap().bands();
            let shared = signature(advert)
                .unwrap()
                .bands()
                .iter()
                .any(|band| bands.contains(band));
            assert!(shared, "{copy}");
        }
    }

    #[test]
    fn other_texts_are_not_alike() {
        let texts = [
            "今天的吐司还有吗,我下班过来拿两个",
            "周六晚上八点抢购开始,大家记得定闹钟",
            "宝妈在家兼职刷单,日结三百,无需押金,加微信",
            "请问生日蛋糕要提前几天预订,可以写字吗",
        ];
        for (index, a) in texts.iter().enumerate() {
            for b in &texts[index + 1..] {
                assert!(alike(a, b) < 0.3, "{a} {b}");
            }
        }
        assert_eq!(signature("收到,谢谢"), None, "too short to tell");
    }

    proptest! {
        #[test]
        fn a_text_is_like_itself_and_likeness_has_no_direction(a in "[一-龥]{8,40}", b in "[一-龥]{8,40}") {
            if let (Some(a), Some(b)) = (signature(&a), signature(&b)) {
                prop_assert!((similar(&a, &a) - 1.0).abs() < f64::EPSILON);
                prop_assert_eq!(similar(&a, &b).to_bits(), similar(&b, &a).to_bits());
            }
        }
    }
}
