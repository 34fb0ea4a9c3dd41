//! What there is behind the stand-in, and what people do in it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};
use yutang_domain::time::{Clock as _, SECOND, SystemClock};

use super::{ANONYMOUS, BOT, Given, OTHER_BOT};

/// When everything in it begins, in Unix seconds; each thing that happens takes a second, unless the
/// time is that of the machine.
const BEGINNING: i64 = 1_795_000_000;

/// Telegram's own account, which brings what stands in a channel.
const TELEGRAM: i64 = 777_000;
/// The account that stands where a channel writes in a group.
const CHANNEL_BOT: i64 = 136_817_688;

/// What the bot may do in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything that it is ever given.
    All,
    /// Nothing but speaking.
    Member,
    /// It is not in the group.
    Gone,
}

/// The bytes of a picture.
#[derive(Debug)]
pub(super) struct Bytes(pub(super) Vec<u8>);

#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) status: &'static str,
    pub(super) until: i64,
    pub(super) writes: bool,
}

impl Standing {
    const INSIDE: Self = Self {
        status: "member",
        until: 0,
        writes: true,
    };
}

#[derive(Debug, Default)]
pub(super) struct Chat {
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) people: BTreeMap<i64, Standing>,
    /// Those who ask to be let in, with the link through which they do.
    pub(super) waiting: BTreeMap<i64, Option<Value>>,
    /// Channels that may not write there.
    pub(super) barred: BTreeSet<i64>,
    /// The signs of each person under each message.
    pub(super) signs: BTreeMap<(i64, i64), Value>,
    pub(super) messages: BTreeMap<i64, Value>,
    pub(super) pinned: Option<i64>,
    pub(super) links: BTreeMap<String, Value>,
}

/// Everything there is.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) chats: BTreeMap<i64, Chat>,
    pub(super) updates: VecDeque<Value>,
    pub(super) wanted: Vec<String>,
    pub(super) webhook: Option<(String, String)>,
    pub(super) revoked: bool,
    pub(super) busy: (usize, i64),
    pub(super) busy_with: (String, usize, i64),
    pub(super) broken: Option<String>,
    pub(super) called: Vec<String>,
    pub(super) keeps_time: bool,
    files: BTreeMap<String, Vec<u8>>,
    seconds: i64,
    next: i64,
}

pub(super) fn user(id: i64) -> Value {
    let program = match id {
        BOT => Some(("群管家", "qun_bot")),
        OTHER_BOT => Some(("签到助手", "qiandao_bot")),
        ANONYMOUS => Some(("Group", "GroupAnonymousBot")),
        CHANNEL_BOT => Some(("Channel", "Channel_Bot")),
        _ => None,
    };
    if let Some((name, username)) = program {
        return json!({ "id": id, "is_bot": true, "first_name": name, "username": username });
    }
    if id == TELEGRAM {
        return json!({ "id": id, "is_bot": false, "first_name": "Telegram" });
    }
    json!({ "id": id, "is_bot": false, "first_name": format!("用户{id}"), "username": format!("u{id}"),
        "language_code": "zh-hans" })
}

