//! What networks report: the one way in for live facts.
//!
//! Facts come in harvests, possibly again after a crash. A harvest and the cursor behind it share
//! one transaction, and every fact carries a key, so whatever comes twice changes nothing.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use yutang_channels::{Fact, Inbound, Sender};
use yutang_domain::{
    capability::Capability,
    event::{Event, EventKind},
    group::Duty,
    id::{ChannelAccountId, MemberId},
    task::{Level, TaskKind},
    time::{DAY, MINUTE, Timestamp},
};
use yutang_store::{
    Tx, channel_account, event,
    group::{self, Group},
    message,
    passage::Way,
};
use yutang_text::verdict::Reading;

use crate::{
    App, Caller, Result,
    group::GroupInput,
    identity::Sighting,
    macros::in_tx,
    talk::{Added, Heard, Line, Source, What, key_of, name_of_answered, stored_key, topic_of},
    task::NewTask,
};

/// How soon somebody has to look at a complaint, in milliseconds (trade.md 6).
const COMPLAINT_WITHIN: i64 = 5 * MINUTE;
/// What happened longer ago than this, in milliseconds, is written down and causes nothing.
pub(crate) const STALE: i64 = DAY;
/// How long after it was sent a message can be taken back, in milliseconds.
const RECALLED_WITHIN: i64 = 30 * DAY;
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
                        Fact::Private { sender, text } => {
                            self.hear(tx, caller, via, fact, (sender, text), now)
                                .await?
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
                    message::recall(tx, workspace, group.id, (&name, &since[..6]), inbound.at)
                        .await?;
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
        let lines: Vec<Line> = facts
            .iter()
            .filter_map(|fact| line(fact, &people))
            .collect();
        let source = Source {
            workspace: caller.workspace,
            zone: &caller.zone,
            run: None,
        };
        let added = self
            .write_down(tx, source, group, &topic_of(group), &lines)
            .await?;
        // After the messages: one that came with its taking back is there by now.
        self.note_of_group(tx, caller, group, facts, now).await?;
        let facts = self.facts_of(caller, group, &added)?;
        event::insert(tx, caller.workspace, now, &facts).await?;
        let fresh = |heard: &&Heard| heard.at >= now.plus(-STALE);
        for heard in added.complaints.iter().filter(fresh) {
            self.raise_complaint(tx, caller, group, heard, now).await?;
        }
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

    /// 客诉 is an alarm, never a sanction: somebody has to look within five minutes.
    async fn raise_complaint(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        heard: &Heard,
        now: Timestamp,
    ) -> Result<()> {
        let fact = Event::new(
            self.ids().next()?,
            EventKind::MessageComplaint,
            &caller.actor,
        )
        .in_group(group.id, Some(group.branch_id))
        .about(heard.member)
        .with(serde_json::json!({ "message": heard.message }));
        let cause = fact.id;
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        let staff = group::assignments(tx, caller.workspace, &[group.id]).await?;
        let assignee = staff
            .iter()
            .find(|s| s.duty == Duty::Host)
            .or_else(|| staff.first())
            .map(|s| s.staff_id);
        self.create_task_in(
            tx,
            caller.workspace,
            NewTask {
                level: Level::Urgent,
                member: Some(heard.member),
                assignee,
                args: serde_json::json!({
                    "words": heard.words.join("、"),
                    "text": heard.text,
                    "name": heard.card_name,
                }),
                minutes: 5,
                due_at: Some(heard.at.plus(COMPLAINT_WITHIN)),
                cause: Some(cause),
                ..NewTask::new(
                    TaskKind::Complaint,
                    ("task.complaint", "task.why.complaint"),
                    heard.at,
                    format!("complaint:{}", heard.message),
                )
                .in_group(group)
            },
            &caller.actor,
            now,
        )
        .await?;
        Ok(())
    }
}

fn senders(fact: &Fact) -> Vec<&Sender> {
    match fact {
        Fact::Posted { sender, .. } | Fact::Private { sender, .. } => vec![sender],
        Fact::Joined { who, inviter, .. } => std::iter::once(who).chain(inviter).collect(),
        Fact::Left { who } | Fact::Knocked { who, .. } | Fact::KnockGone { who } => vec![who],
        Fact::Removed { who, by } => std::iter::once(who).chain(by).collect(),
        Fact::Renamed { .. }
        | Fact::Recalled { .. }
        | Fact::Receipt { .. }
        | Fact::Rights { .. }
        | Fact::Encrypted
        | Fact::Moved { .. } => Vec::new(),
    }
}

fn line(inbound: &Inbound, people: &HashMap<&str, MemberId>) -> Option<Line> {
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
