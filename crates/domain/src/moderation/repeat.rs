//! The same words in several groups within an hour: by one person who goes from group to group, or by
//! many who pass a text on.
//!
//! Short texts count half: 收到,谢谢老板 is written in every group. Two groups are worth a look,
//! three by one person are enough in a group kept as most are. req: 000-002

use std::collections::{HashMap, VecDeque};

use super::{
    ENOUGH, Hit, HitKind,
    recent::{Digest, KEYS, KEYS_ALIKE, Said},
};
use crate::{
    id::{GroupId, MemberId},
    time::HOUR,
};

/// How far back messages are looked at, in milliseconds.
pub const WINDOW_MS: i64 = HOUR;
/// Points of the second group that one person writes the same in.
const OWN_SECOND: i32 = 60;
/// Points of each further one.
const OWN_NEXT: i32 = 40;
/// Points of each further group that different people write the same in.
const PASSED_GROUP: i32 = 30;
/// Points of each further person.
const PASSED_PERSON: i32 = 10;
/// Shorter texts count half, in characters.
const SHORT: u32 = 16;
/// Most points.
const MOST: i32 = 2 * ENOUGH;

/// Where else the same was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// In how many groups, this one included.
    pub groups: usize,
    /// By how many people, this one included.
    pub people: usize,
    /// How many times.
    pub times: usize,
    /// Points.
    pub points: i32,
}

impl Repeat {
    /// What a decision is made from: groups, people, times.
    pub fn hit(&self) -> Hit {
        let code = if self.people == 1 {
            "repeat.own"
        } else {
            "repeat.passed"
        };
        Hit {
            kind: HitKind::Repeat,
            span: None,
            reason: format!("{code}:{},{},{}", self.groups, self.people, self.times),
            weight: self.points,
        }
    }
}

/// Where else what `last` says was written; `recent` are messages of all groups before it. `None` if
/// only in its own group, or if it is too short to be told from others.
pub fn measure(last: &Said, recent: &[Said]) -> Option<Repeat> {
    let digest = last.digest?;
    let (mut groups, mut own, mut people) = (vec![last.group], vec![last.group], vec![last.member]);
    let mut times = 1;
    for one in recent {
        let alike = (0..=WINDOW_MS).contains(&last.at.since(one.at))
            && one.digest.is_some_and(|other| other.is_like(&digest));
        if !alike {
            continue;
        }
        times += 1;
        add(&mut groups, one.group);
        add(&mut people, one.member);
        if one.member == last.member {
            add(&mut own, one.group);
        }
    }
    if groups.len() < 2 {
        return None;
    }
    let steps = |count: usize| i32::try_from(count).unwrap_or(MOST).min(MOST);
    let by_one = match own.len() {
        0 | 1 => 0,
        more => OWN_SECOND + OWN_NEXT * steps(more - 2),
    };
    let by_many = if people.len() > 1 {
        PASSED_GROUP * steps(groups.len() - 1) + PASSED_PERSON * steps(people.len() - 1)
    } else {
        0
    };
    let points = by_one.max(by_many).min(MOST);
    Some(Repeat {
        groups: groups.len(),
        people: people.len(),
        times,
        points: if last.chars < SHORT {
            points / 2
        } else {
            points
        },
    })
}

