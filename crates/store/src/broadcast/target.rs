//! What became of a broadcast in each of its groups.
//!
//! A row says what was begun; how it went stands where it happened, with the outbox row or with the
//! task, and is read from there: there is no second account of it that could differ.

use yutang_domain::{
    broadcast::Fate,
    id::{BranchId, BroadcastId, GroupId, OutboxId, StaffId, StaffTaskId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query, text_cell};

text_cell!(Fate);

record! {
    /// What was begun in a group.
    pub struct Target {
        /// The group.
        pub group_id: GroupId,
        /// What was begun.
        pub fate: Fate,
        /// Why it waits or was left out.
        pub reason: Option<String>,
        /// The outbox row, if the channel does it.
        pub outbox_id: Option<OutboxId>,
        /// The name of the task, if it comes to that.
        pub dedup: String,
        /// When it is looked at again.
        pub look_at: Option<Timestamp>,
        /// When this was written.
        pub at: Timestamp,
    }
}

record! {
    /// What became of it in a group, with the names a list shows.
    pub struct Reached {
        /// The group.
        pub group_id: GroupId,
        /// Its name.
        pub group_name: String,
        /// Its store.
        pub branch_id: BranchId,
        /// Its store by name.
        pub branch_name: String,
        /// Who is to send it.
        pub assignee_id: Option<StaffId>,
        /// Who is to send it, by name.
        pub assignee_name: Option<String>,
        /// What became of it.
        pub fate: Fate,
        /// Why it waits, was left out, or failed.
        pub reason: Option<String>,
        /// The task, if there is one.
        pub task_id: Option<StaffTaskId>,
        /// Until when the task is to be done.
        pub due_at: Option<Timestamp>,
        /// When it stood in the group.
        pub sent_at: Option<Timestamp>,
    }
}

record! {
    /// How much of a broadcast became of what, below a region, store or person.
    pub struct Board {
        /// The region; its own id where a store has none.
        pub region_id: BranchId,
        /// By name.
        pub region_name: String,
        /// The store.
        pub branch_id: BranchId,
        /// By name.
        pub branch_name: String,
        /// Who is to send; none where the channel does.
        pub assignee_id: Option<StaffId>,
        /// By name.
        pub assignee_name: Option<String>,
        /// What became of it.
        pub fate: Fate,
        /// In how many groups.
        pub n: i64,
    }
}

/// What became of it in a group, read from where it happened. The network's own 群发 is with a
/// person until they say that they have confirmed it.
macro_rules! fate {
    () => {
        "CASE WHEN t.fate IN ('held', 'skipped', 'stopped') THEN t.fate
              WHEN k.state = 'done' THEN 'sent'
              WHEN k.state = 'open' THEN 'asked'
              WHEN k.state IN ('impossible', 'withdrawn') THEN 'failed'
              WHEN o.state = 'sent' AND w.mode = 'task' THEN 'asked'
              WHEN o.state = 'sent' THEN 'sent'
              WHEN o.state IN ('pending', 'sending') THEN 'sending'
              ELSE 'failed' END"
    };
}

macro_rules! joined {
    () => {
        " FROM broadcast_target t
         JOIN broadcast w ON w.workspace_id = t.workspace_id AND w.id = t.broadcast_id
         JOIN chat_group g ON g.workspace_id = t.workspace_id AND g.id = t.group_id
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
         LEFT JOIN outbox o ON o.workspace_id = t.workspace_id AND o.id = t.outbox_id
         LEFT JOIN staff_task k ON k.workspace_id = t.workspace_id AND k.dedup = t.dedup
         LEFT JOIN staff s ON s.workspace_id = k.workspace_id AND s.id = k.assignee_id"
    };
}

/// Writes down what was begun in groups; what was begun before stays.
///
/// # Errors
/// The engine refused.
pub async fn insert_targets(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: BroadcastId,
    rows: &[Target],
) -> Result<()> {
    let rows = rows
        .iter()
        .map(|row| {
            params![
                workspace,
                id,
                row.group_id,
                row.fate,
                row.reason.as_deref(),
                row.outbox_id,
                row.dedup.as_str(),
                row.look_at,
                row.at,
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO broadcast_target (workspace_id, broadcast_id, group_id, fate, reason,
         outbox_id, dedup, look_at, at) VALUES",
        rows,
        "ON CONFLICT (workspace_id, broadcast_id, group_id) DO NOTHING",
    )
    .await?;
    Ok(())
}

/// Writes down what becomes of it in a group where it stood as `was` says; false if it stands so no
/// more.
///
/// # Errors
/// The engine refused.
pub async fn set_target(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: BroadcastId,
    row: &Target,
    was: Fate,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE broadcast_target SET fate = $4, reason = $5, outbox_id = $6, look_at = $7
             WHERE workspace_id = $1 AND broadcast_id = $2 AND group_id = $3 AND fate = $8"
        ),
        params![
            workspace,
            id,
            row.group_id,
            row.fate,
            row.reason.as_deref(),
            row.outbox_id,
            row.look_at,
            was,
        ],
    )
    .await
}

/// Groups of a broadcast that wait, and are to be looked at again.
///
/// # Errors
/// The engine refused.
pub async fn held(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: BroadcastId,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Target>> {
    tx.all(
        sql!(
            "SELECT group_id, fate, reason, outbox_id, dedup, look_at, at FROM broadcast_target
             WHERE workspace_id = $1 AND broadcast_id = $2 AND fate = 'held' AND look_at <= $3
             ORDER BY look_at, group_id LIMIT $4"
        ),
        params![workspace, id, now, limit],
    )
    .await
}

/// In how many groups of a broadcast the program has something left to do: what waits, what is on its
/// way, and what the network was handed and nobody was asked to confirm.
///
/// # Errors
/// The engine refused.
pub async fn unsettled(tx: &mut Tx, workspace: WorkspaceId, id: BroadcastId) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM broadcast_target t
             JOIN broadcast w ON w.workspace_id = t.workspace_id AND w.id = t.broadcast_id
             LEFT JOIN outbox o ON o.workspace_id = t.workspace_id AND o.id = t.outbox_id
             LEFT JOIN staff_task k ON k.workspace_id = t.workspace_id AND k.dedup = t.dedup
             WHERE t.workspace_id = $1 AND t.broadcast_id = $2
               AND (t.fate = 'held' OR (t.fate = 'sending' AND (o.state IN ('pending', 'sending')
                 OR (w.mode = 'task' AND o.state = 'sent' AND k.id IS NULL))))"
        ),
        params![workspace, id],
    )
    .await
}

