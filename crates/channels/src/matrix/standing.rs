//! Who somebody is in a room, by the power they have there.
//!
//! Nothing of it is remembered: an event that changes the levels says what stood before it, so
//! the same event tells the same on every reading.

use std::collections::BTreeMap;

use serde_json::Value;
use yutang_domain::group::Standing;

use super::{
    map::View,
    room::{Room, number},
    wire::Event,
};
use crate::{Fact, Inbound};

/// The kind of event that says who has which power.
pub const LEVELS: &str = "m.room.power_levels";
/// From this power on somebody is an owner.
const OWNS: i64 = 100;
/// From this power on somebody runs a room, whatever it asks for putting people out.
const RUNS: i64 = 50;

impl Room {
    /// What everybody is whom these levels name, or who made the room where its maker stands above
    /// all levels. With 100 or more one is an owner, with 50 or with what it takes to put people
    /// out an admin. A level that everybody has makes nobody an admin.
    pub fn standings(&self, levels: &Value) -> BTreeMap<String, Standing> {
        let of = |field: &str, otherwise| number(&levels[field]).unwrap_or(otherwise);
        let everybody = of("users_default", 0);
        let puts_out = of("kick", RUNS).min(of("ban", RUNS));
        let runs = RUNS.min(puts_out).max(everybody.saturating_add(1));
        let stands = |level| match level {
            OWNS.. => Standing::Owner,
            level if level >= runs => Standing::Admin,
            _ => Standing::Member,
        };
        let users = levels["users"].as_object().into_iter().flatten();
        let mut all: BTreeMap<String, Standing> = users
            .filter(|(who, _)| who.starts_with('@'))
            .map(|(who, level)| (who.clone(), stands(number(level).unwrap_or(everybody))))
            .collect();
        if self.above || levels.is_null() {
            let owners = self.creators.iter().cloned();
            all.extend(owners.map(|who| (who, Standing::Owner)));
        }
        all
    }
}

