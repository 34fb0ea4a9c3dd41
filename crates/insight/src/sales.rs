//! Sales and profit as products of what makes them, and which factor moved.
//!
//! 销售额 = 流量 × 转化率 × 客单价 (req: 003-014) and 利润 = 流量 × 转化率 × 复购 × 笔单价 × 利润率.
//! A change of the product is split into one part of money per factor by the
//! logarithmic mean (additive LMDI-I, B. W. Ang): the part of a factor that went from x₀ to x₁ while
//! the product went from S₀ to S₁ is L(S₁, S₀)·ln(x₁/x₀) with L(a, b) = (a − b)/ln(a/b), L(a, a) = a.
//! The parts add up without a rest and do not depend on the order of the factors; turned around in
//! time, every part changes its sign.

use serde::Serialize;

/// What was counted of one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// People reached: members of the groups in the period, or visitors of the shop; `None` if not
    /// counted.
    pub traffic: Option<u64>,
    /// Different people with an order.
    pub buyers: u64,
    /// Orders.
    pub orders: u64,
    /// Sum of all order lines less cancellations and refunds, in minor units.
    pub sales_minor: i64,
    /// Sales less cost of goods and of the campaign, in minor units; `None` without costs.
    pub profit_minor: Option<i64>,
}

/// Sales = traffic × conversion × basket. req: 003-014
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Factors {
    /// People reached.
    pub traffic: Option<u64>,
    /// Buyers per person reached, 0..1 (above 1 if people bought who were not counted as reached).
    pub conversion: Option<f64>,
    /// 客单价: sales per buyer, in minor units.
    pub basket_minor: Option<f64>,
    /// Sales in minor units.
    pub sales_minor: i64,
}

fn quotient(part: f64, whole: f64) -> Option<f64> {
    (whole != 0.0).then(|| part / whole)
}

/// The three factors of a period's sales; undefined ones are `None`. req: 003-014
pub fn factors(counted: &Counted) -> Factors {
    Factors {
        traffic: counted.traffic,
        conversion: counted
            .traffic
            .and_then(|traffic| quotient(counted.buyers as f64, traffic as f64)),
        basket_minor: quotient(counted.sales_minor as f64, counted.buyers as f64),
        sales_minor: counted.sales_minor,
    }
}

/// A factor of sales or profit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// 流量: people reached.
    Traffic,
    /// 转化率: buyers per person reached.
    Conversion,
    /// 购买人数: buyers, where traffic is not known.
    Buyers,
    /// 客单价: sales per buyer.
    Basket,
    /// 复购: orders per buyer.
    Repurchase,
    /// 笔单价: sales per order.
    OrderValue,
    /// 利润率: profit per sales.
    Margin,
}

/// What one factor did to the result.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Part {
    /// The factor.
    pub factor: Factor,
    /// Its value in the earlier period (money in minor units).
    pub before: f64,
    /// Its value in the later period.
    pub now: f64,
    /// What its change alone is worth, in minor units.
    pub minor: i64,
}

/// Why sales moved: parts in minor units that add up to `now.sales_minor − before.sales_minor`.
///
/// Traffic, conversion and basket; buyers and basket if traffic is unknown in either period. `None`
/// if a factor is not positive in either period: from or to nothing there is no share of blame.
/// req: 003-014
pub fn decompose(before: &Counted, now: &Counted) -> Option<Vec<Part>> {
    let (a, b) = (factors(before), factors(now));
    let basket = (Factor::Basket, a.basket_minor?, b.basket_minor?);
    let change = now.sales_minor.checked_sub(before.sales_minor)?;
    let sums = (before.sales_minor as f64, now.sales_minor as f64);
    if let (Some(from), Some(to)) = (a.traffic, b.traffic) {
        let traffic = (Factor::Traffic, from as f64, to as f64);
        let conversion = (Factor::Conversion, a.conversion?, b.conversion?);
        split(change, sums, &[traffic, conversion, basket])
    } else {
        let buyers = (Factor::Buyers, before.buyers as f64, now.buyers as f64);
        split(change, sums, &[buyers, basket])
    }
}

