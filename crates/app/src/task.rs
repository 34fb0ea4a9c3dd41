//! Tasks for people: who, which group, what, until when, why, and how one knows that it is done.
//!
//! A task stands in for everything that no program does: what a channel cannot, and what only a
//! person should. It comes up once per cause, is done with a tick or a proof, refused with a
//! reason, handed over, and can be taken back for a day. req: 000-037

mod undo;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use yutang_domain::{
    actor::Actor,
    event::{Event, EventKind},
    id::{BranchId, EventId, GroupId, MemberId, StaffId, StaffTaskId, WorkspaceId},
    permission::Operation,
    task::{DoneCheck, Level, Refusal, TaskError, TaskKind, TaskState},
    time::{DAY, Timestamp},
};
pub use yutang_store::staff_task::{Filter, Sought, StaffTask};
use yutang_store::{StoreError, Tx, branch, event, group, staff_task};

use crate::{App, Caller, Result, audit::Change, macros::in_tx, text::keys_saying};

/// How long an ended task can be reopened, in milliseconds.
pub const REOPEN_MS: i64 = DAY;
/// Stands where a name or words are not for the caller's eyes.
const HIDDEN: &str = "＊＊＊";
/// Words of one search, at most.
const WORDS: usize = 8;
/// Tasks of one table, at most.
const EXPORTED: usize = 100_000;
/// Up to which number tasks are counted exactly.
pub const COUNTED_UP_TO: usize = 10_000;

/// A task about to come up.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// What it is about.
    pub kind: TaskKind,
    /// How pressing it is.
    pub level: Level,
    /// The branch it belongs to; that of the group if `None`.
    pub branch: Option<BranchId>,
    /// The group it is about.
    pub group: Option<GroupId>,
    /// The member it is about.
    pub member: Option<MemberId>,
    /// Who is to do it.
    pub assignee: Option<StaffId>,
    /// Code of the sentence that says what to do.
    pub what: &'static str,
    /// Its arguments, an object of words and numbers.
    pub args: serde_json::Value,
    /// Text ready to paste.
    pub body: String,
    /// What its picture says when it is scanned: an address, mostly.
    pub picture: Option<String>,
    /// Code of the sentence that says why.
    pub why: &'static str,
    /// How one knows that it is done.
    pub done_check: DoneCheck,
    /// How long it takes, in minutes.
    pub minutes: i64,
    /// Since when it has been waiting.
    pub since_at: Timestamp,
    /// Until when it is to be done.
    pub due_at: Option<Timestamp>,
    /// The fact that led to it.
    pub cause: Option<EventId>,
    /// The same cause makes one task.
    pub dedup: String,
}

impl NewTask {
    /// A task of no hurry that whoever does it ticks off: of no branch, group, member or assignee
    /// yet, a minute's work without a text, and due at no time. `what` and `why` are codes of
    /// sentences.
    pub fn new(
        kind: TaskKind,
        (what, why): (&'static str, &'static str),
        since_at: Timestamp,
        dedup: String,
    ) -> Self {
        Self {
            kind,
            level: Level::Normal,
            branch: None,
            group: None,
            member: None,
            assignee: None,
            what,
            args: serde_json::json!({}),
            body: String::new(),
            picture: None,
            why,
            done_check: DoneCheck::Own,
            minutes: 1,
            since_at,
            due_at: None,
            cause: None,
            dedup,
        }
    }

    /// Sets the group and its branch.
    #[must_use]
    pub fn in_group(mut self, row: &group::Group) -> Self {
        self.group = Some(row.id);
        self.branch = Some(row.branch_id);
        self
    }
}

/// A task with the names a list shows.
#[derive(Clone, Debug)]
pub struct Task {
    /// The row.
    pub row: StaffTask,
    /// Name of its group.
    pub group_name: Option<String>,
    /// The network of its group.
    pub network: Option<String>,
    /// Name of its member.
    pub member_name: Option<String>,
    /// Name of its assignee.
    pub assignee_name: Option<String>,
}

