//! Complaints that somebody has to look at.

use yutang_domain::{
    alarm::{AlarmOutcome, AlarmState},
    group::Duty,
    id::{AlarmId, BranchId, GroupId, MemberId, MessageId, StaffId, WorkspaceId},
    staff::Title,
    time::Timestamp,
};

use crate::{Result, Tx, branch, params, record, sql, sql::Query, text_cell};

text_cell!(AlarmState, AlarmOutcome);

record! {
    /// An alarm.
    pub struct Alarm {
        /// Its id.
        pub id: AlarmId,
        /// In which group.
        pub group_id: GroupId,
        /// The member record that complains.
        pub member_id: MemberId,
        /// Where it stands.
        pub state: AlarmState,
        /// How many messages complain.
        pub complaints: i64,
        /// Words that complain, a JSON array.
        pub words: String,
        /// When the first of them was sent.
        pub raised_at: Timestamp,
        /// When the latest of them was sent.
        pub last_at: Timestamp,
        /// How often its clock was started.
        pub round: i64,
        /// When it was started last.
        pub clock_at: Timestamp,
        /// When somebody took it up.
        pub taken_at: Option<Timestamp>,
        /// Who, in stored form.
        pub taken_by: Option<String>,
        /// When the region was told.
        pub escalated_at: Option<Timestamp>,
        /// When it was closed.
        pub closed_at: Option<Timestamp>,
        /// By whom, in stored form.
        pub closed_by: Option<String>,
        /// How it ended.
        pub outcome: Option<AlarmOutcome>,
        /// What whoever closed it adds.
        pub note: String,
    }
}

/// Adds an alarm.
///
/// # Errors
/// One is open for the same person in the same group, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &Alarm) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO alarm (id, workspace_id, group_id, member_id, state, complaints, words,
                raised_at, last_at, round, clock_at, taken_at, taken_by, escalated_at, closed_at,
                closed_by, outcome, note)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
        ),
        params![
            row.id,
            workspace,
            row.group_id,
            row.member_id,
            row.state,
            row.complaints,
            row.words.as_str(),
            row.raised_at,
            row.last_at,
            row.round,
            row.clock_at,
            row.taken_at,
            row.taken_by.clone(),
            row.escalated_at,
            row.closed_at,
            row.closed_by.clone(),
            row.outcome,
            row.note.as_str(),
        ],
    )
    .await?;
    Ok(())
}

/// Writes what may change of an alarm that is still open; false if it is not.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, row: &Alarm) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE alarm SET state = $3, complaints = $4, words = $5, last_at = $6, round = $7,
                clock_at = $8, taken_at = $9, taken_by = $10, escalated_at = $11, closed_at = $12,
                closed_by = $13, outcome = $14, note = $15
             WHERE workspace_id = $1 AND id = $2 AND state = 'open'"
        ),
        params![
            workspace,
            row.id,
            row.state,
            row.complaints,
            row.words.as_str(),
            row.last_at,
            row.round,
            row.clock_at,
            row.taken_at,
            row.taken_by.clone(),
            row.escalated_at,
            row.closed_at,
            row.closed_by.clone(),
            row.outcome,
            row.note.as_str(),
        ],
    )
    .await
}

