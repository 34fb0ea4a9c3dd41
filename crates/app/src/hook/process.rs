//! What becomes of deliveries: facts, in the order in which they were stored.
//!
//! One process at a time works on an account, held by a lease that is renewed inside each
//! transaction: whoever lost it commits nothing. Facts and the mark that they were taken in share
//! that transaction, so a kill in between loses and doubles nothing. A body that cannot be read is
//! refused with its reason and holds nobody up.
//!
//! Accepting goes before processing: on one file both need the only writer. While deliveries pour
//! in, a worker takes a quarter at a time and rests for eight times as long as it worked; the queue
//! grows, durably, and is worked off when it is quieter. At any lesser rate it does not rest: what
//! members say is judged right after it came.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;
use yutang_channels::{
    Channel, Inbound,
    open::{self, OpenChannel, Reported},
    telegram::{self, webhook},
};
use yutang_domain::{
    actor::Actor,
    error::{Class, Rule as _},
    id::HookId,
    time::{SECOND, Timestamp},
};
use yutang_store::{
    Tx,
    hook::{self, Account, Waiting},
    lease, workspace,
};

use crate::{
    App, Caller, Result,
    connection::{ReadCodes, pictures, see_pictures},
    inbound::{Received, Via},
    macros::in_tx,
    outbox::Lines,
};

/// Who takes deliveries in.
const WORKER: Actor = Actor::System("hook");
/// For how long an account is held, in milliseconds; each transaction prolongs it.
const HOLD_MS: i64 = 15 * SECOND;
/// What one transaction takes: about a thousand facts.
const SHARE: Share = Share {
    rows: 1_000,
    bytes: 200 * 1024,
};
/// What it takes while deliveries pour in, which wait for it.
const BUSY_SHARE: Share = Share {
    rows: 250,
    bytes: 50 * 1024,
};
/// How often is looked for deliveries when nothing says that some came.
const POLL: Duration = Duration::from_secs(1);
/// From how many deliveries a second on they pour in; one of more than 2 KB counts as several, so
/// this is also a megabyte a second, which is more than is worked off in the same time.
const POURING: f64 = 500.0;
/// How long a worker rests while deliveries pour in, for each unit of time that it worked.
const REST: u32 = 8;
/// Longest such rest.
const LONGEST_REST: Duration = Duration::from_secs(2);

/// How much of what waits one transaction takes.
#[derive(Clone, Copy, Debug)]
struct Share {
    /// Deliveries, at most.
    rows: usize,
    /// Bytes of their bodies, beyond the first.
    bytes: i64,
}

/// What was done with deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Processed {
    /// Deliveries whose facts were taken in.
    pub done: u64,
    /// Deliveries that were refused.
    pub refused: u64,
    /// Messages that were new.
    pub messages: u64,
    /// Facts that were there already, or that nobody listens to.
    pub skipped: u64,
}

impl Processed {
    const fn settled(&self) -> u64 {
        self.done + self.refused
    }

    fn add(&mut self, other: Self) {
        self.done += other.done;
        self.refused += other.refused;
        self.messages += other.messages;
        self.skipped += other.skipped;
    }
}

