//! Beginning by itself: when something happens, by the calendar, on birthdays. Each occasion begins
//! one run, however often it is looked at.
//! req: 004-019
//! towards: 003-091

use std::collections::BTreeSet;

use serde::Deserialize;
use yutang_domain::{
    event::EventKind,
    group::Standing,
    id::{GroupId, MemberId, OrderId, PlaybookRunId, SanctionId, WorkspaceId},
    lunar::birthdays_on,
    playbook::{Due, LunarCalendar, Playbook, Subject, Trigger, When},
    time::{DAY, MINUTE, Timestamp},
};
use yutang_store::{
    Tx, branch, broadcast as broadcasts, event, group, member, onboarding, playbook as rows,
    playbook::{Happened, Watch},
    staff, workspace,
};

use super::{
    begin::{NewRun, by_itself, progress_of, read, triggered},
    carry::CARRIER,
    world::{About, Cause, Filled, World},
};
use crate::{App, Caller, Result, macros::in_tx};

/// Facts looked at in one transaction.
const FACTS: usize = 50;
/// What happened longer ago begins nothing any more, in milliseconds: a history that is read in is no
/// news.
const STALE: i64 = DAY;
/// How far back the calendar is looked at after a stop, in milliseconds.
const BACK: i64 = 7 * DAY;
/// How often is noted that there was nothing in the calendar, in milliseconds.
const NOTE: i64 = 10 * MINUTE;

/// What a fact says beside its columns.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    order: Option<OrderId>,
    sanction: Option<SanctionId>,
    state: Option<String>,
}

/// Something that begins a run.
struct Occasion {
    about: About,
    /// The moment it is about.
    at: Timestamp,
    /// The id of what led to it.
    cause: String,
    trigger: usize,
}

impl App {
    /// Hears what has happened: runs begin, and those that listen learn of it.
    pub(super) async fn listen(&self, now: Timestamp) -> Result<u64> {
        let workspaces = in_tx!(self, Read, tx => Ok(rows::listening(tx).await?))?;
        if workspaces.is_empty() {
            return Ok(0);
        }
        self.give_positions().await?;
        let mut count = 0;
        for workspace in workspaces {
            // What is wrong in one house keeps no other waiting, and no run that is due.
            match self.listen_to(workspace, now).await {
                Ok(touched) => count += touched,
                Err(error) => {
                    tracing::warn!(%workspace, code = error.code(), %error, "what happened is listened to again later");
                }
            }
        }
        Ok(count)
    }

    async fn listen_to(&self, workspace: WorkspaceId, now: Timestamp) -> Result<u64> {
        let mut count = 0;
        loop {
            let (touched, more) = self.listen_in(workspace, now).await?;
            count += touched;
            if !more {
                return Ok(count);
            }
        }
    }

    async fn listen_in(&self, workspace: WorkspaceId, now: Timestamp) -> Result<(u64, bool)> {
        in_tx!(self, Write, tx => {
            let last = event::last_position(tx).await?;
            let position = rows::tail(tx, workspace).await?.unwrap_or(last);
            if last <= position {
                return Ok((0, false));
            }
            let house = workspace::get(tx, workspace).await?;
            let caller = Caller::new(&house, CARRIER, "playbook", "playbook")?;
            let mut watched = Vec::new();
            for watch in rows::watches(tx, Some(workspace)).await? {
                let playbook = self.version_of(tx, workspace, &watch.name, watch.version).await?;
                watched.push((watch, playbook));
            }
            let mut kinds: BTreeSet<EventKind> = watched
                .iter()
                .flat_map(|(_, playbook)| &playbook.triggers)
                .filter_map(|trigger| match trigger {
                    Trigger::Event { event, .. } => Some(*event),
                    _ => None,
                })
                .collect();
            for named in rows::heard_by(tx, workspace).await? {
                let playbook =
                    self.version_of(tx, workspace, &named.name, named.version).await?;
                kinds.extend(playbook.steps().filter_map(|(_, step)| match step.due {
                    Due::On(event) => Some(event),
                    _ => None,
                }));
            }
            let kinds: Vec<EventKind> = kinds.into_iter().collect();
            let facts = if kinds.is_empty() {
                Vec::new()
            } else {
                rows::happened(tx, workspace, (position, last), &kinds, FACTS).await?
            };
            let mut touched = 0;
            for fact in &facts {
                touched += self.hear_fact(tx, &caller, &watched, fact, now).await?;
            }
            let more = facts.len() == FACTS;
            let reached = facts.last().filter(|_| more).map_or(last, |fact| fact.position);
            rows::set_tail(tx, workspace, reached).await?;
            Ok((touched, more))
        })
    }

