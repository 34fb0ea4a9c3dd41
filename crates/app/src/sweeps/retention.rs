//! Lets go of texts whose time is over.

use crate::{App, Result};

/// See [`App::let_go_of_texts`].
pub(super) async fn run(app: &App) -> Result<u64> {
    app.let_go_of_texts().await
}
