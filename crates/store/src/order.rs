//! Orders and their lines. The table is `shop_order`, since `order` is a word of SQL.

use yutang_domain::{
    id::{BranchId, GroupId, ImportRunId, MemberId, OrderId, OrderLineId, WorkspaceId},
    time::{Date, Timestamp},
    words,
};

use crate::{Result, Tx, params, record, sql, sql::Query, text_cell};

words! {
    /// Where an order stands.
    pub enum OrderState {
        /// Paid.
        Paid = "paid",
        /// Taken back before anything happened, or a line that takes one back.
        Cancelled = "cancelled",
        /// The money went back.
        Refunded = "refunded",
    }
}

text_cell!(OrderState);

record! {
    /// An order.
    pub struct Order {
        /// Its id.
        pub id: OrderId,
        /// Where it comes from: `import`, `demo`, a shop.
        pub source: String,
        /// Its number there.
        pub external_id: String,
        /// By whom.
        pub member_id: Option<MemberId>,
        /// At which branch.
        pub branch_id: Option<BranchId>,
        /// Through which group, if that is known.
        pub group_id: Option<GroupId>,
        /// When.
        pub placed_at: Timestamp,
        /// Civil day of that instant.
        pub day: Date,
        /// Currency.
        pub currency: String,
        /// Sum of the lines, in minor units.
        pub amount_minor: i64,
        /// Number of lines.
        pub line_count: i64,
        /// Where it stands.
        pub state: OrderState,
        /// The import that brought it.
        pub run_id: Option<ImportRunId>,
        /// When it was stored.
        pub created_at: Timestamp,
    }
}

/// What was sold on a day before an instant, at the branches below a path; what went back is not
/// counted.
///
/// # Errors
/// The engine refused.
pub async fn sold_until(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    (day, until): (Date, Timestamp),
) -> Result<i64> {
    let mut query = Query::new(
        "SELECT CAST(COALESCE(SUM(CASE WHEN o.state = 'refunded' THEN 0 ELSE o.amount_minor END), 0) AS BIGINT) AS n
         FROM shop_order o WHERE o.workspace_id = ",
    );
    query.bind(workspace).push(" AND o.day = ").bind(day);
    query.push(" AND o.placed_at < ").bind(until);
    if !branch_path.is_empty() {
        query
            .push(" AND o.branch_id IN (SELECT id FROM branch WHERE workspace_id = ")
            .bind(workspace);
        query.push(" AND substr(path, 1, ").bind(branch_path.len());
        query.push(") = ").bind(branch_path).push(")");
    }
    Ok(tx.all_of::<i64>(query).await?.first().copied().unwrap_or(0))
}

record! {
    /// A line of an order.
    pub struct OrderLine {
        /// Its id.
        pub id: OrderLineId,
        /// The order.
        pub order_id: OrderId,
        /// Article.
        pub sku: String,
        /// How many, in thousandths; negative for what came back.
        pub quantity: i64,
        /// Amount in minor units; negative for what came back.
        pub amount_minor: i64,
        /// When.
        pub placed_at: Timestamp,
        /// Name of the line, unique in its order.
        pub source_key: Vec<u8>,
        /// The import that brought it.
        pub run_id: Option<ImportRunId>,
    }
}

record! {
    /// An order found by its number.
    pub struct Known {
        /// Its id here.
        pub id: OrderId,
        /// Its number there.
        pub external_id: String,
        /// Where it stands.
        pub state: OrderState,
        /// The import that brought it.
        pub run_id: Option<ImportRunId>,
    }
}

/// Which of these numbers are known.
///
/// # Errors
/// The engine refused.
pub async fn known(
    tx: &mut Tx,
    workspace: WorkspaceId,
    source: &str,
    numbers: &[&str],
) -> Result<Vec<Known>> {
    let mut query =
        Query::new("SELECT id, external_id, state, run_id FROM shop_order WHERE workspace_id = ");
    query.bind(workspace).push(" AND source = ").bind(source);
    query
        .push(" AND external_id IN ")
        .list(numbers.iter().copied());
    tx.all_of(query).await
}

/// Says where orders stand now.
///
/// # Errors
/// The engine refused.
pub async fn set_state(
    tx: &mut Tx,
    workspace: WorkspaceId,
    orders: &[OrderId],
    state: OrderState,
) -> Result<()> {
    for chunk in orders.chunks(500) {
        let mut query = Query::new("UPDATE shop_order SET state = ");
        query
            .bind(state)
            .push(" WHERE workspace_id = ")
            .bind(workspace);
        query.push(" AND id IN ").list(chunk.iter().copied());
        tx.execute_of(query).await?;
    }
    Ok(())
}

