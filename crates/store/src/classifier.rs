//! Versions of a workspace's classifier.

use yutang_domain::{
    classifier::KeptBecause,
    id::{ClassifierId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, text_cell};

text_cell!(KeptBecause);

record! {
    /// A version, without its weights.
    pub struct Classifier {
        /// Its id.
        pub id: ClassifierId,
        /// Its number, from 1.
        pub version: i64,
        /// Whether it is in use.
        pub live: bool,
        /// Why it was not put to use when it was made.
        pub kept_because: Option<KeptBecause>,
        /// Marks it was trained from.
        pub marks: i64,
        /// Of these, unwanted.
        pub unwanted: i64,
        /// Probability from which on a text is unwanted.
        pub threshold: f64,
        /// Share of false alarms that the threshold was chosen for.
        pub false_alarms: f64,
        /// Figures of the cross-validation, JSON.
        pub quality: String,
        /// Who trained it, in stored form.
        pub actor: String,
        /// When.
        pub created_at: Timestamp,
        /// When it was last put to use.
        pub used_at: Option<Timestamp>,
    }
}

/// Adds a version that is not in use.
///
/// # Errors
/// The number is taken, or the engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    row: &Classifier,
    model: &str,
) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO classifier (id, workspace_id, version, live, kept_because, model, marks,
                unwanted, threshold, false_alarms, quality, actor, created_at, used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        ),
        params![
            row.id,
            workspace,
            row.version,
            false,
            row.kept_because,
            model,
            row.marks,
            row.unwanted,
            row.threshold,
            row.false_alarms,
            row.quality.as_str(),
            row.actor.as_str(),
            row.created_at,
            row.used_at,
        ],
    )
    .await?;
    Ok(())
}

/// All versions, the latest first.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Classifier>> {
    tx.all(
        sql!(
            "SELECT id, version, live, kept_because, marks, unwanted, threshold, false_alarms, quality,
                    actor, created_at, used_at
             FROM classifier WHERE workspace_id = $1 ORDER BY version DESC"
        ),
        params![workspace],
    )
    .await
}

/// One version by its number.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, version: i64) -> Result<Classifier> {
    tx.one(
        "classifier",
        sql!(
            "SELECT id, version, live, kept_because, marks, unwanted, threshold, false_alarms, quality,
                    actor, created_at, used_at
             FROM classifier WHERE workspace_id = $1 AND version = $2"
        ),
        params![workspace, version],
    )
    .await
}

/// Which version is in use.
///
/// # Errors
/// The engine refused.
pub async fn live(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<ClassifierId>> {
    let id: Option<i64> = tx
        .find(
            sql!("SELECT id AS n FROM classifier WHERE workspace_id = $1 AND live"),
            params![workspace],
        )
        .await?;
    Ok(id.map(ClassifierId::from_raw))
}

/// The weights of a version.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn model(tx: &mut Tx, workspace: WorkspaceId, id: ClassifierId) -> Result<String> {
    let row: Weights = tx
        .one(
            "classifier",
            sql!("SELECT model FROM classifier WHERE workspace_id = $1 AND id = $2"),
            params![workspace, id],
        )
        .await?;
    Ok(row.model)
}

record! {
    /// The weights of a version.
    pub struct Weights {
        /// As JSON.
        pub model: String,
    }
}

/// Puts a version to use instead of the one that is; `None` = none.
///
/// # Errors
/// The engine refused.
pub async fn set_live(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: Option<ClassifierId>,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE classifier SET live = $2 WHERE workspace_id = $1 AND live"),
        params![workspace, false],
    )
    .await?;
    if let Some(id) = id {
        tx.execute(
            sql!(
                "UPDATE classifier SET live = $3, used_at = $4 WHERE workspace_id = $1 AND id = $2"
            ),
            params![workspace, id, true, at],
        )
        .await?;
    }
    Ok(())
}

/// Forgets versions up to and including a number, but for the one in use.
///
/// # Errors
/// The engine refused.
pub async fn forget(tx: &mut Tx, workspace: WorkspaceId, version: i64) -> Result<u64> {
    tx.execute(
        sql!("DELETE FROM classifier WHERE workspace_id = $1 AND version <= $2 AND live = $3"),
        params![workspace, version, false],
    )
    .await
}
