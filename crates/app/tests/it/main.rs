//! Stories of the program, on real databases.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod alarm;
mod awaited_reply;
mod batch;
mod broadcast;
mod channel;
mod classifier;
mod command;
mod connection;
mod demo;
mod digest;
mod erase;
mod fuzz;
mod gate;
mod health;
mod hook;
mod import;
mod inbound;
mod live;
mod member;
mod member_sign_in;
mod moderation;
mod operate;
mod outbox;
mod outside;
mod playbook;
mod queue;
mod reach;
mod robot;
mod sales;
mod standing;
mod task;
mod webhook;
