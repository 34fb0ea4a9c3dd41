//! Versions of announcements.

use yutang_domain::{
    group::Announcement,
    id::{GroupId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// A version of a group's announcement.
    pub struct Version {
        /// From 1.
        pub version: i64,
        /// What the group is for.
        pub theme: String,
        /// What members get.
        pub services: String,
        /// What is forbidden, and what follows.
        pub forbidden: String,
        /// What is welcome, and what it earns.
        pub encouraged: String,
        /// Who wrote it.
        pub actor: String,
        /// When.
        pub created_at: Timestamp,
    }
}

impl Version {
    /// The four sections.
    pub fn into_sections(self) -> Announcement {
        Announcement {
            theme: self.theme,
            services: self.services,
            forbidden: self.forbidden,
            encouraged: self.encouraged,
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
    row: &Version,
) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO announcement (workspace_id, group_id, version, theme, services, forbidden,
                encouraged, actor, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        params![
            workspace,
            group,
            row.version,
            row.theme.as_str(),
            row.services.as_str(),
            row.forbidden.as_str(),
            row.encouraged.as_str(),
            row.actor.as_str(),
            row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// Every version of a group's announcement, newest first.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId, group: GroupId) -> Result<Vec<Version>> {
    tx.all(
        sql!(
            "SELECT version, theme, services, forbidden, encouraged, actor, created_at
             FROM announcement WHERE workspace_id = $1 AND group_id = $2 ORDER BY version DESC"
        ),
        params![workspace, group],
    )
    .await
}
