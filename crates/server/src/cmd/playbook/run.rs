//! `yutang playbook rehearse`, `start`, `stop`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};
use yutang_app::{
    App, Caller,
    playbook::{Filter, Start as Given},
};
use yutang_domain::{
    id::PlaybookRunId,
    playbook::{Adjusted, Fault, RunState, read_answers},
    time::Timestamp,
};

use super::LANGUAGE;
use crate::{
    config::Settings,
    output::{Answer, Exit, Failure, Result},
};

#[derive(Args, Debug)]
pub(super) struct Filled {
    /// The name of a playbook
    name: String,
    /// What it is filled in with: a TOML file; `[adjust.STEP]` changes a step for this once
    #[arg(long)]
    answers: Option<PathBuf>,
    /// The group it is about
    #[arg(long)]
    group: Option<String>,
    /// The person it is about, by id
    #[arg(long)]
    member: Option<String>,
    /// This once, though it begins by itself
    #[arg(long)]
    once: bool,
}

#[derive(Args, Debug)]
pub(super) struct Rehearse {
    #[command(flatten)]
    filled: Filled,
    /// From when, by the organisation's clock: 2026-12-05T20:00; now if left out
    #[arg(long)]
    from: Option<String>,
    /// Until when
    #[arg(long)]
    to: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct Start {
    #[command(flatten)]
    filled: Filled,
    /// Say that everything is so that the program cannot check
    #[arg(long)]
    yes: bool,
}

#[derive(Args, Debug)]
pub(super) struct Stop {
    /// The name of a playbook, or the id of one run
    name: String,
}

impl Filled {
    fn given(&self) -> Result<Given> {
        let mut given = Given {
            group: self.group.clone(),
            once: self.once,
            ..Given::default()
        };
        if let Some(member) = &self.member {
            let id = member.parse();
            given.member = Some(id.map_err(|error| {
                Failure::failed("playbook.about", format!("{error}")).at("member")
            })?);
        }
        let Some(path) = &self.answers else {
            return Ok(given);
        };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::failed("app.file", error.to_string()).at(&name))?;
        let unreadable = |error: String| Failure::failed("playbook.answers", error).at(&name);
        let mut table: toml::Table = toml::from_str(&text)
            .map_err(|error: toml::de::Error| unreadable(error.to_string()))?;
        if let Some(adjust) = table.remove("adjust") {
            let adjusted: Result<Adjusted, toml::de::Error> = adjust.try_into();
            given.adjusted = adjusted.map_err(|error| unreadable(error.to_string()))?;
        }
        let rest = table.to_string();
        given.given = read_answers(&rest).map_err(|faults| unreadable(said(&faults)))?;
        Ok(given)
    }
}

fn said(faults: &[Fault]) -> String {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    faults.join("; ")
}

/// A time by the organisation's clock.
fn moment(text: Option<&str>, caller: &Caller) -> Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at));
    }
    let long = if text.len() == 10 {
        format!("{text}T00:00")
    } else {
        text.replace(' ', "T")
    };
    long.parse()
        .map(|civil| Some(caller.zone.instant(civil)))
        .map_err(|_| Failure::failed("playbook.answers", format!("{text:?} is no time")).at("from"))
}

/// Opens the house, and does something in it.
async fn inside<F>(settings: &Settings, doing: F) -> Result<Answer>
where
    F: AsyncFnOnce(&App, &Caller) -> Result<Answer>,
{
    let app = settings.open_existing().await?;
    let answer = async {
        let caller = settings.caller(&app).await?;
        settings.same_zone(&caller)?;
        doing(&app, &caller).await
    }
    .await;
    app.close().await;
    answer
}

