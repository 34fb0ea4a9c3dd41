//! Matrix: an account of one's own on a homeserver, over the client-server interface.
//!
//! A homeserver keeps the truth of every room and hands it out from a cursor on; what came before
//! the first cursor is a snapshot whose events keep their own times, so that old ones are known
//! for what they are. A message is sent under a transaction id, the key of the wish: the server
//! carries the same id out once, so sending again after a broken connection is safe. Rooms whose
//! messages are encrypted are reported as [`Fact::Encrypted`], private ones as [`Fact::Sealed`] once
//! somebody writes there: their words are for the devices of people, and stay theirs. A room that was upgraded is followed into its replacement.

mod map;
mod mute;
mod private;
mod room;
mod send;
mod standing;
#[cfg(test)]
mod transcript;
mod wire;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use yutang_domain::{capability::Profile, time::Timestamp};

use self::{
    map::View,
    private::Private,
    room::Room,
    wire::{Event, Joined, Sync},
};
use crate::{
    Channel, ChannelError, Fact, Harvest, Inbound, Outbound, Sent,
    channel::LookUp,
    http::{self, Answer, Http},
};

/// The network's word.
pub const NETWORK: &str = "matrix";

/// How long a look waits for something to happen.
const WAIT: Duration = Duration::from_secs(20);
/// How many pages of a gap are fetched; an account that was away for longer misses the oldest.
const PAGES: usize = 200;
/// How many events a page has.
const PAGE: &str = "100";

/// An account that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id: `@name:server`.
    pub user: String,
    /// What it proves itself with.
    pub token: String,
}

/// Signs in by password, and makes sure beforehand that a homeserver answers.
///
/// # Errors
/// [`ChannelError::Fail`] when there is none or it refuses, [`ChannelError::Retry`] when it is out
/// of reach.
pub async fn log_in(homeserver: &str, user: &str, password: &str) -> Result<Session, ChannelError> {
    let base = http::base(homeserver)?;
    let http = Http::new()?;
    let versions = http::below(&base, &["_matrix", "client", "versions"]);
    let answer = http
        .ask(http.request(Method::GET, versions, Duration::ZERO))
        .await
        .map_err(http::Broken::again)?;
    if let Some(error) = answer.not_now(None) {
        return Err(error);
    }
    if !answer.body["versions"].is_array() {
        return Err(no_homeserver());
    }
    let url = http::below(&base, &["_matrix", "client", "v3", "login"]);
    let request = http
        .request(Method::POST, url, Duration::ZERO)
        .json(&json!({
            "type": "m.login.password",
            "identifier": { "type": "m.id.user", "user": user },
            "password": password,
            "initial_device_display_name": "Yutang",
        }));
    let answer = done(http.ask(request).await.map_err(http::Broken::again)?)?;
    let (user, token) = (answer.text("user_id"), answer.text("access_token"));
    if user.is_empty() || token.is_empty() {
        return Err(no_homeserver());
    }
    Ok(Session {
        user: user.to_owned(),
        token: token.to_owned(),
    })
}

/// Ends a session that was begun to see whether it can be.
///
/// # Errors
/// See [`ChannelError`]; a session that stays does no harm.
pub async fn log_out(homeserver: &str, session: Session) -> Result<(), ChannelError> {
    let channel = MatrixChannel::new(homeserver, session)?;
    channel.post(&["logout"], &json!({})).await?;
    Ok(())
}

/// One account on a homeserver.
#[derive(Debug)]
pub struct MatrixChannel {
    http: Http,
    base: Url,
    token: String,
    me: String,
    wait: Duration,
    rooms: Mutex<HashMap<String, Room>>,
    private: Private,
}

impl MatrixChannel {
    /// Connects to the account; nothing is asked yet.
    ///
    /// # Errors
    /// [`ChannelError::Fail`] when `homeserver` is no address.
    pub fn new(homeserver: &str, session: Session) -> Result<Self, ChannelError> {
        Ok(Self {
            http: Http::new()?,
            base: http::base(homeserver)?,
            token: session.token,
            me: session.user,
            wait: WAIT,
            rooms: Mutex::default(),
            private: Private::default(),
        })
    }

