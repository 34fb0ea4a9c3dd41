//! Organisations.

use yutang_domain::{id::WorkspaceId, time::Timestamp};

use crate::{Result, Tx, params, record, sql};

record! {
    /// An organisation.
    pub struct Workspace {
        /// Its id.
        pub id: WorkspaceId,
        /// Its name in URLs and on the command line.
        pub slug: String,
        /// Its name.
        pub name: String,
        /// IANA zone of its civil days.
        pub zone: String,
        /// Currency of its figures.
        pub currency: String,
        /// Language of what it sends: zh-Hans, zh-Hant or en.
        pub locale: String,
        /// Whether it is the demo world.
        pub demo: bool,
        /// Settings, JSON.
        pub settings: String,
        /// When it was created.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
    }
}

/// Adds an organisation.
///
/// # Errors
/// The slug is taken, or the engine refused.
pub async fn insert(tx: &mut Tx, row: &Workspace) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO workspace (id, slug, name, zone, currency, locale, demo, settings,
                created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        params![
            row.id,
            row.slug.as_str(),
            row.name.as_str(),
            row.zone.as_str(),
            row.currency.as_str(),
            row.locale.as_str(),
            row.demo,
            row.settings.as_str(),
            row.created_at,
            row.updated_at,
        ],
    )
    .await?;
    Ok(())
}

/// All organisations of the installation, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx) -> Result<Vec<Workspace>> {
    tx.all(
        sql!(
            "SELECT id, slug, name, zone, currency, locale, demo, settings, created_at, updated_at
             FROM workspace ORDER BY created_at, id"
        ),
        params![],
    )
    .await
}

/// One organisation.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, id: WorkspaceId) -> Result<Workspace> {
    tx.one(
        "workspace",
        sql!(
            "SELECT id, slug, name, zone, currency, locale, demo, settings, created_at, updated_at
             FROM workspace WHERE id = $1"
        ),
        params![id],
    )
    .await
}

/// Writes what may change of an organisation.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, row: &Workspace) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE workspace SET name = $2, zone = $3, currency = $4, locale = $5, settings = $6,
                updated_at = $7
             WHERE id = $1"
        ),
        params![
            row.id,
            row.name.as_str(),
            row.zone.as_str(),
            row.currency.as_str(),
            row.locale.as_str(),
            row.settings.as_str(),
            row.updated_at,
        ],
    )
    .await?;
    Ok(())
}

/// Whether figures have been counted by its days or in its currency.
///
/// # Errors
/// The engine refused.
pub async fn is_counted(tx: &mut Tx, id: WorkspaceId) -> Result<bool> {
    let n = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM workspace w WHERE w.id = $1 AND (
                    EXISTS (SELECT 1 FROM group_day d WHERE d.workspace_id = w.id)
                    OR EXISTS (SELECT 1 FROM shop_order o WHERE o.workspace_id = w.id))"
            ),
            params![id],
        )
        .await?;
    Ok(n > 0)
}