impl Rehearse {
    pub(super) async fn run(self, settings: &Settings) -> Result<Answer> {
        let given = self.filled.given()?;
        inside(settings, async |app, caller| {
            let span = (
                moment(self.from.as_deref(), caller)?,
                moment(self.to.as_deref(), caller)?,
            );
            let name = self.filled.name.as_str();
            let told = app
                .rehearse_playbook(caller, (name, None), &given, span)
                .await?;
            let wrong: Vec<Fault> = told
                .faults
                .iter()
                .filter(|fault| !fault.is_warning())
                .cloned()
                .collect();
            if !wrong.is_empty() {
                return Err(Failure::failed("playbook.answers", said(&wrong)).at(&wrong[0].place));
            }
            let mut lines = vec![format!(
                "{} {}: {} steps, {} messages, {} tasks, {} conflicts",
                told.playbook,
                told.version,
                told.steps.len(),
                told.messages,
                told.tasks,
                told.conflicts,
            )];
            for step in &told.steps {
                let civil = caller.zone.civil(step.at);
                let count = step
                    .count
                    .map_or_else(|| "?".to_owned(), |count| count.to_string());
                let what = match step.skip {
                    Some(reason) => format!("left out: {reason}"),
                    None => format!("{} {count} {}", step.deed, step.mode),
                };
                lines.push(format!("{civil}  {:<16} {what}", step.step));
                for conflict in &step.conflicts {
                    let remedy = conflict
                        .remedy
                        .as_ref()
                        .map(|remedy| format!(" → {}", remedy.label.of(LANGUAGE)))
                        .unwrap_or_default();
                    lines.push(format!("    ! {}{remedy}", conflict.reason.of(LANGUAGE)));
                }
            }
            let mut answer = Answer::new(json!(told), lines);
            if told.conflicts > 0 {
                answer.exit = Exit::Differences;
            }
            Ok(answer)
        })
        .await
    }
}

impl Start {
    pub(super) async fn run(self, settings: &Settings) -> Result<Answer> {
        let mut given = self.filled.given()?;
        inside(settings, async |app, caller| {
            let name = self.filled.name.as_str();
            if self.yes {
                let shown = app.playbook(caller, name).await?;
                let checks = shown.listed.playbook.checks;
                given.confirmed = checks.into_iter().map(|check| check.id).collect();
            }
            let begun = app.start_playbook(caller, name, &given).await?;
            let mut lines = match &begun.run {
                Some(run) => vec![format!("{name}: started as {}, {}", run.id, run.state)],
                None => vec![format!("{name}: switched on; it begins by itself")],
            };
            lines.extend(begun.hints.iter().map(ToString::to_string));
            let steps: Vec<Json> = begun
                .steps
                .iter()
                .map(|step| {
                    let reason = step.reason.as_deref().unwrap_or_default();
                    lines.push(format!("{:<16} {} {reason}", step.step, step.outcome));
                    json!({
                        "step": step.step, "due_at": step.due_at, "outcome": step.outcome,
                        "reason": step.reason, "count": step.count,
                    })
                })
                .collect();
            let run = begun.run.map(|run| {
                json!({ "id": run.id, "state": run.state, "version": run.version, "wake_at": run.wake_at })
            });
            Ok(Answer::new(
                json!({ "playbook": name, "run": run, "steps": steps, "hints": begun.hints }),
                lines,
            ))
        })
        .await
    }
}

impl Stop {
    pub(super) async fn run(self, settings: &Settings) -> Result<Answer> {
        inside(settings, async |app, caller| {
            let mut stopped = Vec::new();
            let mut lines = Vec::new();
            let mut ids: Vec<PlaybookRunId> = self.name.parse().into_iter().collect();
            let mut off = false;
            if ids.is_empty() {
                // There is such a playbook, whatever runs of it.
                let shown = app.playbook(caller, &self.name).await?;
                if shown.watch.is_some() {
                    app.switch_playbook_off(caller, &self.name).await?;
                    lines.push(format!("{}: switched off", self.name));
                    off = true;
                }
                let filter = Filter {
                    name: Some(self.name.clone()),
                    states: vec![RunState::Waiting, RunState::Running, RunState::Held],
                    ..Filter::default()
                };
                let mut after = None;
                loop {
                    let filter = Filter {
                        after,
                        ..filter.clone()
                    };
                    let page = app.playbook_runs(caller, &filter, 200).await?;
                    ids.extend(page.items.iter().map(|run| run.row.id));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
            }
            for id in ids {
                let one = app.stop_playbook_run(caller, id).await?;
                lines.push(format!(
                    "{id}: stopped, {} steps left undone",
                    one.undone.len()
                ));
                lines.extend(
                    one.undone
                        .iter()
                        .map(|step| format!("  {}  {}", caller.zone.civil(step.at), step.step)),
                );
                stopped.push(json!({ "run": id, "undone": one.undone, "promises": one.promises }));
            }
            if lines.is_empty() {
                lines.push(format!("{}: nothing is under way", self.name));
            }
            Ok(Answer::new(
                json!({ "switched_off": off, "stopped": stopped }),
                lines,
            ))
        })
        .await
    }
}
