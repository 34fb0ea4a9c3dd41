//! Sanctions, the messages they are for, and the steps that were taken.

mod list;
mod quality;

use yutang_domain::{
    id::{GroupId, MemberId, MessageId, OutboxId, SanctionId, StaffTaskId, WorkspaceId},
    moderation::{Fault, HitKind, Strictness, Tone},
    sanction::{SanctionAction, SanctionStanding, SanctionState},
    time::Timestamp,
};

pub use list::{Cause, Filter, Listed, Waiting, causes, count, list, standing_of, waiting};
pub use quality::{Measured, measured};

use crate::{Result, Tx, params, record, sql, text_cell};

text_cell!(SanctionState, SanctionStanding, SanctionAction);

record! {
    /// A sanction.
    pub struct Sanction {
        /// Its id.
        pub id: SanctionId,
        /// In which group.
        pub group_id: GroupId,
        /// Whose.
        pub member_id: MemberId,
        /// What weighed most.
        pub kind: HitKind,
        /// How hard.
        pub tone: Tone,
        /// What it answers.
        pub fault: Fault,
        /// What was decided to do, a JSON list.
        pub measures: String,
        /// What was seen, JSON.
        pub hits: String,
        /// Version of the workspace's rules; 0 = it had none.
        pub rule_version: i64,
        /// How strictly the group was kept.
        pub strictness: Strictness,
        /// Strikes that counted before.
        pub strikes: i64,
        /// True reports.
        pub plus: i64,
        /// For how long the writer may not write, in milliseconds.
        pub cool_off_ms: Option<i64>,
        /// After how long the writer may come back, in milliseconds.
        pub way_back_ms: Option<i64>,
        /// Where it stands.
        pub state: SanctionState,
        /// When the first of its messages was sent.
        pub message_at: Timestamp,
        /// When it was decided.
        pub decided_at: Timestamp,
        /// Who decided, in stored form.
        pub actor: String,
        /// Whether a person decided by hand.
        pub by_hand: bool,
        /// When the writer may come back, until they were let in.
        pub back_at: Option<Timestamp>,
        /// Whether a person found it right.
        pub is_right: Option<bool>,
        /// When.
        pub judged_at: Option<Timestamp>,
        /// Who, in stored form.
        pub judged_by: Option<String>,
        /// What a person said of it.
        pub reason: String,
    }
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, group_id, member_id, kind, tone, fault, measures, hits, rule_version, strictness,
             strikes, plus, cool_off_ms, way_back_ms, state, message_at, decided_at, actor, by_hand,
             back_at, is_right, judged_at, judged_by, reason",
            $after
        )
    };
}

/// All columns of the sanction `s`, for a statement that joins.
macro_rules! of_s {
    ($after:literal) => {
        concat!(
            "SELECT s.id, s.group_id, s.member_id, s.kind, s.tone, s.fault, s.measures, s.hits,
                    s.rule_version, s.strictness, s.strikes, s.plus, s.cool_off_ms, s.way_back_ms,
                    s.state, s.message_at, s.decided_at, s.actor, s.by_hand, s.back_at, s.is_right,
                    s.judged_at, s.judged_by, s.reason",
            $after
        )
    };
}

/// Adds a sanction for a message; false if the message has led to one already.
///
/// # Errors
/// The engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    row: &Sanction,
    message: MessageId,
) -> Result<bool> {
    if of_message(tx, workspace, message).await?.is_some() {
        return Ok(false);
    }
    tx.execute(
        sql!(columns!(
            "INSERT INTO sanction (",
            ", workspace_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                $18, $19, $20, $21, $22, $23, $24, $25)"
        )),
        params![
            row.id,
            row.group_id,
            row.member_id,
            row.kind,
            row.tone,
            row.fault,
            row.measures.as_str(),
            row.hits.as_str(),
            row.rule_version,
            row.strictness,
            row.strikes,
            row.plus,
            row.cool_off_ms,
            row.way_back_ms,
            row.state,
            row.message_at,
            row.decided_at,
            row.actor.as_str(),
            row.by_hand,
            row.back_at,
            row.is_right,
            row.judged_at,
            row.judged_by.clone(),
            row.reason.as_str(),
            workspace,
        ],
    )
    .await?;
    add_message(tx, workspace, row.id, message).await
}

/// Adds a message to a sanction; false if it is held against its writer already.
///
/// # Errors
/// The engine refused.
pub async fn add_message(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: SanctionId,
    message: MessageId,
) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO sanction_message (workspace_id, message_id, sanction_id)
             VALUES ($1, $2, $3) ON CONFLICT (workspace_id, message_id) DO NOTHING"
        ),
        params![workspace, message, id],
    )
    .await
}

/// One sanction.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: SanctionId) -> Result<Sanction> {
    tx.one(
        "sanction",
        sql!(columns!(
            "SELECT ",
            " FROM sanction WHERE workspace_id = $1 AND id = $2"
        )),
        params![workspace, id],
    )
    .await
}

