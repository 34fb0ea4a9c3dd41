//! 钉钉: Markdown; with a secret, the address carries the time in milliseconds and
//! `base64(HMAC-SHA256(secret, timestamp + "\n" + secret))`.

use reqwest::Url;
use serde_json::{Value, json};
use yutang_domain::time::Timestamp;

use super::{Notice, markdown, plain, settled, sign};
use crate::{ChannelError, http::Answer};

/// The whole body may have 20,000 bytes.
const BYTES: usize = 15_000;
/// 发送速度太快而限流: for ten minutes from then on.
const TOO_OFTEN: &[i64] = &[130_101];

pub(super) fn body(notice: &Notice) -> Value {
    json!({
        "msgtype": "markdown",
        "markdown": { "title": plain(&notice.title), "text": markdown(notice, BYTES) },
        "at": { "isAtAll": false },
    })
}

pub(super) fn signed(address: &Url, secret: Option<&str>, now: Timestamp) -> Url {
    let mut url = address.clone();
    if let Some(secret) = secret {
        let timestamp = now.ms().to_string();
        let sign = sign(secret, &format!("{timestamp}\n{secret}"));
        url.query_pairs_mut()
            .append_pair("timestamp", &timestamp)
            .append_pair("sign", &sign);
    }
    url
}

pub(super) fn verdict(answer: &Answer) -> Result<(), ChannelError> {
    settled(
        answer,
        &answer.body["errcode"],
        answer.text("errmsg"),
        TOO_OFTEN,
    )
}
