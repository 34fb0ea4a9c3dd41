//! Cookies of the pages: a browser's own number, the session, the language.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::PagesState;

/// The session of a member.
pub const SESSION: &str = "yutang_member";
/// A random number of the browser, before anybody is signed in.
pub const BROWSER: &str = "yutang_browser";
/// The six digits that the page shows, for as long as they hold.
pub const CODE: &str = "yutang_code";
/// The language that was chosen.
pub const LANGUAGE: &str = "yutang_lang";

/// The value of a cookie.
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then(|| value.to_owned()))
}

/// A header that sets a cookie of one community for so many seconds; 0 removes it.
pub fn set(state: &PagesState, slug: &str, name: &str, value: &str, seconds: i64) -> HeaderValue {
    let secure = if state.secure { "; Secure" } else { "" };
    let text = format!(
        "{name}={value}; Path=/m/{slug}; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"
    );
    HeaderValue::from_str(&text).expect("slugs, names and values of our cookies are plain ASCII")
}
