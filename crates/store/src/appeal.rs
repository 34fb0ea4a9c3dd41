//! Appeals against sanctions.

use yutang_domain::{
    appeal::AppealState,
    id::{AppealId, GroupId, MemberId, SanctionId, WorkspaceId},
    moderation::{HitKind, Tone},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query, text_cell};

text_cell!(AppealState);

record! {
    /// An appeal.
    pub struct Appeal {
        /// Its id.
        pub id: AppealId,
        /// Against which sanction.
        pub sanction_id: SanctionId,
        /// By whom.
        pub member_id: MemberId,
        /// What they say.
        pub text: String,
        /// Where it stands.
        pub state: AppealState,
        /// When it came.
        pub opened_at: Timestamp,
        /// Until when it is to be answered.
        pub due_at: Timestamp,
        /// When it was answered.
        pub decided_at: Option<Timestamp>,
        /// By whom, in stored form.
        pub decided_by: Option<String>,
        /// What they were told.
        pub answer: String,
    }
}

record! {
    /// An appeal as a list shows it.
    pub struct ListedAppeal {
        /// Its id.
        pub id: AppealId,
        /// Against which sanction.
        pub sanction_id: SanctionId,
        /// By whom.
        pub member_id: MemberId,
        /// Called.
        pub member_name: String,
        /// In which group.
        pub group_id: GroupId,
        /// Called.
        pub group_name: String,
        /// What the sanction was for.
        pub kind: HitKind,
        /// How hard it was.
        pub tone: Tone,
        /// What they say.
        pub text: String,
        /// Where it stands.
        pub state: AppealState,
        /// When it came.
        pub opened_at: Timestamp,
        /// Until when it is to be answered.
        pub due_at: Timestamp,
        /// When it was answered.
        pub decided_at: Option<Timestamp>,
        /// By whom, in stored form.
        pub decided_by: Option<String>,
        /// What they were told.
        pub answer: String,
    }
}

/// Adds an appeal; false if there is one against the sanction already.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &Appeal) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO appeal (id, workspace_id, sanction_id, member_id, text, state, opened_at,
                due_at, decided_at, decided_by, answer)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (workspace_id, sanction_id) DO NOTHING"
        ),
        params![
            row.id,
            workspace,
            row.sanction_id,
            row.member_id,
            row.text.as_str(),
            row.state,
            row.opened_at,
            row.due_at,
            row.decided_at,
            row.decided_by.clone(),
            row.answer.as_str(),
        ],
    )
    .await
}

/// One appeal.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: AppealId) -> Result<Appeal> {
    tx.one(
        "appeal",
        sql!(
            "SELECT id, sanction_id, member_id, text, state, opened_at, due_at, decided_at,
                    decided_by, answer
             FROM appeal WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// The appeals against these sanctions.
///
/// # Errors
/// The engine refused.
pub async fn against(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sanctions: &[SanctionId],
) -> Result<Vec<Appeal>> {
    let mut query = Query::new(
        "SELECT id, sanction_id, member_id, text, state, opened_at, due_at, decided_at, decided_by,
                answer
         FROM appeal WHERE workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND sanction_id IN ")
        .list(sanctions.iter().copied());
    tx.all_of(query).await
}

/// Answers an open appeal; false if it is answered.
///
/// # Errors
/// The engine refused.
pub async fn decide(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: AppealId,
    state: AppealState,
    (by, answer): (&str, &str),
    now: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE appeal SET state = $3, decided_at = $4, decided_by = $5, answer = $6
             WHERE workspace_id = $1 AND id = $2 AND state = 'open'"
        ),
        params![workspace, id, state, now, by, answer],
    )
    .await
}

/// Which appeals.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Open ones, answered ones, or both.
    pub open: Option<bool>,
    /// In branches whose path begins so.
    pub branch_prefix: String,
    /// Behind this place: due (open ones) or opened instant in milliseconds, and id.
    pub after: Option<(i64, AppealId)>,
}

fn conditions(query: &mut Query, workspace: WorkspaceId, filter: &Filter) {
    query.push(
        " FROM appeal a
         JOIN sanction s ON s.workspace_id = a.workspace_id AND s.id = a.sanction_id
         JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
         JOIN member m ON m.workspace_id = a.workspace_id AND m.id = a.member_id
         WHERE a.workspace_id = ",
    );
    query.bind(workspace);
    query.push(" AND ").begins("b.path", &filter.branch_prefix);
    match filter.open {
        Some(true) => {
            query.push(" AND a.state = 'open'");
        }
        Some(false) => {
            query.push(" AND a.state <> 'open'");
        }
        None => {}
    }
}

/// Appeals, newest first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<ListedAppeal>> {
    let mut query = Query::new(
        "SELECT a.id, a.sanction_id, a.member_id, m.name AS member_name, s.group_id,
                g.name AS group_name, s.kind, s.tone, a.text, a.state, a.opened_at, a.due_at,
                a.decided_at, a.decided_by, a.answer",
    );
    conditions(&mut query, workspace, filter);
    query.latest(("a.opened_at", "a.id"), filter.after, limit);
    tx.all_of(query).await
}

/// How many appeals, up to `limit`.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: usize,
) -> Result<i64> {
    let found = |query: &mut Query| conditions(query, workspace, filter);
    tx.count_of(Query::counted(found, limit)).await
}