impl Task {
    /// Takes away who it is about, and what they said.
    fn strip(&mut self) {
        self.row.member_id = None;
        self.member_name = None;
        self.row.body.clear();
        self.row.picture = None;
        self.row.proof = None;
        let mut args: serde_json::Value = serde_json::from_str(&self.row.args).unwrap_or_default();
        for personal in ["name", "with", "text", "words"] {
            if let Some(arg) = args.get_mut(personal) {
                *arg = HIDDEN.into();
            }
        }
        self.row.args = args.to_string();
    }
}

/// A page of tasks.
#[derive(Clone, Debug)]
pub struct TaskPage {
    /// The tasks, at most as many as were asked for.
    pub items: Vec<Task>,
    /// Where the next page begins, if there is one.
    pub next: Option<(i64, StaffTaskId)>,
    /// How many there are, up to [`COUNTED_UP_TO`] + 1.
    pub total: i64,
}

/// The words of a search, each with the sentences that contain it.
pub fn sought(q: &str) -> Vec<Sought> {
    q.split_whitespace()
        .take(WORDS)
        .map(|word| {
            let mut codes = keys_saying("task.", word);
            codes.extend(keys_saying("demo.task.", word));
            Sought {
                word: word.to_owned(),
                codes,
            }
        })
        .collect()
}

/// What the audit log keeps of a task: no text of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub state: TaskState,
    pub assignee: Option<StaffId>,
    pub outcome: Option<String>,
    pub done_by: Option<String>,
    pub done_at: Option<Timestamp>,
}

impl Snapshot {
    fn of(row: &StaffTask) -> Self {
        Self {
            state: row.state,
            assignee: row.assignee_id,
            outcome: row.outcome.clone(),
            done_by: row.done_by.clone(),
            done_at: row.done_at,
        }
    }
}

