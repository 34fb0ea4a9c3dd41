//! Sales = traffic × conversion × basket, by period, and the board of stores. req: 003-014

use serde::Serialize;
use yutang_domain::{
    id::BranchId,
    permission::Operation,
    time::{Date, Period},
};
pub use yutang_insight::sales::Factor;
use yutang_insight::sales::{Counted, Part, decompose, factors};
use yutang_store::{Tx, branch, health};

pub use board::{Board, BoardRow, Spot};

use crate::{App, Caller, Result, macros::in_tx};

mod board;

/// The factors of a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SalesPeriod {
    /// First day.
    pub from: Date,
    /// Day after the last.
    pub to: Date,
    /// People who could have bought: in a group at some time of the period, or buyers. `None` if
    /// nobody was in a group: then nobody counted them.
    pub traffic: Option<u64>,
    /// Buyers per such person, 0..1; `None` without traffic.
    pub conversion: Option<f64>,
    /// Sales per buyer in minor units.
    pub basket: Option<f64>,
    /// Sales in minor units, what was taken back subtracted.
    pub sales_minor: i64,
}

/// Sales by calendar month, and what moved them last.
#[derive(Clone, Debug, Serialize)]
pub struct SalesReport {
    /// Calendar months, the first and last one cut to the days asked for.
    pub periods: Vec<SalesPeriod>,
    /// The change of the last period against the one of equal length before it, by factor; parts
    /// sum to the change.
    pub change: Option<Vec<Part>>,
    /// Whether this is written in the workspace's currency.
    pub currency: String,
}

impl App {
    /// Sales of a branch or everything, by calendar month.
    ///
    /// # Errors
    /// The branch is out of the caller's reach.
    pub async fn sales_report(
        &self,
        caller: &Caller,
        branch: Option<BranchId>,
        period: Option<Period>,
    ) -> Result<SalesReport> {
        caller.may(Operation::ReportRead)?;
        in_tx!(self, Read, tx => {
            let path = self.sales_path(tx, caller, branch).await?;
            let Some(period) = self.sales_period(tx, caller, period).await? else {
                return Ok(SalesReport {
                    periods: Vec::new(),
                    change: None,
                    currency: caller.currency.code().to_owned(),
                });
            };
            let mut periods = Vec::new();
            let mut last = None;
            for month in months(period) {
                let counted = self.counted(tx, caller, &path, month).await?;
                let factors = factors(&counted);
                periods.push(SalesPeriod {
                    from: month.from,
                    to: month.to,
                    traffic: counted.traffic,
                    conversion: factors.conversion,
                    basket: factors.basket_minor,
                    sales_minor: factors.sales_minor,
                });
                last = Some((month, counted));
            }
            let change = match last {
                Some((month, now)) => {
                    let before = self.counted(tx, caller, &path, month.before()).await?;
                    decompose(&before, &now)
                }
                None => None,
            };
            Ok(SalesReport { periods, change, currency: caller.currency.code().to_owned() })
        })
    }

    async fn sales_path(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        branch: Option<BranchId>,
    ) -> Result<String> {
        let Some(id) = branch else {
            return Ok(caller.branch_prefix());
        };
        let row = branch::get(tx, caller.workspace, id).await?;
        if caller.actor.scope().covers(&row.path) {
            Ok(row.path)
        } else {
            Err(yutang_store::StoreError::NotFound("branch").into())
        }
    }

    async fn sales_period(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        period: Option<Period>,
    ) -> Result<Option<Period>> {
        if let Some(period) = period {
            return Ok(Some(period));
        }
        let extent = health::order_extent(tx, caller.workspace).await?;
        match (extent.first, extent.last) {
            (Some(first), Some(last)) => Ok(Some(Period::new(first, last.plus_days(1))?)),
            _ => Ok(None),
        }
    }

    async fn counted(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        path: &str,
        period: Period,
    ) -> Result<Counted> {
        let bounds = (
            caller.zone.start_of(period.from),
            caller.zone.start_of(period.to),
        );
        let sales = health::sales(tx, caller.workspace, path, period).await?;
        let reach = health::reach(tx, caller.workspace, path, period, bounds).await?;
        let positive = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(Counted {
            traffic: (reach.in_groups > 0).then(|| positive(reach.people)),
            buyers: positive(sales.buyers),
            orders: positive(sales.orders),
            sales_minor: sales.sales_minor,
            profit_minor: None,
        })
    }
}

/// The calendar months of a period, the first and last one cut to its days.
fn months(period: Period) -> Vec<Period> {
    let mut months = Vec::new();
    let mut from = period.from;
    while from < period.to {
        let to = from.month_start().plus_months(1).min(period.to);
        months.push(Period { from, to });
        from = to;
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_cut_to_the_days_asked_for() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let period = Period::new(day("2010-12-15"), day("2011-02-10")).unwrap();
        let cut: Vec<String> = months(period)
            .iter()
            .map(|p| format!("{}..{}", p.from, p.to))
            .collect();
        assert_eq!(
            cut,
            [
                "2010-12-15..2011-01-01",
                "2011-01-01..2011-02-01",
                "2011-02-01..2011-02-10"
            ]
        );
    }
}
