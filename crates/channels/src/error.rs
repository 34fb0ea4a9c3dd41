//! How a network says no.

use yutang_domain::{
    capability::{Capability, NotCapable},
    error::{Class, Rule},
};

/// Why a wish was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// Not now: the network asks for patience or is out of reach. Nothing was done.
    #[error("the network asks to wait {after_ms} ms: {reason}")]
    Retry {
        /// How long to wait, in milliseconds.
        after_ms: i64,
        /// What the network said.
        reason: String,
    },
    /// Never: the network refuses it as it stands. Nothing was done.
    #[error("the network refuses it: {reason}")]
    Fail {
        /// What the network said.
        reason: String,
    },
    /// The network has no such possibility; it becomes a task for a person.
    #[error(transparent)]
    NotCapable(#[from] NotCapable),
    /// The connection broke while it was under way: done or not, nobody knows.
    #[error("the connection broke before the network answered: {reason}")]
    Unknown {
        /// What happened.
        reason: String,
    },
}

impl ChannelError {
    /// The missing capability, if that is the reason.
    pub const fn missing(&self) -> Option<Capability> {
        match self {
            Self::NotCapable(refused) => Some(refused.capability),
            _ => None,
        }
    }
}

impl Rule for ChannelError {
    fn code(&self) -> &'static str {
        match self {
            Self::Retry { .. } => "channel.retry",
            Self::Fail { .. } => "channel.refused",
            Self::NotCapable(refused) => refused.code(),
            Self::Unknown { .. } => "channel.unknown_outcome",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Retry { .. } | Self::Unknown { .. } => Class::Unavailable,
            Self::Fail { .. } | Self::NotCapable(_) => Class::Conflict,
        }
    }
}
