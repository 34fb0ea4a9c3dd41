//! What happened in the last weeks in the groups that can be read: who broke a rule and what became
//! of it, who complained, who knocked. The lines are data (`data/history.txt`).

use yutang_domain::time::{DAY, HOUR, MINUTE, Timestamp};

use super::{
    Planted,
    people::{Person, external_id},
    section::sections,
    world::{Message, World},
};
use crate::Sender;

/// What became of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Done, and found right by a person.
    Right,
    /// Done; nobody looked at it yet.
    Carried,
    /// Just decided.
    Open,
    /// Only written down; nobody looked at it yet.
    Watched,
    /// Only written down, and found right.
    Seen,
    /// Taken back, with the reason.
    Undone(&'static str),
    /// An appeal that was granted, with the answer.
    Granted(&'static str, &'static str),
    /// An appeal that was refused, with the answer.
    Refused(&'static str, &'static str),
    /// An appeal that waits.
    Appealed(&'static str),
    /// Reported by members and acted on by hand, with the reason.
    Reported(&'static str),
}

/// Somebody in an incident.
#[derive(Clone, Debug)]
pub struct Part {
    /// As the network names them.
    pub sender: Sender,
    /// Their number among the people; `None` for somebody who has just come.
    pub person: Option<u32>,
}

/// Something said that a rule is against.
#[derive(Clone, Debug)]
pub struct Incident {
    /// When the first message was sent.
    pub at: Timestamp,
    /// In which group.
    pub group: usize,
    /// Who wrote; two write in turns.
    pub parts: Vec<Part>,
    /// What.
    pub said: Vec<&'static str>,
    /// What became of it.
    pub ending: Ending,
}

/// A complaint that is closed.
#[derive(Clone, Debug)]
pub struct Complained {
    /// When.
    pub at: Timestamp,
    /// In which group.
    pub group: usize,
    /// Who.
    pub part: Part,
    /// What they said.
    pub said: &'static str,
    /// After how many milliseconds staff answered in the group.
    pub answered_after: i64,
    /// What they answered.
    pub answer: &'static str,
    /// The word for how it ended.
    pub outcome: &'static str,
    /// What was noted then.
    pub note: &'static str,
}

/// A question that staff answered in time.
#[derive(Clone, Debug)]
pub struct Asked {
    /// When.
    pub at: Timestamp,
    /// In which group.
    pub group: usize,
    /// Who.
    pub part: Part,
    /// What they asked.
    pub said: &'static str,
    /// After how many milliseconds staff answered.
    pub answered_after: i64,
    /// What they answered.
    pub answer: &'static str,
}

/// What became of a knock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knocked {
    /// It waits.
    Waits,
    /// Let in.
    Admitted,
    /// Turned away, with the reason.
    Declined(&'static str),
}

/// Somebody asked to be let in.
#[derive(Clone, Debug)]
pub struct Knock {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Sender,
    /// How they came.
    pub via: &'static str,
    /// What they said for themselves.
    pub said: &'static str,
    /// What became of it.
    pub ending: Knocked,
}

/// Position of the group at which people knock.
pub const KNOCKED_AT: usize = 3;

fn lines(name: &str) -> Vec<Vec<&'static str>> {
    sections(include_str!("../../data/history.txt"))
        .into_iter()
        .filter(|(section, _)| *section == name)
        .flat_map(|(_, lines)| lines)
        .map(|line| line.split('|').collect())
        .collect()
}

fn position(text: &str) -> usize {
    text.parse().unwrap_or(0)
}

/// So many minutes, in milliseconds.
fn minutes(text: &str) -> i64 {
    text.parse::<i64>().unwrap_or(0) * MINUTE
}

fn ending(word: &'static str) -> Ending {
    let parts: Vec<&str> = word.split(':').collect();
    match parts[..] {
        ["right"] => Ending::Right,
        ["carried"] => Ending::Carried,
        ["open"] => Ending::Open,
        ["watched"] => Ending::Watched,
        ["seen"] => Ending::Seen,
        ["undo", why] => Ending::Undone(why),
        ["grant", appeal, answer] => Ending::Granted(appeal, answer),
        ["refuse", appeal, answer] => Ending::Refused(appeal, answer),
        ["appeal", appeal] => Ending::Appealed(appeal),
        ["reported", why] => Ending::Reported(why),
        _ => unreachable!("a test reads every line of the history: {word}"),
    }
}

impl World {
    /// The instant that a time of the history means.
    fn moment(&self, time: &str) -> Timestamp {
        let number = |text: &str| text.parse::<i64>().unwrap_or(0);
        match time.split_once(' ') {
            None => self.now().plus(number(time) * MINUTE),
            Some((days, clock)) => {
                let (hour, minute) = clock.split_once(':').unwrap_or((clock, "0"));
                let day = self.zone().day(self.now()).plus_days(-number(days));
                self.zone()
                    .start_of(day)
                    .plus(number(hour) * HOUR + number(minute) * MINUTE)
            }
        }
    }

    /// People of a group whom nothing else was written for and who have been in it for long.
    fn silent(&self, group: usize) -> Vec<Person> {
        let long_ago = self.now().plus(-40 * DAY);
        let plan = &self.groups()[group];
        self.roster(group)
            .into_iter()
            .filter(|person| {
                person.left_at.is_none()
                    && person.talk == 0.0
                    && person.joined_at < long_ago
                    && plan.admin != Some(person.index)
                    && self
                        .planted()
                        .is_none_or(|planted| !planted.has_part(person.index))
            })
            .collect()
    }

    /// What the lines of a section tell, oldest first; nothing outside the demo.
    fn told<T>(
        &self,
        section: &str,
        read: impl Fn(Vec<&'static str>, usize) -> Option<T>,
        at: impl Fn(&T) -> Timestamp,
    ) -> Vec<T> {
        if !self.is_demo() {
            return Vec::new();
        }
        let mut told: Vec<T> = lines(section)
            .into_iter()
            .enumerate()
            .filter_map(|(number, fields)| read(fields, number))
            .collect();
        told.sort_by_key(at);
        told
    }

    /// What was said against the rules, oldest first; nothing outside the demo.
    pub fn incidents(&self) -> Vec<Incident> {
        let people = self.silent_people();
        let read = |fields: Vec<&'static str>, number| {
            let group = position(fields[1]);
            Some(Incident {
                at: self.moment(fields[0]),
                group,
                parts: parts(fields[2], &people[group], number),
                said: fields[4..].to_vec(),
                ending: ending(fields[3]),
            })
        };
        self.told("incident", read, |incident| incident.at)
    }

    /// Complaints that are closed, oldest first; none outside the demo.
    pub fn complaints(&self) -> Vec<Complained> {
        let people = self.silent_people();
        let read = |fields: Vec<&'static str>, number| {
            let group = position(fields[1]);
            Some(Complained {
                at: self.moment(fields[0]),
                group,
                part: parts(fields[2], &people[group], number).pop()?,
                answered_after: minutes(fields[3]),
                outcome: fields[4],
                answer: fields[5],
                note: fields[6],
                said: fields[7],
            })
        };
        self.told("complaint", read, |complaint| complaint.at)
    }

    /// Questions that staff answered, oldest first; none outside the demo.
    pub fn questions(&self) -> Vec<Asked> {
        let people = self.silent_people();
        let read = |fields: Vec<&'static str>, number| {
            let group = position(fields[1]);
            Some(Asked {
                at: self.moment(fields[0]),
                group,
                part: parts(fields[2], &people[group], number).pop()?,
                answered_after: minutes(fields[3]),
                answer: fields[4],
                said: fields[5],
            })
        };
        self.told("question", read, |question| question.at)
    }

    /// Who knocked at the group [`KNOCKED_AT`], oldest first; nobody outside the demo.
    pub fn knocks(&self) -> Vec<Knock> {
        let read = |fields: Vec<&'static str>, number| {
            Some(Knock {
                at: self.moment(fields[0]),
                who: Sender {
                    external_id: format!("fk_k{number:04}"),
                    name: fields[1].to_owned(),
                },
                via: fields[2],
                ending: match fields[3].split_once(':') {
                    Some(("decline", reason)) => Knocked::Declined(reason),
                    _ if fields[3] == "admit" => Knocked::Admitted,
                    _ => Knocked::Waits,
                },
                said: fields[4],
            })
        };
        self.told("knock", read, |knock| knock.at)
    }

    /// [`World::silent`] of every group that the history speaks of; nobody outside the demo.
    fn silent_people(&self) -> Vec<Vec<Person>> {
        let groups = if self.is_demo() { KNOCKED_AT + 1 } else { 0 };
        (0..groups).map(|group| self.silent(group)).collect()
    }

    /// Why 李姐 is trusted.
    pub fn trusted_because() -> &'static str {
        lines("trusted").first().map_or("", |fields| fields[0])
    }

    /// Whether a message is one of those that are still to be dealt with: it is not part of what was
    /// written down but comes in as from a network.
    pub fn is_fresh(&self, group: usize, message: &Message) -> bool {
        let Some(planted) = self.planted() else {
            return false;
        };
        let now = self.now();
        let moment = (group, message.person, message.at);
        moment == (0, planted.complainer, Planted::complained_at(now))
            || moment == (2, planted.child, Planted::card_at(now))
            || moment == (2, planted.asker, Planted::asked_at(now, self.zone()))
    }
}

