//! Stores and regions.

use yutang_domain::{
    branch::BranchKind,
    id::{BranchId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query, text_cell};

text_cell!(BranchKind);

record! {
    /// A branch.
    pub struct Branch {
        /// Its id.
        pub id: BranchId,
        /// What it belongs to.
        pub parent_id: Option<BranchId>,
        /// What it is.
        pub kind: BranchKind,
        /// Its name, unique in the workspace.
        pub name: String,
        /// What it is sorted by.
        pub name_sort: String,
        /// The organisation's own number for it.
        pub code: Option<String>,
        /// Region of the country.
        pub region: Option<String>,
        /// Ids of its ancestors and itself, `/1/2/`: everything below begins with it.
        pub path: String,
        /// When it was closed.
        pub archived_at: Option<Timestamp>,
        /// When it was created.
        pub created_at: Timestamp,
    }
}

impl Branch {
    /// Itself and what it belongs to, from below.
    pub fn upwards(&self) -> impl Iterator<Item = BranchId> {
        let ids = self.path.split('/').rev();
        ids.filter_map(|id| id.parse().ok().map(BranchId::from_raw))
    }
}

/// Adds a branch.
///
/// # Errors
/// The name is taken, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &Branch) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO branch (id, workspace_id, parent_id, kind, name, name_sort, code, region,
                path, archived_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ),
        params![
            row.id,
            workspace,
            row.parent_id,
            row.kind,
            row.name.as_str(),
            row.name_sort.as_str(),
            row.code.clone(),
            row.region.clone(),
            row.path.as_str(),
            row.archived_at,
            row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// Adds the ids of the branches whose path begins with `path`, in parentheses.
pub(crate) fn below(query: &mut Query, workspace: WorkspaceId, path: &str) {
    query
        .push("(SELECT id FROM branch WHERE workspace_id = ")
        .bind(workspace);
    query.push(" AND ").begins("path", path).push(")");
}

/// All branches whose path begins with `prefix` (empty = all), by path.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId, prefix: &str) -> Result<Vec<Branch>> {
    tx.all(
        sql!(
            "SELECT id, parent_id, kind, name, name_sort, code, region, path, archived_at, created_at
             FROM branch WHERE workspace_id = $1 AND substr(path, 1, $3) = $2 ORDER BY path"
        ),
        params![workspace, prefix, prefix.len()],
    )
    .await
}

/// One branch.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: BranchId) -> Result<Branch> {
    tx.one(
        "branch",
        sql!(
            "SELECT id, parent_id, kind, name, name_sort, code, region, path, archived_at, created_at
             FROM branch WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// The branch of that name, if any.
///
/// # Errors
/// The engine refused.
pub async fn find_by_name(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: &str,
) -> Result<Option<Branch>> {
    tx.find(
        sql!(
            "SELECT id, parent_id, kind, name, name_sort, code, region, path, archived_at, created_at
             FROM branch WHERE workspace_id = $1 AND name = $2"
        ),
        params![workspace, name],
    )
    .await
}

/// Writes what may change of a branch.
///
/// # Errors
/// The name is taken, or the engine refused.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, row: &Branch) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE branch SET parent_id = $3, kind = $4, name = $5, name_sort = $6, code = $7,
                region = $8, path = $9, archived_at = $10
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![
            workspace,
            row.id,
            row.parent_id,
            row.kind,
            row.name.as_str(),
            row.name_sort.as_str(),
            row.code.clone(),
            row.region.clone(),
            row.path.as_str(),
            row.archived_at,
        ],
    )
    .await?;
    Ok(())
}

record! {
    /// What lies directly in a branch.
    pub struct Size {
        /// The branch.
        pub branch_id: BranchId,
        /// Open groups.
        pub groups: i64,
        /// People in them.
        pub members: i64,
    }
}

/// Open groups and the people in them, per branch that has any.
///
/// # Errors
/// The engine refused.
pub async fn sizes(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Size>> {
    tx.all(
        sql!(concat!(
            "SELECT g.branch_id, CAST(COUNT(*) AS BIGINT) AS groups, CAST(COALESCE(SUM(",
            crate::group::size!(),
            "), 0) AS BIGINT) AS members
             FROM chat_group g WHERE g.workspace_id = $1 AND g.archived_at IS NULL
             GROUP BY g.branch_id ORDER BY g.branch_id"
        )),
        params![workspace],
    )
    .await
}
