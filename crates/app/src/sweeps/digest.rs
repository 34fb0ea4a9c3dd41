//! Has staff told at nine what the day before came to.

use crate::{App, Result};

/// See [`App::tell_digests`].
pub(super) async fn run(app: &App) -> Result<u64> {
    app.tell_digests().await
}
