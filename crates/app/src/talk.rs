//! What is said in groups, written down and counted: the one way in for imports and live messages.
//!
//! A batch of lines of one group becomes message and passage rows; whatever was there already
//! changes nothing. Only what was new is judged and counted, and the counts are kept apart from
//! the texts, so that they outlive them.

mod strike_out;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use yutang_domain::{
    group::Standing,
    id::{GroupId, ImportRunId, MemberId, MessageId, WorkspaceId, kind},
    member::REDACTED,
    time::{Date, MINUTE, Timestamp, Zone},
};
use yutang_store::{
    Tx,
    group::{self, Group},
    membership,
    message::{self, Done, Message},
    passage::{self, Passage, Sighting, Way},
    search, staff,
};
use yutang_text::{
    search::index_terms,
    topic::{Topic, Topicality},
    value::{self, Kind, ValueReason},
    verdict::{self, Reading},
};

use crate::{App, Result, stand_in::Erased};

/// How long after a question the next message counts as an answer, in milliseconds.
const ANSWER_WITHIN: i64 = 10 * MINUTE;

/// A line about to be written down.
#[derive(Clone, Debug)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Name of the line, equal whenever it comes again.
    pub key: [u8; 16],
    /// What it holds.
    pub what: What,
}

/// What a line holds.
#[derive(Clone, Debug)]
pub enum What {
    /// Somebody said or sent something.
    Said {
        /// Who.
        by: MemberId,
        /// The name they carry in the group.
        card_name: String,
        /// Whether it is a program.
        bot: bool,
        /// What it consists of: `text`, `image`, ….
        kind: &'static str,
        /// Its words.
        text: String,
        /// What was read from them.
        reading: Arc<Reading>,
        /// The network's id of the message it answers.
        reply_to: Option<String>,
    },
    /// Somebody came or went.
    Passed {
        /// Which way.
        way: Way,
        /// Who.
        who: MemberId,
        /// The name they carry in the group.
        card_name: String,
        /// Who brought them in or put them out.
        other: Option<MemberId>,
        /// By which way: a code, an invitation.
        via: Option<String>,
    },
    /// The network said something.
    Notice(String),
}

/// What a batch added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Messages that were new.
    pub messages: u64,
    /// Messages that were there already.
    pub duplicates: u64,
    /// The new complaints.
    pub complaints: Vec<Heard>,
    /// The new messages, in the order given.
    pub new: Vec<MessageId>,
    /// Who came and went, as far as it was new, in the order given.
    pub passed: Vec<(Way, MemberId)>,
    /// What people said live, as far as it was new, in the order given.
    pub said: Vec<Said>,
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The message.
    pub message: MessageId,
    /// Who.
    pub member: MemberId,
    /// What they are in the group.
    pub standing: Standing,
    /// When.
    pub at: Timestamp,
    /// Name of the line.
    pub key: [u8; 16],
    /// Whether it is off the group's topic.
    pub off_topic: bool,
}

/// A complaint in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The message.
    pub message: MessageId,
    /// Who complains.
    pub member: MemberId,
    /// The name they carry in the group.
    pub card_name: String,
    /// What they say.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// The words that made it a complaint.
    pub words: Vec<String>,
}

/// Where a batch comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The organisation.
    pub workspace: WorkspaceId,
    /// Zone of its civil days.
    pub zone: &'a Zone,
    /// The import, if it is one.
    pub run: Option<ImportRunId>,
}

/// The topic of a group, from its own words.
pub fn topic_of(group: &Group) -> Topic {
    let terms: Vec<String> = serde_json::from_str(&group.topic_terms).unwrap_or_default();
    Topic::new(
        terms
            .iter()
            .map(String::as_str)
            .chain([group.purpose.as_str()]),
    )
}

/// The name of a line to which a network gave an id of its own.
pub fn key_of(external_id: &str) -> [u8; 16] {
    let hash = ring::digest::digest(&ring::digest::SHA256, external_id.as_bytes());
    hash.as_ref()[..16]
        .try_into()
        .expect("SHA-256 has 32 bytes")
}

/// What is kept in the stored name of the message that a network's id belongs to.
pub fn name_of_answered(external_id: &str) -> [u8; 10] {
    key_of(external_id)[..10]
        .try_into()
        .expect("a key has 16 bytes")
}

/// The part of a stored name that comes from the line's own name.
pub fn name_of_stored(stored: &[u8]) -> Option<[u8; 10]> {
    stored.get(6..16)?.try_into().ok()
}

