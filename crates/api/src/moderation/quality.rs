//! How good the decisions are.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::moderation::{KindQuality, Quality};
use yutang_domain::{
    id::GroupId,
    time::{Date, Period},
};

use crate::{ApiState, Auth, Json, Query, problem::Result};

/// Days that are looked at when nothing else is asked for.
const DAYS: i64 = 28;

/// Which decisions are looked at.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct QualityQuery {
    /// First day; 28 days before `to` unless said otherwise.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Day after the last; tomorrow unless said otherwise.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    /// Of this group.
    #[param(value_type = Option<String>)]
    pub group: Option<GroupId>,
}

/// How good decisions were.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KindQualityOut {
    /// Decisions of the program, those only watched included.
    pub decided: i64,
    /// Found right by a person.
    pub right: i64,
    /// Taken back, or dismissed.
    pub wrong: i64,
    /// Appeals.
    pub appeals: i64,
    /// Appeals that were granted.
    pub granted: i64,
    /// The share of decisions that were not found wrong, 0 to 1; null where there were none.
    pub precision: Option<f64>,
}

/// How good the program's decisions of a period were.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QualityOut {
    /// All kinds together.
    pub all: KindQualityOut,
    /// By kind.
    pub kinds: BTreeMap<String, KindQualityOut>,
    /// Decisions of which something was done.
    pub acted: i64,
    /// Milliseconds from a message to the first thing done about it, the middle one; null where
    /// nothing was done.
    pub median_ms: Option<i64>,
    /// The same for the slowest tenth.
    pub slowest_tenth_ms: Option<i64>,
}

impl From<&KindQuality> for KindQualityOut {
    fn from(kind: &KindQuality) -> Self {
        Self {
            decided: kind.decided,
            right: kind.right,
            wrong: kind.wrong,
            appeals: kind.appeals,
            granted: kind.granted,
            precision: kind.precision(),
        }
    }
}

impl From<Quality> for QualityOut {
    fn from(quality: Quality) -> Self {
        Self {
            all: (&quality.all).into(),
            kinds: quality
                .kinds
                .iter()
                .map(|(kind, figures)| (kind.to_string(), figures.into()))
                .collect(),
            acted: quality.acted,
            median_ms: quality.median_ms,
            slowest_tenth_ms: quality.slowest_tenth_ms,
        }
    }
}

/// How good the program's decisions of a period were: precision as judged by undo and appeal, and
/// how soon something was done. req: 002-030
#[utoipa::path(
    get, path = "/moderation/quality", operation_id = "moderation_quality", tag = "moderation",
    params(QualityQuery),
    extensions(("x-permission" = json!("report.read"))),
    responses((status = 200, body = QualityOut))
)]
async fn quality(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<QualityQuery>,
) -> Result<Json<QualityOut>> {
    let tomorrow = || caller.day(state.app.now()).plus_days(1);
    let to = query.to.unwrap_or_else(tomorrow);
    let period = Period::new(query.from.unwrap_or_else(|| to.plus_days(-DAYS)), to)?;
    let quality = state.app.quality(&caller, period, query.group).await?;
    Ok(Json(quality.into()))
}

/// The route of quality.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(quality))
}
