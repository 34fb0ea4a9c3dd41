//! Identities: a member's account on one channel. Also the list of those not to be recreated.

use std::collections::{HashMap, HashSet};

use yutang_domain::{
    id::{IdentityId, ImportRunId, MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// An account on a channel.
    pub struct Identity {
        /// Its id.
        pub id: IdentityId,
        /// The record it belongs to.
        pub member_id: MemberId,
        /// The network.
        pub channel: String,
        /// The network's id of it.
        pub external_id: String,
        /// What it calls itself.
        pub name: String,
        /// When somebody proved to hold it.
        pub verified_at: Option<Timestamp>,
        /// The import that made it.
        pub run_id: Option<ImportRunId>,
        /// When it was first seen.
        pub created_at: Timestamp,
    }
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, member_id, channel, external_id, name, verified_at, run_id, created_at",
            $after
        )
    };
}

/// Adds accounts and returns the records of those that were added: one that is there already,
/// perhaps made by another process at this moment, is left out.
///
/// # Errors
/// A record is unknown, or the engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    rows: &[Identity],
) -> Result<Vec<MemberId>> {
    let values = rows
        .iter()
        .map(|row| {
            params![
                row.id,
                row.member_id,
                row.channel.as_str(),
                row.external_id.as_str(),
                row.name.as_str(),
                row.verified_at,
                row.run_id,
                row.created_at,
                workspace,
            ]
        })
        .collect();
    let added: HashSet<IdentityId> = tx
        .insert_new(
            columns!("INSERT INTO identity (", ", workspace_id) VALUES"),
            values,
            "ON CONFLICT (workspace_id, channel, external_id) DO NOTHING",
            "SELECT id AS n FROM identity WHERE id IN",
        )
        .await?
        .into_iter()
        .collect();
    Ok(rows
        .iter()
        .filter(|row| added.contains(&row.id))
        .map(|row| row.member_id)
        .collect())
}

record! {
    /// Whose account an id is.
    pub struct Holder {
        /// The network's id of the account.
        pub external_id: String,
        /// The record it belongs to.
        pub member_id: MemberId,
    }
}

/// The records that the accounts of one channel with these ids belong to; unknown ids are left out.
///
/// # Errors
/// The engine refused.
pub async fn holders(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: &str,
    external_ids: &[&str],
) -> Result<HashMap<String, MemberId>> {
    let mut found = HashMap::with_capacity(external_ids.len());
    for chunk in external_ids.chunks(1_000) {
        let mut query =
            Query::new("SELECT external_id, member_id FROM identity WHERE workspace_id = ");
        query.bind(workspace).push(" AND channel = ").bind(channel);
        query
            .push(" AND external_id IN ")
            .list(chunk.iter().copied());
        let rows: Vec<Holder> = tx.all_of(query).await?;
        found.extend(rows.into_iter().map(|row| (row.external_id, row.member_id)));
    }
    Ok(found)
}

/// The accounts of one channel that have these ids.
///
/// # Errors
/// The engine refused.
pub async fn known(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: &str,
    external_ids: &[&str],
) -> Result<Vec<Identity>> {
    let mut found = Vec::new();
    for chunk in external_ids.chunks(1_000) {
        let mut query = Query::new(columns!("SELECT ", " FROM identity WHERE workspace_id = "));
        query.bind(workspace).push(" AND channel = ").bind(channel);
        query
            .push(" AND external_id IN ")
            .list(chunk.iter().copied());
        found.extend(tx.all_of::<Identity>(query).await?);
    }
    Ok(found)
}

/// All accounts of the person that `canonical` stands for, first seen first.
///
/// # Errors
/// The engine refused.
pub async fn of_person(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
) -> Result<Vec<Identity>> {
    tx.all(
        sql!(
            "SELECT i.id, i.member_id, i.channel, i.external_id, i.name, i.verified_at, i.run_id,
                    i.created_at
             FROM member m
             JOIN identity i ON i.workspace_id = m.workspace_id AND i.member_id = m.id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2 ORDER BY i.created_at, i.id"
        ),
        params![workspace, canonical],
    )
    .await
}

/// Writes what an account calls itself.
///
/// # Errors
/// The engine refused.
pub async fn rename(tx: &mut Tx, workspace: WorkspaceId, id: IdentityId, name: &str) -> Result<()> {
    tx.execute(
        sql!("UPDATE identity SET name = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, name],
    )
    .await?;
    Ok(())
}

/// Records that somebody proved to hold an account; the first proof counts.
///
/// # Errors
/// The engine refused.
pub async fn verify(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: IdentityId,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE identity SET verified_at = COALESCE(verified_at, $3)
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id, at],
    )
    .await?;
    Ok(())
}

/// Which of these keyed hashes are not to be recreated or written to.
///
/// # Errors
/// The engine refused.
pub async fn suppressed(
    tx: &mut Tx,
    workspace: WorkspaceId,
    hashes: &[Vec<u8>],
) -> Result<Vec<Vec<u8>>> {
    record! {
        /// A hash.
        pub struct Suppressed {
            /// Keyed.
            pub hash: Vec<u8>,
        }
    }
    let mut found = Vec::new();
    for chunk in hashes.chunks(1_000) {
        let mut query = Query::new("SELECT hash FROM suppression WHERE workspace_id = ");
        query
            .bind(workspace)
            .push(" AND hash IN ")
            .list(chunk.iter().cloned());
        found.extend(
            tx.all_of::<Suppressed>(query)
                .await?
                .into_iter()
                .map(|row| row.hash),
        );
    }
    Ok(found)
}

/// Whether anybody of the workspace is on the list.
///
/// # Errors
/// The engine refused.
pub async fn any_suppressed(tx: &mut Tx, workspace: WorkspaceId) -> Result<bool> {
    let one: Option<i64> = tx
        .find(
            sql!("SELECT created_at AS n FROM suppression WHERE workspace_id = $1 LIMIT 1"),
            params![workspace],
        )
        .await?;
    Ok(one.is_some())
}

/// Puts keyed hashes on the list.
///
/// # Errors
/// The engine refused.
pub async fn suppress(
    tx: &mut Tx,
    workspace: WorkspaceId,
    hashes: &[Vec<u8>],
    reason: &str,
    at: Timestamp,
) -> Result<()> {
    let rows = hashes
        .iter()
        .map(|hash| params![workspace, hash.clone(), reason, at])
        .collect();
    tx.insert_many(
        "INSERT INTO suppression (workspace_id, hash, reason, created_at) VALUES",
        rows,
        "ON CONFLICT DO NOTHING",
    )
    .await?;
    Ok(())
}
