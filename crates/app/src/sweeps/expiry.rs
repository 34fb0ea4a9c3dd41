//! Forgets what has had its time: stored answers, counters of attempts, links, sessions, done jobs.

use yutang_domain::time::DAY;
use yutang_store::{
    account, idempotency, job, member_sign_in, rate_limit, robot, session, webhook,
};

use crate::{App, Result, macros::in_tx};

/// Answers under idempotency keys are kept 7 days, done jobs as long, attempts 2 days, ended links
/// and sessions of members and uploads that nobody imported a day, ended sessions of staff and
/// what robots told of ended tasks 30 days; what webhooks took 7 days, what they did not 30.
pub(super) async fn run(app: &App) -> Result<u64> {
    let now = app.now();
    let uploads = app.remove_stale_uploads().await?;
    in_tx!(app, Guarded, tx => {
        Ok(uploads
            + idempotency::expire(tx, now.plus(-7 * DAY)).await?
            + job::expire(tx, now.plus(-7 * DAY)).await?
            + rate_limit::expire(tx, now.plus(-2 * DAY)).await?
            + account::expire_guesses(tx, now.plus(-2 * DAY)).await?
            + session::expire(tx, now.plus(-30 * DAY)).await?
            + robot::expire(tx, now.plus(-30 * DAY)).await?
            + webhook::forget_secrets(tx, now).await?
            + webhook::delivery::expire(tx, now.plus(-7 * DAY), now.plus(-30 * DAY)).await?
            + member_sign_in::expire(tx, now.plus(-DAY)).await?)
    })
}
