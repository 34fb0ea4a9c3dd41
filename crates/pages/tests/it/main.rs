//! The pages of members, as a browser without script sees them.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod browser;
mod me;
mod open;
