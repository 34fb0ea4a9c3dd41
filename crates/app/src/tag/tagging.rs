//! Putting tags on one person or on many, and taking them off.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use yutang_domain::{
    event::EventKind,
    id::{MemberId, TagId},
    member::ProfileError,
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    Tx, member as store,
    tag::{self, Tag},
};

use super::{BULK_MAX, TagError, TagRef, checked, tag_subject};
use crate::{
    App, Caller, Result,
    audit::Change,
    macros::in_tx,
    member::{list::MemberFilter, subject},
};

/// People named in a preview.
const SAMPLE: usize = 20;

/// Whom a change is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// These people.
    Ids(Vec<MemberId>),
    /// Everybody a filter leaves.
    Filter(MemberFilter),
}

/// What tagging many did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tagging {
    /// People who change.
    pub members: usize,
    /// People who stay as they are.
    pub unchanged: usize,
    /// Some of those who change, by name.
    pub sample: Vec<(MemberId, String)>,
}

/// A tag carried or not, for undo.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CarryKept {
    pub tag_id: TagId,
    pub tag: String,
    pub carried: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberId>,
}

impl App {
    /// Puts a tag on a person.
    ///
    /// # Errors
    /// [`TagError`]; there is no such tag or person.
    pub async fn tag_member(&self, caller: &Caller, id: MemberId, tag: &TagRef) -> Result<Tag> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let tag = self.tag_of(tx, caller, tag, now).await?;
            let person = self.visible(tx, caller, id).await?;
            if person.erased_at.is_some() {
                return Err(ProfileError::Erased.into());
            }
            self.carry(tx, caller, person.id, &tag, true, now).await?;
            Ok(tag)
        })
    }

    /// Takes a tag from a person.
    ///
    /// # Errors
    /// There is no such tag or person.
    pub async fn untag_member(&self, caller: &Caller, id: MemberId, tag: TagId) -> Result<()> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let tag = tag::get(tx, caller.workspace, tag).await?;
            let person = self.visible(tx, caller, id).await?;
            self.carry(tx, caller, person.id, &tag, false, now).await
        })
    }

    /// Puts a tag, made if there is none of that name, on people who do not carry it.
    pub(crate) async fn tag_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        people: &[MemberId],
        tag: &TagRef,
        now: Timestamp,
    ) -> Result<()> {
        let tag = self.tag_of(tx, caller, tag, now).await?;
        let carriers = tag::carriers(tx, caller.workspace, tag.id, people).await?;
        let new: Vec<MemberId> = people
            .iter()
            .copied()
            .filter(|id| !carriers.contains(id))
            .collect();
        match new.as_slice() {
            [one] => self.carry(tx, caller, *one, &tag, true, now).await,
            _ => self.carry_many(tx, caller, &tag, new, true, now).await,
        }
    }

    pub(super) async fn carry(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        person: MemberId,
        tag: &Tag,
        on: bool,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let changed = if on {
            let carries = !tag::carriers(tx, workspace, tag.id, &[person])
                .await?
                .is_empty();
            !carries && {
                let actor = caller.actor.to_string();
                tag::put(tx, workspace, tag.id, &[person], &actor, now).await? == 1
            }
        } else {
            !tag::take(tx, workspace, tag.id, &[person])
                .await?
                .is_empty()
        };
        if !changed {
            return Ok(());
        }
        let said = |carried| CarryKept {
            tag_id: tag.id,
            tag: tag.name.clone(),
            carried,
            members: Vec::new(),
        };
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: if on { "member.tag" } else { "member.untag" },
                subject: subject(person),
                subject_name: "",
                undoable: true,
            },
            Some(&said(!on)),
            Some(&said(on)),
        )
        .await?;
        self.member_fact(
            tx,
            caller,
            EventKind::MemberChanged,
            person,
            now,
            serde_json::json!({"what": "tag", "tag": tag.id, "on": on}),
        )
        .await
    }

    /// Puts a tag on many people or takes it from them; with `preview` only says whom it would
    /// change.
    ///
    /// # Errors
    /// [`TagError`].
    pub async fn tag_members(
        &self,
        caller: &Caller,
        whom: &Whom,
        tag: &TagRef,
        on: bool,
        preview: bool,
    ) -> Result<Tagging> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        if preview {
            return in_tx!(self, Read, tx => {
                let known = match tag {
                    TagRef::Id(id) => Some(tag::get(tx, caller.workspace, *id).await?),
                    TagRef::Name(name) => tag::find(tx, caller.workspace, checked(name)?).await?,
                };
                let (change, tagging) = self.whom(tx, caller, whom, known.as_ref(), on).await?;
                drop(change);
                Ok(tagging)
            });
        }
        in_tx!(self, Write, tx => {
            let row = self.tag_of(tx, caller, tag, now).await?;
            let (change, tagging) = self.whom(tx, caller, whom, Some(&row), on).await?;
            self.carry_many(tx, caller, &row, change, on, now).await?;
            Ok(tagging)
        })
    }

    async fn whom(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        whom: &Whom,
        tag: Option<&Tag>,
        on: bool,
    ) -> Result<(Vec<MemberId>, Tagging)> {
        let meant = match whom {
            Whom::Ids(ids) => {
                if ids.len() > BULK_MAX {
                    return Err(TagError::TooMany.into());
                }
                let mut people = Vec::with_capacity(ids.len());
                for id in ids {
                    let person = self.visible(tx, caller, *id).await?;
                    if person.erased_at.is_none() {
                        people.push(person.id);
                    }
                }
                people
            }
            Whom::Filter(filter) => self.matching(tx, caller, filter, BULK_MAX + 1).await?,
        };
        let mut meant = meant;
        meant.sort_unstable();
        meant.dedup();
        if meant.is_empty() {
            return Err(TagError::Nobody.into());
        }
        if meant.len() > BULK_MAX {
            return Err(TagError::TooMany.into());
        }
        let carriers: HashSet<MemberId> = match tag {
            Some(tag) => tag::carriers(tx, caller.workspace, tag.id, &meant)
                .await?
                .into_iter()
                .collect(),
            None => HashSet::new(),
        };
        let all = meant.len();
        let change: Vec<MemberId> = meant
            .into_iter()
            .filter(|id| carriers.contains(id) != on)
            .collect();
        let sample = store::listed(tx, caller.workspace, &change[..change.len().min(SAMPLE)])
            .await?
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect();
        let tagging = Tagging {
            members: change.len(),
            unchanged: all - change.len(),
            sample,
        };
        Ok((change, tagging))
    }

    pub(super) async fn carry_many(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        tag: &Tag,
        members: Vec<MemberId>,
        on: bool,
        now: Timestamp,
    ) -> Result<()> {
        if members.is_empty() {
            return Ok(());
        }
        let workspace = caller.workspace;
        if on {
            tag::put(
                tx,
                workspace,
                tag.id,
                &members,
                &caller.actor.to_string(),
                now,
            )
            .await?;
        } else {
            tag::take(tx, workspace, tag.id, &members).await?;
        }
        let count = members.len();
        let before = CarryKept {
            tag_id: tag.id,
            tag: tag.name.clone(),
            carried: !on,
            members,
        };
        let after =
            serde_json::json!({"tag_id": tag.id, "tag": tag.name, "carried": on, "count": count});
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "member.tag_many",
                subject: tag_subject(tag.id),
                subject_name: &tag.name,
                undoable: true,
            },
            Some(&before),
            Some(&after),
        )
        .await?;
        self.tag_fact(
            tx,
            caller,
            now,
            serde_json::json!({"what": "tag", "tag": tag.id, "on": on, "count": count}),
        )
        .await
    }
}
