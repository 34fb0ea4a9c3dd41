//! Updates as facts.

use yutang_domain::{
    capability::{Capabilities, Capability, Profile},
    time::{SECOND, Timestamp},
};

use super::wire::{Chat, Entity, JoinRequest, Member, MemberChange, Message, Update, User};
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

const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds.saturating_mul(SECOND))
}

fn somebody(user: &User) -> Sender {
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
            self.message(message, runs_it(message.chat.id), &mut facts);
        }
        if let Some(message) = &update.edited_message {
            facts.extend(self.edited(message));
        }
        if let Some(change) = &update.chat_member {
            facts.extend(self.changed(change));
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

    fn message(self, message: &Message, runs_it: bool, facts: &mut Vec<Inbound>) {
        let chat = &message.chat;
        let mut tell = |key: String, group: Option<String>, fact| {
            facts.push(Inbound {
                key,
                at: at(message.date),
                group,
                fact,
            });
        };
        let own = key(chat.id, message.message_id);
        if chat.kind == "private" {
            if let (Some(from), Some(text)) = (&message.from, &message.text) {
                let sender = somebody(from);
                let text = text.clone();
                tell(own, None, Fact::Private { sender, text });
            }
            return;
        }
        if !chat.is_group() {
            return;
        }
        let group = Some(chat.id.to_string());
        if let Some(to) = message.migrate_to_chat_id {
            let (key, to) = (format!("moved:{}:{to}", chat.id), to.to_string());
            return tell(key, group, Fact::Moved { to });
        }
        if let Some(from) = message.migrate_from_chat_id {
            let key = format!("moved:{from}:{}", chat.id);
            let to = chat.id.to_string();
            return tell(key, Some(from.to_string()), Fact::Moved { to });
        }
        if let Some(name) = &message.new_chat_title {
            return tell(own, group, Fact::Renamed { name: name.clone() });
        }
        if !message.new_chat_members.is_empty() || message.left_chat_member.is_some() {
            if runs_it {
                return;
            }
            for user in &message.new_chat_members {
                if user.id != self.me {
                    let inviter = message.from.as_ref();
                    let fact = Fact::Joined {
                        who: somebody(user),
                        via: None,
                        inviter: inviter.filter(|by| self.other(by, user.id)).map(somebody),
                    };
                    tell(
                        passed(chat.id, user.id, "in", message.date),
                        group.clone(),
                        fact,
                    );
                }
            }
            if let Some(user) = message
                .left_chat_member
                .as_ref()
                .filter(|u| u.id != self.me)
            {
                let by = message.from.as_ref();
                let fact = self.went(user, by);
                tell(passed(chat.id, user.id, "out", message.date), group, fact);
            }
            return;
        }
        if let Some(fact) = self.posted(message, None) {
            tell(own, group, fact);
        }
    }

    fn edited(self, message: &Message) -> Option<Inbound> {
        if !message.chat.is_group() {
            return None;
        }
        let edited = key(message.chat.id, message.message_id);
        let changed = message.edit_date.unwrap_or(message.date);
        Some(Inbound {
            key: format!("{edited}:{changed}"),
            at: at(changed),
            group: Some(message.chat.id.to_string()),
            fact: self.posted(message, Some(edited))?,
        })
    }

    fn posted(self, message: &Message, edits: Option<String>) -> Option<Fact> {
        let sender = match (&message.sender_chat, &message.from) {
            // Somebody who runs the group, or a channel, behind its name.
            (Some(behalf), _) => Sender {
                external_id: behalf.id.to_string(),
                name: behalf.title.clone().unwrap_or_default(),
            },
            (None, Some(from)) if from.id != self.me => somebody(from),
            _ => return None,
        };
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

    fn changed(self, change: &MemberChange) -> Option<Inbound> {
        let user = &change.new_chat_member.user;
        if !change.chat.is_group() || user.id == self.me {
            return None;
        }
        let (was, is) = (
            change.old_chat_member.inside(),
            change.new_chat_member.inside(),
        );
        let (way, fact) = match (was, is) {
            (false, true) => {
                let link = change.invite_link.as_ref();
                let brought = link.is_none() && self.other(&change.from, user.id);
                let fact = Fact::Joined {
                    who: somebody(user),
                    via: link.map(super::wire::Link::tag),
                    inviter: brought.then(|| somebody(&change.from)),
                };
                ("in", fact)
            }
            (true, false) => ("out", self.went(user, Some(&change.from))),
            _ => return None,
        };
        Some(Inbound {
            key: passed(change.chat.id, user.id, way, change.date),
            at: at(change.date),
            group: Some(change.chat.id.to_string()),
            fact,
        })
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
            reason: request.bio.clone().unwrap_or_default(),
            via: request.invite_link.as_ref().map(super::wire::Link::tag),
        },
    }
}

fn words(message: &Message) -> Option<(MessageKind, String)> {
    let caption = || with_links(message.caption.as_deref(), &message.caption_entities);
    if !message.photo.is_empty() {
        return Some((MessageKind::Image, caption()));
    }
    if message.video.is_some() || message.animation.is_some() || message.video_note.is_some() {
        return Some((MessageKind::Video, caption()));
    }
    if message.voice.is_some() || message.audio.is_some() {
        return Some((MessageKind::Voice, caption()));
    }
    if let Some(file) = &message.document {
        let name = file.file_name.clone().unwrap_or_default();
        let text = caption();
        return Some((MessageKind::File, if text.is_empty() { name } else { text }));
    }
    if let Some(sticker) = &message.sticker {
        let shows = sticker.emoji.clone().unwrap_or_default();
        return Some((MessageKind::Sticker, shows));
    }
    if message.contact.is_some() {
        return Some((MessageKind::Card, String::new()));
    }
    message.text.as_ref()?;
    let text = with_links(message.text.as_deref(), &message.entities);
    Some((MessageKind::Text, text))
}

/// Words, with the addresses that hide behind them at the end: whoever judges has to see where a
/// link leads.
fn with_links(text: Option<&str>, entities: &[Entity]) -> String {
    let mut text = text.unwrap_or_default().to_owned();
    for entity in entities {
        if let ("text_link", Some(url)) = (entity.kind.as_str(), &entity.url)
            && !text.contains(url.as_str())
        {
            text.push(' ');
            text.push_str(url);
        }
    }
    text
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
        assert_eq!((via.as_deref(), reason.as_str()), (Some("ref:u7"), "hi"));
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
        assert!(recorded("callback").is_empty() && recorded("reaction").is_empty());
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
