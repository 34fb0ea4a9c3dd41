//! How a member comes to be signed in on their pages: links and codes on their way, and sessions.

use yutang_domain::{
    id::{MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// A link or code on its way to becoming a session.
    pub struct SignIn {
        /// SHA-256 of what the member holds.
        pub token_hash: Vec<u8>,
        /// link, code or staff.
        pub kind: String,
        /// For whom; a code belongs to nobody until it has been said to the bot.
        pub member_id: Option<MemberId>,
        /// SHA-256 of the browser's cookie, for codes.
        pub browser_hash: Option<Vec<u8>>,
        /// Who asked for it, in stored form.
        pub actor: String,
        /// When it was made.
        pub created_at: Timestamp,
        /// Until when it can be used.
        pub expires_at: Timestamp,
        /// When it was used.
        pub used_at: Option<Timestamp>,
    }
}

record! {
    /// A browser in which a member is signed in.
    pub struct MemberSession {
        /// SHA-256 of the cookie.
        pub token_hash: Vec<u8>,
        /// Who.
        pub member_id: MemberId,
        /// What forms have to carry.
        pub csrf: String,
        /// When the member proved who they are.
        pub signed_in_at: Timestamp,
        /// Until when it holds.
        pub expires_at: Timestamp,
        /// When it was ended before its time.
        pub revoked_at: Option<Timestamp>,
    }
}

/// Adds a link or code; false if the same one is on its way already.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &SignIn) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO member_sign_in (token_hash, workspace_id, kind, member_id,
                browser_hash, actor, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"
        ),
        params![
            row.token_hash.clone(),
            workspace,
            row.kind.as_str(),
            row.member_id,
            row.browser_hash.clone(),
            row.actor.as_str(),
            row.created_at,
            row.expires_at,
        ],
    )
    .await
}

/// The link or code with this hash that can still be used.
///
/// # Errors
/// The engine refused.
pub async fn find_live(
    tx: &mut Tx,
    workspace: WorkspaceId,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<SignIn>> {
    tx.find(
        sql!(
            "SELECT token_hash, kind, member_id, browser_hash, actor, created_at, expires_at, used_at
             FROM member_sign_in
             WHERE workspace_id = $1 AND token_hash = $2 AND used_at IS NULL AND expires_at > $3"
        ),
        params![workspace, token_hash, now],
    )
    .await
}

/// The newest code that a browser shows and that can still be used.
///
/// # Errors
/// The engine refused.
pub async fn find_of_browser(
    tx: &mut Tx,
    workspace: WorkspaceId,
    browser_hash: &[u8],
    now: Timestamp,
) -> Result<Option<SignIn>> {
    tx.find(
        sql!(
            "SELECT token_hash, kind, member_id, browser_hash, actor, created_at, expires_at, used_at
             FROM member_sign_in
             WHERE workspace_id = $1 AND browser_hash = $2 AND kind = 'code'
               AND used_at IS NULL AND expires_at > $3
             ORDER BY created_at DESC LIMIT 1"
        ),
        params![workspace, browser_hash, now],
    )
    .await
}

/// Uses up a link or code; false if it was used, or its time is over.
///
/// # Errors
/// The engine refused.
pub async fn take(
    tx: &mut Tx,
    workspace: WorkspaceId,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE member_sign_in SET used_at = $3
             WHERE workspace_id = $1 AND token_hash = $2 AND used_at IS NULL AND expires_at > $3"
        ),
        params![workspace, token_hash, now],
    )
    .await
}

/// Says whose a code is; false if there is no such code, or it is somebody's already.
///
/// # Errors
/// The engine refused.
pub async fn confirm(
    tx: &mut Tx,
    workspace: WorkspaceId,
    token_hash: &[u8],
    member: MemberId,
    now: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE member_sign_in SET member_id = $3
             WHERE workspace_id = $1 AND token_hash = $2 AND kind = 'code'
               AND member_id IS NULL AND used_at IS NULL AND expires_at > $4"
        ),
        params![workspace, token_hash, member, now],
    )
    .await
}

/// Forgets the codes of a browser that nobody has claimed.
///
/// # Errors
/// The engine refused.
pub async fn drop_of_browser(
    tx: &mut Tx,
    workspace: WorkspaceId,
    browser_hash: &[u8],
) -> Result<u64> {
    tx.execute(
        sql!(
            "DELETE FROM member_sign_in
             WHERE workspace_id = $1 AND browser_hash = $2 AND member_id IS NULL"
        ),
        params![workspace, browser_hash],
    )
    .await
}

/// Forgets one link or code that can no longer be used, so that the same digits may come again.
///
/// # Errors
/// The engine refused.
pub async fn drop_dead(
    tx: &mut Tx,
    workspace: WorkspaceId,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!(
            "DELETE FROM member_sign_in
             WHERE workspace_id = $1 AND token_hash = $2 AND (used_at IS NOT NULL OR expires_at <= $3)"
        ),
        params![workspace, token_hash, now],
    )
    .await
}

/// Adds a session.
///
/// # Errors
/// The engine refused.
pub async fn insert_session(
    tx: &mut Tx,
    workspace: WorkspaceId,
    row: &MemberSession,
) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO member_session (token_hash, workspace_id, member_id, csrf, signed_in_at,
                expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        params![
            row.token_hash.clone(),
            workspace,
            row.member_id,
            row.csrf.as_str(),
            row.signed_in_at,
            row.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// The session with this hash, if it still holds.
///
/// # Errors
/// The engine refused.
pub async fn find_session(
    tx: &mut Tx,
    workspace: WorkspaceId,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<MemberSession>> {
    tx.find(
        sql!(
            "SELECT token_hash, member_id, csrf, signed_in_at, expires_at, revoked_at
             FROM member_session
             WHERE workspace_id = $1 AND token_hash = $2 AND revoked_at IS NULL AND expires_at > $3"
        ),
        params![workspace, token_hash, now],
    )
    .await
}

/// Ends one session.
///
/// # Errors
/// The engine refused.
pub async fn revoke_session(
    tx: &mut Tx,
    workspace: WorkspaceId,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE member_session SET revoked_at = $3
             WHERE workspace_id = $1 AND token_hash = $2 AND revoked_at IS NULL"
        ),
        params![workspace, token_hash, now],
    )
    .await
}

/// Ends all sessions of a member, and forgets what was on its way to becoming one.
///
/// # Errors
/// The engine refused.
pub async fn revoke_all(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
    now: Timestamp,
) -> Result<u64> {
    tx.execute(
        sql!("DELETE FROM member_sign_in WHERE workspace_id = $1 AND member_id = $2"),
        params![workspace, member],
    )
    .await?;
    tx.execute(
        sql!(
            "UPDATE member_session SET revoked_at = $3
             WHERE workspace_id = $1 AND member_id = $2 AND revoked_at IS NULL"
        ),
        params![workspace, member, now],
    )
    .await
}

/// Forgets links, codes and sessions whose time was over before `before`.
///
/// # Errors
/// The engine refused.
pub async fn expire(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let links = tx
        .execute(
            sql!("DELETE FROM member_sign_in WHERE expires_at < $1"),
            params![before],
        )
        .await?;
    let sessions = tx
        .execute(
            sql!("DELETE FROM member_session WHERE expires_at < $1"),
            params![before],
        )
        .await?;
    Ok(links + sessions)
}
