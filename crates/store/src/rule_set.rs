//! Versions of a workspace's own words and rules.

use yutang_domain::{id::WorkspaceId, time::Timestamp};

use crate::{Result, Tx, params, record, sql};

record! {
    /// A version.
    pub struct RuleSetRow {
        /// From 1.
        pub version: i64,
        /// Its text, TOML.
        pub text: String,
        /// What its author says of it.
        pub note: String,
        /// Who wrote it, in stored form.
        pub actor: String,
        /// When.
        pub created_at: Timestamp,
    }
}

record! {
    /// A version without its text.
    pub struct RuleSetLine {
        /// From 1.
        pub version: i64,
        /// What its author says of it.
        pub note: String,
        /// Who wrote it, in stored form.
        pub actor: String,
        /// When.
        pub created_at: Timestamp,
        /// How long its text is, in characters.
        pub length: i64,
    }
}

/// The version in force; 0 = none.
///
/// # Errors
/// The engine refused.
pub async fn in_force(tx: &mut Tx, workspace: WorkspaceId) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) AS n FROM rule_set
             WHERE workspace_id = $1"
        ),
        params![workspace],
    )
    .await
}

/// One version.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, version: i64) -> Result<RuleSetRow> {
    tx.one(
        "rule set",
        sql!(
            "SELECT version, text, note, actor, created_at FROM rule_set
             WHERE workspace_id = $1 AND version = $2"
        ),
        params![workspace, version],
    )
    .await
}

/// Adds a version.
///
/// # Errors
/// The number is taken, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &RuleSetRow) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO rule_set (workspace_id, version, text, note, actor, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        params![
            workspace,
            row.version,
            row.text.as_str(),
            row.note.as_str(),
            row.actor.as_str(),
            row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// All versions, newest first, without their texts.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<RuleSetLine>> {
    tx.all(
        sql!(
            "SELECT version, note, actor, created_at, CAST(length(text) AS BIGINT) AS length
             FROM rule_set WHERE workspace_id = $1 ORDER BY version DESC"
        ),
        params![workspace],
    )
    .await
}
