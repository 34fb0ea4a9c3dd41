//! 社群日报: what a day came to, in one line that staff read at nine (trade.md 12).
//!
//! A digest is a row of parts, each a sentence with its arguments. A figure that nothing shows is
//! said to be unknown and never told as 0.

use serde_json::{Value, json};

use crate::{
    id::{BranchId, StaffTaskId},
    money::Currency,
    time::{Date, Timestamp, Zone},
};

/// Hour of the day at which the day before is told.
pub const TOLD_AT: u8 = 9;
/// Hour from which it is not told any more: whoever reads it then waits for the next.
pub const TOLD_UNTIL: u8 = 21;
/// How many stores and open tasks the line names.
pub const NAMED: usize = 3;

/// Sales of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sold {
    /// Amount in minor units.
    pub sales_minor: i64,
    /// Orders.
    pub orders: i64,
    /// Amount on the same weekday a week before.
    pub week_before_minor: i64,
}

/// Who came and who went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// People who came.
    pub joined: i64,
    /// People who went.
    pub left: i64,
}

/// Who wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// People who wrote.
    pub speakers: i64,
    /// People who were there.
    pub members: i64,
}

/// A store's sales.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// The store.
    pub branch: BranchId,
    /// Its name.
    pub name: String,
    /// Amount in minor units.
    pub sales_minor: i64,
}

/// A task that should be done and is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// The task.
    pub task: StaffTaskId,
    /// In which group.
    pub group: Option<String>,
    /// Who should have done it.
    pub who: Option<String>,
}

/// What a day came to; none = nothing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Which day.
    pub day: Date,
    /// Sales; none where no order was ever known.
    pub sold: Option<Sold>,
    /// Who came and went; none where no channel tells.
    pub growth: Option<Growth>,
    /// Who wrote; none where no channel lets it be read.
    pub spoken: Option<Spoken>,
    /// Stores that sold, the best first.
    pub stores: Vec<Store>,
    /// Tasks past their time.
    pub undone: Vec<Undone>,
    /// Complaints that are open.
    pub complaints: i64,
    /// Appeals that are open.
    pub appeals: i64,
}

