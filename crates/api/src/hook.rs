//! The door for deliveries of webhooks: `POST /hooks/{network}/{account}`.
//!
//! It stands beside the API, not in it: nobody signs in here, the signature of each delivery is
//! what opens it, so no session, no `Idempotency-Key` and no line in the log per request. The
//! answer 202 says that the delivery is durable, not that its facts were understood.

use axum::{
    Router,
    body::Bytes,
    extract::{
        DefaultBodyLimit, Path, State,
        rejection::{BytesRejection, PathRejection},
    },
    http::{HeaderMap, StatusCode},
    routing::post,
};
use std::sync::Arc;
use yutang_app::{
    App,
    hook::{BODY_LIMIT, HookError, Hooks, Signed, TELEGRAM, WORD, headers},
};
use yutang_domain::id::ChannelAccountId;

use crate::{
    edge,
    problem::{Problem, Result},
};

/// Accepts a delivery.
async fn accept(
    State(hooks): State<Arc<Hooks>>,
    at: Result<Path<(String, String)>, PathRejection>,
    given: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode> {
    let Path((network, account)) = at.map_err(|_| HookError::Unknown)?;
    let account: ChannelAccountId = account.parse().map_err(|_| HookError::Unknown)?;
    let body = body.map_err(|rejection| unread(&rejection))?;
    let header = |name: &str| given.get(name).and_then(|value| value.to_str().ok());
    if network == TELEGRAM {
        hooks
            .accept_update(account, header(WORD), body.into())
            .await?;
        return Ok(StatusCode::ACCEPTED);
    }
    let signed = Signed {
        id: header(headers::ID),
        timestamp: header(headers::TIMESTAMP),
        signature: header(headers::SIGNATURE),
    };
    hooks
        .accept(&network, account, &signed, body.into())
        .await?;
    Ok(StatusCode::ACCEPTED)
}

fn unread(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = "a delivery has at most 1 MB: send its facts in several";
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.size", detail);
    }
    Problem::new(rejection.status(), "body.unreadable", rejection.body_text())
}

/// The door, with what little is around it; merged after [`edge::around`].
pub fn router(app: &App) -> Router {
    let door = Router::new()
        .route("/hooks/{network}/{account}", post(accept))
        .method_not_allowed_fallback(crate::problem::method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::new(Hooks::new(app)));
    edge::lightly(door)
}
