//! Complaints that somebody has to look at.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::alarm::{Filter, Listed};
use yutang_domain::{
    alarm::{AlarmOutcome, AlarmState},
    id::{AlarmId, GroupId, MessageId},
    time::Timestamp,
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total, named::Named, page::cursor, problem::Result,
};

/// Which alarms are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AlarmQuery {
    /// open, closed or all (the default).
    #[param(inline)]
    pub state: AlarmList,
    /// In which group.
    #[param(value_type = Option<String>)]
    pub group: Option<GroupId>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Which state alarms are listed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmList {
    /// Not settled.
    Open,
    /// Closed by a person.
    Closed,
    /// Both.
    #[default]
    All,
}

/// A message that complains.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AlarmMessageOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: MessageId,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Its words; null once erased or past retention.
    pub text: Option<String>,
}

/// A complaint that somebody has to look at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AlarmOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: AlarmId,
    /// In which group.
    pub group: Named,
    /// Who complains.
    pub member: Named,
    /// open or closed.
    #[schema(value_type = String)]
    pub state: AlarmState,
    /// How many messages complain.
    pub complaints: i64,
    /// Words that complain.
    pub words: Vec<String>,
    /// The messages, oldest first.
    pub messages: Vec<AlarmMessageOut>,
    /// When the first was sent.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// When the latest was sent.
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Timestamp,
    /// Until when somebody has to take it up; null once somebody has.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// When somebody took it up.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub taken_at: Option<Timestamp>,
    /// Who, in stored form.
    pub taken_by: Option<String>,
    /// When the region was told.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub escalated_at: Option<Timestamp>,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// By whom, in stored form.
    pub closed_by: Option<String>,
    /// settled, refunded, replaced, unreachable or mistaken.
    #[schema(value_type = Option<String>)]
    pub outcome: Option<AlarmOutcome>,
    /// What whoever closed it adds.
    pub note: String,
}

impl From<Listed> for AlarmOut {
    fn from(listed: Listed) -> Self {
        let row = listed.row;
        Self {
            id: row.id,
            group: listed.group.into(),
            member: listed.member.into(),
            state: row.state,
            complaints: row.complaints,
            words: listed.words,
            messages: listed
                .messages
                .into_iter()
                .map(|one| AlarmMessageOut {
                    id: one.message_id,
                    at: one.at,
                    text: one.text,
                })
                .collect(),
            raised_at: row.raised_at,
            last_at: row.last_at,
            due_at: listed.due_at,
            taken_at: row.taken_at,
            taken_by: row.taken_by,
            escalated_at: row.escalated_at,
            closed_at: row.closed_at,
            closed_by: row.closed_by,
            outcome: row.outcome,
            note: row.note,
        }
    }
}

/// How a complaint ended.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmCloseIn {
    /// settled, refunded, replaced, unreachable or mistaken.
    #[schema(value_type = String)]
    pub outcome: AlarmOutcome,
    /// What there is to add.
    #[serde(default)]
    pub note: String,
}

/// Complaints, the latest raised first.
#[utoipa::path(
    get, path = "/alarms", operation_id = "alarm_list", tag = "alarm",
    params(AlarmQuery),
    extensions(("x-permission" = json!("alarm.read"))),
    responses((status = 200, body = List<AlarmOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<AlarmQuery>,
) -> Result<Json<List<AlarmOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor,
    };
    let filter = Filter {
        state: match query.state {
            AlarmList::Open => Some(AlarmState::Open),
            AlarmList::Closed => Some(AlarmState::Closed),
            AlarmList::All => None,
        },
        group: query.group,
        before: page.after()?,
        ..Filter::default()
    };
    let found = state.app.alarms(&caller, filter, page.limit()).await?;
    Ok(Json(List {
        next: found.next.map(|place| cursor(&place)),
        total: Total::of(found.total),
        items: found.items.into_iter().map(AlarmOut::from).collect(),
    }))
}

/// One complaint.
#[utoipa::path(
    get, path = "/alarms/{id}", operation_id = "alarm_read", tag = "alarm",
    params(("id" = String, Path, description = "Alarm")),
    extensions(("x-permission" = json!("alarm.read"))),
    responses((status = 200, body = AlarmOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<AlarmId>,
) -> Result<Json<AlarmOut>> {
    Ok(Json(state.app.alarm(&caller, id).await?.into()))
}

/// A person says how a complaint ended.
#[utoipa::path(
    post, path = "/alarms/{id}/close", operation_id = "alarm_close", tag = "alarm",
    params(("id" = String, Path, description = "Alarm")),
    request_body = AlarmCloseIn,
    extensions(("x-permission" = json!("alarm.close"))),
    responses((status = 200, body = AlarmOut))
)]
async fn close(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<AlarmId>,
    Json(given): Json<AlarmCloseIn>,
) -> Result<Json<AlarmOut>> {
    let closed = state
        .app
        .close_alarm(&caller, id, given.outcome, &given.note)
        .await?;
    Ok(Json(closed.into()))
}

/// The routes of alarms.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(close))
}
