//! `yutang token`.

use clap::{Args, Subcommand};
use serde_json::json;
use yutang_domain::actor::Role;

use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Adds keys for programs.
#[derive(Args, Debug)]
pub struct Token {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add one; it is shown this once
    Add(Add),
}

#[derive(Args, Debug)]
struct Add {
    /// owner, operator, manager, service or analyst
    #[arg(long)]
    role: Role,
    /// What it is for
    #[arg(long)]
    name: Option<String>,
    /// An operation to narrow it to, for example report.read; may be given several times [default:
    /// all of the role]
    #[arg(long, value_name = "OPERATION")]
    scope: Vec<String>,
}

impl Token {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let What::Add(add) = self.what;
        let app = settings.open().await?;
        let made = async {
            settings.caller_or_new(&app).await?;
            let workspace = app.workspace(settings.workspace.as_deref()).await?;
            Ok::<_, Failure>(
                app.add_token(&workspace, add.role, add.name.as_deref(), add.scope)
                    .await?,
            )
        }
        .await;
        app.close().await;
        let made = made?;
        let document = json!({
            "token": made.secret,
            "id": made.row.id,
            "name": made.row.name,
            "role": made.row.role,
            "scopes": made.row.scopes.split_whitespace().collect::<Vec<_>>(),
        });
        Ok(Answer::new(document, made.secret))
    }
}