    /// With another time that a look waits for something to happen.
    #[must_use]
    pub const fn waiting(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Whose account it is, as the server says.
    ///
    /// # Errors
    /// [`ChannelError::Fail`] when its token is no longer accepted.
    pub async fn who_am_i(&self) -> Result<String, ChannelError> {
        let answer = self.get(&["account", "whoami"], &[]).await?;
        Ok(answer.text("user_id").to_owned())
    }

    /// The address of a call; each part is one step of the path.
    fn url(&self, parts: &[&str]) -> Url {
        let mut path = vec!["_matrix", "client", "v3"];
        path.extend(parts);
        http::below(&self.base, &path)
    }

    async fn ask(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        wait: Duration,
    ) -> Result<Answer, ChannelError> {
        let mut request = self
            .http
            .request(method, url, wait)
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        // Whatever is asked of a homeserver here may be asked twice.
        self.http.ask(request).await.map_err(http::Broken::again)
    }

    async fn get(&self, parts: &[&str], query: &[(&str, &str)]) -> Result<Answer, ChannelError> {
        let mut url = self.url(parts);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        done(self.ask(Method::GET, url, None, Duration::ZERO).await?)
    }

    /// A state of a room; `None` where there is none.
    async fn state(
        &self,
        room: &str,
        kind: &str,
        key: &str,
    ) -> Result<Option<Value>, ChannelError> {
        self.find(&["rooms", room, "state", kind, key]).await
    }

    /// What may not be there.
    async fn find(&self, parts: &[&str]) -> Result<Option<Value>, ChannelError> {
        let url = self.url(parts);
        let answer = self.ask(Method::GET, url, None, Duration::ZERO).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        Ok(Some(done(answer)?.body))
    }

    async fn post(&self, parts: &[&str], body: &Value) -> Result<Answer, ChannelError> {
        let url = self.url(parts);
        done(
            self.ask(Method::POST, url, Some(body), Duration::ZERO)
                .await?,
        )
    }

    async fn put(&self, parts: &[&str], body: &Value) -> Result<Answer, ChannelError> {
        let url = self.url(parts);
        done(
            self.ask(Method::PUT, url, Some(body), Duration::ZERO)
                .await?,
        )
    }

    async fn look(&self, cursor: Option<&str>) -> Result<Harvest, ChannelError> {
        let answer = self.sync(cursor).await?;
        let at = answer.at;
        let sync: Sync = serde_json::from_value(answer.body).map_err(|_| no_homeserver())?;
        if sync.next_batch.is_empty() {
            return Err(no_homeserver());
        }
        for event in sync.account_data.clone().into_events() {
            if event.kind == "m.direct" {
                self.private.learn(self, &event.content).await?;
            }
        }
        for (room, invited) in sync.rooms.invite {
            let state = invited.invite_state.into_events();
            if let Some(with) = self.private.offered(&self.me, &state) {
                self.private.remember(self, &with, &room).await?;
            }
            self.come_into(&room, None).await?;
        }
        let mut facts = Vec::new();
        for (room, joined) in sync.rooms.join {
            facts.extend(self.room(&room, joined, cursor).await?);
        }
        for (room, left) in sync.rooms.leave {
            facts.extend(self.gone(&room, left, &sync.next_batch));
        }
        Ok(Harvest {
            facts,
            cursor: sync.next_batch,
            network_time: at,
        })
    }

    async fn sync(&self, cursor: Option<&str>) -> Result<Answer, ChannelError> {
        let filter = json!({
            "presence": { "types": [] },
            "account_data": { "types": ["m.direct"] },
            "room": {
                "ephemeral": { "types": [] },
                "account_data": { "types": [] },
                "timeline": { "limit": 100 },
            },
        })
        .to_string();
        let wait = if cursor.is_some() {
            self.wait
        } else {
            Duration::ZERO
        };
        let mut url = self.url(&["sync"]);
        url.query_pairs_mut()
            .append_pair("filter", &filter)
            .append_pair("set_presence", "offline")
            .append_pair("timeout", &wait.as_millis().to_string());
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("since", cursor);
        }
        let answer = self.ask(Method::GET, url, None, wait).await?;
        if answer.status == 404 || (answer.is_ok() && answer.body.is_null()) {
            return Err(no_homeserver());
        }
        done(answer)
    }

