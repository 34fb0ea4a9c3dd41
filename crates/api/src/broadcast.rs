//! Broadcasts (群发): written, planned, let go, and what became of them.

mod board;

use axum::extract::State as Held;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::broadcast::{Filter, Plan, Standing};
use yutang_domain::{
    broadcast::{Attachment, Draft, Mode, Reach, State},
    group::{Audience, Scene, Stage},
    id::{BranchId, BroadcastId, GroupId},
    time::Timestamp,
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total, claim::ClaimOut, page::cursor,
    problem::Result,
};

/// Something that goes with the text.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachmentIn {
    /// What it is called.
    pub title: String,
    /// Where it leads.
    pub url: String,
}

/// Which groups: lists that are empty leave all in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReachIn {
    /// In these branches, or below them.
    #[schema(value_type = Vec<String>)]
    pub branches: Vec<BranchId>,
    /// Of these uses.
    #[schema(value_type = Vec<String>)]
    pub scenes: Vec<Scene>,
    /// Of these kinds.
    #[schema(value_type = Vec<String>)]
    pub audiences: Vec<Audience>,
    /// At these stages of life.
    #[schema(value_type = Vec<String>)]
    pub stages: Vec<Stage>,
    /// Only these.
    #[schema(value_type = Vec<String>)]
    pub groups: Vec<GroupId>,
    /// Not these.
    #[schema(value_type = Vec<String>)]
    pub without: Vec<GroupId>,
}

/// A broadcast as it is written. In the text `{{store}}`, `{{group}}`, `{{manager}}`, `{{staff}}`,
/// `{{members}}`, `{{bot}}`, `{{address}}`, `{{hours}}`, `{{pickup}}` and `{{code}}` are filled in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroadcastIn {
    /// What it is called among staff.
    pub name: String,
    /// Which groups.
    #[serde(default)]
    pub reach: ReachIn,
    /// The words, at most 4,000 characters.
    pub text: String,
    /// At most nine.
    #[serde(default)]
    pub attachments: Vec<AttachmentIn>,
    /// auto, task, paste or announce.
    #[schema(value_type = String)]
    pub mode: Mode,
    /// Whether it sells something: such a one waits where a complaint is open.
    #[serde(default)]
    pub selling: bool,
    /// When; null = as soon as it is let go.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// At most so many messages a minute through one account.
    #[serde(default = "usual_rate")]
    pub per_minute: i64,
    /// On what grounds claims stand in it that an advert may not make.
    #[serde(default)]
    pub grounds: String,
}

const fn usual_rate() -> i64 {
    20
}

impl From<BroadcastIn> for Draft {
    fn from(given: BroadcastIn) -> Self {
        Self {
            name: given.name,
            reach: Reach {
                branches: given.reach.branches,
                scenes: given.reach.scenes,
                audiences: given.reach.audiences,
                stages: given.reach.stages,
                groups: given.reach.groups,
                without: given.reach.without,
            },
            text: given.text,
            attachments: given
                .attachments
                .into_iter()
                .map(|one| Attachment {
                    title: one.title,
                    url: one.url,
                })
                .collect(),
            mode: given.mode,
            selling: given.selling,
            at: given.at,
            per_minute: given.per_minute,
            grounds: given.grounds,
        }
    }
}

/// In how many groups it met a fate.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FateOut {
    /// held, sending, asked, sent, failed, skipped or stopped.
    pub fate: &'static str,
    /// How many groups.
    pub groups: i64,
}

/// A broadcast, and how far it has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BroadcastOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: BroadcastId,
    /// What it is called among staff.
    pub name: String,
    /// Which groups.
    pub reach: ReachIn,
    /// The words.
    pub text: String,
    /// What goes with them.
    pub attachments: Vec<AttachmentIn>,
    /// auto, task, paste or announce.
    #[schema(value_type = String)]
    pub mode: Mode,
    /// Whether it sells something.
    pub selling: bool,
    /// draft, scheduled, running, paused, done or stopped.
    #[schema(value_type = String)]
    pub state: State,
    /// When it is to go.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// When it went.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Messages a minute through one account.
    pub per_minute: i64,
    /// On what grounds claims stand in it.
    pub grounds: String,
    /// In how many groups it met which fate.
    pub fates: Vec<FateOut>,
    /// Who wrote it.
    pub author: String,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Standing> for BroadcastOut {
    fn from(found: Standing) -> Self {
        let Standing {
            row,
            draft,
            author,
            fates,
        } = found;
        Self {
            id: row.id,
            name: row.name,
            reach: ReachIn {
                branches: draft.reach.branches,
                scenes: draft.reach.scenes,
                audiences: draft.reach.audiences,
                stages: draft.reach.stages,
                groups: draft.reach.groups,
                without: draft.reach.without,
            },
            text: draft.text,
            attachments: draft
                .attachments
                .into_iter()
                .map(|one| AttachmentIn {
                    title: one.title,
                    url: one.url,
                })
                .collect(),
            mode: row.mode,
            selling: row.selling,
            state: row.state,
            at: row.at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            per_minute: row.per_minute,
            grounds: row.grounds,
            fates: fates
                .into_iter()
                .map(|(fate, groups)| FateOut {
                    fate: fate.as_str(),
                    groups,
                })
                .collect(),
            author,
            created_at: row.created_at,
        }
    }
}

