//! The outbox: what is to be said or done outside is written down before it leaves.
//!
//! A verb writes its wish in its own transaction; a sender takes it afterwards, speaks through the
//! channel with no transaction open, and writes down what became of it. What a channel cannot do
//! becomes a task for a person. If the sender dies in between, nobody knows whether the wish was
//! carried out: the network is asked, and if it cannot tell, a person looks. Nothing is ever sent
//! twice on suspicion.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use yutang_channels::{Channel, ChannelError, Outbound, Wish, channel::LookUp};
use yutang_domain::{
    actor::Actor,
    event::{Event, EventKind},
    id::{ChannelAccountId, EventId, GroupId, MemberId, OutboxId, WorkspaceId},
    task::{Level, TaskKind},
    time::{DAY, HOUR, MINUTE, SECOND, Timestamp},
};
use yutang_store::{
    Tx, event, group, installation, member,
    outbox::{self, Claim, Outcome},
};

use crate::{
    App, AppError, Result,
    macros::in_tx,
    queue::PAUSED,
    reach::{Ask, Stopped, sentence, words},
    task::NewTask,
};

/// How long a sender has to say what became of a row, in milliseconds.
const HOLD_MS: i64 = 2 * MINUTE;
/// After how long a sender in another process is taken for dead by the one that holds the account
/// now, in milliseconds: no single call of a network takes so long.
const SILENCE_MS: i64 = 40 * SECOND;
/// How often a row is tried while the network asks for patience or is out of reach: with
/// [`longer`] waits in between this is almost three hours.
const MAX_ATTEMPTS: i64 = 16;
/// How many rows one look takes.
const AT_ONCE: usize = 16;
/// How far ahead anything is planned, in milliseconds.
const LATEST: i64 = 10 * 366 * DAY;
/// Why a person is asked for what was to go through an account that was removed.
const ACCOUNT_REMOVED: &str = "task.why.account_removed";
/// How often the outbox is looked at when nothing says that it grew.
const POLL: Duration = Duration::from_secs(1);

/// The accounts that this process can speak through.
#[derive(Clone, Default)]
pub struct Lines {
    channels: Arc<RwLock<HashMap<ChannelAccountId, Arc<dyn Channel>>>>,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.accounts()).finish()
    }
}

impl Lines {
    /// Connects an account, or replaces its connection.
    pub fn connect(&self, account: ChannelAccountId, channel: Arc<dyn Channel>) {
        self.channels
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(account, channel);
    }

    /// Disconnects an account; what is to be sent through it waits.
    pub fn disconnect(&self, account: ChannelAccountId) {
        self.channels
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&account);
    }

    /// The connection of an account.
    pub fn of(&self, account: ChannelAccountId) -> Option<Arc<dyn Channel>> {
        self.channels
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&account)
            .cloned()
    }

    /// The accounts that are connected.
    pub fn accounts(&self) -> Vec<ChannelAccountId> {
        self.channels
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .copied()
            .collect()
    }
}

/// A wish about to be written down.
#[derive(Clone, Debug)]
pub struct NewSend {
    /// The account it leaves through.
    pub account: ChannelAccountId,
    /// The group it is for.
    pub group: Option<GroupId>,
    /// The member it is for.
    pub member: Option<MemberId>,
    /// What is wished.
    pub wish: Wish,
    /// Not before this instant.
    pub at: Timestamp,
    /// The fact that led to it.
    pub cause: Option<EventId>,
}

