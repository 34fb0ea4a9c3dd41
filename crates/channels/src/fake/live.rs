//! How the world goes on after the moment from which it was made.

use std::collections::BTreeMap;

use yutang_domain::{
    group::Scene,
    time::{MINUTE, SECOND, Timestamp, Zone},
};

use super::{
    Temper,
    order::basket,
    people::shown_name,
    talk::{Topic, ask, say},
    world::{OrderLine, World},
};
use crate::{Fact, Inbound, MessageKind, Sender};

/// How fast things happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As in life: a few things a minute by day, few at night.
    Natural,
    /// A turn every three to eight seconds, for people who look on; at the latest every fourth is
    /// something that any profile of the network shows.
    Quick,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// On the chat network.
    Chat(Inbound),
    /// At the shop.
    Order {
        /// The order's number.
        key: String,
        /// Who.
        buyer: Sender,
        /// The network's id of the group through which it came.
        group: String,
        /// When.
        at: Timestamp,
        /// What.
        lines: Vec<OrderLine>,
    },
}

impl Happening {
    /// When it happens.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Chat(inbound) => inbound.at,
            Self::Order { at, .. } => *at,
        }
    }
}

/// A group as it is now.
#[derive(Debug)]
struct Room {
    external_id: String,
    store: String,
    scene: Scene,
    temper: Temper,
    course_over: bool,
    staff: Vec<Sender>,
    people: Vec<Sender>,
    /// Talkers among the people.
    talkers: Vec<usize>,
}

/// The world from now on. Groups keep their temper: a dead one stays dead.
#[derive(Debug)]
pub struct Live {
    rooms: Vec<Room>,
    zone: Zone,
    pace: Pace,
    rng: fastrand::Rng,
    /// Part of every key, so that two lives of one world never use the same.
    life: i64,
    serial: u64,
    next_at: Timestamp,
    /// Turns since the last thing that any profile shows.
    unseen: u8,
    pending: BTreeMap<(Timestamp, u64), Happening>,
}

/// How many groups of a chain are played; more would only cost memory.
const ROOMS_MAX: usize = 40;

/// How many turns may pass, when somebody looks on, without anything that any profile shows.
const UNSEEN_MAX: u8 = 3;

impl Live {
    /// Goes on with `world` from `now`.
    pub fn new(world: &World, now: Timestamp, pace: Pace) -> Self {
        let today = world.zone().day(now);
        let rooms = (0..world.groups().len().min(ROOMS_MAX))
            .map(|number| {
                let group = &world.groups()[number];
                let roster = world.roster(number);
                let here: Vec<_> = roster
                    .into_iter()
                    .filter(|person| person.left_at.is_none())
                    .collect();
                let scripted = |index| {
                    world
                        .planted()
                        .is_some_and(|planted| planted.has_part(index))
                };
                Room {
                    external_id: group.external_id.clone(),
                    store: world.stores()[group.store].name.clone(),
                    scene: group.scene,
                    temper: group.temper,
                    course_over: group.ends_on.is_some_and(|end| end < today),
                    staff: group
                        .staff
                        .iter()
                        .map(|seat| &world.staff()[seat.staff])
                        .map(|staff| Sender {
                            external_id: super::people::external_id(staff.person),
                            name: staff.name.clone(),
                        })
                        .collect(),
                    talkers: here
                        .iter()
                        .enumerate()
                        .filter(|(_, person)| person.talk > 0.0 && !scripted(person.index))
                        .map(|(place, _)| place)
                        .collect(),
                    people: here
                        .into_iter()
                        .map(|person| Sender {
                            external_id: person.external_id,
                            name: person.name,
                        })
                        .collect(),
                }
            })
            .collect();
        Self {
            rooms,
            zone: world.zone().clone(),
            pace,
            rng: fastrand::Rng::with_seed(world.seed() ^ now.ms().unsigned_abs()),
            life: now.ms(),
            serial: 0,
            next_at: now.plus(2 * SECOND),
            unseen: 0,
            pending: BTreeMap::new(),
        }
    }

    /// When something happens next.
    pub fn next_at(&self) -> Timestamp {
        let pending = self
            .pending
            .keys()
            .next()
            .map_or(self.next_at, |(at, _)| *at);
        pending.min(self.next_at)
    }

    /// Everything that has happened by `now`, in order. After a long pause life goes on from
    /// `now`; nothing is made up for the time nobody looked.
    pub fn due(&mut self, now: Timestamp) -> Vec<Happening> {
        if now.since(self.next_at) > MINUTE {
            self.next_at = now;
        }
        while self.next_at <= now {
            let at = self.next_at;
            self.turn(at);
            let pause = self.pause(at);
            self.next_at = at.plus(pause);
        }
        let later = self.pending.split_off(&(now.plus(1), 0));
        std::mem::replace(&mut self.pending, later)
            .into_values()
            .collect()
    }

    fn pause(&mut self, at: Timestamp) -> i64 {
        match self.pace {
            Pace::Quick => self.rng.i64(3 * SECOND..8 * SECOND),
            Pace::Natural => match self.zone.hour(at) {
                0..6 => self.rng.i64(4 * MINUTE..20 * MINUTE),
                6 | 23 => self.rng.i64(MINUTE..4 * MINUTE),
                _ => self.rng.i64(8 * SECOND..34 * SECOND),
            },
        }
    }

