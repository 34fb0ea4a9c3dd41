//! The job queue: work that a verb starts and somebody finishes.
//!
//! A verb that would take too long for its transaction leaves a job behind in that transaction, so
//! the work is there exactly if the change is. Any process takes what is due, holds it for a
//! minute at a time, and may die over it: another one begins again. A job is therefore written so
//! that beginning twice does no harm. What keeps failing ends as a dead letter for people to see.

use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use yutang_domain::{
    error::Class,
    id::{JobId, WorkspaceId},
    time::{HOUR, MINUTE, SECOND, Timestamp},
};
use yutang_store::{Tx, installation, job};

use crate::{App, AppError, Result, macros::in_tx};

/// For how long a job is held before another process may take it, in milliseconds.
const HOLD_MS: i64 = MINUTE;
/// How often the hold is prolonged.
const BEAT: Duration = Duration::from_secs(20);
/// How often the queue is looked at when nothing says that it grew.
const POLL: Duration = Duration::from_secs(1);
/// How many jobs one look takes.
const AT_ONCE: usize = 4;

/// The fact whose presence keeps jobs and outbox still.
pub(crate) const PAUSED: &str = "paused";

/// A kind of work with its payload.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The word it is stored under; never reused for another payload.
    const KIND: &'static str;
    /// How often it is begun before it becomes a dead letter.
    const MAX_ATTEMPTS: i64 = 8;

    /// At most one unfinished job with the same key exists in a workspace.
    fn dedup(&self) -> Option<String> {
        None
    }

    /// Does the work; doing it again after half of it was done must give the same end.
    fn run(&self, app: &App, workspace: WorkspaceId) -> impl Future<Output = Result<()>> + Send;
}

type Runner = Arc<dyn for<'a> Fn(&'a App, &'a job::Job) -> BoxFuture<'a, Result<()>> + Send + Sync>;

/// The kinds of jobs a process can do.
#[derive(Clone, Default)]
pub struct Trades {
    runners: BTreeMap<&'static str, Runner>,
}

impl std::fmt::Debug for Trades {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.runners.keys()).finish()
    }
}

impl Trades {
    /// Adds a kind.
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        let runner: Runner = Arc::new(|app, row| {
            Box::pin(async move {
                let job: J = serde_json::from_str(&row.payload).map_err(AppError::internal)?;
                job.run(app, row.workspace_id).await
            })
        });
        self.runners.insert(J::KIND, runner);
        self
    }

    /// The words of the kinds.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.runners.keys().copied().collect()
    }
}

/// How many jobs and outbox rows stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// Jobs by state.
    pub jobs: BTreeMap<String, i64>,
    /// Outbox rows by state.
    pub outbox: BTreeMap<String, i64>,
    /// Whether both are kept still, as after a restore.
    pub paused: bool,
}

impl Backlog {
    /// Whether nothing waits and nothing is under way.
    pub fn is_idle(&self) -> bool {
        ["queued", "running"]
            .iter()
            .all(|s| self.jobs.get(*s).is_none_or(|n| *n == 0))
            && ["pending", "sending"]
                .iter()
                .all(|s| self.outbox.get(*s).is_none_or(|n| *n == 0))
    }
}

impl App {
    /// Leaves a job behind in the caller's transaction; false if one with its key is unfinished.
    ///
    /// # Errors
    /// The database refused.
    pub async fn enqueue<J: Job>(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        work: &J,
        run_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let payload = serde_json::to_string(work).map_err(AppError::internal)?;
        let dedup = work.dedup();
        let id: JobId = self.ids().next()?;
        let row = job::NewJob {
            id,
            kind: J::KIND,
            payload: &payload,
            run_at,
            max_attempts: J::MAX_ATTEMPTS,
            dedup: dedup.as_deref(),
            at: now,
        };
        Ok(job::insert(tx, workspace, &row).await?)
    }

