//! Events that other programs report.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::outside::{Outside, Report, Whom};
use yutang_domain::{
    id::{EventId, GroupId, MemberId, OutsideId},
    outside::OutsideError,
    time::Timestamp,
};

use crate::{ApiState, Auth, Json, List, Page, Query, Total, page::cursor, problem::Result};

/// Whom an event is about: `id`, or `channel` and `account`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutsideMember {
    /// The member's id, as webhooks and the API name it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub id: Option<MemberId>,
    /// The network of an account: wecom, wechat, telegram, matrix …
    #[serde(default)]
    pub channel: Option<String>,
    /// The network's id of the account.
    #[serde(default)]
    pub account: Option<String>,
}

/// An event as it is reported.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutsideIn {
    /// Names it: the same again from the same source is taken again and kept once.
    pub id: String,
    /// Where it comes from, a word of your own; ids of two sources do not meet.
    #[serde(default)]
    pub source: String,
    /// What kind of thing happened, a word of your own: small letters, digits, _ and dots.
    pub name: String,
    /// When it happened; left out = now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// To whom.
    #[serde(default)]
    pub member: Option<OutsideMember>,
    /// In which group.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub group_id: Option<GroupId>,
    /// What else is to be said: an object of at most 4096 bytes. No names, phones or texts: whoever
    /// is meant stands in `member`.
    #[serde(default = "nothing")]
    #[schema(value_type = Object)]
    pub data: Value,
}

fn nothing() -> Value {
    serde_json::json!({})
}

/// An event as it was taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OutsideOut {
    /// Its id here.
    #[schema(value_type = String)]
    pub outside: OutsideId,
    /// The reporter's name of it.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// What kind of thing happened.
    pub name: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// To whom.
    #[schema(value_type = Option<String>)]
    pub member_id: Option<MemberId>,
    /// In which group.
    #[schema(value_type = Option<String>)]
    pub group_id: Option<GroupId>,
    /// What else was said; empty once it was let go of.
    #[schema(value_type = Object)]
    pub data: Value,
    /// The fact of the log, as webhooks name it.
    #[schema(value_type = String)]
    pub event: EventId,
    /// When it was reported.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl OutsideOut {
    fn of(row: Outside) -> Self {
        Self {
            outside: row.id,
            id: row.external_id,
            source: row.source,
            name: row.name,
            at: row.at,
            member_id: row.member_id,
            group_id: row.group_id,
            data: serde_json::from_str(&row.data).unwrap_or_default(),
            event: row.event_id,
            created_at: row.created_at,
        }
    }
}

/// Which events.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OutsideQuery {
    /// Of this name; left out = all.
    pub name: Option<String>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Takes an event: 201 the first time, 200 when it comes again.
#[utoipa::path(
    post, path = "/events", operation_id = "outside_report", tag = "webhooks",
    request_body = OutsideIn,
    extensions(("x-permission" = json!("outside.report"))),
    responses((status = 201, body = OutsideOut), (status = 200, body = OutsideOut))
)]
async fn report(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<OutsideIn>,
) -> Result<(StatusCode, Json<OutsideOut>)> {
    let whom = match given.member {
        None => None,
        Some(OutsideMember {
            id: Some(id),
            channel: None,
            account: None,
        }) => Some(Whom::Member(id)),
        Some(OutsideMember {
            id: None,
            channel: Some(channel),
            account: Some(account),
        }) => Some(Whom::Account { channel, account }),
        Some(_) => return Err(OutsideError::Member.into()),
    };
    let report = Report {
        source: given.source,
        id: given.id,
        name: given.name,
        at: given.at,
        whom,
        group: given.group_id,
        data: given.data,
    };
    let (row, new) = state.app.report_outside(&caller, &report).await?;
    let status = if new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(OutsideOut::of(row))))
}

/// What was reported, the latest first.
#[utoipa::path(
    get, path = "/events", operation_id = "outside_list", tag = "webhooks",
    params(OutsideQuery),
    extensions(("x-permission" = json!("outside.read"))),
    responses((status = 200, body = List<OutsideOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<OutsideQuery>,
) -> Result<Json<List<OutsideOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor,
    };
    let place = (page.after()?, page.limit());
    let found = state
        .app
        .outside_events(&caller, query.name.as_deref(), place)
        .await?;
    Ok(Json(List {
        items: found.items.into_iter().map(OutsideOut::of).collect(),
        next: found.next.map(|place| cursor(&place)),
        total: Total::of(found.total),
    }))
}

/// The routes of outside events.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(report, list))
}
