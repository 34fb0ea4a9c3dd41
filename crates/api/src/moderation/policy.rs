//! How groups are kept.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::moderation::GroupPolicy;
use yutang_domain::{
    id::GroupId,
    moderation::{HitKind, Mode, Strictness},
    policy::Policy,
    time::Timestamp,
};

use crate::{ApiState, At, Auth, Json, problem::Result};

/// How a group is to be kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyIn {
    /// off (nothing is judged), watch (decisions are written down and nothing is done) or act.
    #[schema(value_type = String)]
    pub mode: Mode,
    /// loose, normal or strict.
    #[schema(value_type = String)]
    pub strictness: Strictness,
    /// Seconds between two messages of one member, at most 3,600; 0 = none.
    #[serde(default)]
    pub slow_mode_s: u32,
    /// Kinds that are not looked at here: advert, off_topic and so on; never complaint.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub off: Vec<HitKind>,
}

/// How a group is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyOut {
    /// off, watch or act.
    pub mode: String,
    /// loose, normal or strict.
    pub strictness: String,
    /// Seconds between two messages of one member; 0 = none.
    pub slow_mode_s: u32,
    /// Kinds that are not looked at here.
    pub off: Vec<String>,
    /// Who said so; null where nobody has, and the group is kept by default.
    pub by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

impl From<GroupPolicy> for PolicyOut {
    fn from(kept: GroupPolicy) -> Self {
        Self {
            mode: kept.policy.mode.to_string(),
            strictness: kept.policy.strictness.to_string(),
            slow_mode_s: kept.policy.slow_mode_s,
            off: kept.policy.off.iter().map(HitKind::to_string).collect(),
            by: kept.by,
            at: kept.at,
        }
    }
}

/// How a group is kept.
#[utoipa::path(
    get, path = "/groups/{id}/policy", operation_id = "policy_get", tag = "moderation",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("moderation.read"))),
    responses((status = 200, body = PolicyOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
) -> Result<Json<PolicyOut>> {
    Ok(Json(state.app.policy(&caller, id).await?.into()))
}

/// Sets how a group is kept. req: 002-029, 003-155
#[utoipa::path(
    put, path = "/groups/{id}/policy", operation_id = "policy_put", tag = "moderation",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("moderation.decide"))),
    responses((status = 200, body = PolicyOut))
)]
async fn put(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Json(given): Json<PolicyIn>,
) -> Result<Json<PolicyOut>> {
    let policy = Policy {
        mode: given.mode,
        strictness: given.strictness,
        slow_mode_s: given.slow_mode_s,
        off: given.off,
    };
    let kept = state.app.set_policy(&caller, id, &policy).await?;
    Ok(Json(kept.into()))
}

/// The routes of how groups are kept.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get, put))
}
