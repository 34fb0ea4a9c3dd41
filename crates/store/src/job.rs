//! Work that outlives its request: one row per job, claimed by whoever is free.

use yutang_domain::{
    id::{JobId, WorkspaceId},
    time::Timestamp,
};

use crate::{Engine, Result, Tx, params, record, sql, sql::Query};

record! {
    /// A job as its runner sees it.
    pub struct Job {
        /// Its id.
        pub id: JobId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// What is to be done, the word of its type.
        pub kind: String,
        /// With what, JSON.
        pub payload: String,
        /// How often it has been begun, this time included.
        pub attempts: i64,
        /// How often it may be begun.
        pub max_attempts: i64,
        /// Why the last attempt failed.
        pub error: Option<String>,
        /// When it came up.
        pub created_at: Timestamp,
    }
}

record! {
    /// How many jobs stand where.
    pub struct Standing {
        /// queued, running, done or dead.
        pub state: String,
        /// How many.
        pub n: i64,
    }
}

/// What a new job is made of.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    /// Its id.
    pub id: JobId,
    /// The word of its type.
    pub kind: &'a str,
    /// JSON.
    pub payload: &'a str,
    /// Not before this instant.
    pub run_at: Timestamp,
    /// How often it may be begun.
    pub max_attempts: i64,
    /// At most one unfinished job of a kind has this key.
    pub dedup: Option<&'a str>,
    /// Now.
    pub at: Timestamp,
}

/// Adds a job; false if an unfinished one has the same key.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, job: &NewJob<'_>) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO job (id, workspace_id, kind, payload, state, run_at, attempts,
                max_attempts, dedup, created_at)
             VALUES ($1, $2, $3, $4, 'queued', $5, 0, $6, $7, $8)
             ON CONFLICT (workspace_id, kind, dedup) DO NOTHING"
        ),
        params![
            job.id,
            workspace,
            job.kind,
            job.payload,
            job.run_at,
            job.max_attempts,
            job.dedup,
            job.at,
        ],
    )
    .await
}

/// Takes up to `limit` due jobs of the kinds named for `holder` until `until`, also those whose
/// holder let the time run out; for guarded transactions.
///
/// # Errors
/// The engine refused.
pub async fn claim(
    tx: &mut Tx,
    kinds: &[&str],
    holder: &str,
    now: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Job>> {
    let mut query =
        Query::new("UPDATE job SET state = 'running', attempts = attempts + 1, holder = ");
    query.bind(holder).push(", held_until = ").bind(until);
    query
        .push(" WHERE id IN (SELECT id FROM job WHERE kind IN ")
        .list(kinds.iter().copied());
    query
        .push(" AND ((state = 'queued' AND run_at <= ")
        .bind(now);
    query
        .push(") OR (state = 'running' AND held_until < ")
        .bind(now);
    query.push(")) ORDER BY run_at, id LIMIT ").bind(limit);
    if tx.engine() == Engine::Postgres {
        query.push(" FOR UPDATE SKIP LOCKED");
    }
    query.push(
        ") RETURNING id, workspace_id, kind, payload, attempts, max_attempts, error, created_at",
    );
    tx.all_of(query).await
}

/// Prolongs the hold on a job that is still the holder's.
///
/// # Errors
/// The engine refused.
pub async fn hold(tx: &mut Tx, id: JobId, holder: &str, until: Timestamp) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE job SET held_until = $3
             WHERE id = $1 AND holder = $2 AND state = 'running'"
        ),
        params![id, holder, until],
    )
    .await
}

/// Ends a job that is still the holder's; its key is free again.
///
/// # Errors
/// The engine refused.
pub async fn finish(tx: &mut Tx, id: JobId, holder: &str, now: Timestamp) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE job SET state = 'done', holder = NULL, held_until = NULL, dedup = NULL,
                error = NULL, finished_at = $3
             WHERE id = $1 AND holder = $2 AND state = 'running'"
        ),
        params![id, holder, now],
    )
    .await
}

/// Puts a job that failed back into the queue.
///
/// # Errors
/// The engine refused.
pub async fn retry(
    tx: &mut Tx,
    id: JobId,
    holder: &str,
    run_at: Timestamp,
    error: &str,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE job SET state = 'queued', holder = NULL, held_until = NULL, run_at = $3,
                error = $4
             WHERE id = $1 AND holder = $2 AND state = 'running'"
        ),
        params![id, holder, run_at, error],
    )
    .await
}

/// Gives a job up; it stays as a dead letter until somebody looks. Its key is free again.
///
/// # Errors
/// The engine refused.
pub async fn bury(
    tx: &mut Tx,
    id: JobId,
    holder: &str,
    now: Timestamp,
    error: &str,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE job SET state = 'dead', holder = NULL, held_until = NULL, dedup = NULL,
                error = $4, finished_at = $3
             WHERE id = $1 AND holder = $2 AND state = 'running'"
        ),
        params![id, holder, now, error],
    )
    .await
}

/// Puts a dead letter back into the queue with all its attempts.
///
/// # Errors
/// The engine refused.
pub async fn revive(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: JobId,
    now: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE job SET state = 'queued', attempts = 0, run_at = $3, finished_at = NULL
             WHERE workspace_id = $1 AND id = $2 AND state = 'dead'"
        ),
        params![workspace, id, now],
    )
    .await
}

/// Dead letters, newest first.
///
/// # Errors
/// The engine refused.
pub async fn dead(tx: &mut Tx, workspace: WorkspaceId, limit: usize) -> Result<Vec<Job>> {
    tx.all(
        sql!(
            "SELECT id, workspace_id, kind, payload, attempts, max_attempts, error, created_at
             FROM job WHERE workspace_id = $1 AND state = 'dead'
             ORDER BY created_at DESC, id DESC LIMIT $2"
        ),
        params![workspace, limit],
    )
    .await
}

/// How many jobs of a kind wait or run in a workspace.
///
/// # Errors
/// The engine refused.
pub async fn unfinished(tx: &mut Tx, workspace: WorkspaceId, kind: &str) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM job
             WHERE workspace_id = $1 AND kind = $2 AND state IN ('queued', 'running')"
        ),
        params![workspace, kind],
    )
    .await
}

/// How many jobs of the installation stand where.
///
/// # Errors
/// The engine refused.
pub async fn standing(tx: &mut Tx) -> Result<Vec<Standing>> {
    tx.all(
        sql!("SELECT state, CAST(COUNT(*) AS BIGINT) AS n FROM job GROUP BY state ORDER BY state"),
        params![],
    )
    .await
}

/// Forgets jobs done before `before`; dead letters stay.
///
/// # Errors
/// The engine refused.
pub async fn expire(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(
        sql!("DELETE FROM job WHERE state = 'done' AND finished_at < $1"),
        params![before],
    )
    .await
}
