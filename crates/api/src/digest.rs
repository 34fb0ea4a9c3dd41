//! 社群日报: what a day came to, each figure with the people behind it.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_domain::time::Date;

use crate::{ApiState, Auth, Json, Query, named::Sentence, problem::Result};

/// A part of the digest.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DigestPart {
    /// What it says.
    pub sentence: Sentence,
    /// Figures of that day behind which people stand: sales, arrivals, leavers, `active_members`.
    pub figures: Vec<String>,
    /// Where what it is about is looked after.
    pub href: Option<String>,
}

/// What a day came to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DigestOut {
    /// Which day.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// The parts in order.
    pub parts: Vec<DigestPart>,
}

/// Which day.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DigestQuery {
    /// The day; left out = yesterday.
    #[param(value_type = Option<String>, format = Date)]
    pub day: Option<Date>,
}

fn behind(code: &str) -> (&'static [&'static str], Option<&'static str>) {
    match code {
        "digest.sales" | "digest.sales_first" => (&["sales"], None),
        "digest.growth" => (&["arrivals", "leavers"], None),
        "digest.spoken" => (&["active_members"], None),
        "digest.undone" | "digest.undone_more" | "digest.undone_count" => (&[], Some("/tasks")),
        "digest.open" => (&[], Some("/moderation?tab=appeals")),
        _ => (&[], None),
    }
}

/// What a day came to, in the parts of the line that robots tell at nine.
#[utoipa::path(
    get, path = "/digest", operation_id = "digest", tag = "report",
    params(DigestQuery),
    extensions(("x-permission" = json!("report.read"))),
    responses((status = 200, body = DigestOut))
)]
async fn digest(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<DigestQuery>,
) -> Result<Json<DigestOut>> {
    let digest = state.app.digest(&caller, query.day).await?;
    let parts = digest
        .parts(caller.currency)
        .into_iter()
        .map(|(code, args)| {
            let (figures, href) = behind(code);
            DigestPart {
                sentence: Sentence {
                    code: code.to_owned(),
                    args,
                },
                figures: figures.iter().map(|one| (*one).to_owned()).collect(),
                href: href.map(str::to_owned),
            }
        })
        .collect();
    Ok(Json(DigestOut {
        day: digest.day,
        parts,
    }))
}

/// The route of the digest.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(digest))
}
