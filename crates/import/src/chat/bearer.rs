//! Who carries which name in a file.
//!
//! Notices name people without their ids. Where a name belongs to one id only in the whole of a
//! room, the notice means that id; so it does not matter whether the notice or the first message
//! of the person comes first, nor how far they lie apart.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hasher as _},
};

use super::{Body, Record, Sender, System};

/// The ids behind a name in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer<'p> {
    /// None that the file shows.
    Unknown,
    /// One and no other.
    One(&'p str),
    /// More than one.
    Several,
}

/// Names by room; `None` = several ids.
#[derive(Debug, Default)]
pub(super) struct Bearers(HashMap<u64, Option<Box<str>>>);

/// Names kept, at most; a notice with a later name stays without an id.
const KEPT: usize = 1 << 18;

impl Bearers {
    fn key(room: u64, name: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(room);
        hasher.write(name.as_bytes());
        hasher.finish()
    }

    fn see(&mut self, room: u64, sender: &Sender) {
        let Some(id) = sender.external_id.as_deref() else {
            return;
        };
        if sender.name.is_empty() {
            return;
        }
        let key = Self::key(room, &sender.name);
        let full = self.0.len() >= KEPT;
        match self.0.get_mut(&key) {
            Some(held) if held.as_deref() == Some(id) => {}
            Some(held) => *held = None,
            None if full => {}
            None => {
                self.0.insert(key, Some(id.into()));
            }
        }
    }

    /// Notes the names and ids that a record shows.
    pub fn gather(&mut self, room: u64, record: &Record) {
        match &record.body {
            Body::Message(message) => self.see(room, &message.sender),
            Body::System { event, .. } => {
                for sender in event.people() {
                    self.see(room, sender);
                }
            }
        }
    }

    pub fn of(&self, room: u64, name: &str) -> Bearer<'_> {
        match self.0.get(&Self::key(room, name)) {
            Some(Some(id)) => Bearer::One(id),
            Some(None) => Bearer::Several,
            None => Bearer::Unknown,
        }
    }

    /// Gives the people whom a notice names the ids that they have in the file.
    pub fn name(&self, room: u64, record: &mut Record) {
        let Body::System { event, .. } = &mut record.body else {
            return;
        };
        for sender in event.people_mut() {
            if sender.external_id.is_none()
                && let Bearer::One(id) = self.of(room, &sender.name)
            {
                sender.external_id = Some(id.to_owned());
            }
        }
    }
}

impl System {
    /// The people who came or went, and who brought or put them.
    pub fn people(&self) -> impl Iterator<Item = &Sender> {
        let (who, other) = match self {
            Self::Joined { who, inviter } => (who.as_slice(), inviter.as_ref()),
            Self::Left { who } => (who.as_slice(), None),
            Self::Removed { who, by } => (who.as_slice(), by.as_ref()),
            _ => ([].as_slice(), None),
        };
        who.iter().chain(other)
    }

    fn people_mut(&mut self) -> impl Iterator<Item = &mut Sender> {
        let (who, other) = match self {
            Self::Joined { who, inviter } => (who.as_mut_slice(), inviter.as_mut()),
            Self::Left { who } => (who.as_mut_slice(), None),
            Self::Removed { who, by } => (who.as_mut_slice(), by.as_mut()),
            _ => ([].as_mut_slice(), None),
        };
        who.iter_mut().chain(other)
    }
}
