//! The world: who is where, who came and went, and what a group's ninety days hold.
//!
//! Everything is worked out group by group from the seed, so that a chain of hundreds of thousands
//! of people never lies in memory at once: [`World::batches`] hands over one group at a time and
//! forgets it.

use yutang_domain::{
    group::Standing,
    time::{DAY, Date, HOUR, Timestamp, Zone},
};

use super::{
    converse,
    order::{gap_of, orders},
    people::{Person, person},
    plan::{self, Group, Region, Scale, Staff, Store, Temper},
    planted::{CONNECTOR_GROUPS, Planted},
    section::{rng, sections},
};
use crate::MessageKind;

/// Days of talk and orders, today included.
pub const DAYS: usize = 90;

/// A simulated bakery with its people, seen from one moment.
#[derive(Clone, Debug)]
pub struct World {
    seed: u64,
    now: Timestamp,
    zone: Zone,
    scale: Scale,
    /// First instants of the days, and of tomorrow.
    days: Vec<Timestamp>,
    weekdays: Vec<u8>,
    regions: Vec<Region>,
    stores: Vec<Store>,
    staff: Vec<Staff>,
    groups: Vec<Group>,
    population: u32,
    planted: Option<Planted>,
}

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

const ROSTER: u64 = 21;
const GUESTS: u64 = 22;

impl World {
    /// The name of the bakery.
    pub const SHOP: &'static str = "麦田里烘焙";
    /// The name of its head office.
    pub const HEAD: &'static str = "总部";

    /// Tags that the shop uses: names and colours.
    pub fn tags() -> Vec<(&'static str, &'static str)> {
        sections(include_str!("../../data/tags.txt"))
            .into_iter()
            .flat_map(|(_, lines)| lines)
            .filter_map(|line| line.split_once('|'))
            .collect()
    }

