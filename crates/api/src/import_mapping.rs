//! Which column of a table holds what: the shop systems' presets, and what was saved.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::import::{Mapping, SavedMapping, Target, columns_of, mapping_of, presets};
use yutang_domain::{id::MappingId, import::ImportKind};

use crate::{ApiState, At, Auth, Json, List, Problem, problem::Result};

/// Characters of a mapping's name, at most.
const NAME_MAX: usize = 60;

/// A mapping to be kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingIn {
    /// Its name; an earlier mapping of that name is replaced.
    pub name: String,
    /// orders, members or groups.
    #[schema(value_type = String)]
    pub kind: ImportKind,
    /// Column of each field, by name or by number from 1.
    pub mapping: BTreeMap<String, String>,
}

/// A mapping.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MappingOut {
    /// Id; for a preset its word.
    pub id: String,
    /// Name; for a preset its word, translated by the catalogue `import`.
    pub name: String,
    /// orders, members or groups.
    #[schema(value_type = String)]
    pub kind: ImportKind,
    /// Column of each field.
    pub mapping: BTreeMap<String, String>,
}

impl From<SavedMapping> for MappingOut {
    fn from(row: SavedMapping) -> Self {
        let mapping: Mapping = serde_json::from_str(&row.mapping).unwrap_or_default();
        Self {
            id: row.id.to_string(),
            name: row.name,
            kind: row.kind,
            mapping: columns_of(&mapping),
        }
    }
}

/// The presets of shop systems.
#[utoipa::path(
    get, path = "/imports/presets", operation_id = "import_presets", tag = "import",
    extensions(("x-permission" = json!("import.read"))),
    responses((status = 200, body = List<MappingOut>))
)]
async fn list_presets(_: Auth) -> Result<Json<List<MappingOut>>> {
    let items = presets().into_iter().map(|(preset, mapping)| MappingOut {
        id: preset.as_str().to_owned(),
        name: preset.as_str().to_owned(),
        kind: match preset.target() {
            Target::Orders => ImportKind::Orders,
            Target::Members => ImportKind::Members,
            Target::Groups => ImportKind::Groups,
        },
        mapping: columns_of(&mapping),
    });
    Ok(Json(List::whole(items.collect())))
}

/// Saved mappings.
#[utoipa::path(
    get, path = "/imports/mappings", operation_id = "mapping_list", tag = "import",
    extensions(("x-permission" = json!("import.read"))),
    responses((status = 200, body = List<MappingOut>))
)]
async fn list(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<List<MappingOut>>> {
    let rows = state.app.import_mappings(&caller).await?;
    Ok(Json(List::whole(
        rows.into_iter().map(MappingOut::from).collect(),
    )))
}

/// Keeps a mapping under a name.
#[utoipa::path(
    post, path = "/imports/mappings", operation_id = "mapping_create", tag = "import",
    extensions(("x-permission" = json!("import.run"))),
    responses((status = 201, body = MappingOut))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<MappingIn>,
) -> Result<(StatusCode, Json<MappingOut>)> {
    let length = given.name.trim().chars().count();
    if length == 0 || length > NAME_MAX {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "body.field",
            format!("a name has 1 to {NAME_MAX} characters"),
        )
        .at("name"));
    }
    let mapping = mapping_of(&given.mapping)?;
    let row = state
        .app
        .save_import_mapping(&caller, given.kind, &given.name, &mapping)
        .await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// Forgets a saved mapping.
#[utoipa::path(
    delete, path = "/imports/mappings/{id}", operation_id = "mapping_delete", tag = "import",
    params(("id" = String, Path, description = "Mapping")),
    extensions(("x-permission" = json!("import.run"))),
    responses((status = 204))
)]
async fn delete(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MappingId>,
) -> Result<StatusCode> {
    state.app.remove_import_mapping(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of mappings.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_presets))
        .routes(routes!(list, create))
        .routes(routes!(delete))
}
