//! What has to be said or done outside: recorded before it leaves, and what became of it.

use yutang_domain::{
    id::{ChannelAccountId, EventId, GroupId, MemberId, OutboxId, WorkspaceId},
    time::Timestamp,
};

use crate::{Engine, Result, Tx, params, record, sql, sql::Query};

record! {
    /// A row of the outbox as its sender sees it.
    pub struct Outbox {
        /// Its id, also the transaction id towards networks that have one.
        pub id: OutboxId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// The account it leaves through.
        pub channel_account_id: ChannelAccountId,
        /// The group it goes to.
        pub group_id: Option<GroupId>,
        /// The member it goes to.
        pub member_id: Option<MemberId>,
        /// The word of the capability it needs.
        pub action: String,
        /// What to send, JSON.
        pub payload: String,
        /// pending, sending, sent, unknown, failed or tasked.
        pub state: String,
        /// How often it has been tried, this time included.
        pub attempts: i64,
        /// The task that takes its place if the network will not, JSON.
        pub ask: Option<String>,
        /// The fact that led to it.
        pub cause_id: Option<EventId>,
        /// Who had it sent, in stored form.
        pub actor: String,
        /// The network's id of what was sent.
        pub external_id: Option<String>,
        /// Why the last attempt failed.
        pub error: Option<String>,
        /// When it was written.
        pub created_at: Timestamp,
    }
}

record! {
    /// How many rows stand where.
    pub struct Standing {
        /// The state.
        pub state: String,
        /// How many.
        pub n: i64,
    }
}

/// What a new row is made of.
#[derive(Clone, Debug)]
pub struct NewOutbox<'a> {
    /// Its id.
    pub id: OutboxId,
    /// The account it leaves through.
    pub channel_account: ChannelAccountId,
    /// The group it goes to.
    pub group: Option<GroupId>,
    /// The member it goes to.
    pub member: Option<MemberId>,
    /// The word of the capability it needs.
    pub action: &'a str,
    /// JSON.
    pub payload: &'a str,
    /// The task that takes its place if the network will not, JSON.
    pub ask: Option<&'a str>,
    /// Not before this instant.
    pub next_at: Timestamp,
    /// The fact that led to it.
    pub cause: Option<EventId>,
    /// Who had it sent, in stored form.
    pub actor: &'a str,
    /// Now.
    pub at: Timestamp,
}

/// Adds a row.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &NewOutbox<'_>) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO outbox (id, workspace_id, channel_account_id, group_id, member_id, action,
                payload, state, attempts, next_at, cause_id, actor, created_at, ask)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', 0, $8, $9, $10, $11, $12)"
        ),
        params![
            row.id,
            workspace,
            row.channel_account,
            row.group,
            row.member,
            row.action,
            row.payload,
            row.next_at,
            row.cause,
            row.actor,
            row.at,
            row.ask,
        ],
    )
    .await?;
    Ok(())
}

