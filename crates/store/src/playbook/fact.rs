//! What runs have to know of the world: what happened, how groups and people stand.

use yutang_domain::{
    event::EventKind,
    id::{EventId, GroupId, MemberId, OrderId, SanctionId, WorkspaceId},
    time::{Date, Timestamp},
};

use crate::{Result, Tx, order::OrderState, params, record, sql, sql::Query};

record! {
    /// Something that happened, as far as it matters to playbooks.
    pub struct Happened {
        /// Its name.
        pub id: EventId,
        /// Its place in the log.
        pub position: i64,
        /// When.
        pub at: Timestamp,
        /// What.
        pub kind: EventKind,
        /// In which group.
        pub group_id: Option<GroupId>,
        /// About whom.
        pub member_id: Option<MemberId>,
        /// The decision, JSON.
        pub data: String,
    }
}

/// What happened in a workspace behind one place of the log and up to another, of these kinds, in
/// order.
///
/// # Errors
/// The engine refused.
pub async fn happened(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (after, until): (i64, i64),
    kinds: &[EventKind],
    limit: usize,
) -> Result<Vec<Happened>> {
    let mut query = Query::new(
        "SELECT id, position, at, kind, group_id, member_id, data FROM event WHERE position > ",
    );
    query.bind(after).push(" AND position <= ").bind(until);
    query.push(" AND workspace_id = ").bind(workspace);
    query.push(" AND kind IN ").list(kinds.iter().copied());
    query.push(" ORDER BY position LIMIT ").bind(limit);
    tx.all_of(query).await
}

record! {
    /// How a group stands, beside its own row.
    pub struct GroupFacts {
        /// Members who wrote in it since a day.
        pub speakers: i64,
        /// Messages in it since another.
        pub messages: i64,
        /// Orders from it since that day.
        pub orders: i64,
        /// Complaints open in it.
        pub complaints: i64,
    }
}

/// How a group stands: who wrote since `week`, messages and orders since `fortnight`.
///
/// # Errors
/// The engine refused.
pub async fn group_facts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    (week, fortnight): (Date, Date),
) -> Result<GroupFacts> {
    tx.one(
        "group",
        sql!(
            "SELECT (SELECT CAST(COUNT(DISTINCT d.member_id) AS BIGINT) FROM member_day d
                WHERE d.workspace_id = $1 AND d.group_id = $2 AND d.day > $3
                  AND d.operator = FALSE AND d.messages > 0) AS speakers,
            (SELECT CAST(COALESCE(SUM(g.messages), 0) AS BIGINT) FROM group_day g
                WHERE g.workspace_id = $1 AND g.group_id = $2 AND g.day > $4) AS messages,
            (SELECT CAST(COUNT(*) AS BIGINT) FROM shop_order o
                WHERE o.workspace_id = $1 AND o.group_id = $2 AND o.day > $4
                  AND o.state = 'paid') AS orders,
            (SELECT CAST(COUNT(*) AS BIGINT) FROM alarm a
                WHERE a.workspace_id = $1 AND a.group_id = $2 AND a.state <> 'closed') AS complaints"
        ),
        params![workspace, group, week, fortnight],
    )
    .await
}

record! {
    /// An order as runs know it.
    pub struct OrderFacts {
        /// What it came to.
        pub amount_minor: i64,
        /// Where it stands.
        pub state: OrderState,
        /// When it was placed.
        pub placed_at: Timestamp,
        /// By whom.
        pub member_id: Option<MemberId>,
        /// Through which group.
        pub group_id: Option<GroupId>,
        /// Its number in the shop.
        pub external_id: String,
        /// Paid orders of the same person before it.
        pub before: i64,
    }
}

/// An order; `None` if it is gone.
///
/// # Errors
/// The engine refused.
pub async fn order_facts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: OrderId,
) -> Result<Option<OrderFacts>> {
    tx.find(
        sql!(
            "SELECT o.amount_minor, o.state, o.placed_at, o.member_id, o.group_id, o.external_id,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM shop_order b
                  WHERE b.workspace_id = o.workspace_id AND b.member_id = o.member_id
                    AND b.state = 'paid' AND b.placed_at < o.placed_at) AS before
             FROM shop_order o WHERE o.workspace_id = $1 AND o.id = $2"
        ),
        params![workspace, id],
    )
    .await
}

