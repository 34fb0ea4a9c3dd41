//! Runs the clocks of complaints that nobody took up.

use crate::{App, Result};

/// Tells the region what the store did not take up.
pub(super) async fn run(app: &App) -> Result<u64> {
    app.run_alarm_clocks().await
}
