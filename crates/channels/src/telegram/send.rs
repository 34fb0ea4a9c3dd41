//! Wishes as calls of the Bot API.

use serde::Deserialize;
use serde_json::{Value, json};
use yutang_domain::{
    capability::{Capability, NotCapable},
    time::{DAY, SECOND},
};

use super::{Failure, InviteLink, NAME_LENGTH, TelegramChannel, chat, lock, map};
use crate::{ChannelError, Outbound, Sent, Wish};

/// How long a message may be, in UTF-16 units.
const LENGTH: usize = 4_096;
/// In how many messages one text is said at most.
const PARTS: usize = 10;
/// For how long the rest of a text is kept trying for once its beginning is said, in milliseconds.
const REST_MS: i64 = 60 * SECOND;
/// How long a place in the line may be waited for rather than come back for, in milliseconds.
const PATIENCE_MS: i64 = 1_500;
/// Shorter restrictions are for ever, says Telegram; so are those of more than [`LONGEST_DAYS`].
const SHORTEST_S: i64 = 31;
const LONGEST_DAYS: i64 = 366;
/// How many links are remembered for wishes that are to come again.
const REMEMBERED: usize = 1_000;
/// What members may do.
const PERMISSIONS: &[&str] = &[
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
    "can_invite_users",
];
const NOTHING: Sent = Sent { external_id: None };

#[derive(Debug, Deserialize)]
struct Said {
    message_id: i64,
}

impl TelegramChannel {
    pub(super) async fn carry_out(&self, outbound: &Outbound) -> Result<Sent, ChannelError> {
        let key = outbound.key.as_str();
        match &outbound.wish {
            Wish::Post {
                group,
                text,
                reply_to,
            } => self.say(group, key, text, reply_to.as_deref()).await,
            Wish::Whisper { to, text } => self.tell(to, key, text, Capability::PostPrivate).await,
            Wish::Welcome { to, text } => {
                self.tell(to, key, text, Capability::WelcomePrivate).await
            }
            Wish::Remove { group, who, .. } => {
                let group = chat(group)?;
                let (method, call) = match Writer::of(who)? {
                    Writer::Person(id) => {
                        ("banChatMember", json!({ "chat_id": group, "user_id": id }))
                    }
                    Writer::Name(id) => (
                        "banChatSenderChat",
                        json!({ "chat_id": group, "sender_chat_id": id }),
                    ),
                };
                self.act(method, call).await
            }
            Wish::Readmit { group, who, silent } => self.readmit(group, key, who, *silent).await,
            Wish::Restrict {
                group,
                who,
                seconds,
            } => {
                let seconds = i64::from(*seconds).max(SHORTEST_S);
                let forever = seconds * SECOND > LONGEST_DAYS * DAY;
                let until = self.theirs(self.clock.now()).ms() / SECOND + seconds;
                let call = json!({
                    "chat_id": chat(group)?,
                    "user_id": Writer::of(who)?.person(Capability::Restrict)?,
                    "permissions": permissions(false),
                    "use_independent_chat_permissions": true,
                    "until_date": if forever { 0 } else { until },
                });
                self.act("restrictChatMember", call).await
            }
            Wish::Lift { group, who } => {
                let call = json!({
                    "chat_id": chat(group)?,
                    "user_id": Writer::of(who)?.person(Capability::Restrict)?,
                    "permissions": permissions(true),
                });
                self.act("restrictChatMember", call).await
            }
            Wish::Delete { message, .. } => {
                let (chat, message) = map::parts(message).ok_or_else(|| ChannelError::Fail {
                    reason: "it is no message of Telegram".to_owned(),
                })?;
                let call = json!({ "chat_id": chat, "message_id": message });
                settled(
                    self.act("deleteMessage", call).await,
                    "message to delete not found",
                )
            }
            Wish::Approve { group, who } => {
                let call = json!({ "chat_id": chat(group)?, "user_id": chat(who)? });
                settled(
                    self.act("approveChatJoinRequest", call).await,
                    "USER_ALREADY_PARTICIPANT",
                )
            }
            Wish::Decline { group, who, .. } => {
                let call = json!({ "chat_id": chat(group)?, "user_id": chat(who)? });
                settled(
                    self.act("declineChatJoinRequest", call).await,
                    "HIDE_REQUESTER_MISSING",
                )
            }
            Wish::Announce { group, text } => {
                let sent = self.say(group, key, text, None).await?;
                let (chat, message) = sent
                    .external_id
                    .as_deref()
                    .and_then(map::parts)
                    .unwrap_or_default();
                let call = json!({ "chat_id": chat, "message_id": message,
                    "disable_notification": true });
                match self.act("pinChatMessage", call).await {
                    Ok(_) => Ok(sent),
                    // It is said, and must not be said again for want of a pin.
                    Err(error) => Err(ChannelError::Unknown {
                        reason: format!("it is said, and not at the top: {error}"),
                    }),
                }
            }
            Wish::Invite { .. } => Err(NotCapable {
                capability: Capability::Invite,
            }
            .into()),
            Wish::Broadcast { .. } => Err(NotCapable {
                capability: Capability::BroadcastTask,
            }
            .into()),
        }
    }

