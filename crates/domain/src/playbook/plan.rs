//! The plan of one run: which step is due when, told before anything happens.
//!
//! The plan knows no facts: conditions are looked at when a step is due. What a
//! [run](super::run) does is this plan, step by step.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    answer::Answers,
    calendar::Calendar,
    schema::{Deed, Due, Mode, Phase, Playbook, Step, To},
    when::{Every, Span, When},
};
use crate::{
    event::EventKind,
    member::Birthday,
    time::{DAY, Date, Timestamp, Zone},
};

/// How far ahead the next repetition is looked for: longer than any lunar year.
const HORIZON: i64 = 430 * DAY;

/// Something that happened to the subject of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// What.
    pub event: EventKind,
    /// When.
    pub at: Timestamp,
    /// Its id: the same is heard once.
    pub key: String,
}

/// The moments that a run knows beside those among its answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchors {
    /// By name; `start` is the moment the run is about.
    pub named: BTreeMap<String, Timestamp>,
    /// The subject's birthday.
    pub birthday: Option<Birthday>,
    /// What happened, for looking ahead; a run hears of it one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<Heard>,
}

impl Anchors {
    /// With nothing but the moment that the run is about.
    pub fn at(start: Timestamp) -> Self {
        Self {
            named: BTreeMap::from([("start".to_owned(), start)]),
            ..Self::default()
        }
    }

    /// With one more moment.
    #[must_use]
    pub fn with(mut self, name: &str, at: Timestamp) -> Self {
        self.named.insert(name.to_owned(), at);
        self
    }
}

/// A step at its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// When it is due.
    pub at: Timestamp,
    /// Its place among all steps.
    pub order: usize,
    /// The phase.
    pub phase: String,
    /// The step.
    pub step: String,
    /// What it does.
    #[serde(rename = "do")]
    pub deed: Deed,
    /// To whom.
    pub to: To,
    /// By which way.
    pub mode: Option<Mode>,
    /// The text's name.
    pub copy: Option<String>,
    /// After this instant it is left out; `None` = never.
    pub expires_at: Option<Timestamp>,
}

/// A playbook with everything that says when its steps are due.
#[derive(Clone, Copy)]
pub struct Course<'a> {
    /// The playbook, in the version the run began with.
    pub playbook: &'a Playbook,
    /// What was filled in.
    pub answers: &'a Answers,
    /// The moments that are known.
    pub anchors: &'a Anchors,
    /// Whose clock on the wall.
    pub zone: &'a Zone,
    /// Who knows lunar days.
    pub calendar: &'a dyn Calendar,
}

