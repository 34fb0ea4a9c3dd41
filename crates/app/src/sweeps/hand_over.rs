//! Finishes hand-overs of people who left, where a crash came between two slices.

use crate::{App, Result};

/// Moves what is left, slice by slice.
pub(super) async fn run(app: &App) -> Result<u64> {
    app.finish_hand_overs().await
}
