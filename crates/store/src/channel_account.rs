//! Accounts on chat networks.

use yutang_domain::{
    id::{ChannelAccountId, GroupId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// An account through which groups are seen.
    pub struct ChannelAccount {
        /// Its id.
        pub id: ChannelAccountId,
        /// The network: `fake`, `matrix`, ….
        pub channel: String,
        /// What the network lets it do: the word of a profile.
        pub profile: String,
        /// Its name.
        pub name: String,
        /// `connecting`, `ready`, `waiting`, `failed`, `paused`, `removed`.
        pub state: String,
        /// What went wrong last.
        pub last_error: Option<String>,
        /// Where reading goes on.
        pub cursor: Option<String>,
        /// Its secret, sealed.
        pub secret: Option<String>,
        /// When it was connected.
        pub created_at: Timestamp,
    }
}

/// Adds an account.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &ChannelAccount) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO channel_account (id, workspace_id, channel, profile, name, state,
                last_error, cursor, secret, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        params![
            row.id,
            workspace,
            row.channel.as_str(),
            row.profile.as_str(),
            row.name.as_str(),
            row.state.as_str(),
            row.last_error.as_deref(),
            row.cursor.as_deref(),
            row.secret.as_deref(),
            row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// One account.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ChannelAccountId,
) -> Result<ChannelAccount> {
    tx.one(
        "channel account",
        sql!(
            "SELECT id, channel, profile, name, state, last_error, cursor, secret, created_at
             FROM channel_account WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// All accounts of a workspace.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<ChannelAccount>> {
    tx.all(
        sql!(
            "SELECT id, channel, profile, name, state, last_error, cursor, secret, created_at
             FROM channel_account WHERE workspace_id = $1 ORDER BY created_at, id"
        ),
        params![workspace],
    )
    .await
}

/// Writes what changes of an account.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, row: &ChannelAccount) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE channel_account SET profile = $3, name = $4, state = $5, last_error = $6,
                cursor = $7, secret = $8
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![
            workspace,
            row.id,
            row.profile.as_str(),
            row.name.as_str(),
            row.state.as_str(),
            row.last_error.as_deref(),
            row.cursor.as_deref(),
            row.secret.as_deref(),
        ],
    )
    .await?;
    Ok(())
}

record! {
    /// What is known of the connection of an account.
    pub struct Connection {
        /// The account.
        pub id: ChannelAccountId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// The network: `matrix`, `telegram`.
        pub channel: String,
        /// Where the network answers.
        pub base_url: String,
        /// Who the account is there.
        pub external_user: String,
        /// What it proves itself with, sealed.
        pub secret: String,
        /// Where reading goes on.
        pub cursor: Option<String>,
        /// Whether groups that nobody keeps are made.
        pub adopt: bool,
        /// Its state.
        pub state: String,
        /// Since when.
        pub state_at: Option<Timestamp>,
        /// By how many milliseconds the network's clock is ahead, where that is too much.
        pub clock_ahead: Option<i64>,
        /// Whether the network delivers what happens, rather than being asked.
        pub delivered: bool,
    }
}

/// The accounts that hold a connection of their own, of every workspace.
///
/// # Errors
/// The engine refused.
pub async fn connections(tx: &mut Tx) -> Result<Vec<Connection>> {
    tx.all(
        sql!(
            "SELECT id, workspace_id, channel, base_url, external_user, secret, cursor, adopt, state,
                state_at, clock_ahead, delivered
             FROM channel_account
             WHERE base_url IS NOT NULL AND external_user IS NOT NULL AND secret IS NOT NULL
             ORDER BY id"
        ),
        params![],
    )
    .await
}

/// The connection of one account; `None` once it was taken out of use.
///
/// # Errors
/// The engine refused.
pub async fn connection(tx: &mut Tx, id: ChannelAccountId) -> Result<Option<Connection>> {
    tx.find(
        sql!(
            "SELECT id, workspace_id, channel, base_url, external_user, secret, cursor, adopt, state,
                state_at, clock_ahead, delivered
             FROM channel_account
             WHERE id = $1 AND base_url IS NOT NULL AND external_user IS NOT NULL
                AND secret IS NOT NULL"
        ),
        params![id],
    )
    .await
}

/// Says where an account's network answers and who the account is there.
///
/// # Errors
/// The engine refused.
pub async fn set_place(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ChannelAccountId,
    base_url: &str,
    external_user: &str,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE channel_account SET base_url = $3, external_user = $4
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id, base_url, external_user],
    )
    .await?;
    Ok(())
}

