//! What the board of stores is made of: sales, comings and goings, tasks by branch and group.

use yutang_domain::{
    id::{BranchId, GroupId, WorkspaceId},
    time::{Date, Period, Timestamp},
};

use super::{in_days, sale::SOLD};
use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// A branch's sales on a day.
    pub struct BranchDay {
        /// The branch.
        pub branch_id: BranchId,
        /// Which day.
        pub day: Date,
        /// Amount in minor units.
        pub sales_minor: i64,
    }
}

/// Sales by branch and day.
///
/// # Errors
/// The engine refused.
pub async fn branch_sales(
    tx: &mut Tx,
    workspace: WorkspaceId,
    period: Period,
) -> Result<Vec<BranchDay>> {
    let mut query = Query::new(
        "SELECT o.branch_id, o.day, CAST(SUM(o.amount_minor) AS BIGINT) AS sales_minor
         FROM shop_order o WHERE o.branch_id IS NOT NULL AND ",
    );
    query
        .push(SOLD)
        .push(" AND o.workspace_id = ")
        .bind(workspace);
    in_days(&mut query, "o.day", period);
    query.push(" GROUP BY o.branch_id, o.day");
    tx.all_of(query).await
}

record! {
    /// A group's sales on a day.
    pub struct GroupSales {
        /// The group.
        pub group_id: GroupId,
        /// Which day.
        pub day: Date,
        /// Amount in minor units.
        pub sales_minor: i64,
    }
}

/// What was sold through the groups of a branch, by group and day.
///
/// # Errors
/// The engine refused.
pub async fn group_sales(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch: BranchId,
    period: Period,
) -> Result<Vec<GroupSales>> {
    let mut query = Query::new(
        "SELECT o.group_id, o.day, CAST(SUM(o.amount_minor) AS BIGINT) AS sales_minor
         FROM chat_group g
         JOIN shop_order o ON o.workspace_id = g.workspace_id AND o.group_id = g.id
         WHERE ",
    );
    query
        .push(SOLD)
        .push(" AND g.workspace_id = ")
        .bind(workspace);
    query.push(" AND g.branch_id = ").bind(branch);
    in_days(&mut query, "o.day", period);
    query.push(" GROUP BY o.group_id, o.day");
    tx.all_of(query).await
}

record! {
    /// A group's comings and goings in a period.
    pub struct GroupTraffic {
        /// The group.
        pub group_id: GroupId,
        /// Its branch.
        pub branch_id: BranchId,
        /// Comings.
        pub joined: i64,
        /// Goings.
        pub departed: i64,
    }
}

/// Comings and goings by group.
///
/// # Errors
/// The engine refused.
pub async fn group_traffic(
    tx: &mut Tx,
    workspace: WorkspaceId,
    period: Period,
) -> Result<Vec<GroupTraffic>> {
    tx.all(
        sql!(
            "SELECT d.group_id, g.branch_id, CAST(SUM(d.joined) AS BIGINT) AS joined,
                    CAST(SUM(d.departed) AS BIGINT) AS departed
             FROM group_day d JOIN chat_group g ON g.workspace_id = d.workspace_id AND g.id = d.group_id
             WHERE d.workspace_id = $1 AND d.day >= $2 AND d.day < $3
             GROUP BY d.group_id, g.branch_id"
        ),
        params![workspace, period.from, period.to],
    )
    .await
}

record! {
    /// New people of a group in a period.
    pub struct GroupRecruits {
        /// The group.
        pub group_id: GroupId,
        /// Its branch.
        pub branch_id: BranchId,
        /// People who came into it and had been in no group of the workspace before; merged records
        /// count as one person.
        pub people: i64,
    }
}

/// 拉新: people who came into a group in the period and had been in none before. Staff and programs
/// are left out.
///
/// # Errors
/// The engine refused.
pub async fn group_recruits(
    tx: &mut Tx,
    workspace: WorkspaceId,
    period: Period,
) -> Result<Vec<GroupRecruits>> {
    tx.all(
        sql!(
            "SELECT p.group_id, g.branch_id, CAST(COUNT(DISTINCT m.canonical_id) AS BIGINT) AS people
             FROM passage p
             JOIN chat_group g ON g.workspace_id = p.workspace_id AND g.id = p.group_id
             JOIN member m ON m.workspace_id = p.workspace_id AND m.id = p.member_id
             JOIN membership s ON s.workspace_id = p.workspace_id AND s.group_id = p.group_id
                AND s.member_id = p.member_id AND s.role IN ('member', 'admin')
             WHERE p.workspace_id = $1 AND p.day >= $2 AND p.day < $3 AND p.kind = 'joined'
               AND NOT EXISTS (SELECT 1 FROM member r
                    JOIN membership t ON t.workspace_id = r.workspace_id AND t.member_id = r.id
                    WHERE r.workspace_id = m.workspace_id AND r.canonical_id = m.canonical_id
                      AND t.first_seen_at < p.at)
             GROUP BY p.group_id, g.branch_id"
        ),
        params![workspace, period.from, period.to],
    )
    .await
}

record! {
    /// Tasks of a branch in a period, of one of its groups or of none.
    pub struct BranchTasks {
        /// The branch.
        pub branch_id: BranchId,
        /// The group, if they are about one.
        pub group_id: Option<GroupId>,
        /// Tasks that were due.
        pub due: i64,
        /// Of these, done.
        pub done: i64,
        /// Complaints that came up.
        pub complaints: i64,
        /// Questions that waited.
        pub questions: i64,
        /// Of these, answered within ten minutes.
        pub answered: i64,
    }
}

/// Tasks by branch and group.
///
/// # Errors
/// The engine refused.
pub async fn branch_tasks(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<BranchTasks>> {
    tx.all(
        sql!(
            "SELECT branch_id, group_id,
                CAST(SUM(CASE WHEN kind = 'do' THEN 1 ELSE 0 END) AS BIGINT) AS due,
                CAST(SUM(CASE WHEN kind = 'do' AND state = 'done' THEN 1 ELSE 0 END) AS BIGINT) AS done,
                CAST(SUM(CASE WHEN kind = 'complaint' THEN 1 ELSE 0 END) AS BIGINT) AS complaints,
                CAST(SUM(CASE WHEN kind = 'reply' THEN 1 ELSE 0 END) AS BIGINT) AS questions,
                CAST(SUM(CASE WHEN kind = 'reply' AND state = 'done'
                    AND done_at - since_at <= 600000 THEN 1 ELSE 0 END) AS BIGINT) AS answered
             FROM staff_task
             WHERE workspace_id = $1 AND branch_id IS NOT NULL AND since_at >= $2 AND since_at < $3
             GROUP BY branch_id, group_id"
        ),
        params![workspace, from, to],
    )
    .await
}
