//! First run: the first owner, made once.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{setup::Setup, workspace::NewWorkspace};
use yutang_domain::time::Zone;

use crate::{
    ApiState, Json,
    auth::Agent,
    edge,
    problem::Result,
    session::{SessionOut, opened},
};

/// Whether the program has to be set up.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct SetupOut {
    /// True while nobody owns it.
    pub needed: bool,
}

/// The first owner and their organisation.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupIn {
    /// Name of the organisation.
    pub organisation: String,
    /// IANA zone of its days.
    pub zone: String,
    /// Currency of its figures.
    pub currency: String,
    /// zh-Hans, zh-Hant or en.
    pub locale: String,
    /// The owner's name.
    pub name: String,
    /// What they sign in with.
    pub sign_in: String,
    /// Their password, at least ten characters.
    pub password: String,
}

/// Whether the program has to be set up.
#[utoipa::path(
    get, path = "/setup", operation_id = "setup_get", tag = "session",
    extensions(("x-permission" = json!("public"))),
    responses((status = 200, body = SetupOut))
)]
async fn setup_needed(State(state): State<ApiState>) -> Result<Json<SetupOut>> {
    Ok(Json(SetupOut {
        needed: state.app.needs_setup().await?,
    }))
}

/// Makes the first owner, once, and signs them in.
#[utoipa::path(
    post, path = "/setup", operation_id = "setup_create", tag = "session",
    extensions(("x-permission" = json!("public"))),
    responses((status = 201, body = SessionOut))
)]
async fn set_up(
    State(state): State<ApiState>,
    Agent(agent): Agent,
    Json(given): Json<SetupIn>,
) -> Result<Response> {
    let workspace = NewWorkspace {
        slug: "default".to_owned(),
        name: given.organisation,
        zone: Zone::from_name(&given.zone)?,
        currency: given.currency.parse()?,
        locale: given.locale,
        demo: false,
    };
    let setup = Setup {
        workspace,
        name: given.name,
        sign_in: given.sign_in,
        password: given.password,
        agent,
    };
    let _turn = state.turn().await?;
    let session = state.app.set_up(setup, &edge::request_id()).await?;
    opened(&state, StatusCode::CREATED, &session).await
}

/// The routes of the first run.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(setup_needed, set_up))
}
