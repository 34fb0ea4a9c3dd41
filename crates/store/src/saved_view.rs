//! Views of lists that people keep under a name.

use yutang_domain::{
    id::{SavedViewId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// A saved view.
    pub struct SavedView {
        /// Its id.
        pub id: SavedViewId,
        /// The list it belongs to, for example `members`.
        pub place: String,
        /// Its name, unique in its place.
        pub name: String,
        /// The list's query string.
        pub query: String,
        /// Who keeps it, in stored form.
        pub actor: String,
        /// Since when.
        pub created_at: Timestamp,
    }
}

/// Adds a view.
///
/// # Errors
/// The name is taken in its place, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &SavedView) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO saved_view (id, workspace_id, place, name, query, actor, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        params![
            row.id,
            workspace,
            row.place.as_str(),
            row.name.as_str(),
            row.query.as_str(),
            row.actor.as_str(),
            row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// All views, or those of one place, by name.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    place: Option<&str>,
) -> Result<Vec<SavedView>> {
    tx.all(
        sql!(
            "SELECT id, place, name, query, actor, created_at FROM saved_view
             WHERE workspace_id = $1 AND place = COALESCE($2, place) ORDER BY place, name"
        ),
        params![workspace, place],
    )
    .await
}

/// Removes a view; false if there is none.
///
/// # Errors
/// The engine refused.
pub async fn remove(tx: &mut Tx, workspace: WorkspaceId, id: SavedViewId) -> Result<bool> {
    tx.changed(
        sql!("DELETE FROM saved_view WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id],
    )
    .await
}
