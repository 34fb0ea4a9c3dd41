//! `yutang doctor`.

use clap::Args;
use yutang_app::doctor::Finding;

use crate::{
    config::Settings,
    output::{Answer, Exit, Result},
};

/// Checks.
#[derive(Args, Debug)]
pub struct Doctor {}

impl Doctor {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let app = settings.open_existing().await?;
        let examined = app.examine().await;
        app.close().await;
        let examined = examined?;
        let mut text = Vec::new();
        for check in &examined.checks {
            let mark = match check.finding {
                Finding::Right => "right  ",
                Finding::Warning => "warning",
                Finding::Wrong => "WRONG  ",
            };
            text.push(format!("{mark}  {:<20} {}", check.name, check.detail));
        }
        let worst = examined.worst();
        let mut answer = Answer::new(serde_json::to_value(&examined).unwrap_or_default(), text);
        if worst == Finding::Wrong {
            answer.exit = Exit::Differences;
        }
        Ok(answer)
    }
}
