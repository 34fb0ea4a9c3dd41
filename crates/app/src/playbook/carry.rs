//! Carrying runs out: what is due is decided by the pure run, done through what exists already, and
//! noted, all in one transaction; so a crash repeats nothing and leaves nothing out.
//! req: 003-118, 003-119, 003-120, 003-121, 003-123

use yutang_domain::{
    actor::Actor,
    broadcast::{Draft, State},
    event::{Event, EventKind},
    id::{GroupId, kind},
    playbook::{Deed, Effect, PlaybookError, Run as Progress, RunState},
    time::{HOUR, MINUTE, Timestamp},
};
use yutang_store::{
    Tx, broadcast as broadcasts,
    broadcast::Broadcast,
    contact, event, playbook as rows,
    playbook::{DueRun, Logged, Run},
    workspace,
};

use super::{
    prepare::{Act, Asked, Foreseen, Prepared, Whisper},
    world::World,
};
use crate::{
    App, AppError, Caller, Result,
    macros::in_tx,
    reach::{Reached, Wanted},
    tag::TagRef,
    workspace::Settings,
};

/// Runs looked at by one sweep.
const RUNS: usize = 200;
/// After how long a run that could not be carried on is looked at again, in milliseconds; twice as long
/// each time after that.
const AGAIN: i64 = 5 * MINUTE;
/// After how long at the latest, in milliseconds.
const AGAIN_AT_LAST: i64 = 6 * HOUR;
/// Who carries playbooks out.
pub(crate) const CARRIER: Actor = Actor::System("playbook");

impl App {
    /// Begins what has to begin, and carries on every run whose time has come; says how many things
    /// it touched.
    ///
    /// # Errors
    /// The database refused; a run that fails alone is looked at again later, and says so.
    pub async fn run_playbooks(&self) -> Result<u64> {
        let now = self.now();
        let mut count = self.listen(now).await?;
        count += self.look_at_the_calendar(now).await?;
        let due = in_tx!(self, Read, tx => Ok(rows::due(tx, now, RUNS).await?))?;
        for one in due {
            match self.carry_run(&one, now).await {
                Ok(()) => count += 1,
                Err(error) => {
                    tracing::warn!(run = %one.id, code = error.code(), %error, "a run of a playbook is looked at again later");
                    self.note_fault(&one, error.code(), now).await?;
                }
            }
        }
        Ok(count)
    }

    async fn carry_run(&self, due: &DueRun, now: Timestamp) -> Result<()> {
        in_tx!(self, Write, tx => {
            let mut row = rows::get(tx, due.workspace_id, due.id).await?;
            if row.wake_at.is_none_or(|wake| wake > now) {
                return Ok(());
            }
            self.carry_on_run(tx, &mut row, now).await?;
            Ok(())
        })
    }

    async fn note_fault(&self, due: &DueRun, code: &str, now: Timestamp) -> Result<()> {
        in_tx!(self, Write, tx => {
            let mut row = rows::get(tx, due.workspace_id, due.id).await?;
            // Whoever changed it meanwhile has looked at it.
            let Some(wake) = row.wake_at.filter(|wake| *wake <= now) else {
                return Ok(());
            };
            let waited = row.fault.as_ref().map_or(0, |_| wake.since(row.updated_at));
            row.fault = Some(code.to_owned());
            row.wake_at = Some(now.plus((2 * waited).clamp(AGAIN, AGAIN_AT_LAST)));
            row.updated_at = now;
            rows::update(tx, &row).await?;
            Ok(())
        })
    }

