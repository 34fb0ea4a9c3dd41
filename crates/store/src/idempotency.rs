//! Answers already given to requests that carried a key.

use yutang_domain::{id::WorkspaceId, time::Timestamp};

use crate::{Result, Tx, params, record, sql};

record! {
    /// A stored answer.
    pub struct Answer {
        /// SHA-256 of the request's body.
        pub body_hash: Vec<u8>,
        /// HTTP status.
        pub status: i64,
        /// Body.
        pub response: String,
        /// When the request came first.
        pub created_at: Timestamp,
    }
}

/// The answer stored under a key, if any.
///
/// # Errors
/// The engine refused.
pub async fn find(
    tx: &mut Tx,
    workspace: WorkspaceId,
    actor: &str,
    verb: &str,
    key: &str,
) -> Result<Option<Answer>> {
    tx.find(
        sql!(
            "SELECT body_hash, status, response, created_at FROM idempotency
             WHERE workspace_id = $1 AND actor = $2 AND verb = $3 AND idempotency_key = $4"
        ),
        params![workspace, actor, verb, key],
    )
    .await
}

/// Stores an answer; false if another one got there first.
///
/// # Errors
/// The engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    actor: &str,
    verb: &str,
    key: &str,
    answer: &Answer,
) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO idempotency (workspace_id, actor, verb, idempotency_key, body_hash,
                status, response, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"
        ),
        params![
            workspace,
            actor,
            verb,
            key,
            answer.body_hash.clone(),
            answer.status,
            answer.response.as_str(),
            answer.created_at,
        ],
    )
    .await
}

/// Forgets answers older than `before`.
///
/// # Errors
/// The engine refused.
pub async fn expire(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(
        sql!("DELETE FROM idempotency WHERE created_at < $1"),
        params![before],
    )
    .await
}

/// Forgets a claim (status 0) made before `before` that never led anywhere.
///
/// # Errors
/// The engine refused.
pub async fn expire_running(
    tx: &mut Tx,
    workspace: WorkspaceId,
    actor: &str,
    verb: &str,
    key: &str,
    before: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "DELETE FROM idempotency WHERE workspace_id = $1 AND actor = $2 AND verb = $3
               AND idempotency_key = $4 AND status = 0 AND created_at < $5"
        ),
        params![workspace, actor, verb, key, before],
    )
    .await?;
    Ok(())
}

/// Puts the answer in the place of a claim.
///
/// # Errors
/// The engine refused.
pub async fn answer(
    tx: &mut Tx,
    workspace: WorkspaceId,
    actor: &str,
    verb: &str,
    key: &str,
    status: i64,
    response: &str,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE idempotency SET status = $5, response = $6 WHERE workspace_id = $1 AND actor = $2
               AND verb = $3 AND idempotency_key = $4"
        ),
        params![workspace, actor, verb, key, status, response],
    )
    .await?;
    Ok(())
}

/// Writes the status of a claim.
///
/// # Errors
/// The engine refused.
pub async fn set_status(
    tx: &mut Tx,
    workspace: WorkspaceId,
    actor: &str,
    verb: &str,
    key: &str,
    status: i64,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE idempotency SET status = $5 WHERE workspace_id = $1 AND actor = $2
               AND verb = $3 AND idempotency_key = $4"
        ),
        params![workspace, actor, verb, key, status],
    )
    .await?;
    Ok(())
}

/// Gives a claim (status 0) back.
///
/// # Errors
/// The engine refused.
pub async fn release(
    tx: &mut Tx,
    workspace: WorkspaceId,
    actor: &str,
    verb: &str,
    key: &str,
) -> Result<()> {
    tx.execute(
        sql!(
            "DELETE FROM idempotency WHERE workspace_id = $1 AND actor = $2 AND verb = $3
               AND idempotency_key = $4 AND status = 0"
        ),
        params![workspace, actor, verb, key],
    )
    .await?;
    Ok(())
}
