//! What happens in a group, newest first: messages, comings and goings, orders.

use serde::Serialize;
use yutang_domain::{
    group::{CardFacts, is_mistaken_card},
    id::{GroupId, MemberId, MessageId},
    permission::Operation,
    time::{DAY, Timestamp},
};
use yutang_store::{
    message::{self, Message, Side},
    passage::{self, Passage, Way},
    stream as people,
};
use yutang_text::{
    advert::{self, Advert},
    complaint::{self, Complaint},
};

use crate::{App, Caller, Result, group::Place, macros::in_tx};

/// What a line of the stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// Somebody wrote.
    Message,
    /// Somebody came.
    Join,
    /// Somebody went or was put out.
    Leave,
    /// A rule was broken and something followed.
    Sanction,
    /// Somebody ordered.
    Order,
    /// The network said something.
    System,
}

/// A line of the stream.
#[derive(Clone, Debug, Serialize)]
pub struct StreamItem {
    /// Its id, for going on from here.
    pub id: MessageId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: StreamKind,
    /// Who.
    pub member: Option<Place<MemberId>>,
    /// Words; `None` where there are none, or they are erased, past retention or unreadable.
    pub text: Option<String>,
    /// What it consists of, for messages.
    pub media: Option<String>,
    /// Why it gives value.
    pub value: Option<String>,
    /// Signs of an advert.
    pub advert: Option<Advert>,
    /// Whether it is off the topic.
    pub off_topic: bool,
    /// Words of a complaint.
    pub complaint: Option<Complaint>,
    /// Whether a child may have pressed the button.
    pub mistaken: bool,
    /// Amount of an order in minor units.
    pub amount_minor: Option<i64>,
}

impl StreamItem {
    /// Takes out who it was and what they said.
    fn strip(&mut self) {
        self.member = None;
        self.text = None;
        self.advert = None;
        self.complaint = None;
    }
}

/// What the stream is asked with.
#[derive(Clone, Debug, Default)]
pub struct StreamQuery {
    /// Older than this line.
    pub before: Option<(Timestamp, MessageId)>,
    /// Newer than this line.
    pub after: Option<(Timestamp, MessageId)>,
    /// Words to search for.
    pub q: Option<String>,
    /// Lines of this kind only.
    pub kind: Option<StreamKind>,
    /// Lines at most.
    pub limit: usize,
}

/// A page of the stream.
#[derive(Clone, Debug)]
pub struct StreamPage {
    /// Its lines, newest first.
    pub items: Vec<StreamItem>,
    /// Whether there are more in the direction asked.
    pub more: bool,
    /// The oldest instant looked at.
    pub searched_back_to: Option<Timestamp>,
    /// Why texts cannot be read, as a code.
    pub unreadable: Option<&'static str>,
}

