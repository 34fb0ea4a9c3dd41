//! What is told to webhooks, and how that went.

use yutang_domain::{
    id::{EventId, MemberId, WebhookDeliveryId, WebhookId, WorkspaceId},
    time::Timestamp,
    webhook::DeliveryState,
};

use crate::{Engine, Result, Tx, Value, params, record, sql, sql::Query, text_cell};

text_cell!(DeliveryState);

record! {
    /// A delivery.
    pub struct Delivery {
        /// Its id, and the name under which the receiver knows it.
        pub id: WebhookDeliveryId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// To which webhook.
        pub webhook_id: WebhookId,
        /// The fact; none = a test.
        pub event_id: Option<EventId>,
        /// What it is told as.
        pub topic: String,
        /// The body.
        pub body: String,
        /// How it stands.
        pub state: DeliveryState,
        /// How often it was tried, or is being tried.
        pub attempts: i64,
        /// When it is tried next.
        pub next_at: Timestamp,
        /// Status of the last answer.
        pub status: Option<i64>,
        /// Beginning of the last answer.
        pub answer: String,
        /// What went wrong.
        pub error: Option<String>,
        /// How long the last attempt took, in milliseconds.
        pub took_ms: Option<i64>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last tried.
        pub tried_at: Option<Timestamp>,
    }
}

/// What a new delivery is made of.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Its id.
    pub id: WebhookDeliveryId,
    /// To which webhook.
    pub webhook: WebhookId,
    /// The fact; none = a test.
    pub event: Option<EventId>,
    /// Whom it is about.
    pub member: Option<MemberId>,
    /// What it is told as.
    pub topic: &'static str,
    /// The body.
    pub body: String,
    /// Pending, given up where nothing is told at present, or sending where it is tried at once.
    pub state: DeliveryState,
    /// When it is tried; of one being tried, until when its teller may take.
    pub next_at: Timestamp,
}

/// Makes deliveries that are not there yet; returns how many were new.
///
/// # Errors
/// The engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    at: Timestamp,
    rows: &[NewDelivery],
) -> Result<u64> {
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| {
            params![
                row.id,
                workspace,
                row.webhook,
                row.event,
                row.member,
                row.topic,
                row.body.as_str(),
                row.state,
                0_i64,
                row.next_at,
                "",
                at,
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(0);
    }
    tx.insert_many(
        "INSERT INTO webhook_delivery (id, workspace_id, webhook_id, event_id, member_id, topic,
         body, state, attempts, next_at, answer, created_at) VALUES",
        rows,
        "ON CONFLICT (workspace_id, webhook_id, event_id) DO NOTHING",
    )
    .await
}

const COLUMNS: &str = "SELECT id, workspace_id, webhook_id, event_id, topic, body, state, attempts, \
    next_at, status, answer, error, took_ms, created_at, tried_at FROM webhook_delivery";

/// One delivery to a webhook.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(
    tx: &mut Tx,
    workspace: WorkspaceId,
    webhook: WebhookId,
    id: WebhookDeliveryId,
) -> Result<Delivery> {
    tx.one(
        "webhook_delivery",
        sql!(
            "SELECT id, workspace_id, webhook_id, event_id, topic, body, state, attempts, next_at,
                    status, answer, error, took_ms, created_at, tried_at
             FROM webhook_delivery WHERE workspace_id = $1 AND webhook_id = $2 AND id = $3"
        ),
        params![workspace, webhook, id],
    )
    .await
}

/// A page of deliveries to a webhook, the latest first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    (workspace, webhook): (WorkspaceId, WebhookId),
    state: Option<DeliveryState>,
    after: Option<(i64, WebhookDeliveryId)>,
    limit: usize,
) -> Result<Vec<Delivery>> {
    let mut query = Query::new(COLUMNS);
    of(&mut query, workspace, webhook, state);
    query.latest(("created_at", "id"), after, limit);
    tx.all_of(query).await
}

/// How many there are, counted up to a limit.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    (workspace, webhook): (WorkspaceId, WebhookId),
    state: Option<DeliveryState>,
    limit: usize,
) -> Result<i64> {
    let query = Query::counted(
        |query| {
            query.push(" FROM webhook_delivery");
            of(query, workspace, webhook, state);
        },
        limit,
    );
    tx.count_of(query).await
}

