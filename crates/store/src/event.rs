//! The log of facts, in commit order.

use yutang_domain::{
    event::{Event, EventKind},
    id::{BranchId, EventId, GroupId, MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{Engine, Result, Tx, Value, params, record, sql, text_cell};

text_cell!(EventKind);

record! {
    /// A fact as the log holds it.
    pub struct Recorded {
        /// Its name.
        pub id: EventId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// Its place in the log.
        pub position: i64,
        /// When.
        pub at: Timestamp,
        /// What.
        pub kind: EventKind,
        /// Who, in stored form.
        pub actor: String,
        /// In which branch.
        pub branch_id: Option<BranchId>,
        /// In which group.
        pub group_id: Option<GroupId>,
        /// About whom.
        pub member_id: Option<MemberId>,
        /// Because of what.
        pub cause_id: Option<EventId>,
        /// The decision, JSON.
        pub data: String,
    }
}

/// Records facts. On SQLite, where one writer commits at a time, they get their positions here; on
/// PostgreSQL the sequencer gives them after commit.
///
/// # Errors
/// The engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    at: Timestamp,
    events: &[Event],
) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let first = match tx.engine() {
        Engine::Postgres => None,
        Engine::Sqlite => Some(reserve(tx, events.len()).await?),
    };
    let rows = events
        .iter()
        .enumerate()
        .map(|(index, event)| {
            let position = first.map(|first| first + i64::try_from(index).unwrap_or(0));
            params![
                event.id,
                workspace,
                position,
                at,
                event.kind,
                event.actor.as_str(),
                event.branch,
                event.group,
                event.member,
                event.cause,
                event.data.to_string(),
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO event (id, workspace_id, position, at, kind, actor, branch_id, group_id,
         member_id, cause_id, data) VALUES",
        rows,
        "",
    )
    .await?;
    Ok(())
}

/// Takes `count` positions and returns the first.
async fn reserve(tx: &mut Tx, count: usize) -> Result<i64> {
    let last = tx
        .count(
            sql!(
                "INSERT INTO sequence (name, value) VALUES ('event', $1)
                 ON CONFLICT (name) DO UPDATE SET value = sequence.value + excluded.value
                 RETURNING value AS n"
            ),
            params![count],
        )
        .await?;
    Ok(last - i64::try_from(count).unwrap_or(0) + 1)
}

/// Gives positions to up to `limit` facts that have none, oldest id first; only for the holder of
/// the sequencer lease. Returns the last position given, if any.
///
/// # Errors
/// The engine refused.
pub async fn place(tx: &mut Tx, limit: usize) -> Result<Option<i64>> {
    let ids: Vec<i64> = tx
        .all(
            sql!("SELECT id AS n FROM event WHERE position IS NULL ORDER BY id LIMIT $1"),
            params![limit],
        )
        .await?;
    if ids.is_empty() {
        return Ok(None);
    }
    let mut position = reserve(tx, ids.len()).await?;
    for id in ids {
        tx.execute(
            sql!("UPDATE event SET position = $2 WHERE id = $1"),
            vec![Value::from(id), Value::from(position)],
        )
        .await?;
        position += 1;
    }
    Ok(Some(position - 1))
}

/// The last position given; 0 for an empty log.
///
/// # Errors
/// The engine refused.
pub async fn last_position(tx: &mut Tx) -> Result<i64> {
    Ok(tx
        .find(
            sql!("SELECT value AS n FROM sequence WHERE name = 'event'"),
            params![],
        )
        .await?
        .unwrap_or(0))
}

/// Up to `limit` facts of all workspaces after `position`, in order.
///
/// # Errors
/// The engine refused.
pub async fn after(tx: &mut Tx, position: i64, limit: usize) -> Result<Vec<Recorded>> {
    tx.all(
        sql!(
            "SELECT id, workspace_id, position, at, kind, actor, branch_id, group_id, member_id,
                    cause_id, data
             FROM event WHERE position > $1 ORDER BY position LIMIT $2"
        ),
        params![position, limit],
    )
    .await
}

record! {
    /// An erasure of a person.
    pub struct Erasure {
        /// In which workspace.
        pub workspace_id: WorkspaceId,
        /// When.
        pub at: Timestamp,
        /// Of whom.
        pub member_id: Option<MemberId>,
    }
}

/// Erasures of persons after `position`, and those that have no position yet.
///
/// # Errors
/// The engine refused.
pub async fn erasures_after(tx: &mut Tx, position: i64) -> Result<Vec<Erasure>> {
    tx.all(
        sql!(
            "SELECT workspace_id, at, member_id
             FROM event WHERE (position > $1 OR position IS NULL) AND kind = 'member.erased'
             ORDER BY at, id"
        ),
        params![position],
    )
    .await
}