    /// A line that staff have ready; empty if there is none of that name.
    pub fn line(name: &str) -> &'static str {
        sections(include_str!("../../data/lines.txt"))
            .into_iter()
            .flat_map(|(_, lines)| lines)
            .find_map(|line| line.split_once('=').filter(|(n, _)| *n == name))
            .map_or("", |(_, text)| text)
    }

    /// The world of this seed as it stands at `now`, whose civil day in `zone` is the last one.
    pub fn generate(seed: u64, now: Timestamp, zone: &Zone, scale: Scale) -> Self {
        let today = zone.day(now);
        let first = today.plus_days(1 - DAYS as i64);
        let dates: Vec<Date> = (0..=DAYS as i64).map(|n| first.plus_days(n)).collect();
        let plan = match scale {
            Scale::Demo => plan::demo(zone, now),
            Scale::Chain {
                stores,
                groups,
                members,
            } => plan::chain(seed, zone, now, (stores, groups, members)),
        };
        let planted = matches!(scale, Scale::Demo).then(|| Planted::cast(&plan.groups));
        Self {
            seed,
            now,
            zone: zone.clone(),
            scale,
            days: dates.iter().map(|date| zone.start_of(*date)).collect(),
            weekdays: dates.iter().map(|date| date.weekday()).collect(),
            regions: plan.regions,
            stores: plan.stores,
            staff: plan.staff,
            groups: plan.groups,
            population: plan.population,
            planted,
        }
    }

    /// The seed.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The moment from which it is seen.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The zone of its days.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether it is the one bakery with everything planted in it.
    pub const fn is_demo(&self) -> bool {
        matches!(self.scale, Scale::Demo)
    }

    /// Its regions.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Its stores.
    pub fn stores(&self) -> &[Store] {
        &self.stores
    }

    /// Its staff; their people come before all others.
    pub fn staff(&self) -> &[Staff] {
        &self.staff
    }

    /// Its groups.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// How many people there are, staff included.
    pub const fn population(&self) -> u32 {
        self.population
    }

    /// Who plays which part, in the demo.
    pub const fn planted(&self) -> Option<&Planted> {
        self.planted.as_ref()
    }

    /// First instant of the ninety days.
    pub fn begin(&self) -> Timestamp {
        self.days[0]
    }

    /// The groups one after another, each forgotten when the next is asked for.
    pub fn batches(&self) -> impl Iterator<Item = Batch> + '_ {
        (0..self.groups.len()).map(|group| self.batch(group))
    }

    /// Everything about one group.
    pub fn batch(&self, group: usize) -> Batch {
        let people = self.roster(group);
        let guests = self.guests(group);
        let messages = converse::messages(self, group, &people, &guests);
        let orders = orders(self, group, &people);
        let passages = self.passages(group, &people, &guests);
        Batch {
            group,
            people,
            guests,
            passages,
            messages,
            orders,
        }
    }

    /// The people at home in a group, in order of coming except where a planted fact says
    /// otherwise.
    pub fn roster(&self, number: usize) -> Vec<Person> {
        let group = &self.groups[number];
        let store = &self.stores[group.store].name;
        let parents = group.scene == yutang_domain::group::Scene::Parents;
        let mut rng = rng(self.seed, ROSTER, number as u64);
        let opened = self.zone.start_of(group.opened_on).plus(9 * HOUR);
        let closed = group
            .ends_on
            .map_or(self.now, |end| self.zone.start_of(end).min(self.now));
        let span = closed.since(opened).max(HOUR);
        let course = group.term == yutang_domain::group::Term::Short;
        let mut joins: Vec<i64> = (0..group.home)
            .map(|_| {
                let early = rng.u8(..100) < if course { 85 } else { 22 };
                let after = if early {
                    rng.i64(0..(12 * DAY).min(span))
                } else {
                    rng.i64(0..span)
                };
                self.waking(opened.plus(after), &mut rng)
                    .min(closed.plus(-HOUR))
                    .ms()
            })
            .collect();
        joins.sort_unstable();
        let mut people: Vec<Person> = Vec::with_capacity(group.home as usize);
        for (offset, joined) in joins.into_iter().enumerate() {
            let index = group.first + offset as u32;
            let mut person = person(self.seed, index, parents, store);
            person.home = number;
            person.joined_at = Timestamp::from_ms(joined);
            if rng.u8(..100) < 26 && offset > 8 {
                person.inviter = Some(group.first + rng.u32(6..offset as u32)).filter(|inviter| {
                    self.planted
                        .as_ref()
                        .is_none_or(|planted| !planted.has_part(*inviter))
                });
            }
            person.via = if person.inviter.is_some() {
                "invite"
            } else {
                ["store_code", "store_code", "poster", "receipt"][rng.usize(..4)]
            };
            let (share, weight) = readiness(group.temper, rng.f64());
            person.talk = if rng.u8(..100) < share { weight } else { 0.0 };
            person.gap = gap_of(group.temper, &mut rng);
            if let Some(planted) = &self.planted {
                planted.dress(&mut person, self.now);
            }
            people.push(person);
        }
        let staff = group.staff.len() as u32;
        let leavers = match group.present {
            Some(present) => (group.home + staff).saturating_sub(present),
            None => group.home * 8 / 100,
        };
        self.let_go(&mut people, leavers, &mut rng);
        people
    }

    /// Lets some people leave.
    fn let_go(&self, people: &mut [Person], leavers: u32, rng: &mut fastrand::Rng) {
        let mut left = 0;
        for _ in 0..people.len() * 20 {
            if left == leavers {
                break;
            }
            let person = &mut people[rng.usize(..people.len())];
            let kept = self
                .planted
                .as_ref()
                .is_some_and(|p| p.has_part(person.index));
            let stay = self.now.since(person.joined_at);
            if kept || person.left_at.is_some() || stay < 3 * DAY {
                continue;
            }
            let after = DAY + rng.i64(0..stay - 2 * DAY);
            person.left_at = Some(self.waking(person.joined_at.plus(after), rng).min(self.now));
            left += 1;
        }
    }

    /// People of earlier groups who are in this one too; chance brings those of the same store.
    pub fn guests(&self, number: usize) -> Vec<Guest> {
        let mut guests = Vec::new();
        let group = &self.groups[number];
        let mut rng = rng(self.seed, GUESTS, number as u64);
        let from = if self.is_demo() {
            number.checked_sub(1)
        } else {
            number.checked_sub(self.stores.len())
        };
        let from = from.filter(|n| self.groups[*n].store == group.store && group.present.is_none());
        let opened = self.zone.start_of(group.opened_on).plus(10 * HOUR);
        let mut come = |person: Person, rng: &mut fastrand::Rng| {
            let since = person.joined_at.max(opened);
            let span = self.now.since(since);
            if span > 2 * DAY {
                let at = self.waking(since.plus(rng.i64(0..span - DAY)), rng);
                guests.push(Guest {
                    person,
                    joined_at: at.min(self.now.plus(-HOUR)),
                });
            }
        };
        if let Some(from) = from {
            let every = if self.is_demo() { 13 } else { 50 };
            for person in self.roster(from) {
                let part = self
                    .planted
                    .as_ref()
                    .is_some_and(|p| p.has_part(person.index));
                if person.index % every == 4 && person.left_at.is_none() && !part {
                    come(person, &mut rng);
                }
            }
        }
        if let Some(planted) = &self.planted
            && CONNECTOR_GROUPS.contains(&number)
        {
            let home = &self.groups[0];
            if let Some(person) = self
                .roster(0)
                .into_iter()
                .nth((planted.connector - home.first) as usize)
            {
                let joined_at = self
                    .begin()
                    .plus(-(20 + 5 * number as i64) * DAY + 11 * HOUR);
                guests.push(Guest { person, joined_at });
            }
        }
        guests
    }

    fn passages(&self, number: usize, people: &[Person], guests: &[Guest]) -> Vec<Passage> {
        let group = &self.groups[number];
        let mut passages = Vec::with_capacity(people.len() + guests.len() + 16);
        let mut came = |person: u32, at, inviter, via| {
            let key = format!("{}-j{person}", group.external_id);
            passages.push(Passage {
                key,
                person,
                kind: PassageKind::Joined,
                at,
                inviter,
                via,
            });
        };
        let opened = self.zone.start_of(group.opened_on).plus(9 * HOUR);
        for seat in &group.staff {
            came(self.staff[seat.staff].person, opened, None, "staff");
        }
        for person in people {
            came(person.index, person.joined_at, person.inviter, person.via);
        }
        for guest in guests {
            came(guest.person.index, guest.joined_at, None, "staff");
        }
        for person in people {
            if let Some(at) = person.left_at {
                passages.push(Passage {
                    key: format!("{}-l{}", group.external_id, person.index),
                    person: person.index,
                    kind: PassageKind::Left,
                    at,
                    inviter: None,
                    via: "",
                });
            }
        }
        passages.sort_by_key(|passage| (passage.at, passage.person));
        passages
    }

    /// The instant moved into the hours in which people are awake, on the same day.
    fn waking(&self, at: Timestamp, rng: &mut fastrand::Rng) -> Timestamp {
        let hour = i64::from(self.zone.hour(at));
        if hour < 8 {
            at.plus((8 - hour + rng.i64(0..12)) * HOUR)
        } else {
            at
        }
    }

    /// The number of the day an instant lies in, if it is one of the ninety.
    pub(super) fn day_index(&self, ms: i64) -> Option<usize> {
        let index = self.days.partition_point(|day| day.ms() <= ms);
        (index > 0 && index <= DAYS).then(|| index - 1)
    }

    /// First instant of a day.
    pub(super) fn day_start(&self, day: usize) -> Option<Timestamp> {
        (day < DAYS).then(|| self.days[day])
    }

    /// 1 = Monday … 7 = Sunday.
    pub(super) fn weekday(&self, day: usize) -> u8 {
        self.weekdays[day.min(DAYS)]
    }

    /// The same, if it is one of the ninety.
    pub(super) fn weekday_opt(&self, day: usize) -> Option<u8> {
        (day < DAYS).then(|| self.weekdays[day])
    }

    /// What the network shows somebody as in a group.
    pub fn standing(&self, group: usize, person: u32) -> Standing {
        if self.groups[group].admin == Some(person) {
            return Standing::Admin;
        }
        self.groups[group]
            .staff
            .iter()
            .find(|seat| self.staff[seat.staff].person == person)
            .map_or(Standing::Member, |seat| seat.standing)
    }
}

