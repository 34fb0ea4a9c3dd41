//! A stand-in for Telegram's servers: chats, people, rights, links, updates and limits, behind the
//! Bot API on a free port of 127.0.0.1.
//!
//! It fills every field that the two common client libraries ask for, which `e2e/judges/telegram.py`
//! holds it to; parameters come as JSON, as a form or in the address, as the libraries please.

mod calls;
mod world;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::any,
};
use serde_json::{Map, Value, json};
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};

pub use world::Rights;
use world::{Bytes as Picture, World};

/// The token of the bot.
pub const TOKEN: &str = "42:stand-in_TOKEN";
/// The bot's id.
pub const BOT: i64 = 42;
/// The id of another bot.
pub const OTHER_BOT: i64 = 43;
/// The account under which whoever runs a group acts without their name.
pub const ANONYMOUS: i64 = 1_087_968_824;

type Shared = Arc<Mutex<World>>;

/// The stand-in; it ends with the value.
#[derive(Debug)]
pub struct Telegram {
    world: Shared,
    url: String,
    server: JoinHandle<()>,
}

impl Drop for Telegram {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Telegram {
    /// Starts it with the bot and nobody else.
    ///
    /// # Panics
    /// There is no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let world: Shared = Arc::default();
        let router = Router::new()
            .route("/{bot}/{method}", any(call))
            .route("/file/{bot}/{*path}", any(file))
            .with_state(world.clone());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            world,
            url: format!("http://{address}"),
            server,
        }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a supergroup, or a plain group, that the bot runs, and returns its id.
    pub fn group(&self, title: &str, kind: &str) -> i64 {
        self.world().group(title, kind)
    }

    /// Somebody writes in a group; returns the number of the message.
    pub fn say(&self, chat: i64, user: i64, text: &str) -> i64 {
        self.world().say(chat, user, text, None)
    }

    /// Somebody answers a message.
    pub fn answer(&self, chat: i64, user: i64, text: &str, to: i64) -> i64 {
        self.world().say(chat, user, text, Some(to))
    }

    /// Somebody changes a message.
    pub fn edit(&self, chat: i64, message: i64, text: &str) {
        self.world().edit(chat, message, text);
    }

    /// Somebody shows a picture.
    pub fn show(&self, chat: i64, user: i64, caption: &str, bytes: Vec<u8>) -> i64 {
        self.world().show(chat, user, caption, Picture(bytes))
    }

    /// Somebody writes to the bot in private, which lets it write to them.
    pub fn whisper(&self, user: i64, text: &str) {
        self.world().whisper(user, text);
    }

    /// Somebody comes into a group, through a link or by themselves; false if they are barred.
    pub fn join(&self, chat: i64, user: i64, link: Option<&str>) -> bool {
        self.world().join(chat, user, link)
    }

    /// Somebody brings somebody else into a group, a bot mostly.
    pub fn bring(&self, chat: i64, user: i64, by: i64) {
        self.world().bring(chat, user, by);
    }

    /// Somebody runs a group from now on (`administrator`), owns it (`creator`), or is a `member`
    /// like others.
    pub fn raise(&self, chat: i64, user: i64, status: &'static str) {
        self.world().raise(chat, user, status);
    }

    /// Makes a channel that the bot is not in, and returns its id.
    pub fn channel(&self, title: &str) -> i64 {
        self.world().channel(title)
    }

    /// Somebody writes in a group in the name of a channel, or of the group itself, which whoever
    /// runs it may; none if that name is barred.
    pub fn say_as(&self, chat: i64, name: i64, text: &str) -> Option<i64> {
        self.world().say_as(chat, name, text)
    }

    /// What stands in a channel comes into the group that belongs to it.
    pub fn forward(&self, chat: i64, channel: i64, text: &str) -> i64 {
        self.world().forward(chat, channel, text)
    }

    /// Somebody puts these signs under a message, in place of those they put there before.
    pub fn react(&self, chat: i64, user: i64, message: i64, signs: &[&str]) {
        self.world().react(chat, user, message, signs);
    }

    /// Somebody asks to be let in.
    pub fn knock(&self, chat: i64, user: i64, bio: &str, link: Option<&str>) {
        self.world().knock(chat, user, bio, link);
    }

    /// Somebody leaves.
    pub fn leave(&self, chat: i64, user: i64) {
        self.world().leave(chat, user);
    }

    /// Gives the bot these rights in a group.
    pub fn allow(&self, chat: i64, rights: Rights) {
        self.world().allow(chat, rights);
    }

    /// A plain group becomes a supergroup; returns its new id.
    pub fn migrate(&self, chat: i64) -> i64 {
        self.world().migrate(chat)
    }

    /// The status of somebody in a group.
    pub fn status(&self, chat: i64, user: i64) -> String {
        self.world().status(chat, user).to_owned()
    }

    /// Whether somebody may write in a group.
    pub fn may_write(&self, chat: i64, user: i64) -> bool {
        self.world().may_write(chat, user)
    }

    /// What the bot said in a conversation, oldest first.
    pub fn said(&self, chat: i64) -> Vec<String> {
        self.world().said(chat)
    }

    /// The links that lead into a group.
    pub fn links(&self, chat: i64) -> Vec<String> {
        self.world().links(chat)
    }

    /// Whether a message is still there.
    pub fn stands(&self, chat: i64, message: i64) -> bool {
        self.world().stands(chat, message)
    }

    /// What is at the top of a group.
    pub fn pinned(&self, chat: i64) -> Option<i64> {
        self.world().pinned(chat)
    }

