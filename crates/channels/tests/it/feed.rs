//! Feeds: real ones against two other readers, made ones for what those have no example of, and
//! servers that mean harm.
#![expect(clippy::unwrap_used, reason = "tests and what they share")]

mod harm;
mod made;
mod real;