impl App {
    /// A page of what happened in a group.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn group_stream(
        &self,
        caller: &Caller,
        id: GroupId,
        query: &StreamQuery,
    ) -> Result<StreamPage> {
        caller.may(Operation::GroupRead)?;
        // Whoever reads figures only is told what happened, not who said what.
        let is_nameless = caller.actor.may(Operation::MemberRead).is_err();
        if is_nameless && query.q.is_some() {
            caller.may(Operation::MemberRead)?;
        }
        let limit = query.limit.clamp(1, 200);
        let side = query
            .after
            .map(|(at, id)| Side::After(at, id))
            .or(query.before.map(|(at, id)| Side::Before(at, id)));
        in_tx!(self, Read, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            let unreadable = self.unreadable(tx, caller, &row).await?;
            let workspace = caller.workspace;
            let mut items: Vec<StreamItem> = Vec::new();
            if let (Some(words), None) = (query.q.as_deref().filter(|q| !q.trim().is_empty()), unreadable) {
                let before = query.before.map_or(Timestamp::from_ms(i64::MAX), |(at, _)| at);
                let found = message::search(tx, workspace, id, words.trim(), before, limit + 1).await?;
                items.extend(found.into_iter().map(said));
            } else if query.q.is_none() {
                let wanted = |kind| query.kind.is_none_or(|only| only == kind);
                // One kind is asked for by its mark, both by none.
                let either = |yes, no| match (wanted(yes), wanted(no)) {
                    (true, false) => Some(true),
                    (false, true) => Some(false),
                    _ => None,
                };
                if unreadable.is_none() && (wanted(StreamKind::Message) || wanted(StreamKind::System)) {
                    let by_people = either(StreamKind::Message, StreamKind::System);
                    let rows = message::stream(tx, workspace, id, side, by_people, limit + 1).await?;
                    items.extend(rows.into_iter().map(said));
                }
                if wanted(StreamKind::Join) || wanted(StreamKind::Leave) {
                    let inward = either(StreamKind::Join, StreamKind::Leave);
                    let rows = passage::stream(tx, workspace, id, side, inward, limit + 1).await?;
                    items.extend(rows.into_iter().map(passed));
                }
                if wanted(StreamKind::Order) {
                    let rows = people::orders(tx, workspace, id, side, limit + 1).await?;
                    items.extend(rows.into_iter().map(ordered));
                }
            }
            let forward = matches!(side, Some(Side::After(..)));
            items.sort_by_key(|item| (item.at, item.id));
            if !forward {
                items.reverse();
            }
            let more = items.len() > limit;
            items.truncate(limit);
            if forward {
                items.reverse();
            }
            let names = people::names(
                tx, workspace,
                &items.iter().filter_map(|i| i.member.as_ref().map(|m| m.id)).collect::<Vec<_>>(),
            ).await?;
            for item in &mut items {
                if let Some(member) = &mut item.member
                    && let Some(found) = names.iter().find(|n| n.record_id == member.id)
                {
                    member.id = found.member_id;
                    member.name.clone_from(&found.name);
                }
                if matches!(item.media.as_deref(), Some("card" | "mini_program")) && item.text.as_deref().is_none_or(str::is_empty) {
                    item.mistaken = self.is_mistaken(tx, caller, id, item).await?;
                }
            }
            if is_nameless {
                items.iter_mut().for_each(StreamItem::strip);
            }
            Ok(StreamPage {
                searched_back_to: items.last().map(|item| item.at),
                items,
                more,
                unreadable,
            })
        })
    }

    async fn is_mistaken(
        &self,
        tx: &mut yutang_store::Tx,
        caller: &Caller,
        group: GroupId,
        item: &StreamItem,
    ) -> Result<bool> {
        let Some(member) = &item.member else {
            return Ok(false);
        };
        let day = (item.at.plus(-DAY), item.at);
        let cards = people::cards(tx, caller.workspace, group, member.id, day).await?;
        let since = people::in_group_since(tx, caller.workspace, group, member.id).await?;
        Ok(since.is_some_and(|in_group_since| {
            is_mistaken_card(&CardFacts {
                bare_card: true,
                in_group_since,
                sent_at: item.at,
                cards_24h: u32::try_from(cards).unwrap_or(u32::MAX),
                strikes: 0,
            })
        }))
    }
}

fn blank(id: MessageId, at: Timestamp, kind: StreamKind, member: Option<MemberId>) -> StreamItem {
    StreamItem {
        id,
        at,
        kind,
        member: member.map(|id| Place {
            id,
            name: String::new(),
        }),
        text: None,
        media: None,
        value: None,
        advert: None,
        off_topic: false,
        complaint: None,
        mistaken: false,
        amount_minor: None,
    }
}

fn said(row: Message) -> StreamItem {
    let kind = if row.member_id.is_some() {
        StreamKind::Message
    } else {
        StreamKind::System
    };
    let mut item = blank(row.id, row.sent_at, kind, row.member_id);
    item.advert = row
        .text
        .as_deref()
        .filter(|_| row.advert > 0)
        .and_then(advert::judge);
    item.complaint = row
        .text
        .as_deref()
        .filter(|_| row.complaint)
        .and_then(complaint::judge);
    item.off_topic = row.off_topic;
    item.value = row.value_code;
    item.text = row.text;
    item.media = Some(row.kind);
    item
}

fn passed(row: Passage) -> StreamItem {
    let kind = if row.kind == Way::Joined {
        StreamKind::Join
    } else {
        StreamKind::Leave
    };
    blank(row.id, row.at, kind, Some(row.member_id))
}

fn ordered(row: people::GroupOrder) -> StreamItem {
    let id = MessageId::from_raw(row.id);
    let mut item = blank(id, row.placed_at, StreamKind::Order, row.member_id);
    item.amount_minor = Some(row.amount_minor);
    item
}
