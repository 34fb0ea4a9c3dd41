//! One run of a playbook: a state that is moved on by whoever has the clock.
//!
//! [`Run::advance`] does what the [plan](Course::occurrences) says is due, each step once. It can be
//! called at any time and as seldom as one likes: what was missed is caught up in order, what came
//! too late is left out and named, and nothing is done twice, because everything that was handled is
//! in the run itself. The run, not the process, remembers; storing it in the transaction that
//! carries out its effects is all that a restart needs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    PlaybookError,
    condition::{Fact, Facts, all_hold},
    plan::{Course, Planned, Range},
    schema::{Deed, Due, Phase, Step},
};
use crate::{
    event::EventKind,
    time::{DAY, Timestamp, Zone},
    words,
};

/// For how long what was heard is known, so that it is heard once, in milliseconds.
const REMEMBERED: i64 = 32 * DAY;

words! {
    /// Where a run stands.
    pub enum RunState {
        /// Nothing was due yet.
        Waiting = "waiting",
        /// Under way.
        Running = "running",
        /// It waits for a person's yes, or was paused.
        Held = "held",
        /// Nothing is left to do.
        Done = "done",
        /// Somebody ended it.
        Stopped = "stopped",
    }
}
words! {
    /// Why a step was left out.
    pub enum Skip {
        /// Its time was over before the run began.
        LateStart = "late_start",
        /// Its time was over when it could be done.
        Expired = "expired",
        /// Its condition does not hold.
        Condition = "condition",
        /// It is not known whether its condition holds.
        Unknown = "unknown",
        /// What its phase needs is not given.
        NotEntered = "not_entered",
        /// It was done as often as it may be.
        Capped = "capped",
    }
}

/// What follows from the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The step is to be done now.
    Do(Planned),
    /// The step is left out.
    Skipped {
        /// The step.
        planned: Planned,
        /// Why.
        reason: Skip,
    },
    /// The rest of a phase is left out: what it wanted has been reached.
    Left {
        /// The phase.
        phase: String,
    },
    /// Nothing is left to do.
    Done,
}

/// What follows, and when to ask again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advance {
    /// In the order in which it is to be done.
    pub effects: Vec<Effect>,
    /// The next instant at which something is due; `None` = not by itself.
    pub wake_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Gate {
    Asked,
    Passed,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The playbook.
    pub playbook: String,
    /// Its version, which it keeps.
    pub version: u32,
    /// Whom it is about: an id.
    pub subject: String,
    /// What distinguishes it from other runs for the same subject.
    pub key: String,
    /// Where it stands.
    pub state: RunState,
    /// When it began.
    pub started_at: Timestamp,
    /// Everything due before this instant has been handled.
    cursor: Option<Timestamp>,
    /// What has been handled of the rest.
    handled: BTreeSet<(Timestamp, String)>,
    /// What follows from what was heard and has not been handled.
    pending: Vec<Planned>,
    /// What was heard lately.
    heard: BTreeMap<String, Timestamp>,
    /// How often each step was done.
    fired: BTreeMap<String, u32>,
    gates: BTreeMap<String, Gate>,
    left: BTreeSet<String>,
    paused: bool,
}

impl Run {
    /// A run that begins now, for a subject and with a key.
    pub fn begin(course: &Course<'_>, subject: &str, key: &str, now: Timestamp) -> Self {
        Self {
            playbook: course.playbook.id.clone(),
            version: course.playbook.version,
            subject: subject.to_owned(),
            key: key.to_owned(),
            state: RunState::Waiting,
            started_at: now,
            cursor: None,
            handled: BTreeSet::new(),
            pending: Vec::new(),
            heard: BTreeMap::new(),
            fired: BTreeMap::new(),
            gates: BTreeMap::new(),
            left: BTreeSet::new(),
            paused: false,
        }
    }

    /// How often a step was done.
    pub fn times_fired(&self, step: &str) -> u32 {
        self.fired.get(step).copied().unwrap_or(0)
    }

    /// The gates at which it waits.
    pub fn waits_at(&self) -> impl Iterator<Item = &str> {
        self.gates
            .iter()
            .filter(|(_, gate)| **gate == Gate::Asked)
            .map(|(step, _)| step.as_str())
    }

    /// Whether it has come to its end, one way or the other.
    pub const fn is_over(&self) -> bool {
        matches!(self.state, RunState::Done | RunState::Stopped)
    }