impl World {
    /// A number that was not used before.
    pub(super) fn number(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    pub(super) fn now(&mut self) -> i64 {
        if self.keeps_time {
            return SystemClock.now().ms() / SECOND;
        }
        self.seconds += 1;
        BEGINNING + self.seconds
    }

    pub(super) fn chat(&self, id: i64) -> Value {
        match self.chats.get(&id) {
            Some(chat) if chat.kind != "private" => {
                json!({ "id": id, "title": chat.title, "type": chat.kind })
            }
            _ => json!({ "id": id, "first_name": format!("用户{id}"), "type": "private" }),
        }
    }

    /// Tells the bot what happened.
    pub(super) fn tell(&mut self, kind: &str, what: Value) {
        // The default leaves out what has to be named.
        let named = self.wanted.iter().any(|wanted| wanted == kind);
        let default = self.wanted.is_empty() && kind != "chat_member" && kind != "message_reaction";
        let id = self.number();
        if named || default {
            self.updates
                .push_back(json!({ "update_id": id, kind: what }));
        }
    }

    pub(super) fn group(&mut self, title: &str, kind: &str) -> i64 {
        let n = self.number();
        let id = if kind == "supergroup" {
            -1_001_000_000_000 - n
        } else {
            -1_000 - n
        };
        let chat = Chat {
            kind: kind.to_owned(),
            title: title.to_owned(),
            ..Chat::default()
        };
        self.chats.insert(id, chat);
        self.allow(id, Rights::All);
        id
    }

    pub(super) fn channel(&mut self, title: &str) -> i64 {
        let id = -1_002_000_000_000 - self.number();
        let chat = Chat {
            kind: "channel".to_owned(),
            title: title.to_owned(),
            ..Chat::default()
        };
        self.chats.insert(id, chat);
        id
    }

    pub(super) fn group_mut(&mut self, id: i64) -> &mut Chat {
        self.chats.entry(id).or_default()
    }

    pub(super) fn status(&self, chat: i64, user: i64) -> &'static str {
        let people = self.chats.get(&chat).map(|chat| &chat.people);
        people
            .and_then(|people| people.get(&user))
            .map_or("left", |standing| standing.status)
    }

    pub(super) fn may_write(&self, chat: i64, user: i64) -> bool {
        let people = self.chats.get(&chat).map(|chat| &chat.people);
        people
            .and_then(|people| people.get(&user))
            .is_some_and(|standing| standing.writes)
    }

    /// Somebody in a group as the Bot API writes it, with every field of their status.
    pub(super) fn member(&self, chat: i64, id: i64) -> Value {
        let standing = self.chats.get(&chat).and_then(|chat| chat.people.get(&id));
        let status = standing.map_or("left", |standing| standing.status);
        let mut member = json!({ "status": status, "user": user(id) });
        let fields: &[&str] = match status {
            "administrator" => &[
                "can_manage_chat",
                "can_delete_messages",
                "can_restrict_members",
                "can_invite_users",
                "can_pin_messages",
                "can_change_info",
            ],
            "restricted" => &["is_member"],
            _ => &[],
        };
        for field in fields {
            member[*field] = json!(true);
        }
        let without: &[&str] = match status {
            "administrator" => &[
                "can_be_edited",
                "is_anonymous",
                "can_manage_video_chats",
                "can_promote_members",
                "can_post_stories",
                "can_edit_stories",
                "can_delete_stories",
                "can_manage_topics",
                "can_manage_direct_messages",
                "can_manage_tags",
                "can_send_welcome_messages",
            ],
            "creator" => &["is_anonymous"],
            "restricted" => &[
                "can_send_messages",
                "can_send_audios",
                "can_send_documents",
                "can_send_photos",
                "can_send_videos",
                "can_send_video_notes",
                "can_send_voice_notes",
                "can_send_polls",
                "can_send_other_messages",
                "can_add_web_page_previews",
                "can_change_info",
                "can_invite_users",
                "can_pin_messages",
                "can_manage_topics",
                "can_react_to_messages",
                "can_edit_tag",
            ],
            _ => &[],
        };
        for field in without {
            member[*field] = json!(false);
        }
        if matches!(status, "restricted" | "kicked") {
            member["until_date"] = json!(standing.map_or(0, |standing| standing.until));
        }
        member
    }

    /// Changes somebody's standing and tells the bot of it.
    pub(super) fn stand(
        &mut self,
        chat: i64,
        who: i64,
        by: i64,
        standing: Standing,
        link: Option<Value>,
    ) {
        let before = self.member(chat, who);
        let running = self.status(chat, BOT) == "administrator";
        self.group_mut(chat).people.insert(who, standing);
        let date = self.now();
        let mut change = json!({
            "chat": self.chat(chat), "from": user(by), "date": date,
            "old_chat_member": before, "new_chat_member": self.member(chat, who),
        });
        if let Some(link) = link {
            change["invite_link"] = link;
        }
        if who == BOT {
            self.tell("my_chat_member", change);
        } else if running {
            self.tell("chat_member", change);
        }
    }

