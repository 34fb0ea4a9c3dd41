//! A stand-in for the robots of three staff chats on a free port of 127.0.0.1.
//!
//! It holds every message to what the vendors describe: the shape of the body, its length, the
//! signature where a secret is set, how old it is, and how many there were in the last minute.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use yutang_domain::time::{Clock as _, HOUR, MINUTE, SECOND, Timestamp};

use crate::ManualClock;

/// The key of the WeCom robot, the token of the other two.
pub const KEY: &str = "b0b5-robot-key";
/// What the other two are signed with.
pub const SECRET: &str = "SEC0123456789robot";
/// How many messages a minute a robot takes.
const A_MINUTE: usize = 20;
/// How many bytes of Markdown WeCom takes.
const WECOM_BYTES: usize = 4_096;

/// What was said, or why it was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The words, with the addresses of links.
    Said(String),
    /// The number it was refused with.
    Refused(i64),
}

#[derive(Debug)]
struct Chat {
    clock: ManualClock,
    heard: Vec<Heard>,
    said_at: Vec<Timestamp>,
    busy: usize,
    broken: usize,
}

type Shared = Arc<Mutex<Chat>>;

/// The stand-in; it ends with the value.
#[derive(Debug)]
pub struct Robots {
    chat: Shared,
    url: String,
    server: JoinHandle<()>,
}

impl Drop for Robots {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Robots {
    /// Starts it with the clock of the test.
    ///
    /// # Panics
    /// There is no free port.
    pub async fn start(clock: &ManualClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let chat: Shared = Arc::new(Mutex::new(Chat {
            clock: clock.clone(),
            heard: Vec::new(),
            said_at: Vec::new(),
            busy: 0,
            broken: 0,
        }));
        let router = Router::new()
            .route("/cgi-bin/webhook/send", post(wecom))
            .route("/open-apis/bot/v2/hook/{token}", post(feishu))
            .route("/robot/send", post(dingtalk))
            .with_state(chat.clone());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            chat,
            url: format!("http://{address}"),
            server,
        }
    }

    /// The address of the robot in WeCom.
    pub fn wecom(&self) -> String {
        format!("{}/cgi-bin/webhook/send?key={KEY}", self.url)
    }

    /// The address of the robot in 飞书.
    pub fn feishu(&self) -> String {
        format!("{}/open-apis/bot/v2/hook/{KEY}", self.url)
    }

    /// The address of the robot in 钉钉.
    pub fn dingtalk(&self) -> String {
        format!("{}/robot/send?access_token={KEY}", self.url)
    }

    /// Everything that came, oldest first.
    pub fn heard(&self) -> Vec<Heard> {
        lock(&self.chat).heard.clone()
    }

    /// What was taken, oldest first.
    pub fn said(&self) -> Vec<String> {
        let heard = self.heard().into_iter();
        heard
            .filter_map(|heard| match heard {
                Heard::Said(words) => Some(words),
                Heard::Refused(_) => None,
            })
            .collect()
    }

    /// The next `count` messages are answered with 429.
    pub fn be_busy(&self, count: usize) {
        lock(&self.chat).busy = count;
    }

    /// The next `count` messages are said, and the connection breaks before the answer.
    pub fn break_off(&self, count: usize) {
        lock(&self.chat).broken = count;
    }
}

fn lock(chat: &Shared) -> MutexGuard<'_, Chat> {
    chat.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one of the vendors calls its numbers.
struct Numbers {
    code: &'static str,
    said: &'static str,
    malformed: i64,
    unknown: i64,
    unsigned: i64,
    too_often: i64,
}

const WECOM: Numbers = Numbers {
    code: "errcode",
    said: "errmsg",
    malformed: 40_008,
    unknown: 93_000,
    unsigned: 0,
    too_often: 45_009,
};
const FEISHU: Numbers = Numbers {
    code: "code",
    said: "msg",
    malformed: 9_499,
    unknown: 19_001,
    unsigned: 19_021,
    too_often: 11_232,
};
const DINGTALK: Numbers = Numbers {
    code: "errcode",
    said: "errmsg",
    malformed: 40_035,
    unknown: 300_005,
    unsigned: 310_000,
    too_often: 130_101,
};

