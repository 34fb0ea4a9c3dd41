//! Opens gates whose wave is over, and looks at first days whose time has come.

use crate::{App, Result};

pub(super) async fn run(app: &App) -> Result<u64> {
    app.keep_gates().await
}