/// The stored name of a line: its time first, so that lines of one time lie together in the index.
pub fn stored_key(at: Timestamp, key: [u8; 16]) -> Vec<u8> {
    let mut stored = at.ms().to_be_bytes()[2..].to_vec();
    stored.extend_from_slice(&key[..10]);
    stored
}

impl App {
    /// Writes lines of one group down, in the order given.
    ///
    /// # Errors
    /// The database refused.
    pub async fn write_down(
        &self,
        tx: &mut Tx,
        source: Source<'_>,
        group: &Group,
        topic: &Topic,
        lines: &[Line],
    ) -> Result<Added> {
        let workspace = source.workspace;
        let erased = self.erased_in(tx, workspace, group, lines).await?;
        let mut sightings = sightings(group.id, lines, source.run, &erased);
        let (standing, mut moved) = self
            .standing(tx, workspace, group.id, &mut sightings)
            .await?;
        let (messages, passages, complaints) = self
            .judge(tx, source, (group, topic), lines, &standing, &erased)
            .await?;

        let new_messages = message::insert(tx, workspace, &messages).await?;
        let new: HashSet<MessageId> = new_messages.iter().copied().collect();
        let live = if source.run.is_none() {
            said_live(&messages, &new, &standing, lines)
        } else {
            Vec::new()
        };
        let new_passages: HashSet<MessageId> = passage::insert(tx, workspace, &passages)
            .await?
            .into_iter()
            .collect();

        let mut counts: BTreeMap<(GroupId, Date, MemberId), Done> = BTreeMap::new();
        let mut hours: BTreeMap<(GroupId, Date, u8), i64> = BTreeMap::new();
        let mut days: HashSet<(GroupId, Date)> = HashSet::new();
        let mut said: HashMap<MemberId, (i64, Timestamp)> = HashMap::new();
        for row in messages.iter().filter(|row| new.contains(&row.id)) {
            let Some(member) = row.member_id else {
                continue;
            };
            tally(row, member, 1, &standing, &mut counts);
            *hours
                .entry((group.id, row.day, source.zone.hour(row.sent_at)))
                .or_default() += 1;
            days.insert((group.id, row.day));
            let entry = said.entry(member).or_insert((0, row.sent_at));
            entry.0 += 1;
            entry.1 = entry.1.max(row.sent_at);
        }
        let house = messages
            .iter()
            .filter(|row| new.contains(&row.id))
            .filter(|row| row.member_id.is_some_and(|by| operates(standing.get(&by))))
            .map(|row| row.sent_at)
            .max();
        if let Some(at) = house {
            group::posted(tx, workspace, group.id, at).await?;
        }
        let fresh: Vec<Passage> = passages
            .into_iter()
            .filter(|row| new_passages.contains(&row.id))
            .collect();
        days.extend(fresh.iter().map(|row| (group.id, row.day)));

        passage::see(tx, workspace, &sightings).await?;
        passage::apply(tx, workspace, &fresh).await?;
        name_newcomers(tx, workspace, group.id, &moved).await?;
        moved.extend(fresh.iter().map(|row| row.member_id));
        moved.sort_unstable();
        moved.dedup();
        if moved.is_empty() {
            let said = messages.iter().map(|row| row.sent_at).max();
            group::touch(tx, workspace, group.id, said).await?;
        } else {
            group::recount(tx, workspace, group.id).await?;
            passage::recount_groups(tx, workspace, &moved).await?;
        }
        message::count(tx, workspace, &counts.into_iter().collect::<Vec<_>>()).await?;
        message::count_hours(tx, workspace, &hours.into_iter().collect::<Vec<_>>()).await?;
        let mut days: Vec<_> = days.into_iter().collect();
        days.sort_unstable();
        message::sum_days(tx, workspace, &days).await?;
        let mut said: Vec<_> = said.into_iter().collect();
        said.sort_unstable_by_key(|(member, _)| *member);
        message::credit(tx, workspace, &said).await?;

        let offered = messages
            .iter()
            .filter(|row| row.member_id.is_some())
            .count() as u64;
        let added = messages
            .iter()
            .filter(|r| r.member_id.is_some() && new.contains(&r.id))
            .count() as u64;
        Ok(Added {
            messages: added,
            duplicates: offered - added,
            complaints: complaints
                .into_iter()
                .filter(|heard| new.contains(&heard.message))
                .collect(),
            new: new_messages,
            passed: fresh.iter().map(|row| (row.kind, row.member_id)).collect(),
            said: live,
        })
    }