impl App {
    /// Writes a wish down, in the transaction of the verb that has it.
    ///
    /// # Errors
    /// The database refused.
    pub async fn send_later(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        send: &NewSend,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<OutboxId> {
        self.write_send(tx, workspace, send, None, actor, now).await
    }

    /// As [`App::send_later`], with the task that takes its place if the network will not.
    pub(crate) async fn write_send(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        send: &NewSend,
        ask: Option<&str>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<OutboxId> {
        let id: OutboxId = self.ids().next()?;
        let payload = serde_json::to_string(&send.wish).map_err(AppError::internal)?;
        let actor = actor.to_string();
        let row = outbox::NewOutbox {
            id,
            channel_account: send.account,
            group: send.group,
            member: send.member,
            action: send.wish.needs().as_str(),
            payload: &payload,
            ask,
            next_at: send.at,
            cause: send.cause,
            actor: &actor,
            at: now,
        };
        outbox::insert(tx, workspace, &row).await?;
        Ok(id)
    }

    /// Sends until the program stops.
    pub async fn send(&self, lines: &Lines) {
        let stop = self.stopping();
        let mut committed = self.store().committed();
        while !stop.is_cancelled() {
            let before = *committed.borrow_and_update();
            match self.send_due(lines).await {
                // A look that found nothing commits as well: only what others did is worth another.
                Ok(0) => {
                    if *committed.borrow_and_update() > before + 1 {
                        committed.mark_changed();
                    }
                }
                Ok(_) => continue,
                Err(error) => tracing::warn!(%error, "the outbox cannot be read; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                _ = committed.changed() => tokio::time::sleep(Duration::from_millis(20)).await,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Sends what is due now through the accounts connected here, and finds out about what a dead
    /// sender left behind. Says how many rows it took.
    ///
    /// # Errors
    /// The database refused; what a network says is kept with the row.
    pub async fn send_due(&self, lines: &Lines) -> Result<usize> {
        let accounts = lines.accounts();
        if accounts.is_empty() {
            return Ok(0);
        }
        let now = self.now();
        let claim = Claim {
            accounts: &accounts,
            holder: self.ids().holder(),
            now,
            until: now.plus(HOLD_MS),
            limit: AT_ONCE,
        };
        let silent = now.plus(HOLD_MS - SILENCE_MS);
        let (orphans, due) = in_tx!(self, Guarded, tx => {
            if installation::find(tx, PAUSED).await?.is_some() {
                return Ok((Vec::new(), Vec::new()));
            }
            Ok((outbox::claim_orphans(tx, &claim, silent).await?, outbox::claim(tx, &claim).await?))
        })?;
        let count = orphans.len() + due.len();
        let sends = due.iter().map(|row| self.send_one(lines, row, false));
        let asks = orphans.iter().map(|row| self.send_one(lines, row, true));
        futures::future::try_join_all(sends.chain(asks)).await?;
        Ok(count)
    }

    /// Hands to people what was still to be said through accounts that were removed; says how many
    /// rows that were.
    pub(crate) async fn hand_over_removed(&self) -> Result<u64> {
        let now = self.now();
        let mut count = 0;
        loop {
            let (orphans, due) = in_tx!(self, Guarded, tx => {
                let accounts = outbox::removed_accounts(tx).await?;
                if accounts.is_empty() || installation::find(tx, PAUSED).await?.is_some() {
                    return Ok((Vec::new(), Vec::new()));
                }
                let claim = Claim {
                    accounts: &accounts,
                    holder: self.ids().holder(),
                    // Also what was planned for later.
                    now: now.plus(LATEST),
                    until: now.plus(HOLD_MS),
                    limit: AT_ONCE,
                };
                let silent = now.plus(HOLD_MS - SILENCE_MS);
                let held = Claim { now, ..claim };
                Ok((outbox::claim_orphans(tx, &held, silent).await?, outbox::claim(tx, &claim).await?))
            })?;
            if orphans.is_empty() && due.is_empty() {
                return Ok(count);
            }
            count += (orphans.len() + due.len()) as u64;
            for row in &due {
                self.settle_send(row, None, &Verdict::NotCapable(ACCOUNT_REMOVED))
                    .await?;
            }
            for row in &orphans {
                let unknown = Verdict::Unknown("the account was removed".to_owned());
                self.settle_send(row, None, &unknown).await?;
            }
        }
    }

    async fn send_one(&self, lines: &Lines, row: &outbox::Outbox, orphan: bool) -> Result<()> {
        let Some(channel) = lines.of(row.channel_account_id) else {
            return self
                .settle_send(
                    row,
                    None,
                    &Verdict::Again {
                        after_ms: 10 * SECOND,
                        reason: "not connected".into(),
                    },
                )
                .await;
        };
        let mut ends = None;
        let verdict = match serde_json::from_str::<Wish>(&row.payload) {
            Err(error) => Verdict::Failed(error.to_string()),
            Ok(wish) => {
                ends = Ending::of(&wish, channel.ends_restrictions());
                let outbound = Outbound {
                    key: row.id.to_string(),
                    wish,
                };
                if orphan {
                    ask(&*channel, &outbound.key).await
                } else {
                    speak(&*channel, &outbound).await
                }
            }
        };
        self.settle_send(row, ends.as_ref(), &verdict.after(row.attempts))
            .await
    }

    async fn settle_send(
        &self,
        row: &outbox::Outbox,
        ends: Option<&Ending>,
        verdict: &Verdict,
    ) -> Result<()> {
        let now = self.now();
        let outcome = match verdict {
            Verdict::Sent(external) => Outcome::Sent(external.as_deref()),
            Verdict::Again { after_ms, reason } => Outcome::Again(now.plus(*after_ms), reason),
            Verdict::Failed(reason) | Verdict::GaveUp(reason) => Outcome::Failed(reason),
            Verdict::Unknown(reason) => Outcome::Unknown(reason),
            Verdict::NotCapable(code) => Outcome::Tasked(code),
        };
        metrics::counter!("yutang_outbox_total", "outcome" => verdict.word()).increment(1);
        in_tx!(self, Guarded, tx => {
            if !outbox::settle(tx, row.id, self.ids().holder(), now, &outcome).await? {
                return Ok(());
            }
            if let Some(stopped) = verdict.stopped() {
                let task = self.task_for(tx, row, stopped, now).await?;
                self.create_task_in(tx, row.workspace_id, task, &SENDER, now).await?;
            }
            if matches!(outcome, Outcome::Sent(_)) {
                if let Some(ends) = ends {
                    self.schedule_end(tx, row, ends, now).await?;
                }
                let mut fact = Event::new(self.ids().next()?, EventKind::MessageSent, &SENDER)
                    .with(serde_json::json!({ "outbox": row.id, "action": row.action }));
                fact.group = row.group_id;
                fact.member = row.member_id;
                fact.cause = row.cause_id;
                event::insert(tx, row.workspace_id, now, &[fact]).await?;
            }
            Ok(())
        })
    }

    /// The end of a restriction that the network does not end by itself; what was to end an
    /// earlier one is taken back.
    async fn schedule_end(
        &self,
        tx: &mut Tx,
        row: &outbox::Outbox,
        ends: &Ending,
        now: Timestamp,
    ) -> Result<()> {
        let payload = serde_json::to_string(&ends.lift).map_err(AppError::internal)?;
        let (workspace, account) = (row.workspace_id, row.channel_account_id);
        let waiting = (payload.as_str(), &*ENDER.to_string());
        outbox::withdraw_same(tx, workspace, account, waiting, "another took its place").await?;
        let Some(after) = ends.after else {
            return Ok(());
        };
        let send = NewSend {
            account,
            group: row.group_id,
            member: row.member_id,
            wish: ends.lift.clone(),
            at: now.plus(after),
            cause: row.cause_id,
        };
        self.write_send(tx, workspace, &send, None, &ENDER, now)
            .await?;
        Ok(())
    }

    /// The task for a person that takes the place of a wish which did not, or perhaps did, leave.
    async fn task_for(
        &self,
        tx: &mut Tx,
        row: &outbox::Outbox,
        stopped: Stopped,
        now: Timestamp,
    ) -> Result<NewTask> {
        let ask = row.ask.as_deref();
        let ask = ask.and_then(|ask| serde_json::from_str::<Ask>(ask).ok());
        if let Some(task) = ask.and_then(|ask| ask.task(row, &stopped, now)) {
            return Ok(task);
        }
        let wish = serde_json::from_str::<Wish>(&row.payload).ok();
        let what = match stopped {
            Stopped::Unknown => "task.check_sent",
            _ => wish.as_ref().map_or("task.send_by_hand", sentence),
        };
        let mut args = serde_json::json!({ "action": row.action });
        if let Some(id) = row.member_id {
            args["name"] = member::get(tx, row.workspace_id, id).await?.name.into();
        }
        if let Some(Wish::Restrict { seconds, .. }) = &wish {
            args["minutes"] = seconds.div_ceil(60).into();
        }
        let assignee = match row.group_id {
            Some(id) => {
                let group = group::get(tx, row.workspace_id, id).await?;
                self.in_charge(tx, row.workspace_id, &group).await?
            }
            None => None,
        };
        Ok(NewTask {
            level: Level::Warn,
            group: row.group_id,
            member: row.member_id,
            assignee,
            args,
            body: wish.as_ref().map_or("", words).to_owned(),
            due_at: Some(now.plus(DAY)),
            cause: row.cause_id,
            ..NewTask::new(
                TaskKind::Do,
                (what, stopped.why()),
                row.created_at,
                format!("outbox:{}", row.id),
            )
        })
    }
}

/// A restriction that was begun or lifted, and when it is to end.
struct Ending {
    lift: Wish,
    after: Option<i64>,
}

impl Ending {
    fn of(wish: &Wish, by_itself: bool) -> Option<Self> {
        let (group, who, after) = match wish {
            Wish::Restrict {
                group,
                who,
                seconds,
            } if !by_itself => (group, who, Some(i64::from(*seconds) * SECOND)),
            Wish::Lift { group, who } if !by_itself => (group, who, None),
            _ => return None,
        };
        Some(Self {
            lift: Wish::Lift {
                group: group.clone(),
                who: who.clone(),
            },
            after,
        })
    }
}

/// Who ends what a network does not.
const ENDER: Actor = Actor::System("restriction");
const SENDER: Actor = Actor::System("outbox");

/// What became of a wish.
enum Verdict {
    Sent(Option<String>),
    Again { after_ms: i64, reason: String },
    GaveUp(String),
    Failed(String),
    Unknown(String),
    NotCapable(&'static str),
}

impl Verdict {
    const fn word(&self) -> &'static str {
        match self {
            Self::Sent(_) => "sent",
            Self::Again { .. } => "again",
            Self::GaveUp(_) | Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
            Self::NotCapable(_) => "tasked",
        }
    }

    /// Why a person is asked, if one is.
    const fn stopped(&self) -> Option<Stopped> {
        match self {
            Self::NotCapable(code) => Some(Stopped::NotCapable(code)),
            Self::GaveUp(_) => Some(Stopped::OutOfReach),
            Self::Failed(_) => Some(Stopped::Refused),
            Self::Unknown(_) => Some(Stopped::Unknown),
            Self::Sent(_) | Self::Again { .. } => None,
        }
    }

    /// Patience ends after [`MAX_ATTEMPTS`], and grows until then.
    fn after(self, attempts: i64) -> Self {
        match self {
            Self::Again { reason, .. } if attempts >= MAX_ATTEMPTS => Self::GaveUp(reason),
            Self::Again { after_ms, reason } => Self::Again {
                after_ms: after_ms.max(longer(attempts)),
                reason,
            },
            other => other,
        }
    }
}

/// How long is waited at least after so many attempts, in milliseconds: what the network asks for
/// at first, then twice as long each time, half an hour at most.
fn longer(attempts: i64) -> i64 {
    match u32::try_from(attempts.saturating_sub(4)) {
        Ok(doublings) => ((10 * SECOND) << doublings.min(10)).min(30 * MINUTE),
        Err(_) => 0,
    }
}

async fn speak(channel: &dyn Channel, outbound: &Outbound) -> Verdict {
    let answer = match channel.capabilities().need(outbound.wish.needs()) {
        Ok(()) => channel.send(outbound).await,
        Err(refused) => Err(refused.into()),
    };
    match answer {
        Ok(sent) => Verdict::Sent(sent.external_id),
        Err(ChannelError::Retry { after_ms, reason }) => Verdict::Again {
            after_ms: after_ms.clamp(SECOND, HOUR),
            reason,
        },
        Err(ChannelError::Fail { reason }) => Verdict::Failed(reason),
        Err(ChannelError::NotCapable(refused)) => Verdict::NotCapable(refused.capability.cannot()),
        Err(ChannelError::Unknown { reason }) => match ask(channel, &outbound.key).await {
            Verdict::Unknown(_) => Verdict::Unknown(reason),
            found => found,
        },
    }
}

/// Asks the network about a wish that may or may not have left. A network that carries out the
/// same key only once may answer [`LookUp::Absent`] without looking: sending again is safe there.
async fn ask(channel: &dyn Channel, key: &str) -> Verdict {
    match channel.look_up(key).await {
        Ok(Some(LookUp::Sent(sent))) => Verdict::Sent(sent.external_id),
        Ok(Some(LookUp::Absent)) => Verdict::Again {
            after_ms: SECOND,
            reason: "it had not left".to_owned(),
        },
        Ok(None) => Verdict::Unknown("the network cannot tell whether it left".to_owned()),
        Err(error) => Verdict::Unknown(error.to_string()),
    }
}
