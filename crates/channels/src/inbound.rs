//! What a network reports.

use yutang_domain::{
    capability::{Capabilities, Capability},
    time::Timestamp,
    words,
};

words! {
    /// What a message consists of.
    pub enum MessageKind {
        /// Words.
        Text = "text",
        /// A picture; the text is its caption.
        Image = "image",
        /// A voice message.
        Voice = "voice",
        /// A film; the text is its caption.
        Video = "video",
        /// A file; the text is its name or caption.
        File = "file",
        /// A sticker.
        Sticker = "sticker",
        /// A card: a mini-programme's or a person's.
        Card = "card",
        /// A link or an article.
        Link = "link",
        /// A red packet.
        RedPacket = "red_packet",
        /// Anything else.
        Other = "other",
    }
}

/// Somebody as the network names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sender {
    /// Their id on the network, stable.
    pub external_id: String,
    /// The name they show.
    pub name: String,
}

/// A picture on the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What the network knows it by.
    pub reference: String,
    /// Its size in bytes, as far as the network says.
    pub size: Option<u64>,
    /// What its codes (QR) say; filled in by whoever fetched it.
    pub codes: Vec<String>,
}

/// A fact from a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// Under this key the fact is stored once, however often it comes.
    pub key: String,
    /// When it happened, by the network's clock.
    pub at: Timestamp,
    /// The network's id of the group; none in private.
    pub group: Option<String>,
    /// What happened.
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Somebody wrote in a group.
    Posted {
        /// Who.
        sender: Sender,
        /// What it consists of.
        kind: MessageKind,
        /// The words, or the caption; empty for a bare card.
        text: String,
        /// The key of the message that it answers.
        reply_to: Option<String>,
        /// The key of the message whose words it replaces, if its sender changed one.
        edits: Option<String>,
        /// What a picture can be fetched by, see [`crate::Channel::fetch`].
        picture: Option<Picture>,
    },
    /// Somebody asks to be let in.
    Knocked {
        /// Who.
        who: Sender,
        /// What they say for themselves.
        reason: String,
        /// The code or link through which they ask.
        via: Option<String>,
    },
    /// Somebody who asked asks no longer: taken back, or decided in the network's own client.
    KnockGone {
        /// Who.
        who: Sender,
    },
    /// Somebody came into a group.
    Joined {
        /// Who.
        who: Sender,
        /// The code, link or state through which they came.
        via: Option<String>,
        /// Who brought them.
        inviter: Option<Sender>,
    },
    /// Somebody left a group.
    Left {
        /// Who.
        who: Sender,
    },
    /// Somebody was put out of a group.
    Removed {
        /// Who.
        who: Sender,
        /// By whom.
        by: Option<Sender>,
    },
    /// The group has another name now.
    Renamed {
        /// The new name.
        name: String,
    },
    /// The account came into a group, or its rights there changed.
    Rights {
        /// The name of the group.
        name: String,
        /// What it can do there.
        can: Capabilities,
    },
    /// What is written in the group is encrypted from now on, and cannot be read.
    Encrypted,
    /// The group goes on under another id of the network.
    Moved {
        /// That id.
        to: String,
    },
    /// A message was taken back by its sender.
    Recalled {
        /// The key of that message.
        message: String,
    },
    /// Somebody wrote in private.
    Private {
        /// Who.
        sender: Sender,
        /// The words.
        text: String,
    },
    /// What became of a wish.
    Receipt {
        /// The key of the wish.
        outbound: String,
        /// Whether it was carried out in the end.
        done: bool,
    },
}

impl Fact {
    /// What a channel has to be able to do for this fact to be seen.
    pub const fn needs(&self) -> Option<Capability> {
        match self {
            Self::Posted { .. } | Self::Recalled { .. } => Some(Capability::ReadText),
            Self::Joined { .. } => Some(Capability::SeeJoins),
            Self::Knocked { .. } | Self::KnockGone { .. } => Some(Capability::ApproveJoin),
            Self::Left { .. } | Self::Removed { .. } => Some(Capability::SeeLeaves),
            Self::Renamed { .. }
            | Self::Rights { .. }
            | Self::Encrypted
            | Self::Moved { .. }
            | Self::Private { .. }
            | Self::Receipt { .. } => None,
        }
    }
}
