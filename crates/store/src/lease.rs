//! Who holds what, for how long: node numbers, the sequencer, the one migrator, connections.

use yutang_domain::time::Timestamp;

use crate::{Result, Tx, params, record, sql};

record! {
    /// A lease row.
    pub struct Lease {
        /// What is held, for example `node:7`.
        pub name: String,
        /// Who holds it.
        pub holder: String,
        /// Until when.
        pub expires_at: Timestamp,
        /// What the holder keeps with it: for nodes the high-water mark of ids in Unix ms.
        pub value: i64,
    }
}

/// Takes `name` for `holder` if it is free, expired, or already theirs; the value is kept.
/// Guarded transactions suffice. Returns the lease when it was taken.
///
/// # Errors
/// The engine refused.
pub async fn take(
    tx: &mut Tx,
    name: &str,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Lease>> {
    tx.find(
        sql!(
            "INSERT INTO lease (name, holder, expires_at, value) VALUES ($1, $2, $3, 0)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
             WHERE lease.expires_at < $4 OR lease.holder = excluded.holder
             RETURNING name, holder, expires_at, value"
        ),
        params![name, holder, until, now],
    )
    .await
}

/// Prolongs a lease that is still the holder's, and stores its value. False if it was lost.
///
/// # Errors
/// The engine refused.
pub async fn renew(
    tx: &mut Tx,
    name: &str,
    holder: &str,
    until: Timestamp,
    value: i64,
) -> Result<bool> {
    tx.changed(
        sql!("UPDATE lease SET expires_at = $3, value = $4 WHERE name = $1 AND holder = $2"),
        params![name, holder, until, value],
    )
    .await
}

/// Gives a lease back.
///
/// # Errors
/// The engine refused.
pub async fn release(tx: &mut Tx, name: &str, holder: &str, value: i64) -> Result<()> {
    tx.execute(
        sql!("UPDATE lease SET expires_at = 0, holder = '', value = $3 WHERE name = $1 AND holder = $2"),
        params![name, holder, value],
    )
    .await?;
    Ok(())
}

/// The leases whose names begin with `prefix`.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, prefix: &str) -> Result<Vec<Lease>> {
    tx.all(
        sql!(
            "SELECT name, holder, expires_at, value FROM lease
             WHERE substr(name, 1, $2) = $1 ORDER BY name"
        ),
        params![prefix, prefix.len()],
    )
    .await
}

/// Takes every lease from its holder; the values stay. For copies of a database, whose holders
/// know nothing of it.
///
/// # Errors
/// The engine refused.
pub async fn release_all(tx: &mut Tx) -> Result<()> {
    tx.execute(
        sql!("UPDATE lease SET expires_at = 0, holder = ''"),
        params![],
    )
    .await?;
    Ok(())
}

/// Forgets every lease; for a database that is about to be filled from another one.
///
/// # Errors
/// The engine refused.
pub async fn clear(tx: &mut Tx) -> Result<()> {
    tx.execute(sql!("DELETE FROM lease"), params![]).await?;
    Ok(())
}
