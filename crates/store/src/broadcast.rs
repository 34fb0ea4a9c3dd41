//! Broadcasts: what is to be said to many groups, and how far it has come.

mod result;
mod target;

pub use result::{Effect, USUAL, effects};
pub use target::{
    Board, Count, LateTask, Reached, Target, TargetFilter, board, counts, handed_over, held,
    insert_targets, late_tasks, nudge, set_target, stop_target, targets, unfinished, unsettled,
};

use yutang_domain::{
    broadcast::{Mode, State},
    group::{Audience, Scene, Stage},
    id::{BroadcastId, GroupId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, group::Group, params, record, sql, sql::Query, text_cell};

text_cell!(Mode, State);

record! {
    /// A broadcast.
    pub struct Broadcast {
        /// Its id.
        pub id: BroadcastId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// What it is called among staff.
        pub name: String,
        /// Which groups, JSON of [`yutang_domain::broadcast::Reach`].
        pub reach: String,
        /// Path of the branch below which they lie; empty = everywhere.
        pub branch_path: String,
        /// The words.
        pub body: String,
        /// What goes with them, a JSON list.
        pub attachments: String,
        /// How it reaches its groups.
        pub mode: Mode,
        /// Whether it sells something.
        pub selling: bool,
        /// Messages a minute through one account.
        pub per_minute: i64,
        /// On what grounds claims stand in it.
        pub grounds: String,
        /// Where it stands.
        pub state: State,
        /// When it is to go.
        pub at: Option<Timestamp>,
        /// When it went.
        pub started_at: Option<Timestamp>,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
        /// The last group dealt with.
        pub cursor: GroupId,
        /// Whether there are no more.
        pub expanded: bool,
        /// Who wrote it, in stored form.
        pub actor: String,
        /// When it was written.
        pub created_at: Timestamp,
        /// When it changed last.
        pub updated_at: Timestamp,
        /// How many posts a group gets on that day at most; `None` = as the workspace has set.
        pub cap: Option<i64>,
        /// Until when it is worth saying; `None` = as long as any.
        pub until_at: Option<Timestamp>,
    }
}

fn values(row: &Broadcast) -> Vec<crate::Value> {
    params![
        row.id,
        row.workspace_id,
        row.name.as_str(),
        row.reach.as_str(),
        row.branch_path.as_str(),
        row.body.as_str(),
        row.attachments.as_str(),
        row.mode,
        row.selling,
        row.per_minute,
        row.grounds.as_str(),
        row.state,
        row.at,
        row.started_at,
        row.ended_at,
        row.cursor,
        row.expanded,
        row.actor.as_str(),
        row.created_at,
        row.updated_at,
        row.cap,
        row.until_at,
    ]
}

/// Adds a broadcast.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, row: &Broadcast) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO broadcast (id, workspace_id, name, reach, branch_path, body, attachments,
                mode, selling, per_minute, grounds, state, at, started_at, ended_at, cursor,
                expanded, actor, created_at, updated_at, cap, until_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                $18, $19, $20, $21, $22)"
        ),
        values(row),
    )
    .await?;
    Ok(())
}

/// One broadcast.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: BroadcastId) -> Result<Broadcast> {
    tx.one(
        "broadcast",
        sql!("SELECT * FROM broadcast WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id],
    )
    .await
}

/// Writes a broadcast anew, if it still stands where `was` says; false otherwise.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, row: &Broadcast, was: State) -> Result<bool> {
    let mut values = values(row);
    values.push(was.into());
    tx.changed(
        sql!(
            "UPDATE broadcast SET name = $3, reach = $4, branch_path = $5, body = $6,
                attachments = $7, mode = $8, selling = $9, per_minute = $10, grounds = $11,
                state = $12, at = $13, started_at = $14, ended_at = $15, cursor = $16,
                expanded = $17, actor = $18, created_at = $19, updated_at = $20,
                cap = $21, until_at = $22
             WHERE id = $1 AND workspace_id = $2 AND state = $23"
        ),
        values,
    )
    .await
}