    fn key(&mut self, kind: char) -> String {
        self.serial += 1;
        format!("fk_l{}{kind}{}", self.life, self.serial)
    }

    fn put(&mut self, happening: Happening) {
        self.serial += 1;
        self.pending
            .insert((happening.at(), self.serial), happening);
    }

    fn chat(&mut self, room: usize, at: Timestamp, fact: Fact) -> String {
        let key = self.key('m');
        let group = Some(self.rooms[room].external_id.clone());
        self.put(Happening::Chat(Inbound {
            key: key.clone(),
            at,
            group,
            fact,
        }));
        key
    }

    fn post(
        &mut self,
        room: usize,
        at: Timestamp,
        sender: Sender,
        text: String,
        reply_to: Option<String>,
    ) -> String {
        self.chat(
            room,
            at,
            Fact::Posted {
                sender,
                kind: MessageKind::Text,
                text,
                reply_to,
                edits: None,
                picture: None,
            },
        )
    }

    /// One thing, perhaps with what follows from it.
    fn turn(&mut self, at: Timestamp) {
        let room = self.rng.usize(..self.rooms.len());
        match self.rng.u8(..100) {
            0..62 => self.talk(room, at),
            62..84 => self.order(room, at),
            84..96 => self.come(room, at),
            _ => self.go(room, at),
        }
        self.unseen += 1;
        if self.pace == Pace::Quick && self.unseen > UNSEEN_MAX {
            let from = self.rng.usize(..self.rooms.len());
            let selling = (0..self.rooms.len())
                .map(|step| (from + step) % self.rooms.len())
                .find(|room| {
                    let room = &self.rooms[*room];
                    matches!(room.temper, Temper::Lively | Temper::QuietSelling)
                        && !room.people.is_empty()
                });
            if let Some(room) = selling {
                self.sell(room, at);
            }
        }
    }

    fn talker(&mut self, room: usize) -> Option<Sender> {
        let place = &self.rooms[room];
        if place.talkers.is_empty() {
            return None;
        }
        let index = place.talkers[self.rng.usize(..place.talkers.len())];
        Some(place.people[index].clone())
    }

    fn talk(&mut self, room: usize, at: Timestamp) {
        let (temper, scene) = (self.rooms[room].temper, self.rooms[room].scene);
        let says = match temper {
            Temper::Lively => 100,
            Temper::Steady => 45,
            Temper::Advert => 40,
            Temper::Cooling => 3,
            Temper::Dead | Temper::QuietSelling => 0,
        };
        if self.rooms[room].course_over || self.rng.u8(..100) >= says {
            return;
        }
        let Some(sender) = self.talker(room) else {
            return;
        };
        let store = self.rooms[room].store.clone();
        let course = matches!(scene, Scene::Paid | Scene::Training);
        if temper == Temper::Advert && self.rng.u8(..100) < 30 {
            let text = say(Topic::Advert, &store, &mut self.rng);
            self.post(room, at, sender, text, None);
            return;
        }
        if self.rng.u8(..100) < 24 {
            let (question, answers) = ask(course, &store, &mut self.rng);
            let key = self.post(room, at, sender.clone(), question, None);
            let mut later = at;
            for (number, answer) in answers.into_iter().enumerate() {
                later = later.plus(self.rng.i64(12..90) * SECOND);
                // Staff answer seven questions of eight.
                let staff = self.rooms[room]
                    .staff
                    .last()
                    .cloned()
                    .filter(|_| number == 0 && self.rng.u8(..8) > 0);
                let Some(who) = staff.or_else(|| self.talker(room)) else {
                    continue;
                };
                if who != sender {
                    self.post(room, later, who, answer, Some(key.clone()));
                }
            }
            return;
        }
        let topic = match self.rng.u8(..100) {
            0..16 => Topic::Greeting,
            16..70 => match scene {
                Scene::Tea => Topic::Tea,
                Scene::Parents => Topic::Parents,
                Scene::Paid | Scene::Training => Topic::Course,
                _ => Topic::Bread,
            },
            70..84 if !course => Topic::Pickup,
            70..96 => Topic::Thanks,
            _ => Topic::Chat,
        };
        let text = say(topic, &store, &mut self.rng);
        self.post(room, at, sender, text, None);
    }

    fn order(&mut self, room: usize, at: Timestamp) {
        let buys = match self.rooms[room].temper {
            Temper::Lively | Temper::QuietSelling => 100,
            Temper::Steady => 80,
            Temper::Advert => 30,
            Temper::Cooling => 4,
            Temper::Dead => 0,
        };
        if self.rooms[room].people.is_empty() || self.rng.u8(..100) >= buys {
            return;
        }
        self.sell(room, at);
    }

    fn sell(&mut self, room: usize, at: Timestamp) {
        self.unseen = 0;
        let place = self.rng.usize(..self.rooms[room].people.len());
        let buyer = self.rooms[room].people[place].clone();
        let group = self.rooms[room].external_id.clone();
        let lines = basket(&mut self.rng);
        let key = self.key('o');
        self.put(Happening::Order {
            key,
            buyer,
            group,
            at,
            lines,
        });
    }