/// Who is meant by a word of the history.
fn parts(word: &'static str, people: &[Person], number: usize) -> Vec<Part> {
    if let Some(name) = word.strip_prefix('+') {
        return vec![Part {
            sender: Sender {
                external_id: format!("fk_n{number:04}"),
                name: name.to_owned(),
            },
            person: None,
        }];
    }
    word.split('+')
        .filter_map(|letter| letter.bytes().next())
        .filter_map(|letter| {
            // Far enough from each other that they did not come together.
            let place = usize::from(letter.saturating_sub(b'a')) * 4 + 2;
            let person = people.get(place % people.len().max(1))?;
            Some(Part {
                sender: Sender {
                    external_id: external_id(person.index),
                    name: person.name.clone(),
                },
                person: Some(person.index),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use yutang_domain::{capability::Capability, time::Zone};

    use super::*;
    use crate::fake::{KEPT, Scale};

    fn world(now: &str) -> World {
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        World::generate(7, now.parse().unwrap(), &zone, Scale::Demo)
    }

    #[test]
    fn every_line_is_read_and_lies_in_the_past_of_a_group_that_is_read() {
        // In the afternoon, and just after midnight.
        for now in ["2026-11-20T09:30:00Z", "2026-11-20T16:05:00Z"] {
            let world = world(now);
            let read = |group: usize| {
                let id = &world.groups()[group].external_id;
                KEPT.iter()
                    .any(|(kept, profile)| kept == id && profile.can(Capability::ReadText))
            };
            let incidents = world.incidents();
            assert_eq!(incidents.len(), lines("incident").len());
            for incident in &incidents {
                assert!(incident.at < world.now() && read(incident.group));
                assert!(!incident.parts.is_empty() && !incident.said.is_empty());
            }
            for complaint in world.complaints() {
                assert!(complaint.at < world.now() && read(complaint.group));
            }
            assert_eq!(world.complaints().len(), lines("complaint").len());
            assert_eq!(world.questions().len(), lines("question").len());
            assert!(world.questions().iter().all(|one| read(one.group)));
            assert!(world.knocks().iter().all(|knock| knock.at < world.now()));
            assert!(!World::trusted_because().is_empty());
        }
    }

    #[test]
    fn a_letter_is_always_the_same_person_and_letters_are_different_people() {
        let world = world("2026-11-20T09:30:00Z");
        let people = world.silent(0);
        let named: HashSet<u32> = (b'a'..=b'r')
            .filter_map(|letter| {
                let word: &'static str = std::str::from_utf8(&[letter]).unwrap().to_owned().leak();
                parts(word, &people, 0)[0].person
            })
            .collect();
        assert_eq!(named.len(), 18);
        let both = parts("l+m", &people, 0);
        assert_eq!((both.len(), both[0].person == both[1].person), (2, false));
    }

    #[test]
    fn three_messages_are_still_to_be_dealt_with_at_any_hour() {
        for now in ["2026-11-20T09:30:00Z", "2026-11-19T19:00:00Z"] {
            let world = world(now);
            let fresh: Vec<Message> = world
                .batches()
                .flat_map(|batch| {
                    let group = batch.group;
                    batch
                        .messages
                        .into_iter()
                        .map(move |message| (group, message))
                })
                .filter(|(group, message)| world.is_fresh(*group, message))
                .map(|(_, message)| message)
                .collect();
            assert_eq!(fresh.len(), 3, "{now}");
        }
    }
}
