//! `yutang import`.

mod answer;
mod bar;
mod run;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use yutang_app::{
    App, Caller,
    import::{Options, Outcome, Request, look_through},
};
use yutang_domain::{
    id::BranchId,
    import::ImportKind,
    money::Currency,
    time::{Clock as _, SystemClock},
};
use yutang_import::{DateOrder, Encoding, chat::Format, table::Mapping};

use self::{
    answer::{answer, write_rejects},
    bar::Bar,
    run::{Past, Run, Undo},
};
use crate::{
    config::Settings,
    output::{Answer, Exit, Failure, Output, Result},
};

/// Imports.
#[derive(Args, Debug)]
pub struct Import {
    /// What to import.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A chat history: QQ, WhatsApp, Telegram, Discord, WeChat
    Chat(Chat),
    /// Orders, as CSV or XLSX
    Orders(Orders),
    /// People, as CSV or XLSX
    Members(List),
    /// Groups, as CSV or XLSX
    Groups(List),
    /// Take an import back: exactly what it added
    Undo(Undo),
    /// Go on with an interrupted import
    Resume(Run),
    /// Show the imports there were, newest first
    List(Past),
}

/// What every import of a file takes.
#[derive(Args, Debug)]
struct Source {
    /// The file
    file: PathBuf,
    /// Read the whole file and say what it holds; store nothing
    #[arg(long)]
    dry_run: bool,
    /// Order of day, month and year: dmy, mdy or ymd
    #[arg(long, value_name = "ORDER", value_enum)]
    dates: Option<Dates>,
    /// utf-8, gb18030, big5, utf-16le or utf-16be (detected otherwise)
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Branch of what the file does not place: its id or exact name
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Write the lines left out, with their reasons, to this CSV file
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Dates {
    /// Day, month, year
    Dmy,
    /// Month, day, year
    Mdy,
    /// Year, month, day
    Ymd,
}

#[derive(Args, Debug)]
struct Chat {
    #[command(flatten)]
    source: Source,
    /// The group: its id or exact name; a new name makes a group. Without it each room of the file
    /// becomes a group of its own name
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Format, if it is not to be detected
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
}

#[derive(Args, Debug)]
struct Orders {
    #[command(flatten)]
    source: Source,
    /// Which column holds what: id=…,customer=…,at=…,amount=…|price=…,quantity=…,sku=…
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    map: Option<String>,
    /// A mapping saved in the console, by name; --map goes over it
    #[arg(long, value_name = "NAME")]
    mapping: Option<String>,
    /// Currency of the amounts [default: the workspace's]
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// Beginning of the ids of orders that take another one back
    #[arg(long, value_name = "PREFIX")]
    cancel_prefix: Option<String>,
}

#[derive(Args, Debug)]
struct List {
    #[command(flatten)]
    source: Source,
    /// Which column holds what: name=…,phone=…
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    map: Option<String>,
    /// A mapping saved in the console, by name; --map goes over it
    #[arg(long, value_name = "NAME")]
    mapping: Option<String>,
}

impl Import {
    pub async fn run(self, settings: &Settings, output: Output) -> Result<Answer> {
        let file = match self.what {
            What::Chat(chat) => {
                let mut options = chat.source.options(settings)?;
                options.format = chat
                    .format
                    .map(|name| {
                        name.parse::<Format>()
                            .map_err(|e| Failure::usage("--format", e.to_string()))
                    })
                    .transpose()?;
                File {
                    kind: ImportKind::Chat,
                    source: chat.source,
                    group: chat.group,
                    mapping: None,
                    options,
                }
            }
            What::Orders(orders) => {
                let mut options = orders.source.options(settings)?;
                options.mapping = mapping(orders.map.as_deref())?;
                options.currency = orders
                    .currency
                    .map(|code| {
                        code.parse::<Currency>()
                            .map_err(|e| Failure::usage("--currency", e.to_string()))
                    })
                    .transpose()?;
                options.cancel_prefix = orders.cancel_prefix;
                File {
                    kind: ImportKind::Orders,
                    source: orders.source,
                    group: None,
                    mapping: orders.mapping,
                    options,
                }
            }
            What::Members(list) => list.into_file(ImportKind::Members, settings)?,
            What::Groups(list) => list.into_file(ImportKind::Groups, settings)?,
            What::Undo(undo) => return run::undo(settings, &undo).await,
            What::Resume(run) => return run::resume(settings, output, &run).await,
            What::List(past) => return run::list(settings, &past).await,
        };
        file.import(settings, output).await
    }
}

impl List {
    fn into_file(self, kind: ImportKind, settings: &Settings) -> Result<File> {
        let mut options = self.source.options(settings)?;
        options.mapping = mapping(self.map.as_deref())?;
        Ok(File {
            kind,
            source: self.source,
            group: None,
            mapping: self.mapping,
            options,
        })
    }
}

impl Source {
    fn options(&self, settings: &Settings) -> Result<Options> {
        let encoding = self
            .encoding
            .as_deref()
            .map(|name| {
                name.parse::<Encoding>().map_err(|()| {
                    Failure::usage(
                        "--encoding",
                        format!(
                            "{name:?} is not an encoding: utf-8, gb18030, big5, utf-16le or utf-16be"
                        ),
                    )
                })
            })
            .transpose()?;
        Ok(Options {
            encoding,
            dates: self.dates.map(|dates| match dates {
                Dates::Dmy => DateOrder::Dmy,
                Dates::Mdy => DateOrder::Mdy,
                Dates::Ymd => DateOrder::Ymd,
            }),
            zone: settings.zone.as_ref().map(|zone| zone.name().to_owned()),
            ..Options::default()
        })
    }
}

fn mapping(text: Option<&str>) -> Result<Mapping> {
    match text {
        Some(text) => Mapping::parse(text).map_err(|error| {
            let mut failure = Failure::from(error);
            failure.exit = Exit::Usage;
            failure
        }),
        None => Ok(Mapping::default()),
    }
}

/// A file that is to be imported.
struct File {
    kind: ImportKind,
    source: Source,
    group: Option<String>,
    /// Name of a saved mapping.
    mapping: Option<String>,
    options: Options,
}

impl File {
    async fn import(self, settings: &Settings, output: Output) -> Result<Answer> {
        let (kind, rejects) = (self.kind, self.source.rejects.clone());
        let outcome = self.carry_out(settings, output).await?;
        if let Some(path) = &rejects {
            write_rejects(path, &outcome)?;
        }
        Ok(answer(kind, &outcome))
    }

