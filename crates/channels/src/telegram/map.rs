//! Updates as facts.

mod words;

use yutang_domain::{
    capability::{Capabilities, Capability, Profile},
    time::{SECOND, Timestamp},
};

use self::words::words;
use super::{
    stand::{self, Told},
    wire::{Chat, JoinRequest, Member, MemberChange, Message, Reaction, Update, User},
};
use crate::{Fact, Inbound, MessageKind, Picture, Sender};

/// Whose eyes updates are seen through.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The bot's own id.
    pub me: i64,
    /// Whether it reads messages that are not for it, as its maker allowed.
    pub reads_all: bool,
}

/// What names a message.
pub fn key(chat: i64, message: i64) -> String {
    format!("{chat}:{message}")
}

/// The parts of what names a message.
pub fn parts(key: &str) -> Option<(i64, i64)> {
    let (chat, message) = key.split_once(':')?;
    Some((chat.parse().ok()?, message.parse().ok()?))
}

/// An instant of Telegram's.
pub const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds.saturating_mul(SECOND))
}

/// A person or program as the port names them.
pub fn somebody(user: &User) -> Sender {
    let mut name = user.first_name.trim().to_owned();
    if let Some(last) = user.last_name.as_deref().filter(|last| !last.is_empty()) {
        name = format!("{name} {last}").trim().to_owned();
    }
    if name.is_empty() {
        name = user.username.clone().unwrap_or_default();
    }
    Sender {
        external_id: user.id.to_string(),
        name,
    }
}

impl View {
    /// What happened. `runs_it` says whether the bot is known to run a group: then its members'
    /// changes come by themselves, and what the group's service messages say of them is no news.
    pub fn facts(self, update: &Update, runs_it: impl Fn(i64) -> bool) -> Vec<Inbound> {
        let mut facts = Vec::new();
        if let Some(message) = &update.message {
            let runs_it = runs_it(message.chat.id);
            self.message(message, (update.update_id, runs_it), &mut facts);
        }
        if let Some(message) = &update.edited_message {
            self.edited(message, update.update_id, &mut facts);
        }
        if let Some(change) = &update.chat_member {
            self.changed(change, update.update_id, &mut facts);
        }
        if let Some(reaction) = &update.message_reaction {
            self.reacted(reaction, update.update_id, &mut facts);
        }
        if let Some(change) = &update.my_chat_member
            && change.chat.is_group()
        {
            let at = at(change.date);
            facts.push(Inbound {
                key: format!("{}:rights:{}", change.chat.id, update.update_id),
                at,
                group: Some(change.chat.id.to_string()),
                fact: self.rights(&change.chat, &change.new_chat_member),
            });
        }
        if let Some(request) = &update.chat_join_request {
            facts.push(knocked(request));
        }
        facts
    }

    /// What the bot may do in a group.
    pub fn rights(self, chat: &Chat, me: &Member) -> Fact {
        Fact::Rights {
            name: chat.title.clone().unwrap_or_default(),
            can: self.can(chat, me),
        }
    }

    fn can(self, chat: &Chat, me: &Member) -> Capabilities {
        if !me.inside() {
            return Capabilities::default();
        }
        let runs = me.runs_it();
        let owns = me.status == "creator";
        let has = |right: bool| owns || (runs && right);
        let able = [
            (Capability::ReadText, runs || self.reads_all),
            (Capability::SeeJoins, true),
            (Capability::SeeLeaves, true),
            (Capability::SeeInviter, runs),
            (
                Capability::PostGroup,
                me.status != "restricted" || me.can_send_messages == Some(true),
            ),
            (Capability::Remove, has(me.can_restrict_members)),
            (
                Capability::Restrict,
                has(me.can_restrict_members) && chat.kind == "supergroup",
            ),
            (Capability::DeleteMessage, has(me.can_delete_messages)),
            (Capability::ApproveJoin, has(me.can_invite_users)),
            (Capability::JoinCode, has(me.can_invite_users)),
            (Capability::Announce, has(me.can_pin_messages)),
            (Capability::Pin, has(me.can_pin_messages)),
        ];
        let lost: Vec<Capability> = able
            .iter()
            .filter(|(_, able)| !able)
            .map(|(capability, _)| *capability)
            .collect();
        Profile::Telegram.capabilities().without(&lost)
    }

