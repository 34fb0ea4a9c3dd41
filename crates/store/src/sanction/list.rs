//! Sanctions as lists show them.

use yutang_domain::{
    id::{GroupId, MemberId, MessageId, SanctionId, WorkspaceId},
    moderation::HitKind,
    sanction::SanctionStanding,
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

/// Where the sanction `s` stands, as people see it.
macro_rules! standing {
    () => {
        "CASE
            WHEN s.state <> 'decided' THEN s.state
            WHEN EXISTS (SELECT 1 FROM appeal a WHERE a.workspace_id = s.workspace_id
                         AND a.sanction_id = s.id AND a.state = 'open') THEN 'appealed'
            WHEN EXISTS (SELECT 1 FROM sanction_step x
                         JOIN outbox o ON o.workspace_id = x.workspace_id AND o.id = x.outbox_id
                         WHERE x.workspace_id = s.workspace_id AND x.sanction_id = s.id
                           AND o.state IN ('pending', 'sending'))
              OR EXISTS (SELECT 1 FROM sanction_step x
                         JOIN staff_task t ON t.workspace_id = x.workspace_id AND t.id = x.task_id
                         WHERE x.workspace_id = s.workspace_id AND x.sanction_id = s.id
                           AND t.state = 'open') THEN 'decided'
            ELSE 'carried'
         END"
    };
}

record! {
    /// A sanction's place in a list, with the names it shows.
    pub struct Listed {
        /// Its id.
        pub id: SanctionId,
        /// Where it stands.
        pub standing: SanctionStanding,
        /// Name of its group.
        pub group_name: String,
        /// Name of its member.
        pub member_name: String,
        /// The record that stands for the member.
        pub canonical_id: MemberId,
        /// When it was decided.
        pub decided_at: Timestamp,
    }
}

/// Which sanctions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Standing so; empty = any.
    pub standing: Vec<SanctionStanding>,
    /// In this group.
    pub group: Option<GroupId>,
    /// Of this kind.
    pub kind: Option<HitKind>,
    /// Of this person.
    pub member: Option<MemberId>,
    /// Found right or wrong by a person, or not yet.
    pub judged: Option<bool>,
    /// In branches whose path begins so.
    pub branch_prefix: String,
    /// Behind this place: decided instant in milliseconds, and id.
    pub after: Option<(i64, SanctionId)>,
}

fn conditions(query: &mut Query, workspace: WorkspaceId, filter: &Filter) {
    query.push(concat!(
        " FROM (SELECT s.id, s.group_id, s.member_id, s.kind, s.decided_at, ",
        standing!(),
        " AS standing FROM sanction s WHERE s.workspace_id = "
    ));
    query.bind(workspace);
    if let Some(group) = filter.group {
        query.push(" AND s.group_id = ").bind(group);
    }
    if let Some(kind) = filter.kind {
        query.push(" AND s.kind = ").bind(kind);
    }
    if let Some(judged) = filter.judged {
        query.push(if judged {
            " AND s.is_right IS NOT NULL"
        } else {
            " AND s.is_right IS NULL"
        });
    }
    query.push(
        ") s
         JOIN chat_group g ON g.id = s.group_id
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
         JOIN member m ON m.workspace_id = g.workspace_id AND m.id = s.member_id
         WHERE g.workspace_id = ",
    );
    query.bind(workspace);
    query.push(" AND ").begins("b.path", &filter.branch_prefix);
    if let Some(member) = filter.member {
        query.push(" AND m.canonical_id = ").bind(member);
    }
    if !filter.standing.is_empty() {
        query
            .push(" AND s.standing IN ")
            .list(filter.standing.iter().copied());
    }
}

/// Sanctions, latest first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Listed>> {
    let mut query = Query::new(
        "SELECT s.id, s.standing, g.name AS group_name, m.name AS member_name, m.canonical_id,
                s.decided_at",
    );
    conditions(&mut query, workspace, filter);
    query.latest(("s.decided_at", "s.id"), filter.after, limit);
    tx.all_of(query).await
}

/// How many sanctions, up to `limit`.
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

/// One sanction as a list shows it.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn standing_of(tx: &mut Tx, workspace: WorkspaceId, id: SanctionId) -> Result<Listed> {
    tx.one(
        "sanction",
        sql!(concat!(
            "SELECT s.id, ",
            standing!(),
            " AS standing, g.name AS group_name, m.name AS member_name, m.canonical_id, s.decided_at
             FROM sanction s
             JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
             JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
             WHERE s.workspace_id = $1 AND s.id = $2"
        )),
        params![workspace, id],
    )
    .await
}

record! {
    /// A message that a sanction is for.
    pub struct Cause {
        /// The sanction.
        pub sanction_id: SanctionId,
        /// The message.
        pub message_id: MessageId,
        /// When it was sent.
        pub sent_at: Timestamp,
        /// What it consists of.
        pub kind: String,
        /// Its words; `None` once erased or past retention.
        pub text: Option<String>,
        /// The network's id of it.
        pub external_id: Option<String>,
        /// When it was taken back on its network.
        pub recalled_at: Option<Timestamp>,
    }
}

/// The messages of these sanctions, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn causes(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sanctions: &[SanctionId],
) -> Result<Vec<Cause>> {
    let mut query = Query::new(
        "SELECT x.sanction_id, x.message_id, m.sent_at, m.kind, m.text, m.external_id, m.recalled_at
         FROM sanction_message x JOIN message m ON m.workspace_id = x.workspace_id
            AND m.id = x.message_id
         WHERE x.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND x.sanction_id IN ")
        .list(sanctions.iter().copied());
    query.push(" ORDER BY x.sanction_id, m.sent_at, x.message_id");
    tx.all_of(query).await
}

record! {
    /// How much waits for a person.
    pub struct Waiting {
        /// Watched decisions that nobody looked at.
        pub watched: i64,
        /// Removals to be decided.
        pub review: i64,
        /// Appeals to be answered.
        pub appealed: i64,
    }
}

/// How much waits for a person in branches whose path begins so.
///
/// # Errors
/// The engine refused.
pub async fn waiting(tx: &mut Tx, workspace: WorkspaceId, prefix: &str) -> Result<Waiting> {
    tx.one(
        "workspace",
        sql!(
            "SELECT
                CAST(COALESCE(SUM(CASE WHEN s.state = 'watched' AND s.is_right IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS watched,
                CAST(COALESCE(SUM(CASE WHEN s.state = 'review' THEN 1 ELSE 0 END), 0) AS BIGINT) AS review,
                CAST(COALESCE(SUM(CASE WHEN a.state = 'open' THEN 1 ELSE 0 END), 0) AS BIGINT) AS appealed
             FROM sanction s
             JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
             JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
             LEFT JOIN appeal a ON a.workspace_id = s.workspace_id AND a.sanction_id = s.id
             WHERE s.workspace_id = $1 AND substr(b.path, 1, $3) = $2"
        ),
        params![workspace, prefix, prefix.chars().count()],
    )
    .await
}