    async fn carry_out(self, settings: &Settings, output: Output) -> Result<Outcome> {
        let file = &self.source.file;
        let name = file.display().to_string();
        let meta = std::fs::metadata(file).and_then(|meta| {
            if meta.is_dir() {
                Err(std::io::ErrorKind::IsADirectory.into())
            } else {
                Ok(())
            }
        });
        meta.map_err(|e| {
            Failure::failed("import.io", format!("the file cannot be read: {e}")).at(name.clone())
        })?;
        let request = Request {
            kind: self.kind,
            file_name: file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            path: std::path::absolute(file).unwrap_or_else(|_| file.clone()),
            group: self.group.clone(),
            options: self.options.clone(),
        };
        if settings.is_fresh().await? {
            // The first file is read before anything is made for it, the data folder included.
            if let Some(mapping) = &self.mapping {
                return Err(no_mapping(mapping));
            }
            let planned = look_through(&settings.newcomer()?, &request, SystemClock.now()).await;
            let planned = planned.map_err(|error| Failure::from(error).in_file(&name))?;
            if self.source.dry_run {
                return Ok(planned);
            }
        }
        let app = settings.open().await?;
        let outcome = self.on(&app, request, settings, output).await;
        app.close().await;
        outcome
    }

    async fn on(
        &self,
        app: &App,
        mut request: Request,
        settings: &Settings,
        output: Output,
    ) -> Result<Outcome> {
        let name = self.source.file.display().to_string();
        let named = |error| Failure::from(error).in_file(&name);
        if app.workspaces().await?.is_empty() && settings.workspace.is_none() {
            let planned = look_through(&settings.newcomer()?, &request, app.now()).await;
            let planned = planned.map_err(named)?;
            if self.source.dry_run {
                return Ok(planned);
            }
        }
        let caller = settings.caller_or_new(app).await?;
        if let Some(branch) = &self.source.branch {
            request.options.branch_id = Some(self::branch(app, &caller, branch).await?);
        }
        if let Some(name) = &self.mapping {
            let mut mapping = saved_mapping(app, &caller, self.kind, name).await?;
            mapping.0.extend(request.options.mapping.0);
            request.options.mapping = mapping;
        }
        if self.source.dry_run {
            return app.plan_import(&caller, &request).await.map_err(named);
        }
        let mut bar = Bar::new(output);
        app.import(&caller, &request, |progress| bar.show(progress))
            .await
            .map_err(named)
    }
}

fn no_mapping(name: &str) -> Failure {
    Failure::failed(
        "store.not_found",
        format!("there is no saved mapping {name:?} for this kind of file"),
    )
    .at("--mapping")
}

async fn saved_mapping(
    app: &App,
    caller: &Caller,
    kind: ImportKind,
    name: &str,
) -> Result<Mapping> {
    let saved = app.import_mappings(caller).await?;
    saved
        .into_iter()
        .find(|one| one.kind == kind && one.name == name)
        .and_then(|one| serde_json::from_str(&one.mapping).ok())
        .ok_or_else(|| no_mapping(name))
}

async fn branch(app: &App, caller: &Caller, name: &str) -> Result<BranchId> {
    let all = app.branches(caller).await?;
    let mut found = all
        .iter()
        .filter(|b| b.id.to_string() == name || b.name == name);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.id),
        (None, _) => Err(Failure::failed(
            "store.not_found",
            format!("there is no branch {name:?}"),
        )
        .at("--branch")),
        _ => Err(Failure::usage(
            "--branch",
            format!("several branches are called {name:?}: give the id"),
        )),
    }
}
