//! Use cases: whatever happens enters here as one verb.
//!
//! A verb authorises its caller, lets `domain` decide, and in one transaction writes state, the
//! audit line, the fact and what has to be said or done outside. Interfaces differ (console, chat,
//! command line, timers); the verbs are the same, so a rule holds wherever one comes from. Nothing
//! here talks to a network while a transaction is open.

mod macros;

pub mod alarm;
pub mod audit;
pub mod awaited_reply;
pub mod backup;
pub mod batch;
pub mod branch;
pub mod branch_variable;
pub mod broadcast;
pub mod caller;
pub mod channel;
pub mod claim;
pub mod classifier;
mod command;
pub mod connection;
pub mod consent;
pub mod db_copy;
pub mod demo;
pub mod device;
pub mod digest;
pub mod doctor;
pub mod duplicate;
mod edit;
pub mod entry_fee;
pub mod erase;
pub mod erasure;
pub mod error;
pub mod finding;
pub mod gate;
pub mod group;
pub mod health;
pub mod hook;
pub mod idempotency;
pub mod identity;
pub mod ids;
pub mod import;
pub mod inbound;
pub mod jobs;
pub mod join_link;
pub mod key;
pub mod knock;
pub mod leaving;
pub mod live;
pub mod mark;
pub mod member;
pub mod member_export;
pub mod member_page;
pub mod member_sign_in;
pub mod merge;
pub mod moderation;
pub mod note;
pub mod onboarding;
pub mod outbox;
pub mod outside;
pub mod playbook;
mod private;
pub mod queue;
pub mod reach;
pub mod rebuild;
pub mod receipt;
pub mod restore;
pub mod retention;
pub mod robot;
pub mod rotate;
pub mod sales;
pub mod saved_view;
pub mod session;
pub mod setup;
pub mod staff;
mod stand_in;
pub mod suppression;
pub mod sweeps;
pub mod tag;
pub mod talk;
pub mod task;
pub mod task_link;
pub mod text;
pub mod timeline;
pub mod today;
pub mod token;
pub mod totp;
pub mod undo;
pub mod webhook;
pub mod welcome;
pub mod workspace;

use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio_util::sync::CancellationToken;
use yutang_channels::webhook::Reach;
use yutang_domain::time::{Clock, StoppedClock, SystemClock, Timestamp};
use yutang_store::{Store, migrate};

pub use {caller::Caller, error::AppError};

use crate::{ids::Ids, key::Keys, live::Live};

/// Result of a verb.
pub type Result<T, E = AppError> = std::result::Result<T, E>;

/// How a program opens its data.
#[derive(Clone)]
pub struct Options {
    /// Folder of the database file, the key, uploads and backups.
    pub data: PathBuf,
    /// `postgres://…`; without it the file `yutang.db` in `data`.
    pub database: Option<String>,
    /// The root key as 64 hexadecimal digits; without it `data/secret.key`.
    pub secret_key: Option<String>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Whether an earlier schema may be upgraded (after a backup) rather than refused.
    pub migrate: bool,
}

impl Options {
    /// The data in a folder, with the machine's clock.
    pub fn in_folder(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            database: None,
            secret_key: None,
            clock: Arc::new(SystemClock),
            migrate: true,
        }
    }
}

/// The program, open on its data; cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
    clock: Arc<dyn Clock>,
}

struct Inner {
    store: Store,
    ids: Ids,
    keys: Keys,
    live: Live,
    data: PathBuf,
    stop: CancellationToken,
    reached_at: OnceLock<String>,
    rules: moderation::Compiled,
    memory: moderation::Memory,
    near: AtomicBool,
    inside: AtomicBool,
    accepted: AtomicU64,
    classifiers: classifier::Cache,
}

/// Whether there is nothing yet where `options` point to; looking makes nothing.
///
/// # Errors
/// The database cannot be reached.
pub async fn is_fresh(options: &Options) -> Result<bool> {
    let Some(url) = options.database.as_deref().filter(|url| is_server(url)) else {
        let file = options.database.as_deref().map_or_else(
            || options.data.join("yutang.db"),
            |url| PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(url)),
        );
        return Ok(!file.exists());
    };
    let store = Store::open(url).await?;
    let fresh = migrate::is_fresh(&store).await;
    store.close().await;
    Ok(fresh?)
}