    async fn say(
        &self,
        to: &str,
        key: &str,
        text: &str,
        reply_to: Option<&str>,
    ) -> Result<Sent, ChannelError> {
        let parts = parts(text);
        let (Some((first, rest)), true) = (parts.split_first(), parts.len() <= PARTS) else {
            return Err(ChannelError::Fail {
                reason: format!("a text has at most {PARTS} times {LENGTH} characters"),
            });
        };
        let sent = self.say_part(to, key, first, reply_to).await?;
        for (index, part) in rest.iter().enumerate() {
            let key = format!("{key}/{}", index + 1);
            self.say_rest(to, &key, part)
                .await
                .map_err(|error| ChannelError::Unknown {
                    reason: format!("{} of {} parts are said: {error}", index + 1, parts.len()),
                })?;
        }
        Ok(sent)
    }

    /// A part after the first: what was said before it must not be said again for its sake, so it
    /// is waited for.
    async fn say_rest(&self, to: &str, key: &str, text: &str) -> Result<Sent, ChannelError> {
        let until = self.elapsed() + REST_MS;
        loop {
            match self.say_part(to, key, text, None).await {
                Err(ChannelError::Retry { after_ms, .. }) if self.elapsed() + after_ms <= until => {
                    tokio::time::sleep(std::time::Duration::from_millis(after_ms.unsigned_abs()))
                        .await;
                }
                other => return other,
            }
        }
    }

    async fn say_part(
        &self,
        to: &str,
        key: &str,
        text: &str,
        reply_to: Option<&str>,
    ) -> Result<Sent, ChannelError> {
        let chat = chat(to)?;
        self.take_turn(to, key).await?;
        let mut call = json!({
            "chat_id": chat,
            "text": escaped(text),
            "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true },
        });
        if let Some((_, answered)) = reply_to.and_then(map::parts) {
            call["reply_parameters"] =
                json!({ "message_id": answered, "allow_sending_without_reply": true });
        }
        let said: Result<Said, _> = self.call("sendMessage", &call, Failure::Unknown).await;
        if let Err(ChannelError::Retry { after_ms, .. }) = &said {
            let until = self.elapsed() + after_ms;
            lock(&self.pace).hold(to, until);
        }
        Ok(Sent {
            external_id: Some(map::key(chat, said?.message_id)),
        })
    }

    async fn take_turn(&self, to: &str, key: &str) -> Result<(), ChannelError> {
        loop {
            let wait = lock(&self.pace).wait(self.elapsed(), to, key);
            if wait == 0 {
                return Ok(());
            }
            if wait > PATIENCE_MS {
                return Err(ChannelError::Retry {
                    after_ms: wait,
                    reason: "it is said in its turn".to_owned(),
                });
            }
            tokio::time::sleep(std::time::Duration::from_millis(wait.unsigned_abs())).await;
        }
    }

