//! True reports: members who say that a message does not belong here.

use yutang_domain::{
    id::{MemberId, MessageId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, sql};

/// Adds a report; false if this person has reported the message before, with any of their records.
///
/// # Errors
/// The engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    message: MessageId,
    canonical: MemberId,
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO report (workspace_id, message_id, member_id, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (workspace_id, message_id, member_id) DO NOTHING"
        ),
        params![workspace, message, canonical, at],
    )
    .await
}

/// How many people reported a message.
///
/// # Errors
/// The engine refused.
pub async fn count(tx: &mut Tx, workspace: WorkspaceId, message: MessageId) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(DISTINCT m.canonical_id) AS BIGINT) AS n
             FROM report r
             JOIN member m ON m.workspace_id = r.workspace_id AND m.id = r.member_id
             WHERE r.workspace_id = $1 AND r.message_id = $2"
        ),
        params![workspace, message],
    )
    .await
}
