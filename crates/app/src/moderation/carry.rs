//! Carrying out: wishes where the channel can, one complete task for a person where it cannot.

use yutang_channels::Wish;
use yutang_domain::{
    capability::Capability,
    id::{ChannelAccountId, EventId, StaffTaskId, WorkspaceId},
    moderation::Measure,
    sanction::{FAIR_MS, SanctionAction},
    task::{Level, TaskKind, TaskState},
    time::{HOUR, MINUTE, SECOND, Timestamp},
    welcome::{Private, private_way},
};
use yutang_store::{
    Tx,
    group::Group,
    knock, membership, outbox,
    sanction::{self, NewStep, Sanction, Step},
    staff_task,
};

use super::{
    KEEPER,
    house::{House, Person},
};
use crate::{App, Result, outbox::NewSend, task::NewTask};

/// How soon a person does what the channel cannot, in milliseconds: the writer is held to nothing
/// until then.
const BY_HAND_WITHIN: i64 = FAIR_MS;
/// How soon a person decides about removal, in milliseconds.
const REVIEW_WITHIN: i64 = 2 * HOUR;
/// Characters of a message that a task shows.
const SHOWN: usize = 60;

/// Something to be carried out for a sanction.
pub(super) struct Work<'a> {
    /// The organisation.
    pub workspace: WorkspaceId,
    /// The surroundings.
    pub house: &'a House,
    /// The group.
    pub group: &'a Group,
    /// Whom it is about.
    pub person: &'a Person,
    /// The sanction.
    pub row: &'a Sanction,
    /// The network's ids of its messages.
    pub keys: &'a [String],
    /// Their words, for a person who looks for them.
    pub text: &'a str,
    /// The fact that led to it.
    pub cause: EventId,
    /// The present instant.
    pub now: Timestamp,
}

/// What is left for a person.
#[derive(Default)]
struct Left {
    actions: Vec<SanctionAction>,
    body: String,
    /// The page of the rules, for whoever reminds of them.
    picture: Option<String>,
}

impl Work<'_> {
    fn args(&self) -> serde_json::Value {
        let kind = self.row.kind.as_str();
        let text = match self.text.trim() {
            "" => self.house.locale.say("moderation.wordless", &[]),
            text => shortened(text),
        };
        serde_json::json!({
            "name": self.person.name,
            "text": text,
            "group": self.group.name,
            "kind": self.house.locale.word("moderation.kind", kind),
            "rule": self.house.rule(kind),
            "nth": self.row.strikes + 1,
            "time": self.house.time(self.row.message_at),
            "minutes": self.row.cool_off_ms.unwrap_or(0) / MINUTE,
        })
    }

    pub(super) fn task(&self, what: &'static str, why: &'static str, part: &str) -> NewTask {
        NewTask {
            level: Level::Warn,
            member: Some(self.person.member),
            assignee: self.house.manager.as_ref().map(|(id, _)| *id),
            args: self.args(),
            due_at: Some(self.now.plus(BY_HAND_WITHIN)),
            cause: Some(self.cause),
            ..NewTask::new(
                TaskKind::Do,
                (what, why),
                self.now,
                format!("sanction:{}{part}", self.row.id),
            )
            .in_group(self.group)
        }
    }
}

impl App {
    /// How a member is told something, in the order of trade.md 6: in private where the account can
    /// begin that, by a person who addresses them in the group, to all without a name. `None` = by a
    /// person. A person is asked only where one keeps the group and whoever is told is `there` to be
    /// addressed: who is put out meanwhile would hear nothing.
    async fn told(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        (private, aloud): (&str, &str),
        there: bool,
    ) -> Result<Option<(Wish, Timestamp)>> {
        let Some(account) = work.house.account else {
            return Ok(None);
        };
        if let Some(to) = &work.person.who
            && self.reaches_alone(tx, work, account).await?
        {
            let wish = Wish::Whisper {
                to: to.clone(),
                text: private.to_owned(),
            };
            return Ok(Some((wish, work.now)));
        }
        if there && work.house.manager.is_some() {
            return Ok(None);
        }
        let group = work.group.external_id.clone();
        let group = group.filter(|_| work.house.can.can(Capability::PostGroup));
        Ok(group.map(|group| {
            let wish = Wish::Post {
                group,
                text: aloud.to_owned(),
                reply_to: work.keys.first().cloned(),
            };
            (wish, work.house.aloud_at(work.now))
        }))
    }

