//! What was bought: by group, branch and period.

use yutang_domain::{
    id::{BranchId, GroupId, MemberId, WorkspaceId},
    time::{Date, Period, Timestamp},
};

use super::{Span, canonical, in_days, within};
use crate::{Result, Tx, branch, params, record, sql, sql::Query};

record! {
    /// An order of somebody in a group.
    pub struct GroupOrder {
        /// Which day.
        pub day: Date,
        /// By whom.
        pub member_id: Option<MemberId>,
    }
}

/// Paid orders placed through a group, and orders placed through none by people who are in it.
///
/// # Errors
/// The engine refused.
pub async fn orders(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    period: Period,
) -> Result<Vec<GroupOrder>> {
    tx.all(
        sql!(
            "SELECT day, member_id FROM shop_order
             WHERE workspace_id = $1 AND group_id = $2 AND day >= $3 AND day < $4
               AND state = 'paid'
             UNION ALL
             SELECT o.day, o.member_id FROM shop_order o
             JOIN membership s ON s.workspace_id = o.workspace_id AND s.member_id = o.member_id
             WHERE o.workspace_id = $1 AND s.group_id = $2 AND o.group_id IS NULL
               AND o.day >= $3 AND o.day < $4 AND o.state = 'paid' AND s.left_at IS NULL"
        ),
        params![workspace, group, period.from, period.to],
    )
    .await
}

/// Whether the workspace has any order at all.
///
/// # Errors
/// The engine refused.
pub async fn has_orders(tx: &mut Tx, workspace: WorkspaceId) -> Result<bool> {
    let found: Option<i64> = tx
        .find(
            sql!("SELECT id AS n FROM shop_order WHERE workspace_id = $1 LIMIT 1"),
            params![workspace],
        )
        .await?;
    Ok(found.is_some())
}

record! {
    /// Sales of a period.
    pub struct Sales {
        /// Different people who bought, orders without a member counted one by one.
        pub buyers: i64,
        /// Orders.
        pub orders: i64,
        /// Amount in minor units, what was taken back subtracted.
        pub sales_minor: i64,
    }
}