fn is_server(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

impl App {
    /// Opens the data: creates folder, key and schema if they are not there, refuses a database
    /// that asks for a newer program or another key, and takes a node number.
    ///
    /// # Errors
    /// Naming the file or URL and the remedy.
    pub async fn open(options: Options) -> Result<Self> {
        std::fs::create_dir_all(&options.data)
            .map_err(|e| AppError::io("create the data folder", &options.data, &e))?;
        let url = options
            .database
            .clone()
            .unwrap_or_else(|| options.data.join("yutang.db").display().to_string());
        let store = Store::open(&url).await?;
        let now = options.clock.now();
        match migrate::pending(&store).await? {
            migrate::Pending::None => {}
            migrate::Pending::Fresh => {
                migrate::migrate(&store, now).await?;
            }
            migrate::Pending::Upgrade { from, to } => {
                if !options.migrate {
                    return Err(AppError::Upgrade { from, to });
                }
                let folder = backup::backups_in(&options.data);
                let made = backup::make(&store, &folder, now, false).await?;
                tracing::warn!(
                    from,
                    to,
                    backup = %made.path.display(),
                    "the schema is upgraded, after a backup"
                );
                migrate::migrate(&store, now).await?;
            }
        }
        let keys = Keys::open(&store, &options.data, options.secret_key.as_deref()).await?;
        let ids = Ids::lease(&store, options.clock.clone()).await?;
        let stop = CancellationToken::new();
        let live = Live::default();
        let app = Self {
            inner: Arc::new(Inner {
                store,
                ids,
                keys,
                live,
                data: options.data,
                stop,
                reached_at: OnceLock::new(),
                rules: moderation::Compiled::default(),
                memory: moderation::Memory::default(),
                near: AtomicBool::new(false),
                inside: AtomicBool::new(false),
                accepted: AtomicU64::new(0),
                classifiers: classifier::Cache::default(),
            }),
            clock: options.clock,
        };
        app.keep_lease();
        app.erase_restored().await?;
        Ok(app)
    }

    /// The system of record.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The same program at another moment: what a demo tells of its past goes through the verbs of
    /// that time.
    pub(crate) fn at(&self, moment: Timestamp) -> Self {
        Self {
            inner: self.inner.clone(),
            clock: Arc::new(StoppedClock(moment)),
        }
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    /// The source of ids.
    pub fn ids(&self) -> &Ids {
        &self.inner.ids
    }

    /// The rule sets that this process has compiled.
    pub(crate) fn compiled(&self) -> &moderation::Compiled {
        &self.inner.rules
    }

    /// What this process remembers of messages.
    pub(crate) fn memory(&self) -> &moderation::Memory {
        &self.inner.memory
    }

    /// The live tail of the log.
    pub fn live(&self) -> &Live {
        &self.inner.live
    }

    /// The data folder.
    pub fn data(&self) -> &std::path::Path {
        &self.inner.data
    }

    /// Where browsers reach this program, without a slash at the end: what links in messages begin
    /// with. `None` in a process that serves no pages.
    pub fn reached_at(&self) -> Option<&str> {
        self.inner.reached_at.get().map(String::as_str)
    }

    /// Says where browsers reach this program; the first word holds.
    pub fn reach_at(&self, base_url: &str) {
        let _ = self
            .inner
            .reached_at
            .set(base_url.trim_end_matches('/').to_owned());
    }

    /// Lets robots of staff chats stand on this machine, as those of tests and the demo do.
    pub fn allow_loopback(&self) {
        self.inner.near.store(true, Ordering::Relaxed);
    }

    /// Whether they may.
    pub(crate) fn allows_loopback(&self) -> bool {
        self.inner.near.load(Ordering::Relaxed)
    }

    /// Lets webhooks lead to programs in the network around this machine.
    pub fn allow_network(&self) {
        self.inner.inside.store(true, Ordering::Relaxed);
    }

    /// How near programs may stand that webhooks lead to.
    pub(crate) fn webhooks_reach(&self) -> Reach {
        if self.inner.inside.load(Ordering::Relaxed) {
            Reach::Network
        } else {
            self.allows_loopback().into()
        }
    }

    /// How much this process has accepted, as [`App::note_accepted`] counts it.
    pub(crate) fn accepted(&self) -> u64 {
        self.inner.accepted.load(Ordering::Relaxed)
    }

    /// Notes that deliveries were accepted: `weight` counts those that hold many facts for more.
    pub(crate) fn note_accepted(&self, weight: u64) {
        self.inner.accepted.fetch_add(weight, Ordering::Relaxed);
    }

    /// Classifiers that were read already.
    pub(crate) fn classifiers(&self) -> &classifier::Cache {
        &self.inner.classifiers
    }

    /// Fires when the program is to end.
    pub fn stopping(&self) -> CancellationToken {
        self.inner.stop.clone()
    }

    /// Ends background work, gives the node number back and closes the database.
    pub async fn close(&self) {
        self.inner.stop.cancel();
        self.inner.ids.release(&self.inner.store).await;
        self.inner.store.close().await;
    }

    /// Renews the node's lease until the program ends.
    fn keep_lease(&self) {
        let weak = Arc::downgrade(&self.inner);
        let stop = self.inner.stop.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(std::time::Duration::from_millis(ids::RENEW_MS)) => {}
                }
                let Some(inner) = weak.upgrade() else { break };
                inner.ids.renew(&inner.store).await;
            }
        });
    }
}
