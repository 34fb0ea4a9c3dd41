//! Accounts through which groups are seen; programs of the merchant's are connected here.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::channel::{self, ChannelAccount, NewAccount};
use yutang_domain::{id::ChannelAccountId, time::Timestamp};

use crate::{ApiState, At, Auth, Json, List, problem::Result, staff::base_url};

/// An account, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelAccountOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: ChannelAccountId,
    /// The network: open, fake, ….
    pub network: String,
    /// What it lets the program see and do: the word of a profile.
    pub profile: String,
    /// What people call it.
    pub name: String,
    /// ready, waiting or failed.
    pub state: String,
    /// What was wrong last: the name of the delivery, and why it was refused.
    pub last_error: Option<String>,
    /// Where it reports to; null for networks that are asked instead.
    pub url: Option<String>,
    /// When it was connected.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl ChannelAccountOut {
    fn of(row: &ChannelAccount, base: &str) -> Self {
        let path = row
            .secret
            .as_ref()
            .map(|_| channel::path(&row.channel, row.id));
        Self {
            id: row.id,
            network: row.channel.clone(),
            profile: row.profile.clone(),
            name: row.name.clone(),
            state: row.state.clone(),
            last_error: row.last_error.clone(),
            url: path.map(|path| format!("{base}{path}")),
            created_at: row.created_at,
        }
    }
}

/// An account to be connected.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelIn {
    /// The network; open is what is connected this way.
    #[serde(default = "open")]
    pub network: String,
    /// What people call it.
    pub name: String,
    /// Whether groups that nobody keeps are made when it reports of them; left out = yes.
    #[serde(default = "yes")]
    pub adopt: bool,
}

fn open() -> String {
    "open".to_owned()
}

const fn yes() -> bool {
    true
}

/// An account just connected.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelMade {
    /// What is known of it from now on.
    #[serde(flatten)]
    pub known: ChannelAccountOut,
    /// The secret that deliveries are signed with, shown this once.
    pub secret: String,
}

/// Accounts in use, oldest first.
#[utoipa::path(
    get, path = "/channels", operation_id = "channel_list", tag = "channels",
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 200, body = List<ChannelAccountOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    headers: HeaderMap,
) -> Result<Json<List<ChannelAccountOut>>> {
    let base = base_url(&state, &headers);
    let rows = state.app.accounts(&caller).await?;
    Ok(Json(List::whole(
        rows.iter()
            .map(|row| ChannelAccountOut::of(row, &base))
            .collect(),
    )))
}

/// Connects a program that reports what happens in groups; its secret is shown once.
#[utoipa::path(
    post, path = "/channels", operation_id = "channel_create", tag = "channels",
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 201, body = ChannelMade))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    headers: HeaderMap,
    Json(given): Json<ChannelIn>,
) -> Result<(StatusCode, Json<ChannelMade>)> {
    let new = NewAccount {
        network: given.network,
        name: given.name,
        adopt: given.adopt,
    };
    let made = state.app.add_account(&caller, &new).await?;
    let known = ChannelAccountOut::of(&made.row, &base_url(&state, &headers));
    Ok((
        StatusCode::CREATED,
        Json(ChannelMade {
            known,
            secret: made.secret,
        }),
    ))
}

/// Takes an account out of use; its groups stay.
#[utoipa::path(
    delete, path = "/channels/{id}", operation_id = "channel_remove", tag = "channels",
    params(("id" = String, Path, description = "Account")),
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 204))
)]
async fn remove(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ChannelAccountId>,
) -> Result<StatusCode> {
    state.app.remove_account(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of accounts.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(remove))
}
