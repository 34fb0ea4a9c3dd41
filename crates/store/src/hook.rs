//! Deliveries of webhooks as they came, until they are processed.

use yutang_domain::{
    id::{ChannelAccountId, HookId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Store, Tx, params, record, sql, sql::Query};

record! {
    /// What has to be known of an account to believe a delivery.
    pub struct Account {
        /// Its id.
        pub id: ChannelAccountId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// The network.
        pub channel: String,
        /// Whether groups that nobody keeps are made.
        pub adopt: bool,
        /// Its secret, sealed; `None` once it was removed.
        pub secret: Option<String>,
        /// Who it is on its network, where it holds a connection.
        pub external_user: Option<String>,
    }
}

/// The account of this id, of any workspace: whoever delivers knows nothing else.
///
/// # Errors
/// The engine refused.
pub async fn account(tx: &mut Tx, id: ChannelAccountId) -> Result<Option<Account>> {
    tx.find(
        sql!(
            "SELECT id, workspace_id, channel, adopt, secret, external_user
             FROM channel_account WHERE id = $1"
        ),
        params![id],
    )
    .await
}

/// Sets whether groups that nobody keeps are made when an account reports of them.
///
/// # Errors
/// The engine refused.
pub async fn set_adopt(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ChannelAccountId,
    adopt: bool,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE channel_account SET adopt = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, adopt],
    )
    .await?;
    Ok(())
}

/// Writes down what was wrong with a delivery of an account.
///
/// # Errors
/// The engine refused.
pub async fn note_error(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ChannelAccountId,
    error: &str,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE channel_account SET last_error = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, error],
    )
    .await?;
    Ok(())
}

/// A delivery about to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewHook<'a> {
    /// Its id.
    pub id: HookId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The account that it was made to.
    pub account: ChannelAccountId,
    /// The sender's name of it.
    pub external_id: &'a str,
    /// When it came.
    pub received_at: Timestamp,
    /// The body.
    pub body: &'a str,
}

const INSERT: &str =
    "INSERT INTO hook (id, workspace_id, channel_account_id, external_id, received_at, size,
     body, state) VALUES";
const UNLESS_THERE: &str = "ON CONFLICT (workspace_id, channel_account_id, external_id) DO NOTHING";

