//! The tail of the log inside this process: what streams and caches learn from.
//!
//! Another process's commit must show here as well, so nothing listens to verbs directly: one task
//! reads facts in the order of their positions and hands them out.

use std::time::Duration;

use tokio::sync::broadcast;
use yutang_domain::time::Timestamp;
pub use yutang_store::event::Recorded;
use yutang_store::{Engine, Tx, event, lease};

use crate::{App, Result, macros::in_tx};

/// How many facts a slow listener may lag behind before it is told to begin anew.
const BUFFER: usize = 10_000;
/// How often the log is looked at when nothing says that it grew.
const POLL: Duration = Duration::from_millis(100);

/// The live tail: subscribe to it.
#[derive(Debug)]
pub struct Live {
    facts: broadcast::Sender<event::Recorded>,
    position: std::sync::atomic::AtomicI64,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            facts: broadcast::channel(BUFFER).0,
            position: 0.into(),
        }
    }
}

impl Live {
    /// Facts from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<event::Recorded> {
        self.facts.subscribe()
    }

    /// The position this process has seen.
    pub fn position(&self) -> i64 {
        self.position.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn advance(&self, position: i64) {
        self.position
            .store(position, std::sync::atomic::Ordering::Relaxed);
    }
}

impl App {
    /// Follows the log until the program stops; on PostgreSQL it also gives positions whenever it
    /// holds the sequencer lease.
    pub async fn follow_log(&self) {
        let stop = self.stopping();
        let mut committed = self.store().committed();
        match self.last_position().await {
            Ok(last) => self.live().advance(last),
            Err(error) => tracing::error!(%error, "the log cannot be read"),
        }
        while !stop.is_cancelled() {
            if let Err(error) = self.follow_once().await {
                tracing::warn!(%error, "the log could not be followed; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            tokio::select! {
                () = stop.cancelled() => break,
                _ = committed.changed() => tokio::time::sleep(Duration::from_millis(10)).await,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    async fn follow_once(&self) -> Result<()> {
        if self.store().engine() == Engine::Postgres {
            self.give_positions().await?;
        }
        loop {
            let from = self.live().position();
            let facts = in_tx!(self, Read, tx => Ok(event::after(tx, from, 500).await?))?;
            let Some(last) = facts.last().map(|f| f.position) else {
                return Ok(());
            };
            for fact in facts {
                // No listener is no error.
                let _ = self.live().facts.send(fact);
            }
            self.live().advance(last);
        }
    }

    pub(crate) async fn give_positions(&self) -> Result<()> {
        let now = self.now();
        let until = now.plus(5_000);
        in_tx!(self, Guarded, tx => {
            if lease::take(tx, "sequencer", self.ids().holder(), now, until).await?.is_none() {
                return Ok(());
            }
            place_all(tx).await
        })
    }

    /// The last position of the log.
    ///
    /// # Errors
    /// The database refused.
    pub async fn last_position(&self) -> Result<i64> {
        in_tx!(self, Read, tx => Ok(event::last_position(tx).await?))
    }

    /// Facts after a position, for a stream that comes back.
    ///
    /// # Errors
    /// The database refused.
    pub async fn facts_after(&self, position: i64, limit: usize) -> Result<Vec<event::Recorded>> {
        in_tx!(self, Read, tx => Ok(event::after(tx, position, limit).await?))
    }

    /// When the last fact this process has seen was recorded; what figures are `as_of`.
    pub fn as_of(&self) -> Timestamp {
        self.now()
    }
}

async fn place_all(tx: &mut Tx) -> Result<()> {
    while event::place(tx, 500).await?.is_some() {}
    Ok(())
}
