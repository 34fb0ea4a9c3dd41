//! What the people of the world buy.

use std::sync::LazyLock;

use yutang_domain::time::{DAY, MINUTE, Timestamp};

use super::{
    Temper,
    people::Person,
    section::{rng, sections},
    world::{Order, OrderLine, OrderState, World},
};

/// Something on the shelf.
#[derive(Clone, Copy, Debug)]
pub struct Goods {
    /// Its name, which is its stock number too.
    pub name: &'static str,
    /// Price in minor units.
    pub price_minor: i64,
    weight: u32,
}

/// Everything on the shelf; the first eighteen are bread.
pub(super) static GOODS: LazyLock<Vec<Goods>> = LazyLock::new(|| {
    sections(include_str!("../../data/goods.txt"))
        .into_iter()
        .flat_map(|(_, lines)| lines)
        .filter_map(|line| {
            let mut parts = line.split('|');
            Some(Goods {
                name: parts.next()?,
                price_minor: parts.next()?.parse().ok()?,
                weight: parts.nth(1)?.parse().ok()?,
            })
        })
        .collect()
});

fn pick(rng: &mut fastrand::Rng) -> Goods {
    let total: u32 = GOODS.iter().map(|g| g.weight).sum();
    let mut left = rng.u32(..total);
    for goods in GOODS.iter() {
        if left < goods.weight {
            return *goods;
        }
        left -= goods.weight;
    }
    GOODS[0]
}

/// One to three lines of an order.
pub(super) fn basket(rng: &mut fastrand::Rng) -> Vec<OrderLine> {
    let count = match rng.u8(..100) {
        0..58 => 1,
        58..88 => 2,
        _ => 3,
    };
    let mut lines: Vec<OrderLine> = Vec::with_capacity(count);
    for _ in 0..count {
        let goods = pick(rng);
        if lines.iter().any(|line| line.sku == goods.name) {
            continue;
        }
        let quantity = if goods.price_minor < 2_000 && rng.u8(..100) < 28 {
            2
        } else {
            1
        };
        lines.push(OrderLine {
            sku: goods.name.to_owned(),
            quantity,
            amount_minor: goods.price_minor * quantity,
        });
    }
    lines
}

/// Adds to each line the one that takes it back, so that the order comes to nothing.
fn taken_back(lines: &mut Vec<OrderLine>) {
    let back: Vec<OrderLine> = lines
        .iter()
        .map(|line| OrderLine {
            sku: line.sku.clone(),
            quantity: -line.quantity,
            amount_minor: -line.amount_minor,
        })
        .collect();
    lines.extend(back);
}

/// How readily people buy on Monday … Sunday, Saturday being 100.
const WEEKDAY: [u8; 7] = [52, 50, 66, 55, 70, 100, 78];

/// A second of the day at which somebody orders; Saturday evening belongs to the flash sale.
pub(super) fn second_of_day(weekday: u8, rng: &mut fastrand::Rng) -> i64 {
    if weekday == 6 && rng.u8(..100) < 45 {
        return 20 * 3600 + rng.i64(0..5400);
    }
    let hour = match rng.u8(..100) {
        0..22 => rng.i64(7..10),
        22..42 => rng.i64(10..13),
        42..62 => rng.i64(13..17),
        62..88 => rng.i64(17..20),
        _ => rng.i64(20..22),
    };
    hour * 3600 + rng.i64(0..3600)
}

/// How many of a hundred people of a group buy, and their mean gap in days at the least and most.
const fn appetite(temper: Temper) -> (u8, f64, f64) {
    match temper {
        Temper::Lively => (40, 4.0, 30.0),
        Temper::QuietSelling => (62, 5.0, 22.0),
        Temper::Steady => (34, 5.0, 34.0),
        Temper::Cooling => (24, 9.0, 40.0),
        Temper::Dead => (12, 10.0, 40.0),
        Temper::Advert => (14, 8.0, 40.0),
    }
}

/// Mean days between orders of somebody in a group of this temper.
pub(super) fn gap_of(temper: Temper, rng: &mut fastrand::Rng) -> Option<f64> {
    let (share, least, most) = appetite(temper);
    let buys = rng.u8(..100) < share;
    let skewed = rng.f64() * rng.f64();
    buys.then_some(least + (most - least) * skewed)
}