    /// Whether the account can write to a member alone: at any time, or because they wrote first.
    pub(super) async fn reaches_alone(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        account: ChannelAccountId,
    ) -> Result<bool> {
        let profile = work.house.profile;
        let first = profile.is_some_and(|profile| !profile.writes_first());
        let (workspace, member) = (work.workspace, work.person.member);
        let wrote = first
            && (work.person.writes || knock::wrote_to(tx, workspace, account, member).await?);
        // The channel's own welcome is for those who have just come.
        let can = work.house.can.without(&[Capability::WelcomePrivate]);
        Ok(private_way(profile, can, wrote) == Some(Private::Whisper))
    }

    /// Writes a step down that the channel does; false if it cannot.
    pub(super) async fn wish(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        (action, undoes): (SanctionAction, bool),
        wish: Option<(Wish, Timestamp)>,
    ) -> Result<bool> {
        let Some(account) = work.house.account else {
            return Ok(false);
        };
        let Some((wish, at)) = wish.filter(|(wish, _)| work.house.can.can(wish.needs())) else {
            return Ok(false);
        };
        let send = NewSend {
            account,
            group: Some(work.group.id),
            member: Some(work.person.member),
            wish,
            at,
            cause: Some(work.cause),
        };
        let outbox = self
            .send_later(tx, work.workspace, &send, &KEEPER, work.now)
            .await?;
        let step = NewStep {
            action,
            undoes,
            outbox: Some(outbox),
            task: None,
        };
        sanction::add_step(tx, work.workspace, work.row.id, step).await?;
        Ok(true)
    }

    /// Lets a person do what is left, and notes which steps that are.
    pub(super) async fn hand_over_steps(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        undoes: bool,
        actions: &[SanctionAction],
        task: NewTask,
    ) -> Result<Option<StaffTaskId>> {
        let made = self
            .create_task_in(tx, work.workspace, task, &KEEPER, work.now)
            .await?;
        let task = made.map(|row| row.id);
        for action in actions {
            let step = NewStep {
                action: *action,
                undoes,
                outbox: None,
                task,
            };
            sanction::add_step(tx, work.workspace, work.row.id, step).await?;
        }
        Ok(task)
    }

    pub(super) fn at_person(
        &self,
        work: &Work<'_>,
        key_of: impl Fn(String, String) -> Wish,
    ) -> Option<Wish> {
        let group = work.group.external_id.clone()?;
        Some(key_of(group, work.person.who.clone()?))
    }

    /// Takes messages down; those that cannot be are left.
    async fn take_down(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        keys: &[String],
        left: &mut Left,
    ) -> Result<()> {
        let mut all = !keys.is_empty();
        for key in keys {
            let wish = work.group.external_id.clone().map(|group| {
                let message = key.clone();
                (Wish::Delete { group, message }, work.now.plus(SECOND))
            });
            all &= self
                .wish(tx, work, (SanctionAction::Delete, false), wish)
                .await?;
        }
        if !all {
            left.actions.push(SanctionAction::Delete);
        }
        Ok(())
    }

    /// Takes further messages of a sanction down that takes its messages down; says whether the
    /// channel does it.
    pub(super) async fn take_down_more(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        keys: &[String],
    ) -> Result<bool> {
        let mut left = Left::default();
        self.take_down(tx, work, keys, &mut left).await?;
        if left.actions.is_empty() {
            return Ok(true);
        }
        let part = format!(":{}", work.now.ms());
        let task = work.task("task.sanction_delete_told", "task.why.sanction", &part);
        self.hand_over_steps(tx, work, false, &left.actions, task)
            .await?;
        Ok(false)
    }

