//! Stores and regions.

use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::branch::{Branch, BranchInput, BranchPatch};
use yutang_domain::{branch::BranchKind, id::BranchId, time::Timestamp};

use crate::{ApiState, At, Auth, Json, List, problem::Result};
use axum::extract::State;

/// A branch to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchIn {
    /// Name, unique in the organisation.
    pub name: String,
    /// region, city or store.
    #[schema(value_type = String)]
    pub kind: BranchKind,
    /// What it belongs to; null = the root.
    #[schema(value_type = Option<String>)]
    pub parent_id: Option<BranchId>,
    /// The organisation's own number for it.
    pub code: Option<String>,
    /// Region of the country.
    pub region: Option<String>,
}

/// What may change of a branch; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BranchChange {
    /// Name.
    pub name: Option<String>,
    /// Kind.
    #[schema(value_type = Option<String>)]
    pub kind: Option<BranchKind>,
    /// What it belongs to.
    #[schema(value_type = Option<String>)]
    pub parent_id: Option<BranchId>,
    /// Number; null takes it away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub code: Option<Option<String>>,
    /// Region; null takes it away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub region: Option<Option<String>>,
    /// False opens a closed branch again.
    pub archived: Option<bool>,
}

/// Tells a field that is null from one that is left out.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    d: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

/// A branch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BranchOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: BranchId,
    /// What it belongs to.
    #[schema(value_type = Option<String>)]
    pub parent_id: Option<BranchId>,
    /// head, region, city or store.
    #[schema(value_type = String)]
    pub kind: BranchKind,
    /// Name.
    pub name: String,
    /// The organisation's own number for it.
    pub code: Option<String>,
    /// Region of the country.
    pub region: Option<String>,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Timestamp>,
    /// Open groups in it and below.
    pub groups: i64,
    /// People in them; somebody in two groups counts twice.
    pub members: i64,
}

impl BranchOut {
    fn of(row: Branch, (groups, members): (i64, i64)) -> Self {
        Self {
            id: row.id,
            parent_id: row.parent_id,
            kind: row.kind,
            name: row.name,
            code: row.code,
            region: row.region,
            archived_at: row.archived_at,
            groups,
            members,
        }
    }
}

/// Branches that the caller may see, parents before children.
#[utoipa::path(
    get, path = "/branches", operation_id = "branch_list", tag = "branch",
    extensions(("x-permission" = json!("branch.read"))),
    responses((status = 200, body = List<BranchOut>))
)]
async fn list(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<List<BranchOut>>> {
    let rows = state.app.branches_with_size(&caller).await?;
    let items = rows
        .into_iter()
        .map(|(row, size)| BranchOut::of(row, size))
        .collect();
    Ok(Json(List::whole(items)))
}

/// Adds a branch.
#[utoipa::path(
    post, path = "/branches", operation_id = "branch_create", tag = "branch",
    extensions(("x-permission" = json!("branch.edit"))),
    responses((status = 201, body = BranchOut))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<BranchIn>,
) -> Result<(StatusCode, Json<BranchOut>)> {
    let input = BranchInput {
        name: given.name,
        kind: given.kind,
        parent_id: given.parent_id,
        code: given.code,
        region: given.region,
    };
    let row = state.app.create_branch(&caller, input).await?;
    Ok((StatusCode::CREATED, Json(BranchOut::of(row, (0, 0)))))
}

/// Changes a branch, or opens a closed one again.
#[utoipa::path(
    patch, path = "/branches/{id}", operation_id = "branch_edit", tag = "branch",
    params(("id" = String, Path, description = "Branch")),
    extensions(("x-permission" = json!("branch.edit"))),
    responses((status = 200, body = BranchOut))
)]
async fn edit(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<BranchId>,
    Json(given): Json<BranchChange>,
) -> Result<Json<BranchOut>> {
    let patch = BranchPatch {
        name: given.name,
        kind: given.kind,
        parent_id: given.parent_id,
        code: given.code,
        region: given.region,
        archived: given.archived,
    };
    let row = state.app.patch_branch(&caller, id, patch).await?;
    let size = state.app.branch_size(&caller, &row).await?;
    Ok(Json(BranchOut::of(row, size)))
}

/// Closes a branch that has nothing open below it.
#[utoipa::path(
    delete, path = "/branches/{id}", operation_id = "branch_archive", tag = "branch",
    params(("id" = String, Path, description = "Branch")),
    extensions(("x-permission" = json!("branch.edit"))),
    responses((status = 204))
)]
async fn archive(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<BranchId>,
) -> Result<StatusCode> {
    state.app.archive_branch(&caller, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of branches.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(edit, archive))
}
