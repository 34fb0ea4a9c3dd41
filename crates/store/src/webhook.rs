//! Where other programs are told of facts; what is told stands in [`delivery`].

pub mod delivery;

use yutang_domain::{
    event::EventKind,
    id::{BranchId, EventId, GroupId, MemberId, WebhookId, WorkspaceId},
    time::Timestamp,
    webhook::WebhookState,
};

use crate::{Result, Tx, params, record, sql, sql::Query, text_cell};

text_cell!(WebhookState);

record! {
    /// A webhook.
    pub struct Webhook {
        /// Its id.
        pub id: WebhookId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// What people call it.
        pub name: String,
        /// Its address, sealed.
        pub address: String,
        /// What its deliveries are signed with, sealed.
        pub secret: String,
        /// The secret before it, sealed.
        pub old_secret: Option<String>,
        /// Until when that signs too.
        pub old_until: Option<Timestamp>,
        /// Topics separated by spaces; empty = everything.
        pub topics: String,
        /// Whose facts it is told; none = all.
        pub branch_id: Option<BranchId>,
        /// How it stands.
        pub state: WebhookState,
        /// Since when nothing could be delivered.
        pub failing_since: Option<Timestamp>,
        /// Why.
        pub last_error: Option<String>,
        /// When something was last delivered.
        pub delivered_at: Option<Timestamp>,
        /// Facts before are not told.
        pub since_at: Timestamp,
        /// When it was added.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
    }
}

/// Adds a webhook.
///
/// # Errors
/// The branch is unknown, or the engine refused.
pub async fn insert(tx: &mut Tx, row: &Webhook) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO webhook (id, workspace_id, name, address, secret, old_secret, old_until,
                topics, branch_id, state, failing_since, last_error, delivered_at, since_at,
                created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        ),
        params![
            row.id,
            row.workspace_id,
            row.name.as_str(),
            row.address.as_str(),
            row.secret.as_str(),
            row.old_secret.as_deref(),
            row.old_until,
            row.topics.as_str(),
            row.branch_id,
            row.state,
            row.failing_since,
            row.last_error.as_deref(),
            row.delivered_at,
            row.since_at,
            row.created_at,
            row.updated_at,
        ],
    )
    .await?;
    Ok(())
}

/// One webhook that is in use.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook> {
    tx.one(
        "webhook",
        sql!(
            "SELECT id, workspace_id, name, address, secret, old_secret, old_until, topics,
                    branch_id, state, failing_since, last_error, delivered_at, since_at,
                    created_at, updated_at
             FROM webhook WHERE workspace_id = $1 AND id = $2 AND state <> 'removed'"
        ),
        params![workspace, id],
    )
    .await
}

/// The webhooks of a workspace that are in use, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Webhook>> {
    tx.all(
        sql!(
            "SELECT id, workspace_id, name, address, secret, old_secret, old_until, topics,
                    branch_id, state, failing_since, last_error, delivered_at, since_at,
                    created_at, updated_at
             FROM webhook WHERE workspace_id = $1 AND state <> 'removed' ORDER BY created_at, id"
        ),
        params![workspace],
    )
    .await
}

/// Writes what somebody may change of a webhook, and how it stands.
///
/// # Errors
/// The branch is unknown, or the engine refused.
pub async fn update(tx: &mut Tx, row: &Webhook) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE webhook SET name = $3, address = $4, secret = $5, old_secret = $6,
                old_until = $7, topics = $8, branch_id = $9, state = $10, failing_since = $11,
                last_error = $12, since_at = $13, updated_at = $14
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![
            row.workspace_id,
            row.id,
            row.name.as_str(),
            row.address.as_str(),
            row.secret.as_str(),
            row.old_secret.as_deref(),
            row.old_until,
            row.topics.as_str(),
            row.branch_id,
            row.state,
            row.failing_since,
            row.last_error.as_deref(),
            row.since_at,
            row.updated_at,
        ],
    )
    .await?;
    Ok(())
}

/// Notes that something was delivered. One that was switched off for failing keeps since when and
/// why until somebody switches it on: the task that asks for it is named by that instant.
///
/// # Errors
/// The engine refused.
pub async fn reached(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: WebhookId,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE webhook SET delivered_at = $3,
                failing_since = CASE WHEN state = 'failed' THEN failing_since END,
                last_error = CASE WHEN state = 'failed' THEN last_error END
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id, at],
    )
    .await?;
    Ok(())
}

record! {
    /// A webhook to which something could not be delivered.
    pub struct Missed {
        /// Since when nothing could.
        pub failing_since: Timestamp,
        /// How it stands.
        pub state: WebhookState,
    }
}

/// Notes that something could not be delivered, and holds the webhook until the transaction ends.
///
/// # Errors
/// The engine refused.
pub async fn missed(
    tx: &mut Tx,
    (workspace, id): (WorkspaceId, WebhookId),
    why: &str,
    at: Timestamp,
) -> Result<Missed> {
    tx.one(
        "webhook",
        sql!(
            "UPDATE webhook SET failing_since = COALESCE(failing_since, $4), last_error = $3
             WHERE workspace_id = $1 AND id = $2 RETURNING failing_since, state"
        ),
        params![workspace, id, why, at],
    )
    .await
}

