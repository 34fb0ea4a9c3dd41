//! Knocks: who asks to be let into a group.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::knock::Knocking;
use yutang_domain::{
    gate::{Held, KnockState},
    id::{GroupId, KnockId},
    time::Timestamp,
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total, named::Named, page::cursor, problem::Result,
};

/// Which knocks are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct KnockQuery {
    /// waiting, admitted, declined or gone.
    #[param(value_type = Option<String>)]
    pub state: Option<KnockState>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Somebody asks to be let in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KnockOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: KnockId,
    /// Who.
    pub member: Named,
    /// What they say for themselves.
    pub said: String,
    /// The code or link through which they ask.
    pub via: Option<String>,
    /// waiting, admitted, declined or gone.
    #[schema(value_type = String)]
    pub state: KnockState,
    /// Why it waits, or waited: staff, answer, reason, task, payment, wave or removed.
    #[schema(value_type = Option<String>)]
    pub held: Option<Held>,
    /// When they asked.
    #[schema(value_type = String, format = DateTime)]
    pub knocked_at: Timestamp,
    /// When it was decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// Who decided; null = the network's own client.
    pub decided_by: Option<String>,
    /// Why they were turned away.
    pub reason: Option<String>,
}

impl From<Knocking> for KnockOut {
    fn from(knocking: Knocking) -> Self {
        let row = knocking.row;
        Self {
            id: row.id,
            member: Named {
                id: row.member_id.to_string(),
                name: knocking.name,
            },
            said: row.said,
            via: row.via,
            state: row.state,
            held: row.held,
            knocked_at: row.knocked_at,
            decided_at: row.decided_at,
            decided_by: knocking.decided_by,
            reason: row.reason,
        }
    }
}

/// Why somebody is turned away.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KnockDeclineIn {
    /// In words that the person is told, where the network shows them; at most 200 characters count.
    pub reason: String,
}

/// Who asks to be let into a group, newest first. req: 001-053
#[utoipa::path(
    get, path = "/groups/{id}/knocks", operation_id = "knock_list", tag = "gate",
    params(("id" = String, Path, description = "Group"), KnockQuery),
    extensions(("x-permission" = json!("gate.admit"))),
    responses((status = 200, body = List<KnockOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Query(query): Query<KnockQuery>,
) -> Result<Json<List<KnockOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor,
    };
    let before: Option<(i64, KnockId)> = page.after()?;
    let before = before.map(|(at, id)| (Timestamp::from_ms(at), id));
    let found = state
        .app
        .knocks(&caller, id, query.state, before, page.limit())
        .await?;
    Ok(Json(List {
        items: found.items.into_iter().map(KnockOut::from).collect(),
        next: found.next.map(|(at, id)| cursor(&(at.ms(), id))),
        total: Total::of(found.total),
    }))
}

/// Lets somebody in who knocks: the channel does it, or a task asks a person to.
#[utoipa::path(
    post, path = "/groups/{id}/knocks/{knock}/admit", operation_id = "knock_admit", tag = "gate",
    params(("id" = String, Path, description = "Group"), ("knock" = String, Path, description = "Knock")),
    extensions(("x-permission" = json!("gate.admit"))),
    responses((status = 200, body = KnockOut))
)]
async fn admit(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At((group, id)): At<(GroupId, KnockId)>,
) -> Result<Json<KnockOut>> {
    let decided = state.app.decide_knock(&caller, group, id, None).await?;
    Ok(Json(decided.into()))
}

/// Turns somebody away who knocks.
#[utoipa::path(
    post, path = "/groups/{id}/knocks/{knock}/decline", operation_id = "knock_decline", tag = "gate",
    params(("id" = String, Path, description = "Group"), ("knock" = String, Path, description = "Knock")),
    request_body = KnockDeclineIn,
    extensions(("x-permission" = json!("gate.admit"))),
    responses((status = 200, body = KnockOut))
)]
async fn decline(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At((group, id)): At<(GroupId, KnockId)>,
    given: Option<Json<KnockDeclineIn>>,
) -> Result<Json<KnockOut>> {
    let reason = given.map(|Json(given)| given.reason).unwrap_or_default();
    let decided = state
        .app
        .decide_knock(&caller, group, id, Some(&reason))
        .await?;
    Ok(Json(decided.into()))
}

/// The routes of knocks.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(admit))
        .routes(routes!(decline))
}
