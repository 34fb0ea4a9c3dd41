//! Robots in staff chats, and what they are to tell.

use yutang_domain::{
    id::{BranchId, RobotId, RobotLineId, StaffId, StaffTaskId, WorkspaceId},
    robot::{RobotKind, RobotState},
    task::Level,
    time::Timestamp,
};

use crate::{Engine, Result, Tx, params, record, sql, sql::Query, text_cell};

text_cell!(RobotKind, RobotState);

record! {
    /// A robot.
    pub struct Robot {
        /// Its id.
        pub id: RobotId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// Whose robot it is.
        pub kind: RobotKind,
        /// What people call it.
        pub name: String,
        /// Whose tasks it tells; none = all.
        pub branch_id: Option<BranchId>,
        /// Its address, sealed.
        pub address: String,
        /// What it is signed with, sealed.
        pub secret: Option<String>,
        /// How it stands.
        pub state: RobotState,
        /// Why its last message was refused.
        pub last_error: Option<String>,
        /// When it last said something.
        pub told_at: Option<Timestamp>,
        /// When it was set up.
        pub created_at: Timestamp,
    }
}

/// Adds a robot.
///
/// # Errors
/// The branch is unknown, or the engine refused.
pub async fn insert(tx: &mut Tx, row: &Robot) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO robot (id, workspace_id, kind, name, branch_id, address, secret, state,
                last_error, told_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ),
        params![
            row.id,
            row.workspace_id,
            row.kind,
            row.name.as_str(),
            row.branch_id,
            row.address.as_str(),
            row.secret.as_deref(),
            row.state,
            row.last_error.as_deref(),
            row.told_at,
            row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// One robot that is in use.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: RobotId) -> Result<Robot> {
    tx.one(
        "robot",
        sql!(
            "SELECT id, workspace_id, kind, name, branch_id, address, secret, state, last_error,
                    told_at, created_at
             FROM robot WHERE workspace_id = $1 AND id = $2 AND state <> 'removed'"
        ),
        params![workspace, id],
    )
    .await
}

/// The robots of a workspace that are in use, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Robot>> {
    tx.all(
        sql!(
            "SELECT id, workspace_id, kind, name, branch_id, address, secret, state, last_error,
                    told_at, created_at
             FROM robot WHERE workspace_id = $1 AND state <> 'removed' ORDER BY created_at, id"
        ),
        params![workspace],
    )
    .await
}

/// Writes what may change of a robot.
///
/// # Errors
/// The branch is unknown, or the engine refused.
pub async fn update(tx: &mut Tx, row: &Robot) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE robot SET name = $3, branch_id = $4, address = $5, secret = $6, state = $7,
                last_error = $8, told_at = $9
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![
            row.workspace_id,
            row.id,
            row.name.as_str(),
            row.branch_id,
            row.address.as_str(),
            row.secret.as_deref(),
            row.state,
            row.last_error.as_deref(),
            row.told_at,
        ],
    )
    .await?;
    Ok(())
}

/// Notes what became of a robot's message, unless it was taken out of use.
///
/// # Errors
/// The engine refused.
pub async fn note(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: RobotId,
    refused: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    let state = if refused.is_some() {
        RobotState::Failed
    } else {
        RobotState::Ready
    };
    let said_at = refused.is_none().then_some(at);
    tx.execute(
        sql!(
            "UPDATE robot SET state = $3, last_error = $4, told_at = COALESCE($5, told_at)
             WHERE workspace_id = $1 AND id = $2 AND state <> 'removed'"
        ),
        params![workspace, id, state, refused, said_at],
    )
    .await?;
    Ok(())
}

record! {
    /// A robot as far as it matters which tasks it tells.
    pub struct Post {
        /// The robot.
        pub id: RobotId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// Path of its branch; none = it tells of all.
        pub path: Option<String>,
        /// Tasks that came up before are not told.
        pub created_at: Timestamp,
    }
}

/// The robots of every workspace that are in use.
///
/// # Errors
/// The engine refused.
pub async fn posts(tx: &mut Tx) -> Result<Vec<Post>> {
    tx.all(
        sql!(
            "SELECT r.id, r.workspace_id, b.path, r.created_at FROM robot r
             LEFT JOIN branch b ON b.workspace_id = r.workspace_id AND b.id = r.branch_id
             WHERE r.state <> 'removed' ORDER BY r.workspace_id, r.id"
        ),
        params![],
    )
    .await
}

