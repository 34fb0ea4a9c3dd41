//! The demo's own switch: through which kind of account its groups are seen.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_domain::capability::Profile;

use crate::{ApiState, Auth, Json, problem::Result};

/// A profile of the demo's network.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DemoProfileIn {
    /// wecom_plain, wecom_archive, wechat_personal or full.
    #[schema(value_type = String)]
    pub profile: Profile,
}

/// Lets the demo's groups be seen through an account of another profile: texts that it cannot read
/// are hidden, not deleted.
#[utoipa::path(
    post, path = "/demo/profile", operation_id = "demo_profile", tag = "demo",
    extensions(("x-permission" = json!("demo.edit"))),
    responses((status = 204))
)]
async fn profile(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<DemoProfileIn>,
) -> Result<StatusCode> {
    state
        .app
        .switch_demo_profile(&caller, given.profile)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of the demo.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(profile))
}