/// Stores deliveries that are not there yet, durably; returns how many were new.
///
/// # Errors
/// An account is gone ([`crate::StoreError::Conflict`]), or the engine refused.
pub async fn insert(store: &Store, rows: &[NewHook<'_>]) -> Result<u64> {
    let rows = rows
        .iter()
        .map(|row| {
            params![
                row.id,
                row.workspace,
                row.account,
                row.external_id,
                row.received_at,
                row.body.len() as u64,
                row.body,
                "new",
            ]
        })
        .collect();
    store.insert(INSERT, rows, UNLESS_THERE).await
}

/// Accounts that have deliveries waiting.
///
/// # Errors
/// The engine refused.
pub async fn accounts_waiting(tx: &mut Tx) -> Result<Vec<Account>> {
    tx.all(
        sql!(
            "SELECT a.id, a.workspace_id, a.channel, a.adopt, a.secret, a.external_user
             FROM channel_account a
             WHERE EXISTS (SELECT 1 FROM hook h WHERE h.workspace_id = a.workspace_id
                AND h.channel_account_id = a.id AND h.state = 'new')
             ORDER BY a.id"
        ),
        params![],
    )
    .await
}

/// How many deliveries wait, of all workspaces.
///
/// # Errors
/// The engine refused.
pub async fn count_waiting(tx: &mut Tx) -> Result<i64> {
    tx.count(
        sql!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM hook WHERE state = 'new'"),
        params![],
    )
    .await
}

record! {
    /// A delivery that waits.
    pub struct Waiting {
        /// Its id.
        pub id: HookId,
        /// The sender's name of it.
        pub external_id: String,
        /// The body.
        pub body: String,
    }
}

record! {
    /// How long a body is.
    pub struct Size {
        /// Which delivery.
        pub id: HookId,
        /// Bytes.
        pub size: i64,
    }
}

/// The deliveries of an account that wait longest: at most `limit`, and no more than hold `bytes`
/// together, but at least one.
///
/// # Errors
/// The engine refused.
pub async fn waiting(
    tx: &mut Tx,
    workspace: WorkspaceId,
    account: ChannelAccountId,
    limit: usize,
    bytes: i64,
) -> Result<Vec<Waiting>> {
    let sizes: Vec<Size> = tx
        .all(
            sql!(
                "SELECT id, size FROM hook
                 WHERE workspace_id = $1 AND channel_account_id = $2 AND state = 'new'
                 ORDER BY id LIMIT $3"
            ),
            params![workspace, account, limit],
        )
        .await?;
    let mut held = 0;
    let mut last = None;
    for row in &sizes {
        held += row.size;
        if last.is_some() && held > bytes {
            break;
        }
        last = Some(row.id);
    }
    let Some(last) = last else {
        return Ok(Vec::new());
    };
    tx.all(
        sql!(
            "SELECT id, external_id, body FROM hook
             WHERE workspace_id = $1 AND channel_account_id = $2 AND state = 'new' AND id <= $3
             ORDER BY id"
        ),
        params![workspace, account, last],
    )
    .await
}

/// Marks deliveries as processed and lets go of their bodies.
///
/// # Errors
/// The engine refused.
pub async fn done(tx: &mut Tx, workspace: WorkspaceId, ids: &[HookId]) -> Result<()> {
    for chunk in ids.chunks(500) {
        let mut query =
            Query::new("UPDATE hook SET state = 'done', body = '' WHERE workspace_id = ");
        query
            .bind(workspace)
            .push(" AND id IN ")
            .list(chunk.iter().copied());
        tx.execute_of(query).await?;
    }
    Ok(())
}

/// Marks a delivery as refused; its body stays for people to look at.
///
/// # Errors
/// The engine refused.
pub async fn refuse(tx: &mut Tx, workspace: WorkspaceId, id: HookId, reason: &str) -> Result<()> {
    tx.execute(
        sql!("UPDATE hook SET state = 'refused', reason = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, reason],
    )
    .await?;
    Ok(())
}

/// Deletes up to `limit` settled deliveries that came before an instant; returns how many.
///
/// # Errors
/// The engine refused.
pub async fn expire(tx: &mut Tx, before: Timestamp, limit: usize) -> Result<u64> {
    tx.execute(
        sql!(
            "DELETE FROM hook WHERE id IN (SELECT id FROM hook
                WHERE received_at < $1 AND state <> 'new' ORDER BY id LIMIT $2)"
        ),
        params![before, limit],
    )
    .await
}

/// Lets go of the bodies of refused deliveries.
///
/// # Errors
/// The engine refused.
pub async fn forget_refused(tx: &mut Tx, workspace: WorkspaceId) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE hook SET body = ''
             WHERE workspace_id = $1 AND state = 'refused' AND body <> ''"
        ),
        params![workspace],
    )
    .await
}

/// Deliveries that wait and may hold an account's id: those in which it stands, and those with
/// letters written as `\u…`, where only reading tells.
///
/// # Errors
/// The engine refused.
pub async fn mentioning(
    tx: &mut Tx,
    workspace: WorkspaceId,
    account: &str,
) -> Result<Vec<Waiting>> {
    tx.all(
        sql!(
            "SELECT id, external_id, body FROM hook
             WHERE workspace_id = $1 AND state = 'new'
               AND (replace(body, $2, '') <> body OR replace(body, $3, '') <> body)
             ORDER BY id"
        ),
        params![workspace, account, "\\u"],
    )
    .await
}

/// Writes what is left of a body.
///
/// # Errors
/// The engine refused.
pub async fn rewrite(tx: &mut Tx, workspace: WorkspaceId, id: HookId, body: &str) -> Result<()> {
    tx.execute(
        sql!("UPDATE hook SET body = $3 WHERE workspace_id = $1 AND id = $2 AND state = 'new'"),
        params![workspace, id, body],
    )
    .await?;
    Ok(())
}
