//! A classifier that a workspace trains from the marks of its own operators.
//!
//! Logistic regression over hashed pieces of a text in four views: the characters as written, the
//! folded characters with numbers and account names reduced to their kind (`kta679` and `xae596` are
//! the same), the sounds of the Han characters (homophones), and the bare shape of the original
//! (letters, digits, Han, emoji, signs). Each view has the same say whatever its length. Weights are
//! averaged over the later rounds, a probability and a threshold are fitted on texts that the weights
//! had not seen. The same marks give the same model. The product has no training text of its own: a
//! workspace begins without a model. What a model sees in a text can be asked for ([`Model::explain`]).

use serde::Serialize;

use crate::{
    evasion::Canonical,
    fold::{Folded, Span, pinyin_of},
    model::{Bucket, Model},
};

/// Fewest marks of each label to train from.
pub const MARKS_MIN: usize = 5;
/// Most marks that are trained from; the caller takes the latest.
pub const MARKS_MAX: usize = 50_000;
/// Buckets that pieces are hashed into, as a power of two.
pub(crate) const BITS: u32 = 18;
/// Buckets.
pub(crate) const BUCKETS: usize = 1 << BITS;

/// Rounds over the marks; weights of the second half are averaged.
const ROUNDS: usize = 8;
/// Length of the first step.
const STEP: f32 = 0.2;
/// Folds of the cross-validation.
const FOLDS: usize = 4;
/// Highest share of false alarms at which a threshold is chosen, on the marks.
const FALSE_ALARMS: f64 = 0.035;
/// Longest text that is read, in characters.
const LENGTH_MAX: usize = 2_000;

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

/// A text's pieces: buckets and their values, each once.
pub(crate) type Pieces = Vec<(u32, f32)>;

/// A piece where it stands: bucket, first and last character of the original.
type Placed = (u32, u32, u32);

/// One unit of a view and the characters of the original that it covers.
#[derive(Clone, Copy)]
struct Unit {
    code: u64,
    first: u32,
    last: u32,
}

/// The views of a text, each a list of pieces.
struct Views {
    views: [Vec<Placed>; 4],
}

impl Views {
    fn new(text: &str, folded: &Folded, canonical: &Canonical) -> Self {
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
            if let Some(sound) = pinyin_of(*c) {
                sounds.push(Unit {
                    code: sound.bytes().fold(7, |hash, b| hash * 131 + u64::from(b)),
                    first: *index,
                    last: *index,
                });
            }
        }
        let mut kinds = pieces(&kinds(&characters), 2, 4);
        for rewrite in canonical.rewritten() {
            let code = rewrite
                .says
                .bytes()
                .fold(11, |hash: u64, b| hash.wrapping_mul(131) + u64::from(b));
            kinds.push((
                (mixed(code) >> (64 - BITS)) as u32,
                rewrite.span.start,
                rewrite.span.end.saturating_sub(1),
            ));
        }
        Self {
            views: [
                pieces(&raw, 1, 3),
                kinds,
                pieces(&sounds, 3, 3),
                pieces(&shape, 4, 6),
            ],
        }
    }

    /// For each view its buckets with 1 + ln(how often).
    fn counted(&self) -> [Pieces; 4] {
        self.views.each_ref().map(|view| {
            let mut buckets: Vec<u32> = view.iter().map(|piece| piece.0).collect();
            buckets.sort_unstable();
            buckets
                .chunk_by(|a, b| a == b)
                .map(|run| (run[0], 1.0 + logarithm(run.len())))
                .collect()
        })
    }
}

/// Natural logarithm; most pieces occur once.
fn logarithm(count: usize) -> f32 {
    if count == 1 { 0.0 } else { (count as f32).ln() }
}

/// All runs of up to `longest` units, hashed.
fn pieces(units: &[Unit], view: u64, longest: usize) -> Vec<Placed> {
    let mut pieces = Vec::with_capacity(units.len() * longest);
    for (from, head) in units.iter().enumerate() {
        let mut hash = view.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for (length, unit) in (1_u64..).zip(units[from..].iter().take(longest)) {
            hash = (hash ^ unit.code)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(27);
            pieces.push((
                (mixed(hash ^ length) >> (64 - BITS)) as u32,
                head.first,
                unit.last,
            ));
        }
    }
    pieces
}

