//! An account is tried before it is kept; one that is kept rests, goes on, or gets a new secret.

use yutang_channels::{ChannelError, matrix, telegram};
use yutang_domain::{
    connection::{Caution, Obstacle},
    id::ChannelAccountId,
    permission::Operation,
};
use yutang_store::{StoreError, channel_account};

use super::{AccountError, CONNECTING, ChannelAccount, NewConnection, PAUSED, in_use};
use crate::{App, Caller, Result, macros::in_tx};

/// What a network said about an account that it would accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Who it is on the network.
    pub user: String,
    /// What it is called there.
    pub name: String,
    /// The account that is connected already for the same user.
    pub known: Option<ChannelAccountId>,
    /// What to know of it.
    pub cautions: Vec<Caution>,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The network accepts it.
    Accepted(Trial),
    /// It does not.
    Refused {
        /// What stands in the way.
        obstacle: Obstacle,
        /// What the network said.
        said: String,
    },
}

/// What stands in the way of signing in: there is nothing else that a network would not allow yet.
fn obstacle(new: &NewConnection, error: &ChannelError) -> Obstacle {
    match (error.obstacle(), new) {
        (Obstacle::NotAllowed, NewConnection::Matrix { .. }) => Obstacle::Password,
        (found, _) => found,
    }
}

impl App {
    /// Asks a network whether it would accept an account, and keeps nothing.
    ///
    /// # Errors
    /// The caller may not; what the network says is no error but the answer.
    pub async fn try_connection(&self, caller: &Caller, new: &NewConnection) -> Result<Tried> {
        caller.may(Operation::ChannelEdit)?;
        let opened = match self.ask_network(new).await {
            Ok(opened) => opened,
            Err(error) => {
                return Ok(Tried::Refused {
                    obstacle: obstacle(new, &error),
                    said: error.reason(),
                });
            }
        };
        if let NewConnection::Matrix { homeserver, .. } = new {
            let session = matrix::Session {
                user: opened.user.clone(),
                token: opened.secret.clone(),
            };
            if let Err(error) = matrix::log_out(homeserver, session).await {
                tracing::debug!(%error, "a session of a trial stays");
            }
        }
        let rows = in_tx!(self, Read, tx => Ok(channel_account::connections(tx).await?))?;
        let known = rows
            .iter()
            .find(|row| {
                row.workspace_id == caller.workspace
                    && row.channel == new.network()
                    && row.external_user == opened.user
            })
            .map(|row| row.id);
        let mut cautions = Vec::new();
        if !opened.hears_all {
            cautions.push(Caution::HearsLittle);
        }
        if known.is_some() {
            cautions.push(Caution::Connected);
        }
        Ok(Tried::Accepted(Trial {
            user: opened.user,
            name: opened.name,
            known,
            cautions,
        }))
    }

    /// Gives a connected account a new secret, once the network has accepted it for the same user:
    /// a password on Matrix, a token on Telegram.
    ///
    /// # Errors
    /// [`ChannelError`]: what the network says; [`AccountError::OtherUser`]; [`AccountError::Network`]
    /// for accounts that hold no connection.
    pub async fn reconnect(
        &self,
        caller: &Caller,
        id: ChannelAccountId,
        secret: &str,
    ) -> Result<ChannelAccount> {
        caller.may(Operation::ChannelEdit)?;
        let place = in_tx!(self, Read, tx => {
            let row = in_use(tx, caller, id).await?;
            let Some(place) = channel_account::connection(tx, row.id).await? else {
                return Err(AccountError::Network.into());
            };
            Ok(place)
        })?;
        let new = match place.channel.as_str() {
            matrix::NETWORK => NewConnection::Matrix {
                homeserver: place.base_url.clone(),
                user: place.external_user.clone(),
                password: secret.to_owned(),
            },
            telegram::NETWORK => NewConnection::Telegram {
                base_url: Some(place.base_url.clone()),
                token: secret.to_owned(),
            },
            _ => return Err(AccountError::Network.into()),
        };
        let opened = self.ask_network(&new).await?;
        if opened.user != place.external_user {
            return Err(AccountError::OtherUser.into());
        }
        let now = self.now();
        let sealed = self.keys().seal(&opened.secret);
        in_tx!(self, Write, tx => {
            let mut row = in_use(tx, caller, id).await?;
            row.secret = Some(sealed.clone());
            row.last_error = None;
            CONNECTING.clone_into(&mut row.state);
            channel_account::update(tx, caller.workspace, &row).await?;
            channel_account::set_state(tx, caller.workspace, id, CONNECTING, now).await?;
            self.account_changed(tx, caller, "channel.reconnect", &row, None, now).await?;
            Ok(row)
        })
    }

    /// Lets an account rest, or go on: while it rests nothing is heard and nothing said through it,
    /// and what is to be said waits. What the network kept meanwhile comes in afterwards.
    ///
    /// # Errors
    /// There is no such account, or it holds no connection ([`AccountError::Network`]).
    pub async fn rest_account(
        &self,
        caller: &Caller,
        id: ChannelAccountId,
        rest: bool,
    ) -> Result<()> {
        caller.may(Operation::ChannelEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let mut row = in_use(tx, caller, id).await?;
            if ![matrix::NETWORK, telegram::NETWORK].contains(&row.channel.as_str()) {
                return Err(AccountError::Network.into());
            }
            if (row.state == PAUSED) == rest {
                return Ok(());
            }
            if row.secret.is_none() {
                return Err(StoreError::NotFound("channel account").into());
            }
            let (state, operation) = if rest {
                (PAUSED, "channel.pause")
            } else {
                (CONNECTING, "channel.resume")
            };
            state.clone_into(&mut row.state);
            channel_account::set_state(tx, caller.workspace, id, state, now).await?;
            self.account_changed(tx, caller, operation, &row, None, now).await
        })
    }
}
