//! A person's page as JSON.

use serde::Serialize;
use utoipa::ToSchema;
use yutang_app::member::Person;
use yutang_domain::{
    group::Standing,
    id::{ConsentId, GroupId, IdentityId, MemberId, MemberLinkId, NoteId},
    member::{BirthCalendar, Birthday, Field, MemberRole, Phone, Purpose, Usefulness, masked_id},
    time::Timestamp,
};

use super::{BirthdayBody, Calendar};
use crate::tag::TagOut;

/// A member by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MemberName {
    /// Id.
    #[schema(value_type = String)]
    pub id: MemberId,
    /// Name.
    pub name: String,
}

impl From<(MemberId, String)> for MemberName {
    fn from((id, name): (MemberId, String)) -> Self {
        Self { id, name }
    }
}

/// A research answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldOut {
    /// The question.
    #[schema(value_type = String)]
    pub field: Field,
    /// The answer.
    pub value: String,
    /// Whether a live consent covers it.
    pub consent: bool,
    /// hand, import or page.
    pub source: String,
}

/// An account on a network.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IdentityOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: IdentityId,
    /// The network.
    pub channel: String,
    /// What it calls itself.
    pub name: String,
    /// The network's id of it, its middle hidden.
    pub external_id_masked: String,
    /// Whether somebody proved to hold it.
    pub verified: bool,
}

/// A place in a group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MemberGroupOut {
    /// The group.
    #[schema(value_type = String)]
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// owner, admin, member, staff or bot.
    #[schema(value_type = String)]
    pub role: Standing,
    /// The name they carry there.
    pub card_name: String,
    /// When they came.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub joined_at: Option<Timestamp>,
    /// When they left.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub left_at: Option<Timestamp>,
}

/// What orders came to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderTotals {
    /// Paid orders.
    pub count: i64,
    /// What all orders came to, minor units.
    pub amount_minor: i64,
    /// Latest paid order.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_at: Option<Timestamp>,
}

/// A consent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConsentOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: ConsentId,
    /// contact, research, birthday or publicity.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// Version of the text agreed to.
    pub text_version: String,
    /// Where it was given.
    pub channel: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub given_at: Timestamp,
    /// When it was withdrawn.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn_at: Option<Timestamp>,
}

/// A merge.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MemberLinkOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: MemberLinkId,
    /// The other record.
    pub other: MemberName,
    /// Why.
    pub reason: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who decided.
    pub actor: String,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<Timestamp>,
}

/// A note.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoteOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: NoteId,
    /// Its words.
    pub text: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who wrote it.
    pub actor: String,
}

/// A person's page.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MemberOut {
    /// The record that stands for the person.
    #[schema(value_type = String)]
    pub id: MemberId,
    /// Every record of the person, oldest first.
    #[schema(value_type = Vec<String>)]
    pub records: Vec<MemberId>,
    /// Name; empty when erased.
    pub name: String,
    /// Phone number, its middle hidden.
    pub phone_masked: Option<String>,
    /// Birthday.
    pub birthday: Option<BirthdayBody>,
    /// City.
    pub city: Option<String>,
    /// Research answers.
    pub fields: Vec<FieldOut>,
    /// creator, manager, partner, payer, participant, bystander.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<MemberRole>,
    /// active, sharing, bought, repeat.
    #[schema(value_type = Vec<String>)]
    pub usefulness: Vec<Usefulness>,
    /// Tags.
    pub tags: Vec<TagOut>,
    /// Accounts.
    pub identities: Vec<IdentityOut>,
    /// Groups, present ones first.
    pub groups: Vec<MemberGroupOut>,
    /// Who brought them.
    pub inviter: Option<MemberName>,
    /// How many they brought.
    pub invited: i64,
    /// Orders.
    pub orders: OrderTotals,
    /// Consents, newest first.
    pub consents: Vec<ConsentOut>,
    /// Merges, newest first.
    pub links: Vec<MemberLinkOut>,
    /// Notes, newest first.
    pub notes: Vec<NoteOut>,
    /// Messages, ever.
    pub messages: i64,
    /// When they came.
    #[schema(value_type = String, format = DateTime)]
    pub joined_at: Timestamp,
    /// Last sign of life.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
    /// When the person was erased.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub erased_at: Option<Timestamp>,
}

impl From<Birthday> for BirthdayBody {
    fn from(birthday: Birthday) -> Self {
        Self {
            calendar: match birthday.calendar {
                BirthCalendar::Solar => Calendar::Solar,
                BirthCalendar::Lunar => Calendar::Lunar,
            },
            year: birthday.year,
            month: birthday.month,
            day: birthday.day,
        }
    }
}

impl MemberOut {
    pub(super) fn of(person: Person) -> Self {
        Self {
            id: person.id,
            records: person.records,
            name: person.name,
            phone_masked: person
                .phone
                .as_deref()
                .and_then(Phone::parse)
                .map(|p| p.masked()),
            birthday: person.birthday.map(Into::into),
            city: person.city,
            fields: person
                .fields
                .into_iter()
                .map(|f| FieldOut {
                    field: f.field,
                    value: f.value,
                    consent: f.consent,
                    source: f.source,
                })
                .collect(),
            roles: person.roles,
            usefulness: person.usefulness,
            tags: person
                .tags
                .into_iter()
                .map(|t| TagOut {
                    id: t.tag_id,
                    name: t.name,
                    color: t.color,
                })
                .collect(),
            identities: person
                .identities
                .into_iter()
                .map(|i| IdentityOut {
                    id: i.id,
                    channel: i.channel,
                    name: i.name,
                    external_id_masked: masked_id(&i.external_id),
                    verified: i.verified,
                })
                .collect(),
            groups: person
                .groups
                .into_iter()
                .map(|g| MemberGroupOut {
                    id: g.id,
                    name: g.name,
                    role: g.role,
                    card_name: g.card_name,
                    joined_at: g.joined_at,
                    left_at: g.left_at,
                })
                .collect(),
            inviter: person.inviter.map(Into::into),
            invited: person.invited,
            orders: OrderTotals {
                count: person.orders.count,
                amount_minor: person.orders.amount_minor,
                last_at: person.orders.last_at,
            },
            consents: person
                .consents
                .into_iter()
                .map(|c| ConsentOut {
                    id: c.id,
                    purpose: c.purpose,
                    text_version: c.text_version,
                    channel: c.channel,
                    given_at: c.given_at,
                    withdrawn_at: c.withdrawn_at,
                })
                .collect(),
            links: person
                .links
                .into_iter()
                .map(|l| MemberLinkOut {
                    id: l.id,
                    other: l.other.into(),
                    reason: l.reason,
                    at: l.at,
                    actor: l.actor,
                    undone_at: l.undone_at,
                })
                .collect(),
            notes: person
                .notes
                .into_iter()
                .map(|n| NoteOut {
                    id: n.id,
                    text: n.text,
                    at: n.at,
                    actor: n.actor,
                })
                .collect(),
            messages: person.messages,
            joined_at: person.joined_at,
            last_seen_at: person.last_seen_at,
            erased_at: person.erased_at,
        }
    }
}
