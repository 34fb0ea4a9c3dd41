//! Telegram: a bot, over the Bot API.
//!
//! What happened comes as numbered updates, asked for (`getUpdates`) or delivered ([`webhook`]); a
//! number is confirmed by asking for the next. Members' changes come only to a bot that runs the
//! group, and only where they are named. A bot hears and does in each group what it was given
//! there, which is told as [`crate::Fact::Rights`]. Who runs a group is asked for when it is met
//! ([`meet`]); how else it shows who somebody is stands in [`stand`].
//!
//! Facts name people and programs by their ids, which are above zero. Whoever writes in the name of
//! a channel, or runs the group and writes in its name, is named by the id of that channel or
//! group, which is below zero: such a one can be put out and let in again, and neither restricted
//! nor written to.
//!
//! Telegram knows no key of a message: if the connection breaks before it answers, nobody can tell
//! whether the message left, and a person has to look. How fast it may be spoken to is kept in
//! [`pace`], and when it asks for patience all the same, it gets it.

mod map;
mod meet;
mod pace;
mod send;
mod stand;
pub mod webhook;
mod wire;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::{sync::OnceCell, time::Instant};
use yutang_domain::{
    capability::Profile,
    time::{Clock, SECOND, Timestamp},
};

use self::{
    map::View,
    meet::Groups,
    pace::Pace,
    stand::Told,
    wire::{File, Update, User},
};
use crate::{
    Channel, ChannelError, Harvest, Inbound, Outbound, Sent,
    channel::LookUp,
    http::{self, Answer, Http},
};

/// The network's word.
pub const NETWORK: &str = "telegram";
/// Where bots speak to Telegram.
pub const BASE_URL: &str = "https://api.telegram.org";

/// How long a look waits for something to happen.
const WAIT: Duration = Duration::from_secs(20);
/// How many updates one look takes.
const AT_ONCE: usize = 100;
/// How many characters the name of a link may have.
const NAME_LENGTH: usize = 32;
/// What is asked for by name; the last three come in no other way.
const WANTED: &[&str] = &[
    "message",
    "edited_message",
    "my_chat_member",
    "chat_join_request",
    "chat_member",
    "message_reaction",
];

/// One bot.
pub struct TelegramChannel {
    http: Http,
    base: Url,
    token: String,
    wait: Duration,
    clock: Arc<dyn Clock>,
    started: Instant,
    me: OnceCell<User>,
    pace: Mutex<Pace>,
    groups: Mutex<Groups>,
    /// Links by which somebody is to come back, by the wish that made them, until that is settled.
    links: Mutex<HashMap<String, String>>,
    /// How far Telegram's clock is ahead of ours, in milliseconds.
    ahead: Mutex<i64>,
}

impl std::fmt::Debug for TelegramChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TelegramChannel")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

/// What a connection that broke means for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// Making the call twice makes no difference.
    Harmless,
    /// It would be said twice.
    Unknown,
}

impl TelegramChannel {
    /// Connects to the bot; nothing is asked yet.
    ///
    /// # Errors
    /// [`ChannelError::Fail`] when `base_url` is no address or `token` has not the form of one.
    pub fn new(base_url: &str, token: &str, clock: Arc<dyn Clock>) -> Result<Self, ChannelError> {
        let token = token.trim();
        let formed = token.split_once(':').is_some_and(|(id, secret)| {
            !id.is_empty()
                && id.bytes().all(|b| b.is_ascii_digit())
                && !secret.is_empty()
                && secret
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        });
        if !formed {
            return Err(ChannelError::Fail {
                reason: "a bot's token is a number, a colon and letters".to_owned(),
            });
        }
        Ok(Self {
            http: Http::new()?,
            base: http::base(base_url)?,
            token: token.to_owned(),
            wait: WAIT,
            clock,
            started: Instant::now(),
            me: OnceCell::new(),
            pace: Mutex::default(),
            groups: Mutex::default(),
            links: Mutex::default(),
            ahead: Mutex::new(0),
        })
    }

