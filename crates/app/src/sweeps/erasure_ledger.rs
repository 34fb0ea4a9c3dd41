//! Keeps the list of erased persons beside the database, so that a restored backup can be told.

use crate::{App, Result};

/// See [`App::note_erasures`].
pub(super) async fn run(app: &App) -> Result<u64> {
    app.note_erasures().await
}
