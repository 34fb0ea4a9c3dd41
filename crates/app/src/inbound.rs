//! What networks report: the one way in for live facts.
//!
//! Facts come in harvests, possibly again after a crash. A harvest and the cursor behind it share
//! one transaction, and every fact carries a key, so whatever comes twice changes nothing.

use std::collections::{BTreeMap, HashMap};

use yutang_channels::{Fact, Inbound, Sender};
use yutang_domain::{
    event::{Event, EventKind},
    group::Duty,
    id::{ChannelAccountId, MemberId},
    task::{DoneCheck, Level, TaskKind},
    time::{MINUTE, Timestamp},
};
use yutang_store::{
    Tx, channel_account, event,
    group::{self, Group},
    passage::Way,
};

use crate::{
    App, Caller, Result,
    identity::Sighting,
    macros::in_tx,
    talk::{Added, Heard, Line, Source, What, key_of, topic_of},
    task::NewTask,
};

/// How soon somebody has to look at a complaint, in milliseconds (trade.md 6).
const COMPLAINT_WITHIN: i64 = 5 * MINUTE;

/// What a harvest added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Messages that were new.
    pub messages: u64,
    /// Facts that were there already, or about groups we do not keep.
    pub skipped: u64,
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
            let mut received = Received::default();
            let mut by_group: BTreeMap<&str, Vec<&Inbound>> = BTreeMap::new();
            for fact in facts {
                match fact.group.as_deref() {
                    Some(group) => by_group.entry(group).or_default().push(fact),
                    None => {
                        let heard = match &fact.fact {
                            Fact::Private { sender, text } => {
                                self.hear(tx, caller, &row, fact, (sender, text), now).await?
                            }
                            _ => false,
                        };
                        received.skipped += u64::from(!heard);
                    }
                }
            }
            for (external, facts) in by_group {
                match group::find_external(tx, caller.workspace, &row.channel, external).await? {
                    Some(group) => {
                        let added = self.receive_in(tx, caller, &row.channel, &group, &facts, now).await?;
                        received.messages += added.messages;
                        received.skipped += added.duplicates;
                    }
                    None => received.skipped += facts.len() as u64,
                }
            }
            if cursor.is_some() {
                row.cursor = cursor.map(str::to_owned);
                channel_account::update(tx, caller.workspace, &row).await?;
            }
            Ok(received)
        })
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
        let mut people: HashMap<&str, MemberId> = HashMap::new();
        for fact in facts {
            for sender in senders(&fact.fact) {
                if !people.contains_key(sender.external_id.as_str()) {
                    let mut sighting =
                        Sighting::new(channel, &sender.external_id, &sender.name, fact.at);
                    sighting.branch_id = Some(group.branch_id);
                    let id = self.resolve_identity(tx, caller, &sighting, now).await?;
                    people.insert(&sender.external_id, id);
                }
            }
        }
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
        let facts = self.facts_of(caller, group, &added)?;
        event::insert(tx, caller.workspace, now, &facts).await?;
        for heard in &added.complaints {
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
                kind: TaskKind::Complaint,
                level: Level::Urgent,
                branch: Some(group.branch_id),
                group: Some(group.id),
                member: Some(heard.member),
                assignee,
                what: "task.complaint",
                args: serde_json::json!({
                    "words": heard.words.join("、"),
                    "text": heard.text,
                    "name": heard.card_name,
                }),
                body: String::new(),
                why: "task.why.complaint",
                done_check: DoneCheck::Own,
                minutes: 5,
                since_at: heard.at,
                due_at: Some(heard.at.plus(COMPLAINT_WITHIN)),
                cause: Some(cause),
                dedup: format!("complaint:{}", heard.message),
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
        Fact::Left { who } => vec![who],
        Fact::Removed { who, by } => std::iter::once(who).chain(by).collect(),
        Fact::Renamed { .. } | Fact::Recalled { .. } | Fact::Receipt { .. } => Vec::new(),
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
        } => What::Said {
            by: find(sender)?,
            card_name: sender.name.clone(),
            bot: false,
            kind: kind.as_str(),
            text: text.clone(),
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
