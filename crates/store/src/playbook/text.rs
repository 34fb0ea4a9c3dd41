//! Texts of playbooks by version, which of them begin by themselves, and how far they have listened.

use yutang_domain::{id::WorkspaceId, time::Timestamp};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// A version of a playbook's text.
    pub struct Text {
        /// The playbook.
        pub name: String,
        /// Its version.
        pub version: i64,
        /// The text.
        pub body: String,
        /// Whether people here wrote it.
        pub own: bool,
        /// Who wrote or used it first, in stored form.
        pub actor: String,
        /// When.
        pub created_at: Timestamp,
        /// Since when new runs do not begin with it.
        pub dropped_at: Option<Timestamp>,
    }
}

/// Keeps a version of a text; false if that version is kept already, whose text stays.
///
/// # Errors
/// The engine refused.
pub async fn keep_text(tx: &mut Tx, workspace: WorkspaceId, row: &Text) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO playbook_text (workspace_id, name, version, body, own, actor, created_at,
                dropped_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (workspace_id, name, version) DO NOTHING"
        ),
        params![
            workspace,
            row.name.as_str(),
            row.version,
            row.body.as_str(),
            row.own,
            row.actor.as_str(),
            row.created_at,
            row.dropped_at,
        ],
    )
    .await
}

/// One version of a text.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn text(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: &str,
    version: i64,
) -> Result<Option<Text>> {
    tx.find(
        sql!(
            "SELECT name, version, body, own, actor, created_at, dropped_at FROM playbook_text
             WHERE workspace_id = $1 AND name = $2 AND version = $3"
        ),
        params![workspace, name, version],
    )
    .await
}

/// The texts that people here wrote and that new runs begin with: of each playbook the latest.
///
/// # Errors
/// The engine refused.
pub async fn own_texts(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Text>> {
    tx.all(
        sql!(
            "SELECT t.name, t.version, t.body, t.own, t.actor, t.created_at, t.dropped_at
             FROM playbook_text t
             WHERE t.workspace_id = $1 AND t.own = TRUE AND t.dropped_at IS NULL
               AND t.version = (SELECT MAX(o.version) FROM playbook_text o
                    WHERE o.workspace_id = t.workspace_id AND o.name = t.name AND o.own = TRUE
                      AND o.dropped_at IS NULL)
             ORDER BY t.name"
        ),
        params![workspace],
    )
    .await
}

/// The highest version of a playbook that was ever kept; 0 if none was.
///
/// # Errors
/// The engine refused.
pub async fn last_version(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT COALESCE(MAX(version), 0) AS n FROM playbook_text
             WHERE workspace_id = $1 AND name = $2"
        ),
        params![workspace, name],
    )
    .await
}

/// Lets go of the texts that people here wrote; runs that began with them keep them. Says how many.
///
/// # Errors
/// The engine refused.
pub async fn drop_texts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: &str,
    now: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE playbook_text SET dropped_at = $3
             WHERE workspace_id = $1 AND name = $2 AND own = TRUE AND dropped_at IS NULL"
        ),
        params![workspace, name, now],
    )
    .await
}

record! {
    /// A playbook that begins by itself.
    pub struct Watch {
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// The playbook.
        pub name: String,
        /// Its version.
        pub version: i64,
        /// What it was filled in with, JSON.
        pub answers: String,
        /// What is changed about its steps, JSON.
        pub adjusted: String,
        /// Below which branch.
        pub branch_path: String,
        /// Who switched it on.
        pub actor: String,
        /// Since when.
        pub since_at: Timestamp,
        /// Until when the calendar has been looked at.
        pub looked_at: Timestamp,
    }
}

/// Switches a playbook on, or on anew.
///
/// # Errors
/// The engine refused.
pub async fn watch(tx: &mut Tx, row: &Watch) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO playbook_watch (workspace_id, name, version, answers, adjusted, branch_path,
                actor, since_at, looked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (workspace_id, name) DO UPDATE SET version = excluded.version,
                answers = excluded.answers, adjusted = excluded.adjusted,
                branch_path = excluded.branch_path, actor = excluded.actor,
                since_at = excluded.since_at, looked_at = excluded.looked_at"
        ),
        params![
            row.workspace_id,
            row.name.as_str(),
            row.version,
            row.answers.as_str(),
            row.adjusted.as_str(),
            row.branch_path.as_str(),
            row.actor.as_str(),
            row.since_at,
            row.looked_at,
        ],
    )
    .await?;
    Ok(())
}

/// Switches a playbook off; false if it was not on.
///
/// # Errors
/// The engine refused.
pub async fn unwatch(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<bool> {
    tx.changed(
        sql!("DELETE FROM playbook_watch WHERE workspace_id = $1 AND name = $2"),
        params![workspace, name],
    )
    .await
}

/// The playbooks that are on, of one workspace or of all.
///
/// # Errors
/// The engine refused.
pub async fn watches(tx: &mut Tx, workspace: Option<WorkspaceId>) -> Result<Vec<Watch>> {
    let mut query = Query::new("SELECT * FROM playbook_watch");
    if let Some(workspace) = workspace {
        query.push(" WHERE workspace_id = ").bind(workspace);
    }
    query.push(" ORDER BY workspace_id, name");
    tx.all_of(query).await
}

/// Notes that the calendar was looked at until `to`, if it was until `from` before.
///
/// # Errors
/// The engine refused.
pub async fn looked(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: &str,
    (from, to): (Timestamp, Timestamp),
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE playbook_watch SET looked_at = $4
             WHERE workspace_id = $1 AND name = $2 AND looked_at = $3"
        ),
        params![workspace, name, from, to],
    )
    .await
}

/// How far the log was read for a workspace; `None` = never yet.
///
/// # Errors
/// The engine refused.
pub async fn tail(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<i64>> {
    tx.find(
        sql!("SELECT position AS n FROM playbook_tail WHERE workspace_id = $1"),
        params![workspace],
    )
    .await
}

/// Notes how far the log was read; a place further on stays.
///
/// # Errors
/// The engine refused.
pub async fn set_tail(tx: &mut Tx, workspace: WorkspaceId, position: i64) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO playbook_tail (workspace_id, position) VALUES ($1, $2)
             ON CONFLICT (workspace_id) DO UPDATE SET position = excluded.position
             WHERE playbook_tail.position < excluded.position"
        ),
        params![workspace, position],
    )
    .await?;
    Ok(())
}
