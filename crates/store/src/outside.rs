//! Events that other programs reported.

use yutang_domain::{
    id::{EventId, GroupId, MemberId, OutsideId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// An event as it was reported.
    pub struct Outside {
        /// Its id.
        pub id: OutsideId,
        /// Where it comes from, by the reporter's word.
        pub source: String,
        /// The reporter's name of it.
        pub external_id: String,
        /// What kind of thing happened.
        pub name: String,
        /// To whom.
        pub member_id: Option<MemberId>,
        /// In which group.
        pub group_id: Option<GroupId>,
        /// What else was said, JSON; `{}` once it was let go of.
        pub data: String,
        /// When it happened.
        pub at: Timestamp,
        /// Who reported it, in stored form.
        pub actor: String,
        /// The fact of the log.
        pub event_id: EventId,
        /// When it was reported.
        pub created_at: Timestamp,
    }
}

/// Keeps an event unless one of this source and id is there; false if it is.
///
/// # Errors
/// Member or group is unknown, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &Outside) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO outside (id, workspace_id, source, external_id, name, member_id, group_id,
                data, at, actor, event_id, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (workspace_id, source, external_id) DO NOTHING"
        ),
        params![
            row.id,
            workspace,
            row.source.as_str(),
            row.external_id.as_str(),
            row.name.as_str(),
            row.member_id,
            row.group_id,
            row.data.as_str(),
            row.at,
            row.actor.as_str(),
            row.event_id,
            row.created_at,
        ],
    )
    .await
}

/// The event of a source with an id.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(
    tx: &mut Tx,
    workspace: WorkspaceId,
    source: &str,
    external_id: &str,
) -> Result<Outside> {
    tx.one(
        "outside",
        sql!(
            "SELECT id, source, external_id, name, member_id, group_id, data, at, actor, event_id,
                    created_at
             FROM outside WHERE workspace_id = $1 AND source = $2 AND external_id = $3"
        ),
        params![workspace, source, external_id],
    )
    .await
}

/// A page of what was reported, the latest first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: Option<&str>,
    after: Option<(i64, OutsideId)>,
    limit: usize,
) -> Result<Vec<Outside>> {
    let mut query = Query::new(
        "SELECT id, source, external_id, name, member_id, group_id, data, at, actor, event_id,
            created_at FROM outside WHERE workspace_id = ",
    );
    query.bind(workspace);
    if let Some(name) = name {
        query.push(" AND name = ").bind(name);
    }
    query.latest(("created_at", "id"), after, limit);
    tx.all_of(query).await
}

/// How many there are, counted up to a limit.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name: Option<&str>,
    limit: usize,
) -> Result<i64> {
    let query = Query::counted(
        |query| {
            query
                .push(" FROM outside WHERE workspace_id = ")
                .bind(workspace);
            if let Some(name) = name {
                query.push(" AND name = ").bind(name);
            }
        },
        limit,
    );
    tx.count_of(query).await
}

/// Lets go of up to `limit` data reported before an instant; returns how many.
///
/// # Errors
/// The engine refused.
pub async fn forget_data(
    tx: &mut Tx,
    workspace: WorkspaceId,
    before: Timestamp,
    limit: usize,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE outside SET data = '{}' WHERE id IN (SELECT id FROM outside
                WHERE workspace_id = $1 AND created_at < $2 AND data <> '{}'
                ORDER BY created_at, id LIMIT $3)"
        ),
        params![workspace, before, limit],
    )
    .await
}
