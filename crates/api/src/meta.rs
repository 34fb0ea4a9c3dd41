//! What this program is and can: its version, channels, languages, and its own description.

use std::sync::Arc;

use axum::{
    http::header,
    routing::{MethodRouter, get},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{ApiState, Json, problem::Result};

/// What this program is and can.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MetaOut {
    /// Its version.
    pub version: String,
    /// Networks that groups can live on.
    pub channels: Vec<ChannelOut>,
    /// Languages of its texts.
    pub locales: Vec<String>,
    /// Profiles that the demo's channel can take.
    pub demo_profiles: Vec<String>,
}

/// A network.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelOut {
    /// Its word.
    pub channel: String,
    /// Key of its name in the catalogue `channel.json`.
    pub label: String,
}

const CHANNELS: &[&str] = &[
    "wecom", "wechat", "qq", "matrix", "telegram", "discord", "whatsapp", "fake",
];

/// What this program is and can.
#[utoipa::path(
    get, path = "/meta", operation_id = "meta", tag = "system",
    extensions(("x-permission" = json!("public"))),
    responses((status = 200, body = MetaOut))
)]
async fn meta() -> Result<Json<MetaOut>> {
    Ok(Json(MetaOut {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        channels: CHANNELS
            .iter()
            .map(|c| ChannelOut {
                channel: (*c).to_owned(),
                label: format!("channel.{c}"),
            })
            .collect(),
        locales: ["zh-Hans", "zh-Hant", "en"].map(str::to_owned).to_vec(),
        demo_profiles: ["wecom_plain", "wecom_archive", "wechat_personal", "full"]
            .map(str::to_owned)
            .to_vec(),
    }))
}

/// The routes of the program's description of itself.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(meta))
}

/// The API's description, as JSON.
pub(crate) fn document(text: Arc<str>) -> MethodRouter<ApiState> {
    get(move || {
        let text = text.to_string();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    })
}
