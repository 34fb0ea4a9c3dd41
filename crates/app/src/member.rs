//! Members: one person, whatever the number of their records.
//!
//! Staff see people; the database keeps records, each with the facts it was seen with. Everything
//! here takes any record's id and answers for the person that it belongs to.

pub mod list;
mod page;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use yutang_domain::{
    error::{Class, Rule},
    event::{Event, EventKind},
    id::{BranchId, MemberId, WorkspaceId, kind},
    member::{Birthday, Field, MemberRole, Phone, ProfileError, Purpose},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    StoreError, Tx, branch, consent, event, identity,
    member::{self as store, Member},
    membership,
    profile::{self, ProfileField},
    search,
};
use yutang_text::fold::sort_key;

use crate::{
    App, Caller, Result,
    audit::Change,
    identity::{member_terms, phone_hash},
    macros::in_tx,
};

pub use page::{Account, Answer, Group, LinkOf, NoteOf, Person, Totals};

/// What an operator says about somebody new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberInput {
    /// Name.
    pub name: String,
    /// Phone number as written.
    pub phone: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Birthday.
    pub birthday: Option<Birthday>,
    /// Home branch; without one that of whoever adds them.
    pub branch_id: Option<BranchId>,
}

/// What may change of a profile; `None` = stays, `Some(None)` = goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberPatch {
    /// Name.
    pub name: Option<String>,
    /// Phone number as written.
    pub phone: Option<Option<String>>,
    /// City.
    pub city: Option<Option<String>>,
    /// Birthday.
    pub birthday: Option<Option<Birthday>>,
    /// Research answers; `None` removes one.
    pub fields: BTreeMap<Field, Option<String>>,
}

/// A profile as the audit log keeps it, for undo.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    name: String,
    phone: Option<String>,
    city: Option<String>,
    birthday: Option<Birthday>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<Field, Option<String>>,
}

/// A role given or taken, for undo.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct RoleKept {
    role: MemberRole,
    on: bool,
}

/// Why a member's page cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemberError {
    /// The change has been overtaken.
    #[error("the change cannot be taken back any more: {0}")]
    Overtaken(&'static str),
}

impl Rule for MemberError {
    fn code(&self) -> &'static str {
        "member.overtaken"
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
}

pub(crate) fn subject(id: MemberId) -> String {
    format!("member:{id}")
}

/// The id in a subject of the audit log.
pub(crate) fn subject_id<K: yutang_domain::id::Kind>(
    text: &str,
) -> Result<yutang_domain::id::Id<K>> {
    let id = text.split_once(':').map_or(text, |(_, id)| id);
    id.parse().map_err(Into::into)
}