impl View<'_> {
    /// Who is more than a member of a room seen for the first time.
    pub fn stand_first(
        self,
        room: &Room,
        levels: Option<&Event>,
        created: Option<&Event>,
    ) -> Vec<Inbound> {
        let Some(event) = levels.or(created) else {
            return Vec::new();
        };
        let mut above = room.standings(levels.map_or(&Value::Null, |event| &event.content));
        above.retain(|_, standing| *standing != Standing::Member);
        self.stand(room, event, above)
    }

    /// Who became something else by new levels. Where the server does not say what stood before,
    /// it is told of everybody they name: what is in memory may be younger than the event.
    pub fn stand_anew(self, room: &Room, event: &Event) -> Vec<Inbound> {
        let mut now = room.standings(&event.content);
        if let Some(before) = event.before().filter(|before| before.is_object()) {
            let before = room.standings(before);
            for who in before.keys() {
                now.entry(who.clone()).or_insert(Standing::Member);
            }
            now.retain(|who, standing| {
                *standing != before.get(who).copied().unwrap_or(Standing::Member)
            });
        }
        self.stand(room, event, now)
    }

    /// Who is more than a member on coming in: levels may name people long before they do.
    pub fn stands_on_arrival(self, room: &Room, event: &Event) -> Vec<Inbound> {
        let levels = room.levels.as_ref().unwrap_or(&Value::Null);
        let mut own = room.standings(levels);
        own.retain(|who, standing| {
            event.state_key.as_ref() == Some(who) && *standing != Standing::Member
        });
        self.stand(room, event, own)
    }

    /// Whoever is not in the room is nobody there yet, whatever power they would have.
    fn stand(
        self,
        room: &Room,
        event: &Event,
        standings: BTreeMap<String, Standing>,
    ) -> Vec<Inbound> {
        let here = |who: &str, standing| standing == Standing::Member || room.holds(who);
        let others = standings
            .into_iter()
            .filter(|(who, standing)| who != self.me && here(who, *standing));
        others
            .map(|(who, standing)| Inbound {
                key: format!("stands:{}:{who}", event.event_id),
                at: event.at(),
                group: Some(self.room.to_owned()),
                fact: Fact::Stands {
                    who: room.sender(&who),
                    standing,
                },
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(version: &str) -> Room {
        let mut room = Room::default();
        room.learn(
            &Event::read(
                json!({ "event_id": "$c", "type": "m.room.create", "state_key": "",
                "sender": "@maker:hs",
                "content": { "room_version": version, "additional_creators": ["@second:hs"] } }),
            )
            .unwrap(),
        );
        room
    }

    #[test]
    fn whoever_has_power_of_their_own_stands_out() {
        let standings = |version, levels: Value| {
            let room = made(version);
            let all = room.standings(&levels).into_iter();
            let above = all.filter(|(_, standing)| *standing != Standing::Member);
            above.collect::<Vec<_>>()
        };
        let is = |who: &str, standing| (format!("@{who}:hs"), standing);
        let users = json!({ "@a:hs": 100, "@b:hs": "99", "@c:hs": 50, "@d:hs": 30, "@e:hs": -1,
            "@f:hs": [], "#x": 100 });
        assert_eq!(
            standings("11", json!({ "users": users })),
            [
                is("a", Standing::Owner),
                is("b", Standing::Admin),
                is("c", Standing::Admin)
            ]
        );
        assert_eq!(
            standings(
                "12",
                json!({ "users": { "@d:hs": 30, "@c:hs": 29 }, "kick": 30, "ban": 60 })
            ),
            [
                is("d", Standing::Admin),
                is("maker", Standing::Owner),
                is("second", Standing::Owner)
            ]
        );
        let anybody = json!({ "users": { "@d:hs": 0, "@c:hs": 1 }, "kick": 0 });
        assert_eq!(standings("11", anybody), [is("c", Standing::Admin)]);
        assert_eq!(made("11").standings(&Value::Null).len(), 2, "who made it");
    }

    const VIEW: View<'_> = View {
        me: "@bot:hs",
        room: "!room",
        first: false,
    };

    fn levels(users: &Value, before: &Value) -> Event {
        Event::read(
            json!({ "event_id": "$p", "type": LEVELS, "state_key": "", "sender": "@a:hs",
            "content": { "users": users }, "unsigned": { "prev_content": before } }),
        )
        .unwrap()
    }

    fn told(facts: &[Inbound]) -> Vec<(&str, Standing)> {
        let all = facts.iter().filter_map(|inbound| match &inbound.fact {
            Fact::Stands { who, standing } => {
                let key = format!("stands:$p:{}", who.external_id);
                assert_eq!(
                    (&inbound.key, inbound.group.as_deref()),
                    (&key, Some("!room"))
                );
                Some((who.name.as_str(), *standing))
            }
            _ => None,
        });
        all.collect()
    }

    #[test]
    fn new_levels_tell_who_became_something_else() {
        let mut room = made("11");
        let enters = |room: &mut Room, who: &str| {
            let event = json!({ "event_id": format!("$in:{who}"), "type": "m.room.member",
                "state_key": who, "sender": who, "content": { "membership": "join" } });
            VIEW.facts(room, &Event::read(event).unwrap())
        };
        for who in ["@a:hs", "@b:hs", "@new:hs"] {
            enters(&mut room, who);
        }
        let now = json!({ "@absent:hs": 100, "@a:hs": 100, "@b:hs": 100, "@new:hs": 50, "@low:hs": 0, "@bot:hs": 90 });
        let was = json!({ "users": { "@a:hs": 100, "@b:hs": 50, "@low:hs": 50, "@gone:hs": 60,
            "@none:hs": 5 } });
        let changed = [
            ("b", Standing::Owner),
            ("gone", Standing::Member),
            ("low", Standing::Member),
            ("new", Standing::Admin),
        ];
        // Twice: it does not depend on what was read before.
        for _ in 0..2 {
            let facts = VIEW.facts(&mut room, &levels(&now, &was));
            assert!(matches!(facts[0].fact, Fact::Rights { .. }));
            assert_eq!(told(&facts), changed);
        }
        let same = json!({ "users": now });
        assert_eq!(told(&VIEW.facts(&mut room, &levels(&now, &same))), []);
        let unknown = VIEW.facts(&mut room, &levels(&now, &Value::Null));
        assert_eq!(
            told(&unknown),
            [
                ("a", Standing::Owner),
                ("b", Standing::Owner),
                ("low", Standing::Member),
                ("new", Standing::Admin)
            ]
        );
        // Whoever has power and is not here is nobody here, until they come in.
        let arrives = enters(&mut room, "@absent:hs");
        assert!(matches!(&arrives[0].fact, Fact::Joined { .. }));
        assert!(
            matches!(&arrives[1].fact, Fact::Stands { who, standing: Standing::Owner }
            if who.external_id == "@absent:hs"),
            "{arrives:?}"
        );
        assert_eq!(enters(&mut room, "@low:hs").len(), 1);
        room.private = true;
        assert_eq!(told(&VIEW.facts(&mut room, &levels(&now, &was))), []);
    }

    #[test]
    fn a_room_seen_for_the_first_time_tells_who_is_more_than_a_member() {
        let mut room = made("12");
        for who in ["@b:hs", "@c:hs", "@maker:hs"] {
            let event = json!({ "event_id": "$in", "type": "m.room.member", "state_key": who,
                "sender": who, "content": { "membership": "join" } });
            room.learn(&Event::read(event).unwrap());
        }
        let event = levels(
            &json!({ "@b:hs": 50, "@c:hs": 0, "@bot:hs": 100 }),
            &Value::Null,
        );
        let facts = VIEW.stand_first(&room, Some(&event), None);
        assert_eq!(
            told(&facts),
            [("b", Standing::Admin), ("maker", Standing::Owner)],
            "the second maker is not in it"
        );
    }
}
