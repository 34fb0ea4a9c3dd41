//! Connections: accounts on networks that a program holds open, looks through and speaks through.
//!
//! One worker for each account, in one process: a lease named after the account says which, so two
//! processes never look or answer twice. What a look brings, and where the next one goes on, share
//! a transaction that also renews the lease; whoever lost it commits nothing. A network that is out
//! of reach is tried again, less and less often; an account that is no longer accepted waits for a
//! person, who reads why beside it. Only the holder sends through the account.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::{task::JoinSet, time::Instant};
use yutang_channels::{
    Channel, ChannelError, Fact, Harvest, Inbound, Picture,
    matrix::{self, MatrixChannel, Session},
    telegram::{self, TelegramChannel},
};
use yutang_domain::{
    actor::Actor,
    id::ChannelAccountId,
    time::{MINUTE, SECOND},
};
use yutang_store::{
    channel_account::{self, Connection},
    group, lease, workspace,
};

use crate::{
    App, AppError, Caller, Result,
    channel::{CONNECTING, FAILED, PAUSED, READY, WAITING},
    inbound::Via,
    macros::in_tx,
    outbox::Lines,
};

/// Who takes in what connections bring.
const WORKER: Actor = Actor::System("connection");
/// For how long an account is held, in milliseconds.
const HOLD_MS: i64 = 15 * SECOND;
/// How often the hold is prolonged while a network is waited for.
const BEAT: Duration = Duration::from_secs(4);
/// How often is looked whether accounts came or went.
const POLL: Duration = Duration::from_secs(1);
/// How long a network is left alone after its first failure, in milliseconds; doubled each time.
const FIRST_WAIT: i64 = SECOND;
/// How long at most.
const LONGEST_WAIT: i64 = 5 * MINUTE;
/// How long until an account that was refused is tried again, unless somebody connects it anew.
const REFUSED_WAIT: i64 = 10 * MINUTE;
/// How often a network that delivers is told where to, in milliseconds.
const DELIVERED_REST: i64 = 10 * MINUTE;
/// How large a picture may be to be looked at, in bytes.
const PICTURE_LIMIT: usize = 10 * 1024 * 1024;
/// How many pictures of one look are fetched.
const PICTURES: usize = 40;
/// How far the clocks may lie apart before somebody is told, in milliseconds.
const CLOCK_TOLERANCE: i64 = 5 * MINUTE;

/// What codes in a picture say; set where pictures are read.
pub type ReadCodes = fn(&[u8]) -> Vec<String>;

/// How connections are held.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How long a look waits for something to happen; without it as long as suits the network.
    pub wait: Option<Duration>,
    /// What reads the codes in pictures; without it pictures are not fetched.
    pub read_codes: Option<ReadCodes>,
}

/// Why a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Somebody else holds the account, or it is gone.
    Lost,
    /// The program stops.
    Stopped,
}

/// The account as one worker holds it.
struct Held {
    name: String,
    holder: String,
}