    /// What happened in a room the account is in.
    async fn room(
        &self,
        id: &str,
        joined: Joined,
        cursor: Option<&str>,
    ) -> Result<Vec<Inbound>, ChannelError> {
        let (limited, before) = (joined.timeline.limited, joined.timeline.prev_batch.clone());
        let state = joined.state.into_events();
        let timeline = joined.timeline.into_events();
        if state.is_empty() && timeline.is_empty() {
            return Ok(Vec::new());
        }
        let created = state
            .iter()
            .chain(&timeline)
            .find(|event| event.kind == "m.room.create");
        let first = cursor.is_none() || created.is_some();
        let missed = match (cursor, before) {
            (Some(since), Some(before)) if limited && !first => {
                self.missed(id, &before, since).await?
            }
            _ => Vec::new(),
        };
        let mut room = self.known(id, first).await?;
        if room.closed {
            return Ok(Vec::new());
        }
        room.private |= self.private.holds(self, id, &state, &timeline).await?;
        let view = View {
            me: &self.me,
            room: id,
            first,
        };
        let mut facts = Vec::new();
        if first {
            facts.extend(created.and_then(|event| came_from(event, id)));
            for event in state.iter().chain(&timeline) {
                room.learn(event);
            }
            facts.extend(view.begin(&room, &state, &timeline));
            // A membership is news only against what was known before.
            room.forget_members();
        }
        let mut seen = HashSet::new();
        let mut events: Vec<&Event> = Vec::new();
        for event in missed.iter().chain(&state).chain(&timeline) {
            if seen.insert(event.event_id.as_str()) {
                events.push(event);
            }
        }
        self.forget_lifted(id, &events).await?;
        for (index, event) in events.into_iter().enumerate() {
            let view = View {
                first: first && index < state.len(),
                ..view
            };
            let happened = view.facts(&mut room, event);
            facts.extend(happened.into_iter().filter(|inbound| {
                let told = matches!(
                    inbound.fact,
                    Fact::Rights { .. } | Fact::Stands { .. } | Fact::Renamed { .. }
                );
                !(first && told)
            }));
        }
        for fact in &facts {
            if let Fact::Moved { to } = &fact.fact
                && to != id
            {
                self.come_into(to, Some(id)).await?;
            }
        }
        if room.closed && first {
            facts.retain(|inbound| matches!(inbound.fact, Fact::Moved { .. }));
        }
        self.keep(id, room);
        Ok(facts)
    }

    /// What happened between a cursor and the beginning of a timeline, oldest first.
    async fn missed(
        &self,
        room: &str,
        before: &str,
        since: &str,
    ) -> Result<Vec<Event>, ChannelError> {
        let mut events = Vec::new();
        let mut from = before.to_owned();
        for _ in 0..PAGES {
            let query = [
                ("dir", "b"),
                ("from", from.as_str()),
                ("to", since),
                ("limit", PAGE),
            ];
            let mut answer = self.get(&["rooms", room, "messages"], &query).await?;
            let Value::Array(chunk) = answer.body["chunk"].take() else {
                break;
            };
            events.extend(chunk.into_iter().filter_map(Event::read));
            match answer.body["end"].as_str() {
                Some(end) if end != from => from = end.to_owned(),
                _ => break,
            }
        }
        events.reverse();
        Ok(events)
    }

    /// A room the account is no longer in.
    fn gone(&self, id: &str, left: Joined, batch: &str) -> Option<Inbound> {
        let mut room = self.rooms().remove(id).unwrap_or_default();
        let mut last = None;
        for event in left
            .state
            .into_events()
            .iter()
            .chain(&left.timeline.into_events())
        {
            room.learn(event);
            if event.state_key.as_deref() == Some(&self.me) {
                last = Some((event.event_id.clone(), event.at()));
            }
        }
        if room.closed || room.private {
            return None;
        }
        let (key, at) =
            last.unwrap_or_else(|| (format!("gone:{id}:{batch}"), Timestamp::from_ms(0)));
        Some(Inbound {
            key,
            at,
            group: Some(id.to_owned()),
            fact: Fact::Rights {
                name: room.name,
                can: yutang_domain::capability::Capabilities::default(),
            },
        })
    }

