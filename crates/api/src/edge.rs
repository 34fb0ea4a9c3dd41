//! What is around every request of the program: an id, a span, headers, metrics, limits.

use std::time::Instant;

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    compression::predicate::{NotForContentType, Predicate as _, SizeAbove},
};
use tracing::Instrument as _;

use crate::problem::{Problem, Refused};

/// Bytes of a body at most; an upload states its own limit.
pub const BODY_LIMIT: usize = 2 * 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a page of ours may load: its own files, styles in place (antd writes them), pictures it
/// made itself. Nothing may frame it.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request being answered; empty outside of one.
pub fn request_id() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Carries the id of the present request into a task of its own.
pub(crate) fn in_request<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let span = tracing::Span::current();
    CURRENT.scope(request_id(), work.instrument(span))
}

/// Puts around a router what every request gets; to be called once, on all routers merged.
pub fn around(router: Router) -> Router {
    let compressed = SizeAbove::new(1024).and(NotForContentType::new("text/event-stream"));
    router
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CompressionLayer::new().gzip(true).compress_when(compressed))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(headers))
        .layer(middleware::from_fn(observe))
}

/// Puts around a router what little a delivery of a webhook gets, of which thousands come in a
/// second: an id, an answer also where a request panics, and a count by status. The place of a log
/// line is `debug`.
pub fn lightly(router: Router) -> Router {
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(observe_lightly))
}

async fn observe_lightly(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = id_of(&request);
    let mut response = CURRENT.scope(id.clone(), next.run(request)).await;
    name(&mut response, &id);
    let status = response.status();
    metrics::counter!("yutang_hook_requests_total", "status" => status_word(status)).increment(1);
    metrics::histogram!("yutang_hook_request_seconds").record(begun.elapsed().as_secs_f64());
    if !status.is_success() {
        let code = response.extensions().get::<Refused>();
        tracing::debug!(
            request.id = id,
            http.status = status.as_u16(),
            error.code = code.map_or("", |refused| refused.0.as_str()),
            "a delivery was refused"
        );
    }
    response
}

/// The statuses that a delivery is answered with.
const fn status_word(status: StatusCode) -> &'static str {
    match status {
        StatusCode::ACCEPTED => "202",
        StatusCode::UNAUTHORIZED => "401",
        StatusCode::NOT_FOUND => "404",
        StatusCode::PAYLOAD_TOO_LARGE => "413",
        StatusCode::UNPROCESSABLE_ENTITY => "422",
        StatusCode::SERVICE_UNAVAILABLE => "503",
        _ => "other",
    }
}

fn panicked(_panic: Box<dyn std::any::Any + Send>) -> Response {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "app.internal",
        "something went wrong inside; it is in the log",
    )
    .into_response()
}

/// Gives the request an id and a span without personal data, and counts it by route.
async fn observe(request: Request, next: Next) -> Response {
    let id = id_of(&request);
    let method = request.method().as_str().to_owned();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let begun = Instant::now();
    let span = tracing::info_span!(
        "request",
        request.id = id,
        http.method = method,
        http.route = route
    );
    let mut response = CURRENT
        .scope(id.clone(), next.run(request).instrument(span.clone()))
        .await;
    name(&mut response, &id);
    let status = response.status().as_u16();
    let seconds = begun.elapsed().as_secs_f64();
    let labels = [
        ("method", method),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::counter!("yutang_http_requests_total", &labels).increment(1);
    metrics::histogram!("yutang_http_request_seconds", &labels[..2]).record(seconds);
    let code = response
        .extensions()
        .get::<Refused>()
        .map_or("", |r| r.0.as_str());
    span.in_scope(|| {
        tracing::info!(
            http.status = status,
            error.code = code,
            http.seconds = seconds,
            "answered"
        );
    });
    response
}

/// The id that the request brings along, or a new one.
fn id_of(request: &Request) -> String {
    request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|v| v.to_str().ok())
        .filter(|id| is_plain(id))
        .map_or_else(|| yutang_app::key::random_text(16), str::to_owned)
}

/// Says the id of its request in an answer.
fn name(response: &mut Response, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
}

/// Request ids end up in logs and in the audit log: only plain ones are taken over.
fn is_plain(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_request_ids_are_taken_over() {
        assert!(is_plain("a1-B2_c.3"));
        for bad in ["", "a b", "a\nb", "é", &"x".repeat(65)] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }
}