/// A hit if the same was written in another group within an hour.
pub fn detect(last: &Said, recent: &[Said]) -> Option<Hit> {
    measure(last, recent).map(|repeat| repeat.hit())
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Messages of the last hour of all groups of a workspace, found by likeness without comparing with
/// all of them. Holds at most as many as it was made for and then forgets the oldest.
#[derive(Clone, Debug)]
pub struct Window {
    capacity: usize,
    /// Number of the oldest message held.
    first: u64,
    held: VecDeque<Said>,
    by_key: HashMap<(usize, u64), VecDeque<u64>>,
}

impl Window {
    /// An empty window for `capacity` messages, at least one.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            first: 0,
            held: VecDeque::new(),
            by_key: HashMap::new(),
        }
    }

    /// How many messages are held.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Takes a message in; those too short to be told from others are passed over. Of many copies
    /// of one text by one person in one group only the latest is held.
    pub fn take(&mut self, said: &Said) {
        let Some(digest) = said.digest else { return };
        if let Some(known) = self.same(said, digest) {
            self.held[known].at = self.held[known].at.max(said.at);
            return;
        }
        while self.held.len() >= self.capacity
            || self
                .held
                .front()
                .is_some_and(|oldest| said.at.since(oldest.at) > WINDOW_MS)
        {
            self.forget_oldest();
        }
        let number = self.first + self.held.len() as u64;
        for key in digest.0.into_iter().enumerate() {
            self.by_key.entry(key).or_default().push_back(number);
        }
        self.held.push_back(*said);
    }

    /// The messages that may be like this one.
    pub fn like(&self, said: &Said) -> Vec<Said> {
        let Some(digest) = said.digest else {
            return Vec::new();
        };
        self.places(digest)
            .into_iter()
            .map(|place| self.held[place])
            .filter(|one| said.at.since(one.at) <= WINDOW_MS)
            .collect()
    }

    fn same(&self, said: &Said, digest: Digest) -> Option<usize> {
        let of = |one: &Said| -> (GroupId, MemberId, u32) { (one.group, one.member, one.chars) };
        self.places(digest)
            .into_iter()
            .find(|place| of(&self.held[*place]) == of(said))
    }

    fn places(&self, digest: Digest) -> Vec<usize> {
        let mut common: HashMap<u64, usize> = HashMap::with_capacity(KEYS);
        for key in digest.0.into_iter().enumerate() {
            for number in self.by_key.get(&key).into_iter().flatten() {
                *common.entry(*number).or_default() += 1;
            }
        }
        let mut places: Vec<usize> = common
            .into_iter()
            .filter(|(_, keys)| *keys >= KEYS_ALIKE)
            .map(|(number, _)| (number - self.first) as usize)
            .collect();
        places.sort_unstable();
        places
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.held.pop_front() else {
            return;
        };
        self.first += 1;
        let Some(digest) = oldest.digest else { return };
        for key in digest.0.into_iter().enumerate() {
            if let Some(numbers) = self.by_key.get_mut(&key) {
                numbers.pop_front();
                if numbers.is_empty() {
                    self.by_key.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{moderation::recent::tests::said, time::MINUTE};

    fn advert(group: i64, member: i64, minute: i64) -> Said {
        Said {
            chars: 30,
            digest: Some(Digest([1, 2, 3, 4, 5, 6, 7, minute as u64])),
            ..said(group, member, minute * MINUTE)
        }
    }

    #[test]
    fn one_person_in_three_groups_is_enough() {
        let all = [advert(1, 1, 0), advert(2, 1, 5), advert(3, 1, 9)];
        assert_eq!(
            measure(&all[0], &[]),
            None,
            "once in one group is nothing yet"
        );
        let second = measure(&all[1], &all[..1]).unwrap();
        assert_eq!((second.groups, second.points), (2, 60));
        let third = detect(&all[2], &all[..2]).unwrap();
        assert_eq!(third.reason, "repeat.own:3,1,3");
        assert_eq!(third.weight, ENOUGH);
    }

    #[test]
    fn many_people_in_many_groups_count_less_each() {
        let all: Vec<Said> = (0..4).map(|n| advert(n, n, n)).collect();
        let hit = detect(&all[3], &all[..3]).unwrap();
        assert_eq!(hit.reason, "repeat.passed:4,4,4");
        assert_eq!(hit.weight, 3 * 30 + 3 * 10);
        let two = detect(&all[1], &all[..1]).unwrap();
        assert!(two.weight < 75, "two people are below any bar: {two:?}");
    }

    #[test]
    fn one_group_is_no_repeat_and_an_hour_later_it_is_over() {
        assert_eq!(detect(&advert(1, 1, 9), &[advert(1, 1, 0)]), None);
        assert_eq!(detect(&advert(2, 1, 61), &[advert(1, 1, 0)]), None);
        assert!(detect(&advert(2, 1, 60), &[advert(1, 1, 0)]).is_some());
        let short = Said {
            chars: 9,
            ..advert(2, 1, 1)
        };
        assert_eq!(measure(&short, &[advert(1, 1, 0)]).unwrap().points, 30);
    }

    #[test]
    fn a_window_holds_what_it_was_made_for() {
        let mut window = Window::new(3);
        for n in 0..10 {
            let mut one = advert(n, n, n);
            one.digest = Some(Digest([n as u64; KEYS]));
            window.take(&one);
        }
        assert_eq!(window.len(), 3);
        assert_eq!(
            window.by_key.len(),
            3 * KEYS,
            "what is forgotten leaves nothing behind"
        );
        window.take(&advert(1, 1, 10));
        window.take(&advert(1, 1, 11));
        assert_eq!(window.like(&advert(2, 2, 12)).len(), 1);
        window.take(&advert(1, 1, 200));
        assert_eq!(window.like(&advert(2, 2, 201)).len(), 1);
    }

    proptest! {
        #[test]
        fn a_window_finds_what_comparing_with_all_finds(
            lines in proptest::collection::vec((0..4_i64, 0..4_i64, 0..3_i64, 0..4_u64), 1..60),
        ) {
            let mut window = Window::new(1_000);
            let mut all: Vec<Said> = Vec::new();
            let mut minute = 0;
            for (group, member, pause, text) in lines {
                minute += pause;
                let mut one = advert(group, member, minute);
                one.digest = Some(Digest([text; KEYS]));
                let by_all = measure(&one, &all).map(|r| (r.groups, r.people, r.points));
                let by_window = measure(&one, &window.like(&one)).map(|r| (r.groups, r.people, r.points));
                prop_assert_eq!(by_all, by_window);
                window.take(&one);
                all.push(one);
            }
        }
    }
}
