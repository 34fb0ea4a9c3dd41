//! Carrying a broadcast out: slice by slice, each slice and the place behind it in one transaction,
//! so that a crash in between repeats nothing and leaves nobody out.

use std::collections::HashMap;

use yutang_channels::Wish;
use yutang_domain::{
    actor::Actor,
    broadcast::{Course, Draft, Fate, LATEST, Mode, Reason, State, needs, step},
    capability::Capability,
    task::{Level, TaskKind},
    time::{HOUR, MINUTE, Timestamp},
};
use yutang_store::{
    Tx, broadcast as rows,
    broadcast::{Broadcast, DueBroadcast, Target},
    contact, group, workspace,
};

use super::{draft_of, plan::Looked, plan::Survey, sender, task_of};
use crate::{
    App, Caller, Result,
    macros::in_tx,
    reach::{Reached, Wanted},
    task::NewTask,
};

/// Broadcasts looked at by one sweep.
const BROADCASTS: usize = 50;
/// Groups dealt with in one transaction.
const SLICE: usize = 50;
/// How far ahead sending is written down, in milliseconds: what is halted has not left yet.
const AHEAD: i64 = MINUTE;
/// How soon a person sends it, in milliseconds.
const BY_HAND_WITHIN: i64 = 4 * HOUR;
/// Who carries broadcasts out.
const CARRIER: Actor = Actor::System("broadcast");

/// Why a person sends it.
const BROADCAST: &str = "task.why.broadcast";

impl App {
    /// Carries out what is due; says with how many groups it dealt.
    ///
    /// # Errors
    /// The database refused; a broadcast that fails alone is looked at again later.
    pub async fn run_broadcasts(&self) -> Result<u64> {
        let now = self.now();
        let due = in_tx!(self, Read, tx => Ok(rows::due(tx, now, BROADCASTS).await?))?;
        let mut count = 0;
        for one in due {
            loop {
                match self.carry_on(&one, now).await {
                    Ok((touched, more)) => {
                        count += touched;
                        if !more {
                            break;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(broadcast = %one.id, code = error.code(), %error, "a broadcast is looked at again later");
                        break;
                    }
                }
            }
        }
        Ok(count)
    }

    /// Deals with the next slice of a broadcast; says with how many groups, and whether another
    /// follows at once.
    async fn carry_on(&self, due: &DueBroadcast, now: Timestamp) -> Result<(u64, bool)> {
        let workspace = due.workspace_id;
        in_tx!(self, Write, tx => {
            let mut row = rows::get(tx, workspace, due.id).await?;
            let was = row.state;
            if was == State::Scheduled {
                step(was, State::Running)?;
                row.state = State::Running;
                row.started_at = Some(now);
            }
            if row.state != State::Running {
                return Ok((0, false));
            }
            let house = workspace::get(tx, workspace).await?;
            let caller = Caller::new(&house, CARRIER, "broadcast", "broadcast")?;
            let draft = draft_of(&row)?;
            let mut survey = self.survey(tx, &caller).await?;
            survey.cap = row.cap.unwrap_or(survey.cap);
            let mut touched = self
                .look_at_held(tx, &caller, (&row, &draft, &survey), now)
                .await?;
            touched += self.ask_to_confirm(tx, &caller, (&row, &draft, &survey), now).await?;
            let mut more = touched >= SLICE as u64;
            if !row.expanded {
                let within = self
                    .reach_of(tx, workspace, &draft.reach, &row.branch_path)
                    .await?;
                // No more than one account says within a minute: what is halted has not left yet.
                let slice = usize::try_from(row.per_minute).unwrap_or(1).clamp(1, SLICE);
                let groups = rows::groups(tx, workspace, &within, row.cursor, slice).await?;
                row.expanded = groups.len() < slice;
                row.cursor = groups.last().map_or(row.cursor, |last| last.id);
                touched += groups.len() as u64;
                let none = HashMap::new();
                let looked = self
                    .look_into(tx, &caller, (&survey, &draft), groups, &none, now)
                    .await?;
                let mut targets = Vec::with_capacity(looked.len());
                let mut latest = now;
                for one in &looked {
                    let (target, at) = self
                        .begin(tx, &caller, (&row, &draft, &survey), one, now)
                        .await?;
                    latest = latest.max(at);
                    targets.push(target);
                }
                rows::insert_targets(tx, workspace, row.id, &targets).await?;
                more |= !row.expanded && latest < now.plus(AHEAD);
            }
            if row.expanded && rows::unsettled(tx, workspace, row.id).await? == 0 {
                row.state = State::Done;
                row.ended_at = Some(now);
            }
            row.updated_at = now;
            self.rewrite(tx, &row, was).await?;
            if row.state != was {
                self.broadcast_changed(tx, &caller, "broadcast.carry", &row, now).await?;
            }
            Ok((touched, more && row.state == State::Running))
        })
    }

    /// Begins it in a group; says what was begun, and for when.
    async fn begin(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, draft, survey): (&Broadcast, &Draft, &Survey),
        one: &Looked,
        now: Timestamp,
    ) -> Result<(Target, Timestamp)> {
        let mut target = Target {
            group_id: one.group.id,
            fate: Fate::Skipped,
            reason: None,
            outbox_id: None,
            dedup: task_of(row.id, one.group.id),
            look_at: None,
            at: now,
        };
        let because = |target: &mut Target, reason: Reason| {
            target.fate = Fate::Skipped;
            target.reason = Some(reason.why().to_owned());
        };
        match one.course {
            Course::Skip(reason) => {
                because(&mut target, reason);
                return Ok((target, now));
            }
            Course::Wait(until, reason) => {
                let given_up = now.since(row.started_at.unwrap_or(now)) > LATEST;
                if given_up || row.until_at.is_some_and(|last| last < until) {
                    because(&mut target, Reason::Late);
                } else {
                    target.fate = Fate::Held;
                    target.reason = Some(reason.why().to_owned());
                    target.look_at = Some(until);
                }
                return Ok((target, now));
            }
            Course::Send | Course::Ask(_) if row.until_at.is_some_and(|last| last < now) => {
                because(&mut target, Reason::Late);
                return Ok((target, now));
            }
            Course::Send | Course::Ask(_) => {}
        }
        let way = needs(draft.mode).unwrap_or(Capability::PostGroup);
        let sender = sender(row.id);
        let place = contact::NewContact {
            day: caller.day(now),
            cap: survey.cap,
            way: way.as_str(),
            sender: &sender,
            at: now,
        };
        if !contact::take(tx, caller.workspace, one.group.id, &place).await? {
            because(&mut target, Reason::Cap);
            return Ok((target, now));
        }
        let (reached, at) = self.say_in(tx, caller, (row, draft), one, now).await?;
        match reached {
            Reached::Sending(id) => {
                target.fate = Fate::Sending;
                target.outbox_id = Some(id);
            }
            Reached::Asked(_) => target.fate = Fate::Asked,
        }
        Ok((target, at))
    }

