//! Playbooks (打法, SOP): the trade's procedures as data.
//!
//! A playbook says what good people do, when, to whom, in which words, and what must be so before.
//! It is read from TOML and [checked](parse) as a whole; its answers are [checked](Answers::check)
//! against its questions; its [plan](Course::occurrences) is told before anything happens; a
//! [run](Run) does that plan and nothing else: each step once, also when the clock was stopped, and
//! what came too late is left out and named. Nothing here asks the time, sends or stores.

mod answer;
mod check;
mod condition;
mod fault;
mod file;
mod plan;
mod schema;
mod when;

pub use answer::{Answer, Answers, Given, Setting, read_answers};
pub use check::{ANCHORS, BYTES_MAX, CAP, EVENT_CAP, parse, review};
pub use condition::{
    Comparison, Condition, ConditionError, FACTS, Fact, FactKind, Facts, all_hold,
};
pub use fault::{Fault, Reason};
pub use plan::{Anchors, Course, Heard, OverCap, Planned};
pub use schema::{
    Against, Ask, AskKind, Deed, Due, Key, Measure, Metric, Mode, Phase, Playbook, Precondition,
    Start, Step, Subject, To, Trigger, Undo, Words,
};
pub use when::{
    Calendar, ClockTime, Every, Shift, SolarOnly, Span, When, WhenError, is_name, length,
};