    /// A room as it is remembered; after a start it is asked for, unless its state comes anyway.
    async fn known(&self, id: &str, first: bool) -> Result<Room, ChannelError> {
        if first {
            return Ok(Room::default());
        }
        if let Some(room) = self.rooms().get(id) {
            return Ok(room.clone());
        }
        let mut room = Room::default();
        let answer = self.get(&["rooms", id, "state"], &[]).await?;
        if let Value::Array(events) = answer.body {
            for event in events.into_iter().filter_map(Event::read) {
                room.learn(&event);
            }
        }
        // The answer is newer than the events about to be read.
        room.closed = false;
        room.forget_members();
        Ok(room)
    }

    fn keep(&self, id: &str, room: Room) {
        self.rooms().insert(id.to_owned(), room);
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, HashMap<String, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins a room, where it lets one in: an invitation may be gone by now, and a replacement may
    /// ask for one that is still to come. Nobody is brought along into a replacement: whoever was
    /// in the old room is led there by the tombstone in their own client and comes by their own
    /// doing, as requirement 002-011 wants it of every group; who needs an invitation gets it from
    /// a person, one by one, as [`crate::Wish::Invite`].
    async fn come_into(&self, room: &str, from: Option<&str>) -> Result<(), ChannelError> {
        let mut url = self.url(&["join", room]);
        let server = from
            .unwrap_or(room)
            .split_once(':')
            .map(|(_, server)| server);
        if let Some(server) = server.or_else(|| self.me.split_once(':').map(|(_, s)| s)) {
            url.query_pairs_mut().append_pair("server_name", server);
        }
        let answer = self
            .ask(Method::POST, url, Some(&json!({})), Duration::ZERO)
            .await?;
        match done(answer) {
            Err(error @ ChannelError::Retry { .. }) => Err(error),
            _ => Ok(()),
        }
    }
}

/// The fact that a room takes the place of another.
fn came_from(created: &Event, id: &str) -> Option<Inbound> {
    let old = created.content["predecessor"]["room_id"].as_str()?;
    Some(Inbound {
        key: format!("moved:{old}:{id}"),
        at: created.at(),
        group: Some(old.to_owned()),
        fact: Fact::Moved { to: id.to_owned() },
    })
}

fn no_homeserver() -> ChannelError {
    ChannelError::Fail {
        reason: "no Matrix homeserver answers at this address".to_owned(),
    }
}

/// An answer, if it is a success.
fn done(answer: Answer) -> Result<Answer, ChannelError> {
    if answer.is_ok() {
        return Ok(answer);
    }
    let patience = answer.body["retry_after_ms"].as_i64();
    if let Some(error) = answer.not_now(patience) {
        return Err(error);
    }
    let said = http::short(&format!(
        "{} {}",
        answer.text("errcode"),
        answer.text("error")
    ));
    let reason = match answer.status {
        401 => format!("token no longer accepted: {said}"),
        403 => format!("not allowed: {said}"),
        status => format!("{status}: {said}"),
    };
    Err(ChannelError::Fail { reason })
}

impl Channel for MatrixChannel {
    fn network(&self) -> &'static str {
        NETWORK
    }

    fn profile(&self) -> Profile {
        Profile::Matrix
    }

    fn ends_restrictions(&self) -> bool {
        false
    }

    fn poll<'a>(&'a self, cursor: Option<&'a str>) -> BoxFuture<'a, Result<Harvest, ChannelError>> {
        Box::pin(self.look(cursor))
    }

    fn send<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<Sent, ChannelError>> {
        Box::pin(self.carry_out(outbound))
    }

    /// A homeserver carries a key out once, so it may always be sent again.
    fn look_up<'a>(&'a self, _key: &'a str) -> BoxFuture<'a, Result<Option<LookUp>, ChannelError>> {
        Box::pin(async { Ok(Some(LookUp::Absent)) })
    }

    fn fetch<'a>(
        &'a self,
        reference: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, ChannelError>> {
        Box::pin(async move {
            let (server, id) = reference
                .strip_prefix("mxc://")
                .and_then(|rest| rest.split_once('/'))
                .ok_or_else(|| ChannelError::Fail {
                    reason: "it is no picture of a homeserver".to_owned(),
                })?;
            let parts = ["_matrix", "client", "v1", "media", "download", server, id];
            let url = http::below(&self.base, &parts);
            let request = self
                .http
                .request(Method::GET, url, self.wait)
                .bearer_auth(&self.token);
            self.http.fetch(request, limit).await
        })
    }
}

/// Rooms by the person they are shared with.
type Direct = BTreeMap<String, Vec<String>>;
