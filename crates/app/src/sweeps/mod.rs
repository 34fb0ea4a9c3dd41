//! Sweeps: what is done again and again without anybody asking.
//!
//! A sweep has no input. It looks at the data, does what is due, and doing it once more changes
//! nothing; so it does not matter when it last ran, or whether it was cut short. Each runs under a
//! lease of its own name, so two processes never run one at the same time, and the lease row keeps
//! when it last ran.

pub mod alarm;
pub mod awaited_reply;
pub mod broadcast;
pub mod digest;
pub mod erasure_ledger;
pub mod expiry;
pub mod gate;
pub mod gauges;
pub mod hand_over;
pub mod health;
pub mod imports;
pub mod outbox;
pub mod playbook;
pub mod retention;
pub mod robots;
pub mod sanction;

use std::time::Duration;

use futures::future::BoxFuture;
use yutang_domain::time::{DAY, HOUR, MINUTE, SECOND};
use yutang_store::lease;

use crate::{App, Result, macros::in_tx};

/// For how long a sweep is held before another process may take it, in milliseconds.
const HOLD_MS: i64 = 2 * MINUTE;
/// How often the hold is prolonged.
const BEAT: Duration = Duration::from_secs(30);
/// How often is looked whether one is due.
const POLL: Duration = Duration::from_secs(5);

/// A sweep.
#[derive(Clone, Copy)]
pub struct Sweep {
    /// Its name, also of its lease.
    pub name: &'static str,
    /// How often it runs, in milliseconds.
    pub every_ms: i64,
    /// What it does; says how many things it touched.
    pub run: for<'a> fn(&'a App) -> BoxFuture<'a, Result<u64>>,
}

impl std::fmt::Debug for Sweep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sweep")
            .field("name", &self.name)
            .field("every_ms", &self.every_ms)
            .finish_non_exhaustive()
    }
}

macro_rules! sweeps {
    ($($name:literal every $every:expr => $run:path;)+) => {
        /// Every sweep of the program.
        pub const ALL: &[Sweep] = &[$(Sweep {
            name: $name,
            every_ms: $every,
            run: |app| Box::pin($run(app)),
        }),+];
    };
}

sweeps! {
    "health" every 30 * SECOND => health::run;
    "gate" every 15 * SECOND => gate::run;
    "alarm" every 15 * SECOND => alarm::run;
    "awaited_reply" every 15 * SECOND => awaited_reply::run;
    "playbook" every 5 * SECOND => playbook::run;
    "broadcast" every 5 * SECOND => broadcast::run;
    "imports" every 15 * SECOND => imports::run;
    "outbox" every MINUTE => outbox::run;
    "hand_over" every MINUTE => hand_over::run;
    "digest" every MINUTE => digest::run;
    "robots" every 5 * SECOND => robots::run;
    "expiry" every HOUR => expiry::run;
    "retention" every DAY => retention::run;
    "erasure_ledger" every MINUTE => erasure_ledger::run;
    "sanction" every 15 * SECOND => sanction::run;
    "gauges" every 15 * SECOND => gauges::run;
}

impl App {
    /// Runs sweeps when they are due, until the program stops.
    pub async fn sweep(&self) {
        let stop = self.stopping();
        while !stop.is_cancelled() {
            for sweep in ALL {
                match self.run_sweep(sweep).await {
                    Ok(None | Some(0)) => {}
                    Ok(Some(touched)) => tracing::info!(sweep = sweep.name, touched, "swept"),
                    Err(error) => {
                        tracing::warn!(sweep = sweep.name, code = error.code(), %error, "a sweep failed");
                    }
                }
                if stop.is_cancelled() {
                    return;
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Runs one sweep if it is due and nobody else runs it; says how many things it touched.
    ///
    /// # Errors
    /// What the sweep failed of; it is tried again when it is next looked at.
    pub async fn run_sweep(&self, sweep: &Sweep) -> Result<Option<u64>> {
        let now = self.now();
        let name = format!("sweep:{}", sweep.name);
        // Not the process's own name: two of its tasks are two holders.
        let holder = format!("{}:{}", self.ids().holder(), crate::key::random_text(6));
        let last = in_tx!(self, Guarded, tx => {
            let Some(held) = lease::take(tx, &name, &holder, now, now.plus(HOLD_MS)).await? else {
                return Ok(None);
            };
            if now.ms() < held.value.saturating_add(sweep.every_ms) {
                lease::release(tx, &name, &holder, held.value).await?;
                return Ok(None);
            }
            Ok(Some(held.value))
        })?;
        let Some(last) = last else { return Ok(None) };
        let mut run = (sweep.run)(self);
        let outcome = loop {
            tokio::select! {
                outcome = &mut run => break outcome,
                () = tokio::time::sleep(BEAT) => {
                    let until = self.now().plus(HOLD_MS);
                    in_tx!(self, Guarded, tx => {
                        Ok(lease::renew(tx, &name, &holder, until, last).await?)
                    })?;
                }
            }
        };
        let value = if outcome.is_ok() { now.ms() } else { last };
        in_tx!(self, Guarded, tx => Ok(lease::release(tx, &name, &holder, value).await?))?;
        outcome.map(Some)
    }
}
