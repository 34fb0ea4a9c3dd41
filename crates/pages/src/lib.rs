//! The pages that members see: small, readable on any phone, before any script runs.
//!
//! A member owes the merchant nothing, least of all an app or a password. So these pages say
//! plainly who runs the community, which bots are in it and what they read, show the rules, and
//! hand members what is held about them, to take away or to delete. They are rendered here, carry
//! no script, and work in the browser inside a chat app and in one that shows text only.
//!
//! Nothing personal is shown without a sign-in; see [`yutang_app::member_sign_in`] for the three
//! ways.

pub mod about;
pub mod cookie;
pub mod frame;
pub mod me;
pub mod refusal;
pub mod rules;
pub mod sign_in;

use axum::{
    Router,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use yutang_app::App;

/// What every page is given.
#[derive(Clone)]
pub struct PagesState {
    /// The program.
    pub app: App,
    /// Whether cookies may travel over https only.
    pub secure: bool,
}

/// The style sheet of all pages.
pub(crate) const STYLE: &str = include_str!("../static/page.css");

/// The routes of the pages, all below `/m`.
pub fn router(state: PagesState) -> Router {
    Router::new()
        .route("/m/static/page.css", get(style))
        .route("/m/{workspace}", get(about::show))
        .route(
            "/m/{workspace}/rules/{group}",
            get(rules::show).post(rules::read),
        )
        .route("/m/{workspace}/code", post(sign_in::show_code))
        .route(
            "/m/{workspace}/in/{token}",
            get(sign_in::ask).post(sign_in::enter),
        )
        .route("/m/{workspace}/me", get(me::show))
        .route("/m/{workspace}/me/consents", post(me::consent))
        .route("/m/{workspace}/me/export", post(me::export))
        .route("/m/{workspace}/me/erase", post(me::erase))
        .route("/m/{workspace}/me/out", post(me::out))
        .with_state(state)
}

async fn style() -> Response {
    let mut response = STYLE.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/css; charset=utf-8"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    response
}
