//! Notes what robots in staff chats are to tell of tasks.

use crate::{App, Result};

/// Compares the tasks as they stand with what was told.
pub(super) async fn run(app: &App) -> Result<u64> {
    app.note_tellings().await
}