    fn message(self, message: &Message, (update, runs_it): (i64, bool), facts: &mut Vec<Inbound>) {
        let chat = &message.chat;
        let own = key(chat.id, message.message_id);
        if chat.kind == "private" {
            if let (Some(from), Some(text)) = (&message.from, &message.text) {
                facts.push(Inbound {
                    key: own,
                    at: at(message.date),
                    group: None,
                    fact: Fact::Private {
                        sender: somebody(from),
                        text: text.clone(),
                    },
                });
            }
            return;
        }
        if !chat.is_group() {
            return;
        }
        let told = Told::new(chat, message.date, update);
        let moved = match (message.migrate_to_chat_id, message.migrate_from_chat_id) {
            (Some(to), _) => Some((chat.id, to)),
            (None, from) => from.map(|from| (from, chat.id)),
        };
        if let Some((from, to)) = moved {
            let told = Told { chat: from, ..told };
            let fact = Fact::Moved { to: to.to_string() };
            facts.push(told.fact(format!("moved:{from}:{to}"), fact));
        } else if let Some(name) = &message.new_chat_title {
            facts.push(told.fact(own, Fact::Renamed { name: name.clone() }));
        } else if !message.new_chat_members.is_empty() || message.left_chat_member.is_some() {
            if !runs_it {
                self.served(message, told, facts);
            }
        } else if let Some(fact) = self.posted(message, None) {
            facts.extend(told.wrote(message));
            facts.push(told.fact(own, fact));
        }
    }

    /// What a group's service message says of comings and goings.
    fn served(self, message: &Message, told: Told, facts: &mut Vec<Inbound>) {
        let by = message.from.as_ref();
        for user in &message.new_chat_members {
            if user.id == self.me {
                continue;
            }
            let inviter = by.filter(|by| self.other(by, user.id));
            facts.extend(inviter.and_then(|by| told.shown(by)));
            facts.extend(told.shown(user));
            let fact = Fact::Joined {
                who: somebody(user),
                via: None,
                inviter: inviter.map(somebody),
            };
            let key = passed(told.chat, user.id, "in", message.date);
            facts.push(told.fact(key, fact));
        }
        let left = message.left_chat_member.as_ref();
        if let Some(user) = left.filter(|user| user.id != self.me) {
            let remover = by.filter(|by| self.other(by, user.id));
            facts.extend(remover.and_then(|by| told.shown(by)));
            let key = passed(told.chat, user.id, "out", message.date);
            facts.push(told.fact(key, self.went(user, by)));
        }
    }

    /// A change of a message is named by its update: two of one second are two.
    fn edited(self, message: &Message, update: i64, facts: &mut Vec<Inbound>) {
        if !message.chat.is_group() {
            return;
        }
        let edited = key(message.chat.id, message.message_id);
        let changed = message.edit_date.unwrap_or(message.date);
        let told = Told::new(&message.chat, changed, update);
        if let Some(fact) = self.posted(message, Some(edited.clone())) {
            facts.extend(told.wrote(message));
            facts.push(told.fact(format!("{edited}:edit:{update}"), fact));
        }
    }

    fn posted(self, message: &Message, edits: Option<String>) -> Option<Fact> {
        let sender = stand::writer(message)?;
        if sender.external_id == self.me.to_string() {
            return None;
        }
        let (kind, text) = words(message)?;
        let picture = (kind == MessageKind::Image)
            .then(|| message.photo.iter().max_by_key(|p| p.width * p.height))
            .flatten()
            .map(|photo| Picture {
                reference: photo.file_id.clone(),
                size: photo.file_size,
                codes: Vec::new(),
            });
        Some(Fact::Posted {
            sender,
            kind,
            text,
            reply_to: message
                .reply_to_message
                .as_ref()
                .map(|answered| key(message.chat.id, answered.message_id)),
            edits,
            picture,
        })
    }

