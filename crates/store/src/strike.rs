//! Strikes: violations that still count.

use yutang_domain::{
    id::{MemberId, SanctionId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, sql};

/// Adds the strike of a sanction; one that is there already counts again.
///
/// # Errors
/// The engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sanction: SanctionId,
    member: MemberId,
    (at, expires_at): (Timestamp, Timestamp),
) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO strike (workspace_id, sanction_id, member_id, at, expires_at, taken_back_at)
             VALUES ($1, $2, $3, $4, $5, NULL)
             ON CONFLICT (workspace_id, sanction_id) DO UPDATE SET
                at = excluded.at, expires_at = excluded.expires_at, taken_back_at = NULL"
        ),
        params![workspace, sanction, member, at, expires_at],
    )
    .await?;
    Ok(())
}

/// Strikes of a person that count at an instant, in all groups.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
    now: Timestamp,
) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n
             FROM member a
             JOIN member m ON m.workspace_id = a.workspace_id AND m.canonical_id = a.canonical_id
             JOIN strike s ON s.workspace_id = m.workspace_id AND s.member_id = m.id
             WHERE a.workspace_id = $1 AND a.id = $2 AND s.expires_at > $3
               AND s.taken_back_at IS NULL"
        ),
        params![workspace, member, now],
    )
    .await
}

/// When a person got the strikes that count at an instant, earliest first.
///
/// # Errors
/// The engine refused.
pub async fn times(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
    now: Timestamp,
) -> Result<Vec<Timestamp>> {
    let all: Vec<i64> = tx
        .all(
            sql!(
                "SELECT s.at AS n
                 FROM member a
                 JOIN member m ON m.workspace_id = a.workspace_id AND m.canonical_id = a.canonical_id
                 JOIN strike s ON s.workspace_id = m.workspace_id AND s.member_id = m.id
                 WHERE a.workspace_id = $1 AND a.id = $2 AND s.expires_at > $3
                   AND s.taken_back_at IS NULL
                 ORDER BY s.at"
            ),
            params![workspace, member, now],
        )
        .await?;
    Ok(all.into_iter().map(Timestamp::from_ms).collect())
}

/// Takes the strike of a sanction back.
///
/// # Errors
/// The engine refused.
pub async fn take_back(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sanction: SanctionId,
    now: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE strike SET taken_back_at = $3
             WHERE workspace_id = $1 AND sanction_id = $2 AND taken_back_at IS NULL"
        ),
        params![workspace, sanction, now],
    )
    .await
}
