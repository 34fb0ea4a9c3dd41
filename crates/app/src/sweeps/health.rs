//! Judges the health of groups that something has happened in, and of the others twice a day.

use yutang_domain::time::HOUR;

use crate::{App, Result};

/// A class is judged again after this long even if nothing happened: silence is a fact too.
const STALE_MS: i64 = 12 * HOUR;
/// Groups judged at one time.
const SLICE: usize = 200;

pub(super) async fn run(app: &App) -> Result<u64> {
    let before = app.now().plus(-STALE_MS);
    let mut judged = 0;
    loop {
        let slice = app.judge_health(before, SLICE).await?;
        judged += slice as u64;
        if slice < SLICE || app.stopping().is_cancelled() {
            return Ok(judged);
        }
    }
}