    async fn hear_fact(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        watched: &[(Watch, Playbook)],
        fact: &Happened,
        now: Timestamp,
    ) -> Result<u64> {
        let mut touched = 0;
        for (watch, playbook) in watched {
            for (trigger, wanted) in playbook.triggers.iter().enumerate() {
                let Trigger::Event { event, .. } = wanted else {
                    continue;
                };
                // A fact gets its place in the log a little after it happened.
                let before = fact.at <= watch.since_at;
                if *event != fact.kind || before || now.since(fact.at) > STALE {
                    continue;
                }
                if let Some(occasion) = self
                    .occasion(tx, caller, (watch, playbook), fact, trigger)
                    .await?
                {
                    let begun = self
                        .begin_by_itself(tx, caller, (watch, playbook), occasion, now)
                        .await?;
                    touched += u64::from(begun);
                }
            }
        }
        let mut subjects = vec![caller.workspace.to_string()];
        subjects.extend(fact.group_id.map(|id| id.to_string()));
        subjects.extend(fact.member_id.map(|id| id.to_string()));
        for id in rows::hearing(tx, caller.workspace, &subjects).await? {
            touched += u64::from(self.tell_run(tx, caller, id, fact, now).await?);
        }
        Ok(touched)
    }

    /// Tells a run what happened to its subject; what follows from it is due with the next look.
    async fn tell_run(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: PlaybookRunId,
        fact: &Happened,
        now: Timestamp,
    ) -> Result<bool> {
        let mut row = rows::get(tx, caller.workspace, id).await?;
        if fact.at < row.started_at {
            return Ok(false);
        }
        let (filled, _) = self.filled_of(tx, &row).await?;
        let mut progress = progress_of(&row)?;
        let before = progress.clone();
        let key = fact.id.to_string();
        progress.hear(&filled.course(&caller.zone), fact.kind, &key, fact.at)?;
        if progress == before {
            return Ok(false);
        }
        row.wake_at = Some(row.wake_at.map_or(now, |wake| wake.min(now)));
        let was = row.state;
        self.keep_progress(tx, caller, (&mut row, was), &progress, now)
            .await?;
        Ok(true)
    }

    /// What a fact is the occasion for; `None` if it is none for this playbook.
    async fn occasion(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (watch, playbook): (&Watch, &Playbook),
        fact: &Happened,
        trigger: usize,
    ) -> Result<Option<Occasion>> {
        let workspace = caller.workspace;
        let told: Told = serde_json::from_str(&fact.data).unwrap_or_default();
        // What was only noticed, or waits for a person, has no consequences yet.
        if told.state.is_some_and(|state| state != "decided") {
            return Ok(None);
        }
        let about = About {
            group: fact.group_id,
            member: fact.member_id,
            cause: Cause {
                order: told.order,
                sanction: told.sanction,
            },
            branch_path: watch.branch_path.clone(),
        };
        let subject = match playbook.subject {
            Subject::Workspace => true,
            Subject::Group => about.group.is_some(),
            Subject::Member => about.member.is_some(),
        };
        if !subject {
            return Ok(None);
        }
        if let Some(id) = about.group {
            let row = group::get(tx, workspace, id).await?;
            let path = branch::get(tx, workspace, row.branch_id).await?.path;
            if row.archived_at.is_some() || !path.starts_with(&watch.branch_path) {
                return Ok(None);
            }
        }
        if let Some(member) = about.member {
            let works_here = !staff::among(tx, workspace, &[member]).await?.is_empty();
            if works_here || !self.is_a_member(tx, caller, fact, member).await? {
                return Ok(None);
            }
        }
        Ok(Some(Occasion {
            about,
            at: fact.at,
            cause: fact.id.to_string(),
            trigger,
        }))
    }

