//! Join links of groups.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_domain::id::GroupId;

use crate::{ApiState, At, Auth, Json, problem::Result};

/// What a link is called.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinLinkIn {
    /// Where it will be shown, for example; at most 32 characters.
    pub name: String,
}

/// A link.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JoinLinkOut {
    /// Where it leads; shown once.
    pub url: String,
}

/// Makes a link through which people come into a group; who came by it carries its name.
#[utoipa::path(
    post, path = "/groups/{id}/join-links", operation_id = "join_link_make", tag = "gate",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.edit"))),
    responses((status = 200, body = JoinLinkOut))
)]
async fn make(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Json(given): Json<JoinLinkIn>,
) -> Result<Json<JoinLinkOut>> {
    let url = state.app.make_join_link(&caller, id, &given.name).await?;
    Ok(Json(JoinLinkOut { url }))
}

/// The routes of join links.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(make))
}
