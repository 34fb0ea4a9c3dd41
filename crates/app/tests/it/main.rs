//! Stories of the program, on real databases.

mod batch;
mod demo;
mod erase;
mod import;
mod member;
mod member_sign_in;
mod operate;
mod outbox;
mod queue;
mod task;
