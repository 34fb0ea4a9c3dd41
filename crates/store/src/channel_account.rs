//! Accounts on chat networks.

use yutang_domain::{
    id::{ChannelAccountId, WorkspaceId},
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
        /// `ready`, `waiting`, `failed`.
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
