//! What doing a step comes to: for whom, by which way, in which words, and what stands in the way.
//!
//! A run and its rehearsal both ask here, with the same answers to the same questions; only the one
//! carries out what comes of it. req: 003-120

use std::collections::{BTreeMap, HashMap};

use yutang_channels::Wish;
use yutang_domain::{
    broadcast::{
        Attachment, Course as Fate, Draft, Mode as Way, NAME_LENGTH, Reach, Reason, STORE_VARIABLES,
    },
    id::{GroupId, MemberId},
    playbook::{Answer, Deed, Mode, Planned, Step, To, all_hold, read_segment},
    task::{Level, TaskKind},
    time::{DAY, Date, Timestamp},
    welcome::{quiet_until, variables},
};
use yutang_store::{Tx, broadcast::Within, contact, group::Group, playbook as rows};

use super::{
    conflict::{Conflict, ConflictKind, Found, RemedyWord, kind_of, out_of_the_night},
    say::{BLANK, Reader, Said},
    world::{Cover, Person, World},
};
use crate::{App, Caller, Result, broadcast::check_claims, task::NewTask, workspace::Settings};

/// People written to one by one by a single step; more are left to the network's own means.
const ONE_BY_ONE: usize = 200;
/// Messages a minute through one account.
const PER_MINUTE: i64 = 20;
/// Why a person does it.
const WHY: &str = "task.why.playbook";

/// What a step comes to.
pub(super) struct Prepared {
    pub acts: Vec<Act>,
    /// `auto`, `broadcast`, `paste`, `announce`, `private`, `task` or `tag`.
    pub way: &'static str,
    /// For how many groups or people, or how many tasks; `None` = not known yet.
    pub count: Option<i64>,
    /// How many of those addressed cannot have it.
    pub missed: i64,
    pub text: String,
    pub conflicts: Vec<Conflict>,
    /// The groups that it takes a post of the day of, and whether by the network's own 群发.
    pub posts: (Vec<GroupId>, bool),
    /// Whom it takes a private message of the day of.
    pub told: Vec<MemberId>,
    /// Money that it names.
    pub money: Vec<(String, i64)>,
}

/// What is to be done.
pub(super) enum Act {
    Post(Box<Draft>, Option<i64>, Option<Timestamp>),
    Ask(Box<NewTask>),
    Tag(String, Vec<MemberId>),
    Whisper(Box<Whisper>),
}

/// A private message.
pub(super) struct Whisper {
    pub group: Group,
    pub member: MemberId,
    pub wish: Wish,
    pub at: Timestamp,
    pub ask: NewTask,
}

/// What a rehearsal has said so far, that a day has no room for any more.
#[derive(Default)]
pub(super) struct Foreseen {
    posts: HashMap<Date, HashMap<GroupId, (i64, i64)>>,
    told: HashMap<(MemberId, Date), i64>,
    /// The present, behind which nobody knows who will buy.
    present: Option<Timestamp>,
}

impl Foreseen {
    /// With nothing said yet, at present.
    pub(super) fn at(present: Timestamp) -> Self {
        Self {
            present: Some(present),
            ..Self::default()
        }
    }

    /// Notes what a step takes of the day.
    pub(super) fn note(&mut self, prepared: &Prepared, day: Date) {
        let (groups, handed) = &prepared.posts;
        for group in groups {
            let counted = self.posts.entry(day).or_default().entry(*group).or_default();
            counted.0 += 1;
            counted.1 += i64::from(*handed);
        }
        for member in &prepared.told {
            *self.told.entry((*member, day)).or_default() += 1;
        }
    }
}

/// A step on its way to what it comes to.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub world: &'a World,
    pub planned: &'a Planned,
    pub step: &'a Step,
    pub foreseen: &'a Foreseen,
    /// Begins the names of tasks.
    pub run: &'a str,
    pub now: Timestamp,
}

