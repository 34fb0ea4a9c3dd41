//! Rooms shared with one person: what is said there is said in private.
//!
//! Which rooms those are, the account keeps on its server (`m.direct`), so that the next start and
//! the people's own clients know them too.

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

    /// The room shared with somebody; opens one where there is none, and asks them in again where
    /// they have left it.
    pub async fn with(&self, channel: &MatrixChannel, who: &str) -> Result<String, ChannelError> {
        let mut known = self.known.lock().await;
        let direct = load(channel, &mut known).await?;
        let rooms = direct.get(who).cloned().unwrap_or_default();
        for room in rooms.iter().rev() {
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
        let body = json!({
            "preset": "trusted_private_chat",
            "is_direct": true,
            "invite": [who],
        });
        let answer = channel.post(&["createRoom"], &body).await?;
        let room = answer.text("room_id").to_owned();
        note(channel, direct, who, &room).await?;
        Ok(room)
    }
}

async fn load<'a>(
    channel: &MatrixChannel,
    known: &'a mut Option<Direct>,
) -> Result<&'a mut Direct, ChannelError> {
    if known.is_none() {
        let url = channel.url(&["user", &channel.me, "account_data", KIND]);
        let answer = channel
            .ask(reqwest::Method::GET, url, None, std::time::Duration::ZERO)
            .await?;
        let content = if answer.status == 404 {
            Value::Null
        } else {
            super::done(answer)?.body
        };
        *known = Some(wire::direct(&content));
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
