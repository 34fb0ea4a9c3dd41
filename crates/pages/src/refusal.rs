//! Refusals as pages: a sentence that helps, and a way back.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use yutang_app::{AppError, text::Locale};
use yutang_domain::error::Class;

use crate::frame::Frame;

/// Why a page is not what was asked for.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    key: &'static str,
    locale: Locale,
    frame: Option<Box<Frame>>,
    /// After how many seconds it is worth asking again.
    wait_s: Option<i64>,
}

/// A page with a heading, some sentences and one way on.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message<'a> {
    pub p: &'a Frame,
    pub title: String,
    pub lines: Vec<String>,
    pub onward: String,
    pub onward_label: String,
}

impl Refusal {
    /// A refusal before it is known which community is asked for.
    pub fn new(locale: Locale, error: &AppError) -> Self {
        let (status, key) = known(error);
        let unavailable = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(2);
        let wait_s = error.wait_ms().map(|ms| (ms.max(1) + 999) / 1_000);
        Self {
            status,
            key,
            locale,
            frame: None,
            wait_s: wait_s.or(unavailable),
        }
    }

    /// There is nothing here.
    pub const fn not_found(locale: Locale) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            key: "page.error.not_found",
            locale,
            frame: None,
            wait_s: None,
        }
    }

    /// A refusal within a community.
    pub fn within(frame: Frame, error: &AppError) -> Self {
        let locale = frame.locale;
        Self {
            frame: Some(Box::new(frame)),
            ..Self::new(locale, error)
        }
    }
}

fn known(error: &AppError) -> (StatusCode, &'static str) {
    match (error.code(), error.class()) {
        ("member_sign_in.link", _) => (StatusCode::GONE, "page.error.link"),
        ("member_sign_in.form", _) => (StatusCode::FORBIDDEN, "page.error.form"),
        ("member_sign_in.stale" | "session.stale", _) => {
            (StatusCode::FORBIDDEN, "page.error.stale")
        }
        (_, Class::Unauthenticated | Class::Denied) => {
            (StatusCode::UNAUTHORIZED, "page.error.nobody")
        }
        (_, Class::Limit) => (StatusCode::TOO_MANY_REQUESTS, "page.error.limit"),
        (_, Class::NotFound) => (StatusCode::NOT_FOUND, "page.error.not_found"),
        (_, Class::Invalid | Class::Conflict) => (StatusCode::CONFLICT, "page.error.form"),
        (code, Class::Unavailable) => {
            tracing::error!(error.code = code, %error, "a page cannot be shown");
            (StatusCode::SERVICE_UNAVAILABLE, "page.error.unavailable")
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let html = match &self.frame {
            Some(frame) => Message {
                p: frame,
                title: frame.t("page.error.title"),
                lines: vec![frame.t(self.key)],
                onward: format!("/m/{}/me", frame.slug),
                onward_label: frame.t("page.error.back"),
            }
            .render()
            .unwrap_or_default(),
            // Without a community there is no brand to show, only the sentence.
            None => format!(
                "<!doctype html><html lang=\"{0}\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
                 content=\"width=device-width\"><title>{1}</title><link rel=\"stylesheet\" \
                 href=\"/m/static/page.css\"><main><h1>{1}</h1><p>{2}</p></main></html>",
                self.locale.tag(),
                self.locale.say("page.error.title", &[]),
                self.locale.say(self.key, &[]),
            ),
        };
        let mut response = (self.status, Html(html)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.wait_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
