//! The port itself.

use futures::future::BoxFuture;
use yutang_domain::{
    capability::{Capabilities, Capability, NotCapable, Profile},
    time::Timestamp,
};

use crate::{ChannelError, Inbound, Outbound, Sent};

/// What one look at a network brought in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Harvest {
    /// Facts in the order in which the network reports them.
    pub facts: Vec<Inbound>,
    /// Where to go on next time; kept with the account once the facts are stored.
    pub cursor: String,
    /// What the network's clock showed, as far as it says.
    pub network_time: Option<Timestamp>,
}

/// One connected account on a chat network.
///
/// An adapter keeps no truth of its own: it may be dropped and built again from its account's row
/// at any time, and a fact may come twice, under the same key.
pub trait Channel: Send + Sync {
    /// The network's word: `fake`, `wecom`, `matrix`, …
    fn network(&self) -> &'static str;

    /// What the account is allowed.
    fn profile(&self) -> Profile;

    /// What can be done through it.
    fn capabilities(&self) -> Capabilities {
        self.profile().capabilities()
    }

    /// Everything since `cursor`, or from the beginning; waits a short while if there is nothing.
    ///
    /// # Errors
    /// [`ChannelError::Retry`] when the network is out of reach, [`ChannelError::Fail`] when the
    /// account is no longer accepted.
    fn poll<'a>(&'a self, cursor: Option<&'a str>) -> BoxFuture<'a, Result<Harvest, ChannelError>>;

    /// Carries out a wish.
    ///
    /// # Errors
    /// See [`ChannelError`]; after [`ChannelError::Unknown`] a wish is looked up and never sent
    /// again blindly.
    fn send<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<Sent, ChannelError>>;

    /// Whether a wish with this key has been carried out; `None` if the network cannot tell.
    ///
    /// # Errors
    /// [`ChannelError::Retry`] when the network is out of reach.
    fn look_up<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<LookUp>, ChannelError>>;

    /// Whether the network ends a restriction by itself when its time is up; elsewhere somebody has
    /// to lift it.
    fn ends_restrictions(&self) -> bool {
        true
    }

    /// Has what happens delivered to `url` from now on, with `secret`, rather than being asked.
    ///
    /// # Errors
    /// [`ChannelError::Fail`] when the network delivers nothing, or not to there.
    fn deliver_to<'a>(
        &'a self,
        _url: &'a str,
        _secret: &'a str,
    ) -> BoxFuture<'a, Result<(), ChannelError>> {
        Box::pin(async {
            Err(ChannelError::Fail {
                reason: "this network delivers nothing".to_owned(),
            })
        })
    }

    /// Makes a code or link through which people come into a group; whoever comes by it comes
    /// [`crate::Fact::Joined`] `via` its name. Asked again it makes another one, so it is kept by
    /// whoever asked.
    ///
    /// # Errors
    /// [`ChannelError::NotCapable`] when the network has none, [`ChannelError::Fail`] when it
    /// refuses the group or the name: 1 to 32 characters are taken everywhere.
    fn join_link<'a>(
        &'a self,
        _group: &'a str,
        _name: &'a str,
    ) -> BoxFuture<'a, Result<String, ChannelError>> {
        Box::pin(async {
            Err(NotCapable {
                capability: Capability::JoinCode,
            }
            .into())
        })
    }

    /// Who runs a group, as [`crate::Fact::Stands`], for when nobody looks because the network
    /// delivers; a look tells it by itself. Empty where a network has no such list.
    ///
    /// # Errors
    /// [`ChannelError::Retry`] when the network is out of reach, [`ChannelError::Fail`] when the
    /// account is not in the group.
    fn standings<'a>(
        &'a self,
        _group: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Inbound>, ChannelError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The bytes of a picture, at most `limit` of them.
    ///
    /// # Errors
    /// [`ChannelError::Fail`] when it is larger or gone, [`ChannelError::Retry`] when the network
    /// is out of reach.
    fn fetch<'a>(
        &'a self,
        _reference: &'a str,
        _limit: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, ChannelError>> {
        Box::pin(async {
            Err(ChannelError::Fail {
                reason: "this network has no pictures".to_owned(),
            })
        })
    }
}

/// What a network knows of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookUp {
    /// It was carried out.
    Sent(Sent),
    /// It never arrived.
    Absent,
}