    /// What those seen are in the group (operators' messages are counted apart), and who of them
    /// was not in it before: of these, whoever works here is staff from the first time on.
    async fn standing(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: GroupId,
        sightings: &mut [Sighting],
    ) -> Result<(HashMap<MemberId, Standing>, Vec<MemberId>)> {
        let seen: Vec<MemberId> = sightings.iter().map(|s| s.member).collect();
        let mut standing: HashMap<MemberId, Standing> =
            passage::standings(tx, workspace, group, &seen)
                .await?
                .into_iter()
                .collect();
        let mut unknown: Vec<&mut Sighting> = sightings
            .iter_mut()
            .filter(|s| !standing.contains_key(&s.member))
            .collect();
        let new: Vec<MemberId> = unknown.iter().map(|s| s.member).collect();
        let works_here = staff::among(tx, workspace, &new).await?;
        for one in &mut unknown {
            if works_here.contains(&one.member) {
                one.role = Standing::Staff;
            }
        }
        standing.extend(unknown.into_iter().map(|s| (s.member, s.role)));
        Ok((standing, new))
    }

    async fn judge(
        &self,
        tx: &mut Tx,
        source: Source<'_>,
        (group, topic): (&Group, &Topic),
        lines: &[Line],
        standing: &HashMap<MemberId, Standing>,
        erased: &Erased,
    ) -> Result<(Vec<Message>, Vec<Passage>, Vec<Heard>)> {
        let mut messages = Vec::with_capacity(lines.len());
        let mut passages = Vec::new();
        let mut complaints = Vec::new();
        let mut question = match lines.iter().find(|l| matches!(l.what, What::Said { .. })) {
            Some(first) => {
                self.open_question(tx, source.workspace, group.id, first.at)
                    .await?
            }
            None => None,
        };
        for line in lines {
            let id: MessageId = self.ids().next::<kind::Message>()?;
            let day = source.zone.day(line.at);
            let mut row = Message {
                id,
                group_id: group.id,
                member_id: None,
                sent_at: line.at,
                day,
                kind: "system".to_owned(),
                text: None,
                reply_to: None,
                value_code: None,
                advert: 0,
                off_topic: false,
                judged: false,
                complaint: false,
                source_key: stored_key(line.at, line.key),
                run_id: source.run,
                redacted_at: None,
            };
            match &line.what {
                What::Notice(text) => {
                    erased.write(&mut row, text, self.now());
                    messages.push(row);
                }
                What::Passed {
                    way,
                    who,
                    other,
                    via,
                    ..
                } => passages.push(Passage {
                    id,
                    group_id: group.id,
                    member_id: *who,
                    kind: *way,
                    at: line.at,
                    day,
                    other_id: *other,
                    via: via.clone(),
                    source_key: row.source_key,
                    run_id: source.run,
                }),
                What::Said {
                    by,
                    card_name,
                    kind,
                    text,
                    reading,
                    reply_to,
                    ..
                } => {
                    let hidden = erased.is(*by).then_some(REDACTED);
                    row.member_id = Some(*by);
                    (*kind).clone_into(&mut row.kind);
                    row.reply_to.clone_from(reply_to);
                    let after_question = question.is_some_and(|(asker, at)| {
                        asker != *by && line.at.since(at) <= ANSWER_WITHIN
                    });
                    if !operates(standing.get(by)) {
                        let verdict = verdict::judge_reading(
                            reading,
                            &value::Message {
                                text,
                                kind: kind_of(kind),
                                reply: reply_to.is_some(),
                                after_question,
                            },
                            topic,
                        );
                        row.value_code = verdict.value.as_ref().map(|v| value_code(v).to_owned());
                        row.advert = verdict.advert.as_ref().map_or(0, |a| i64::from(a.weight));
                        row.off_topic = verdict.topicality == Topicality::Off;
                        if let Some(complaint) = verdict.complaint {
                            row.complaint = true;
                            complaints.push(Heard {
                                message: id,
                                member: *by,
                                card_name: hidden.unwrap_or(card_name).to_owned(),
                                text: hidden.unwrap_or(text).to_owned(),
                                at: line.at,
                                words: complaint.words,
                            });
                        }
                        row.judged = matches!(verdict.topicality, Topicality::On | Topicality::Off);
                    }
                    erased.write(&mut row, text, self.now());
                    question = reading.asks().then_some((*by, line.at));
                    messages.push(row);
                }
            }
        }
        Ok((messages, passages, complaints))
    }

