//! People whose messages are not judged.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::moderation::Trusted;
use yutang_domain::{id::MemberId, time::Timestamp};

use crate::{ApiState, At, Auth, Json, List, named::Named, problem::Result};

/// Somebody who is trusted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrustedOut {
    /// Who.
    pub member: Named,
    /// Why.
    pub note: String,
    /// Who said so.
    pub by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<Trusted> for TrustedOut {
    fn from(row: Trusted) -> Self {
        Self {
            member: Named {
                id: row.member_id.to_string(),
                name: row.name,
            },
            note: row.note,
            by: row.actor,
            at: row.created_at,
        }
    }
}

/// Somebody to be trusted.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustedIn {
    /// Who.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// Why.
    #[serde(default)]
    pub note: String,
}

/// Everybody who is trusted, latest first.
#[utoipa::path(
    get, path = "/moderation/trusted", operation_id = "trusted_list", tag = "moderation",
    extensions(("x-permission" = json!("moderation.read"))),
    responses((status = 200, body = List<TrustedOut>))
)]
async fn list(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<List<TrustedOut>>> {
    let rows = state.app.trusted(&caller).await?;
    Ok(Json(List::whole(
        rows.into_iter().map(TrustedOut::from).collect(),
    )))
}

/// Trusts somebody from now on.
#[utoipa::path(
    post, path = "/moderation/trusted", operation_id = "trusted_add", tag = "moderation",
    extensions(("x-permission" = json!("moderation.decide"))),
    responses((status = 204))
)]
async fn add(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<TrustedIn>,
) -> Result<StatusCode> {
    state
        .app
        .trust(&caller, given.member_id, &given.note)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Trusts somebody no longer.
#[utoipa::path(
    delete, path = "/moderation/trusted/{id}", operation_id = "trusted_remove", tag = "moderation",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("moderation.decide"))),
    responses((status = 204))
)]
async fn remove(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
) -> Result<StatusCode> {
    state.app.distrust(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of trust.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(remove))
}
