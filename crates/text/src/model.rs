//! A trained model as it is kept: JSON of at most some two megabytes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::classify::{BITS, BUCKETS};

/// Largest model that is read, in bytes.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Present form of a model.
const FORM: u32 = 1;
/// Steps of a kept weight.
const STEPS: f32 = 32_767.0;
/// Steps of a kept scale, from 1 to [`SCALE_MAX`].
const SCALE_STEPS: f32 = 255.0;
const SCALE_MAX: f32 = 4.0;

/// What the classifier knows of one bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    /// For unwanted, or against it.
    pub weight: f32,
    /// How much a rare piece counts for more than a common one.
    pub scale: f32,
}

/// A trained classifier; see [`crate::classify`].
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) marks: usize,
    pub(crate) unwanted: usize,
    pub(crate) bias: f32,
    pub(crate) slope: f64,
    pub(crate) offset: f64,
    pub(crate) threshold: f64,
    pub(crate) buckets: Buckets,
}

/// The buckets of a model with the precision that they are kept with: four bytes each, so that what
/// a text asks for lies near the processor.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    /// Steps of the weight in the upper half, of the scale in the lower.
    packed: Vec<u32>,
    /// Weight of the last step.
    largest: f32,
}

impl Buckets {
    /// Rounds buckets.
    pub fn new(buckets: &[Bucket]) -> Self {
        let largest = buckets
            .iter()
            .map(|bucket| bucket.weight.abs())
            .fold(f32::MIN_POSITIVE, f32::max);
        let packed = buckets
            .iter()
            .map(|bucket| {
                let weight = (bucket.weight / largest * STEPS).round() as i16;
                packed(weight, step_of(bucket.scale))
            })
            .collect();
        Self { packed, largest }
    }

    /// One of them.
    pub fn get(&self, index: u32) -> Bucket {
        let (weight, scale) = unpacked(self.packed[index as usize]);
        Bucket {
            weight: f32::from(weight) * (self.largest / STEPS),
            scale: scale_of(scale),
        }
    }
}

const fn packed(weight: i16, scale: u8) -> u32 {
    (weight as u16 as u32) << 16 | scale as u32
}

const fn unpacked(bucket: u32) -> (i16, u8) {
    ((bucket >> 16) as i16, bucket as u8)
}

/// Why a model cannot be read.
#[derive(Debug, Error)]
pub enum ModelError {
    /// Larger than [`BYTES_MAX`].
    #[error("a model of {0} bytes; at most {BYTES_MAX} are read")]
    Bytes(usize),
    /// Not the JSON of a model.
    #[error("not a model: {0}")]
    Json(#[from] serde_json::Error),
    /// Of another form.
    #[error("a model of form {0}; this program reads form {FORM}; train it anew")]
    Form(u32),
    /// Contradicts itself.
    #[error("the model is damaged: {0}")]
    Damaged(&'static str),
}

impl ModelError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(_) => "model.form",
            _ => "model.unreadable",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    form: u32,
    bits: u32,
    marks: usize,
    unwanted: usize,
    bias: f32,
    slope: f64,
    offset: f64,
    threshold: f64,
    /// Weight of the last step.
    largest: f32,
    /// Scale of pieces that no mark has.
    unseen: u8,
    /// For each bucket that a mark has: distance from the one before (variable length), weight (two
    /// bytes), scale (one byte), in Base64.
    buckets: String,
}

impl Model {
    /// How many marks it was trained from.
    pub const fn marks(&self) -> usize {
        self.marks
    }

    /// How many of them were unwanted.
    pub const fn unwanted_marks(&self) -> usize {
        self.unwanted
    }

    /// The probability from which on a text is unwanted.
    pub const fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The form to keep.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.kept()).expect("a model has no keys but names")
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    pub fn from_json(text: &str) -> Result<Self, ModelError> {
        if text.len() > BYTES_MAX {
            return Err(ModelError::Bytes(text.len()));
        }
        Self::from_kept(&serde_json::from_str(text)?)
    }

    fn kept(&self) -> Kept {
        let buckets = || self.buckets.packed.iter().map(|bucket| unpacked(*bucket));
        let unseen = buckets().map(|(_, scale)| scale).max().unwrap_or_default();
        let mut bytes = Vec::new();
        let mut last = 0;
        for (index, (weight, scale)) in buckets().enumerate() {
            if weight == 0 && scale == unseen {
                continue;
            }
            let mut distance = index - last;
            last = index;
            while distance >= 0x80 {
                bytes.push((distance & 0x7F) as u8 | 0x80);
                distance >>= 7;
            }
            bytes.push(distance as u8);
            bytes.extend(weight.to_le_bytes());
            bytes.push(scale);
        }
        Kept {
            form: FORM,
            bits: BITS,
            marks: self.marks,
            unwanted: self.unwanted,
            bias: self.bias,
            slope: self.slope,
            offset: self.offset,
            threshold: self.threshold,
            largest: self.buckets.largest,
            unseen,
            buckets: STANDARD.encode(bytes),
        }
    }