    /// Carries measures out; `private` and `aloud` are the notice for one and for all, `part` tells
    /// the task from others of the sanction.
    pub(super) async fn take_measures(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        measures: &[Measure],
        (private, aloud): (&str, &str),
        part: &str,
    ) -> Result<()> {
        let mut left = Left::default();
        let goes = measures.contains(&Measure::Remove)
            && work.house.account.is_some()
            && work.house.can.can(Capability::Remove);
        for measure in measures {
            let action = action_of(*measure);
            let done = match measure {
                Measure::Notice => {
                    let wish = self.told(tx, work, (private, aloud), !goes).await?;
                    let done = self.wish(tx, work, (action, false), wish).await?;
                    if !done {
                        private.clone_into(&mut left.body);
                        left.picture.clone_from(&work.house.rules_url);
                    }
                    done
                }
                Measure::Delete => {
                    self.take_down(tx, work, work.keys, &mut left).await?;
                    true
                }
                Measure::CoolOff => {
                    let ms = work.row.cool_off_ms.unwrap_or(0);
                    let seconds = u32::try_from(ms / SECOND).unwrap_or(0);
                    let wish = self.at_person(work, |group, who| Wish::Restrict {
                        group,
                        who,
                        seconds,
                    });
                    let wish = wish.map(|wish| (wish, work.now));
                    self.wish(tx, work, (action, false), wish).await?
                }
                Measure::Remove => {
                    sanction::close_ways_back(
                        tx,
                        work.workspace,
                        work.group.id,
                        work.person.member,
                    )
                    .await?;
                    let reason = work.house.rule(work.row.kind.as_str());
                    let wish = self.at_person(work, |group, who| Wish::Remove {
                        group,
                        who,
                        reason: reason.clone(),
                    });
                    // Whoever is out may no longer be told.
                    let wish = wish.map(|wish| (wish, work.now.plus(2 * SECOND)));
                    self.wish(tx, work, (action, false), wish).await?
                }
                Measure::Review => {
                    let mut task =
                        work.task("task.sanction_review", "task.why.sanction_paid", ":review");
                    task.due_at = Some(work.now.plus(REVIEW_WITHIN));
                    task.minutes = 3;
                    self.hand_over_steps(tx, work, false, &[action], task)
                        .await?;
                    true
                }
            };
            if !done {
                left.actions.push(action);
            }
        }
        if left.actions.is_empty() {
            return Ok(());
        }
        let mut task = work.task(what_of(&left), "task.why.sanction", part);
        task.minutes = i64::try_from(left.actions.len()).unwrap_or(1);
        task.body = left.body;
        task.picture = left.picture;
        self.hand_over_steps(tx, work, false, &left.actions, task)
            .await?;
        Ok(())
    }

    /// Whether somebody is in the group to be addressed, as far as one knows.
    async fn is_there(&self, tx: &mut Tx, work: &Work<'_>) -> Result<bool> {
        let (workspace, member) = (work.workspace, work.person.member);
        let going = membership::going(tx, workspace, work.group.id, member).await?;
        let steps = sanction::steps(tx, workspace, &[work.row.id]).await?;
        let removed = steps.iter().any(|step| {
            let done = step.outbox_state.as_deref() == Some("sent")
                || step.task_state.as_deref() == Some("done");
            step.action == SanctionAction::Remove && done
        });
        Ok(going.is_none() && !removed)
    }

    /// Pays a fee back: a person does, whatever the channel can.
    pub(super) async fn ask_refund(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        amount: Option<&str>,
    ) -> Result<()> {
        let what = match amount {
            Some(_) => "task.refund_amount",
            None => "task.refund",
        };
        let mut task = work.task(what, "task.why.refund", ":refund");
        if let Some(amount) = amount {
            task.args["amount"] = amount.into();
        }
        task.due_at = Some(work.now.plus(24 * HOUR));
        task.minutes = 3;
        self.hand_over_steps(tx, work, false, &[SanctionAction::Refund], task)
            .await?;
        Ok(())
    }