/// Sales of the branches below a path in a period; orders of no branch belong to the workspace.
///
/// # Errors
/// The engine refused.
pub async fn sales(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    period: Period,
) -> Result<Sales> {
    let mut query = Query::new("SELECT CAST(COUNT(DISTINCT CASE WHEN o.state = 'paid' THEN ");
    canonical(&mut query, workspace, "o.member_id");
    query.push(
        " END) AS BIGINT)
            + CAST(COALESCE(SUM(CASE WHEN o.state = 'paid' AND o.member_id IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT)
            AS buyers,
            CAST(COALESCE(SUM(CASE WHEN o.state = 'paid' THEN 1 ELSE 0 END), 0) AS BIGINT) AS orders,
            CAST(COALESCE(SUM(CASE WHEN o.state = 'refunded' THEN 0 ELSE o.amount_minor END), 0) AS BIGINT)
            AS sales_minor
         FROM shop_order o
         WHERE o.workspace_id = ",
    );
    query.bind(workspace);
    in_days(&mut query, "o.day", period);
    if !branch_path.is_empty() {
        query.push(" AND o.branch_id IN ");
        branch::below(&mut query, workspace, branch_path);
    }
    tx.all_of(query)
        .await?
        .pop()
        .ok_or(crate::StoreError::NotFound("sales"))
}

/// How many people could have bought: those in a group at some time of the period, and those who
/// bought without being in one.
///
/// # Errors
/// The engine refused.
pub async fn reach(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    period: Period,
    (from, to): (Timestamp, Timestamp),
) -> Result<i64> {
    let mut query = Query::new("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM (SELECT ");
    canonical(&mut query, workspace, "s.member_id");
    query.push(
        " AS person FROM membership s
            WHERE s.role IN ('member', 'admin') AND s.workspace_id = ",
    );
    query.bind(workspace);
    query.push(" AND s.first_seen_at < ").bind(to);
    query
        .push(" AND (s.left_at IS NULL OR s.left_at >= ")
        .bind(from)
        .push(")");
    within(
        &mut query,
        "s.group_id",
        workspace,
        &Span::Below(branch_path.to_owned()),
    );
    query.push(" UNION SELECT CASE WHEN o.member_id IS NULL THEN -o.id ELSE ");
    canonical(&mut query, workspace, "o.member_id");
    query.push(
        " END AS person
            FROM shop_order o
            WHERE o.state = 'paid' AND o.workspace_id = ",
    );
    query.bind(workspace);
    in_days(&mut query, "o.day", period);
    if !branch_path.is_empty() {
        query.push(" AND o.branch_id IN ");
        branch::below(&mut query, workspace, branch_path);
    }
    query.push(") people");
    tx.count_of(query).await
}

record! {
    /// First and last day with an order.
    pub struct OrderExtent {
        /// First day; `None` if there is no order.
        pub first: Option<Date>,
        /// Last day.
        pub last: Option<Date>,
    }
}

/// From when to when there are orders.
///
/// # Errors
/// The engine refused.
pub async fn order_extent(tx: &mut Tx, workspace: WorkspaceId) -> Result<OrderExtent> {
    tx.one(
        "orders",
        sql!("SELECT MIN(day) AS first, MAX(day) AS last FROM shop_order WHERE workspace_id = $1"),
        params![workspace],
    )
    .await
}

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
    tx.all(
        sql!(
            "SELECT branch_id, day, CAST(SUM(amount_minor) AS BIGINT) AS sales_minor
             FROM shop_order
             WHERE workspace_id = $1 AND day >= $2 AND day < $3 AND branch_id IS NOT NULL
               AND state <> 'refunded'
             GROUP BY branch_id, day"
        ),
        params![workspace, period.from, period.to],
    )
    .await
}

record! {
    /// A branch's comings and goings in a period.
    pub struct BranchTraffic {
        /// The branch.
        pub branch_id: BranchId,
        /// People who came.
        pub joined: i64,
        /// People who went.
        pub departed: i64,
    }
}

/// Comings and goings by branch.
///
/// # Errors
/// The engine refused.
pub async fn branch_traffic(
    tx: &mut Tx,
    workspace: WorkspaceId,
    period: Period,
) -> Result<Vec<BranchTraffic>> {
    tx.all(
        sql!(
            "SELECT g.branch_id, CAST(SUM(d.joined) AS BIGINT) AS joined,
                    CAST(SUM(d.departed) AS BIGINT) AS departed
             FROM group_day d JOIN chat_group g ON g.workspace_id = d.workspace_id AND g.id = d.group_id
             WHERE d.workspace_id = $1 AND d.day >= $2 AND d.day < $3
             GROUP BY g.branch_id"
        ),
        params![workspace, period.from, period.to],
    )
    .await
}

record! {
    /// A branch's tasks in a period.
    pub struct BranchTasks {
        /// The branch.
        pub branch_id: BranchId,
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

/// Tasks by branch.
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
            "SELECT branch_id,
                CAST(SUM(CASE WHEN kind = 'do' THEN 1 ELSE 0 END) AS BIGINT) AS due,
                CAST(SUM(CASE WHEN kind = 'do' AND state = 'done' THEN 1 ELSE 0 END) AS BIGINT) AS done,
                CAST(SUM(CASE WHEN kind = 'complaint' THEN 1 ELSE 0 END) AS BIGINT) AS complaints,
                CAST(SUM(CASE WHEN kind = 'reply' THEN 1 ELSE 0 END) AS BIGINT) AS questions,
                CAST(SUM(CASE WHEN kind = 'reply' AND state = 'done'
                    AND done_at - since_at <= 600000 THEN 1 ELSE 0 END) AS BIGINT) AS answered
             FROM staff_task
             WHERE workspace_id = $1 AND branch_id IS NOT NULL AND since_at >= $2 AND since_at < $3
             GROUP BY branch_id"
        ),
        params![workspace, from, to],
    )
    .await
}
