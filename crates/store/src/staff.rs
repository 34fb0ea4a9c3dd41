//! People who work in a workspace, their bound phones and the links handed to them.

mod list;

pub use list::{Filter, Listed, count, list, listed};

use yutang_domain::{
    actor::Role,
    id::{AccountId, BranchId, GroupId, MemberId, StaffId, WorkspaceId},
    staff::Title,
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query, text_cell};

text_cell!(Role, Title);

record! {
    /// A member of staff.
    pub struct Staff {
        /// Their id in this workspace.
        pub id: StaffId,
        /// Their sign-in, if they have one.
        pub account_id: Option<AccountId>,
        /// Name.
        pub name: String,
        /// What it is sorted by.
        pub name_sort: String,
        /// What they may do.
        pub role: Role,
        /// What the trade calls them.
        pub title: Title,
        /// Where their reach ends; none = the whole workspace.
        pub branch_id: Option<BranchId>,
        /// Their own member record, so that their messages count as the operator's.
        pub member_id: Option<MemberId>,
        /// When they left.
        pub left_at: Option<Timestamp>,
        /// Who took over.
        pub successor_id: Option<StaffId>,
        /// When they were last seen.
        pub last_seen_at: Option<Timestamp>,
        /// When they came.
        pub created_at: Timestamp,
    }
}

/// Those who are here and have exactly this name.
///
/// # Errors
/// The engine refused.
pub async fn called(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<Vec<StaffId>> {
    let ids: Vec<i64> = tx
        .all(
            sql!(
                "SELECT id AS n FROM staff
                 WHERE workspace_id = $1 AND name = $2 AND left_at IS NULL ORDER BY id"
            ),
            params![workspace, name],
        )
        .await?;
    Ok(ids.into_iter().map(StaffId::from_raw).collect())
}

/// Adds a member of staff.
///
/// # Errors
/// The account has a place in this workspace already, the branch is unknown, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &Staff) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO staff (id, workspace_id, account_id, name, name_sort, role, title, branch_id,
                member_id, left_at, successor_id, last_seen_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        ),
        params![
            row.id,
            workspace,
            row.account_id,
            row.name.as_str(),
            row.name_sort.as_str(),
            row.role,
            row.title,
            row.branch_id,
            row.member_id,
            row.left_at,
            row.successor_id,
            row.last_seen_at,
            row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// One member of staff.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: StaffId) -> Result<Staff> {
    tx.one(
        "staff",
        sql!(
            "SELECT id, account_id, name, name_sort, role, title, branch_id, member_id, left_at,
                    successor_id, last_seen_at, created_at
             FROM staff WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// Writes what may change of a member of staff.
///
/// # Errors
/// The branch is unknown, or the engine refused.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, row: &Staff) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE staff SET account_id = $3, name = $4, name_sort = $5, role = $6, title = $7,
                branch_id = $8, member_id = $9, left_at = $10, successor_id = $11
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![
            workspace,
            row.id,
            row.account_id,
            row.name.as_str(),
            row.name_sort.as_str(),
            row.role,
            row.title,
            row.branch_id,
            row.member_id,
            row.left_at,
            row.successor_id,
        ],
    )
    .await?;
    Ok(())
}

/// Notes that somebody was seen.
///
/// # Errors
/// The engine refused.
pub async fn seen(tx: &mut Tx, workspace: WorkspaceId, id: StaffId, at: Timestamp) -> Result<()> {
    tx.execute(
        sql!("UPDATE staff SET last_seen_at = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, at],
    )
    .await?;
    Ok(())
}

/// Whether the installation has any owner: none means that it has to be set up.
///
/// # Errors
/// The engine refused.
pub async fn any_owner(tx: &mut Tx) -> Result<bool> {
    let n = tx
        .count(
            sql!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM staff WHERE role = 'owner'"),
            params![],
        )
        .await?;
    Ok(n > 0)
}

/// Owners of a workspace, other than `but`, who are here and can sign in.
///
/// # Errors
/// The engine refused.
pub async fn other_owners(tx: &mut Tx, workspace: WorkspaceId, but: StaffId) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM staff p JOIN account a ON a.id = p.account_id
             WHERE p.workspace_id = $1 AND p.id <> $2 AND p.role = 'owner' AND p.left_at IS NULL
               AND a.locked_at IS NULL AND a.password_hash IS NOT NULL"
        ),
        params![workspace, but],
    )
    .await
}

