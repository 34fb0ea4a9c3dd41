//! 客诉: a complaint is an alarm with a clock, never a sanction.
//!
//! One alarm is open for each person in each group; what they add belongs to it. Its task is the
//! store manager's for five minutes and becomes the region's as well after fifteen, unless somebody
//! of the house answers the person in the group, which the channel shows, or ticks the task. The
//! program itself never answers. The alarm ends when a person says how the complaint ended; until
//! then sales posts in the group are to wait.

use std::collections::HashMap;

use yutang_domain::{
    actor::Actor,
    alarm::{
        self, AlarmError, AlarmOutcome, AlarmState, Candidate, Due, ESCALATES_AFTER, NOTE, TALK,
        WITHIN,
    },
    event::{Event, EventKind},
    group::Duty,
    id::{AlarmId, EventId, GroupId, MemberId, StaffId, WorkspaceId},
    permission::Operation,
    staff::Title,
    task::{Level, TaskKind, TaskState},
    time::{MINUTE, Timestamp},
};
pub use yutang_store::alarm::{Alarm, Complaint, Filter};
use yutang_store::{
    Tx, alarm as rows, awaited_reply, branch, event,
    group::{self, Group},
    staff_task, stream, workspace,
};

use crate::{
    App, Caller, Result, audit::Change, group::Place, macros::in_tx, talk::Heard, task::NewTask,
    text::Locale,
};

/// Who runs the clock.
const CLOCK: Actor = Actor::System("alarm");
/// Alarms that one sweep looks at.
const SLICE: usize = 500;
/// Up to which number alarms are counted exactly.
pub const COUNTED_UP_TO: usize = 10_000;

/// An alarm as a list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The row.
    pub row: Alarm,
    /// In which group.
    pub group: Place<GroupId>,
    /// Who complains.
    pub member: Place<MemberId>,
    /// Words that complain.
    pub words: Vec<String>,
    /// The messages, oldest first.
    pub messages: Vec<Complaint>,
    /// Until when somebody has to take it up; `None` once somebody has.
    pub due_at: Option<Timestamp>,
}

/// A page of alarms.
#[derive(Clone, Debug)]
pub struct AlarmPage {
    /// The alarms, the latest raised first.
    pub items: Vec<Listed>,
    /// Where the next page begins, if there is one.
    pub next: Option<(Timestamp, AlarmId)>,
    /// How many there are, up to [`COUNTED_UP_TO`] + 1.
    pub total: i64,
}

/// Staff who may be given what comes up in a group, with their names.
pub(crate) struct Reachable {
    pub candidates: Vec<Candidate>,
    names: HashMap<StaffId, (String, Title)>,
}

impl Reachable {
    pub async fn of(tx: &mut Tx, workspace: WorkspaceId, group: &Group) -> Result<Self> {
        let own = branch::get(tx, workspace, group.branch_id).await?.path;
        let seats = rows::seats(tx, workspace, group.id).await?;
        let reach = rows::reach(tx, workspace, group.id, group.branch_id).await?;
        let depth = |path: &str| path.matches('/').count();
        let candidates = reach
            .iter()
            .map(|one| {
                let has = |duty: Option<Duty>| {
                    seats.iter().any(|seat| {
                        seat.staff_id == one.staff_id && duty.is_none_or(|duty| duty == seat.duty)
                    })
                };
                let above = one
                    .path
                    .as_deref()
                    .filter(|path| own.starts_with(path))
                    .map(|path| u32::try_from(depth(&own) - depth(path)).unwrap_or(u32::MAX));
                Candidate {
                    staff: one.staff_id,
                    title: one.title,
                    host: has(Some(Duty::Host)),
                    serves: has(Some(Duty::Service)),
                    assigned: has(None),
                    above,
                }
            })
            .collect();
        let names = reach
            .into_iter()
            .map(|one| (one.staff_id, (one.name, one.title)))
            .collect();
        Ok(Self { candidates, names })
    }
}

/// What the task of an alarm is about.
struct Told<'a> {
    name: &'a str,
    text: &'a str,
    words: &'a [String],
}

fn task_of(row: &Alarm) -> String {
    format!("alarm:{}:{}", row.id, row.round)
}

fn regions_task_of(row: &Alarm) -> String {
    format!("{}:region", task_of(row))
}

fn words_of(row: &Alarm) -> Vec<String> {
    serde_json::from_str(&row.words).unwrap_or_default()
}

impl App {
    /// Whether sales posts in a group are to wait because somebody complains there.
    ///
    /// # Errors
    /// The database refused.
    pub async fn sales_paused(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: GroupId,
    ) -> Result<bool> {
        Ok(!rows::alarmed(tx, workspace, &[group]).await?.is_empty())
    }

