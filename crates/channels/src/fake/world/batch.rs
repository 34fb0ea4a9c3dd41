//! What there is of one group: people, comings and goings, messages, orders.

use yutang_domain::time::Timestamp;

use crate::{MessageKind, fake::people::Person};

/// Somebody in a group that is not their first.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Who.
    pub person: Person,
    /// When they came.
    pub joined_at: Timestamp,
}

/// Coming or going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassageKind {
    /// Came in.
    Joined,
    /// Left.
    Left,
}

/// Somebody came or went.
#[derive(Clone, Debug)]
pub struct Passage {
    /// Its key on the network.
    pub key: String,
    /// Who.
    pub person: u32,
    /// What.
    pub kind: PassageKind,
    /// When.
    pub at: Timestamp,
    /// Who brought them.
    pub inviter: Option<u32>,
    /// How they came.
    pub via: &'static str,
}

/// Something said.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its key on the network.
    pub key: String,
    /// Who.
    pub person: u32,
    /// When.
    pub at: Timestamp,
    /// What it consists of.
    pub kind: MessageKind,
    /// The words.
    pub text: String,
    /// The key of the message that it answers.
    pub reply_to: Option<String>,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Paid.
    Paid,
    /// Cancelled before it was paid.
    Cancelled,
    /// Paid back.
    Refunded,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    /// Stock number.
    pub sku: String,
    /// How many; negative for what came back.
    pub quantity: i64,
    /// The line's total in minor units; negative for what came back.
    pub amount_minor: i64,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number at the shop.
    pub key: String,
    /// Who.
    pub person: u32,
    /// Through which group.
    pub group: usize,
    /// When.
    pub at: Timestamp,
    /// What.
    pub lines: Vec<OrderLine>,
    /// What became of it.
    pub state: OrderState,
}

impl Order {
    /// Sum of the lines in minor units.
    pub fn amount_minor(&self) -> i64 {
        self.lines.iter().map(|line| line.amount_minor).sum()
    }
}

/// Everything about one group.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Which group.
    pub group: usize,
    /// People at home in it: each person is at home in one group only.
    pub people: Vec<Person>,
    /// People from groups handed over before.
    pub guests: Vec<Guest>,
    /// Comings and goings, in order of time.
    pub passages: Vec<Passage>,
    /// Messages, in order of time.
    pub messages: Vec<Message>,
    /// Orders of the people at home in it, in order of time.
    pub orders: Vec<Order>,
}
