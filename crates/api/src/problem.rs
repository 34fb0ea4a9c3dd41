//! Refusals over HTTP: the one place with status numbers (RFC 9457).

use std::num::NonZeroU32;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use yutang_app::AppError;
use yutang_domain::error::Class;

use crate::edge;

/// Result of a handler.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// Why a request was refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Stable code, translated by the console.
    pub code: String,
    /// What the status means.
    pub title: &'static str,
    /// What is wrong, in English.
    pub detail: String,
    /// The field, line or moment in question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What to quote when asking for help.
    pub request_id: String,
    /// How long to wait before trying again, in seconds; sent as `Retry-After`.
    #[serde(skip)]
    pub wait: Option<NonZeroU32>,
}

/// How long to wait where a part of the system is not available, in seconds.
const SHORTLY: NonZeroU32 = NonZeroU32::new(2).expect("not zero");

impl Problem {
    /// A refusal.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            status: status.as_u16(),
            code: code.to_owned(),
            title: status.canonical_reason().unwrap_or("Refused"),
            detail: detail.into(),
            at: None,
            request_id: edge::request_id(),
            wait: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(SHORTLY),
        }
    }

    /// A list of a request is longer than one request may be.
    pub fn too_many(at: &str, most: usize) -> Self {
        let detail = format!("at most {most} in one request");
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "body.too_many", detail);
        if at.is_empty() {
            problem
        } else {
            problem.at(at)
        }
    }

    /// At this field.
    #[must_use]
    pub fn at(mut self, at: impl Into<String>) -> Self {
        self.at = Some(at.into());
        self
    }
}

const fn status(class: Class) -> StatusCode {
    match class {
        Class::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Class::Unauthenticated => StatusCode::UNAUTHORIZED,
        Class::Denied => StatusCode::FORBIDDEN,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::Conflict => StatusCode::CONFLICT,
        Class::Limit => StatusCode::TOO_MANY_REQUESTS,
        Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Whatever a verb or a rule says.
impl<E: Into<AppError>> From<E> for Problem {
    fn from(error: E) -> Self {
        let error: AppError = error.into();
        let said_by_a_rule = matches!(error, AppError::Rule(_));
        let class = error.class();
        if class != Class::Unavailable || said_by_a_rule {
            let mut problem = Self::new(status(class), error.code(), error.to_string());
            problem.at = error.at();
            if let Some(ms) = error.wait_ms() {
                problem.wait = u32::try_from((ms.max(1) + 999) / 1000)
                    .ok()
                    .and_then(NonZeroU32::new);
            }
            return problem;
        }
        // What went wrong inside is for the log; the request id leads there.
        tracing::error!(error.code = error.code(), %error, "a request failed");
        let (status, detail) = match &error {
            AppError::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "something went wrong inside; it is in the log",
            ),
            _ if error.code() == "store.disk_full" => {
                let mut problem = Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    error.code(),
                    "the disk is full: free some space there and try again; nothing of this step \
                     was kept",
                );
                problem.at = error.at().map(|place| last_name(&place).to_owned());
                return problem;
            }
            _ => (
                StatusCode::SERVICE_UNAVAILABLE,
                "a part of the system is not available: try again",
            ),
        };
        Self::new(status, error.code(), detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.get()));
        }
        response.extensions_mut().insert(Refused(self.code));
        response
    }
}

/// The last name of a path or URL: whoever only signs in need not know where the rest of it lies.
fn last_name(place: &str) -> &str {
    let path = place.split('?').next().unwrap_or(place);
    path.rsplit('/').next().unwrap_or(path)
}

/// The code of a refusal, for the log line of its request.
#[derive(Clone, Debug)]
pub struct Refused(pub String);

/// There is no such address.
pub(crate) async fn route_unknown() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "route.unknown",
        "there is nothing at this address",
    )
}

/// The address is right and the method is not.
pub(crate) async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "route.method",
        "this address does not take this method",
    )
}