/// Adds orders that are not there yet.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, rows: &[Order]) -> Result<u64> {
    let values = rows
        .iter()
        .map(|row| {
            params![
                row.id,
                workspace,
                row.source.as_str(),
                row.external_id.as_str(),
                row.member_id,
                row.branch_id,
                row.group_id,
                row.placed_at,
                row.day,
                row.currency.as_str(),
                row.amount_minor,
                row.line_count,
                row.state,
                row.run_id,
                row.created_at,
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO shop_order (id, workspace_id, source, external_id, member_id, branch_id,
         group_id, placed_at, day, currency, amount_minor, line_count, state, run_id, created_at)
         VALUES",
        values,
        "ON CONFLICT (workspace_id, source, external_id) DO NOTHING",
    )
    .await
}

/// Adds lines that are not there yet; returns the ids of those that were new.
///
/// # Errors
/// The engine refused.
pub async fn insert_lines(
    tx: &mut Tx,
    workspace: WorkspaceId,
    rows: &[OrderLine],
) -> Result<Vec<OrderLineId>> {
    let values = rows
        .iter()
        .map(|row| {
            params![
                row.id,
                workspace,
                row.order_id,
                row.sku.as_str(),
                row.quantity,
                row.amount_minor,
                row.placed_at,
                row.source_key.as_slice(),
                row.run_id,
            ]
        })
        .collect();
    tx.insert_new(
        "INSERT INTO order_line (id, workspace_id, order_id, sku, quantity, amount_minor,
             placed_at, source_key, run_id) VALUES",
        values,
        "ON CONFLICT (workspace_id, order_id, source_key) DO NOTHING",
        "SELECT id AS n FROM order_line WHERE id IN",
    )
    .await
}

/// Sums up orders again from their lines.
///
/// # Errors
/// The engine refused.
pub async fn sum(tx: &mut Tx, workspace: WorkspaceId, orders: &[OrderId]) -> Result<()> {
    for chunk in orders.chunks(500) {
        let mut query = Query::new(
            "UPDATE shop_order SET
                amount_minor = (SELECT CAST(COALESCE(SUM(l.amount_minor), 0) AS BIGINT)
                    FROM order_line l WHERE l.workspace_id = shop_order.workspace_id
                    AND l.order_id = shop_order.id),
                line_count = (SELECT CAST(COUNT(*) AS BIGINT) FROM order_line l
                    WHERE l.workspace_id = shop_order.workspace_id AND l.order_id = shop_order.id)
             WHERE workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND id IN ")
            .list(chunk.iter().copied());
        tx.execute_of(query).await?;
    }
    Ok(())
}

/// Sums up the orders of members again.
///
/// # Errors
/// The engine refused.
pub async fn sum_members(tx: &mut Tx, workspace: WorkspaceId, members: &[MemberId]) -> Result<()> {
    for chunk in members.chunks(500) {
        let mut query = Query::new(
            "UPDATE member SET
                order_count = (SELECT CAST(COUNT(*) AS BIGINT) FROM shop_order o
                    WHERE o.workspace_id = member.workspace_id AND o.member_id = member.id
                    AND o.state = 'paid'),
                amount_minor = (SELECT CAST(COALESCE(SUM(o.amount_minor), 0) AS BIGINT)
                    FROM shop_order o WHERE o.workspace_id = member.workspace_id
                    AND o.member_id = member.id
                    AND (o.state = 'paid' OR (o.state = 'cancelled' AND o.amount_minor < 0))),
                last_order_at = (SELECT MAX(o.placed_at) FROM shop_order o
                    WHERE o.workspace_id = member.workspace_id AND o.member_id = member.id
                    AND o.state = 'paid')
             WHERE workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND id IN ")
            .list(chunk.iter().copied());
        tx.execute_of(query).await?;
    }
    Ok(())
}

/// Removes up to `limit` lines that a run brought; returns the orders they stood in.
///
/// # Errors
/// The engine refused.
pub async fn remove_lines_of_run(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
    limit: usize,
) -> Result<Vec<OrderId>> {
    let rows: Vec<OrderLine> = tx
        .all(
            sql!(
                "SELECT id, order_id, sku, quantity, amount_minor, placed_at, source_key, run_id
                 FROM order_line WHERE workspace_id = $1 AND run_id = $2 ORDER BY id LIMIT $3"
            ),
            params![workspace, run, limit],
        )
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new("DELETE FROM order_line WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND id IN ")
        .list(rows.iter().map(|row| row.id));
    tx.execute_of(query).await?;
    let mut orders: Vec<OrderId> = rows.into_iter().map(|row| row.order_id).collect();
    orders.sort_unstable();
    orders.dedup();
    Ok(orders)
}

record! {
    /// An order that lost its last line.
    pub struct Removed {
        /// Its id.
        pub id: OrderId,
        /// By whom.
        pub member_id: Option<MemberId>,
    }
}

/// Removes those of these orders that have no line left and that this run made; says whose the
/// orders are.
///
/// # Errors
/// The engine refused.
pub async fn remove_empty(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
    orders: &[OrderId],
) -> Result<Vec<MemberId>> {
    let mut members = Vec::new();
    for chunk in orders.chunks(500) {
        let mut query = Query::new("SELECT id, member_id FROM shop_order WHERE workspace_id = ");
        query
            .bind(workspace)
            .push(" AND id IN ")
            .list(chunk.iter().copied());
        members.extend(
            tx.all_of::<Removed>(query)
                .await?
                .into_iter()
                .filter_map(|o| o.member_id),
        );
        let mut query = Query::new(
            "DELETE FROM shop_order WHERE NOT EXISTS (SELECT 1 FROM order_line l
                WHERE l.workspace_id = shop_order.workspace_id AND l.order_id = shop_order.id)
             AND workspace_id = ",
        );
        query.bind(workspace).push(" AND run_id = ").bind(run);
        query.push(" AND id IN ").list(chunk.iter().copied());
        tx.execute_of(query).await?;
    }
    members.sort_unstable();
    members.dedup();
    Ok(members)
}