    fn come(&mut self, room: usize, at: Timestamp) {
        if self.rooms[room].course_over || self.rooms[room].temper == Temper::Dead {
            return;
        }
        self.unseen = 0;
        let parents = self.rooms[room].scene == Scene::Parents;
        let name = shown_name(parents, &self.rooms[room].store.clone(), &mut self.rng);
        let who = Sender {
            external_id: self.key('p'),
            name,
        };
        let inviter = if self.rng.u8(..100) < 25 {
            self.talker(room)
        } else {
            None
        };
        let via = if inviter.is_some() {
            "invite"
        } else {
            "store_code"
        };
        self.rooms[room].people.push(who.clone());
        let place = self.rooms[room].people.len() - 1;
        let fact = Fact::Joined {
            who: who.clone(),
            via: Some(via.to_owned()),
            inviter,
        };
        self.chat(room, at, fact);
        if self.rooms[room].temper == Temper::Lively && self.rng.u8(..100) < 40 {
            self.rooms[room].talkers.push(place);
            let store = self.rooms[room].store.clone();
            let text = say(Topic::Newcomer, &store, &mut self.rng);
            let later = at.plus(self.rng.i64(15..80) * SECOND);
            self.post(room, later, who, text, None);
            if let Some(host) = self.rooms[room].staff.last().cloned() {
                let text = say(Topic::StaffWelcome, &store, &mut self.rng);
                let later = later.plus(self.rng.i64(10..60) * SECOND);
                self.post(room, later, host, text, None);
            }
        }
    }

    /// Somebody who does not talk leaves.
    fn go(&mut self, room: usize, at: Timestamp) {
        let place = &self.rooms[room];
        if place.people.len() < 20 {
            return;
        }
        let last = place.people.len() - 1;
        let index = self.rng.usize(last / 2..=last);
        if place.talkers.iter().any(|talker| *talker >= index) {
            return;
        }
        self.unseen = 0;
        let who = self.rooms[room].people.remove(index);
        self.chat(room, at, Fact::Left { who });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::fake::Scale;

    fn live(pace: Pace) -> (Live, Timestamp) {
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let now = "2026-11-20T09:30:00Z".parse().unwrap();
        let world = World::generate(7, now, &zone, Scale::Demo);
        (Live::new(&world, now, pace), now)
    }

    #[test]
    fn life_goes_on_in_order_with_keys_of_its_own() {
        let (mut live, start) = live(Pace::Quick);
        let mut keys = HashSet::new();
        let (mut posts, mut joins, mut orders) = (0, 0, 0);
        let mut last = start;
        for step in 1..=3_600 {
            for happening in live.due(start.plus(step * SECOND)) {
                assert!(happening.at() >= last && happening.at() <= start.plus(step * SECOND));
                last = happening.at();
                let key = match &happening {
                    Happening::Chat(inbound) => {
                        posts += u32::from(matches!(inbound.fact, Fact::Posted { .. }));
                        joins += u32::from(matches!(inbound.fact, Fact::Joined { .. }));
                        inbound.key.clone()
                    }
                    Happening::Order { key, .. } => {
                        orders += 1;
                        key.clone()
                    }
                };
                assert!(keys.insert(key));
            }
        }
        assert!(
            posts > 50 && joins > 5 && orders > 20,
            "{posts} {joins} {orders}"
        );
    }

    /// Whoever looks on sees something within half a minute, even where texts cannot be read.
    #[test]
    fn the_quick_pace_leaves_nobody_waiting() {
        let (mut live, start) = live(Pace::Quick);
        let mut last = start;
        for step in 1..=7_200 {
            let now = start.plus(step * SECOND);
            for happening in live.due(now) {
                let talk = matches!(
                    &happening,
                    Happening::Chat(Inbound {
                        fact: Fact::Posted { .. },
                        ..
                    })
                );
                if !talk {
                    last = happening.at();
                }
            }
            assert!(now.since(last) <= 34 * SECOND, "{step}");
        }
    }

    #[test]
    fn a_long_pause_is_not_made_up_for() {
        let (mut live, start) = live(Pace::Natural);
        let after = live.due(start.plus(24 * 60 * MINUTE));
        assert!(after.len() < 10, "{}", after.len());
        assert!(live.next_at() > start.plus(24 * 60 * MINUTE));
    }

    #[test]
    fn dead_groups_stay_dead_and_quiet_ones_quiet() {
        let (mut live, start) = live(Pace::Quick);
        for happening in live.due(start).into_iter().chain(
            (1..2_000)
                .flat_map(|step| live.due(start.plus(step * 2 * SECOND)))
                .collect::<Vec<_>>(),
        ) {
            if let Happening::Chat(Inbound {
                group: Some(group),
                fact,
                ..
            }) = &happening
                && matches!(fact, Fact::Posted { .. })
            {
                assert!(group != "fk_g0009" && group != "fk_g0005", "{happening:?}");
            }
        }
    }
}
