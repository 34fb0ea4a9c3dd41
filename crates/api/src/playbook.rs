//! Playbooks (打法): read, written, rehearsed, started; their runs.

mod run;
mod shape;

use axum::extract::State as Held;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::playbook::{Rehearsal, Start};
use yutang_domain::{
    id::MemberId,
    playbook::{Adjusted, Adjustment, Mode, To},
    time::Timestamp,
};

use self::shape::{BegunOut, FaultOut, PlaybookOut, PlaybookRowOut, RehearsalOut};
use crate::{ApiState, At, Auth, Json, List, problem::Result};

/// A text of a playbook.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaybookTextIn {
    /// TOML; docs/reference/playbook.md says each line.
    pub text: String,
}

/// What is changed about a step for one run.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdjustmentIn {
    /// auto, broadcast, paste or announce.
    #[schema(value_type = Option<String>)]
    pub mode: Option<Mode>,
    /// So many minutes later, or earlier if negative.
    pub minutes: i64,
    /// host, service, supply or manager.
    #[schema(value_type = Option<String>)]
    pub to: Option<To>,
    /// It is not done at all.
    pub leave_out: bool,
}

/// How a playbook is filled in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlaybookStartIn {
    /// The answers by name, each a list of one word or more; `all` are all groups.
    pub answers: BTreeMap<String, Vec<String>>,
    /// What is changed about steps, by their names.
    pub adjust: BTreeMap<String, AdjustmentIn>,
    /// The group it is about: an id or a name.
    pub group: Option<String>,
    /// The person it is about.
    #[schema(value_type = Option<String>)]
    pub member: Option<MemberId>,
    /// The checks that are met by the word of whoever starts it.
    pub confirmed: Vec<String>,
    /// Whether it runs this once even if it begins by itself.
    pub once: bool,
}

/// What is to be rehearsed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RehearseIn {
    /// How it is filled in.
    pub start: PlaybookStartIn,
    /// From when; null = now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Until when; null = two months on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// A text instead of the one that is kept.
    pub text: Option<String>,
}

impl From<PlaybookStartIn> for Start {
    fn from(given: PlaybookStartIn) -> Self {
        let adjusted: Adjusted = given
            .adjust
            .into_iter()
            .map(|(step, change)| {
                let change = Adjustment {
                    mode: change.mode,
                    minutes: change.minutes,
                    to: change.to,
                    leave_out: change.leave_out,
                };
                (step, change)
            })
            .collect();
        Self {
            given: given.answers,
            adjusted,
            group: given.group.filter(|name| !name.trim().is_empty()),
            member: given.member,
            confirmed: given.confirmed,
            once: given.once,
        }
    }
}

/// The playbooks there are.
#[utoipa::path(
    get, path = "/playbooks", operation_id = "playbook_list", tag = "playbook",
    extensions(("x-permission" = json!("playbook.read"))),
    responses((status = 200, body = List<PlaybookRowOut>))
)]
async fn list(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
) -> Result<Json<List<PlaybookRowOut>>> {
    let found = state.app.playbooks(&caller).await?;
    let items = found.into_iter().map(PlaybookRowOut::from).collect();
    Ok(Json(List::whole(items)))
}

/// One playbook, in the version that new runs begin with.
#[utoipa::path(
    get, path = "/playbooks/{name}", operation_id = "playbook_get", tag = "playbook",
    params(("name" = String, Path, description = "Name of the playbook")),
    extensions(("x-permission" = json!("playbook.read"))),
    responses((status = 200, body = PlaybookOut))
)]
async fn get(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(name): At<String>,
) -> Result<Json<PlaybookOut>> {
    Ok(Json(state.app.playbook(&caller, &name).await?.into()))
}

/// Everything that is wrong with a text; nothing is kept.
#[utoipa::path(
    post, path = "/playbooks/review", operation_id = "playbook_review", tag = "playbook",
    extensions(("x-permission" = json!("playbook.read"))),
    responses((status = 200, body = List<FaultOut>))
)]
async fn review(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<PlaybookTextIn>,
) -> Result<Json<List<FaultOut>>> {
    let faults = state.app.review_playbook(&caller, &given.text)?;
    let items = faults.into_iter().map(FaultOut::from).collect();
    Ok(Json(List::whole(items)))
}

