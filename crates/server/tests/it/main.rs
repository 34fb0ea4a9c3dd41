//! The program as an operator runs it: the real binary, real files, both databases.
#![expect(clippy::unwrap_used, reason = "tests and what they share")]

mod bad;
mod broadcast;
mod channel;
mod config;
mod disk;
mod history;
mod hook;
mod import;
mod kill;
mod live;
mod moderation;
mod operate;
mod playbook;
mod program;
mod report;
mod serve;
mod text;
