//! Copies of the whole database.

use std::path::Path;

use crate::{Pools, Result, Store, StoreError};

/// Copies the SQLite file to `target` while it is in use, as of one instant.
///
/// # Errors
/// The engine refused; on PostgreSQL there is no file to copy.
pub async fn copy_file(store: &Store, target: &Path) -> Result<()> {
    match &store.pools {
        Pools::Sqlite { readers, .. } => {
            sqlx::query("VACUUM INTO $1").bind(target.display().to_string()).execute(readers).await?;
            Ok(())
        }
        Pools::Postgres(_) => Err(StoreError::open("the database file", "PostgreSQL has none")),
    }
}