    pub(super) fn allow(&mut self, chat: i64, rights: Rights) {
        let (status, writes) = match rights {
            Rights::All => ("administrator", true),
            Rights::Member => ("member", true),
            Rights::Gone => ("kicked", false),
        };
        let standing = Standing {
            status,
            until: 0,
            writes,
        };
        self.stand(chat, BOT, 1, standing, None);
    }

    pub(super) fn bring(&mut self, chat: i64, who: i64, by: i64) {
        self.stand(chat, who, by, Standing::INSIDE, None);
        let (_, message) = self.message(chat, by, json!({ "new_chat_members": [user(who)] }));
        self.tell("message", message);
    }

    pub(super) fn raise(&mut self, chat: i64, who: i64, status: &'static str) {
        let standing = Standing {
            status,
            ..Standing::INSIDE
        };
        self.stand(chat, who, 1, standing, None);
    }

    fn message(&mut self, chat: i64, from: i64, content: Value) -> (i64, Value) {
        let id = self.number();
        let date = self.now();
        let mut message = json!({ "message_id": id, "from": user(from), "chat": self.chat(chat),
            "date": date });
        if let (Some(message), Value::Object(content)) = (message.as_object_mut(), content) {
            message.extend(content);
        }
        self.group_mut(chat).messages.insert(id, message.clone());
        (id, message)
    }

    pub(super) fn say(&mut self, chat: i64, from: i64, text: &str, to: Option<i64>) -> i64 {
        let mut content = json!({ "text": text });
        if let Some(answered) = to.and_then(|to| self.group_mut(chat).messages.get(&to)) {
            content["reply_to_message"] = answered.clone();
        }
        let (id, message) = self.message(chat, from, content);
        self.tell("message", message);
        id
    }

    pub(super) fn say_as(&mut self, chat: i64, name: i64, text: &str) -> Option<i64> {
        if self.group_mut(chat).barred.contains(&name) {
            return None;
        }
        let from = if name == chat { ANONYMOUS } else { CHANNEL_BOT };
        let content = json!({ "sender_chat": self.chat(name), "text": text });
        let (id, message) = self.message(chat, from, content);
        self.tell("message", message);
        Some(id)
    }

    pub(super) fn forward(&mut self, chat: i64, channel: i64, text: &str) -> i64 {
        let (origin, date) = (self.number(), self.now());
        let content = json!({ "sender_chat": self.chat(channel), "text": text,
            "is_automatic_forward": true,
            "forward_origin": { "type": "channel", "date": date, "chat": self.chat(channel),
                "message_id": origin } });
        let (id, message) = self.message(chat, TELEGRAM, content);
        self.tell("message", message);
        id
    }

    pub(super) fn react(&mut self, chat: i64, who: i64, id: i64, signs: &[&str]) {
        let new: Value = signs
            .iter()
            .map(|sign| json!({ "type": "emoji", "emoji": sign }))
            .collect();
        let kept = &mut self.group_mut(chat).signs;
        let old = kept.insert((id, who), new.clone());
        if self.status(chat, BOT) != "administrator" {
            return;
        }
        let date = self.now();
        let reaction = json!({ "chat": self.chat(chat), "message_id": id, "user": user(who),
            "date": date, "old_reaction": old.unwrap_or_else(|| json!([])), "new_reaction": new });
        self.tell("message_reaction", reaction);
    }

    pub(super) fn edit(&mut self, chat: i64, id: i64, text: &str) {
        let date = self.now();
        let Some(message) = self.group_mut(chat).messages.get_mut(&id) else {
            return;
        };
        message["text"] = json!(text);
        message["edit_date"] = json!(date);
        let message = message.clone();
        self.tell("edited_message", message);
    }

    pub(super) fn show(&mut self, chat: i64, from: i64, caption: &str, bytes: Bytes) -> i64 {
        let name = format!("photo{}", self.number());
        let photo = json!([{ "file_id": name, "file_unique_id": name, "width": 90, "height": 90,
            "file_size": bytes.0.len() }]);
        self.files.insert(name, bytes.0);
        let (id, message) = self.message(chat, from, json!({ "caption": caption, "photo": photo }));
        self.tell("message", message);
        id
    }