    /// Handles everything that is due by `now`.
    ///
    /// # Errors
    /// [`PlaybookError::Version`] if the course is of another playbook or version.
    pub fn advance(
        &mut self,
        course: &Course<'_>,
        facts: &dyn Facts,
        now: Timestamp,
    ) -> Result<Advance, PlaybookError> {
        self.same_version(course)?;
        if self.is_over() || self.paused {
            return Ok(Advance::default());
        }
        let mut effects = Vec::new();
        let mut held_since = None;
        let waiting: Vec<Planned> = std::mem::take(&mut self.pending);
        let (late, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|p| p.at <= now);
        self.pending = later;
        let range = Range {
            from: self.cursor,
            to: Some(now.plus(1)),
        };
        let mut due: Vec<(Planned, bool)> = course
            .due(range, false)
            .into_iter()
            .filter(|planned| !self.handled.contains(&(planned.at, planned.step.clone())))
            .map(|planned| (planned, false))
            .chain(late.into_iter().map(|planned| (planned, true)))
            .collect();
        due.sort_by_key(|(planned, _)| (planned.at, planned.order));
        for (planned, was_heard) in due {
            if self.left.contains(&planned.phase) {
                continue;
            }
            if self.is_blocked(course, planned.order) {
                if was_heard {
                    self.pending.push(planned);
                } else {
                    held_since.get_or_insert(planned.at);
                }
                continue;
            }
            if !was_heard {
                self.handled.insert((planned.at, planned.step.clone()));
            }
            let known = Known {
                run: self,
                course,
                facts,
                now,
            };
            let effect = judge(&known, planned, now);
            self.apply(&effect);
            effects.push(effect);
        }
        let cursor = held_since.unwrap_or_else(|| now.plus(1));
        let cursor = self.cursor.map_or(cursor, |before| before.max(cursor));
        self.cursor = Some(cursor);
        self.handled.retain(|(at, _)| *at >= cursor);
        let wake_at = self.settle(course, now);
        if self.state == RunState::Done {
            effects.push(Effect::Done);
        }
        Ok(Advance { effects, wake_at })
    }

    /// Notes that something happened to the subject, once by its key; what follows from it is due
    /// with the next [`advance`](Self::advance).
    ///
    /// # Errors
    /// [`PlaybookError::Version`].
    pub fn hear(
        &mut self,
        course: &Course<'_>,
        event: EventKind,
        key: &str,
        at: Timestamp,
    ) -> Result<(), PlaybookError> {
        self.same_version(course)?;
        if self.is_over() || self.heard.contains_key(key) {
            return Ok(());
        }
        let answered = course.answered(event, at);
        if answered.is_empty() {
            return Ok(());
        }
        self.heard.retain(|_, heard| at.since(*heard) < REMEMBERED);
        self.heard.insert(key.to_owned(), at);
        self.pending.extend(
            answered
                .into_iter()
                .filter(|planned| !self.left.contains(&planned.phase)),
        );
        Ok(())
    }

    /// A person's word at a gate: on yes it goes on, on no it is stopped.
    ///
    /// # Errors
    /// [`PlaybookError::Gate`] if it does not wait there.
    pub fn decide(&mut self, gate: &str, yes: bool) -> Result<(), PlaybookError> {
        if self.is_over() || self.gates.get(gate) != Some(&Gate::Asked) {
            return Err(PlaybookError::Gate(gate.to_owned()));
        }
        if yes {
            self.gates.insert(gate.to_owned(), Gate::Passed);
            self.state = RunState::Running;
            Ok(())
        } else {
            self.stop()
        }
    }

    /// Does nothing until it is resumed; what is due meanwhile is caught up or left out then.
    ///
    /// # Errors
    /// [`PlaybookError::Over`].
    pub fn pause(&mut self) -> Result<(), PlaybookError> {
        if self.is_over() {
            return Err(PlaybookError::Over(self.state));
        }
        self.paused = true;
        self.state = RunState::Held;
        Ok(())
    }

    /// Goes on after a pause.
    ///
    /// # Errors
    /// [`PlaybookError::Over`].
    pub fn resume(&mut self) -> Result<(), PlaybookError> {
        if self.is_over() {
            return Err(PlaybookError::Over(self.state));
        }
        self.paused = false;
        self.state = RunState::Running;
        Ok(())
    }

    /// Ends it: nothing more follows from it. What was done stays, people keep what they were
    /// promised.
    ///
    /// # Errors
    /// [`PlaybookError::Over`].
    pub fn stop(&mut self) -> Result<(), PlaybookError> {
        if self.is_over() {
            return Err(PlaybookError::Over(self.state));
        }
        self.state = RunState::Stopped;
        self.pending.clear();
        self.gates.retain(|_, gate| *gate == Gate::Passed);
        Ok(())
    }

    fn same_version(&self, course: &Course<'_>) -> Result<(), PlaybookError> {
        let given = course.playbook;
        if given.id == self.playbook && given.version == self.version {
            return Ok(());
        }
        Err(PlaybookError::Version {
            wanted: format!("{} {}", self.playbook, self.version),
            given: format!("{} {}", given.id, given.version),
        })
    }

    /// Whether a gate that stands before a step has not been passed.
    fn is_blocked(&self, course: &Course<'_>, order: usize) -> bool {
        course
            .playbook
            .steps()
            .take(order)
            .filter(|(phase, step)| step.deed == Deed::Gate && !self.left.contains(&phase.id))
            .any(|(phase, step)| match self.gates.get(&step.id) {
                Some(Gate::Passed) => false,
                Some(Gate::Asked) => true,
                // A gate whose moment is not known is never asked.
                None => !course
                    .times(
                        phase,
                        step,
                        Range {
                            from: None,
                            to: None,
                        },
                        false,
                    )
                    .is_empty(),
            })
    }

    fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::Do(planned) => {
                *self.fired.entry(planned.step.clone()).or_default() += 1;
                if planned.deed == Deed::Gate {
                    self.gates.insert(planned.step.clone(), Gate::Asked);
                }
            }
            // A gate that is left out is open.
            Effect::Skipped { planned, .. } if planned.deed == Deed::Gate => {
                self.gates.insert(planned.step.clone(), Gate::Passed);
            }
            Effect::Left { phase } => {
                self.left.insert(phase.clone());
                self.pending.retain(|planned| planned.phase != *phase);
            }
            Effect::Skipped { .. } | Effect::Done => {}
        }
        if self.state == RunState::Waiting {
            self.state = RunState::Running;
        }
    }

    /// The state after everything due was handled, and the next instant of interest.
    fn settle(&mut self, course: &Course<'_>, now: Timestamp) -> Option<Timestamp> {
        let after = now.plus(1);
        let asked: Vec<&str> = self
            .gates
            .iter()
            .filter(|(_, gate)| **gate == Gate::Asked)
            .map(|(step, _)| step.as_str())
            .collect();
        let holds = course.playbook.steps().any(|(phase, step)| {
            asked.contains(&step.id.as_str()) && !self.left.contains(&phase.id)
        });
        let mut wake = Vec::new();
        let mut open = false;
        for (order, (phase, step)) in course.playbook.steps().enumerate() {
            if self.left.contains(&phase.id) || self.is_used_up(step) {
                continue;
            }
            if let Due::On(_) = step.due {
                match course.window(phase).1 {
                    None => open = true,
                    Some(until) if until > now && !holds => wake.push(until),
                    Some(_) => {}
                }
            } else if !self.is_blocked(course, order) {
                wake.extend(course.next(phase, step, after));
            }
        }
        let due = |planned: &&Planned| !self.is_blocked(course, planned.order);
        wake.extend(self.pending.iter().filter(due).map(|planned| planned.at));
        let wake_at = wake.into_iter().min();
        if holds {
            self.state = RunState::Held;
        } else if wake_at.is_none() && !open && self.pending.is_empty() {
            self.state = RunState::Done;
            return None;
        } else if self.state == RunState::Held {
            self.state = RunState::Running;
        }
        wake_at
    }

    fn is_used_up(&self, step: &Step) -> bool {
        step.cap
            .is_some_and(|cap| self.times_fired(&step.id) >= cap)
    }
}

/// What is known to conditions: the world's facts, the answers, and the run itself.
struct Known<'a> {
    run: &'a Run,
    course: &'a Course<'a>,
    facts: &'a dyn Facts,
    now: Timestamp,
}

impl Facts for Known<'_> {
    fn get(&self, name: &str) -> Option<Fact> {
        if let Some(step) = name.strip_prefix("fired.") {
            return Some(Fact::Flag(self.run.times_fired(step) > 0));
        }
        if name == "run.days" {
            let days = days_between(self.course.zone, self.run.started_at, self.now);
            return Some(Fact::Number(days));
        }
        self.course
            .answers
            .fact(name)
            .or_else(|| self.facts.get(name))
    }
}

fn days_between(zone: &Zone, from: Timestamp, to: Timestamp) -> i64 {
    zone.day(to).days_since(zone.day(from))
}

fn judge(known: &Known<'_>, planned: Planned, now: Timestamp) -> Effect {
    let found: Option<(&Phase, &Step)> = known.course.playbook.step(&planned.step);
    let Some((phase, step)) = found else {
        return Effect::Skipped {
            planned,
            reason: Skip::Condition,
        };
    };
    if !phase.exit.is_empty() && all_hold(&phase.exit, known) == Some(true) {
        return Effect::Left {
            phase: phase.id.clone(),
        };
    }
    let reason = if planned.expires_at.is_some_and(|last| last < now) {
        if planned.at < known.run.started_at {
            Some(Skip::LateStart)
        } else {
            Some(Skip::Expired)
        }
    } else {
        match (
            all_hold(&phase.enter, known),
            all_hold(&step.conditions, known),
        ) {
            (Some(false), _) => Some(Skip::NotEntered),
            (None, _) => Some(Skip::Unknown),
            (_, Some(false)) => Some(Skip::Condition),
            // Where it is not known whether a yes is needed, it is asked for.
            (_, None) if planned.deed != Deed::Gate => Some(Skip::Unknown),
            _ if known.run.is_used_up(step) => Some(Skip::Capped),
            _ => None,
        }
    };
    match reason {
        None => Effect::Do(planned),
        Some(reason) => Effect::Skipped { planned, reason },
    }
}

#[cfg(test)]
mod tests;
