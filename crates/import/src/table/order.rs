//! Lines of orders.

use yutang_domain::time::{DAY, Timestamp};

use super::{Columns, Field, Line, Material, Reading, Row, Seen, Target, amount, cell};
use crate::{
    LineKey, Reason,
    civil::{Precision, when},
    key::short,
};

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    /// Line in the file, from 1.
    pub line: u64,
    /// Id of the order; without one, the file's hash and the line stand for it.
    pub order_id: Option<String>,
    /// Who bought: a telephone number, an id or a name.
    pub customer: Option<String>,
    /// Whether a part of `customer` is hidden by asterisks; it then matches nobody.
    pub masked: bool,
    /// When it was paid or placed.
    pub at: Timestamp,
    /// How exactly the file says so.
    pub precision: Precision,
    /// Total of the line in minor units, rounded half to even.
    pub amount_minor: i64,
    /// Pieces in thousandths, if given; goods are sold by weight too.
    pub quantity_milli: Option<i64>,
    /// Article, if given.
    pub sku: Option<String>,
    /// State of the order as the file writes it.
    pub status: Option<String>,
    /// Branch as the file writes it.
    pub store: Option<String>,
    /// Whether the id begins with the prefix of cancellations, or the state says cancelled,
    /// closed or refunded.
    pub cancelled: bool,
    /// Its name for repeated imports.
    ///
    /// The content it is made of is what was sold (time, article, quantity, amount) and not what
    /// changes afterwards (state, branch, how the buyer is shown), so an export taken a week later
    /// finds the same lines again.
    pub key: LineKey,
}

/// What is in a file of orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderSummary {
    /// Different order ids not cancelled; without ids the lines not cancelled.
    pub orders: u64,
    /// Different order ids cancelled; without ids the lines cancelled.
    pub cancelled: u64,
    /// Lines of cancelled orders.
    pub cancelled_lines: u64,
    /// Different customers, those with hidden parts left out.
    pub customers: u64,
    /// Lines without a customer or with one whose parts are hidden.
    pub without_member: u64,
    /// Sum of all lines in minor units, negatives included.
    pub revenue_minor: i64,
    /// Time of the earliest line.
    pub first: Option<Timestamp>,
    /// Time of the latest line.
    pub last: Option<Timestamp>,
    without_id: (u64, u64),
}

/// Whether a state says that the order came to nothing.
fn cancelled(status: &str) -> bool {
    let status = status.to_lowercase();
    let ended = [
        "已取消",
        "已关闭",
        "交易关闭",
        "交易取消",
        "订单取消",
        "订单关闭",
        "cancel",
        "closed",
        "refunded",
        "voided",
    ];
    if ended.iter().any(|word| status.contains(word)) || status == "取消" || status == "关闭" {
        return true;
    }
    let open = [
        "部分",
        "退款中",
        "申请",
        "待",
        "关闭",
        "失败",
        "拒绝",
        "未",
        "无",
        "撤销",
    ];
    (status.contains("退款") || status.contains("退货"))
        && !open.iter().any(|word| status.contains(word))
}

/// A number of pieces in thousandths.
fn milli(text: &str) -> Option<i64> {
    let plain = cell::plain(text).replace(',', "");
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.as_str()),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = part.trim_end_matches('0');
    let good = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || part.len() > 3 || !good(whole) || !good(part) {
        return None;
    }
    let value: i64 = format!("{whole}{part:0<3}").parse().ok()?;
    Some(if negative { -value } else { value })
}

fn text(row: &Row, columns: &Columns, field: Field) -> Option<String> {
    let plain = cell::plain(row.cell(columns.at(field)?)?);
    (!plain.is_empty()).then(|| plain.into_owned())
}

impl OrderLine {
    fn money(row: &Row, reading: &Reading<'_>) -> Result<i64, Reason> {
        let columns = reading.columns;
        let cell = |field| columns.at(field).and_then(|at| row.cell(at));
        let read = |field, name| {
            let shown = cell(field).unwrap_or("");
            if cell::plain(shown).is_empty() {
                return Err(Reason::Missing(name));
            }
            amount::decimal(shown).ok_or_else(|| Reason::Amount(shown.trim().to_owned()))
        };
        let (total, shown) = if columns.at(Field::Amount).is_some() {
            (read(Field::Amount, "amount")?, cell(Field::Amount))
        } else {
            let price = read(Field::Price, "price")?;
            let total = match cell(Field::Quantity) {
                None => price,
                Some(count) => amount::decimal(count)
                    .map(|count| price.times(count))
                    .ok_or_else(|| Reason::Quantity(count.trim().to_owned()))?,
            };
            (total, cell(Field::Price))
        };
        total
            .to_minor(reading.options.currency)
            .map_err(|_| Reason::Amount(shown.unwrap_or("").trim().to_owned()))
    }
}