impl<'a> Asked<'a> {
    fn found(&self, kind: ConflictKind) -> Found<'a> {
        Found::new(kind, self.planned, &self.world.zone)
    }

    fn nothing(&self, way: &'static str) -> Prepared {
        Prepared {
            acts: Vec::new(),
            way,
            count: Some(0),
            missed: 0,
            text: String::new(),
            conflicts: Vec::new(),
            posts: (Vec::new(), false),
            told: Vec::new(),
            money: self
                .step
                .copy
                .as_deref()
                .map(|copy| self.world.money_in(copy))
                .unwrap_or_default(),
        }
    }

    fn title(&self) -> &str {
        let tag = self.world.survey.locale.tag();
        self.world.filled.playbook.title.of(tag)
    }

    /// Until when it is worth doing.
    fn until(&self) -> Timestamp {
        self.planned
            .expires_at
            .unwrap_or_else(|| self.now.plus(DAY))
            .max(self.now)
    }

    /// The end of the quiet hours, where it is night and in the morning it would be too late.
    fn too_late(&self) -> Option<Timestamp> {
        let (from, to) = self.world.survey.quiet;
        quiet_until(self.now, &self.world.zone, from, to).filter(|end| {
            self.planned
                .expires_at
                .is_some_and(|expires| expires < *end)
        })
    }

    fn night(&self, end: Timestamp) -> Conflict {
        let quiet = self.world.survey.quiet;
        let minutes = out_of_the_night(self.now, end, quiet, &self.world.zone);
        self.found(ConflictKind::Quiet).shift(minutes).told()
    }

    fn task(&self, what: &'static str, name: &str, body: String, group: Option<&Group>) -> NewTask {
        let gate = self.step.deed == Deed::Gate;
        let task = NewTask {
            level: Level::Warn,
            args: serde_json::json!({ "playbook": self.title(), "run": self.run }),
            body,
            minutes: 3,
            due_at: (!gate).then(|| self.until()),
            ..NewTask::new(
                TaskKind::Do,
                (what, WHY),
                self.now,
                format!(
                    "playbook:{}:{}:{}:{name}",
                    self.run,
                    self.planned.step,
                    self.planned.at.ms()
                ),
            )
        };
        match group {
            Some(group) => task.in_group(group),
            None => task,
        }
    }
}

impl App {
    /// What doing a step now comes to.
    pub(super) async fn prepare(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
    ) -> Result<Prepared> {
        match asked.step.deed {
            Deed::Say | Deed::Announce if asked.step.to.is_private() => {
                self.in_private(tx, caller, asked).await
            }
            Deed::Say | Deed::Announce => self.in_groups(tx, caller, asked).await,
            Deed::Tag => self.tagging(tx, caller, asked).await,
            Deed::Coupon | Deed::Points | Deed::Poster if asked.step.to == To::Member => {
                self.for_the_person(tx, caller, asked).await
            }
            Deed::Coupon | Deed::Points | Deed::Poster
                if matches!(asked.step.to, To::Segment | To::Buyers) =>
            {
                self.for_many(tx, caller, asked).await
            }
            Deed::Report => {
                let body = self.report_of(tx, caller, asked).await?;
                Ok(by_staff(asked, Some(body)))
            }
            _ => Ok(by_staff(asked, None)),
        }
    }

    async fn in_groups(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
    ) -> Result<Prepared> {
        let (world, step) = (asked.world, asked.step);
        let Some(groups) = self.addressed(tx, caller, asked).await? else {
            return Ok(in_the_opened(asked));
        };
        let copy = step.copy.as_deref().unwrap_or_default();
        let said = world.say(copy, Reader::Groups, asked.planned.at);
        let mut mode = step.mode.unwrap_or(Mode::Auto);
        let mut prepared = asked.nothing(word(mode));
        let (attachments, picture) = pictures(asked, mode);
        prepared.conflicts.extend(picture);
        if !said.blanks.is_empty() && mode != Mode::Paste {
            let blanks = said.blanks.join("、");
            let found = asked.found(ConflictKind::Stock).what(&blanks).paste();
            prepared.conflicts.push(found.told());
            mode = Mode::Paste;
        }
        prepared.way = word(mode);
        prepared.text.clone_from(&said.text);
        if groups.is_empty() {
            return Ok(prepared);
        }
        let name: String = format!("{} · {}", asked.title(), asked.planned.step)
            .chars()
            .take(NAME_LENGTH)
            .collect();
        let mut draft = Draft {
            name,
            reach: Reach {
                groups: groups.clone(),
                ..Reach::default()
            },
            text: said.text,
            attachments,
            mode: way(mode),
            selling: true,
            at: None,
            per_minute: PER_MINUTE,
            grounds: String::new(),
        };
        if mode == Mode::Paste {
            draft.text = self.without_unsaid(tx, caller, asked, &draft.text, &groups).await?;
        }
        if draft.check(asked.now).is_err() {
            let text = asked.found(ConflictKind::Text);
            let text = text.mend(RemedyWord::Edit, None, None);
            prepared.conflicts.push(text.told());
            return Ok(prepared);
        }
        if let Err(error) = check_claims(&draft) {
            let claim = asked.found(ConflictKind::Claim).what(&error.to_string());
            let claim = claim.mend(RemedyWord::Edit, None, None);
            prepared.conflicts.push(claim.told());
            return Ok(prepared);
        }
        self.look_in_groups(tx, caller, asked, draft, prepared).await
    }

