//! Doing something through a channel, or asking a person to.
//!
//! Whoever has a wish says also what a member of staff would have to do in its place. Which of the
//! two it comes to is decided before anything is written down for sending, by the rights in the
//! group or else the account's profile. The task goes with the wish all the same: should the
//! network refuse in the end, the person asked knows as much as if it had been known beforehand.

use serde::{Deserialize, Serialize};
use yutang_channels::Wish;
use yutang_domain::{
    capability::{Capabilities, Capability},
    group::Duty,
    id::{BranchId, EventId, MemberId, OutboxId, StaffId, StaffTaskId, WorkspaceId},
    reach::{Means, Obstacle, obstacle},
    task::{DoneCheck, Level, TaskKind, TaskState},
    time::{DAY, HOUR, MINUTE, Timestamp},
};
use yutang_store::{
    Tx, channel_account,
    group::{self, Group},
    member, outbox,
    passage::Way,
    staff, staff_task,
};

use crate::{
    App, AppError, Caller, Result,
    channel::{self, FAILED, REMOVED},
    outbox::NewSend,
    task::NewTask,
    text::known_key,
};

/// A wish about somebody or something in a group.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What is wished. The network's ids of the group and the people in it stand there; an empty
    /// one says that it is not known, and a person is asked.
    pub wish: Wish,
    /// The member it is for.
    pub member: Option<MemberId>,
    /// Not before this instant.
    pub at: Timestamp,
    /// The fact that led to it.
    pub cause: Option<EventId>,
}

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It leaves through the channel.
    Sending(OutboxId),
    /// A person is asked; none if the same cause has asked before.
    Asked(Option<StaffTaskId>),
}

/// The task that goes with a wish.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ask {
    kind: TaskKind,
    level: Level,
    branch: Option<BranchId>,
    assignee: Option<StaffId>,
    what: String,
    args: serde_json::Value,
    body: String,
    picture: Option<String>,
    why: String,
    done_check: DoneCheck,
    minutes: i64,
    due_at: Option<Timestamp>,
    dedup: String,
}

impl Ask {
    fn of(task: &NewTask) -> Self {
        Self {
            kind: task.kind,
            level: task.level,
            branch: task.branch,
            assignee: task.assignee,
            what: task.what.to_owned(),
            args: task.args.clone(),
            body: task.body.clone(),
            picture: task.picture.clone(),
            why: task.why.to_owned(),
            done_check: task.done_check,
            minutes: task.minutes,
            due_at: task.due_at,
            dedup: task.dedup.clone(),
        }
    }

    /// The task for a wish that did not leave, or perhaps did.
    pub(crate) fn task(
        self,
        row: &outbox::Outbox,
        stopped: &Stopped,
        now: Timestamp,
    ) -> Option<NewTask> {
        let mut task = NewTask {
            level: self.level,
            branch: self.branch,
            group: row.group_id,
            member: row.member_id,
            assignee: self.assignee,
            args: self.args,
            body: self.body,
            picture: self.picture,
            done_check: self.done_check,
            minutes: self.minutes,
            // Whoever learns of it late still has a moment for it.
            due_at: self.due_at.map(|due| due.max(now.plus(LATE))),
            cause: row.cause_id,
            ..NewTask::new(
                self.kind,
                (known_key(&self.what)?, known_key(&self.why)?),
                row.created_at,
                self.dedup,
            )
        };
        if let Stopped::Unknown = stopped {
            task.what = "task.check_sent";
        }
        task.args["cannot"] = stopped.why().into();
        Some(task)
    }
}

/// Why a wish does not leave, or nobody knows whether it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The channel cannot do it.
    NotCapable(&'static str),
    /// The network refused it.
    Refused,
    /// The network could not be reached for hours.
    OutOfReach,
    /// The connection broke.
    Unknown,
}

impl Stopped {
    pub(crate) const fn why(self) -> &'static str {
        match self {
            Self::NotCapable(code) => code,
            Self::Refused => "task.why.refused",
            Self::OutOfReach => "task.why.out_of_reach",
            Self::Unknown => "task.why.unknown_outcome",
        }
    }
}

/// Least time for a task that came up after its wish had failed, in milliseconds.
const LATE: i64 = 30 * MINUTE;

/// How long a task may wait that says nothing of it, in milliseconds.
const fn within(level: Level) -> i64 {
    match level {
        Level::Urgent => 15 * MINUTE,
        Level::Warn => 4 * HOUR,
        Level::Normal => DAY,
    }
}