/// Groups in which a broadcast waits, is on its way, or with a person: what stopping it ends.
///
/// # Errors
/// The engine refused.
pub async fn unfinished(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: BroadcastId,
) -> Result<Vec<Target>> {
    tx.all(
        sql!(
            "SELECT t.group_id, t.fate, t.reason, t.outbox_id, t.dedup, t.look_at, t.at
             FROM broadcast_target t
             LEFT JOIN outbox o ON o.workspace_id = t.workspace_id AND o.id = t.outbox_id
             LEFT JOIN staff_task k ON k.workspace_id = t.workspace_id AND k.dedup = t.dedup
             WHERE t.workspace_id = $1 AND t.broadcast_id = $2
               AND (t.fate = 'held' OR k.state = 'open'
                 OR (t.fate IN ('sending', 'asked') AND k.id IS NULL AND o.state = 'pending'))
             ORDER BY t.group_id"
        ),
        params![workspace, id],
    )
    .await
}

/// Writes down that a broadcast was stopped before it came to a group.
///
/// # Errors
/// The engine refused.
pub async fn stop_target(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: BroadcastId,
    group: GroupId,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE broadcast_target SET fate = 'stopped', look_at = NULL, at = $4
             WHERE workspace_id = $1 AND broadcast_id = $2 AND group_id = $3"
        ),
        params![workspace, id, group, now],
    )
    .await?;
    Ok(())
}

/// Groups to which the network's own 群发 was handed over, and whose staff are still to be asked to
/// confirm it.
///
/// # Errors
/// The engine refused.
pub async fn handed_over(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: BroadcastId,
    limit: usize,
) -> Result<Vec<Target>> {
    tx.all(
        sql!(
            "SELECT t.group_id, t.fate, t.reason, t.outbox_id, t.dedup, t.look_at, t.at
             FROM broadcast_target t
             JOIN outbox o ON o.workspace_id = t.workspace_id AND o.id = t.outbox_id
             LEFT JOIN staff_task k ON k.workspace_id = t.workspace_id AND k.dedup = t.dedup
             WHERE t.workspace_id = $1 AND t.broadcast_id = $2 AND t.fate = 'sending'
               AND o.state = 'sent' AND k.id IS NULL
             ORDER BY t.group_id LIMIT $3"
        ),
        params![workspace, id, limit],
    )
    .await
}

/// What targets are looked for by.
#[derive(Clone, Debug, Default)]
pub struct TargetFilter {
    /// What became of it.
    pub fate: Option<Fate>,
    /// Below this branch.
    pub branch_path: String,
    /// Whose.
    pub assignee: Option<StaffId>,
    /// Behind this group.
    pub after: Option<GroupId>,
}

fn narrow(query: &mut Query, workspace: WorkspaceId, id: BroadcastId, filter: &TargetFilter) {
    query.push(joined!());
    query
        .push(" WHERE t.workspace_id = ")
        .bind(workspace)
        .push(" AND t.broadcast_id = ")
        .bind(id);
    if let Some(fate) = filter.fate {
        query.push(concat!(" AND ", fate!(), " = ")).bind(fate);
    }
    if !filter.branch_path.is_empty() {
        query.push(" AND ").begins("b.path", &filter.branch_path);
    }
    if let Some(assignee) = filter.assignee {
        query.push(" AND k.assignee_id = ").bind(assignee);
    }
}