    /// Raises a complaint, or adds it to the open alarm of the same person in the group.
    pub(crate) async fn raise_alarm(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        heard: &Heard,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let fact = self
            .alarm_fact(
                EventKind::MessageComplaint,
                &caller.actor,
                (group, heard.member),
            )?
            .with(serde_json::json!({ "message": heard.message }));
        let mut cause = fact.id;
        event::insert(tx, workspace, now, &[fact]).await?;
        let open = rows::open_in(tx, workspace, group.id)
            .await?
            .into_iter()
            .find(|row| row.member_id == heard.member);
        // Nobody waits longer because the network's clock is ahead of ours.
        let begun = heard.at.min(now);
        let (row, begins) = match open {
            Some(mut row) => {
                let mut words = words_of(&row);
                for word in &heard.words {
                    if !words.contains(word) {
                        words.push(word.clone());
                    }
                }
                row.words = serde_json::json!(words).to_string();
                row.complaints += 1;
                row.last_at = row.last_at.max(heard.at);
                let begins = row.taken_at.is_some_and(|at| heard.at.since(at) > TALK);
                if begins {
                    row.round += 1;
                    row.clock_at = begun;
                    row.taken_at = None;
                    row.taken_by = None;
                    row.escalated_at = None;
                }
                rows::update(tx, workspace, &row).await?;
                (row, begins)
            }
            None => {
                let row = Alarm {
                    id: self.ids().next()?,
                    group_id: group.id,
                    member_id: heard.member,
                    state: AlarmState::Open,
                    complaints: 1,
                    words: serde_json::json!(heard.words).to_string(),
                    raised_at: heard.at,
                    last_at: heard.at,
                    round: 1,
                    clock_at: begun,
                    taken_at: None,
                    taken_by: None,
                    escalated_at: None,
                    closed_at: None,
                    closed_by: None,
                    outcome: None,
                    note: String::new(),
                };
                rows::insert(tx, workspace, &row).await?;
                (row, true)
            }
        };
        rows::add_message(tx, workspace, row.id, (heard.message, heard.at)).await?;
        if !begins {
            return Ok(());
        }
        let fact = self
            .alarm_fact(EventKind::AlarmRaised, &caller.actor, (group, heard.member))?
            .because(cause)
            .with(serde_json::json!({ "alarm": row.id, "round": row.round }));
        cause = fact.id;
        event::insert(tx, workspace, now, &[fact]).await?;
        let people = Reachable::of(tx, workspace, group).await?;
        let assignee = alarm::first(&people.candidates);
        let told = Told {
            name: &heard.card_name,
            text: &heard.text,
            words: &heard.words,
        };
        let task = NewTask {
            assignee,
            due_at: Some(row.clock_at.plus(WITHIN)),
            ..self
                .alarm_task(tx, workspace, group, &row, (&people, assignee), told)
                .await?
        };
        let task = NewTask {
            cause: Some(cause),
            ..task
        };
        self.create_task_in(tx, workspace, task, &caller.actor, now)
            .await?;
        Ok(())
    }

    /// The task of an alarm with its ready line, without a deadline.
    async fn alarm_task(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: &Group,
        row: &Alarm,
        (people, assignee): (&Reachable, Option<StaffId>),
        told: Told<'_>,
    ) -> Result<NewTask> {
        let store = branch::get(tx, workspace, group.branch_id).await?.name;
        let locale = workspace::get(tx, workspace).await?.locale;
        let locale = locale.parse::<Locale>().unwrap_or_default();
        let body = match assignee.and_then(|id| people.names.get(&id)) {
            Some((name, title)) => locale.say(
                "alarm.line",
                &[
                    ("nickname", told.name),
                    ("store", &store),
                    ("title", &locale.word("title", title.as_str())),
                    ("name", name),
                ],
            ),
            None => locale.say(
                "alarm.line_store",
                &[("nickname", told.name), ("store", &store)],
            ),
        };
        Ok(NewTask {
            level: Level::Urgent,
            member: Some(row.member_id),
            assignee,
            args: serde_json::json!({
                "words": locale.list(told.words),
                "text": told.text,
                "name": told.name,
                "minutes": ESCALATES_AFTER / MINUTE,
            }),
            body,
            minutes: 5,
            ..NewTask::new(
                TaskKind::Complaint,
                ("task.complaint", "task.why.complaint"),
                row.clock_at,
                task_of(row),
            )
            .in_group(group)
        })
    }

    /// Looks at the clocks of all alarms that nobody took up; says how many changed.
    pub(crate) async fn run_alarm_clocks(&self) -> Result<u64> {
        let now = self.now();
        let waiting = in_tx!(self, Read, tx => Ok(rows::waiting(tx, SLICE).await?))?;
        let mut changed = 0;
        for one in waiting {
            let done = in_tx!(self, Write, tx => {
                self.look_at_alarm(tx, one.workspace_id, one.id, now).await
            })?;
            changed += u64::from(done);
        }
        Ok(changed)
    }

