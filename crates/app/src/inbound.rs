//! What networks report: the one way in for live facts.
//!
//! Facts come in harvests, possibly again after a crash. A harvest and the cursor behind it share
//! one transaction, and every fact carries a key, so whatever comes twice changes nothing.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use yutang_channels::{Fact, Inbound, Sender};
use yutang_domain::{
    capability::Capability,
    event::{Event, EventKind},
    id::{ChannelAccountId, MemberId},
    time::{DAY, Timestamp},
};
use yutang_store::{
    Tx, channel_account, event,
    group::{self, Group},
    membership, message,
    passage::{self, Way},
};
use yutang_text::verdict::Reading;

use crate::{
    App, Caller, Result,
    group::GroupInput,
    identity::Sighting,
    macros::in_tx,
    talk::{Added, Heard, Line, Source, What, key_of, name_of_answered, stored_key, topic_of},
};

/// What happened longer ago than this, in milliseconds, is written down and causes nothing.
pub(crate) const STALE: i64 = DAY;
/// How long after it was sent a message can be taken back, in milliseconds.
pub(crate) const RECALLED_WITHIN: i64 = 30 * DAY;
/// Why an encrypted group cannot be read.
const ENCRYPTED: &str = "channel.encrypted";
/// Why a group that the account is no longer in cannot be read.
const GONE: &str = "channel.gone";
/// How many characters the name of a group may have.
pub(crate) const NAME_LENGTH: usize = 100;

/// What a harvest added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Messages that were new.
    pub messages: u64,
    /// Facts that were there already, or about groups we do not keep.
    pub skipped: u64,
}

/// Through which account facts come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Via<'a> {
    /// The account.
    pub account: ChannelAccountId,
    /// Its network.
    pub channel: &'a str,
    /// Names of groups by the network's ids, where groups that nobody keeps are made; `None` where
    /// facts about them are left out.
    pub names: Option<&'a HashMap<String, String>>,
}

impl App {
    /// Takes a harvest of an account in, with the cursor behind it.
    ///
    /// # Errors
    /// The database refused; the harvest comes again.
    pub async fn receive(
        &self,
        caller: &Caller,
        account: ChannelAccountId,
        facts: &[Inbound],
        cursor: Option<&str>,
    ) -> Result<Received> {
        let now = self.now();
        in_tx!(self, Write, tx => {
            let mut row = channel_account::get(tx, caller.workspace, account).await?;
            let via = Via { account: row.id, channel: &row.channel, names: None };
            let received = self.receive_facts(tx, caller, via, facts, now).await?;
            if cursor.is_some() {
                row.cursor = cursor.map(str::to_owned);
                channel_account::update(tx, caller.workspace, &row).await?;
            }
            Ok(received)
        })
    }

    /// Takes facts in, inside the transaction that notes where they came from.
    pub(crate) async fn receive_facts(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        via: Via<'_>,
        facts: &[Inbound],
        now: Timestamp,
    ) -> Result<Received> {
        let facts = &*without_nul(facts);
        let mut received = Received::default();
        let moved = self.follow(tx, caller, via, facts).await?;
        let mut by_group: BTreeMap<&str, Vec<&Inbound>> = BTreeMap::new();
        for fact in facts {
            match fact.group.as_deref() {
                Some(_) if matches!(fact.fact, Fact::Moved { .. }) => {}
                Some(group) => {
                    let group = moved.get(group).copied().unwrap_or(group);
                    by_group.entry(group).or_default().push(fact);
                }
                None if fact.at < now.plus(-STALE) => received.skipped += 1,
                None => {
                    let heard = match &fact.fact {
                        Fact::Sealed { who } => {
                            self.answer_sealed(tx, caller, via, fact, who, now).await?
                        }
                        Fact::Private { sender, text } => {
                            let said = (sender, text.as_str());
                            self.hear(tx, caller, via, fact, said, now).await?
                                || self
                                    .hear_at_the_gate(tx, caller, via, fact, said, now)
                                    .await?
                                || self.introduce(tx, caller, via, fact, said, now).await?
                        }
                        _ => false,
                    };
                    received.skipped += u64::from(!heard);
                }
            }
        }
        for (external, facts) in by_group {
            // Of a group that one was only put out of there is nothing to keep.
            let news = facts.iter().any(|inbound| match &inbound.fact {
                Fact::Rights { can, .. } => can.iter().next().is_some(),
                _ => true,
            });
            let via = Via {
                names: via.names.filter(|_| news),
                ..via
            };
            match self.group_seen(tx, caller, via, external, now).await? {
                Some(group) => {
                    let added = self
                        .receive_in(tx, caller, via.channel, &group, &facts, now)
                        .await?;
                    received.messages += added.messages;
                    received.skipped += added.duplicates;
                }
                None => received.skipped += facts.len() as u64,
            }
        }
        Ok(received)
    }