    /// With another time that a look waits for something to happen.
    #[must_use]
    pub const fn waiting(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// The bot itself: its id and its name.
    ///
    /// # Errors
    /// [`ChannelError::Fail`] when its token is not accepted.
    pub async fn who_am_i(&self) -> Result<(String, String), ChannelError> {
        let me = self.me().await?;
        let name = me.username.clone().unwrap_or_default();
        Ok((me.id.to_string(), name))
    }

    /// Whether the bot hears what is not addressed to it, in groups that it does not run.
    ///
    /// # Errors
    /// [`ChannelError::Fail`] when its token is not accepted.
    pub async fn hears_all(&self) -> Result<bool, ChannelError> {
        Ok(self.me().await?.can_read_all_group_messages)
    }

    /// Makes a link into a group under a name that whoever comes through it brings along. Telegram
    /// makes another one each time, and lists them to nobody but people.
    ///
    /// # Errors
    /// See [`ChannelError`]; a link that nobody heard of does no harm.
    pub async fn invite_link(&self, link: &InviteLink<'_>) -> Result<String, ChannelError> {
        if !(1..=NAME_LENGTH).contains(&link.name.chars().count()) {
            return Err(ChannelError::Fail {
                reason: format!("the name of a link has 1 to {NAME_LENGTH} characters"),
            });
        }
        let mut call = json!({ "chat_id": chat(link.group)?, "name": link.name });
        if let Some(until) = link.until {
            call["expire_date"] = json!(self.theirs(until).ms() / SECOND);
        }
        // Telegram takes one of the two.
        if link.asks {
            call["creates_join_request"] = json!(true);
        } else if let Some(most) = link.most {
            call["member_limit"] = json!(most);
        }
        self.turn().await;
        let made: wire::Link = self
            .call("createChatInviteLink", &call, Failure::Harmless)
            .await?;
        Ok(made.invite_link)
    }

    /// Has updates delivered to `url`, with `secret` in a header, from now on.
    async fn set_webhook(&self, url: &str, secret: &str) -> Result<(), ChannelError> {
        let call = json!({ "url": url, "secret_token": secret, "allowed_updates": WANTED });
        let _: Value = self.call("setWebhook", &call, Failure::Harmless).await?;
        Ok(())
    }

    async fn me(&self) -> Result<&User, ChannelError> {
        self.me
            .get_or_try_init(|| async { self.call("getMe", &json!({}), Failure::Harmless).await })
            .await
    }

    async fn view(&self) -> Result<View, ChannelError> {
        let me = self.me().await?;
        Ok(View {
            me: me.id,
            reads_all: me.can_read_all_group_messages,
        })
    }

    /// A call whose result has this form.
    async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        body: &Value,
        failure: Failure,
    ) -> Result<T, ChannelError> {
        let mut answer = self.ask(method, body, Duration::ZERO, failure).await?;
        if !answer.is_ok() || answer.body["ok"] != true {
            return Err(refusal(&answer));
        }
        serde_json::from_value(answer.body["result"].take()).map_err(|_| no_bot_api())
    }

    async fn ask(
        &self,
        method: &str,
        body: &Value,
        wait: Duration,
        failure: Failure,
    ) -> Result<Answer, ChannelError> {
        let url = http::below(&self.base, &[&format!("bot{}", self.token), method]);
        let request = self.http.request(Method::POST, url, wait).json(body);
        let answer = self
            .http
            .ask(request)
            .await
            .map_err(|broken| match failure {
                Failure::Harmless => broken.again(),
                Failure::Unknown => broken.once(),
            })?;
        if let Some(at) = answer.at {
            *lock(&self.ahead) = at.since(self.clock.now());
        }
        if answer.body["ok"].is_boolean() || answer.not_now(None).is_some() {
            return Ok(answer);
        }
        Err(no_bot_api())
    }

    /// An instant of ours as Telegram's clock will show it.
    fn theirs(&self, at: Timestamp) -> Timestamp {
        at.plus(*lock(&self.ahead))
    }

