//! Gates of groups: how people come in, and what is asked of them.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::gate::GateView;
use yutang_domain::{
    gate::{Gate, GateKind, WAVE_MINUTES},
    id::GroupId,
    time::Timestamp,
};

use crate::{ApiState, At, Auth, Json, problem::Result};

/// The gate of a group as it is set.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateIn {
    /// open, staff, question, knock, task or payment. At payment, whoever knocks waits until the fee
    /// is noted.
    #[schema(value_type = String)]
    pub kind: GateKind,
    /// Another way for the first people; null = none.
    #[schema(value_type = Option<String>)]
    pub seed_kind: Option<GateKind>,
    /// For how many; 0 = none.
    #[serde(default)]
    pub seed_size: i64,
    /// What is asked.
    #[serde(default)]
    pub question: String,
    /// Words of which one in the answer lets in.
    #[serde(default)]
    pub answers: Vec<String>,
    /// What is to be done first.
    #[serde(default)]
    pub task: String,
    /// Whether rules have to be acknowledged; null = by the kind of group.
    pub acknowledge: Option<bool>,
    /// How names carried in the group are to look, for example name-city-trade; empty = as one
    /// likes, null = by the kind of group.
    pub card_name: Option<String>,
    /// Joins that are a wave and shut the gate for half an hour; null = by the size of the group.
    pub wave_joins: Option<i64>,
    /// In how many minutes; 1 unless said otherwise.
    pub wave_minutes: Option<i64>,
}

impl From<GateIn> for Gate {
    fn from(given: GateIn) -> Self {
        let answers = given.answers.iter().map(|word| word.trim());
        Self {
            kind: given.kind,
            seed_kind: given.seed_kind,
            seed_size: given.seed_size,
            question: given.question.trim().to_owned(),
            answers: answers
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
            task: given.task.trim().to_owned(),
            acknowledge: given.acknowledge,
            card_name: given.card_name.map(|name| name.trim().to_owned()),
            wave_joins: given.wave_joins,
            wave_minutes: given.wave_minutes.unwrap_or(WAVE_MINUTES),
        }
    }
}

/// The gate of a group with what follows from it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GateOut {
    /// Whether anything was set; otherwise staff look at whoever knocks.
    pub set: bool,
    /// open, staff, question, knock, task or payment.
    #[schema(value_type = String)]
    pub kind: GateKind,
    /// Another way for the first people.
    #[schema(value_type = Option<String>)]
    pub seed_kind: Option<GateKind>,
    /// For how many.
    pub seed_size: i64,
    /// What is asked.
    pub question: String,
    /// Words of which one in the answer lets in.
    pub answers: Vec<String>,
    /// What is to be done first.
    pub task: String,
    /// Whether rules have to be acknowledged; null = by the kind of group.
    pub acknowledge: Option<bool>,
    /// How names carried in the group are to look; empty = as one likes, null = by the kind of group.
    pub card_name: Option<String>,
    /// Joins that are a wave; null = by the size of the group.
    pub wave_joins: Option<i64>,
    /// In how many minutes.
    pub wave_minutes: i64,
    /// The way that holds now.
    #[schema(value_type = String)]
    pub in_force: GateKind,
    /// The way that suits what the group is for.
    #[schema(value_type = String)]
    pub recommended: GateKind,
    /// Whether rules have to be acknowledged, as it holds.
    pub acknowledges: bool,
    /// How names are to look, as it holds; null = as one likes.
    pub card_name_now: Option<String>,
    /// Joins that are a wave, as it holds.
    pub wave_now: i64,
    /// Until when a wave has shut it; null = it is not shut.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub shut_until: Option<Timestamp>,
    /// How many knocks wait.
    pub waiting: i64,
    /// Why the channel lets nobody in by itself, as a code; null = it does.
    pub cannot: Option<&'static str>,
    /// Who set it.
    pub actor: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
}

impl From<GateView> for GateOut {
    fn from(view: GateView) -> Self {
        let (actor, updated_at) = view.changed.unzip();
        Self {
            set: view.set,
            kind: view.gate.kind,
            seed_kind: view.gate.seed_kind,
            seed_size: view.gate.seed_size,
            question: view.gate.question,
            answers: view.gate.answers,
            task: view.gate.task,
            acknowledge: view.gate.acknowledge,
            card_name: view.gate.card_name,
            wave_joins: view.gate.wave_joins,
            wave_minutes: view.gate.wave_minutes,
            in_force: view.in_force,
            recommended: view.recommended,
            acknowledges: view.acknowledges,
            card_name_now: view.card_name,
            wave_now: view.wave,
            shut_until: view.shut_until,
            waiting: view.waiting,
            cannot: view.cannot,
            actor,
            updated_at,
        }
    }
}

/// The gate of a group. req: 001-055
#[utoipa::path(
    get, path = "/groups/{id}/gate", operation_id = "gate_read", tag = "gate",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = GateOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
) -> Result<Json<GateOut>> {
    Ok(Json(state.app.gate(&caller, id).await?.into()))
}

/// Sets the gate of a group; knocks that wait are looked at by the new rule.
#[utoipa::path(
    put, path = "/groups/{id}/gate", operation_id = "gate_put", tag = "gate",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.edit"))),
    responses((status = 200, body = GateOut))
)]
async fn put(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Json(given): Json<GateIn>,
) -> Result<Json<GateOut>> {
    let view = state.app.set_gate(&caller, id, given.into()).await?;
    Ok(Json(view.into()))
}

/// Opens a gate that a wave has shut before its time.
#[utoipa::path(
    post, path = "/groups/{id}/gate/open", operation_id = "gate_open", tag = "gate",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("gate.admit"))),
    responses((status = 200, body = GateOut))
)]
async fn open(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
) -> Result<Json<GateOut>> {
    Ok(Json(state.app.open_gate(&caller, id).await?.into()))
}

/// The routes of gates.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get, put))
        .routes(routes!(open))
}