/// A group that is left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RefusedOut {
    /// Group.
    #[schema(value_type = String)]
    pub group: GroupId,
    /// By name.
    pub name: String,
    /// Why, as a code.
    pub reason: &'static str,
    /// The limit of the network behind it, as a code of `channel.limit`.
    pub limit: Option<&'static str>,
    /// The variable without a value.
    pub variable: Option<String>,
}

/// How it would read in a group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlannedTextOut {
    /// Group.
    #[schema(value_type = String)]
    pub group: GroupId,
    /// By name.
    pub name: String,
    /// The store by name.
    pub store: String,
    /// The words.
    pub text: String,
    /// channel or person.
    pub by: &'static str,
    /// Why not the channel itself, as a code.
    pub cannot: Option<&'static str>,
}

/// What a broadcast would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BroadcastPlanOut {
    /// When it would go.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Groups that the reach leaves in.
    pub groups: i64,
    /// People in the groups that it comes to.
    pub people: i64,
    /// Groups that it comes to.
    pub accepted: i64,
    /// Of these, groups in which a person sends it.
    pub by_hand: i64,
    /// Of these, groups that wait for the morning, or until a complaint is closed.
    pub waiting: i64,
    /// Of these, groups that had a post on that day already.
    pub again: i64,
    /// Groups left out.
    pub refused: Vec<RefusedOut>,
    /// From the first to the last, in minutes.
    pub minutes: i64,
    /// How it reads in three stores.
    pub texts: Vec<PlannedTextOut>,
    /// What an advert may not say.
    pub claims: Vec<ClaimOut>,
}

impl From<Plan> for BroadcastPlanOut {
    fn from(plan: Plan) -> Self {
        Self {
            at: plan.at,
            groups: plan.groups,
            people: plan.people,
            accepted: plan.accepted,
            by_hand: plan.by_hand,
            waiting: plan.waiting,
            again: plan.again,
            minutes: plan.minutes,
            refused: plan
                .refused
                .into_iter()
                .map(|one| RefusedOut {
                    group: one.group,
                    name: one.name,
                    reason: one.reason,
                    limit: one.limit,
                    variable: one.variable,
                })
                .collect(),
            texts: plan
                .texts
                .into_iter()
                .map(|one| PlannedTextOut {
                    group: one.group,
                    name: one.name,
                    store: one.store,
                    text: one.text,
                    by: one.by,
                    cannot: one.cannot,
                })
                .collect(),
            claims: plan.claims.into_iter().map(ClaimOut::from).collect(),
        }
    }
}

/// Which broadcasts are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct BroadcastQuery {
    /// Words in their names or texts.
    pub q: Option<String>,
    /// draft, scheduled, running, paused, done or stopped.
    #[param(value_type = Option<String>)]
    pub state: Option<State>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Broadcasts, newest first.
#[utoipa::path(
    get, path = "/broadcasts", operation_id = "broadcast_list", tag = "broadcast",
    params(BroadcastQuery),
    extensions(("x-permission" = json!("broadcast.read"))),
    responses((status = 200, body = List<BroadcastOut>))
)]
async fn list(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<BroadcastQuery>,
) -> Result<Json<List<BroadcastOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor,
    };
    let words = query.q.unwrap_or_default().to_lowercase();
    let filter = Filter {
        states: query.state.into_iter().collect(),
        words: words
            .split_whitespace()
            .take(8)
            .map(str::to_owned)
            .collect(),
        after: page.after()?,
        ..Filter::default()
    };
    let found = state.app.broadcasts(&caller, &filter, page.limit()).await?;
    Ok(Json(List {
        items: found.items.into_iter().map(BroadcastOut::from).collect(),
        next: found.next.map(|place| cursor(&place)),
        total: Total::of(found.total),
    }))
}

