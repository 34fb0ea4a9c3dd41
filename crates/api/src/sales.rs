//! Sales by month, and the stores beside each other.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::sales::{BoardRow, Factor};
use yutang_domain::{
    id::BranchId,
    time::{Date, Period},
};

use crate::{
    ApiState, Auth, Json, List, Query, Total, named::Named, problem::Result, report::period,
};

/// Days of the board when nothing else is asked for.
const DAYS: i64 = 30;

/// Which sales are asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct SalesQuery {
    /// First day.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Day after the last. With neither day: all that is known.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    /// A branch and all below it.
    #[param(value_type = Option<String>)]
    pub branch: Option<BranchId>,
}

/// The factors of a period.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SalesPeriodOut {
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Day after the last.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// People who could have bought: in a group, or buyers; null if nobody was in a group, so that
    /// nobody counted them.
    pub traffic: Option<u64>,
    /// Buyers per such person; null without traffic.
    pub conversion: Option<f64>,
    /// Sales per buyer, in minor units.
    pub basket: Option<f64>,
    /// Sales, what was taken back subtracted.
    pub sales_minor: i64,
}

/// What moved the sales of the last period; the parts sum to the change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SalesChange {
    /// More or fewer people; null where they are not counted.
    pub traffic_minor: Option<i64>,
    /// A larger or smaller part of them bought; null where they are not counted.
    pub conversion_minor: Option<i64>,
    /// More or fewer buyers, in place of both where they are not counted.
    pub buyers_minor: Option<i64>,
    /// They bought for more or less.
    pub basket_minor: i64,
}

/// Sales by calendar month.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SalesOut {
    /// Currency of all amounts.
    pub currency: String,
    /// Months, the first and last cut to the days asked for.
    pub periods: Vec<SalesPeriodOut>,
    /// What moved the last one against the days before it; null from or to nothing.
    pub change: Option<SalesChange>,
}

/// Sales = traffic × conversion × basket, by calendar month. req: 003-014
#[utoipa::path(
    get, path = "/sales", operation_id = "sales_report", tag = "report",
    params(SalesQuery),
    extensions(("x-permission" = json!("report.read"))),
    responses((status = 200, body = SalesOut))
)]
async fn sales(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<SalesQuery>,
) -> Result<Json<SalesOut>> {
    let asked: Option<Period> = match (query.from, query.to) {
        (None, None) => None,
        days => Some(period(&state, &caller, days, DAYS)?),
    };
    let report = state.app.sales_report(&caller, query.branch, asked).await?;
    let change = report.change.map(|parts| {
        let part = |factor: Factor| parts.iter().find(|p| p.factor == factor).map(|p| p.minor);
        SalesChange {
            traffic_minor: part(Factor::Traffic),
            conversion_minor: part(Factor::Conversion),
            buyers_minor: part(Factor::Buyers),
            basket_minor: part(Factor::Basket).unwrap_or(0),
        }
    });
    let periods = report.periods.into_iter().map(|period| SalesPeriodOut {
        from: period.from,
        to: period.to,
        traffic: period.traffic,
        conversion: period.conversion,
        basket: period.basket,
        sales_minor: period.sales_minor,
    });
    Ok(Json(SalesOut {
        currency: report.currency,
        periods: periods.collect(),
        change,
    }))
}

/// When the stores are compared.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct StoreBoardQuery {
    /// First day; 30 days before the last unless said otherwise.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Day after the last; tomorrow unless said otherwise.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    /// A branch, whose branches and groups are compared; all stores unless said otherwise.
    #[param(value_type = Option<String>)]
    pub branch: Option<BranchId>,
}

/// A branch or group on the board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StoreOut {
    /// Its place, from 1; rows with equal sales share it.
    pub place: u64,
    /// head, region, city or store with all below it, or group.
    pub kind: String,
    /// The branch, or that of the group.
    pub branch: Named,
    /// The group, if the row is about one.
    pub group: Option<Named>,
    /// How many rows the board of this branch has.
    pub below: usize,
    /// Sales; of a group those placed through it, null where no order of its branch says through
    /// which group it came.
    pub amount_minor: Option<i64>,
    /// Sales over those of the same weekdays of four weeks; 1 = as usual.
    pub against_usual: Option<f64>,
    /// Change on the days before.
    pub month_on_month: Option<f64>,
    /// Change on the same days of last year.
    pub year_on_year: Option<f64>,
    /// The highest line that a day of the period reached, in the currency's main unit.
    pub over: Option<i64>,
    /// On how many days the lines of 5,000 and 10,000 were reached.
    pub days_over: Vec<u64>,
    /// People who came and had been in no group before.
    pub recruited: Option<u64>,
    /// Comings less goings.
    pub net_growth: Option<i64>,
    /// Tasks done of those due.
    pub execution: Option<f64>,
    /// Questions answered within ten minutes.
    pub replies_in_10min: Option<f64>,
    /// Complaints.
    pub complaints: Option<u64>,
}

/// The lines of the board in the currency's main unit.
const LINES: [i64; 2] = [5_000, 10_000];

impl From<BoardRow> for StoreOut {
    fn from(row: BoardRow) -> Self {
        let figures = row.figures;
        let reached = LINES
            .iter()
            .zip(&figures.days_over_line)
            .filter(|(_, days)| **days > 0);
        Self {
            place: figures.place,
            kind: match row.group {
                Some(_) => "group".to_owned(),
                None => row.kind.to_string(),
            },
            branch: row.branch.into(),
            group: row.group.map(Named::from),
            below: row.below,
            amount_minor: figures.sales_minor,
            against_usual: figures.percent_of_usual.map(|percent| percent / 100.0),
            month_on_month: figures.on_previous,
            year_on_year: figures.on_year,
            over: reached.map(|(line, _)| *line).max(),
            days_over: figures.days_over_line,
            recruited: figures.recruited,
            net_growth: figures.net_growth,
            execution: figures.done_share,
            replies_in_10min: figures.reply_share,
            complaints: figures.complaints,
        }
    }
}

/// The board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StoreBoardOut {
    /// The branch asked for with what it lies in, the outermost first; empty where all stores are
    /// compared.
    pub path: Vec<Named>,
    /// The rows by sales.
    pub items: Vec<StoreOut>,
    /// Always null: the board is whole.
    pub next: Option<String>,
    /// How many rows there are.
    pub total: Total,
}

/// 门店排行: the stores by sales, or what a branch consists of.
#[utoipa::path(
    get, path = "/sales/stores", operation_id = "store_board", tag = "report",
    params(StoreBoardQuery),
    extensions(("x-permission" = json!("report.read"))),
    responses((status = 200, body = StoreBoardOut))
)]
async fn stores(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<StoreBoardQuery>,
) -> Result<Json<StoreBoardOut>> {
    let period = period(&state, &caller, (query.from, query.to), DAYS)?;
    let board = state.app.store_board(&caller, query.branch, period).await?;
    let rows = List::whole(board.rows.into_iter().map(StoreOut::from).collect());
    Ok(Json(StoreBoardOut {
        path: board.path.into_iter().map(Named::from).collect(),
        items: rows.items,
        next: rows.next,
        total: rows.total,
    }))
}

/// The routes of sales.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(sales))
        .routes(routes!(stores))
}
