//! Imports: runs that are planned on the whole file, carried out in chunks with a cursor, resumed
//! after a kill, and taken back exactly.
//!
//! Nothing is stored before the whole file has been read once. Then at most a thousand records
//! share a transaction with the cursor that says how far the run has come, so a kill loses at most
//! the chunk being written, and the same command goes on behind the last one committed.

mod background;
mod chat;
mod group_list;
mod hold;
mod made;
mod member_list;
mod orders;
mod run;
mod source;
mod undo;
mod upload;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use yutang_domain::{
    id::{BranchId, GroupId, ImportRunId, MappingId, kind},
    import::{ImportKind, RunState},
    money::Currency,
    permission::Operation,
    time::Timestamp,
};
pub use yutang_import::{
    DateOrder, Encoding, Rejects,
    chat::Format,
    table::{Layout, Look, Mapping, Preset, Target},
};
pub use yutang_store::import::{Reject, Run, SavedMapping};
use yutang_store::{StoreError, Tx, group, import, workspace};

pub use run::Progress;
pub use undo::Removal;
pub use upload::{Arriving, Sniff, Upload, columns_of, mapping_of, presets};

use self::{hold::as_it_stands, source::Plan};
use crate::{
    App, Caller, Result,
    group::Place,
    macros::in_tx,
    workspace::{Retention, Settings},
};

/// What is to be imported.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the file holds.
    pub kind: ImportKind,
    /// The file.
    pub path: PathBuf,
    /// Its name as the person knows it.
    pub file_name: String,
    /// The group of a chat, by id or exact name; a new name makes a group. `None` = each room of
    /// the file becomes a group of its own name.
    pub group: Option<String>,
    /// How to read it.
    pub options: Options,
}

/// How a file is to be read; kept with the run, so that it can go on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Format of a chat, if it is not to be detected.
    pub format: Option<Format>,
    /// Encoding, if it is not to be detected.
    pub encoding: Option<Encoding>,
    /// Order of day, month and year, if it is not to be decided.
    pub dates: Option<DateOrder>,
    /// Which column holds what.
    pub mapping: Mapping,
    /// Currency of amounts; the workspace's if `None`.
    pub currency: Option<Currency>,
    /// Beginning of the ids of orders that take another one back.
    pub cancel_prefix: Option<String>,
    /// Branch of what the file does not place; the root if `None`.
    pub branch_id: Option<BranchId>,
    /// Zone of times written without one; the workspace's if `None`.
    pub zone: Option<String>,
    /// Whether every room of the file becomes a group of its own.
    pub rooms_apart: bool,
    /// The civil instant the file was planned at, so that "in the future" means the same on resume.
    pub planned_at: Option<Timestamp>,
}

/// What an import counted. Facts of the file unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Messages newly stored.
    pub messages: u64,
    /// Messages of the file that are older than texts are kept: their texts go with the next sweep,
    /// their counts stay.
    pub past_retention: u64,
    /// Days that texts are kept.
    pub retention_days: i64,
    /// Notices of the network in the file.
    pub system: u64,
    /// Different senders, customers or people in the file.
    pub members: u64,
    /// Different civil days with a message.
    pub days: u64,
    /// Earliest record.
    pub first: Option<Timestamp>,
    /// Latest record.
    pub last: Option<Timestamp>,
    /// Messages, orders, people or groups of the file that were there already.
    pub duplicates: u64,
    /// Orders newly stored, not counting cancelled ones.
    pub orders: u64,
    /// Lines of orders in the file.
    pub lines: u64,
    /// Sum of all lines of the file in minor units, negatives included.
    pub revenue_minor: i64,
    /// Cancelled orders in the file.
    pub cancelled: u64,
    /// Lines of the file without a member.
    pub without_member: u64,
    /// Groups newly stored.
    pub groups: u64,
    /// People newly stored from a list.
    pub added: u64,
    /// Order lines newly stored.
    pub new_lines: u64,
}

/// How an import ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The run; `None` for a dry run.
    pub run: Option<ImportRunId>,
    /// Where it stands.
    pub state: RunState,
    /// Format as detected or given.
    pub format: String,
    /// What was counted.
    pub counts: Counts,
    /// What was left out.
    pub rejects: Rejects,
}

/// A run as people read it.
#[derive(Clone, Debug)]
pub struct RunShown {
    /// The run.
    pub run: Run,
    /// The group of a chat.
    pub group: Option<Place<GroupId>>,
    /// Who started it, by name; programs and the command line in stored form.
    pub actor: String,
}

