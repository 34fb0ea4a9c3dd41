//! Reading what people write, without a network, a clock or a model.
//!
//! A group's health hangs on what its messages are: an advert, a complaint, something of value, off
//! its topic. A number that nobody can explain is worth nothing to the person who has to act on
//! it, so every judgement here is a rule that can be read, names the characters that led to it, and
//! gives the same answer each time. Search folding lives here too, because the writer of a name
//! and the one who looks for it seldom type it the same way.
//!
//! Texts are folded once ([`fold::Folded`]) and read by all judges; word lists are data files of
//! this crate, compiled into matchers on first use. [`verdict::judge`] does all of it in one go.

pub mod advert;
pub mod claim;
pub mod classify;
pub mod complaint;
pub mod contact;
pub mod evasion;
pub mod fold;
pub mod insult;
pub mod lexicon;
pub mod model;
pub mod near;
mod phrase;
pub mod pipeline;
pub mod qr;
pub mod quality;
pub mod search;
pub mod topic;
pub mod units;
pub mod value;
pub mod verdict;