/// Takes away a broadcast that was never let go; false if it was.
///
/// # Errors
/// The engine refused.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, id: BroadcastId) -> Result<bool> {
    tx.changed(
        sql!("DELETE FROM broadcast WHERE workspace_id = $1 AND id = $2 AND state = 'draft'"),
        params![workspace, id],
    )
    .await
}

/// What broadcasts are looked for by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Where they stand; none = anywhere.
    pub states: Vec<State>,
    /// What stands in their name or words, in lower case.
    pub words: Vec<String>,
    /// Below which branch whoever wrote them may see; empty = everywhere.
    pub branch_path: String,
    /// Behind this one.
    pub after: Option<(i64, BroadcastId)>,
}

fn narrow(query: &mut Query, workspace: WorkspaceId, filter: &Filter) {
    query
        .push(" FROM broadcast w WHERE w.workspace_id = ")
        .bind(workspace);
    if !filter.states.is_empty() {
        query
            .push(" AND w.state IN ")
            .list(filter.states.iter().copied());
    }
    if !filter.branch_path.is_empty() {
        query
            .push(" AND ")
            .begins("w.branch_path", &filter.branch_path);
    }
    for word in &filter.words {
        let pattern = crate::search::anywhere(word);
        query.push(" AND (lower(w.name) LIKE ").bind(&pattern);
        query
            .push(" ESCAPE '!' OR lower(w.body) LIKE ")
            .bind(&pattern)
            .push(" ESCAPE '!')");
    }
}

/// A page of broadcasts, newest first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Broadcast>> {
    let mut query = Query::new("SELECT w.*");
    narrow(&mut query, workspace, filter);
    query.latest(("w.created_at", "w.id"), filter.after, limit);
    tx.all_of(query).await
}

/// How many broadcasts there are, counted up to a limit.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    at_most: usize,
) -> Result<i64> {
    let query = Query::counted(|query| narrow(query, workspace, filter), at_most);
    tx.count_of(query).await
}

record! {
    /// A broadcast that something is to be done about.
    pub struct DueBroadcast {
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// Its id.
        pub id: BroadcastId,
    }
}

/// Broadcasts of every workspace whose time has come, or that are on their way.
///
/// # Errors
/// The engine refused.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: usize) -> Result<Vec<DueBroadcast>> {
    tx.all(
        sql!(
            "SELECT workspace_id, id FROM broadcast
             WHERE state = 'running' OR (state = 'scheduled' AND (at IS NULL OR at <= $1))
             ORDER BY at, id LIMIT $2"
        ),
        params![now, limit],
    )
    .await
}

/// Broadcasts that are still to speak on a day, apart from one.
///
/// # Errors
/// The engine refused.
pub async fn ahead(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (from, to): (Timestamp, Timestamp),
    but: Option<BroadcastId>,
) -> Result<Vec<Broadcast>> {
    tx.all(
        sql!(
            "SELECT * FROM broadcast
             WHERE workspace_id = $1 AND id <> $4 AND expanded = FALSE
               AND (state IN ('running', 'paused')
                 OR (state = 'scheduled' AND COALESCE(at, $2) >= $2 AND COALESCE(at, $2) < $3))
             ORDER BY id"
        ),
        params![workspace, from, to, but.map_or(0, BroadcastId::raw)],
    )
    .await
}

/// Groups that a reach leaves in, with branches given by their paths.
#[derive(Clone, Debug, Default)]
pub struct Within {
    /// Path that all of them lie below; empty = everywhere.
    pub branch_path: String,
    /// Paths of which one holds them; none = any.
    pub branches: Vec<String>,
    /// Uses.
    pub scenes: Vec<Scene>,
    /// Kinds.
    pub audiences: Vec<Audience>,
    /// Stages of life.
    pub stages: Vec<Stage>,
    /// Only these.
    pub groups: Vec<GroupId>,
    /// Not these.
    pub without: Vec<GroupId>,
}

