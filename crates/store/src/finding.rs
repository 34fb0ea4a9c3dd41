//! The facts that findings are made of; the rules are in `yutang_domain::finding`.

use yutang_domain::{
    finding::Arrival,
    id::{GroupId, MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{FromRow as _, Result, StoreError, Tx, params, record, sql, sql::Query};

record! {
    /// Somebody who came, brought by somebody.
    pub struct ArrivalRow {
        /// Who brought them.
        pub inviter_id: MemberId,
        /// Into which group.
        pub group_id: GroupId,
        /// Who came.
        pub member_id: MemberId,
        /// When.
        pub at: Timestamp,
        /// Paid orders of who came.
        pub order_count: i64,
        /// The last of these.
        pub last_order_at: Option<Timestamp>,
        /// Messages of who came.
        pub message_count: i64,
    }
}

impl From<ArrivalRow> for Arrival {
    fn from(row: ArrivalRow) -> Self {
        Self {
            inviter: row.inviter_id,
            group: row.group_id,
            member: row.member_id,
            at: row.at,
            orders: row.order_count,
            last_order_at: row.last_order_at,
            messages: row.message_count,
        }
    }
}

/// Arrivals since `since` of people who were brought, never spoke and ordered at most `orders`
/// times, by inviter, group and time; in groups of the branch path.
///
/// # Errors
/// The engine refused.
pub async fn silent_arrivals(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    since: Timestamp,
    orders: i64,
) -> Result<Vec<Arrival>> {
    let rows: Vec<ArrivalRow> = tx
        .all(
            sql!(
                "SELECT p.other_id AS inviter_id, p.group_id, p.member_id, p.at, m.order_count,
                        m.last_order_at, m.message_count
                 FROM passage p
                 JOIN member m ON m.workspace_id = p.workspace_id AND m.id = p.member_id
                 JOIN chat_group g ON g.workspace_id = p.workspace_id AND g.id = p.group_id
                 JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
                 WHERE p.workspace_id = $1 AND p.kind = 'joined' AND p.other_id IS NOT NULL
                   AND p.at >= $4 AND m.message_count = 0 AND m.order_count <= $5
                   AND m.erased_at IS NULL AND substr(b.path, 1, $3) = $2
                 ORDER BY p.other_id, p.group_id, p.at, p.id"
            ),
            params![workspace, branch_path, branch_path.len(), since, orders],
        )
        .await?;
    Ok(rows.into_iter().map(Arrival::from).collect())
}

record! {
    /// Somebody in several groups, and what the people they brought ordered.
    pub struct Host {
        /// Who; the record that stands for the person.
        pub member_id: MemberId,
        /// People they brought.
        pub brought: i64,
        /// Paid orders of these since they came.
        pub orders: i64,
    }
}

/// People who are in at least `groups` open groups of the branch path as members and whose guests
/// placed at least `orders` orders since they came; most orders first.
///
/// # Errors
/// The engine refused.
pub async fn hosts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    groups: usize,
    orders: i64,
    limit: usize,
) -> Result<Vec<Host>> {
    tx.all(
        sql!(
            "SELECT h.canonical_id AS member_id,
                    CAST(COUNT(DISTINCT s.member_id) AS BIGINT) AS brought,
                    CAST(COUNT(DISTINCT o.id) AS BIGINT) AS orders
             FROM membership s
             JOIN member h ON h.workspace_id = s.workspace_id AND h.id = s.inviter_id
             JOIN shop_order o ON o.workspace_id = s.workspace_id AND o.member_id = s.member_id
                AND o.state = 'paid' AND o.placed_at >= s.joined_at
             WHERE s.workspace_id = $1 AND s.inviter_id IS NOT NULL AND h.erased_at IS NULL
               AND h.canonical_id IN (
                 SELECT n.canonical_id FROM membership t
                 JOIN member n ON n.workspace_id = t.workspace_id AND n.id = t.member_id
                 JOIN chat_group g ON g.workspace_id = t.workspace_id AND g.id = t.group_id
                 JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
                 WHERE t.workspace_id = $1 AND t.left_at IS NULL AND t.role = 'member'
                   AND g.archived_at IS NULL AND substr(b.path, 1, $3) = $2
                 GROUP BY n.canonical_id HAVING COUNT(DISTINCT t.group_id) >= $4)
             GROUP BY h.canonical_id HAVING COUNT(DISTINCT o.id) >= $5
             ORDER BY orders DESC, member_id LIMIT $6"
        ),
        params![
            workspace,
            branch_path,
            branch_path.len(),
            groups,
            orders,
            limit
        ],
    )
    .await
}

record! {
    /// In which group somebody is.
    pub struct Place {
        /// Who; the record that stands for the person.
        pub member_id: MemberId,
        /// In which group.
        pub group_id: GroupId,
    }
}

/// The open groups these people are in.
///
/// # Errors
/// The engine refused.
pub async fn places(
    tx: &mut Tx,
    workspace: WorkspaceId,
    members: &[MemberId],
) -> Result<Vec<Place>> {
    let mut query = Query::new(
        "SELECT DISTINCT m.canonical_id AS member_id, s.group_id FROM membership s
         JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
         JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
         WHERE s.left_at IS NULL AND g.archived_at IS NULL AND s.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND m.canonical_id IN ")
        .list(members.iter().copied());
    query.push(" ORDER BY 1, 2");
    tx.all_of(query).await
}

record! {
    /// Who said a line, and which line it answers.
    pub struct Utterance {
        /// In which group.
        pub group_id: GroupId,
        /// Who; the record that stands for the person.
        pub member_id: MemberId,
        /// Name of the line.
        pub source_key: Vec<u8>,
        /// The network's id of the message it answers.
        pub reply_to: Option<String>,
    }
}

/// Hands over every message of people in these groups since `since`.
///
/// # Errors
/// The engine refused.
pub async fn utterances(
    tx: &mut Tx,
    workspace: WorkspaceId,
    groups: &[GroupId],
    since: Timestamp,
    mut each: impl FnMut(Utterance),
) -> Result<()> {
    let mut query = Query::new(
        "SELECT s.group_id, m.canonical_id AS member_id, s.source_key, s.reply_to FROM message s
         JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
         WHERE s.workspace_id = ",
    );
    query.bind(workspace).push(" AND s.sent_at >= ").bind(since);
    query
        .push(" AND s.group_id IN ")
        .list(groups.iter().copied());
    tx.each::<StoreError>(query, |row| {
        each(Utterance::from_row(&row)?);
        Ok(())
    })
    .await
}

record! {
    /// An order of a regular.
    pub struct Occasion {
        /// Who; the record that stands for the person.
        pub member_id: MemberId,
        /// When.
        pub placed_at: Timestamp,
    }
}

/// Hands over the times of paid orders since `since` of people whose last order lies before
/// `before`, by person and time; orders at branches of the path.
///
/// # Errors
/// The engine refused.
pub async fn occasions(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    (since, before): (Timestamp, Timestamp),
    mut each: impl FnMut(Occasion),
) -> Result<()> {
    let mut query = Query::new(
        "SELECT m.canonical_id AS member_id, o.placed_at FROM shop_order o
         JOIN member m ON m.workspace_id = o.workspace_id AND m.id = o.member_id
         LEFT JOIN branch b ON b.workspace_id = o.workspace_id AND b.id = o.branch_id
         WHERE o.state = 'paid' AND m.erased_at IS NULL AND o.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND m.last_order_at < ")
        .bind(before);
    query
        .push(" AND m.last_order_at >= ")
        .bind(since)
        .push(" AND o.placed_at >= ")
        .bind(since);
    query
        .push(" AND ")
        .begins("COALESCE(b.path, '')", branch_path);
    query.push(" ORDER BY m.canonical_id, o.placed_at, o.id");
    tx.each::<StoreError>(query, |row| {
        each(Occasion::from_row(&row)?);
        Ok(())
    })
    .await
}
