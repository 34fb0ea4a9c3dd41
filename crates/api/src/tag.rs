//! Tags.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::tag::Color;
use yutang_domain::id::TagId;

use crate::{ApiState, At, Auth, Json, List, problem::Result};

/// A tag.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TagOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: TagId,
    /// Name.
    pub name: String,
    /// green, cyan, blue, purple, magenta, red, orange, gold or grey.
    pub color: String,
}

/// A tag with the number of people who carry it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TagRowOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: TagId,
    /// Name.
    pub name: String,
    /// green, cyan, blue, purple, magenta, red, orange, gold or grey.
    pub color: String,
    /// People who carry it.
    pub members: i64,
}

/// A tag to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagIn {
    /// Name, unique, at most 30 characters.
    pub name: String,
    /// Colour; green unless said otherwise.
    #[schema(value_type = Option<String>)]
    pub color: Option<Color>,
}

/// What may change of a tag; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TagChange {
    /// Name.
    pub name: Option<String>,
    /// Colour.
    #[schema(value_type = Option<String>)]
    pub color: Option<Color>,
}

/// All tags with how many people carry each, by name.
#[utoipa::path(
    get, path = "/tags", operation_id = "tag_list", tag = "tag",
    extensions(("x-permission" = json!("member.read"))),
    responses((status = 200, body = List<TagRowOut>))
)]
async fn list(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<List<TagRowOut>>> {
    let rows = state.app.tags(&caller).await?;
    let items = rows
        .into_iter()
        .map(|t| TagRowOut {
            id: t.id,
            name: t.name,
            color: t.color,
            members: t.members,
        })
        .collect();
    Ok(Json(List::whole(items)))
}

/// Makes a tag.
#[utoipa::path(
    post, path = "/tags", operation_id = "tag_create", tag = "tag",
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 201, body = TagOut))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(body): Json<TagIn>,
) -> Result<(StatusCode, Json<TagOut>)> {
    let row = state
        .app
        .create_tag(&caller, &body.name, body.color.unwrap_or(Color::Green))
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(TagOut {
            id: row.id,
            name: row.name,
            color: row.color,
        }),
    ))
}

/// Changes a tag's name or colour.
#[utoipa::path(
    patch, path = "/tags/{id}", operation_id = "tag_edit", tag = "tag",
    params(("id" = String, Path, description = "Tag")),
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 200, body = TagOut))
)]
async fn edit(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<TagId>,
    Json(body): Json<TagChange>,
) -> Result<Json<TagOut>> {
    let row = state
        .app
        .edit_tag(&caller, id, body.name.as_deref(), body.color)
        .await?;
    Ok(Json(TagOut {
        id: row.id,
        name: row.name,
        color: row.color,
    }))
}

/// Removes a tag from everybody.
#[utoipa::path(
    delete, path = "/tags/{id}", operation_id = "tag_delete", tag = "tag",
    params(("id" = String, Path, description = "Tag")),
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 204))
)]
async fn delete(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<TagId>,
) -> Result<StatusCode> {
    state.app.delete_tag(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of tags.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(edit, delete))
}
