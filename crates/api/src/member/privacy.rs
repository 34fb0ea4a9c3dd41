//! A person's own data: handed over, erased, shown on their page.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_domain::{id::MemberId, time::Timestamp};

use crate::{ApiState, At, Auth, Json, problem::Result};

/// Everything that is held about a person, as one document. Asks for a fresh sign-in.
#[utoipa::path(
    get, path = "/members/{id}/export", operation_id = "member_export", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.export"))),
    responses((status = 200, body = serde_json::Value))
)]
async fn export(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
) -> Result<Response> {
    let document = state.app.export_member(&caller, id).await?;
    let name = format!("attachment; filename=\"{id}.json\"");
    Ok(([(header::CONTENT_DISPOSITION, name)], Json(document)).into_response())
}

/// Who is to be erased, by name.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseIn {
    /// The person's name, typed.
    pub confirm_name: String,
}

/// What was taken out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RemovedOut {
    /// Accounts.
    pub identities: u64,
    /// Texts of messages.
    pub messages: u64,
    /// Messages of others that lost a quote.
    pub quotes: u64,
    /// Research answers.
    pub fields: u64,
    /// Notes.
    pub notes: u64,
    /// Tags.
    pub tags: u64,
    /// Search terms.
    pub search_terms: u64,
}

/// How an erasure ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErasedOut {
    /// What was taken out.
    pub removed: RemovedOut,
    /// Files with earlier states of the data, which still hold the person.
    pub older_backups: Vec<String>,
    /// Uploaded files that hold the person's name and belong to an import under way.
    pub files_in_use: Vec<String>,
    /// Whether the database's log is empty; false while a long read holds it.
    pub log_emptied: bool,
}

/// Erases a person for good. Asks for a fresh sign-in.
#[utoipa::path(
    post, path = "/members/{id}/erase", operation_id = "member_erase", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.erase"))),
    responses((status = 200, body = ErasedOut))
)]
async fn erase(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
    Json(body): Json<EraseIn>,
) -> Result<Json<ErasedOut>> {
    let done = state
        .app
        .erase_member(&caller, id, &body.confirm_name)
        .await?;
    Ok(Json(ErasedOut {
        removed: RemovedOut {
            identities: done.removed.identities,
            messages: done.removed.messages,
            quotes: done.removed.quotes,
            fields: done.removed.fields,
            notes: done.removed.notes,
            tags: done.removed.tags,
            search_terms: done.removed.search_terms,
        },
        older_backups: done.older_backups,
        files_in_use: done.files_in_use,
        log_emptied: done.log_emptied,
    }))
}

/// A link to a person's own page.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PageLinkOut {
    /// The link; it works once.
    pub url: String,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Makes a link to a person's own page, to be handed to them.
#[utoipa::path(
    post, path = "/members/{id}/page-link", operation_id = "member_page_link", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.link"))),
    responses((status = 201, body = PageLinkOut))
)]
async fn page_link(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    headers: HeaderMap,
    At(id): At<MemberId>,
) -> Result<(axum::http::StatusCode, Json<PageLinkOut>)> {
    let person = state.app.person(&caller, id).await?;
    let handed = state.app.hand_member_link(&caller, person.id).await?;
    let slug = state.app.workspace_of(&caller).await?.slug;
    let base = crate::staff::base_url(&state, &headers);
    let url = format!("{base}/m/{slug}/in/{}", handed.token);
    Ok((
        axum::http::StatusCode::CREATED,
        Json(PageLinkOut {
            url,
            expires_at: handed.expires_at,
        }),
    ))
}

/// The routes of personal data.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(export))
        .routes(routes!(erase))
        .routes(routes!(page_link))
}
