//! Announcements of groups: four sections, kept by version.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::group::Version;
use yutang_domain::{capability::Profile, group::Announcement, id::GroupId, time::Timestamp};

use crate::{ApiState, At, Auth, Json, List, problem::Result, welcome::ShownOut};

/// What an announcement says. In its sections `{{store}}`, `{{group}}`, `{{rules}}`, `{{time}}`,
/// `{{staff}}`, `{{members}}` and `{{bot}}` are filled in where it is shown.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AnnouncementIn {
    /// What the group is for.
    pub theme: String,
    /// What members get.
    pub services: String,
    /// What is forbidden, and what follows.
    pub forbidden: String,
    /// What is welcome, and what it earns.
    pub encouraged: String,
}

impl From<AnnouncementIn> for Announcement {
    fn from(given: AnnouncementIn) -> Self {
        Self {
            theme: given.theme,
            services: given.services,
            forbidden: given.forbidden,
            encouraged: given.encouraged,
        }
    }
}

/// An announcement on one channel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AnnouncementPreviewOut {
    /// What an account of that channel is allowed.
    #[schema(value_type = String)]
    pub profile: Profile,
    /// Whether it is the group's own.
    pub own: bool,
    /// What is announced.
    pub shown: ShownOut,
}

/// A version of an announcement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnnouncementOut {
    /// Its number, from 1.
    pub version: i64,
    /// What the group is for.
    pub theme: String,
    /// What members get.
    pub services: String,
    /// What is forbidden, and what follows.
    pub forbidden: String,
    /// What is welcome, and what it earns.
    pub encouraged: String,
    /// The sections that are still empty.
    pub missing: Vec<String>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

impl AnnouncementOut {
    /// A text without who wrote it and when.
    pub fn of_text(version: i64, text: Announcement) -> Self {
        Self {
            version,
            missing: text.missing().into_iter().map(str::to_owned).collect(),
            theme: text.theme,
            services: text.services,
            forbidden: text.forbidden,
            encouraged: text.encouraged,
            actor: None,
            at: None,
        }
    }

    fn of(row: Version) -> Self {
        let (version, actor, at) = (row.version, row.actor.clone(), row.created_at);
        let text = Self::of_text(version, row.into_sections());
        Self {
            actor: Some(actor),
            at: Some(at),
            ..text
        }
    }
}

/// Keeps a new version of a group's announcement; the same text again is no new version. The channel
/// sets it where it can, otherwise a task asks a person to. req: 001-056
#[utoipa::path(
    put, path = "/groups/{id}/announcement", operation_id = "announcement_put", tag = "group",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.edit"))),
    responses((status = 200, body = AnnouncementOut))
)]
async fn put(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Json(given): Json<AnnouncementIn>,
) -> Result<Json<AnnouncementOut>> {
    let mut row = state.app.announce(&caller, id, given.into()).await?;
    if row.actor == caller.actor.to_string() {
        row.actor = caller.name;
    }
    Ok(Json(AnnouncementOut::of(row)))
}

/// Every version of a group's announcement, newest first.
#[utoipa::path(
    get, path = "/groups/{id}/announcement/versions", operation_id = "announcement_list", tag = "group",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = List<AnnouncementOut>))
)]
async fn versions(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
) -> Result<Json<List<AnnouncementOut>>> {
    let rows = state.app.announcement_versions(&caller, id).await?;
    Ok(Json(List::whole(
        rows.into_iter().map(AnnouncementOut::of).collect(),
    )))
}

/// How an announcement would stand on each channel, the group's own first.
#[utoipa::path(
    post, path = "/groups/{id}/announcement/preview", operation_id = "announcement_preview", tag = "group",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = List<AnnouncementPreviewOut>))
)]
async fn preview(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Json(given): Json<AnnouncementIn>,
) -> Result<Json<List<AnnouncementPreviewOut>>> {
    let shown = state
        .app
        .preview_announcement(&caller, id, &given.into())
        .await?;
    let items = shown.into_iter().map(|one| AnnouncementPreviewOut {
        profile: one.profile,
        own: one.own,
        shown: one.shown.into(),
    });
    Ok(Json(List::whole(items.collect())))
}

/// The routes of announcements.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(put))
        .routes(routes!(versions))
        .routes(routes!(preview))
}
