//! Judging messages as they come in.

use std::collections::HashMap;

use yutang_channels::{Fact, Inbound};
use yutang_domain::{
    event::{Event, EventKind},
    group::Standing,
    id::{EventId, MemberId, MessageId, SanctionId},
    member::REDACTED,
    moderation::{
        Case, Decision, Fault, Hit, HitKind, Measure, Mode, STRIKE_MS, Sanction, at_same_step,
        decide,
        newcomer::{self, Brought},
        quarrel,
    },
    policy::{Policy, is_paid},
    sanction::{SanctionState, is_untold},
    time::{DAY, SECOND, Timestamp},
};
use yutang_store::{
    Tx, event,
    group::Group,
    member, membership, message,
    sanction::{self, Sanction as Row},
    stream, strike, trusted,
};

use super::{
    KEEPER, Read, SURE, Seen, behaviour::in_group, carry::Work, house::Person, notice::Told,
    quarrel::is_quarrel,
};
use crate::{
    App, AppError, Caller, Result,
    inbound::STALE,
    talk::{Added, Said, key_of},
};

/// A message that something is held against.
#[derive(Clone, Debug)]
pub(super) struct Held<'a> {
    /// The message.
    pub message: MessageId,
    /// Who wrote it.
    pub member: MemberId,
    /// What they are in the group.
    pub standing: Standing,
    /// What they are called.
    pub name: &'a str,
    /// The network's id of them.
    pub who: Option<&'a str>,
    /// When.
    pub at: Timestamp,
    /// The network's id of it.
    pub key: Option<&'a str>,
    /// Its words.
    pub text: &'a str,
    /// Whether it is a card without words.
    pub bare_card: bool,
    /// Members who truly reported it.
    pub reports: u32,
    /// With whom its writer quarrels, and since when.
    pub quarrels: Option<(MemberId, Timestamp)>,
}

/// By what it is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measures<'a> {
    /// How the group is kept.
    pub policy: &'a Policy,
    /// The version of the workspace's rules.
    pub version: i64,
    /// The present instant.
    pub now: Timestamp,
}

/// The network's id of a message: that of the one it takes the place of, if it does.
fn named(inbound: &Inbound) -> &str {
    match &inbound.fact {
        Fact::Posted {
            edits: Some(edited),
            ..
        } => edited,
        _ => &inbound.key,
    }
}

/// What is read of a message as it came.
fn seen<'a>(said: &Said, inbound: &'a Inbound) -> Option<Seen<'a>> {
    let Fact::Posted {
        kind,
        text,
        picture,
        ..
    } = &inbound.fact
    else {
        return None;
    };
    Some(Seen {
        text,
        codes: picture.as_ref().map_or(&[], |picture| &picture.codes),
        kind: kind.as_str(),
        off_topic: said.off_topic,
    })
}

