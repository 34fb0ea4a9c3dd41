//! The facts planted in the demo, each to be found by the console (trade.md 13).

use yutang_domain::time::{DAY, HOUR, MINUTE, Timestamp, Zone};

use super::{
    Group,
    people::{self, Birthday, Person},
    plan,
};

/// Who plays which part; numbers of people.
#[derive(Clone, Debug)]
pub struct Planted {
    /// One person twice: the same birthday and telephone number, nearly the same name.
    pub twins: (u32, u32),
    /// 孩子误发: sends one bare mini-programme card.
    pub child: u32,
    /// 羊毛党: nine telephones in a row that came within minutes, ordered once, and fell silent.
    pub flock: [u32; 9],
    /// Who brought them.
    pub flock_inviter: u32,
    /// 李姐: quiet, in four groups, answers people.
    pub connector: u32,
    /// The fourteen people she talks with.
    pub ties: Vec<u32>,
    /// Whom she brought, with how many orders each.
    pub brought: Vec<(u32, u32)>,
    /// 王总: knows everybody in one group.
    pub loud: u32,
    /// The one he brought.
    pub loud_friend: u32,
    /// Ordered every six days, then not for twenty.
    pub slipping: u32,
    /// 客诉: found a hair in the bread, minutes ago.
    pub complainer: u32,
    /// Asked something that nobody answered.
    pub asker: u32,
}

/// Groups 李姐 is in, besides her own.
pub(super) const CONNECTOR_GROUPS: [usize; 3] = [1, 2, 4];
/// How many people 王总 talks with.
pub(super) const LOUD_TIES: usize = 210;
/// How many orders came from the people 李姐 brought.
pub(super) const BROUGHT: [u32; 6] = [5, 4, 4, 4, 3, 3];

impl Planted {
    /// Casts the parts among the people at home in the groups of the demo.
    pub(super) fn cast(groups: &[Group]) -> Self {
        let at = |group: usize, offset: u32| groups[group].first + offset;
        let mut ties = Vec::new();
        for (group, count) in [(0, 4), (1, 4), (2, 3), (4, 3)] {
            ties.extend((0..count).map(|n| at(group, 60 + 9 * n)));
        }
        Self {
            twins: (at(0, 33), at(2, 190)),
            child: at(2, 40),
            flock: std::array::from_fn(|n| at(8, 300 + n as u32)),
            flock_inviter: at(8, 120),
            connector: at(0, 5),
            ties,
            brought: BROUGHT
                .iter()
                .zip(0..)
                .map(|(count, n)| (at(0, 230 + 11 * n), *count))
                .collect(),
            loud: at(0, 2),
            loud_friend: at(0, 200),
            slipping: at(8, 50),
            complainer: at(0, 150),
            asker: at(2, 77),
        }
    }

    /// Everybody with a part.
    pub(super) fn has_part(&self, index: u32) -> bool {
        self.flock.contains(&index)
            || self.ties.contains(&index)
            || self.brought.iter().any(|(brought, _)| *brought == index)
            || [
                self.twins.0,
                self.twins.1,
                self.child,
                self.flock_inviter,
                self.connector,
                self.loud,
                self.loud_friend,
                self.slipping,
                self.complainer,
                self.asker,
            ]
            .contains(&index)
    }

    /// Whether somebody's talk is all planned, so that chance gives them nothing to say.
    pub(super) fn is_scripted(&self, index: u32) -> bool {
        index == self.connector
            || index == self.loud
            || index == self.child
            || self.flock.contains(&index)
    }