const fn mixed(mut hash: u64) -> u64 {
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    hash ^ (hash >> 32)
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
fn valued(views: &[Pieces; 4], buckets: &[Bucket]) -> Pieces {
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

impl Model {
    /// What the model says of a text.
    pub fn judge(&self, text: &str) -> Opinion {
        let folded = Folded::new(text);
        self.judge_folded(text, &folded, &Canonical::new(&folded))
    }

    /// The same for a text that was folded before.
    pub fn judge_folded(&self, text: &str, folded: &Folded, canonical: &Canonical) -> Opinion {
        let views = Views::new(text, folded, canonical);
        let mut score = self.bias;
        for view in &views.views {
            let mut buckets: Vec<u32> = view.iter().map(|piece| piece.0).collect();
            buckets.sort_unstable();
            let (mut square, mut sum) = (0.0_f32, 0.0_f32);
            for run in buckets.chunk_by(|a, b| a == b) {
                let bucket = &self.buckets[run[0] as usize];
                let value = (1.0 + logarithm(run.len())) * bucket.scale;
                square += value * value;
                sum += value * bucket.weight;
            }
            score += sum / square.sqrt().max(1e-6);
        }
        let probability = self.probability(f64::from(score));
        Opinion {
            probability,
            unwanted: probability >= self.threshold,
        }
    }

    /// The parts of a text that speak most for unwanted, by weight, at most three.
    pub fn explain(&self, text: &str, folded: &Folded, canonical: &Canonical) -> Vec<Influence> {
        let count = text.chars().count();
        let mut each = vec![0.0_f32; count];
        for view in &Views::new(text, folded, canonical).views {
            let square: f32 = view
                .iter()
                .map(|piece| self.buckets[piece.0 as usize].scale.powi(2))
                .sum();
            for (bucket, first, last) in view {
                let bucket = &self.buckets[*bucket as usize];
                let span = *first as usize..(*last as usize + 1).min(count);
                let part = bucket.weight * bucket.scale
                    / square.sqrt().max(1e-6)
                    / span.len().max(1) as f32;
                each[span].iter_mut().for_each(|weight| *weight += part);
            }
        }
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
            buckets,
        };
        model.threshold = model
            .probability(threshold(&scores, &labels))
            .clamp(0.05, 0.99);
        // What is kept is what will be read again.
        Ok(model.quantised())
    }

    pub(crate) fn probability(&self, score: f64) -> f64 {
        1.0 / (1.0 + (-(self.slope * score + self.offset)).exp())
    }
}

/// Fits weights to some of the texts: stochastic gradient with a step of its own for each bucket.
fn fit(texts: &[[Pieces; 4]], labels: &[bool], chosen: &[usize], seed: u64) -> (Vec<Bucket>, f32) {
    let mut seen = vec![0.0_f32; BUCKETS];
    for index in chosen {
        for (bucket, _) in texts[*index].iter().flatten() {
            seen[*bucket as usize] += 1.0;
        }
    }
    let total = chosen.len() as f32;
    let mut buckets: Vec<Bucket> = seen
        .iter()
        .map(|seen| Bucket {
            weight: 0.0,
            scale: (((1.0 + total) / (1.0 + seen)).ln().max(0.0) + 1.0).sqrt(),
        })
        .collect();
    let values: Vec<Pieces> = chosen
        .iter()
        .map(|index| valued(&texts[*index], &buckets))
        .collect();
    let mut steps = vec![1e-6_f32; BUCKETS];
    let mut averaged = vec![0.0_f32; BUCKETS];
    let (mut bias, mut bias_step, mut bias_averaged) = (0.0_f32, 1e-6_f32, 0.0_f32);
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    let mut chance = fastrand::Rng::with_seed(seed ^ 0x5EED);
    for round in 0..ROUNDS {
        chance.shuffle(&mut order);
        for place in &order {
            let text = &values[*place];
            let target = if labels[chosen[*place]] { 1.0 } else { -1.0 };
            let score: f32 = text
                .iter()
                .map(|(bucket, value)| buckets[*bucket as usize].weight * value)
                .sum();
            let slope = -target / (1.0 + (target * (score + bias)).exp());
            for (bucket, value) in text {
                let at = *bucket as usize;
                let gradient = slope * value + buckets[at].weight / total;
                steps[at] += gradient * gradient;
                buckets[at].weight -= STEP / steps[at].sqrt() * gradient;
            }
            bias_step += slope * slope;
            bias -= STEP / bias_step.sqrt() * slope;
        }
        if round >= ROUNDS / 2 {
            for (sum, bucket) in averaged.iter_mut().zip(&buckets) {
                *sum += bucket.weight;
            }
            bias_averaged += bias;
        }
    }
    let rounds = (ROUNDS - ROUNDS / 2) as f32;
    for (bucket, sum) in buckets.iter_mut().zip(&averaged) {
        bucket.weight = sum / rounds;
    }
    (buckets, bias_averaged / rounds)
}

/// Slope and offset that make scores probabilities (Platt), by Newton's method.
fn calibrate(scores: &[f64], labels: &[bool]) -> (f64, f64) {
    let positive = labels.iter().filter(|label| **label).count() as f64;
    let negative = labels.len() as f64 - positive;
    let (high, low) = ((positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0));
    let (mut slope, mut offset) = (1.0, 0.0);
    for _ in 0..100 {
        let (mut gs, mut go, mut hss, mut hso, mut hoo) = (0.0, 0.0, 1e-6, 0.0, 1e-6);
        for (score, label) in scores.iter().zip(labels) {
            let p = 1.0 / (1.0 + (-(slope * score + offset)).exp());
            let error = p - if *label { high } else { low };
            let curve = p * (1.0 - p);
            gs += error * score;
            go += error;
            hss += curve * score * score;
            hso += curve * score;
            hoo += curve;
        }
        let determinant = hss * hoo - hso * hso;
        if determinant.abs() < 1e-12 {
            break;
        }
        let (ds, d_o) = (
            (hoo * gs - hso * go) / determinant,
            (hss * go - hso * gs) / determinant,
        );
        // A step too long leaves the place where the curve is known.
        slope -= ds.clamp(-1.0, 1.0);
        offset -= d_o.clamp(-1.0, 1.0);
        if ds.abs() + d_o.abs() < 1e-9 {
            break;
        }
    }
    if slope.is_finite() && slope > 0.0 && offset.is_finite() {
        (slope, offset)
    } else {
        (1.0, 0.0)
    }
}

/// The score with the best F1 among those with few false alarms.
fn threshold(scores: &[f64], labels: &[bool]) -> f64 {
    let mut ranked: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positive = labels.iter().filter(|label| **label).count() as f64;
    let negative = labels.len() as f64 - positive;
    let (mut found, mut false_alarms) = (0.0, 0.0);
    let mut best = (0.0, 0.0);
    for (place, (score, label)) in ranked.iter().enumerate() {
        if *label {
            found += 1.0;
        } else {
            false_alarms += 1.0;
        }
        let f1 = 2.0 * found / (found + false_alarms + positive);
        // Of few marks a share says nothing: two may be wrong.
        if false_alarms <= (FALSE_ALARMS * negative).max(2.0) && f1 > best.0 {
            let next = ranked.get(place + 1).map_or(score - 0.1, |next| next.0);
            best = (f1, f64::midpoint(*score, next));
        }
    }
    best.1
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
    fn an_opinion_names_what_made_it() {
        let model = trained(&marks(), 1);
        let text = "今天的吐司,看片加薇 kta679";
        let folded = Folded::new(text);
        let parts = model.explain(text, &folded, &Canonical::new(&folded));
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
        let bar = threshold(&scores, &labels);
        assert!((0.9..1.2).contains(&bar), "{bar}");
    }
}