    async fn open_question(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: GroupId,
        at: Timestamp,
    ) -> Result<Option<(MemberId, Timestamp)>> {
        let latest = message::latest_before(tx, workspace, group, at).await?;
        Ok(latest.and_then(|m| {
            let asks = m.text.as_deref().is_some_and(value::asks);
            m.member_id.filter(|_| asks).map(|by| (by, m.sent_at))
        }))
    }
}

/// Lets those who are new in a group be found by the name they carry in it.
async fn name_newcomers(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    newcomers: &[MemberId],
) -> Result<()> {
    let names = membership::other_names(tx, workspace, group, newcomers).await?;
    let terms: Vec<(i64, String)> = names
        .iter()
        .flat_map(|other| {
            let terms = index_terms(&other.card_name);
            terms
                .into_iter()
                .map(|term| (other.canonical_id.raw(), term))
        })
        .collect();
    let terms = terms.iter().map(|(target, term)| (*target, term.as_str()));
    search::insert(tx, workspace, "member", terms).await?;
    Ok(())
}

/// Whether somebody speaks for the house.
pub(crate) const fn operates(standing: Option<&Standing>) -> bool {
    matches!(
        standing,
        Some(Standing::Owner | Standing::Staff | Standing::Bot)
    )
}

fn said_live(
    messages: &[Message],
    new: &HashSet<MessageId>,
    standing: &HashMap<MemberId, Standing>,
    lines: &[Line],
) -> Vec<Said> {
    // Messages are the lines without those of who came and went, in the same order.
    let keys = lines
        .iter()
        .filter(|line| !matches!(line.what, What::Passed { .. }))
        .map(|line| line.key);
    messages
        .iter()
        .zip(keys)
        .filter(|(row, _)| new.contains(&row.id))
        .filter_map(|(row, key)| {
            let member = row.member_id?;
            Some(Said {
                message: row.id,
                member,
                standing: standing.get(&member).copied().unwrap_or(Standing::Member),
                at: row.sent_at,
                key,
                off_topic: row.off_topic,
            })
        })
        .collect()
}

pub(crate) fn tally(
    row: &Message,
    member: MemberId,
    sign: i64,
    standing: &HashMap<MemberId, Standing>,
    counts: &mut BTreeMap<(GroupId, Date, MemberId), Done>,
) {
    let done = counts.entry((row.group_id, row.day, member)).or_default();
    done.operator = operates(standing.get(&member));
    done.messages += sign;
    done.valued += sign * i64::from(row.value_code.is_some());
    done.adverts += sign * i64::from(row.advert > 0);
    done.off_topic += sign * i64::from(row.off_topic);
    done.judged += sign * i64::from(row.judged);
}

fn sightings(
    group: GroupId,
    lines: &[Line],
    run: Option<ImportRunId>,
    erased: &Erased,
) -> Vec<Sighting> {
    let mut seen: BTreeMap<MemberId, Sighting> = BTreeMap::new();
    for line in lines {
        let (member, card_name, role) = match &line.what {
            What::Said {
                by, card_name, bot, ..
            } => (
                *by,
                card_name,
                if *bot {
                    Standing::Bot
                } else {
                    Standing::Member
                },
            ),
            What::Passed { who, card_name, .. } => (*who, card_name, Standing::Member),
            What::Notice(_) => continue,
        };
        let spoke = matches!(line.what, What::Said { .. });
        let sighting = seen.entry(member).or_insert_with(|| Sighting {
            group,
            member,
            role,
            card_name: erased.name_of(member, card_name).to_owned(),
            first: line.at,
            last: line.at,
            run,
        });
        sighting.first = sighting.first.min(line.at);
        if spoke {
            sighting.last = sighting.last.max(line.at);
        }
    }
    seen.into_values().collect()
}

pub(crate) fn kind_of(kind: &str) -> Kind {
    match kind {
        "text" | "link" => Kind::Text,
        "image" | "video" | "file" => Kind::Captioned,
        _ => Kind::Other,
    }
}

pub(crate) const fn value_code(value: &ValueReason) -> &'static str {
    match value {
        ValueReason::Answer { .. } => "answer",
        ValueReason::Caption { .. } => "caption",
        ValueReason::Informative { .. } => "informative",
    }
}
