//! Chat histories.

use std::{collections::HashMap, sync::Arc};

use yutang_domain::{
    id::{GroupId, MemberId, WorkspaceId},
    time::Timestamp,
};
use yutang_import::chat::{self, Bearer, Body, Message, MessageKind, Record, Sender, System};
use yutang_store::{
    Tx, group, identity, import,
    passage::{self, Way},
};
use yutang_text::verdict::Reading;

use super::{
    Cache, Counts, Options,
    source::{Entry, Plan},
};
use crate::{
    App, AppError, Caller, Result,
    identity::Sighting,
    talk::{Line, Source, What, topic_of},
};

impl App {
    #[expect(
        clippy::too_many_arguments,
        reason = "a chunk and everything it is written with"
    )]
    pub(super) async fn write_chat(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        plan: &Plan,
        entries: &[Entry],
        counts: &mut Counts,
        cache: &mut Cache,
        now: Timestamp,
    ) -> Result<()> {
        let mut by_group: Vec<(GroupId, Vec<&Entry>)> = Vec::new();
        for entry in entries {
            let group = match run.group_id {
                Some(group) => group,
                None => {
                    self.room_group(tx, caller, run, plan, &entry.record, cache, now)
                        .await?
                }
            };
            match by_group.iter_mut().find(|(id, _)| *id == group) {
                Some((_, rows)) => rows.push(entry),
                None => by_group.push((group, vec![entry])),
            }
        }
        let Plan::Chat(chat, _) = plan else {
            return Err(AppError::internal("not a chat"));
        };
        for (id, entries) in by_group {
            let row = group::get(tx, caller.workspace, id).await?;
            let people = self
                .people(tx, caller.workspace, chat, id, run, &entries, now)
                .await?;
            let lines = entries
                .iter()
                .flat_map(|entry| lines_of(entry, &people))
                .collect::<Vec<_>>();
            let source = Source {
                workspace: caller.workspace,
                zone: &caller.zone,
                run: Some(run.id),
            };
            let added = self
                .write_down(tx, source, &row, &topic_of(&row), &lines)
                .await?;
            counts.messages += added.messages;
            counts.duplicates += added.duplicates;
        }
        Ok(())
    }

    /// The group of a record's room, made for the run if there is none of that name.
    #[expect(
        clippy::too_many_arguments,
        reason = "all of it describes one group of one run"
    )]
    async fn room_group(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        plan: &Plan,
        record: &Record,
        cache: &mut Cache,
        now: Timestamp,
    ) -> Result<GroupId> {
        let room = record.room.as_deref();
        let name = room
            .and_then(|room| room.name.clone().or_else(|| room.id.clone()))
            .unwrap_or_else(|| file_stem(&run.file_name).to_owned());
        if let Some(group) = cache.groups.get(&name) {
            return Ok(*group);
        }
        let options: Options = serde_json::from_str(&run.options).map_err(AppError::internal)?;
        let group = self
            .group_for_run(tx, caller, &name, plan, &options, run.id, now)
            .await?;
        cache.groups.insert(name, group);
        Ok(group)
    }

    /// The members that the senders and the people named in these records are.
    #[expect(clippy::too_many_arguments, reason = "a chunk and where it belongs")]
    async fn people(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        plan: &chat::Plan,
        group: GroupId,
        run: &import::Run,
        entries: &[&Entry],
        now: Timestamp,
    ) -> Result<People> {
        let network = plan.format.network();
        let mut seen: HashMap<String, Seen<'_>> = HashMap::new();
        for Entry { record, .. } in entries {
            for sender in named_in(record) {
                let id = account(group, sender);
                seen.entry(id).or_insert_with_key(|id| Seen {
                    account: id.clone(),
                    sender,
                    at: record.at,
                    shared: shares_name(plan, record, sender),
                });
            }
        }
        let mut accounts: Vec<Seen<'_>> = seen.into_values().collect();
        accounts.sort_by(|a, b| a.account.cmp(&b.account));
        let ids: Vec<&str> = accounts.iter().map(|one| one.account.as_str()).collect();
        let mut members = identity::holders(tx, workspace, network, &ids).await?;
        accounts.retain(|one| !members.contains_key(&one.account));
        if !accounts.is_empty() {
            self.same_people(tx, workspace, network, group, run, &accounts, now)
                .await?;
            let sightings: Vec<Sighting> = accounts
                .iter()
                .map(|one| Sighting::new(network, &one.account, display(one.sender), one.at))
                .collect();
            let made = self
                .members_for(tx, workspace, &sightings, Some(run.id), now)
                .await?;
            members.extend(accounts.into_iter().map(|one| one.account).zip(made));
        }
        Ok(People { group, members })
    }

    /// A notice names people without their ids. Where exactly one person of that name was seen in
    /// the group by an earlier file, name and id are taken for the same person, whichever was seen
    /// first; what one file says of a name is settled when it is read.
    #[expect(clippy::too_many_arguments, reason = "a chunk and where it belongs")]
    async fn same_people(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        network: &str,
        group: GroupId,
        run: &import::Run,
        unknown: &[Seen<'_>],
        now: Timestamp,
    ) -> Result<()> {
        let mut adopted = Vec::new();
        let names: Vec<&str> = unknown
            .iter()
            .filter(|one| !one.shared)
            .map(|one| one.sender.name.as_str())
            .collect();
        let present = passage::called(tx, workspace, group, &names).await?;
        for Seen {
            account, sender, ..
        } in unknown.iter().filter(|one| !one.shared)
        {
            let mut same = present.iter().filter(|p| p.card_name == sender.name);
            let (Some(one), None) = (same.next(), same.next()) else {
                continue;
            };
            // An id is taken for a name that so far has none; a name for any one person.
            if sender.external_id.is_none() || one.by_name_only {
                adopted.push(identity::Identity {
                    id: self.ids().next()?,
                    member_id: one.member_id,
                    channel: network.to_owned(),
                    external_id: account.clone(),
                    name: sender.name.clone(),
                    verified_at: None,
                    run_id: Some(run.id),
                    created_at: now,
                });
            }
        }
        identity::insert(tx, workspace, &adopted).await?;
        Ok(())
    }
}