    /// The group that a network calls so; an account that adopts makes it in the root.
    async fn group_seen(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        via: Via<'_>,
        external: &str,
        now: Timestamp,
    ) -> Result<Option<Group>> {
        let known = group::find_external(tx, caller.workspace, via.channel, external).await?;
        let (None, Some(names)) = (&known, via.names) else {
            return Ok(known);
        };
        let name = names.get(external).map_or(external, String::as_str);
        let name: String = name.chars().take(NAME_LENGTH).collect();
        let input = GroupInput::named(&name, via.channel);
        let mut row = self.new_group(tx, caller, &input, None, now).await?;
        row.channel_account_id = Some(via.account);
        row.external_id = Some(external.to_owned());
        group::update(tx, caller.workspace, &row).await?;
        Ok(Some(row))
    }

    /// Groups that go on under another id of their network keep their row; says which did.
    async fn follow<'a>(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        via: Via<'_>,
        facts: &'a [Inbound],
    ) -> Result<HashMap<&'a str, &'a str>> {
        let mut moved = HashMap::new();
        for inbound in facts {
            let (Some(from), Fact::Moved { to }) = (inbound.group.as_deref(), &inbound.fact) else {
                continue;
            };
            moved.insert(from, to.as_str());
            let (workspace, channel) = (caller.workspace, via.channel);
            let next = group::find_external(tx, workspace, channel, to).await?;
            let known = group::find_external(tx, workspace, channel, from).await?;
            if let (None, Some(mut row)) = (next, known) {
                row.external_id = Some(to.clone());
                group::update(tx, workspace, &row).await?;
            }
        }
        Ok(moved)
    }

    /// What a network says of a group itself.
    async fn note_of_group(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        facts: &[&Inbound],
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let mut renamed = None;
        let mut rights = None;
        for inbound in facts {
            match &inbound.fact {
                Fact::Renamed { name } if !name.trim().is_empty() => renamed = Some(name),
                Fact::Rights { can, .. } => {
                    let words: Vec<_> = can.iter().map(Capability::as_str).collect();
                    let reads = can.can(Capability::ReadText);
                    let gone = words.is_empty();
                    let encrypted = match &rights {
                        Some(group::Rights { unreadable, .. }) => unreadable.clone(),
                        None => group::rights(tx, workspace, group.id).await?.unreadable,
                    };
                    // What was encrypted once stays so.
                    let encrypted = encrypted.filter(|code| code == ENCRYPTED);
                    let unreadable = match (encrypted, gone, reads) {
                        (_, true, _) => Some(GONE.to_owned()),
                        (Some(code), ..) => Some(code),
                        (None, false, false) => Some(Capability::ReadText.cannot().to_owned()),
                        (None, false, true) => None,
                    };
                    rights = Some(group::Rights {
                        rights: Some(serde_json::json!(words).to_string()),
                        unreadable,
                    });
                }
                Fact::Encrypted => {
                    let mut row = match rights.take() {
                        Some(row) => row,
                        None => group::rights(tx, workspace, group.id).await?,
                    };
                    row.unreadable = Some(ENCRYPTED.to_owned());
                    rights = Some(row);
                }
                Fact::Recalled { message } => {
                    let since = stored_key(inbound.at.plus(-RECALLED_WITHIN), [0; 16]);
                    let name = name_of_answered(message);
                    let place = (&name[..], &since[..6]);
                    if message::recall(tx, workspace, group.id, place, inbound.at).await? {
                        self.let_go_of_recalled(tx, workspace, group.id, now)
                            .await?;
                    }
                }
                _ => {}
            }
        }
        if let Some(row) = &rights {
            group::set_rights(tx, workspace, group.id, row).await?;
        }
        if let Some(name) = renamed {
            self.rename_group(tx, caller, group.id, name, now).await?;
        }
        Ok(())
    }

    /// What the network says people are in a group: before anything they say there is judged.
    async fn note_standing(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        facts: &[&Inbound],
        people: &HashMap<&str, MemberId>,
    ) -> Result<()> {
        let mut heard = Vec::new();
        for inbound in facts {
            let Fact::Stands { who, standing } = &inbound.fact else {
                continue;
            };
            let Some(member) = people.get(who.external_id.as_str()) else {
                continue;
            };
            let place = (group.id, *member);
            membership::stand(
                tx,
                caller.workspace,
                place,
                *standing,
                &who.name,
                inbound.at,
            )
            .await?;
            heard.push(*member);
        }
        if !heard.is_empty() {
            heard.sort_unstable();
            heard.dedup();
            group::recount(tx, caller.workspace, group.id).await?;
            passage::recount_groups(tx, caller.workspace, &heard).await?;
        }
        Ok(())
    }

    async fn receive_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        channel: &str,
        group: &Group,
        facts: &[&Inbound],
        now: Timestamp,
    ) -> Result<Added> {
        let mut met: HashSet<&str> = HashSet::new();
        let mut seen = Vec::new();
        let mut ids: Vec<&str> = Vec::new();
        for fact in facts {
            for sender in senders(&fact.fact) {
                if met.insert(&sender.external_id) {
                    let mut sighting =
                        Sighting::new(channel, &sender.external_id, &sender.name, fact.at);
                    sighting.branch_id = Some(group.branch_id);
                    seen.push(sighting);
                    ids.push(&sender.external_id);
                }
            }
        }
        let members = self.resolve_identities(tx, caller, &seen, now).await?;
        let people: HashMap<&str, MemberId> = ids.into_iter().zip(members).collect();
        let edited = self.note_edits(tx, caller, group, facts, &people).await?;
        let lines: Vec<Line> = facts
            .iter()
            .filter(|fact| !edited.keys.contains(&fact.key))
            .filter_map(|fact| line(fact, &people))
            .collect();
        self.note_standing(tx, caller, group, facts, &people)
            .await?;
        let source = Source {
            workspace: caller.workspace,
            zone: &caller.zone,
            run: None,
        };
        let mut added = self
            .write_down(tx, source, group, &topic_of(group), &lines)
            .await?;
        added.complaints.extend(edited.complaints);
        added.said.extend(edited.said);
        // After the messages: one that came with its taking back is there by now.
        self.note_of_group(tx, caller, group, facts, now).await?;
        let happened = self.facts_of(caller, group, &added)?;
        event::insert(tx, caller.workspace, now, &happened).await?;
        self.judge_new(tx, caller, group, &added, facts, now)
            .await?;
        self.note_done(tx, caller, group, &added.passed, now)
            .await?;
        self.obey_in(tx, caller, group, facts, &people, now).await?;
        self.at_the_gate(tx, caller, group, (facts, &people), &added, now)
            .await?;
        let signs: Vec<_> = facts
            .iter()
            .filter_map(|inbound| match &inbound.fact {
                Fact::Reacted { who, message, with } => {
                    let member = people.get(who.external_id.as_str())?;
                    Some((*member, message.as_str(), with.as_str()))
                }
                _ => None,
            })
            .collect();
        self.acknowledge_by_sign(tx, caller, group, &signs, now)
            .await?;
        let fresh = |heard: &&Heard| heard.at >= now.plus(-STALE);
        for heard in added.complaints.iter().filter(fresh) {
            self.raise_alarm(tx, caller, group, heard, now).await?;
        }
        self.follow_questions(tx, caller, group, &lines, &added, now)
            .await?;
        Ok(added)
    }

    fn facts_of(&self, caller: &Caller, group: &Group, added: &Added) -> Result<Vec<Event>> {
        let mut facts = Vec::new();
        for (way, member) in &added.passed {
            let kind = match way {
                Way::Joined => EventKind::MemberJoined,
                Way::Left => EventKind::MemberLeft,
                Way::Removed => EventKind::MemberRemoved,
            };
            facts.push(
                Event::new(self.ids().next()?, kind, &caller.actor)
                    .in_group(group.id, Some(group.branch_id))
                    .about(*member),
            );
        }
        for message in &added.new {
            facts.push(
                Event::new(self.ids().next()?, EventKind::MessagePosted, &caller.actor)
                    .in_group(group.id, Some(group.branch_id))
                    .with(serde_json::json!({ "message": message })),
            );
        }
        Ok(facts)
    }
}