/// Says whether the network of an account delivers what happens, rather than being asked.
///
/// # Errors
/// The engine refused.
pub async fn set_delivered(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ChannelAccountId,
    delivered: bool,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE channel_account SET delivered = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, delivered],
    )
    .await?;
    Ok(())
}

/// Writes down how a connection stands; its beginning is kept where the state stays the same. One
/// that a person paused stays paused.
///
/// # Errors
/// The engine refused.
pub async fn note(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ChannelAccountId,
    (state, error): (&str, Option<&str>),
    clock_ahead: Option<i64>,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE channel_account SET
                state_at = CASE WHEN state = $3 AND state_at IS NOT NULL THEN state_at ELSE $6 END,
                state = $3, last_error = $4, clock_ahead = $5
             WHERE workspace_id = $1 AND id = $2 AND secret IS NOT NULL AND state <> 'paused'"
        ),
        params![workspace, id, state, error, clock_ahead, now],
    )
    .await?;
    Ok(())
}

/// Puts an account into a state that a person chose, with nothing left of what went wrong before.
///
/// # Errors
/// The engine refused.
pub async fn set_state(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ChannelAccountId,
    state: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE channel_account SET state = $3, state_at = $4, last_error = NULL
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id, state, now],
    )
    .await?;
    Ok(())
}

/// Moves the place where reading goes on.
///
/// # Errors
/// The engine refused.
pub async fn move_cursor(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ChannelAccountId,
    cursor: &str,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE channel_account SET cursor = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, cursor],
    )
    .await?;
    Ok(())
}

record! {
    /// How many groups are seen through an account.
    pub struct GroupCount {
        /// The account.
        pub id: ChannelAccountId,
        /// How many, without archived ones.
        pub groups: i64,
    }
}

/// How many groups are seen through each account of a workspace that has any.
///
/// # Errors
/// The engine refused.
pub async fn count_groups(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<GroupCount>> {
    tx.all(
        sql!(
            "SELECT channel_account_id AS id, COUNT(*) AS groups FROM chat_group
             WHERE workspace_id = $1 AND channel_account_id IS NOT NULL AND archived_at IS NULL
             GROUP BY channel_account_id ORDER BY 1"
        ),
        params![workspace],
    )
    .await
}

record! {
    /// A group seen through an account, and what the account can do there.
    pub struct SeenGroup {
        /// The group.
        pub id: GroupId,
        /// Its name.
        pub name: String,
        /// The account.
        pub channel_account_id: ChannelAccountId,
        /// Words of capabilities as a list; `None` = whatever the account's profile says.
        pub rights: Option<String>,
        /// Why what is written cannot be read, as a code.
        pub unreadable: Option<String>,
    }
}

/// The groups of a workspace for which the network says what the account can do there, by name;
/// without archived ones.
///
/// # Errors
/// The engine refused.
pub async fn judged_groups(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<SeenGroup>> {
    tx.all(
        sql!(
            "SELECT id, name, channel_account_id, rights, unreadable FROM chat_group
             WHERE workspace_id = $1 AND channel_account_id IS NOT NULL AND archived_at IS NULL
                AND (rights IS NOT NULL OR unreadable IS NOT NULL)
             ORDER BY name, id"
        ),
        params![workspace],
    )
    .await
}

record! {
    /// How much waits to be said through an account.
    pub struct WaitingCount {
        /// The account.
        pub id: ChannelAccountId,
        /// How many lines and acts.
        pub waiting: i64,
    }
}

/// How much waits to be said through each account of a workspace for which anything does.
///
/// # Errors
/// The engine refused.
pub async fn count_waiting(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<WaitingCount>> {
    tx.all(
        sql!(
            "SELECT channel_account_id AS id, COUNT(*) AS waiting FROM outbox
             WHERE workspace_id = $1 AND state = 'pending'
             GROUP BY channel_account_id ORDER BY 1"
        ),
        params![workspace],
    )
    .await
}
