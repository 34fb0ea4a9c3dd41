//! `yutang staff`.

use clap::{Args, Subcommand};
use serde_json::json;
use yutang_domain::actor::Role;

use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Adds people.
#[derive(Args, Debug)]
pub struct Staff {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add one; the password comes from stdin
    Add(Add),
}

#[derive(Args, Debug)]
struct Add {
    /// The person's name
    #[arg(long)]
    name: String,
    /// owner, operator, manager, service or analyst
    #[arg(long)]
    role: Role,
    /// Name to sign in with [default: the name]
    #[arg(long, value_name = "NAME")]
    sign_in: Option<String>,
    /// Read the password from stdin
    #[arg(long)]
    password_stdin: bool,
}

impl Staff {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let What::Add(add) = self.what;
        if !add.password_stdin {
            return Err(Failure::usage(
                "--password-stdin",
                "give the password on stdin, with --password-stdin: among the arguments others could read it",
            ));
        }
        let password = super::secret_from_stdin()?;
        let app = settings.open().await?;
        let made = async {
            settings.caller_or_new(&app).await?;
            let workspace = app.workspace(settings.workspace.as_deref()).await?;
            Ok::<_, Failure>(
                app.add_staff_from_cli(
                    &workspace,
                    &add.name,
                    add.role,
                    add.sign_in.as_deref(),
                    &password,
                )
                .await?,
            )
        }
        .await;
        app.close().await;
        let row = made?.row;
        let sign_in = row.sign_in.clone();
        let text = format!(
            "{} may sign in as {} ({})",
            row.name,
            sign_in.as_deref().unwrap_or(&row.name),
            row.role
        );
        let document =
            json!({ "id": row.id, "name": row.name, "sign_in": sign_in, "role": row.role });
        Ok(Answer::new(document, text))
    }
}
