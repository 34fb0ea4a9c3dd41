//! The contract of the store, on both engines: every statement prepares, both schemas are one,
//! every row belongs to a workspace, migrations and transactions do what they promise.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod migrate;
mod parity;
mod schema;
mod statements;
mod tenancy;
mod tx;
