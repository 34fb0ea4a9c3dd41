//! Welcomes of groups: what newcomers are told, by version, and how it looks on each channel.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::welcome::{Shown, WelcomePreview, WelcomeView};
use yutang_domain::{capability::Profile, id::GroupId, time::Timestamp, welcome::Template};

use crate::{ApiState, At, Auth, Json, List, problem::Result};

/// What newcomers are told. In a text, `{{nickname}}`, `{{store}}`, `{{group}}`, `{{rules}}`,
/// `{{time}}`, `{{staff}}`, `{{members}}` and `{{bot}}` are filled in; a text that does not say
/// `{{bot}}` is signed by the bot.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WelcomeIn {
    /// Whether anybody is told anything.
    pub on: bool,
    /// The line in the group; empty = none.
    #[serde(default)]
    pub line: String,
    /// What is said in private; empty = nothing.
    #[serde(default)]
    pub private: String,
    /// The line for those who were here before; empty = as for everybody.
    #[serde(default)]
    pub returning: String,
    /// What is said before the first day ends to whoever has something left to do, `{{undone}}`;
    /// empty = nothing.
    #[serde(default)]
    pub reminder: String,
}

impl From<WelcomeIn> for Template {
    fn from(given: WelcomeIn) -> Self {
        Self {
            on: given.on,
            line: given.line.trim().to_owned(),
            private: given.private.trim().to_owned(),
            returning: given.returning.trim().to_owned(),
            reminder: given.reminder.trim().to_owned(),
        }
    }
}

/// A version of a group's welcome.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WelcomeOut {
    /// Its number, from 1; 0 = the usual words, which nobody has switched on.
    pub version: i64,
    /// Whether anybody is told anything.
    pub on: bool,
    /// The line in the group.
    pub line: String,
    /// What is said in private.
    pub private: String,
    /// The line for those who were here before.
    pub returning: String,
    /// What is said before the first day ends.
    pub reminder: String,
    /// Who wrote it.
    pub actor: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

impl From<WelcomeView> for WelcomeOut {
    fn from(view: WelcomeView) -> Self {
        let (actor, at) = view.changed.unzip();
        Self {
            version: view.version,
            on: view.template.on,
            line: view.template.line,
            private: view.template.private,
            returning: view.template.returning,
            reminder: view.template.reminder,
            actor,
            at,
        }
    }
}

/// How a text would be said on one channel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShownOut {
    /// The words as they are said; empty = none.
    pub text: String,
    /// post, welcome, whisper, announce or task; null = not at all.
    pub way: Option<&'static str>,
    /// Why not by the channel itself, as a code.
    pub cannot: Option<&'static str>,
    /// In how many messages.
    pub messages: usize,
}

impl From<Shown> for ShownOut {
    fn from(shown: Shown) -> Self {
        Self {
            text: shown.text,
            way: shown.way,
            cannot: shown.cannot,
            messages: shown.messages,
        }
    }
}

/// A welcome on one channel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WelcomePreviewOut {
    /// What an account of that channel is allowed.
    #[schema(value_type = String)]
    pub profile: Profile,
    /// Whether it is the group's own.
    pub own: bool,
    /// The line in the group.
    pub line: ShownOut,
    /// The same for twelve people at once.
    pub together: ShownOut,
    /// The line for those who were here before.
    pub returning: ShownOut,
    /// What is said in private.
    pub private: ShownOut,
    /// What is said before the first day ends.
    pub reminder: ShownOut,
}

impl From<WelcomePreview> for WelcomePreviewOut {
    fn from(preview: WelcomePreview) -> Self {
        Self {
            profile: preview.profile,
            own: preview.own,
            line: preview.line.into(),
            together: preview.together.into(),
            returning: preview.returning.into(),
            private: preview.private.into(),
            reminder: preview.reminder.into(),
        }
    }
}

/// What newcomers of a group are told.
#[utoipa::path(
    get, path = "/groups/{id}/welcome", operation_id = "welcome_read", tag = "gate",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = WelcomeOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
) -> Result<Json<WelcomeOut>> {
    Ok(Json(state.app.welcome(&caller, id).await?.into()))
}

/// Keeps a new version of what newcomers are told; the same words again are no new version.
#[utoipa::path(
    put, path = "/groups/{id}/welcome", operation_id = "welcome_put", tag = "gate",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.edit"))),
    responses((status = 200, body = WelcomeOut))
)]
async fn put(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Json(given): Json<WelcomeIn>,
) -> Result<Json<WelcomeOut>> {
    let view = state.app.set_welcome(&caller, id, given.into()).await?;
    Ok(Json(view.into()))
}

/// Versions of what newcomers are told, newest first; the last 50.
#[utoipa::path(
    get, path = "/groups/{id}/welcome/versions", operation_id = "welcome_list", tag = "gate",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = List<WelcomeOut>))
)]
async fn versions(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
) -> Result<Json<List<WelcomeOut>>> {
    let rows = state.app.welcome_versions(&caller, id).await?;
    let items = rows.into_iter().map(|row| {
        let template = row.template();
        WelcomeOut::from(WelcomeView {
            version: row.version,
            template,
            changed: Some((row.actor, row.created_at)),
        })
    });
    Ok(Json(List::whole(items.collect())))
}

/// How a welcome would be said on each channel, the group's own first.
#[utoipa::path(
    post, path = "/groups/{id}/welcome/preview", operation_id = "welcome_preview", tag = "gate",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = List<WelcomePreviewOut>))
)]
async fn preview(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Json(given): Json<WelcomeIn>,
) -> Result<Json<List<WelcomePreviewOut>>> {
    let shown = state
        .app
        .preview_welcome(&caller, id, &given.into())
        .await?;
    let items = shown.into_iter().map(WelcomePreviewOut::from);
    Ok(Json(List::whole(items.collect())))
}

/// The routes of welcomes.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get, put))
        .routes(routes!(versions))
        .routes(routes!(preview))
}