/// One alarm.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: AlarmId) -> Result<Alarm> {
    tx.one(
        "alarm",
        sql!(
            "SELECT id, group_id, member_id, state, complaints, words, raised_at, last_at, round,
                    clock_at, taken_at, taken_by, escalated_at, closed_at, closed_by, outcome, note
             FROM alarm WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// The open alarms of a group.
///
/// # Errors
/// The engine refused.
pub async fn open_in(tx: &mut Tx, workspace: WorkspaceId, group: GroupId) -> Result<Vec<Alarm>> {
    tx.all(
        sql!(
            "SELECT id, group_id, member_id, state, complaints, words, raised_at, last_at, round,
                    clock_at, taken_at, taken_by, escalated_at, closed_at, closed_by, outcome, note
             FROM alarm WHERE workspace_id = $1 AND group_id = $2 AND state = 'open'
             ORDER BY raised_at, id"
        ),
        params![workspace, group],
    )
    .await
}

/// Those of these groups in which an alarm is open.
///
/// # Errors
/// The engine refused.
pub async fn alarmed(
    tx: &mut Tx,
    workspace: WorkspaceId,
    groups: &[GroupId],
) -> Result<Vec<GroupId>> {
    let mut query = Query::new(
        "SELECT DISTINCT group_id AS n FROM alarm WHERE state = 'open' AND workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND group_id IN ")
        .list(groups.iter().copied());
    let ids: Vec<i64> = tx.all_of(query).await?;
    Ok(ids.into_iter().map(GroupId::from_raw).collect())
}

/// Notes that a message belongs to an alarm; false if it belongs to one already.
///
/// # Errors
/// The engine refused.
pub async fn add_message(
    tx: &mut Tx,
    workspace: WorkspaceId,
    alarm: AlarmId,
    (message, at): (MessageId, Timestamp),
) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO alarm_message (workspace_id, message_id, alarm_id, at)
             VALUES ($1, $2, $3, $4) ON CONFLICT (workspace_id, message_id) DO NOTHING"
        ),
        params![workspace, message, alarm, at],
    )
    .await
}

record! {
    /// A message of an alarm.
    pub struct Complaint {
        /// The alarm.
        pub alarm_id: AlarmId,
        /// The message.
        pub message_id: MessageId,
        /// When it was sent.
        pub at: Timestamp,
        /// Its words; `None` once erased or past retention.
        pub text: Option<String>,
    }
}

/// The messages of alarms, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn messages(
    tx: &mut Tx,
    workspace: WorkspaceId,
    alarms: &[AlarmId],
) -> Result<Vec<Complaint>> {
    let mut query = Query::new(
        "SELECT a.alarm_id, a.message_id, a.at, m.text FROM alarm_message a
         LEFT JOIN message m ON m.workspace_id = a.workspace_id AND m.id = a.message_id
         WHERE a.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND a.alarm_id IN ")
        .list(alarms.iter().copied());
    query.push(" ORDER BY a.at, a.message_id");
    tx.all_of(query).await
}

record! {
    /// An alarm of whichever workspace.
    pub struct Waiting {
        /// The workspace.
        pub workspace_id: WorkspaceId,
        /// The alarm.
        pub id: AlarmId,
    }
}

/// Open alarms of all workspaces that nobody took up, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn waiting(tx: &mut Tx, limit: usize) -> Result<Vec<Waiting>> {
    tx.all(
        sql!(
            "SELECT workspace_id, id FROM alarm WHERE state = 'open' AND taken_at IS NULL
             ORDER BY clock_at, id LIMIT $1"
        ),
        params![limit],
    )
    .await
}

/// What alarms are looked for by; `None` = any.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Where they stand.
    pub state: Option<AlarmState>,
    /// In which group.
    pub group: Option<GroupId>,
    /// Path prefix of the branches that may be seen; empty = all.
    pub branch_prefix: String,
    /// Only what was raised before this one.
    pub before: Option<(Timestamp, AlarmId)>,
}

fn conditions(query: &mut Query, workspace: WorkspaceId, filter: &Filter) {
    query.bind(workspace);
    if let Some(state) = filter.state {
        query.push(" AND a.state = ").bind(state);
    }
    if let Some(group) = filter.group {
        query.push(" AND a.group_id = ").bind(group);
    }
    if !filter.branch_prefix.is_empty() {
        query.push(" AND g.branch_id IN ");
        branch::below(query, workspace, &filter.branch_prefix);
    }
}

/// Alarms, the latest raised first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Alarm>> {
    let mut query = Query::new(
        "SELECT a.id, a.group_id, a.member_id, a.state, a.complaints, a.words, a.raised_at,
                a.last_at, a.round, a.clock_at, a.taken_at, a.taken_by, a.escalated_at, a.closed_at,
                a.closed_by, a.outcome, a.note
         FROM alarm a JOIN chat_group g ON g.workspace_id = a.workspace_id AND g.id = a.group_id
         WHERE a.workspace_id = ",
    );
    conditions(&mut query, workspace, filter);
    let behind = filter.before.map(|(at, id)| (at.ms(), id));
    query.latest(("a.raised_at", "a.id"), behind, limit);
    tx.all_of(query).await
}

