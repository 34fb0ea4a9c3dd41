//! Wishes as calls of a homeserver.
//!
//! Everything here may be carried out twice with the effect of once: messages go under the key of
//! the wish, and what changes a state looks at it first.

use reqwest::StatusCode;
use serde_json::{Value, json};
use yutang_domain::capability::{Capability, NotCapable};

use super::MatrixChannel;
use crate::{ChannelError, Outbound, Sent, Wish};

/// How many messages stay at the top of a room.
const PINS: usize = 10;

const NOTHING: Sent = Sent { external_id: None };

impl MatrixChannel {
    pub(super) async fn carry_out(&self, outbound: &Outbound) -> Result<Sent, ChannelError> {
        let key = outbound.key.as_str();
        match &outbound.wish {
            Wish::Post {
                group,
                text,
                reply_to,
            } => self.say(group, key, text, reply_to.as_deref()).await,
            Wish::Whisper { to, text } | Wish::Welcome { to, text } => {
                let room = self.private.with(self, to).await?;
                self.say(&room, key, text, None).await
            }
            Wish::Remove { group, who, reason } => {
                let body = json!({ "user_id": who, "reason": reason });
                self.post(&["rooms", group, "ban"], &body).await?;
                Ok(NOTHING)
            }
            Wish::Readmit { group, who, silent } => {
                if self.membership(group, who).await? == "ban" {
                    let body = json!({ "user_id": who });
                    self.post(&["rooms", group, "unban"], &body).await?;
                }
                if *silent {
                    return Ok(NOTHING);
                }
                self.invite(group, who).await
            }
            // A homeserver knows no end of it: that is what `Lift` is for.
            Wish::Restrict { group, who, .. } => self.mute(group, who).await,
            Wish::Lift { group, who } => self.unmute(group, who).await,
            Wish::Delete { group, message } => {
                self.put(&["rooms", group, "redact", message, key], &json!({}))
                    .await?;
                Ok(NOTHING)
            }
            Wish::Approve { group, who } | Wish::Invite { group, who } => {
                self.invite(group, who).await
            }
            Wish::Decline { group, who, reason } => {
                // Whoever has come in by now is not put out for having asked.
                if self.membership(group, who).await? == "knock" {
                    let body = json!({ "user_id": who, "reason": reason });
                    self.post(&["rooms", group, "kick"], &body).await?;
                }
                Ok(NOTHING)
            }
            Wish::Announce { group, text } => self.announce(group, key, text).await,
            Wish::Broadcast { .. } => Err(NotCapable {
                capability: Capability::BroadcastTask,
            }
            .into()),
        }
    }

    async fn say(
        &self,
        room: &str,
        key: &str,
        text: &str,
        reply_to: Option<&str>,
    ) -> Result<Sent, ChannelError> {
        let mut content = json!({ "msgtype": "m.notice", "body": text, "m.mentions": {} });
        if let Some(answered) = reply_to {
            content["m.relates_to"] = json!({ "m.in_reply_to": { "event_id": answered } });
        }
        let parts = ["rooms", room, "send", "m.room.message", key];
        let answer = self.put(&parts, &content).await?;
        Ok(Sent {
            external_id: answer.body["event_id"].as_str().map(str::to_owned),
        })
    }

    async fn membership(&self, room: &str, who: &str) -> Result<String, ChannelError> {
        let member = self.state(room, "m.room.member", who).await?;
        let word = member.as_ref().and_then(|m| m["membership"].as_str());
        Ok(word.unwrap_or("leave").to_owned())
    }

    async fn invite(&self, room: &str, who: &str) -> Result<Sent, ChannelError> {
        if !matches!(
            self.membership(room, who).await?.as_str(),
            "join" | "invite"
        ) {
            let body = json!({ "user_id": who });
            self.post(&["rooms", room, "invite"], &body).await?;
        }
        Ok(NOTHING)
    }

    /// Sets the topic, says it, and keeps the message at the top in place of our last one.
    async fn announce(&self, room: &str, key: &str, text: &str) -> Result<Sent, ChannelError> {
        let topic = ["rooms", room, "state", "m.room.topic", ""];
        self.put(&topic, &json!({ "topic": text })).await?;
        let sent = self.say(room, key, text, None).await?;
        let Some(id) = sent.external_id.clone() else {
            return Ok(sent);
        };
        let pinned = self.state(room, "m.room.pinned_events", "").await?;
        let pinned = pinned.as_ref().and_then(|p| p["pinned"].as_array());
        let mut kept = vec![id.clone()];
        for one in pinned.into_iter().flatten().filter_map(Value::as_str) {
            if one != id && kept.len() < PINS && !self.is_ours(room, one).await? {
                kept.push(one.to_owned());
            }
        }
        let parts = ["rooms", room, "state", "m.room.pinned_events", ""];
        self.put(&parts, &json!({ "pinned": kept })).await?;
        Ok(sent)
    }

    async fn is_ours(&self, room: &str, event: &str) -> Result<bool, ChannelError> {
        let url = self.url(&["rooms", room, "event", event]);
        let answer = self
            .ask(reqwest::Method::GET, url, None, std::time::Duration::ZERO)
            .await?;
        Ok(match answer.status {
            status if status == StatusCode::OK => answer.text("sender") == self.me,
            _ => false,
        })
    }
}
