//! A POST that comes twice under one `Idempotency-Key` is carried out once.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use yutang_app::{
    caller::RequestKey,
    idempotency::{Claim, body_hash},
    session::Standing,
};

use crate::{
    ApiState,
    auth::OperationId,
    edge::BODY_LIMIT,
    problem::{Problem, Result},
};

/// The middleware, behind [`crate::auth`]: only a known caller has keys.
///
/// A file being uploaded is not held in memory for comparison: its length stands for its content.
pub(crate) async fn answer_once(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Result<Response> {
    let key = request
        .headers()
        .get("idempotency-key")
        .map(|v| v.to_str().unwrap_or("").to_owned());
    let operation = request.extensions().get::<OperationId>().cloned();
    let standing = request.extensions().get::<Standing>().cloned();
    let (Some(key), Some(operation), Some(mut standing)) = (key, operation, standing) else {
        return Ok(next.run(request).await);
    };
    if request.method() != Method::POST {
        return Ok(next.run(request).await);
    }
    let key = RequestKey {
        verb: operation.0.to_string(),
        key,
    };
    let address = request
        .uri()
        .path_and_query()
        .map_or("", |p| p.as_str())
        .to_owned();
    let (mut parts, body) = request.into_parts();
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let (hash, body) = if kind.starts_with("multipart/") {
        let length = parts
            .headers
            .get(header::CONTENT_LENGTH)
            .map_or(&b""[..], HeaderValue::as_bytes);
        (body_hash(&[address.as_bytes(), length]), body)
    } else {
        let bytes = to_bytes(body, BODY_LIMIT).await.map_err(|_| {
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body.size",
                "the body is too large",
            )
        })?;
        (body_hash(&[address.as_bytes(), &bytes]), Body::from(bytes))
    };
    let caller = standing.caller.clone();
    if let Claim::Answered { status, body } = state.app.claim_request(&caller, &key, &hash).await? {
        return Ok(repeated(status, body));
    }
    standing.caller.request_key = Some(key.clone());
    parts.extensions.insert(standing);
    // The work and the keeping of its answer go on when the client hangs up.
    let work = async move {
        let response = next.run(Request::from_parts(parts, body)).await;
        if !response.status().is_success() {
            state.app.release_request(&caller, &key).await?;
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX)
            .await
            .map_err(yutang_app::AppError::internal)?;
        let text = String::from_utf8_lossy(&bytes);
        state
            .app
            .keep_answer(&caller, &key, parts.status.as_u16(), &text)
            .await?;
        Ok(Response::from_parts(parts, Body::from(bytes)))
    };
    tokio::spawn(crate::edge::in_request(work))
        .await
        .map_err(yutang_app::AppError::internal)?
}

fn repeated(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}