    /// Milliseconds since this connection was made, steady.
    fn elapsed(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    async fn look(&self, cursor: Option<&str>) -> Result<Harvest, ChannelError> {
        let view = self.view().await?;
        let offset = cursor.and_then(|cursor| cursor.parse::<i64>().ok());
        let mut call = json!({
            "limit": AT_ONCE,
            "timeout": self.wait.as_secs(),
            "allowed_updates": WANTED,
        });
        if let Some(offset) = offset {
            call["offset"] = json!(offset);
        }
        lock(&self.groups).go_on(offset);
        let mut answer = self
            .ask("getUpdates", &call, self.wait, Failure::Harmless)
            .await?;
        if answer.status == 409 && answer.text("description").contains("webhook") {
            // Whoever is to be asked cannot also deliver.
            let _: Value = self
                .call("deleteWebhook", &json!({}), Failure::Harmless)
                .await?;
            return Err(ChannelError::Retry {
                after_ms: SECOND,
                reason: "updates were delivered elsewhere until now".to_owned(),
            });
        }
        if !answer.is_ok() {
            return Err(refusal(&answer));
        }
        let Value::Array(results) = answer.body["result"].take() else {
            return Err(no_bot_api());
        };
        let mut next = offset;
        let mut facts = Vec::new();
        for value in results {
            let id = value["update_id"].as_i64();
            if let Some(id) = id {
                next = Some(next.map_or(id + 1, |next| next.max(id + 1)));
            }
            // What cannot be read is confirmed all the same, or it would come for ever.
            let Ok(update) = serde_json::from_value::<Update>(value) else {
                continue;
            };
            let met = self.meet(view, &update).await?;
            let told = view.facts(&update, |chat| lock(&self.groups).runs(chat));
            if update.my_chat_member.is_some() {
                facts.extend(told.into_iter().chain(met));
            } else {
                facts.extend(met.into_iter().chain(told));
            }
        }
        Ok(Harvest {
            facts,
            cursor: next.map_or_else(String::new, |next| next.to_string()),
            network_time: answer.at,
        })
    }
}

/// A link into a group.
#[derive(Clone, Copy, Debug)]
pub struct InviteLink<'a> {
    /// The network's id of the group.
    pub group: &'a str,
    /// What it is named: 1 to 32 characters.
    pub name: &'a str,
    /// Until when it leads anywhere.
    pub until: Option<Timestamp>,
    /// How many may come through it.
    pub most: Option<u32>,
    /// Whether whoever comes through it asks to be let in.
    pub asks: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of a conversation.
fn chat(id: &str) -> Result<i64, ChannelError> {
    id.parse().map_err(|_| ChannelError::Fail {
        reason: "it is no conversation of Telegram".to_owned(),
    })
}

fn no_bot_api() -> ChannelError {
    ChannelError::Fail {
        reason: "no Bot API answers at this address".to_owned(),
    }
}

/// Why a call was refused.
fn refusal(answer: &Answer) -> ChannelError {
    let patience = answer.body["parameters"]["retry_after"].as_i64();
    if let Some(error) = answer.not_now(patience.map(|seconds| seconds.saturating_mul(SECOND))) {
        return error;
    }
    let said = http::short(answer.text("description"));
    match answer.status {
        // Another program asks for the same bot's updates; one of the two has to stop.
        409 => ChannelError::Retry {
            after_ms: 30 * SECOND,
            reason: format!("another program reads this bot's updates: {said}"),
        },
        401 | 404 => ChannelError::Fail {
            reason: format!("token no longer accepted: {said}"),
        },
        403 => ChannelError::Fail {
            reason: format!("not allowed: {said}"),
        },
        status => ChannelError::Fail {
            reason: format!("{status}: {said}"),
        },
    }
}

impl Channel for TelegramChannel {
    fn network(&self) -> &'static str {
        NETWORK
    }

    fn profile(&self) -> Profile {
        Profile::Telegram
    }

    fn poll<'a>(&'a self, cursor: Option<&'a str>) -> BoxFuture<'a, Result<Harvest, ChannelError>> {
        Box::pin(self.look(cursor))
    }

    fn send<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<Sent, ChannelError>> {
        Box::pin(self.carry_out(outbound))
    }

    fn deliver_to<'a>(
        &'a self,
        url: &'a str,
        secret: &'a str,
    ) -> BoxFuture<'a, Result<(), ChannelError>> {
        Box::pin(self.set_webhook(url, secret))
    }

    /// Telegram knows no keys.
    fn look_up<'a>(&'a self, _key: &'a str) -> BoxFuture<'a, Result<Option<LookUp>, ChannelError>> {
        Box::pin(async { Ok(None) })
    }

    fn join_link<'a>(
        &'a self,
        group: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<String, ChannelError>> {
        Box::pin(async move {
            let link = InviteLink {
                group,
                name,
                until: None,
                most: None,
                asks: false,
            };
            self.invite_link(&link).await
        })
    }

    fn standings<'a>(
        &'a self,
        group: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Inbound>, ChannelError>> {
        Box::pin(async move {
            let me = self.me().await?.id;
            let told = Told {
                chat: chat(group)?,
                at: self.theirs(self.clock.now()),
                update: 0,
            };
            let running = self.running(told.chat).await?;
            Ok(stand::listed(told, &running, me).collect())
        })
    }

    fn fetch<'a>(
        &'a self,
        reference: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, ChannelError>> {
        Box::pin(async move {
            let call = json!({ "file_id": reference });
            let file: File = self.call("getFile", &call, Failure::Harmless).await?;
            if file.file_size.is_some_and(|size| size > limit as u64) {
                return Err(ChannelError::Fail {
                    reason: format!("it has more than {limit} bytes"),
                });
            }
            let path = file.file_path.unwrap_or_default();
            let mut parts = vec!["file".to_owned(), format!("bot{}", self.token)];
            parts.extend(path.split('/').map(str::to_owned));
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let url = http::below(&self.base, &parts);
            let request = self.http.request(Method::GET, url, self.wait);
            self.http.fetch(request, limit).await
        })
    }
}
