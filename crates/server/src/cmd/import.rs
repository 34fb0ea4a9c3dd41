//! `yutang import`.

use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};
use yutang_app::{
    App, Caller,
    import::{Counts, Options, Outcome, Progress, Removal, Request},
};
use yutang_domain::{
    id::{BranchId, ImportRunId},
    import::{ImportKind, RunState},
    money::Currency,
};
use yutang_import::{DateOrder, Encoding, chat::Format, table::Mapping};

use crate::{
    config::Settings,
    output::{Answer, Exit, Failure, Output, Result},
};

/// How many of the lines left out stand in the answer; all that are known can be written to a file.
const SHOWN: usize = 1000;

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
    /// utf-8, gb18030, utf-16le or utf-16be (detected otherwise)
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
}

#[derive(Args, Debug)]
struct Run {
    /// Its id
    run: String,
}

#[derive(Args, Debug)]
struct Undo {
    /// Its id
    run: String,
    /// Say what would be removed; remove nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Debug)]
struct Past {
    /// How many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

impl Import {
    pub async fn run(self, settings: &Settings, output: Output) -> Result<Answer> {
        match self.what {
            What::Chat(chat) => {
                let mut options = chat.source.options(settings)?;
                options.format = chat
                    .format
                    .map(|name| {
                        name.parse::<Format>()
                            .map_err(|e| Failure::usage("--format", e.to_string()))
                    })
                    .transpose()?;
                file(
                    settings,
                    output,
                    ImportKind::Chat,
                    chat.source,
                    chat.group,
                    options,
                )
                .await
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
                file(
                    settings,
                    output,
                    ImportKind::Orders,
                    orders.source,
                    None,
                    options,
                )
                .await
            }
            What::Members(list) => {
                let mut options = list.source.options(settings)?;
                options.mapping = mapping(list.map.as_deref())?;
                file(
                    settings,
                    output,
                    ImportKind::Members,
                    list.source,
                    None,
                    options,
                )
                .await
            }
            What::Groups(list) => {
                let mut options = list.source.options(settings)?;
                options.mapping = mapping(list.map.as_deref())?;
                file(
                    settings,
                    output,
                    ImportKind::Groups,
                    list.source,
                    None,
                    options,
                )
                .await
            }
            What::Undo(undo) => self::undo(settings, &undo).await,
            What::Resume(run) => resume(settings, output, &run).await,
            What::List(past) => list(settings, &past).await,
        }
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
                            "{name:?} is not an encoding: utf-8, gb18030, utf-16le or utf-16be"
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

async fn file(
    settings: &Settings,
    output: Output,
    kind: ImportKind,
    source: Source,
    group: Option<String>,
    options: Options,
) -> Result<Answer> {
    let name = source.file.display().to_string();
    // Looked at first, so that a wrong name leaves no data folder behind.
    let size = std::fs::metadata(&source.file).and_then(|meta| {
        if meta.is_dir() {
            Err(std::io::ErrorKind::IsADirectory.into())
        } else {
            Ok(meta.len())
        }
    });
    size.map_err(|e| {
        Failure::failed("import.io", format!("the file cannot be read: {e}")).at(name.clone())
    })?;
    let app = settings.open().await?;
    let outcome = async {
        let path = std::path::absolute(&source.file).unwrap_or_else(|_| source.file.clone());
        let mut request = Request {
            kind,
            file_name: source
                .file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            path,
            group,
            options,
        };
        if app.workspaces().await?.is_empty() && settings.workspace.is_none() {
            // The first file is read before anything is made for it.
            let planned = app.plan_import(&settings.newcomer(&app)?, &request).await;
            let planned = planned.map_err(|error| Failure::from(error).in_file(&name))?;
            if source.dry_run {
                return Ok(planned);
            }
        }
        let caller = settings.caller_or_new(&app).await?;
        if let Some(branch) = &source.branch {
            request.options.branch_id = Some(self::branch(&app, &caller, branch).await?);
        }
        let done = if source.dry_run {
            app.plan_import(&caller, &request).await
        } else {
            let mut bar = Bar::new(output);
            app.import(&caller, &request, |progress| bar.show(progress))
                .await
        };
        done.map_err(|error| Failure::from(error).in_file(&name))
    }
    .await;
    app.close().await;
    let outcome = outcome?;
    if let Some(path) = &source.rejects {
        write_rejects(path, &outcome)?;
    }
    Ok(answer(kind, &outcome))
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

fn run_id(text: &str) -> Result<ImportRunId> {
    text.parse().map_err(|_| {
        Failure::usage(
            "RUN",
            format!("{text:?} is not the id of an import: see `yutang import list`"),
        )
    })
}

async fn undo(settings: &Settings, undo: &Undo) -> Result<Answer> {
    let id = run_id(&undo.run)?;
    let app = settings.open_existing().await?;
    let removal = async {
        let caller = settings.caller(&app).await?;
        Ok::<Removal, Failure>(if undo.dry_run {
            app.preview_import_undo(&caller, id).await?
        } else {
            app.undo_import(&caller, id).await?
        })
    }
    .await;
    app.close().await;
    let removal = removal?;
    let verb = if undo.dry_run {
        "would be removed"
    } else {
        "removed"
    };
    let text = format!(
        "{verb}: {} messages, {} comings and goings, {} order lines in {} orders, {} members, {} groups; \
         {} members stay because something else refers to them",
        removal.messages,
        removal.passages,
        removal.order_lines,
        removal.orders,
        removal.members,
        removal.groups,
        removal.members_kept
    );
    let mut document = serde_json::to_value(&removal).unwrap_or_default();
    document["run"] = json!(id);
    document["dry_run"] = json!(undo.dry_run);
    Ok(Answer::new(document, text))
}

async fn resume(settings: &Settings, output: Output, run: &Run) -> Result<Answer> {
    let id = run_id(&run.run)?;
    let app = settings.open_existing().await?;
    let outcome = async {
        let caller = settings.caller(&app).await?;
        let kind = app.import_run(&caller, id).await?.kind;
        let mut bar = Bar::new(output);
        let outcome = app
            .resume_import(&caller, id, |progress| bar.show(progress))
            .await?;
        Ok::<_, Failure>(answer(kind, &outcome))
    }
    .await;
    app.close().await;
    outcome
}

async fn list(settings: &Settings, past: &Past) -> Result<Answer> {
    let app = settings.open_existing().await?;
    let runs = async {
        let caller = settings.caller(&app).await?;
        Ok::<_, Failure>(
            app.import_runs(&caller, None, usize::from(past.limit))
                .await?,
        )
    }
    .await;
    app.close().await;
    let mut text = Vec::new();
    let mut items = Vec::new();
    for run in runs? {
        text.push(format!(
            "{}  {}  {:<8} {:<12} {}/{}  {}",
            run.id, run.created_at, run.kind, run.state, run.cursor, run.total, run.file_name
        ));
        items.push(json!({
            "run": run.id,
            "kind": run.kind,
            "state": run.state,
            "file_name": run.file_name,
            "format": run.format,
            "group": run.group_id,
            "done": run.cursor,
            "total": run.total,
            "counts": serde_json::from_str::<Json>(&run.counts).unwrap_or_default(),
            "skipped_total": run.skipped_total,
            "error": run.error_code.map(|code| json!({ "code": code, "detail": run.error_detail })),
            "started_at": run.created_at,
            "finished_at": run.finished_at,
        }));
    }
    if items.is_empty() {
        text.push("nothing has been imported yet".to_owned());
    }
    Ok(Answer::new(json!({ "items": items }), text))
}

fn answer(kind: ImportKind, outcome: &Outcome) -> Answer {
    let counts = &outcome.counts;
    let mut document = match kind {
        ImportKind::Chat => json!({
            "run": outcome.run,
            "format": outcome.format,
            "messages": counts.messages,
            "system": counts.system,
            "members": counts.members,
            "days": counts.days,
            "first": counts.first,
            "last": counts.last,
            "duplicates": counts.duplicates,
        }),
        ImportKind::Orders => json!({
            "run": outcome.run,
            "orders": counts.orders,
            "lines": counts.lines,
            "members": counts.members,
            "revenue_minor": counts.revenue_minor,
            "cancelled": counts.cancelled,
            "without_member": counts.without_member,
            "duplicates": counts.duplicates,
        }),
        ImportKind::Members => json!({
            "run": outcome.run,
            "members": counts.added,
            "lines": counts.lines,
            "duplicates": counts.duplicates,
        }),
        ImportKind::Groups => json!({
            "run": outcome.run,
            "groups": counts.groups,
            "lines": counts.lines,
            "duplicates": counts.duplicates,
        }),
    };
    let skipped: Vec<Json> = outcome
        .rejects
        .first
        .iter()
        .take(SHOWN)
        .map(|reject| json!({ "line": reject.line, "reason": reject.reason.to_string() }))
        .collect();
    document["skipped"] = Json::from(skipped);
    document["skipped_total"] = json!(outcome.rejects.total);
    Answer::new(document, told(kind, outcome))
}

fn told(kind: ImportKind, outcome: &Outcome) -> Vec<String> {
    let Counts {
        messages,
        members,
        days,
        duplicates,
        orders,
        lines,
        groups,
        added,
        ..
    } = outcome.counts;
    let done = match outcome.state {
        RunState::Planned => "would be imported: ",
        RunState::Cancelled => "cancelled and taken back: ",
        _ => "imported: ",
    };
    let what = match kind {
        ImportKind::Chat => {
            format!(
                "{messages} messages ({}; {members} senders, {days} days in the file)",
                outcome.format
            )
        }
        ImportKind::Orders => {
            format!("{orders} orders ({lines} lines, {members} customers in the file)")
        }
        ImportKind::Members => format!("{added} members ({lines} lines in the file)"),
        ImportKind::Groups => format!("{groups} groups ({lines} lines in the file)"),
    };
    let mut text = vec![format!("{done}{what}")];
    if duplicates > 0 {
        text.push(format!("already there: {duplicates}"));
    }
    if outcome.rejects.total > 0 {
        text.push(format!("left out: {} lines", outcome.rejects.total));
        for reject in outcome.rejects.first.iter().take(5) {
            text.push(format!("  line {}: {}", reject.line, reject.reason));
        }
        if outcome.rejects.total > 5 {
            text.push("  … (--rejects FILE writes them down)".to_owned());
        }
    }
    if let Some(run) = outcome.run {
        text.push(format!(
            "run {run} (`yutang import undo {run}` takes it back)"
        ));
    }
    text
}

fn write_rejects(path: &Path, outcome: &Outcome) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
        writeln!(out, "line,code,reason")?;
        for reject in &outcome.rejects.first {
            let reason = reject.reason.to_string().replace('"', "\"\"");
            writeln!(out, "{},{},\"{reason}\"", reject.line, reject.reason.code())?;
        }
        out.flush()
    };
    write().map_err(|error| {
        Failure::failed(
            "import.rejects_file",
            format!(
                "the import is done, but the list of lines left out cannot be written: {error}"
            ),
        )
        .at(path.display().to_string())
    })
}

/// Progress on stderr, where somebody looks.
struct Bar {
    bar: Option<ProgressBar>,
    shown: bool,
}

impl Bar {
    fn new(output: Output) -> Self {
        Self {
            bar: None,
            shown: std::io::stderr().is_terminal() && !output.json,
        }
    }

    fn show(&mut self, progress: Progress) {
        if !self.shown {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(progress.total);
            if let Ok(style) = ProgressStyle::with_template(
                "{bar:40} {human_pos}/{human_len}  {per_sec}  {eta} left",
            ) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        bar.set_position(progress.done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