record! {
    /// An open task of which perhaps something is to be told.
    pub struct Candidate {
        /// The task.
        pub id: StaffTaskId,
        /// How pressing it is.
        pub level: Level,
        /// When it came up.
        pub created_at: Timestamp,
        /// Until when it is to be done.
        pub due_at: Option<Timestamp>,
        /// Who is to do it.
        pub assignee_id: Option<StaffId>,
        /// Path of its branch.
        pub path: Option<String>,
    }
}

/// Open tasks that came up since `since` and were never told, changed hands, or are due before
/// `soon`; in the order of their ids, from after one.
///
/// # Errors
/// The engine refused.
pub async fn candidates(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (since, soon): (Timestamp, Timestamp),
    after: StaffTaskId,
    limit: usize,
) -> Result<Vec<Candidate>> {
    tx.all(
        sql!(
            "SELECT t.id, t.level, t.created_at, t.due_at, t.assignee_id, b.path
             FROM staff_task t
             LEFT JOIN branch b ON b.workspace_id = t.workspace_id AND b.id = t.branch_id
             WHERE t.workspace_id = $1 AND t.state = 'open' AND t.created_at >= $2 AND t.id > $4
               AND (NOT EXISTS (SELECT 1 FROM robot_line l
                        WHERE l.workspace_id = t.workspace_id AND l.task_id = t.id)
                 OR (t.due_at <= $3 AND NOT EXISTS (SELECT 1 FROM robot_line l
                        WHERE l.workspace_id = t.workspace_id AND l.task_id = t.id
                          AND l.occasion = 'late'))
                 OR (t.assignee_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM robot_line l
                        WHERE l.workspace_id = t.workspace_id AND l.task_id = t.id
                          AND l.assignee_id = t.assignee_id
                          AND l.created_at = (SELECT MAX(m.created_at) FROM robot_line m
                            WHERE m.workspace_id = t.workspace_id AND m.task_id = t.id))))
             ORDER BY t.id LIMIT $5"
        ),
        params![workspace, since, soon, after, limit],
    )
    .await
}

record! {
    /// What was noted for telling already.
    pub struct Noted {
        /// By which robot.
        pub robot_id: RobotId,
        /// Of which task.
        pub task_id: StaffTaskId,
        /// For what.
        pub occasion: String,
        /// To whom.
        pub assignee_id: Option<StaffId>,
        /// When it was noted.
        pub created_at: Timestamp,
    }
}

/// What was noted for telling of these tasks.
///
/// # Errors
/// The engine refused.
pub async fn noted(
    tx: &mut Tx,
    workspace: WorkspaceId,
    tasks: &[StaffTaskId],
) -> Result<Vec<Noted>> {
    let mut query = Query::new(
        "SELECT robot_id, task_id, occasion, assignee_id, created_at FROM robot_line
         WHERE workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND task_id IN ")
        .list(tasks.iter().copied());
    tx.all_of(query).await
}

record! {
    /// A line to be told, as its teller sees it.
    pub struct RobotLine {
        /// Its id.
        pub id: RobotLineId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// The robot that tells it.
        pub robot_id: RobotId,
        /// The task it tells of.
        pub task_id: StaffTaskId,
        /// For what.
        pub occasion: String,
        /// pending, sending, sent, unknown, failed or dropped.
        pub state: String,
        /// How often it was tried, this time included.
        pub attempts: i64,
    }
}

/// What a new line is made of.
#[derive(Clone, Debug)]
pub struct NewLine<'a> {
    /// Its id.
    pub id: RobotLineId,
    /// The robot that tells it.
    pub robot: RobotId,
    /// The task it tells of.
    pub task: StaffTaskId,
    /// For what.
    pub occasion: &'a str,
    /// To whom.
    pub assignee: Option<StaffId>,
    /// Not before this instant.
    pub next_at: Timestamp,
    /// Now.
    pub at: Timestamp,
}

/// Adds a line; false if it is there already.
///
/// # Errors
/// The engine refused.
pub async fn insert_line(tx: &mut Tx, workspace: WorkspaceId, line: &NewLine<'_>) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO robot_line (id, workspace_id, robot_id, task_id, occasion, assignee_id,
                state, attempts, next_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'pending', 0, $7, $8)
             ON CONFLICT (workspace_id, robot_id, task_id, occasion) DO NOTHING"
        ),
        params![
            line.id,
            workspace,
            line.robot,
            line.task,
            line.occasion,
            line.assignee,
            line.next_at,
            line.at,
        ],
    )
    .await
}

record! {
    /// A robot with something to tell now.
    pub struct Due {
        /// The robot.
        pub robot_id: RobotId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// Whose robot it is.
        pub kind: RobotKind,
        /// How much it said since an instant.
        pub said: i64,
    }
}

