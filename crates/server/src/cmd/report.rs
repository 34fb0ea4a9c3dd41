//! `yutang report`.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
use yutang_app::{
    App, AppError, Caller,
    health::{About, Figure, HealthReport},
};
use yutang_domain::time::{Date, Period};
use yutang_store::StoreError;

use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Reads figures.
#[derive(Args, Debug)]
pub struct Report {
    /// Which.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The health of a group
    Group(Group),
    /// Sales = traffic × conversion × basket, by calendar month
    Sales(Days),
    /// The stores by sales, or the branches and groups of one branch
    Stores(Stores),
}

#[derive(Args, Debug)]
struct Stores {
    /// A branch, whose branches and groups are compared: its id or exact name
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    #[command(flatten)]
    days: Days,
}

#[derive(Args, Debug)]
struct Group {
    /// The group: its id or exact name
    name: String,
    #[command(flatten)]
    days: Days,
}

#[derive(Args, Clone, Copy, Debug)]
struct Days {
    /// First day, YYYY-MM-DD [default: the first of which anything is known]
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Day after the last, YYYY-MM-DD [default: the day after the last of which anything is known]
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
}

impl Days {
    /// The period, filled up from what is known.
    fn within(self, known: Option<Period>, today: Date) -> Result<Period> {
        let known = known.unwrap_or(Period {
            from: today,
            to: today.plus_days(1),
        });
        let to = self
            .to
            .unwrap_or_else(|| known.to.max(self.from.unwrap_or(known.from).plus_days(1)));
        let from = self
            .from
            .unwrap_or_else(|| known.from.min(to.plus_days(-1)));
        Ok(Period::new(from, to)?)
    }

    const fn is_given(self) -> bool {
        self.from.is_some() || self.to.is_some()
    }
}

impl Report {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let app = settings.open_existing().await?;
        let answer = async {
            let caller = settings.caller(&app).await?;
            settings.same_zone(&caller)?;
            match self.what {
                What::Group(group) => self::group(&app, &caller, &group).await,
                What::Sales(days) => sales(&app, &caller, days).await,
                What::Stores(stores) => self::stores(&app, &caller, &stores).await,
            }
        }
        .await;
        app.close().await;
        answer
    }
}

async fn group(app: &App, caller: &Caller, asked: &Group) -> Result<Answer> {
    let row = app.find_group(caller, &asked.name).await.map_err(|error| {
        let failure = Failure::from(error);
        if failure.code == "store.not_found" {
            Failure {
                detail: format!("there is no group {:?}", asked.name),
                ..failure
            }
            .at("NAME")
        } else {
            failure
        }
    })?;
    let about = About::Group(row.id);
    let known = app.report_extent(caller, about).await?;
    let period = asked.days.within(known, caller.day(app.now()))?;
    let report = app.health_report(caller, about, period).await?;
    let daily: Vec<Json> = report
        .daily
        .iter()
        .filter(|day| day.messages > 0)
        .map(|day| json!({ "day": day.day, "messages": day.messages, "active_members": day.active_members }))
        .collect();
    let document = json!({
        "messages": whole(&report.messages),
        "active_members": whole(&report.active_members),
        "contributors": whole(&report.contributors),
        "contributor_share": report.contributor_share.value,
        "vitality": report.vitality.value,
        "two_way_ratio": report.two_way_ratio.value,
        "top10_share": report.top10_share.value,
        "gini": report.gini.value,
        "health": report.health,
        "daily": daily,
    });
    Ok(Answer::new(document, told(&row.name, &report)))
}

/// A figure that counts things.
fn whole(figure: &Figure) -> Option<i64> {
    figure.value.map(|value| value.round() as i64)
}

