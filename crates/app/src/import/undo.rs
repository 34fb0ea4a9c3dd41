//! Taking an import back: exactly what it added, and nothing that came from elsewhere.

use serde::Serialize;
use yutang_domain::{
    event::{Event, EventKind},
    id::{GroupId, ImportRunId},
    import::{ImportKind, RunError, RunState},
    permission::Operation,
};
use yutang_store::{Tx, event, group, import, order, run_trace};

use crate::{App, Caller, Result, audit::Change, macros::in_tx, talk::Source};

/// Rows per transaction while taking back.
const SLICE: usize = 1_000;

/// What a run added, and what of it would go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// Messages.
    pub messages: i64,
    /// Comings and goings.
    pub passages: i64,
    /// Order lines.
    pub order_lines: i64,
    /// Orders.
    pub orders: i64,
    /// Member records that nothing else refers to.
    pub members: i64,
    /// Member records that stay, because something else refers to them.
    pub members_kept: i64,
    /// Groups that nothing else refers to.
    pub groups: i64,
    /// Branches made for a name in the file that nothing else uses.
    pub branches: i64,
    /// Tags made for a name in the file that nothing else uses.
    pub tags: i64,
    /// Notes.
    pub notes: i64,
}

impl App {
    /// What taking a run back would remove.
    ///
    /// # Errors
    /// There is no such run.
    pub async fn preview_import_undo(&self, caller: &Caller, id: ImportRunId) -> Result<Removal> {
        caller.may(Operation::ImportUndo)?;
        in_tx!(self, Read, tx => {
            self.run_in_scope(tx, caller, id).await?;
            let trace = run_trace::count(tx, caller.workspace, id).await?;
            Ok(Removal {
                messages: trace.messages,
                passages: trace.passages,
                order_lines: trace.order_lines,
                orders: trace.orders,
                members: trace.members - trace.members_kept,
                members_kept: trace.members_kept,
                groups: trace.groups,
                branches: trace.branches,
                tags: trace.tags,
                notes: trace.notes,
            })
        })
    }

    /// Takes a run back, a slice at a time; a kill in between is made good by asking again.
    ///
    /// # Errors
    /// The run is being carried out, or was never begun.
    pub async fn undo_import(&self, caller: &Caller, id: ImportRunId) -> Result<Removal> {
        caller.may(Operation::ImportUndo)?;
        let removal = self.preview_import_undo(caller, id).await?;
        self.undo_import_as(caller, id, RunState::Undone).await?;
        Ok(removal)
    }

    pub(crate) async fn undo_import_as(
        &self,
        caller: &Caller,
        id: ImportRunId,
        end: RunState,
    ) -> Result<()> {
        self.begin_undo(caller, id, end).await?;
        self.carry_undo_out(caller, id, end).await
    }

    /// Takes hold of a run that is to be taken back.
    pub(super) async fn begin_undo(
        &self,
        caller: &Caller,
        id: ImportRunId,
        end: RunState,
    ) -> Result<()> {
        let now = self.now();
        in_tx!(self, Write, tx => {
            let run = self.run_in_scope(tx, caller, id).await?;
            match run.state {
                RunState::Done | RunState::Interrupted | RunState::Undoing => {}
                RunState::Running if end == RunState::Cancelled => {}
                state => return Err(RunError::State { state, verb: "taken back" }.into()),
            }
            self.take_run(tx, caller, &run, RunState::Undoing, now).await
        })
    }

    /// Takes a run back that is held for it.
    pub(super) async fn carry_undo_out(
        &self,
        caller: &Caller,
        id: ImportRunId,
        end: RunState,
    ) -> Result<()> {
        let now = self.now();
        while !self.undo_slice(caller, id).await? {}
        let groups = in_tx!(self, Write, tx => {
            let mut run = import::get(tx, caller.workspace, id).await?;
            let groups = self.groups_of_run(tx, caller, &run).await?;
            let buyers = run_trace::give_states_back(tx, caller.workspace, id).await?;
            order::sum_members(tx, caller.workspace, &buyers).await?;
            let gone = run_trace::remove_rest(tx, caller.workspace, id).await?;
            for group in groups.iter().filter(|group| !gone.contains(group)) {
                group::recount(tx, caller.workspace, *group).await?;
                run_trace::settle_post(tx, caller.workspace, *group).await?;
            }
            if run.group_id.is_some_and(|group| gone.contains(&group)) {
                run.group_id = None;
            }
            run.state = end;
            run.holder = String::new();
            run.finished_at = Some(now);
            import::update(tx, caller.workspace, &run).await?;
            self.audited(tx, caller, now, Change {
                operation: "import.undo",
                subject: format!("import_run:{id}"),
                subject_name: &run.file_name,
                undoable: false,
            }, serde_json::from_str::<serde_json::Value>(&run.counts).ok().as_ref(), None::<&()>).await?;
            let fact = Event::new(self.ids().next()?, EventKind::ImportUndone, &caller.actor)
                .with(serde_json::json!({ "run": id }));
            event::insert(tx, caller.workspace, now, &[fact]).await?;
            Ok(groups)
        })?;
        tracing::info!(run = %id, groups = groups.len(), "an import was taken back");
        self.judge_health_now(caller).await
    }

    /// Removes a slice; true when nothing is left to remove.
    async fn undo_slice(&self, caller: &Caller, id: ImportRunId) -> Result<bool> {
        let now = self.now();
        in_tx!(self, Write, tx => {
            let mut run = import::get(tx, caller.workspace, id).await?;
            run.heartbeat_at = now;
            import::update(tx, caller.workspace, &run).await?;
            let source = Source { workspace: caller.workspace, zone: &caller.zone, run: Some(id) };
            if run.kind == ImportKind::Chat {
                return Ok(self.strike_out(tx, source, id, SLICE).await? == 0);
            }
            let orders = order::remove_lines_of_run(tx, caller.workspace, id, SLICE).await?;
            order::sum(tx, caller.workspace, &orders).await?;
            let members = order::remove_empty(tx, caller.workspace, id, &orders).await?;
            order::sum_members(tx, caller.workspace, &members).await?;
            Ok(orders.is_empty())
        })
    }

    pub(super) async fn groups_of_run(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
    ) -> Result<Vec<GroupId>> {
        match (run.kind, run.group_id) {
            (ImportKind::Chat, Some(group)) => Ok(vec![group]),
            (ImportKind::Chat | ImportKind::Groups, None) => {
                Ok(run_trace::groups(tx, caller.workspace, run.id).await?)
            }
            _ => Ok(Vec::new()),
        }
    }
}