    /// From now on the time is that of the machine, as a program that runs by itself has it.
    pub fn keep_time(&self) {
        self.world().keeps_time = true;
    }

    /// The token is no longer accepted, or is again.
    pub fn revoke(&self, revoked: bool) {
        self.world().revoked = revoked;
    }

    /// The next `count` calls are asked for patience.
    pub fn be_busy(&self, count: usize, seconds: i64) {
        self.world().busy = (count, seconds);
    }

    /// The next `count` calls of one method are asked for patience.
    pub fn be_busy_with(&self, method: &str, count: usize, seconds: i64) {
        self.world().busy_with = (method.to_owned(), count, seconds);
    }

    /// The next message with these words is said, and the connection breaks before the answer.
    pub fn break_off(&self, words: &str) {
        self.world().broken = Some(words.to_owned());
    }

    /// Everything that was called, oldest first.
    pub fn calls(&self) -> Vec<String> {
        self.world().called.clone()
    }

    /// Delivers what waits to the webhook that was set; returns the statuses that came back.
    ///
    /// # Panics
    /// Nobody answers there, or no webhook is set.
    pub async fn deliver(&self) -> Vec<u16> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (url, secret, updates) = {
            let mut world = self.world();
            let (url, secret) = world.webhook.clone().expect("a webhook is set");
            (url, secret, std::mem::take(&mut world.updates))
        };
        let client = reqwest::Client::new();
        let mut statuses = Vec::new();
        for update in updates {
            let answer = client
                .post(&url)
                .header("x-telegram-bot-api-secret-token", &secret)
                .json(&update)
                .send()
                .await
                .expect("the webhook answers");
            statuses.push(answer.status().as_u16());
        }
        statuses
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The parameters of a call, however they came.
#[derive(Debug)]
struct Given(Map<String, Value>);

impl Given {
    fn read(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut given = Map::new();
        let mut form = |text: &str| {
            let url = reqwest::Url::parse(&format!("http://form/?{text}"));
            for (name, value) in url.iter().flat_map(reqwest::Url::query_pairs) {
                given.insert(name.into_owned(), Value::String(value.into_owned()));
            }
        };
        if let Some(query) = query {
            form(query);
        }
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/x-www-form-urlencoded") {
            form(&String::from_utf8_lossy(body));
        } else if let Some(boundary) = kind
            .strip_prefix("multipart/form-data")
            .and_then(|rest| rest.split_once("boundary="))
        {
            let boundary = boundary.1.trim_matches('"');
            given.extend(parts(&String::from_utf8_lossy(body), boundary));
        } else if let Ok(Value::Object(object)) = serde_json::from_slice(body) {
            given.extend(object);
        }
        Self(given)
    }

    fn number(&self, field: &str) -> Option<i64> {
        let value = self.0.get(field)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    fn is(&self, field: &str) -> bool {
        match self.0.get(field) {
            Some(Value::Bool(is)) => *is,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    /// A nested value, which forms write as text.
    fn value(&self, field: &str) -> Value {
        match self.0.get(field) {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
            Some(value) => value.clone(),
            None => Value::Null,
        }
    }
}

/// The fields of a form in parts; files are not looked at.
fn parts(body: &str, boundary: &str) -> Vec<(String, Value)> {
    body.split(&format!("--{boundary}"))
        .filter_map(|part| {
            let (head, value) = part.split_once("\r\n\r\n")?;
            let name = head.split_once("name=\"")?.1.split('"').next()?;
            let value = value.strip_suffix("\r\n").unwrap_or(value);
            Some((name.to_owned(), Value::String(value.to_owned())))
        })
        .collect()
}

/// What a call comes to.
enum Outcome {
    Done(Value),
    Refused(u16, String),
    Patience(i64),
    /// Done, and nobody hears of it.
    Broken,
    /// Nothing yet: the caller waits for something to happen.
    Wait(Duration),
}

async fn call(
    State(world): State<Shared>,
    Path((bot, method)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let given = Given::read(query.as_deref(), &headers, &body);
    let begun = Instant::now();
    loop {
        let outcome = {
            let mut world = lock(&world);
            let known = bot == format!("bot{TOKEN}") && !world.revoked;
            if known {
                world.call(&method, &given)
            } else {
                Outcome::Refused(401, "Unauthorized".to_owned())
            }
        };
        return match outcome {
            Outcome::Wait(limit) if begun.elapsed() < limit => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            Outcome::Wait(_) => answer(200, json!({ "ok": true, "result": [] })),
            Outcome::Done(result) => answer(200, json!({ "ok": true, "result": result })),
            Outcome::Refused(status, said) => answer(
                status,
                json!({ "ok": false, "error_code": status, "description": said }),
            ),
            Outcome::Patience(seconds) => answer(
                429,
                json!({ "ok": false, "error_code": 429,
                    "description": format!("Too Many Requests: retry after {seconds}"),
                    "parameters": { "retry_after": seconds } }),
            ),
            Outcome::Broken => {
                let broken = std::io::Error::other("broken off");
                let stream = futures::stream::once(async { Err::<Bytes, _>(broken) });
                Response::new(Body::from_stream(stream))
            }
        };
    }
}

fn answer(status: u16, body: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

async fn file(State(world): State<Shared>, Path((bot, path)): Path<(String, String)>) -> Response {
    let known = bot == format!("bot{TOKEN}");
    match lock(&world).file(&path).filter(|_| known) {
        Some(bytes) => bytes.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
