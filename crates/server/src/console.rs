//! The console's files, inside the program.
//!
//! Files with a hash in their name never change and may be kept for ever; the page that names them
//! is asked for each time and mostly answered with "unchanged". An address that is no file belongs
//! to the console itself, which shows the place it stands for.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use yutang_api::Problem;

/// What was built into the program.
#[derive(RustEmbed)]
#[folder = "$CONSOLE_FOLDER"]
struct Files;

/// Beginnings of addresses that are not the console's.
const ELSEWHERE: &[&str] = &["/api/", "/m/", "/hooks/"];

/// Answers whatever no route answers.
pub async fn answer(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    let unknown = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "route.unknown",
            "there is nothing at this address",
        )
        .into_response()
    };
    if ELSEWHERE.iter().any(|start| path.starts_with(start)) {
        return unknown();
    }
    if method != Method::GET && method != Method::HEAD {
        return Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "route.method",
            "this address does not take this method",
        )
        .into_response();
    }
    let name = path.trim_start_matches('/');
    if let Some(file) = Files::get(name).filter(|_| !name.is_empty()) {
        return sent(file, name.starts_with("assets/"), &headers);
    }
    // A missing file is missing; a missing page is one of the console's places.
    if name.starts_with("assets/") {
        return unknown();
    }
    Files::get("index.html").map_or_else(unknown, |file| sent(file, false, &headers))
}

fn sent(file: EmbeddedFile, fixed: bool, headers: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag = hash[..8].iter().fold(String::from("\""), |mut tag, byte| {
        use std::fmt::Write as _;
        let _ = write!(tag, "{byte:02x}");
        tag
    }) + "\"";
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .any(|t| t.trim().trim_start_matches("W/") == tag)
        });
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mime = file.metadata.mimetype();
        let mime = if mime.starts_with("text/") {
            format!("{mime}; charset=utf-8")
        } else {
            mime.to_owned()
        };
        let mut response = Response::new(Body::from(file.data));
        if let Ok(value) = HeaderValue::from_str(&mime) {
            response.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        response
    };
    let kept = if fixed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &str) -> Response {
        answer(Method::GET, path.parse().unwrap(), HeaderMap::new()).await
    }

    #[tokio::test]
    async fn a_place_of_the_console_is_its_page_and_an_unknown_address_of_the_api_is_not() {
        let page = get("/groups/gp_1").await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(
            page.headers()[header::CONTENT_TYPE],
            "text/html; charset=utf-8"
        );
        assert_eq!(page.headers()[header::CACHE_CONTROL], "no-cache");
        for path in ["/api/v1/nothing", "/assets/nothing.js"] {
            assert_eq!(get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let posted = answer(Method::POST, "/groups".parse().unwrap(), HeaderMap::new()).await;
        assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn an_unchanged_page_is_not_sent_again() {
        let tag = get("/").await.headers()[header::ETAG].clone();
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, tag);
        let again = answer(Method::GET, "/".parse().unwrap(), headers).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
}
