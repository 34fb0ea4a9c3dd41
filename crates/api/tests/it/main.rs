//! The API as its users see it: HTTP in, HTTP out, on real databases.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod alarm;
mod audit;
mod digest;
mod edge;
mod export;
mod gate;
mod group;
mod hook;
mod http;
mod idempotency;
mod import;
mod moderation;
mod openapi;
mod permission;
mod playbook;
mod report;
mod robot;
mod session;
mod staff;
mod stream;
mod today;
mod token;
mod webhook;