/// Where uploads are kept until they are imported.
pub const UPLOADS: &str = "uploads";

/// Reads the whole file where there are no data yet, and says what an import would find; nothing
/// is made for it, no folder either.
///
/// # Errors
/// Whatever makes the file unreadable, naming the place and the remedy.
pub async fn look_through(caller: &Caller, request: &Request, now: Timestamp) -> Result<Outcome> {
    caller.may(Operation::ImportRun)?;
    Ok(planned(
        &source::plan(caller, request, now, Retention::default()).await?,
    ))
}

fn planned(plan: &Plan) -> Outcome {
    Outcome {
        run: None,
        state: RunState::Planned,
        format: plan.format(),
        counts: plan.counts(true),
        rejects: plan.rejects().clone(),
    }
}

impl App {
    /// Reads the whole file and says what an import would find; stores nothing.
    ///
    /// # Errors
    /// Whatever makes the file unreadable, naming the place and the remedy.
    pub async fn plan_import(&self, caller: &Caller, request: &Request) -> Result<Outcome> {
        caller.may(Operation::ImportRun)?;
        self.check_options(caller, &request.options).await?;
        let retention = self.retention(caller).await?;
        Ok(planned(
            &source::plan(caller, request, self.now(), retention).await?,
        ))
    }

    /// How long the organisation keeps what.
    async fn retention(&self, caller: &Caller) -> Result<Retention> {
        let row = in_tx!(self, Read, tx => Ok(workspace::get(tx, caller.workspace).await?))?;
        Ok(Settings::of(&row)?.retention)
    }

    /// Checks that the branch named is one of the caller's.
    async fn check_options(&self, caller: &Caller, options: &Options) -> Result<()> {
        let Some(branch) = options.branch_id else {
            return Ok(());
        };
        in_tx!(self, Read, tx => self.branch_in_scope(tx, caller, branch).await.map(drop))
    }

