//! Accounts through which groups are seen: connected, tried, paused and removed here.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::channel::{
    self, AccountError, AccountStatus, ChannelAccount, NewAccount, NewConnection, Tried,
};
use yutang_domain::{id::ChannelAccountId, time::Timestamp};

use crate::{ApiState, At, Auth, Json, List, problem::Result, staff::base_url};

mod capability;

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
    /// connecting, ready, waiting, failed or paused.
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
            .filter(|_| row.channel == open())
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

/// How an account stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelStatusOut {
    /// The account.
    #[serde(flatten)]
    pub account: ChannelAccountOut,
    /// Where its network answers; null for accounts that hold no connection.
    pub base_url: Option<String>,
    /// Who it is there.
    pub user: Option<String>,
    /// Since when it is in its state.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// What stands between it and its network: the end of a key of the catalogue.
    pub obstacle: Option<String>,
    /// By how many milliseconds the network's clock is ahead of ours, where that is too much.
    pub clock_ahead_ms: Option<i64>,
    /// The process that holds its connection; null while none does.
    pub holder: Option<String>,
    /// How many groups are seen through it.
    pub groups: i64,
    /// In how many of them it can do less than its profile says.
    pub limited: i64,
    /// How much waits to be said through it.
    pub waiting: i64,
}

impl ChannelStatusOut {
    fn of(status: AccountStatus, base: &str) -> Self {
        let (base_url, user) = status.place.unzip();
        Self {
            account: ChannelAccountOut::of(&status.row, base),
            base_url,
            user,
            since: status.since,
            obstacle: status.obstacle.map(|word| word.to_string()),
            clock_ahead_ms: status.clock_ahead,
            holder: status.holder,
            groups: status.groups,
            limited: status.limited,
            waiting: status.waiting,
        }
    }
}

/// An account to be connected; which fields it needs depends on the network.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelIn {
    /// The network: open (left out), matrix or telegram.
    #[serde(default = "open")]
    pub network: String,
    /// What people call it; needed for open, else what the network calls it.
    pub name: Option<String>,
    /// Whether groups that nobody keeps are made when it reports of them; left out = yes.
    #[serde(default = "yes")]
    pub adopt: bool,
    /// Where the homeserver answers (matrix).
    pub homeserver: Option<String>,
    /// Who signs in (matrix).
    pub user: Option<String>,
    /// With what; used once and not kept (matrix).
    pub password: Option<String>,
    /// Where the Bot API answers; left out = where it always does (telegram).
    pub base_url: Option<String>,
    /// The bot's token (telegram).
    pub token: Option<String>,
}

impl std::fmt::Debug for ChannelIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.network)
    }
}

fn open() -> String {
    "open".to_owned()
}

const fn yes() -> bool {
    true
}

fn needed(given: Option<String>, field: &'static str) -> Result<String, AccountError> {
    given
        .filter(|text| !text.trim().is_empty())
        .ok_or(AccountError::Missing(field))
}

impl ChannelIn {
    /// What opens the account.
    fn connection(self) -> Result<NewConnection, AccountError> {
        match self.network.as_str() {
            "matrix" => Ok(NewConnection::Matrix {
                homeserver: needed(self.homeserver, "homeserver")?,
                user: needed(self.user, "user")?,
                password: needed(self.password, "password")?,
            }),
            "telegram" => Ok(NewConnection::Telegram {
                base_url: self.base_url.filter(|url| !url.trim().is_empty()),
                token: needed(self.token, "token")?,
            }),
            _ => Err(AccountError::Network),
        }
    }
}

/// An account just connected.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelMade {
    /// What is known of it from now on.
    #[serde(flatten)]
    pub known: ChannelAccountOut,
    /// The secret that deliveries are signed with, shown this once; null for networks that are asked.
    pub secret: Option<String>,
}

