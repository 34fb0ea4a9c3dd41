//! A simulated network with people in it.
//!
//! Nobody buys a shop system without seeing it run, and no program for groups can be tried out on
//! empty ones. [`world`] is a bakery with stores, groups and ninety days behind it, the same for
//! the same seed and time; [`live`] lets it go on; [`network`] is the chat network on which all
//! that happens, behind the port every real one stands behind. Names, talk, goods and places are
//! data (`data/*.txt`); telephone numbers begin with 154, which is in no person's use.

mod converse;
pub mod history;
pub mod live;
pub mod network;
mod order;
pub mod people;
pub mod plan;
mod planted;
mod section;
pub mod talk;
pub mod world;

pub use {
    live::{Happening, Live, Pace},
    network::{FakeChannel, FakeNetwork},
    plan::{Group, KEPT, Post, Region, Scale, Staff, Store, Temper},
    planted::Planted,
    world::{Batch, Guest, Message, Order, OrderLine, OrderState, Passage, PassageKind, World},
};