    async fn say_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, draft): (&Broadcast, &Draft),
        one: &Looked,
        now: Timestamp,
    ) -> Result<(Reached, Timestamp)> {
        let to = one.group.external_id.clone().unwrap_or_default();
        let text = one.text.clone();
        let wish = match draft.mode {
            Mode::Task => Wish::Broadcast {
                groups: vec![to],
                text,
            },
            Mode::Announce => Wish::Announce { group: to, text },
            Mode::Auto | Mode::Paste => Wish::Post {
                group: to,
                text,
                reply_to: None,
            },
        };
        let mut ask = NewTask {
            level: Level::Warn,
            due_at: Some(now.plus(BY_HAND_WITHIN)),
            args: serde_json::json!({ "name": row.name }),
            ..NewTask::in_place_of(&wish, BROADCAST, now, task_of(row.id, one.group.id))
        };
        if draft.mode == Mode::Paste {
            ask.what = "task.broadcast_paste";
            ask.body.clone_from(&one.text);
            ask.assignee = self.in_charge(tx, caller.workspace, &one.group).await?;
            let ask = ask.in_group(&one.group);
            let task = self
                .create_task_in(tx, caller.workspace, ask, &caller.actor, now)
                .await?;
            return Ok((Reached::Asked(task.map(|task| task.id)), now));
        }
        let at = match (one.course, one.group.channel_account_id) {
            (Course::Send, Some(account)) => {
                let gap = MINUTE / row.per_minute.max(1);
                contact::next_moment(tx, caller.workspace, account, now, gap).await?
            }
            _ => now,
        };
        let wanted = Wanted {
            wish,
            member: None,
            at,
            cause: None,
        };
        let reached = self
            .do_or_ask(tx, caller, &one.group, wanted, ask, now)
            .await?;
        Ok((reached, at))
    }

    /// Groups of these targets as they stand now.
    async fn look_again(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (_, draft, survey): (&Broadcast, &Draft, &Survey),
        targets: &[Target],
        now: Timestamp,
    ) -> Result<Vec<Looked>> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let mut groups = Vec::with_capacity(targets.len());
        for target in targets {
            groups.push(group::get(tx, caller.workspace, target.group_id).await?);
        }
        let none = HashMap::new();
        self.look_into(tx, caller, (survey, draft), groups, &none, now)
            .await
    }

    /// Looks at groups again that waited.
    async fn look_at_held(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        what: (&Broadcast, &Draft, &Survey),
        now: Timestamp,
    ) -> Result<u64> {
        let workspace = caller.workspace;
        let row = what.0;
        let held = rows::held(tx, workspace, row.id, now, SLICE).await?;
        let looked = self.look_again(tx, caller, what, &held, now).await?;
        for one in &looked {
            let (target, _) = self.begin(tx, caller, what, one, now).await?;
            rows::set_target(tx, workspace, row.id, &target, Fate::Held).await?;
        }
        Ok(looked.len() as u64)
    }

    /// Asks staff to confirm what the network was handed.
    async fn ask_to_confirm(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        what: (&Broadcast, &Draft, &Survey),
        now: Timestamp,
    ) -> Result<u64> {
        let row = what.0;
        if row.mode != Mode::Task {
            return Ok(0);
        }
        let workspace = caller.workspace;
        let handed = rows::handed_over(tx, workspace, row.id, SLICE).await?;
        let looked = self.look_again(tx, caller, what, &handed, now).await?;
        for one in &looked {
            let task = NewTask {
                level: Level::Warn,
                assignee: self.in_charge(tx, workspace, &one.group).await?,
                args: serde_json::json!({ "name": row.name }),
                body: one.text.clone(),
                due_at: Some(now.plus(BY_HAND_WITHIN)),
                ..NewTask::new(
                    TaskKind::Do,
                    ("task.broadcast_confirm", BROADCAST),
                    now,
                    task_of(row.id, one.group.id),
                )
                .in_group(&one.group)
            };
            self.create_task_in(tx, workspace, task, &caller.actor, now)
                .await?;
        }
        Ok(looked.len() as u64)
    }
}
