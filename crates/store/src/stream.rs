//! What else stands in the stream of a group besides messages and passages.

use yutang_domain::{
    id::{GroupId, MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, message::Side, params, record, sql, sql::Query};

record! {
    /// An order placed through a group.
    pub struct GroupOrder {
        /// Its id.
        pub id: i64,
        /// By whom.
        pub member_id: Option<MemberId>,
        /// When.
        pub placed_at: Timestamp,
        /// Amount in minor units.
        pub amount_minor: i64,
    }
}

/// A page of the paid orders placed through a group; the same ends as [`crate::message::stream`].
///
/// # Errors
/// The engine refused.
pub async fn orders(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    side: Option<Side>,
    limit: usize,
) -> Result<Vec<GroupOrder>> {
    let mut query = Query::new(
        "SELECT id, member_id, placed_at, amount_minor FROM shop_order
         WHERE state = 'paid' AND workspace_id = ",
    );
    query.bind(workspace).push(" AND group_id = ").bind(group);
    match side {
        None => {}
        Some(Side::Before(at, id)) => {
            query
                .push(" AND (placed_at < ")
                .bind(at)
                .push(" OR (placed_at = ")
                .bind(at);
            query.push(" AND id < ").bind(id).push("))");
        }
        Some(Side::After(at, id)) => {
            query
                .push(" AND (placed_at > ")
                .bind(at)
                .push(" OR (placed_at = ")
                .bind(at);
            query.push(" AND id > ").bind(id).push("))");
        }
    }
    query.push(match side {
        Some(Side::After(..)) => " ORDER BY placed_at, id LIMIT ",
        _ => " ORDER BY placed_at DESC, id DESC LIMIT ",
    });
    query.bind(limit);
    tx.all_of(query).await
}

record! {
    /// The person behind a member record.
    pub struct Name {
        /// The record asked for.
        pub record_id: MemberId,
        /// The record that stands for the person.
        pub member_id: MemberId,
        /// Name.
        pub name: String,
    }
}

/// Names of member records, through merges.
///
/// # Errors
/// The engine refused.
pub async fn names(tx: &mut Tx, workspace: WorkspaceId, records: &[MemberId]) -> Result<Vec<Name>> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT m.id AS record_id, m.canonical_id AS member_id, c.name FROM member m
         JOIN member c ON c.workspace_id = m.workspace_id AND c.id = m.canonical_id
         WHERE m.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND m.id IN ")
        .list(records.iter().copied());
    tx.all_of(query).await
}

/// How many cards a person sent to a group after one instant, up to and including another.
///
/// # Errors
/// The engine refused.
pub async fn cards(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
    (after, until): (Timestamp, Timestamp),
) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM message x
             JOIN member m ON m.workspace_id = x.workspace_id AND m.id = x.member_id
             WHERE x.workspace_id = $1 AND x.group_id = $2 AND m.canonical_id = $3
               AND x.kind IN ('card', 'mini_program') AND x.sent_at > $4 AND x.sent_at <= $5"
        ),
        params![workspace, group, member, after, until],
    )
    .await
}

/// Since when a person is known in a group.
///
/// # Errors
/// The engine refused.
pub async fn in_group_since(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
) -> Result<Option<Timestamp>> {
    let ms: Option<i64> = tx
        .find(
            sql!(
                "SELECT COALESCE(s.joined_at, s.first_seen_at) AS n FROM membership s
                 JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
                 WHERE s.workspace_id = $1 AND s.group_id = $2 AND m.canonical_id = $3
                 ORDER BY 1 LIMIT 1"
            ),
            params![workspace, group, member],
        )
        .await?;
    Ok(ms.map(Timestamp::from_ms))
}
