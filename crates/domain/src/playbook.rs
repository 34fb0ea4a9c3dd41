//! Playbooks (打法, SOP): the trade's procedures as data.
//!
//! A playbook says what good people do, when, to whom, in which words, and what must be so before.
//! It is read from TOML and [checked](parse) as a whole; its answers are [checked](Answers::check)
//! against its questions; its [plan](Course::occurrences) is told before anything happens; a
//! [run](Run) does that plan and nothing else: each step once, also when the clock was stopped, and
//! what came too late is left out and named. Nothing here asks the time, sends or stores.
//!
//! `towards:` names requirements that are met once something carries playbooks out.

mod adjust;
mod answer;
mod calendar;
mod check;
mod condition;
mod fault;
mod file;
mod plan;
mod run;
mod schema;
mod segment;
mod shipped;
mod when;

pub use adjust::{Adjusted, Adjustment, renumbered};
pub use answer::{Answer, Answers, Given, Setting, read_answers};
pub use calendar::{Calendar, LunarCalendar, SolarOnly};
pub use check::{ANCHORS, BYTES_MAX, CAP, EVENT_CAP, parse, review};
pub use condition::{
    Comparison, Condition, ConditionError, FACTS, Fact, FactKind, Facts, all_hold,
};
pub use fault::{Fault, Reason};
pub use plan::{Anchors, Course, Heard, OverCap, Planned};
pub use run::{Advance, Effect, Run, RunState, Skip};
pub use schema::{
    Against, Ask, AskKind, Choice, Deed, Due, Key, Measure, Metric, Mode, Phase, Playbook,
    Precondition, Start, Step, Subject, To, Trigger, Undo, Usual, Words,
};
pub use segment::{TRAITS, read_segment};
pub use shipped::SHIPPED;
pub use when::{ClockTime, Every, Shift, Span, When, WhenError, is_name, length};

use crate::error::{Class, Rule};

/// Why a playbook cannot be used so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaybookError {
    /// It has faults.
    #[error("the playbook has {} faults; {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Invalid(Vec<Fault>),
    /// The answers have faults.
    #[error("the answers have {} faults; {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Answers(Vec<Fault>),
    /// A run goes on with the version it began with.
    #[error("the run goes on with {wanted}, not with {given}")]
    Version {
        /// What it began with.
        wanted: String,
        /// What was given.
        given: String,
    },
    /// The run does not wait for a yes there.
    #[error("the run does not wait for a yes at {0}")]
    Gate(String),
    /// Something that has to be so before the start is not.
    #[error("it cannot start yet: {}", .0.join(", "))]
    Checks(Vec<String>),
    /// There is no such playbook.
    #[error("there is no playbook {0:?}")]
    Unknown(String),
    /// It is about a group or a person, and none was named.
    #[error("say which {0} it is about")]
    About(Subject),
    /// Nobody can start it so: it has no such trigger.
    #[error("{0:?} is not started by hand: it begins by itself once it is switched on")]
    ByItself(String),
    /// It is under way for the same occasion.
    #[error("the same playbook is under way for the same occasion, or was")]
    Again,
    /// It is not switched on.
    #[error("{0:?} is not switched on")]
    Off(String),
    /// An adjustment names a step that is not there, or does not fit it.
    #[error("step {0:?} cannot be changed so")]
    Adjust(String),
    /// The id of a text is that of another playbook.
    #[error("the text calls itself {given:?}, not {wanted:?}")]
    Name {
        /// Under which name it is kept.
        wanted: String,
        /// What the text says.
        given: String,
    },
    /// The run has changed meanwhile.
    #[error("the run has changed meanwhile: look at it again")]
    Changed,
    /// The run is over.
    #[error("the run is {0} already")]
    Over(RunState),
}

impl Rule for PlaybookError {
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "playbook.invalid",
            Self::Answers(_) => "playbook.answers",
            Self::Version { .. } => "playbook.version",
            Self::Gate(_) => "playbook.gate",
            Self::Checks(_) => "playbook.checks",
            Self::Unknown(_) => "playbook.unknown",
            Self::About(_) => "playbook.about",
            Self::ByItself(_) => "playbook.by_itself",
            Self::Again => "playbook.again",
            Self::Off(_) => "playbook.off",
            Self::Adjust(_) => "playbook.adjust",
            Self::Name { .. } => "playbook.name",
            Self::Changed => "playbook.changed_meanwhile",
            Self::Over(_) => "playbook.over",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Invalid(_)
            | Self::Answers(_)
            | Self::About(_)
            | Self::ByItself(_)
            | Self::Adjust(_)
            | Self::Name { .. } => Class::Invalid,
            Self::Unknown(_) => Class::NotFound,
            Self::Version { .. }
            | Self::Gate(_)
            | Self::Checks(_)
            | Self::Again
            | Self::Off(_)
            | Self::Changed
            | Self::Over(_) => Class::Conflict,
        }
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::Invalid(faults) | Self::Answers(faults) => {
                let first = faults.iter().find(|fault| !fault.is_warning())?;
                Some(match first.line {
                    0 => first.place.clone(),
                    line => format!("text:{line}"),
                })
            }
            Self::Checks(ids) => ids.first().map(|id| format!("check.{id}")),
            Self::About(subject) => Some(subject.to_string()),
            Self::Adjust(step) => Some(format!("adjust.{step}")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
