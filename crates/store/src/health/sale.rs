//! What was bought: by group, branch and period.

use yutang_domain::{
    id::{GroupId, MemberId, WorkspaceId},
    time::{Date, Period, Timestamp},
};

use super::{Span, canonical, in_days, within};
use crate::{Result, Tx, branch, params, record, sql, sql::Query};

record! {
    /// An order of somebody in a group.
    pub struct GroupOrder {
        /// Which day.
        pub day: Date,
        /// By whom: the record that stands for the person.
        pub member_id: Option<MemberId>,
    }
}

/// Paid orders placed through a group, and orders placed through none by people who are in it at
/// `end`.
///
/// # Errors
/// The engine refused.
pub async fn orders(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    period: Period,
    end: Timestamp,
) -> Result<Vec<GroupOrder>> {
    let mut query = Query::new("SELECT o.day, ");
    canonical(&mut query, workspace, "o.member_id");
    query.push(" AS member_id FROM shop_order o WHERE o.state = 'paid' AND o.workspace_id = ");
    query.bind(workspace).push(" AND o.group_id = ").bind(group);
    in_days(&mut query, "o.day", period);
    // From the people to their orders: a group has hundreds, a month of a shop tens of thousands.
    query.push(
        " UNION ALL SELECT o.day, f.person AS member_id FROM (
            SELECT DISTINCT m.canonical_id AS person FROM membership s
            JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
            WHERE s.workspace_id = ",
    );
    query.bind(workspace).push(" AND s.group_id = ").bind(group);
    query
        .push(" AND s.first_seen_at < ")
        .bind(end)
        .push(" AND (s.left_at IS NULL OR s.left_at >= ")
        .bind(end)
        .push(")) f JOIN member r ON r.canonical_id = f.person AND r.workspace_id = ")
        .bind(workspace);
    query
        .push(" JOIN shop_order o ON o.member_id = r.id AND o.workspace_id = ")
        .bind(workspace);
    query.push(" WHERE o.group_id IS NULL AND o.state = 'paid'");
    in_days(&mut query, "o.day", period);
    tx.all_of(query).await
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

/// Which orders make sales: those paid, and those that take something back with lines below zero.
/// What was closed before it was paid or was paid back is none.
pub(super) const SOLD: &str =
    "(o.state = 'paid' OR (o.state = 'cancelled' AND o.amount_minor < 0))";

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
            CAST(COALESCE(SUM(CASE WHEN ",
    );
    query.push(SOLD).push(
        " THEN o.amount_minor ELSE 0 END), 0) AS BIGINT) AS sales_minor
         FROM shop_order o
         WHERE o.workspace_id = ",
    );
    query.bind(workspace);
    in_days(&mut query, "o.day", period);
    below(&mut query, workspace, branch_path);
    tx.all_of(query)
        .await?
        .pop()
        .ok_or(crate::StoreError::NotFound("sales"))
}

record! {
    /// Who could have bought.
    pub struct Reach {
        /// People in a group at some time of the period, and those who bought without being in one.
        pub people: i64,
        /// Those of them who were in a group; where nobody was, nobody counted who could have bought.
        pub in_groups: i64,
    }
}

/// How many people could have bought.
///
/// # Errors
/// The engine refused.
pub async fn reach(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    period: Period,
    (from, to): (Timestamp, Timestamp),
) -> Result<Reach> {
    let mut query = Query::new(
        "SELECT CAST(COUNT(*) AS BIGINT) AS people,
            CAST(COALESCE(SUM(grouped), 0) AS BIGINT) AS in_groups
         FROM (SELECT person, MAX(grouped) AS grouped FROM (SELECT ",
    );
    canonical(&mut query, workspace, "s.member_id");
    query.push(
        " AS person, 1 AS grouped FROM membership s
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
    query.push(" UNION ALL SELECT CASE WHEN o.member_id IS NULL THEN -o.id ELSE ");
    canonical(&mut query, workspace, "o.member_id");
    query.push(
        " END AS person, 0 AS grouped
            FROM shop_order o
            WHERE o.state = 'paid' AND o.workspace_id = ",
    );
    query.bind(workspace);
    in_days(&mut query, "o.day", period);
    below(&mut query, workspace, branch_path);
    query.push(") one GROUP BY person) people");
    tx.all_of(query)
        .await?
        .pop()
        .ok_or(crate::StoreError::NotFound("reach"))
}

/// Adds the condition that an order `o` belongs to a branch below a path (empty = all).
pub(super) fn below(query: &mut Query, workspace: WorkspaceId, branch_path: &str) {
    if !branch_path.is_empty() {
        query.push(" AND o.branch_id IN ");
        branch::below(query, workspace, branch_path);
    }
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
