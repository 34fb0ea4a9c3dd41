//! How the people of a group talk through its ninety days.

use yutang_domain::{
    group::Scene,
    time::{DAY, MINUTE, SECOND, Timestamp},
};

use super::{
    people::Person,
    plan::Temper,
    planted::{CONNECTOR_GROUPS, LOUD_TIES, Planted},
    section::rng,
    talk::{self, Topic, ask, say},
    world::{DAYS, Guest, Message, World},
};
use crate::MessageKind;

const TALK: u64 = 51;
const PLANTED: u64 = 52;

/// Somebody who may speak.
struct Speaker {
    person: u32,
    from: Timestamp,
    to: Timestamp,
    weight: f64,
}

struct Conversation<'w> {
    world: &'w World,
    group: usize,
    store: &'w str,
    rng: fastrand::Rng,
    messages: Vec<Message>,
    serial: u32,
}

/// All messages of a group, in order of time.
pub(super) fn messages(
    world: &World,
    group: usize,
    people: &[Person],
    guests: &[Guest],
) -> Vec<Message> {
    let plan = &world.groups()[group];
    let mut talk = Conversation {
        world,
        group,
        store: &world.stores()[plan.store].name,
        rng: rng(world.seed(), TALK, group as u64),
        messages: Vec::new(),
        serial: 0,
    };
    let speakers: Vec<Speaker> = people
        .iter()
        .filter(|person| person.talk > 0.0)
        .map(|person| Speaker {
            person: person.index,
            from: person.joined_at,
            to: person.left_at.unwrap_or(world.now()),
            weight: person.talk,
        })
        .chain(
            guests
                .iter()
                .filter(|guest| guest.person.talk > 0.0)
                .map(|guest| Speaker {
                    person: guest.person.index,
                    from: guest.joined_at,
                    to: world.now(),
                    weight: guest.person.talk * 0.3,
                }),
        )
        .collect();
    let hosts: Vec<u32> = plan
        .staff
        .iter()
        .map(|seat| world.staff()[seat.staff].person)
        .collect();
    for day in 0..DAYS {
        talk.day(day, &speakers, &hosts);
    }
    talk.arrivals(people);
    if let Some(planted) = world.planted() {
        talk.rng = rng(world.seed(), PLANTED, group as u64);
        talk.planted(planted, people);
    }
    let (begin, now) = (world.begin(), world.now());
    let mut messages = talk.messages;
    messages.retain(|message| message.at >= begin && message.at <= now);
    // An answer that was kept without its question would point nowhere.
    let kept: std::collections::HashSet<String> =
        messages.iter().map(|message| message.key.clone()).collect();
    for message in &mut messages {
        if message
            .reply_to
            .as_ref()
            .is_some_and(|key| !kept.contains(key))
        {
            message.reply_to = None;
        }
    }
    messages.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.key.cmp(&b.key)));
    messages
}

/// Turns of talk a day, on average.
fn turns(temper: Temper, scene: Scene, day: usize) -> f64 {
    let back = DAYS - 1 - day;
    let course = matches!(scene, Scene::Paid | Scene::Training);
    match temper {
        Temper::Lively if course => 8.0,
        Temper::Lively => 19.0,
        Temper::Steady if course => 4.0,
        Temper::Steady => 6.0,
        Temper::Advert => 4.0,
        Temper::Cooling if back < 9 => 1.6,
        Temper::Cooling => 9.0,
        Temper::Dead if back > 16 => 2.4 * back as f64 / DAYS as f64,
        Temper::Dead | Temper::QuietSelling => 0.0,
    }
}

