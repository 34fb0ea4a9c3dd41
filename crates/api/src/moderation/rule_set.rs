//! The workspace's own words and rules.

use axum::{
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::moderation::{RuleSetVersion, RuleTrial};
use yutang_domain::{
    id::{GroupId, MemberId, MessageId},
    time::Timestamp,
};

use super::HitOut;
use crate::{ApiState, At, Auth, Json, List, problem::Result};

/// Bytes of a request at most: a text of 8 MB, as JSON writes it.
const BODY_LIMIT: usize = 20 * 1024 * 1024;

/// A version of the rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RuleSetOut {
    /// From 1; the highest is in force.
    pub version: i64,
    /// Its text, TOML; null in a list but for the version in force.
    pub text: Option<String>,
    /// What its author says of it.
    pub note: String,
    /// Who.
    pub by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Characters of its text.
    pub length: i64,
}

impl From<RuleSetVersion> for RuleSetOut {
    fn from(row: RuleSetVersion) -> Self {
        Self {
            version: row.version,
            text: row.text,
            note: row.note,
            by: row.by,
            at: row.at,
            length: row.length,
        }
    }
}

/// Words and rules to be published.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSetIn {
    /// The text, TOML; the guide has its form.
    pub text: String,
    /// What is to be said of it.
    #[serde(default)]
    pub note: String,
}

/// A draft to be tried.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTrialIn {
    /// The text, TOML.
    pub text: String,
    /// On the messages of this group; of all in reach unless said otherwise.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub group: Option<GroupId>,
}

/// A message that a draft treats otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TriedOut {
    /// The message.
    #[schema(value_type = String)]
    pub message_id: MessageId,
    /// In which group.
    #[schema(value_type = String)]
    pub group_id: GroupId,
    /// By whom.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Its words.
    pub text: String,
    /// What the rules in force say: allow, gentle, neutral, hard or alarm.
    pub now: String,
    /// What the draft says.
    pub then: String,
    /// What made the draft say so.
    pub hits: Vec<HitOut>,
}

/// What a draft would change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RuleTrialOut {
    /// Messages looked at, at most 1,000.
    pub looked: usize,
    /// Messages that the rules in force act on.
    pub now: usize,
    /// Messages that the draft acts on.
    pub then: usize,
    /// Messages that the draft treats otherwise, latest first, at most 100.
    pub changed: Vec<TriedOut>,
}

impl From<RuleTrial> for RuleTrialOut {
    fn from(trial: RuleTrial) -> Self {
        Self {
            looked: trial.looked,
            now: trial.now,
            then: trial.then,
            changed: trial
                .changed
                .into_iter()
                .map(|tried| TriedOut {
                    message_id: tried.message,
                    group_id: tried.group,
                    member_id: tried.member,
                    at: tried.at,
                    text: tried.text,
                    now: tried.now.to_string(),
                    then: tried.then.to_string(),
                    hits: tried.hits.into_iter().map(HitOut::from).collect(),
                })
                .collect(),
        }
    }
}

/// All versions, newest first; the newest is in force and comes with its text.
#[utoipa::path(
    get, path = "/moderation/rule-sets", operation_id = "rule_set_list", tag = "moderation",
    extensions(("x-permission" = json!("moderation.read"))),
    responses((status = 200, body = List<RuleSetOut>))
)]
async fn list(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<List<RuleSetOut>>> {
    let rows = state.app.rule_sets(&caller).await?;
    Ok(Json(List::whole(
        rows.into_iter().map(RuleSetOut::from).collect(),
    )))
}

/// One version with its text.
#[utoipa::path(
    get, path = "/moderation/rule-sets/{version}", operation_id = "rule_set_get",
    tag = "moderation",
    params(("version" = i64, Path, description = "Version")),
    extensions(("x-permission" = json!("moderation.read"))),
    responses((status = 200, body = RuleSetOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(version): At<i64>,
) -> Result<Json<RuleSetOut>> {
    Ok(Json(state.app.rule_set(&caller, version).await?.into()))
}

/// Publishes a version, in force from now on. A text at fault is refused as a whole, with its line
/// in `at` (`text:9001`).
#[utoipa::path(
    post, path = "/moderation/rule-sets", operation_id = "rule_set_publish", tag = "moderation",
    extensions(("x-permission" = json!("moderation.rules"))),
    responses((status = 201, body = RuleSetOut))
)]
async fn publish(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<RuleSetIn>,
) -> Result<(StatusCode, Json<RuleSetOut>)> {
    let made = state
        .app
        .publish_rule_set(&caller, &given.text, &given.note)
        .await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Tries a draft on the last 1,000 messages; nothing is written.
#[utoipa::path(
    post, path = "/moderation/rule-sets/try", operation_id = "rule_set_try", tag = "moderation",
    extensions(("x-permission" = json!("moderation.read"))),
    responses((status = 200, body = RuleTrialOut))
)]
async fn attempt(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<RuleTrialIn>,
) -> Result<Json<RuleTrialOut>> {
    let trial = state
        .app
        .try_rules(&caller, &given.text, given.group)
        .await?;
    Ok(Json(trial.into()))
}

/// The routes of rules.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, publish))
        .routes(routes!(attempt))
        .routes(routes!(get))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}
