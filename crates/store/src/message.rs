//! Messages, and the counts that outlive their texts.

mod change;
mod count;
mod held;

use yutang_domain::{
    id::{GroupId, ImportRunId, MemberId, MessageId, WorkspaceId},
    time::{Date, Timestamp},
};

pub use change::{Edit, edit, edit_of, recall};
pub use count::{Done, count, count_hours, credit, sum_days};
pub use held::{
    Held, Recent, Words, between, held, latest, latest_from, name, recent, texts, wrote_before,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// A message.
    pub struct Message {
        /// Its id.
        pub id: MessageId,
        /// In which group.
        pub group_id: GroupId,
        /// By whom; `None` for lines of the network itself.
        pub member_id: Option<MemberId>,
        /// When.
        pub sent_at: Timestamp,
        /// Civil day of that instant in the workspace's zone.
        pub day: Date,
        /// What it consists of: `text`, `image`, …, `system`.
        pub kind: String,
        /// Its words; `None` once erased or past retention.
        pub text: Option<String>,
        /// The network's id of the message it answers.
        pub reply_to: Option<String>,
        /// Why it gives value.
        pub value_code: Option<String>,
        /// Weight as an advert; 0 = none.
        pub advert: i64,
        /// Whether it is off the group's topic.
        pub off_topic: bool,
        /// Whether it was judged on the topic or off it.
        pub judged: bool,
        /// Whether it was taken as a complaint.
        pub complaint: bool,
        /// Name of the line, unique in its group.
        pub source_key: Vec<u8>,
        /// The import that brought it.
        pub run_id: Option<ImportRunId>,
        /// When its words were taken out at somebody's wish.
        pub redacted_at: Option<Timestamp>,
    }
}

/// Adds messages that are not there yet; returns the ids of those that were new.
///
/// # Errors
/// The engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    rows: &[Message],
) -> Result<Vec<MessageId>> {
    let values = rows
        .iter()
        .map(|row| {
            params![
                row.id,
                workspace,
                row.group_id,
                row.member_id,
                row.sent_at,
                row.day,
                row.kind.as_str(),
                row.text.as_deref(),
                row.reply_to.as_deref(),
                row.value_code.as_deref(),
                row.advert,
                row.off_topic,
                row.judged,
                row.complaint,
                row.source_key.as_slice(),
                row.run_id,
                row.redacted_at,
            ]
        })
        .collect();
    tx.insert_new(
            "INSERT INTO message (id, workspace_id, group_id, member_id, sent_at, day, kind, text,
             reply_to, value_code, advert, off_topic, judged, complaint, source_key, run_id, redacted_at)
             VALUES",
            values,
            "ON CONFLICT (workspace_id, group_id, source_key) DO NOTHING",
            "SELECT id AS n FROM message WHERE id IN",
        )
        .await
}

/// Which end of the stream a page of messages begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Older than this, newest first.
    Before(Timestamp, MessageId),
    /// Newer than this, oldest first.
    After(Timestamp, MessageId),
}

/// A page of a group's messages; `side` `None` = the newest. `by_people`: only those of people, or
/// only the network's own lines.
///
/// # Errors
/// The engine refused.
pub async fn stream(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    side: Option<Side>,
    by_people: Option<bool>,
    limit: usize,
) -> Result<Vec<Message>> {
    let mut query = Query::new(
        "SELECT id, group_id, member_id, sent_at, day, kind, text, reply_to, value_code, advert,
                off_topic, judged, complaint, source_key, run_id, redacted_at
         FROM message WHERE workspace_id = ",
    );
    query.bind(workspace).push(" AND group_id = ").bind(group);
    match by_people {
        None => {}
        Some(true) => {
            query.push(" AND member_id IS NOT NULL");
        }
        Some(false) => {
            query.push(" AND member_id IS NULL");
        }
    }
    match side {
        None => {}
        Some(Side::Before(at, id)) => {
            query
                .push(" AND (sent_at < ")
                .bind(at)
                .push(" OR (sent_at = ")
                .bind(at);
            query.push(" AND id < ").bind(id).push("))");
        }
        Some(Side::After(at, id)) => {
            query
                .push(" AND (sent_at > ")
                .bind(at)
                .push(" OR (sent_at = ")
                .bind(at);
            query.push(" AND id > ").bind(id).push("))");
        }
    }
    query.push(match side {
        Some(Side::After(..)) => " ORDER BY sent_at, id LIMIT ",
        _ => " ORDER BY sent_at DESC, id DESC LIMIT ",
    });
    query.bind(limit);
    tx.all_of(query).await
}

