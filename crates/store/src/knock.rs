//! Those who ask to be let in.

use yutang_domain::{
    gate::{Held, KnockState},
    id::{ChannelAccountId, GroupId, KnockId, MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// Somebody asks to be let in.
    pub struct Knock {
        /// Its id.
        pub id: KnockId,
        /// At which group.
        pub group_id: GroupId,
        /// Who.
        pub member_id: MemberId,
        /// What they say for themselves.
        pub said: String,
        /// The code or link through which they ask.
        pub via: Option<String>,
        /// Whether they wrote to the account in private.
        pub wrote: bool,
        /// Where it stands.
        pub state: KnockState,
        /// Why it waits, or waited.
        pub held: Option<Held>,
        /// When they asked.
        pub knocked_at: Timestamp,
        /// When it was decided.
        pub decided_at: Option<Timestamp>,
        /// Who decided, in stored form; `None` = the network's own client.
        pub decided_by: Option<String>,
        /// Why they were turned away.
        pub reason: Option<String>,
    }
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, group_id, member_id, said, via, wrote, state, held, knocked_at, decided_at, decided_by,
             reason",
            $after
        )
    };
}

/// Keeps a knock; false if it is kept already.
///
/// # Errors
/// The engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    row: &Knock,
    source_key: &[u8],
) -> Result<bool> {
    tx.changed(
        sql!(columns!(
            "INSERT INTO knock (workspace_id, source_key, ",
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (workspace_id, group_id, source_key) DO NOTHING"
        )),
        params![
            workspace,
            source_key,
            row.id,
            row.group_id,
            row.member_id,
            row.said.as_str(),
            row.via.as_deref(),
            row.wrote,
            row.state,
            row.held,
            row.knocked_at,
            row.decided_at,
            row.decided_by.as_deref(),
            row.reason.as_deref(),
        ],
    )
    .await
}

/// Whether a knock of this source is kept.
///
/// # Errors
/// The engine refused.
pub async fn is_kept(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    source_key: &[u8],
) -> Result<bool> {
    let kept = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM knock
                 WHERE workspace_id = $1 AND group_id = $2 AND source_key = $3"
            ),
            params![workspace, group, source_key],
        )
        .await?;
    Ok(kept > 0)
}

/// One knock.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    id: KnockId,
) -> Result<Knock> {
    tx.one(
        "knock",
        sql!(columns!(
            "SELECT ",
            " FROM knock WHERE workspace_id = $1 AND group_id = $2 AND id = $3"
        )),
        params![workspace, group, id],
    )
    .await
}

/// Knocks at a group, newest first, at most `limit` of those after `before`.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    state: Option<KnockState>,
    before: Option<(Timestamp, KnockId)>,
    limit: usize,
) -> Result<Vec<Knock>> {
    let mut query = Query::new(columns!("SELECT ", " FROM knock WHERE workspace_id = "));
    query.bind(workspace).push(" AND group_id = ").bind(group);
    if let Some(state) = state {
        query.push(" AND state = ").bind(state);
    }
    if let Some((at, id)) = before {
        query.push(" AND (knocked_at < ").bind(at);
        query.push(" OR (knocked_at = ").bind(at);
        query.push(" AND id < ").bind(id).push("))");
    }
    query
        .push(" ORDER BY knocked_at DESC, id DESC LIMIT ")
        .bind(limit);
    tx.all_of(query).await
}

/// How many knocks at a group stand so.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    state: Option<KnockState>,
) -> Result<i64> {
    let mut query =
        Query::new("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM knock WHERE workspace_id = ");
    query.bind(workspace).push(" AND group_id = ").bind(group);
    if let Some(state) = state {
        query.push(" AND state = ").bind(state);
    }
    tx.count_of(query).await
}

/// The knocks of one person that wait, at groups of any kind, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn waiting_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
) -> Result<Vec<Knock>> {
    tx.all(
        sql!(columns!(
            "SELECT ",
            " FROM knock WHERE workspace_id = $1 AND member_id = $2 AND state = 'waiting'
             ORDER BY knocked_at, id"
        )),
        params![workspace, member],
    )
    .await
}