    /// Does everything about a run that is due, in the transaction of whoever asks; returns what was
    /// done and left out.
    pub(super) async fn carry_on_run(
        &self,
        tx: &mut Tx,
        row: &mut Run,
        now: Timestamp,
    ) -> Result<Vec<Logged>> {
        let house = workspace::get(tx, row.workspace_id).await?;
        let caller = &Caller::new(&house, CARRIER, "playbook", "playbook")?;
        let (world, mut progress) = self.world_of_run(tx, caller, row, now).await?;
        let was = row.state;
        let advance = world.advance(&mut progress, now)?;
        let nothing = Foreseen::default();
        let mut done = Vec::with_capacity(advance.effects.len());
        for effect in advance.effects {
            let logged = match effect {
                Effect::Do(planned) => {
                    let Some((_, step)) = world.filled.playbook.step(&planned.step) else {
                        continue;
                    };
                    let asked = Asked {
                        world: &world,
                        planned: &planned,
                        step,
                        foreseen: &nothing,
                        run: &row.id.to_string(),
                        now,
                    };
                    let prepared = self.prepare(tx, caller, asked).await?;
                    let (made, count) = self
                        .do_step(tx, caller, (&*row, &world), &prepared, now)
                        .await?;
                    logged(
                        &planned.step,
                        planned.at,
                        planned.deed,
                        &prepared,
                        (made, count),
                        now,
                    )
                }
                Effect::Skipped { planned, reason } => Logged {
                    reason: Some(format!("playbook.skip.{reason}")),
                    ..left_out(
                        &planned.step,
                        planned.at,
                        planned.deed.as_str(),
                        "skipped",
                        now,
                    )
                },
                Effect::Left { phase } => left_out(&phase, now, "phase", "left", now),
                Effect::Done => continue,
            };
            // The same step at the same time is done once, whatever else went wrong.
            if !rows::insert_step(tx, row.workspace_id, row.id, &logged).await? {
                return Err(PlaybookError::Changed.into());
            }
            done.push(logged);
        }
        row.wake_at = advance.wake_at;
        self.keep_progress(tx, caller, (row, was), &progress, now)
            .await?;
        Ok(done)
    }

