//! Figures of a group, a branch or everything, and the people behind them.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    Caller,
    health::{About, BehindFigure, Figure, HealthReport},
};
use yutang_domain::{
    id::{BranchId, GroupId, MemberId},
    time::{Date, Period, Timestamp},
};

use crate::{
    ApiState, Auth, Json, List, Page, Problem, Query, Total,
    group_list::{GroupHealth, Readable},
    membership::next_window,
    named::{Named, Sentence, unknown},
    problem::Result,
};

/// Days of a report when nothing else is asked for.
const DAYS: i64 = 28;
/// Days of a report at most: a century.
const DAYS_MAX: i64 = 36_525;

/// The period between two days, the second not included; the last `days` unless said otherwise.
///
/// # Errors
/// `time.period` if it holds no day, `time.period_long` if it holds too many.
pub(crate) fn period(
    state: &ApiState,
    caller: &Caller,
    (from, to): (Option<Date>, Option<Date>),
    days: i64,
) -> Result<Period> {
    let to = to.unwrap_or_else(|| caller.day(state.app.now()).plus_days(1));
    let from = from.unwrap_or_else(|| to.plus_days(-days));
    let period = Period::new(from, to).map_err(|error| Problem::from(error).at("from"))?;
    if period.days() > DAYS_MAX {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "time.period_long",
            "a period has at most 36,525 days",
        )
        .at("from"));
    }
    Ok(period)
}

/// What a report is about and when.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// First day; 28 days before the last unless said otherwise.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Day after the last; tomorrow unless said otherwise.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    /// One group.
    #[param(value_type = Option<String>)]
    pub group: Option<GroupId>,
    /// A branch and all below it; with neither all that may be seen.
    #[param(value_type = Option<String>)]
    pub branch: Option<BranchId>,
}

fn about(group: Option<GroupId>, branch: Option<BranchId>) -> Result<About> {
    match (group, branch) {
        (Some(_), Some(_)) => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "query.field",
            "give group or branch, not both",
        )
        .at("branch")),
        (Some(id), None) => Ok(About::Group(id)),
        (None, Some(id)) => Ok(About::Branch(id)),
        (None, None) => Ok(About::All),
    }
}

/// A number, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FigureOut {
    /// The number.
    pub value: Option<f64>,
    /// Why there is none, as a word of the catalogue `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// The same for the period of equal length before.
    pub previous: Option<f64>,
}

impl From<Figure> for FigureOut {
    fn from(figure: Figure) -> Self {
        Self {
            value: figure.value,
            unknown: figure.unknown.map(unknown),
            previous: figure.previous,
        }
    }
}

/// A period.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PeriodOut {
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Day after the last.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
}

/// What a report is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportScope {
    /// group, branch or workspace.
    pub kind: String,
    /// Its id; null for the workspace.
    pub id: Option<String>,
}

/// A day of a report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportDayOut {
    /// Which.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Messages; null = the channel cannot show them.
    pub messages: Option<i64>,
    /// People who wrote.
    pub active_members: Option<i64>,
    /// People who came; null = nothing shows it.
    pub joined: Option<i64>,
    /// People who went; null = nothing shows it.
    pub left: Option<i64>,
    /// Messages that give value.
    pub valued: Option<i64>,
}

/// A point of the silence curve.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct SilenceOut {
    /// Day of life, 0 to 30.
    pub day: usize,
    /// Of a group: the share of those present who have said nothing for seven days. Of several:
    /// the share of the groups in which members said fewer than five things in seven days.
    pub share: Option<f64>,
    /// Of how many groups that have lived that day; null for a single group.
    pub groups: Option<u64>,
}

/// The figures of a period.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HealthReportOut {
    /// The period.
    pub period: PeriodOut,
    /// What it is about.
    pub scope: ReportScope,
    /// Whether texts can be read.
    pub readable: Readable,
    /// Messages, those of staff included.
    pub messages: FigureOut,
    /// People who wrote.
    pub active_members: FigureOut,
    /// People who gave value.
    pub contributors: FigureOut,
    /// Their share.
    pub contributor_share: FigureOut,
    /// Days on which people gave value, per week.
    pub vitality: FigureOut,
    /// Members' share of all messages.
    pub two_way_ratio: FigureOut,
    /// Members' messages per message of the house.
    pub per_operator_message: FigureOut,
    /// Share of messages by the tenth that wrote most.
    pub top10_share: FigureOut,
    /// How unevenly messages are spread.
    pub gini: FigureOut,
    /// People who came.
    pub arrivals: FigureOut,
    /// People who went.
    pub leavers: FigureOut,
    /// Share of adverts.
    pub advert_share: FigureOut,
    /// Share of messages off the topic.
    pub off_topic_share: FigureOut,
    /// People present.
    pub members: FigureOut,
    /// The class of a single group.
    pub health: Option<GroupHealth>,
    /// Day by day.
    pub daily: Vec<ReportDayOut>,
    /// How silence grows in the first month.
    pub silence: Vec<SilenceOut>,
    /// Messages by hour of the day; null = the channel cannot show them.
    pub hours: Vec<Option<i64>>,
}

