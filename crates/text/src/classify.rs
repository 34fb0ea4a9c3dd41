//! A classifier that a workspace trains from the marks of its own operators.
//!
//! Logistic regression over hashed pieces of a text in four views: the characters as written, the
//! folded characters with numbers and account names reduced to their kind (`kta679` and `xae596` are
//! the same), the sounds of the Han characters (homophones), and the bare shape of the original
//! (letters, digits, Han, emoji, signs). Each view has the same say whatever its length. Weights are
//! averaged over the later rounds, a probability and a threshold are fitted on texts that the weights
//! had not seen. The same marks give the same model. The product has no training text of its own: a
//! workspace begins without a model. What a model sees in a text can be asked for ([`Model::explain`]).

mod fit;
mod views;

use std::cell::RefCell;

use serde::Serialize;

use fit::{calibrate, fit, threshold};
pub use views::Views;
use views::{Pieces, Tally, frequency, valued};

use crate::{
    evasion::Canonical,
    fold::{Folded, Span},
    model::{Buckets, Model},
    quality::{Judged, Quality, measure},
};

/// Fewest marks of each label to train from.
pub const MARKS_MIN: usize = 5;
/// Most marks that are trained from; the caller takes the latest.
pub const MARKS_MAX: usize = 50_000;
/// Buckets that pieces are hashed into, as a power of two.
pub(crate) const BITS: u32 = 18;
/// Buckets.
pub(crate) const BUCKETS: usize = 1 << BITS;

/// Folds of the cross-validation.
const FOLDS: usize = 4;
/// Highest share of false alarms at which a threshold is chosen, on the marks, where none is given.
pub const FALSE_ALARMS: f64 = 0.035;

/// A text and whether it is unwanted.
#[derive(Clone, Debug)]
pub struct Mark<'a> {
    /// The text as written.
    pub text: &'a str,
    /// Whether operators do not want it.
    pub unwanted: bool,
}

/// Why nothing can be learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{unwanted} unwanted and {wanted} wanted texts are marked; {MARKS_MIN} of each are needed")]
pub struct TooFewMarks {
    /// Marks as unwanted.
    pub unwanted: usize,
    /// Marks as wanted.
    pub wanted: usize,
}

impl TooFewMarks {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        "model.too_few_marks"
    }
}

/// A model with the figures of its cross-validation.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The model, trained from all marks.
    pub model: Model,
    /// How good models trained from three quarters of the marks are on the fourth.
    pub quality: Quality,
}

/// What a model says of a text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Opinion {
    /// Probability that operators would mark it as unwanted, 0 to 1.
    pub probability: f64,
    /// Whether it lies above the model's threshold.
    pub unwanted: bool,
}

/// A part of a text that made a model think so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Influence {
    /// Characters of the original.
    pub span: Span,
    /// Its share of all that speaks for unwanted, 0 to 1.
    pub share: f64,
}

impl Model {
    /// What the model says of a text.
    pub fn judge(&self, text: &str) -> Opinion {
        let folded = Folded::new(text);
        self.judge_views(&Views::new(text, &folded, &Canonical::new(&folded)))
    }

    /// The same for a text that was looked at before.
    pub fn judge_views(&self, views: &Views) -> Opinion {
        thread_local! {
            static TALLY: RefCell<Tally> = RefCell::default();
        }
        let score = TALLY.with_borrow_mut(|tally| self.score(views, tally));
        let probability = self.probability(f64::from(score));
        Opinion {
            probability,
            unwanted: probability >= self.threshold,
        }
    }

    fn score(&self, views: &Views, tally: &mut Tally) -> f32 {
        let mut score = self.bias;
        for view in &views.views {
            let (mut square, mut sum) = (0.0_f32, 0.0_f32);
            for (bucket, count) in tally.count(view) {
                let bucket = self.buckets.get(bucket);
                let value = frequency(count) * bucket.scale;
                square += value * value;
                sum += value * bucket.weight;
            }
            score += sum / square.sqrt().max(1e-6);
        }
        score
    }