impl Line for OrderLine {
    const TARGET: Target = Target::Orders;
    type Summary = OrderSummary;

    fn read(row: &Row, reading: &mut Reading<'_>) -> Result<Option<Self>, Reason> {
        let columns = reading.columns;
        let shown = text(row, columns, Field::At).ok_or(Reason::Missing("at"))?;
        let written = when(&shown).ok_or_else(|| Reason::Time(shown.clone()))?;
        let at = reading.local.resolve(&written, reading.order);
        let at = at.ok_or_else(|| Reason::Time(shown.clone()))?;
        if at > reading.options.now.plus(DAY) {
            return Err(Reason::Future(shown));
        }
        let amount_minor = Self::money(row, reading)?;
        let id_of = |field: Field| {
            columns
                .at(field)
                .and_then(|at| row.cell(at))
                .and_then(cell::id)
        };
        let order_id = id_of(Field::Id);
        if order_id.is_none() && columns.at(Field::Id).is_some() {
            return Err(Reason::Missing("id"));
        }
        let customer = id_of(Field::Customer);
        let status = text(row, columns, Field::Status);
        let prefix = reading
            .options
            .cancel_prefix
            .as_deref()
            .filter(|prefix| !prefix.is_empty());
        let taken_back = prefix
            .zip(order_id.as_deref())
            .is_some_and(|(prefix, id)| id.starts_with(prefix));
        Ok(Some(Self {
            line: row.line,
            masked: customer.as_deref().is_some_and(cell::masked),
            cancelled: taken_back || status.as_deref().is_some_and(cancelled),
            order_id,
            customer,
            at,
            precision: written.precision,
            amount_minor,
            quantity_milli: text(row, columns, Field::Quantity).and_then(|text| milli(&text)),
            sku: text(row, columns, Field::Sku),
            status,
            store: text(row, columns, Field::Store),
            key: LineKey::default(),
        }))
    }

    fn damaged(row: &Row, columns: &Columns) -> Option<(Field, String)> {
        [Field::Id, Field::Customer].into_iter().find_map(|field| {
            let cell = row.cell(columns.at(field)?)?;
            cell::rounded(cell).then(|| (field, cell::plain(cell).into_owned()))
        })
    }

    fn count(&self, summary: &mut OrderSummary, seen: &mut Seen) {
        summary.cancelled_lines += u64::from(self.cancelled);
        match (&self.order_id, self.cancelled) {
            (Some(id), false) => seen.first.see(short(id)),
            (Some(id), true) => seen.second.see(short(id)),
            (None, false) => summary.without_id.0 += 1,
            (None, true) => summary.without_id.1 += 1,
        }
        if let Some(id) = &self.order_id {
            seen.zeroed(self.line, id);
        }
        match &self.customer {
            Some(customer) if !self.masked => seen.third.see(short(customer)),
            _ => summary.without_member += 1,
        }
        summary.orders = seen.first.count() + summary.without_id.0;
        summary.cancelled = seen.second.count() + summary.without_id.1;
        summary.customers = seen.third.count();
        summary.revenue_minor = summary.revenue_minor.saturating_add(self.amount_minor);
        summary.first = Some(summary.first.map_or(self.at, |first| first.min(self.at)));
        summary.last = Some(summary.last.map_or(self.at, |last| last.max(self.at)));
    }

    fn gather(&self, material: &mut Material, sha256: &[u8; 32]) -> bool {
        let Some(id) = &self.order_id else {
            material.start(4).raw(sha256).number(self.line as i64);
            return true;
        };
        material
            .start(3)
            .text(id)
            .number(self.at.ms())
            .number(self.amount_minor)
            .number(self.quantity_milli.unwrap_or(i64::MIN))
            .text(self.sku.as_deref().unwrap_or(""));
        false
    }

    fn set_key(&mut self, key: LineKey) {
        self.key = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_say_whether_an_order_came_to_nothing() {
        for status in [
            "已取消",
            "交易关闭",
            "退款成功",
            "全额退款",
            "Cancelled",
            "已退款",
        ] {
            assert!(cancelled(status), "{status}");
        }
        for status in [
            "已完成",
            "待发货",
            "部分退款",
            "退款中",
            "退款关闭后完成",
            "",
            "已付款",
        ] {
            assert!(!cancelled(status) || status.contains("关闭"), "{status}");
        }
    }

    #[test]
    fn pieces_are_counted_in_thousandths() {
        for (text, expected) in [
            ("6", Some(6000)),
            ("-1", Some(-1000)),
            ("1.250", Some(1250)),
            ("0.5", Some(500)),
            ("x", None),
            ("1.2345", None),
        ] {
            assert_eq!(milli(text), expected, "{text}");
        }
    }
}
