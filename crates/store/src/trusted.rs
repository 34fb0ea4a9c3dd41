//! People whose messages are not judged.

use yutang_domain::{
    id::{MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// Somebody who is trusted.
    pub struct Trusted {
        /// Their record.
        pub member_id: MemberId,
        /// Called.
        pub name: String,
        /// Why.
        pub note: String,
        /// Who said so, in stored form.
        pub actor: String,
        /// When.
        pub created_at: Timestamp,
    }
}

/// Whether somebody is trusted, with any of their records.
///
/// # Errors
/// The engine refused.
pub async fn is_trusted(tx: &mut Tx, workspace: WorkspaceId, member: MemberId) -> Result<bool> {
    let count = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n
                 FROM member a
                 JOIN member m ON m.workspace_id = a.workspace_id
                    AND m.canonical_id = a.canonical_id
                 JOIN trusted t ON t.workspace_id = m.workspace_id AND t.member_id = m.id
                 WHERE a.workspace_id = $1 AND a.id = $2"
            ),
            params![workspace, member],
        )
        .await?;
    Ok(count > 0)
}

/// Trusts somebody; false if they are already.
///
/// # Errors
/// The engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
    (note, actor): (&str, &str),
    now: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO trusted (workspace_id, member_id, note, actor, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, member_id) DO NOTHING"
        ),
        params![workspace, member, note, actor, now],
    )
    .await
}

/// Trusts somebody no longer, whichever of their records it was said of; false if they were not.
///
/// # Errors
/// The engine refused.
pub async fn remove(tx: &mut Tx, workspace: WorkspaceId, canonical: MemberId) -> Result<bool> {
    tx.changed(
        sql!(
            "DELETE FROM trusted WHERE workspace_id = $1 AND member_id IN
                (SELECT id FROM member WHERE workspace_id = $1 AND canonical_id = $2)"
        ),
        params![workspace, canonical],
    )
    .await
}

/// Everybody who is trusted, latest first.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Trusted>> {
    tx.all(
        sql!(
            "SELECT m.canonical_id AS member_id, m.name, t.note, t.actor, t.created_at
             FROM trusted t
             JOIN member m ON m.workspace_id = t.workspace_id AND m.id = t.member_id
             WHERE t.workspace_id = $1 ORDER BY t.created_at DESC, m.canonical_id"
        ),
        params![workspace],
    )
    .await
}
