//! 企业微信: Markdown of at most 4,096 bytes; the key in the address is all that opens it.

use serde_json::{Value, json};

use super::{Notice, markdown, settled};
use crate::{ChannelError, http::Answer};

const BYTES: usize = 4_096;
/// 接口调用超过限制.
const TOO_OFTEN: &[i64] = &[45_009, 45_033];

pub(super) fn body(notice: &Notice) -> Value {
    json!({ "msgtype": "markdown", "markdown": { "content": markdown(notice, BYTES) } })
}

pub(super) fn verdict(answer: &Answer) -> Result<(), ChannelError> {
    settled(
        answer,
        &answer.body["errcode"],
        answer.text("errmsg"),
        TOO_OFTEN,
    )
}
