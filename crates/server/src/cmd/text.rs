//! `yutang text`: what moderation reads in texts, without any data folder.

use std::{
    fs,
    io::{BufRead as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use yutang_domain::{
    error::Rule as _,
    moderation::{Hit, Outcome},
};
use yutang_text::{
    classify::Mark,
    lexicon::RuleSet,
    model::Model,
    pipeline::Pipeline,
    quality::{Judged, measure},
};

use crate::output::{Answer, Failure, Result};

/// Longest line that is read, in bytes.
const LINE_MAX: usize = 1 << 20;
/// Labels of an unwanted text.
const UNWANTED: &[&str] = &["1", "spam", "ad"];
/// Seed of a training: the same file gives the same model.
const SEED: u64 = 1;

/// Reads texts as moderation does
#[derive(Args, Debug)]
pub struct Text {
    #[command(subcommand)]
    command: TextCommand,
}

#[derive(Debug, Subcommand)]
enum TextCommand {
    /// Judge the lines of stdin, one JSON document to a line
    Check(Check),
    /// Train a model from labelled texts
    Train(Train),
    /// Hold judgements against labelled texts
    Eval(Eval),
}

#[derive(Args, Debug)]
struct Check {
    /// Words and rules of your own (TOML)
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// A trained model
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct Labelled {
    /// CSV with a header
    file: PathBuf,
    /// Column of the texts
    #[arg(long, value_name = "COLUMN")]
    text: String,
    /// Column of the labels; 1, spam and ad are unwanted
    #[arg(long, value_name = "COLUMN")]
    label: String,
    /// Only rows in which a column has this value, as in split=test
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    filter: Option<String>,
}

#[derive(Args, Debug)]
struct Train {
    #[command(flatten)]
    labelled: Labelled,
    /// File to write the model to
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Debug)]
struct Eval {
    #[command(flatten)]
    labelled: Labelled,
    /// A trained model [default: the rules alone]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
}

/// What was read from one line.
#[derive(Serialize)]
struct Checked<'a> {
    text: &'a str,
    folded: &'a str,
    hits: &'a [Hit],
    decision: Outcome,
}

impl Text {
    pub fn run(self) -> Result<Answer> {
        match self.command {
            TextCommand::Check(command) => command.run(),
            TextCommand::Train(command) => command.run(),
            TextCommand::Eval(command) => command.run(),
        }
    }
}

impl Check {
    fn run(&self) -> Result<Answer> {
        let rules = match &self.rules {
            Some(path) => RuleSet::parse(&read(path)?).map_err(|error| {
                Failure::failed(error.code(), format!("{}; {}", error.what, error.remedy))
                    .at(format!("line {}", error.line))
                    .in_file(&path.display().to_string())
            })?,
            None => RuleSet::empty(),
        };
        let pipeline = Pipeline {
            rules: Arc::new(rules),
            model: self.model.as_deref().map(load).transpose()?.map(Arc::new),
        };
        let unreadable = |error: std::io::Error| {
            Failure::failed("stdin.unreadable", error.to_string()).at("stdin")
        };
        let mut input = std::io::stdin().lock();
        let mut output = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        let (mut line, mut json) = (Vec::new(), Vec::new());
        while input.read_until(b'\n', &mut line).map_err(unreadable)? > 0 {
            line.truncate(LINE_MAX);
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            let check = pipeline.check(text);
            let document = Checked {
                text,
                folded: &check.folded,
                hits: &check.hits,
                decision: check.decision().outcome(),
            };
            serde_json::to_writer(&mut json, &document)
                .map_err(|error| Failure::failed("stdout.unwritable", error.to_string()))?;
            json.push(b'\n');
            // A reader that has gone wants no more.
            if output.write_all(&json).is_err() {
                break;
            }
            json.clear();
            line.clear();
        }
        let _ = output.flush();
        Ok(Answer::said())
    }
}

impl Train {
    fn run(&self) -> Result<Answer> {
        let rows = self.labelled.rows()?;
        let marks: Vec<Mark<'_>> = rows
            .iter()
            .map(|(text, unwanted)| Mark {
                text,
                unwanted: *unwanted,
            })
            .collect();
        let model = Model::train(&marks, SEED).map_err(|error| {
            Failure::failed(error.code(), error.to_string())
                .in_file(&self.labelled.file.display().to_string())
        })?;
        let document = model.to_json();
        write_whole(&self.out, &document)?;
        Ok(Answer::new(
            json!({
                "out": self.out,
                "marks": model.marks(),
                "unwanted": model.unwanted_marks(),
                "threshold": model.threshold(),
                "bytes": document.len(),
            }),
            format!(
                "{}: {} marks, {} of them unwanted, {} bytes",
                self.out.display(),
                model.marks(),
                model.unwanted_marks(),
                document.len()
            ),
        ))
    }
}

impl Eval {
    fn run(&self) -> Result<Answer> {
        let rows = self.labelled.rows()?;
        let model = self.model.as_deref().map(load).transpose()?;
        let pipeline = Pipeline::default();
        let judged: Vec<Judged> = rows
            .iter()
            .map(|(text, unwanted)| match &model {
                Some(model) => {
                    let opinion = model.judge(text);
                    Judged {
                        unwanted: *unwanted,
                        decided: opinion.unwanted,
                        score: opinion.probability,
                    }
                }
                None => {
                    let check = pipeline.check(text);
                    let outcome = check.decision().outcome();
                    Judged {
                        unwanted: *unwanted,
                        decided: !matches!(outcome, Outcome::Allow | Outcome::Alarm),
                        score: check.score(),
                    }
                }
            })
            .collect();
        let quality = measure(&judged);
        let shown = |figure: Option<f64>| figure.map_or("–".to_owned(), |f| format!("{f:.4}"));
        let text = format!(
            "precision {}, recall {}, f1 {}, fpr {}, recall at fpr 1 % {}, n {}",
            shown(quality.precision),
            shown(quality.recall),
            shown(quality.f1),
            shown(quality.fpr),
            shown(quality.recall_at_fpr_1),
            quality.n
        );
        Ok(Answer::new(json!(quality), text))
    }
}

impl Labelled {
    /// The texts, each with whether it is unwanted.
    fn rows(&self) -> Result<Vec<(String, bool)>> {
        let file = self.file.display().to_string();
        let unreadable = |error: csv::Error| {
            let at = error.position().map_or_else(
                || file.clone(),
                |place| format!("{file}, line {}", place.line()),
            );
            Failure::failed("file.unreadable", error.to_string()).at(at)
        };
        let mut reader = csv::Reader::from_path(&self.file).map_err(unreadable)?;
        let header = reader.headers().map_err(unreadable)?.clone();
        if header.is_empty() {
            let detail = "the file is empty; its first line has to name the columns";
            return Err(Failure::failed("file.empty", detail).at(file));
        }
        let column = |name: &str| {
            header
                .iter()
                .position(|head| head.trim_start_matches('\u{FEFF}') == name)
                .ok_or_else(|| {
                    let columns: Vec<&str> = header.iter().collect();
                    Failure::usage(
                        &file,
                        format!(
                            "there is no column {name}; there are {}",
                            columns.join(", ")
                        ),
                    )
                })
        };
        let (text, label) = (column(&self.text)?, column(&self.label)?);
        let filter = match &self.filter {
            Some(filter) => {
                let (name, value) = filter.split_once('=').ok_or_else(|| {
                    Failure::usage("--where", "it is written COLUMN=VALUE, as in split=test")
                })?;
                Some((column(name)?, value.to_owned()))
            }
            None => None,
        };
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            let is = |column: usize, value: &str| record.get(column).is_some_and(|v| v == value);
            if filter
                .as_ref()
                .is_some_and(|(column, value)| !is(*column, value))
            {
                continue;
            }
            let unwanted = UNWANTED.iter().any(|word| is(label, word));
            rows.push((record.get(text).unwrap_or_default().to_owned(), unwanted));
        }
        if rows.is_empty() {
            let detail = match &self.filter {
                Some(filter) => format!("no row has {filter}; there is nothing to learn or judge"),
                None => "there are no rows below the header".to_owned(),
            };
            return Err(Failure::failed("file.empty", detail).at(file));
        }
        Ok(rows)
    }
}

/// Writes a file that is there as a whole or not at all.
fn write_whole(path: &Path, text: &str) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    fs::write(&part, text)
        .and_then(|()| fs::rename(&part, path))
        .map_err(|error| {
            // What was written of it is of no use; it may not be there at all.
            let _ = fs::remove_file(&part);
            Failure::failed("file.unwritable", error.to_string()).at(path.display().to_string())
        })
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| {
        Failure::failed("file.unreadable", error.to_string()).at(path.display().to_string())
    })
}

fn load(path: &Path) -> Result<Model> {
    Model::from_json(&read(path)?).map_err(|error| {
        let mut detail = error.to_string();
        if error.code() == "model.unreadable" {
            detail += "; make one with `yutang text train`";
        }
        Failure::failed(error.code(), detail).at(path.display().to_string())
    })
}