    /// The parts of a text that speak most for unwanted, by weight, at most three.
    pub fn explain(&self, views: &Views) -> Vec<Influence> {
        let count = views.length;
        // What each piece adds to each of its characters: at the first, and back at the one behind
        // the last.
        let mut steps = vec![0.0_f64; count + 1];
        let mut pieces = Vec::new();
        for view in &views.views {
            let mut square = 0.0_f32;
            pieces.clear();
            view.each(|(bucket, first, last)| {
                let bucket = self.buckets.get(bucket);
                square += bucket.scale.powi(2);
                if bucket.weight != 0.0 {
                    pieces.push((bucket.weight * bucket.scale, first, last));
                }
            });
            let length = square.sqrt().max(1e-6);
            for (weight, first, last) in &pieces {
                let (from, to) = (*first as usize, (*last as usize + 1).min(count));
                let part = f64::from(weight / length / (to - from).max(1) as f32);
                steps[from] += part;
                steps[to] -= part;
            }
        }
        let each: Vec<f32> = steps[..count]
            .iter()
            .scan(0.0, |sum, step| {
                *sum += step;
                Some(*sum as f32)
            })
            .collect();
        let all: f32 = each.iter().filter(|weight| **weight > 0.0).sum();
        let bar = each.iter().copied().fold(0.0, f32::max) / 4.0;
        if all <= 0.0 {
            return Vec::new();
        }
        let mut parts = Vec::new();
        let mut at = 0;
        while at < count {
            let length = each[at..]
                .iter()
                .take_while(|weight| **weight > bar)
                .count();
            if length > 0 {
                let weight: f32 = each[at..at + length].iter().sum();
                parts.push(Influence {
                    span: Span {
                        start: at as u32,
                        end: (at + length) as u32,
                    },
                    share: f64::from(weight / all),
                });
            }
            at += length.max(1);
        }
        parts.sort_by(|a, b| b.share.total_cmp(&a.share));
        parts.truncate(3);
        parts
    }

