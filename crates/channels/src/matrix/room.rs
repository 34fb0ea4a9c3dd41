//! What is known of a room: names, who is in it, and what the account may do there.
//!
//! It is kept in memory only and read anew from the server after a start.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use yutang_domain::capability::{Capabilities, Capability, Profile};

use super::wire::Event;
use crate::Sender;

/// The power of somebody whom nothing can be forbidden.
const CREATOR: i64 = i64::MAX;
/// Who is kept from writing has less than anybody is given.
pub const MUTED: i64 = -1;
/// A room.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// Its name.
    pub name: String,
    /// Who is shared with privately; such a room is no group.
    pub private: bool,
    /// Whether what is written in it can be read by its members' devices only.
    pub encrypted: bool,
    /// Whether it has been given up for another.
    pub closed: bool,
    /// The day, counted from 1970, on which it was last told that something written here in private
    /// cannot be read.
    pub(super) sealed: Option<i64>,
    pub(super) names: HashMap<String, String>,
    pub(super) memberships: HashMap<String, String>,
    /// Who is in it, by the newest of what was read.
    pub(super) here: HashSet<String>,
    pub(super) levels: Option<Value>,
    pub(super) creators: Vec<String>,
    /// Whether creators stand above all levels, as from room version 12 on.
    pub(super) above: bool,
}

impl Room {
    /// Takes in what an event says of the room's state; others change nothing.
    pub fn learn(&mut self, event: &Event) {
        let Some(key) = &event.state_key else { return };
        match (event.kind.as_str(), key.as_str()) {
            ("m.room.member", who) => {
                if let Some(name) = event.text("displayname").filter(|name| !name.is_empty()) {
                    self.names.insert(who.to_owned(), name.to_owned());
                }
                if event.membership() == "join" {
                    self.here.insert(who.to_owned());
                } else {
                    self.here.remove(who);
                }
                self.memberships
                    .insert(who.to_owned(), event.membership().to_owned());
            }
            ("m.room.name", "") => {
                self.name = event.text("name").unwrap_or_default().to_owned();
            }
            ("m.room.canonical_alias", "") if self.name.is_empty() => {
                self.name = event.text("alias").unwrap_or_default().to_owned();
            }
            ("m.room.encryption", "") => self.encrypted = true,
            ("m.room.tombstone", "") => self.closed = true,
            ("m.room.power_levels", "") => self.levels = Some(event.content.clone()),
            ("m.room.create", "") => {
                self.creators = vec![event.sender.clone()];
                let more = event.content["additional_creators"].as_array();
                let more = more.into_iter().flatten().filter_map(Value::as_str);
                self.creators.extend(more.map(str::to_owned));
                self.above = stands_above(event.text("room_version").unwrap_or("1"));
            }
            _ => {}
        }
    }

    /// Somebody as they are called here.
    pub fn sender(&self, who: &str) -> Sender {
        let name = self.names.get(who).cloned();
        Sender {
            external_id: who.to_owned(),
            name: name.unwrap_or_else(|| localpart(who).to_owned()),
        }
    }

    /// Forgets how everybody stood to the room, so that what is read next is news.
    pub fn forget_members(&mut self) {
        self.memberships.clear();
    }

    /// Whether somebody is in the room.
    pub fn holds(&self, who: &str) -> bool {
        self.here.contains(who)
    }

    /// The membership of somebody, as far as it is known.
    pub fn membership(&self, who: &str) -> Option<&str> {
        self.memberships.get(who).map(String::as_str)
    }

    /// The power of somebody.
    pub fn level(&self, who: &str) -> i64 {
        let creator = self.creators.iter().any(|one| one == who);
        if creator && self.above {
            return CREATOR;
        }
        match &self.levels {
            None => i64::from(creator) * 100,
            Some(levels) => number(&levels["users"][who])
                .or_else(|| number(&levels["users_default"]))
                .unwrap_or(0),
        }
    }

