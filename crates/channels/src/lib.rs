//! The port to chat networks, and the networks behind it.
//!
//! A merchant's groups live where the members are, and no two networks let a program do the same
//! things. Everything that is particular to one network ends here: an adapter turns what the
//! network reports into [`inbound::Inbound`] facts with a key each, carries out
//! [`outbound::Outbound`] wishes, and says beforehand, in the words of
//! [`yutang_domain::capability`], what it can do at all. What it cannot is answered with
//! [`error::ChannelError::NotCapable`], which the program turns into a task for a person: never an
//! error swallowed, never an unofficial client.
//!
//! One folder per network. [`fake`] is a whole simulated network with people in it; it is what the
//! demo lives on, and it speaks through the same port as the real ones. [`open`] is what a program of
//! the merchant's own reports through. [`feed`] brings news in, from addresses that anybody may give.

mod address;
pub mod channel;
pub mod error;
pub mod fake;
pub mod feed;
mod http;
pub mod inbound;
pub mod limit;
pub mod matrix;
pub mod open;
pub mod outbound;
pub mod robot;
pub mod signature;
pub mod telegram;
pub mod webhook;

pub use {
    channel::{Channel, Harvest},
    error::ChannelError,
    inbound::{Fact, Inbound, MessageKind, Picture, Sender},
    outbound::{Outbound, Sent, Wish},
};