impl App {
    /// Judges what was new of a harvest in a group, and lets follow what follows. What is older
    /// than a day was written down and causes nothing.
    ///
    /// # Errors
    /// The database refused.
    pub(crate) async fn judge_new(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        added: &Added,
        facts: &[&Inbound],
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let oldest = now.plus(-STALE);
        if !added.said.iter().any(|said| said.at >= oldest) {
            return Ok(());
        }
        let posted: HashMap<[u8; 16], &Inbound> = facts
            .iter()
            .filter(|fact| matches!(fact.fact, Fact::Posted { .. }))
            .map(|fact| (key_of(&fact.key), *fact))
            .collect();
        let fresh: Vec<_> = added
            .said
            .iter()
            .filter(|said| said.at >= oldest)
            .filter_map(|said| Some((said, *posted.get(&said.key)?)))
            .collect();
        let names: Vec<(MessageId, &str)> = fresh
            .iter()
            .map(|(said, inbound)| (said.message, named(inbound)))
            .collect();
        message::name(tx, workspace, &names).await?;
        let policy = self.policy_in(tx, workspace, group.id).await?;
        if policy.mode == Mode::Off {
            return Ok(());
        }
        let (pipeline, version) = self.pipeline_in(tx, workspace).await?;
        let mut read: HashMap<MessageId, Read> = HashMap::with_capacity(fresh.len());
        for (said, inbound) in &fresh {
            if let Some(seen) = seen(said, inbound)
                && said.standing == Standing::Member
            {
                read.insert(said.message, seen.read(&pipeline));
            }
        }
        let times = || fresh.iter().map(|(said, _)| said.at);
        let (Some(from), Some(until)) = (times().min(), times().max()) else {
            return Ok(());
        };
        self.remember_traits(read.iter().map(|(id, read)| (*id, read)));
        self.open_window(tx, workspace, now).await?;
        let talk = self
            .recent_talk(tx, workspace, group.id, &pipeline, (from, until))
            .await?;
        let recent: Vec<_> = talk.iter().map(|(_, said)| *said).collect();
        for (said, inbound) in fresh {
            let (Some(read), Some(seen), Fact::Posted { sender, .. }) = (
                read.remove(&said.message),
                seen(said, inbound),
                &inbound.fact,
            ) else {
                continue;
            };
            let mut hits = read.hits;
            let mut quarrels = None;
            if let Some(place) = talk.iter().position(|(id, _)| *id == said.message) {
                let last = &recent[place];
                hits.extend(in_group(policy.strictness, last, &recent[..place]));
                hits.extend(self.repeated(workspace, last));
                if hits.iter().any(|hit| hit.kind == HitKind::Quarrel) {
                    quarrels = quarrel::hottest(last, &recent[..place])
                        .map(|exchange| (exchange.with, exchange.since));
                }
            }
            if read.brought != Brought::default() {
                let since = membership::joined_at(tx, workspace, group.id, said.member).await?;
                hits.extend(newcomer::detect(since, said.at, &read.brought));
            }
            if policy.slow_mode_s > 0 {
                let place = (said.at, said.message);
                let before =
                    message::wrote_before(tx, workspace, group.id, said.member, place).await?;
                hits.extend(slow_mode(&policy, before, said.at));
            }
            policy.sift(&mut hits);
            if hits.is_empty() {
                continue;
            }
            let held = Held {
                message: said.message,
                member: said.member,
                standing: said.standing,
                name: &sender.name,
                who: Some(&sender.external_id),
                at: said.at,
                key: Some(named(inbound)),
                text: seen.text,
                bare_card: seen.is_bare_card(),
                reports: 0,
                quarrels,
            };
            let measures = Measures {
                policy: &policy,
                version,
                now,
            };
            self.hold_against(tx, caller, group, &held, &hits, measures)
                .await?;
        }
        Ok(())
    }

    /// Decides about a message, and lets follow what follows. Says which sanction it led to.
    pub(super) async fn hold_against(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        held: &Held<'_>,
        hits: &[Hit],
        by: Measures<'_>,
    ) -> Result<Option<SanctionId>> {
        let workspace = caller.workspace;
        let mut case = Case {
            hits,
            standing: held.standing,
            trusted: false,
            strikes: 0,
            reports: held.reports,
            days: 0,
            bare_card: held.bare_card,
            paid: is_paid(group.scene, group.monetisation),
            strictness: by.policy.strictness,
        };
        // Most messages end here, without a look at the database.
        let Decision::Sanction(first) = decide(&case) else {
            return Ok(None);
        };
        if trusted::is_trusted(tx, workspace, held.member).await? {
            return Ok(None);
        }
        let record = member::get(tx, workspace, held.member).await?;
        let climbed = self.climbed(tx, workspace, held.member, by).await?;
        let here = sanction::latest(tx, workspace, group.id, held.member).await?;
        case.strikes = u32::try_from(climbed.strikes).unwrap_or(u32::MAX);
        case.days = stream::in_group_since(tx, workspace, group.id, record.canonical_id)
            .await?
            .map_or(0, |since| held.at.since(since) / DAY);
        let Decision::Sanction(mut decided) = decide(&case) else {
            return Ok(None);
        };
        let belongs = here.filter(|row| match &climbed.step {
            Some(step) => row.decided_at >= step.decided_at,
            // Two cards in one breath are one slip.
            None => {
                row.fault == Fault::Accident
                    && row.kind == first.kind
                    && is_untold(row.decided_at, by.now)
            }
        });
        let quarrels = is_quarrel(hits, by.policy);
        if let Some(row) = belongs {
            let decided = match &climbed.step {
                Some(_) => at_same_step(decided, false),
                None => decided,
            };
            let row = with_further(row, hits)?;
            self.add_cause(tx, caller, group, (&row, &decided), held, by.now)
                .await?;
            if quarrels && row.state != SanctionState::Watched {
                self.ask_about_quarrel(tx, workspace, group, held, by.now)
                    .await?;
            }
            return Ok(Some(row.id));
        }
        if let Some(step) = &climbed.step {
            let alone = by.policy.mode == Mode::Act && step.told_alone;
            decided = at_same_step(decided, alone);
        }
        let state = match by.policy.mode {
            Mode::Act if decided.measures.contains(&Measure::Review) => SanctionState::Review,
            Mode::Act => SanctionState::Decided,
            Mode::Watch | Mode::Off => SanctionState::Watched,
        };
        let row = Row {
            strictness: by.policy.strictness,
            rule_version: by.version,
            ..new_row(
                self.ids().next()?,
                group,
                held,
                &decided,
                hits,
                state,
                by.now,
            )?
        };
        let row = Row {
            strikes: climbed.strikes,
            ..row
        };
        let hidden = record.erased_at.is_some().then_some(REDACTED);
        let person = Person {
            member: held.member,
            who: held.who.map(str::to_owned),
            name: hidden.unwrap_or(held.name).to_owned(),
            writes: false,
        };
        let text = hidden.unwrap_or(held.text);
        let made = self
            .impose(tx, caller, group, (&row, &decided), held, (&person, text))
            .await?;
        if quarrels && made.is_some() && state != SanctionState::Watched {
            self.ask_about_quarrel(tx, workspace, group, held, by.now)
                .await?;
        }
        Ok(made)
    }