    /// Makes somebody play their part.
    pub(super) fn dress(&self, person: &mut Person, now: Timestamp) {
        let index = person.index;
        if self.is_scripted(index) {
            person.talk = 0.0;
        }
        if index == self.twins.0 || index == self.twins.1 {
            let name = if index == self.twins.0 {
                "王芳"
            } else {
                "王芳芳"
            };
            name.clone_into(&mut person.name);
            person.phone = Some(people::phone(self.twins.0));
            person.birthday = Some(Birthday {
                lunar: false,
                month: 5,
                day: 12,
                year: Some(1988),
            });
            person.gap = Some(if index == self.twins.0 { 9.0 } else { 21.0 });
        }
        if let Some(place) = self.flock.iter().position(|p| *p == index) {
            let place = place as i64;
            person.joined_at =
                now.plus(-38 * DAY - now.ms().rem_euclid(DAY) + 6 * HOUR + place * 95_000);
            person.phone = Some(format!("154088120{:02}", 31 + place));
            person.name = format!("微笑{}", 3107 + place * 11);
            person.birthday = None;
            person.inviter = Some(self.flock_inviter);
            person.via = "invite";
        }
        if index == self.connector {
            "李姐".clone_into(&mut person.name);
            person.gap = Some(12.0);
            person.inviter = None;
        }
        if index == self.loud {
            "王总".clone_into(&mut person.name);
            person.gap = Some(40.0);
            person.inviter = None;
        }
        if self.brought.iter().any(|(brought, _)| *brought == index) {
            person.inviter = Some(self.connector);
            person.via = "invite";
        }
        if index == self.loud_friend {
            person.inviter = Some(self.loud);
            person.via = "invite";
        }
        if index == self.slipping {
            "陈静".clone_into(&mut person.name);
        }
        if index == self.complainer {
            "王雅琴".clone_into(&mut person.name);
            person.gap = Some(11.0);
        }
        if index == self.asker {
            "小雨妈妈".clone_into(&mut person.name);
        }
        if index == self.child {
            "豆豆爸爸".clone_into(&mut person.name);
        }
    }

    /// When the complaint came in.
    pub fn complained_at(now: Timestamp) -> Timestamp {
        now.plus(-4 * MINUTE)
    }

    /// When the question was asked that nobody answered; at night, the evening before: nobody waits
    /// for an answer while the house sleeps.
    pub fn asked_at(now: Timestamp, zone: &Zone) -> Timestamp {
        let at = now.plus(-16 * MINUTE);
        let hour = zone.hour(at);
        if (8..21).contains(&hour) {
            return at;
        }
        let day = zone.day(at).plus_days(if hour < 8 { -1 } else { 0 });
        zone.start_of(day).plus(20 * HOUR + 41 * MINUTE)
    }

    /// When the card was sent.
    pub fn card_at(now: Timestamp) -> Timestamp {
        now.plus(-36 * MINUTE)
    }

    /// Position of the group that is past its planned end.
    pub const fn past_end(&self) -> usize {
        plan::PAST_END
    }

    /// Position of the group whose name is off the rule.
    pub const fn name_off(&self) -> usize {
        plan::NAME_OFF
    }

    /// Position of the group with too few staff, whose texts cannot be read.
    pub const fn short_staffed(&self) -> usize {
        plan::SHORT_STAFFED
    }

    /// Position of the group whose code expires tomorrow.
    pub const fn code_expiring(&self) -> usize {
        plan::CODE_EXPIRING
    }

