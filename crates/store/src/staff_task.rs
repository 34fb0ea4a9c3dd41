//! Tasks for people.

use yutang_domain::{
    id::{BranchId, EventId, GroupId, MemberId, StaffId, StaffTaskId, WorkspaceId},
    task::{DoneCheck, Level, TaskKind, TaskState},
    time::Timestamp,
};

use crate::{Result, Tx, branch, params, record, search::anywhere, sql, sql::Query, text_cell};

text_cell!(TaskKind, Level, TaskState, DoneCheck);

record! {
    /// A task.
    pub struct StaffTask {
        /// Its id.
        pub id: StaffTaskId,
        /// What it is about.
        pub kind: TaskKind,
        /// How pressing it is.
        pub level: Level,
        /// The branch it belongs to.
        pub branch_id: Option<BranchId>,
        /// The group it is about.
        pub group_id: Option<GroupId>,
        /// The member it is about.
        pub member_id: Option<MemberId>,
        /// Who is to do it; nobody = whoever is responsible for the group.
        pub assignee_id: Option<StaffId>,
        /// Code of the sentence that says what to do.
        pub what: String,
        /// Its arguments, a JSON object.
        pub args: String,
        /// Text ready to paste; empty if there is none.
        pub body: String,
        /// What its picture says when it is scanned.
        pub picture: Option<String>,
        /// Code of the sentence that says why.
        pub why: String,
        /// How one knows that it is done.
        pub done_check: DoneCheck,
        /// How long it takes, in minutes.
        pub minutes: i64,
        /// Where it stands.
        pub state: TaskState,
        /// Why it was not possible, or how the channel saw that it was done.
        pub outcome: Option<String>,
        /// What the person shows for it.
        pub proof: Option<String>,
        /// Who ended it, in stored form.
        pub done_by: Option<String>,
        /// When it was ended.
        pub done_at: Option<Timestamp>,
        /// Since when it has been waiting.
        pub since_at: Timestamp,
        /// Until when it is to be done.
        pub due_at: Option<Timestamp>,
        /// The fact that led to it.
        pub cause_id: Option<EventId>,
        /// The same cause makes one task.
        pub dedup: String,
        /// When it came up.
        pub created_at: Timestamp,
    }
}

record! {
    /// A task with the names a list shows.
    pub struct NamedTask {
        /// Its id.
        pub id: StaffTaskId,
        /// Name of its group.
        pub group_name: Option<String>,
        /// The network of its group.
        pub network: Option<String>,
        /// Name of its member.
        pub member_name: Option<String>,
        /// Name of its assignee.
        pub assignee_name: Option<String>,
    }
}

/// Adds a task; false if the same cause has made one already.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &StaffTask) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO staff_task (id, workspace_id, kind, level, branch_id, group_id,
                member_id, assignee_id, what, args, body, why, done_check, minutes, state,
                outcome, proof, done_by, done_at, since_at, due_at, cause_id, dedup, created_at, picture)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                $18, $19, $20, $21, $22, $23, $24, $25)
             ON CONFLICT (workspace_id, dedup) DO NOTHING"
        ),
        params![
            row.id,
            workspace,
            row.kind,
            row.level,
            row.branch_id,
            row.group_id,
            row.member_id,
            row.assignee_id,
            row.what.as_str(),
            row.args.as_str(),
            row.body.as_str(),
            row.why.as_str(),
            row.done_check,
            row.minutes,
            row.state,
            row.outcome.clone(),
            row.proof.clone(),
            row.done_by.clone(),
            row.done_at,
            row.since_at,
            row.due_at,
            row.cause_id,
            row.dedup.as_str(),
            row.created_at,
            row.picture.clone(),
        ],
    )
    .await
}

/// One task.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: StaffTaskId) -> Result<StaffTask> {
    tx.one(
        "task",
        sql!(
            "SELECT id, kind, level, branch_id, group_id, member_id, assignee_id, what, args, body,
                    picture, why, done_check, minutes, state, outcome, proof, done_by, done_at, since_at,
                    due_at, cause_id, dedup, created_at
             FROM staff_task WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// The task that a cause has made, if any.
///
/// # Errors
/// The engine refused.
pub async fn find_by_dedup(
    tx: &mut Tx,
    workspace: WorkspaceId,
    dedup: &str,
) -> Result<Option<StaffTask>> {
    tx.find(
        sql!(
            "SELECT id, kind, level, branch_id, group_id, member_id, assignee_id, what, args, body,
                    picture, why, done_check, minutes, state, outcome, proof, done_by, done_at, since_at,
                    due_at, cause_id, dedup, created_at
             FROM staff_task WHERE workspace_id = $1 AND dedup = $2"
        ),
        params![workspace, dedup],
    )
    .await
}

/// Whether a task whose cause begins so is open, or was ended after `since`.
///
/// # Errors
/// The engine refused.
pub async fn is_about(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    (what, begins): (&str, &str),
    since: Timestamp,
) -> Result<bool> {
    let found = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM staff_task
                 WHERE workspace_id = $1 AND group_id = $2 AND what = $3
                   AND substr(dedup, 1, $5) = $4 AND (state = 'open' OR done_at > $6)"
            ),
            params![
                workspace,
                group,
                what,
                begins,
                begins.chars().count(),
                since
            ],
        )
        .await?;
    Ok(found > 0)
}

