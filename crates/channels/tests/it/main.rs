//! Adapters against the networks themselves, or what stands in for them.

mod matrix;
mod telegram;