/// A sentence of the digest: its code and its arguments.
pub type Part = (&'static str, Value);

/// The day that is to be told now, by the clock of the organisation.
pub fn due(zone: &Zone, now: Timestamp) -> Option<Date> {
    let hour = zone.hour(now);
    (TOLD_AT..TOLD_UNTIL)
        .contains(&hour)
        .then(|| zone.day(now).plus_days(-1))
}

/// By how much more was sold than a week before, in whole per cent; none where nothing was.
pub fn change_percent(sold: &Sold) -> Option<i64> {
    if sold.week_before_minor <= 0 {
        return None;
    }
    let more = i128::from(sold.sales_minor - sold.week_before_minor) * 100;
    let whole = i128::from(sold.week_before_minor);
    // To the nearest, halves away from zero.
    let rounded = (more.abs() * 2 + whole) / (whole * 2) * more.signum();
    i64::try_from(rounded).ok()
}

impl Digest {
    /// What it says, in order.
    pub fn parts(&self, currency: Currency) -> Vec<Part> {
        let mut parts = vec![self.sales(currency)];
        parts.push(self.growth.map_or_else(
            || ("digest.growth_unknown", json!({})),
            |growth| {
                let args = json!({
                    "net": signed(growth.joined - growth.left),
                    "joined": grouped(growth.joined),
                    "left": grouped(growth.left),
                });
                ("digest.growth", args)
            },
        ));
        parts.push(self.spoken.map_or_else(
            || ("digest.spoken_unknown", json!({})),
            |spoken| match share(spoken.speakers, spoken.members) {
                Some(share) => {
                    let args = json!({ "speakers": grouped(spoken.speakers), "share": share });
                    ("digest.spoken", args)
                }
                None => ("digest.spoken_none", json!({})),
            },
        ));
        if !self.stores.is_empty() {
            let named: Vec<String> = self
                .stores
                .iter()
                .take(NAMED)
                .map(|store| format!("{}{}", store.name, whole(store.sales_minor, currency)))
                .collect();
            parts.push(("digest.stores", json!({ "stores": named.join(" ") })));
        }
        parts.push(self.tasks());
        let open = json!({ "complaints": self.complaints, "appeals": self.appeals });
        parts.push(("digest.open", open));
        parts
    }

    fn sales(&self, currency: Currency) -> Part {
        let Some(sold) = &self.sold else {
            return ("digest.sales_unknown", json!({}));
        };
        if sold.orders == 0 {
            return ("digest.sales_none", json!({}));
        }
        let args = json!({
            "amount": priced(sold.sales_minor, currency),
            "orders": grouped(sold.orders),
            "basket": each(sold.sales_minor, sold.orders, currency),
            "weekday": self.day.weekday().to_string(),
            "change": change_percent(sold).map(|change| format!("{}%", signed(change))),
        });
        let code = match change_percent(sold) {
            Some(_) => "digest.sales",
            None => "digest.sales_first",
        };
        (code, args)
    }

    fn tasks(&self) -> Part {
        if self.undone.is_empty() {
            return ("digest.undone_none", json!({}));
        }
        let named: Vec<String> = self
            .undone
            .iter()
            .take(NAMED)
            .map(|one| {
                let words = [one.group.as_deref(), one.who.as_deref()];
                words.into_iter().flatten().collect::<Vec<_>>().join(" ")
            })
            .filter(|words| !words.is_empty())
            .collect();
        let all = self.undone.len();
        let code = match (named.is_empty(), all > named.len()) {
            (true, _) => "digest.undone_count",
            (false, true) => "digest.undone_more",
            (false, false) => "digest.undone",
        };
        (code, json!({ "tasks": named.join("、"), "all": all }))
    }
}

/// `1,855`.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `+86`, `-3`, `0`.
fn signed(number: i64) -> String {
    if number > 0 {
        format!("+{}", grouped(number))
    } else {
        grouped(number)
    }
}

/// `13.4%`; none of nobody.
fn share(part: i64, all: i64) -> Option<String> {
    if all <= 0 {
        return None;
    }
    let tenths = (i128::from(part) * 2_000 + i128::from(all)) / (i128::from(all) * 2);
    Some(format!("{}.{}%", tenths / 10, tenths % 10))
}

/// An amount in whole units of the currency, without its sign.
fn whole(minor: i64, currency: Currency) -> String {
    let unit = 10_i64.pow(u32::from(currency.decimals()));
    let half = unit / 2 * minor.signum();
    grouped((minor + half) / unit)
}

/// An amount in whole units: `¥8,642`.
fn priced(minor: i64, currency: Currency) -> String {
    let unit = 10_i64.pow(u32::from(currency.decimals()));
    let half = unit / 2 * minor.signum();
    let written = currency.written((minor + half) / unit * unit);
    written
        .split_once('.')
        .map_or(written.clone(), |(whole, _)| whole.to_owned())
}

/// What each of several came to, with a tenth where the currency has any: `¥27.7`.
fn each(minor: i64, by: i64, currency: Currency) -> String {
    let unit = 10_i64.pow(u32::from(currency.decimals()));
    let by = by.max(1);
    if unit < 10 {
        return priced(minor / by, currency);
    }
    let step = unit / 10 * by;
    let tenths = (minor + step / 2 * minor.signum()) / step;
    let whole = currency.written(tenths / 10 * unit);
    let whole = whole
        .split_once('.')
        .map_or(whole.as_str(), |(whole, _)| whole);
    format!("{whole}.{}", (tenths % 10).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan() -> Currency {
        "CNY".parse().unwrap()
    }

    fn full() -> Digest {
        Digest {
            day: Date::new(2026, 11, 20).unwrap(),
            sold: Some(Sold {
                sales_minor: 864_200,
                orders: 312,
                week_before_minor: 771_600,
            }),
            growth: Some(Growth {
                joined: 124,
                left: 38,
            }),
            spoken: Some(Spoken {
                speakers: 403,
                members: 3_007,
            }),
            stores: [
                ("海岸城", 391_000),
                ("车公庙", 287_700),
                ("西乡", 185_500),
                ("南山", 1),
            ]
            .into_iter()
            .enumerate()
            .map(|(n, (name, sales_minor))| Store {
                branch: BranchId::from_raw(i64::try_from(n).unwrap()),
                name: name.to_owned(),
                sales_minor,
            })
            .collect(),
            undone: vec![Undone {
                task: StaffTaskId::from_raw(1),
                group: Some("西乡2群".to_owned()),
                who: Some("李娜".to_owned()),
            }],
            complaints: 1,
            appeals: 2,
        }
    }

    fn said(digest: &Digest) -> Vec<(&'static str, Value)> {
        digest.parts(yuan())
    }

    /// The line of trade.md 12, figure by figure.
    #[test]
    fn the_figures_are_those_of_the_trade() {
        let parts = said(&full());
        assert_eq!(
            parts,
            [
                (
                    "digest.sales",
                    json!({ "amount": "¥8,642", "orders": "312", "basket": "¥27.7", "change": "+12%", "weekday": "5" })
                ),
                (
                    "digest.growth",
                    json!({ "net": "+86", "joined": "124", "left": "38" })
                ),
                (
                    "digest.spoken",
                    json!({ "speakers": "403", "share": "13.4%" })
                ),
                (
                    "digest.stores",
                    json!({ "stores": "海岸城3,910 车公庙2,877 西乡1,855" })
                ),
                (
                    "digest.undone",
                    json!({ "tasks": "西乡2群 李娜", "all": 1 })
                ),
                ("digest.open", json!({ "complaints": 1, "appeals": 2 })),
            ]
        );
    }

    #[test]
    fn what_nothing_shows_is_said_to_be_unknown() {
        let blind = Digest {
            sold: None,
            growth: None,
            spoken: None,
            stores: Vec::new(),
            undone: Vec::new(),
            ..full()
        };
        let codes: Vec<_> = said(&blind).into_iter().map(|(code, _)| code).collect();
        assert_eq!(
            codes,
            [
                "digest.sales_unknown",
                "digest.growth_unknown",
                "digest.spoken_unknown",
                "digest.undone_none",
                "digest.open",
            ]
        );
        let quiet = Digest {
            sold: Some(Sold {
                sales_minor: 0,
                orders: 0,
                week_before_minor: 5,
            }),
            spoken: Some(Spoken {
                speakers: 0,
                members: 0,
            }),
            ..full()
        };
        let codes: Vec<_> = said(&quiet).into_iter().map(|(code, _)| code).collect();
        assert_eq!(
            (codes[0], codes[2]),
            ("digest.sales_none", "digest.spoken_none")
        );
    }

    #[test]
    fn a_change_is_against_something_and_rounded() {
        let change = |now, before| {
            change_percent(&Sold {
                sales_minor: now,
                orders: 1,
                week_before_minor: before,
            })
        };
        assert_eq!(change(100, 0), None);
        assert_eq!(change(100, -5), None);
        assert_eq!(change(1_125, 1_000), Some(13));
        assert_eq!(change(875, 1_000), Some(-13));
        assert_eq!(change(1_000, 1_000), Some(0));
        assert_eq!(change(i64::MAX / 2, 1), None);
    }

    #[test]
    fn many_that_were_not_done_are_counted() {
        let one = full().undone.remove(0);
        let many = Digest {
            undone: vec![one; 5],
            ..full()
        };
        let (code, args) = said(&many).remove(4);
        assert_eq!((code, &args["all"]), ("digest.undone_more", &json!(5)));
        let nameless = Digest {
            undone: vec![
                Undone {
                    task: StaffTaskId::from_raw(1),
                    group: None,
                    who: None,
                };
                2
            ],
            ..full()
        };
        assert_eq!(said(&nameless)[4].0, "digest.undone_count");
    }

    #[test]
    fn it_is_told_from_nine_on_for_the_day_before() {
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let at = |text: &str| due(&zone, text.parse().unwrap());
        assert_eq!(at("2026-11-21T08:59:00+08:00"), None);
        assert_eq!(at("2026-11-21T09:00:00+08:00"), Date::new(2026, 11, 20));
        assert_eq!(at("2026-11-21T20:59:00+08:00"), Date::new(2026, 11, 20));
        assert_eq!(at("2026-11-21T21:00:00+08:00"), None);
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(-1_000), "-1,000");
        assert_eq!(
            (signed(5), signed(0), signed(-5)),
            ("+5".into(), "0".into(), "-5".into())
        );
        assert_eq!(whole(-12_350, yuan()), "-124");
        let yen: Currency = "JPY".parse().unwrap();
        assert_eq!(each(1_000, 3, yen), "¥333");
        assert_eq!(priced(1_000, yen), "¥1,000");
        assert_eq!(priced(-12_350, yuan()), "-¥124");
    }
}
