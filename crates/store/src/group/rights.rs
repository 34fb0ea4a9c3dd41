//! What an account can do and see in a group.

use yutang_domain::id::{GroupId, WorkspaceId};

use crate::{Result, Tx, params, record, sql};

record! {
    /// What an account can do and see in a group, where the network says so group by group.
    pub struct Rights {
        /// Words of capabilities as a list; `None` = whatever the account's profile says.
        pub rights: Option<String>,
        /// Why what is written cannot be read, as a code.
        pub unreadable: Option<String>,
    }
}

/// What the account can do and see in a group.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn rights(tx: &mut Tx, workspace: WorkspaceId, id: GroupId) -> Result<Rights> {
    tx.one(
        "group",
        sql!("SELECT rights, unreadable FROM chat_group WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id],
    )
    .await
}

/// Writes down what the account can do and see in a group.
///
/// # Errors
/// The engine refused.
pub async fn set_rights(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: GroupId,
    row: &Rights,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE chat_group SET rights = $3, unreadable = $4 WHERE workspace_id = $1 AND id = $2"
        ),
        params![
            workspace,
            id,
            row.rights.as_deref(),
            row.unreadable.as_deref()
        ],
    )
    .await?;
    Ok(())
}
