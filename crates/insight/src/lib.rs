//! The numbers people act on, as plain functions over slices.
//!
//! A figure that can be wrong in silence is worse than none: these functions do no I/O, take no
//! time from anywhere and are told all they need, so that each can be checked with a handful of
//! numbers and gives the same answer in the console, on the command line and in a report. What is
//! undefined (a share of nothing, a change from zero, the words of a group that cannot be read)
//! is `None` and never 0 and never NaN. Formulas, units and sources: `docs/reference/metrics.md`.

pub mod concentration;
pub mod median;
pub mod sales;
pub mod series;
pub mod share;
pub mod silence;
pub mod store_ranking;
pub mod two_way;
pub mod vitality;
