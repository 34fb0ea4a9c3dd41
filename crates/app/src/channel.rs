//! Accounts through which groups are seen: what they let us see and do, and how one is connected.
//!
//! An account on a network of its own ([`App::connect`]) is held open by [`crate::connection`]; what
//! it proves itself with is kept sealed. A program of the merchant's ([`yutang_channels::open`]) gets
//! an address and a secret, shown once and kept sealed, and reports from then on.

mod status;
mod trial;

pub use self::{
    status::{AccountGroup, AccountStatus, GroupRights},
    trial::{Trial, Tried},
};

use serde::Serialize;
pub use yutang_channels::limit::{Limit, limits};
use yutang_channels::{
    ChannelError, matrix, open,
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
/// Of an account that a person lets rest: nothing is heard and nothing said through it.
pub(crate) const PAUSED: &str = "paused";
/// Of an account that was taken out of use; groups keep pointing at it.
pub(crate) const REMOVED: &str = "removed";

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
    /// What was given opens another account of the network.
    #[error("that opens another account than this one: connect it as one of its own")]
    OtherUser,
    /// A field that this network needs is missing; the field.
    #[error("this network needs the field {0}")]
    Missing(&'static str),
}

impl Rule for AccountError {
    fn code(&self) -> &'static str {
        match self {
            Self::Network => "channel.network",
            Self::Name => "channel.name",
            Self::OtherUser => "channel.other_user",
            Self::Missing(_) => "channel.missing",
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
                Self::OtherUser => "secret",
                Self::Missing(field) => field,
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

/// An account that was not taken out of use.
async fn in_use(tx: &mut Tx, caller: &Caller, id: ChannelAccountId) -> Result<ChannelAccount> {
    let row = channel_account::get(tx, caller.workspace, id).await?;
    if row.state == REMOVED {
        return Err(StoreError::NotFound("channel account").into());
    }
    Ok(row)
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
    /// Whether it hears what is not addressed to it.
    hears_all: bool,
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
    async fn ask_network(&self, new: &NewConnection) -> Result<Opened, ChannelError> {
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
                    hears_all: true,
                }
            }
            NewConnection::Telegram { base_url, token } => {
                let base_url = base_url.as_deref().unwrap_or(telegram::BASE_URL);
                let channel = TelegramChannel::new(base_url, token, self.clock())?;
                let (user, name) = channel.who_am_i().await?;
                let hears_all = channel.hears_all().await?;
                Opened {
                    base_url: base_url.trim().trim_end_matches('/').to_owned(),
                    user,
                    name,
                    secret: token.trim().to_owned(),
                    profile: Profile::Telegram,
                    hears_all,
                }
            }
        })
    }

    /// Has the network of a bot deliver what happens to this program, or be asked again. Its network
    /// has to reach the program: over https, as it wants.
    ///
    /// # Errors
    /// [`AccountError::Network`] where the network delivers nothing; there is no such account.
    pub async fn have_delivered(
        &self,
        caller: &Caller,
        id: ChannelAccountId,
        delivered: bool,
    ) -> Result<ChannelAccount> {
        caller.may(Operation::ChannelEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = channel_account::get(tx, caller.workspace, id).await?;
            if row.state == REMOVED {
                return Err(StoreError::NotFound("channel account").into());
            }
            if row.channel != telegram::NETWORK {
                return Err(AccountError::Network.into());
            }
            channel_account::set_delivered(tx, caller.workspace, id, delivered).await?;
            self.account_changed(tx, caller, "channel.create", &row, Some(true), now).await?;
            Ok(row)
        })
    }

    /// The accounts in use, oldest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn accounts(&self, caller: &Caller) -> Result<Vec<ChannelAccount>> {
        caller.may(Operation::ChannelRead)?;
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
            let mut row = in_use(tx, caller, id).await?;
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