    /// What somebody with this id can do in the room.
    pub fn rights(&self, who: &str) -> Capabilities {
        if self.membership(who).is_some_and(|word| word != "join") {
            return Capabilities::default();
        }
        let level = self.level(who);
        let empty = Value::Null;
        let levels = self.levels.as_ref().unwrap_or(&empty);
        let need = |field: &str, otherwise| number(&levels[field]).unwrap_or(otherwise);
        let state = |kind: &str| {
            number(&levels["events"][kind]).unwrap_or_else(|| {
                // Without the event there are no levels at all, and state needs none.
                need("state_default", if levels.is_null() { 0 } else { 50 })
            })
        };
        let post = number(&levels["events"]["m.room.message"])
            .unwrap_or_else(|| need("events_default", 0));
        let let_in = need("invite", 0).max(need("kick", 50));
        let needed = [
            (Capability::PostGroup, post),
            (Capability::Remove, need("ban", 50).max(need("kick", 50))),
            (Capability::Restrict, state("m.room.power_levels")),
            (Capability::DeleteMessage, need("redact", 50)),
            (Capability::ApproveJoin, let_in),
            (Capability::Invite, need("invite", 0)),
            (Capability::Announce, state("m.room.topic")),
            (Capability::Pin, state("m.room.pinned_events")),
        ];
        let mut lost: Vec<Capability> = needed
            .iter()
            .filter(|(_, needed)| level < *needed)
            .map(|(capability, _)| *capability)
            .collect();
        if self.encrypted {
            lost.push(Capability::ReadText);
        }
        Profile::Matrix.capabilities().without(&lost)
    }
}

/// A power level; old rooms wrote them as text.
pub fn number(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// The part of an id that a person chose.
pub fn localpart(who: &str) -> &str {
    let bare = who.strip_prefix('@').unwrap_or(who);
    bare.split(':').next().unwrap_or(bare)
}

fn stands_above(version: &str) -> bool {
    version.parse::<u32>().is_ok_and(|version| version >= 12)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn room(events: Value) -> Room {
        let mut room = Room::default();
        for event in events.as_array().unwrap() {
            room.learn(&Event::read(event.clone()).unwrap());
        }
        room
    }

    fn created(version: &str, levels: Value) -> Room {
        room(json!([
            { "type": "m.room.create", "state_key": "", "sender": "@maker:hs",
              "content": { "room_version": version, "additional_creators": ["@second:hs"] } },
            { "type": "m.room.power_levels", "state_key": "", "sender": "@maker:hs", "content": levels },
        ]))
    }

    #[test]
    fn creators_of_version_12_stand_above_the_levels() {
        let levels = json!({ "users": { "@mod:hs": 50 }, "ban": 50, "kick": 50 });
        let new = created("12", levels.clone());
        assert_eq!(new.level("@maker:hs"), i64::MAX);
        assert_eq!(new.level("@second:hs"), i64::MAX);
        assert_eq!(new.level("@mod:hs"), 50);
        assert_eq!(created("11", levels).level("@maker:hs"), 0);
    }

    #[test]
    fn before_there_are_levels_only_the_creator_has_power() {
        let bare = room(json!([
            { "type": "m.room.create", "state_key": "", "sender": "@maker:hs", "content": {} },
        ]));
        assert_eq!(bare.level("@maker:hs"), 100);
        assert_eq!(bare.level("@other:hs"), 0);
        assert!(!bare.rights("@other:hs").can(Capability::Remove));
        assert!(bare.rights("@maker:hs").can(Capability::Remove));
    }

    #[test]
    fn rights_follow_the_levels() {
        let moderated = created(
            "10",
            json!({ "users": { "@mod:hs": 50, "@old:hs": "100" }, "events": { "m.room.power_levels": 100 },
                    "invite": 50 }),
        );
        let of = |who| moderated.rights(who);
        assert!(of("@mod:hs").can(Capability::Remove));
        assert!(of("@mod:hs").can(Capability::ApproveJoin));
        assert!(!of("@mod:hs").can(Capability::Restrict));
        assert!(of("@old:hs").can(Capability::Restrict));
        assert!(of("@any:hs").can(Capability::PostGroup));
        assert!(!of("@any:hs").can(Capability::DeleteMessage));
        assert!(!of("@any:hs").can(Capability::JoinCode));
    }

    #[test]
    fn nothing_can_be_read_in_an_encrypted_room_or_done_in_one_left() {
        let mut room = created("10", json!({}));
        assert!(room.rights("@bot:hs").can(Capability::ReadText));
        room.encrypted = true;
        assert!(!room.rights("@bot:hs").can(Capability::ReadText));
        room.learn(
            &Event::read(json!({ "type": "m.room.member", "state_key": "@bot:hs",
                "sender": "@mod:hs", "content": { "membership": "ban" } }))
            .unwrap(),
        );
        assert_eq!(room.rights("@bot:hs").iter().count(), 0);
    }

    #[test]
    fn somebody_without_a_name_is_called_by_their_id() {
        assert_eq!(Room::default().sender("@anna:hs.test").name, "anna");
        assert_eq!(localpart("odd"), "odd");
    }
}
