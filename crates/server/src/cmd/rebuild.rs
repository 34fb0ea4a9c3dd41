//! `yutang rebuild`.

use clap::Args;
use serde_json::json;

use crate::{
    config::Settings,
    output::{Answer, Result},
};

/// Counts anew.
#[derive(Args, Debug)]
pub struct Rebuild {}

impl Rebuild {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let app = settings.open_existing().await?;
        let rebuilt = app.rebuild().await;
        app.close().await;
        let rebuilt = rebuilt?;
        let repaired: usize = rebuilt.iter().map(|counter| counter.repaired).sum();
        let mut text = Vec::new();
        for counter in rebuilt.iter().filter(|counter| counter.repaired > 0) {
            text.push(format!(
                "{:<40} {} places put right",
                counter.name, counter.repaired
            ));
        }
        if repaired == 0 {
            text.push("everything was right".to_owned());
        }
        Ok(Answer::new(
            json!({ "repaired": repaired, "counters": rebuilt }),
            text,
        ))
    }
}
