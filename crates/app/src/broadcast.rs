//! Broadcasts (群发): written, planned, let go, halted, and looked at afterwards.
//!
//! One row says what is to be said and how far it has come; what is done in a group is decided when
//! its turn comes, by the rule that made the plan. req: 003-069

mod board;
mod carry;
mod file;
pub(crate) mod plan;

use std::collections::HashMap;

use yutang_domain::{
    broadcast::{BroadcastError, Draft, Fate, Reach, State, step},
    event::{Event, EventKind},
    id::{BroadcastId, GroupId, WorkspaceId, kind},
    permission::Operation,
    task::TaskState,
    time::Timestamp,
};
pub use yutang_store::broadcast::Filter;
use yutang_store::{
    Tx, branch, broadcast as rows,
    broadcast::{Broadcast, Target, Within},
    contact, event, outbox,
};
use yutang_text::claim::claims;

pub use self::{
    board::{BoardLine, Outcome, Reached, TargetFilter, TargetPage},
    file::{BroadcastFile, ReachFile},
    plan::{Plan, PlannedText, Refused},
};
use crate::{App, AppError, Caller, Result, audit::Change, macros::in_tx};

/// A broadcast, and how far it has come.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The row.
    pub row: Broadcast,
    /// What was written.
    pub draft: Draft,
    /// Who wrote it, by name.
    pub author: String,
    /// In how many groups it met which fate.
    pub fates: Vec<(Fate, i64)>,
}

/// A page of broadcasts.
#[derive(Clone, Debug)]
pub struct BroadcastPage {
    /// The broadcasts, newest first.
    pub items: Vec<Standing>,
    /// Where the next page begins.
    pub next: Option<(i64, BroadcastId)>,
    /// How many there are, up to 10,001.
    pub total: i64,
}

/// What was written, as it is kept.
fn draft_of(row: &Broadcast) -> Result<Draft> {
    Ok(Draft {
        name: row.name.clone(),
        reach: serde_json::from_str(&row.reach).map_err(AppError::internal)?,
        text: row.body.clone(),
        attachments: serde_json::from_str(&row.attachments).map_err(AppError::internal)?,
        mode: row.mode,
        selling: row.selling,
        at: row.at,
        per_minute: row.per_minute,
        grounds: row.grounds.clone(),
    })
}

fn keep(row: &mut Broadcast, draft: &Draft, now: Timestamp) -> Result<()> {
    let json = |value: Result<String, serde_json::Error>| value.map_err(AppError::internal);
    row.name = draft.name.trim().to_owned();
    row.reach = json(serde_json::to_string(&draft.reach))?;
    row.body = draft.text.trim().to_owned();
    row.attachments = json(serde_json::to_string(&draft.attachments))?;
    row.mode = draft.mode;
    row.selling = draft.selling;
    row.at = draft.at;
    row.per_minute = draft.per_minute;
    row.grounds = draft.grounds.trim().to_owned();
    row.updated_at = now;
    Ok(())
}

/// The name under which a broadcast takes places of a group's day.
fn sender(id: BroadcastId) -> String {
    format!("broadcast:{id}")
}

/// The name of the task for a group.
fn task_of(id: BroadcastId, group: GroupId) -> String {
    format!("broadcast:{id}:{group}")
}

/// Claims that stop a text unless somebody says on what grounds it stands.
pub(crate) fn check_claims(draft: &Draft) -> Result<(), BroadcastError> {
    if !draft.grounds.trim().is_empty() {
        return Ok(());
    }
    match claims(&draft.text).into_iter().find(|claim| claim.stops) {
        Some(claim) => Err(BroadcastError::Claim(claim.word)),
        None => Ok(()),
    }
}

impl App {
    /// Keeps a new broadcast as a draft.
    ///
    /// # Errors
    /// [`BroadcastError`], naming the field.
    pub async fn create_broadcast(&self, caller: &Caller, draft: Draft) -> Result<Standing> {
        caller.may(Operation::BroadcastEdit)?;
        let now = self.now();
        draft.check(now)?;
        in_tx!(self, Write, tx => {
            let mut row = Broadcast {
                id: self.ids().next::<kind::Broadcast>()?,
                workspace_id: caller.workspace,
                name: String::new(),
                reach: String::new(),
                branch_path: caller.branch_prefix(),
                body: String::new(),
                attachments: String::new(),
                mode: draft.mode,
                selling: draft.selling,
                per_minute: draft.per_minute,
                grounds: String::new(),
                state: State::Draft,
                at: None,
                started_at: None,
                ended_at: None,
                cursor: GroupId::from_raw(0),
                expanded: false,
                actor: caller.actor.to_string(),
                created_at: now,
                updated_at: now,
                cap: None,
                until_at: None,
            };
            keep(&mut row, &draft, now)?;
            self.reach_of(tx, caller.workspace, &draft.reach, &row.branch_path).await?;
            rows::insert(tx, &row).await?;
            self.broadcast_changed(tx, caller, "broadcast.create", &row, now).await?;
            self.how_they_stand(tx, caller, vec![row]).await?.pop().ok_or_else(gone)
        })
    }

