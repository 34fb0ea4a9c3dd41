//! Accounts through which groups are seen: what they let us see and do, and how one is connected.
//!
//! Accounts on real networks come with their adapters. What is connected here is a program of the
//! merchant's ([`yutang_channels::open`]): it gets an address and a secret, shown once and kept
//! sealed, and reports from then on.

use serde::Serialize;
use yutang_channels::{open, signature::Secret};
use yutang_domain::{
    capability::{Capabilities, Profile},
    error::{Class, Rule},
    event::{Event, EventKind},
    id::{ChannelAccountId, kind},
    permission::Operation,
    time::Timestamp,
};
pub use yutang_store::channel_account::ChannelAccount;
use yutang_store::{StoreError, Tx, channel_account, event, hook};

use crate::{App, Caller, Result, audit::Change, key::random_root, macros::in_tx};

/// Of an account that takes deliveries.
const READY: &str = "ready";
/// Of an account that was taken out of use; groups keep pointing at it.
const REMOVED: &str = "removed";

/// The profile of an account; an unknown word can do nothing.
pub fn profile(account: &ChannelAccount) -> Option<Profile> {
    account.profile.parse().ok()
}

/// What an account can do.
pub(crate) fn capabilities(account: &ChannelAccount) -> Capabilities {
    profile(account).map_or(Capabilities::default(), Profile::capabilities)
}

/// Why an account is not connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Nothing is connected this way on that network.
    #[error("only the network open is connected this way")]
    Network,
    /// Without a name, or with a long one.
    #[error("an account needs a name of at most 100 characters")]
    Name,
}

impl Rule for AccountError {
    fn code(&self) -> &'static str {
        match self {
            Self::Network => "channel.network",
            Self::Name => "channel.name",
        }
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
    fn at(&self) -> Option<String> {
        Some(
            match self {
                Self::Network => "network",
                Self::Name => "name",
            }
            .to_owned(),
        )
    }
}

/// An account to be connected.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The network: `open`.
    pub network: String,
    /// What people call it.
    pub name: String,
    /// Whether groups that nobody keeps are made when it reports of them.
    pub adopt: bool,
}

/// An account just connected.
#[derive(Clone, Debug)]
pub struct MadeAccount {
    /// What is known of it from now on.
    pub row: ChannelAccount,
    /// Where it reports to, below the address of the program.
    pub path: String,
    /// The secret it signs with; the database keeps it sealed.
    pub secret: String,
}

/// Where an account reports to, below the address of the program.
pub fn path(network: &str, id: ChannelAccountId) -> String {
    format!("/hooks/{network}/{id}")
}

#[derive(Serialize)]
struct Snapshot<'a> {
    network: &'a str,
    adopt: Option<bool>,
}

impl App {
    /// Connects a program of the merchant's.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn add_account(&self, caller: &Caller, new: &NewAccount) -> Result<MadeAccount> {
        caller.may(Operation::ChannelEdit)?;
        if new.network != open::NETWORK {
            return Err(AccountError::Network.into());
        }
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(AccountError::Name.into());
        }
        let now = self.now();
        let secret = Secret::text(&random_root()?);
        let row = ChannelAccount {
            id: self.ids().next::<kind::ChannelAccount>()?,
            channel: new.network.clone(),
            profile: Profile::Open.to_string(),
            name: name.to_owned(),
            state: READY.to_owned(),
            last_error: None,
            cursor: None,
            secret: Some(self.keys().seal(&secret)),
            created_at: now,
        };
        in_tx!(self, Write, tx => {
            channel_account::insert(tx, caller.workspace, &row).await?;
            hook::set_adopt(tx, caller.workspace, row.id, new.adopt).await?;
            self.account_changed(tx, caller, "channel.create", &row, Some(new.adopt), now).await
        })?;
        Ok(MadeAccount {
            path: path(&row.channel, row.id),
            row,
            secret,
        })
    }

    /// The accounts in use, oldest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn accounts(&self, caller: &Caller) -> Result<Vec<ChannelAccount>> {
        caller.may(Operation::ChannelEdit)?;
        let mut rows =
            in_tx!(self, Read, tx => Ok(channel_account::list(tx, caller.workspace).await?))?;
        rows.retain(|row| row.state != REMOVED);
        Ok(rows)
    }

    /// Takes an account out of use: its secret goes, and within seconds nothing more is accepted.
    /// What was accepted is still processed, and its groups stay.
    ///
    /// # Errors
    /// There is no such account, or it was not connected by [`App::add_account`].
    pub async fn remove_account(&self, caller: &Caller, id: ChannelAccountId) -> Result<()> {
        caller.may(Operation::ChannelEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let mut row = channel_account::get(tx, caller.workspace, id).await?;
            if row.state == REMOVED {
                return Err(StoreError::NotFound("channel account").into());
            }
            if row.channel != open::NETWORK {
                return Err(AccountError::Network.into());
            }
            REMOVED.clone_into(&mut row.state);
            row.secret = None;
            channel_account::update(tx, caller.workspace, &row).await?;
            self.account_changed(tx, caller, "channel.remove", &row, None, now).await
        })
    }

    async fn account_changed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        operation: &'static str,
        row: &ChannelAccount,
        adopt: Option<bool>,
        now: Timestamp,
    ) -> Result<()> {
        let shown = Snapshot {
            network: &row.channel,
            adopt,
        };
        let change = Change {
            operation,
            subject: format!("channel_account:{}", row.id),
            subject_name: &row.name,
            undoable: false,
        };
        let made = adopt.is_some();
        self.audited(
            tx,
            caller,
            now,
            change,
            (!made).then_some(&shown),
            made.then_some(&shown),
        )
        .await?;
        let fact = Event::new(self.ids().next()?, EventKind::ChannelChanged, &caller.actor)
            .with(serde_json::json!({ "account": row.id }));
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }
}