    /// Writes a sanction down and, unless it is only watched, carries it out.
    pub(super) async fn impose(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        (row, decided): (&Row, &Sanction),
        held: &Held<'_>,
        (person, text): (&Person, &str),
    ) -> Result<Option<SanctionId>> {
        let workspace = caller.workspace;
        if !sanction::insert(tx, workspace, row, held.message).await? {
            return Ok(None);
        }
        let cause = self
            .sanction_fact(tx, caller, group, row, EventKind::SanctionDecided)
            .await?;
        if row.state == SanctionState::Watched {
            return Ok(Some(row.id));
        }
        let keys: Vec<String> = held.key.map(str::to_owned).into_iter().collect();
        let house = self.house(tx, workspace, group).await?;
        let work = Work {
            workspace,
            house: &house,
            group,
            person,
            row,
            keys: &keys,
            text,
            cause,
            now: row.decided_at,
        };
        self.punish(tx, &work, &decided.measures).await?;
        Ok(Some(row.id))
    }

    /// Counts the strike and carries measures out.
    pub(super) async fn punish(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        measures: &[Measure],
    ) -> Result<()> {
        let row = work.row;
        // What a person decides counts by itself: they have seen what went before.
        let counts = row.fault.strikes()
            && (row.by_hand
                || self
                    .step_under_way(tx, work.workspace, row.member_id, work.now)
                    .await?
                    .is_none());
        if counts {
            let span = (work.now, work.now.plus(STRIKE_MS));
            strike::insert(tx, work.workspace, row.id, row.member_id, span).await?;
        }
        self.say_and_take(tx, work, &told(work, measures), "")
            .await?;
        if row.back_at.is_some() {
            // Putting somebody out closes the ways back that were open before.
            sanction::update(tx, work.workspace, row, row.state).await?;
        }
        Ok(())
    }

    /// Carries the measures of a notice out, with it; `part` tells its task from others of the
    /// sanction.
    async fn say_and_take(
        &self,
        tx: &mut Tx,
        work: &Work<'_>,
        told: &Told<'_>,
        part: &str,
    ) -> Result<()> {
        let private = work.house.notice(told);
        let aloud = work.house.notice(&Told {
            name: None,
            ..*told
        });
        self.take_measures(tx, work, told.measures, (&private, &aloud), part)
            .await
    }

    /// Adds a message to a sanction of which its writer was not told yet, and does what its step asks
    /// for beyond what was done: the message goes, and a quarrel cools off.
    async fn add_cause(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        (row, decided): (&Row, &Sanction),
        held: &Held<'_>,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let mut measures = measures_of(row);
        let wants = |measure| decided.measures.contains(&measure) || measures.contains(&measure);
        let goes = wants(Measure::Delete);
        let cools = decided.measures.contains(&Measure::CoolOff)
            && !measures.contains(&Measure::CoolOff)
            && !measures.contains(&Measure::Remove);
        if !sanction::add_message(tx, workspace, row.id, held.message).await? {
            return Ok(());
        }
        if row.state == SanctionState::Watched || !(goes || cools) {
            sanction::update(tx, workspace, row, row.state).await?;
            return Ok(());
        }
        let mut row = row.clone();
        for (measure, is_new) in [(Measure::Delete, goes), (Measure::CoolOff, cools)] {
            if is_new && !measures.contains(&measure) {
                measures.push(measure);
            }
        }
        row.measures = serde_json::to_string(&measures).map_err(AppError::internal)?;
        if cools {
            row.cool_off_ms = decided.cool_off_ms;
        }
        sanction::update(tx, workspace, &row, row.state).await?;
        let cause = self
            .sanction_fact(tx, caller, group, &row, EventKind::SanctionDecided)
            .await?;
        let house = self.house(tx, workspace, group).await?;
        let person = self.writer_of(tx, workspace, group, held.member).await?;
        let keys: Vec<String> = held.key.map(str::to_owned).into_iter().collect();
        let work = Work {
            workspace,
            house: &house,
            group,
            person: &person,
            row: &row,
            keys: &keys,
            text: held.text,
            cause,
            now,
        };
        if goes {
            self.take_down_more(tx, &work, &keys).await?;
        }
        if cools {
            let measures = [Measure::Notice, Measure::CoolOff];
            let told = told(&work, &measures);
            let told = Told {
                kind: decided.kind,
                at: held.at,
                ..told
            };
            self.say_and_take(tx, &work, &told, ":cool_off").await?;
        }
        Ok(())
    }