/// Splits a change of a product over its factors, in whole minor units. The units that rounding down
/// leaves over go to the largest fractions, in the order of the factors among equals.
fn split(change: i64, (s0, s1): (f64, f64), factors: &[(Factor, f64, f64)]) -> Option<Vec<Part>> {
    let positive = |x: f64| x > 0.0 && x.is_finite();
    if !positive(s0)
        || !positive(s1)
        || factors
            .iter()
            .any(|(_, a, b)| !positive(*a) || !positive(*b))
    {
        return None;
    }
    let ratio = (s1 / s0).ln();
    let mean = if ratio.abs() < 1e-12 {
        f64::midpoint(s0, s1)
    } else {
        (s1 - s0) / ratio
    };
    let exact: Vec<f64> = factors
        .iter()
        .map(|(_, a, b)| mean * (b / a).ln())
        .collect();
    let mut parts: Vec<Part> = factors
        .iter()
        .zip(&exact)
        .map(|((factor, before, now), exact)| Part {
            factor: *factor,
            before: *before,
            now: *now,
            minor: exact.floor() as i64,
        })
        .collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|a, b| {
        (exact[*b] - exact[*b].floor()).total_cmp(&(exact[*a] - exact[*a].floor()))
    });
    let rest = change - parts.iter().map(|part| part.minor).sum::<i64>();
    let (each, odd) = (
        rest.div_euclid(parts.len() as i64),
        rest.rem_euclid(parts.len() as i64),
    );
    for (place, index) in (0_i64..).zip(order) {
        parts[index].minor += each + i64::from(place < odd);
    }
    Some(parts)
}

/// Profit = traffic × conversion × repurchase × order value × margin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ProfitChain {
    /// 流量.
    pub traffic: Option<u64>,
    /// 转化率 = buyers / traffic.
    pub conversion: Option<f64>,
    /// 购买人数.
    pub buyers: u64,
    /// 平均复购 = orders / buyers.
    pub repurchase: Option<f64>,
    /// 购买次数.
    pub orders: u64,
    /// 笔单价 = sales / orders, in minor units.
    pub order_minor: Option<f64>,
    /// 利润率 = profit / sales.
    pub margin: Option<f64>,
    /// 利润额 in minor units.
    pub profit_minor: Option<i64>,
}

/// The chain of a period; undefined links are `None`.
pub fn profit_chain(counted: &Counted) -> ProfitChain {
    ProfitChain {
        traffic: counted.traffic,
        conversion: factors(counted).conversion,
        buyers: counted.buyers,
        repurchase: quotient(counted.orders as f64, counted.buyers as f64),
        orders: counted.orders,
        order_minor: quotient(counted.sales_minor as f64, counted.orders as f64),
        margin: counted
            .profit_minor
            .and_then(|profit| quotient(profit as f64, counted.sales_minor as f64)),
        profit_minor: counted.profit_minor,
    }
}

/// Why profit moved, as [`decompose`] for sales: over traffic and conversion (or buyers), repurchase,
/// order value and margin. `None` also if either period has no positive profit.
pub fn decompose_profit(before: &Counted, now: &Counted) -> Option<Vec<Part>> {
    let (a, b) = (profit_chain(before), profit_chain(now));
    let (from, to) = (a.profit_minor?, b.profit_minor?);
    let mut links = Vec::new();
    if let (Some(x), Some(y)) = (a.traffic, b.traffic) {
        links.push((Factor::Traffic, x as f64, y as f64));
        links.push((Factor::Conversion, a.conversion?, b.conversion?));
    } else {
        links.push((Factor::Buyers, a.buyers as f64, b.buyers as f64));
    }
    links.push((Factor::Repurchase, a.repurchase?, b.repurchase?));
    links.push((Factor::OrderValue, a.order_minor?, b.order_minor?));
    links.push((Factor::Margin, a.margin?, b.margin?));
    split(to.checked_sub(from)?, (from as f64, to as f64), &links)
}

/// The sliders of a what-if: each factor times this; 1 leaves it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WhatIf {
    /// Times traffic.
    pub traffic: f64,
    /// Times conversion.
    pub conversion: f64,
    /// Times repurchase.
    pub repurchase: f64,
    /// Times order value.
    pub order_value: f64,
    /// Times margin.
    pub margin: f64,
}

impl Default for WhatIf {
    fn default() -> Self {
        Self {
            traffic: 1.0,
            conversion: 1.0,
            repurchase: 1.0,
            order_value: 1.0,
            margin: 1.0,
        }
    }
}

