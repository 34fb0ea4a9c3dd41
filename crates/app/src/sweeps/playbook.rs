//! Begins and carries on the runs of playbooks.

use crate::{App, Result};

/// Does what has come due.
pub(super) async fn run(app: &App) -> Result<u64> {
    app.run_playbooks().await
}