    async fn look_at_alarm(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        id: AlarmId,
        now: Timestamp,
    ) -> Result<bool> {
        let row = rows::get(tx, workspace, id).await?;
        if row.state != AlarmState::Open || row.taken_at.is_some() {
            return Ok(false);
        }
        let mut refused = false;
        let mut first = None;
        for dedup in [task_of(&row), regions_task_of(&row)] {
            let Some(task) = staff_task::find_by_dedup(tx, workspace, &dedup).await? else {
                continue;
            };
            first = first.or(task.assignee_id);
            match (task.state, task.done_at, &task.done_by) {
                (TaskState::Done, Some(at), Some(by)) => {
                    self.take_alarm(tx, workspace, row, (at, by), now).await?;
                    return Ok(true);
                }
                (TaskState::Impossible | TaskState::Withdrawn, ..) => refused = true,
                _ => {}
            }
        }
        if row.escalated_at.is_some() || alarm::due(row.clock_at, refused, now) == Due::Wait {
            return Ok(false);
        }
        self.escalate_alarm(tx, workspace, row, first, now).await?;
        Ok(true)
    }

    /// The region is told as well.
    async fn escalate_alarm(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        mut row: Alarm,
        first: Option<StaffId>,
        now: Timestamp,
    ) -> Result<()> {
        let group = group::get(tx, workspace, row.group_id).await?;
        row.escalated_at = Some(now);
        rows::update(tx, workspace, &row).await?;
        let fact = self
            .alarm_fact(EventKind::AlarmEscalated, &CLOCK, (&group, row.member_id))?
            .with(serde_json::json!({ "alarm": row.id, "round": row.round }));
        let cause = fact.id;
        event::insert(tx, workspace, now, &[fact]).await?;
        let people = Reachable::of(tx, workspace, &group).await?;
        let Some(assignee) = alarm::next(&people.candidates, first) else {
            return Ok(());
        };
        let said = rows::messages(tx, workspace, &[row.id]).await?;
        let text = said.into_iter().rev().find_map(|one| one.text);
        let names = awaited_reply::card_names(tx, workspace, group.id, &[row.member_id]).await?;
        let name = names
            .into_iter()
            .find(|one| one.member_id == row.member_id)
            .map(|one| one.card_name);
        let words = words_of(&row);
        let told = Told {
            name: name.as_deref().unwrap_or_default(),
            text: text.as_deref().unwrap_or_default(),
            words: &words,
        };
        let task = self
            .alarm_task(tx, workspace, &group, &row, (&people, Some(assignee)), told)
            .await?;
        let task = NewTask {
            what: "task.complaint_late",
            why: "task.why.complaint_late",
            due_at: Some(now.plus(WITHIN)),
            cause: Some(cause),
            dedup: regions_task_of(&row),
            ..task
        };
        self.create_task_in(tx, workspace, task, &CLOCK, now)
            .await?;
        Ok(())
    }

    /// Somebody took an alarm up: its clock stands still, and its tasks are done.
    pub(crate) async fn take_alarm(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        mut row: Alarm,
        (at, by): (Timestamp, &str),
        now: Timestamp,
    ) -> Result<()> {
        row.taken_at = Some(at);
        row.taken_by = Some(by.to_owned());
        if !rows::update(tx, workspace, &row).await? {
            return Ok(());
        }
        let group = group::get(tx, workspace, row.group_id).await?;
        let fact = self
            .alarm_fact(EventKind::AlarmTaken, &CLOCK, (&group, row.member_id))?
            .with(serde_json::json!({ "alarm": row.id, "by": by }));
        event::insert(tx, workspace, now, &[fact]).await?;
        self.end_alarm_tasks(tx, workspace, &row, &CLOCK, now).await
    }

    async fn end_alarm_tasks(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        row: &Alarm,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        for dedup in [task_of(row), regions_task_of(row)] {
            self.close_task_in(tx, workspace, &dedup, TaskState::Done, actor, now)
                .await?;
        }
        Ok(())
    }

    /// Alarms of the branches of the caller.
    ///
    /// # Errors
    /// The caller may not read them; the database refused.
    pub async fn alarms(&self, caller: &Caller, filter: Filter, limit: usize) -> Result<AlarmPage> {
        caller.may(Operation::AlarmRead)?;
        let filter = Filter {
            branch_prefix: caller.branch_prefix(),
            ..filter
        };
        in_tx!(self, Read, tx => {
            let workspace = caller.workspace;
            let mut found = rows::list(tx, workspace, &filter, limit + 1).await?;
            let more = found.len() > limit;
            found.truncate(limit);
            let next = found.last().filter(|_| more).map(|row| (row.raised_at, row.id));
            let total = rows::count(tx, workspace, &filter, COUNTED_UP_TO + 1).await?;
            Ok(AlarmPage { items: dressed(tx, workspace, found).await?, next, total })
        })
    }