/// What somebody has to do who carries a wish out by hand.
pub(crate) const fn sentence(wish: &Wish) -> &'static str {
    match wish {
        Wish::Post { .. }
        | Wish::Whisper { .. }
        | Wish::Welcome { .. }
        | Wish::Broadcast { .. } => "task.send_by_hand",
        Wish::Remove { .. } => "task.remove",
        Wish::Readmit { .. } => "task.readmit",
        Wish::Restrict { .. } => "task.restrict",
        Wish::Lift { .. } => "task.lift",
        Wish::Delete { .. } => "task.delete",
        Wish::Approve { .. } => "task.approve",
        Wish::Decline { .. } => "task.decline",
        Wish::Invite { .. } => "task.invite",
        Wish::Announce { .. } => "task.announce",
    }
}

/// The words of a wish, ready to paste.
pub(crate) fn words(wish: &Wish) -> &str {
    match wish {
        Wish::Post { text, .. }
        | Wish::Whisper { text, .. }
        | Wish::Welcome { text, .. }
        | Wish::Broadcast { text, .. }
        | Wish::Announce { text, .. } => text,
        _ => "",
    }
}

/// Who has gone where these are done.
const GONE: &[&str] = &["task.remove"];
/// Who has come where these are done.
const HERE: &[&str] = &["task.readmit", "task.invite", "task.approve"];

/// How one sees that a wish was carried out by hand, in a group where this can be seen.
fn check(wish: &Wish, profile: Option<Capabilities>) -> DoneCheck {
    let sees = |word| profile.is_some_and(|can| can.can(word));
    let what = sentence(wish);
    if (GONE.contains(&what) && sees(Capability::SeeLeaves))
        || (HERE.contains(&what) && sees(Capability::SeeJoins))
    {
        DoneCheck::Channel
    } else {
        DoneCheck::Own
    }
}

/// The ids on the network without which a wish goes nowhere.
fn ids(wish: &Wish) -> Vec<&str> {
    match wish {
        Wish::Post { group, .. } | Wish::Announce { group, .. } => vec![group],
        Wish::Whisper { to, .. } | Wish::Welcome { to, .. } => vec![to],
        Wish::Broadcast { groups, .. } => groups.iter().map(String::as_str).collect(),
        Wish::Remove { group, who, .. }
        | Wish::Readmit { group, who, .. }
        | Wish::Restrict { group, who, .. }
        | Wish::Lift { group, who }
        | Wish::Approve { group, who }
        | Wish::Decline { group, who, .. }
        | Wish::Invite { group, who } => vec![group, who],
        Wish::Delete { group, message } => vec![group, message],
    }
}

impl NewTask {
    /// What a member of staff has to do in place of a wish, for the reason `why`; the rest is
    /// filled in by [`App::do_or_ask`].
    pub fn in_place_of(wish: &Wish, why: &'static str, since_at: Timestamp, dedup: String) -> Self {
        Self {
            level: Level::Warn,
            ..Self::new(TaskKind::Do, (sentence(wish), why), since_at, dedup)
        }
    }
}

impl App {
    /// Has a wish carried out by the channel, or where that cannot be asks a member of staff: in
    /// the transaction of the verb that has it.
    ///
    /// Of `ask` only what is peculiar to it has to be said ([`NewTask::in_place_of`]); group,
    /// branch, member, the person in charge, the words, the deadline and the cause are filled in
    /// where they are missing. Its arguments `name`, `minutes` and `cannot` are set as well.
    /// Under the same `dedup` a person is asked once; the caller sees to it that a wish is had
    /// once.
    ///
    /// # Errors
    /// The database refused.
    pub async fn do_or_ask(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        wanted: Wanted,
        ask: NewTask,
        now: Timestamp,
    ) -> Result<Reached> {
        let workspace = caller.workspace;
        let mut ask = self
            .complete(tx, workspace, group, &wanted, ask, now)
            .await?;
        let mut means = self.means(tx, workspace, group).await?;
        means.known = ids(&wanted.wish).iter().all(|id| !id.is_empty());
        if ask.what == sentence(&wanted.wish) {
            ask.done_check = check(&wanted.wish, means.profile);
        }
        let stands_in_the_way = obstacle(wanted.wish.needs(), &means);
        let account = match (stands_in_the_way, group.channel_account_id) {
            (None, Some(account)) => account,
            (found, _) => {
                let code = found.unwrap_or(Obstacle::NoAccount).why();
                ask.args["cannot"] = code.into();
                if ask.why.is_empty() {
                    ask.why = code;
                }
                let task = self
                    .create_task_in(tx, workspace, ask, &caller.actor, now)
                    .await?;
                return Ok(Reached::Asked(task.map(|task| task.id)));
            }
        };
        let send = NewSend {
            account,
            group: Some(group.id),
            member: wanted.member,
            wish: wanted.wish,
            at: wanted.at,
            cause: wanted.cause,
        };
        if ask.why.is_empty() {
            ask.why = Stopped::Refused.why();
        }
        let ask = serde_json::to_string(&Ask::of(&ask)).map_err(AppError::internal)?;
        let id = self
            .write_send(tx, workspace, &send, Some(&ask), &caller.actor, now)
            .await?;
        Ok(Reached::Sending(id))
    }