async fn wecom(
    State(chat): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let known = parameter(query.as_deref(), "key").as_deref() == Some(KEY);
    answer(&chat, &WECOM, &headers, &body, |_, body| {
        if !known {
            return Err(WECOM.unknown);
        }
        let words = body["markdown"]["content"].as_str();
        let right = body["msgtype"] == "markdown";
        words
            .filter(|words| right && !words.is_empty() && words.len() <= WECOM_BYTES)
            .map(str::to_owned)
            .ok_or(WECOM.malformed)
    })
}

async fn feishu(
    State(chat): State<Shared>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&chat, &FEISHU, &headers, &body, |now, body| {
        if token != KEY {
            return Err(FEISHU.unknown);
        }
        let timestamp = body["timestamp"].as_str().unwrap_or_default();
        let right = signature(&format!("{timestamp}\n{SECRET}"), "");
        let at = timestamp.parse::<i64>().unwrap_or_default() * SECOND;
        if body["sign"] != right || (now.ms() - at).abs() > HOUR {
            return Err(FEISHU.unsigned);
        }
        let post = &body["content"]["post"]["zh_cn"];
        let lines = post["content"].as_array();
        let (true, Some(title), Some(lines)) =
            (body["msg_type"] == "post", post["title"].as_str(), lines)
        else {
            return Err(FEISHU.malformed);
        };
        let mut words = vec![title.to_owned()];
        for part in lines
            .iter()
            .flat_map(|line| line.as_array().into_iter().flatten())
        {
            let text = part["text"].as_str().ok_or(FEISHU.malformed)?;
            words.push(match part["tag"].as_str() {
                Some("text") => text.to_owned(),
                Some("a") => {
                    let href = part["href"].as_str().ok_or(FEISHU.malformed)?;
                    format!("[{text}]({href})")
                }
                _ => return Err(FEISHU.malformed),
            });
        }
        Ok(words.join("\n"))
    })
}

async fn dingtalk(
    State(chat): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let given = |name| parameter(query.as_deref(), name).unwrap_or_default();
    let (token, timestamp, sign) = (given("access_token"), given("timestamp"), given("sign"));
    answer(&chat, &DINGTALK, &headers, &body, |now, body| {
        if token != KEY {
            return Err(DINGTALK.unknown);
        }
        let right = signature(SECRET, &format!("{timestamp}\n{SECRET}"));
        let at = timestamp.parse::<i64>().unwrap_or_default();
        if sign != right || (now.ms() - at).abs() > HOUR {
            return Err(DINGTALK.unsigned);
        }
        let markdown = &body["markdown"];
        let right = body["msgtype"] == "markdown" && markdown["title"].is_string();
        let words = markdown["text"].as_str().filter(|_| right);
        words.map(str::to_owned).ok_or(DINGTALK.malformed)
    })
}

fn answer(
    chat: &Shared,
    numbers: &Numbers,
    headers: &HeaderMap,
    body: &[u8],
    read: impl FnOnce(Timestamp, &Value) -> Result<String, i64>,
) -> Response {
    let mut chat = lock(chat);
    if chat.busy > 0 {
        chat.busy -= 1;
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")]).into_response();
    }
    let now = chat.clock.now();
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let body = serde_json::from_slice(body).ok().filter(|_| is_json);
    let heard = match body {
        Some(body) => read(now, &body),
        None => Err(numbers.malformed),
    };
    let recent = |at: &&Timestamp| now.since(**at) < MINUTE;
    let heard = match heard {
        Ok(_) if chat.said_at.iter().filter(recent).count() >= A_MINUTE => Err(numbers.too_often),
        other => other,
    };
    let code = match heard {
        Ok(words) => {
            chat.said_at.push(now);
            chat.heard.push(Heard::Said(words));
            if chat.broken > 0 {
                chat.broken -= 1;
                let stream = futures::stream::once(async {
                    Err::<Bytes, _>(std::io::Error::other("broken off"))
                });
                return Response::new(axum::body::Body::from_stream(stream));
            }
            0
        }
        Err(code) => {
            chat.heard.push(Heard::Refused(code));
            code
        }
    };
    let said = if code == 0 { "ok" } else { "refused" };
    axum::Json(json!({ numbers.code: code, numbers.said: said })).into_response()
}

fn signature(key: &str, message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, message.as_bytes()))
}

fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let url = reqwest::Url::parse(&format!("http://form/?{}", query?)).ok()?;
    url.query_pairs()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}
