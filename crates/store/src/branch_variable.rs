//! What branches say of themselves in texts.

use yutang_domain::{
    id::{BranchId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// What a branch says under a name.
    pub struct BranchVariable {
        /// The branch.
        pub branch_id: BranchId,
        /// The name.
        pub name: String,
        /// What it says.
        pub value: String,
    }
}

/// Everything that branches say of themselves.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<BranchVariable>> {
    tx.all(
        sql!(
            "SELECT branch_id, name, value FROM branch_variable
             WHERE workspace_id = $1 ORDER BY branch_id, name"
        ),
        params![workspace],
    )
    .await
}

/// Sets what a branch says; an empty value says nothing.
///
/// # Errors
/// The engine refused.
pub async fn set(
    tx: &mut Tx,
    workspace: WorkspaceId,
    row: &BranchVariable,
    actor: &str,
    now: Timestamp,
) -> Result<()> {
    if row.value.is_empty() {
        tx.execute(
            sql!(
                "DELETE FROM branch_variable
                 WHERE workspace_id = $1 AND branch_id = $2 AND name = $3"
            ),
            params![workspace, row.branch_id, row.name.as_str()],
        )
        .await?;
        return Ok(());
    }
    tx.execute(
        sql!(
            "INSERT INTO branch_variable (workspace_id, branch_id, name, value, actor, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (workspace_id, branch_id, name) DO UPDATE
             SET value = excluded.value, actor = excluded.actor, updated_at = excluded.updated_at"
        ),
        params![
            workspace,
            row.branch_id,
            row.name.as_str(),
            row.value.as_str(),
            actor,
            now
        ],
    )
    .await?;
    Ok(())
}