/// Keeps a new broadcast as a draft.
#[utoipa::path(
    post, path = "/broadcasts", operation_id = "broadcast_create", tag = "broadcast",
    extensions(("x-permission" = json!("broadcast.edit"))),
    responses((status = 201, body = BroadcastOut))
)]
async fn create(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<BroadcastIn>,
) -> Result<(axum::http::StatusCode, Json<BroadcastOut>)> {
    let made = state.app.create_broadcast(&caller, given.into()).await?;
    Ok((axum::http::StatusCode::CREATED, Json(made.into())))
}

/// What one written before is left out of.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// The broadcast that is being written anew.
    #[param(value_type = Option<String>)]
    pub id: Option<BroadcastId>,
}

/// Says what a broadcast would do; changes nothing.
#[utoipa::path(
    post, path = "/broadcasts/plan", operation_id = "broadcast_plan", tag = "broadcast",
    params(PlanQuery),
    extensions(("x-permission" = json!("broadcast.read"))),
    responses((status = 200, body = BroadcastPlanOut))
)]
async fn plan(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<PlanQuery>,
    Json(given): Json<BroadcastIn>,
) -> Result<Json<BroadcastPlanOut>> {
    let draft = given.into();
    let plan = state.app.plan_broadcast(&caller, &draft, query.id).await?;
    Ok(Json(plan.into()))
}

/// One broadcast.
#[utoipa::path(
    get, path = "/broadcasts/{id}", operation_id = "broadcast_get", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast")),
    extensions(("x-permission" = json!("broadcast.read"))),
    responses((status = 200, body = BroadcastOut))
)]
async fn get(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
) -> Result<Json<BroadcastOut>> {
    Ok(Json(state.app.broadcast(&caller, id).await?.into()))
}

/// Writes a draft anew, or takes one back that waits for its time.
#[utoipa::path(
    put, path = "/broadcasts/{id}", operation_id = "broadcast_edit", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast")),
    extensions(("x-permission" = json!("broadcast.edit"))),
    responses((status = 200, body = BroadcastOut))
)]
async fn edit(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
    Json(given): Json<BroadcastIn>,
) -> Result<Json<BroadcastOut>> {
    let draft = given.into();
    Ok(Json(
        state.app.edit_broadcast(&caller, id, draft).await?.into(),
    ))
}

/// Throws a draft away.
#[utoipa::path(
    delete, path = "/broadcasts/{id}", operation_id = "broadcast_delete", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast")),
    extensions(("x-permission" = json!("broadcast.edit"))),
    responses((status = 204))
)]
async fn delete(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
) -> Result<axum::http::StatusCode> {
    state.app.delete_broadcast(&caller, id).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// Lets a broadcast go, at its time or now.
#[utoipa::path(
    post, path = "/broadcasts/{id}/schedule", operation_id = "broadcast_schedule", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast")),
    extensions(("x-permission" = json!("broadcast.edit"))),
    responses((status = 200, body = BroadcastOut))
)]
async fn schedule(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
) -> Result<Json<BroadcastOut>> {
    Ok(Json(
        state.app.schedule_broadcast(&caller, id).await?.into(),
    ))
}

/// Halts a broadcast: what has not left waits.
#[utoipa::path(
    post, path = "/broadcasts/{id}/pause", operation_id = "broadcast_pause", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast")),
    extensions(("x-permission" = json!("broadcast.edit"))),
    responses((status = 200, body = BroadcastOut))
)]
async fn pause(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
) -> Result<Json<BroadcastOut>> {
    Ok(Json(state.app.pause_broadcast(&caller, id).await?.into()))
}

/// Lets a halted broadcast go on.
#[utoipa::path(
    post, path = "/broadcasts/{id}/resume", operation_id = "broadcast_resume", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast")),
    extensions(("x-permission" = json!("broadcast.edit"))),
    responses((status = 200, body = BroadcastOut))
)]
async fn resume(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
) -> Result<Json<BroadcastOut>> {
    Ok(Json(state.app.resume_broadcast(&caller, id).await?.into()))
}

/// Ends a broadcast before its end: open tasks are taken back.
#[utoipa::path(
    post, path = "/broadcasts/{id}/stop", operation_id = "broadcast_stop", tag = "broadcast",
    params(("id" = String, Path, description = "Broadcast")),
    extensions(("x-permission" = json!("broadcast.edit"))),
    responses((status = 200, body = BroadcastOut))
)]
async fn stop(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<BroadcastId>,
) -> Result<Json<BroadcastOut>> {
    Ok(Json(state.app.stop_broadcast(&caller, id).await?.into()))
}

/// The routes of broadcasts.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(plan))
        .routes(routes!(get, edit, delete))
        .routes(routes!(schedule))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(stop))
        .merge(board::routes())
}
