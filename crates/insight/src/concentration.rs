//! Concentration: whether many speak or buy, or few. req: 002-035

use serde::Serialize;

/// Gini coefficient of counts, 0 (all alike) to below 1 (one has all).
///
/// With the counts in ascending order x₁ … xₙ: G = 2·Σ i·xᵢ / (n·Σ xᵢ) − (n + 1)/n. `None` without
/// counts or if all are 0. For 发言集中度 the counts are the messages of the members who wrote at
/// least one in the period, so silence does not count as inequality. req: 002-035
pub fn gini(counts: &[u64]) -> Option<f64> {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as u128;
    let total: u128 = sorted.iter().map(|count| u128::from(*count)).sum();
    if total == 0 {
        return None;
    }
    let weighted = (1_u128..)
        .zip(&sorted)
        .try_fold(0_u128, |sum, (rank, count)| {
            sum.checked_add(rank.checked_mul(u128::from(*count))?)
        })?;
    let gini = 2.0 * weighted as f64 / (n as f64 * total as f64) - (n as f64 + 1.0) / n as f64;
    Some(gini.clamp(0.0, 1.0))
}

/// Share of all that the top part has: the ⌈fraction·n⌉ largest counts over their sum, 0..1.
///
/// `None` without counts, if all are 0, or if the fraction is not in (0, 1]. req: 002-035
pub fn top_share(counts: &[u64], fraction: f64) -> Option<f64> {
    let taken = top_count(counts.len(), fraction)?;
    let mut sorted = counts.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let total: u128 = sorted.iter().map(|count| u128::from(*count)).sum();
    let top: u128 = sorted[..taken].iter().map(|count| u128::from(*count)).sum();
    (total > 0).then(|| top as f64 / total as f64)
}

/// ⌈fraction·n⌉, where a product that misses a whole number only by rounding is that number.
pub fn top_count(n: usize, fraction: f64) -> Option<usize> {
    let valid = n > 0 && fraction > 0.0 && fraction <= 1.0;
    valid.then(|| ((n as f64 * fraction - 1e-9).ceil() as usize).clamp(1, n))
}

/// Who brings the sales: 80 % from 20 %?
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pareto {
    /// Places (in the given slice) of the ⌈20 %⌉ who bought most, the largest first, ties in the
    /// order given.
    pub top: Vec<usize>,
    /// Their share of the sum, 0..1.
    pub top_share: f64,
    /// The smallest share of customers, 0..1, that together brings 80 % of the sum.
    pub needed_for_80: f64,
    /// The curve at 0 %, 10 % … 100 % of the customers: their share of the sum.
    pub curve: [f64; 11],
}

/// The Pareto report over the sales of each customer in minor units; a customer with refunds above
/// purchases counts as 0. `None` without a positive amount.
pub fn pareto(amounts_minor: &[i64]) -> Option<Pareto> {
    let n = amounts_minor.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|place| std::cmp::Reverse(amounts_minor[*place].max(0)));
    let mut running = vec![0_i128];
    for place in &order {
        running.push(running[running.len() - 1] + i128::from(amounts_minor[*place].max(0)));
    }
    let total = running[n];
    if total == 0 {
        return None;
    }
    let part = |customers: usize| running[customers] as f64 / total as f64;
    let taken = top_count(n, 0.2)?;
    let needed = running.iter().position(|sum| sum * 5 >= total * 4)?;
    let mut curve = [0.0; 11];
    for (tenth, point) in (0..=10).zip(&mut curve) {
        *point = part((n * tenth).div_ceil(10));
    }
    Some(Pareto {
        top: order[..taken].to_vec(),
        top_share: part(taken),
        needed_for_80: needed as f64 / n as f64,
        curve,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-12)
    }

    /// req: 002-035
    #[test]
    fn gini_of_known_shapes() {
        assert_eq!(gini(&[]), None);
        assert_eq!(gini(&[0, 0]), None);
        assert!(close(gini(&[7]), 0.0));
        assert!(close(gini(&[3, 3, 3]), 0.0));
        assert!(close(gini(&[0, 0, 0, 8]), 0.75));
        assert!(close(gini(&[1, 2, 3, 4]), 0.25));
        assert!(gini(&[u64::MAX; 9]).is_some());
    }

    #[test]
    fn top_share_rounds_the_head_count_up() {
        assert!(close(top_share(&[50, 10, 10, 10, 10, 10], 0.10), 0.5));
        assert!(close(top_share(&[1; 10], 0.10), 0.1));
        assert!(close(top_share(&[1; 11], 0.10), 2.0 / 11.0));
        assert!(close(top_share(&[1; 30], 0.10), 0.1));
        assert_eq!(top_share(&[], 0.10), None);
        assert_eq!(top_share(&[0], 0.10), None);
        assert_eq!(top_share(&[1], 0.0), None);
        assert_eq!(top_share(&[1], f64::NAN), None);
    }

    #[test]
    fn pareto_names_the_top_fifth() {
        let report = pareto(&[100, 8_000, -50, 900, 1_000]).unwrap();
        assert_eq!(report.top, [1]);
        assert!((report.top_share - 0.8).abs() < 1e-12);
        assert!((report.needed_for_80 - 0.2).abs() < 1e-12);
        assert!(close(Some(report.curve[0]), 0.0) && close(Some(report.curve[10]), 1.0));
        assert_eq!(pareto(&[]), None);
        assert_eq!(pareto(&[-1, 0]), None);
    }

    proptest! {
        #[test]
        fn gini_lies_between_0_and_1_and_ignores_order_and_scale(
            mut counts in proptest::collection::vec(0_u64..1_000_000, 1..60), factor in 1_u64..9,
        ) {
            let first = gini(&counts);
            prop_assert_eq!(first.is_none(), counts.iter().all(|c| *c == 0));
            if let Some(first) = first {
                prop_assert!((0.0..1.0).contains(&first));
                counts.reverse();
                for count in &mut counts {
                    *count *= factor;
                }
                prop_assert!(close(gini(&counts), first) || (gini(&counts).unwrap() - first).abs() < 1e-9);
            }
        }

        #[test]
        fn a_larger_top_has_at_least_as_much(
            counts in proptest::collection::vec(0_u64..1_000, 1..60), a in 0.01_f64..1.0, b in 0.01_f64..1.0,
        ) {
            if let (Some(small), Some(large)) = (top_share(&counts, a.min(b)), top_share(&counts, a.max(b))) {
                prop_assert!(small <= large && (0.0..=1.0).contains(&small));
                prop_assert!(close(top_share(&counts, 1.0), 1.0));
            }
        }

        #[test]
        fn pareto_curves_never_fall(amounts in proptest::collection::vec(-100_i64..100_000, 1..60)) {
            if let Some(report) = pareto(&amounts) {
                prop_assert!(report.curve.windows(2).all(|pair| pair[0] <= pair[1]));
                prop_assert!(report.needed_for_80 > 0.0 && report.needed_for_80 <= 1.0);
            }
        }
    }
}
