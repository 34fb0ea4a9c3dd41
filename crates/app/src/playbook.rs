//! Playbooks (打法, SOP) at work: read, written, rehearsed, started, carried out, stopped.
//!
//! The procedure is data and the decisions are pure ([`yutang_domain::playbook`]); here stand who may
//! do what, where the facts come from, and how a step is done through what exists already: broadcasts,
//! tasks, private messages, tags. A run is a row with the moment it wakes at
//! ([why](../../../docs/adr/0018-a-run-is-a-row-that-wakes.md)).

mod begin;
mod carry;
mod conflict;
mod listen;
mod prepare;
mod rehearse;
mod say;
mod stand;
mod text;
mod world;

pub use self::{
    begin::{Begun, Start},
    conflict::{Conflict, ConflictKind, Remedy, RemedyWord},
    rehearse::{Checked, Rehearsal, RehearsedStep},
    stand::{RunPage, RunStanding, RunStep, Stopped},
    text::{Listed, Shown},
};
pub use yutang_store::playbook::Filter;
