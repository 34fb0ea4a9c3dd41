//! Runs of playbooks: how they stand, a yes or no, their end.

use axum::extract::State as Held;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::playbook::{Filter, RunStanding};
use yutang_domain::{
    id::{GroupId, MemberId, PlaybookRunId},
    playbook::{Mode, Planned, RunState},
    time::Timestamp,
};

use super::shape::{RunStepOut, WordsOut};
use crate::{ApiState, At, Auth, Json, List, Page, Query, Total, page::cursor, problem::Result};

/// A step that is still to come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ComingOut {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Its name.
    pub step: String,
    /// What it does.
    #[serde(rename = "do")]
    pub deed: &'static str,
    /// To whom.
    pub to: &'static str,
    /// By which way.
    pub mode: Option<&'static str>,
}

impl From<Planned> for ComingOut {
    fn from(planned: Planned) -> Self {
        Self {
            at: planned.at,
            step: planned.step,
            deed: planned.deed.as_str(),
            to: planned.to.as_str(),
            mode: planned.mode.map(Mode::as_str),
        }
    }
}

/// Where a run waits for a yes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GateWaitOut {
    /// The step.
    pub step: String,
    /// What is to be decided.
    pub text: String,
}

/// A run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaybookRunOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: PlaybookRunId,
    /// The playbook.
    pub playbook: String,
    /// Its version, which it keeps.
    pub version: i64,
    /// What people call it.
    pub title: WordsOut,
    /// waiting, running, held, done or stopped.
    #[schema(value_type = String)]
    pub state: RunState,
    /// The group or person it is about, by name.
    pub about: Option<String>,
    /// The group it is about, or the one opened for the occasion.
    #[schema(value_type = Option<String>)]
    pub group_id: Option<GroupId>,
    /// The person it is about.
    #[schema(value_type = Option<String>)]
    pub member_id: Option<MemberId>,
    /// What distinguishes it from other runs about the same.
    pub key: String,
    /// The moment it is about.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who started it.
    pub starter: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// When something is due next.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub wake_at: Option<Timestamp>,
    /// Code of what went wrong at the last look.
    pub fault: Option<String>,
    /// Where it waits for a yes.
    pub gates: Vec<GateWaitOut>,
    /// Whether it opens a group that nobody has named yet.
    pub wants_group: bool,
    /// What it did, latest first; empty in lists.
    pub steps: Vec<RunStepOut>,
    /// What is still to come; empty in lists.
    pub coming: Vec<ComingOut>,
}

impl From<RunStanding> for PlaybookRunOut {
    fn from(found: RunStanding) -> Self {
        let row = found.row;
        Self {
            id: row.id,
            playbook: row.name,
            version: row.version,
            title: found.title.into(),
            state: row.state,
            about: found.about,
            group_id: row.group_id,
            member_id: row.member_id,
            key: row.key,
            at: row.at,
            starter: found.starter,
            started_at: row.started_at,
            ended_at: row.ended_at,
            wake_at: row.wake_at,
            fault: row.fault,
            gates: found
                .gates
                .into_iter()
                .map(|gate| GateWaitOut {
                    step: gate.step,
                    text: gate.text,
                })
                .collect(),
            wants_group: found.wants_group,
            steps: found.steps.into_iter().map(RunStepOut::from).collect(),
            coming: found.coming.into_iter().map(ComingOut::from).collect(),
        }
    }
}

/// What a stop left.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunStoppedOut {
    /// The run.
    pub run: PlaybookRunOut,
    /// What was still to come, and never will.
    pub undone: Vec<ComingOut>,
    /// Promises that stay: tasks for gifts, points, posters.
    pub promises: i64,
}

/// Where runs stand that are looked for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Anywhere before their end.
    Open,
    /// There.
    #[serde(untagged)]
    In(RunState),
}

/// Which runs are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct RunQuery {
    /// Of this playbook.
    pub playbook: Option<String>,
    /// waiting, running, held, done or stopped; `open` are the first three.
    #[param(value_type = Option<String>)]
    pub state: Option<Standing>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Runs, newest first.
