//! Lets go of texts and deliveries whose time is over.

use crate::{App, Result};

/// See [`App::let_go_of_texts`] and [`App::let_go_of_hooks`].
pub(super) async fn run(app: &App) -> Result<u64> {
    Ok(app.let_go_of_texts().await? + app.let_go_of_hooks().await?)
}
