//! API tokens.

use yutang_domain::{
    actor::Role,
    id::{StaffId, TokenId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// An API token, without its secret.
    pub struct Token {
        /// Its id.
        pub id: TokenId,
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// What it is for.
        pub name: String,
        /// What it may do.
        pub role: Role,
        /// Operations it is narrowed to, separated by spaces; empty = all of the role.
        pub scopes: String,
        /// Who made it; none = the command line.
        pub created_by: Option<StaffId>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it ends.
        pub expires_at: Option<Timestamp>,
        /// When it was last used.
        pub last_used_at: Option<Timestamp>,
        /// When it was revoked.
        pub revoked_at: Option<Timestamp>,
    }
}

/// Keeps a token.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, row: &Token, token_hash: &[u8]) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO api_token (id, workspace_id, name, token_hash, role, scopes, created_by,
                created_at, expires_at, last_used_at, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL)"
        ),
        params![
            row.id,
            row.workspace_id,
            row.name.as_str(),
            token_hash,
            row.role,
            row.scopes.as_str(),
            row.created_by,
            row.created_at,
            row.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// The token with that hash, if it may be used at `now`.
///
/// # Errors
/// The engine refused.
pub async fn find(tx: &mut Tx, token_hash: &[u8], now: Timestamp) -> Result<Option<Token>> {
    tx.find(
        sql!(
            "SELECT id, workspace_id, name, role, scopes, created_by, created_at, expires_at,
                    last_used_at, revoked_at
             FROM api_token
             WHERE token_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)"
        ),
        params![token_hash, now],
    )
    .await
}

/// One token.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: TokenId) -> Result<Token> {
    tx.one(
        "token",
        sql!(
            "SELECT id, workspace_id, name, role, scopes, created_by, created_at, expires_at,
                    last_used_at, revoked_at
             FROM api_token WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// Tokens that are not revoked, the latest first.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Token>> {
    tx.all(
        sql!(
            "SELECT id, workspace_id, name, role, scopes, created_by, created_at, expires_at,
                    last_used_at, revoked_at
             FROM api_token WHERE workspace_id = $1 AND revoked_at IS NULL
             ORDER BY created_at DESC, id DESC"
        ),
        params![workspace],
    )
    .await
}

/// Notes that a token was used.
///
/// # Errors
/// The engine refused.
pub async fn used(tx: &mut Tx, workspace: WorkspaceId, id: TokenId, at: Timestamp) -> Result<()> {
    tx.execute(
        sql!("UPDATE api_token SET last_used_at = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, at],
    )
    .await?;
    Ok(())
}

/// Takes a token out of use; false if it was already.
///
/// # Errors
/// The engine refused.
pub async fn revoke(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: TokenId,
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE api_token SET revoked_at = $3
             WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL"
        ),
        params![workspace, id, at],
    )
    .await
}
