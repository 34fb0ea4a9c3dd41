//! Stories of the program, on real databases.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod batch;
mod connection;
mod demo;
mod erase;
mod health;
mod hook;
mod import;
mod inbound;
mod member;
mod member_sign_in;
mod operate;
mod outbox;
mod queue;
mod sales;
mod task;
