//! Fees for a place in a group, told by whoever takes the money.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_domain::id::{GroupId, MemberId};

use crate::{ApiState, At, Auth, Json, problem::Result};

/// Who paid.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryFeeIn {
    /// Member.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// What they paid, in minor units of the organisation's currency: they are told so when the fee
    /// goes back.
    pub amount_minor: Option<u32>,
}

/// What followed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EntryFeeOut {
    /// Whether somebody who waited for it was let in.
    pub admitted: bool,
}

/// Notes that somebody paid for a place in a group: they are let in if they wait for it, and not
/// asked to pay if they ask later.
#[utoipa::path(
    post, path = "/groups/{id}/fees", operation_id = "entry_fee_note", tag = "gate",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("gate.admit"))),
    responses((status = 200, body = EntryFeeOut))
)]
async fn note(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Json(given): Json<EntryFeeIn>,
) -> Result<Json<EntryFeeOut>> {
    let admitted = state
        .app
        .note_fee(&caller, id, given.member_id, given.amount_minor)
        .await?;
    Ok(Json(EntryFeeOut { admitted }))
}

/// The routes of fees.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(note))
}