    pub(super) fn whisper(&mut self, from: i64, text: &str) {
        let chat = self.group_mut(from);
        "private".clone_into(&mut chat.kind);
        let (_, message) = self.message(from, from, json!({ "text": text }));
        self.tell("message", message);
    }

    pub(super) fn join(&mut self, chat: i64, who: i64, link: Option<&str>) -> bool {
        if self.status(chat, who) == "kicked" {
            return false;
        }
        let link = link.and_then(|link| self.group_mut(chat).links.get(link).cloned());
        self.stand(chat, who, who, Standing::INSIDE, link);
        let (_, message) = self.message(chat, who, json!({ "new_chat_members": [user(who)] }));
        self.tell("message", message);
        true
    }

    pub(super) fn knock(&mut self, chat: i64, who: i64, bio: &str, link: Option<&str>) {
        let link = link.and_then(|link| self.group_mut(chat).links.get(link).cloned());
        let waiting = &mut self.group_mut(chat).waiting;
        waiting.insert(who, link.clone());
        let date = self.now();
        let mut request = json!({ "chat": self.chat(chat), "from": user(who), "user_chat_id": who,
            "date": date, "bio": bio });
        if let Some(link) = link {
            request["invite_link"] = link;
        }
        self.tell("chat_join_request", request);
    }

    pub(super) fn leave(&mut self, chat: i64, who: i64) {
        let standing = Standing {
            status: "left",
            until: 0,
            writes: false,
        };
        self.stand(chat, who, who, standing, None);
        let (_, message) = self.message(chat, who, json!({ "left_chat_member": user(who) }));
        self.tell("message", message);
    }

    pub(super) fn migrate(&mut self, chat: i64) -> i64 {
        let old = self.chats.remove(&chat).unwrap_or_default();
        let to = -1_001_000_000_000 - self.number();
        let mut next = Chat {
            kind: "supergroup".to_owned(),
            title: old.title.clone(),
            people: old.people.clone(),
            ..Chat::default()
        };
        next.messages.clear();
        self.chats.insert(chat, old);
        let (_, message) = self.message(chat, 1, json!({ "migrate_to_chat_id": to }));
        self.tell("message", message);
        self.chats.remove(&chat);
        self.chats.insert(to, next);
        let (_, message) = self.message(to, 1, json!({ "migrate_from_chat_id": chat }));
        self.tell("message", message);
        to
    }

    /// The bot says something.
    pub(super) fn speak(&mut self, chat: i64, content: Value) -> Value {
        self.message(chat, BOT, content).1
    }

    /// Whether the connection breaks at this message; it does so once.
    pub(super) fn breaks_off(&mut self, given: &Given) -> bool {
        let text = given.text("text").unwrap_or_default();
        self.broken
            .take_if(|words| text.contains(words.as_str()))
            .is_some()
    }

    pub(super) fn said(&self, chat: i64) -> Vec<String> {
        let messages = self.chats.get(&chat).map(|chat| &chat.messages);
        messages
            .into_iter()
            .flat_map(BTreeMap::values)
            .filter(|message| message["from"]["id"] == BOT)
            .filter_map(|message| message["text"].as_str())
            .map(str::to_owned)
            .collect()
    }

    pub(super) fn links(&self, chat: i64) -> Vec<String> {
        let links = self.chats.get(&chat).map(|chat| chat.links.keys());
        links.into_iter().flatten().cloned().collect()
    }

    pub(super) fn stands(&self, chat: i64, message: i64) -> bool {
        let chat = self.chats.get(&chat);
        chat.is_some_and(|chat| chat.messages.contains_key(&message))
    }

    pub(super) fn pinned(&self, chat: i64) -> Option<i64> {
        self.chats.get(&chat)?.pinned
    }

    pub(super) fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.files.get(path.strip_prefix("photos/")?).cloned()
    }

    pub(super) fn file_size(&self, name: &str) -> Option<usize> {
        self.files.get(name).map(Vec::len)
    }
}
