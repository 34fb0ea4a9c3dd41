//! A person's page: everything that is known, gathered from all their records.

use std::collections::{BTreeMap, HashMap};

use futures::future::BoxFuture;
use yutang_domain::{
    group::Standing,
    id::{ConsentId, GroupId, IdentityId, MemberId, MemberLinkId, NoteId, StaffId},
    member::{Birthday, Field, MemberRole, Purpose, Usefulness, usefulness},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    Tx, consent, identity,
    member::{self as store, Member},
    member_link, membership, note, profile, staff,
    tag::{self, Carried},
};

use super::list::{activities, roles_of};
use crate::{App, Caller, Result, macros::in_tx};

/// An account on a network.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: IdentityId,
    /// The network.
    pub channel: String,
    /// What it calls itself.
    pub name: String,
    /// The network's id of it; shown masked.
    pub external_id: String,
    /// Whether somebody proved to hold it.
    pub verified: bool,
}

/// A place in a group.
#[derive(Clone, Debug)]
pub struct Group {
    /// The group.
    pub id: GroupId,
    /// Called.
    pub name: String,
    /// What the person is there.
    pub role: Standing,
    /// The name they carry there.
    pub card_name: String,
    /// When they came.
    pub joined_at: Option<Timestamp>,
    /// When they left.
    pub left_at: Option<Timestamp>,
}

/// An answer of research.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The question.
    pub field: Field,
    /// The answer.
    pub value: String,
    /// Whether a live consent to research covers it.
    pub consent: bool,
    /// Where it comes from.
    pub source: String,
}

/// A merge that touches the person.
#[derive(Clone, Debug)]
pub struct LinkOf {
    /// The link.
    pub id: MemberLinkId,
    /// The other record.
    pub other: (MemberId, String),
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Who decided, by name.
    pub actor: String,
    /// When it was taken back.
    pub undone_at: Option<Timestamp>,
}

/// A note.
#[derive(Clone, Debug)]
pub struct NoteOf {
    /// The note.
    pub id: NoteId,
    /// Its words.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// Who wrote it, by name.
    pub actor: String,
}

/// What a person's orders came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Paid orders.
    pub count: i64,
    /// What all orders came to, minor units.
    pub amount_minor: i64,
    /// Latest paid order.
    pub last_at: Option<Timestamp>,
}

/// A person's page.
#[derive(Clone, Debug)]
pub struct Person {
    /// The record that stands for the person.
    pub id: MemberId,
    /// Every record of the person, oldest first.
    pub records: Vec<MemberId>,
    /// Name.
    pub name: String,
    /// Phone number in international form; shown masked.
    pub phone: Option<String>,
    /// Birthday.
    pub birthday: Option<Birthday>,
    /// City.
    pub city: Option<String>,
    /// Research answers.
    pub fields: Vec<Answer>,
    /// Roles, by hand and computed.
    pub roles: Vec<MemberRole>,
    /// Classes of usefulness.
    pub usefulness: Vec<Usefulness>,
    /// Tags.
    pub tags: Vec<Carried>,
    /// Accounts.
    pub identities: Vec<Account>,
    /// Groups, present ones first.
    pub groups: Vec<Group>,
    /// Who brought them, if that is known.
    pub inviter: Option<(MemberId, String)>,
    /// How many they brought.
    pub invited: i64,
    /// Orders.
    pub orders: Totals,
    /// Consents, newest first.
    pub consents: Vec<consent::Consent>,
    /// Merges, newest first.
    pub links: Vec<LinkOf>,
    /// Notes, newest first.
    pub notes: Vec<NoteOf>,
    /// Messages, ever.
    pub messages: i64,
    /// When they came.
    pub joined_at: Timestamp,
    /// Last sign of life.
    pub last_seen_at: Option<Timestamp>,
    /// When the person was erased.
    pub erased_at: Option<Timestamp>,
}

impl App {
    /// A person's page. Any record's id leads to it.
    ///
    /// # Errors
    /// There is no such person, or they are not the caller's to see.
    pub async fn person(&self, caller: &Caller, id: MemberId) -> Result<Person> {
        caller.may(Operation::MemberRead)?;
        let now = self.now();
        in_tx!(self, Read, tx => {
            let row = self.visible(tx, caller, id).await?;
            self.gather(tx, caller, row, now).await
        })
    }