/// One row.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: OutboxId) -> Result<Outbox> {
    tx.one(
        "outbox row",
        sql!(
            "SELECT id, workspace_id, channel_account_id, group_id, member_id, action, payload,
                    state, attempts, ask, cause_id, actor, external_id, error, created_at
             FROM outbox WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// Who takes rows, and which.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The accounts that can be spoken through.
    pub accounts: &'a [ChannelAccountId],
    /// Who takes them.
    pub holder: &'a str,
    /// Now.
    pub now: Timestamp,
    /// Until when the holder has to say what became of them.
    pub until: Timestamp,
    /// At most so many.
    pub limit: usize,
}

/// Takes rows that are due; for guarded transactions.
///
/// # Errors
/// The engine refused.
pub async fn claim(tx: &mut Tx, claim: &Claim<'_>) -> Result<Vec<Outbox>> {
    let mut query =
        Query::new("UPDATE outbox SET state = 'sending', attempts = attempts + 1, holder = ");
    query
        .bind(claim.holder)
        .push(", next_at = ")
        .bind(claim.until);
    query.push(" WHERE id IN (SELECT id FROM outbox WHERE state = 'pending' AND next_at <= ");
    query
        .bind(claim.now)
        .push(" AND channel_account_id IN ")
        .list(claim.accounts.iter().copied());
    query.push(" ORDER BY next_at, id LIMIT ").bind(claim.limit);
    finish_claim(tx, query).await
}

/// Takes rows that were being sent when their holder fell silent: those it had to answer for by now,
/// and those that another holder had to answer for until `silent`. Nobody knows whether they left.
///
/// # Errors
/// The engine refused.
pub async fn claim_orphans(
    tx: &mut Tx,
    claim: &Claim<'_>,
    silent: Timestamp,
) -> Result<Vec<Outbox>> {
    let mut query = Query::new("UPDATE outbox SET holder = ");
    query
        .bind(claim.holder)
        .push(", next_at = ")
        .bind(claim.until);
    query.push(" WHERE id IN (SELECT id FROM outbox WHERE state = 'sending' AND next_at < ");
    query
        .bind(silent)
        .push(" AND (next_at < ")
        .bind(claim.now)
        .push(" OR holder <> ")
        .bind(claim.holder)
        .push(") AND channel_account_id IN ")
        .list(claim.accounts.iter().copied());
    query.push(" ORDER BY next_at, id LIMIT ").bind(claim.limit);
    finish_claim(tx, query).await
}

async fn finish_claim(tx: &mut Tx, mut query: Query) -> Result<Vec<Outbox>> {
    if tx.engine() == Engine::Postgres {
        query.push(" FOR UPDATE SKIP LOCKED");
    }
    query.push(
        ") RETURNING id, workspace_id, channel_account_id, group_id, member_id, action, payload,
            state, attempts, ask, cause_id, actor, external_id, error, created_at",
    );
    tx.all_of(query).await
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It left; the network's id of it, if it has one.
    Sent(Option<&'a str>),
    /// It did not leave and may be tried again at this instant.
    Again(Timestamp, &'a str),
    /// It did not leave and never will.
    Failed(&'a str),
    /// Nobody can say whether it left; a person has been asked to look.
    Unknown(&'a str),
    /// The channel cannot do it; a person has been asked to.
    Tasked(&'a str),
}

/// Says what became of a row that is still the holder's; false if it is not.
///
/// # Errors
/// The engine refused.
pub async fn settle(
    tx: &mut Tx,
    id: OutboxId,
    holder: &str,
    now: Timestamp,
    outcome: &Outcome<'_>,
) -> Result<bool> {
    let (state, next, external, error) = match outcome {
        Outcome::Sent(external) => ("sent", now, *external, None),
        Outcome::Again(at, error) => ("pending", *at, None, Some(*error)),
        Outcome::Failed(error) => ("failed", now, None, Some(*error)),
        Outcome::Unknown(error) => ("unknown", now, None, Some(*error)),
        Outcome::Tasked(error) => ("tasked", now, None, Some(*error)),
    };
    let sent_at = (state == "sent").then_some(now);
    tx.changed(
        sql!(
            "UPDATE outbox SET state = $3, next_at = $4, external_id = $5, error = $6,
                sent_at = $7, holder = NULL
             WHERE id = $1 AND holder = $2 AND state = 'sending'"
        ),
        params![id, holder, state, next, external, error, sent_at],
    )
    .await
}

/// Accounts that were removed while something was still to be said through them.
///
/// # Errors
/// The engine refused.
pub async fn removed_accounts(tx: &mut Tx) -> Result<Vec<ChannelAccountId>> {
    let ids: Vec<i64> = tx
        .all(
            sql!(
                "SELECT a.id AS n FROM channel_account a
                 WHERE a.state = 'removed' AND EXISTS (SELECT 1 FROM outbox o
                    WHERE o.channel_account_id = a.id AND o.state IN ('pending', 'sending'))
                 ORDER BY a.id"
            ),
            params![],
        )
        .await?;
    Ok(ids.into_iter().map(ChannelAccountId::from_raw).collect())
}

/// Takes back rows through an account that have not left, and hold exactly this.
///
/// # Errors
/// The engine refused.
pub async fn withdraw_same(
    tx: &mut Tx,
    workspace: WorkspaceId,
    account: ChannelAccountId,
    (payload, actor): (&str, &str),
    reason: &str,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE outbox SET state = 'failed', error = $5
             WHERE workspace_id = $1 AND channel_account_id = $2 AND state = 'pending'
               AND payload = $3 AND actor = $4"
        ),
        params![workspace, account, payload, actor, reason],
    )
    .await
}

/// How many rows of the installation stand where.
///
/// # Errors
/// The engine refused.
pub async fn standing(tx: &mut Tx) -> Result<Vec<Standing>> {
    tx.all(
        sql!(
            "SELECT state, CAST(COUNT(*) AS BIGINT) AS n FROM outbox GROUP BY state ORDER BY state"
        ),
        params![],
    )
    .await
}

/// Empties the payload of up to `limit` rows that ended before `before`: texts are kept in one
/// place only, and not for ever.
///
/// # Errors
/// The engine refused.
pub async fn forget_payloads(
    tx: &mut Tx,
    workspace: WorkspaceId,
    before: Timestamp,
    limit: usize,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE outbox SET payload = '{}', ask = NULL
             WHERE id IN (SELECT id FROM outbox
                          WHERE workspace_id = $1 AND created_at < $2 AND payload <> '{}'
                            AND state IN ('sent', 'failed', 'unknown', 'tasked')
                          ORDER BY created_at LIMIT $3)"
        ),
        params![workspace, before, limit],
    )
    .await
}

/// Takes a wish back that has not left; false if it is on its way or gone.
///
/// # Errors
/// The engine refused.
pub async fn withdraw(tx: &mut Tx, workspace: WorkspaceId, id: OutboxId) -> Result<bool> {
    tx.changed(
        sql!("DELETE FROM outbox WHERE workspace_id = $1 AND id = $2 AND state = 'pending'"),
        params![workspace, id],
    )
    .await
}

/// What was said in a group under this id of the network.
///
/// # Errors
/// The engine refused.
pub async fn said_as(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    external: &str,
) -> Result<Option<OutboxId>> {
    let id: Option<i64> = tx
        .find(
            sql!(
                "SELECT id AS n FROM outbox
                 WHERE workspace_id = $1 AND external_id = $2 AND group_id = $3 AND state = 'sent'
                 ORDER BY id LIMIT 1"
            ),
            params![workspace, external, group],
        )
        .await?;
    Ok(id.map(OutboxId::from_raw))
}
