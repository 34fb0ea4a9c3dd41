//! `yutang moderation`: what the present rules would have decided.

use clap::{Args, Subcommand};
use serde_json::json;
use yutang_domain::time::Date;

use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Looks at how order is kept
#[derive(Args, Debug)]
pub struct Moderation {
    #[command(subcommand)]
    command: ModerationCommand,
}

#[derive(Debug, Subcommand)]
enum ModerationCommand {
    /// Say what the present rules would have decided in a past period; nothing is written
    Replay(Replay),
}

#[derive(Args, Debug)]
struct Replay {
    /// The group: its id or exact name
    group: String,
    /// First day, YYYY-MM-DD [default: 28 days before --to]
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Day after the last, YYYY-MM-DD [default: tomorrow]
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
}

impl Moderation {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let ModerationCommand::Replay(asked) = self.command;
        let app = settings.open_existing().await?;
        let answer = async {
            let caller = settings.caller(&app).await?;
            settings.same_zone(&caller)?;
            let row = app
                .find_group(&caller, &asked.group)
                .await
                .map_err(|error| Failure::from(error).at("GROUP"))?;
            let replay = app.replay(&caller, row.id, (asked.from, asked.to)).await?;
            let mut lines = vec![format!(
                "{}: {} messages, {} decisions, rules version {}",
                row.name,
                replay.looked,
                replay.outcomes.values().sum::<usize>(),
                replay.rule_version,
            )];
            lines.extend(replay.decisions.iter().map(|decision| {
                format!("{}  {}  {}", decision.at, decision.decision, decision.text)
            }));
            Ok(Answer::new(json!(replay), lines))
        }
        .await;
        app.close().await;
        answer
    }
}