record! {
    /// A place that an account has in a workspace.
    pub struct Place {
        /// The workspace.
        pub workspace_id: WorkspaceId,
        /// Their id there.
        pub id: StaffId,
    }
}

/// The workspaces an account works in at present, the one last used first.
///
/// # Errors
/// The engine refused.
pub async fn places(tx: &mut Tx, account: AccountId) -> Result<Vec<Place>> {
    tx.all(
        sql!(
            "SELECT workspace_id, id FROM staff WHERE account_id = $1 AND left_at IS NULL
             ORDER BY COALESCE(last_seen_at, 0) DESC, created_at, id"
        ),
        params![account],
    )
    .await
}

record! {
    /// A group that somebody is assigned to.
    pub struct Assigned {
        /// Which.
        pub group_id: GroupId,
        /// Called.
        pub name: String,
    }
}

/// Groups a member of staff is assigned to, by name.
///
/// # Errors
/// The engine refused.
pub async fn groups(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: StaffId,
    limit: usize,
) -> Result<Vec<Assigned>> {
    tx.all(
        sql!(
            "SELECT g.id AS group_id, g.name FROM chat_group g
             WHERE g.workspace_id = $1 AND g.id IN (SELECT s.group_id FROM group_staff s
                WHERE s.workspace_id = $1 AND s.staff_id = $2)
             ORDER BY g.name_sort, g.id LIMIT $3"
        ),
        params![workspace, id, limit],
    )
    .await
}

/// Hands up to `limit` groups and as many open tasks from one to another; returns how many rows
/// moved, 0 once nothing is left.
///
/// # Errors
/// The engine refused.
pub async fn hand_over(
    tx: &mut Tx,
    workspace: WorkspaceId,
    from: StaffId,
    to: StaffId,
    limit: usize,
) -> Result<(u64, u64)> {
    let groups: Vec<Assigned> = tx
        .all(
            sql!(
                "SELECT DISTINCT s.group_id, '' AS name FROM group_staff s
                 WHERE s.workspace_id = $1 AND s.staff_id = $2 ORDER BY s.group_id LIMIT $3"
            ),
            params![workspace, from, limit],
        )
        .await?;
    for group in &groups {
        tx.execute(
            sql!(
                "INSERT INTO group_staff (workspace_id, group_id, staff_id, duty, created_at)
                 SELECT workspace_id, group_id, $4, duty, created_at FROM group_staff
                 WHERE workspace_id = $1 AND group_id = $2 AND staff_id = $3
                 ON CONFLICT DO NOTHING"
            ),
            params![workspace, group.group_id, from, to],
        )
        .await?;
        tx.execute(
            sql!("DELETE FROM group_staff WHERE workspace_id = $1 AND group_id = $2 AND staff_id = $3"),
            params![workspace, group.group_id, from],
        )
        .await?;
        tx.execute(
            sql!(
                "UPDATE chat_group SET staff_count = (SELECT CAST(COUNT(DISTINCT staff_id) AS BIGINT)
                    FROM group_staff WHERE workspace_id = $1 AND group_id = $2)
                 WHERE workspace_id = $1 AND id = $2"
            ),
            params![workspace, group.group_id],
        )
        .await?;
    }
    let tasks = tx
        .execute(
            sql!(
                "UPDATE staff_task SET assignee_id = $3 WHERE workspace_id = $1 AND id IN (
                    SELECT t.id FROM staff_task t WHERE t.workspace_id = $1 AND t.assignee_id = $2
                      AND t.state = 'open' ORDER BY t.id LIMIT $4)"
            ),
            params![workspace, from, to, limit],
        )
        .await?;
    Ok((groups.len() as u64, tasks))
}

record! {
    /// Somebody who left and still holds groups or open tasks.
    pub struct Unfinished {
        /// The workspace.
        pub workspace_id: WorkspaceId,
        /// Who left.
        pub id: StaffId,
        /// Who takes over.
        pub successor_id: StaffId,
    }
}

