//! The API as its users see it: HTTP in, HTTP out, on real databases.

mod audit;
mod edge;
mod http;
mod idempotency;
mod permission;
mod session;
mod staff;
mod stream;
mod token;
