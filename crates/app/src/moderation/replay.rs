//! What would have happened: the present rules over a past period, with nothing written.
//!
//! What lies outside of the group's own rows is not seen: the same words in other groups
//! ([`HitKind::Repeat`]) and codes in pictures, which are read as they come and not kept.

use std::collections::{HashMap, HashSet, VecDeque, hash_map::Entry};

use serde::Serialize;
use yutang_domain::{
    group::Standing,
    id::{GroupId, MemberId, MessageId, WorkspaceId},
    moderation::{
        Case, Decision, Fault, Hit, HitKind, Measure, Outcome, STRIKE_MS, Tone, at_same_step,
        decide,
        newcomer::{self, Brought},
        quarrel,
        recent::Said,
    },
    permission::Operation,
    policy::{Policy, is_paid},
    sanction::{is_untold, steps},
    time::{DAY, Date, Period, Timestamp},
};
use yutang_store::{Tx, member, membership, message, stream, trusted};

use super::{Seen, behaviour::in_group, judge::slow_mode};
use crate::{App, Caller, Result, macros::in_tx};

/// Messages read at one time.
const SLICE: usize = 1_000;
/// Decisions that are handed out at most.
const SHOWN: usize = 1_000;
/// Messages that are looked back at.
const BACK: usize = 300;
/// Days that are replayed when nothing else is asked for.
const DAYS: i64 = 28;

/// What would have happened.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Replay {
    /// Messages of members looked at.
    pub looked: usize,
    /// Version of the workspace's rules; 0 = it has none.
    pub rule_version: i64,
    /// How many decisions there would have been, by outcome.
    pub outcomes: HashMap<Outcome, usize>,
    /// The decisions, oldest first, at most 1,000.
    pub decisions: Vec<Replayed>,
}

/// A decision that would have been made.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    /// The message.
    pub message: MessageId,
    /// By whom.
    pub member: MemberId,
    /// When.
    pub at: Timestamp,
    /// Its words.
    pub text: String,
    /// In one word.
    pub decision: Outcome,
    /// What weighed most; none for an alarm.
    pub kind: Option<HitKind>,
    /// How hard.
    pub tone: Option<Tone>,
    /// What it would have answered.
    pub fault: Option<Fault>,
    /// What would have been done.
    pub measures: Vec<Measure>,
    /// Strikes before it, counted from the beginning of the period.
    pub strikes: u32,
    /// What was seen.
    pub hits: Vec<Hit>,
}

/// What is known of a writer.
#[derive(Clone, Copy)]
struct Writer {
    person: MemberId,
    trusted: bool,
    since: Option<Timestamp>,
    /// When they came into the group the last time.
    joined: Option<Timestamp>,
    /// When they last wrote in the group.
    wrote: Option<Timestamp>,
}

impl App {
    /// Replays a period of a group by the present rules and the group's present strictness. Nothing
    /// is written. `to` is the day after the last, tomorrow unless said otherwise; `from` is 28 days
    /// before it.
    ///
    /// # Errors
    /// The group is out of reach; the period holds no day.
    pub async fn replay(
        &self,
        caller: &Caller,
        id: GroupId,
        (from, to): (Option<Date>, Option<Date>),
    ) -> Result<Replay> {
        caller.may(Operation::ModerationRead)?;
        let now = self.now();
        let to = to.unwrap_or_else(|| caller.day(now).plus_days(1));
        let period = Period::new(from.unwrap_or_else(|| to.plus_days(-DAYS)), to)?;
        let span = (
            caller.zone.start_of(period.from),
            caller.zone.start_of(period.to),
        );
        in_tx!(self, Read, tx => {
            let workspace = caller.workspace;
            let (group, _) = self.group_in_scope(tx, caller, id).await?;
            let policy = self.policy_in(tx, workspace, id).await?;
            let (pipeline, rule_version) = self.pipeline_in(tx, workspace).await?;
            if self.unreadable(tx, caller, &group).await?.is_some() {
                return Ok(Replay { rule_version, ..Replay::default() });
            }
            let mut bench = Bench {
                policy,
                paid: is_paid(group.scene, group.monetisation),
                strikes: HashMap::new(),
                recent: VecDeque::new(),
                keys: VecDeque::new(),
                replay: Replay { rule_version, ..Replay::default() },
            };
            let mut writers: HashMap<MemberId, Writer> = HashMap::new();
            let mut after = None;
            loop {
                let rows = message::between(tx, workspace, id, span, after, SLICE).await?;
                let Some(end) = rows.last() else { break };
                after = Some((end.sent_at, end.id));
                let full = rows.len() == SLICE;
                // Staff are not judged, and are answered and talk in between all the same.
                let judged: HashSet<MessageId> = self
                    .by_members(tx, caller, rows.clone())
                    .await?
                    .into_iter()
                    .map(|row| row.id)
                    .collect();
                for row in rows {
                    let Some(by) = row.member_id else { continue };
                    let seen = Seen {
                        text: row.text.as_deref().unwrap_or_default(),
                        codes: &[],
                        kind: &row.kind,
                        off_topic: row.off_topic,
                    };
                    let read = seen.read(&pipeline);
                    let last = Said {
                        group: id,
                        member: by,
                        at: row.sent_at,
                        chars: read.traits.chars,
                        digest: read.traits.digest,
                        answers: row.reply_to.as_ref().and_then(|key| bench.wrote(key)),
                        insult: read.traits.insult,
                    };
                    let mut hits = read.hits;
                    let is_judged = judged.contains(&row.id);
                    if is_judged {
                        hits.extend(in_group(bench.policy.strictness, &last, bench.recent.make_contiguous()));
                    }
                    bench.remember(last, row.external_id.as_deref());
                    if !is_judged {
                        continue;
                    }
                    bench.replay.looked += 1;
                    let slow = bench.policy.slow_mode_s > 0;
                    if hits.is_empty() && read.brought == Brought::default() && !slow {
                        continue;
                    }
                    let place = (row.sent_at, row.id);
                    let writer = match writers.entry(by) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(new) => new.insert(self.writer(tx, workspace, id, by, place).await?),
                    };
                    let joined = writer.joined.filter(|joined| *joined <= row.sent_at);
                    hits.extend(newcomer::detect(joined, row.sent_at, &read.brought));
                    let before = writer.wrote.replace(row.sent_at);
                    hits.extend(slow_mode(&bench.policy, before, row.sent_at));
                    bench.policy.sift(&mut hits);
                    if hits.is_empty() {
                        continue;
                    }
                    let writer = *writer;
                    bench.judge(&row, writer, hits, seen.is_bare_card());
                }
                if !full {
                    break;
                }
            }
            Ok(bench.replay)
        })
    }

    /// What is known of somebody who writes their first message of the period at `place`.
    async fn writer(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: GroupId,
        by: MemberId,
        place: (Timestamp, MessageId),
    ) -> Result<Writer> {
        let person = member::get(tx, workspace, by).await?.canonical_id;
        Ok(Writer {
            person,
            trusted: trusted::is_trusted(tx, workspace, by).await?,
            since: stream::in_group_since(tx, workspace, group, person).await?,
            joined: membership::joined_at(tx, workspace, group, by).await?,
            wrote: message::wrote_before(tx, workspace, group, by, place).await?,
        })
    }
}

