//! What operators said of messages.

use yutang_domain::{
    id::{GroupId, MemberId, MessageId, WorkspaceId},
    mark::MarkSource,
    time::Timestamp,
};

use crate::{Result, Tx, branch, params, record, sql, sql::Query, text_cell};

text_cell!(MarkSource);

record! {
    /// A mark.
    pub struct Mark {
        /// The message.
        pub message_id: MessageId,
        /// In which group.
        pub group_id: GroupId,
        /// Whether it is unwanted.
        pub unwanted: bool,
        /// How the mark came about.
        pub source: MarkSource,
        /// Who made it, in stored form.
        pub actor: String,
        /// When.
        pub at: Timestamp,
    }
}

/// Marks a message; a later mark replaces an earlier one.
///
/// # Errors
/// The engine refused.
pub async fn set(tx: &mut Tx, workspace: WorkspaceId, row: &Mark) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO mark (workspace_id, message_id, group_id, unwanted, source, actor, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (workspace_id, message_id) DO UPDATE SET unwanted = excluded.unwanted,
                source = excluded.source, actor = excluded.actor, at = excluded.at"
        ),
        params![
            workspace,
            row.message_id,
            row.group_id,
            row.unwanted,
            row.source,
            row.actor.as_str(),
            row.at,
        ],
    )
    .await?;
    Ok(())
}

/// Takes a mark away; false if there is none.
///
/// # Errors
/// The engine refused.
pub async fn remove(tx: &mut Tx, workspace: WorkspaceId, message: MessageId) -> Result<bool> {
    tx.changed(
        sql!("DELETE FROM mark WHERE workspace_id = $1 AND message_id = $2"),
        params![workspace, message],
    )
    .await
}

record! {
    /// A text to learn from.
    pub struct Lesson {
        /// Its words.
        pub text: String,
        /// Whether it is unwanted.
        pub unwanted: bool,
    }
}

/// The latest marked texts that are still there.
///
/// # Errors
/// The engine refused.
pub async fn lessons(tx: &mut Tx, workspace: WorkspaceId, limit: usize) -> Result<Vec<Lesson>> {
    tx.all(
        sql!(
            "SELECT m.text, k.unwanted FROM mark k
             JOIN message m ON m.workspace_id = k.workspace_id AND m.id = k.message_id
             WHERE k.workspace_id = $1 AND m.text IS NOT NULL AND m.redacted_at IS NULL AND m.text <> ''
             ORDER BY k.at DESC, k.message_id DESC LIMIT $2"
        ),
        params![workspace, limit],
    )
    .await
}

record! {
    /// How many marked texts are still there.
    pub struct Tally {
        /// Whether unwanted.
        pub unwanted: bool,
        /// How many.
        pub n: i64,
    }
}

/// How many marked texts there are to learn from, by label.
///
/// # Errors
/// The engine refused.
pub async fn tally(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Tally>> {
    tx.all(
        sql!(
            "SELECT k.unwanted, CAST(COUNT(*) AS BIGINT) AS n FROM mark k
             JOIN message m ON m.workspace_id = k.workspace_id AND m.id = k.message_id
             WHERE k.workspace_id = $1 AND m.text IS NOT NULL AND m.redacted_at IS NULL AND m.text <> ''
             GROUP BY k.unwanted ORDER BY k.unwanted"
        ),
        params![workspace],
    )
    .await
}

record! {
    /// A message with its mark, if it has one.
    pub struct Marked {
        /// The message.
        pub id: MessageId,
        /// In which group.
        pub group_id: GroupId,
        /// Its name.
        pub group_name: String,
        /// Who wrote it.
        pub member_id: Option<MemberId>,
        /// When.
        pub sent_at: Timestamp,
        /// Its words; `None` once erased or past retention.
        pub text: Option<String>,
        /// Whether it is unwanted; `None` = not marked.
        pub unwanted: Option<bool>,
        /// How the mark came about.
        pub source: Option<MarkSource>,
        /// Who made it, in stored form.
        pub actor: Option<String>,
        /// When.
        pub marked_at: Option<Timestamp>,
    }
}

/// What messages are looked for by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In which group.
    pub group: Option<GroupId>,
    /// Path prefix of the branches that may be seen; empty = all.
    pub branch_prefix: String,
    /// With this label only.
    pub unwanted: Option<bool>,
    /// Only what was marked before this one.
    pub before: Option<(Timestamp, MessageId)>,
}

fn within(query: &mut Query, workspace: WorkspaceId, filter: &Filter) {
    if let Some(group) = filter.group {
        query.push(" AND m.group_id = ").bind(group);
    }
    if !filter.branch_prefix.is_empty() {
        query.push(" AND g.branch_id IN ");
        branch::below(query, workspace, &filter.branch_prefix);
    }
}

/// Marked messages, the latest mark first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Marked>> {
    let mut query = Query::new(
        "SELECT m.id, m.group_id, g.name AS group_name, m.member_id, m.sent_at, m.text, k.unwanted,
                k.source, k.actor, k.at AS marked_at
         FROM mark k JOIN message m ON m.workspace_id = k.workspace_id AND m.id = k.message_id
         JOIN chat_group g ON g.workspace_id = m.workspace_id AND g.id = m.group_id
         WHERE k.workspace_id = ",
    );
    query.bind(workspace);
    within(&mut query, workspace, filter);
    if let Some(unwanted) = filter.unwanted {
        query.push(" AND k.unwanted = ").bind(unwanted);
    }
    if let Some((at, id)) = filter.before {
        query
            .push(" AND (k.at < ")
            .bind(at)
            .push(" OR (k.at = ")
            .bind(at);
        query.push(" AND k.message_id < ").bind(id).push("))");
    }
    query
        .push(" ORDER BY k.at DESC, k.message_id DESC LIMIT ")
        .bind(limit);
    tx.all_of(query).await
}

/// The latest messages of members with words, sent since `since`; with `unmarked` only those that
/// nobody has marked.
///
/// # Errors
/// The engine refused.
pub async fn to_mark(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    (unmarked, since): (bool, Timestamp),
    limit: usize,
) -> Result<Vec<Marked>> {
    let mut query = Query::new(
        "SELECT m.id, m.group_id, g.name AS group_name, m.member_id, m.sent_at, m.text, k.unwanted,
                k.source, k.actor, k.at AS marked_at
         FROM message m JOIN chat_group g ON g.workspace_id = m.workspace_id AND g.id = m.group_id
         JOIN membership s ON s.workspace_id = m.workspace_id AND s.group_id = m.group_id
            AND s.member_id = m.member_id
         LEFT JOIN mark k ON k.workspace_id = m.workspace_id AND k.message_id = m.id
         WHERE s.role = 'member' AND m.redacted_at IS NULL AND m.text <> '' AND m.workspace_id = ",
    );
    query.bind(workspace).push(" AND m.sent_at >= ").bind(since);
    if unmarked {
        query.push(" AND k.message_id IS NULL");
    }
    within(&mut query, workspace, filter);
    query
        .push(" ORDER BY m.sent_at DESC, m.id DESC LIMIT ")
        .bind(limit);
    tx.all_of(query).await
}