impl Conversation<'_> {
    fn post(
        &mut self,
        person: u32,
        at: Timestamp,
        kind: MessageKind,
        text: String,
        reply_to: Option<String>,
    ) -> String {
        let id = &self.world.groups()[self.group].external_id;
        let key = format!("{id}-m{}", self.serial);
        self.serial += 1;
        self.messages.push(Message {
            key: key.clone(),
            person,
            at,
            kind,
            text,
            reply_to,
        });
        key
    }

    fn say(&mut self, person: u32, at: Timestamp, topic: Topic) -> String {
        let text = say(topic, self.store, &mut self.rng);
        self.post(person, at, MessageKind::Text, text, None)
    }

    /// A moment of a day at which people chat.
    fn moment(&mut self, start: Timestamp, course: bool) -> Timestamp {
        let hour = match self.rng.u8(..100) {
            _ if course && self.rng.bool() => self.rng.i64(19..23),
            0..24 => self.rng.i64(7..10),
            24..44 => self.rng.i64(10..13),
            44..60 => self.rng.i64(13..17),
            60..76 => self.rng.i64(17..19),
            76..96 => self.rng.i64(19..22),
            _ => self.rng.i64(22..24),
        };
        start.plus((hour * 3600 + self.rng.i64(0..3600)) * SECOND)
    }

    fn day(&mut self, day: usize, speakers: &[Speaker], hosts: &[u32]) {
        let plan = &self.world.groups()[self.group];
        let (temper, scene) = (plan.temper, plan.scene);
        let course = matches!(scene, Scene::Paid | Scene::Training);
        let Some(start) = self.world.day_start(day) else {
            return;
        };
        if self.world.zone().day(start) < plan.opened_on {
            return;
        }
        let over = plan
            .ends_on
            .is_some_and(|end| self.world.zone().day(start) > end);
        self.hosts(day, start, hosts, over);
        let back = DAYS - 1 - day;
        let end = start.plus(DAY);
        let mut sum = 0.0;
        let mut present: Vec<(f64, u32)> = Vec::new();
        for speaker in speakers
            .iter()
            .filter(|s| s.from < start && s.to >= end.min(self.world.now()))
        {
            if temper == Temper::Cooling && back < 9 && present.len() >= 7 {
                break;
            }
            sum += speaker.weight;
            present.push((sum, speaker.person));
        }
        if present.is_empty() {
            return;
        }
        let crowd = match self.world.weekday(day) {
            6 => 1.25,
            5 => 1.1,
            1 => 0.9,
            _ => 1.0,
        };
        let lean = if self.world.is_demo() { 1.0 } else { 0.55 };
        let lean = if over { lean * 0.4 } else { lean };
        let count = (turns(temper, scene, day) * crowd * lean + self.rng.f64()) as u32;
        for _ in 0..count {
            let at = self.moment(start, course);
            let one = self.anyone(&present, sum);
            let other = self.anyone(&present, sum);
            self.turn(at, one, other, hosts, scene);
        }
        if temper == Temper::Advert {
            let adverts = if back < 14 {
                2 + self.rng.u8(..3)
            } else {
                self.rng.u8(..3)
            };
            for _ in 0..adverts {
                let at = self.moment(start, course);
                let who = present[self.rng.usize(..present.len().min(9))].1;
                self.say(who, at, Topic::Advert);
            }
        } else if temper != Temper::Dead && self.rng.u16(..1000) < 6 {
            let at = self.moment(start, course);
            let who = self.anyone(&present, sum);
            self.say(who, at, Topic::Advert);
        }
    }

    fn anyone(&mut self, present: &[(f64, u32)], sum: f64) -> u32 {
        let mark = self.rng.f64() * sum;
        let place = present.partition_point(|(upto, _)| *upto < mark);
        present[place.min(present.len() - 1)].1
    }

    /// What the staff say by themselves.
    fn hosts(&mut self, day: usize, start: Timestamp, hosts: &[u32], over: bool) {
        let plan = &self.world.groups()[self.group];
        let Some(host) = hosts.first().copied() else {
            return;
        };
        let back = DAYS - 1 - day;
        if over || plan.temper == Temper::Dead && (back < 10 || !day.is_multiple_of(6)) {
            return;
        }
        if matches!(plan.scene, Scene::Paid | Scene::Training) {
            if matches!(self.world.weekday(day), 2 | 5) {
                let at = start.plus(19 * 60 * MINUTE + self.rng.i64(0..40) * MINUTE);
                self.say(host, at, Topic::StaffCourse);
            }
            return;
        }
        let lean = if self.world.is_demo() { 70 } else { 14 };
        if self.rng.u8(..100) < lean {
            let at = start.plus(8 * 60 * MINUTE + self.rng.i64(0..35) * MINUTE);
            self.say(host, at, Topic::StaffMorning);
        }
        if self.rng.u8(..100) < lean / 2 {
            let at = start.plus(11 * 60 * MINUTE + self.rng.i64(0..420) * MINUTE);
            let who = hosts[self.rng.usize(..hosts.len())];
            self.say(who, at, Topic::StaffPost);
        }
    }

    /// One turn of talk: a remark, or a question with its answers.
    fn turn(&mut self, at: Timestamp, one: u32, other: u32, hosts: &[u32], scene: Scene) {
        let course = matches!(scene, Scene::Paid | Scene::Training);
        match self.rng.u8(..100) {
            0..17 => {
                self.say(one, at, Topic::Greeting);
            }
            17..56 => {
                let topic = match scene {
                    Scene::Tea if self.rng.u8(..100) < 65 => Topic::Tea,
                    Scene::Parents if self.rng.u8(..100) < 60 => Topic::Parents,
                    Scene::Paid | Scene::Training => Topic::Course,
                    _ => Topic::Bread,
                };
                let key = self.say(one, at, topic);
                if other != one && self.rng.u8(..100) < 22 {
                    let later = at.plus(self.rng.i64(25..400) * SECOND);
                    let text = say(Topic::RegularAnswer, self.store, &mut self.rng);
                    self.post(other, later, MessageKind::Text, text, Some(key));
                }
            }
            56..75 => self.thread(at, one, other, hosts, course),
            75..82 => {
                let text = say(Topic::Photo, self.store, &mut self.rng);
                let text = if self.rng.u8(..100) < 60 {
                    text
                } else {
                    String::new()
                };
                self.post(one, at, MessageKind::Image, text, None);
            }
            82..89 if !course => {
                self.say(one, at, Topic::Pickup);
            }
            89..92 if !course => {
                self.say(one, at, Topic::OrderLine);
            }
            82..96 => {
                self.say(one, at, Topic::Thanks);
            }
            _ => {
                self.say(one, at, Topic::Chat);
            }
        }
    }

    fn thread(&mut self, at: Timestamp, one: u32, other: u32, hosts: &[u32], course: bool) {
        let (question, answers) = ask(course, self.store, &mut self.rng);
        let key = self.post(one, at, MessageKind::Text, question, None);
        let mut later = at;
        for (number, answer) in answers.into_iter().enumerate() {
            later = later.plus(self.rng.i64(30..420) * SECOND);
            let staff = number == 0 && self.rng.u8(..100) < 45;
            let who = if staff {
                hosts.last().copied().unwrap_or(other)
            } else {
                other
            };
            if who != one {
                self.post(who, later, MessageKind::Text, answer, Some(key.clone()));
            }
        }
        if self.rng.u8(..100) < 30 {
            later = later.plus(self.rng.i64(20..200) * SECOND);
            self.say(one, later, Topic::Thanks);
        }
    }

    /// First words of people who come into a group in which one talks.
    fn arrivals(&mut self, people: &[Person]) {
        let temper = self.world.groups()[self.group].temper;
        let share = match temper {
            Temper::Lively => 34,
            Temper::Steady if self.world.is_demo() => 10,
            _ => return,
        };
        for person in people
            .iter()
            .filter(|person| person.joined_at > self.world.begin())
        {
            if person.talk > 0.0 && self.rng.u8(..100) < share {
                let at = person.joined_at.plus(self.rng.i64(40..1500) * SECOND);
                self.say(person.index, at, Topic::Newcomer);
            }
        }
    }

    fn planted(&mut self, planted: &Planted, people: &[Person]) {
        let now = self.world.now();
        if self.group == 0 {
            let at = Planted::complained_at(now);
            self.silence(at.plus(-20 * MINUTE));
            self.say(planted.complainer, at, Topic::Complaint);
            self.loud(planted, people);
        }
        if self.group == 2 {
            let asked = Planted::asked_at(now, self.world.zone());
            let at = Planted::card_at(now);
            self.silence(at.min(asked).plus(-5 * MINUTE));
            self.post(planted.child, at, MessageKind::Card, String::new(), None);
            let question = talk::threads(false)[2].0.to_owned();
            self.post(planted.asker, asked, MessageKind::Text, question, None);
        }
        if self.group == 0 || CONNECTOR_GROUPS.contains(&self.group) {
            self.connector(planted, people);
        }
    }

    /// Takes back what chance said after `since`, so that a planted fact stands by itself.
    fn silence(&mut self, since: Timestamp) {
        self.messages.retain(|message| message.at < since);
    }

    /// 王总 has a word for 210 people of his group.
    fn loud(&mut self, planted: &Planted, people: &[Person]) {
        let known = people
            .iter()
            .filter(|p| p.left_at.is_none() && p.index != planted.connector)
            .filter(|p| p.index != planted.loud && !planted.ties.contains(&p.index))
            .take(LOUD_TIES);
        for person in known {
            let since = person.joined_at.max(self.world.begin());
            let span = (self.world.now().since(since) - 2 * DAY).max(DAY);
            let day = since.plus(self.rng.i64(0..span));
            let Some(index) = self.world.day_index(day.ms()) else {
                continue;
            };
            let Some(start) = self.world.day_start(index) else {
                continue;
            };
            let at = self.moment(start, false).max(since.plus(5 * MINUTE));
            let topic = if self.rng.bool() {
                Topic::Bread
            } else {
                Topic::Greeting
            };
            let key = self.say(person.index, at, topic);
            let text = say(Topic::RegularAnswer, self.store, &mut self.rng);
            let later = at.plus(self.rng.i64(20..280) * SECOND);
            self.post(planted.loud, later, MessageKind::Text, text, Some(key));
        }
    }

    /// 李姐 helps the people she knows in this group.
    fn connector(&mut self, planted: &Planted, people: &[Person]) {
        let ties = people
            .iter()
            .filter(|person| planted.ties.contains(&person.index));
        for (person, number) in ties.zip(0..) {
            for round in 0..2 {
                let back = 8 + 13 * number + 29 * round;
                let Some(start) = self.world.day_start(DAYS - back) else {
                    continue;
                };
                if start < person.joined_at {
                    continue;
                }
                let at = self.moment(start, false);
                let (question, _) = ask(false, self.store, &mut self.rng);
                let key = self.post(person.index, at, MessageKind::Text, question, None);
                let text = say(Topic::Connector, self.store, &mut self.rng);
                let later = at.plus(self.rng.i64(60..500) * SECOND);
                let key = self.post(planted.connector, later, MessageKind::Text, text, Some(key));
                if round == 0 {
                    let thanks = say(Topic::Thanks, self.store, &mut self.rng);
                    let last = later.plus(self.rng.i64(30..200) * SECOND);
                    self.post(person.index, last, MessageKind::Text, thanks, Some(key));
                }
            }
        }
    }
}