    /// What becomes of it in each group, as a broadcast decides it.
    async fn look_in_groups(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
        draft: Draft,
        mut prepared: Prepared,
    ) -> Result<Prepared> {
        let world = asked.world;
        let within = Within {
            groups: draft.reach.groups.clone(),
            ..Within::default()
        };
        let mut ahead = self.ahead(tx, caller, asked.now, None).await?;
        if let Some(said) = asked.foreseen.posts.get(&caller.day(asked.now)) {
            for (group, (posts, handed)) in said {
                let counted = ahead.entry(*group).or_default();
                counted.0 += posts;
                counted.1 += handed;
            }
        }
        let cap = cap_of(world, asked.step.to);
        let mut survey = world.survey.clone();
        survey.cap = cap.unwrap_or(survey.cap);
        let looked = self
            .look_at_all(tx, caller, (&survey, &draft), &within, &ahead, asked.now)
            .await?;
        let mut reasons: BTreeMap<&str, (Reason, Vec<String>, String)> = BTreeMap::new();
        let mut shown = None;
        for one in &looked {
            let reason = match one.course {
                Fate::Skip(reason) => Some(reason),
                Fate::Wait(until, reason)
                    if asked.planned.expires_at.is_some_and(|last| last < until) =>
                {
                    Some(reason)
                }
                _ => None,
            };
            let Some(reason) = reason else {
                prepared.posts.0.push(one.group.id);
                shown.get_or_insert_with(|| one.text.clone());
                continue;
            };
            prepared.missed += 1;
            let held = reasons.entry(reason.why()).or_insert_with(|| {
                (
                    reason,
                    Vec::new(),
                    one.missing.clone().unwrap_or_default(),
                )
            });
            held.1.push(one.group.name.clone());
        }
        for (reason, names, variable) in reasons.into_values() {
            let Some(kind) = kind_of(reason) else {
                continue;
            };
            let found = asked.found(kind).of(names).what(&variable);
            let found = match kind {
                ConflictKind::Quota => found.paste(),
                ConflictKind::Cap => found.leave_out(),
                ConflictKind::Quiet => {
                    let (from, to) = world.survey.quiet;
                    let end = quiet_until(asked.now, &world.zone, from, to).unwrap_or(asked.now);
                    let minutes = out_of_the_night(asked.now, end, (from, to), &world.zone);
                    found.shift(minutes)
                }
                ConflictKind::Variable => found.mend(RemedyWord::Store, None, None),
                _ => found.mend(RemedyWord::Staff, None, None),
            };
            prepared.conflicts.push(found.told());
        }
        prepared.count = Some(prepared.posts.0.len() as i64);
        prepared.posts.1 = draft.mode == Way::Task;
        // Where nobody can have it, it is shown as the first of them would have read it.
        let shown = shown.or_else(|| looked.first().map(|one| one.text.clone()));
        if let Some(text) = shown {
            prepared.text = text;
        }
        if !prepared.posts.0.is_empty() {
            let until = asked.planned.expires_at;
            prepared
                .acts
                .push(Act::Post(Box::new(draft), cap, until));
        }
        Ok(prepared)
    }