    /// Learns from marks. The same marks and seed give the same model.
    pub fn train(marks: &[Mark<'_>], seed: u64) -> Result<Self, TooFewMarks> {
        Self::learn(marks, seed, FALSE_ALARMS).map(|learned| learned.model)
    }

    /// Learns from marks and says how good the model is on those that its weights had not seen.
    /// `false_alarms`: the highest share of wanted texts above the threshold; two of them always
    /// may be. The threshold itself is chosen on the same texts, so of few marks the figures are a
    /// little too good.
    pub fn learn(marks: &[Mark<'_>], seed: u64, false_alarms: f64) -> Result<Learned, TooFewMarks> {
        let unwanted = marks.iter().filter(|mark| mark.unwanted).count();
        let wanted = marks.len() - unwanted;
        if unwanted < MARKS_MIN || wanted < MARKS_MIN {
            return Err(TooFewMarks { unwanted, wanted });
        }
        let texts: Vec<[Pieces; 4]> = marks
            .iter()
            .map(|mark| {
                let folded = Folded::new(mark.text);
                Views::new(mark.text, &folded, &Canonical::new(&folded)).counted()
            })
            .collect();
        let labels: Vec<bool> = marks.iter().map(|mark| mark.unwanted).collect();

        // Scores of texts by weights that had not seen them.
        let mut order: Vec<usize> = (0..marks.len()).collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut order);
        // Both labels are spread evenly over the folds.
        order.sort_by_key(|index| labels[*index]);
        let mut scores = vec![0.0; marks.len()];
        for fold in 0..FOLDS {
            let (held, rest): (Vec<_>, Vec<_>) = order
                .iter()
                .enumerate()
                .partition(|(place, _)| place % FOLDS == fold);
            let rest: Vec<usize> = rest.into_iter().map(|(_, index)| *index).collect();
            let (buckets, bias) = fit(&texts, &labels, &rest, seed);
            for (_, index) in held {
                let score: f32 = valued(&texts[*index], &buckets)
                    .iter()
                    .map(|(bucket, value)| buckets[*bucket as usize].weight * value)
                    .sum();
                scores[*index] = f64::from(score + bias);
            }
        }
        let all: Vec<usize> = (0..marks.len()).collect();
        let (buckets, bias) = fit(&texts, &labels, &all, seed);
        let (slope, offset) = calibrate(&scores, &labels);
        let mut model = Self {
            marks: marks.len(),
            unwanted,
            bias,
            slope,
            offset,
            threshold: 0.5,
            buckets: Buckets::new(&buckets),
        };
        model.threshold = model
            .probability(threshold(&scores, &labels, false_alarms))
            .clamp(0.05, 0.99);
        let judged: Vec<Judged> = scores
            .iter()
            .zip(&labels)
            .map(|(score, unwanted)| Judged {
                unwanted: *unwanted,
                decided: model.probability(*score) >= model.threshold,
                score: *score,
            })
            .collect();
        Ok(Learned {
            model,
            quality: measure(&judged),
        })
    }

    pub(crate) fn probability(&self, score: f64) -> f64 {
        1.0 / (1.0 + (-(self.slope * score + self.offset)).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Vec<(String, bool)> {
        let mut marks = Vec::new();
        for n in 0..60 {
            marks.push((format!("团购{n}号色粉看片加薇 kta{}", 600 + n), true));
            marks.push((format!("第{n}炉吐司出炉了,下班过来拿{}个", n % 7), false));
        }
        marks
    }

    fn trained(marks: &[(String, bool)], seed: u64) -> Model {
        let marks: Vec<Mark<'_>> = marks
            .iter()
            .map(|(text, unwanted)| Mark {
                text,
                unwanted: *unwanted,
            })
            .collect();
        Model::train(&marks, seed).unwrap()
    }

    #[test]
    fn what_was_marked_is_recognised_in_new_words() {
        let model = trained(&marks(), 1);
        assert!(model.judge("看片加薇 xae596").unwanted);
        assert!(!model.judge("今天的吐司还有吗").unwanted);
        assert!(model.judge("看片加薇 xae596").probability > model.judge("吐司加薇").probability);
    }

    #[test]
    fn figures_come_from_texts_that_the_weights_had_not_seen() {
        let (mut texts, seed) = (marks(), 1);
        // Labels that nothing in the text tells: whoever learns them by heart is right all the same.
        let mut chance = fastrand::Rng::with_seed(7);
        texts.extend((0..60).map(|n| (format!("{n}号收到"), chance.bool())));
        let marks: Vec<Mark<'_>> = texts
            .iter()
            .map(|(text, unwanted)| Mark {
                text,
                unwanted: *unwanted,
            })
            .collect();
        let learned = Model::learn(&marks, seed, 0.02).unwrap();
        assert_eq!(learned.quality.n, marks.len());
        let recall = learned.quality.recall.unwrap();
        assert!(
            (0.5..0.9).contains(&recall),
            "about 30 of 90 cannot be told: {recall}"
        );
        assert!(learned.quality.fpr.unwrap() <= 0.03);
        let lax = Model::learn(&marks, seed, 0.3).unwrap();
        assert!(
            lax.model.threshold() <= learned.model.threshold(),
            "who bears more false alarms catches more"
        );
        assert!(lax.quality.recall.unwrap() >= recall);
    }

    #[test]
    fn an_opinion_names_what_made_it() {
        let model = trained(&marks(), 1);
        let text = "今天的吐司,看片加薇 kta679";
        let folded = Folded::new(text);
        let parts = model.explain(&Views::new(text, &folded, &Canonical::new(&folded)));
        let first = parts.first().unwrap();
        assert!(first.span.start >= 5 && first.span.end <= 18, "{parts:?}");
        assert!(parts.iter().map(|part| part.share).sum::<f64>() <= 1.001);
    }

    #[test]
    fn the_same_marks_give_the_same_model() {
        let (a, b) = (trained(&marks(), 1), trained(&marks(), 1));
        assert_eq!(a.to_json(), b.to_json());
        assert_ne!(a.to_json(), trained(&marks(), 2).to_json());
    }

    #[test]
    fn a_few_marks_of_one_label_teach_nothing() {
        let marks = [Mark {
            text: "看片",
            unwanted: true,
        }];
        let error = Model::train(&marks, 1).unwrap_err();
        assert_eq!((error.unwanted, error.wanted), (1, 0));
    }

    #[test]
    fn probabilities_are_fitted_to_what_happens() {
        let scores: Vec<f64> = (-50..50).map(f64::from).map(|s| s / 10.0).collect();
        let labels: Vec<bool> = scores.iter().map(|s| *s > 1.0).collect();
        let (slope, offset) = calibrate(&scores, &labels);
        let p = |score: f64| 1.0 / (1.0 + (-(slope * score + offset)).exp());
        assert!(p(4.0) > 0.9 && p(-4.0) < 0.1, "{slope} {offset}");
        let bar = threshold(&scores, &labels, FALSE_ALARMS);
        assert!((0.9..1.2).contains(&bar), "{bar}");
    }
}
