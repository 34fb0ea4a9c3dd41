//! Carries broadcasts out.

use crate::{App, Result};

/// Deals with the groups whose turn has come.
pub(super) async fn run(app: &App) -> Result<u64> {
    app.run_broadcasts().await
}