/// Writes what may change of a task, if it still stands where `was` says; false otherwise.
///
/// # Errors
/// The engine refused.
pub async fn update(
    tx: &mut Tx,
    workspace: WorkspaceId,
    row: &StaffTask,
    was: TaskState,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE staff_task SET assignee_id = $3, state = $4, outcome = $5, proof = $6,
                done_by = $7, done_at = $8, due_at = $9, level = $10
             WHERE workspace_id = $1 AND id = $2 AND state = $11"
        ),
        params![
            workspace,
            row.id,
            row.assignee_id,
            row.state,
            row.outcome.clone(),
            row.proof.clone(),
            row.done_by.clone(),
            row.done_at,
            row.due_at,
            row.level,
            was,
        ],
    )
    .await
}

/// A word that a task is found by.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// The word.
    pub word: String,
    /// Codes of the sentences that contain it.
    pub codes: Vec<&'static str>,
}

/// What tasks are looked for by; `None` = any.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Open, or ended.
    pub open: Option<bool>,
    /// Whose.
    pub assignee: Option<StaffId>,
    /// About what.
    pub kind: Option<TaskKind>,
    /// In which group.
    pub group: Option<GroupId>,
    /// About whom.
    pub member: Option<MemberId>,
    /// Words, each of which stands in what the task says, or in the name of its group, its member
    /// or whoever is to do it.
    pub sought: Vec<Sought>,
    /// Whether words are not looked for in what says about whom a task is.
    pub nameless: bool,
    /// Path prefix of the branches that may be seen; empty = all.
    pub branch_prefix: String,
    /// Whose own tasks may be seen wherever they belong.
    pub own: Option<StaffId>,
    /// Only what lies after this row in the list: the value of [`order_key`] and the id.
    pub after: Option<(i64, StaffTaskId)>,
}

/// What a row is ordered by: open tasks by deadline (none last), ended ones by when they ended,
/// newest first, all together by when they came up, newest first.
pub fn order_key(filter: &Filter, row: &StaffTask) -> i64 {
    match filter.open {
        Some(true) => row.due_at.map_or(i64::MAX, Timestamp::ms),
        Some(false) => row.done_at.map_or(0, Timestamp::ms),
        None => row.created_at.ms(),
    }
}

fn conditions(query: &mut Query, workspace: WorkspaceId, filter: &Filter) {
    query.bind(workspace);
    match filter.open {
        Some(true) => {
            query.push(" AND t.state = 'open'");
        }
        Some(false) => {
            query.push(" AND t.state IN ('done', 'impossible', 'withdrawn')");
        }
        None => {}
    }
    if let Some(assignee) = filter.assignee {
        query.push(" AND t.assignee_id = ").bind(assignee);
    }
    if let Some(kind) = filter.kind {
        query.push(" AND t.kind = ").bind(kind);
    }
    if let Some(group) = filter.group {
        query.push(" AND t.group_id = ").bind(group);
    }
    if let Some(member) = filter.member {
        query.push(" AND t.member_id = ").bind(member);
    }
    for sought in &filter.sought {
        let pattern = anywhere(&sought.word);
        query
            .push(
                " AND (EXISTS (SELECT 1 FROM chat_group g WHERE g.workspace_id = t.workspace_id
                    AND g.id = t.group_id AND lower(g.name) LIKE ",
            )
            .bind(&pattern);
        query
            .push(
                " ESCAPE '!') OR EXISTS (SELECT 1 FROM staff s WHERE s.workspace_id = t.workspace_id
                    AND s.id = t.assignee_id AND lower(s.name) LIKE ",
            )
            .bind(&pattern)
            .push(" ESCAPE '!')");
        if !filter.nameless {
            query
                .push(
                    " OR EXISTS (SELECT 1 FROM member m WHERE m.workspace_id = t.workspace_id
                        AND m.id = t.member_id AND lower(m.name) LIKE ",
                )
                .bind(&pattern);
            query
                .push(" ESCAPE '!') OR lower(t.args) LIKE ")
                .bind(&pattern);
            query
                .push(" ESCAPE '!' OR lower(t.body) LIKE ")
                .bind(&pattern)
                .push(" ESCAPE '!'");
        }
        if !sought.codes.is_empty() {
            query
                .push(" OR t.what IN ")
                .list(sought.codes.iter().copied());
        }
        query.push(")");
    }
    if !filter.branch_prefix.is_empty() {
        query.push(" AND (t.branch_id IN ");
        branch::below(query, workspace, &filter.branch_prefix);
        if let Some(own) = filter.own {
            query.push(" OR t.assignee_id = ").bind(own);
        }
        query.push(")");
    }
}

