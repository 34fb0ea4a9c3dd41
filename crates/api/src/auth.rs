//! Who asks, and whether they may: decided before any handler, for every operation alike.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, Method, header, request::Parts},
    middleware::Next,
    response::Response,
};
use yutang_app::{Caller, session::Standing};
use yutang_domain::staff::SessionError;

use crate::{
    ApiState, cookie, edge,
    permission::{Matrix, Need},
    problem::{Problem, Result},
};

/// Who asks. Handlers of public operations must not take it.
#[derive(Clone, Debug)]
pub struct Auth(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Auth {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        match parts.extensions.get::<Standing>() {
            Some(standing) => Ok(Self(standing.caller.clone())),
            None => Err(SessionError::None.into()),
        }
    }
}

/// The standing of the request with what a session's own page needs.
#[derive(Clone, Debug)]
pub struct Signed(pub Standing);

impl<S: Send + Sync> FromRequestParts<S> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        match parts.extensions.get::<Standing>() {
            Some(standing) => Ok(Self(standing.clone())),
            None => Err(SessionError::None.into()),
        }
    }
}

/// The id of the operation a request goes to.
#[derive(Clone, Debug)]
pub struct OperationId(pub Arc<str>);

/// What the browser calls itself, if it does.
#[derive(Clone, Debug)]
pub struct Agent(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Agent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let agent = parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|v| v.to_str().ok());
        Ok(Self(agent.unwrap_or_default().to_owned()))
    }
}

/// The middleware: finds the operation by method and route, then the caller by token or cookie,
/// then holds one against the other. A route without a declared permission is closed to all.
pub(crate) async fn authenticate(
    State((state, matrix)): State<(ApiState, Arc<Matrix>)>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response> {
    let method = match *request.method() {
        Method::HEAD => Method::GET,
        ref other => other.clone(),
    };
    let Some(entry) = matrix.find(&method, path.as_str()) else {
        return Err(crate::problem::method_not_allowed().await);
    };
    let changes = !request.method().is_safe();
    request
        .extensions_mut()
        .insert(OperationId(entry.operation_id.clone()));
    match entry.need {
        Need::Public => {
            if changes && comes_from_elsewhere(request.headers()) {
                return Err(SessionError::Csrf.into());
            }
        }
        Need::Operation(operation) => {
            let standing = identify(&state, request.headers(), changes).await?;
            standing.caller.may(operation)?;
            request.extensions_mut().insert(standing);
        }
    }
    Ok(next.run(request).await)
}

/// The sender of a request. A token goes before a cookie; a change by cookie has to carry what
/// only our own page knows. req: 004-074
async fn identify(state: &ApiState, headers: &HeaderMap, changes: bool) -> Result<Standing> {
    let id = edge::request_id();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let secret = value.to_str().ok().and_then(|v| v.strip_prefix("Bearer "));
        let secret = secret.ok_or(SessionError::None)?;
        return Ok(state.app.by_token(secret.trim(), &id).await?);
    }
    let token = cookie::read(headers, cookie::SESSION).ok_or(SessionError::None)?;
    let standing = state.app.by_session(token, &id).await?;
    if changes {
        let given = headers.get("x-csrf-token").and_then(|v| v.to_str().ok());
        if comes_from_elsewhere(headers) || given != standing.csrf.as_deref() {
            return Err(SessionError::Csrf.into());
        }
    }
    Ok(standing)
}

/// Whether a browser says that another site sent the request.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|v| v == "cross-site" || v == "same-site")
}
