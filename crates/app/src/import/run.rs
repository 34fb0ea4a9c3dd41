//! A run: begun, carried out chunk by chunk, ended.

use std::{path::PathBuf, sync::Arc};

use yutang_domain::{
    event::{Event, EventKind},
    id::{GroupId, ImportRunId, kind},
    import::{ImportKind, RunError, RunState},
    permission::Operation,
    time::Timestamp,
};
use yutang_import::{ImportError, Rejects};
use yutang_store::{Tx, event, import};

use super::{
    Cache, Counts, Options, Outcome, Request,
    source::{self, Chunk, Plan},
};
use crate::{App, AppError, Caller, Result, audit::Change, group::GroupInput, macros::in_tx};

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Records committed.
    pub done: u64,
    /// Records in the file.
    pub total: u64,
}

impl App {
    /// Plans a file and begins a run of it, or takes up the interrupted one.
    pub(crate) async fn begin_import(
        &self,
        caller: &Caller,
        request: &Request,
    ) -> Result<(ImportRunId, Arc<Plan>)> {
        caller.may(Operation::ImportRun)?;
        self.check_options(caller, &request.options).await?;
        let now = self.now();
        let mut options = request.options.clone();
        options.rooms_apart = request.kind == ImportKind::Chat && request.group.is_none();
        options.planned_at = Some(now);
        let request = Request {
            options,
            ..request.clone()
        };
        let retention = self.retention(caller).await?;
        let plan = Arc::new(source::plan(caller, &request, now, retention).await?);
        // Reading may have taken a while; the heartbeat of the run begins now.
        let begun = self.now();
        let id =
            in_tx!(self, Write, tx => self.insert_run(tx, caller, &request, &plan, begun).await)?;
        Ok((id, plan))
    }