/// All knocks of a person, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn of_person(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
) -> Result<Vec<Knock>> {
    tx.all(
        sql!(columns!(
            "SELECT ",
            " FROM knock WHERE workspace_id = $1 AND member_id IN
               (SELECT m.id FROM member m WHERE m.workspace_id = $1 AND m.canonical_id = $2)
             ORDER BY knocked_at, id"
        )),
        params![workspace, canonical],
    )
    .await
}

/// The knocks at a group that wait, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn waiting_at(tx: &mut Tx, workspace: WorkspaceId, group: GroupId) -> Result<Vec<Knock>> {
    tx.all(
        sql!(columns!(
            "SELECT ",
            " FROM knock WHERE workspace_id = $1 AND group_id = $2 AND state = 'waiting'
             ORDER BY knocked_at, id"
        )),
        params![workspace, group],
    )
    .await
}

/// Writes why a waiting knock waits, and what was said for it.
///
/// # Errors
/// The engine refused.
pub async fn hold(tx: &mut Tx, workspace: WorkspaceId, row: &Knock) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE knock SET held = $3, said = $4, wrote = $5
             WHERE workspace_id = $1 AND id = $2 AND state = 'waiting'"
        ),
        params![workspace, row.id, row.held, row.said.as_str(), row.wrote],
    )
    .await?;
    Ok(())
}

/// Ends a waiting knock; false if it does not wait any more.
///
/// # Errors
/// The engine refused.
pub async fn end(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: KnockId,
    state: KnockState,
    by: Option<&str>,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE knock SET state = $3, decided_by = $4, reason = $5, decided_at = $6
             WHERE workspace_id = $1 AND id = $2 AND state = 'waiting'"
        ),
        params![workspace, id, state, by, reason, at],
    )
    .await
}

/// Somebody came in: what the network's own client had decided was to let them in.
///
/// # Errors
/// The engine refused.
pub async fn came_in(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE knock SET state = 'admitted', decided_at = $4
             WHERE workspace_id = $1 AND group_id = $2 AND member_id = $3 AND state = 'gone'
               AND decided_by IS NULL
               AND knocked_at = (SELECT MAX(k.knocked_at) FROM knock k WHERE k.workspace_id = $1
                    AND k.group_id = $2 AND k.member_id = $3 AND k.knocked_at <= $4)"
        ),
        params![workspace, group, member, at],
    )
    .await?;
    Ok(())
}

/// Whether somebody who asked to be let into a group after `since` wrote to the account in private.
///
/// # Errors
/// The engine refused.
pub async fn wrote_since(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
    since: Timestamp,
) -> Result<bool> {
    let wrote = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM knock WHERE workspace_id = $1
                   AND group_id = $2 AND member_id = $3 AND knocked_at >= $4 AND wrote = $5"
            ),
            params![workspace, group, member, since, true],
        )
        .await?;
    Ok(wrote > 0)
}

/// Whether somebody has ever written to an account in private: they did when they asked to be let into
/// one of its groups, or they were answered there, which a bot can only do to whoever began.
///
/// # Errors
/// The engine refused.
pub async fn wrote_to(
    tx: &mut Tx,
    workspace: WorkspaceId,
    account: ChannelAccountId,
    member: MemberId,
) -> Result<bool> {
    let wrote = tx
        .count(
            sql!(
                "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM knock k
                    JOIN chat_group g ON g.workspace_id = k.workspace_id AND g.id = k.group_id
                    WHERE k.workspace_id = $1 AND k.member_id = $3 AND k.wrote = $4
                      AND g.channel_account_id = $2)
                  + (SELECT CAST(COUNT(*) AS BIGINT) FROM outbox o
                    WHERE o.workspace_id = $1 AND o.member_id = $3 AND o.channel_account_id = $2
                      AND o.action = 'post_private' AND o.state = 'sent') AS n"
            ),
            params![workspace, account, member, true],
        )
        .await?;
    Ok(wrote > 0)
}