/// A replay in progress.
struct Bench {
    policy: Policy,
    paid: bool,
    strikes: HashMap<MemberId, Vec<Timestamp>>,
    recent: VecDeque<Said>,
    /// The network's ids of those, where it has any.
    keys: VecDeque<Option<String>>,
    replay: Replay,
}

impl Bench {
    /// Takes a message in, and forgets what is too old to matter.
    fn remember(&mut self, last: Said, key: Option<&str>) {
        let old = |said: &Said| last.at.since(said.at) > quarrel::WINDOW_MS;
        while self.recent.len() >= BACK || self.recent.front().is_some_and(old) {
            self.recent.pop_front();
            self.keys.pop_front();
        }
        self.recent.push_back(last);
        self.keys.push_back(key.map(str::to_owned));
    }

    /// Who wrote the message that a network calls so, of those that are looked back at.
    fn wrote(&self, key: &str) -> Option<MemberId> {
        let place = self
            .keys
            .iter()
            .position(|one| one.as_deref() == Some(key))?;
        Some(self.recent.get(place)?.member)
    }

    fn judge(&mut self, row: &message::Held, writer: Writer, hits: Vec<Hit>, bare_card: bool) {
        let past = self.strikes.entry(writer.person).or_default();
        past.retain(|at| row.sent_at.since(*at) < STRIKE_MS);
        // As it would have been: what follows a step before its notice is read belongs to it.
        let (steps, last) = steps(past);
        let belongs = last.is_some_and(|at| is_untold(at, row.sent_at));
        let strikes = steps - u32::from(belongs);
        let decision = decide(&Case {
            hits: &hits,
            standing: Standing::Member,
            trusted: writer.trusted,
            strikes,
            reports: 0,
            days: writer
                .since
                .map_or(0, |since| row.sent_at.since(since) / DAY),
            bare_card,
            paid: self.paid,
            strictness: self.policy.strictness,
        });
        let outcome = decision.outcome();
        if outcome == Outcome::Allow {
            return;
        }
        *self.replay.outcomes.entry(outcome).or_default() += 1;
        let sanction = match decision {
            Decision::Sanction(sanction) if belongs => Some(at_same_step(sanction, false)),
            Decision::Sanction(sanction) => Some(sanction),
            _ => None,
        };
        if !belongs && sanction.as_ref().is_some_and(|s| s.fault.strikes()) {
            past.push(row.sent_at);
        }
        if self.replay.decisions.len() == SHOWN {
            return;
        }
        self.replay.decisions.push(Replayed {
            message: row.id,
            member: row.member_id.unwrap_or(writer.person),
            at: row.sent_at,
            text: row.text.clone().unwrap_or_default(),
            decision: outcome,
            kind: sanction.as_ref().map(|s| s.kind),
            tone: sanction.as_ref().map(|s| s.tone),
            fault: sanction.as_ref().map(|s| s.fault),
            measures: sanction.map(|s| s.measures).unwrap_or_default(),
            strikes,
            hits,
        });
    }
}