impl HealthReportOut {
    fn of(report: HealthReport, about: About) -> Self {
        let (kind, id) = match about {
            About::Group(id) => ("group", Some(id.to_string())),
            About::Branch(id) => ("branch", Some(id.to_string())),
            About::All => ("workspace", None),
        };
        let readable = Readable::of(report.unreadable);
        let seen = |n: i64| readable.text.then_some(n);
        let daily = report.daily.iter().map(|day| ReportDayOut {
            day: day.day,
            messages: seen(day.messages),
            active_members: seen(day.active_members),
            joined: report.arrivals.value.and(Some(day.joined)),
            left: report.leavers.value.and(Some(day.left)),
            valued: seen(day.valued),
        });
        let health = report.health.as_ref().map(|health| GroupHealth {
            class: health.class,
            reasons: health.reasons.iter().map(Sentence::of_reason).collect(),
        });
        let silence = report.silence.iter();
        Self {
            period: PeriodOut {
                from: report.period.from,
                to: report.period.to,
            },
            scope: ReportScope {
                kind: kind.to_owned(),
                id,
            },
            daily: daily.collect(),
            hours: report.hours.iter().map(|n| seen(*n)).collect(),
            silence: silence
                .map(|s| SilenceOut {
                    day: s.day,
                    share: s.share,
                    groups: s.groups,
                })
                .collect(),
            health,
            readable,
            messages: report.messages.into(),
            active_members: report.active_members.into(),
            contributors: report.contributors.into(),
            contributor_share: report.contributor_share.into(),
            vitality: report.vitality.into(),
            two_way_ratio: report.two_way_ratio.into(),
            per_operator_message: report.per_operator_message.into(),
            top10_share: report.top10_share.into(),
            gini: report.gini.into(),
            arrivals: report.arrivals.into(),
            leavers: report.leavers.into(),
            advert_share: report.advert_share.into(),
            off_topic_share: report.off_topic_share.into(),
            members: report.members.into(),
        }
    }
}

/// The figures of a group, a branch or everything, beside those of the period before.
/// req: 000-005, 002-006, 002-034, 002-035
#[utoipa::path(
    get, path = "/groups/health", operation_id = "health_report", tag = "report",
    params(ReportQuery),
    extensions(("x-permission" = json!("report.read"))),
    responses((status = 200, body = HealthReportOut))
)]
async fn health(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<ReportQuery>,
) -> Result<Json<HealthReportOut>> {
    let about = about(query.group, query.branch)?;
    let period = period(&state, &caller, (query.from, query.to), DAYS)?;
    let report = state.app.health_report(&caller, about, period).await?;
    Ok(Json(HealthReportOut::of(report, about)))
}

/// Whose part in which figure is asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// active_members, contributors, arrivals, leavers, top10, adverts, off_topic, silent or sales
    /// (orders, in minor units).
    #[param(value_type = String)]
    pub figure: BehindFigure,
    /// First day; 28 days before the last unless said otherwise.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Day after the last; tomorrow unless said otherwise.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    /// One group.
    #[param(value_type = Option<String>)]
    pub group: Option<GroupId>,
    /// A branch and all below it; with neither all that may be seen.
    #[param(value_type = Option<String>)]
    pub branch: Option<BranchId>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Somebody behind a figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonBehind {
    /// Who.
    pub member: PersonNamed,
    /// The group, if one was asked about.
    pub group: Option<Named>,
    /// Their part.
    pub value: i64,
    /// When, where the figure is about an instant.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

/// A member by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonNamed {
    /// Id.
    #[schema(value_type = String)]
    pub id: MemberId,
    /// Name.
    pub name: String,
}

/// The people behind a figure, the largest parts first.
#[utoipa::path(
    get, path = "/groups/health/people", operation_id = "health_people", tag = "report",
    params(PeopleQuery),
    extensions(("x-permission" = json!("report.people"))),
    responses((status = 200, body = List<PersonBehind>))
)]
async fn people(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<PeopleQuery>,
) -> Result<Json<List<PersonBehind>>> {
    let about = about(query.group, query.branch)?;
    let period = period(&state, &caller, (query.from, query.to), DAYS)?;
    let page = Page {
        limit: query.limit,
        cursor: query.cursor,
    };
    let offset = page.after::<usize>()?.unwrap_or(0);
    let window = (offset, page.limit());
    let found = state
        .app
        .people_behind(&caller, query.figure, about, period, window)
        .await?;
    let group = found.group.map(Named::from);
    let items: Vec<PersonBehind> = found
        .rows
        .into_iter()
        .map(|row| PersonBehind {
            member: PersonNamed {
                id: row.member_id,
                name: row.name,
            },
            group: group.clone(),
            value: row.value,
            at: row.at,
        })
        .collect();
    Ok(Json(List {
        next: next_window(offset, items.len(), found.total),
        total: Total::of(found.total),
        items,
    }))
}

/// The routes of reports.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(people))
}
