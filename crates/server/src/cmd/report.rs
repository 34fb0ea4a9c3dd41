//! `yutang report`.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
use yutang_app::{
    App, Caller,
    health::{About, Figure, HealthReport},
};
use yutang_domain::time::{Date, Period};

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

async fn sales(app: &App, caller: &Caller, days: Days) -> Result<Answer> {
    let period = if days.is_given() {
        let whole = app.sales_report(caller, None, None).await?.periods;
        let known = match (whole.first(), whole.last()) {
            (Some(first), Some(last)) => Some(Period {
                from: first.from,
                to: last.to,
            }),
            _ => None,
        };
        Some(days.within(known, caller.day(app.now()))?)
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
            p.traffic,
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
