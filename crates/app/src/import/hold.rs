//! Which process is at a run, and whether it still is.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use yutang_domain::{
    id::ImportRunId,
    import::{HEARTBEAT_MS, RunError, RunState},
    time::Timestamp,
};
use yutang_store::{Tx, import};

use crate::{App, Caller, Result, macros::in_tx};

/// How often a process says that it is still at its run.
const BEAT: Duration = Duration::from_millis(HEARTBEAT_MS.unsigned_abs() / 3);

/// Whether the process that calls itself so is still there, as far as this machine can tell.
fn may_be_alive(holder: &str) -> bool {
    let Some((place, _)) = holder.rsplit_once('/') else {
        return true;
    };
    let Some((host, pid)) = place.rsplit_once('/') else {
        return true;
    };
    host != crate::ids::host() || std::path::Path::new("/proc").join(pid).exists()
}

/// The run as it stands: one that is said to be running and that nobody is at is interrupted. The
/// next process that serves writes that down; whoever only looks need not wait for it.
pub(super) fn as_it_stands(mut run: import::Run, now: Timestamp) -> import::Run {
    let silent = now.since(run.heartbeat_at) > HEARTBEAT_MS;
    if run.state == RunState::Running && (silent || !may_be_alive(&run.holder)) {
        run.state = RunState::Interrupted;
    }
    run
}

impl App {
    /// Takes hold of a run that nobody is at. This process hands on what it carries out itself when
    /// it is to be stopped; asked for the same twice, it is at it already.
    pub(super) async fn take_run(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        state: RunState,
        now: Timestamp,
    ) -> Result<()> {
        let silent_since = if may_be_alive(&run.holder) {
            now.plus(-HEARTBEAT_MS)
        } else {
            now.plus(1)
        };
        let holder = self.ids().holder();
        let handed_on = run.state == RunState::Running && state == RunState::Undoing;
        let taken = import::take(
            tx,
            caller.workspace,
            run.id,
            (if handed_on { holder } else { "" }, holder),
            state,
            now,
            silent_since,
        )
        .await?;
        if taken {
            Ok(())
        } else {
            Err(RunError::Held.into())
        }
    }

    /// Waits for what takes its time, and says meanwhile that this process is still at the run.
    pub(super) async fn holding<T>(
        &self,
        caller: &Caller,
        id: ImportRunId,
        work: impl Future<Output = T>,
    ) -> T {
        let mut beats = interval_at(Instant::now() + BEAT, BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = beats.tick() => {
                    if let Err(error) = self.beat(caller, id).await {
                        tracing::warn!(run = %id, %error, "an import could not say that it goes on");
                    }
                }
            }
        }
    }

    async fn beat(&self, caller: &Caller, id: ImportRunId) -> Result<()> {
        let now = self.now();
        in_tx!(self, Guarded, tx => {
            Ok(import::beat(tx, caller.workspace, id, self.ids().holder(), now).await?)
        })
    }
}
