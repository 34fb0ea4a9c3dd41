//! Fees paid for a place in a group.

use yutang_domain::{
    id::{GroupId, MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// What somebody paid.
    pub struct Paid {
        /// In minor units of the organisation's currency, if it was told.
        pub amount_minor: Option<i64>,
    }
}

/// Notes that somebody paid, and how much in minor units if that is known; false if it was noted
/// before.
///
/// # Errors
/// The group or member is unknown, or the engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (group, member): (GroupId, MemberId),
    amount_minor: Option<i64>,
    (actor, at): (&str, Timestamp),
) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO entry_fee (workspace_id, group_id, member_id, paid_at, actor,
                amount_minor)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (workspace_id, group_id, member_id) DO NOTHING"
        ),
        params![workspace, group, member, at, actor, amount_minor],
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
    Ok(!paid(tx, workspace, group, member).await?.is_empty())
}

/// What a person paid for a place in a group with all of their records, in minor units of the
/// organisation's currency. `None` = nothing is known of it, or not of all of it.
///
/// # Errors
/// The engine refused.
pub async fn amount(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
) -> Result<Option<i64>> {
    let paid = paid(tx, workspace, group, member).await?;
    let amounts: Option<Vec<i64>> = paid.iter().map(|one| one.amount_minor).collect();
    Ok(amounts
        .filter(|amounts| !amounts.is_empty())
        .map(|amounts| amounts.iter().sum()))
}

async fn paid(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
) -> Result<Vec<Paid>> {
    tx.all(
        sql!(
            "SELECT f.amount_minor FROM entry_fee f
             JOIN member m ON m.workspace_id = f.workspace_id AND m.id = f.member_id
             WHERE f.workspace_id = $1 AND f.group_id = $2 AND m.canonical_id =
                (SELECT o.canonical_id FROM member o WHERE o.workspace_id = $1 AND o.id = $3)"
        ),
        params![workspace, group, member],
    )
    .await
}
