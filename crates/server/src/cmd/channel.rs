//! `yutang channel`.

use clap::{Args, Subcommand};
use serde_json::json;
use yutang_app::channel::{self, NewAccount, NewConnection};
use yutang_domain::id::ChannelAccountId;

use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Connects accounts on chat networks, and programs that report what happens in groups.
#[derive(Args, Debug)]
pub struct Channel {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Connect one: matrix, telegram, or a program of your own (open), whose secret is shown this once
    Add(Add),
    /// How each connection stands, and what went wrong last
    Status,
    /// List them
    List,
    /// Have a bot's network deliver what happens to this program, which it has to reach over https
    Deliver(Deliver),
    /// Take one out of use; its groups stay
    Remove(Remove),
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Add {
    #[command(subcommand)]
    account: Option<Account>,
    /// The network: open, for a program of your own
    #[arg(long, default_value = "open")]
    network: String,
    /// What people call it
    #[arg(long, required = true)]
    name: Option<String>,
    /// Leave out what it reports of groups that nobody keeps, rather than make them
    #[arg(long)]
    no_adopt: bool,
}

#[derive(Debug, Subcommand)]
enum Account {
    /// An account on a Matrix homeserver
    Matrix {
        /// Where the homeserver answers: https://…
        #[arg(long, value_name = "URL")]
        homeserver: String,
        /// Who signs in
        #[arg(long)]
        user: String,
        /// Read the password from stdin
        #[arg(long)]
        password_stdin: bool,
        /// What people call the account [default: its id]
        #[arg(long)]
        name: Option<String>,
        /// Leave out groups that nobody keeps, rather than make them
        #[arg(long)]
        no_adopt: bool,
    },
    /// A bot on Telegram
    Telegram {
        /// Where the Bot API answers, if it is one of your own
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        /// Read the token from stdin
        #[arg(long)]
        token_stdin: bool,
        /// What people call the bot [default: its name]
        #[arg(long)]
        name: Option<String>,
        /// Leave out groups that nobody keeps, rather than make them
        #[arg(long)]
        no_adopt: bool,
    },
}

/// What opens an account, what it is called, and whether it adopts groups.
struct Wanted {
    connection: NewConnection,
    name: Option<String>,
    adopt: bool,
}

impl Account {
    fn read(self) -> Result<Wanted> {
        let unread = |flag: &'static str| {
            Failure::usage(
                flag,
                format!("give it on stdin, with {flag}: among the arguments others could read it"),
            )
        };
        Ok(match self {
            Self::Matrix {
                homeserver,
                user,
                password_stdin,
                name,
                no_adopt,
            } => {
                if !password_stdin {
                    return Err(unread("--password-stdin"));
                }
                Wanted {
                    connection: NewConnection::Matrix {
                        homeserver,
                        user,
                        password: super::secret_from_stdin()?,
                    },
                    name,
                    adopt: !no_adopt,
                }
            }
            Self::Telegram {
                base_url,
                token_stdin,
                name,
                no_adopt,
            } => {
                if !token_stdin {
                    return Err(unread("--token-stdin"));
                }
                Wanted {
                    connection: NewConnection::Telegram {
                        base_url,
                        token: super::secret_from_stdin()?,
                    },
                    name,
                    adopt: !no_adopt,
                }
            }
        })
    }
}

#[derive(Args, Debug)]
struct Deliver {
    /// Its id
    account: ChannelAccountId,
    /// Ask again instead
    #[arg(long)]
    off: bool,
}

#[derive(Args, Debug)]
struct Remove {
    /// Its id
    account: ChannelAccountId,
}

impl Channel {
    pub async fn run(mut self, settings: &Settings) -> Result<Answer> {
        let wanted = match &mut self.what {
            What::Add(add) => add.account.take().map(Account::read).transpose()?,
            _ => None,
        };
        let app = settings.open().await?;
        let done = async {
            settings.caller_or_new(&app).await?;
            let workspace = app.workspace(settings.workspace.as_deref()).await?;
            let caller = app.console(&workspace)?;
            if let Some(wanted) = wanted {
                let row = app
                    .connect(
                        &caller,
                        &wanted.connection,
                        wanted.name.as_deref(),
                        wanted.adopt,
                    )
                    .await?;
                let document = json!({
                    "account": row.id,
                    "network": row.channel,
                    "name": row.name,
                    "state": row.state,
                });
                return Ok::<_, Failure>(Answer::new(
                    document,
                    format!("{}  {}", row.id, row.name),
                ));
            }
            match self.what {
                What::Add(add) => {
                    let new = NewAccount {
                        network: add.network,
                        name: add.name.unwrap_or_default(),
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
                What::Status => {
                    let rows = app.account_status(&caller).await?;
                    let items: Vec<_> = rows
                        .iter()
                        .map(|status| {
                            let (base_url, user) = status.place.clone().unzip();
                            json!({
                                "account": status.row.id,
                                "network": status.row.channel,
                                "name": status.row.name,
                                "user": user,
                                "base_url": base_url,
                                "state": status.row.state,
                                "since": status.since.map(|at| at.to_string()),
                                "last_error": status.row.last_error,
                                "clock_ahead_ms": status.clock_ahead,
                                "groups": status.groups,
                            })
                        })
                        .collect();
                    let text: Vec<String> = rows
                        .iter()
                        .map(|status| {
                            let error = status.row.last_error.as_deref().unwrap_or_default();
                            format!(
                                "{}  {}  {}  {}  {error}",
                                status.row.id,
                                status.row.channel,
                                status.row.state,
                                status.row.name
                            )
                            .trim_end()
                            .to_owned()
                        })
                        .collect();
                    Ok(Answer::new(json!({ "items": items }), text))
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
                What::Deliver(deliver) => {
                    let row = app
                        .have_delivered(&caller, deliver.account, !deliver.off)
                        .await?;
                    let document = json!({ "account": row.id, "delivered": !deliver.off });
                    let text = if deliver.off {
                        format!("{} is asked", row.name)
                    } else {
                        format!("{} delivers", row.name)
                    };
                    Ok(Answer::new(document, text))
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