impl App {
    /// Lets a task come up, in the transaction of what led to it. `None` if the same cause has
    /// made one already.
    ///
    /// # Errors
    /// The database refused.
    pub async fn create_task_in(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        new: NewTask,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<StaffTask>> {
        let branch_id = match (new.branch, new.group) {
            (Some(branch), _) => Some(branch),
            (None, Some(group)) => Some(group::get(tx, workspace, group).await?.branch_id),
            (None, None) => None,
        };
        let row = StaffTask {
            id: self.ids().next()?,
            kind: new.kind,
            level: new.level,
            branch_id,
            group_id: new.group,
            member_id: new.member,
            assignee_id: new.assignee,
            what: new.what.to_owned(),
            args: new.args.to_string(),
            body: new.body,
            picture: new.picture,
            why: new.why.to_owned(),
            done_check: new.done_check,
            minutes: new.minutes.max(1),
            state: TaskState::Open,
            outcome: None,
            proof: None,
            done_by: None,
            done_at: None,
            since_at: new.since_at,
            due_at: new.due_at,
            cause_id: new.cause,
            dedup: new.dedup,
            created_at: now,
        };
        if !staff_task::insert(tx, workspace, &row).await? {
            return Ok(None);
        }
        self.task_fact(tx, workspace, &row, EventKind::TaskCreated, actor, now)
            .await?;
        Ok(Some(row))
    }

    /// Ends the open task of a cause without anybody having done it: its cause is gone, or the
    /// channel shows that it was done. False if there is none that is open.
    ///
    /// # Errors
    /// The database refused.
    pub async fn close_task_in(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        dedup: &str,
        state: TaskState,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<bool> {
        let Some(mut row) = staff_task::find_by_dedup(tx, workspace, dedup).await? else {
            return Ok(false);
        };
        if row.state != TaskState::Open {
            return Ok(false);
        }
        row.state = state;
        row.outcome = (state == TaskState::Done && row.done_check == DoneCheck::Channel)
            .then(|| DoneCheck::Channel.to_string());
        row.done_by = Some(actor.to_string());
        row.done_at = Some(now);
        if !staff_task::update(tx, workspace, &row, TaskState::Open).await? {
            return Ok(false);
        }
        self.task_fact(tx, workspace, &row, EventKind::TaskChanged, actor, now)
            .await?;
        Ok(true)
    }

    /// Tasks the caller may see: those of their branches, and their own.
    ///
    /// # Errors
    /// The database refused.
    pub async fn tasks(&self, caller: &Caller, filter: Filter, limit: usize) -> Result<TaskPage> {
        caller.may(Operation::TaskRead)?;
        let filter = Filter {
            branch_prefix: caller.branch_prefix(),
            own: caller.actor.staff_id(),
            nameless: caller.actor.may(Operation::MemberRead).is_err(),
            ..filter
        };
        in_tx!(self, Read, tx => {
            let mut rows = staff_task::list(tx, caller.workspace, &filter, limit + 1).await?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows
                .last()
                .filter(|_| more)
                .map(|row| (staff_task::order_key(&filter, row), row.id));
            let total =
                staff_task::count(tx, caller.workspace, &filter, COUNTED_UP_TO + 1).await?;
            Ok(TaskPage { items: named(tx, caller, rows).await?, next, total })
        })
    }

    /// All tasks that a filter finds, for a table; its place does not count.
    ///
    /// # Errors
    /// The database refused.
    pub async fn export_tasks(&self, caller: &Caller, mut filter: Filter) -> Result<Vec<Task>> {
        filter.after = None;
        let mut all = Vec::new();
        loop {
            let page = self.tasks(caller, filter.clone(), 500).await?;
            all.extend(page.items);
            filter.after = page.next;
            if filter.after.is_none() || all.len() >= EXPORTED {
                return Ok(all);
            }
        }
    }

    /// One task.
    ///
    /// # Errors
    /// It is not there, or not for the caller's eyes.
    pub async fn task(&self, caller: &Caller, id: StaffTaskId) -> Result<Task> {
        caller.may(Operation::TaskRead)?;
        in_tx!(self, Read, tx => {
            let row = visible(tx, caller, id).await?;
            one(named(tx, caller, vec![row]).await?)
        })
    }

    /// The task has been done, by the word of whoever says so: whatever the channel would have shown
    /// it did not show.
    ///
    /// # Errors
    /// [`TaskError::NotOpen`]; [`TaskError::Answered`] for an appeal.
    pub async fn complete_task(
        &self,
        caller: &Caller,
        id: StaffTaskId,
        proof: Option<String>,
    ) -> Result<Task> {
        self.end_task(caller, id, "task.done", |row| {
            row.state = TaskState::Done;
            row.outcome = Some(DoneCheck::Own.to_string());
            row.proof.clone_from(&proof);
        })
        .await
    }

    /// The task cannot be done, for one of four reasons.
    ///
    /// # Errors
    /// [`TaskError::NotOpen`].
    pub async fn refuse_task(
        &self,
        caller: &Caller,
        id: StaffTaskId,
        reason: Refusal,
    ) -> Result<Task> {
        self.end_task(caller, id, "task.impossible", |row| {
            row.state = TaskState::Impossible;
            row.outcome = Some(reason.to_string());
        })
        .await
    }

    async fn end_task(
        &self,
        caller: &Caller,
        id: StaffTaskId,
        operation: &'static str,
        end: impl Fn(&mut StaffTask) + Send + Sync,
    ) -> Result<Task> {
        caller.may(Operation::TaskDo)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let before = visible(tx, caller, id).await?;
            if before.state != TaskState::Open {
                return Err(TaskError::NotOpen(before.state).into());
            }
            let mut row = before.clone();
            end(&mut row);
            if row.kind == TaskKind::Appeal && row.state == TaskState::Done {
                return Err(TaskError::Answered.into());
            }
            row.done_by = Some(caller.actor.to_string());
            row.done_at = Some(now);
            self.change_task(tx, caller, operation, &before, &row, now).await?;
            one(named(tx, caller, vec![row]).await?)
        })
    }

