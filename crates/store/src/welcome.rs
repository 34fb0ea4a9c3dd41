//! Versions of what newcomers are told.

use yutang_domain::{
    id::{GroupId, WorkspaceId},
    time::Timestamp,
    welcome::Template,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// A version of a group's welcome.
    pub struct Welcome {
        /// From 1.
        pub version: i64,
        /// Whether anybody is told anything.
        pub enabled: bool,
        /// The line in the group.
        pub line: String,
        /// What is said in private.
        pub private_line: String,
        /// The line for those who were here before.
        pub returning_line: String,
        /// What is said before the first day ends.
        pub reminder: String,
        /// Who wrote it, in stored form.
        pub actor: String,
        /// When.
        pub created_at: Timestamp,
    }
}

impl Welcome {
    /// What is told.
    pub fn template(&self) -> Template {
        Template {
            on: self.enabled,
            line: self.line.clone(),
            private: self.private_line.clone(),
            returning: self.returning_line.clone(),
            reminder: self.reminder.clone(),
        }
    }
}

/// Adds a version.
///
/// # Errors
/// The number is taken, or the engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    row: &Welcome,
) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO welcome (workspace_id, group_id, version, enabled, line, private_line,
                returning_line, reminder, actor, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        params![
            workspace,
            group,
            row.version,
            row.enabled,
            row.line.as_str(),
            row.private_line.as_str(),
            row.returning_line.as_str(),
            row.reminder.as_str(),
            row.actor.as_str(),
            row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// Versions of a group's welcome, newest first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    limit: usize,
) -> Result<Vec<Welcome>> {
    tx.all(
        sql!(
            "SELECT version, enabled, line, private_line, returning_line, reminder, actor, created_at
             FROM welcome WHERE workspace_id = $1 AND group_id = $2 ORDER BY version DESC LIMIT $3"
        ),
        params![workspace, group, limit],
    )
    .await
}
