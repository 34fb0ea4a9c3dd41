//! Steps for people: in private where the channel can, else by somebody of the house; a tag; a gift.

use std::collections::HashMap;

use yutang_channels::Wish;
use yutang_domain::{
    id::{GroupId, MemberId},
    playbook::{Answer, Step, To, all_hold, read_segment},
    time::Timestamp,
    welcome::quiet_until,
};
use yutang_store::{Tx, contact, playbook as rows};

use super::{
    Act, Asked, Prepared, WHY, Whisper,
    staff::{by_staff, what},
};
use crate::{
    App, Caller, Result,
    playbook::{conflict::ConflictKind, say::Reader, world::Person},
    task::NewTask,
    workspace::Settings,
};

/// People written to one by one by a single step; more are left to the network's own means.
const ONE_BY_ONE: usize = 200;

/// Whom a step addresses.
enum Whom {
    These(Vec<Person>),
    TooMany(i64),
    /// Nobody knows yet.
    Future,
}

fn narrowed(step: &Step, mut people: Vec<Person>, now: Timestamp) -> Vec<Person> {
    people.retain(|person| {
        person.row.erased_at.is_none() && all_hold(&step.only, &person.facts(now)) == Some(true)
    });
    people
}

impl App {
    pub(super) async fn in_private(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
    ) -> Result<Prepared> {
        let world = asked.world;
        let mut prepared = asked.nothing("private");
        let copy = asked.step.copy.as_deref().unwrap_or_default();
        if let Some(end) = asked.too_late() {
            prepared.conflicts.push(asked.night(end));
            return Ok(prepared);
        }
        let people = match self.addressees(tx, caller, asked).await? {
            Whom::These(people) => people,
            Whom::Future => {
                prepared.count = None;
                prepared.text = world.say(copy, Reader::Staff(None), asked.planned.at).text;
                return Ok(prepared);
            }
            Whom::TooMany(count) => {
                let mut asks = many(by_staff(asked, None), count);
                let found = asked.found(ConflictKind::Many).counted(count);
                asks.conflicts.push(found.told());
                return Ok(asks);
            }
        };
        let (from, to) = world.survey.quiet;
        let at = quiet_until(asked.now, &world.zone, from, to).unwrap_or(asked.now);
        let settings = Settings::of(&world.survey.house)?;
        let day = caller.day(at);
        let ids: Vec<MemberId> = people.iter().map(|person| person.row.member_id).collect();
        let told: HashMap<i64, i64> = if ids.is_empty() {
            HashMap::new()
        } else {
            contact::told(tx, caller.workspace, &ids, day, "post_private")
                .await?
                .into_iter()
                .map(|one| (one.subject_id, one.n))
                .collect()
        };
        let mut by_hand_left = 0;
        for person in people {
            let id = person.row.member_id;
            let said = world.say(copy, Reader::Person(&person), asked.planned.at);
            if prepared.text.is_empty() {
                prepared.text.clone_from(&said.text);
            }
            if person.left_alone {
                prepared.missed += 1;
                continue;
            }
            let more = asked.foreseen.told.get(&(id, day)).copied().unwrap_or(0);
            let told = told.get(&id.raw()).copied().unwrap_or(0);
            if told + more >= settings.caps.private_messages {
                prepared.missed += 1;
                if asked.step.to == To::Member {
                    prepared
                        .conflicts
                        .push(asked.found(ConflictKind::Cap).told());
                }
                continue;
            }
            let name = person.row.name.clone();
            let by_hand = person.way.is_none() || !said.blanks.is_empty();
            if by_hand && asked.step.to != To::Member {
                by_hand_left += 1;
                continue;
            }
            prepared.told.push(id);
            if by_hand {
                prepared.way = "task";
                prepared
                    .acts
                    .push(Act::Ask(Box::new(about(asked, &person, said.text))));
                continue;
            }
            let Some((group, to)) = person.way.clone() else {
                continue;
            };
            let wish = Wish::Whisper {
                to,
                text: said.text.clone(),
            };
            let mut ask = NewTask::in_place_of(&wish, WHY, asked.now, String::new());
            let named = asked.task(ask.what, &id.to_string(), said.text, Some(&group));
            ask.dedup = named.dedup;
            ask.args = named.args;
            ask.args["name"] = name.into();
            ask.due_at = Some(asked.until());
            prepared.acts.push(Act::Whisper(Box::new(Whisper {
                group,
                member: id,
                wish,
                at,
                ask,
            })));
        }
        prepared.count = Some(prepared.told.len() as i64);
        if by_hand_left > 0 {
            let mut asks = many(by_staff(asked, None), by_hand_left);
            if prepared.told.is_empty() {
                asks.missed = prepared.missed;
                return Ok(asks);
            }
            prepared.acts.append(&mut asks.acts);
        }
        if prepared.told.is_empty() && prepared.missed > 0 && prepared.conflicts.is_empty() {
            let reach = asked.found(ConflictKind::Reach).counted(prepared.missed);
            prepared.conflicts.push(reach.told());
        }
        Ok(prepared)
    }