    /// Writes a draft anew, or takes one back to be written anew that waits for its time.
    ///
    /// # Errors
    /// [`BroadcastError`].
    pub async fn edit_broadcast(
        &self,
        caller: &Caller,
        id: BroadcastId,
        draft: Draft,
    ) -> Result<Standing> {
        caller.may(Operation::BroadcastEdit)?;
        let now = self.now();
        draft.check(now)?;
        in_tx!(self, Write, tx => {
            let mut row = self.broadcast_in_scope(tx, caller, id).await?;
            let was = row.state;
            if was != State::Draft {
                step(was, State::Draft)?;
                row.state = State::Draft;
            }
            keep(&mut row, &draft, now)?;
            self.reach_of(tx, caller.workspace, &draft.reach, &row.branch_path).await?;
            self.rewrite(tx, &row, was).await?;
            self.broadcast_changed(tx, caller, "broadcast.edit", &row, now).await?;
            self.how_they_stand(tx, caller, vec![row]).await?.pop().ok_or_else(gone)
        })
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// [`BroadcastError::State`] once it was let go.
    pub async fn delete_broadcast(&self, caller: &Caller, id: BroadcastId) -> Result<()> {
        caller.may(Operation::BroadcastEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = self.broadcast_in_scope(tx, caller, id).await?;
            if !rows::delete(tx, caller.workspace, id).await? {
                return Err(BroadcastError::State(row.state).into());
            }
            self.broadcast_changed(tx, caller, "broadcast.delete", &row, now).await
        })
    }

