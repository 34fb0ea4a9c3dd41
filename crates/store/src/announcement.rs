//! Versions of announcements.

use yutang_domain::{
    group::Announcement,
    id::{GroupId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, gate::DueGroup, params, record, sql};

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

record! {
    /// A version that is on its way into its group.
    pub struct OnItsWay {
        /// Which.
        pub version: i64,
        /// The outbox row that says it, or `task:` and the name of a task.
        pub sent: String,
        /// When it was written.
        pub created_at: Timestamp,
    }
}

/// Notes by what a version is said in its group, and when to look whether it was; no other version
/// is looked for any more.
///
/// # Errors
/// The engine refused.
pub async fn send(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (group, version): (GroupId, i64),
    sent: &str,
    look_at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE announcement SET look_at = NULL WHERE workspace_id = $1 AND group_id = $2"),
        params![workspace, group],
    )
    .await?;
    tx.execute(
        sql!(
            "UPDATE announcement SET sent = $4, look_at = $5
             WHERE workspace_id = $1 AND group_id = $2 AND version = $3"
        ),
        params![workspace, group, version, sent, look_at],
    )
    .await?;
    Ok(())
}

/// Groups of every workspace in which it is time to look for a version.
///
/// # Errors
/// The engine refused.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: usize) -> Result<Vec<DueGroup>> {
    tx.all(
        sql!(
            "SELECT workspace_id, group_id FROM announcement
             WHERE look_at IS NOT NULL AND look_at <= $1 ORDER BY look_at, group_id LIMIT $2"
        ),
        params![now, limit],
    )
    .await
}

/// The version that is on its way into a group.
///
/// # Errors
/// The engine refused.
pub async fn on_its_way(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
) -> Result<Option<OnItsWay>> {
    tx.find(
        sql!(
            "SELECT version, sent, created_at FROM announcement
             WHERE workspace_id = $1 AND group_id = $2 AND look_at IS NOT NULL AND sent IS NOT NULL"
        ),
        params![workspace, group],
    )
    .await
}

/// Sets when to look again whether a version was said; `None` = that is known.
///
/// # Errors
/// The engine refused.
pub async fn look_again(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (group, version): (GroupId, i64),
    at: Option<Timestamp>,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE announcement SET look_at = $4
             WHERE workspace_id = $1 AND group_id = $2 AND version = $3"
        ),
        params![workspace, group, version, at],
    )
    .await?;
    Ok(())
}
