//! Fees paid for a place in a group.

use yutang_domain::{
    id::{GroupId, MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, sql};

/// Notes that somebody paid; false if that is known.
///
/// # Errors
/// The group or member is unknown, or the engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (group, member): (GroupId, MemberId),
    actor: &str,
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO entry_fee (workspace_id, group_id, member_id, paid_at, actor)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, group_id, member_id) DO NOTHING"
        ),
        params![workspace, group, member, at, actor],
    )
    .await
}

/// Whether a person paid for a place in a group, with whichever of their records.
///
/// # Errors
/// The engine refused.
pub async fn is_paid(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
) -> Result<bool> {
    let paid = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM entry_fee f
                 JOIN member m ON m.workspace_id = f.workspace_id AND m.id = f.member_id
                 WHERE f.workspace_id = $1 AND f.group_id = $2 AND m.canonical_id =
                    (SELECT o.canonical_id FROM member o WHERE o.workspace_id = $1 AND o.id = $3)"
            ),
            params![workspace, group, member],
        )
        .await?;
    Ok(paid > 0)
}
