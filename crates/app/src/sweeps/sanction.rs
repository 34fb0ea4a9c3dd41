//! Lets those in again whose time outside is over.

use crate::{App, Result};

/// People let in at one time.
const SLICE: usize = 100;

pub(super) async fn run(app: &App) -> Result<u64> {
    let mut all = 0;
    loop {
        let slice = app.let_back(SLICE).await?;
        all += slice as u64;
        if slice < SLICE || app.stopping().is_cancelled() {
            return Ok(all);
        }
    }
}
