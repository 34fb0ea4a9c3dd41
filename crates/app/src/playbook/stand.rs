//! How runs stand: what they did, what is still to come, where they wait for a yes; and their end.

use std::collections::HashMap;

use serde::Serialize;
use yutang_domain::{
    id::{BroadcastId, OutboxId, PlaybookRunId},
    permission::Operation,
    playbook::{Deed, Planned, Playbook, Words},
    task::TaskState,
    time::{DAY, Timestamp},
};
use yutang_store::{
    StoreError, Tx, broadcast as broadcasts, outbox, playbook as rows,
    playbook::{Filter, Logged, Run},
};

use super::begin::{filled_with, progress_of};
use crate::{App, Caller, Result, macros::in_tx};

/// How far ahead is told what is still to come, in milliseconds.
const AHEAD: i64 = 62 * DAY;
/// Steps told of one run.
const STEPS: usize = 500;
/// Steps told that are still to come.
const COMING: usize = 60;

/// A step that was handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunStep {
    /// Its name; of a phase that was left, the phase.
    pub step: String,
    /// When it was due.
    pub due_at: Timestamp,
    /// What it does.
    #[serde(rename = "do")]
    pub deed: String,
    /// `done`, `skipped` or `left`.
    pub outcome: String,
    /// Why it was left out, as a code.
    pub reason: Option<String>,
    /// By which way.
    pub mode: Option<String>,
    /// For how many groups or people, or how many tasks.
    pub count: i64,
    /// How many could not have it.
    pub missed: i64,
    /// What became of it: broadcasts, tasks, messages.
    pub made: Vec<String>,
    /// When it was handled.
    pub at: Timestamp,
}

impl From<Logged> for RunStep {
    fn from(row: Logged) -> Self {
        Self {
            made: serde_json::from_str(&row.made).unwrap_or_default(),
            step: row.step,
            due_at: row.due_at,
            deed: row.deed,
            outcome: row.outcome,
            reason: row.reason,
            mode: row.way,
            count: row.count,
            missed: row.missed,
            at: row.at,
        }
    }
}

/// A run as it stands.
#[derive(Clone, Debug)]
pub struct RunStanding {
    /// The row.
    pub row: Run,
    /// What the playbook is called.
    pub title: Words,
    /// Who started it, by name.
    pub starter: String,
    /// The group or person it is about, by name.
    pub about: Option<String>,
    /// Where it waits for a yes.
    pub gates: Vec<Gate>,
    /// What it did, latest first; only where one run is asked for.
    pub steps: Vec<RunStep>,
    /// What is still to come; only where one run is asked for.
    pub coming: Vec<Planned>,
    /// Whether it opens a group that nobody has named yet.
    pub wants_group: bool,
}

/// Where a run waits for a yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// The step.
    pub step: String,
    /// What is to be decided.
    pub text: String,
}

/// A page of runs.
#[derive(Clone, Debug)]
pub struct RunPage {
    /// The runs, newest first.
    pub items: Vec<RunStanding>,
    /// Where the next page begins.
    pub next: Option<(i64, PlaybookRunId)>,
    /// How many there are, up to 10,001.
    pub total: i64,
}

/// What a stop left.
#[derive(Clone, Debug)]
pub struct Stopped {
    /// The run.
    pub run: RunStanding,
    /// What was still to come, and never will.
    pub undone: Vec<Planned>,
    /// Promises that stay: tasks for gifts, points, posters.
    pub promises: i64,
}