impl App {
    /// Adds a person by hand.
    ///
    /// # Errors
    /// [`ProfileError`]; the branch is not the caller's.
    pub async fn create_member(&self, caller: &Caller, input: &MemberInput) -> Result<Person> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        let id = in_tx!(self, Write, tx => {
            let scope = caller.actor.scope();
            let home = input.branch_id.or_else(|| scope.branch.as_ref().map(|(id, _)| *id));
            if let Some(home) = home {
                let row = branch::get(tx, caller.workspace, home).await?;
                if !scope.covers(&row.path) {
                    return Err(StoreError::NotFound("branch").into());
                }
            }
            let id: MemberId = self.ids().next::<kind::Member>()?;
            let mut row = Member::new(id, "hand", now, now);
            row.branch_id = home;
            let kept = Kept {
                name: input.name.clone(),
                phone: input.phone.clone(),
                city: input.city.clone(),
                birthday: input.birthday,
                fields: BTreeMap::new(),
            };
            self.fill(&mut row, &kept)?;
            store::insert(tx, caller.workspace, std::slice::from_ref(&row)).await?;
            self.reindex_person(tx, caller.workspace, id).await?;
            self.audited(tx, caller, now, Change {
                operation: "member.create",
                subject: subject(id),
                subject_name: "",
                undoable: false,
            }, None::<&Kept>, Some(&self.kept(&row))).await?;
            self.member_fact(tx, caller, EventKind::MemberCreated, id, now, serde_json::Value::Null).await?;
            Ok(id)
        })?;
        self.person(caller, id).await
    }

    fn kept(&self, row: &Member) -> Kept {
        Kept {
            name: row.name.clone(),
            phone: row.phone.clone(),
            city: row.city.clone(),
            birthday: row.birthday(),
            fields: BTreeMap::new(),
        }
    }

    /// Writes a profile into a record, checked.
    fn fill(&self, row: &mut Member, kept: &Kept) -> Result<(), ProfileError> {
        let name = kept.name.trim();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(ProfileError::Name);
        }
        name.clone_into(&mut row.name);
        row.name_sort = sort_key(name);
        let phone = match kept.phone.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(Phone::parse(text).ok_or(ProfileError::Phone)?),
        };
        row.phone_hash = phone.as_ref().map(|phone| phone_hash(self.keys(), phone));
        row.phone = phone.map(|phone| phone.as_str().to_owned());
        let city = kept
            .city
            .as_deref()
            .map(str::trim)
            .filter(|city| !city.is_empty());
        if city.is_some_and(|city| city.chars().count() > 60) {
            return Err(ProfileError::City);
        }
        row.city = city.map(str::to_owned);
        row.set_birthday(kept.birthday.map(Birthday::checked).transpose()?);
        Ok(())
    }

    /// Changes a profile. Research answers need a live consent to research.
    /// req: 001-019, 001-024
    ///
    /// # Errors
    /// [`ProfileError`].
    pub async fn edit_member(
        &self,
        caller: &Caller,
        id: MemberId,
        patch: &MemberPatch,
    ) -> Result<Person> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = self.visible(tx, caller, id).await?;
            let mut wanted = self.kept(&row);
            if let Some(name) = &patch.name {
                wanted.name.clone_from(name);
            }
            if let Some(phone) = &patch.phone {
                wanted.phone.clone_from(phone);
            }
            if let Some(city) = &patch.city {
                wanted.city.clone_from(city);
            }
            if let Some(birthday) = patch.birthday {
                wanted.birthday = birthday;
            }
            wanted.fields.clone_from(&patch.fields);
            self.write_profile(tx, caller, row, wanted, now).await
        })?;
        self.person(caller, id).await
    }

    async fn write_profile(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        mut row: Member,
        mut wanted: Kept,
        now: Timestamp,
    ) -> Result<()> {
        if row.erased_at.is_some() {
            return Err(ProfileError::Erased.into());
        }
        let mut before = self.kept(&row);
        self.fill(&mut row, &wanted)?;
        row.updated_at = now;
        store::update(tx, caller.workspace, &row).await?;
        let answers = profile::of_person(tx, caller.workspace, row.id).await?;
        let consents = consent::of_person(tx, caller.workspace, row.id).await?;
        let research = consents
            .iter()
            .find(|c| c.purpose == Purpose::Research && c.withdrawn_at.is_none());
        for (field, value) in &mut wanted.fields {
            let old = answers
                .iter()
                .find(|a| a.field == *field)
                .map(|a| a.value.clone());
            before.fields.insert(*field, old);
            let value = match value.as_deref().map(str::trim) {
                None | Some("") => None,
                Some(text) => Some(field.checked(text)?),
            };
            profile::remove(tx, caller.workspace, row.id, Some(*field)).await?;
            if let Some(value) = value {
                let consent = research.ok_or(ProfileError::Consent(*field))?;
                profile::put(
                    tx,
                    caller.workspace,
                    &ProfileField {
                        member_id: row.id,
                        field: *field,
                        value,
                        source: "hand".to_owned(),
                        consent_id: Some(consent.id),
                        run_id: None,
                        updated_at: now,
                    },
                )
                .await?;
            }
        }
        let mut after = self.kept(&row);
        after.fields = wanted.fields;
        self.reindex_person(tx, caller.workspace, row.id).await?;
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "member.edit",
                subject: subject(row.id),
                subject_name: "",
                undoable: true,
            },
            Some(&before),
            Some(&after),
        )
        .await?;
        self.member_fact(
            tx,
            caller,
            EventKind::MemberChanged,
            row.id,
            now,
            serde_json::json!({"what": "profile"}),
        )
        .await
    }

    /// Takes a change of a profile back.
    pub(crate) async fn undo_member_edit(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let kept: Kept = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let row = self.visible(tx, caller, subject_id(subject)?).await?;
        self.write_profile(tx, caller, row, kept, self.now()).await
    }

    /// Gives or takes a role by hand. req: 002-028
    ///
    /// # Errors
    /// [`ProfileError::RoleComputed`] for a role that follows from figures.
    pub async fn set_member_role(
        &self,
        caller: &Caller,
        id: MemberId,
        role: MemberRole,
        on: bool,
    ) -> Result<Person> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => self.write_role(tx, caller, id, &RoleKept { role, on }, now).await)?;
        self.person(caller, id).await
    }

    async fn write_role(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: MemberId,
        wanted: &RoleKept,
        now: Timestamp,
    ) -> Result<()> {
        if !wanted.role.by_hand() {
            return Err(ProfileError::RoleComputed.into());
        }
        let row = self.visible(tx, caller, id).await?;
        if row.erased_at.is_some() {
            return Err(ProfileError::Erased.into());
        }
        let has = store::given_roles(tx, caller.workspace, &[row.id])
            .await?
            .iter()
            .any(|given| given.role == wanted.role);
        if has == wanted.on {
            return Ok(());
        }
        if wanted.on {
            let actor = caller.actor.to_string();
            store::give_role(tx, caller.workspace, row.id, wanted.role, &actor, now).await?;
        } else {
            store::take_role(tx, caller.workspace, row.id, wanted.role).await?;
        }
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "member.role",
                subject: subject(row.id),
                subject_name: "",
                undoable: true,
            },
            Some(&RoleKept {
                role: wanted.role,
                on: has,
            }),
            Some(wanted),
        )
        .await?;
        self.member_fact(
            tx,
            caller,
            EventKind::MemberChanged,
            row.id,
            now,
            serde_json::json!({"what": "role", "role": wanted.role, "on": wanted.on}),
        )
        .await
    }

    /// Takes the giving or taking of a role back.
    pub(crate) async fn undo_member_role(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let kept: RoleKept = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        self.write_role(tx, caller, subject_id(subject)?, &kept, self.now())
            .await
    }

    /// The record that stands for a person, if the caller may see them.
    pub(crate) async fn visible(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: MemberId,
    ) -> Result<Member> {
        let mut row = store::get(tx, caller.workspace, id).await?;
        if row.canonical_id != row.id {
            row = store::get(tx, caller.workspace, row.canonical_id).await?;
        }
        let prefix = caller.branch_prefix();
        if prefix.is_empty() || store::list::reaches(tx, caller.workspace, row.id, &prefix).await? {
            Ok(row)
        } else {
            Err(StoreError::NotFound("member").into())
        }
    }

    /// Writes the search terms of a person anew: all names of all records, under the record that
    /// stands for the person.
    pub(crate) async fn reindex_person(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        canonical: MemberId,
    ) -> Result<()> {
        let records = store::records(tx, workspace, canonical).await?;
        let identities = identity::of_person(tx, workspace, canonical).await?;
        let places = membership::of_person(tx, workspace, canonical).await?;
        let phones: Vec<Phone> = records
            .iter()
            .filter_map(|r| r.phone.as_deref().and_then(Phone::parse))
            .collect();
        let mut names: Vec<&str> = records
            .iter()
            .map(|r| r.name.as_str())
            .chain(identities.iter().map(|i| i.name.as_str()))
            .chain(places.iter().map(|p| p.card_name.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        for record in records.iter().filter(|r| r.id != canonical) {
            search::remove(tx, workspace, "member", record.id.raw()).await?;
        }
        let terms = member_terms(names, &phones);
        search::replace(tx, workspace, "member", canonical.raw(), &terms).await?;
        Ok(())
    }

    /// Records a fact about a person.
    pub(crate) async fn member_fact(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        what: EventKind,
        id: MemberId,
        now: Timestamp,
        data: serde_json::Value,
    ) -> Result<()> {
        let mut fact = Event::new(self.ids().next()?, what, &caller.actor);
        fact.member = Some(id);
        fact.data = data;
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }
}