/// From the first instant (inclusive) to the last (exclusive); `None` = open.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl Range {
    fn holds(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

impl Course<'_> {
    /// The moment of that name.
    pub fn moment(&self, name: &str) -> Option<Timestamp> {
        self.answers
            .moment(name, self.zone)
            .or_else(|| self.anchors.named.get(name).copied())
    }

    /// The moment that the run is about.
    pub fn start(&self) -> Timestamp {
        self.moment("start").unwrap_or_default()
    }

    /// The instant of a time that is relative to a known moment.
    pub fn instant(&self, when: &When) -> Option<Timestamp> {
        when.at(self.moment(when.anchor()?)?, self.zone)
    }

    /// When a phase begins and ends; it ends before the instant told.
    pub fn window(&self, phase: &Phase) -> (Option<Timestamp>, Option<Timestamp>) {
        let of = |when: &Option<When>| when.as_ref().and_then(|when| self.instant(when));
        (of(&phase.from), of(&phase.until))
    }

    /// Every step that is due from `from` (inclusive) to `to` (exclusive), by time and then as
    /// written.
    pub fn occurrences(&self, from: Timestamp, to: Timestamp) -> Vec<Planned> {
        self.due(
            Range {
                from: Some(from),
                to: Some(to),
            },
            true,
        )
    }

    pub(super) fn due(&self, range: Range, heard: bool) -> Vec<Planned> {
        let mut found: Vec<Planned> = self
            .playbook
            .steps()
            .enumerate()
            .flat_map(|(order, (phase, step))| {
                self.times(phase, step, range, heard)
                    .into_iter()
                    .map(move |at| planned(order, phase, step, at))
            })
            .collect();
        found.sort_by_key(|planned| (planned.at, planned.order));
        found
    }

    /// The instants of one step inside a range. A range without a beginning holds repetitions only
    /// from the run's own beginning on.
    pub(super) fn times(
        &self,
        phase: &Phase,
        step: &Step,
        range: Range,
        heard: bool,
    ) -> Vec<Timestamp> {
        let (phase_from, phase_until) = self.window(phase);
        match &step.due {
            Due::At(when) if !when.repeats() => {
                let at = self.instant(when).filter(|at| range.holds(*at));
                at.into_iter().collect()
            }
            Due::At(when) => {
                let origin = phase_from.unwrap_or_else(|| self.start());
                let from = range.from.map_or(origin, |from| from.max(origin));
                let to = [range.to, phase_until].into_iter().flatten().min();
                let span = Span {
                    from,
                    to: to.unwrap_or_else(|| from.plus(HORIZON)),
                    origin,
                };
                when.within(span, self.zone, self.anchors.birthday, self.calendar)
            }
            Due::On(event) if heard => self
                .anchors
                .heard
                .iter()
                .filter(|heard| heard.event == *event && range.holds(heard.at))
                .filter(|heard| self.is_open(phase, heard.at))
                .map(|heard| heard.at)
                .collect(),
            Due::On(_) => Vec::new(),
            Due::After {
                step: None,
                shift,
                clock,
            } => {
                let base = match &phase.from {
                    Some(from) => self.instant(from),
                    None => Some(self.start()),
                };
                let at = base.map(|base| shift.apply(base, *clock, self.zone));
                at.filter(|at| range.holds(*at)).into_iter().collect()
            }
            Due::After {
                step: Some(before),
                shift,
                clock,
            } => {
                let Some((phase, before)) = self.playbook.step(before) else {
                    return Vec::new();
                };
                // A day is at most 26 hours long, and a clock moves within the day.
                let about = shift.days * DAY + shift.minutes * 60_000;
                let slack = 2 * DAY;
                let wider = Range {
                    from: range.from.map(|from| from.plus(-about - slack)),
                    to: range.to.map(|to| to.plus(slack - about)),
                };
                self.times(phase, before, wider, heard)
                    .into_iter()
                    .map(|at| shift.apply(at, *clock, self.zone))
                    .filter(|at| range.holds(*at))
                    .collect()
            }
        }
    }

    /// Whether a phase has begun and not ended at an instant.
    pub(super) fn is_open(&self, phase: &Phase, at: Timestamp) -> bool {
        let (from, until) = self.window(phase);
        Range { from, to: until }.holds(at)
    }

    /// The first time of a step at or after an instant.
    pub(super) fn next(&self, phase: &Phase, step: &Step, at: Timestamp) -> Option<Timestamp> {
        let first = |to: Option<Timestamp>| {
            self.times(phase, step, Range { from: Some(at), to }, false)
                .into_iter()
                .min()
        };
        if !self.repeats(step) {
            return first(None);
        }
        let (from, _) = self.window(phase);
        let begin = at.max(from.unwrap_or_else(|| self.start()));
        let near = begin.plus(if self.is_frequent(step) {
            DAY
        } else {
            40 * DAY
        });
        first(Some(near)).or_else(|| first(Some(begin.plus(HORIZON))))
    }

    fn repeats(&self, step: &Step) -> bool {
        match &step.due {
            Due::At(when) => when.repeats(),
            Due::On(_) => false,
            Due::After {
                step: Some(before), ..
            } => self
                .playbook
                .step(before)
                .is_some_and(|(_, before)| self.repeats(before)),
            Due::After { step: None, .. } => false,
        }
    }

    fn is_frequent(&self, step: &Step) -> bool {
        matches!(
            &step.due,
            Due::At(When::Every {
                every: Every::Minutes(_) | Every::Day,
                ..
            })
        )
    }

    /// The steps that follow what happened, and what comes after them.
    pub(super) fn answered(&self, event: EventKind, at: Timestamp) -> Vec<Planned> {
        let mut times: BTreeMap<&str, Timestamp> = BTreeMap::new();
        let mut found = Vec::new();
        for (order, (phase, step)) in self.playbook.steps().enumerate() {
            let due = match &step.due {
                Due::On(known) if *known == event && self.is_open(phase, at) => Some(at),
                Due::After {
                    step: Some(before),
                    shift,
                    clock,
                } => times
                    .get(before.as_str())
                    .map(|base| shift.apply(*base, *clock, self.zone)),
                _ => None,
            };
            if let Some(due) = due {
                times.insert(&step.id, due);
                found.push(planned(order, phase, step, due));
            }
        }
        found
    }

    /// The days on which groups get more posts than the playbook allows itself: the day, the step
    /// that is one too many, how many there are, and how many are allowed.
    pub fn over_cap(&self, from: Timestamp, to: Timestamp) -> Vec<OverCap> {
        let mut counts: BTreeMap<(Date, bool), u32> = BTreeMap::new();
        let mut found: Vec<OverCap> = Vec::new();
        for planned in self.occurrences(from, to) {
            let event = planned.to == To::Group && self.playbook.opens_group();
            let is_post = planned.deed.is_post() && matches!(planned.to, To::Group | To::Groups);
            if !is_post {
                continue;
            }
            let day = self.zone.day(planned.at);
            let count = counts.entry((day, event)).or_default();
            *count += 1;
            let cap = if event {
                self.playbook.event_cap
            } else {
                self.playbook.cap
            };
            if *count > cap && !found.iter().any(|over| over.step == planned.step) {
                found.push(OverCap {
                    day,
                    step: planned.step,
                    posts: *count,
                    cap,
                });
            }
        }
        found
    }
}

/// A post that is one too many for its day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OverCap {
    /// The day.
    pub day: Date,
    /// The step.
    pub step: String,
    /// Which post of that day it is.
    pub posts: u32,
    /// How many are allowed.
    pub cap: u32,
}

fn planned(order: usize, phase: &Phase, step: &Step, at: Timestamp) -> Planned {
    Planned {
        at,
        order,
        phase: phase.id.clone(),
        step: step.id.clone(),
        deed: step.deed,
        to: step.to,
        mode: step.mode,
        copy: step.copy.clone(),
        expires_at: step.expires_ms.map(|ms| at.plus(ms)),
    }
}
