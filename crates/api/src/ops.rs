//! Health and metrics, for those who run the program.

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::ApiState;

/// The routes of health and metrics, outside of the API.
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// The process is alive.
async fn health() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// The database answers and this process has caught up with its log.
async fn ready(State(state): State<ApiState>) -> Response {
    let seen = state.app.live().position();
    let (status, word, last) = match state.app.last_position().await {
        Ok(last) if seen >= last => (StatusCode::OK, "ready", Some(last)),
        Ok(last) => (StatusCode::SERVICE_UNAVAILABLE, "catching_up", Some(last)),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "no_database", None)
        }
    };
    (
        status,
        Json(json!({ "status": word, "position": seen, "last": last })),
    )
        .into_response()
}

/// Metrics of this process in Prometheus text form.
async fn metrics(State(state): State<ApiState>) -> Response {
    let Some(handle) = &state.config.metrics else {
        return crate::problem::route_unknown().await.into_response();
    };
    handle.run_upkeep();
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        handle.render(),
    )
        .into_response()
}