    /// Whether whoever came is an ordinary member, and came just now.
    async fn is_a_member(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        fact: &Happened,
        member: MemberId,
    ) -> Result<bool> {
        let (EventKind::MemberJoined, Some(group)) = (fact.kind, fact.group_id) else {
            return Ok(true);
        };
        let seats = onboarding::seats(tx, caller.workspace, group, &[member]).await?;
        Ok(seats
            .iter()
            .any(|seat| seat.left_at.is_none() && seat.role == Standing::Member))
    }

    /// Begins a run on an occasion, if what its trigger asks holds; false if there is one already.
    async fn begin_by_itself(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (watch, playbook): (&Watch, &Playbook),
        occasion: Occasion,
        now: Timestamp,
    ) -> Result<bool> {
        let mut anchors = self
            .anchors(tx, caller, &occasion.about, occasion.at)
            .await?;
        let event = match playbook.triggers.get(occasion.trigger) {
            Some(Trigger::Event { event, .. }) => Some(*event),
            _ => None,
        };
        if event == Some(EventKind::MemberJoined) {
            anchors = anchors.with("member.joined_at", occasion.at);
        }
        let adjusted = read(&watch.adjusted)?;
        let filled = Filled::new(playbook.clone(), &adjusted, read(&watch.answers)?, anchors)?;
        let world = self.world(tx, caller, &occasion.about, filled, now).await?;
        let conditions = match playbook.triggers.get(occasion.trigger) {
            Some(Trigger::Event { conditions, .. } | Trigger::Schedule { conditions, .. }) => {
                conditions.as_slice()
            }
            _ => &[],
        };
        if !triggered(&world, conditions) || !is_within(tx, &world, watch).await? {
            return Ok(false);
        }
        let mut about = occasion.about;
        // Somebody's group is one of theirs: that is where they are looked after.
        if about.group.is_none() && playbook.subject == Subject::Member {
            about.group = world
                .person
                .as_ref()
                .and_then(|person| person.way.as_ref())
                .map(|(group, _)| group.id);
        }
        let new = NewRun {
            filled: world.filled,
            adjusted,
            about,
            at: occasion.at,
            cause: occasion.cause,
            actor: by_itself(),
        };
        Ok(self.begin_run(tx, caller, new, now).await?.is_some())
    }

    /// Begins what the calendar begins, of every playbook that is switched on.
    pub(super) async fn look_at_the_calendar(&self, now: Timestamp) -> Result<u64> {
        let watches = in_tx!(self, Read, tx => Ok(rows::watches(tx, None).await?))?;
        let mut count = 0;
        for watch in watches {
            match self.calendar_of(&watch, now).await {
                Ok(begun) => count += begun,
                Err(error) => {
                    tracing::warn!(playbook = %watch.name, code = error.code(), %error, "the calendar of a playbook is looked at again later");
                }
            }
        }
        Ok(count)
    }

