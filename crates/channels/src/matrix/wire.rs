//! What a homeserver writes, as far as it is read here.
//!
//! Contents of events come from whoever is in a room, in whatever shape; they stay values, and a
//! field of the wrong kind is a field that is not there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use yutang_domain::time::Timestamp;

/// An event of a room.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Event {
    /// Its id; none in an invitation.
    pub event_id: String,
    /// What it is: `m.room.message`, ….
    #[serde(rename = "type")]
    pub kind: String,
    /// Who sent it.
    pub sender: String,
    /// Of what it is the state; `None` for what is no state.
    pub state_key: Option<String>,
    /// When, by the sender's server.
    pub origin_server_ts: i64,
    /// What it says.
    pub content: Value,
    /// What a redaction takes back, in rooms before version 11.
    pub redacts: Option<String>,
    /// What the server adds.
    pub unsigned: Value,
}

impl Event {
    /// Reads one; what is none is left out.
    pub fn read(value: Value) -> Option<Self> {
        serde_json::from_value(value).ok()
    }

    /// When it happened.
    pub const fn at(&self) -> Timestamp {
        Timestamp::from_ms(self.origin_server_ts)
    }

    /// A text of its content.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.content.get(field)?.as_str()
    }

    /// The membership that it gives.
    pub fn membership(&self) -> &str {
        self.text("membership").unwrap_or_default()
    }

    /// What stood in the same place before.
    pub fn before(&self) -> Option<&Value> {
        self.unsigned.get("prev_content")
    }
}

/// Events, of which some may not be readable.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Events {
    events: Vec<Value>,
    /// Whether some before them were left out.
    pub limited: bool,
    /// Where those are found.
    pub prev_batch: Option<String>,
}

impl Events {
    /// The readable ones.
    pub fn into_events(self) -> Vec<Event> {
        self.events.into_iter().filter_map(Event::read).collect()
    }
}

/// What happened in a room that the account is in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Joined {
    /// The state before the timeline.
    pub state: Events,
    /// What happened.
    pub timeline: Events,
}

/// A room that the account is asked into.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Invited {
    /// What one is told of it beforehand.
    pub invite_state: Events,
}

/// The rooms of an answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rooms {
    /// Those the account is in.
    pub join: BTreeMap<String, Joined>,
    /// Those it is asked into.
    pub invite: BTreeMap<String, Invited>,
    /// Those it is no longer in.
    pub leave: BTreeMap<String, Joined>,
}

/// The answer to `/sync`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sync {
    /// Where to go on.
    pub next_batch: String,
    /// What happened.
    pub rooms: Rooms,
    /// What the account keeps on its server.
    pub account_data: Events,
}

/// What stands in `m.direct`: rooms by the person they are shared with.
pub fn direct(content: &Value) -> BTreeMap<String, Vec<String>> {
    content
        .as_object()
        .into_iter()
        .flatten()
        .map(|(who, rooms)| {
            let rooms = rooms.as_array().into_iter().flatten();
            let rooms = rooms.filter_map(Value::as_str).map(str::to_owned);
            (who.clone(), rooms.collect())
        })
        .collect()
}