    /// Does jobs until the program stops.
    pub async fn work(&self, trades: &Trades) {
        let stop = self.stopping();
        let mut committed = self.store().committed();
        while !stop.is_cancelled() {
            match self.work_due(trades).await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::warn!(%error, "the queue cannot be read; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                _ = committed.changed() => tokio::time::sleep(Duration::from_millis(20)).await,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Does the jobs that are due now, a few at a time, and says how many it took.
    ///
    /// # Errors
    /// The database refused; what a job itself says is kept with the job.
    pub async fn work_due(&self, trades: &Trades) -> Result<usize> {
        let now = self.now();
        let kinds = trades.kinds();
        let holder = self.ids().holder();
        let taken = in_tx!(self, Guarded, tx => {
            if installation::find(tx, PAUSED).await?.is_some() {
                return Ok(Vec::new());
            }
            Ok(job::claim(tx, &kinds, holder, now, now.plus(HOLD_MS), AT_ONCE).await?)
        })?;
        let count = taken.len();
        futures::future::try_join_all(taken.iter().map(|row| self.do_job(trades, row))).await?;
        Ok(count)
    }

    async fn do_job(&self, trades: &Trades, row: &job::Job) -> Result<()> {
        let holder = self.ids().holder();
        // A job whose process died at its last attempt is not begun once more.
        let outcome = if row.attempts > row.max_attempts {
            Err(AppError::internal("its process ended before it did"))
        } else {
            match trades.runners.get(row.kind.as_str()) {
                Some(runner) => self.held(row, runner(self, row)).await,
                None => Err(AppError::internal("no such kind")),
            }
        };
        let now = self.now();
        match outcome {
            Ok(()) => {
                metrics::counter!("yutang_jobs_done_total", "kind" => row.kind.clone())
                    .increment(1);
                in_tx!(self, Guarded, tx => Ok(job::finish(tx, row.id, holder, now).await?))?;
            }
            Err(error) => {
                let text = format!("{}: {error}", error.code());
                if row.attempts >= row.max_attempts || is_final(&error) {
                    tracing::error!(job = %row.id, kind = %row.kind, code = error.code(), "job given up");
                    metrics::counter!("yutang_jobs_dead_total", "kind" => row.kind.clone())
                        .increment(1);
                    in_tx!(self, Guarded, tx => Ok(job::bury(tx, row.id, holder, now, &text).await?))?;
                } else {
                    let again = now.plus(backoff(row.attempts, row.id.raw()));
                    tracing::warn!(job = %row.id, kind = %row.kind, code = error.code(), "job failed, tried again later");
                    in_tx!(self, Guarded, tx => Ok(job::retry(tx, row.id, holder, again, &text).await?))?;
                }
            }
        }
        Ok(())
    }

    /// Runs a job while prolonging the hold on it.
    async fn held(&self, row: &job::Job, run: BoxFuture<'_, Result<()>>) -> Result<()> {
        let mut run = run;
        loop {
            tokio::select! {
                outcome = &mut run => return outcome,
                () = tokio::time::sleep(BEAT) => {
                    let until = self.now().plus(HOLD_MS);
                    let kept = in_tx!(self, Guarded, tx => {
                        Ok(job::hold(tx, row.id, self.ids().holder(), until).await?)
                    });
                    if matches!(kept, Ok(false)) {
                        return Err(AppError::internal("another process has taken the job over"));
                    }
                }
            }
        }
    }

    /// What waits in queue and outbox.
    ///
    /// # Errors
    /// The database refused.
    pub async fn backlog(&self) -> Result<Backlog> {
        in_tx!(self, Read, tx => {
            Ok(Backlog {
                jobs: job::standing(tx).await?.into_iter().map(|s| (s.state, s.n)).collect(),
                outbox: yutang_store::outbox::standing(tx)
                    .await?
                    .into_iter()
                    .map(|s| (s.state, s.n))
                    .collect(),
                paused: installation::find(tx, PAUSED).await?.is_some(),
            })
        })
    }

    /// Dead letters of a workspace, newest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn dead_jobs(&self, workspace: WorkspaceId) -> Result<Vec<job::Job>> {
        in_tx!(self, Read, tx => Ok(job::dead(tx, workspace, 100).await?))
    }

    /// Puts a dead letter back into the queue; false if it is none.
    ///
    /// # Errors
    /// The database refused.
    pub async fn revive_job(&self, workspace: WorkspaceId, id: JobId) -> Result<bool> {
        let now = self.now();
        in_tx!(self, Guarded, tx => Ok(job::revive(tx, workspace, id, now).await?))
    }

    /// Lets jobs and outbox go on after a restore; false if they were not kept still.
    ///
    /// # Errors
    /// The database refused.
    pub async fn resume(&self) -> Result<bool> {
        in_tx!(self, Guarded, tx => {
            let paused = installation::find(tx, PAUSED).await?.is_some();
            installation::remove(tx, PAUSED).await?;
            Ok(paused)
        })
    }
}

/// Whether trying again cannot help.
fn is_final(error: &AppError) -> bool {
    matches!(
        error.class(),
        Class::Invalid | Class::Denied | Class::NotFound | Class::Unauthenticated
    )
}

/// 5 s, 10 s, 20 s … an hour at most, spread by up to a quarter so that jobs that failed together
/// do not come back together.
fn backoff(attempts: i64, salt: i64) -> i64 {
    let step = (5 * SECOND) << attempts.clamp(1, 20).saturating_sub(1);
    let step = step.min(HOUR);
    step + salt.rem_euclid((step / 4).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_an_hour() {
        assert!((5 * SECOND..7 * SECOND).contains(&backoff(1, 77)));
        assert!((10 * SECOND..13 * SECOND).contains(&backoff(2, 77)));
        assert!((2560 * SECOND..3200 * SECOND).contains(&backoff(10, i64::MAX)));
        for attempts in 11..100 {
            assert!((HOUR..HOUR + HOUR / 4).contains(&backoff(attempts, i64::MAX)));
        }
    }
}