/// Hand-overs that were begun and not finished.
///
/// # Errors
/// The engine refused.
pub async fn unfinished(tx: &mut Tx, limit: usize) -> Result<Vec<Unfinished>> {
    tx.all(
        sql!(
            "SELECT p.workspace_id, p.id, p.successor_id FROM staff p
             WHERE p.left_at IS NOT NULL AND p.successor_id IS NOT NULL
               AND (EXISTS (SELECT 1 FROM group_staff g
                        WHERE g.workspace_id = p.workspace_id AND g.staff_id = p.id)
                 OR EXISTS (SELECT 1 FROM staff_task t WHERE t.workspace_id = p.workspace_id
                        AND t.assignee_id = p.id AND t.state = 'open'))
             ORDER BY p.left_at, p.id LIMIT $1"
        ),
        params![limit],
    )
    .await
}

/// Groups of a member of staff that do not lie under a branch path.
///
/// # Errors
/// The engine refused.
pub async fn groups_outside(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: StaffId,
    path: &str,
) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(DISTINCT s.group_id) AS BIGINT) AS n FROM group_staff s
             JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
             JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
             WHERE s.workspace_id = $1 AND s.staff_id = $2 AND substr(b.path, 1, $4) <> $3"
        ),
        params![workspace, id, path, path.len()],
    )
    .await
}

/// The manager of the store that a branch is, whoever came first.
///
/// # Errors
/// The engine refused.
pub async fn manager_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch: BranchId,
) -> Result<Option<StaffId>> {
    let found: Option<i64> = tx
        .find(
            sql!(
                "SELECT id AS n FROM staff
                 WHERE workspace_id = $1 AND branch_id = $2 AND title = 'store_manager'
                   AND left_at IS NULL
                 ORDER BY created_at, id LIMIT 1"
            ),
            params![workspace, branch],
        )
        .await?;
    Ok(found.map(StaffId::from_raw))
}

/// Whoever of those present works here under a member record, their own or another of the same
/// person.
///
/// # Errors
/// The engine refused.
pub async fn of_member(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
) -> Result<Option<Staff>> {
    tx.find(
        sql!(
            "SELECT s.id, s.account_id, s.name, s.name_sort, s.role, s.title, s.branch_id, s.member_id,
                    s.left_at, s.successor_id, s.last_seen_at, s.created_at
             FROM staff s
             JOIN member o ON o.workspace_id = s.workspace_id AND o.id = s.member_id
             WHERE s.workspace_id = $1 AND s.left_at IS NULL
               AND o.canonical_id = (SELECT m.canonical_id FROM member m
                    WHERE m.workspace_id = $1 AND m.id = $2)
             ORDER BY s.created_at, s.id LIMIT 1"
        ),
        params![workspace, member],
    )
    .await
}

record! {
    /// Who manages a store.
    pub struct Manager {
        /// The store.
        pub branch_id: BranchId,
        /// Who.
        pub staff_id: StaffId,
        /// By name.
        pub name: String,
    }
}

/// The managers of stores, whoever came first last.
///
/// # Errors
/// The engine refused.
pub async fn managers(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Manager>> {
    tx.all(
        sql!(
            "SELECT branch_id, id AS staff_id, name FROM staff
             WHERE workspace_id = $1 AND title = 'store_manager' AND left_at IS NULL
               AND branch_id IS NOT NULL
             ORDER BY created_at DESC, id DESC"
        ),
        params![workspace],
    )
    .await
}

/// Those of these members who work here, under that record or another of the same person.
///
/// # Errors
/// The engine refused.
pub async fn among(
    tx: &mut Tx,
    workspace: WorkspaceId,
    members: &[MemberId],
) -> Result<Vec<MemberId>> {
    let mut found = Vec::new();
    for chunk in members.chunks(500) {
        let mut query = Query::new(
            "SELECT m.id AS n FROM staff s
             JOIN member o ON o.workspace_id = s.workspace_id AND o.id = s.member_id
             JOIN member m ON m.workspace_id = o.workspace_id AND m.canonical_id = o.canonical_id
             WHERE s.left_at IS NULL AND s.workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND m.id IN ")
            .list(chunk.iter().copied());
        found.extend(tx.all_of::<i64>(query).await?);
    }
    Ok(found.into_iter().map(MemberId::from_raw).collect())
}
