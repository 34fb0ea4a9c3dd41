//! `yutang resume`.

use clap::Args;
use serde_json::json;

use crate::{
    config::Settings,
    output::{Answer, Result},
};

/// Lets jobs and sending go on.
#[derive(Args, Debug)]
pub struct Resume {}

impl Resume {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let app = settings.open_existing().await?;
        let was = app.resume().await;
        app.close().await;
        let was = was?;
        let text = if was {
            "jobs and sending go on"
        } else {
            "jobs and sending were not kept still"
        };
        Ok(Answer::new(json!({ "was_paused": was }), text))
    }
}
