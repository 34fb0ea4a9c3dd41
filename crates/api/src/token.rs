//! API tokens.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    Caller,
    token::{NewToken, Token},
};
use yutang_domain::{
    actor::Role,
    id::TokenId,
    time::{Date, Timestamp},
};

use crate::{ApiState, At, Auth, Json, List, problem::Result};

/// A token, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokenOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    #[schema(value_type = String)]
    pub role: Role,
    /// Operations it is narrowed to; empty = all of the role.
    pub scopes: Vec<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// The last day it works on.
    #[schema(value_type = Option<String>, format = Date)]
    pub expires_on: Option<Date>,
}

impl TokenOut {
    fn of(row: &Token, caller: &Caller) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            role: row.role,
            scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_on: row.expires_at.map(|at| caller.day(at.plus(-1))),
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenIn {
    /// What it is for.
    pub name: String,
    /// owner, operator, manager, service or analyst.
    #[schema(value_type = String)]
    pub role: Role,
    /// Operations to narrow it to; left out or empty = all of the role.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The last day it works on; left out = until it is revoked.
    #[schema(value_type = Option<String>, format = Date)]
    pub expires_on: Option<Date>,
}

/// A token just made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokenMade {
    /// What is known of it from now on.
    #[serde(flatten)]
    pub known: TokenOut,
    /// The secret, shown this once.
    pub token: String,
}

/// Tokens in use, the latest first.
#[utoipa::path(
    get, path = "/tokens", operation_id = "token_list", tag = "staff",
    extensions(("x-permission" = json!("token.edit"))),
    responses((status = 200, body = List<TokenOut>))
)]
async fn list(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<List<TokenOut>>> {
    let rows = state.app.tokens(&caller).await?;
    Ok(Json(List::whole(
        rows.iter().map(|row| TokenOut::of(row, &caller)).collect(),
    )))
}

/// Makes a token; its secret is shown once.
#[utoipa::path(
    post, path = "/tokens", operation_id = "token_create", tag = "staff",
    extensions(("x-permission" = json!("token.edit"))),
    responses((status = 201, body = TokenMade))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<TokenIn>,
) -> Result<(StatusCode, Json<TokenMade>)> {
    let new = NewToken {
        name: given.name,
        role: given.role,
        scopes: given.scopes,
        expires_on: given.expires_on,
    };
    let made = state.app.create_token(&caller, new).await?;
    let known = TokenOut::of(&made.row, &caller);
    Ok((
        StatusCode::CREATED,
        Json(TokenMade {
            known,
            token: made.secret,
        }),
    ))
}

/// Takes a token out of use at once.
#[utoipa::path(
    delete, path = "/tokens/{id}", operation_id = "token_revoke", tag = "staff",
    params(("id" = String, Path, description = "Token")),
    extensions(("x-permission" = json!("token.edit"))),
    responses((status = 204))
)]
async fn revoke(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<TokenId>,
) -> Result<StatusCode> {
    state.app.revoke_token(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of tokens.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}
