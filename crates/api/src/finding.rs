//! People worth a look, with the reason for each.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::finding::Found;
use yutang_domain::{finding::Finding, id::MemberId, time::Timestamp};

use crate::{
    ApiState, Auth, Json,
    extract::{At, Query},
    problem::Result,
};

/// Findings in one answer, at most.
const LIMIT: usize = 200;

/// How many are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct FindingQuery {
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
}

/// Somebody found, with the reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FoundOut {
    /// Who.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// By name.
    pub name: String,
    /// Code of the sentence that says why.
    pub code: &'static str,
    /// Its arguments.
    #[schema(value_type = Object)]
    pub args: serde_json::Value,
    /// When the latest of the facts happened.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// What was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingsOut {
    /// Who, most telling first.
    pub items: Vec<FoundOut>,
    /// How many there are in all.
    pub total: usize,
    /// When it was looked.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
}

impl From<Found> for FoundOut {
    fn from(found: Found) -> Self {
        Self {
            member_id: found.member,
            name: found.name,
            code: found.code,
            args: found.args,
            at: found.at,
        }
    }
}

/// People worth a look: same_inviter_burst, connectors or slipping.
#[utoipa::path(
    get, path = "/members/findings/{finding}", operation_id = "member_findings", tag = "member",
    params(("finding" = String, Path), FindingQuery),
    extensions(("x-permission" = json!("member.read"))),
    responses((status = 200, body = FindingsOut))
)]
async fn findings(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(finding): At<Finding>,
    Query(query): Query<FindingQuery>,
) -> Result<Json<FindingsOut>> {
    let limit = query.limit.unwrap_or(50).min(LIMIT);
    let found = state.app.findings(&caller, finding, limit).await?;
    Ok(Json(FindingsOut {
        items: found.items.into_iter().map(FoundOut::from).collect(),
        total: found.total,
        as_of: found.as_of,
    }))
}

/// The routes of findings.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(findings))
}