    async fn calendar_of(&self, watch: &Watch, now: Timestamp) -> Result<u64> {
        let span = (watch.looked_at.max(now.plus(-BACK)), now.plus(1));
        if span.1 <= span.0 {
            return Ok(0);
        }
        let workspace = watch.workspace_id;
        let (caller, playbook, occasions) = in_tx!(self, Read, tx => {
            let house = workspace::get(tx, workspace).await?;
            let caller = Caller::new(&house, CARRIER, "playbook", "playbook")?;
            let playbook = self.version_of(tx, workspace, &watch.name, watch.version).await?;
            let occasions = self.in_the_calendar(tx, &caller, (watch, &playbook), span).await?;
            Ok((caller, playbook, occasions))
        })?;
        let found = !occasions.is_empty();
        let mut begun = 0;
        // Each in a transaction of its own: a birthday that many share keeps nobody else waiting.
        for occasion in occasions {
            let about = occasion.about.clone();
            let (at, cause, trigger) = (occasion.at, occasion.cause.clone(), occasion.trigger);
            begun += in_tx!(self, Write, tx => {
                let occasion = Occasion { about: about.clone(), at, cause: cause.clone(), trigger };
                let begun = self
                    .begin_by_itself(tx, &caller, (watch, &playbook), occasion, now)
                    .await?;
                Ok(u64::from(begun))
            })?;
        }
        if found || now.since(watch.looked_at) > NOTE {
            let (from, to) = (watch.looked_at, span.1);
            in_tx!(self, Write, tx => {
                Ok(rows::looked(tx, workspace, &watch.name, (from, to)).await?)
            })?;
        }
        Ok(begun)
    }

    /// What the calendar says between two instants.
    async fn in_the_calendar(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (watch, playbook): (&Watch, &Playbook),
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<Occasion>> {
        let workspace = caller.workspace;
        let occasion = |about: About, at: Timestamp, trigger: usize| Occasion {
            about: About {
                branch_path: watch.branch_path.clone(),
                ..about
            },
            at,
            cause: at.to_string(),
            trigger,
        };
        let mut found = Vec::new();
        for (trigger, wanted) in playbook.triggers.iter().enumerate() {
            let Trigger::Schedule { at, lead_ms, .. } = wanted else {
                continue;
            };
            if let When::Birthday { clock } = at {
                let mut day = caller.day(from.plus(*lead_ms));
                while day <= caller.day(to.plus(*lead_ms)) {
                    let moment = clock.on(day, &caller.zone);
                    let begins = moment.plus(-lead_ms);
                    if from <= begins && begins < to {
                        for id in rows::born_on(tx, workspace, &birthdays_on(day)).await? {
                            let about = About {
                                member: Some(id),
                                ..About::default()
                            };
                            found.push(occasion(about, moment, trigger));
                        }
                    }
                    day = day.plus_days(1);
                }
                continue;
            }
            let starts = playbook.starts(from, to, &caller.zone, None, &LunarCalendar);
            for start in starts.into_iter().filter(|start| start.trigger == trigger) {
                for about in self.abouts(tx, caller, (watch, playbook)).await? {
                    found.push(occasion(about, start.at, trigger));
                }
            }
        }
        Ok(found)
    }

    /// What runs that the calendar begins are about: the house, or each of its groups.
    async fn abouts(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (watch, playbook): (&Watch, &Playbook),
    ) -> Result<Vec<About>> {
        match playbook.subject {
            Subject::Workspace => Ok(vec![About::default()]),
            Subject::Group => {
                let within = broadcasts::Within {
                    branch_path: watch.branch_path.clone(),
                    ..broadcasts::Within::default()
                };
                let first = GroupId::from_raw(0);
                let ids = broadcasts::group_ids(tx, caller.workspace, &within, first).await?;
                Ok(ids
                    .into_iter()
                    .map(|id| About {
                        group: Some(id),
                        ..About::default()
                    })
                    .collect())
            }
            // A day of the calendar is no occasion for each person there is.
            Subject::Member => Ok(Vec::new()),
        }
    }
}

/// Whether whomever it is about is still there, and one of those below the branch of whoever switched it
/// on.
async fn is_within(tx: &mut Tx, world: &World, watch: &Watch) -> Result<bool> {
    let Some(person) = &world.person else {
        return Ok(true);
    };
    if person.row.erased_at.is_some() {
        return Ok(false);
    }
    let (id, path) = (person.row.canonical_id, watch.branch_path.as_str());
    Ok(path.is_empty()
        || world.group.is_some()
        || member::list::reaches(tx, watch.workspace_id, id, path).await?)
}
