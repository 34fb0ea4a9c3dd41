//! Adapters against the networks themselves, or what stands in for them.

mod feed;
mod judges;
mod matrix;
mod telegram;