/// What became of a broadcast, group by group.
///
/// # Errors
/// The engine refused.
pub async fn targets(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: BroadcastId,
    filter: &TargetFilter,
    limit: usize,
) -> Result<Vec<Reached>> {
    let mut query = Query::new(concat!(
        "SELECT t.group_id, g.name AS group_name, b.id AS branch_id, b.name AS branch_name,
            k.assignee_id, s.name AS assignee_name, ",
        fate!(),
        " AS fate, COALESCE(t.reason, k.outcome, o.error) AS reason, k.id AS task_id, k.due_at,
            CASE WHEN k.state = 'done' THEN k.done_at WHEN k.id IS NULL THEN o.sent_at END AS sent_at"
    ));
    narrow(&mut query, workspace, id, filter);
    if let Some(after) = filter.after {
        query.push(" AND t.group_id > ").bind(after);
    }
    query.push(" ORDER BY t.group_id LIMIT ").bind(limit);
    tx.all_of(query).await
}

record! {
    /// How many groups of a broadcast met a fate.
    pub struct Count {
        /// The broadcast.
        pub broadcast_id: BroadcastId,
        /// What became of it.
        pub fate: Fate,
        /// In how many groups.
        pub n: i64,
    }
}

/// How many groups of these broadcasts met which fate.
///
/// # Errors
/// The engine refused.
pub async fn counts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &[BroadcastId],
) -> Result<Vec<Count>> {
    let mut query = Query::new(concat!(
        "SELECT f.broadcast_id, f.fate, CAST(COUNT(*) AS BIGINT) AS n
         FROM (SELECT t.broadcast_id, ",
        fate!(),
        " AS fate",
        joined!(),
        " WHERE t.workspace_id = "
    ));
    query
        .bind(workspace)
        .push(" AND t.broadcast_id IN ")
        .list(ids.iter().copied());
    query.push(") f GROUP BY f.broadcast_id, f.fate");
    tx.all_of(query).await
}

/// The board of a broadcast: by region, store and person.
///
/// # Errors
/// The engine refused.
pub async fn board(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: BroadcastId,
    branch_path: &str,
) -> Result<Vec<Board>> {
    let mut query = Query::new(concat!(
        "SELECT f.region_id, f.region_name, f.branch_id, f.branch_name, f.assignee_id,
            f.assignee_name, f.fate, CAST(COUNT(*) AS BIGINT) AS n
         FROM (SELECT COALESCE(p.id, b.id) AS region_id, COALESCE(p.name, b.name) AS region_name,
                b.id AS branch_id, b.name AS branch_name, b.name_sort AS sort, k.assignee_id,
                s.name AS assignee_name, ",
        fate!(),
        " AS fate",
        joined!(),
        " LEFT JOIN branch p ON p.workspace_id = b.workspace_id AND p.id = b.parent_id
         WHERE t.workspace_id = "
    ));
    query
        .bind(workspace)
        .push(" AND t.broadcast_id = ")
        .bind(id);
    if !branch_path.is_empty() {
        query.push(" AND ").begins("b.path", branch_path);
    }
    query.push(
        ") f GROUP BY f.region_id, f.region_name, f.branch_id, f.branch_name, f.sort,
            f.assignee_id, f.assignee_name, f.fate
         ORDER BY f.region_id, f.sort, f.branch_id, f.assignee_id, f.fate",
    );
    tx.all_of(query).await
}

record! {
    /// A task that is still to be done for a broadcast.
    pub struct LateTask {
        /// The task.
        pub id: StaffTaskId,
        /// Who is to do it.
        pub assignee_id: Option<StaffId>,
        /// Path of its branch.
        pub path: String,
        /// When it came up.
        pub created_at: Timestamp,
    }
}

/// The open tasks of a broadcast.
///
/// # Errors
/// The engine refused.
pub async fn late_tasks(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: BroadcastId,
    branch_path: &str,
) -> Result<Vec<LateTask>> {
    let mut query = Query::new(concat!(
        "SELECT k.id, k.assignee_id, b.path, k.created_at",
        joined!(),
        " WHERE k.state = 'open' AND t.workspace_id = "
    ));
    query
        .bind(workspace)
        .push(" AND t.broadcast_id = ")
        .bind(id);
    if !branch_path.is_empty() {
        query.push(" AND ").begins("b.path", branch_path);
    }
    query.push(" ORDER BY k.id");
    tx.all_of(query).await
}

/// Notes that those who have not sent were reminded, unless they were `most` times since `since`; says
/// for which time it is.
///
/// # Errors
/// The engine refused.
pub async fn nudge(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: BroadcastId,
    (since, most): (Timestamp, usize),
    (now, tasks): (Timestamp, usize),
    actor: &str,
) -> Result<Option<i64>> {
    let nudged = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM broadcast_nudge
                 WHERE workspace_id = $1 AND broadcast_id = $2 AND at > $3"
            ),
            params![workspace, id, since],
        )
        .await?;
    if nudged >= most as i64 {
        return Ok(None);
    }
    tx.execute(
        sql!(
            "INSERT INTO broadcast_nudge (workspace_id, broadcast_id, at, tasks, actor)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, broadcast_id, at) DO NOTHING"
        ),
        params![workspace, id, now, tasks, actor],
    )
    .await?;
    let all = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM broadcast_nudge
                 WHERE workspace_id = $1 AND broadcast_id = $2"
            ),
            params![workspace, id],
        )
        .await?;
    Ok(Some(all))
}
