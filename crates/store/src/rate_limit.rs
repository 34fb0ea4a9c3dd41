//! Counters of attempts, shared by all processes.

use yutang_domain::time::Timestamp;

use crate::{Result, Tx, params, sql};

/// Takes one of `allowed` attempts of `subject` in the window that began at `window_start`.
/// False when none is left.
///
/// # Errors
/// The engine refused.
pub async fn take(
    tx: &mut Tx,
    subject: &str,
    window_start: Timestamp,
    allowed: i64,
) -> Result<bool> {
    let row: Option<i64> = tx
        .find(
            sql!(
                "INSERT INTO rate_limit (subject, window_start, used) VALUES ($1, $2, 1)
                 ON CONFLICT (subject, window_start) DO UPDATE SET used = rate_limit.used + 1
                 WHERE rate_limit.used < $3
                 RETURNING used AS n"
            ),
            params![subject, window_start, allowed],
        )
        .await?;
    Ok(row.is_some())
}

/// Forgets windows that began before `before`.
///
/// # Errors
/// The engine refused.
pub async fn expire(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(
        sql!("DELETE FROM rate_limit WHERE window_start < $1"),
        params![before],
    )
    .await
}
