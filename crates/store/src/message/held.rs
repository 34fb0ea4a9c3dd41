//! Messages as those who keep order see them.

use yutang_domain::{
    id::{GroupId, MemberId, MessageId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

/// Writes down what the network itself calls live messages.
///
/// # Errors
/// The engine refused.
pub async fn name(tx: &mut Tx, workspace: WorkspaceId, names: &[(MessageId, &str)]) -> Result<()> {
    let rows = names
        .iter()
        .map(|(id, external)| params![*id, *external, workspace])
        .collect();
    tx.insert_many(
        "UPDATE message SET external_id = v.column2 FROM (VALUES",
        rows,
        ") AS v WHERE message.id = v.column1 AND message.workspace_id = v.column3",
    )
    .await?;
    Ok(())
}

record! {
    /// A message as those who keep order see it.
    pub struct Held {
        /// Its id.
        pub id: MessageId,
        /// In which group.
        pub group_id: GroupId,
        /// By whom; `None` for lines of the network itself.
        pub member_id: Option<MemberId>,
        /// When.
        pub sent_at: Timestamp,
        /// What it consists of.
        pub kind: String,
        /// Its words; `None` once erased or past retention.
        pub text: Option<String>,
        /// Whether it is off the group's topic.
        pub off_topic: bool,
        /// The network's id of it.
        pub external_id: Option<String>,
        /// The network's id of the message it answers.
        pub reply_to: Option<String>,
    }
}

/// One message.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn held(tx: &mut Tx, workspace: WorkspaceId, id: MessageId) -> Result<Held> {
    tx.one(
        "message",
        sql!(
            "SELECT id, group_id, member_id, sent_at, kind, text, off_topic, external_id, reply_to
             FROM message WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// Messages of people in a group and period that still have their words, oldest first, from after a
/// place in that order.
///
/// # Errors
/// The engine refused.
pub async fn between(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    (from, to): (Timestamp, Timestamp),
    after: Option<(Timestamp, MessageId)>,
    limit: usize,
) -> Result<Vec<Held>> {
    let (at, id) = after.unwrap_or((from, MessageId::from_raw(i64::MIN)));
    tx.all(
        sql!(
            "SELECT id, group_id, member_id, sent_at, kind, text, off_topic, external_id, reply_to
             FROM message
             WHERE workspace_id = $1 AND group_id = $2 AND sent_at >= $3 AND sent_at < $4
               AND member_id IS NOT NULL AND text IS NOT NULL AND (sent_at > $3 OR id > $5)
             ORDER BY sent_at, id LIMIT $6"
        ),
        params![workspace, group, at, to, id, limit],
    )
    .await
}

/// The latest messages of people in branches whose path begins so, newest first.
///
/// # Errors
/// The engine refused.
pub async fn latest(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: Option<GroupId>,
    branch_prefix: &str,
    limit: usize,
) -> Result<Vec<Held>> {
    latest_from(tx, workspace, group, branch_prefix, None, limit).await
}

/// As [`latest`], of those before a place in that order.
///
/// # Errors
/// The engine refused.
pub async fn latest_from(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: Option<GroupId>,
    branch_prefix: &str,
    before: Option<(Timestamp, MessageId)>,
    limit: usize,
) -> Result<Vec<Held>> {
    let mut query = Query::new(
        "SELECT x.id, x.group_id, x.member_id, x.sent_at, x.kind, x.text, x.off_topic,
                x.external_id, x.reply_to
         FROM message x
         JOIN chat_group g ON g.workspace_id = x.workspace_id AND g.id = x.group_id
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
         WHERE x.member_id IS NOT NULL AND x.text IS NOT NULL AND x.workspace_id = ",
    );
    query.bind(workspace);
    if let Some(group) = group {
        query.push(" AND x.group_id = ").bind(group);
    }
    if let Some((at, id)) = before {
        query.push(" AND (x.sent_at < ").bind(at);
        query.push(" OR (x.sent_at = ").bind(at);
        query.push(" AND x.id < ").bind(id).push("))");
    }
    query.push(" AND ").begins("b.path", branch_prefix);
    query
        .push(" ORDER BY x.sent_at DESC, x.id DESC LIMIT ")
        .bind(limit);
    tx.all_of(query).await
}

/// When a member last wrote in a group before a message.
///
/// # Errors
/// The engine refused.
pub async fn wrote_before(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
    (at, id): (Timestamp, MessageId),
) -> Result<Option<Timestamp>> {
    let ms: Option<i64> = tx
        .find(
            sql!(
                "SELECT sent_at AS n FROM message
                 WHERE workspace_id = $1 AND member_id = $3 AND group_id = $2 AND sent_at <= $4
                   AND id <> $5
                 ORDER BY sent_at DESC, id DESC LIMIT 1"
            ),
            params![workspace, group, member, at, id],
        )
        .await?;
    Ok(ms.map(Timestamp::from_ms))
}

record! {
    /// A message without its words.
    pub struct Recent {
        /// Its id.
        pub id: MessageId,
        /// By whom.
        pub member_id: Option<MemberId>,
        /// When.
        pub sent_at: Timestamp,
        /// The network's id of the message it answers.
        pub reply_to: Option<String>,
        /// The network's id of it.
        pub external_id: Option<String>,
    }
}

/// The latest messages of people in a group between two instants, both included, newest first.
///
/// # Errors
/// The engine refused.
pub async fn recent(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    (since, until): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<Recent>> {
    tx.all(
        sql!(
            "SELECT id, member_id, sent_at, reply_to, external_id FROM message
             WHERE workspace_id = $1 AND group_id = $2 AND sent_at >= $3 AND sent_at <= $4
               AND member_id IS NOT NULL
             ORDER BY sent_at DESC, id DESC LIMIT $5"
        ),
        params![workspace, group, since, until, limit],
    )
    .await
}

record! {
    /// The words of a message.
    pub struct Words {
        /// Its id.
        pub id: MessageId,
        /// The words; `None` once erased or past retention.
        pub text: Option<String>,
    }
}

/// The words of messages.
///
/// # Errors
/// The engine refused.
pub async fn texts(tx: &mut Tx, workspace: WorkspaceId, ids: &[MessageId]) -> Result<Vec<Words>> {
    let mut query = Query::new("SELECT id, text FROM message WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND id IN ")
        .list(ids.iter().copied());
    tx.all_of(query).await
}
