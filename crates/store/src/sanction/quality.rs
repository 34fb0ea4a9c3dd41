//! What quality is measured by.

use yutang_domain::{
    appeal::AppealState,
    id::{GroupId, WorkspaceId},
    moderation::HitKind,
    sanction::SanctionState,
    time::Timestamp,
};

use crate::{Result, Tx, record, sql::Query};

record! {
    /// A sanction with what became of it.
    pub struct Measured {
        /// What it was for.
        pub kind: HitKind,
        /// Where it stands.
        pub state: SanctionState,
        /// Whether a person found it right.
        pub is_right: Option<bool>,
        /// Whether somebody appealed, and with what outcome.
        pub appeal: Option<AppealState>,
        /// When the message was sent.
        pub message_at: Timestamp,
        /// When the first step was done.
        pub acted_at: Option<Timestamp>,
    }
}

/// What the program decided in a period, and what became of it; at most `limit`, latest first.
///
/// # Errors
/// The engine refused.
pub async fn measured(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (from, to): (Timestamp, Timestamp),
    group: Option<GroupId>,
    branch_prefix: &str,
    limit: usize,
) -> Result<Vec<Measured>> {
    let mut query = Query::new(
        "SELECT s.kind, s.state, s.is_right, s.message_at,
                (SELECT a.state FROM appeal a WHERE a.workspace_id = s.workspace_id
                    AND a.sanction_id = s.id) AS appeal,
                (SELECT MIN(COALESCE(o.sent_at, t.done_at)) FROM sanction_step x
                    LEFT JOIN outbox o ON o.workspace_id = x.workspace_id AND o.id = x.outbox_id
                    LEFT JOIN staff_task t ON t.workspace_id = x.workspace_id AND t.id = x.task_id
                    WHERE x.workspace_id = s.workspace_id AND x.sanction_id = s.id
                      AND NOT x.undoes) AS acted_at
         FROM sanction s
         JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
         WHERE NOT s.by_hand AND s.workspace_id = ",
    );
    query.bind(workspace);
    query.push(" AND s.decided_at >= ").bind(from);
    query.push(" AND s.decided_at < ").bind(to);
    if let Some(group) = group {
        query.push(" AND s.group_id = ").bind(group);
    }
    query.push(" AND ").begins("b.path", branch_prefix);
    query
        .push(" ORDER BY s.decided_at DESC, s.id DESC LIMIT ")
        .bind(limit);
    tx.all_of(query).await
}
