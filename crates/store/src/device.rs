//! Bound phones of staff, and the single-use links handed to them.

use yutang_domain::{
    id::{DeviceId, StaffId, WorkspaceId},
    staff::LinkPurpose,
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query, text_cell};

text_cell!(LinkPurpose);

record! {
    /// A bound phone.
    pub struct Device {
        /// Its id.
        pub id: DeviceId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// Whose.
        pub staff_id: StaffId,
        /// What it calls itself.
        pub name: String,
        /// When it was bound.
        pub bound_at: Timestamp,
        /// When it was last used.
        pub last_seen_at: Timestamp,
        /// When it was let go.
        pub revoked_at: Option<Timestamp>,
    }
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, workspace_id, staff_id, name, bound_at, last_seen_at, revoked_at",
            $after
        )
    };
}

/// Binds a phone.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, row: &Device, token_hash: &[u8]) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO device (id, workspace_id, staff_id, token_hash, name, bound_at, last_seen_at,
                revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)"
        ),
        params![
            row.id,
            row.workspace_id,
            row.staff_id,
            token_hash,
            row.name.as_str(),
            row.bound_at,
            row.last_seen_at
        ],
    )
    .await?;
    Ok(())
}

/// The phone with that token, unless it was let go.
///
/// # Errors
/// The engine refused.
pub async fn find(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Device>> {
    tx.find(
        sql!(columns!(
            "SELECT ",
            " FROM device WHERE token_hash = $1 AND revoked_at IS NULL"
        )),
        params![token_hash],
    )
    .await
}

/// Phones of a member of staff that are bound at present.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId, staff: StaffId) -> Result<Vec<Device>> {
    tx.all(
        sql!(columns!(
            "SELECT ",
            " FROM device
             WHERE workspace_id = $1 AND staff_id = $2 AND revoked_at IS NULL ORDER BY bound_at, id"
        )),
        params![workspace, staff],
    )
    .await
}

/// Notes that a phone was used.
///
/// # Errors
/// The engine refused.
pub async fn seen(tx: &mut Tx, workspace: WorkspaceId, id: DeviceId, at: Timestamp) -> Result<()> {
    tx.execute(
        sql!("UPDATE device SET last_seen_at = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, at],
    )
    .await?;
    Ok(())
}

/// Lets one phone of a member of staff go, or all of them; returns how many.
///
/// # Errors
/// The engine refused.
pub async fn revoke(
    tx: &mut Tx,
    workspace: WorkspaceId,
    staff: StaffId,
    only: Option<DeviceId>,
    at: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE device SET revoked_at = $4
             WHERE workspace_id = $1 AND staff_id = $2 AND revoked_at IS NULL AND ($3 = 0 OR id = $3)"
        ),
        params![workspace, staff, only.map_or(0, yutang_domain::id::Id::raw), at],
    )
    .await
}

record! {
    /// A single-use link.
    pub struct Link {
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// For whom.
        pub staff_id: StaffId,
        /// What for.
        pub purpose: LinkPurpose,
        /// Until when.
        pub expires_at: Timestamp,
        /// When it was used.
        pub used_at: Option<Timestamp>,
    }
}

/// Keeps a single-use link.
///
/// # Errors
/// The engine refused.
pub async fn insert_link(tx: &mut Tx, row: &Link, token_hash: &[u8], at: Timestamp) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO staff_link (token_hash, workspace_id, staff_id, purpose, created_at,
                expires_at, used_at)
             VALUES ($1, $2, $3, $4, $5, $6, NULL)"
        ),
        params![
            token_hash,
            row.workspace_id,
            row.staff_id,
            row.purpose,
            at,
            row.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// The link with that token, if any.
///
/// # Errors
/// The engine refused.
pub async fn find_link(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Link>> {
    tx.find(
        sql!(
            "SELECT workspace_id, staff_id, purpose, expires_at, used_at FROM staff_link
             WHERE token_hash = $1"
        ),
        params![token_hash],
    )
    .await
}

/// Uses a link up; false if somebody did before.
///
/// # Errors
/// The engine refused.
pub async fn spend_link(tx: &mut Tx, token_hash: &[u8], at: Timestamp) -> Result<bool> {
    tx.changed(
        sql!("UPDATE staff_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL"),
        params![token_hash, at],
    )
    .await
}

/// Takes unused links of a member of staff out of use.
///
/// # Errors
/// The engine refused.
pub async fn revoke_links(
    tx: &mut Tx,
    workspace: WorkspaceId,
    staff: StaffId,
    purpose: LinkPurpose,
    at: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE staff_link SET used_at = $4
             WHERE workspace_id = $1 AND staff_id = $2 AND purpose = $3 AND used_at IS NULL"
        ),
        params![workspace, staff, purpose, at],
    )
    .await
}

/// Bound phones of several members of staff, by staff.
///
/// # Errors
/// The engine refused.
pub async fn list_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    staff: &[StaffId],
) -> Result<Vec<Device>> {
    if staff.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(columns!(
        "SELECT ",
        " FROM device WHERE revoked_at IS NULL AND workspace_id = "
    ));
    query
        .bind(workspace)
        .push(" AND staff_id IN ")
        .list(staff.iter().copied());
    query.push(" ORDER BY staff_id, bound_at, id");
    tx.all_of(query).await
}
