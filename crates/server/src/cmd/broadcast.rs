//! `yutang broadcast`: what a broadcast would do.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use yutang_app::broadcast::BroadcastFile;

use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Looks at broadcasts
#[derive(Args, Debug)]
pub struct Broadcast {
    #[command(subcommand)]
    command: BroadcastCommand,
}

#[derive(Debug, Subcommand)]
enum BroadcastCommand {
    /// Say whom a broadcast would reach, whom not and why, and how long it takes; nothing is sent
    Plan(Plan),
}

#[derive(Args, Debug)]
struct Plan {
    /// The broadcast: a TOML file
    file: PathBuf,
}

impl Broadcast {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let BroadcastCommand::Plan(asked) = self.command;
        let name = asked.file.display().to_string();
        let text = std::fs::read_to_string(&asked.file)
            .map_err(|error| Failure::failed("app.file", error.to_string()).at(&name))?;
        let file: BroadcastFile = toml::from_str(&text)
            .map_err(|error| Failure::failed("broadcast.file", error.to_string()).at(&name))?;
        let app = settings.open_existing().await?;
        let answer = async {
            let caller = settings.caller(&app).await?;
            settings.same_zone(&caller)?;
            let within = |error| Failure::from(error).in_file(&name);
            let draft = app.draft_of_file(&caller, file).await.map_err(within)?;
            let plan = app
                .plan_broadcast(&caller, &draft, None)
                .await
                .map_err(within)?;
            let mut lines = vec![format!(
                "{}: {} groups, {} accepted ({} by hand, {} wait), {} people, {} minutes",
                draft.name,
                plan.groups,
                plan.accepted,
                plan.by_hand,
                plan.waiting,
                plan.people,
                plan.minutes,
            )];
            lines.extend(plan.refused.iter().map(|one| {
                let limit = one
                    .limit
                    .map(|limit| format!(" ({limit})"))
                    .unwrap_or_default();
                format!("left out: {}  {}{limit}", one.name, one.reason)
            }));
            Ok(Answer::new(json!(plan), lines))
        }
        .await;
        app.close().await;
        answer
    }
}
