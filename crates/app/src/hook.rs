//! Deliveries of webhooks: believed, stored as they came, answered; processed afterwards.
//!
//! Whoever reports must not wait for what becomes of it, and what was accepted must not get lost. So
//! a delivery is stored raw and its sender is answered once that is durable; [`process`] takes it
//! from there. Storing one costs the disk as much as storing five hundred, so those that arrive
//! together share a transaction. A delivery has a name under which it is stored once: a sender that
//! heard no answer simply tries again.

mod process;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::BoxFuture;
use serde::de::IgnoredAny;
use yutang_channels::{
    open,
    signature::{Secret, SignatureError},
    telegram::{self, webhook},
};
use yutang_domain::{
    error::{Class, Rule},
    id::{ChannelAccountId, WorkspaceId},
    time::{DAY, SECOND, Timestamp},
};
use yutang_store::{
    Tx,
    hook::{self, NewHook},
    identity::Identity,
};

pub use process::Processed;
/// The headers of a delivery.
pub use yutang_channels::signature as headers;
pub use yutang_channels::signature::Signed;
/// The network whose deliveries are believed by a word, and the header it stands in.
pub use yutang_channels::telegram::{NETWORK as TELEGRAM, webhook::SECRET as WORD};

use crate::{
    App, Result,
    batch::{Batcher, Limits},
    key::{Purpose, hex},
    macros::in_tx,
    stand_in::{account_hash, stand_in},
};

/// How many bytes a delivery may have.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// A delivery of fewer bytes weighs one, a longer one as much more: it holds more facts.
const WEIGHT: usize = 2 * 1024;
/// For how long settled deliveries are remembered, in milliseconds.
const KEPT: i64 = 7 * DAY;
/// For how long an account is taken as it was read, in milliseconds.
const FRESH: i64 = 2 * SECOND;
/// How many accounts are held in memory.
const ACCOUNTS: usize = 1_000;
/// How many rows one transaction deletes.
const SLICE: usize = 1_000;

/// Why a delivery is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// No account of this network has this id.
    #[error("there is no account at this address")]
    Unknown,
    /// The body cannot be one that means anything.
    #[error("the body is no JSON")]
    Body,
}

impl Rule for HookError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "hook.unknown",
            Self::Body => "hook.body",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Unknown => Class::NotFound,
            Self::Body => Class::Invalid,
        }
    }
}

/// An account as far as deliveries ask for it.
#[derive(Debug)]
struct Known {
    workspace: WorkspaceId,
    channel: String,
    key: Key,
}

/// What a delivery to an account is believed by.
#[derive(Debug)]
enum Key {
    /// A signature over it.
    Signature(Secret),
    /// A word that the network was told, see [`App::hook_word`].
    Word(String),
}

#[derive(Clone, Debug)]
struct Held {
    until: Timestamp,
    known: Option<Arc<Known>>,
}

struct Arrived {
    workspace: WorkspaceId,
    account: ChannelAccountId,
    external_id: String,
    body: String,
}

/// The door for deliveries; one per process.
pub struct Hooks {
    app: App,
    line: Batcher<Arrived, ()>,
    accounts: Mutex<HashMap<ChannelAccountId, Held>>,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl Hooks {
    /// Opens the door; inside a runtime.
    pub fn new(app: &App) -> Self {
        let limits = Limits {
            eager: true,
            ..Limits::default()
        };
        let store = app.clone();
        Self {
            app: app.clone(),
            line: Batcher::new(limits, move |arrived: &[Arrived]| {
                store_all(store.clone(), arrived)
            }),
            accounts: Mutex::default(),
        }
    }

    /// Accepts a delivery: on return it is durable. One that comes again is accepted again and
    /// stored once.
    ///
    /// # Errors
    /// [`HookError`], [`yutang_channels::signature::SignatureError`],
    /// [`crate::batch::BatchError`] when too many are waiting.
    pub async fn accept(
        &self,
        network: &str,
        account: ChannelAccountId,
        signed: &Signed<'_>,
        body: Vec<u8>,
    ) -> Result<()> {
        let now = self.app.now();
        let known = self
            .account(account, now)
            .await?
            .filter(|known| known.channel == network)
            .ok_or(HookError::Unknown)?;
        let Key::Signature(secret) = &known.key else {
            return Err(HookError::Unknown.into());
        };
        let external_id = secret.verify(signed, &body, now)?.to_owned();
        let body = String::from_utf8(body).map_err(|_| HookError::Body)?;
        serde_json::from_str::<IgnoredAny>(&body).map_err(|_| HookError::Body)?;
        self.store(&known, account, external_id, body).await
    }

    /// Accepts an update that Telegram delivers, believed by the word in its header.
    ///
    /// # Errors
    /// As [`Hooks::accept`].
    pub async fn accept_update(
        &self,
        account: ChannelAccountId,
        word: Option<&str>,
        body: Vec<u8>,
    ) -> Result<()> {
        let now = self.app.now();
        let known = self
            .account(account, now)
            .await?
            .ok_or(HookError::Unknown)?;
        let Key::Word(right) = &known.key else {
            return Err(HookError::Unknown.into());
        };
        if !webhook::is_authentic(word, right) {
            return Err(SignatureError::Header(webhook::SECRET).into());
        }
        let body = String::from_utf8(body).map_err(|_| HookError::Body)?;
        let external_id = webhook::name(&body).ok_or(HookError::Body)?;
        self.store(&known, account, external_id, body).await
    }

    async fn store(
        &self,
        known: &Known,
        account: ChannelAccountId,
        external_id: String,
        body: String,
    ) -> Result<()> {
        self.line
            .ask(Arrived {
                workspace: known.workspace,
                account,
                external_id,
                body,
            })
            .await
    }

    async fn account(&self, id: ChannelAccountId, now: Timestamp) -> Result<Option<Arc<Known>>> {
        if let Some(held) = self.held(id, now) {
            return Ok(held.known);
        }
        let row = in_tx!(self.app, Read, tx => Ok(hook::account(tx, id).await?))?;
        let known = match row.and_then(|row| row.secret.map(|s| (row.workspace_id, row.channel, s)))
        {
            Some((workspace, channel, sealed)) => {
                let key = match channel.as_str() {
                    open::NETWORK => Some(Key::Signature(Secret::parse(
                        &self.app.keys().unseal(&sealed)?,
                    )?)),
                    telegram::NETWORK => Some(Key::Word(self.app.hook_word(id))),
                    _ => None,
                };
                key.map(|key| {
                    Arc::new(Known {
                        workspace,
                        channel,
                        key,
                    })
                })
            }
            None => None,
        };
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= ACCOUNTS {
            accounts.retain(|_, held| held.until > now && held.known.is_some());
            if accounts.len() >= ACCOUNTS {
                accounts.clear();
            }
        }
        let held = Held {
            until: now.plus(FRESH),
            known: known.clone(),
        };
        accounts.insert(id, held);
        Ok(known)
    }

    /// The account as it was read a moment ago. Of those who find it too old, one goes to read it
    /// and the others take it as it was.
    fn held(&self, id: ChannelAccountId, now: Timestamp) -> Option<Held> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let held = accounts.get_mut(&id)?;
        if held.until > now {
            return Some(held.clone());
        }
        held.until = now.plus(FRESH);
        None
    }
}

