//! What an advert may not say, found in any text that somebody writes.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::claim::Claim;

use crate::{ApiState, Auth, Json, List, problem::Result};

/// A text that is to go out.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimIn {
    /// The text.
    pub text: String,
}

/// What an advert may not say.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClaimOut {
    /// What kind of claim.
    pub kind: String,
    /// Why, as a code of the catalogue `claim`.
    pub code: &'static str,
    /// What to write instead, as a code of the catalogue `claim`.
    pub suggestion: &'static str,
    /// The words.
    pub word: String,
    /// Where they begin and end, in characters of the text.
    pub span: (u32, u32),
    /// Whether it is let go only on grounds.
    pub stops: bool,
}

impl From<Claim> for ClaimOut {
    fn from(claim: Claim) -> Self {
        Self {
            kind: claim.kind.to_string(),
            code: claim.code,
            suggestion: claim.suggestion,
            word: claim.word,
            span: (claim.span.start, claim.span.end),
            stops: claim.stops,
        }
    }
}

/// Finds what an advert may not say in a text, each with why and what to write instead. Nothing is
/// kept.
#[utoipa::path(
    post, path = "/claims", operation_id = "claim_find", tag = "broadcast",
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = List<ClaimOut>))
)]
async fn find(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<ClaimIn>,
) -> Result<Json<List<ClaimOut>>> {
    let claims = state.app.claims(&caller, &given.text)?;
    let items = claims.into_iter().map(ClaimOut::from);
    Ok(Json(List::whole(items.collect())))
}

/// The routes of claims.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(find))
}