    /// Broadcasts, newest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn broadcasts(
        &self,
        caller: &Caller,
        filter: &Filter,
        limit: usize,
    ) -> Result<BroadcastPage> {
        caller.may(Operation::BroadcastRead)?;
        let filter = Filter {
            branch_path: caller.branch_prefix(),
            ..filter.clone()
        };
        in_tx!(self, Read, tx => {
            let mut found = rows::list(tx, caller.workspace, &filter, limit + 1).await?;
            let more = found.len() > limit;
            found.truncate(limit);
            let next = found.last().filter(|_| more).map(|row| (row.created_at.ms(), row.id));
            let total = rows::count(tx, caller.workspace, &filter, 10_001).await?;
            Ok(BroadcastPage { items: self.how_they_stand(tx, caller, found).await?, next, total })
        })
    }

    /// One broadcast.
    ///
    /// # Errors
    /// It is out of reach.
    pub async fn broadcast(&self, caller: &Caller, id: BroadcastId) -> Result<Standing> {
        caller.may(Operation::BroadcastRead)?;
        in_tx!(self, Read, tx => {
            let row = self.broadcast_in_scope(tx, caller, id).await?;
            self.how_they_stand(tx, caller, vec![row]).await?.pop().ok_or_else(gone)
        })
    }

    /// Lets a broadcast go: at its time, or now if it has none.
    ///
    /// # Errors
    /// [`BroadcastError`]: no group fits, or claims stand in it without grounds.
    pub async fn schedule_broadcast(&self, caller: &Caller, id: BroadcastId) -> Result<Standing> {
        caller.may(Operation::BroadcastEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = self.broadcast_in_scope(tx, caller, id).await?;
            let draft = draft_of(&row)?;
            draft.check(now)?;
            check_claims(&draft)?;
            let within = self
                .reach_of(tx, caller.workspace, &draft.reach, &row.branch_path)
                .await?;
            let first = GroupId::from_raw(0);
            if rows::groups(tx, caller.workspace, &within, first, 1).await?.is_empty() {
                return Err(BroadcastError::Nobody.into());
            }
            self.lead(tx, caller, row, State::Scheduled, "broadcast.schedule", now).await
        })
    }

    /// Halts a broadcast: what has not left waits, tasks that were given stay.
    ///
    /// # Errors
    /// [`BroadcastError::State`].
    pub async fn pause_broadcast(&self, caller: &Caller, id: BroadcastId) -> Result<Standing> {
        caller.may(Operation::BroadcastEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = self.broadcast_in_scope(tx, caller, id).await?;
            for target in rows::unfinished(tx, caller.workspace, id).await? {
                if let Some(sent) = target.outbox_id
                    && outbox::withdraw(tx, caller.workspace, sent).await?
                {
                    contact::give_back(tx, caller.workspace, target.group_id, &sender(id)).await?;
                    let was = target.fate;
                    let waits = Target {
                        fate: Fate::Held,
                        outbox_id: None,
                        look_at: Some(now),
                        ..target
                    };
                    rows::set_target(tx, caller.workspace, id, &waits, was).await?;
                }
            }
            self.lead(tx, caller, row, State::Paused, "broadcast.pause", now).await
        })
    }

    /// Lets a halted broadcast go on.
    ///
    /// # Errors
    /// [`BroadcastError::State`].
    pub async fn resume_broadcast(&self, caller: &Caller, id: BroadcastId) -> Result<Standing> {
        caller.may(Operation::BroadcastEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = self.broadcast_in_scope(tx, caller, id).await?;
            let to = match row.started_at {
                Some(_) => State::Running,
                None => State::Scheduled,
            };
            self.lead(tx, caller, row, to, "broadcast.resume", now).await
        })
    }

    /// Ends a broadcast before its end: what has not left never will, open tasks are taken back.
    ///
    /// # Errors
    /// [`BroadcastError::State`].
    pub async fn stop_broadcast(&self, caller: &Caller, id: BroadcastId) -> Result<Standing> {
        caller.may(Operation::BroadcastEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let mut row = self.broadcast_in_scope(tx, caller, id).await?;
            let unfinished = rows::unfinished(tx, caller.workspace, id).await?;
            if row.state == State::Done && unfinished.is_empty() {
                return Err(BroadcastError::State(row.state).into());
            }
            for target in unfinished {
                self.end_target(tx, caller, (id, &target), now).await?;
            }
            row.ended_at = Some(now);
            row.expanded = true;
            self.lead(tx, caller, row, State::Stopped, "broadcast.stop", now).await
        })
    }

    pub(crate) async fn end_target(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (id, target): (BroadcastId, &Target),
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let withdrawn = match target.outbox_id {
            Some(sent) => outbox::withdraw(tx, workspace, sent).await?,
            None => true,
        };
        self.close_task_in(
            tx,
            workspace,
            &target.dedup,
            TaskState::Withdrawn,
            &caller.actor,
            now,
        )
        .await?;
        if withdrawn {
            rows::stop_target(tx, workspace, id, target.group_id, now).await?;
            contact::give_back(tx, workspace, target.group_id, &sender(id)).await?;
        }
        Ok(())
    }

    async fn lead(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        mut row: Broadcast,
        to: State,
        operation: &'static str,
        now: Timestamp,
    ) -> Result<Standing> {
        let was = row.state;
        step(was, to)?;
        row.state = to;
        row.updated_at = now;
        self.rewrite(tx, &row, was).await?;
        self.broadcast_changed(tx, caller, operation, &row, now)
            .await?;
        self.how_they_stand(tx, caller, vec![row])
            .await?
            .pop()
            .ok_or_else(gone)
    }

    async fn rewrite(&self, tx: &mut Tx, row: &Broadcast, was: State) -> Result<()> {
        if rows::update(tx, row, was).await? {
            Ok(())
        } else {
            Err(BroadcastError::Changed.into())
        }
    }

    async fn broadcast_in_scope(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: BroadcastId,
    ) -> Result<Broadcast> {
        let row = rows::get(tx, caller.workspace, id).await?;
        if row.branch_path.starts_with(&caller.branch_prefix()) {
            Ok(row)
        } else {
            Err(gone())
        }
    }

    /// The groups of a reach as they are looked for: branches by their paths.
    pub(crate) async fn reach_of(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        reach: &Reach,
        branch_path: &str,
    ) -> Result<Within> {
        let mut branches = Vec::with_capacity(reach.branches.len());
        for id in &reach.branches {
            branches.push(branch::get(tx, workspace, *id).await?.path);
        }
        Ok(Within {
            branch_path: branch_path.to_owned(),
            branches,
            scenes: reach.scenes.clone(),
            audiences: reach.audiences.clone(),
            stages: reach.stages.clone(),
            groups: reach.groups.clone(),
            without: reach.without.clone(),
        })
    }

    async fn how_they_stand(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        found: Vec<Broadcast>,
    ) -> Result<Vec<Standing>> {
        let ids: Vec<BroadcastId> = found.iter().map(|row| row.id).collect();
        let mut fates: HashMap<BroadcastId, Vec<(Fate, i64)>> = HashMap::new();
        if !ids.is_empty() {
            for one in rows::counts(tx, caller.workspace, &ids).await? {
                fates
                    .entry(one.broadcast_id)
                    .or_default()
                    .push((one.fate, one.n));
            }
        }
        let names = self
            .actor_names(tx, caller, found.iter().map(|row| row.actor.as_str()))
            .await?;
        found
            .into_iter()
            .map(|row| {
                Ok(Standing {
                    draft: draft_of(&row)?,
                    author: names.get(&row.actor).unwrap_or(&row.actor).clone(),
                    fates: fates.remove(&row.id).unwrap_or_default(),
                    row,
                })
            })
            .collect()
    }

    pub(crate) async fn broadcast_changed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        operation: &'static str,
        row: &Broadcast,
        now: Timestamp,
    ) -> Result<()> {
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation,
                subject: format!("broadcast:{}", row.id),
                subject_name: &row.name,
                undoable: false,
            },
            None::<&()>,
            Some(&serde_json::json!({ "state": row.state, "at": row.at, "mode": row.mode })),
        )
        .await?;
        let fact = Event::new(
            self.ids().next()?,
            EventKind::BroadcastChanged,
            &caller.actor,
        )
        .with(serde_json::json!({ "broadcast": row.id, "state": row.state }));
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }
}

fn gone() -> AppError {
    yutang_store::StoreError::NotFound("broadcast").into()
}