/// The sanction that a message has led to.
///
/// # Errors
/// The engine refused.
pub async fn of_message(
    tx: &mut Tx,
    workspace: WorkspaceId,
    message: MessageId,
) -> Result<Option<Sanction>> {
    tx.find(
        sql!(of_s!(
            " FROM sanction_message x
             JOIN sanction s ON s.workspace_id = x.workspace_id AND s.id = x.sanction_id
             WHERE x.workspace_id = $1 AND x.message_id = $2"
        )),
        params![workspace, message],
    )
    .await
}

/// The latest sanction of a member in a group that is in force or watched.
///
/// # Errors
/// The engine refused.
pub async fn latest(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
) -> Result<Option<Sanction>> {
    tx.find(
        sql!(columns!(
            "SELECT ",
            " FROM sanction WHERE workspace_id = $1 AND member_id = $3 AND group_id = $2
               AND state IN ('watched', 'review', 'decided')
             ORDER BY decided_at DESC, id DESC LIMIT 1"
        )),
        params![workspace, group, member],
    )
    .await
}

/// The latest sanctions of a person that are in force and that nobody appealed against, newest
/// first.
///
/// # Errors
/// The engine refused.
pub async fn appealable(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
    since: Timestamp,
) -> Result<Vec<Sanction>> {
    tx.all(
        sql!(of_s!(
            " FROM member m
             JOIN sanction s ON s.workspace_id = m.workspace_id AND s.member_id = m.id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2 AND s.decided_at >= $3
               AND s.state IN ('review', 'decided')
               AND NOT EXISTS (SELECT 1 FROM appeal a
                               WHERE a.workspace_id = s.workspace_id AND a.sanction_id = s.id)
             ORDER BY s.decided_at DESC, s.id DESC"
        )),
        params![workspace, canonical, since],
    )
    .await
}

/// Everything that was ever decided about a person, newest first.
///
/// # Errors
/// The engine refused.
pub async fn of_person(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
) -> Result<Vec<Sanction>> {
    tx.all(
        sql!(of_s!(
            " FROM member m
             JOIN sanction s ON s.workspace_id = m.workspace_id AND s.member_id = m.id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2
             ORDER BY s.decided_at DESC, s.id DESC"
        )),
        params![workspace, canonical],
    )
    .await
}

/// The latest sanction of a person that counts as a strike and is in force, in any group.
///
/// # Errors
/// The engine refused.
pub async fn latest_strike(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
) -> Result<Option<Sanction>> {
    tx.find(
        sql!(of_s!(
            " FROM member a
             JOIN member m ON m.workspace_id = a.workspace_id AND m.canonical_id = a.canonical_id
             JOIN strike k ON k.workspace_id = m.workspace_id AND k.member_id = m.id
             JOIN sanction s ON s.workspace_id = k.workspace_id AND s.id = k.sanction_id
             WHERE a.workspace_id = $1 AND a.id = $2 AND k.taken_back_at IS NULL
               AND s.state IN ('review', 'decided')
             ORDER BY k.at DESC, s.id DESC LIMIT 1"
        )),
        params![workspace, member],
    )
    .await
}

record! {
    /// The first notice of a sanction, and what became of it.
    pub struct Told {
        /// When it was said, as far as that is known.
        pub said_at: Option<Timestamp>,
        /// From when on it was to be said.
        pub planned_at: Timestamp,
        /// The wish, where the channel was to say it.
        pub outbox_id: Option<OutboxId>,
        /// Whether it goes to the writer alone.
        pub is_private: bool,
    }
}

/// The first notice of a sanction; `None` if it has none.
///
/// # Errors
/// The engine refused.
pub async fn told(tx: &mut Tx, workspace: WorkspaceId, id: SanctionId) -> Result<Option<Told>> {
    // What may have left counts as said: a connection that broke is no reason to wait for ever.
    tx.find(
        sql!(
            "SELECT CASE WHEN o.state = 'sent' THEN o.sent_at
                         WHEN o.state = 'unknown' THEN o.next_at
                         WHEN t.state = 'done' THEN t.done_at END AS said_at,
                    COALESCE(o.next_at, t.created_at, s.decided_at) AS planned_at,
                    x.outbox_id, COALESCE(o.action = 'post_private', $3) AS is_private
             FROM sanction_step x
             JOIN sanction s ON s.workspace_id = x.workspace_id AND s.id = x.sanction_id
             LEFT JOIN outbox o ON o.workspace_id = x.workspace_id AND o.id = x.outbox_id
             LEFT JOIN staff_task t ON t.workspace_id = x.workspace_id AND t.id = x.task_id
             WHERE x.workspace_id = $1 AND x.sanction_id = $2 AND x.action = 'notice'
               AND x.undoes = $3
             ORDER BY x.position LIMIT 1"
        ),
        params![workspace, id, false],
    )
    .await
}