    /// Waits until something may be called that is said in no conversation.
    pub(super) async fn turn(&self) {
        loop {
            let wait = lock(&self.pace).wait_for_all(self.elapsed());
            if wait == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(wait.unsigned_abs())).await;
        }
    }

    /// A call that makes no difference when it is made twice.
    async fn act(&self, method: &str, call: Value) -> Result<Sent, ChannelError> {
        self.turn().await;
        let _: Value = self.call(method, &call, Failure::Harmless).await?;
        Ok(NOTHING)
    }

    /// No longer barred, and told the way where the person can be written to.
    ///
    /// The link is for one person and seven days and is named after the wish. A wish that comes
    /// again says the link it made before; one that nobody could be told of is revoked. Telegram
    /// lists no links to a bot, so one made before a restart stays, unheard of, until it ends.
    async fn readmit(
        &self,
        group: &str,
        key: &str,
        who: &str,
        silent: bool,
    ) -> Result<Sent, ChannelError> {
        let group_id = chat(group)?;
        let person = match Writer::of(who)? {
            Writer::Person(id) => id,
            Writer::Name(id) => {
                let call = json!({ "chat_id": group_id, "sender_chat_id": id });
                return self.act("unbanChatSenderChat", call).await;
            }
        };
        let call = json!({ "chat_id": group_id, "user_id": person, "only_if_banned": true });
        self.act("unbanChatMember", call).await?;
        if silent {
            return Ok(NOTHING);
        }
        let link = match self.way_back(group, key).await {
            Ok(link) => link,
            Err(error @ ChannelError::Retry { .. }) => return Err(error),
            Err(_) => return Ok(NOTHING),
        };
        let said = self.say(who, key, &link, None).await;
        if matches!(said, Err(ChannelError::Retry { .. })) {
            return said;
        }
        lock(&self.links).remove(key);
        match said {
            Ok(_) | Err(ChannelError::Unknown { .. }) => said,
            // Whoever never wrote to the bot cannot be written to, and may come back all the same.
            Err(_) => {
                let call = json!({ "chat_id": group_id, "invite_link": link });
                // If this fails, a link stays that nobody heard of.
                let _ = self.act("revokeChatInviteLink", call).await;
                Ok(NOTHING)
            }
        }
    }

    /// The link that a wish made before, or a new one.
    async fn way_back(&self, group: &str, key: &str) -> Result<String, ChannelError> {
        let made = lock(&self.links).get(key).cloned();
        if let Some(link) = made {
            return Ok(link);
        }
        let name: String = format!("readmit {key}").chars().take(NAME_LENGTH).collect();
        let link = InviteLink {
            group,
            name: &name,
            until: Some(self.clock.now().plus(7 * DAY)),
            most: Some(1),
            asks: false,
        };
        let link = self.invite_link(&link).await?;
        let mut links = lock(&self.links);
        // Of wishes that were given up meanwhile nobody says so.
        if links.len() >= REMEMBERED {
            links.clear();
        }
        links.insert(key.to_owned(), link.clone());
        Ok(link)
    }

    /// Says something to one person.
    async fn tell(
        &self,
        to: &str,
        key: &str,
        text: &str,
        capability: Capability,
    ) -> Result<Sent, ChannelError> {
        Writer::of(to)?.person(capability)?;
        self.say(to, key, text, None)
            .await
            .map_err(|error| closed(error, capability))
    }
}

/// Who writes in a group, by the sign of the id that facts name them by. What is meant for one
/// person must not be said where a name leads: to a whole channel or group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    Person(i64),
    Name(i64),
}

impl Writer {
    fn of(id: &str) -> Result<Self, ChannelError> {
        let id = chat(id)?;
        Ok(if id < 0 {
            Self::Name(id)
        } else {
            Self::Person(id)
        })
    }

    /// The person, or that `capability` is for people only.
    const fn person(self, capability: Capability) -> Result<i64, NotCapable> {
        match self {
            Self::Person(id) => Ok(id),
            Self::Name(_) => Err(NotCapable { capability }),
        }
    }
}

