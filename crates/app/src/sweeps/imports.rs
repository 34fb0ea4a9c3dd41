//! Marks imports whose process is gone as interrupted, so that somebody can let them go on.

use crate::{App, Result};

pub(super) async fn run(app: &App) -> Result<u64> {
    app.interrupt_silent_imports().await
}