    /// Tells the log about a sanction.
    pub(super) async fn sanction_fact(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        row: &Row,
        what: EventKind,
    ) -> Result<EventId> {
        let actor = if what == EventKind::SanctionDecided && !row.by_hand {
            &KEEPER
        } else {
            &caller.actor
        };
        let fact = Event::new(self.ids().next()?, what, actor)
            .in_group(group.id, Some(group.branch_id))
            .about(row.member_id)
            .with(serde_json::json!({
                "sanction": row.id, "kind": row.kind, "tone": row.tone, "state": row.state,
            }));
        let id = fact.id;
        event::insert(tx, caller.workspace, self.now(), &[fact]).await?;
        Ok(id)
    }
}

/// A hit if somebody who wrote at `before` writes again too soon for a group in slow mode.
pub(super) fn slow_mode(policy: &Policy, before: Option<Timestamp>, at: Timestamp) -> Option<Hit> {
    let wait = i64::from(policy.slow_mode_s) * SECOND;
    (at.since(before?) < wait).then(|| Hit {
        kind: HitKind::Flood,
        span: None,
        reason: "slow_mode".to_owned(),
        weight: SURE,
    })
}

/// What the writer is told of a sanction with these measures.
fn told<'a>(work: &Work<'a>, measures: &'a [Measure]) -> Told<'a> {
    let row = work.row;
    Told {
        name: Some(&work.person.name),
        kind: row.kind,
        tone: row.tone,
        fault: row.fault,
        measures,
        plus: row.plus,
        nth: row.strikes + 1,
        at: row.message_at,
        cool_off_ms: row.cool_off_ms,
        back_at: row.back_at,
        now: work.now,
    }
}

/// A sanction with what a further message shows of other kinds; a place in that message is none in the
/// first.
fn with_further(row: Row, hits: &[Hit]) -> Result<Row> {
    let mut all: Vec<Hit> = serde_json::from_str(&row.hits).unwrap_or_default();
    let known: Vec<HitKind> = all.iter().map(|hit| hit.kind).collect();
    let further = hits.iter().filter(|hit| !known.contains(&hit.kind));
    all.extend(further.map(|hit| Hit {
        span: None,
        ..hit.clone()
    }));
    Ok(Row {
        hits: serde_json::to_string(&all).map_err(AppError::internal)?,
        ..row
    })
}

/// The measures of a stored sanction.
pub(super) fn measures_of(row: &Row) -> Vec<Measure> {
    serde_json::from_str(&row.measures).unwrap_or_default()
}

/// The row of a sanction as decided.
pub(super) fn new_row(
    id: SanctionId,
    group: &Group,
    held: &Held<'_>,
    decided: &Sanction,
    hits: &[Hit],
    state: SanctionState,
    now: Timestamp,
) -> Result<Row> {
    Ok(Row {
        id,
        group_id: group.id,
        member_id: held.member,
        kind: decided.kind,
        tone: decided.tone,
        fault: decided.fault,
        measures: serde_json::to_string(&decided.measures).map_err(AppError::internal)?,
        hits: serde_json::to_string(hits).map_err(AppError::internal)?,
        rule_version: 0,
        strictness: yutang_domain::moderation::Strictness::Normal,
        strikes: 0,
        plus: i64::from(decided.plus),
        cool_off_ms: decided.cool_off_ms,
        way_back_ms: decided.way_back_ms,
        state,
        message_at: held.at,
        decided_at: now,
        actor: KEEPER.to_string(),
        by_hand: false,
        back_at: decided
            .way_back_ms
            .filter(|_| state == SanctionState::Decided)
            .map(|ms| now.plus(ms)),
        is_right: None,
        judged_at: None,
        judged_by: None,
        reason: String::new(),
    })
}
