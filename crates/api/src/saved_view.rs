//! Views of lists that people keep under a name.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_domain::{id::SavedViewId, time::Timestamp};

use crate::{ApiState, At, Auth, Json, List, Query, problem::Result};

/// A view to be kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedViewIn {
    /// The list it belongs to, for example `members`.
    pub place: String,
    /// Its name, unique in its place.
    pub name: String,
    /// The list's query string.
    pub query: String,
}

/// A saved view.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SavedViewOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: SavedViewId,
    /// The list it belongs to.
    pub place: String,
    /// Its name.
    pub name: String,
    /// The list's query string.
    pub query: String,
    /// Since when it is kept.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// Which views are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct SavedViewQuery {
    /// Of this list only.
    pub place: Option<String>,
}

fn out(row: yutang_app::saved_view::SavedView) -> SavedViewOut {
    SavedViewOut {
        id: row.id,
        place: row.place,
        name: row.name,
        query: row.query,
        created_at: row.created_at,
    }
}

/// The views of the organisation.
#[utoipa::path(
    get, path = "/saved-views", operation_id = "saved_view_list", tag = "saved_view",
    params(SavedViewQuery),
    extensions(("x-permission" = json!("view.edit"))),
    responses((status = 200, body = List<SavedViewOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<SavedViewQuery>,
) -> Result<Json<List<SavedViewOut>>> {
    let rows = state
        .app
        .saved_views(&caller, query.place.as_deref())
        .await?;
    Ok(Json(List::whole(rows.into_iter().map(out).collect())))
}

/// Keeps a view.
#[utoipa::path(
    post, path = "/saved-views", operation_id = "saved_view_create", tag = "saved_view",
    extensions(("x-permission" = json!("view.edit"))),
    responses((status = 201, body = SavedViewOut))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(body): Json<SavedViewIn>,
) -> Result<(StatusCode, Json<SavedViewOut>)> {
    let row = state
        .app
        .save_view(&caller, &body.place, &body.name, &body.query)
        .await?;
    Ok((StatusCode::CREATED, Json(out(row))))
}

/// Lets a view go.
#[utoipa::path(
    delete, path = "/saved-views/{id}", operation_id = "saved_view_delete", tag = "saved_view",
    params(("id" = String, Path, description = "Saved view")),
    extensions(("x-permission" = json!("view.edit"))),
    responses((status = 204))
)]
async fn delete(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<SavedViewId>,
) -> Result<StatusCode> {
    state.app.drop_view(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of saved views.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(delete))
}