/// Adds the conditions on groups `g` in branches `b`.
fn within(query: &mut Query, workspace: WorkspaceId, wanted: &Within) {
    query.push(" WHERE g.workspace_id = ").bind(workspace);
    query.push(" AND g.archived_at IS NULL");
    if !wanted.branch_path.is_empty() {
        query.push(" AND ").begins("b.path", &wanted.branch_path);
    }
    if !wanted.branches.is_empty() {
        for (index, path) in wanted.branches.iter().enumerate() {
            query.push(if index == 0 { " AND (" } else { " OR " });
            query.begins("b.path", path);
        }
        query.push(")");
    }
    if !wanted.scenes.is_empty() {
        query
            .push(" AND g.scene IN ")
            .list(wanted.scenes.iter().copied());
    }
    if !wanted.audiences.is_empty() {
        query
            .push(" AND g.audience IN ")
            .list(wanted.audiences.iter().copied());
    }
    if !wanted.stages.is_empty() {
        query
            .push(" AND g.stage IN ")
            .list(wanted.stages.iter().copied());
    }
    if !wanted.groups.is_empty() {
        query
            .push(" AND g.id IN ")
            .list(wanted.groups.iter().copied());
    }
    if !wanted.without.is_empty() {
        query
            .push(" AND g.id NOT IN ")
            .list(wanted.without.iter().copied());
    }
}

/// The groups of a reach in the order of their ids, from after one.
///
/// # Errors
/// The engine refused.
pub async fn groups(
    tx: &mut Tx,
    workspace: WorkspaceId,
    wanted: &Within,
    after: GroupId,
    limit: usize,
) -> Result<Vec<Group>> {
    let mut query = Query::new(
        "SELECT g.* FROM chat_group g
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id",
    );
    within(&mut query, workspace, wanted);
    query.push(" AND g.id > ").bind(after);
    query.push(" ORDER BY g.id LIMIT ").bind(limit);
    tx.all_of(query).await
}

/// The ids of the groups of a reach from after one.
///
/// # Errors
/// The engine refused.
pub async fn group_ids(
    tx: &mut Tx,
    workspace: WorkspaceId,
    wanted: &Within,
    after: GroupId,
) -> Result<Vec<GroupId>> {
    let mut query = Query::new(
        "SELECT g.id AS n FROM chat_group g
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id",
    );
    within(&mut query, workspace, wanted);
    query.push(" AND g.id > ").bind(after);
    let ids: Vec<i64> = tx.all_of(query).await?;
    Ok(ids.into_iter().map(GroupId::from_raw).collect())
}

record! {
    /// What is known of a group when its turn comes, beside its own row.
    pub struct Known {
        /// The group.
        pub group_id: GroupId,
        /// Path of its branch.
        pub path: String,
        /// Words of what its account can do in it, where the network says so.
        pub rights: Option<String>,
        /// Staff that can be asked: assigned to it, or managing its store.
        pub staff: i64,
        /// Complaints open in it.
        pub complaints: i64,
    }
}

/// What is known of these groups.
///
/// # Errors
/// The engine refused.
pub async fn known(tx: &mut Tx, workspace: WorkspaceId, groups: &[GroupId]) -> Result<Vec<Known>> {
    let mut query = Query::new(
        "SELECT g.id AS group_id, b.path, g.rights,
            (SELECT CAST(COUNT(*) AS BIGINT) FROM group_staff s
              WHERE s.workspace_id = g.workspace_id AND s.group_id = g.id)
            + (SELECT CAST(COUNT(*) AS BIGINT) FROM staff m
                WHERE m.workspace_id = g.workspace_id AND m.branch_id = g.branch_id
                  AND m.title = 'store_manager' AND m.left_at IS NULL) AS staff,
            (SELECT CAST(COUNT(*) AS BIGINT) FROM alarm a
              WHERE a.workspace_id = g.workspace_id AND a.group_id = g.id
                AND a.state <> 'closed') AS complaints
         FROM chat_group g
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
         WHERE g.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND g.id IN ")
        .list(groups.iter().copied());
    tx.all_of(query).await
}