/// Messages whose texts contain `words`, in one group and period, newest first; the caller goes on
/// from the oldest instant looked at.
///
/// # Errors
/// The engine refused.
pub async fn search(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    words: &str,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<Message>> {
    tx.all(
        sql!(
            "SELECT id, group_id, member_id, sent_at, day, kind, text, reply_to, value_code, advert,
                    off_topic, judged, complaint, source_key, run_id, redacted_at
             FROM message
             WHERE workspace_id = $1 AND group_id = $2 AND sent_at < $4
               AND lower(text) LIKE '%' || lower($3) || '%'
             ORDER BY sent_at DESC, id DESC LIMIT $5"
        ),
        params![workspace, group, words, before, limit],
    )
    .await
}

/// The latest message of a group before an instant, with its text and sender: what a first message
/// of a chunk may be an answer to.
///
/// # Errors
/// The engine refused.
pub async fn latest_before(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    at: Timestamp,
) -> Result<Option<Message>> {
    tx.find(
        sql!(
            "SELECT id, group_id, member_id, sent_at, day, kind, text, reply_to, value_code, advert,
                    off_topic, judged, complaint, source_key, run_id, redacted_at
             FROM message WHERE workspace_id = $1 AND group_id = $2 AND sent_at <= $3
               AND member_id IS NOT NULL
             ORDER BY sent_at DESC, id DESC LIMIT 1"
        ),
        params![workspace, group, at],
    )
    .await
}

/// Messages by their ids, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn of_ids(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &[MessageId],
) -> Result<Vec<Message>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let mut query = Query::new(
            "SELECT id, group_id, member_id, sent_at, day, kind, text, reply_to, value_code, advert,
                    off_topic, judged, complaint, source_key, run_id, redacted_at
             FROM message WHERE workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND id IN ")
            .list(chunk.iter().copied());
        found.extend(tx.all_of::<Message>(query).await?);
    }
    found.sort_by_key(|row| (row.sent_at, row.id));
    Ok(found)
}

/// Who wrote the message of a group that has these ten bytes as its own name, among those sent since
/// `since`.
///
/// # Errors
/// The engine refused.
pub async fn author_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    (name, since): (&[u8], &[u8]),
) -> Result<Option<MemberId>> {
    let found: Option<i64> = tx
        .find(
            sql!(
                "SELECT member_id AS n FROM message
                 WHERE workspace_id = $1 AND group_id = $2 AND source_key >= $4
                   AND substr(source_key, 7, 10) = $3 AND member_id IS NOT NULL LIMIT 1"
            ),
            params![workspace, group, name.to_vec(), since.to_vec()],
        )
        .await?;
    Ok(found.map(MemberId::from_raw))
}

/// Up to `limit` messages that a run brought.
///
/// # Errors
/// The engine refused.
pub async fn of_run(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
    limit: usize,
) -> Result<Vec<Message>> {
    tx.all(
        sql!(
            "SELECT id, group_id, member_id, sent_at, day, kind, text, reply_to, value_code, advert,
                    off_topic, judged, complaint, source_key, run_id, redacted_at
             FROM message WHERE workspace_id = $1 AND run_id = $2 ORDER BY id LIMIT $3"
        ),
        params![workspace, run, limit],
    )
    .await
}

/// Removes messages for good.
///
/// # Errors
/// The engine refused.
pub async fn remove(tx: &mut Tx, workspace: WorkspaceId, ids: &[MessageId]) -> Result<u64> {
    let mut query = Query::new("DELETE FROM message WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND id IN ")
        .list(ids.iter().copied());
    tx.execute_of(query).await
}

record! {
    /// A message that still has its words.
    pub struct Worded {
        /// Its id.
        pub id: MessageId,
        /// When it was sent.
        pub sent_at: Timestamp,
    }
}

/// Messages sent before `before` that still have their words, oldest first, from after a place in
/// that order.
///
/// # Errors
/// The engine refused.
pub async fn with_text(
    tx: &mut Tx,
    workspace: WorkspaceId,
    before: Timestamp,
    after: Option<(Timestamp, MessageId)>,
    limit: usize,
) -> Result<Vec<Worded>> {
    let (at, id) = after.unwrap_or((Timestamp::from_ms(i64::MIN), MessageId::from_raw(i64::MIN)));
    tx.all(
        sql!(
            "SELECT id, sent_at FROM message
             WHERE workspace_id = $1 AND sent_at < $2 AND text IS NOT NULL
               AND sent_at >= $3 AND (sent_at > $3 OR id > $4)
             ORDER BY sent_at, id LIMIT $5"
        ),
        params![workspace, before, at, id, limit],
    )
    .await
}

/// Lets go of the words of messages; the rows stay.
///
/// # Errors
/// The engine refused.
pub async fn let_go(tx: &mut Tx, workspace: WorkspaceId, ids: &[MessageId]) -> Result<u64> {
    let mut query = Query::new("UPDATE message SET text = NULL WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND text IS NOT NULL AND id IN ")
        .list(ids.iter().copied());
    tx.execute_of(query).await
}

/// The message of a group with the ten bytes of its own name among those sent since `since`.
///
/// # Errors
/// The engine refused.
pub async fn named(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    (name, since): (&[u8], &[u8]),
) -> Result<Option<Message>> {
    tx.find(
        sql!(
            "SELECT id, group_id, member_id, sent_at, day, kind, text, reply_to, value_code, advert,
                    off_topic, judged, complaint, source_key, run_id, redacted_at
             FROM message
             WHERE workspace_id = $1 AND group_id = $2 AND source_key >= $4
                AND substr(source_key, 7, 10) = $3
             ORDER BY source_key LIMIT 1"
        ),
        params![workspace, group, name.to_vec(), since.to_vec()],
    )
    .await
}
