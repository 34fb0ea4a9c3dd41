//! The system of record: one text of SQL on two engines.
//!
//! A shop starts with a single file and may grow to a cluster; its data must not care. Every
//! statement here is written in the subset that SQLite and PostgreSQL share, is registered by
//! [`sql!`] so that one test prepares all of them on both, and runs inside a [`Tx`] that was
//! opened for a purpose: [`Mode::Read`], [`Mode::Write`] or [`Mode::Guarded`].
//!
//! Functions take `(tx, WorkspaceId, …)`: a row of another workspace cannot be reached by mistake.

pub mod error;
pub mod migrate;
pub mod row;
pub mod sql;
pub mod tx;
pub mod value;

pub mod account;
pub mod alarm;
pub mod announcement;
pub mod appeal;
pub mod archive;
pub mod audit;
pub mod awaited_reply;
pub mod branch;
pub mod branch_variable;
pub mod broadcast;
pub mod channel_account;
pub mod classifier;
pub mod consent;
pub mod contact;
pub mod counter;
pub mod demo;
pub mod device;
pub mod duplicate;
pub mod entry_fee;
pub mod erase;
pub mod event;
pub mod finding;
pub mod gate;
pub mod group;
pub mod health;
pub mod hook;
pub mod idempotency;
pub mod identity;
pub mod import;
pub mod installation;
pub mod job;
pub mod knock;
pub mod lease;
pub mod mark;
pub mod member;
pub mod member_link;
pub mod member_sign_in;
pub mod membership;
pub mod membership_list;
pub mod message;
pub mod note;
pub mod onboarding;
pub mod order;
pub mod outbox;
pub mod outside;
pub mod passage;
pub mod playbook;
pub mod policy;
pub mod profile;
pub mod rate_limit;
pub mod receipt;
pub mod report;
pub mod robot;
pub mod rule_set;
pub mod run_trace;
pub mod sanction;
pub mod saved_view;
pub mod search;
pub mod secret;
pub mod session;
pub mod staff;
pub mod staff_task;
mod statistics;
pub mod stream;
pub mod strike;
pub mod suppression;
pub mod tag;
pub mod timeline;
pub mod token;
pub mod trusted;
pub mod webhook;
pub mod welcome;
pub mod workspace;

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures::future::{self, BoxFuture};
use sqlx::{
    ConnectOptions as _, Connection as _,
    pool::PoolConnectionMetadata,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{
        SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};
use tokio::sync::watch;
pub use {
    error::{Result, StoreError},
    row::{FromCell, FromRow, Row},
    tx::{Attempts, Mode, Tx},
    value::Value,
};

/// Which database engine holds the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One file, one serving process.
    Sqlite,
    /// A server, many processes.
    Postgres,
}

#[derive(Clone, Debug)]
pub(crate) enum Pools {
    Sqlite {
        writer: sqlx::SqlitePool,
        readers: sqlx::SqlitePool,
    },
    Postgres(sqlx::PgPool),
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pools: Pools,
    committed: Arc<watch::Sender<u64>>,
    path: Option<PathBuf>,
    place: Arc<str>,
}

