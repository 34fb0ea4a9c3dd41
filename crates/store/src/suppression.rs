//! People who are not written to by the program's own accord: they left, or said so.

use yutang_domain::{
    id::{GroupId, MemberId, WorkspaceId},
    time::Timestamp,
    words,
};

use crate::{Result, Tx, params, record, sql, sql::Query, text_cell};

words! {
    /// Why somebody is not written to.
    pub enum Reason {
        /// They left the group it is about.
        Left = "left",
        /// They were put out of it.
        Removed = "removed",
        /// They said stop.
        Stop = "stop",
    }
}

text_cell!(Reason);

/// Puts records on the list, in a group or everywhere (`None`); the first reason counts.
///
/// # Errors
/// A record is unknown, or the engine refused.
pub async fn add(
    tx: &mut Tx,
    workspace: WorkspaceId,
    members: &[(MemberId, Reason)],
    group: Option<GroupId>,
    actor: &str,
    at: Timestamp,
) -> Result<()> {
    let scope = group.map_or(0, yutang_domain::id::Id::raw);
    let rows = members
        .iter()
        .map(|(member, reason)| params![workspace, *member, scope, *reason, actor, at])
        .collect();
    tx.insert_many(
        "INSERT INTO member_suppression (workspace_id, member_id, scope_id, reason, actor,
            created_at) VALUES",
        rows,
        "ON CONFLICT (workspace_id, member_id, scope_id) DO NOTHING",
    )
    .await?;
    Ok(())
}

/// Takes records off the list of a group, or of everywhere (`None`).
///
/// # Errors
/// The engine refused.
pub async fn lift(
    tx: &mut Tx,
    workspace: WorkspaceId,
    members: &[MemberId],
    group: Option<GroupId>,
) -> Result<u64> {
    let mut query = Query::new("DELETE FROM member_suppression WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND scope_id = ")
        .bind(group.map_or(0, yutang_domain::id::Id::raw));
    query
        .push(" AND member_id IN ")
        .list(members.iter().copied());
    tx.execute_of(query).await
}

record! {
    /// Somebody on the list.
    pub struct Suppressed {
        /// The record asked about.
        pub member_id: MemberId,
        /// Why.
        pub reason: Reason,
    }
}

/// Who of these records is not to be written to about a group: it or everywhere, they themselves or
/// another record of the same person.
///
/// # Errors
/// The engine refused.
pub async fn among(
    tx: &mut Tx,
    workspace: WorkspaceId,
    members: &[MemberId],
    group: Option<GroupId>,
) -> Result<Vec<Suppressed>> {
    let mut query = Query::new(
        "SELECT m.id AS member_id, p.reason FROM member m
         JOIN member o ON o.workspace_id = m.workspace_id AND o.canonical_id = m.canonical_id
         JOIN member_suppression p ON p.workspace_id = o.workspace_id AND p.member_id = o.id
         WHERE m.workspace_id = ",
    );
    query.bind(workspace).push(" AND p.scope_id IN ");
    query.list([0, group.map_or(0, yutang_domain::id::Id::raw)]);
    query.push(" AND m.id IN ").list(members.iter().copied());
    tx.all_of(query).await
}

/// Whether a record is on the list of everywhere.
///
/// # Errors
/// The engine refused.
pub async fn is_stopped(tx: &mut Tx, workspace: WorkspaceId, member: MemberId) -> Result<bool> {
    let found = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM member m
                 JOIN member_suppression p ON p.workspace_id = m.workspace_id AND p.member_id = m.id
                   AND p.scope_id = 0
                 WHERE m.workspace_id = $1 AND m.canonical_id = (SELECT c.canonical_id FROM member c
                    WHERE c.workspace_id = $1 AND c.id = $2)"
            ),
            params![workspace, member],
        )
        .await?;
    Ok(found > 0)
}
