//! `yutang channel`.

use clap::{Args, Subcommand};
use serde_json::json;
use yutang_app::channel::{self, NewAccount};
use yutang_domain::id::ChannelAccountId;

use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Connects programs that report what happens in groups.
#[derive(Args, Debug)]
pub struct Channel {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Connect one; the secret it signs with is shown this once
    Add(Add),
    /// List them
    List,
    /// Take one out of use; its groups stay
    Remove(Remove),
}

#[derive(Args, Debug)]
struct Add {
    /// The network: open, for a program of your own
    #[arg(long, default_value = "open")]
    network: String,
    /// What people call it
    #[arg(long)]
    name: String,
    /// Leave out what it reports of groups that nobody keeps, rather than make them
    #[arg(long)]
    no_adopt: bool,
}

#[derive(Args, Debug)]
struct Remove {
    /// Its id
    account: ChannelAccountId,
}

impl Channel {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let app = settings.open().await?;
        let done = async {
            settings.caller_or_new(&app).await?;
            let workspace = app.workspace(settings.workspace.as_deref()).await?;
            let caller = app.console(&workspace)?;
            match self.what {
                What::Add(add) => {
                    let new = NewAccount {
                        network: add.network,
                        name: add.name,
                        adopt: !add.no_adopt,
                    };
                    let made = app.add_account(&caller, &new).await?;
                    let url = format!("{}{}", base(settings), made.path);
                    let text = format!("{url}\n{}", made.secret);
                    let document = json!({
                        "account": made.row.id,
                        "name": made.row.name,
                        "url": url,
                        "secret": made.secret,
                    });
                    Ok::<_, Failure>(Answer::new(document, text))
                }
                What::List => {
                    let rows = app.accounts(&caller).await?;
                    let items: Vec<_> = rows
                        .iter()
                        .map(|row| {
                            let path = channel::path(&row.channel, row.id);
                            let url = row
                                .secret
                                .as_ref()
                                .map(|_| format!("{}{path}", base(settings)));
                            json!({
                                "account": row.id,
                                "network": row.channel,
                                "name": row.name,
                                "state": row.state,
                                "last_error": row.last_error,
                                "url": url,
                            })
                        })
                        .collect();
                    let text: Vec<String> = rows
                        .iter()
                        .map(|row| {
                            format!("{}  {}  {}  {}", row.id, row.channel, row.state, row.name)
                        })
                        .collect();
                    Ok(Answer::new(json!({ "items": items }), text.join("\n")))
                }
                What::Remove(remove) => {
                    app.remove_account(&caller, remove.account).await?;
                    let document = json!({ "account": remove.account, "removed": true });
                    Ok(Answer::new(
                        document,
                        format!("{} is out of use", remove.account),
                    ))
                }
            }
        }
        .await;
        app.close().await;
        done
    }
}

/// Where the program is reached, as far as the settings say.
fn base(settings: &Settings) -> String {
    let server = &settings.config.server;
    if server.base_url.is_empty() {
        format!("http://{}", server.listen)
    } else {
        server.base_url.trim_end_matches('/').to_owned()
    }
}
