//! What Telegram writes, as far as it is read here. Fields that are not listed are left out, and
//! what cannot be read is an update of no interest.

use serde::Deserialize;

/// Something that happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Update {
    /// Its number, growing.
    pub update_id: i64,
    /// Somebody wrote.
    pub message: Option<Message>,
    /// Somebody changed what they wrote.
    pub edited_message: Option<Message>,
    /// Somebody's standing in a group changed.
    pub chat_member: Option<MemberChange>,
    /// The bot's own standing changed.
    pub my_chat_member: Option<MemberChange>,
    /// Somebody asks to be let in.
    pub chat_join_request: Option<JoinRequest>,
    /// Somebody changed the signs under a message.
    pub message_reaction: Option<Reaction>,
}

/// A person or a program.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct User {
    /// Its id.
    pub id: i64,
    /// Whether it is a program.
    pub is_bot: bool,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: Option<String>,
    /// Without the @.
    pub username: Option<String>,
    /// Of the bot itself: whether it reads what is not for it.
    pub can_read_all_group_messages: bool,
}

/// A group, a channel or a private conversation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chat {
    /// Its id; of a private one that of the person.
    pub id: i64,
    /// `private`, `group`, `supergroup`, `channel`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub title: Option<String>,
}

impl Chat {
    /// Whether it is a group.
    pub fn is_group(&self) -> bool {
        matches!(self.kind.as_str(), "group" | "supergroup")
    }
}

/// A message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Message {
    /// Its number in the conversation.
    pub message_id: i64,
    /// Who wrote it.
    pub from: Option<User>,
    /// On behalf of which group or channel.
    pub sender_chat: Option<Chat>,
    /// Whether Telegram brought it from the channel that the group belongs to.
    pub is_automatic_forward: bool,
    /// Where.
    pub chat: Chat,
    /// When, in Unix seconds.
    pub date: i64,
    /// When it was changed.
    pub edit_date: Option<i64>,
    /// Its words.
    pub text: Option<String>,
    /// What stands in the words.
    pub entities: Vec<Entity>,
    /// The words beside a picture or file.
    pub caption: Option<String>,
    /// What stands in those.
    pub caption_entities: Vec<Entity>,
    /// What it answers.
    pub reply_to_message: Option<Box<Message>>,
    /// A picture in several sizes.
    pub photo: Vec<File>,
    /// A voice message.
    pub voice: Option<File>,
    /// A piece of music.
    pub audio: Option<File>,
    /// A film.
    pub video: Option<File>,
    /// A round film.
    pub video_note: Option<File>,
    /// A moving picture.
    pub animation: Option<File>,
    /// A sticker.
    pub sticker: Option<File>,
    /// A file.
    pub document: Option<File>,
    /// Somebody's card.
    pub contact: Option<serde_json::Value>,
    /// People who came.
    pub new_chat_members: Vec<User>,
    /// Somebody who went.
    pub left_chat_member: Option<User>,
    /// The group's new name.
    pub new_chat_title: Option<String>,
    /// The id under which the group goes on.
    pub migrate_to_chat_id: Option<i64>,
    /// The id under which it went before.
    pub migrate_from_chat_id: Option<i64>,
    /// What was put at the top.
    pub pinned_message: Option<serde_json::Value>,
}

/// Something in the words of a message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entity {
    /// `text_link`, ….
    #[serde(rename = "type")]
    pub kind: String,
    /// Where a link behind words leads.
    pub url: Option<String>,
}

/// A file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct File {
    /// What it can be fetched by.
    pub file_id: String,
    /// Its size in bytes.
    pub file_size: Option<u64>,
    /// Width in pixels.
    pub width: i64,
    /// Height in pixels.
    pub height: i64,
    /// Its name.
    pub file_name: Option<String>,
    /// Where it lies, once asked for.
    pub file_path: Option<String>,
    /// What a sticker stands for.
    pub emoji: Option<String>,
}

/// A change of somebody's standing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MemberChange {
    /// Where.
    pub chat: Chat,
    /// Who did it.
    pub from: User,
    /// When, in Unix seconds.
    pub date: i64,
    /// Before.
    pub old_chat_member: Member,
    /// After.
    pub new_chat_member: Member,
    /// Through which link.
    pub invite_link: Option<Link>,
}

/// Somebody in a group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Member {
    /// `creator`, `administrator`, `member`, `restricted`, `left`, `kicked`.
    pub status: String,
    /// Who.
    pub user: User,
    /// Of somebody restricted: whether they are in the group.
    pub is_member: bool,
    /// Of somebody restricted: whether they may write.
    pub can_send_messages: Option<bool>,
    /// Of an administrator: may take messages back.
    pub can_delete_messages: bool,
    /// May restrict and put out.
    pub can_restrict_members: bool,
    /// May let in and make links.
    pub can_invite_users: bool,
    /// May put messages at the top.
    pub can_pin_messages: bool,
}

impl Member {
    /// Whether they are in the group.
    pub fn inside(&self) -> bool {
        match self.status.as_str() {
            "creator" | "administrator" | "member" => true,
            "restricted" => self.is_member,
            _ => false,
        }
    }

    /// Whether they run it.
    pub fn runs_it(&self) -> bool {
        matches!(self.status.as_str(), "creator" | "administrator")
    }
}

/// A link into a group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    /// The link.
    pub invite_link: String,
    /// What it was named.
    pub name: Option<String>,
}

impl Link {
    /// What tells it from others.
    pub fn tag(&self) -> String {
        match self.name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => self.invite_link.clone(),
        }
    }
}

/// Somebody asks to be let in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct JoinRequest {
    /// Where.
    pub chat: Chat,
    /// Who.
    pub from: User,
    /// When, in Unix seconds.
    pub date: i64,
    /// Through which link.
    pub invite_link: Option<Link>,
}

/// The signs of one person under a message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reaction {
    /// Where.
    pub chat: Chat,
    /// The number of the message.
    pub message_id: i64,
    /// Whose they are, unless they are of somebody without a name.
    pub user: Option<User>,
    /// When they changed, in Unix seconds.
    pub date: i64,
    /// Before.
    pub old_reaction: Vec<Sign>,
    /// After.
    pub new_reaction: Vec<Sign>,
}

/// A sign under a message.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Sign {
    /// `emoji`, `custom_emoji`, `paid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sign, of the first kind.
    pub emoji: Option<String>,
}
