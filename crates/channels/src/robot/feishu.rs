//! 飞书: lines of text and links (`post`), in which nothing that somebody wrote means anything; with a
//! secret, `base64(HMAC-SHA256(timestamp + "\n" + secret, ""))` stands in the body.

use serde_json::{Value, json};
use yutang_domain::time::{SECOND, Timestamp};

use super::{Notice, fitting, settled, sign};
use crate::{ChannelError, http::Answer};

/// The whole body may have 20 kB.
const BYTES: usize = 12_000;
/// Frequency limited.
const TOO_OFTEN: &[i64] = &[11_232];

pub(super) fn body(notice: &Notice, secret: Option<&str>, now: Timestamp) -> Value {
    let text = |text: String| json!([{ "tag": "text", "text": text }]);
    let mut lines: Vec<Value> = notice
        .lines
        .iter()
        .map(|(name, value)| text(format!("{name}：{value}")))
        .collect();
    if !notice.body.is_empty() {
        lines.push(text(fitting(&notice.body, BYTES)));
    }
    for (name, url) in &notice.links {
        lines.push(json!([{ "tag": "a", "text": name, "href": url }]));
    }
    let mut body = json!({
        "msg_type": "post",
        "content": { "post": { "zh_cn": { "title": notice.title, "content": lines } } },
    });
    if let Some(secret) = secret {
        let timestamp = (now.ms() / SECOND).to_string();
        body["sign"] = json!(sign(&format!("{timestamp}\n{secret}"), ""));
        body["timestamp"] = json!(timestamp);
    }
    body
}

pub(super) fn verdict(answer: &Answer) -> Result<(), ChannelError> {
    let (code, said) = match &answer.body["code"] {
        Value::Null => (&answer.body["StatusCode"], "StatusMessage"),
        code => (code, "msg"),
    };
    settled(answer, code, answer.text(said), TOO_OFTEN)
}
