//! The world: who is where, who came and went, and what a group's ninety days hold.
//!
//! Everything is worked out group by group from the seed, so that a chain of hundreds of thousands
//! of people never lies in memory at once: [`World::batches`] hands over one group at a time and
//! forgets it.

mod batch;
mod roster;

use yutang_domain::{
    group::Standing,
    time::{Date, Timestamp, Zone},
};

pub use batch::{Batch, Guest, Message, Order, OrderLine, OrderState, Passage, PassageKind};

use super::{
    converse,
    order::orders,
    plan::{self, Group, Region, Scale, Staff, Store},
    planted::Planted,
    section::sections,
};

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
