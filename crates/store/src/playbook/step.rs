//! What a run did and what it left out, each step once at its time.

use yutang_domain::{
    id::{PlaybookRunId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// A step that was handled.
    pub struct Logged {
        /// The step; of a phase that was left, the phase.
        pub step: String,
        /// When it was due.
        pub due_at: Timestamp,
        /// What it does.
        pub deed: String,
        /// `done`, `skipped` or `left`.
        pub outcome: String,
        /// Why it was left out.
        pub reason: Option<String>,
        /// By which way.
        pub way: Option<String>,
        /// For how many groups or people, or how many tasks.
        pub count: i64,
        /// How many of those addressed could not have it.
        pub missed: i64,
        /// What became of it, a JSON list.
        pub made: String,
        /// When it was handled.
        pub at: Timestamp,
    }
}

/// Notes that a step was handled; false if it was already, and then nothing may follow.
///
/// # Errors
/// The engine refused.
pub async fn insert_step(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: PlaybookRunId,
    row: &Logged,
) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO playbook_step (workspace_id, run_id, step, due_at, deed, outcome, reason,
                way, count, missed, made, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (workspace_id, run_id, step, due_at) DO NOTHING"
        ),
        params![
            workspace,
            run,
            row.step.as_str(),
            row.due_at,
            row.deed.as_str(),
            row.outcome.as_str(),
            row.reason.as_deref(),
            row.way.as_deref(),
            row.count,
            row.missed,
            row.made.as_str(),
            row.at,
        ],
    )
    .await
}

/// What a run has done, in the order of its doing.
///
/// # Errors
/// The engine refused.
pub async fn steps(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: PlaybookRunId,
    limit: usize,
) -> Result<Vec<Logged>> {
    tx.all(
        sql!(
            "SELECT step, due_at, deed, outcome, reason, way, count, missed, made, at
             FROM playbook_step WHERE workspace_id = $1 AND run_id = $2
             ORDER BY due_at DESC, step DESC LIMIT $3"
        ),
        params![workspace, run, limit],
    )
    .await
}
