//! Beginning: by hand, with answers and the checks that have to hold before; or switched on, to begin
//! by itself.

use std::collections::BTreeMap;

use yutang_domain::{
    actor::{Actor, Denied},
    id::{GroupId, MemberId, WorkspaceId, kind},
    permission::Operation,
    playbook::{
        Adjusted, Anchors, Answers, AskKind, Due, Fault, Given, LunarCalendar, Playbook,
        PlaybookError, Run as Progress, RunState, Setting, Subject, Trigger, all_hold,
    },
    time::Timestamp,
};
use yutang_store::{
    Tx, branch, event, group, member,
    playbook::{self as rows, Logged, Run, Watch},
};

use super::{
    rehearse::Checked,
    text::begins_by_itself,
    world::{About, Cause, Filled, World},
};
use crate::{App, AppError, Caller, Result, macros::in_tx};

/// What all groups are called among answers.
const ALL: &str = "all";

/// How a playbook is started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The answers as they were written.
    pub given: Given,
    /// What is changed about its steps.
    pub adjusted: Adjusted,
    /// The group it is about, if it is about one: an id or a name.
    pub group: Option<String>,
    /// The person it is about, if it is about one.
    pub member: Option<MemberId>,
    /// The checks that somebody says are met.
    pub confirmed: Vec<String>,
    /// Whether it is to run this once even if it begins by itself.
    pub once: bool,
}

/// What began.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The run; `None` if it was switched on and begins by itself.
    pub run: Option<Run>,
    /// What it has done and left out already.
    pub steps: Vec<Logged>,
    /// What is worth knowing: it began so late that steps are left out, for example.
    pub hints: Vec<Fault>,
}

/// A run about to begin.
pub(super) struct NewRun {
    pub filled: Filled,
    pub adjusted: Adjusted,
    pub about: About,
    /// The moment it is about.
    pub at: Timestamp,
    /// The id of what led to it.
    pub cause: String,
    pub actor: String,
}

/// What was given, ready to be looked at.
pub(super) struct Ready {
    pub playbook: Playbook,
    pub answers: Answers,
    pub hints: Vec<Fault>,
    pub about: About,
    /// The moment it is about.
    pub at: Timestamp,
}