fn permissions(granted: bool) -> Value {
    PERMISSIONS
        .iter()
        .map(|permission| ((*permission).to_owned(), json!(granted)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// A refusal that says that it had been done before.
fn settled(answer: Result<Sent, ChannelError>, word: &str) -> Result<Sent, ChannelError> {
    match answer {
        Err(ChannelError::Fail { reason }) if reason.contains(word) => Ok(NOTHING),
        other => other,
    }
}

/// A bot writes only to those who wrote to it first and did not shut it out.
fn closed(error: ChannelError, capability: Capability) -> ChannelError {
    match &error {
        ChannelError::Fail { reason } if reason.starts_with("not allowed") => {
            NotCapable { capability }.into()
        }
        _ => error,
    }
}

/// The text in messages of at most [`LENGTH`], cut where a line ends, else where a word or sentence
/// does, else anywhere between two characters.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let Some(end) = end_of(rest) else {
            if parts.is_empty() {
                parts.push(rest);
            } else if !rest.trim_end().is_empty() {
                parts.push(rest.trim_end());
            }
            return parts;
        };
        let fits = &rest[..end];
        let cut = cut(fits).unwrap_or(end);
        let part = rest[..cut].trim_end();
        if !part.is_empty() {
            parts.push(part);
        }
        rest = rest[cut..].trim_start_matches(['\n', ' ']);
    }
}

/// Where a message ends that takes as much as it can; none if all of it fits.
fn end_of(text: &str) -> Option<usize> {
    let mut units = 0;
    text.char_indices().find_map(|(at, letter)| {
        units += letter.len_utf16();
        (units > LENGTH).then_some(at)
    })
}

/// The best place to cut in the later half of a text.
fn cut(text: &str) -> Option<usize> {
    let after = |letters: &[char]| {
        let at = text.rfind(letters)?;
        let width = text[at..].chars().next()?.len_utf8();
        (at >= text.len() / 2).then_some(at + width)
    };
    after(&['\n'])
        .or_else(|| after(&['。', '！', '？', '；', '.', '!', '?', ';']))
        .or_else(|| after(&[' ', '，', ',']))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_markup() {
        assert_eq!(escaped("<b>A&B</b>"), "&lt;b&gt;A&amp;B&lt;/b&gt;");
    }

    #[test]
    fn a_long_text_is_cut_where_a_line_ends() {
        let line = format!("{}\n", "面".repeat(99));
        let text = line.repeat(90);
        let parts = parts(&text);
        assert_eq!(parts.len(), 3);
        for part in &parts {
            assert!(part.encode_utf16().count() <= LENGTH);
            assert!(
                part.lines().all(|line| line.chars().count() == 99),
                "no line is torn"
            );
        }
        assert_eq!(parts.join("\n"), text.trim_end());
    }

    #[test]
    fn a_text_without_lines_is_cut_between_characters() {
        // Each of these takes two units.
        let text = "🍞".repeat(3_000);
        let parts = parts(&text);
        assert_eq!(parts.concat(), text);
        assert_eq!(parts[0].encode_utf16().count(), LENGTH);
        assert_eq!(super::parts("短"), ["短"]);
        assert_eq!(super::parts(""), [""]);
        let sentence = format!("{}。{}", "话".repeat(3_000), "说".repeat(2_000));
        assert_eq!(super::parts(&sentence)[1], "说".repeat(2_000));
    }

    #[test]
    fn somebody_who_cannot_be_written_to_is_a_task_for_a_person() {
        let refused = ChannelError::Fail {
            reason: "not allowed: Forbidden: bot was blocked by the user".to_owned(),
        };
        let error = closed(refused, Capability::PostPrivate);
        assert_eq!(error.missing(), Some(Capability::PostPrivate));
        let other = ChannelError::Fail {
            reason: "400: Bad Request".to_owned(),
        };
        assert_eq!(closed(other.clone(), Capability::PostPrivate), other);
    }
}