impl Store {
    /// Opens `sqlite:PATH`, a bare path, or `postgres://…`; creates the file of the former.
    ///
    /// # Errors
    /// [`StoreError::Open`] with the reason and the remedy.
    pub async fn open(url: &str) -> Result<Self> {
        let committed = Arc::new(watch::channel(0).0);
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options: PgConnectOptions = url
                .parse()
                .map_err(|e| StoreError::open(&redacted(url), e))?;
            let options = options.disable_statement_logging();
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(10))
                .connect_with(options)
                .await
                .map_err(|e| StoreError::open(&redacted(url), e))?;
            return Ok(Self {
                pools: Pools::Postgres(pool),
                committed,
                path: None,
                place: redacted(url).into(),
            });
        }
        let path = PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(url));
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30))
            .pragma("secure_delete", "ON")
            .pragma("auto_vacuum", "INCREMENTAL")
            .statement_cache_capacity(256)
            .disable_statement_logging();
        let mut tries = 0;
        let writer = loop {
            let opened = SqlitePoolOptions::new()
                .max_connections(1)
                .min_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
                .before_acquire(at_rest)
                .acquire_timeout(Duration::from_secs(60))
                .connect_with(
                    options
                        .clone()
                        .pragma("cache_size", "-32768")
                        // A batch touches about 900 pages, many of them the same as the batch
                        // before: written back to the file after each, as by default, every page of
                        // an index by member goes there again and again.
                        .pragma("wal_autocheckpoint", "8192")
                        // A batch asks for about 900 rows at once; a smaller buffer has the two
                        // threads wait for each other.
                        .row_buffer_size(2048)
                        // What a statement may have to take back stays in memory: a batch touches
                        // more pages than SQLite holds of them before it writes a file.
                        .pragma("temp_store", "MEMORY"),
                )
                .await;
            match opened {
                Ok(pool) => break pool,
                // Another process is just turning the new file to WAL, which no busy timeout covers.
                Err(error) if error::is_locked(&error) && tries < 100 => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => return Err(StoreError::open(&path.display().to_string(), error)),
            }
        };
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .before_acquire(at_rest)
            .acquire_timeout(Duration::from_secs(60))
            .connect_lazy_with(
                options
                    .pragma("cache_size", "-16384")
                    .pragma("query_only", "ON"),
            );
        Ok(Self {
            pools: Pools::Sqlite { writer, readers },
            committed,
            place: path.display().to_string().into(),
            path: Some(path),
        })
    }

    /// The engine behind this store.
    pub const fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// The database file, on SQLite.
    pub fn path(&self) -> Option<&std::path::Path> {
        self.path.as_deref()
    }

    /// The database for a person: the file, or the URL without its password.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// An error of this database, which it names where that helps.
    pub(crate) fn failed(&self, error: sqlx::Error) -> StoreError {
        StoreError::from(error).in_place(&self.place)
    }

    /// Opens one transaction. Verbs go through [`Store::attempts`], which also repeats.
    ///
    /// # Errors
    /// The engine refused, or no connection came free in time.
    pub async fn begin(&self, mode: Mode) -> Result<Tx> {
        Tx::begin(self, mode).await
    }

    /// The attempts at one transaction: on PostgreSQL a serialisation failure is repeated.
    pub fn attempts(&self, mode: Mode) -> Attempts<'_> {
        Attempts::new(self, mode)
    }

    /// Changes whenever this process commits a writing transaction.
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }

    pub(crate) fn note_commit(&self) {
        self.committed.send_modify(|count| *count += 1);
    }

    /// SQLite's counter of changes made by other connections; always 0 on PostgreSQL.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn data_version(&self) -> Result<i64> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => {
                let row: (i64,) = sqlx::query_as("PRAGMA data_version")
                    .fetch_one(writer)
                    .await
                    .map_err(|e| self.failed(e))?;
                Ok(row.0)
            }
            Pools::Postgres(_) => Ok(0),
        }
    }

    /// Moves the write-ahead log into the file and empties it, so that nothing erased lingers.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn checkpoint(&self) -> Result<()> {
        if let Pools::Sqlite { writer, .. } = &self.pools {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(writer)
                .await
                .map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Sees that no transaction is open on a connection that is about to be used; another one takes the
/// place of one that is not at rest.
///
/// When the disk is full, or on an I/O error, SQLite takes the whole transaction back by itself.
/// The driver's own ROLLBACK then fails, and it would go on counting a transaction that is none, on
/// the only connection that writes.
fn at_rest(
    connection: &mut SqliteConnection,
    _: PoolConnectionMetadata,
) -> BoxFuture<'_, sqlx::Result<bool>> {
    Box::pin(future::ready(Ok(!connection.is_in_transaction())))
}

/// A database URL without its password.
pub fn redacted(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            let credentials = &url[scheme + 3..at];
            let user = credentials.split(':').next().unwrap_or("");
            format!("{}://{user}@{}", &url[..scheme], &url[at + 1..])
        }
        _ => url.to_owned(),
    }
}