    pub(crate) async fn gather(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: Member,
        now: Timestamp,
    ) -> Result<Person> {
        let workspace = caller.workspace;
        let records = store::records(tx, workspace, row.id).await?;
        let ids: Vec<MemberId> = records.iter().map(|r| r.id).collect();
        let consents = consent::of_person(tx, workspace, row.id).await?;
        let answers = profile::of_person(tx, workspace, row.id).await?;
        let places = membership::of_person(tx, workspace, row.id).await?;
        let links = member_link::touching(tx, workspace, &ids).await?;
        let notes = note::of_person(tx, workspace, row.id).await?;
        let activity = activities(tx, caller, &[row.id], now)
            .await?
            .remove(&row.id);
        let mut activity = activity.unwrap_or_default();
        activity.orders = records.iter().map(|r| r.order_count).sum();
        activity.last_order_at = records.iter().filter_map(|r| r.last_order_at).max();

        let inviter = records
            .iter()
            .find_map(|r| r.inviter_id)
            .or_else(|| places.iter().find_map(|p| p.inviter_id));
        let mut wanted: Vec<MemberId> = inviter.into_iter().collect();
        for link in &links {
            wanted.extend([link.from_id, link.to_id]);
        }
        let names: HashMap<MemberId, String> = store::listed(tx, workspace, &wanted)
            .await?
            .into_iter()
            .map(|m| (m.id, m.name))
            .collect();
        let named = |id: MemberId| (id, names.get(&id).cloned().unwrap_or_default());
        let mut actors: Vec<String> = notes.iter().map(|n| n.actor.clone()).collect();
        actors.extend(links.iter().map(|l| l.actor.clone()));
        let actors = self
            .actor_names(tx, caller, actors.iter().map(String::as_str))
            .await?;
        let research = consents
            .iter()
            .any(|c| c.purpose == Purpose::Research && c.withdrawn_at.is_none());
        let given = store::given_roles(tx, workspace, &[row.id]).await?;
        let mut fields: Vec<Answer> = answers
            .into_iter()
            .map(|a| Answer {
                field: a.field,
                value: a.value,
                consent: research,
                source: a.source,
            })
            .collect();
        fields.dedup_by_key(|answer| answer.field);
        Ok(Person {
            id: row.id,
            roles: roles_of(given.iter().map(|g| g.role), &activity, now),
            usefulness: usefulness(&activity, now),
            phone: row
                .phone
                .clone()
                .or_else(|| records.iter().find_map(|r| r.phone.clone())),
            birthday: row
                .birthday()
                .or_else(|| records.iter().find_map(Member::birthday)),
            city: row
                .city
                .clone()
                .or_else(|| records.iter().find_map(|r| r.city.clone())),
            fields,
            tags: tag::carried(tx, workspace, &[row.id]).await?,
            identities: identity::of_person(tx, workspace, row.id)
                .await?
                .into_iter()
                .map(|i| Account {
                    id: i.id,
                    channel: i.channel,
                    name: i.name,
                    external_id: i.external_id,
                    verified: i.verified_at.is_some(),
                })
                .collect(),
            groups: places
                .into_iter()
                .map(|p| Group {
                    id: p.group_id,
                    name: p.group_name,
                    role: p.role,
                    card_name: p.card_name,
                    joined_at: p.joined_at,
                    left_at: p.left_at,
                })
                .collect(),
            inviter: inviter.map(named),
            invited: membership::invited_by(tx, workspace, row.id).await?,
            orders: Totals {
                count: activity.orders,
                amount_minor: records.iter().map(|r| r.amount_minor).sum(),
                last_at: activity.last_order_at,
            },
            consents,
            links: links
                .into_iter()
                .rev()
                .map(|l| {
                    let other = if ids.contains(&l.from_id) && l.from_id != row.id {
                        l.from_id
                    } else {
                        [l.from_id, l.to_id]
                            .into_iter()
                            .find(|id| *id != row.id)
                            .unwrap_or(l.to_id)
                    };
                    LinkOf {
                        id: l.id,
                        other: named(other),
                        reason: l.reason,
                        at: l.created_at,
                        actor: actors.get(&l.actor).cloned().unwrap_or(l.actor),
                        undone_at: l.undone_at,
                    }
                })
                .collect(),
            notes: notes
                .into_iter()
                .map(|n| NoteOf {
                    id: n.id,
                    text: n.text,
                    at: n.created_at,
                    actor: actors.get(&n.actor).cloned().unwrap_or(n.actor),
                })
                .collect(),
            messages: records.iter().map(|r| r.message_count).sum(),
            joined_at: records
                .iter()
                .map(|r| r.joined_at)
                .min()
                .unwrap_or(row.joined_at),
            last_seen_at: records.iter().filter_map(|r| r.last_seen_at).max(),
            erased_at: row.erased_at,
            name: row.name,
            records: ids,
        })
    }

    /// What people call the actors of stored forms; programs and the command line keep their form.
    pub(crate) fn actor_names<'b>(
        &'b self,
        tx: &'b mut Tx,
        caller: &'b Caller,
        actors: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> BoxFuture<'b, Result<HashMap<String, String>>> {
        // Gathered before anything is waited for: a future that holds a borrowed iterator cannot
        // be shown to move between threads.
        let wanted: BTreeMap<String, StaffId> = actors
            .into_iter()
            .filter_map(|actor| {
                let actor = actor.as_ref();
                let id = actor.strip_prefix("staff:")?.parse().ok()?;
                Some((actor.to_owned(), id))
            })
            .collect();
        Box::pin(async move {
            let mut names = HashMap::new();
            for (actor, id) in wanted {
                if let Ok(row) = staff::get(tx, caller.workspace, id).await {
                    names.insert(actor, row.name);
                }
            }
            Ok(names)
        })
    }
}

impl Person {
    /// The live consent to a purpose.
    pub fn consent_to(&self, purpose: Purpose) -> Option<ConsentId> {
        self.consents
            .iter()
            .find(|c| c.purpose == purpose && c.withdrawn_at.is_none())
            .map(|c| c.id)
    }
}
