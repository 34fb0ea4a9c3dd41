//! Imports there were: shown, gone on with, taken back.

use clap::Args;
use serde_json::{Value as Json, json};
use yutang_app::import::Removal;
use yutang_domain::id::ImportRunId;

use super::{answer::answer, bar::Bar};
use crate::{
    config::Settings,
    output::{Answer, Failure, Output, Result},
};

#[derive(Args, Debug)]
pub(super) struct Run {
    /// Its id
    run: String,
}

#[derive(Args, Debug)]
pub(super) struct Undo {
    /// Its id
    run: String,
    /// Say what would be removed; remove nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Debug)]
pub(super) struct Past {
    /// How many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

fn run_id(text: &str) -> Result<ImportRunId> {
    text.parse().map_err(|_| {
        Failure::usage(
            "RUN",
            format!("{text:?} is not the id of an import: see `yutang import list`"),
        )
    })
}

pub(super) async fn undo(settings: &Settings, undo: &Undo) -> Result<Answer> {
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
        "{verb}: {} messages, {} comings and goings, {} order lines in {} orders, {} members, {} notes, \
         {} groups, {} branches, {} tags; {} members stay because something else refers to them",
        removal.messages,
        removal.passages,
        removal.order_lines,
        removal.orders,
        removal.members,
        removal.notes,
        removal.groups,
        removal.branches,
        removal.tags,
        removal.members_kept
    );
    let mut document = serde_json::to_value(&removal).unwrap_or_default();
    document["run"] = json!(id);
    document["dry_run"] = json!(undo.dry_run);
    Ok(Answer::new(document, text))
}

pub(super) async fn resume(settings: &Settings, output: Output, run: &Run) -> Result<Answer> {
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

pub(super) async fn list(settings: &Settings, past: &Past) -> Result<Answer> {
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