#[utoipa::path(
    get, path = "/playbook-runs", operation_id = "playbook_run_list", tag = "playbook",
    params(RunQuery),
    extensions(("x-permission" = json!("playbook.read"))),
    responses((status = 200, body = List<PlaybookRunOut>))
)]
async fn list(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<RunQuery>,
) -> Result<Json<List<PlaybookRunOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor,
    };
    let states = match query.state {
        Some(Standing::Open) => vec![RunState::Waiting, RunState::Running, RunState::Held],
        Some(Standing::In(state)) => vec![state],
        None => Vec::new(),
    };
    let filter = Filter {
        name: query.playbook,
        states,
        after: page.after()?,
        ..Filter::default()
    };
    let found = state
        .app
        .playbook_runs(&caller, &filter, page.limit())
        .await?;
    Ok(Json(List {
        items: found.items.into_iter().map(PlaybookRunOut::from).collect(),
        next: found.next.map(|place| cursor(&place)),
        total: Total::of(found.total),
    }))
}

/// One run, with what it did and what is still to come.
#[utoipa::path(
    get, path = "/playbook-runs/{id}", operation_id = "playbook_run_get", tag = "playbook",
    params(("id" = String, Path, description = "Id of the run")),
    extensions(("x-permission" = json!("playbook.read"))),
    responses((status = 200, body = PlaybookRunOut))
)]
async fn get(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<PlaybookRunId>,
) -> Result<Json<PlaybookRunOut>> {
    Ok(Json(state.app.playbook_run(&caller, id).await?.into()))
}

/// Ends a run: nothing more follows from it, people keep what they were promised.
#[utoipa::path(
    post, path = "/playbook-runs/{id}/stop", operation_id = "playbook_run_stop", tag = "playbook",
    params(("id" = String, Path, description = "Id of the run")),
    extensions(("x-permission" = json!("playbook.edit"))),
    responses((status = 200, body = RunStoppedOut))
)]
async fn stop(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<PlaybookRunId>,
) -> Result<Json<RunStoppedOut>> {
    let stopped = state.app.stop_playbook_run(&caller, id).await?;
    Ok(Json(RunStoppedOut {
        run: stopped.run.into(),
        undone: stopped.undone.into_iter().map(ComingOut::from).collect(),
        promises: stopped.promises,
    }))
}

/// A word where a run waits.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideIn {
    /// The step.
    pub step: String,
    /// Yes: it goes on. No: it ends.
    pub yes: bool,
}

/// A person's yes or no where a run waits.
#[utoipa::path(
    post, path = "/playbook-runs/{id}/decide", operation_id = "playbook_run_decide", tag = "playbook",
    params(("id" = String, Path, description = "Id of the run")),
    extensions(("x-permission" = json!("playbook.edit"))),
    responses((status = 200, body = PlaybookRunOut))
)]
async fn decide(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<PlaybookRunId>,
    Json(given): Json<DecideIn>,
) -> Result<Json<PlaybookRunOut>> {
    let run = state
        .app
        .decide_gate(&caller, id, &given.step, given.yes)
        .await?;
    Ok(Json(run.into()))
}

/// Which group was opened for the occasion.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunGroupIn {
    /// An id or a name.
    pub group: String,
}

/// Says which group was opened for the occasion; what is for it is said there from now on.
#[utoipa::path(
    put, path = "/playbook-runs/{id}/group", operation_id = "playbook_run_group", tag = "playbook",
    params(("id" = String, Path, description = "Id of the run")),
    extensions(("x-permission" = json!("playbook.edit"))),
    responses((status = 200, body = PlaybookRunOut))
)]
async fn name_group(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(id): At<PlaybookRunId>,
    Json(given): Json<RunGroupIn>,
) -> Result<Json<PlaybookRunOut>> {
    state.app.name_run_group(&caller, id, &given.group).await?;
    Ok(Json(state.app.playbook_run(&caller, id).await?.into()))
}

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(stop))
        .routes(routes!(decide))
        .routes(routes!(name_group))
}