fn of(query: &mut Query, workspace: WorkspaceId, webhook: WebhookId, state: Option<DeliveryState>) {
    query.push(" WHERE workspace_id = ").bind(workspace);
    query.push(" AND webhook_id = ").bind(webhook);
    if let Some(state) = state {
        query.push(" AND state = ").bind(state);
    }
}

record! {
    /// How many deliveries of a webhook stand so.
    pub struct Standing {
        /// The webhook.
        pub webhook_id: WebhookId,
        /// How.
        pub state: DeliveryState,
        /// How many.
        pub n: i64,
    }
}

/// How the deliveries of a workspace stand, without those that arrived.
///
/// # Errors
/// The engine refused.
pub async fn standing(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Standing>> {
    tx.all(
        sql!(
            "SELECT webhook_id, state, CAST(COUNT(*) AS BIGINT) AS n FROM webhook_delivery
             WHERE workspace_id = $1 AND state <> 'delivered' GROUP BY webhook_id, state
             ORDER BY webhook_id, state"
        ),
        params![workspace],
    )
    .await
}

record! {
    /// A webhook to which something is to be told now.
    pub struct Due {
        /// The webhook.
        pub webhook_id: WebhookId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
    }
}

/// The webhooks to which something is to be told now.
///
/// # Errors
/// The engine refused.
pub async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<Due>> {
    tx.all(
        sql!(
            "SELECT w.id AS webhook_id, w.workspace_id FROM webhook w
             WHERE w.state = 'on' AND EXISTS (SELECT 1 FROM webhook_delivery d
                WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.id
                  AND d.state IN ('pending', 'failed') AND d.next_at <= $1)
             ORDER BY w.id"
        ),
        params![now],
    )
    .await
}

/// Takes deliveries of a webhook that are due, in the order of the facts; for guarded transactions.
///
/// # Errors
/// The engine refused.
pub async fn claim(
    tx: &mut Tx,
    (workspace, webhook): (WorkspaceId, WebhookId),
    holder: &str,
    (now, until): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<Delivery>> {
    let mut query = Query::new(
        "UPDATE webhook_delivery SET state = 'sending', attempts = attempts + 1, holder = ",
    );
    query.bind(holder).push(", next_at = ").bind(until);
    query.push(" WHERE id IN (SELECT id FROM webhook_delivery WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND webhook_id = ")
        .bind(webhook)
        .push(" AND state IN ('pending', 'failed') AND next_at <= ")
        .bind(now);
    query.push(" ORDER BY next_at, id LIMIT ").bind(limit);
    if tx.engine() == Engine::Postgres {
        query.push(" FOR UPDATE SKIP LOCKED");
    }
    query.push(
        ") RETURNING id, workspace_id, webhook_id, event_id, topic, body, state, attempts,
         next_at, status, answer, error, took_ms, created_at, tried_at",
    );
    let mut taken: Vec<Delivery> = tx.all_of(query).await?;
    taken.sort_by_key(|row| row.id);
    Ok(taken)
}

/// What an attempt came to.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// How the delivery stands now.
    pub state: DeliveryState,
    /// When it is tried again.
    pub next_at: Timestamp,
    /// Status of the answer.
    pub status: Option<i64>,
    /// Beginning of the answer.
    pub answer: &'a str,
    /// What went wrong.
    pub error: Option<&'a str>,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// When it was.
    pub at: Timestamp,
}

/// Says what became of a delivery that is still the holder's; false if it is not.
///
/// # Errors
/// The engine refused.
pub async fn settle(
    tx: &mut Tx,
    (workspace, id): (WorkspaceId, WebhookDeliveryId),
    holder: &str,
    attempt: &Attempt<'_>,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE webhook_delivery SET state = $4, next_at = $5, status = $6, answer = $7,
                error = $8, took_ms = $9, tried_at = $10, holder = NULL
             WHERE workspace_id = $1 AND id = $2 AND holder = $3 AND state = 'sending'"
        ),
        params![
            workspace,
            id,
            holder,
            attempt.state,
            attempt.next_at,
            attempt.status,
            attempt.answer,
            attempt.error,
            attempt.took_ms,
            attempt.at,
        ],
    )
    .await
}

