//! Questions of members that wait for an answer of staff.

use yutang_domain::{
    awaited_reply::AwaitedReplyState,
    id::{AwaitedReplyId, GroupId, MemberId, MessageId, StaffTaskId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, text_cell};

text_cell!(AwaitedReplyState);

record! {
    /// A question.
    pub struct AwaitedReply {
        /// Its id.
        pub id: AwaitedReplyId,
        /// In which group.
        pub group_id: GroupId,
        /// The member record that asks.
        pub member_id: MemberId,
        /// The first message that asks.
        pub message_id: MessageId,
        /// Where it stands.
        pub state: AwaitedReplyState,
        /// How many messages asked before an answer came.
        pub questions: i64,
        /// When the first was sent.
        pub asked_at: Timestamp,
        /// When staff has had its time.
        pub due_at: Timestamp,
        /// The task that was made of it.
        pub task_id: Option<StaffTaskId>,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
        /// The member record of whoever answered.
        pub answered_by: Option<MemberId>,
    }
}

/// Adds a question.
///
/// # Errors
/// One of the same person is open in the group, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &AwaitedReply) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO awaited_reply (id, workspace_id, group_id, member_id, message_id, state,
                questions, asked_at, due_at, task_id, ended_at, answered_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ),
        params![
            row.id,
            workspace,
            row.group_id,
            row.member_id,
            row.message_id,
            row.state,
            row.questions,
            row.asked_at,
            row.due_at,
            row.task_id,
            row.ended_at,
            row.answered_by,
        ],
    )
    .await?;
    Ok(())
}

/// Writes what may change of a question that is still open; false if it is not.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, row: &AwaitedReply) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE awaited_reply SET state = $3, questions = $4, task_id = $5, ended_at = $6,
                answered_by = $7
             WHERE workspace_id = $1 AND id = $2 AND state = 'open'"
        ),
        params![
            workspace,
            row.id,
            row.state,
            row.questions,
            row.task_id,
            row.ended_at,
            row.answered_by,
        ],
    )
    .await
}

/// One question.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: AwaitedReplyId) -> Result<AwaitedReply> {
    tx.one(
        "awaited_reply",
        sql!(
            "SELECT id, group_id, member_id, message_id, state, questions, asked_at, due_at, task_id,
                    ended_at, answered_by
             FROM awaited_reply WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// The open questions of a group, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn open_in(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
) -> Result<Vec<AwaitedReply>> {
    tx.all(
        sql!(
            "SELECT id, group_id, member_id, message_id, state, questions, asked_at, due_at, task_id,
                    ended_at, answered_by
             FROM awaited_reply WHERE workspace_id = $1 AND group_id = $2 AND state = 'open'
             ORDER BY asked_at, id"
        ),
        params![workspace, group],
    )
    .await
}

/// The open questions of a group of which the asker took the only message back.
///
/// # Errors
/// The engine refused.
pub async fn recalled_in(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
) -> Result<Vec<AwaitedReply>> {
    tx.all(
        sql!(
            "SELECT a.id, a.group_id, a.member_id, a.message_id, a.state, a.questions, a.asked_at,
                    a.due_at, a.task_id, a.ended_at, a.answered_by
             FROM awaited_reply a JOIN message m ON m.id = a.message_id
             WHERE a.workspace_id = $1 AND a.group_id = $2 AND a.state = 'open' AND a.questions = 1
                AND m.workspace_id = $1 AND m.recalled_at IS NOT NULL"
        ),
        params![workspace, group],
    )
    .await
}

record! {
    /// A question of whichever workspace.
    pub struct Due {
        /// The workspace.
        pub workspace_id: WorkspaceId,
        /// The question.
        pub id: AwaitedReplyId,
    }
}

/// Open questions of all workspaces that have had their time and of which something follows: they
/// became no task yet, their task was ended by hand, or they were asked before `stale`. Oldest first.
///
/// # Errors
/// The engine refused.
pub async fn due(tx: &mut Tx, now: Timestamp, stale: Timestamp, limit: usize) -> Result<Vec<Due>> {
    tx.all(
        sql!(
            "SELECT r.workspace_id, r.id FROM awaited_reply r
             LEFT JOIN staff_task t ON t.workspace_id = r.workspace_id AND t.id = r.task_id
             WHERE r.state = 'open' AND r.due_at <= $1
               AND (r.task_id IS NULL OR t.state <> 'open' OR r.asked_at < $2)
             ORDER BY r.due_at, r.id LIMIT $3"
        ),
        params![now, stale, limit],
    )
    .await
}

record! {
    /// The name that somebody carries in a group.
    pub struct CardName {
        /// Who.
        pub member_id: MemberId,
        /// The name.
        pub card_name: String,
        /// Whether they speak for the house: owner, admin, staff or bot.
        pub house: bool,
    }
}

/// The names of those who speak for the house in a group, and of these members.
///
/// # Errors
/// The engine refused.
pub async fn card_names(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    members: &[MemberId],
) -> Result<Vec<CardName>> {
    let mut query = crate::sql::Query::new(
        "SELECT member_id, card_name, role <> 'member' AS house FROM membership WHERE workspace_id = ",
    );
    query.bind(workspace).push(" AND group_id = ").bind(group);
    query
        .push(" AND (role <> 'member' OR member_id IN ")
        .list(members.iter().copied());
    query.push(")");
    tx.all_of(query).await
}