impl App {
    /// Starts a playbook by hand, or switches it on if it begins by itself.
    ///
    /// # Errors
    /// [`PlaybookError`]: unknown, answers at fault, a check that does not hold, under way already.
    pub async fn start_playbook(
        &self,
        caller: &Caller,
        name: &str,
        start: &Start,
    ) -> Result<Begun> {
        caller.may(Operation::PlaybookEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let playbook = self.current_kept(tx, caller, name, now).await?;
            let ready = self
                .ready(tx, caller, playbook, start, now)
                .await?
                .map_err(PlaybookError::Answers)?;
            let by_hand = ready
                .playbook
                .triggers
                .iter()
                .any(|trigger| matches!(trigger, Trigger::Hand { .. }));
            let switch_on = begins_by_itself(&ready.playbook) && !start.once;
            if !switch_on && !by_hand {
                return Err(PlaybookError::ByItself(name.to_owned()).into());
            }
            let hints = ready.hints.clone();
            let anchors = self.anchors(tx, caller, &ready.about, ready.at).await?;
            let filled = Filled::new(
                ready.playbook.clone(),
                &start.adjusted,
                ready.answers.clone(),
                anchors,
            )?;
            let world = self.world(tx, caller, &ready.about, filled, now).await?;
            let wrong: Vec<String> = checked(&world, &start.confirmed)
                .into_iter()
                .filter(|check| !check.passes())
                .map(|check| check.id)
                .collect();
            if !wrong.is_empty() {
                return Err(PlaybookError::Checks(wrong).into());
            }
            if switch_on {
                self.switch_on(tx, caller, &ready, &start.adjusted, now).await?;
                return Ok(Begun { run: None, steps: Vec::new(), hints });
            }
            if ready.playbook.subject == Subject::Member && ready.about.member.is_none() {
                return Err(PlaybookError::About(Subject::Member).into());
            }
            let new = NewRun {
                filled: world.filled,
                adjusted: start.adjusted.clone(),
                about: ready.about,
                at: ready.at,
                cause: "hand".to_owned(),
                actor: caller.actor.to_string(),
            };
            let Some(mut run) = self.begin_run(tx, caller, new, now).await? else {
                return Err(PlaybookError::Again.into());
            };
            let after = serde_json::json!({ "run": run.id, "version": run.version, "key": run.key });
            let subject = format!("playbook_run:{}", run.id);
            self.playbook_audit(tx, caller, ("playbook.start", &ready.playbook, subject), &after, now)
                .await?;
            let steps = self.carry_on_run(tx, &mut run, now).await?;
            Ok(Begun { run: Some(run), steps, hints })
        })
    }

    async fn switch_on(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        ready: &Ready,
        adjusted: &Adjusted,
        now: Timestamp,
    ) -> Result<()> {
        let json = |value: Result<String, serde_json::Error>| value.map_err(AppError::internal);
        let playbook = &ready.playbook;
        self.may_switch(tx, caller, &playbook.id).await?;
        let watch = Watch {
            workspace_id: caller.workspace,
            name: playbook.id.clone(),
            version: i64::from(playbook.version),
            answers: json(serde_json::to_string(&ready.answers))?,
            adjusted: json(serde_json::to_string(adjusted))?,
            branch_path: ready.about.branch_path.clone(),
            actor: caller.actor.to_string(),
            since_at: now,
            looked_at: now,
        };
        rows::watch(tx, &watch).await?;
        self.listen_from_now(tx, caller.workspace).await?;
        let after = serde_json::json!({ "version": playbook.version });
        let subject = format!("playbook:{}", playbook.id);
        self.playbook_audit(
            tx,
            caller,
            ("playbook.switch_on", playbook, subject),
            &after,
            now,
        )
        .await
    }

    /// Switches a playbook off: nothing new begins, runs under way go on.
    ///
    /// # Errors
    /// [`PlaybookError::Off`].
    pub async fn switch_playbook_off(&self, caller: &Caller, name: &str) -> Result<()> {
        caller.may(Operation::PlaybookEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let playbook = self.current(tx, caller.workspace, name).await?;
            self.may_switch(tx, caller, name).await?;
            if !rows::unwatch(tx, caller.workspace, name).await? {
                return Err(PlaybookError::Off(name.to_owned()).into());
            }
            let subject = format!("playbook:{name}");
            let after = serde_json::Value::Null;
            self.playbook_audit(tx, caller, ("playbook.switch_off", &playbook, subject), &after, now)
                .await
        })
    }

    /// Whoever sees a part of the house neither replaces nor ends what was switched on for more of it.
    async fn may_switch(&self, tx: &mut Tx, caller: &Caller, name: &str) -> Result<()> {
        let prefix = caller.branch_prefix();
        let on = rows::watches(tx, Some(caller.workspace)).await?;
        if on
            .iter()
            .any(|watch| watch.name == name && !watch.branch_path.starts_with(&prefix))
        {
            let operation = Operation::PlaybookEdit;
            return Err(Denied { operation }.into());
        }
        Ok(())
    }

    /// Begins a run; `None` if there is one of that subject and key.
    pub(super) async fn begin_run(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        new: NewRun,
        now: Timestamp,
    ) -> Result<Option<Run>> {
        let json = |value: Result<String, serde_json::Error>| value.map_err(AppError::internal);
        let NewRun {
            filled,
            adjusted,
            about,
            at,
            cause,
            actor,
        } = new;
        let playbook = &filled.playbook;
        let subject = match playbook.subject {
            Subject::Workspace => caller.workspace.to_string(),
            Subject::Group => about.group.map(|id| id.to_string()).unwrap_or_default(),
            Subject::Member => about.member.map(|id| id.to_string()).unwrap_or_default(),
        };
        let key = playbook.key_of(at, &cause, &caller.zone);
        let progress = Progress::begin(&filled.course(&caller.zone), &subject, &key, now);
        let mut anchors = filled.anchors.clone();
        // A birthday stays where it can be erased.
        anchors.birthday = None;
        let hears = playbook
            .steps()
            .any(|(_, step)| matches!(step.due, Due::On(_)));
        let row = Run {
            id: self.ids().next::<kind::PlaybookRun>()?,
            workspace_id: caller.workspace,
            name: playbook.id.clone(),
            version: i64::from(playbook.version),
            subject,
            key,
            group_id: about.group,
            member_id: about.member,
            branch_path: about.branch_path,
            answers: json(serde_json::to_string(&filled.answers))?,
            adjusted: json(serde_json::to_string(&adjusted))?,
            anchors: json(serde_json::to_string(&anchors))?,
            about: json(serde_json::to_string(&about.cause))?,
            progress: json(serde_json::to_string(&progress))?,
            state: RunState::Waiting,
            wake_at: Some(now),
            hears,
            fault: None,
            revision: 0,
            actor,
            at,
            started_at: now,
            ended_at: None,
            updated_at: now,
        };
        if !rows::insert(tx, &row).await? {
            return Ok(None);
        }
        if hears {
            self.listen_from_now(tx, caller.workspace).await?;
        }
        self.run_fact(tx, caller, &row, now).await?;
        Ok(Some(row))
    }

    /// The moments that a run about this knows.
    pub(super) async fn anchors(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        about: &About,
        at: Timestamp,
    ) -> Result<Anchors> {
        let workspace = caller.workspace;
        let mut anchors = Anchors::at(at);
        if let Some(id) = about.group {
            let row = group::get(tx, workspace, id).await?;
            let opened = row
                .opened_on
                .map_or(row.created_at, |day| caller.zone.start_of(day));
            anchors = anchors.with("group.created_at", opened);
            if let Some(day) = row.ends_on {
                anchors = anchors.with("group.ends_at", caller.zone.start_of(day));
            }
        }
        if let Some(id) = about.member {
            let row = member::get(tx, workspace, id).await?;
            anchors = anchors.with("member.joined_at", row.joined_at);
            if let Some(last) = row.last_order_at {
                anchors = anchors.with("member.last_order_at", last);
            }
            anchors.birthday = row.birthday();
        }
        if let Some(id) = about.cause.order
            && let Some(order) = rows::order_facts(tx, workspace, id).await?
        {
            anchors = anchors.with("order.paid_at", order.placed_at);
        }
        Ok(anchors)
    }

    /// What happens from now on is heard, if nothing was listened to before.
    async fn listen_from_now(&self, tx: &mut Tx, workspace: WorkspaceId) -> Result<()> {
        if rows::tail(tx, workspace).await?.is_none() {
            let last = event::last_position(tx).await?;
            rows::set_tail(tx, workspace, last).await?;
        }
        Ok(())
    }

    /// A run as it stands, with the world around it.
    pub(super) async fn world_of_run(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Run,
        now: Timestamp,
    ) -> Result<(World, Progress)> {
        let (filled, about) = self.filled_of(tx, row).await?;
        let world = self.world(tx, caller, &about, filled, now).await?;
        Ok((world, progress_of(row)?))
    }

    /// What a run was filled in with.
    pub(super) async fn filled_of(&self, tx: &mut Tx, row: &Run) -> Result<(Filled, About)> {
        let playbook = self
            .version_of(tx, row.workspace_id, &row.name, row.version)
            .await?;
        filled_with(playbook, row)
    }

    /// What was given, checked and completed; the faults if it cannot be used.
    pub(super) async fn ready(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        playbook: Playbook,
        start: &Start,
        now: Timestamp,
    ) -> Result<Result<Ready, Vec<Fault>>> {
        let mut about = About {
            branch_path: caller.branch_prefix(),
            member: start.member,
            cause: Cause::default(),
            group: None,
        };
        if let Some(id) = start.member {
            self.visible(tx, caller, id).await?;
        }
        if playbook.subject == Subject::Group {
            about.group = match &start.group {
                Some(name) => self.group_called(tx, caller, name).await?.map(|row| row.id),
                None => None,
            };
            if about.group.is_none() && !begins_by_itself(&playbook) {
                return Err(PlaybookError::About(Subject::Group).into());
            }
        }
        let given = self
            .named_answers(tx, caller, &playbook, &start.given)
            .await?;
        let house = yutang_store::workspace::get(tx, caller.workspace).await?;
        let setting = Setting {
            start: now,
            zone: &caller.zone,
            calendar: &LunarCalendar,
            language: &house.locale,
        };
        let (answers, hints) = match Answers::check(&playbook, &given, setting) {
            Ok(found) => found,
            Err(faults) => return Ok(Err(faults)),
        };
        let anchor = playbook.triggers.iter().find_map(|trigger| match trigger {
            Trigger::Hand { anchor } => anchor.as_deref(),
            _ => None,
        });
        let at = anchor
            .and_then(|key| answers.moment(key, &caller.zone))
            .unwrap_or(now);
        Ok(Ok(Ready {
            playbook,
            answers,
            hints,
            about,
            at,
        }))
    }

    /// Answers with groups and branches by their ids; `all` are all groups there are.
    async fn named_answers(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        playbook: &Playbook,
        given: &Given,
    ) -> Result<Given> {
        let branches = if playbook
            .asks
            .iter()
            .any(|ask| ask.kind == AskKind::Branches)
        {
            branch::list(tx, caller.workspace, &caller.branch_prefix()).await?
        } else {
            Vec::new()
        };
        let mut named: Given = BTreeMap::new();
        for (key, words) in given {
            let kind = playbook.ask(key).map(|ask| ask.kind);
            let mut ids = Vec::with_capacity(words.len());
            for word in words.iter().map(|word| word.trim()) {
                match kind {
                    Some(AskKind::Groups) if word == ALL => {
                        let within = yutang_store::broadcast::Within {
                            branch_path: caller.branch_prefix(),
                            ..Default::default()
                        };
                        let first = GroupId::from_raw(0);
                        let all = yutang_store::broadcast::group_ids(
                            tx,
                            caller.workspace,
                            &within,
                            first,
                        )
                        .await?;
                        ids.extend(all.into_iter().map(|id| id.to_string()));
                    }
                    Some(AskKind::Groups) => {
                        let found = self.group_called(tx, caller, word).await?;
                        ids.push(found.map_or_else(|| word.to_owned(), |row| row.id.to_string()));
                    }
                    Some(AskKind::Branches) => {
                        let found = branches
                            .iter()
                            .find(|row| row.name == word || row.id.to_string() == word);
                        // One that is not there is a fault of that answer, not of the whole.
                        ids.extend(found.map(|row| row.id.to_string()));
                    }
                    _ => ids.push(word.to_owned()),
                }
            }
            // A group that is not there is a fault of that answer, not of the whole.
            if kind == Some(AskKind::Groups) {
                ids.retain(|id| id.parse::<GroupId>().is_ok());
            }
            named.insert(key.clone(), ids);
        }
        Ok(named)
    }

    /// Says which group was opened for the occasion: what is to be said in it is said there from now
    /// on.
    ///
    /// # Errors
    /// The run or the group is out of reach, or the run is over.
    pub async fn name_run_group(
        &self,
        caller: &Caller,
        id: yutang_domain::id::PlaybookRunId,
        group: &str,
    ) -> Result<()> {
        caller.may(Operation::PlaybookEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let mut row = self.playbook_run_in_scope(tx, caller, id).await?;
            let progress = progress_of(&row)?;
            if progress.is_over() {
                return Err(PlaybookError::Over(row.state).into());
            }
            let found = self.group_called(tx, caller, group).await?;
            let found = found.ok_or_else(|| yutang_store::StoreError::NotFound("group"))?;
            let playbook = self.version_of(tx, row.workspace_id, &row.name, row.version).await?;
            if playbook.subject != Subject::Workspace {
                return Err(PlaybookError::About(playbook.subject).into());
            }
            row.group_id = Some(found.id);
            let was = row.state;
            self.keep_progress(tx, caller, (&mut row, was), &progress, now).await?;
            let after = serde_json::json!({ "run": row.id, "group": found.id });
            let subject = format!("playbook_run:{}", row.id);
            self.playbook_audit(tx, caller, ("playbook.group", &playbook, subject), &after, now)
                .await
        })
    }
}

