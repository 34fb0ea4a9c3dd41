//! What became of a broadcast, and what it brought.

use axum::extract::State as Held;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::broadcast::{BoardLine, Outcome, Reached, TargetFilter};
use yutang_domain::{
    broadcast::Fate,
    id::{BranchId, BroadcastId, GroupId, StaffId, StaffTaskId},
    time::Timestamp,
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total, named::Named, page::cursor, problem::Result,
};

/// A line of the board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BoardLineOut {
    /// The region.
    pub region: Named,
    /// The store.
    pub branch: Named,
    /// Who is to send; null = the channel, or nobody.
    pub staff: Option<Named>,
    /// Groups that it was to come to.
    pub due: i64,
    /// Groups in which it stands.
    pub sent: i64,
    /// Groups in which it does not yet.
    pub unsent: i64,
    /// Groups in which it never will.
    pub failed: i64,
    /// Groups left out.
    pub skipped: i64,
}

impl From<BoardLine> for BoardLineOut {
    fn from(line: BoardLine) -> Self {
        let place = |(id, name): (BranchId, String)| Named {
            id: id.to_string(),
            name,
        };
        Self {
            region: place(line.region),
            branch: place(line.branch),
            staff: line.staff.map(|(id, name): (StaffId, String)| Named {
                id: id.to_string(),
                name,
            }),
            due: line.due,
            sent: line.sent,
            unsent: line.unsent,
            failed: line.failed,
            skipped: line.skipped,
        }
    }
}

/// The board of a broadcast: by region, store and person.
#[utoipa::path(
    get, path = "/broadcasts/{id}/board", operation_id = "broadcast_board", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast")),
    extensions(("x-permission" = json!("broadcast.read"))),
    responses((status = 200, body = List<BoardLineOut>))
)]
async fn board(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
) -> Result<Json<List<BoardLineOut>>> {
    let lines = state.app.broadcast_board(&caller, id).await?;
    Ok(Json(List::whole(
        lines.into_iter().map(BoardLineOut::from).collect(),
    )))
}

/// Which groups are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct TargetQuery {
    /// held, sending, asked, sent, failed, skipped or stopped.
    #[param(value_type = Option<String>)]
    pub fate: Option<Fate>,
    /// Who is to send it.
    #[param(value_type = Option<String>)]
    pub staff: Option<StaffId>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// What became of it in a group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetOut {
    /// Group.
    #[schema(value_type = String)]
    pub group_id: GroupId,
    /// By name.
    pub group: String,
    /// Its store by name.
    pub branch: String,
    /// Who is to send it.
    pub staff: Option<String>,
    /// held, sending, asked, sent, failed, skipped or stopped.
    #[schema(value_type = String)]
    pub fate: Fate,
    /// Why it waits, was left out, or failed: a code, or the network's words.
    pub reason: Option<String>,
    /// The task, if there is one.
    #[schema(value_type = Option<String>)]
    pub task_id: Option<StaffTaskId>,
    /// Until when the task is to be done.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// When it stood in the group.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
}

impl From<Reached> for TargetOut {
    fn from(row: Reached) -> Self {
        Self {
            group_id: row.group_id,
            group: row.group_name,
            branch: row.branch_name,
            staff: row.assignee_name,
            fate: row.fate,
            reason: row.reason,
            task_id: row.task_id,
            due_at: row.due_at,
            sent_at: row.sent_at,
        }
    }
}

/// What became of a broadcast, group by group.
#[utoipa::path(
    get, path = "/broadcasts/{id}/targets", operation_id = "broadcast_targets", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast"), TargetQuery),
    extensions(("x-permission" = json!("broadcast.read"))),
    responses((status = 200, body = List<TargetOut>))
)]
async fn targets(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
    Query(query): Query<TargetQuery>,
) -> Result<Json<List<TargetOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor,
    };
    let filter = TargetFilter {
        fate: query.fate,
        assignee: query.staff,
        after: page.after()?,
        ..TargetFilter::default()
    };
    let limit = page.limit();
    let found = state
        .app
        .broadcast_targets(&caller, id, &filter, limit)
        .await?;
    let all: i64 = state
        .app
        .broadcast(&caller, id)
        .await?
        .fates
        .into_iter()
        .filter(|(fate, _)| query.fate.is_none_or(|wanted| wanted == *fate))
        .map(|(_, groups)| groups)
        .sum();
    Ok(Json(List {
        items: found.items.into_iter().map(TargetOut::from).collect(),
        next: found.next.map(|group| cursor(&group)),
        total: Total::of(all),
    }))
}

/// A figure of the day after, beside a usual day.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct BesideOut {
    /// In the day after.
    pub day: i64,
    /// On a usual day of the same groups: the mean of the 28 days before.
    pub usual: i64,
}

/// What a broadcast brought in the day after.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OutcomeOut {
    /// Groups in which it stands.
    pub groups: i64,
    /// Of these, groups whose day is not over yet.
    pub running: i64,
    /// Messages of members.
    pub messages: BesideOut,
    /// Orders placed in these groups.
    pub orders: BesideOut,
    /// What those orders came to, in minor units.
    pub amount_minor: BesideOut,
    /// People who left or were taken out.
    pub leavers: BesideOut,
    /// What one person of these groups bought in the 28 days before, in minor units.
    pub worth_minor: Option<i64>,
    /// Amount above a usual day less leavers above a usual day at that worth, in minor units.
    pub net_minor: Option<i64>,
}

impl From<Outcome> for OutcomeOut {
    fn from(outcome: Outcome) -> Self {
        let beside = |(day, usual): (i64, i64)| BesideOut { day, usual };
        Self {
            groups: outcome.groups,
            running: outcome.running,
            messages: beside(outcome.messages),
            orders: beside(outcome.orders),
            amount_minor: beside(outcome.amount_minor),
            leavers: beside(outcome.leavers),
            worth_minor: outcome.worth_minor,
            net_minor: outcome.net_minor,
        }
    }
}

/// What a broadcast brought.
#[utoipa::path(
    get, path = "/broadcasts/{id}/outcome", operation_id = "broadcast_outcome", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast")),
    extensions(("x-permission" = json!("report.read"))),
    responses((status = 200, body = OutcomeOut))
)]
async fn outcome(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
) -> Result<Json<OutcomeOut>> {
    Ok(Json(state.app.broadcast_outcome(&caller, id).await?.into()))
}

/// How many were reminded.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct NudgedOut {
    /// Tasks.
    pub tasks: usize,
}

/// Reminds whoever has not sent, in their staff chats; at most three times within 24 hours.
#[utoipa::path(
    post, path = "/broadcasts/{id}/nudge", operation_id = "broadcast_nudge", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast")),
    extensions(("x-permission" = json!("broadcast.edit"))),
    responses((status = 200, body = NudgedOut))
)]
async fn nudge(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
) -> Result<Json<NudgedOut>> {
    let tasks = state.app.nudge_broadcast(&caller, id).await?;
    Ok(Json(NudgedOut { tasks }))
}

/// The routes of what became of broadcasts.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(board))
        .routes(routes!(targets))
        .routes(routes!(outcome))
        .routes(routes!(nudge))
}