impl App {
    /// Holds connections until the program stops.
    pub async fn keep_connections(&self, lines: &Lines, options: Options) {
        let stop = self.stopping();
        let mut tasks: JoinSet<ChannelAccountId> = JoinSet::new();
        let mut running: HashSet<ChannelAccountId> = HashSet::new();
        while !stop.is_cancelled() {
            while let Some(ended) = tasks.try_join_next() {
                match ended {
                    Ok(account) => {
                        running.remove(&account);
                    }
                    Err(error) => {
                        tracing::error!(%error, "a connection's worker broke; all are begun anew");
                        running.clear();
                        tasks.abort_all();
                    }
                }
            }
            match self.connections().await {
                Ok(rows) => {
                    for row in rows {
                        if running.insert(row.id) {
                            let (app, lines) = (self.clone(), lines.clone());
                            tasks.spawn(async move {
                                app.keep_connection(&lines, row.id, options).await;
                                row.id
                            });
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "accounts cannot be read; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(POLL) => {}
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Holds one connection for as long as it can be held here.
    async fn keep_connection(&self, lines: &Lines, id: ChannelAccountId, options: Options) {
        let held = Held {
            name: format!("channel:{id}"),
            // Not the process's own name: two of its tasks are two holders.
            holder: format!("{}:{}", self.ids().holder(), crate::key::random_text(6)),
        };
        match self.hold(&held).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return tracing::warn!(%error, "an account cannot be held; trying again"),
        }
        let end = self.hold_connection(lines, id, &held, options).await;
        lines.disconnect(id);
        if let Err(error) = end {
            tracing::warn!(account = %id, code = error.code(), %error, "a connection is begun anew");
        }
        // If this fails it runs out.
        let _ = self.let_go(&held).await;
    }

    async fn hold_connection(
        &self,
        lines: &Lines,
        id: ChannelAccountId,
        held: &Held,
        options: Options,
    ) -> Result<End> {
        let Some(mut row) = self.connection(id).await? else {
            return Ok(End::Lost);
        };
        let house = in_tx!(self, Read, tx => Ok(workspace::get(tx, row.workspace_id).await?))?;
        let caller = Caller::new(&house, WORKER, "connection", "connection")?;
        let mut failures = 0_u32;
        let mut open: Option<(Connection, Arc<dyn Channel>)> = None;
        let mut listed = HashSet::new();
        loop {
            // Connected anew by somebody: another secret, another address.
            let stale = open.as_ref().is_none_or(|(then, _)| differs(then, &row));
            if stale {
                failures = 0;
                lines.disconnect(id);
                listed.clear();
                self.note_state(&row, (CONNECTING, None), None).await?;
            }
            let looked = match open.as_ref().filter(|_| !stale) {
                Some((_, channel)) => Ok(channel.clone()),
                None => self.adapter(&row, options),
            };
            let looked = match looked {
                Ok(channel) => {
                    open = Some((row.clone(), channel.clone()));
                    lines.connect(id, channel.clone());
                    match self.look_at(&row, &*channel, held).await? {
                        None => return Ok(End::Lost),
                        Some(Ok(harvest)) => Ok((channel, harvest)),
                        Some(Err(error)) => Err(error),
                    }
                }
                Err(error) => Err(error),
            };
            let wait = match looked {
                Ok((channel, mut harvest)) => {
                    if row.delivered {
                        self.ask_who_runs(&row, &*channel, &mut listed, &mut harvest.facts)
                            .await?;
                    }
                    if let Some(read_codes) = options.read_codes {
                        see_pictures(&*channel, &mut harvest.facts, read_codes).await;
                    }
                    match self.take_harvest_in(&caller, &row, held, &harvest).await {
                        Ok(true) => {
                            failures = 0;
                            if row.delivered { DELIVERED_REST } else { 0 }
                        }
                        Ok(false) => return Ok(End::Lost),
                        // The cursor stands where it stood: the same comes again.
                        Err(error) => {
                            tracing::warn!(account = %id, code = error.code(), %error, "what came is not stored; trying again");
                            failures += 1;
                            let said = format!("what came cannot be stored: {}", error.code());
                            self.note_state(&row, (WAITING, Some(&said)), row.clock_ahead)
                                .await?;
                            back_off(failures)
                        }
                    }
                }
                Err(error) => {
                    failures += 1;
                    let (state, wait) = match &error {
                        ChannelError::Retry { after_ms, .. } => {
                            (WAITING, (*after_ms).max(back_off(failures)))
                        }
                        _ => (FAILED, REFUSED_WAIT),
                    };
                    if state == FAILED {
                        // Nothing leaves through an account that is refused.
                        lines.disconnect(id);
                        open = None;
                    }
                    let said = error.reason();
                    self.note_state(&row, (state, Some(&said)), row.clock_ahead)
                        .await?;
                    wait
                }
            };
            if self.stopping().is_cancelled() {
                return Ok(End::Stopped);
            }
            match self.rest(&row, held, wait).await? {
                Some(next) => row = next,
                None => return Ok(End::Lost),
            }
        }
    }

    /// Waits, with a look at the account's row now and then; `None` when it is no longer held.
    async fn rest(&self, row: &Connection, held: &Held, wait: i64) -> Result<Option<Connection>> {
        let until = Instant::now() + Duration::from_millis(wait.unsigned_abs());
        let stop = self.stopping();
        loop {
            if !self.renew(held).await? {
                return Ok(None);
            }
            let Some(now) = self.connection(row.id).await? else {
                return Ok(None);
            };
            let anew = differs(&now, row);
            if anew || stop.is_cancelled() || Instant::now() >= until {
                return Ok(Some(now));
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep_until(until.min(Instant::now() + POLL)) => {}
            }
        }
    }

    /// Looks at the network, and goes on holding the account meanwhile; `None` when it was lost.
    async fn look_at(
        &self,
        row: &Connection,
        channel: &dyn Channel,
        held: &Held,
    ) -> Result<Option<Result<Harvest, ChannelError>>> {
        let stop = self.stopping();
        let mut look = if row.delivered {
            self.be_delivered_to(row, channel)
        } else {
            channel.poll(row.cursor.as_deref())
        };
        loop {
            tokio::select! {
                harvest = &mut look => return Ok(Some(harvest)),
                () = stop.cancelled() => return Ok(None),
                () = tokio::time::sleep(BEAT) => {
                    if !self.renew(held).await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Asks who runs the groups that were not asked about since the account was connected: a network
    /// that delivers tells of changes only.
    async fn ask_who_runs(
        &self,
        row: &Connection,
        channel: &dyn Channel,
        listed: &mut HashSet<String>,
        facts: &mut Vec<Inbound>,
    ) -> Result<()> {
        let groups = in_tx!(self, Read, tx => {
            Ok(group::seen_through(tx, row.workspace_id, row.id).await?)
        })?;
        for group in groups {
            if listed.contains(&group) {
                continue;
            }
            match channel.standings(&group).await {
                Ok(told) => {
                    facts.extend(told);
                    listed.insert(group);
                }
                Err(ChannelError::Retry { .. }) => break,
                Err(error) => {
                    tracing::debug!(%error, "nobody says who runs a group");
                    listed.insert(group);
                }
            }
        }
        Ok(())
    }

    /// Has the network deliver what happens; nothing is seen by looking then.
    fn be_delivered_to<'a>(
        &'a self,
        row: &'a Connection,
        channel: &'a dyn Channel,
    ) -> BoxFuture<'a, Result<Harvest, ChannelError>> {
        Box::pin(async move {
            let Some(base) = self.reached_at() else {
                return Err(ChannelError::Fail {
                    reason: "nobody said where this program is reached".to_owned(),
                });
            };
            let url = format!("{base}{}", crate::channel::path(&row.channel, row.id));
            channel.deliver_to(&url, &self.hook_word(row.id)).await?;
            Ok(Harvest {
                cursor: row.cursor.clone().unwrap_or_default(),
                ..Harvest::default()
            })
        })
    }

    /// One transaction: what was seen, where to go on, and that all is well; false if the account
    /// was lost.
    async fn take_harvest_in(
        &self,
        caller: &Caller,
        row: &Connection,
        held: &Held,
        harvest: &Harvest,
    ) -> Result<bool> {
        let now = self.now();
        let ahead = harvest
            .network_time
            .map(|theirs| theirs.since(now))
            .filter(|ahead| ahead.abs() > CLOCK_TOLERANCE);
        let apart = match (row.clock_ahead, ahead) {
            (Some(then), Some(now)) => (now - then).abs() > CLOCK_TOLERANCE,
            (then, now) => then.is_some() != now.is_some(),
        };
        let steady = row.state == READY && !apart;
        let same = row.cursor.as_deref() == Some(harvest.cursor.as_str());
        if steady && same && harvest.facts.is_empty() {
            return Ok(true);
        }
        let names = names(&harvest.facts);
        in_tx!(self, Write, tx => {
            if !lease::renew(tx, &held.name, &held.holder, now.plus(HOLD_MS), 0).await? {
                return Ok(false);
            }
            let via = Via {
                account: row.id,
                channel: &row.channel,
                names: row.adopt.then_some(&names),
            };
            self.receive_facts(tx, caller, via, &harvest.facts, now).await?;
            let workspace = row.workspace_id;
            channel_account::move_cursor(tx, workspace, row.id, &harvest.cursor).await?;
            if !steady {
                channel_account::note(tx, workspace, row.id, (READY, None), ahead, now).await?;
            }
            Ok(true)
        })
    }

    async fn connections(&self) -> Result<Vec<Connection>> {
        let mut rows = in_tx!(self, Read, tx => Ok(channel_account::connections(tx).await?))?;
        rows.retain(|row| row.state != PAUSED);
        Ok(rows)
    }

    async fn hold(&self, held: &Held) -> Result<bool> {
        let now = self.now();
        in_tx!(self, Guarded, tx => {
            let until = now.plus(HOLD_MS);
            Ok(lease::take(tx, &held.name, &held.holder, now, until).await?.is_some())
        })
    }

    async fn let_go(&self, held: &Held) -> Result<()> {
        in_tx!(self, Guarded, tx => {
            Ok(lease::release(tx, &held.name, &held.holder, 0).await?)
        })
    }

    pub(crate) async fn connection(&self, id: ChannelAccountId) -> Result<Option<Connection>> {
        let row = in_tx!(self, Read, tx => Ok(channel_account::connection(tx, id).await?))?;
        Ok(row.filter(|row| row.state != PAUSED))
    }

    async fn renew(&self, held: &Held) -> Result<bool> {
        let until = self.now().plus(HOLD_MS);
        in_tx!(self, Guarded, tx => {
            Ok(lease::renew(tx, &held.name, &held.holder, until, 0).await?)
        })
    }

    async fn note_state(
        &self,
        row: &Connection,
        (state, error): (&str, Option<&str>),
        ahead: Option<i64>,
    ) -> Result<()> {
        let now = self.now();
        in_tx!(self, Guarded, tx => {
            Ok(channel_account::note(tx, row.workspace_id, row.id, (state, error), ahead, now).await?)
        })
    }

    /// The adapter of an account.
    pub(crate) fn adapter(
        &self,
        row: &Connection,
        options: Options,
    ) -> Result<Arc<dyn Channel>, ChannelError> {
        let secret = self
            .keys()
            .unseal(&row.secret)
            .map_err(|error| fault(&error))?;
        match row.channel.as_str() {
            matrix::NETWORK => {
                let session = Session {
                    user: row.external_user.clone(),
                    token: secret,
                };
                let channel = MatrixChannel::new(&row.base_url, session)?;
                Ok(match options.wait {
                    Some(wait) => Arc::new(channel.waiting(wait)),
                    None => Arc::new(channel),
                })
            }
            telegram::NETWORK => {
                let channel = TelegramChannel::new(&row.base_url, &secret, self.clock())?;
                Ok(match options.wait {
                    Some(wait) => Arc::new(channel.waiting(wait)),
                    None => Arc::new(channel),
                })
            }
            _ => Err(ChannelError::Fail {
                reason: "no such network".to_owned(),
            }),
        }
    }
}

fn fault(error: &AppError) -> ChannelError {
    ChannelError::Fail {
        reason: error.to_string(),
    }
}

/// Whether an account was connected anew: another secret, another address, another way of hearing.
fn differs(a: &Connection, b: &Connection) -> bool {
    a.secret != b.secret || a.base_url != b.base_url || a.delivered != b.delivered
}

/// How long a network is left alone after so many failures in a row, in milliseconds: up to a half
/// less by chance, so that accounts do not come back all at once.
fn back_off(failures: u32) -> i64 {
    let doubled = FIRST_WAIT << failures.saturating_sub(1).min(16);
    let most = doubled.min(LONGEST_WAIT);
    let share = crate::key::random_text(2);
    let chance = share.bytes().fold(0_i64, |sum, byte| sum + i64::from(byte)) % 100;
    most - most * chance / 200
}

/// What groups are called, as far as they say so.
fn names(facts: &[Inbound]) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for inbound in facts {
        if let (Some(group), Fact::Rights { name, .. } | Fact::Renamed { name }) =
            (&inbound.group, &inbound.fact)
            && !name.is_empty()
        {
            names.insert(group.clone(), name.clone());
        }
    }
    names
}

/// Looks for codes in pictures. One that is too large or gone is judged by its words alone.
pub(crate) async fn see_pictures(
    channel: &dyn Channel,
    facts: &mut [Inbound],
    read_codes: ReadCodes,
) {
    for picture in pictures(facts).take(PICTURES) {
        if picture.size.is_some_and(|size| size > PICTURE_LIMIT as u64) {
            continue;
        }
        match channel.fetch(&picture.reference, PICTURE_LIMIT).await {
            Ok(bytes) => {
                picture.codes = tokio::task::spawn_blocking(move || read_codes(&bytes))
                    .await
                    .unwrap_or_default();
            }
            Err(error) => tracing::debug!(%error, "a picture is not looked at"),
        }
    }
}

/// The pictures among facts.
pub(crate) fn pictures(facts: &mut [Inbound]) -> impl Iterator<Item = &mut Picture> {
    facts
        .iter_mut()
        .filter_map(|inbound| match &mut inbound.fact {
            Fact::Posted { picture, .. } => picture.as_mut(),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_left_alone_for_longer_each_time() {
        for (failures, most) in [(1, SECOND), (4, 8 * SECOND), (60, LONGEST_WAIT)] {
            let wait = back_off(failures);
            assert!(wait <= most && wait >= most / 2, "{failures}: {wait}");
        }
    }
}