impl App {
    /// Runs, newest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn playbook_runs(
        &self,
        caller: &Caller,
        filter: &Filter,
        limit: usize,
    ) -> Result<RunPage> {
        caller.may(Operation::PlaybookRead)?;
        let filter = Filter {
            branch_path: caller.branch_prefix(),
            ..filter.clone()
        };
        in_tx!(self, Read, tx => {
            let mut found = rows::list(tx, caller.workspace, &filter, limit + 1).await?;
            let more = found.len() > limit;
            found.truncate(limit);
            let next = found.last().filter(|_| more).map(|row| (row.started_at.ms(), row.id));
            let total = rows::count(tx, caller.workspace, &filter, 10_001).await?;
            let mut items = Vec::with_capacity(found.len());
            // Runs of one page are mostly of the same few versions.
            let mut read: HashMap<(String, i64), Playbook> = HashMap::new();
            for row in found {
                let version = (row.name.clone(), row.version);
                let playbook = if let Some(known) = read.get(&version) {
                    known.clone()
                } else {
                    let playbook = self
                        .version_of(tx, row.workspace_id, &row.name, row.version)
                        .await?;
                    read.insert(version, playbook.clone());
                    playbook
                };
                items.push(self.run_standing_of(tx, caller, (row, playbook), false).await?);
            }
            Ok(RunPage { items, next, total })
        })
    }

    /// One run, with what it did and what is still to come.
    ///
    /// # Errors
    /// It is out of reach.
    pub async fn playbook_run(&self, caller: &Caller, id: PlaybookRunId) -> Result<RunStanding> {
        caller.may(Operation::PlaybookRead)?;
        in_tx!(self, Read, tx => {
            let row = self.playbook_run_in_scope(tx, caller, id).await?;
            self.how_it_stands(tx, caller, row, true).await
        })
    }

    pub(super) async fn playbook_run_in_scope(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: PlaybookRunId,
    ) -> Result<Run> {
        let row = rows::get(tx, caller.workspace, id).await?;
        if row.branch_path.starts_with(&caller.branch_prefix()) {
            Ok(row)
        } else {
            Err(StoreError::NotFound("playbook run").into())
        }
    }

    async fn how_it_stands(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: Run,
        whole: bool,
    ) -> Result<RunStanding> {
        let playbook = self
            .version_of(tx, row.workspace_id, &row.name, row.version)
            .await?;
        self.run_standing_of(tx, caller, (row, playbook), whole)
            .await
    }

    async fn run_standing_of(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, playbook): (Run, Playbook),
        whole: bool,
    ) -> Result<RunStanding> {
        let now = self.now();
        let progress = progress_of(&row)?;
        let (filled, about) = filled_with(playbook, &row)?;
        let playbook = &filled.playbook;
        let mut gates = Vec::new();
        if progress.waits_at().next().is_some() {
            let house = yutang_store::workspace::get(tx, caller.workspace).await?;
            gates.extend(progress.waits_at().map(|gate| Gate {
                step: gate.to_owned(),
                text: gate_text(playbook, gate, &house.locale),
            }));
        }
        let (mut steps, mut coming) = (Vec::new(), Vec::new());
        if whole {
            let logged = rows::steps(tx, caller.workspace, row.id, STEPS).await?;
            steps = logged.into_iter().map(RunStep::from).collect();
            if !progress.is_over() {
                coming = filled
                    .course(&caller.zone)
                    .occurrences(now.plus(1), now.plus(AHEAD));
                coming.truncate(COMING);
            }
        }
        let named = match (about.member, about.group) {
            (Some(id), _) if caller.actor.may(Operation::MemberRead).is_ok() => Some(
                yutang_store::member::get(tx, caller.workspace, id)
                    .await?
                    .name,
            ),
            (None, Some(id)) => Some(
                yutang_store::group::get(tx, caller.workspace, id)
                    .await?
                    .name,
            ),
            _ => None,
        };
        let names = self
            .actor_names(tx, caller, std::iter::once(row.actor.as_str()))
            .await?;
        Ok(RunStanding {
            title: playbook.title.clone(),
            starter: names.get(&row.actor).unwrap_or(&row.actor).clone(),
            about: named,
            gates,
            steps,
            coming,
            wants_group: playbook.opens_group() && row.group_id.is_none(),
            row,
        })
    }

    /// Ends a run: nothing more follows from it. What was said stays said, people keep what they were
    /// promised; what has not left is taken back. Says what is left undone. req: 003-120
    ///
    /// # Errors
    /// [`PlaybookError::Over`].
    pub async fn stop_playbook_run(&self, caller: &Caller, id: PlaybookRunId) -> Result<Stopped> {
        caller.may(Operation::PlaybookEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = self.playbook_run_in_scope(tx, caller, id).await?;
            let mut progress = progress_of(&row)?;
            progress.stop()?;
            self.wind_up(tx, caller, (row, &progress), "playbook.stop", now).await
        })
    }

    /// A person's word where a run waits: yes, it goes on; no, it ends. req: 003-120
    ///
    /// # Errors
    /// [`PlaybookError::Gate`] if it does not wait there.
    pub async fn decide_gate(
        &self,
        caller: &Caller,
        id: PlaybookRunId,
        gate: &str,
        yes: bool,
    ) -> Result<RunStanding> {
        caller.may(Operation::PlaybookEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let mut row = self.playbook_run_in_scope(tx, caller, id).await?;
            let mut progress = progress_of(&row)?;
            progress.decide(gate, yes)?;
            if !yes {
                let stopped = self
                    .wind_up(tx, caller, (row, &progress), "playbook.no", now)
                    .await?;
                return Ok(stopped.run);
            }
            for one in rows::steps(tx, caller.workspace, row.id, STEPS).await? {
                if one.step == gate {
                    for dedup in made(&one, "task:") {
                        self.close_task_in(
                            tx,
                            caller.workspace,
                            &dedup,
                            TaskState::Done,
                            &caller.actor,
                            now,
                        )
                        .await?;
                    }
                }
            }
            let was = row.state;
            row.wake_at = Some(now);
            self.keep_progress(tx, caller, (&mut row, was), &progress, now).await?;
            self.decided(tx, caller, &row, ("playbook.yes", gate), now).await?;
            self.carry_on_run(tx, &mut row, now).await?;
            self.how_it_stands(tx, caller, row, true).await
        })
    }

    async fn decided(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Run,
        (operation, step): (&'static str, &str),
        now: Timestamp,
    ) -> Result<()> {
        let playbook = self
            .version_of(tx, row.workspace_id, &row.name, row.version)
            .await?;
        let subject = format!("playbook_run:{}", row.id);
        let after = serde_json::json!({ "run": row.id, "step": step });
        self.playbook_audit(tx, caller, (operation, &playbook, subject), &after, now)
            .await
    }

    /// Takes back what has not left, and keeps what was promised.
    async fn wind_up(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (mut row, progress): (Run, &yutang_domain::playbook::Run),
        operation: &'static str,
        now: Timestamp,
    ) -> Result<Stopped> {
        let workspace = caller.workspace;
        let (filled, _) = self.filled_of(tx, &row).await?;
        let mut undone = filled
            .course(&caller.zone)
            .occurrences(now.plus(1), now.plus(AHEAD));
        undone.truncate(COMING);
        let mut promises = 0;
        for one in rows::steps(tx, workspace, row.id, STEPS).await? {
            for id in made(&one, "broadcast:") {
                self.end_broadcast(tx, caller, id.parse()?, now).await?;
            }
            for id in made(&one, "outbox:") {
                let id: OutboxId = id.parse()?;
                outbox::withdraw(tx, workspace, id).await?;
            }
            let promised = one
                .deed
                .parse::<Deed>()
                .is_ok_and(|deed| deed.is_stub() || deed == Deed::CloseGroup);
            for dedup in made(&one, "task:") {
                if promised {
                    promises += 1;
                    continue;
                }
                self.close_task_in(
                    tx,
                    workspace,
                    &dedup,
                    TaskState::Withdrawn,
                    &caller.actor,
                    now,
                )
                .await?;
            }
        }
        let was = row.state;
        row.wake_at = None;
        self.keep_progress(tx, caller, (&mut row, was), progress, now)
            .await?;
        self.decided(tx, caller, &row, (operation, ""), now).await?;
        let run = self.how_it_stands(tx, caller, row, true).await?;
        Ok(Stopped {
            run,
            undone,
            promises,
        })
    }

    async fn end_broadcast(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: BroadcastId,
        now: Timestamp,
    ) -> Result<()> {
        use yutang_domain::broadcast::State;
        let workspace = caller.workspace;
        let mut row = broadcasts::get(tx, workspace, id).await?;
        let unfinished = broadcasts::unfinished(tx, workspace, id).await?;
        let was = row.state;
        if was == State::Stopped || (was == State::Done && unfinished.is_empty()) {
            return Ok(());
        }
        for target in unfinished {
            self.end_target(tx, caller, (id, &target), now).await?;
        }
        row.state = State::Stopped;
        row.expanded = true;
        row.ended_at = Some(now);
        row.updated_at = now;
        if broadcasts::update(tx, &row, was).await? {
            self.broadcast_changed(tx, caller, "broadcast.stop", &row, now)
                .await?;
        }
        Ok(())
    }
}

/// What a step made of one kind.
fn made(step: &Logged, kind: &str) -> Vec<String> {
    let all: Vec<String> = serde_json::from_str(&step.made).unwrap_or_default();
    all.iter()
        .filter_map(|one| one.strip_prefix(kind).map(str::to_owned))
        .collect()
}

fn gate_text(playbook: &Playbook, gate: &str, locale: &str) -> String {
    playbook
        .step(gate)
        .and_then(|(_, step)| step.copy.as_deref())
        .and_then(|copy| playbook.texts.get(copy))
        .map_or_else(String::new, |words| words.of(locale).to_owned())
}