fn told(name: &str, report: &HealthReport) -> Vec<String> {
    let Period { from, to } = report.period;
    let mut text = vec![format!("{name}, {from} to {} inclusive", to.plus_days(-1))];
    let figures = [
        ("messages", &report.messages, false),
        ("active members", &report.active_members, false),
        ("contributors", &report.contributors, false),
        ("contributor share", &report.contributor_share, true),
        ("vitality", &report.vitality, false),
        ("two-way ratio", &report.two_way_ratio, true),
        ("share of the top 10 %", &report.top10_share, true),
        ("Gini", &report.gini, false),
    ];
    for (label, figure, share) in figures {
        let value = match (figure.value, figure.unknown) {
            (Some(value), _) if share => format!("{:.1} %", value * 100.0),
            (Some(value), _) if value.fract() == 0.0 => format!("{value:.0}"),
            (Some(value), _) => format!("{value:.3}"),
            (None, reason) => format!("not known ({})", reason.unwrap_or("no_data")),
        };
        text.push(format!("  {label:<22} {value}"));
    }
    if let Some(health) = &report.health {
        let codes: Vec<String> = health
            .reasons
            .iter()
            .map(|reason| reason.code.to_string())
            .collect();
        text.push(format!(
            "  {:<22} {} ({})",
            "health",
            health.class,
            codes.join(", ")
        ));
    }
    text
}

/// The period of orders, from the first day with one to the last, filled up from what is given.
async fn of_orders(app: &App, caller: &Caller, days: Days) -> Result<Period> {
    let whole = app.sales_report(caller, None, None).await?.periods;
    let known = match (whole.first(), whole.last()) {
        (Some(first), Some(last)) => Some(Period {
            from: first.from,
            to: last.to,
        }),
        _ => None,
    };
    days.within(known, caller.day(app.now()))
}

async fn stores(app: &App, caller: &Caller, asked: &Stores) -> Result<Answer> {
    let branch = match &asked.branch {
        None => None,
        Some(name) => {
            let all = app.branches(caller).await?;
            let found = all
                .iter()
                .find(|b| b.name == *name || b.id.to_string() == *name);
            let Some(branch) = found else {
                return Err(Failure {
                    detail: format!("there is no branch {name:?}"),
                    ..Failure::from(AppError::from(StoreError::NotFound("branch")))
                }
                .at("--branch"));
            };
            Some(branch.id)
        }
    };
    let period = of_orders(app, caller, asked.days).await?;
    let board = app.store_board(caller, branch, period).await?;
    let mut rows = Vec::new();
    let mut text = vec![format!(
        "{} to {} inclusive",
        period.from,
        period.to.plus_days(-1)
    )];
    for row in &board.rows {
        let figures = &row.figures;
        let (name, kind) = match &row.group {
            Some(group) => (&group.name, "group".to_owned()),
            None => (&row.branch.name, row.kind.to_string()),
        };
        rows.push(json!({
            "place": figures.place,
            "kind": kind,
            "name": name,
            "sales_minor": figures.sales_minor,
            "recruited": figures.recruited,
            "net_growth": figures.net_growth,
            "complaints": figures.complaints,
        }));
        let known = |value: Option<String>| value.unwrap_or_else(|| "not known".to_owned());
        text.push(format!(
            "{:>3}. {name}: {} {}, recruited {}, net growth {}, complaints {}",
            figures.place,
            known(figures.sales_minor.map(|n| n.to_string())),
            caller.currency.code(),
            known(figures.recruited.map(|n| n.to_string())),
            known(figures.net_growth.map(|n| format!("{n:+}"))),
            known(figures.complaints.map(|n| n.to_string())),
        ));
    }
    text.push(if board.rows.is_empty() {
        "there is nothing to compare".to_owned()
    } else {
        "(sales in minor units)".to_owned()
    });
    let document = json!({ "from": period.from, "to": period.to, "rows": rows });
    Ok(Answer::new(document, text))
}

async fn sales(app: &App, caller: &Caller, days: Days) -> Result<Answer> {
    let period = if days.is_given() {
        Some(of_orders(app, caller, days).await?)
    } else {
        None
    };
    let report = app.sales_report(caller, None, period).await?;
    let mut text = Vec::new();
    for p in &report.periods {
        let part = |value: Option<f64>| value.map_or("not known".to_owned(), |v| format!("{v:.4}"));
        text.push(format!(
            "{} to {}: {} {} = {} people × {} × {}",
            p.from,
            p.to.plus_days(-1),
            p.sales_minor,
            report.currency,
            p.traffic.map_or("not known".to_owned(), |n| n.to_string()),
            part(p.conversion),
            part(p.basket)
        ));
    }
    if report.periods.is_empty() {
        text.push("there are no orders yet".to_owned());
    } else {
        text.push(
            "(minor units; people in a group or buying × buyers per person × sales per buyer)"
                .to_owned(),
        );
    }
    Ok(Answer::new(json!({ "periods": report.periods }), text))
}