    /// Imports a file: plans it, then begins a run or goes on with the interrupted one of the same
    /// file, and carries it out to the end.
    ///
    /// # Errors
    /// The file is unreadable (nothing is stored), or the run was interrupted and can go on.
    pub async fn import(
        &self,
        caller: &Caller,
        request: &Request,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<Outcome> {
        let (id, plan) = self.begin_import(caller, request).await?;
        self.carry_out(caller, id, plan, progress).await
    }

    /// A page of runs, newest first. Whoever works in a branch sees those into its groups.
    ///
    /// # Errors
    /// The database refused.
    pub async fn import_runs(
        &self,
        caller: &Caller,
        after: Option<(Timestamp, ImportRunId)>,
        limit: usize,
    ) -> Result<Vec<Run>> {
        caller.may(Operation::ImportRead)?;
        let (path, now) = (caller.branch_prefix(), self.now());
        in_tx!(self, Read, tx => {
            let rows = import::list(tx, caller.workspace, &path, after, limit).await?;
            Ok(rows.into_iter().map(|run| as_it_stands(run, now)).collect::<Vec<_>>())
        })
    }

    /// The same with names, and how many there are.
    ///
    /// # Errors
    /// The database refused.
    pub async fn show_imports(
        &self,
        caller: &Caller,
        after: Option<(Timestamp, ImportRunId)>,
        limit: usize,
    ) -> Result<(Vec<RunShown>, i64)> {
        caller.may(Operation::ImportRead)?;
        let path = caller.branch_prefix();
        in_tx!(self, Read, tx => {
            let rows = import::list(tx, caller.workspace, &path, after, limit).await?;
            let total = import::count(tx, caller.workspace, &path).await?;
            Ok((self.shown(tx, caller, rows).await?, total))
        })
    }

    /// One run.
    ///
    /// # Errors
    /// There is none of that id within the caller's reach.
    pub async fn import_run(&self, caller: &Caller, id: ImportRunId) -> Result<Run> {
        caller.may(Operation::ImportRead)?;
        in_tx!(self, Read, tx => self.run_in_scope(tx, caller, id).await)
    }

    /// One run with names.
    ///
    /// # Errors
    /// There is none of that id within the caller's reach.
    pub async fn show_import(&self, caller: &Caller, id: ImportRunId) -> Result<RunShown> {
        caller.may(Operation::ImportRead)?;
        in_tx!(self, Read, tx => {
            let run = self.run_in_scope(tx, caller, id).await?;
            let mut shown = self.shown(tx, caller, vec![run]).await?;
            shown.pop().ok_or_else(|| crate::AppError::internal("a run went missing"))
        })
    }

    /// A run that the caller may see: whoever works in a branch, those into its groups.
    async fn run_in_scope(&self, tx: &mut Tx, caller: &Caller, id: ImportRunId) -> Result<Run> {
        let run = as_it_stands(import::get(tx, caller.workspace, id).await?, self.now());
        let is_seen = match run.group_id {
            _ if caller.branch_prefix().is_empty() => true,
            Some(group) => self.group_in_scope(tx, caller, group).await.is_ok(),
            None => false,
        };
        if is_seen {
            Ok(run)
        } else {
            Err(StoreError::NotFound("import run").into())
        }
    }

    async fn shown(&self, tx: &mut Tx, caller: &Caller, rows: Vec<Run>) -> Result<Vec<RunShown>> {
        let actors = self
            .actor_names(tx, caller, rows.iter().map(|run| run.actor.as_str()))
            .await?;
        let mut shown = Vec::with_capacity(rows.len());
        for run in rows {
            let run = as_it_stands(run, self.now());
            let group = match run.group_id {
                Some(id) => group::get(tx, caller.workspace, id).await.ok(),
                None => None,
            };
            shown.push(RunShown {
                group: group.map(|row| Place {
                    id: row.id,
                    name: row.name,
                }),
                actor: actors
                    .get(&run.actor)
                    .cloned()
                    .unwrap_or_else(|| run.actor.clone()),
                run,
            });
        }
        Ok(shown)
    }

    /// Lines that a run left out, behind a line.
    ///
    /// # Errors
    /// The database refused.
    pub async fn import_rejects(
        &self,
        caller: &Caller,
        id: ImportRunId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<import::Reject>> {
        caller.may(Operation::ImportRead)?;
        in_tx!(self, Read, tx => {
            self.run_in_scope(tx, caller, id).await?;
            Ok(import::rejects(tx, caller.workspace, id, after, limit).await?)
        })
    }

    /// Saved mappings.
    ///
    /// # Errors
    /// The database refused.
    pub async fn import_mappings(&self, caller: &Caller) -> Result<Vec<import::SavedMapping>> {
        caller.may(Operation::ImportRead)?;
        in_tx!(self, Read, tx => Ok(import::mappings(tx, caller.workspace).await?))
    }

    /// Keeps a mapping under a name.
    ///
    /// # Errors
    /// The database refused.
    pub async fn save_import_mapping(
        &self,
        caller: &Caller,
        kind_of_file: ImportKind,
        name: &str,
        mapping: &Mapping,
    ) -> Result<import::SavedMapping> {
        caller.may(Operation::ImportRun)?;
        let row = import::SavedMapping {
            id: self.ids().next::<kind::Mapping>()?,
            kind: kind_of_file,
            name: name.trim().to_owned(),
            mapping: serde_json::to_string(mapping).map_err(crate::AppError::internal)?,
        };
        let now = self.now();
        in_tx!(self, Write, tx => {
            import::save_mapping(tx, caller.workspace, &row, now).await?;
            // Under a name that was there already the earlier id stays.
            let saved = import::mappings(tx, caller.workspace).await?;
            let kept = saved.into_iter().find(|m| m.kind == row.kind && m.name == row.name);
            Ok(kept.unwrap_or_else(|| row.clone()))
        })
    }

    /// Forgets a saved mapping.
    ///
    /// # Errors
    /// The database refused.
    pub async fn remove_import_mapping(&self, caller: &Caller, id: MappingId) -> Result<()> {
        caller.may(Operation::ImportRun)?;
        in_tx!(self, Write, tx => Ok(import::remove_mapping(tx, caller.workspace, id).await?))
    }

    /// Marks runs whose process is gone as interrupted; returns how many.
    ///
    /// # Errors
    /// The database refused.
    pub async fn interrupt_silent_imports(&self) -> Result<u64> {
        let silent_since = self.now().plus(-yutang_domain::import::HEARTBEAT_MS);
        in_tx!(self, Write, tx => Ok(import::interrupt_silent(tx, silent_since).await?))
    }

    /// Folder of uploads of this installation.
    pub fn uploads(&self) -> PathBuf {
        self.data().join(UPLOADS)
    }

    /// Whether a path lies in the folder of uploads: such files are ours to remove.
    pub(crate) fn is_upload(&self, path: &Path) -> bool {
        path.starts_with(self.uploads())
    }
}

/// Group and branch ids that a chunk needs again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cache {
    pub groups: std::collections::HashMap<String, GroupId>,
}
