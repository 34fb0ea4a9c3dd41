//! Weights, probabilities and a threshold from marked texts.

use super::{
    BUCKETS,
    views::{Pieces, valued},
};
use crate::model::Bucket;

/// Rounds over the marks; weights of the second half are averaged.
const ROUNDS: usize = 8;
/// Length of the first step.
const STEP: f32 = 0.2;

/// Fits weights to some of the texts: stochastic gradient with a step of its own for each bucket.
pub(super) fn fit(
    texts: &[[Pieces; 4]],
    labels: &[bool],
    chosen: &[usize],
    seed: u64,
) -> (Vec<Bucket>, f32) {
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
pub(super) fn calibrate(scores: &[f64], labels: &[bool]) -> (f64, f64) {
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
pub(super) fn threshold(scores: &[f64], labels: &[bool], most: f64) -> f64 {
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
        if false_alarms <= (most * negative).max(2.0) && f1 > best.0 {
            let next = ranked.get(place + 1).map_or(score - 0.1, |next| next.0);
            best = (f1, f64::midpoint(*score, next));
        }
    }
    best.1
}