/// Accounts in use and how each stands, oldest first.
#[utoipa::path(
    get, path = "/channels", operation_id = "channel_list", tag = "channels",
    extensions(("x-permission" = json!("channel.read"))),
    responses((status = 200, body = List<ChannelStatusOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    headers: HeaderMap,
) -> Result<Json<List<ChannelStatusOut>>> {
    let base = base_url(&state, &headers);
    let rows = state.app.account_status(&caller).await?;
    Ok(Json(List::whole(
        rows.into_iter()
            .map(|status| ChannelStatusOut::of(status, &base))
            .collect(),
    )))
}

/// Connects an account once its network has accepted it, or a program that reports what happens in
/// groups, whose secret is shown once.
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
    let base = base_url(&state, &headers);
    let made = if ["matrix", "telegram"].contains(&given.network.as_str()) {
        let (name, adopt) = (given.name.clone(), given.adopt);
        let new = given.connection()?;
        let name = name.as_deref().filter(|name| !name.trim().is_empty());
        let row = state.app.connect(&caller, &new, name, adopt).await?;
        ChannelMade {
            known: ChannelAccountOut::of(&row, &base),
            secret: None,
        }
    } else {
        let new = NewAccount {
            network: given.network,
            name: given.name.unwrap_or_default(),
            adopt: given.adopt,
        };
        let made = state.app.add_account(&caller, &new).await?;
        ChannelMade {
            known: ChannelAccountOut::of(&made.row, &base),
            secret: Some(made.secret),
        }
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// What a network said about an account that was tried.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelTrialOut {
    /// Whether it would be accepted.
    pub accepted: bool,
    /// Who it is on the network.
    pub user: Option<String>,
    /// What it is called there.
    pub name: Option<String>,
    /// The account that is connected already for the same user.
    #[schema(value_type = Option<String>)]
    pub known: Option<ChannelAccountId>,
    /// What to know of it: hears_little, connected.
    pub cautions: Vec<String>,
    /// What stands in the way: the end of a key of the catalogue.
    pub obstacle: Option<String>,
    /// What the network said.
    pub said: Option<String>,
}

impl From<Tried> for ChannelTrialOut {
    fn from(tried: Tried) -> Self {
        match tried {
            Tried::Accepted(trial) => Self {
                accepted: true,
                user: Some(trial.user),
                name: Some(trial.name),
                known: trial.known,
                cautions: trial.cautions.iter().map(ToString::to_string).collect(),
                obstacle: None,
                said: None,
            },
            Tried::Refused { obstacle, said } => Self {
                accepted: false,
                user: None,
                name: None,
                known: None,
                cautions: Vec::new(),
                obstacle: Some(obstacle.to_string()),
                said: Some(said),
            },
        }
    }
}

/// Asks a network whether it would accept an account; nothing is kept.
#[utoipa::path(
    post, path = "/channels/try", operation_id = "channel_try", tag = "channels",
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 200, body = ChannelTrialOut))
)]
async fn attempt(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<ChannelIn>,
) -> Result<Json<ChannelTrialOut>> {
    let new = given.connection()?;
    let tried = state.app.try_connection(&caller, &new).await?;
    Ok(Json(tried.into()))
}

/// A new secret of an account.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelSecretIn {
    /// The password on Matrix, the token on Telegram.
    pub secret: String,
}

impl std::fmt::Debug for ChannelSecretIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChannelSecretIn")
    }
}

/// Connects an account anew with another secret of the same user.
#[utoipa::path(
    post, path = "/channels/{id}/reconnect", operation_id = "channel_reconnect", tag = "channels",
    params(("id" = String, Path, description = "Account")),
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 204))
)]
async fn reconnect(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ChannelAccountId>,
    Json(given): Json<ChannelSecretIn>,
) -> Result<StatusCode> {
    state.app.reconnect(&caller, id, &given.secret).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets an account rest: nothing is heard and nothing said through it.
#[utoipa::path(
    post, path = "/channels/{id}/pause", operation_id = "channel_pause", tag = "channels",
    params(("id" = String, Path, description = "Account")),
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 204))
)]
async fn pause(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ChannelAccountId>,
) -> Result<StatusCode> {
    state.app.rest_account(&caller, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a paused account go on.
#[utoipa::path(
    post, path = "/channels/{id}/resume", operation_id = "channel_resume", tag = "channels",
    params(("id" = String, Path, description = "Account")),
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 204))
)]
async fn resume(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ChannelAccountId>,
) -> Result<StatusCode> {
    state.app.rest_account(&caller, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
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
        .routes(routes!(attempt))
        .routes(routes!(remove))
        .routes(routes!(reconnect))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .merge(capability::routes())
}
