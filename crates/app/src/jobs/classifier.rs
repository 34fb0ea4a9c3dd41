//! Trains a workspace's classifier.

use serde::{Deserialize, Serialize};
use yutang_domain::id::WorkspaceId;

use crate::{App, Result, queue::Job};

/// Trains a version from the marks there are; see [`App::train_classifier`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrainClassifier {
    /// The share of wanted messages that may be accused.
    pub false_alarms: f64,
    /// Who asked for it, in stored form.
    pub actor: String,
}

impl Job for TrainClassifier {
    const KIND: &'static str = "train_classifier";
    const MAX_ATTEMPTS: i64 = 3;

    fn dedup(&self) -> Option<String> {
        Some("all".to_owned())
    }

    async fn run(&self, app: &App, workspace: WorkspaceId) -> Result<()> {
        app.make_classifier(workspace, self.false_alarms, &self.actor)
            .await
    }
}
