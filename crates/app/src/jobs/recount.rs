//! Brings the counts of one workspace back in line with its rows.

use serde::{Deserialize, Serialize};
use yutang_domain::id::WorkspaceId;

use crate::{App, Result, queue::Job};

/// Recounts everything that is counted twice; see [`App::rebuild`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Recount {}

impl Job for Recount {
    const KIND: &'static str = "recount";

    fn dedup(&self) -> Option<String> {
        Some("all".to_owned())
    }

    async fn run(&self, app: &App, workspace: WorkspaceId) -> Result<()> {
        app.rebuild_workspace(workspace).await.map(|_| ())
    }
}