/// Tasks in the order of [`order_key`].
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<StaffTask>> {
    let mut query = Query::new(
        "SELECT t.id, t.kind, t.level, t.branch_id, t.group_id, t.member_id, t.assignee_id, t.what,
                t.args, t.body, t.picture, t.why, t.done_check, t.minutes, t.state, t.outcome, t.proof,
                t.done_by, t.done_at, t.since_at, t.due_at, t.cause_id, t.dedup, t.created_at
         FROM staff_task t WHERE t.workspace_id = ",
    );
    conditions(&mut query, workspace, filter);
    match (filter.open, filter.after) {
        (Some(true), Some((key, id))) => {
            query
                .push(" AND (COALESCE(t.due_at, 9223372036854775807) > ")
                .bind(key);
            query
                .push(" OR (COALESCE(t.due_at, 9223372036854775807) = ")
                .bind(key);
            query.push(" AND t.id > ").bind(id).push("))");
        }
        (Some(false), Some((key, id))) => {
            query.push(" AND (COALESCE(t.done_at, 0) < ").bind(key);
            query.push(" OR (COALESCE(t.done_at, 0) = ").bind(key);
            query.push(" AND t.id < ").bind(id).push("))");
        }
        (None, Some((key, id))) => {
            query.push(" AND (t.created_at < ").bind(key);
            query.push(" OR (t.created_at = ").bind(key);
            query.push(" AND t.id < ").bind(id).push("))");
        }
        (_, None) => {}
    }
    query.push(match filter.open {
        Some(true) => " ORDER BY COALESCE(t.due_at, 9223372036854775807), t.id LIMIT ",
        Some(false) => " ORDER BY COALESCE(t.done_at, 0) DESC, t.id DESC LIMIT ",
        None => " ORDER BY t.created_at DESC, t.id DESC LIMIT ",
    });
    query.bind(limit);
    tx.all_of(query).await
}

/// How many tasks there are, counted up to `at_most`.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    at_most: usize,
) -> Result<i64> {
    let mut query = Query::new(
        "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM (SELECT 1 AS one FROM staff_task t WHERE t.workspace_id = ",
    );
    conditions(&mut query, workspace, filter);
    query.push(" LIMIT ").bind(at_most).push(") counted");
    tx.count_of(query).await
}

/// The names that go with tasks.
///
/// # Errors
/// The engine refused.
pub async fn names(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &[StaffTaskId],
) -> Result<Vec<NamedTask>> {
    let mut query = Query::new(
        "SELECT t.id AS id, g.name AS group_name, g.channel AS network, m.name AS member_name, s.name AS assignee_name
         FROM staff_task t
         LEFT JOIN chat_group g ON g.workspace_id = t.workspace_id AND g.id = t.group_id
         LEFT JOIN member m ON m.workspace_id = t.workspace_id AND m.id = t.member_id
         LEFT JOIN staff s ON s.workspace_id = t.workspace_id AND s.id = t.assignee_id
         WHERE t.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND t.id IN ")
        .list(ids.iter().copied());
    tx.all_of(query).await
}

/// Whether a staff member is there and has not left.
///
/// # Errors
/// The engine refused.
pub async fn is_present(tx: &mut Tx, workspace: WorkspaceId, staff: StaffId) -> Result<bool> {
    let there = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM staff
                 WHERE workspace_id = $1 AND id = $2 AND left_at IS NULL"
            ),
            params![workspace, staff],
        )
        .await?;
    Ok(there > 0)
}

/// Open tasks about a member in a group that the channel is to show as done, by what is to be done.
///
/// # Errors
/// The engine refused.
pub async fn to_be_seen(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
    what: &[&'static str],
) -> Result<Vec<String>> {
    record! {
        /// The cause of a task.
        pub struct Cause {
            /// The same cause makes one task.
            pub dedup: String,
        }
    }
    let mut query = Query::new(
        "SELECT t.dedup FROM staff_task t
         JOIN member m ON m.workspace_id = t.workspace_id AND m.id = t.member_id
         WHERE t.state = 'open' AND t.done_check = 'channel' AND t.workspace_id = ",
    );
    query.bind(workspace).push(" AND t.group_id = ").bind(group);
    query
        .push(" AND m.canonical_id = (SELECT o.canonical_id FROM member o WHERE o.workspace_id = ")
        .bind(workspace)
        .push(" AND o.id = ")
        .bind(member);
    query.push(") AND t.what IN ").list(what.iter().copied());
    let rows: Vec<Cause> = tx.all_of(query).await?;
    Ok(rows.into_iter().map(|row| row.dedup).collect())
}
