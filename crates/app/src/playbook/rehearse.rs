//! Rehearsal: what a run would do, told beforehand. The same decisions on a simulated clock against the
//! real house, with nothing written; and what stands in the way, each with what would mend it.
//! req: 003-120

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use yutang_domain::{
    event::EventKind,
    id::{GroupId, OrderId, SanctionId},
    permission::Operation,
    playbook::{
        Deed, Effect, Fault, LunarCalendar, Playbook, PlaybookError, Run as Progress, Skip,
        Subject, To, Trigger, Words, parse,
    },
    time::{DAY, Timestamp},
};
use yutang_store::{Tx, broadcast as broadcasts, playbook as rows};

use super::{
    begin::{Ready, Start, checked},
    conflict::{Conflict, ConflictKind, Found},
    prepare::{Asked, Foreseen, Prepared},
    text::begins_by_itself,
    world::{Filled, World},
};
use crate::{App, Caller, Result, macros::in_tx};

/// How far a rehearsal goes where nobody says how far, in milliseconds.
const USUAL: i64 = 62 * DAY;
/// How far ahead the next occasion of the calendar is looked for, in milliseconds.
const HORIZON: i64 = 430 * DAY;
/// Steps that one rehearsal tells at most.
const STEPS: usize = 1_000;

/// A step as it would be done, or left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RehearsedStep {
    /// When.
    pub at: Timestamp,
    /// Its phase.
    pub phase: String,
    /// Its name.
    pub step: String,
    /// What it does.
    #[serde(rename = "do")]
    pub deed: Deed,
    /// To whom.
    pub to: To,
    /// For how many groups or people, or how many tasks; `None` = nobody knows yet.
    pub count: Option<i64>,
    /// How many of those addressed could not have it.
    pub missed: i64,
    /// The words, as the first of them reads.
    pub text: String,
    /// By which way.
    pub mode: &'static str,
    /// Why it is left out, if it is.
    pub skip: Option<Skip>,
    /// What stands in its way.
    pub conflicts: Vec<Conflict>,
}

/// A check before the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Its name.
    pub id: String,
    /// Why it has to be so.
    pub reason: Words,
    /// Whether one may start in spite of it.
    pub warn: bool,
    /// Whether it holds; `None` = somebody has to say so.
    pub holds: Option<bool>,
    /// Whether a person says it, and not the program.
    pub by_hand: bool,
}

impl Checked {
    /// Whether it lets one start.
    pub fn passes(&self) -> bool {
        self.warn || self.holds == Some(true)
    }
}

/// What a run would do.
#[derive(Clone, Debug, Serialize)]
pub struct Rehearsal {
    /// The playbook.
    pub playbook: String,
    /// Its version.
    pub version: u32,
    /// Whom it would be about.
    pub subject: String,
    /// When it would begin.
    pub begins_at: Timestamp,
    /// The moment it is about.
    pub start: Timestamp,
    /// What is wrong with the answers, and what is worth knowing about them.
    pub faults: Vec<Fault>,
    /// How the checks before the start stand.
    pub checks: Vec<Checked>,
    /// What it would do, in order.
    pub steps: Vec<RehearsedStep>,
    /// How many things stand in the way.
    pub conflicts: usize,
    /// What groups and people would be told.
    pub messages: i64,
    /// What people of the house would have to do.
    pub tasks: i64,
    /// Money that its steps name, in hundredths of the currency.
    pub cost_minor: i64,
    /// Whether it goes on behind the last step told.
    pub goes_on: bool,
}