fn store_all(app: App, arrived: &[Arrived]) -> BoxFuture<'_, Result<Vec<Result<()>>>> {
    Box::pin(async move {
        let now = app.now();
        let mut rows = Vec::with_capacity(arrived.len());
        for one in arrived {
            rows.push(NewHook {
                id: app.ids().next()?,
                workspace: one.workspace,
                account: one.account,
                external_id: &one.external_id,
                received_at: now,
                body: &one.body,
            });
        }
        let stored = hook::insert(app.store(), &rows).await?;
        let weight = arrived.iter().map(|one| 1 + one.body.len() / WEIGHT);
        app.note_accepted(weight.sum::<usize>() as u64);
        metrics::counter!("yutang_hooks_total", "outcome" => "accepted").increment(stored);
        metrics::counter!("yutang_hooks_total", "outcome" => "repeated")
            .increment(arrived.len() as u64 - stored);
        Ok(arrived.iter().map(|_| Ok(())).collect())
    })
}

impl App {
    /// The word that a network is told for its deliveries to an account: nobody has to keep it.
    pub(crate) fn hook_word(&self, account: ChannelAccountId) -> String {
        let code = self
            .keys()
            .mac(Purpose::Link, format!("hook {account}").as_bytes());
        hex(&code)
    }

    /// How many deliveries wait to be processed.
    ///
    /// # Errors
    /// The database refused.
    pub async fn hooks_waiting(&self) -> Result<i64> {
        in_tx!(self, Read, tx => Ok(hook::count_waiting(tx).await?))
    }

    /// Forgets deliveries that were settled and came more than seven days ago; says how many.
    ///
    /// # Errors
    /// The database refused; what was forgotten stays so.
    pub async fn let_go_of_hooks(&self) -> Result<u64> {
        let before = self.now().plus(-KEPT);
        let mut gone = 0;
        loop {
            let some = in_tx!(self, Guarded, tx => Ok(hook::expire(tx, before, SLICE).await?))?;
            gone += some;
            if some < SLICE as u64 {
                return Ok(gone);
            }
        }
    }

    /// Takes a person out of deliveries. In those that wait, names and words go and the account's
    /// id becomes that of the nameless member it will lead to; refused ones lose their bodies, for
    /// nobody can tell whom they hold; of processed ones nothing is left anyway.
    pub(crate) async fn redact_hooks(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        accounts: &[Identity],
    ) -> Result<()> {
        hook::forget_refused(tx, workspace).await?;
        for account in accounts.iter().filter(|a| a.channel == telegram::NETWORK) {
            let Ok(id) = account.external_id.parse::<i64>() else {
                continue;
            };
            for row in hook::mentioning(tx, workspace, &account.external_id).await? {
                if let Some(left) = webhook::redacted(&row.body, id) {
                    hook::rewrite(tx, workspace, row.id, &left).await?;
                }
            }
        }
        for account in accounts.iter().filter(|a| a.channel == open::NETWORK) {
            let hash = account_hash(self.keys(), &account.channel, &account.external_id);
            let known_as = |id: &str| (id == account.external_id).then(|| stand_in(&hash));
            for row in hook::mentioning(tx, workspace, &account.external_id).await? {
                if let Some(left) = open::redacted(&row.body, known_as) {
                    hook::rewrite(tx, workspace, row.id, &left).await?;
                }
            }
        }
        Ok(())
    }
}
