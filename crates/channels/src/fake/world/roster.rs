//! Who is in a group, since when and until when.

use yutang_domain::time::{DAY, HOUR, Timestamp};

use super::{Guest, Passage, PassageKind, World};
use crate::fake::{
    order::gap_of,
    people::{Person, person},
    plan::Temper,
    planted::CONNECTOR_GROUPS,
    section::rng,
};

const ROSTER: u64 = 21;
const GUESTS: u64 = 22;

impl World {
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

    pub(super) fn passages(
        &self,
        number: usize,
        people: &[Person],
        guests: &[Guest],
    ) -> Vec<Passage> {
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