/// The robots that have something to tell now, and how much each has said since `since`.
///
/// # Errors
/// The engine refused.
pub async fn due(tx: &mut Tx, now: Timestamp, since: Timestamp) -> Result<Vec<Due>> {
    tx.all(
        sql!(
            "SELECT r.id AS robot_id, r.workspace_id, r.kind,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM robot_line s
                  WHERE s.workspace_id = r.workspace_id AND s.robot_id = r.id
                    AND s.sent_at > $2) AS said
             FROM robot r
             WHERE r.state <> 'removed' AND EXISTS (SELECT 1 FROM robot_line l
                WHERE l.workspace_id = r.workspace_id AND l.robot_id = r.id
                  AND l.state = 'pending' AND l.next_at <= $1)
             ORDER BY r.id"
        ),
        params![now, since],
    )
    .await
}

/// Takes lines of a robot that are due; for guarded transactions.
///
/// # Errors
/// The engine refused.
pub async fn claim(
    tx: &mut Tx,
    (workspace, robot): (WorkspaceId, RobotId),
    holder: &str,
    (now, until): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<RobotLine>> {
    let mut query =
        Query::new("UPDATE robot_line SET state = 'sending', attempts = attempts + 1, holder = ");
    query.bind(holder).push(", next_at = ").bind(until);
    query.push(" WHERE id IN (SELECT id FROM robot_line WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND robot_id = ")
        .bind(robot)
        .push(" AND state = 'pending' AND next_at <= ")
        .bind(now);
    query.push(" ORDER BY next_at, id LIMIT ").bind(limit);
    if tx.engine() == Engine::Postgres {
        query.push(" FOR UPDATE SKIP LOCKED");
    }
    query.push(") RETURNING id, workspace_id, robot_id, task_id, occasion, state, attempts");
    tx.all_of(query).await
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// It was said.
    Sent,
    /// It was not said and may be tried again at this instant.
    Again(Timestamp, &'a str),
    /// It was refused.
    Failed(&'a str),
    /// Nobody can say whether it was said.
    Unknown(&'a str),
    /// There is nothing to tell any more.
    Dropped,
}

/// Says what became of a line that is still the holder's; false if it is not.
///
/// # Errors
/// The engine refused.
pub async fn settle(
    tx: &mut Tx,
    (workspace, id): (WorkspaceId, RobotLineId),
    holder: &str,
    now: Timestamp,
    told: &Told<'_>,
) -> Result<bool> {
    let (state, next, error) = match told {
        Told::Sent => ("sent", now, None),
        Told::Again(at, error) => ("pending", *at, Some(*error)),
        Told::Failed(error) => ("failed", now, Some(*error)),
        Told::Unknown(error) => ("unknown", now, Some(*error)),
        Told::Dropped => ("dropped", now, None),
    };
    // What was perhaps said counts towards how much may be said.
    let sent_at = matches!(told, Told::Sent | Told::Unknown(_)).then_some(now);
    tx.changed(
        sql!(
            "UPDATE robot_line SET state = $4, next_at = $5, error = $6, sent_at = $7, holder = NULL
             WHERE workspace_id = $1 AND id = $2 AND holder = $3 AND state = 'sending'"
        ),
        params![workspace, id, holder, state, next, error, sent_at],
    )
    .await
}

/// Puts off everything that a robot has yet to tell until this instant: its network asked for it.
///
/// # Errors
/// The engine refused.
pub async fn put_off(
    tx: &mut Tx,
    workspace: WorkspaceId,
    robot: RobotId,
    until: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE robot_line SET next_at = $3
             WHERE workspace_id = $1 AND robot_id = $2 AND state = 'pending' AND next_at < $3"
        ),
        params![workspace, robot, until],
    )
    .await
}

/// Of lines whose teller fell silent nobody knows whether they were said; they are not said again.
///
/// # Errors
/// The engine refused.
pub async fn give_up_orphans(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE robot_line SET state = 'unknown', holder = NULL, sent_at = $1
             WHERE state = 'sending' AND next_at < $1"
        ),
        params![now],
    )
    .await
}

/// Forgets lines of ended tasks that were noted before `before`.
///
/// # Errors
/// The engine refused.
pub async fn expire(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(
        sql!(
            "DELETE FROM robot_line WHERE created_at < $1 AND EXISTS (SELECT 1 FROM staff_task t
                WHERE t.workspace_id = robot_line.workspace_id AND t.id = robot_line.task_id
                  AND t.state <> 'open')"
        ),
        params![before],
    )
    .await
}
