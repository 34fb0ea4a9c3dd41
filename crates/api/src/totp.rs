//! One's own authenticator.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{ApiState, Auth, Json, problem::Result, qr};

/// What an authenticator is set up with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TotpOut {
    /// The seed, for typing.
    pub secret: String,
    /// The seed as an address.
    pub uri: String,
    /// The address as a picture, for scanning.
    pub qr_svg: String,
}

/// A code of an authenticator.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpIn {
    /// Six digits.
    pub code: String,
}

/// A password, to confirm who asks.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmIn {
    /// One's own password.
    pub password: String,
}

/// Begins to set up an authenticator.
#[utoipa::path(
    post, path = "/session/totp/begin", operation_id = "session_totp_begin", tag = "session",
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 200, body = TotpOut))
)]
async fn totp_begin(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<TotpOut>> {
    let begun = state.app.begin_totp(&caller).await?;
    let qr_svg = qr::svg(&begun.uri)?;
    Ok(Json(TotpOut {
        secret: begun.secret,
        uri: begun.uri,
        qr_svg,
    }))
}

/// Switches the authenticator on with its first code.
#[utoipa::path(
    post, path = "/session/totp/confirm", operation_id = "session_totp_confirm", tag = "session",
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 204))
)]
async fn totp_confirm(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<TotpIn>,
) -> Result<StatusCode> {
    state.app.confirm_totp(&caller, &given.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switches the authenticator off, where the title does not ask for one.
#[utoipa::path(
    delete, path = "/session/totp", operation_id = "session_totp_end", tag = "session",
    request_body = ConfirmIn,
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 204))
)]
async fn totp_end(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<ConfirmIn>,
) -> Result<StatusCode> {
    let _turn = state.turn().await?;
    state.app.end_totp(&caller, given.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of authenticators.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(totp_begin))
        .routes(routes!(totp_confirm))
        .routes(routes!(totp_end))
}