/// An account as a chunk shows it first.
struct Seen<'e> {
    account: String,
    sender: &'e Sender,
    at: Timestamp,
    /// Whether others of the file carry the same name.
    shared: bool,
}

/// Whether a name belongs to others of the file as well.
fn shares_name(plan: &chat::Plan, record: &Record, sender: &Sender) -> bool {
    match plan.bearer(record.room.as_deref(), &sender.name) {
        Bearer::Several => true,
        Bearer::One(id) => sender.external_id.as_deref().is_some_and(|own| own != id),
        Bearer::Unknown => false,
    }
}

/// Members by account.
struct People {
    group: GroupId,
    members: HashMap<String, MemberId>,
}

impl People {
    fn get(&self, sender: &Sender) -> Option<MemberId> {
        self.members.get(&account(self.group, sender)).copied()
    }
}

/// The account of a sender: the network's id, or the name within the group.
fn account(group: GroupId, sender: &Sender) -> String {
    match &sender.external_id {
        Some(id) => id.clone(),
        None => format!("name:{group}:{}", sender.name),
    }
}

fn display(sender: &Sender) -> &str {
    if sender.name.trim().is_empty() {
        sender.identity()
    } else {
        &sender.name
    }
}

fn named_in(record: &Record) -> Vec<&Sender> {
    match &record.body {
        Body::Message(message) => vec![&message.sender],
        Body::System { event, .. } => event.people().collect(),
    }
}

fn lines_of(entry: &Entry, people: &People) -> Vec<Line> {
    let Entry { record, reading } = entry;
    let line = |what| Line {
        at: record.at,
        key: record.key.bytes(),
        what,
    };
    match &record.body {
        Body::Message(message) => people
            .get(&message.sender)
            .zip(reading.as_ref())
            .map(|(by, reading)| line(said(message, reading, by)))
            .into_iter()
            .collect(),
        Body::System { event, text } => {
            let (way, who, other, via) = match event {
                System::Joined { who, inviter } => {
                    (Way::Joined, who, inviter.as_ref(), Some("import"))
                }
                System::Left { who } => (Way::Left, who, None, None),
                System::Removed { who, by } => (Way::Removed, who, by.as_ref(), None),
                _ => return vec![line(What::Notice(text.clone()))],
            };
            who.iter()
                .enumerate()
                .filter_map(|(index, sender)| {
                    let mut key = record.key.bytes();
                    // Several people of one notice are several lines.
                    key[0] ^= u8::try_from(index % 256).unwrap_or(0);
                    key[1] ^= u8::try_from(index / 256 % 256).unwrap_or(0);
                    Some(Line {
                        at: record.at,
                        key,
                        what: What::Passed {
                            way,
                            who: people.get(sender)?,
                            card_name: display(sender).to_owned(),
                            other: other.and_then(|sender| people.get(sender)),
                            via: via.map(str::to_owned),
                        },
                    })
                })
                .collect()
        }
    }
}

fn said(message: &Message, reading: &Arc<Reading>, by: MemberId) -> What {
    What::Said {
        by,
        card_name: display(&message.sender).to_owned(),
        bot: message.sender.bot,
        kind: kind_word(message.kind),
        text: message.text.clone(),
        reading: reading.clone(),
        reply_to: message.reply_to.clone(),
    }
}

const fn kind_word(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "text",
        MessageKind::Image => "image",
        MessageKind::Voice => "voice",
        MessageKind::Video => "video",
        MessageKind::File => "file",
        MessageKind::Sticker => "sticker",
        MessageKind::Card => "card",
        MessageKind::Link => "link",
        MessageKind::Location => "location",
        MessageKind::Call => "call",
        MessageKind::RedPacket => "red_packet",
        MessageKind::Transfer => "transfer",
        MessageKind::Poll => "poll",
        MessageKind::Other => "other",
    }
}

fn file_stem(name: &str) -> &str {
    name.split('.')
        .next()
        .filter(|stem| !stem.is_empty())
        .unwrap_or(name)
}
