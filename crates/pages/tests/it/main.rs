//! The pages of members, as a browser without script sees them.

mod browser;
mod me;
mod open;