/// Says what became of a test, which nobody claims.
///
/// # Errors
/// The engine refused.
pub async fn tested(
    tx: &mut Tx,
    (workspace, id): (WorkspaceId, WebhookDeliveryId),
    attempt: &Attempt<'_>,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE webhook_delivery SET state = $3, attempts = 1, next_at = $4, status = $5,
                answer = $6, error = $7, took_ms = $8, tried_at = $9
             WHERE workspace_id = $1 AND id = $2 AND event_id IS NULL"
        ),
        params![
            workspace,
            id,
            attempt.state,
            attempt.next_at,
            attempt.status,
            attempt.answer,
            attempt.error,
            attempt.took_ms,
            attempt.at,
        ],
    )
    .await?;
    Ok(())
}

/// Those whose teller fell silent are told again: the receiver knows them by their name. Tests are
/// not, nor is what a webhook is not told any more.
///
/// # Errors
/// The engine refused.
pub async fn take_up_orphans(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE webhook_delivery SET holder = NULL, next_at = $1,
                state = CASE WHEN event_id IS NOT NULL AND EXISTS (SELECT 1 FROM webhook w
                    WHERE w.workspace_id = webhook_delivery.workspace_id
                      AND w.id = webhook_delivery.webhook_id AND w.state = 'on')
                    THEN 'failed' ELSE 'given_up' END
             WHERE state = 'sending' AND next_at < $1"
        ),
        params![now],
    )
    .await
}

/// Puts off everything that a webhook has yet to be told until this instant: it asked for it.
///
/// # Errors
/// The engine refused.
pub async fn put_off(
    tx: &mut Tx,
    workspace: WorkspaceId,
    webhook: WebhookId,
    until: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE webhook_delivery SET next_at = $3
             WHERE workspace_id = $1 AND webhook_id = $2 AND state IN ('pending', 'failed')
               AND next_at < $3"
        ),
        params![workspace, webhook, until],
    )
    .await
}

/// Gives up what a webhook has yet to be told.
///
/// # Errors
/// The engine refused.
pub async fn give_up(tx: &mut Tx, workspace: WorkspaceId, webhook: WebhookId) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE webhook_delivery SET state = 'given_up'
             WHERE workspace_id = $1 AND webhook_id = $2 AND state IN ('pending', 'failed')"
        ),
        params![workspace, webhook],
    )
    .await
}

/// Has a delivery told again from the first attempt on; false if it is under way.
///
/// # Errors
/// The engine refused.
pub async fn replay(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: WebhookDeliveryId,
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE webhook_delivery SET state = 'pending', attempts = 0, next_at = $3
             WHERE workspace_id = $1 AND id = $2 AND state <> 'sending'"
        ),
        params![workspace, id, at],
    )
    .await
}

/// Has everything told again that was made since an instant and did not arrive; returns how much.
///
/// # Errors
/// The engine refused.
pub async fn replay_since(
    tx: &mut Tx,
    (workspace, webhook): (WorkspaceId, WebhookId),
    since: Timestamp,
    at: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE webhook_delivery SET state = 'pending', attempts = 0, next_at = $4
             WHERE workspace_id = $1 AND webhook_id = $2 AND created_at >= $3
               AND state IN ('failed', 'given_up') AND event_id IS NOT NULL"
        ),
        params![workspace, webhook, since, at],
    )
    .await
}

/// Forgets what arrived before `arrived` and what was given up before `lost`.
///
/// # Errors
/// The engine refused.
pub async fn expire(tx: &mut Tx, arrived: Timestamp, lost: Timestamp) -> Result<u64> {
    tx.execute(
        sql!(
            "DELETE FROM webhook_delivery
             WHERE (state = 'delivered' AND created_at < $1)
                OR (state = 'given_up' AND created_at < $2)"
        ),
        params![arrived, lost],
    )
    .await
}