    /// Position of the group that is almost full.
    pub const fn almost_full(&self) -> usize {
        plan::ALMOST_FULL
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::{
        MessageKind,
        fake::{Batch, OrderState, Scale, Temper, World},
    };

    fn world() -> (World, Vec<Batch>) {
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let now = "2026-11-20T09:30:00Z".parse().unwrap();
        let world = World::generate(7, now, &zone, Scale::Demo);
        let batches = world.batches().collect();
        (world, batches)
    }

    fn ties(batches: &[Batch], who: u32) -> (HashSet<u32>, HashSet<usize>) {
        let (mut people, mut groups) = (HashSet::new(), HashSet::new());
        for batch in batches {
            let author: HashMap<&str, u32> = batch
                .messages
                .iter()
                .map(|m| (m.key.as_str(), m.person))
                .collect();
            for message in &batch.messages {
                let Some(answered) = message.reply_to.as_deref() else {
                    continue;
                };
                let other = author[answered];
                if message.person == who || other == who {
                    people.insert(if message.person == who {
                        other
                    } else {
                        message.person
                    });
                    groups.insert(batch.group);
                }
            }
        }
        (people, groups)
    }

    #[test]
    fn the_connector_is_quiet_and_ties_groups_the_loud_one_does_not() {
        let (world, batches) = world();
        let planted = world.planted().unwrap();
        let (people, groups) = ties(&batches, planted.connector);
        assert_eq!((people.len(), groups.len()), (14, 4));
        let (people, groups) = ties(&batches, planted.loud);
        assert_eq!((people.len(), groups.len()), (LOUD_TIES, 1));
        let brought = |who| {
            let invited: HashSet<u32> = batches
                .iter()
                .flat_map(|b| &b.people)
                .filter(|p| p.inviter == Some(who))
                .map(|p| p.index)
                .collect();
            let orders = batches.iter().flat_map(|b| &b.orders);
            orders
                .filter(|o| invited.contains(&o.person) && o.state == OrderState::Paid)
                .count()
        };
        assert_eq!((brought(planted.connector), brought(planted.loud)), (23, 2));
    }

    #[test]
    fn the_flock_came_within_minutes_ordered_once_and_fell_silent() {
        let (world, batches) = world();
        let planted = world.planted().unwrap();
        let batch = &batches[8];
        let flock: Vec<_> = batch
            .people
            .iter()
            .filter(|p| planted.flock.contains(&p.index))
            .collect();
        assert_eq!(flock.len(), 9);
        let joined: Vec<_> = flock.iter().map(|p| p.joined_at).collect();
        assert!(joined[8].since(joined[0]) < 20 * MINUTE);
        assert!(
            flock
                .iter()
                .all(|p| p.inviter == Some(planted.flock_inviter))
        );
        let phones: Vec<u64> = flock
            .iter()
            .map(|p| p.phone.as_ref().unwrap().parse().unwrap())
            .collect();
        assert!(phones.windows(2).all(|pair| pair[1] == pair[0] + 1));
        for person in flock {
            let orders = batch
                .orders
                .iter()
                .filter(|o| o.person == person.index)
                .count();
            let said = batch
                .messages
                .iter()
                .filter(|m| m.person == person.index)
                .count();
            assert_eq!((orders, said), (1, 0));
        }
    }

    #[test]
    fn the_other_parts_are_played() {
        let (world, batches) = world();
        let planted = world.planted().unwrap();
        let now = world.now();
        let last: Vec<_> = batches[8]
            .orders
            .iter()
            .filter(|o| o.person == planted.slipping)
            .collect();
        assert_eq!(last.len(), 12);
        assert!((20..22).contains(&(now.since(last[11].at) / DAY)));
        let complaint = batches[0].messages.last().unwrap();
        assert_eq!(
            (complaint.person, complaint.at),
            (planted.complainer, now.plus(-4 * MINUTE))
        );
        assert!(complaint.text.contains("头发"));
        let card = batches[2]
            .messages
            .iter()
            .find(|m| m.kind == MessageKind::Card)
            .unwrap();
        assert_eq!((card.person, card.text.as_str()), (planted.child, ""));
        let child = batches[2]
            .people
            .iter()
            .find(|p| p.index == planted.child)
            .unwrap();
        assert!(card.at.since(child.joined_at) > 7 * DAY);
        let person = |index: u32| {
            batches
                .iter()
                .flat_map(|b| &b.people)
                .find(|p| p.index == index)
                .unwrap()
        };
        let (one, other) = (person(planted.twins.0), person(planted.twins.1));
        assert_eq!((&one.phone, one.birthday), (&other.phone, other.birthday));
        assert!(one.name != other.name && one.home != other.home);
        let full = &batches[planted.almost_full()];
        let here = full.people.iter().filter(|p| p.left_at.is_none()).count()
            + world.groups()[planted.almost_full()].staff.len();
        assert_eq!(here as u32, plan::ALMOST_FULL_COUNT);
    }

    #[test]
    fn groups_live_as_their_temper_says() {
        let (world, batches) = world();
        let now = world.now();
        for (group, batch) in world.groups().iter().zip(&batches) {
            let staff: HashSet<u32> = group
                .staff
                .iter()
                .map(|s| world.staff()[s.staff].person)
                .collect();
            let since = |days: i64| {
                batch
                    .messages
                    .iter()
                    .filter(move |m| m.at > now.plus(-days * DAY))
                    .filter(|m| !staff.contains(&m.person))
                    .collect::<Vec<_>>()
            };
            let speakers: HashSet<u32> = since(7).iter().map(|m| m.person).collect();
            let here = batch.people.iter().filter(|p| p.left_at.is_none()).count();
            let orders = |days: i64| {
                batch
                    .orders
                    .iter()
                    .filter(|o| o.at > now.plus(-days * DAY))
                    .count()
            };
            let buyers: HashSet<u32> = batch
                .orders
                .iter()
                .filter(|o| o.at > now.plus(-14 * DAY))
                .map(|o| o.person)
                .collect();
            match group.temper {
                Temper::Lively => assert!(speakers.len() * 100 >= here * 9, "{}", group.name),
                Temper::Dead => {
                    assert!(since(14).len() < 5 && orders(14) == 0, "{}", group.name);
                }
                Temper::QuietSelling => {
                    assert!(since(30).is_empty() && buyers.len() * 100 >= here * 6);
                }
                Temper::Cooling => assert!(speakers.len() <= 11 && orders(7) * 4 <= orders(35) / 5),
                Temper::Advert | Temper::Steady => assert!(since(14).len() >= 5),
            }
        }
    }
}
