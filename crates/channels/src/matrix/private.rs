//! Rooms shared with one person: what is said there is said in private.
//!
//! Which rooms those are, the account keeps on its server (`m.direct`), so that the next start and
//! the people's own clients know them too. Nothing is said in one that is encrypted: there the
//! account has no voice, and words in the clear would be where nobody expects them. Another room
//! is opened beside it.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{
    Direct, MatrixChannel,
    wire::{self, Event},
};
use crate::ChannelError;

/// Where the account keeps them.
const KIND: &str = "m.direct";

/// The rooms shared with one person; `None` until they were asked for.
#[derive(Debug, Default)]
pub struct Private {
    known: Mutex<Option<Direct>>,
    /// Whether the server was found to encrypt each of them from its beginning.
    encrypts: AtomicBool,
}

impl Private {
    /// Takes over what the server says.
    pub async fn learn(
        &self,
        _channel: &MatrixChannel,
        content: &Value,
    ) -> Result<(), ChannelError> {
        *self.known.lock().await = Some(wire::direct(content));
        Ok(())
    }

    /// With whom a room is to be shared into which the account is asked.
    pub fn offered(&self, me: &str, state: &[Event]) -> Option<String> {
        state
            .iter()
            .find(|event| event.state_key.as_deref() == Some(me))
            .filter(|event| event.content["is_direct"] == true)
            .map(|event| event.sender.clone())
    }

    /// Whether a room is shared with one person.
    pub async fn holds(
        &self,
        channel: &MatrixChannel,
        room: &str,
        state: &[Event],
        timeline: &[Event],
    ) -> Result<bool, ChannelError> {
        // Whoever opens a room holds the lock until it is noted.
        let mut known = self.known.lock().await;
        let direct = load(channel, &mut known).await?;
        if direct.values().flatten().any(|one| one == room) {
            return Ok(true);
        }
        // One opened just before a crash says so itself.
        let said = state.iter().chain(timeline).any(|event| {
            let before = event.before().unwrap_or(&Value::Null);
            event.kind == "m.room.member"
                && (event.content["is_direct"] == true || before["is_direct"] == true)
        });
        Ok(said)
    }

    /// Notes a room shared with somebody.
    pub async fn remember(
        &self,
        channel: &MatrixChannel,
        with: &str,
        room: &str,
    ) -> Result<(), ChannelError> {
        let mut known = self.known.lock().await;
        let direct = load(channel, &mut known).await?;
        note(channel, direct, with, room).await
    }

    /// The room shared with somebody that is not encrypted; opens one where there is none, and asks
    /// them in again where they have left it.
    pub async fn with(&self, channel: &MatrixChannel, who: &str) -> Result<String, ChannelError> {
        let mut known = self.known.lock().await;
        let direct = load(channel, &mut known).await?;
        let rooms = direct.get(who).cloned().unwrap_or_default();
        for room in rooms.iter().rev() {
            match is_encrypted(channel, room).await {
                Ok(false) => {}
                Err(error @ ChannelError::Retry { .. }) => return Err(error),
                Ok(true) | Err(_) => continue,
            }
            match channel.state(room, "m.room.member", who).await {
                Ok(Some(member)) => match member["membership"].as_str() {
                    Some("join" | "invite") => return Ok(room.clone()),
                    Some("leave") => {
                        let body = json!({ "user_id": who });
                        match channel.post(&["rooms", room, "invite"], &body).await {
                            Ok(_) => return Ok(room.clone()),
                            Err(error @ ChannelError::Retry { .. }) => return Err(error),
                            Err(_) => {}
                        }
                    }
                    _ => {}
                },
                Err(error @ ChannelError::Retry { .. }) => return Err(error),
                // The account itself is no longer in that room.
                Ok(None) | Err(_) => {}
            }
        }
        if self.encrypts.load(Ordering::Relaxed) {
            return Err(all_encrypted());
        }
        let body = json!({
            "preset": "trusted_private_chat",
            "is_direct": true,
            "invite": [who],
        });
        let answer = channel.post(&["createRoom"], &body).await?;
        let room = answer.text("room_id").to_owned();
        if is_encrypted(channel, &room).await? {
            self.encrypts.store(true, Ordering::Relaxed);
            let who = json!({ "user_id": who });
            // Where they stand as high as the account, the invitation cannot be taken back.
            for (step, body) in [("kick", who), ("leave", json!({}))] {
                let done = channel.post(&["rooms", &room, step], &body).await;
                if let Err(error @ ChannelError::Retry { .. }) = done {
                    return Err(error);
                }
            }
            return Err(all_encrypted());
        }
        note(channel, direct, who, &room).await?;
        Ok(room)
    }
}

async fn is_encrypted(channel: &MatrixChannel, room: &str) -> Result<bool, ChannelError> {
    Ok(channel
        .state(room, "m.room.encryption", "")
        .await?
        .is_some())
}

fn all_encrypted() -> ChannelError {
    ChannelError::Fail {
        reason: "not allowed: the homeserver encrypts every private room, and nothing is written \
                 there"
            .to_owned(),
    }
}

async fn load<'a>(
    channel: &MatrixChannel,
    known: &'a mut Option<Direct>,
) -> Result<&'a mut Direct, ChannelError> {
    if known.is_none() {
        let content = channel
            .find(&["user", &channel.me, "account_data", KIND])
            .await?;
        *known = Some(wire::direct(&content.unwrap_or_default()));
    }
    Ok(known.get_or_insert_default())
}

async fn note(
    channel: &MatrixChannel,
    direct: &mut Direct,
    with: &str,
    room: &str,
) -> Result<(), ChannelError> {
    let rooms = direct.entry(with.to_owned()).or_default();
    if rooms.iter().any(|one| one == room) {
        return Ok(());
    }
    rooms.push(room.to_owned());
    let parts = ["user", channel.me.as_str(), "account_data", KIND];
    channel.put(&parts, &json!(direct)).await?;
    Ok(())
}
