//! What branches say of themselves in texts.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::branch_variable::Said;
use yutang_domain::id::BranchId;

use crate::{ApiState, At, Auth, Json, List, problem::Result};

/// What a branch says under a name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BranchVariableOut {
    /// address, hours, pickup or code.
    pub name: &'static str,
    /// What it says; empty = nothing.
    pub value: String,
    /// The branch above it by name that says so; null = its own word, or nobody's.
    pub from: Option<String>,
}

impl From<Said> for BranchVariableOut {
    fn from(said: Said) -> Self {
        Self {
            name: said.name,
            value: said.value,
            from: said.from.map(|(_, name)| name),
        }
    }
}

/// What is set, by name; an empty value takes the branch's own word back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchVariablesIn {
    /// Values by name.
    pub values: BTreeMap<String, String>,
}

/// What a branch says of itself, with what it takes over from above.
#[utoipa::path(
    get, path = "/branches/{id}/variables", operation_id = "branch_variables", tag = "branch",
    params(("id" = String, Path, description = "Branch")),
    extensions(("x-permission" = json!("branch.read"))),
    responses((status = 200, body = List<BranchVariableOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<BranchId>,
) -> Result<Json<List<BranchVariableOut>>> {
    let said = state.app.branch_variables(&caller, id).await?;
    Ok(Json(List::whole(
        said.into_iter().map(BranchVariableOut::from).collect(),
    )))
}

/// Sets what a branch says of itself.
#[utoipa::path(
    put, path = "/branches/{id}/variables", operation_id = "branch_variables_set", tag = "branch",
    params(("id" = String, Path, description = "Branch")),
    extensions(("x-permission" = json!("group.edit"))),
    responses((status = 200, body = List<BranchVariableOut>))
)]
async fn set(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<BranchId>,
    Json(given): Json<BranchVariablesIn>,
) -> Result<Json<List<BranchVariableOut>>> {
    let values: Vec<(String, String)> = given.values.into_iter().collect();
    let said = state.app.set_branch_variables(&caller, id, &values).await?;
    Ok(Json(List::whole(
        said.into_iter().map(BranchVariableOut::from).collect(),
    )))
}

/// The routes of what branches say of themselves.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, set))
}