    /// Somebody else of the staff is to do it.
    ///
    /// # Errors
    /// [`TaskError::NotOpen`]; there is no such staff member.
    pub async fn hand_task_over(
        &self,
        caller: &Caller,
        id: StaffTaskId,
        to: StaffId,
    ) -> Result<Task> {
        caller.may(Operation::TaskDo)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let before = visible(tx, caller, id).await?;
            if before.state != TaskState::Open {
                return Err(TaskError::NotOpen(before.state).into());
            }
            if !staff_task::is_present(tx, caller.workspace, to).await? {
                return Err(StoreError::NotFound("staff member").into());
            }
            let mut row = before.clone();
            row.assignee_id = Some(to);
            self.change_task(tx, caller, "task.hand_over", &before, &row, now).await?;
            one(named(tx, caller, vec![row]).await?)
        })
    }

    /// Takes the end of a task back, within a day.
    ///
    /// # Errors
    /// [`TaskError`].
    pub async fn reopen_task(&self, caller: &Caller, id: StaffTaskId) -> Result<Task> {
        caller.may(Operation::TaskDo)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = self.reopen_in(tx, caller, id, now).await?;
            one(named(tx, caller, vec![row]).await?)
        })
    }

    async fn reopen_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: StaffTaskId,
        now: Timestamp,
    ) -> Result<StaffTask> {
        let before = visible(tx, caller, id).await?;
        if before.state == TaskState::Open {
            return Err(TaskError::StillOpen.into());
        }
        if before.done_at.is_none_or(|at| now.since(at) > REOPEN_MS) {
            return Err(TaskError::TooLate.into());
        }
        let mut row = before.clone();
        row.state = TaskState::Open;
        row.outcome = None;
        row.proof = None;
        row.done_by = None;
        row.done_at = None;
        self.change_task(tx, caller, "task.reopen", &before, &row, now)
            .await?;
        Ok(row)
    }

    async fn change_task(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        operation: &'static str,
        before: &StaffTask,
        row: &StaffTask,
        now: Timestamp,
    ) -> Result<()> {
        if !staff_task::update(tx, caller.workspace, row, before.state).await? {
            let present = staff_task::get(tx, caller.workspace, row.id).await?;
            return Err(TaskError::NotOpen(present.state).into());
        }
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation,
                subject: format!("staff_task:{}", row.id),
                subject_name: &row.what,
                undoable: operation != "task.reopen",
            },
            Some(&Snapshot::of(before)),
            Some(&Snapshot::of(row)),
        )
        .await?;
        self.task_fact(
            tx,
            caller.workspace,
            row,
            EventKind::TaskChanged,
            &caller.actor,
            now,
        )
        .await
    }

    async fn task_fact(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        row: &StaffTask,
        kind: EventKind,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let mut fact = Event::new(self.ids().next()?, kind, actor)
            .with(serde_json::json!({ "task": row.id, "kind": row.kind, "state": row.state }));
        fact.branch = row.branch_id;
        fact.group = row.group_id;
        fact.member = row.member_id;
        fact.cause = row.cause_id;
        event::insert(tx, workspace, now, &[fact]).await?;
        Ok(())
    }
}

/// The task, if it lies within the caller's branches or is their own.
async fn visible(tx: &mut Tx, caller: &Caller, id: StaffTaskId) -> Result<StaffTask> {
    let row = staff_task::get(tx, caller.workspace, id).await?;
    let prefix = caller.branch_prefix();
    if prefix.is_empty()
        || (row.assignee_id.is_some() && row.assignee_id == caller.actor.staff_id())
    {
        return Ok(row);
    }
    if let Some(branch_id) = row.branch_id {
        let place = branch::get(tx, caller.workspace, branch_id).await?;
        if place.path.starts_with(&prefix) {
            return Ok(row);
        }
    }
    Err(StoreError::NotFound("task").into())
}

/// The tasks with the names a list shows; whoever may not see members is told what is to be done,
/// not about whom.
pub(crate) async fn named(tx: &mut Tx, caller: &Caller, rows: Vec<StaffTask>) -> Result<Vec<Task>> {
    let is_nameless = caller.actor.may(Operation::MemberRead).is_err();
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut names: HashMap<_, _> = staff_task::names(tx, caller.workspace, &ids)
        .await?
        .into_iter()
        .map(|named| (named.id, named))
        .collect();
    Ok(rows
        .into_iter()
        .map(|row| {
            let named = names.remove(&row.id);
            let mut task = Task {
                row,
                group_name: None,
                network: None,
                member_name: None,
                assignee_name: None,
            };
            if let Some(named) = named {
                task.group_name = named.group_name;
                task.network = named.network;
                task.member_name = named.member_name;
                task.assignee_name = named.assignee_name;
            }
            if is_nameless {
                task.strip();
            }
            task
        })
        .collect())
}

fn one(tasks: Vec<Task>) -> Result<Task> {
    tasks
        .into_iter()
        .next()
        .ok_or_else(|| StoreError::NotFound("task").into())
}