/// All orders of the people at home in a group, in order of time.
pub(super) fn orders(world: &World, group: usize, people: &[Person]) -> Vec<Order> {
    let temper = world.groups()[group].temper;
    let lean = if world.is_demo() { 1.0 } else { 9.0 };
    let mut orders = Vec::new();
    for person in people {
        if let Some(planned) = world.planted_orders(person) {
            orders.extend(planned);
            continue;
        }
        let Some(gap) = person.gap.map(|gap| gap * lean) else {
            continue;
        };
        let mut rng = rng(world.seed(), 41, u64::from(person.index));
        let end = person.left_at.unwrap_or(world.now()).min(world.now());
        let mut at = person.joined_at.max(world.begin()).ms() as f64 + rng.f64() * gap * DAY as f64;
        while at < end.ms() as f64 {
            if let Some(time) = world.order_time(at as i64, &mut rng)
                && time >= person.joined_at
                && time < end
            {
                let state = match rng.u8(..100) {
                    0 => OrderState::Cancelled,
                    1 => OrderState::Refunded,
                    _ => OrderState::Paid,
                };
                let mut lines = basket(&mut rng);
                if state != OrderState::Paid {
                    taken_back(&mut lines);
                }
                orders.push(Order {
                    key: String::new(),
                    person: person.index,
                    group,
                    at: time,
                    lines,
                    state,
                });
            }
            let stretch = (-(1.0 - rng.f64()).ln()).clamp(0.2, 3.0);
            at += gap * stretch * DAY as f64;
        }
    }
    orders.sort_by_key(|order| (order.at, order.person));
    // A group that fell silent buys no more, one that cools down a sixth of what it did.
    let quiet = match temper {
        Temper::Dead => Some((20, 0)),
        Temper::Cooling => Some((9, 6)),
        _ => None,
    };
    if let Some((days, every)) = quiet {
        let since = world.now().plus(-days * DAY);
        let mut late = 0_u32;
        orders.retain(|order| {
            late += u32::from(order.at >= since);
            order.at < since || every > 0 && late.is_multiple_of(every)
        });
    }
    let mut number = 0;
    for order in &mut orders {
        number += 1;
        let (year, month, day) = world.zone().day(order.at).parts();
        order.key = format!("MT{year:04}{month:02}{day:02}{group:04}{number:04}");
    }
    orders
}

impl World {
    /// The moment of an order around `at`, on a day on which people feel like buying.
    fn order_time(&self, at: i64, rng: &mut fastrand::Rng) -> Option<Timestamp> {
        let mut day = self.day_index(at)?;
        for _ in 0..3 {
            if rng.u8(..100) < WEEKDAY[usize::from(self.weekday(day)) - 1] {
                break;
            }
            day += 1;
        }
        let weekday = self.weekday_opt(day)?;
        Some(
            self.day_start(day)?
                .plus(second_of_day(weekday, rng) * 1_000),
        )
    }

    /// Orders that are a planted fact, instead of chance.
    pub(super) fn planted_orders(&self, person: &Person) -> Option<Vec<Order>> {
        let planted = self.planted()?;
        let order = |at: Timestamp, lines: Vec<OrderLine>| Order {
            key: String::new(),
            person: person.index,
            group: person.home,
            at,
            lines,
            state: OrderState::Paid,
        };
        let mut rng = rng(self.seed(), 42, u64::from(person.index));
        if let Some(place) = planted.flock.iter().position(|p| *p == person.index) {
            let at = person.joined_at.plus((11 + 3 * place as i64) * MINUTE);
            let line = OrderLine {
                sku: "新客吐司券".to_owned(),
                quantity: 1,
                amount_minor: 300,
            };
            return Some(vec![order(at, vec![line])]);
        }
        if person.index == planted.slipping {
            return Some(
                (0..12)
                    .map(|n| {
                        let back = 20 * DAY + n * 6 * DAY;
                        let jitter = rng.i64(-7..7) * 60 * MINUTE;
                        let jitter = if n == 0 { -jitter.abs() } else { jitter };
                        order(self.now().plus(jitter - back), basket(&mut rng))
                    })
                    .collect(),
            );
        }
        let count = planted
            .brought
            .iter()
            .find(|(index, _)| *index == person.index)
            .map(|(_, count)| *count)
            .or_else(|| (person.index == planted.loud_friend).then_some(2))?;
        let span = self.now().since(person.joined_at) - DAY;
        Some(
            (1..=i64::from(count))
                .map(|n| {
                    let at = person.joined_at.plus(span / (i64::from(count) + 1) * n);
                    order(at, basket(&mut rng))
                })
                .collect(),
        )
    }
}
