//! Staff as a list shows them.

use yutang_domain::{
    actor::Role,
    id::{AccountId, BranchId, MemberId, StaffId, WorkspaceId},
    staff::Title,
    time::Timestamp,
};

use crate::{Result, Tx, record, sql::Query};

record! {
    /// A member of staff with what a list shows.
    pub struct Listed {
        /// Their id.
        pub id: StaffId,
        /// Their sign-in.
        pub account_id: Option<AccountId>,
        /// Name.
        pub name: String,
        /// What they may do.
        pub role: Role,
        /// What the trade calls them.
        pub title: Title,
        /// Where their reach ends.
        pub branch_id: Option<BranchId>,
        /// That branch by name.
        pub branch_name: Option<String>,
        /// The member record they write under in groups.
        pub member_id: Option<MemberId>,
        /// That record by name.
        pub member_name: Option<String>,
        /// The name they sign in with.
        pub sign_in: Option<String>,
        /// Whether a code is asked for.
        pub totp_enabled: Option<bool>,
        /// Groups they are assigned to.
        pub groups: i64,
        /// Their open tasks.
        pub open_tasks: i64,
        /// Their bound phones.
        pub devices: i64,
        /// When they were last seen.
        pub last_seen_at: Option<Timestamp>,
        /// When they left.
        pub left_at: Option<Timestamp>,
        /// Who took over.
        pub successor_id: Option<StaffId>,
        /// When they came.
        pub created_at: Timestamp,
        /// What it is sorted by.
        pub name_sort: String,
    }
}

const LISTED: &str = "SELECT p.id, p.account_id, p.name, p.role, p.title, p.branch_id, \
    b.name AS branch_name, p.member_id, m.name AS member_name, a.sign_in, a.totp_enabled, \
    (SELECT CAST(COUNT(DISTINCT g.group_id) AS BIGINT) FROM group_staff g \
        WHERE g.workspace_id = p.workspace_id AND g.staff_id = p.id) AS groups, \
    (SELECT CAST(COUNT(*) AS BIGINT) FROM staff_task t WHERE t.workspace_id = p.workspace_id \
        AND t.assignee_id = p.id AND t.state = 'open') AS open_tasks, \
    (SELECT CAST(COUNT(*) AS BIGINT) FROM device d WHERE d.workspace_id = p.workspace_id \
        AND d.staff_id = p.id AND d.revoked_at IS NULL) AS devices, \
    p.last_seen_at, p.left_at, p.successor_id, p.created_at, p.name_sort \
    FROM staff p \
    LEFT JOIN account a ON a.id = p.account_id \
    LEFT JOIN branch b ON b.workspace_id = p.workspace_id AND b.id = p.branch_id \
    LEFT JOIN member m ON m.workspace_id = p.workspace_id AND m.id = p.member_id \
    WHERE p.workspace_id = ";

/// What the list of staff is searched by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Path prefix of the branches that may be seen; empty = all, people without a branch too.
    pub branch_path: String,
    /// Those who left instead of those who are here.
    pub left: bool,
    /// Name begins with, as a sort key, or the sign-in is this.
    pub q: Option<String>,
    /// Only what lies after this one in the list.
    pub after: Option<(String, StaffId)>,
}

/// Staff by name.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Listed>> {
    let mut query = Query::new(LISTED);
    query.bind(workspace);
    conditions(&mut query, filter);
    if let Some((name, id)) = &filter.after {
        query
            .push(" AND (p.name_sort > ")
            .bind(name)
            .push(" OR (p.name_sort = ")
            .bind(name);
        query.push(" AND p.id > ").bind(*id).push("))");
    }
    query.push(" ORDER BY p.name_sort, p.id LIMIT ").bind(limit);
    tx.all_of(query).await
}

/// How many the filter finds.
///
/// # Errors
/// The engine refused.
pub async fn count(tx: &mut Tx, workspace: WorkspaceId, filter: &Filter) -> Result<i64> {
    let mut query = Query::new(
        "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM staff p
         LEFT JOIN account a ON a.id = p.account_id
         LEFT JOIN branch b ON b.workspace_id = p.workspace_id AND b.id = p.branch_id
         WHERE p.workspace_id = ",
    );
    query.bind(workspace);
    conditions(&mut query, filter);
    tx.count_of(query).await
}

fn conditions(query: &mut Query, filter: &Filter) {
    query.push(if filter.left {
        " AND p.left_at IS NOT NULL"
    } else {
        " AND p.left_at IS NULL"
    });
    if !filter.branch_path.is_empty() {
        query.push(" AND ").begins("b.path", &filter.branch_path);
    }
    if let Some(q) = &filter.q {
        query.push(" AND (").begins("p.name_sort", q);
        query.push(" OR a.sign_in = ").bind(q).push(")");
    }
}

/// One member of staff as a list shows them, if within the branches that may be seen.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn listed(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    id: StaffId,
) -> Result<Listed> {
    let mut query = Query::new(LISTED);
    query.bind(workspace).push(" AND p.id = ").bind(id);
    if !branch_path.is_empty() {
        query.push(" AND ").begins("b.path", branch_path);
    }
    tx.all_of(query)
        .await?
        .pop()
        .ok_or(crate::StoreError::NotFound("staff"))
}