    /// Writes down how far a run has come.
    pub(super) async fn keep_progress(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, was): (&mut Run, RunState),
        progress: &Progress,
        now: Timestamp,
    ) -> Result<()> {
        row.progress = serde_json::to_string(progress).map_err(AppError::internal)?;
        row.state = progress.state;
        row.fault = None;
        row.updated_at = now;
        if progress.is_over() {
            row.wake_at = None;
            row.hears = false;
            row.ended_at = row.ended_at.or(Some(now));
        }
        if !rows::update(tx, row).await? {
            return Err(PlaybookError::Changed.into());
        }
        row.revision += 1;
        if row.state != was {
            self.run_fact(tx, caller, row, now).await?;
        }
        Ok(())
    }

    /// Tells the log where a run stands.
    pub(super) async fn run_fact(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Run,
        now: Timestamp,
    ) -> Result<()> {
        let mut fact = Event::new(
            self.ids().next()?,
            EventKind::PlaybookChanged,
            &caller.actor,
        )
        .with(serde_json::json!({ "playbook": row.name, "run": row.id, "state": row.state }));
        fact.group = row.group_id;
        fact.member = row.member_id;
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }

    /// Does what a step comes to; says what came of it, and for how many it was done.
    async fn do_step(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, world): (&Run, &World),
        prepared: &Prepared,
        now: Timestamp,
    ) -> Result<(Vec<String>, i64)> {
        let mut made = Vec::new();
        let mut count = prepared.count.unwrap_or(0);
        for act in &prepared.acts {
            match act {
                Act::Post(draft, cap, until) => {
                    let at = (*cap, *until);
                    made.push(self.broadcast_of(tx, caller, world, draft, at, now).await?);
                }
                Act::Ask(task) => {
                    made.push(format!("task:{}", task.dedup));
                    let new = (**task).clone();
                    self.create_task_in(tx, caller.workspace, new, &caller.actor, now)
                        .await?;
                }
                Act::Tag(name, members) => {
                    let tag = TagRef::Name(name.clone());
                    self.tag_in(tx, caller, members, &tag, now).await?;
                }
                Act::Whisper(whisper) => {
                    match self.whisper(tx, caller, (row, world), whisper, now).await? {
                        Some(what) => made.push(what),
                        // Their day was full after all.
                        None => count -= 1,
                    }
                }
            }
        }
        Ok((made, count))
    }

    /// A broadcast that goes at once: its caps, quiet hours and complaints are the groups' own.
    async fn broadcast_of(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        world: &World,
        draft: &Draft,
        (cap, until_at): (i64, Option<Timestamp>),
        now: Timestamp,
    ) -> Result<String> {
        let json = |value: Result<String, serde_json::Error>| value.map_err(AppError::internal);
        let row = Broadcast {
            id: self.ids().next::<kind::Broadcast>()?,
            workspace_id: caller.workspace,
            name: draft.name.clone(),
            reach: json(serde_json::to_string(&draft.reach))?,
            branch_path: world.branch_path.clone(),
            body: draft.text.clone(),
            attachments: json(serde_json::to_string(&draft.attachments))?,
            mode: draft.mode,
            selling: draft.selling,
            per_minute: draft.per_minute,
            grounds: String::new(),
            state: State::Scheduled,
            at: Some(now),
            started_at: None,
            ended_at: None,
            cursor: GroupId::from_raw(0),
            expanded: false,
            actor: caller.actor.to_string(),
            created_at: now,
            updated_at: now,
            cap: Some(cap),
            until_at,
        };
        broadcasts::insert(tx, &row).await?;
        self.broadcast_changed(tx, caller, "broadcast.schedule", &row, now)
            .await?;
        Ok(format!("broadcast:{}", row.id))
    }

    /// Writes to a person in private, if their day has room for it.
    async fn whisper(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, world): (&Run, &World),
        whisper: &Whisper,
        now: Timestamp,
    ) -> Result<Option<String>> {
        let cap = Settings::of(&world.survey.house)?.caps.private_messages;
        let sender = format!("playbook:{}", row.id);
        let place = contact::NewContact {
            day: caller.day(whisper.at),
            cap,
            way: "post_private",
            sender: &sender,
            at: now,
        };
        if !contact::take(tx, caller.workspace, whisper.member, &place).await? {
            return Ok(None);
        }
        let wanted = Wanted {
            wish: whisper.wish.clone(),
            member: Some(whisper.member),
            at: whisper.at,
            cause: None,
        };
        let reached = self
            .do_or_ask(tx, caller, &whisper.group, wanted, whisper.ask.clone(), now)
            .await?;
        Ok(Some(match reached {
            Reached::Sending(id) => format!("outbox:{id}"),
            Reached::Asked(_) => format!("task:{}", whisper.ask.dedup),
        }))
    }
}

fn left_out(step: &str, due_at: Timestamp, deed: &str, outcome: &str, now: Timestamp) -> Logged {
    Logged {
        step: step.to_owned(),
        due_at,
        deed: deed.to_owned(),
        outcome: outcome.to_owned(),
        reason: None,
        way: None,
        count: 0,
        missed: 0,
        made: "[]".to_owned(),
        at: now,
    }
}

fn logged(
    step: &str,
    due_at: Timestamp,
    deed: Deed,
    prepared: &Prepared,
    (made, count): (Vec<String>, i64),
    now: Timestamp,
) -> Logged {
    // What nobody could have was not done, and says why.
    let reason = prepared
        .conflicts
        .first()
        .filter(|_| prepared.acts.is_empty())
        .map(|conflict| format!("playbook.missed.{}", conflict.kind));
    let outcome = if reason.is_some() { "skipped" } else { "done" };
    Logged {
        reason,
        way: Some(prepared.way.to_owned()),
        count,
        missed: prepared.missed,
        made: serde_json::to_string(&made).unwrap_or_else(|_| "[]".to_owned()),
        ..left_out(step, due_at, deed.as_str(), outcome, now)
    }
}