    /// Closes the tasks that the channel shows as done: who was to be put out has gone, who was to
    /// be let in is there.
    pub(crate) async fn note_done(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        passed: &[(Way, MemberId)],
        now: Timestamp,
    ) -> Result<()> {
        for (way, member) in passed {
            let what = match way {
                Way::Joined => HERE,
                Way::Left | Way::Removed => GONE,
            };
            let workspace = caller.workspace;
            for dedup in staff_task::to_be_seen(tx, workspace, group.id, *member, what).await? {
                self.close_task_in(tx, workspace, &dedup, TaskState::Done, &caller.actor, now)
                    .await?;
            }
        }
        Ok(())
    }

    /// What stands in the way of something in a group, for people whose ids are known.
    ///
    /// # Errors
    /// The database refused.
    pub async fn obstacle_to(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: &Group,
        needs: Capability,
    ) -> Result<Option<Obstacle>> {
        let means = self.means(tx, workspace, group).await?;
        Ok(obstacle(needs, &means))
    }

    async fn means(&self, tx: &mut Tx, workspace: WorkspaceId, group: &Group) -> Result<Means> {
        let account = match group.channel_account_id {
            Some(id) => Some(channel_account::get(tx, workspace, id).await?),
            None => None,
        };
        let rights = group::rights(tx, workspace, group.id).await?.rights;
        Ok(Means {
            profile: account.as_ref().map(channel::capabilities),
            accepted: account
                .as_ref()
                .is_some_and(|row| row.state != FAILED && row.state != REMOVED),
            rights: rights.as_deref().map(capabilities),
            known: true,
        })
    }

    async fn complete(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: &Group,
        wanted: &Wanted,
        ask: NewTask,
        now: Timestamp,
    ) -> Result<NewTask> {
        let mut ask = ask.in_group(group);
        ask.member = ask.member.or(wanted.member);
        ask.cause = ask.cause.or(wanted.cause);
        ask.due_at = ask
            .due_at
            .or_else(|| Some(wanted.at.max(now).plus(within(ask.level))));
        if ask.body.is_empty() {
            words(&wanted.wish).clone_into(&mut ask.body);
        }
        if ask.assignee.is_none() {
            ask.assignee = self.in_charge(tx, workspace, group).await?;
        }
        if !ask.args.is_object() {
            ask.args = serde_json::json!({});
        }
        if let Some(id) = ask.member
            && ask.args.get("name").is_none()
        {
            ask.args["name"] = member::get(tx, workspace, id).await?.name.into();
        }
        if let Wish::Restrict { seconds, .. } = &wanted.wish {
            ask.args["minutes"] = seconds.div_ceil(60).into();
        }
        ask.args["action"] = wanted.wish.needs().as_str().into();
        Ok(ask)
    }

    /// Who is asked first about a group: its host, whoever answers members there, anybody assigned
    /// to it, else the manager of its store.
    ///
    /// # Errors
    /// The database refused.
    pub async fn in_charge(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: &Group,
    ) -> Result<Option<StaffId>> {
        let assigned = group::assignments(tx, workspace, &[group.id]).await?;
        let with = |duty| assigned.iter().find(|one| one.duty == duty);
        let first = with(Duty::Host)
            .or_else(|| with(Duty::Service))
            .or_else(|| assigned.first());
        match first {
            Some(one) => Ok(Some(one.staff_id)),
            None => Ok(staff::manager_of(tx, workspace, group.branch_id).await?),
        }
    }
}

/// The words that a network's rights are kept as.
pub(crate) fn capabilities(words: &str) -> Capabilities {
    let words: Vec<String> = serde_json::from_str(words).unwrap_or_default();
    let known: Vec<Capability> = words.iter().filter_map(|word| word.parse().ok()).collect();
    Capabilities::of(&known)
}
