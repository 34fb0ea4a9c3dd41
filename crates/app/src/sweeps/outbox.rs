//! What was still to be said through accounts that were removed.

use crate::{App, Result};

/// Hands it to people.
pub(super) async fn run(app: &App) -> Result<u64> {
    app.hand_over_removed().await
}