    fn changed(self, change: &MemberChange, update: i64, facts: &mut Vec<Inbound>) {
        let user = &change.new_chat_member.user;
        if !change.chat.is_group() || user.id == self.me {
            return;
        }
        let told = Told::new(&change.chat, change.date, update);
        facts.extend(told.became(change));
        let (was, is) = (
            change.old_chat_member.inside(),
            change.new_chat_member.inside(),
        );
        let by = Some(&change.from).filter(|by| self.other(by, user.id));
        let (way, fact) = match (was, is) {
            (false, true) => {
                let link = change.invite_link.as_ref();
                let fact = Fact::Joined {
                    who: somebody(user),
                    via: link.map(super::wire::Link::tag),
                    inviter: by.filter(|_| link.is_none()).map(somebody),
                };
                ("in", fact)
            }
            (true, false) => ("out", self.went(user, Some(&change.from))),
            _ => return,
        };
        facts.extend(by.and_then(|by| told.shown(by)));
        let key = passed(told.chat, user.id, way, change.date);
        facts.push(told.fact(key, fact));
    }

    /// The signs that somebody put under a message. Pictures of a shop's own (`custom_emoji`) and
    /// paid stars have no sign that could be told, and those of the nameless are nobody's.
    fn reacted(self, reaction: &Reaction, update: i64, facts: &mut Vec<Inbound>) {
        let user = reaction.user.as_ref().filter(|user| user.id != self.me);
        let Some(user) = user.filter(|_| reaction.chat.is_group()) else {
            return;
        };
        let told = Told::new(&reaction.chat, reaction.date, update);
        let new = reaction
            .new_reaction
            .iter()
            .filter(|sign| sign.kind == "emoji" && !reaction.old_reaction.contains(sign))
            .filter_map(|sign| sign.emoji.as_ref());
        for (index, with) in new.enumerate() {
            let fact = Fact::Reacted {
                who: somebody(user),
                message: key(told.chat, reaction.message_id),
                with: with.clone(),
            };
            facts.push(told.fact(format!("{}:reacted:{update}:{index}", told.chat), fact));
        }
    }

    fn went(self, user: &User, by: Option<&User>) -> Fact {
        let who = somebody(user);
        match by.filter(|by| by.id != user.id) {
            None => Fact::Left { who },
            Some(by) => Fact::Removed {
                who,
                by: self.other(by, user.id).then(|| somebody(by)),
            },
        }
    }

    const fn other(self, by: &User, user: i64) -> bool {
        by.id != user && by.id != self.me
    }
}

/// What names a coming or going: the same whichever of two updates tells it.
fn passed(chat: i64, user: i64, way: &str, seconds: i64) -> String {
    format!("{chat}:{way}:{user}:{seconds}")
}