/// How the checks before a start stand; of `confirmed` somebody says that they are met.
pub(super) fn checked(world: &World, confirmed: &[String]) -> Vec<Checked> {
    world
        .filled
        .playbook
        .checks
        .iter()
        .map(|check| {
            let said = confirmed.contains(&check.id);
            // What nobody knows a person has to say.
            let asks = check.conditions.is_empty();
            let holds = if asks {
                None
            } else {
                let known = Facts { world };
                all_hold(&check.conditions, &known)
            };
            Checked {
                id: check.id.clone(),
                reason: check.reason.clone(),
                warn: check.warn,
                holds: holds.or(said.then_some(true)),
                by_hand: asks || holds.is_none(),
            }
        })
        .collect()
}

/// The facts before a run has begun: those of the world, and the answers.
struct Facts<'a> {
    world: &'a World,
}

impl yutang_domain::playbook::Facts for Facts<'_> {
    fn get(&self, name: &str) -> Option<yutang_domain::playbook::Fact> {
        self.world
            .filled
            .answers
            .fact(name)
            .or_else(|| self.world.facts.get(name).cloned())
    }
}

/// Whether everything that a trigger asks holds.
pub(super) fn triggered(world: &World, conditions: &[yutang_domain::playbook::Condition]) -> bool {
    all_hold(conditions, &Facts { world }) == Some(true)
}

/// A run's playbook with what it was filled in with.
pub(super) fn filled_with(playbook: Playbook, row: &Run) -> Result<(Filled, About)> {
    let adjusted: Adjusted = read(&row.adjusted)?;
    let filled = Filled::new(
        playbook,
        &adjusted,
        read(&row.answers)?,
        read(&row.anchors)?,
    )?;
    let about = About {
        group: row.group_id,
        member: row.member_id,
        cause: read(&row.about)?,
        branch_path: row.branch_path.clone(),
    };
    Ok((filled, about))
}

pub(super) fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(AppError::internal)
}

/// How far a run has come; the row has the last word on where it stands.
pub(super) fn progress_of(row: &Run) -> Result<Progress> {
    let mut progress: Progress = read(&row.progress)?;
    progress.state = row.state;
    Ok(progress)
}

/// Who begins what begins by itself.
pub(super) fn by_itself() -> String {
    Actor::System("playbook").to_string()
}
