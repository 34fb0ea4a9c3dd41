//! Console sessions.

use yutang_domain::{
    id::{AccountId, DeviceId, SessionId, StaffId, WorkspaceId},
    staff::SessionKind,
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, text_cell};

text_cell!(SessionKind);

record! {
    /// A session.
    pub struct Session {
        /// Its id.
        pub id: SessionId,
        /// The sign-in behind it; none on a bound phone.
        pub account_id: Option<AccountId>,
        /// Who.
        pub staff_id: StaffId,
        /// In which workspace.
        pub workspace_id: WorkspaceId,
        /// How it came about.
        pub kind: SessionKind,
        /// The phone, if it is one.
        pub device_id: Option<DeviceId>,
        /// What every change has to carry.
        pub csrf: String,
        /// What the browser calls itself, shortened.
        pub agent: String,
        /// When the person last proved who they are.
        pub signed_in_at: Timestamp,
        /// When it was last used.
        pub last_seen_at: Timestamp,
        /// When it ends at the latest.
        pub expires_at: Timestamp,
    }
}

/// Begins a session.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, row: &Session, token_hash: &[u8]) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO session (id, token_hash, account_id, staff_id, workspace_id, kind, device_id,
                csrf, agent, signed_in_at, last_seen_at, expires_at, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL)"
        ),
        params![
            row.id,
            token_hash,
            row.account_id,
            row.staff_id,
            row.workspace_id,
            row.kind,
            row.device_id,
            row.csrf.as_str(),
            row.agent.as_str(),
            row.signed_in_at,
            row.last_seen_at,
            row.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// The session with that token, unless it has ended at `now`; `idle_since` is the moment before
/// which it must not have been used last.
///
/// # Errors
/// The engine refused.
pub async fn find(
    tx: &mut Tx,
    token_hash: &[u8],
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<Session>> {
    tx.find(
        sql!(
            "SELECT id, account_id, staff_id, workspace_id, kind, device_id, csrf, agent,
                    signed_in_at, last_seen_at, expires_at
             FROM session
             WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > $2 AND last_seen_at > $3"
        ),
        params![token_hash, now, idle_since],
    )
    .await
}

/// Whether a session is still alive.
///
/// # Errors
/// The engine refused.
pub async fn is_alive(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: SessionId,
    now: Timestamp,
) -> Result<bool> {
    let n = tx
        .count(
            sql!(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM session s
                 JOIN staff p ON p.workspace_id = s.workspace_id AND p.id = s.staff_id
                 WHERE s.workspace_id = $1 AND s.id = $2 AND s.revoked_at IS NULL
                   AND s.expires_at > $3 AND p.left_at IS NULL"
            ),
            params![workspace, id, now],
        )
        .await?;
    Ok(n > 0)
}

/// Sessions of a member of staff that could still be used, the latest first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    staff: StaffId,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Vec<Session>> {
    tx.all(
        sql!(
            "SELECT id, account_id, staff_id, workspace_id, kind, device_id, csrf, agent,
                    signed_in_at, last_seen_at, expires_at
             FROM session
             WHERE workspace_id = $1 AND staff_id = $2 AND revoked_at IS NULL AND expires_at > $3
               AND last_seen_at > $4
             ORDER BY last_seen_at DESC, id"
        ),
        params![workspace, staff, now, idle_since],
    )
    .await
}

/// Notes that a session was used.
///
/// # Errors
/// The engine refused.
pub async fn seen(tx: &mut Tx, workspace: WorkspaceId, id: SessionId, at: Timestamp) -> Result<()> {
    tx.execute(
        sql!("UPDATE session SET last_seen_at = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, at],
    )
    .await?;
    Ok(())
}

/// Moves a session to another workspace of its account.
///
/// # Errors
/// The engine refused.
pub async fn switch(
    tx: &mut Tx,
    (workspace, id): (WorkspaceId, SessionId),
    (to, staff): (WorkspaceId, StaffId),
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE session SET workspace_id = $3, staff_id = $4 WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id, to, staff],
    )
    .await?;
    Ok(())
}

/// Ends one session of a member of staff; false if there is none.
///
/// # Errors
/// The engine refused.
pub async fn revoke(
    tx: &mut Tx,
    workspace: WorkspaceId,
    staff: StaffId,
    id: SessionId,
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE session SET revoked_at = $4
             WHERE workspace_id = $1 AND staff_id = $2 AND id = $3 AND revoked_at IS NULL"
        ),
        params![workspace, staff, id, at],
    )
    .await
}

/// Ends all sessions of a member of staff in a workspace; returns how many.
///
/// # Errors
/// The engine refused.
pub async fn revoke_of_staff(
    tx: &mut Tx,
    workspace: WorkspaceId,
    staff: StaffId,
    at: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE session SET revoked_at = $3
             WHERE workspace_id = $1 AND staff_id = $2 AND revoked_at IS NULL"
        ),
        params![workspace, staff, at],
    )
    .await
}

/// Ends all sessions of a phone; returns how many.
///
/// # Errors
/// The engine refused.
pub async fn revoke_of_device(
    tx: &mut Tx,
    workspace: WorkspaceId,
    device: DeviceId,
    at: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE session SET revoked_at = $3
             WHERE workspace_id = $1 AND device_id = $2 AND revoked_at IS NULL"
        ),
        params![workspace, device, at],
    )
    .await
}

/// Ends all sessions of a sign-in in all workspaces but one session; returns how many.
///
/// # Errors
/// The engine refused.
pub async fn revoke_of_account(
    tx: &mut Tx,
    account: AccountId,
    but: Option<SessionId>,
    at: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE session SET revoked_at = $3
             WHERE account_id = $1 AND id <> $2 AND revoked_at IS NULL"
        ),
        params![account, but.map_or(0, yutang_domain::id::Id::raw), at],
    )
    .await
}

/// Forgets sessions that ended before `before`.
///
/// # Errors
/// The engine refused.
pub async fn expire(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(
        sql!("DELETE FROM session WHERE expires_at < $1 OR (revoked_at IS NOT NULL AND revoked_at < $1)"),
        params![before],
    )
    .await
}
