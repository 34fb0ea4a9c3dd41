//! Groups as they are met: what the bot may do there, and who runs them.
//!
//! Both are asked for when a group is seen for the first time since the start; who runs it also when
//! the bot comes in or is made to run it, for before that nothing told of changes. What was asked
//! is kept until the updates behind it are confirmed: if they come again, because something broke
//! or was not stored, the same is told again without another call.

use std::collections::HashMap;

use serde_json::json;

use super::{
    Failure, TelegramChannel, lock,
    map::View,
    stand::{self, Told},
    wire::{Chat, Member, Update},
};
use crate::{ChannelError, Inbound};

/// What was learnt of groups since the start.
#[derive(Debug, Default)]
pub struct Groups {
    /// Whether the bot runs a group, and the update that this is known from.
    known: HashMap<i64, (bool, i64)>,
    /// What was asked for because of an update.
    asked: HashMap<i64, Asked>,
}

#[derive(Clone, Debug)]
struct Asked {
    me: Member,
    running: Vec<Member>,
}

impl Groups {
    /// Whether the bot is known to run a group.
    pub fn runs(&self, chat: i64) -> bool {
        self.known.get(&chat).is_some_and(|(runs, _)| *runs)
    }

    /// Updates come from this one on: those before it are confirmed, and what was learnt from the
    /// others is learnt again.
    pub fn go_on(&mut self, from: Option<i64>) {
        let confirmed = |update: i64| from.is_some_and(|from| update < from);
        self.known.retain(|_, (_, update)| confirmed(*update));
        self.asked.retain(|update, _| !confirmed(*update));
    }
}

impl TelegramChannel {
    /// What an update gives occasion to tell of its group beyond what it says itself.
    pub(super) async fn meet(
        &self,
        view: View,
        update: &Update,
    ) -> Result<Vec<Inbound>, ChannelError> {
        let own = update.my_chat_member.as_ref();
        let own = own.filter(|change| change.chat.is_group());
        let Some((chat, seconds)) = own.map(|own| (&own.chat, own.date)).or_else(|| met(update))
        else {
            return Ok(Vec::new());
        };
        let first = !lock(&self.groups).known.contains_key(&chat.id);
        let gained = own.is_some_and(|own| {
            let (was, is) = (&own.old_chat_member, &own.new_chat_member);
            (is.inside() && !was.inside()) || (is.runs_it() && !was.runs_it())
        });
        let told = Told::new(chat, seconds, update.update_id);
        let mut facts = Vec::new();
        let runs = if first || gained {
            let asked = self.asked(view, update, chat.id).await?;
            if own.is_none() {
                let key = format!("{}:met:{}", chat.id, update.update_id);
                facts.push(told.fact(key, view.rights(chat, &asked.me)));
            }
            facts.extend(stand::listed(told, &asked.running, view.me));
            asked.me.runs_it()
        } else if let Some(own) = own {
            own.new_chat_member.runs_it()
        } else {
            return Ok(facts);
        };
        let known = (runs, update.update_id);
        lock(&self.groups).known.insert(chat.id, known);
        Ok(facts)
    }

    /// What the bot may do in a group and who runs it, as an update says or as it is asked for.
    async fn asked(&self, view: View, update: &Update, chat: i64) -> Result<Asked, ChannelError> {
        let kept = lock(&self.groups).asked.get(&update.update_id).cloned();
        if let Some(asked) = kept {
            return Ok(asked);
        }
        let me = match &update.my_chat_member {
            Some(own) => own.new_chat_member.clone(),
            None => {
                let call = json!({ "chat_id": chat, "user_id": view.me });
                self.turn().await;
                // Refused: put out in the meantime.
                unless_later(self.call("getChatMember", &call, Failure::Harmless).await)?
            }
        };
        let running = if me.inside() {
            unless_later(self.running(chat).await)?
        } else {
            Vec::new()
        };
        let asked = Asked { me, running };
        let mut groups = lock(&self.groups);
        groups.asked.insert(update.update_id, asked.clone());
        Ok(asked)
    }

    /// Those who run a group, programs among them.
    pub(super) async fn running(&self, chat: i64) -> Result<Vec<Member>, ChannelError> {
        let call = json!({ "chat_id": chat, "return_bots": true });
        self.turn().await;
        self.call("getChatAdministrators", &call, Failure::Harmless)
            .await
    }
}

/// What came, or nothing where it was refused; what can be had later is waited for.
fn unless_later<T: Default>(answer: Result<T, ChannelError>) -> Result<T, ChannelError> {
    match answer {
        Err(error @ ChannelError::Retry { .. }) => Err(error),
        other => Ok(other.unwrap_or_default()),
    }
}

/// The group of an update that is not about the bot itself, and when it happened there.
pub fn met(update: &Update) -> Option<(&Chat, i64)> {
    let message = update.message.as_ref().or(update.edited_message.as_ref());
    let message = message.filter(|message| message.migrate_to_chat_id.is_none());
    let of_message = message.map(|message| (&message.chat, message.date));
    let of_change = update.chat_member.as_ref().map(|c| (&c.chat, c.date));
    let of_request = update.chat_join_request.as_ref().map(|r| (&r.chat, r.date));
    let of_sign = update.message_reaction.as_ref().map(|r| (&r.chat, r.date));
    of_message
        .or(of_change)
        .or(of_request)
        .or(of_sign)
        .filter(|(chat, _)| chat.is_group())
}
