//! Makes tasks of questions that staff has not answered in time.

use crate::{App, Result};

/// Looks at questions that have had their ten minutes of working time.
pub(super) async fn run(app: &App) -> Result<u64> {
    app.look_for_replies().await
}