    /// Takes back what was done: what has not left stays, what was done is reversed, and the writer
    /// is told if they were told before. req: 003-170
    pub(super) async fn reverse(&self, tx: &mut Tx, work: &Work<'_>) -> Result<()> {
        let (workspace, now) = (work.workspace, work.now);
        let mut done: Vec<SanctionAction> = Vec::new();
        let steps = sanction::steps(tx, workspace, &[work.row.id]).await?;
        for step in steps.iter().filter(|step| !step.undoes) {
            if self.step_stopped(tx, workspace, step).await? {
                continue;
            }
            done.push(step.action);
        }
        // Whatever of it still waits for a person needs nobody any more.
        let open = steps
            .iter()
            .filter(|step| step.task_state.as_deref() == Some("open"));
        let mut asked: Vec<StaffTaskId> = open.filter_map(|step| step.task_id).collect();
        asked.dedup();
        for id in asked {
            let dedup = staff_task::get(tx, workspace, id).await?.dedup;
            self.close_task_in(tx, workspace, &dedup, TaskState::Withdrawn, &KEEPER, now)
                .await?;
        }
        let mut left = Left::default();
        let out =
            done.contains(&SanctionAction::Remove) && !done.contains(&SanctionAction::Readmit);
        if out {
            let silent = self.left_alone(tx, work).await?.is_some();
            let wish = self.at_person(work, |group, who| Wish::Readmit { group, who, silent });
            let wish = wish.map(|wish| (wish, now));
            let action = SanctionAction::Readmit;
            if !self.wish(tx, work, (action, true), wish).await? {
                left.actions.push(action);
            }
        }
        let silenced_at = steps
            .iter()
            .rev()
            .filter(|step| step.action == SanctionAction::CoolOff)
            .find_map(|step| step.done_at)
            .unwrap_or(work.row.decided_at);
        let silenced_until = silenced_at.plus(work.row.cool_off_ms.unwrap_or(0));
        if done.contains(&SanctionAction::CoolOff) && silenced_until > now {
            let wish = self.at_person(work, |group, who| Wish::Lift { group, who });
            let wish = wish.map(|wish| (wish, now));
            let action = SanctionAction::Lift;
            if !self.wish(tx, work, (action, true), wish).await? {
                left.actions.push(action);
            }
        }
        if !done.is_empty() {
            let name = Some(work.person.name.as_str());
            let at = work.row.message_at;
            let private = work.house.apology(name, at, out);
            let aloud = work.house.apology(None, at, out);
            let wish = self.told(tx, work, (&private, &aloud), !out).await?;
            let action = SanctionAction::Apology;
            if !self.wish(tx, work, (action, true), wish).await? {
                left.actions.push(action);
                left.body = private;
            }
        }
        if left.actions.is_empty() {
            return Ok(());
        }
        let what = if left.actions.contains(&SanctionAction::Readmit) {
            work.readmission()
        } else if left.actions.contains(&SanctionAction::Lift) {
            "task.sanction_lift"
        } else {
            "task.sanction_apology"
        };
        let mut task = work.task(what, "task.why.sanction_undone", ":undo");
        task.body = left.body;
        self.hand_over_steps(tx, work, true, &left.actions, task)
            .await?;
        Ok(())
    }

    /// Whether a step did not happen, and now will not.
    pub(super) async fn step_stopped(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        step: &Step,
    ) -> Result<bool> {
        if let Some(id) = step.outbox_id {
            return Ok(match step.outbox_state.as_deref() {
                Some("pending") => outbox::withdraw(tx, workspace, id).await?,
                None => true,
                Some(_) => false,
            });
        }
        Ok(step.task_state.as_deref() != Some("done"))
    }

    /// Tells a member something about a sanction: `private` to them alone, or `aloud` to all, which
    /// names nobody.
    pub(super) async fn tell_writer(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        action: SanctionAction,
        (private, aloud): (&str, &str),
        (sentences, part): ((&'static str, &'static str), &str),
    ) -> Result<()> {
        let there = self.is_there(tx, work).await?;
        let wish = self.told(tx, work, (private, aloud), there).await?;
        if self.wish(tx, work, (action, false), wish).await? {
            return Ok(());
        }
        let mut task = work.task(sentences.0, sentences.1, part);
        private.clone_into(&mut task.body);
        self.hand_over_steps(tx, work, false, &[action], task)
            .await?;
        Ok(())
    }
}

const fn action_of(measure: Measure) -> SanctionAction {
    match measure {
        Measure::Notice => SanctionAction::Notice,
        Measure::Delete => SanctionAction::Delete,
        Measure::CoolOff => SanctionAction::CoolOff,
        Measure::Remove => SanctionAction::Remove,
        Measure::Review => SanctionAction::Review,
    }
}

/// The sentence of a task: the hardest thing left, and whether the writer is still to be told.
fn what_of(left: &Left) -> &'static str {
    let has = |action| left.actions.contains(&action);
    let tell = has(SanctionAction::Notice);
    match () {
        () if has(SanctionAction::Remove) && tell => "task.sanction_remove",
        () if has(SanctionAction::Remove) => "task.sanction_remove_told",
        () if has(SanctionAction::CoolOff) && tell => "task.sanction_cool_off",
        () if has(SanctionAction::CoolOff) => "task.sanction_cool_off_told",
        () if has(SanctionAction::Delete) && tell => "task.sanction_delete",
        () if has(SanctionAction::Delete) => "task.sanction_delete_told",
        () => "task.sanction_notice",
    }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
