//! How many jobs, outbox rows and deliveries stand where, for `/metrics`.

use crate::{App, Result};

/// Sets the gauges; touches nothing.
pub(super) async fn run(app: &App) -> Result<u64> {
    let backlog = app.backlog().await?;
    for state in ["queued", "running", "done", "dead"] {
        let n = backlog.jobs.get(state).copied().unwrap_or(0);
        metrics::gauge!("yutang_jobs", "state" => state).set(n as f64);
    }
    for state in ["pending", "sending", "sent", "unknown", "failed", "tasked"] {
        let n = backlog.outbox.get(state).copied().unwrap_or(0);
        metrics::gauge!("yutang_outbox", "state" => state).set(n as f64);
    }
    metrics::gauge!("yutang_paused").set(if backlog.paused { 1.0 } else { 0.0 });
    metrics::gauge!("yutang_hooks_waiting").set(app.hooks_waiting().await? as f64);
    Ok(0)
}
