//! Sign-ins: one person may have a place in several workspaces.

use yutang_domain::{
    id::AccountId,
    time::{DAY, Timestamp},
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// A sign-in.
    pub struct Account {
        /// Its id.
        pub id: AccountId,
        /// The name one signs in with, folded.
        pub sign_in: String,
        /// Argon2id in PHC form; none while a password has to be chosen by link.
        pub password_hash: Option<String>,
        /// Sealed seed of the authenticator, confirmed or not yet.
        pub totp_secret: Option<String>,
        /// Whether a code is asked for.
        pub totp_enabled: bool,
        /// The last 30-second step whose code was accepted: none is accepted twice.
        pub totp_last_step: i64,
        /// When it was locked because its owner left.
        pub locked_at: Option<Timestamp>,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// Adds a sign-in.
///
/// # Errors
/// The name is taken, or the engine refused.
pub async fn insert(tx: &mut Tx, row: &Account) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO account (id, sign_in, password_hash, totp_secret, totp_enabled,
                totp_last_step, locked_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
        ),
        params![
            row.id,
            row.sign_in.as_str(),
            row.password_hash.clone(),
            row.totp_secret.clone(),
            row.totp_enabled,
            row.totp_last_step,
            row.locked_at,
            row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// The sign-in of that folded name, if any.
///
/// # Errors
/// The engine refused.
pub async fn find(tx: &mut Tx, sign_in: &str) -> Result<Option<Account>> {
    tx.find(
        sql!(
            "SELECT id, sign_in, password_hash, totp_secret, totp_enabled, totp_last_step, locked_at,
                    created_at
             FROM account WHERE sign_in = $1"
        ),
        params![sign_in],
    )
    .await
}

/// One sign-in.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, id: AccountId) -> Result<Account> {
    tx.one(
        "account",
        sql!(
            "SELECT id, sign_in, password_hash, totp_secret, totp_enabled, totp_last_step, locked_at,
                    created_at
             FROM account WHERE id = $1"
        ),
        params![id],
    )
    .await
}

/// Gives a sign-in another name.
///
/// # Errors
/// The name is taken, or the engine refused.
pub async fn rename(tx: &mut Tx, id: AccountId, sign_in: &str, at: Timestamp) -> Result<()> {
    tx.execute(
        sql!("UPDATE account SET sign_in = $2, updated_at = $3 WHERE id = $1"),
        params![id, sign_in, at],
    )
    .await?;
    Ok(())
}

/// Sets or takes away the password.
///
/// # Errors
/// The engine refused.
pub async fn set_password(
    tx: &mut Tx,
    id: AccountId,
    hash: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE account SET password_hash = $2, updated_at = $3 WHERE id = $1"),
        params![id, hash.map(str::to_owned), at],
    )
    .await?;
    Ok(())
}

/// Sets the authenticator's sealed seed and whether codes are asked for.
///
/// # Errors
/// The engine refused.
pub async fn set_totp(
    tx: &mut Tx,
    id: AccountId,
    secret: Option<&str>,
    enabled: bool,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE account SET totp_secret = $2, totp_enabled = $3, updated_at = $4 WHERE id = $1"
        ),
        params![id, secret.map(str::to_owned), enabled, at],
    )
    .await?;
    Ok(())
}

/// Accepts the code of a step; false if that step or a later one was accepted before.
///
/// # Errors
/// The engine refused.
pub async fn take_totp_step(tx: &mut Tx, id: AccountId, step: i64) -> Result<bool> {
    tx.changed(
        sql!("UPDATE account SET totp_last_step = $2 WHERE id = $1 AND totp_last_step < $2"),
        params![id, step],
    )
    .await
}

/// Locks a sign-in for good, or opens it again.
///
/// # Errors
/// The engine refused.
pub async fn set_locked(
    tx: &mut Tx,
    id: AccountId,
    locked_at: Option<Timestamp>,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE account SET locked_at = $2, updated_at = $3 WHERE id = $1"),
        params![id, locked_at, at],
    )
    .await?;
    Ok(())
}

record! {
    /// Wrong guesses in a row at a sign-in name, whether or not there is such a name.
    pub struct Guard {
        /// How many, the one under way included.
        pub failed: i64,
        /// Until when no guess is taken.
        pub locked_until: Option<Timestamp>,
    }
}

/// Takes one guess at a name: counts it as wrong until [`forgive`] says otherwise, and counts
/// from one again after a quiet day. `None` while the name is locked; nothing is counted then.
///
/// # Errors
/// The engine refused.
pub async fn take_guess(tx: &mut Tx, name_hash: &[u8], now: Timestamp) -> Result<Option<Guard>> {
    tx.find(
        sql!(
            "INSERT INTO sign_in_guard (name_hash, failed, locked_until, last_at)
             VALUES ($1, 1, NULL, $2)
             ON CONFLICT (name_hash) DO UPDATE SET
                failed = CASE WHEN sign_in_guard.last_at < $3
                              AND COALESCE(sign_in_guard.locked_until, 0) < $3
                         THEN 1 ELSE sign_in_guard.failed + 1 END,
                last_at = excluded.last_at
             WHERE sign_in_guard.locked_until IS NULL OR sign_in_guard.locked_until <= $2
             RETURNING failed, locked_until"
        ),
        params![name_hash, now, now.plus(-DAY)],
    )
    .await
}

/// The state of a name, if anybody guessed at it.
///
/// # Errors
/// The engine refused.
pub async fn guard(tx: &mut Tx, name_hash: &[u8]) -> Result<Option<Guard>> {
    tx.find(
        sql!("SELECT failed, locked_until FROM sign_in_guard WHERE name_hash = $1"),
        params![name_hash],
    )
    .await
}

/// Locks a name.
///
/// # Errors
/// The engine refused.
pub async fn lock_name(tx: &mut Tx, name_hash: &[u8], until: Timestamp) -> Result<()> {
    tx.execute(
        sql!("UPDATE sign_in_guard SET locked_until = $2 WHERE name_hash = $1"),
        params![name_hash, until],
    )
    .await?;
    Ok(())
}

/// Takes back the last guess, which was not a wrong one, with the lock it may have set.
///
/// # Errors
/// The engine refused.
pub async fn give_back_guess(tx: &mut Tx, name_hash: &[u8]) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE sign_in_guard SET failed = failed - 1, locked_until = NULL
             WHERE name_hash = $1 AND failed > 0"
        ),
        params![name_hash],
    )
    .await?;
    Ok(())
}

/// Forgets all guesses at a name.
///
/// # Errors
/// The engine refused.
pub async fn forgive(tx: &mut Tx, name_hash: &[u8]) -> Result<()> {
    tx.execute(
        sql!("DELETE FROM sign_in_guard WHERE name_hash = $1"),
        params![name_hash],
    )
    .await?;
    Ok(())
}

/// Forgets guesses older than `before`, locks that are over included.
///
/// # Errors
/// The engine refused.
pub async fn expire_guesses(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(
        sql!(
            "DELETE FROM sign_in_guard
             WHERE last_at < $1 AND (locked_until IS NULL OR locked_until < $1)"
        ),
        params![before],
    )
    .await
}