    async fn addressees(&self, tx: &mut Tx, caller: &Caller, asked: Asked<'_>) -> Result<Whom> {
        let (world, step) = (asked.world, asked.step);
        let since = world.filled.course(&world.zone).start();
        let ids = match step.to {
            To::Member => {
                let people: Vec<Person> = world.person.clone().into_iter().collect();
                return Ok(Whom::These(narrowed(step, people, asked.now)));
            }
            To::Buyers => {
                if asked.foreseen.present.is_some_and(|now| asked.now > now) {
                    return Ok(Whom::Future);
                }
                if world.has_no_groups() {
                    return Ok(Whom::These(Vec::new()));
                }
                let groups: Vec<GroupId> = world.groups.iter().map(|group| group.id).collect();
                rows::buyers(tx, caller.workspace, &groups, since, ONE_BY_ONE + 1).await?
            }
            _ => {
                let of = step.of.as_deref().unwrap_or_default();
                let Some(Answer::Text(text)) = world.filled.answers.get(of) else {
                    return Ok(Whom::These(Vec::new()));
                };
                let conditions = read_segment(text).unwrap_or_default();
                let whom = (conditions.as_slice(), world.branch_path.as_str());
                let first = (MemberId::from_raw(0), asked.now);
                rows::segment(tx, caller.workspace, whom, first, ONE_BY_ONE + 1).await?
            }
        };
        if ids.len() > ONE_BY_ONE {
            return Ok(Whom::TooMany(ids.len() as i64));
        }
        let people = self
            .persons(tx, caller, &ids, (None, since), asked.now)
            .await?;
        let mut people = narrowed(step, people, asked.now);
        // Whoever is written to for no cause of their own has said that they may be.
        if step.to == To::Segment {
            people.retain(|person| {
                let consents = person.words.get("consent");
                consents.is_some_and(|list| list.iter().any(|word| word == "contact"))
            });
        }
        Ok(Whom::These(people))
    }

    pub(super) async fn tagging(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
    ) -> Result<Prepared> {
        let mut prepared = asked.nothing("tag");
        let tag = asked.step.tag.clone().unwrap_or_default();
        let people = match self.addressees(tx, caller, asked).await? {
            Whom::These(people) => people,
            Whom::Future => {
                prepared.count = None;
                return Ok(prepared);
            }
            Whom::TooMany(count) => {
                let found = asked.found(ConflictKind::Many).counted(count);
                prepared.conflicts.push(found.told());
                return Ok(prepared);
            }
        };
        let ids: Vec<MemberId> = people
            .iter()
            .filter(|person| person.row.erased_at.is_none())
            .map(|person| person.row.canonical_id)
            .collect();
        prepared.count = Some(ids.len() as i64);
        prepared.text.clone_from(&tag);
        if !ids.is_empty() {
            prepared.acts.push(Act::Tag(tag, ids));
        }
        Ok(prepared)
    }

    /// A task about one person, with the words for them.
    pub(super) async fn for_the_person(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
    ) -> Result<Prepared> {
        let mut prepared = asked.nothing("task");
        let Whom::These(people) = self.addressees(tx, caller, asked).await? else {
            return Ok(prepared);
        };
        for person in people.iter().filter(|person| !person.left_alone) {
            let copy = asked.step.copy.as_deref().unwrap_or_default();
            let said = asked
                .world
                .say(copy, Reader::Person(person), asked.planned.at);
            prepared.text.clone_from(&said.text);
            prepared
                .acts
                .push(Act::Ask(Box::new(about(asked, person, said.text))));
        }
        prepared.count = Some(prepared.acts.len() as i64);
        Ok(prepared)
    }

    /// Tasks that say for how many people something is.
    pub(super) async fn for_many(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
    ) -> Result<Prepared> {
        let n = match self.addressees(tx, caller, asked).await? {
            Whom::These(people) => people.len() as i64,
            Whom::TooMany(n) => n,
            Whom::Future => {
                let mut prepared = by_staff(asked, None);
                prepared.count = None;
                return Ok(prepared);
            }
        };
        if n == 0 {
            return Ok(asked.nothing("task"));
        }
        Ok(many(by_staff(asked, None), n))
    }
}

/// Tasks that say for how many people they are.
fn many(mut prepared: Prepared, n: i64) -> Prepared {
    for act in &mut prepared.acts {
        if let Act::Ask(task) = act {
            task.args["n"] = if n > ONE_BY_ONE as i64 {
                format!("{ONE_BY_ONE}+").into()
            } else {
                n.to_string().into()
            };
            task.what = "task.playbook_many";
        }
    }
    prepared
}

/// A task about one person, for whoever looks after them.
fn about(asked: Asked<'_>, person: &Person, text: String) -> NewTask {
    let world = asked.world;
    let group = person
        .way
        .as_ref()
        .map(|(group, _)| group)
        .or(world.group.as_ref())
        .or(world.groups.first());
    let to = if asked.step.to.is_staff() {
        asked.step.to
    } else {
        To::Host
    };
    let (staff, _) = world.on_duty(to);
    let mut task = asked.task(what(asked.step.deed), "person", text, group);
    task.member = Some(person.row.member_id);
    task.assignee = staff.first().and_then(|(staff, _)| *staff);
    task.args["name"] = person.row.name.clone().into();
    task
}
