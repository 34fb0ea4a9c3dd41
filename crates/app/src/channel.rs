//! Accounts through which groups are seen: what they let us see and do, and how one is connected.
//!
//! An account on a network of its own ([`App::connect`]) is held open by [`crate::connection`]; what
//! it proves itself with is kept sealed. A program of the merchant's ([`yutang_channels::open`]) gets
//! an address and a secret, shown once and kept sealed, and reports from then on.

use serde::Serialize;
use yutang_channels::{
    matrix, open,
    signature::Secret,
    telegram::{self, TelegramChannel},
};
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

/// Of an account whose network was not heard yet.
pub(crate) const CONNECTING: &str = "connecting";
/// Of an account that hears its network, or takes deliveries.
pub(crate) const READY: &str = "ready";
/// Of an account whose network is out of reach and is tried again.
pub(crate) const WAITING: &str = "waiting";
/// Of an account that its network refuses; a person has to see to it.
pub(crate) const FAILED: &str = "failed";
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

/// An account on a network, with what opens it.
#[derive(Clone)]
pub enum NewConnection {
    /// An account on a Matrix homeserver.
    Matrix {
        /// Where the homeserver answers.
        homeserver: String,
        /// Who signs in.
        user: String,
        /// With what; it is used once and not kept.
        password: String,
    },
    /// A bot on Telegram.
    Telegram {
        /// Where the Bot API answers; without it where it always does.
        base_url: Option<String>,
        /// The bot's token.
        token: String,
    },
}

impl std::fmt::Debug for NewConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.network())
    }
}

impl NewConnection {
    /// The network's word.
    pub const fn network(&self) -> &'static str {
        match self {
            Self::Matrix { .. } => matrix::NETWORK,
            Self::Telegram { .. } => telegram::NETWORK,
        }
    }
}

/// How an account stands.
#[derive(Clone, Debug)]
pub struct AccountStatus {
    /// The account.
    pub row: ChannelAccount,
    /// Where its network answers and who it is there, if it holds a connection.
    pub place: Option<(String, String)>,
    /// Since when it is in its state.
    pub since: Option<Timestamp>,
    /// By how many milliseconds the network's clock is ahead of ours, where that is too much.
    pub clock_ahead: Option<i64>,
    /// How many groups are seen through it.
    pub groups: i64,
}

/// Where an account reports to, below the address of the program.
pub fn path(network: &str, id: ChannelAccountId) -> String {
    format!("/hooks/{network}/{id}")
}

/// An account that its network accepted.
struct Opened {
    base_url: String,
    user: String,
    name: String,
    secret: String,
    profile: Profile,
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

    /// Connects an account on a network, once the network has accepted it. An account that is
    /// connected already, and was refused since, is connected anew.
    ///
    /// # Errors
    /// [`yutang_channels::ChannelError`]: what the network says, or that there is none; [`AccountError::Name`].
    pub async fn connect(
        &self,
        caller: &Caller,
        new: &NewConnection,
        name: Option<&str>,
        adopt: bool,
    ) -> Result<ChannelAccount> {
        caller.may(Operation::ChannelEdit)?;
        let given = name.map(str::trim);
        if given.is_some_and(|name| name.is_empty() || name.chars().count() > 100) {
            return Err(AccountError::Name.into());
        }
        let opened = self.ask_network(new).await?;
        let name: String = given.unwrap_or(&opened.name).chars().take(100).collect();
        let now = self.now();
        let sealed = self.keys().seal(&opened.secret);
        let id = self.ids().next::<kind::ChannelAccount>()?;
        in_tx!(self, Write, tx => {
            let known = channel_account::connections(tx).await?.into_iter().find(|row| {
                row.workspace_id == caller.workspace
                    && row.channel == new.network()
                    && row.external_user == opened.user
            });
            if let Some(known) = known {
                let mut row = channel_account::get(tx, caller.workspace, known.id).await?;
                row.secret = Some(sealed.clone());
                CONNECTING.clone_into(&mut row.state);
                row.last_error = None;
                channel_account::update(tx, caller.workspace, &row).await?;
                channel_account::set_place(tx, caller.workspace, row.id, &opened.base_url, &opened.user)
                    .await?;
                self.account_changed(tx, caller, "channel.create", &row, Some(known.adopt), now).await?;
                return Ok(row);
            }
            let row = ChannelAccount {
                id,
                channel: new.network().to_owned(),
                profile: opened.profile.to_string(),
                name: name.clone(),
                state: CONNECTING.to_owned(),
                last_error: None,
                cursor: None,
                secret: Some(sealed.clone()),
                created_at: now,
            };
            channel_account::insert(tx, caller.workspace, &row).await?;
            channel_account::set_place(tx, caller.workspace, row.id, &opened.base_url, &opened.user)
                .await?;
            hook::set_adopt(tx, caller.workspace, row.id, adopt).await?;
            self.account_changed(tx, caller, "channel.create", &row, Some(adopt), now).await?;
            Ok(row)
        })
    }

    /// Asks a network whether it accepts an account.
    async fn ask_network(&self, new: &NewConnection) -> Result<Opened> {
        Ok(match new {
            NewConnection::Matrix {
                homeserver,
                user,
                password,
            } => {
                let session = matrix::log_in(homeserver, user, password).await?;
                Opened {
                    base_url: homeserver.trim().trim_end_matches('/').to_owned(),
                    name: session.user.clone(),
                    user: session.user,
                    secret: session.token,
                    profile: Profile::Matrix,
                }
            }
            NewConnection::Telegram { base_url, token } => {
                let base_url = base_url.as_deref().unwrap_or(telegram::BASE_URL);
                let channel = TelegramChannel::new(base_url, token, self.clock())?;
                let (user, name) = channel.who_am_i().await?;
                Opened {
                    base_url: base_url.trim().trim_end_matches('/').to_owned(),
                    user,
                    name,
                    secret: token.trim().to_owned(),
                    profile: Profile::Telegram,
                }
            }
        })
    }

    /// How the accounts in use stand, oldest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn account_status(&self, caller: &Caller) -> Result<Vec<AccountStatus>> {
        let rows = self.accounts(caller).await?;
        in_tx!(self, Read, tx => {
            let places = channel_account::connections(tx).await?;
            let counts = channel_account::count_groups(tx, caller.workspace).await?;
            Ok(rows
                .iter()
                .map(|row| {
                    let place = places.iter().find(|place| place.id == row.id);
                    let groups = counts.iter().find(|count| count.id == row.id);
                    AccountStatus {
                        row: row.clone(),
                        place: place.map(|p| (p.base_url.clone(), p.external_user.clone())),
                        since: place.and_then(|place| place.state_at),
                        clock_ahead: place.and_then(|place| place.clock_ahead),
                        groups: groups.map_or(0, |count| count.groups),
                    }
                })
                .collect())
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
            let ours = [open::NETWORK, matrix::NETWORK, telegram::NETWORK];
            if !ours.contains(&row.channel.as_str()) {
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