    /// One alarm.
    ///
    /// # Errors
    /// It is not there, or out of the caller's reach.
    pub async fn alarm(&self, caller: &Caller, id: AlarmId) -> Result<Listed> {
        caller.may(Operation::AlarmRead)?;
        in_tx!(self, Read, tx => {
            let row = rows::get(tx, caller.workspace, id).await?;
            self.group_in_scope(tx, caller, row.group_id).await?;
            one(dressed(tx, caller.workspace, vec![row]).await?)
        })
    }

    /// A person says how a complaint ended.
    ///
    /// # Errors
    /// [`AlarmError`]; it is out of the caller's reach.
    pub async fn close_alarm(
        &self,
        caller: &Caller,
        id: AlarmId,
        outcome: AlarmOutcome,
        note: &str,
    ) -> Result<Listed> {
        caller.may(Operation::AlarmClose)?;
        let note = note.trim();
        if note.chars().count() > NOTE {
            return Err(AlarmError::Note.into());
        }
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = rows::get(tx, caller.workspace, id).await?;
            let row = self.close_alarm_in(tx, caller, row, (outcome, note), now).await?;
            one(dressed(tx, caller.workspace, vec![row]).await?)
        })
    }

    /// As [`App::close_alarm`], in the transaction of whoever heard it said.
    pub(crate) async fn close_alarm_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        mut row: Alarm,
        (outcome, note): (AlarmOutcome, &str),
        now: Timestamp,
    ) -> Result<Alarm> {
        let workspace = caller.workspace;
        let (group, _) = self.group_in_scope(tx, caller, row.group_id).await?;
        if row.state != AlarmState::Open {
            return Err(AlarmError::Closed.into());
        }
        let by = caller.actor.to_string();
        if row.taken_at.is_none() {
            row.taken_at = Some(now);
            row.taken_by = Some(by.clone());
        }
        row.state = AlarmState::Closed;
        row.closed_at = Some(now);
        row.closed_by = Some(by);
        row.outcome = Some(outcome);
        note.clone_into(&mut row.note);
        if !rows::update(tx, workspace, &row).await? {
            return Err(AlarmError::Closed.into());
        }
        self.end_alarm_tasks(tx, workspace, &row, &caller.actor, now)
            .await?;
        let fact = self
            .alarm_fact(
                EventKind::AlarmClosed,
                &caller.actor,
                (&group, row.member_id),
            )?
            .with(serde_json::json!({ "alarm": row.id, "outcome": outcome }));
        event::insert(tx, workspace, now, &[fact]).await?;
        let change = Change {
            operation: "alarm.close",
            subject: format!("alarm:{}", row.id),
            subject_name: &group.name,
            undoable: false,
        };
        self.audited(tx, caller, now, change, None::<&()>, Some(&outcome))
            .await?;
        Ok(row)
    }

    fn alarm_fact(
        &self,
        kind: EventKind,
        actor: &Actor,
        (group, member): (&Group, MemberId),
    ) -> Result<Event> {
        let id: EventId = self.ids().next()?;
        Ok(Event::new(id, kind, actor)
            .in_group(group.id, Some(group.branch_id))
            .about(member))
    }
}

async fn dressed(tx: &mut Tx, workspace: WorkspaceId, found: Vec<Alarm>) -> Result<Vec<Listed>> {
    let ids: Vec<AlarmId> = found.iter().map(|row| row.id).collect();
    let records: Vec<MemberId> = found.iter().map(|row| row.member_id).collect();
    let messages = rows::messages(tx, workspace, &ids).await?;
    let people = stream::names(tx, workspace, &records).await?;
    let mut listed = Vec::with_capacity(found.len());
    for row in found {
        let group = group::get(tx, workspace, row.group_id).await?;
        let person = people.iter().find(|name| name.record_id == row.member_id);
        let waits = row.state == AlarmState::Open && row.taken_at.is_none();
        listed.push(Listed {
            group: Place {
                id: group.id,
                name: group.name,
            },
            member: Place {
                id: person.map_or(row.member_id, |name| name.member_id),
                name: person.map(|name| name.name.clone()).unwrap_or_default(),
            },
            words: words_of(&row),
            messages: messages
                .iter()
                .filter(|one| one.alarm_id == row.id)
                .cloned()
                .collect(),
            due_at: waits.then(|| row.clock_at.plus(WITHIN)),
            row,
        });
    }
    Ok(listed)
}

fn one(listed: Vec<Listed>) -> Result<Listed> {
    listed
        .into_iter()
        .next()
        .ok_or_else(|| yutang_store::StoreError::NotFound("alarm").into())
}