impl App {
    /// Tells what a run would do, from one instant until another; `text` instead of the playbook that
    /// is kept under that name. Nothing is written.
    ///
    /// # Errors
    /// [`PlaybookError`]; answers at fault are told in the rehearsal.
    pub async fn rehearse_playbook(
        &self,
        caller: &Caller,
        (name, text): (&str, Option<&str>),
        start: &Start,
        (from, to): (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<Rehearsal> {
        caller.may(Operation::PlaybookRead)?;
        let now = self.now();
        let from = from.unwrap_or(now);
        in_tx!(self, Read, tx => {
            let playbook = match text {
                Some(text) => parse(text).map_err(PlaybookError::Invalid)?,
                None => self.current(tx, caller.workspace, name).await?,
            };
            let mut start = start.clone();
            self.suppose(tx, caller, &playbook, &mut start).await?;
            let empty = told(&playbook, from);
            let ready = match self.ready(tx, caller, playbook, &start, from).await? {
                Ok(ready) => ready,
                Err(faults) => return Ok(Rehearsal { faults, ..empty }),
            };
            self.rehearse(tx, caller, ready, &start, (from, to)).await
        })
    }

    /// A group for what is about a group, where none is named.
    async fn suppose(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        playbook: &Playbook,
        start: &mut Start,
    ) -> Result<()> {
        if playbook.subject == Subject::Group && start.group.is_none() {
            let within = broadcasts::Within {
                branch_path: caller.branch_prefix(),
                ..broadcasts::Within::default()
            };
            let first = GroupId::from_raw(0);
            let found = broadcasts::groups(tx, caller.workspace, &within, first, 1).await?;
            start.group = found.first().map(|row| row.id.to_string());
        }
        Ok(())
    }

    async fn rehearse(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        mut ready: Ready,
        start: &Start,
        (from, to): (Timestamp, Option<Timestamp>),
    ) -> Result<Rehearsal> {
        let workspace = caller.workspace;
        let event = ready
            .playbook
            .triggers
            .iter()
            .find_map(|trigger| match trigger {
                Trigger::Event { event, .. } => Some(*event),
                _ => None,
            });
        if ready.playbook.subject == Subject::Member && ready.about.member.is_none() {
            let prefix = caller.branch_prefix();
            let Some(example) = rows::example(tx, workspace, event, &prefix).await? else {
                return Err(PlaybookError::About(Subject::Member).into());
            };
            ready.about.member = Some(example.member_id);
            ready.about.group = example.group_id;
            if event == Some(EventKind::OrderPlaced) {
                ready.about.cause.order = example.about.map(OrderId::from_raw);
            } else {
                ready.about.cause.sanction = example.about.map(SanctionId::from_raw);
            }
        }
        let mut begins_at = from;
        let mut anchors = self.anchors(tx, caller, &ready.about, ready.at).await?;
        if begins_by_itself(&ready.playbook) && !start.once {
            match event {
                Some(_) => {
                    ready.at = from;
                    for name in ["member.joined_at", "order.paid_at"] {
                        anchors = anchors.with(name, from);
                    }
                }
                None => {
                    let next = ready.playbook.starts(
                        from,
                        from.plus(HORIZON),
                        &caller.zone,
                        anchors.birthday,
                        &LunarCalendar,
                    );
                    if let Some(next) = next.first() {
                        ready.at = next.at;
                        begins_at = next.begins_at;
                    }
                }
            }
            anchors = anchors.with("start", ready.at);
        }
        let filled = Filled::new(
            ready.playbook.clone(),
            &start.adjusted,
            ready.answers.clone(),
            anchors,
        )?;
        let mut world = self
            .world(tx, caller, &ready.about, filled.clone(), begins_at)
            .await?;
        let checks = checked(&world, &start.confirmed);
        let subject = match ready.playbook.subject {
            Subject::Workspace => workspace.to_string(),
            Subject::Group => ready
                .about
                .group
                .map(|id| id.to_string())
                .unwrap_or_default(),
            Subject::Member => ready
                .about
                .member
                .map(|id| id.to_string())
                .unwrap_or_default(),
        };
        let mut progress = Progress::begin(
            &filled.course(&caller.zone),
            &subject,
            "rehearsal",
            begins_at,
        );
        let mut foreseen = Foreseen::at(self.now());
        let last = to.unwrap_or_else(|| begins_at.max(ready.at).plus(USUAL));
        let mut rehearsal = Rehearsal {
            subject,
            begins_at,
            start: ready.at,
            faults: ready.hints,
            checks,
            ..told(&ready.playbook, from)
        };
        let mut spent: BTreeMap<String, i64> = BTreeMap::new();
        let mut now = begins_at;
        loop {
            let advance = world.advance(&mut progress, now)?;
            for effect in advance.effects {
                if let Some((step, prepared)) = self
                    .rehearsed(tx, caller, (&world, &foreseen), effect, now)
                    .await?
                {
                    if let Some(prepared) = prepared {
                        foreseen.note(&prepared, caller.day(now));
                        spent.extend(prepared.money);
                    }
                    rehearsal.steps.push(step);
                }
            }
            // Whoever rehearses supposes that the answer will be yes.
            let gates: Vec<String> = progress.waits_at().map(str::to_owned).collect();
            let asked = !gates.is_empty();
            for gate in gates {
                progress.decide(&gate, true)?;
            }
            if asked {
                continue;
            }
            let Some(wake) = advance.wake_at else { break };
            if wake > last || rehearsal.steps.len() >= STEPS {
                rehearsal.goes_on = true;
                break;
            }
            // What is known of the world changes with the day.
            if caller.day(wake) != caller.day(now) {
                world = self
                    .world(tx, caller, &ready.about, filled.clone(), wake)
                    .await?;
            }
            now = wake;
        }
        rehearsal.conflicts = rehearsal
            .steps
            .iter()
            .map(|step| step.conflicts.len())
            .sum();
        for step in rehearsal.steps.iter().filter(|step| step.skip.is_none()) {
            let n = step.count.unwrap_or(0);
            if !matches!(step.mode, "task" | "tag") {
                rehearsal.messages += n;
            }
            if matches!(step.mode, "task" | "paste") {
                rehearsal.tasks += n;
            }
        }
        rehearsal.cost_minor = spent.values().sum();
        Ok(rehearsal)
    }

    async fn rehearsed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (world, foreseen): (&World, &Foreseen),
        effect: Effect,
        now: Timestamp,
    ) -> Result<Option<(RehearsedStep, Option<Prepared>)>> {
        let (planned, skip) = match effect {
            Effect::Do(planned) => (planned, None),
            Effect::Skipped { planned, reason } => (planned, Some(reason)),
            Effect::Left { .. } | Effect::Done => return Ok(None),
        };
        let Some((_, step)) = world.filled.playbook.step(&planned.step) else {
            return Ok(None);
        };
        let mut told = RehearsedStep {
            at: planned.at,
            phase: planned.phase.clone(),
            step: planned.step.clone(),
            deed: step.deed,
            to: step.to,
            count: Some(0),
            missed: 0,
            text: String::new(),
            mode: "",
            skip,
            conflicts: Vec::new(),
        };
        if let Some(reason) = skip {
            if reason == Skip::Unknown {
                let what = unknown(world, step);
                let found = Found::new(ConflictKind::Unknown, &planned, &world.zone).what(&what);
                told.conflicts.push(found.leave_out().told());
            }
            return Ok(Some((told, None)));
        }
        let asked = Asked {
            world,
            planned: &planned,
            step,
            foreseen,
            run: "rehearsal",
            now,
        };
        let prepared = self.prepare(tx, caller, asked).await?;
        told.count = prepared.count;
        told.missed = prepared.missed;
        told.text.clone_from(&prepared.text);
        told.mode = prepared.way;
        told.conflicts.clone_from(&prepared.conflicts);
        Ok(Some((told, Some(prepared))))
    }
}

/// The names of facts that a step's condition asks for and nobody knows.
fn unknown(world: &World, step: &yutang_domain::playbook::Step) -> String {
    let names: BTreeSet<&str> = step
        .conditions
        .iter()
        .map(|condition| condition.name.as_str())
        .filter(|name| {
            !world.facts.contains_key(*name)
                && !name.starts_with("answer.")
                && !name.starts_with("fired.")
                && *name != "run.days"
        })
        .collect();
    names.into_iter().collect::<Vec<_>>().join("、")
}

fn told(playbook: &Playbook, from: Timestamp) -> Rehearsal {
    Rehearsal {
        playbook: playbook.id.clone(),
        version: playbook.version,
        subject: String::new(),
        begins_at: from,
        start: from,
        faults: Vec::new(),
        checks: Vec::new(),
        steps: Vec::new(),
        conflicts: 0,
        messages: 0,
        tasks: 0,
        cost_minor: 0,
        goes_on: false,
    }
}
