//! What is wished of a network.

use serde::{Deserialize, Serialize};
use yutang_domain::capability::Capability;

/// Something to be said or done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// The same wish has the same key, on every attempt.
    pub key: String,
    /// What is wished.
    pub wish: Wish,
}

/// What is wished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Wish {
    /// Say something in a group, at once.
    Post {
        /// The network's id of the group.
        group: String,
        /// The words.
        text: String,
        /// The key of the message that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<String>,
    },
    /// Say something to one person.
    Whisper {
        /// Their id on the network.
        to: String,
        /// The words.
        text: String,
    },
    /// Say something to one person right after they came.
    Welcome {
        /// Their id on the network.
        to: String,
        /// The words.
        text: String,
    },
    /// Hand a message for groups to a member of staff, who confirms it.
    Broadcast {
        /// The network's ids of the groups.
        groups: Vec<String>,
        /// The words.
        text: String,
    },
    /// Put somebody out of a group, and keep them out until [`Wish::Readmit`].
    Remove {
        /// The network's id of the group.
        group: String,
        /// Their id on the network.
        who: String,
        /// Why, as the network shows it.
        #[serde(default)]
        reason: String,
    },
    /// Let somebody in again who was put out: no longer barred, and invited where the network can.
    Readmit {
        /// The network's id of the group.
        group: String,
        /// Their id on the network.
        who: String,
        /// Whether the door is opened without a word or an invitation, as for whoever asked not to
        /// be written to.
        #[serde(default)]
        silent: bool,
    },
    /// Keep somebody from writing.
    Restrict {
        /// The network's id of the group.
        group: String,
        /// Their id on the network.
        who: String,
        /// For how long, in seconds.
        seconds: u32,
    },
    /// Let somebody write again.
    Lift {
        /// The network's id of the group.
        group: String,
        /// Their id on the network.
        who: String,
    },
    /// Take a message back.
    Delete {
        /// The network's id of the group.
        group: String,
        /// The key of the message.
        message: String,
    },
    /// Let somebody in who asked.
    Approve {
        /// The network's id of the group.
        group: String,
        /// Their id on the network.
        who: String,
    },
    /// Do not let somebody in who asked.
    Decline {
        /// The network's id of the group.
        group: String,
        /// Their id on the network.
        who: String,
        /// Why, as the network shows it.
        #[serde(default)]
        reason: String,
    },
    /// Ask one person known on the network into a group: they come by their own doing, and there is
    /// no wish that brings in many. req: 002-011
    Invite {
        /// The network's id of the group.
        group: String,
        /// Their id on the network.
        who: String,
    },
    /// Set the announcement of a group.
    Announce {
        /// The network's id of the group.
        group: String,
        /// The words.
        text: String,
    },
}

impl Wish {
    /// What a channel has to be able to do for it.
    pub const fn needs(&self) -> Capability {
        match self {
            Self::Post { .. } => Capability::PostGroup,
            Self::Whisper { .. } => Capability::PostPrivate,
            Self::Welcome { .. } => Capability::WelcomePrivate,
            Self::Broadcast { .. } => Capability::BroadcastTask,
            Self::Remove { .. } | Self::Readmit { .. } => Capability::Remove,
            Self::Restrict { .. } | Self::Lift { .. } => Capability::Restrict,
            Self::Delete { .. } => Capability::DeleteMessage,
            Self::Approve { .. } | Self::Decline { .. } => Capability::ApproveJoin,
            Self::Invite { .. } => Capability::Invite,
            Self::Announce { .. } => Capability::Announce,
        }
    }
}

/// A wish that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The network's id of what was made, a message mostly.
    pub external_id: Option<String>,
}