/// Switches a webhook off that cannot be reached; false if it was not on.
///
/// # Errors
/// The engine refused.
pub async fn fail(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: WebhookId,
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE webhook SET state = 'failed', updated_at = $3
             WHERE workspace_id = $1 AND id = $2 AND state = 'on'"
        ),
        params![workspace, id, at],
    )
    .await
}

/// Lets go of secrets that sign no longer.
///
/// # Errors
/// The engine refused.
pub async fn forget_secrets(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE webhook SET old_secret = NULL, old_until = NULL
             WHERE old_until IS NOT NULL AND old_until <= $1"
        ),
        params![now],
    )
    .await
}

record! {
    /// A webhook as far as it matters which facts it is told.
    pub struct Listener {
        /// The webhook.
        pub id: WebhookId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// Topics separated by spaces; empty = everything.
        pub topics: String,
        /// Path of its branch; none = all.
        pub path: Option<String>,
        /// on or failed.
        pub state: WebhookState,
        /// Facts before are not told.
        pub since_at: Timestamp,
    }
}

/// The webhooks of every workspace for which deliveries are made.
///
/// # Errors
/// The engine refused.
pub async fn listeners(tx: &mut Tx) -> Result<Vec<Listener>> {
    tx.all(
        sql!(
            "SELECT w.id, w.workspace_id, w.topics, b.path, w.state, w.since_at FROM webhook w
             LEFT JOIN branch b ON b.workspace_id = w.workspace_id AND b.id = w.branch_id
             WHERE w.state IN ('on', 'failed') ORDER BY w.workspace_id, w.id"
        ),
        params![],
    )
    .await
}

/// Up to which fact deliveries of a workspace have been made.
///
/// # Errors
/// The engine refused.
pub async fn cursor(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<i64>> {
    tx.find(
        sql!("SELECT position AS n FROM webhook_cursor WHERE workspace_id = $1"),
        params![workspace],
    )
    .await
}

/// Has the cursor of a workspace stand at the end of the log, unless others wait for what lies
/// before.
///
/// # Errors
/// The engine refused.
pub async fn begin(tx: &mut Tx, workspace: WorkspaceId, position: i64) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO webhook_cursor (workspace_id, position) VALUES ($1, $2)
             ON CONFLICT (workspace_id) DO UPDATE SET position = excluded.position
             WHERE NOT EXISTS (SELECT 1 FROM webhook w
                WHERE w.workspace_id = excluded.workspace_id AND w.state IN ('on', 'failed'))"
        ),
        params![workspace, position],
    )
    .await?;
    Ok(())
}

/// Moves the cursor; false if somebody else has moved it.
///
/// # Errors
/// The engine refused.
pub async fn advance(tx: &mut Tx, workspace: WorkspaceId, (from, to): (i64, i64)) -> Result<bool> {
    tx.changed(
        sql!("UPDATE webhook_cursor SET position = $3 WHERE workspace_id = $1 AND position = $2"),
        params![workspace, from, to],
    )
    .await
}

record! {
    /// A fact that may be told.
    pub struct Fact {
        /// Its name.
        pub id: EventId,
        /// Its place in the log.
        pub position: i64,
        /// When.
        pub at: Timestamp,
        /// What.
        pub kind: EventKind,
        /// Who, in stored form.
        pub actor: String,
        /// In which branch; that of the group where the fact names none.
        pub branch_id: Option<BranchId>,
        /// The path of that.
        pub path: Option<String>,
        /// In which group.
        pub group_id: Option<GroupId>,
        /// About whom.
        pub member_id: Option<MemberId>,
        /// Because of what.
        pub cause_id: Option<EventId>,
        /// The decision, JSON.
        pub data: String,
    }
}

/// Facts of these kinds in a stretch of the log, in order.
///
/// # Errors
/// The engine refused.
pub async fn facts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (after, up_to): (i64, i64),
    kinds: &[EventKind],
    limit: usize,
) -> Result<Vec<Fact>> {
    let mut query = Query::new(
        "SELECT e.id, e.position, e.at, e.kind, e.actor, b.id AS branch_id, b.path, e.group_id,
            e.member_id, e.cause_id, e.data
         FROM event e
         LEFT JOIN chat_group g ON g.workspace_id = e.workspace_id AND g.id = e.group_id
         LEFT JOIN branch b ON b.workspace_id = e.workspace_id
            AND b.id = COALESCE(e.branch_id, g.branch_id)
         WHERE e.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND e.position > ")
        .bind(after)
        .push(" AND e.position <= ")
        .bind(up_to);
    query.push(" AND e.kind IN ").list(kinds.iter().copied());
    query.push(" ORDER BY e.position LIMIT ").bind(limit);
    tx.all_of(query).await
}
