//! What doing a step comes to: for whom, by which way, in which words, and what stands in the way.
//!
//! A run and its rehearsal both ask here, with the same answers to the same questions; only the one
//! carries out what comes of it. req: 003-120

mod person;
mod staff;

use std::collections::{BTreeMap, HashMap};

use yutang_channels::Wish;
use yutang_domain::{
    broadcast::{
        Attachment, Course as Fate, Draft, Mode as Way, NAME_LENGTH, Reach, Reason, STORE_VARIABLES,
    },
    id::{GroupId, MemberId},
    playbook::{Answer, Deed, Mode, Planned, Step, To, all_hold},
    task::{Level, TaskKind},
    time::{DAY, Date, Timestamp},
    welcome::{quiet_until, variables},
};
use yutang_store::{Tx, broadcast::Within, group::Group};

use self::staff::{by_staff, in_the_opened};
use super::{
    conflict::{Conflict, ConflictKind, Found, RemedyWord, kind_of, out_of_the_night},
    say::{BLANK, Reader},
    world::World,
};
use crate::{App, Caller, Result, broadcast::check_claims, task::NewTask};

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
    Post(Box<Draft>, i64, Option<Timestamp>),
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
            let counted = self
                .posts
                .entry(day)
                .or_default()
                .entry(*group)
                .or_default();
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

    async fn in_groups(&self, tx: &mut Tx, caller: &Caller, asked: Asked<'_>) -> Result<Prepared> {
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
            let blanks = said.blanks.iter();
            let found = blanks.fold(asked.found(ConflictKind::Stock), |found, blank| {
                found.word(format!("playbook.blank.{blank}"))
            });
            let found = found.paste();
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
            draft.text = self
                .without_unsaid(tx, caller, asked, &draft.text, &groups)
                .await?;
        }
        if draft.check(asked.now).is_err() {
            let text = asked.found(ConflictKind::Text);
            let text = text.mend(RemedyWord::Edit, None, None);
            prepared.conflicts.push(text.told());
            return Ok(prepared);
        }
        if check_claims(&draft).is_err() {
            let claim = asked.found(ConflictKind::Claim);
            let claim = claim.mend(RemedyWord::Edit, None, None);
            prepared.conflicts.push(claim.told());
            return Ok(prepared);
        }
        self.look_in_groups(tx, caller, asked, draft, prepared)
            .await
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
        survey.cap = cap;
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
            let held = reasons
                .entry(reason.why())
                .or_insert_with(|| (reason, Vec::new(), one.missing.clone().unwrap_or_default()));
            held.1.push(one.group.name.clone());
        }
        for (reason, names, variable) in reasons.into_values() {
            let Some(kind) = kind_of(reason) else {
                continue;
            };
            let found = asked.found(kind).of(names);
            let found = match kind {
                ConflictKind::Quota => found.paste(),
                ConflictKind::Cap => found.leave_out(),
                ConflictKind::Quiet => {
                    let (from, to) = world.survey.quiet;
                    let end = quiet_until(asked.now, &world.zone, from, to).unwrap_or(asked.now);
                    let minutes = out_of_the_night(asked.now, end, (from, to), &world.zone);
                    found.shift(minutes)
                }
                ConflictKind::Variable => found
                    .word(format!("broadcast.variable.{variable}"))
                    .mend(RemedyWord::Store, None, None),
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
            prepared.acts.push(Act::Post(Box::new(draft), cap, until));
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
        let rows =
            yutang_store::broadcast::groups(tx, caller.workspace, &within, first, 200).await?;
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
}

/// How many posts of its day a group has room for, where the playbook says so itself.
fn cap_of(world: &World, to: To) -> i64 {
    let playbook = &world.filled.playbook;
    if to == To::Group && playbook.opens_group() {
        return i64::from(playbook.event_cap);
    }
    i64::from(playbook.cap).min(world.survey.cap)
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
        let title = asked
            .world
            .filled
            .playbook
            .ask(key)
            .map_or("", |ask| ask.label.of(asked.world.survey.locale.tag()));
        let picture = Attachment {
            title: title.to_owned(),
            url: answer.to_owned(),
        };
        return (vec![picture], None);
    }
    if mode == Mode::Paste && !answer.is_empty() {
        return (Vec::new(), None);
    }
    let found = asked.found(ConflictKind::Picture);
    let found = found.mend(RemedyWord::Answer, None, Some(key.to_owned()));
    (Vec::new(), Some(found.told()))
}
