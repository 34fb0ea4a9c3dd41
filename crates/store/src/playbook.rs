//! Playbooks at work: their texts by version, which of them begin by themselves, and their runs.

mod fact;
mod people;
mod step;
mod text;

pub use fact::{
    Brought, GroupFacts, Happened, HouseFacts, OrderFacts, SanctionFacts, brought, group_facts,
    happened, house_facts, order_facts, sanction_facts,
};
pub use people::{
    Example, MemberFacts, Word, born_on, buyers, example, groups_of, member_facts, segment,
    words_of,
};
pub use step::{Logged, insert_step, steps};
pub use text::{
    Text, Watch, drop_texts, keep_text, last_version, looked, own_texts, set_tail, tail, text,
    unwatch, watch, watches,
};

use yutang_domain::{
    id::{GroupId, MemberId, PlaybookRunId, WorkspaceId},
    playbook::RunState,
    time::Timestamp,
};

use crate::{Result, Tx, Value, params, record, sql, sql::Query, text_cell};

text_cell!(RunState);

record! {
    /// A run.
    pub struct Run {
        /// Its id.
        pub id: PlaybookRunId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// The playbook.
        pub name: String,
        /// Its version, which it keeps.
        pub version: i64,
        /// Whom it is about: an id.
        pub subject: String,
        /// What distinguishes it from other runs about the same.
        pub key: String,
        /// The group it is about, or the one opened for the occasion.
        pub group_id: Option<GroupId>,
        /// The person it is about.
        pub member_id: Option<MemberId>,
        /// Below which branch it works; empty = everywhere.
        pub branch_path: String,
        /// What it was filled in with, JSON.
        pub answers: String,
        /// What is changed about its steps, JSON.
        pub adjusted: String,
        /// The moments it knows, JSON.
        pub anchors: String,
        /// The order or sanction it is about, JSON of ids.
        pub about: String,
        /// What has been handled, JSON.
        pub progress: String,
        /// Where it stands.
        pub state: RunState,
        /// When something is due next.
        pub wake_at: Option<Timestamp>,
        /// Whether it listens to what happens to its subject.
        pub hears: bool,
        /// Code of what went wrong at the last look.
        pub fault: Option<String>,
        /// Counts its changes.
        pub revision: i64,
        /// Who started it, in stored form.
        pub actor: String,
        /// The moment it is about.
        pub at: Timestamp,
        /// When it began.
        pub started_at: Timestamp,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
        /// When it changed last.
        pub updated_at: Timestamp,
    }
}

fn values(row: &Run) -> Vec<Value> {
    params![
        row.id,
        row.workspace_id,
        row.name.as_str(),
        row.version,
        row.subject.as_str(),
        row.key.as_str(),
        row.group_id,
        row.member_id,
        row.branch_path.as_str(),
        row.answers.as_str(),
        row.adjusted.as_str(),
        row.anchors.as_str(),
        row.about.as_str(),
        row.progress.as_str(),
        row.state,
        row.wake_at,
        row.hears,
        row.fault.as_deref(),
        row.revision,
        row.actor.as_str(),
        row.at,
        row.started_at,
        row.ended_at,
        row.updated_at,
    ]
}

/// Begins a run; false if there is one of that playbook, subject and key already.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, row: &Run) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO playbook_run (id, workspace_id, name, version, subject, key, group_id,
                member_id, branch_path, answers, adjusted, anchors, about, progress, state, wake_at,
                hears, fault, revision, actor, at, started_at, ended_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                $18, $19, $20, $21, $22, $23, $24)
             ON CONFLICT (workspace_id, name, subject, key) DO NOTHING"
        ),
        values(row),
    )
    .await
}

/// Writes down how far a run has come, if nobody else did since it was read; false otherwise. The
/// row's `revision` is the one that was read.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, row: &Run) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE playbook_run SET group_id = $3, anchors = $4, progress = $5, state = $6,
                wake_at = $7, hears = $8, fault = $9, ended_at = $10, updated_at = $11,
                revision = CAST($12 AS BIGINT) + 1
             WHERE workspace_id = $1 AND id = $2 AND revision = $12"
        ),
        params![
            row.workspace_id,
            row.id,
            row.group_id,
            row.anchors.as_str(),
            row.progress.as_str(),
            row.state,
            row.wake_at,
            row.hears,
            row.fault.as_deref(),
            row.ended_at,
            row.updated_at,
            row.revision,
        ],
    )
    .await
}

/// One run.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: PlaybookRunId) -> Result<Run> {
    tx.one(
        "playbook run",
        sql!("SELECT * FROM playbook_run WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id],
    )
    .await
}

record! {
    /// A run that something is to be done about.
    pub struct DueRun {
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// Its id.
        pub id: PlaybookRunId,
    }
}

/// Runs of every workspace whose time has come, those longest due first.
///
/// # Errors
/// The engine refused.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: usize) -> Result<Vec<DueRun>> {
    tx.all(
        sql!(
            "SELECT workspace_id, id FROM playbook_run
             WHERE wake_at IS NOT NULL AND wake_at <= $1 ORDER BY wake_at, id LIMIT $2"
        ),
        params![now, limit],
    )
    .await
}

