//! Keeping order: what was decided, what waits for a person, how groups are kept, by which rules.

pub mod appeal;
pub mod policy;
pub mod quality;
pub mod replay;
pub mod rule_set;
pub mod sanction;
pub mod trusted;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use yutang_domain::moderation::Hit;

use crate::ApiState;

/// Something that was seen in a message.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HitOut {
    /// What it is: advert, off_topic, flood, insult, quarrel, contact, card, newcomer_link, repeat,
    /// word or complaint.
    pub kind: String,
    /// First character and the one after the last, in Unicode scalars of the message; null where it
    /// lies in what somebody does.
    pub span: Option<(u32, u32)>,
    /// Code of the sign, or the name of a rule of the workspace.
    pub reason: String,
    /// Points; 100 of one kind are enough.
    pub weight: i32,
}

impl From<Hit> for HitOut {
    fn from(hit: Hit) -> Self {
        Self {
            kind: hit.kind.to_string(),
            span: hit.span,
            reason: hit.reason,
            weight: hit.weight,
        }
    }
}

/// The routes of moderation.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(appeal::routes())
        .merge(policy::routes())
        .merge(quality::routes())
        .merge(replay::routes())
        .merge(rule_set::routes())
        .merge(sanction::routes())
        .merge(trusted::routes())
}
