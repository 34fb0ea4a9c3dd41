//! What an import says when it is done.

use std::{io::Write as _, path::Path};

use serde_json::{Value as Json, json};
use yutang_app::import::{Counts, Outcome};
use yutang_domain::import::{ImportKind, RunState};

use crate::output::{Answer, Failure, Result};

/// How many of the lines left out stand in the answer; all that are known can be written to a file.
const SHOWN: usize = 1000;

/// What was imported, as a document and in words.
pub(super) fn answer(kind: ImportKind, outcome: &Outcome) -> Answer {
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
            "past_retention": counts.past_retention,
            "retention_days": counts.retention_days,
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
        past_retention,
        retention_days,
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
    if past_retention > 0 {
        text.push(format!(
            "{past_retention} messages are older than {retention_days} days: `yutang serve` erases their texts, counts \
             stay (to keep them longer, raise the days in the console's settings before it runs)"
        ));
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

/// Writes the lines left out to a file.
pub(super) fn write_rejects(path: &Path, outcome: &Outcome) -> Result<()> {
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