/// Violations of a person that were only watched, newest first.
///
/// # Errors
/// The engine refused.
pub async fn watched(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<Sanction>> {
    tx.all(
        sql!(of_s!(
            " FROM member a
             JOIN member m ON m.workspace_id = a.workspace_id AND m.canonical_id = a.canonical_id
             JOIN sanction s ON s.workspace_id = m.workspace_id AND s.member_id = m.id
             WHERE a.workspace_id = $1 AND a.id = $2 AND s.state = 'watched'
               AND s.fault = 'violation' AND s.decided_at > $3
             ORDER BY s.decided_at DESC, s.id DESC LIMIT $4"
        )),
        params![workspace, member, since, limit],
    )
    .await
}

/// Writes what changes of a sanction that still stands as it did; false if it does not.
///
/// # Errors
/// The engine refused.
pub async fn update(
    tx: &mut Tx,
    workspace: WorkspaceId,
    row: &Sanction,
    was: SanctionState,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE sanction SET measures = $4, plus = $5, state = $6, back_at = $7, is_right = $8,
                judged_at = $9, judged_by = $10, reason = $11, hits = $12, cool_off_ms = $13
             WHERE workspace_id = $1 AND id = $2 AND state = $3"
        ),
        params![
            workspace,
            row.id,
            was,
            row.measures.as_str(),
            row.plus,
            row.state,
            row.back_at,
            row.is_right,
            row.judged_at,
            row.judged_by.clone(),
            row.reason.as_str(),
            row.hits.as_str(),
            row.cool_off_ms,
        ],
    )
    .await
}

/// Closes the ways back of a member into a group: they are out for good now.
///
/// # Errors
/// The engine refused.
pub async fn close_ways_back(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE sanction SET back_at = NULL
             WHERE workspace_id = $1 AND group_id = $2 AND member_id = $3 AND back_at IS NOT NULL"
        ),
        params![workspace, group, member],
    )
    .await
}

record! {
    /// A step, with where it stands.
    pub struct Step {
        /// Of which sanction.
        pub sanction_id: SanctionId,
        /// From 1.
        pub position: i64,
        /// What is done.
        pub action: SanctionAction,
        /// Whether it takes the sanction back.
        pub undoes: bool,
        /// The wish, where the channel does it.
        pub outbox_id: Option<OutboxId>,
        /// The task, where a person does it.
        pub task_id: Option<StaffTaskId>,
        /// State of the wish.
        pub outbox_state: Option<String>,
        /// State of the task.
        pub task_state: Option<String>,
        /// When it was done.
        pub done_at: Option<Timestamp>,
    }
}

/// A step about to be written down.
#[derive(Clone, Copy, Debug)]
pub struct NewStep {
    /// What is done.
    pub action: SanctionAction,
    /// Whether it takes the sanction back.
    pub undoes: bool,
    /// The wish, where the channel does it.
    pub outbox: Option<OutboxId>,
    /// The task, where a person does it.
    pub task: Option<StaffTaskId>,
}

/// Adds a step behind those that are there.
///
/// # Errors
/// The engine refused.
pub async fn add_step(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: SanctionId,
    step: NewStep,
) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO sanction_step (workspace_id, sanction_id, position, action, undoes,
                outbox_id, task_id)
             SELECT $1, $2, COALESCE(MAX(position), 0) + 1, $3, $4, $5, $6
             FROM sanction_step WHERE workspace_id = $1 AND sanction_id = $2"
        ),
        params![
            workspace,
            id,
            step.action,
            step.undoes,
            step.outbox,
            step.task
        ],
    )
    .await?;
    Ok(())
}

/// The steps of these sanctions, in order.
///
/// # Errors
/// The engine refused.
pub async fn steps(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sanctions: &[SanctionId],
) -> Result<Vec<Step>> {
    let mut query = crate::sql::Query::new(
        "SELECT s.sanction_id, s.position, s.action, s.undoes, s.outbox_id, s.task_id,
                o.state AS outbox_state, t.state AS task_state,
                COALESCE(o.sent_at, t.done_at) AS done_at
         FROM sanction_step s
         LEFT JOIN outbox o ON o.workspace_id = s.workspace_id AND o.id = s.outbox_id
         LEFT JOIN staff_task t ON t.workspace_id = s.workspace_id AND t.id = s.task_id
         WHERE s.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND s.sanction_id IN ")
        .list(sanctions.iter().copied());
    query.push(" ORDER BY s.sanction_id, s.position");
    tx.all_of(query).await
}

record! {
    /// Somebody who may come back.
    pub struct Returning {
        /// Their workspace.
        pub workspace_id: WorkspaceId,
        /// The sanction.
        pub id: SanctionId,
    }
}

/// Whose time outside is over, in all workspaces.
///
/// # Errors
/// The engine refused.
pub async fn returning(tx: &mut Tx, now: Timestamp, limit: usize) -> Result<Vec<Returning>> {
    tx.all(
        sql!(
            "SELECT workspace_id, id FROM sanction
             WHERE back_at <= $1 AND state = 'decided' ORDER BY back_at, id LIMIT $2"
        ),
        params![now, limit],
    )
    .await
}