/// How many alarms there are, counted up to `at_most`.
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
        "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM (SELECT 1 AS one FROM alarm a
         JOIN chat_group g ON g.workspace_id = a.workspace_id AND g.id = a.group_id
         WHERE a.workspace_id = ",
    );
    conditions(&mut query, workspace, filter);
    query.push(" LIMIT ").bind(at_most).push(") counted");
    tx.count_of(query).await
}

record! {
    /// Open alarms and questions of the branches of somebody.
    pub struct Standing {
        /// Open alarms.
        pub alarms: i64,
        /// Of these, told to the region.
        pub escalated: i64,
        /// Questions past their time.
        pub waiting: i64,
    }
}

/// How many alarms are open, and how many questions have waited too long at `now`, in branches whose
/// path begins with `path`.
///
/// # Errors
/// The engine refused.
pub async fn standing(
    tx: &mut Tx,
    workspace: WorkspaceId,
    path: &str,
    now: Timestamp,
) -> Result<Standing> {
    tx.one(
        "workspace",
        sql!(
            "SELECT
               (SELECT CAST(COUNT(*) AS BIGINT) FROM alarm a
                 JOIN chat_group g ON g.workspace_id = a.workspace_id AND g.id = a.group_id
                 JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
                 WHERE a.workspace_id = $1 AND a.state = 'open' AND substr(b.path, 1, $3) = $2)
                 AS alarms,
               (SELECT CAST(COUNT(*) AS BIGINT) FROM alarm a
                 JOIN chat_group g ON g.workspace_id = a.workspace_id AND g.id = a.group_id
                 JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
                 WHERE a.workspace_id = $1 AND a.state = 'open' AND a.escalated_at IS NOT NULL
                   AND a.taken_at IS NULL AND substr(b.path, 1, $3) = $2) AS escalated,
               (SELECT CAST(COUNT(*) AS BIGINT) FROM awaited_reply r
                 JOIN chat_group g ON g.workspace_id = r.workspace_id AND g.id = r.group_id
                 JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
                 WHERE r.workspace_id = $1 AND r.state = 'open' AND r.due_at <= $4
                   AND substr(b.path, 1, $3) = $2) AS waiting"
        ),
        params![workspace, path, path.len(), now],
    )
    .await
}

record! {
    /// Somebody who may be given what comes up in a group.
    pub struct Reach {
        /// Who.
        pub staff_id: StaffId,
        /// By name.
        pub name: String,
        /// What they are.
        pub title: Title,
        /// Path of the branch they work in.
        pub path: Option<String>,
    }
}

/// Staff who work in a branch, in those above it, or in none, and those assigned to a group.
///
/// # Errors
/// The engine refused.
pub async fn reach(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    branch: BranchId,
) -> Result<Vec<Reach>> {
    tx.all(
        sql!(
            "SELECT p.id AS staff_id, p.name, p.title, b.path FROM staff p
             LEFT JOIN branch b ON b.workspace_id = p.workspace_id AND b.id = p.branch_id
             JOIN branch own ON own.workspace_id = p.workspace_id AND own.id = $3
             WHERE p.workspace_id = $1 AND p.left_at IS NULL
               AND (b.path IS NULL OR substr(own.path, 1, length(b.path)) = b.path
                 OR p.id IN (SELECT s.staff_id FROM group_staff s
                    WHERE s.workspace_id = $1 AND s.group_id = $2))
             ORDER BY p.id"
        ),
        params![workspace, group, branch],
    )
    .await
}

record! {
    /// What somebody answers for in a group.
    pub struct Seat {
        /// Who.
        pub staff_id: StaffId,
        /// What for.
        pub duty: Duty,
    }
}

/// Who answers for what in a group.
///
/// # Errors
/// The engine refused.
pub async fn seats(tx: &mut Tx, workspace: WorkspaceId, group: GroupId) -> Result<Vec<Seat>> {
    tx.all(
        sql!(
            "SELECT staff_id, duty FROM group_staff WHERE workspace_id = $1 AND group_id = $2
             ORDER BY created_at, staff_id, duty"
        ),
        params![workspace, group],
    )
    .await
}