/// No database keeps NUL: places in a text have to be those of the text as it is kept, and an
/// account is looked for under the id it is kept under.
fn without_nul(facts: &[Inbound]) -> Cow<'_, [Inbound]> {
    if facts.iter().any(Inbound::holds_nul) {
        facts.iter().cloned().map(Inbound::without_nul).collect()
    } else {
        facts.into()
    }
}

fn senders(fact: &Fact) -> Vec<&Sender> {
    match fact {
        Fact::Posted { sender, .. } | Fact::Private { sender, .. } => vec![sender],
        Fact::Joined { who, inviter, .. } => std::iter::once(who).chain(inviter).collect(),
        Fact::Left { who }
        | Fact::Sealed { who }
        | Fact::Knocked { who, .. }
        | Fact::KnockGone { who }
        | Fact::Stands { who, .. }
        | Fact::Reacted { who, .. } => vec![who],
        Fact::Removed { who, by } => std::iter::once(who).chain(by).collect(),
        Fact::Renamed { .. }
        | Fact::Recalled { .. }
        | Fact::Receipt { .. }
        | Fact::Rights { .. }
        | Fact::Encrypted
        | Fact::Moved { .. } => Vec::new(),
    }
}

pub(crate) fn line(inbound: &Inbound, people: &HashMap<&str, MemberId>) -> Option<Line> {
    let find = |sender: &Sender| people.get(sender.external_id.as_str()).copied();
    let passed = |way, who: &Sender, other: Option<&Sender>, via: Option<&String>| {
        Some(What::Passed {
            way,
            who: find(who)?,
            card_name: who.name.clone(),
            other: other.and_then(find),
            via: via.cloned(),
        })
    };
    let what = match &inbound.fact {
        Fact::Posted {
            sender,
            kind,
            text,
            reply_to,
            ..
        } => What::Said {
            by: find(sender)?,
            card_name: sender.name.clone(),
            bot: false,
            kind: kind.as_str(),
            text: text.clone(),
            reading: Arc::new(Reading::new(text)),
            reply_to: reply_to.clone(),
        },
        Fact::Joined { who, via, inviter } => {
            passed(Way::Joined, who, inviter.as_ref(), via.as_ref())?
        }
        Fact::Left { who } => passed(Way::Left, who, None, None)?,
        Fact::Removed { who, by } => passed(Way::Removed, who, by.as_ref(), None)?,
        _ => return None,
    };
    Some(Line {
        at: inbound.at,
        key: key_of(&inbound.key),
        what,
    })
}