/// Runs under way that listen to what happens to one of these subjects.
///
/// # Errors
/// The engine refused.
pub async fn hearing(
    tx: &mut Tx,
    workspace: WorkspaceId,
    subjects: &[String],
) -> Result<Vec<PlaybookRunId>> {
    let mut query = Query::new("SELECT id AS n FROM playbook_run WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND hears = TRUE AND state IN ('waiting', 'running', 'held') AND subject IN ")
        .list(subjects.iter());
    query.push(" ORDER BY id");
    let ids: Vec<i64> = tx.all_of(query).await?;
    Ok(ids.into_iter().map(PlaybookRunId::from_raw).collect())
}

record! {
    /// A version of a playbook, by name.
    pub struct Named {
        /// The playbook.
        pub name: String,
        /// Its version.
        pub version: i64,
    }
}

/// The versions whose runs listen to what happens.
///
/// # Errors
/// The engine refused.
pub async fn heard_by(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Named>> {
    tx.all(
        sql!(
            "SELECT DISTINCT name, version FROM playbook_run
             WHERE workspace_id = $1 AND hears = TRUE AND state IN ('waiting', 'running', 'held')
             ORDER BY name, version"
        ),
        params![workspace],
    )
    .await
}

/// The workspaces in which something begins by itself or listens.
///
/// # Errors
/// The engine refused.
pub async fn listening(tx: &mut Tx) -> Result<Vec<WorkspaceId>> {
    let ids: Vec<i64> = tx
        .all(
            sql!(
                "SELECT workspace_id AS n FROM playbook_watch
                 UNION SELECT workspace_id AS n FROM playbook_run
                    WHERE hears = TRUE AND state IN ('waiting', 'running', 'held')
                 ORDER BY 1"
            ),
            params![],
        )
        .await?;
    Ok(ids.into_iter().map(WorkspaceId::from_raw).collect())
}

/// What runs are looked for by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this playbook.
    pub name: Option<String>,
    /// Where they stand; none = anywhere.
    pub states: Vec<RunState>,
    /// Below which branch; empty = everywhere.
    pub branch_path: String,
    /// Behind this one.
    pub after: Option<(i64, PlaybookRunId)>,
}

fn narrow(query: &mut Query, workspace: WorkspaceId, filter: &Filter) {
    query
        .push(" FROM playbook_run r WHERE r.workspace_id = ")
        .bind(workspace);
    if let Some(name) = &filter.name {
        query.push(" AND r.name = ").bind(name);
    }
    if !filter.states.is_empty() {
        query
            .push(" AND r.state IN ")
            .list(filter.states.iter().copied());
    }
    if !filter.branch_path.is_empty() {
        query
            .push(" AND ")
            .begins("r.branch_path", &filter.branch_path);
    }
}

/// A page of runs, newest first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Run>> {
    let mut query = Query::new("SELECT r.*");
    narrow(&mut query, workspace, filter);
    query.latest(("r.started_at", "r.id"), filter.after, limit);
    tx.all_of(query).await
}

/// How many runs there are, counted up to a limit.
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

/// The runs about a person's records, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn of_members(
    tx: &mut Tx,
    workspace: WorkspaceId,
    records: &[MemberId],
) -> Result<Vec<Run>> {
    let mut query = Query::new("SELECT r.* FROM playbook_run r WHERE r.workspace_id = ");
    query
        .bind(workspace)
        .push(" AND r.member_id IN ")
        .list(records.iter().copied())
        .push(" ORDER BY r.started_at, r.id");
    tx.all_of(query).await
}

record! {
    /// How many runs of a playbook stand where.
    pub struct Standing {
        /// The playbook.
        pub name: String,
        /// Where they stand.
        pub state: RunState,
        /// How many.
        pub n: i64,
    }
}

/// How many runs of each playbook stand where.
///
/// # Errors
/// The engine refused.
pub async fn standing(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
) -> Result<Vec<Standing>> {
    let mut query = Query::new(
        "SELECT r.name, r.state, CAST(COUNT(*) AS BIGINT) AS n FROM playbook_run r
         WHERE r.workspace_id = ",
    );
    query.bind(workspace);
    if !branch_path.is_empty() {
        query.push(" AND ").begins("r.branch_path", branch_path);
    }
    query.push(" GROUP BY r.name, r.state ORDER BY r.name, r.state");
    tx.all_of(query).await
}

/// Forgets runs that ended before an instant, and what they did, unless theirs is to come only once;
/// says how many, at most `limit`.
///
/// # Errors
/// The engine refused.
pub async fn forget(
    tx: &mut Tx,
    workspace: WorkspaceId,
    before: Timestamp,
    limit: usize,
) -> Result<u64> {
    let ids: Vec<i64> = tx
        .all(
            sql!(
                "SELECT id AS n FROM playbook_run
                 WHERE workspace_id = $1 AND ended_at < $2 AND key <> 'once'
                 ORDER BY id LIMIT $3"
            ),
            params![workspace, before, limit],
        )
        .await?;
    if ids.is_empty() {
        return Ok(0);
    }
    for head in [
        "DELETE FROM playbook_step WHERE workspace_id = ",
        "DELETE FROM playbook_run WHERE workspace_id = ",
    ] {
        let mut query = Query::new(head);
        query.bind(workspace);
        query
            .push(if head.contains("step") {
                " AND run_id IN "
            } else {
                " AND id IN "
            })
            .list(ids.iter().copied());
        tx.execute_of(query).await?;
    }
    Ok(ids.len() as u64)
}