    async fn insert_run(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        request: &Request,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<ImportRunId> {
        let known = match &request.group {
            Some(name) if request.kind == ImportKind::Chat => {
                self.group_called(tx, caller, name).await?
            }
            _ => None,
        };
        let unfinished = import::find_unfinished(
            tx,
            caller.workspace,
            request.kind,
            plan.sha256(),
            known.as_ref().map(|g| g.id),
        )
        .await?;
        if let Some(run) = unfinished {
            self.take_run(tx, caller, &run, RunState::Running, now)
                .await?;
            return Ok(run.id);
        }
        let id: ImportRunId = self.ids().next::<kind::ImportRun>()?;
        let group_id = match (request.kind, &request.group, known) {
            (ImportKind::Chat, _, Some(group)) => Some(group.id),
            (ImportKind::Chat, Some(name), None) => Some(
                self.group_for_run(tx, caller, name, plan, &request.options, id, now)
                    .await?,
            ),
            _ => None,
        };
        let run = import::Run {
            id,
            kind: request.kind,
            group_id,
            file_name: request.file_name.clone(),
            file_path: request.path.display().to_string(),
            file_hash: plan.sha256().to_vec(),
            bytes: i64::try_from(plan.bytes()).unwrap_or(i64::MAX),
            format: plan.format(),
            encoding: plan.encoding(),
            options: serde_json::to_string(&request.options).map_err(AppError::internal)?,
            state: RunState::Running,
            cursor: 0,
            total: i64::try_from(plan.records()).unwrap_or(i64::MAX),
            counts: serde_json::to_string(&plan.counts(false)).map_err(AppError::internal)?,
            skipped_total: i64::try_from(plan.rejects().total).unwrap_or(i64::MAX),
            error_code: None,
            error_detail: None,
            actor: caller.actor.to_string(),
            holder: self.ids().holder().to_owned(),
            heartbeat_at: now,
            cancel_requested: false,
            storing_since: now,
            storing_from: 0,
            created_at: now,
            finished_at: None,
        };
        import::insert(tx, caller.workspace, &run).await?;
        let rejects: Vec<import::Reject> = plan
            .rejects()
            .first
            .iter()
            .map(|reject| import::Reject {
                line: i64::try_from(reject.line).unwrap_or(i64::MAX),
                code: reject.reason.code().to_owned(),
                detail: reject.reason.to_string(),
            })
            .collect();
        import::insert_rejects(tx, caller.workspace, id, &rejects).await?;
        Ok(id)
    }

    /// The group of that name on the file's network, made for this run if there is none.
    #[expect(
        clippy::too_many_arguments,
        reason = "all of it describes one group of one run"
    )]
    pub(super) async fn group_for_run(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        name: &str,
        plan: &Plan,
        options: &Options,
        run: ImportRunId,
        now: Timestamp,
    ) -> Result<GroupId> {
        if let Some(group) = self.group_called(tx, caller, name).await? {
            return Ok(group.id);
        }
        let (network, opened_on) = match plan {
            Plan::Chat(plan, _) => (plan.format.network(), plan.first.map(|at| caller.day(at))),
            _ => ("wechat", None),
        };
        let mut input = GroupInput::named(name, network);
        input.branch_id = options.branch_id;
        input.opened_on = opened_on;
        Ok(self.new_group(tx, caller, &input, Some(run), now).await?.id)
    }

    /// Goes on with an interrupted run.
    ///
    /// # Errors
    /// It is not interrupted, its file has changed, or another process is at it.
    pub async fn resume_import(
        &self,
        caller: &Caller,
        id: ImportRunId,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<Outcome> {
        let run = self.retake_import(caller, id).await?;
        self.go_on(caller, &run, progress).await
    }

    /// Takes hold of an interrupted run.
    pub(super) async fn retake_import(
        &self,
        caller: &Caller,
        id: ImportRunId,
    ) -> Result<import::Run> {
        caller.may(Operation::ImportRun)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let run = self.run_in_scope(tx, caller, id).await?;
            if run.state != RunState::Interrupted {
                return Err(RunError::State { state: run.state, verb: "resumed" }.into());
            }
            self.take_run(tx, caller, &run, RunState::Running, now).await?;
            Ok(run)
        })
    }

    /// Reads the file of a run again and carries it out from where it stands.
    pub(super) async fn go_on(
        &self,
        caller: &Caller,
        run: &import::Run,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<Outcome> {
        let (id, now) = (run.id, self.now());
        let options: Options = serde_json::from_str(&run.options).map_err(AppError::internal)?;
        let request = Request {
            kind: run.kind,
            path: PathBuf::from(&run.file_path),
            file_name: run.file_name.clone(),
            group: run.group_id.map(|id| id.to_string()),
            options: options.clone(),
        };
        let retention = self.retention(caller).await?;
        let planned = options.planned_at.unwrap_or(now);
        let reading = source::plan(caller, &request, planned, retention);
        match self.holding(caller, id, reading).await {
            Ok(plan) if plan.sha256()[..] == run.file_hash[..] => {
                self.carry_out(caller, id, Arc::new(plan), progress).await
            }
            Ok(_) => self.stopped(caller, id, RunError::FileChanged.into()).await,
            Err(error) => self.stopped(caller, id, error).await,
        }
    }

    /// Carries a run out from where it stands.
    pub(crate) async fn carry_out(
        &self,
        caller: &Caller,
        id: ImportRunId,
        plan: Arc<Plan>,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Outcome> {
        let begun = self.now();
        let run = in_tx!(self, Write, tx => {
            import::begin_storing(tx, caller.workspace, id, begun).await?;
            Ok(import::get(tx, caller.workspace, id).await?)
        })?;
        let path = PathBuf::from(&run.file_path);
        let skip = u64::try_from(run.cursor).unwrap_or(0);
        let (mut chunks, reader) = source::chunks(path.clone(), plan.clone(), skip);
        let mut cache = Cache::default();
        let mut done = skip;
        let total = plan.records();
        progress(Progress { done, total });
        while let Some(chunk) = self.holding(caller, id, chunks.recv()).await {
            match self
                .write_chunk(caller, id, &plan, &chunk, &mut cache)
                .await
            {
                Ok(true) => {}
                Ok(false) => {
                    drop(chunks);
                    let _ = reader.await;
                    return self.taken_back(caller, id, plan.rejects()).await;
                }
                Err(error) => {
                    drop(chunks);
                    let _ = reader.await;
                    return self.stopped(caller, id, error).await;
                }
            }
            done += chunk.len() as u64;
            progress(Progress { done, total });
        }
        match reader.await.map_err(AppError::internal)? {
            Ok(()) => {}
            Err(ImportError::Changed) => {
                return self.stopped(caller, id, RunError::FileChanged.into()).await;
            }
            Err(error) => return self.stopped(caller, id, error.into()).await,
        }
        if !self.finish(caller, id, &plan).await? {
            return self.taken_back(caller, id, plan.rejects()).await;
        }
        if self.is_upload(&path) {
            // What was imported need not lie about a second time.
            let _ = std::fs::remove_file(&path);
        }
        self.outcome(caller, id, plan.rejects()).await
    }

    /// Takes back a run that somebody wants stopped.
    async fn taken_back(
        &self,
        caller: &Caller,
        id: ImportRunId,
        rejects: &Rejects,
    ) -> Result<Outcome> {
        self.undo_import_as(caller, id, RunState::Cancelled).await?;
        self.outcome(caller, id, rejects).await
    }

    /// Writes a chunk and the cursor behind it; false if somebody wants the run stopped.
    async fn write_chunk(
        &self,
        caller: &Caller,
        id: ImportRunId,
        plan: &Plan,
        chunk: &Chunk,
        cache: &mut Cache,
    ) -> Result<bool> {
        let now = self.now();
        let mut kept = cache.clone();
        let (going, kept) = in_tx!(self, Write, tx => {
            let mut run = import::get(tx, caller.workspace, id).await?;
            if run.cancel_requested {
                return Ok((false, Cache::default()));
            }
            if run.state != RunState::Running || run.holder != self.ids().holder() {
                return Err(RunError::Held.into());
            }
            let mut counts: Counts = serde_json::from_str(&run.counts).map_err(AppError::internal)?;
            match (chunk, plan) {
                (Chunk::Chat(rows), Plan::Chat(..)) => {
                    self.write_chat(tx, caller, &run, plan, rows, &mut counts, &mut kept, now).await?;
                }
                (Chunk::Orders(rows), _) => {
                    self.write_orders(tx, caller, &run, rows, &mut counts, now).await?;
                }
                (Chunk::Members(rows), _) => {
                    self.write_members(tx, caller, &run, rows, &mut counts, now).await?;
                }
                (Chunk::Groups(rows), _) => {
                    self.write_groups(tx, caller, &run, rows, &mut counts, now).await?;
                }
                (Chunk::Chat(_), _) => return Err(AppError::internal("a chat chunk of a table")),
            }
            run.cursor += i64::try_from(chunk.len()).unwrap_or(0);
            run.heartbeat_at = now;
            run.counts = serde_json::to_string(&counts).map_err(AppError::internal)?;
            import::update(tx, caller.workspace, &run).await?;
            let fact = Event::new(self.ids().next()?, EventKind::ImportProgressed, &caller.actor)
                .with(serde_json::json!({ "run": id, "done": run.cursor, "total": run.total }));
            event::insert(tx, caller.workspace, now, &[fact]).await?;
            Ok((true, kept.clone()))
        })?;
        *cache = kept;
        Ok(going)
    }

    /// Marks a run as interrupted and hands the reason on; a run that somebody wants stopped is
    /// taken back instead.
    async fn stopped(&self, caller: &Caller, id: ImportRunId, error: AppError) -> Result<Outcome> {
        if matches!(error.rule(), Some(RunError::Held)) {
            return Err(error);
        }
        let code = error.code();
        let detail = error.to_string();
        let marked: Result<bool> = async {
            in_tx!(self, Write, tx => {
                let mut run = import::get(tx, caller.workspace, id).await?;
                run.state = RunState::Interrupted;
                run.holder = String::new();
                run.error_code = Some(code.to_owned());
                run.error_detail = Some(detail.clone());
                import::update(tx, caller.workspace, &run).await?;
                Ok(run.cancel_requested)
            })
        }
        .await;
        match marked {
            Ok(true) => return self.taken_back(caller, id, &Rejects::default()).await,
            Ok(false) => {}
            Err(second) => {
                tracing::warn!(error = %second, "an interrupted import could not be marked; its heartbeat will tell");
            }
        }
        Err(Interrupted {
            run: id,
            source: Box::new(error),
        }
        .into())
    }

    /// Ends a run that stored everything; false if somebody wants it stopped.
    async fn finish(&self, caller: &Caller, id: ImportRunId, plan: &Plan) -> Result<bool> {
        let now = self.now();
        let ended = in_tx!(self, Write, tx => {
            let mut run = import::get(tx, caller.workspace, id).await?;
            if run.cancel_requested {
                return Ok(false);
            }
            if run.kind == ImportKind::Orders {
                let mut counts: Counts = serde_json::from_str(&run.counts).map_err(AppError::internal)?;
                counts.duplicates = plan.counts(true).orders.saturating_sub(counts.orders);
                run.counts = serde_json::to_string(&counts).map_err(AppError::internal)?;
            }
            run.state = RunState::Done;
            run.holder = String::new();
            run.finished_at = Some(now);
            run.error_code = None;
            run.error_detail = None;
            import::update(tx, caller.workspace, &run).await?;
            self.audited(tx, caller, now, Change {
                operation: "import.run",
                subject: format!("import_run:{id}"),
                subject_name: &run.file_name,
                undoable: false,
            }, None::<&()>, serde_json::from_str::<serde_json::Value>(&run.counts).ok().as_ref()).await?;
            let mut fact = Event::new(self.ids().next()?, EventKind::ImportFinished, &caller.actor)
                .with(serde_json::json!({ "run": id }));
            fact.group = run.group_id;
            event::insert(tx, caller.workspace, now, &[fact]).await?;
            Ok(true)
        })?;
        if ended {
            self.judge_health_now(caller).await?;
        }
        Ok(ended)
    }

    async fn outcome(
        &self,
        caller: &Caller,
        id: ImportRunId,
        rejects: &Rejects,
    ) -> Result<Outcome> {
        let run = in_tx!(self, Read, tx => Ok(import::get(tx, caller.workspace, id).await?))?;
        Ok(Outcome {
            run: Some(id),
            state: run.state,
            format: run.format,
            counts: serde_json::from_str(&run.counts).map_err(AppError::internal)?,
            rejects: rejects.clone(),
        })
    }

    /// Asks a running import to stop and take itself back.
    ///
    /// # Errors
    /// It is not running.
    pub async fn cancel_import(&self, caller: &Caller, id: ImportRunId) -> Result<()> {
        if self.ask_to_stop(caller, id).await? {
            self.undo_import_as(caller, id, RunState::Cancelled).await?;
        }
        Ok(())
    }

    /// Asks the process at a run to stop; true if there is none because it is interrupted.
    pub(super) async fn ask_to_stop(&self, caller: &Caller, id: ImportRunId) -> Result<bool> {
        caller.may(Operation::ImportRun)?;
        in_tx!(self, Write, tx => {
            let run = self.run_in_scope(tx, caller, id).await?;
            match run.state {
                RunState::Running => {
                    import::request_cancel(tx, caller.workspace, id).await?;
                    Ok(false)
                }
                RunState::Interrupted => Ok(true),
                state => Err(RunError::State { state, verb: "cancelled" }.into()),
            }
        })
    }
}

/// A run stopped half-way; it can go on.
#[derive(Debug, thiserror::Error)]
#[error("import {run} was interrupted and can go on with the same command: {source}")]
pub struct Interrupted {
    /// Which.
    pub run: ImportRunId,
    /// Why.
    pub source: Box<AppError>,
}

impl yutang_domain::error::Rule for Interrupted {
    fn code(&self) -> &'static str {
        "import.interrupted"
    }
    fn class(&self) -> yutang_domain::error::Class {
        yutang_domain::error::Class::Unavailable
    }
    fn at(&self) -> Option<String> {
        Some(self.run.to_string())
    }
}
