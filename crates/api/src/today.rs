//! Today: what needs me now.

use axum::extract::State;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::today::{Today, TodayAction, TodayItem};
use yutang_domain::{
    id::StaffTaskId,
    task::{Level, TaskKind},
    time::Timestamp,
};

use crate::{
    ApiState, Auth, Json,
    named::{Named, Sentence},
    problem::Result,
};

/// Buttons of a line, at most.
const ACTIONS_MAX: usize = 2;

/// What can be done with one tap.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TodayActionOut {
    /// done, hand_over, impossible or open_group.
    pub action: String,
    /// What stands on the button.
    pub label_code: String,
    /// Where it leads, if it leads somewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
}

/// A line of Today.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TodayItemOut {
    /// Its id.
    pub id: String,
    /// complaint, code, task, reply, appeal, reconciliation or hint.
    pub kind: String,
    /// urgent, warn or normal.
    #[schema(value_type = String)]
    pub level: Level,
    /// Until when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since_at: Option<Timestamp>,
    /// In which group.
    pub group: Option<Named>,
    /// About whom.
    pub member: Option<Named>,
    /// What it is.
    pub sentence: Sentence,
    /// Text ready to paste; empty if there is none.
    pub body: String,
    /// At most two.
    pub actions: Vec<TodayActionOut>,
    /// The task behind it.
    #[schema(value_type = Option<String>)]
    pub task_id: Option<StaffTaskId>,
    /// How long it takes, in minutes.
    pub minutes: i64,
}

impl From<TodayItem> for TodayItemOut {
    fn from(item: TodayItem) -> Self {
        let actions = item.actions.iter().take(ACTIONS_MAX).map(|action| {
            let (word, href) = match action {
                TodayAction::Done => ("done", None),
                TodayAction::HandOver => ("hand_over", None),
                TodayAction::Impossible => ("impossible", None),
                TodayAction::Answer => ("answer", Some("/moderation?tab=appeals".to_owned())),
                TodayAction::OpenGroup => (
                    "open_group",
                    item.group.as_ref().map(|g| format!("/groups/{}", g.id)),
                ),
            };
            TodayActionOut {
                action: word.to_owned(),
                label_code: format!("today.do.{word}"),
                href,
            }
        });
        let actions = actions.collect();
        Self {
            id: item.id,
            kind: match item.kind {
                TaskKind::Do => "task".to_owned(),
                kind => kind.to_string(),
            },
            level: item.level,
            due_at: item.due_at,
            since_at: item.since_at,
            group: item.group.map(Named::from),
            member: item.member.map(Named::from),
            sentence: Sentence {
                code: item.sentence,
                args: item.args,
            },
            body: item.body,
            actions,
            task_id: item.task_id,
            minutes: item.minutes,
        }
    }
}

/// Sales of today.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TodaySalesOut {
    /// Amount so far.
    pub amount_minor: i64,
    /// Orders so far.
    pub orders: i64,
    /// Amount of the whole same weekday a week ago.
    pub previous_weekday_minor: i64,
    /// Amount of that day up to the same hour.
    pub previous_so_far_minor: i64,
    /// So far over so far; null over nothing.
    pub ratio: Option<f64>,
}

/// What members wait for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TodayAlarmsOut {
    /// Complaints that are open.
    pub open: i64,
    /// Of these, told to the region and taken up by nobody.
    pub escalated: i64,
    /// Questions that have waited longer than they should.
    pub waiting: i64,
}

/// What needs me now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TodayOut {
    /// When it was worked out.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// How many lines there are.
    pub count: usize,
    /// How long all of them take, in minutes.
    pub minutes: i64,
    /// The lines in the order they are to be dealt with.
    pub items: Vec<TodayItemOut>,
    /// Sales; null if they may not be seen.
    pub sales: Option<TodaySalesOut>,
    /// Complaints and questions; null if they may not be seen.
    pub alarms: Option<TodayAlarmsOut>,
    /// Yesterday in one sentence.
    pub digest: Sentence,
}

impl From<Today> for TodayOut {
    fn from(today: Today) -> Self {
        let sales = today.sales.map(|sales| TodaySalesOut {
            amount_minor: sales.amount_minor,
            orders: sales.orders,
            previous_weekday_minor: sales.previous_weekday_minor,
            previous_so_far_minor: sales.previous_so_far_minor,
            ratio: (sales.previous_so_far_minor > 0)
                .then(|| sales.amount_minor as f64 / sales.previous_so_far_minor as f64),
        });
        Self {
            as_of: today.as_of,
            count: today.items.len(),
            minutes: today.minutes,
            items: today.items.into_iter().map(TodayItemOut::from).collect(),
            sales,
            alarms: today.alarms.map(|alarms| TodayAlarmsOut {
                open: alarms.open,
                escalated: alarms.escalated,
                waiting: alarms.waiting,
            }),
            digest: Sentence {
                code: match (today.arrivals.and(today.leavers), today.speakers) {
                    (Some(_), Some(_)) => "today.digest",
                    (Some(_), None) => "today.digest_unread",
                    (None, Some(_)) => "today.digest_said",
                    (None, None) => "today.digest_unseen",
                }
                .to_owned(),
                args: json!({
                    "arrivals": today.arrivals,
                    "leavers": today.leavers,
                    "speakers": today.speakers,
                }),
            },
        }
    }
}

/// What needs me now, in the fixed order of the trade.
#[utoipa::path(
    get, path = "/today", operation_id = "today", tag = "today",
    extensions(("x-permission" = json!("today.read"))),
    responses((status = 200, body = TodayOut))
)]
async fn today(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<TodayOut>> {
    Ok(Json(state.app.today(&caller).await?.into()))
}

/// The route of Today.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(today))
}
