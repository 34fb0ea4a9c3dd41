//! What would have happened.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::moderation::{Replay, Replayed};
use yutang_domain::{
    id::{GroupId, MemberId, MessageId},
    moderation::Measure,
    time::{Date, Timestamp},
};

use super::HitOut;
use crate::{ApiState, Auth, Json, problem::Result};

/// Which period is to be replayed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayIn {
    /// Of which group.
    #[schema(value_type = String)]
    pub group: GroupId,
    /// First day; 28 days before `to` unless said otherwise.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Day after the last; tomorrow unless said otherwise.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
}

/// A decision that would have been made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplayedOut {
    /// The message.
    #[schema(value_type = String)]
    pub message_id: MessageId,
    /// By whom.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Its words.
    pub text: String,
    /// gentle, neutral, hard or alarm.
    pub decision: String,
    /// What weighed most; null for an alarm.
    pub kind: Option<String>,
    /// violation or accident; null for an alarm.
    pub fault: Option<String>,
    /// What would have been done.
    pub measures: Vec<String>,
    /// Strikes before it, counted from the beginning of the period.
    pub strikes: u32,
    /// What was seen.
    pub hits: Vec<HitOut>,
}

/// What would have happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplayOut {
    /// Messages of members looked at.
    pub looked: usize,
    /// Version of the workspace's rules; 0 = it has none.
    pub rule_version: i64,
    /// How many decisions there would have been, by outcome.
    pub outcomes: BTreeMap<String, usize>,
    /// The decisions, oldest first, at most 1,000.
    pub decisions: Vec<ReplayedOut>,
}

impl From<Replayed> for ReplayedOut {
    fn from(row: Replayed) -> Self {
        Self {
            message_id: row.message,
            member_id: row.member,
            at: row.at,
            text: row.text,
            decision: row.decision.to_string(),
            kind: row.kind.map(|kind| kind.to_string()),
            fault: row.fault.map(|fault| fault.to_string()),
            measures: row.measures.iter().map(Measure::to_string).collect(),
            strikes: row.strikes,
            hits: row.hits.into_iter().map(HitOut::from).collect(),
        }
    }
}

impl From<Replay> for ReplayOut {
    fn from(replay: Replay) -> Self {
        Self {
            looked: replay.looked,
            rule_version: replay.rule_version,
            outcomes: replay
                .outcomes
                .into_iter()
                .map(|(outcome, count)| (outcome.to_string(), count))
                .collect(),
            decisions: replay
                .decisions
                .into_iter()
                .map(ReplayedOut::from)
                .collect(),
        }
    }
}

/// What the present rules would have decided in a past period; nothing is written.
#[utoipa::path(
    post, path = "/moderation/replay", operation_id = "moderation_replay", tag = "moderation",
    extensions(("x-permission" = json!("moderation.read"))),
    responses((status = 200, body = ReplayOut))
)]
async fn replay(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<ReplayIn>,
) -> Result<Json<ReplayOut>> {
    let span = (given.from, given.to);
    let replay = state.app.replay(&caller, given.group, span).await?;
    Ok(Json(replay.into()))
}

/// The route of replays.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(replay))
}