/// Keeps a text of the house's own under the name it calls itself, as a new version.
#[utoipa::path(
    post, path = "/playbooks", operation_id = "playbook_save", tag = "playbook",
    extensions(("x-permission" = json!("playbook.edit"))),
    responses((status = 200, body = PlaybookOut))
)]
async fn save(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<PlaybookTextIn>,
) -> Result<Json<PlaybookOut>> {
    let kept = state.app.save_playbook(&caller, None, &given.text).await?;
    Ok(Json(state.app.playbook(&caller, &kept.id).await?.into()))
}

/// Keeps a text as the next version of this playbook; runs under way go on with theirs.
#[utoipa::path(
    put, path = "/playbooks/{name}", operation_id = "playbook_edit", tag = "playbook",
    params(("name" = String, Path, description = "Name of the playbook")),
    extensions(("x-permission" = json!("playbook.edit"))),
    responses((status = 200, body = PlaybookOut))
)]
async fn edit(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(name): At<String>,
    Json(given): Json<PlaybookTextIn>,
) -> Result<Json<PlaybookOut>> {
    let text = given.text;
    state.app.save_playbook(&caller, Some(&name), &text).await?;
    Ok(Json(state.app.playbook(&caller, &name).await?.into()))
}

/// Lets go of the house's own text; the shipped one holds again.
#[utoipa::path(
    delete, path = "/playbooks/{name}", operation_id = "playbook_drop", tag = "playbook",
    params(("name" = String, Path, description = "Name of the playbook")),
    extensions(("x-permission" = json!("playbook.edit"))),
    responses((status = 204))
)]
async fn drop_own(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(name): At<String>,
) -> Result<axum::http::StatusCode> {
    state.app.drop_playbook(&caller, &name).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// What a run would do, and what stands in its way; nothing is written.
#[utoipa::path(
    post, path = "/playbooks/{name}/rehearse", operation_id = "playbook_rehearse", tag = "playbook",
    params(("name" = String, Path, description = "Name of the playbook")),
    extensions(("x-permission" = json!("playbook.read"))),
    responses((status = 200, body = RehearsalOut))
)]
async fn rehearse(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(name): At<String>,
    Json(given): Json<RehearseIn>,
) -> Result<Json<RehearsalOut>> {
    let what = (name.as_str(), given.text.as_deref());
    let span = (given.from, given.to);
    let told: Rehearsal = state
        .app
        .rehearse_playbook(&caller, what, &given.start.into(), span)
        .await?;
    Ok(Json(told.into()))
}

/// Starts a playbook, or switches it on if it begins by itself.
#[utoipa::path(
    post, path = "/playbooks/{name}/start", operation_id = "playbook_start", tag = "playbook",
    params(("name" = String, Path, description = "Name of the playbook")),
    extensions(("x-permission" = json!("playbook.edit"))),
    responses((status = 200, body = BegunOut))
)]
async fn start(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(name): At<String>,
    Json(given): Json<PlaybookStartIn>,
) -> Result<Json<BegunOut>> {
    let begun = state
        .app
        .start_playbook(&caller, &name, &given.into())
        .await?;
    Ok(Json(begun.into()))
}

/// Switches a playbook off: nothing new begins, runs under way go on.
#[utoipa::path(
    post, path = "/playbooks/{name}/off", operation_id = "playbook_off", tag = "playbook",
    params(("name" = String, Path, description = "Name of the playbook")),
    extensions(("x-permission" = json!("playbook.edit"))),
    responses((status = 204))
)]
async fn off(
    Held(state): Held<ApiState>,
    Auth(caller): Auth,
    At(name): At<String>,
) -> Result<axum::http::StatusCode> {
    state.app.switch_playbook_off(&caller, &name).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// Routes.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, save))
        .routes(routes!(review))
        .routes(routes!(get, edit, drop_own))
        .routes(routes!(rehearse))
        .routes(routes!(start))
        .routes(routes!(off))
        .merge(run::routes())
}