record! {
    /// A sanction as runs know it.
    pub struct SanctionFacts {
        /// Whether it was meant.
        pub fault: String,
        /// How hard.
        pub tone: String,
        /// What was seen.
        pub kind: String,
        /// How many appeals there are.
        pub appeals: i64,
    }
}

/// A sanction; `None` if it is gone.
///
/// # Errors
/// The engine refused.
pub async fn sanction_facts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: SanctionId,
) -> Result<Option<SanctionFacts>> {
    tx.find(
        sql!(
            "SELECT s.fault, s.tone, s.kind,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM appeal a
                  WHERE a.workspace_id = s.workspace_id AND a.sanction_id = s.id) AS appeals
             FROM sanction s WHERE s.workspace_id = $1 AND s.id = $2"
        ),
        params![workspace, id],
    )
    .await
}

record! {
    /// How a house stands.
    pub struct HouseFacts {
        /// Groups that are open.
        pub groups: i64,
        /// People.
        pub members: i64,
    }
}

/// How a house stands.
///
/// # Errors
/// The engine refused.
pub async fn house_facts(tx: &mut Tx, workspace: WorkspaceId) -> Result<HouseFacts> {
    tx.one(
        "workspace",
        sql!(
            "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM chat_group g
                WHERE g.workspace_id = $1 AND g.archived_at IS NULL) AS groups,
            (SELECT CAST(COUNT(*) AS BIGINT) FROM member m
                WHERE m.workspace_id = $1 AND m.canonical_id = m.id AND m.erased_at IS NULL
                  AND m.group_count > 0) AS members"
        ),
        params![workspace],
    )
    .await
}

record! {
    /// What happened in groups while something ran.
    pub struct Brought {
        /// People who came.
        pub joined: i64,
        /// People who went.
        pub gone: i64,
        /// Paid orders.
        pub orders: i64,
        /// What they brought.
        pub amount_minor: i64,
        /// People who bought.
        pub buyers: i64,
    }
}

/// What happened in groups after an instant and until another; in all of them if none are named.
///
/// # Errors
/// The engine refused.
pub async fn brought(
    tx: &mut Tx,
    workspace: WorkspaceId,
    groups: &[GroupId],
    (from, to): (Timestamp, Timestamp),
) -> Result<Brought> {
    let mut query = Query::new("SELECT ");
    for (head, name, table, column) in [
        (
            "COUNT(DISTINCT p.member_id)",
            " AS joined, ",
            "p.kind = 'joined'",
            "p",
        ),
        (
            "COUNT(DISTINCT p.member_id)",
            " AS gone, ",
            "p.kind <> 'joined'",
            "p",
        ),
        ("COUNT(*)", " AS orders, ", "o.state = 'paid'", "o"),
        (
            "COALESCE(SUM(o.amount_minor), 0)",
            " AS amount_minor, ",
            "o.state = 'paid'",
            "o",
        ),
        (
            "COUNT(DISTINCT o.member_id)",
            " AS buyers",
            "o.state = 'paid'",
            "o",
        ),
    ] {
        query
            .push("(SELECT CAST(")
            .push(head)
            .push(" AS BIGINT) FROM ");
        query.push(if column == "p" {
            "passage p WHERE p.workspace_id = "
        } else {
            "shop_order o WHERE o.workspace_id = "
        });
        query.bind(workspace).push(" AND ").push(table);
        query.push(if column == "p" {
            " AND p.at > "
        } else {
            " AND o.placed_at > "
        });
        query.bind(from);
        query.push(if column == "p" {
            " AND p.at <= "
        } else {
            " AND o.placed_at <= "
        });
        query.bind(to);
        if !groups.is_empty() {
            query.push(if column == "p" {
                " AND p.group_id IN "
            } else {
                " AND o.group_id IN "
            });
            query.list(groups.iter().copied());
        }
        query.push(")").push(name);
    }
    let found: Vec<Brought> = tx.all_of(query).await?;
    found
        .into_iter()
        .next()
        .ok_or(crate::StoreError::NotFound("figures"))
}