    /// The groups that a step addresses; `None` = one that was opened for the occasion and that
    /// nobody has named yet.
    async fn addressed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
    ) -> Result<Option<Vec<GroupId>>> {
        let (world, step) = (asked.world, asked.step);
        let ids = match step.to {
            To::Group => match &world.group {
                Some(group) => vec![group.id],
                None => return Ok(None),
            },
            _ => {
                let of = step.of.as_deref().unwrap_or_default();
                world.named.get(of).cloned().unwrap_or_default()
            }
        };
        if step.only.is_empty() {
            return Ok(Some(ids));
        }
        let mut left = Vec::new();
        for id in ids {
            let Some(group) = world.groups.iter().find(|group| group.id == id) else {
                continue;
            };
            let facts = self.facts_of_group(tx, caller, group, asked.now).await?;
            if all_hold(&step.only, &facts) == Some(true) {
                left.push(id);
            }
        }
        Ok(Some(left))
    }

    /// A text to be pasted, with blanks for what none of the stores says of itself.
    async fn without_unsaid(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
        text: &str,
        groups: &[GroupId],
    ) -> Result<String> {
        let world = asked.world;
        let within = Within {
            groups: groups.to_vec(),
            ..Within::default()
        };
        let first = GroupId::from_raw(0);
        let rows = yutang_store::broadcast::groups(tx, caller.workspace, &within, first, 200).await?;
        let mut text = text.to_owned();
        let names: Vec<String> = variables(&text).map(str::to_owned).collect();
        for name in names {
            let said = rows
                .iter()
                .any(|group| world.survey.value(&name, group, &world.hosts).is_some());
            if STORE_VARIABLES.contains(&name.as_str()) && !said {
                text = text.replace(&format!("{{{{{name}}}}}"), BLANK);
            }
        }
        Ok(text)
    }

    async fn in_private(
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
            let told = contact::told(tx, caller.workspace, &[id], day, "post_private").await?;
            let told: i64 = told.iter().map(|one| one.n).sum();
            if told + more >= settings.caps.private_messages {
                prepared.missed += 1;
                if asked.step.to == To::Member {
                    prepared.conflicts.push(asked.found(ConflictKind::Cap).told());
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
                prepared.acts.push(Act::Ask(Box::new(about(asked, &person, said.text))));
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

    async fn addressees(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
    ) -> Result<Whom> {
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

    async fn tagging(&self, tx: &mut Tx, caller: &Caller, asked: Asked<'_>) -> Result<Prepared> {
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
    async fn for_the_person(
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
    async fn for_many(&self, tx: &mut Tx, caller: &Caller, asked: Asked<'_>) -> Result<Prepared> {
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

    /// What a run has brought so far, in words.
    async fn report_of(&self, tx: &mut Tx, caller: &Caller, asked: Asked<'_>) -> Result<String> {
        let world = asked.world;
        let locale = world.survey.locale;
        let groups: Vec<GroupId> = world.groups.iter().map(|group| group.id).collect();
        let start = world.filled.course(&world.zone).start();
        let brought =
            rows::brought(tx, caller.workspace, &groups, (start, asked.now)).await?;
        let mut lines = Vec::new();
        for measure in &world.filled.playbook.measures {
            use yutang_domain::playbook::Metric;
            let figure = match measure.of {
                Metric::Joined => Some(brought.joined.to_string()),
                Metric::Left => Some(brought.gone.to_string()),
                Metric::Orders => Some(brought.orders.to_string()),
                Metric::Revenue => Some(caller.currency.written(brought.amount_minor)),
                _ => None,
            };
            let figure = figure.unwrap_or_else(|| locale.say("playbook.report.unknown", &[]));
            lines.push(locale.say(
                "playbook.report.line",
                &[("name", measure.name.of(locale.tag())), ("figure", &figure)],
            ));
        }
        Ok(lines.join("\n"))
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

/// How many posts of its day a group has room for, where the playbook says so itself.
fn cap_of(world: &World, to: To) -> Option<i64> {
    let playbook = &world.filled.playbook;
    if to == To::Group && playbook.opens_group() {
        return Some(i64::from(playbook.event_cap));
    }
    Some(i64::from(playbook.cap).min(world.survey.cap))
}

const fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Auto => "auto",
        Mode::Broadcast => "broadcast",
        Mode::Paste => "paste",
        Mode::Announce => "announce",
    }
}

const fn way(mode: Mode) -> Way {
    match mode {
        Mode::Auto => Way::Auto,
        Mode::Broadcast => Way::Task,
        Mode::Paste => Way::Paste,
        Mode::Announce => Way::Announce,
    }
}

/// What goes with a post, and what is the matter with its picture.
fn pictures(asked: Asked<'_>, mode: Mode) -> (Vec<Attachment>, Option<Conflict>) {
    let Some(key) = asked.step.image.as_deref() else {
        return (Vec::new(), None);
    };
    let answer = match asked.world.filled.answers.get(key) {
        Some(Answer::Text(text)) => text.trim(),
        _ => "",
    };
    if answer.starts_with("https://") || answer.starts_with("http://") {
        let title = asked.world.filled.playbook.ask(key).map_or("", |ask| {
            ask.label.of(asked.world.survey.locale.tag())
        });
        let picture = Attachment {
            title: title.to_owned(),
            url: answer.to_owned(),
        };
        return (vec![picture], None);
    }
    if mode == Mode::Paste && !answer.is_empty() {
        return (Vec::new(), None);
    }
    let found = asked.found(ConflictKind::Picture).what(answer);
    let found = found.mend(RemedyWord::Answer, None, Some(key.to_owned()));
    (Vec::new(), Some(found.told()))
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

const fn what(deed: Deed) -> &'static str {
    match deed {
        Deed::Say | Deed::Announce => "task.playbook_say",
        Deed::OpenGroup => "task.playbook_open_group",
        Deed::CloseGroup => "task.playbook_close_group",
        Deed::Coupon => "task.playbook_coupon",
        Deed::Points => "task.playbook_points",
        Deed::Poster => "task.playbook_poster",
        Deed::Report => "task.playbook_report",
        Deed::Gate => "task.playbook_gate",
        Deed::Task | Deed::Tag => "task.playbook_do",
    }
}

/// What people of the house do: each who has the duty, once.
fn by_staff(asked: Asked<'_>, body: Option<String>) -> Prepared {
    let (world, step) = (asked.world, asked.step);
    let mut prepared = asked.nothing("task");
    let to = if step.to.is_staff() { step.to } else { To::Host };
    let (mut staff, cover) = world.on_duty(to);
    // One group is opened, and one person closes it.
    if matches!(step.deed, Deed::OpenGroup | Deed::CloseGroup) {
        staff.truncate(1);
    }
    let named = format!("playbook.to.{to}");
    match cover {
        Cover::Duty => {}
        // Whoever may can say yes, whomever it was put to.
        Cover::Instead(_) if step.deed == Deed::Gate => {}
        Cover::Instead(other) => {
            let found = asked.found(ConflictKind::Duty).word(named);
            let found = if step.to.is_staff() {
                found.instead(other)
            } else {
                found.mend(RemedyWord::Staff, None, None)
            };
            prepared.conflicts.push(found.told());
        }
        Cover::Nobody => {
            let found = asked.found(ConflictKind::Unstaffed).word(named);
            let found = found.mend(RemedyWord::Staff, None, None);
            prepared.conflicts.push(found.told());
        }
    }
    let copy = step.copy.as_deref().unwrap_or_default();
    for (index, (assignee, group)) in staff.into_iter().enumerate() {
        let group = world.group.clone().or(group);
        let text = body.clone().unwrap_or_else(|| {
            world
                .say(copy, Reader::Staff(group.as_ref()), asked.planned.at)
                .text
        });
        if prepared.text.is_empty() {
            prepared.text.clone_from(&text);
        }
        let name = assignee.map_or_else(|| index.to_string(), |id| id.to_string());
        let mut task = asked.task(what(step.deed), &name, text, group.as_ref());
        task.assignee = assignee;
        // It is about all of its groups, and belongs to none of them in particular.
        if world.groups.len() > 1 && world.group.is_none() {
            task.group = None;
        }
        task.member = world.person.as_ref().map(|person| person.row.member_id);
        if let Some(person) = &world.person {
            task.args["name"] = person.row.name.clone().into();
        }
        prepared.acts.push(Act::Ask(Box::new(task)));
    }
    prepared.count = Some(prepared.acts.len() as i64);
    prepared
}

/// What is posted in the group that was opened for the occasion while nobody has said which it is:
/// the host has the words ready.
fn in_the_opened(asked: Asked<'_>) -> Prepared {
    if let Some(end) = asked.too_late() {
        let mut prepared = asked.nothing("task");
        prepared.conflicts.push(asked.night(end));
        return prepared;
    }
    let mut prepared = by_staff(asked, None);
    let copy = asked.step.copy.as_deref().unwrap_or_default();
    let Said { text, .. } = asked
        .world
        .say(copy, Reader::Staff(None), asked.planned.at);
    prepared.acts.truncate(1);
    for act in &mut prepared.acts {
        if let Act::Ask(task) = act {
            task.what = "task.playbook_say";
            task.body.clone_from(&text);
            task.group = None;
        }
    }
    prepared.text = text;
    prepared.count = Some(prepared.acts.len() as i64);
    prepared
}
