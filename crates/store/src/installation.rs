//! Facts about the whole installation.

use crate::{Result, Tx, params, record, sql};

record! {
    /// A fact by name.
    pub struct Fact {
        /// Its value.
        pub value: String,
    }
}

/// The fact called `name`.
///
/// # Errors
/// The engine refused.
pub async fn find(tx: &mut Tx, name: &str) -> Result<Option<String>> {
    let fact: Option<Fact> = tx
        .find(
            sql!("SELECT value FROM installation WHERE name = $1"),
            params![name],
        )
        .await?;
    Ok(fact.map(|f| f.value))
}

/// Sets the fact called `name`.
///
/// # Errors
/// The engine refused.
pub async fn set(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO installation (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        params![name, value],
    )
    .await?;
    Ok(())
}

/// Forgets the fact called `name`.
///
/// # Errors
/// The engine refused.
pub async fn remove(tx: &mut Tx, name: &str) -> Result<()> {
    tx.execute(
        sql!("DELETE FROM installation WHERE name = $1"),
        params![name],
    )
    .await?;
    Ok(())
}

/// Forgets every fact; for a database that is about to be filled from another one.
///
/// # Errors
/// The engine refused.
pub async fn clear(tx: &mut Tx) -> Result<()> {
    tx.execute(sql!("DELETE FROM installation"), params![])
        .await?;
    Ok(())
}