impl App {
    /// Processes deliveries until the program stops.
    pub async fn work_hooks(&self, lines: &Lines, read_codes: Option<ReadCodes>) {
        let stop = self.stopping();
        let mut committed = self.store().committed();
        while !stop.is_cancelled() {
            match self.process_hooks_reading(lines, read_codes).await {
                Ok(done) if done.settled() > 0 => continue,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(code = error.code(), %error, "deliveries cannot be processed; trying again");
                    tokio::time::sleep(POLL).await;
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                _ = committed.changed() => tokio::time::sleep(Duration::from_millis(20)).await,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Processes the deliveries that wait now, of every account that no other process holds.
    ///
    /// # Errors
    /// The database refused; what was not settled waits on.
    pub async fn process_hooks(&self, lines: &Lines) -> Result<Processed> {
        self.process_hooks_reading(lines, None).await
    }

    /// As [`App::process_hooks`], with what reads the codes in pictures.
    ///
    /// # Errors
    /// As there.
    pub async fn process_hooks_reading(
        &self,
        lines: &Lines,
        read_codes: Option<ReadCodes>,
    ) -> Result<Processed> {
        let accounts = in_tx!(self, Read, tx => Ok(hook::accounts_waiting(tx).await?))?;
        let mut processed = Processed::default();
        for account in accounts {
            if account.channel == open::NETWORK && lines.of(account.id).is_none() {
                lines.connect(account.id, std::sync::Arc::new(OpenChannel));
            }
            let eyes = read_codes.and_then(|read| Some((lines.of(account.id)?, read)));
            processed.add(self.process_account(&account, eyes).await?);
        }
        Ok(processed)
    }

    async fn process_account(&self, account: &Account, eyes: Option<Eyes>) -> Result<Processed> {
        let name = format!("hook:{}", account.id);
        // Not the process's own name: two of its tasks are two holders.
        let holder = format!("{}:{}", self.ids().holder(), crate::key::random_text(6));
        let now = self.now();
        let (taken, house) = in_tx!(self, Guarded, tx => {
            let taken = lease::take(tx, &name, &holder, now, now.plus(HOLD_MS)).await?;
            Ok((taken.is_some(), workspace::get(tx, account.workspace_id).await?))
        })?;
        if !taken {
            return Ok(Processed::default());
        }
        let caller = Caller::new(&house, WORKER, "hook", "hook")?;
        let outcome = self
            .drain(account, &caller, (&name, &holder), eyes.as_ref())
            .await;
        in_tx!(self, Guarded, tx => Ok(lease::release(tx, &name, &holder, 0).await?))?;
        outcome
    }

    async fn drain(
        &self,
        account: &Account,
        caller: &Caller,
        lease: (&str, &str),
        eyes: Option<&Eyes>,
    ) -> Result<Processed> {
        let stop = self.stopping();
        let mut processed = Processed::default();
        // After a transaction that failed, its deliveries go one by one, so that one alone is refused.
        let mut alone = 0;
        let mut busy = false;
        // From the end of one transaction to the end of the next, rest and all.
        let mut last = (Instant::now(), self.accepted());
        while !stop.is_cancelled() {
            let begun = Instant::now();
            let mut share = if busy { BUSY_SHARE } else { SHARE };
            if alone > 0 {
                share.rows = 1;
            }
            let seen = self.see(account, eyes, share).await?;
            match self
                .process_slice(account, caller, lease, (share, &seen))
                .await
            {
                Ok(Some(slice)) if slice.settled() > 0 => {
                    alone = u64::saturating_sub(alone, slice.settled());
                    count(&slice);
                    processed.add(slice);
                }
                Ok(_) => break,
                Err(error) if error.class() == Class::Unavailable => return Err(error),
                Err(error) if share.rows > 1 => {
                    tracing::debug!(code = error.code(), "deliveries are taken one by one");
                    alone = SHARE.rows as u64;
                    continue;
                }
                Err(error) => {
                    let refused = self.refuse_first(account, lease, error.code()).await?;
                    alone = u64::saturating_sub(alone, refused.settled());
                    count(&refused);
                    processed.add(refused);
                }
            }
            // Those that waited for the writer are stored right after it came free.
            tokio::task::yield_now().await;
            let now = (Instant::now(), self.accepted());
            let came = now.1.saturating_sub(last.1) as f64;
            busy = came > POURING * now.0.duration_since(last.0).as_secs_f64();
            last = now;
            if busy {
                let rest = begun.elapsed().saturating_mul(REST).min(LONGEST_REST);
                tokio::time::sleep(rest).await;
            }
        }
        Ok(processed)
    }

    /// What the codes in the pictures of the deliveries that come next say, with no transaction open
    /// while they are fetched.
    async fn see(&self, account: &Account, eyes: Option<&Eyes>, share: Share) -> Result<Seen> {
        let mut seen = Seen::new();
        let Some((channel, read)) = eyes.filter(|_| account.channel == telegram::NETWORK) else {
            return Ok(seen);
        };
        let now = self.now();
        let waiting = in_tx!(self, Read, tx => {
            Ok(hook::waiting(tx, account.workspace_id, account.id, share.rows, share.bytes).await?)
        })?;
        let mut facts = Slice::read(account, &waiting, &seen, now).facts;
        see_pictures(&**channel, &mut facts, *read).await;
        for picture in pictures(&mut facts) {
            seen.insert(picture.reference.clone(), picture.codes.clone());
        }
        Ok(seen)
    }

    /// One transaction; `None` if the lease was lost.
    async fn process_slice(
        &self,
        account: &Account,
        caller: &Caller,
        (name, holder): (&str, &str),
        (share, seen): (Share, &Seen),
    ) -> Result<Option<Processed>> {
        let now = self.now();
        in_tx!(self, Write, tx => {
            if !lease::renew(tx, name, holder, now.plus(HOLD_MS), 0).await? {
                return Ok(None);
            }
            let waiting = hook::waiting(tx, caller.workspace, account.id, share.rows, share.bytes).await?;
            let slice = Slice::read(account, &waiting, seen, now);
            let via = Via {
                account: account.id,
                channel: &account.channel,
                names: account.adopt.then_some(&slice.names),
            };
            let received: Received = self.receive_facts(tx, caller, via, &slice.facts, now).await?;
            hook::done(tx, caller.workspace, &slice.done).await?;
            for (id, delivery, reason) in &slice.refused {
                refuse(tx, account, *id, delivery, reason).await?;
            }
            Ok(Some(Processed {
                done: slice.done.len() as u64,
                refused: slice.refused.len() as u64,
                messages: received.messages,
                skipped: received.skipped,
            }))
        })
    }

    /// Refuses the delivery that waits longest, whose facts the database would not take.
    async fn refuse_first(
        &self,
        account: &Account,
        (name, holder): (&str, &str),
        reason: &str,
    ) -> Result<Processed> {
        let now = self.now();
        in_tx!(self, Write, tx => {
            let mut refused = Processed::default();
            if !lease::renew(tx, name, holder, now.plus(HOLD_MS), 0).await? {
                return Ok(refused);
            }
            for row in hook::waiting(tx, account.workspace_id, account.id, 1, SHARE.bytes).await? {
                refuse(tx, account, row.id, &row.external_id, reason).await?;
                refused.refused += 1;
            }
            Ok(refused)
        })
    }
}

async fn refuse(
    tx: &mut Tx,
    account: &Account,
    id: HookId,
    delivery: &str,
    reason: &str,
) -> Result<()> {
    hook::refuse(tx, account.workspace_id, id, reason).await?;
    let error = format!("{delivery}: {reason}");
    hook::note_error(tx, account.workspace_id, account.id, &error).await?;
    Ok(())
}

fn count(slice: &Processed) {
    for (outcome, count) in [("done", slice.done), ("refused", slice.refused)] {
        metrics::counter!("yutang_hooks_processed_total", "outcome" => outcome).increment(count);
    }
    for (outcome, count) in [("stored", slice.messages), ("skipped", slice.skipped)] {
        metrics::counter!("yutang_hook_messages_total", "outcome" => outcome).increment(count);
    }
}

/// Through which account pictures are fetched, and what reads them.
type Eyes = (Arc<dyn Channel>, ReadCodes);
/// What the codes in pictures say, by what the network knows the pictures by.
type Seen = HashMap<String, Vec<String>>;

/// Deliveries as read.
#[derive(Default)]
struct Slice {
    facts: Vec<Inbound>,
    names: HashMap<String, String>,
    done: Vec<HookId>,
    refused: Vec<(HookId, String, String)>,
}

impl Slice {
    fn read(account: &Account, waiting: &[Waiting], seen: &Seen, now: Timestamp) -> Self {
        let mut slice = Self::default();
        for row in waiting {
            match parse(account, &row.body, now) {
                Ok(reported) => {
                    for one in reported {
                        if let (Some(group), Some(name)) = (&one.inbound.group, one.group_name) {
                            slice.names.entry(group.clone()).or_insert(name);
                        }
                        slice.facts.push(one.inbound);
                    }
                    slice.done.push(row.id);
                }
                Err(reason) => {
                    slice
                        .refused
                        .push((row.id, row.external_id.clone(), reason));
                }
            }
        }
        for picture in pictures(&mut slice.facts) {
            if let Some(codes) = seen.get(&picture.reference) {
                picture.codes.clone_from(codes);
            }
        }
        slice
    }
}

/// What a delivery says, in the words of its account's network; else why it says nothing.
fn parse(account: &Account, body: &str, now: Timestamp) -> Result<Vec<Reported>, String> {
    if account.channel == telegram::NETWORK {
        let me = account.external_user.as_deref().unwrap_or_default();
        let update = me.parse().ok().and_then(|me| webhook::parse(body, me));
        return update.ok_or_else(|| "hook.body: it is no update".to_owned());
    }
    open::parse(body, now).map_err(|error| format!("{}: {error}", error.code()))
}