/// How many of a hundred people talk, and how much this one does, by a number from 0 to 1.
fn readiness(temper: Temper, dice: f64) -> (u8, f64) {
    let share = match temper {
        Temper::Lively => 24,
        Temper::Steady => 7,
        Temper::Cooling => 14,
        Temper::Advert => 10,
        Temper::Dead => 5,
        Temper::QuietSelling => 0,
    };
    (share, 1.0 / (1.0 + 11.0 * dice))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn demo() -> World {
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let now = "2026-11-20T09:30:00Z".parse().unwrap();
        World::generate(7, now, &zone, Scale::Demo)
    }

    #[test]
    fn the_same_seed_and_time_make_the_same_world() {
        let (one, other) = (demo().batch(0), demo().batch(0));
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let third = World::generate(8, demo().now(), &zone, Scale::Demo).batch(0);
        assert_ne!(format!("{one:?}"), format!("{third:?}"));
    }

    #[test]
    fn three_thousand_people_in_twelve_groups_of_three_stores() {
        let world = demo();
        assert_eq!(world.population(), 3_000);
        assert_eq!((world.stores().len(), world.groups().len()), (3, 12));
        let mut people = HashSet::new();
        let mut keys = HashSet::new();
        let mut messages = 0;
        for batch in world.batches() {
            for person in &batch.people {
                assert!(people.insert(person.index));
                assert!(person.joined_at < world.now());
                assert!(person.left_at.is_none_or(|left| left > person.joined_at));
            }
            for guest in &batch.guests {
                assert!(
                    people.contains(&guest.person.index),
                    "a guest is at home somewhere"
                );
            }
            for message in &batch.messages {
                assert!(message.at <= world.now() && message.at >= world.begin());
                assert!(keys.insert(message.key.clone()));
                if let Some(answered) = &message.reply_to {
                    assert!(
                        keys.contains(answered),
                        "{answered} comes before its answer"
                    );
                }
            }
            for order in &batch.orders {
                assert!(order.at <= world.now() && keys.insert(order.key.clone()));
                assert_eq!(order.amount_minor() > 0, order.state == OrderState::Paid);
            }
            messages += batch.messages.len();
        }
        assert_eq!(people.len() + world.staff().len(), 3_000);
        assert!((8_000..25_000).contains(&messages), "{messages} messages");
    }

    #[test]
    fn a_chain_comes_in_batches_of_the_right_sum() {
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let scale = Scale::Chain {
            stores: 60,
            groups: 200,
            members: 4_001,
        };
        let world = World::generate(7, demo().now(), &zone, scale);
        let names: HashSet<_> = world.stores().iter().map(|s| s.name.clone()).collect();
        assert_eq!(names.len(), 60);
        let groups: HashSet<_> = world.groups().iter().map(|g| g.name.clone()).collect();
        assert!(groups.len() > 190);
        let people: usize = world.batches().map(|batch| batch.people.len()).sum();
        assert_eq!(people, 4_001);
    }
}
