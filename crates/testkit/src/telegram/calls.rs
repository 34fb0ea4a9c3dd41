//! The methods of the Bot API that the stand-in knows.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    BOT, Given, Outcome,
    world::{Standing, World, user},
};

type Answer = Result<Value, (u16, &'static str)>;

/// Members of a status that cannot be restricted or put out.
const ABOVE: &[&str] = &["administrator", "creator"];

impl World {
    pub(super) fn call(&mut self, method: &str, given: &Given) -> Outcome {
        if method != "getUpdates" {
            self.called.push(method.to_owned());
            if self.busy.0 > 0 {
                self.busy.0 -= 1;
                return Outcome::Patience(self.busy.1);
            }
            if self.busy_with.0 == method && self.busy_with.1 > 0 {
                self.busy_with.1 -= 1;
                return Outcome::Patience(self.busy_with.2);
            }
        }
        let answer = match method {
            "getUpdates" => return self.get_updates(given),
            "getMe" => Ok(me()),
            "setWebhook" => self.set_webhook(given),
            "deleteWebhook" => {
                self.webhook = None;
                Ok(json!(true))
            }
            "getWebhookInfo" => Ok(json!({
                "url": self.webhook.as_ref().map_or("", |(url, _)| url),
                "has_custom_certificate": false,
                "pending_update_count": self.updates.len(),
            })),
            "getChat" => self.get_chat(given),
            "getChatMember" => self
                .in_chat(given)
                .and_then(|chat| Ok(self.member(chat, whom(given)?))),
            "getChatAdministrators" => self.in_chat(given).map(|chat| {
                let bots = given.is("return_bots");
                let people = self.chats[&chat].people.keys();
                let above = people.filter(|id| ABOVE.contains(&self.status(chat, **id)));
                let shown = above.filter(|id| bots || **id == BOT || user(**id)["is_bot"] == false);
                shown.map(|id| self.member(chat, *id)).collect()
            }),
            "getChatMemberCount" => self.in_chat(given).map(|chat| {
                let people = self.chats[&chat].people.values();
                let inside = people.filter(|s| !matches!(s.status, "left" | "kicked"));
                json!(inside.count())
            }),
            "sendMessage" => match self.send_message(given) {
                Ok(_) if self.breaks_off(given) => return Outcome::Broken,
                other => other,
            },
            "deleteMessage" => self.delete_message(given),
            "pinChatMessage" => self.may(given, "can_pin_messages").map(|chat| {
                self.group_mut(chat).pinned = given.number("message_id");
                json!(true)
            }),
            "restrictChatMember" => self.restrict(given),
            "banChatMember" => self.ban(given),
            "unbanChatMember" => self.unban(given),
            "banChatSenderChat" => self.bar(given, true),
            "unbanChatSenderChat" => self.bar(given, false),
            "createChatInviteLink" => self.create_link(given),
            "revokeChatInviteLink" => self.revoke_link(given),
            "approveChatJoinRequest" => self.decide(given, true),
            "declineChatJoinRequest" => self.decide(given, false),
            "getFile" => {
                let name = given.text("file_id").unwrap_or_default();
                match self.file_size(name) {
                    Some(size) => Ok(json!({ "file_id": name, "file_unique_id": name,
                        "file_size": size, "file_path": format!("photos/{name}") })),
                    None => Err((400, "Bad Request: invalid file_id")),
                }
            }
            _ => Err((404, "Not Found: method not found")),
        };
        match answer {
            Ok(result) => Outcome::Done(result),
            Err((status, said)) => Outcome::Refused(status, said.to_owned()),
        }
    }

    fn get_updates(&mut self, given: &Given) -> Outcome {
        if self.webhook.is_some() {
            let said = "Conflict: can't use getUpdates method while webhook is active; use \
                        deleteWebhook to delete the webhook first";
            return Outcome::Refused(409, said.to_owned());
        }
        if self.busy.0 > 0 {
            self.busy.0 -= 1;
            return Outcome::Patience(self.busy.1);
        }
        if let Value::Array(wanted) = given.value("allowed_updates") {
            let wanted = wanted.iter().filter_map(Value::as_str);
            self.wanted = wanted.map(str::to_owned).collect();
        }
        if let Some(offset) = given.number("offset") {
            self.updates
                .retain(|update| update["update_id"].as_i64() >= Some(offset));
        }
        let limit = usize::try_from(given.number("limit").unwrap_or(100)).unwrap_or(100);
        let updates: Vec<Value> = self.updates.iter().take(limit).cloned().collect();
        let wait = given.number("timeout").unwrap_or(0).unsigned_abs();
        if updates.is_empty() && wait > 0 {
            return Outcome::Wait(Duration::from_secs(wait));
        }
        Outcome::Done(json!(updates))
    }

    fn set_webhook(&mut self, given: &Given) -> Answer {
        let secret = given.text("secret_token").unwrap_or_default();
        let formed = secret
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        if !formed || secret.len() > 256 {
            return Err((
                400,
                "Bad Request: secret token contains unallowed characters",
            ));
        }
        if let Value::Array(wanted) = given.value("allowed_updates") {
            let wanted = wanted.iter().filter_map(Value::as_str);
            self.wanted = wanted.map(str::to_owned).collect();
        }
        let url = given.text("url").unwrap_or_default();
        self.webhook = (!url.is_empty()).then(|| (url.to_owned(), secret.to_owned()));
        Ok(json!(true))
    }

    fn get_chat(&self, given: &Given) -> Answer {
        let id = self.in_chat(given)?;
        let mut chat = self.chat(id);
        chat["accent_color_id"] = json!(1);
        chat["max_reaction_count"] = json!(11);
        chat["accepted_gift_types"] = json!({ "unlimited_gifts": false, "limited_gifts": false,
            "unique_gifts": false, "premium_subscription": false, "gifts_from_channels": false });
        Ok(chat)
    }

    /// The chat of a call, which the bot has to be in.
    fn in_chat(&self, given: &Given) -> Result<i64, (u16, &'static str)> {
        let id = given.number("chat_id").unwrap_or_default();
        let Some(chat) = self.chats.get(&id) else {
            // Whoever asks to be let in may be written to until that is decided.
            if self
                .chats
                .values()
                .any(|chat| chat.waiting.contains_key(&id))
            {
                return Ok(id);
            }
            return Err(if id > 0 {
                (
                    403,
                    "Forbidden: bot can't initiate conversation with a user",
                )
            } else {
                (400, "Bad Request: chat not found")
            });
        };
        if chat.kind != "private" && matches!(self.status(id, BOT), "left" | "kicked") {
            return Err((403, "Forbidden: bot was kicked from the supergroup chat"));
        }
        Ok(id)
    }

    /// The chat of a call that takes this right.
    fn may(&self, given: &Given, right: &str) -> Result<i64, (u16, &'static str)> {
        let id = self.in_chat(given)?;
        if self.member(id, BOT)[right] == true {
            Ok(id)
        } else {
            Err((
                400,
                "Bad Request: not enough rights to restrict/unrestrict chat member",
            ))
        }
    }

    fn send_message(&mut self, given: &Given) -> Answer {
        let chat = self.in_chat(given)?;
        let text = given.text("text").unwrap_or_default();
        if text.trim().is_empty() {
            return Err((400, "Bad Request: message text is empty"));
        }
        let shown = if given.text("parse_mode") == Some("HTML") {
            plain(text).ok_or((400, "Bad Request: can't parse entities"))?
        } else {
            text.to_owned()
        };
        if shown.encode_utf16().count() > 4_096 {
            return Err((400, "Bad Request: message is too long"));
        }
        let mut content = json!({ "text": shown });
        let answered = given.value("reply_parameters");
        let answered = answered["message_id"].as_i64();
        if let Some(message) = answered.and_then(|id| self.group_mut(chat).messages.get(&id)) {
            let mut message = message.clone();
            // An answer shows the message it answers, and nothing beyond that.
            if let Some(message) = message.as_object_mut() {
                message.remove("reply_to_message");
            }
            content["reply_to_message"] = message;
        }
        Ok(self.speak(chat, content))
    }

    fn delete_message(&mut self, given: &Given) -> Answer {
        let chat = self.may(given, "can_delete_messages")?;
        let id = given.number("message_id").unwrap_or_default();
        match self.group_mut(chat).messages.remove(&id) {
            Some(_) => Ok(json!(true)),
            None => Err((400, "Bad Request: message to delete not found")),
        }
    }

    fn restrict(&mut self, given: &Given) -> Answer {
        let chat = self.may(given, "can_restrict_members")?;
        if self.chats[&chat].kind != "supergroup" {
            return Err((400, "Bad Request: method is available only for supergroups"));
        }
        let who = whom(given)?;
        if ABOVE.contains(&self.status(chat, who)) {
            return Err((400, "Bad Request: user is an administrator of the chat"));
        }
        let writes = given.value("permissions")["can_send_messages"] == true;
        let standing = Standing {
            status: if writes { "member" } else { "restricted" },
            until: given.number("until_date").unwrap_or(0),
            writes,
        };
        self.stand(chat, who, BOT, standing, None);
        Ok(json!(true))
    }

    fn ban(&mut self, given: &Given) -> Answer {
        let chat = self.may(given, "can_restrict_members")?;
        let who = whom(given)?;
        if ABOVE.contains(&self.status(chat, who)) {
            return Err((400, "Bad Request: user is an administrator of the chat"));
        }
        let standing = Standing {
            status: "kicked",
            until: given.number("until_date").unwrap_or(0),
            writes: false,
        };
        self.stand(chat, who, BOT, standing, None);
        Ok(json!(true))
    }

    fn unban(&mut self, given: &Given) -> Answer {
        let chat = self.may(given, "can_restrict_members")?;
        let who = whom(given)?;
        let banned = self.status(chat, who) == "kicked";
        if banned || !given.is("only_if_banned") {
            let standing = Standing {
                status: "left",
                until: 0,
                writes: false,
            };
            self.stand(chat, who, BOT, standing, None);
        }
        Ok(json!(true))
    }

    /// Bars a channel from writing in a group, or no longer does.
    fn bar(&mut self, given: &Given, bars: bool) -> Answer {
        let chat = self.may(given, "can_restrict_members")?;
        if self.chats[&chat].kind != "supergroup" {
            return Err((
                400,
                "Bad Request: method is available only for supergroups and channels",
            ));
        }
        let name = given.number("sender_chat_id").unwrap_or_default();
        if name >= 0 || name == chat {
            return Err((400, "Bad Request: invalid sender chat specified"));
        }
        let barred = &mut self.group_mut(chat).barred;
        if bars {
            barred.insert(name);
        } else {
            barred.remove(&name);
        }
        Ok(json!(true))
    }

    fn create_link(&mut self, given: &Given) -> Answer {
        let chat = self.may(given, "can_invite_users")?;
        let name = given.text("name").unwrap_or_default();
        let most = given.number("member_limit");
        if name.chars().count() > 32 || (most.is_some() && given.is("creates_join_request")) {
            return Err((400, "Bad Request: invite link parameters are invalid"));
        }
        let address = format!("https://t.me/+link{}", self.number());
        let mut link = json!({ "invite_link": address, "creator": user(BOT),
            "creates_join_request": given.is("creates_join_request"), "is_primary": false,
            "is_revoked": false, "name": name });
        for field in ["expire_date", "member_limit"] {
            if let Some(number) = given.number(field) {
                link[field] = json!(number);
            }
        }
        self.group_mut(chat).links.insert(address, link.clone());
        Ok(link)
    }

    fn revoke_link(&mut self, given: &Given) -> Answer {
        let chat = self.may(given, "can_invite_users")?;
        let address = given.text("invite_link").unwrap_or_default();
        let mut link = self
            .group_mut(chat)
            .links
            .remove(address)
            .ok_or((400, "Bad Request: INVITE_HASH_EXPIRED"))?;
        link["is_revoked"] = json!(true);
        Ok(link)
    }

    fn decide(&mut self, given: &Given, let_in: bool) -> Answer {
        let chat = self.may(given, "can_invite_users")?;
        let who = whom(given)?;
        let Some(link) = self.group_mut(chat).waiting.remove(&who) else {
            return Err((400, "Bad Request: HIDE_REQUESTER_MISSING"));
        };
        if let_in {
            let standing = Standing {
                status: "member",
                until: 0,
                writes: true,
            };
            self.stand(chat, who, BOT, standing, link);
        }
        Ok(json!(true))
    }
}

fn whom(given: &Given) -> Result<i64, (u16, &'static str)> {
    given
        .number("user_id")
        .ok_or((400, "Bad Request: invalid user_id specified"))
}

fn me() -> Value {
    let mut me = user(BOT);
    for field in [
        "can_join_groups",
        "can_read_all_group_messages",
        "can_manage_bots",
    ] {
        me[field] = json!(true);
    }
    for field in [
        "supports_inline_queries",
        "can_connect_to_business",
        "has_main_web_app",
        "has_topics_enabled",
        "allows_users_to_create_topics",
    ] {
        me[field] = json!(false);
    }
    me
}

/// The words of a piece of HTML, if it is one: each `<` and `&` has to mean something.
fn plain(html: &str) -> Option<String> {
    let mut words = String::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&', '>']) {
        words.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(tag) = rest.strip_prefix('<') {
            let (name, after) = tag.split_once('>')?;
            let name = name.trim_start_matches('/');
            if !["b", "i", "u", "s", "code", "pre"].contains(&name)
                && !name.starts_with("a ")
                && name != "a"
            {
                return None;
            }
            rest = after;
        } else {
            let (entity, letter) = [
                ("&amp;", '&'),
                ("&lt;", '<'),
                ("&gt;", '>'),
                ("&quot;", '"'),
            ]
            .into_iter()
            .find(|(entity, _)| rest.starts_with(entity))?;
            words.push(letter);
            rest = &rest[entity.len()..];
        }
    }
    words.push_str(rest);
    Some(words)
}