impl ProfitChain {
    /// The profit if the factors were other, in minor units, rounded to the nearest; `None` without a
    /// profit or if a slider is negative or not a number.
    pub fn what_if(&self, sliders: &WhatIf) -> Option<i64> {
        let all = [
            sliders.traffic,
            sliders.conversion,
            sliders.repurchase,
            sliders.order_value,
            sliders.margin,
        ];
        let times: f64 = all.iter().product();
        let valid = all.iter().all(|slider| *slider >= 0.0) && times.is_finite();
        let profit = self.profit_minor?;
        valid.then(|| (profit as f64 * times).round() as i64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(traffic: u64, buyers: u64, sales_minor: i64) -> Counted {
        Counted {
            traffic: Some(traffic),
            buyers,
            orders: buyers * 2,
            sales_minor,
            profit_minor: Some(sales_minor / 4),
        }
    }

    /// req: 003-014
    #[test]
    fn sales_are_the_product_of_their_factors() {
        let found = factors(&counted(2_000, 100, 277_000));
        assert_eq!(found.conversion, Some(0.05));
        assert_eq!(found.basket_minor, Some(2_770.0));
        let unknown = factors(&Counted {
            traffic: None,
            ..counted(0, 0, 0)
        });
        assert_eq!(
            (unknown.traffic, unknown.conversion, unknown.basket_minor),
            (None, None, None)
        );
        assert_eq!(factors(&counted(0, 0, 0)).conversion, None);
    }

    /// req: 003-014
    #[test]
    fn the_factor_that_moved_is_named() {
        let parts = decompose(&counted(2_000, 100, 400_000), &counted(1_000, 50, 200_000)).unwrap();
        assert_eq!(
            parts
                .iter()
                .map(|part| (part.factor, part.minor))
                .collect::<Vec<_>>(),
            [
                (Factor::Traffic, -200_000),
                (Factor::Conversion, 0),
                (Factor::Basket, 0)
            ]
        );
        let hidden = Counted {
            traffic: None,
            ..counted(0, 50, 200_000)
        };
        let parts = decompose(&counted(2_000, 100, 400_000), &hidden).unwrap();
        assert_eq!(parts[0].factor, Factor::Buyers);
        assert_eq!(parts[0].minor, -200_000);
        assert_eq!(
            decompose(&counted(2_000, 100, 400_000), &counted(2_000, 0, 0)),
            None
        );
        assert_eq!(
            decompose(&counted(2_000, 100, -5), &counted(2_000, 10, 50)),
            None
        );
    }

    #[test]
    fn the_profit_chain_multiplies_and_answers_what_if() {
        let chain = profit_chain(&counted(2_000, 100, 400_000));
        let product = chain.traffic.unwrap() as f64
            * chain.conversion.unwrap()
            * chain.repurchase.unwrap()
            * chain.order_minor.unwrap()
            * chain.margin.unwrap();
        assert!((product - 100_000.0).abs() < 1e-6);
        assert_eq!(chain.what_if(&WhatIf::default()), Some(100_000));
        assert_eq!(
            chain.what_if(&WhatIf {
                traffic: 1.5,
                margin: 2.0,
                ..WhatIf::default()
            }),
            Some(300_000)
        );
        assert_eq!(
            chain.what_if(&WhatIf {
                traffic: -1.0,
                ..WhatIf::default()
            }),
            None
        );
        assert_eq!(
            chain.what_if(&WhatIf {
                traffic: f64::NAN,
                ..WhatIf::default()
            }),
            None
        );
        let parts =
            decompose_profit(&counted(2_000, 100, 400_000), &counted(3_000, 90, 500_000)).unwrap();
        assert_eq!(parts.iter().map(|part| part.minor).sum::<i64>(), 25_000);
    }

    proptest! {
        #[test]
        fn parts_add_up_and_turn_around(
            traffic in (1_u64..1_000_000, 1_u64..1_000_000),
            buyers in (1_u64..100_000, 1_u64..100_000),
            sales in (1_i64..1_000_000_000_000, 1_i64..1_000_000_000_000),
        ) {
            let before = counted(traffic.0, buyers.0, sales.0);
            let now = counted(traffic.1, buyers.1, sales.1);
            let parts = decompose(&before, &now).unwrap();
            prop_assert_eq!(parts.iter().map(|part| part.minor).sum::<i64>(), sales.1 - sales.0);
            let back = decompose(&now, &before).unwrap();
            for (there, back) in parts.iter().zip(&back) {
                prop_assert!((there.minor + back.minor).abs() <= 4);
                if (there.now - there.before).abs() * 1e6 > there.before {
                    prop_assert!(there.minor == 0 || (there.minor > 0) == (there.now > there.before) || there.minor.abs() <= 2);
                }
            }
        }

        #[test]
        fn nothing_is_ever_nan(
            a in (proptest::option::of(0_u64..9), 0_u64..9, 0_u64..9, -9_i64..9),
            b in (proptest::option::of(0_u64..9), 0_u64..9, 0_u64..9, -9_i64..9),
        ) {
            let counted = |(traffic, buyers, orders, sales_minor)| Counted {
                traffic, buyers, orders, sales_minor, profit_minor: Some(sales_minor),
            };
            let (a, b) = (counted(a), counted(b));
            let chain = profit_chain(&a);
            for value in [factors(&a).basket_minor, chain.conversion, chain.repurchase, chain.margin].into_iter().flatten() {
                prop_assert!(value.is_finite());
            }
            for parts in [decompose(&a, &b), decompose_profit(&a, &b)].into_iter().flatten() {
                prop_assert!(parts.iter().all(|part| part.before.is_finite() && part.now.is_finite()));
            }
        }
    }
}
