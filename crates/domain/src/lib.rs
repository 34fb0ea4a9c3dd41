//! Types and rules of community marketing, with nothing that can wait, fail on a network or tell
//! the time by itself.
//!
//! A merchant's day is decided here: whether a group lives, whether two records are one person,
//! who may do what, what a message was worth. Because nothing in this crate does I/O, every
//! decision can be read, repeated and tested with plain values; `app` supplies the facts and
//! carries out what was decided.

pub mod actor;
pub mod alarm;
pub mod appeal;
pub mod awaited_reply;
pub mod branch;
pub mod broadcast;
pub mod capability;
pub mod classifier;
pub mod command;
pub mod connection;
pub mod digest;
pub mod error;
pub mod event;
pub mod feed;
pub mod finding;
pub mod gate;
pub mod group;
pub mod health;
pub mod id;
pub mod import;
pub mod lunar;
pub mod mark;
pub mod member;
pub mod moderation;
pub mod money;
pub mod onboarding;
pub mod outside;
pub mod permission;
pub mod playbook;
pub mod policy;
pub mod reach;
pub mod robot;
pub mod rule_set;
pub mod sanction;
pub mod staff;
pub mod task;
pub mod time;
pub mod webhook;
pub mod welcome;
