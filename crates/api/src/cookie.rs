//! Cookies of the console.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::Config;

/// The session.
pub const SESSION: &str = "yutang_session";
/// The binding of a phone, which outlives its sessions.
pub const DEVICE: &str = "yutang_device";

/// The value of a cookie.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

/// A header that sets a cookie for so many seconds; 0 removes it.
pub fn set(config: &Config, name: &str, value: &str, seconds: i64) -> HeaderValue {
    let secure = if config.is_secure() { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("names and values of our cookies are plain ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=b; yutang_session=x=y"),
        );
        assert_eq!(read(&headers, SESSION), Some("x=y"));
        assert_eq!(read(&headers, DEVICE), None);
        assert_eq!(read(&headers, "session"), None);
    }

    #[test]
    fn cookies_are_secure_behind_https() {
        let config = Config {
            base_url: Some("https://shop.example".into()),
            ..Config::default()
        };
        assert!(
            set(&config, SESSION, "x", 60)
                .to_str()
                .unwrap()
                .ends_with("; Secure")
        );
        assert!(
            !set(&Config::default(), SESSION, "x", 60)
                .to_str()
                .unwrap()
                .contains("Secure")
        );
    }
}