fn knocked(request: &JoinRequest) -> Inbound {
    let chat = request.chat.id;
    Inbound {
        key: format!("{chat}:knock:{}:{}", request.from.id, request.date),
        at: at(request.date),
        group: Some(chat.to_string()),
        fact: Fact::Knocked {
            who: somebody(&request.from),
            // What they say of themselves to everybody (`bio`) is no reason to be let in here; that
            // is what they write to the bot.
            reason: String::new(),
            via: request.invite_link.as_ref().map(super::wire::Link::tag),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const RECORDED: &str = include_str!("../../tests/data/telegram_updates.json");
    const GROUP: &str = "-1001234567890";

    fn read(update: &Value) -> Vec<Inbound> {
        let update: Update = serde_json::from_value(update.clone()).unwrap();
        let view = View {
            me: 42,
            reads_all: false,
        };
        view.facts(&update, |_| false)
    }

    fn recorded(name: &str) -> Vec<Inbound> {
        let all: Value = serde_json::from_str(RECORDED).unwrap();
        assert!(all[name].is_object(), "{name} was recorded");
        read(&all[name])
    }

    fn one(name: &str) -> Inbound {
        let mut facts = recorded(name);
        assert_eq!(facts.len(), 1, "{name}");
        facts.remove(0)
    }

    #[test]
    fn what_people_write_is_posted_under_its_number() {
        let message = one("message");
        assert_eq!(message.key, format!("{GROUP}:10"));
        assert_eq!(parts(&message.key), Some((-1_001_234_567_890, 10)));
        assert_eq!(message.at.ms(), 1_763_750_000_000);
        assert!(matches!(&message.fact, Fact::Posted { text, .. } if text == "签到"));
        let Fact::Posted { reply_to, .. } = one("message_reply").fact else {
            panic!("an answer is posted");
        };
        assert_eq!(reply_to, Some(format!("{GROUP}:10")));
        let edited = one("edited_message");
        assert_ne!(edited.key, message.key);
        assert_eq!(edited.key, format!("{GROUP}:10:edit:4"));
        let Fact::Posted { edits, text, .. } = edited.fact else {
            panic!("a change is posted");
        };
        assert_eq!((edits, text.as_str()), (Some(message.key), "签到2"));
        let Fact::Posted {
            picture: Some(picture),
            text,
            ..
        } = one("photo").fact
        else {
            panic!("a picture is posted");
        };
        assert_eq!(
            (picture.reference.as_str(), picture.size, text.as_str()),
            ("a", Some(100), "凭证")
        );
    }

    #[test]
    fn whoever_comes_through_a_link_comes_via_its_name() {
        let Fact::Joined { who, via, inviter } = one("join_by_link").fact else {
            panic!("somebody joined");
        };
        assert_eq!(who.external_id, "20");
        assert_eq!((via.as_deref(), inviter), (Some("ref:u7"), None));
        let Fact::Knocked { via, reason, .. } = one("join_request").fact else {
            panic!("somebody knocked");
        };
        assert_eq!(via.as_deref(), Some("ref:u7"));
        assert_eq!(reason, "", "what they say of themselves is no reason");
    }

    #[test]
    fn coming_and_going_is_one_fact_whichever_update_tells_it() {
        let by_service = one("new_members_service");
        let by_member = one("join_by_link");
        assert_eq!(
            (&by_service.key, by_service.at),
            (&by_member.key, by_member.at)
        );
        assert_eq!(one("left_member_service").key, one("leave").key);
        assert!(matches!(one("leave").fact, Fact::Left { .. }));
        let Fact::Removed { by, .. } = one("banned").fact else {
            panic!("somebody was put out");
        };
        assert_eq!(by, None, "that was the bot");
        assert!(recorded("restricted").is_empty(), "still inside");
        let all: Value = serde_json::from_str(RECORDED).unwrap();
        let update: Update = serde_json::from_value(all["new_members_service"].clone()).unwrap();
        let view = View {
            me: 42,
            reads_all: true,
        };
        assert!(view.facts(&update, |_| true).is_empty());
    }

    #[test]
    fn power_in_a_group_is_what_the_bot_was_given_there() {
        let Fact::Rights { name, can } = one("bot_promoted").fact else {
            panic!("rights changed");
        };
        assert_eq!(name, "测试群");
        assert!(can.can(Capability::Remove) && can.can(Capability::ReadText));
        assert!(!can.can(Capability::Invite) && !can.can(Capability::Tag));
        let member = |value: Value| -> Member { serde_json::from_value(value).unwrap() };
        let can = |kind: &str, value: Value| {
            let chat = Chat {
                kind: kind.to_owned(),
                ..Chat::default()
            };
            let view = View {
                me: 42,
                reads_all: false,
            };
            view.can(&chat, &member(value))
        };
        let plain = can("supergroup", json!({ "status": "member" }));
        assert!(plain.can(Capability::PostGroup) && !plain.can(Capability::ReadText));
        assert_eq!(
            can("supergroup", json!({ "status": "kicked" }))
                .iter()
                .count(),
            0
        );
        let small = json!({ "status": "administrator", "can_restrict_members": true });
        assert!(can("group", small.clone()).can(Capability::Remove));
        assert!(
            !can("group", small.clone()).can(Capability::Restrict),
            "supergroups only"
        );
        assert!(can("supergroup", small).can(Capability::Restrict));
    }

    #[test]
    fn a_group_that_became_a_supergroup_goes_on() {
        let moved = one("migrated");
        assert_eq!(moved.group.as_deref(), Some("-55"));
        assert_eq!(
            moved.fact,
            Fact::Moved {
                to: GROUP.to_owned()
            }
        );
        let from = read(
            &json!({ "update_id": 1, "message": { "message_id": 1, "date": 5,
            "chat": { "id": -1_001_234_567_890_i64, "type": "supergroup" },
            "migrate_from_chat_id": -55 } }),
        );
        assert_eq!((&from[0].key, &from[0].fact), (&moved.key, &moved.fact));
    }

    #[test]
    fn private_words_keep_what_a_link_brought() {
        let start = one("private_start_ref");
        assert_eq!(start.group, None);
        assert!(matches!(&start.fact, Fact::Private { text, .. } if text.starts_with("/start ")));
        assert!(recorded("callback").is_empty());
    }

    #[test]
    fn two_changes_of_one_second_are_two() {
        let edit = |update: i64, text: &str| {
            read(
                &json!({ "update_id": update, "edited_message": { "message_id": 3, "date": 5,
                "edit_date": 9, "from": { "id": 7, "is_bot": false, "first_name": "u" },
                "chat": { "id": -1, "type": "supergroup" }, "text": text } }),
            )
            .remove(0)
        };
        let (first, second) = (edit(8, "加V"), edit(9, "在吗"));
        assert_eq!(first.at, second.at);
        assert_ne!(first.key, second.key);
        assert_eq!(
            first.key,
            edit(8, "加V").key,
            "and each is itself when it comes again"
        );
    }

    #[test]
    fn a_sign_is_put_under_the_message_that_answers_name() {
        let sign = one("reaction");
        let Fact::Reacted { who, message, with } = &sign.fact else {
            panic!("a sign: {sign:?}");
        };
        assert_eq!(message, &one("message").key);
        assert_eq!((who.external_id.as_str(), with.as_str()), ("7", "👍"));
        let of = |user: Value, old: Value, new: Value| {
            let mut reaction = json!({ "chat": { "id": -1, "type": "supergroup" }, "message_id": 3,
                "date": 9, "old_reaction": old, "new_reaction": new });
            let whose = if user["type"].is_string() {
                "actor_chat"
            } else {
                "user"
            };
            reaction[whose] = user;
            read(&json!({ "update_id": 8, "message_reaction": reaction }))
        };
        let emoji = |sign: &str| json!({ "type": "emoji", "emoji": sign });
        let person = || json!({ "id": 7, "is_bot": false, "first_name": "u" });
        let facts = of(
            person(),
            json!([emoji("👍")]),
            json!([
                emoji("👍"),
                { "type": "custom_emoji", "custom_emoji_id": "5" },
                emoji("❤"),
                { "type": "paid" },
                emoji("🔥"),
            ]),
        );
        let told: Vec<_> = facts
            .iter()
            .map(|inbound| match &inbound.fact {
                Fact::Reacted { with, .. } => (inbound.key.as_str(), with.as_str()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, [("-1:reacted:8:0", "❤"), ("-1:reacted:8:1", "🔥")]);
        assert!(of(person(), json!([emoji("👍")]), json!([])).is_empty());
        let nameless = json!({ "id": -1, "type": "supergroup" });
        assert!(of(nameless, json!([]), json!([emoji("👍")])).is_empty());
        let own = json!({ "id": 42, "is_bot": true, "first_name": "群管家" });
        assert!(of(own, json!([]), json!([emoji("👍")])).is_empty());
    }

    #[test]
    fn an_address_behind_words_is_seen() {
        let facts = read(
            &json!({ "update_id": 1, "message": { "message_id": 1, "date": 5,
            "from": { "id": 7, "is_bot": false, "first_name": "u" },
            "chat": { "id": -1, "type": "supergroup" }, "text": "领券",
            "entities": [{ "type": "text_link", "offset": 0, "length": 2, "url": "https://t.me/x" }] } }),
        );
        assert!(
            matches!(&facts[0].fact, Fact::Posted { text, .. } if text == "领券 https://t.me/x")
        );
    }
}
