//! `yutang playbook`: the procedures that are shipped, whether one of your own holds together, what
//! one would do, and starting and stopping it.

mod run;

use clap::{Args, Subcommand};
use serde_json::json;
use yutang_domain::playbook::{self, Fault, SHIPPED};

use crate::{
    config::Settings,
    output::{Answer, Exit, Failure, Result},
};

/// The language of what the command line says.
const LANGUAGE: &str = "en";

/// Looks at playbooks
#[derive(Args, Debug)]
pub struct Playbook {
    #[command(subcommand)]
    command: PlaybookCommand,
}

#[derive(Debug, Subcommand)]
enum PlaybookCommand {
    /// List the playbooks that are shipped
    List,
    /// Show what a playbook asks, does and says
    Show(Named),
    /// Say everything that is wrong with a playbook; nothing is started
    Check(Named),
    /// Say what a playbook would do and what stands in its way; nothing is started
    Rehearse(run::Rehearse),
    /// Start a playbook, or switch it on if it begins by itself
    Start(run::Start),
    /// End the runs of a playbook and switch it off; people keep what they were promised
    Stop(run::Stop),
}

#[derive(Args, Debug)]
struct Named {
    /// The name of a shipped playbook, or a TOML file
    name: String,
}

impl Named {
    fn text(&self) -> Result<String> {
        if let Some((_, text)) = SHIPPED.iter().find(|(id, _)| *id == self.name) {
            return Ok((*text).to_owned());
        }
        std::fs::read_to_string(&self.name).map_err(|error| {
            Failure::failed(
                "app.file",
                format!("there is no playbook and no file of this name: {error}"),
            )
            .at(&self.name)
        })
    }
}

impl Playbook {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        match self.command {
            PlaybookCommand::List => {
                let all: Vec<_> = SHIPPED
                    .iter()
                    .filter_map(|(_, text)| playbook::parse(text).ok())
                    .collect();
                let lines: Vec<String> = all
                    .iter()
                    .map(|one| {
                        let (title, aim) = (one.title.of(LANGUAGE), one.aim.of(LANGUAGE));
                        format!("{:<18} {title}  {aim}", one.id)
                    })
                    .collect();
                let found: Vec<_> = all
                    .iter()
                    .map(|one| {
                        json!({
                            "id": one.id, "version": one.version, "title": one.title,
                            "aim": one.aim, "subject": one.subject, "key": one.key,
                        })
                    })
                    .collect();
                Ok(Answer::new(json!({ "playbooks": found }), lines))
            }
            PlaybookCommand::Show(named) => {
                let text = named.text()?;
                let found = playbook::parse(&text).map_err(|faults| refused(&named, &faults))?;
                let mut lines = vec![
                    found.title.of(LANGUAGE).to_owned(),
                    found.aim.of(LANGUAGE).to_owned(),
                ];
                for phase in &found.phases {
                    lines.push(format!("· {}", phase.name.of(LANGUAGE)));
                    lines.extend(phase.steps.iter().map(|step| format!("  {}", step.id)));
                }
                Ok(Answer::new(json!(found), lines))
            }
            PlaybookCommand::Check(named) => {
                let (found, faults) = playbook::review(&named.text()?);
                let wrong = faults.iter().filter(|fault| !fault.is_warning()).count();
                let mut lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
                lines.push(format!("{wrong} faults, {} hints", faults.len() - wrong));
                let listed: Vec<_> = faults
                    .iter()
                    .map(|fault| {
                        json!({
                            "line": fault.line, "place": fault.place, "code": fault.reason.as_str(),
                            "args": fault.args, "warning": fault.is_warning(),
                        })
                    })
                    .collect();
                let id = found.map(|one| one.id);
                let mut answer = Answer::new(json!({ "playbook": id, "faults": listed }), lines);
                if wrong > 0 {
                    answer.exit = Exit::Differences;
                }
                Ok(answer)
            }
            PlaybookCommand::Rehearse(asked) => asked.run(settings).await,
            PlaybookCommand::Start(asked) => asked.run(settings).await,
            PlaybookCommand::Stop(asked) => asked.run(settings).await,
        }
    }
}

fn refused(named: &Named, faults: &[Fault]) -> Failure {
    let first = faults.first().map(ToString::to_string).unwrap_or_default();
    Failure::failed("playbook.invalid", first).at(&named.name)
}
