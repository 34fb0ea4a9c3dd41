//! What groups and members were told unasked on a day, and when accounts have room for more.

use yutang_domain::{
    id::{ChannelAccountId, Id, WorkspaceId},
    time::{Date, Timestamp},
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// How much somebody was told on a day.
    pub struct Told {
        /// The group or member.
        pub subject_id: i64,
        /// How often, through whatever.
        pub n: i64,
        /// Of these, how often through the way asked for.
        pub by_way: i64,
    }
}

/// A word about to be said unasked.
#[derive(Clone, Copy, Debug)]
pub struct NewContact<'a> {
    /// The civil day it falls on.
    pub day: Date,
    /// How many fit on a day.
    pub cap: i64,
    /// The capability that it takes.
    pub way: &'a str,
    /// Who speaks: a kind and an id.
    pub sender: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Takes one of the day's places, if one is left; false if none is.
///
/// # Errors
/// The engine refused.
pub async fn take<K>(
    tx: &mut Tx,
    workspace: WorkspaceId,
    subject: Id<K>,
    new: &NewContact<'_>,
) -> Result<bool> {
    for slot in 0..new.cap {
        let taken = tx
            .changed(
                sql!(
                    "INSERT INTO contact (workspace_id, subject_id, day, slot, way, sender, at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)
                     ON CONFLICT (workspace_id, subject_id, day, slot) DO NOTHING"
                ),
                params![
                    workspace, subject, new.day, slot, new.way, new.sender, new.at
                ],
            )
            .await?;
        if taken {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Gives the places back that a sender took and did not use.
///
/// # Errors
/// The engine refused.
pub async fn give_back<K>(
    tx: &mut Tx,
    workspace: WorkspaceId,
    subject: Id<K>,
    sender: &str,
) -> Result<()> {
    tx.execute(
        sql!("DELETE FROM contact WHERE workspace_id = $1 AND subject_id = $2 AND sender = $3"),
        params![workspace, subject, sender],
    )
    .await?;
    Ok(())
}

/// How much these were told on a day, and how much of it through `way`; whoever was told nothing is
/// not among them.
///
/// # Errors
/// The engine refused.
pub async fn told<K>(
    tx: &mut Tx,
    workspace: WorkspaceId,
    subjects: &[Id<K>],
    day: Date,
    way: &str,
) -> Result<Vec<Told>> {
    let mut query = Query::new(
        "SELECT subject_id, CAST(COUNT(*) AS BIGINT) AS n,
                CAST(SUM(CASE WHEN way = ",
    );
    query
        .bind(way)
        .push(" THEN 1 ELSE 0 END) AS BIGINT) AS by_way FROM contact WHERE workspace_id = ")
        .bind(workspace);
    query
        .push(" AND day = ")
        .bind(day)
        .push(" AND subject_id IN ")
        .list(subjects.iter().copied());
    query.push(" GROUP BY subject_id");
    tx.all_of(query).await
}

/// Forgets what was said before a day.
///
/// # Errors
/// The engine refused.
pub async fn forget(tx: &mut Tx, workspace: WorkspaceId, before: Date) -> Result<u64> {
    tx.execute(
        sql!("DELETE FROM contact WHERE workspace_id = $1 AND day < $2"),
        params![workspace, before],
    )
    .await
}

/// Takes an account's next moment for something that is sent slowly, and moves it on by `gap_ms`:
/// not before `earliest`.
///
/// # Errors
/// The engine refused.
pub async fn next_moment(
    tx: &mut Tx,
    workspace: WorkspaceId,
    account: ChannelAccountId,
    earliest: Timestamp,
    gap_ms: i64,
) -> Result<Timestamp> {
    let next: i64 = tx
        .one(
            "pace",
            sql!(
                "INSERT INTO pace (workspace_id, channel_account_id, next_at)
                 VALUES ($1, $2, CAST($3 AS BIGINT) + CAST($4 AS BIGINT))
                 ON CONFLICT (workspace_id, channel_account_id) DO UPDATE
                 SET next_at = CASE WHEN pace.next_at > CAST($3 AS BIGINT) THEN pace.next_at
                    ELSE CAST($3 AS BIGINT) END + CAST($4 AS BIGINT)
                 RETURNING next_at AS n"
            ),
            params![workspace, account, earliest, gap_ms],
        )
        .await?;
    Ok(Timestamp::from_ms(next - gap_ms))
}