    fn from_kept(kept: &Kept) -> Result<Self, ModelError> {
        if kept.form != FORM || kept.bits != BITS {
            return Err(ModelError::Form(kept.form));
        }
        let sound = kept.bias.is_finite()
            && kept.largest.is_finite()
            && kept.slope.is_finite()
            && kept.offset.is_finite()
            && (0.0..=1.0).contains(&kept.threshold);
        if !sound {
            return Err(ModelError::Damaged("a number is none"));
        }
        let bytes = STANDARD
            .decode(&kept.buckets)
            .map_err(|_| ModelError::Damaged("its weights are not Base64"))?;
        let mut buckets = vec![packed(0, kept.unseen); BUCKETS];
        let mut rest = bytes.iter().copied();
        let mut at = 0_usize;
        while let Some(first) = rest.next() {
            let mut distance = usize::from(first & 0x7F);
            let (mut more, mut shift) = (first & 0x80 > 0, 7);
            while more {
                let next = rest
                    .next()
                    .filter(|_| shift < 21)
                    .ok_or(ModelError::Damaged("its weights end too early"))?;
                distance |= usize::from(next & 0x7F) << shift;
                more = next & 0x80 > 0;
                shift += 7;
            }
            at += distance;
            let (Some(low), Some(high), Some(scale)) = (rest.next(), rest.next(), rest.next())
            else {
                return Err(ModelError::Damaged("its weights end too early"));
            };
            let bucket = buckets
                .get_mut(at)
                .ok_or(ModelError::Damaged("a weight has no place"))?;
            *bucket = packed(i16::from_le_bytes([low, high]), scale);
        }
        Ok(Self {
            marks: kept.marks,
            unwanted: kept.unwanted,
            bias: kept.bias,
            slope: kept.slope,
            offset: kept.offset,
            threshold: kept.threshold,
            buckets: Buckets {
                packed: buckets,
                largest: kept.largest,
            },
        })
    }
}

fn step_of(scale: f32) -> u8 {
    ((scale.clamp(1.0, SCALE_MAX) - 1.0) / (SCALE_MAX - 1.0) * SCALE_STEPS).round() as u8
}

fn scale_of(step: u8) -> f32 {
    1.0 + f32::from(step) * ((SCALE_MAX - 1.0) / SCALE_STEPS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::classify::Mark;

    fn model() -> Model {
        let texts: Vec<(String, bool)> = (0..40)
            .map(|n| {
                (
                    format!(
                        "{}{n}",
                        if n % 2 == 0 {
                            "看片加薇"
                        } else {
                            "吐司出炉"
                        }
                    ),
                    n % 2 == 0,
                )
            })
            .collect();
        let marks: Vec<Mark<'_>> = texts
            .iter()
            .map(|(text, unwanted)| Mark {
                text,
                unwanted: *unwanted,
            })
            .collect();
        Model::train(&marks, 1).unwrap()
    }

    #[test]
    fn a_model_says_the_same_after_it_was_kept() {
        let model = model();
        let again = Model::from_json(&model.to_json()).unwrap();
        assert_eq!(again.to_json(), model.to_json());
        for text in ["看片加薇7", "吐司出炉8", "别的话", ""] {
            assert_eq!(again.judge(text), model.judge(text));
        }
        assert_eq!((again.marks(), again.unwanted_marks()), (40, 20));
        assert!(
            model.to_json().len() < 100_000,
            "few marks make a small model"
        );
    }

    #[test]
    fn what_is_no_model_is_refused() {
        assert_eq!(
            Model::from_json("{}").unwrap_err().code(),
            "model.unreadable"
        );
        let other = model().to_json().replace("\"form\":1", "\"form\":9");
        assert_eq!(Model::from_json(&other).unwrap_err().code(), "model.form");
        let large = " ".repeat(BYTES_MAX + 1);
        assert!(matches!(
            Model::from_json(&large),
            Err(ModelError::Bytes(_))
        ));
    }

    proptest! {
        #[test]
        fn a_damaged_model_is_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut kept: serde_json::Value = serde_json::from_str(&model().to_json()).unwrap();
            kept["buckets"] = STANDARD.encode(bytes).into();
            if let Ok(model) = Model::from_json(&kept.to_string()) {
                prop_assert!((0.0..=1.0).contains(&model.judge("吐司").probability));
            }
        }
    }
}
