//! Merging records of one person, and taking it back.
//!
//! A merge adds one link and moves nothing; which record stands for whom follows from the live
//! links alone. Taking a link back therefore restores exactly what was there without it, whatever
//! happened in between and in whatever order links are taken back.

use serde::{Deserialize, Serialize};
use yutang_domain::{
    actor::Actor,
    event::EventKind,
    id::{MemberId, MemberLinkId, kind},
    member::{Components, LinkError, MergeSide, may_merge, similarity},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    StoreError, Tx, identity,
    member::{self, Member},
    member_link::{self, MemberLink},
    membership, staff,
};

use crate::{App, Caller, Result, audit::Change, macros::in_tx, member::subject};

/// What the audit log keeps of a merge, for undo.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct LinkKept {
    link_id: MemberLinkId,
    from_id: MemberId,
    to_id: MemberId,
}

impl From<&MemberLink> for LinkKept {
    fn from(row: &MemberLink) -> Self {
        Self {
            link_id: row.id,
            from_id: row.from_id,
            to_id: row.to_id,
        }
    }
}

impl App {
    /// Says that two records are one person.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn merge_members(
        &self,
        caller: &Caller,
        id: MemberId,
        other: MemberId,
        reason: &str,
    ) -> Result<MemberLinkId> {
        caller.may(Operation::MemberMerge)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let reason = reason.trim();
            if reason.is_empty() || reason.chars().count() > 500 {
                return Err(LinkError::Reason.into());
            }
            self.link(tx, caller, (other, id), reason, now).await
        })
    }

    async fn link(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (from, to): (MemberId, MemberId),
        reason: &str,
        now: Timestamp,
    ) -> Result<MemberLinkId> {
        let one = self.visible(tx, caller, to).await?;
        let other = self.visible(tx, caller, from).await?;
        let sides = [
            self.side(tx, caller, &one).await?,
            self.side(tx, caller, &other).await?,
        ];
        let by_person = matches!(caller.actor, Actor::Staff { .. } | Actor::Console);
        may_merge(&sides[0], &sides[1], by_person)?;
        let facts = self.likenesses(tx, caller, &[one.id, other.id]).await?;
        let evidence = match (facts.get(&one.id), facts.get(&other.id)) {
            (Some((a, _)), Some((b, _))) => similarity(a, b).0,
            _ => Vec::new(),
        };
        let row = MemberLink {
            id: self.ids().next::<kind::MemberLink>()?,
            from_id: from,
            to_id: to,
            reason: reason.to_owned(),
            evidence: serde_json::to_string(&evidence).map_err(crate::AppError::internal)?,
            actor: caller.actor.to_string(),
            created_at: now,
            undone_at: None,
            undone_by: None,
        };
        member_link::insert(tx, caller.workspace, &row).await?;
        let canonical = self.settle_links(tx, caller, &[one.id, other.id]).await?;
        if staff::of_member(tx, caller.workspace, to).await?.is_some() {
            membership::set_staff(tx, caller.workspace, to, true).await?;
        }
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "member.merge",
                subject: subject(to),
                subject_name: "",
                undoable: true,
            },
            Some(&LinkKept::from(&row)),
            Some(&LinkKept::from(&row)),
        )
        .await?;
        self.member_fact(
            tx,
            caller,
            EventKind::MemberMerged,
            canonical.first().copied().unwrap_or(to),
            now,
            serde_json::json!({"link": row.id, "from": from, "to": to}),
        )
        .await?;
        Ok(row.id)
    }

    async fn side(&self, tx: &mut Tx, caller: &Caller, row: &Member) -> Result<MergeSide> {
        Ok(MergeSide {
            canonical: Some(row.id),
            erased: row.erased_at.is_some(),
            verified: identity::of_person(tx, caller.workspace, row.id)
                .await?
                .into_iter()
                .filter(|i| i.verified_at.is_some())
                .map(|i| i.channel)
                .collect(),
        })
    }

    /// Works out which record stands for which, for all records of these people, from the links
    /// that are live; returns the people that come of it.
    async fn settle_links(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        people: &[MemberId],
    ) -> Result<Vec<MemberId>> {
        let workspace = caller.workspace;
        let mut records = Vec::new();
        for person in people {
            records.extend(member::records(tx, workspace, *person).await?);
        }
        records.sort_by_key(|r| r.id);
        records.dedup_by_key(|r| r.id);
        let ids: Vec<MemberId> = records.iter().map(|r| r.id).collect();
        let links = member_link::touching(tx, workspace, &ids).await?;
        let live = links
            .iter()
            .filter(|l| l.undone_at.is_none())
            .map(|l| (l.from_id, l.to_id));
        let canonical = Components::of(ids, live).canonical();
        for record in &records {
            let stands = canonical.get(&record.id).copied().unwrap_or(record.id);
            if stands != record.canonical_id {
                member::set_canonical(tx, workspace, record.id, stands).await?;
            }
        }
        let mut people: Vec<MemberId> = canonical.into_values().collect();
        people.sort_unstable();
        people.dedup();
        for person in &people {
            self.reindex_person(tx, caller.workspace, *person).await?;
        }
        Ok(people)
    }

    /// Takes a merge back.
    ///
    /// # Errors
    /// [`LinkError::Undone`], [`LinkError::Erased`].
    pub async fn unlink_members(&self, caller: &Caller, id: MemberLinkId) -> Result<()> {
        caller.may(Operation::MemberMerge)?;
        let now = self.now();
        in_tx!(self, Write, tx => self.unlink(tx, caller, id, now).await)
    }

    async fn unlink(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: MemberLinkId,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let row = member_link::get(tx, workspace, id).await?;
        let person = match self.visible(tx, caller, row.to_id).await {
            Err(error) if error.code() == "store.not_found" => {
                return Err(StoreError::NotFound("member link").into());
            }
            person => person?,
        };
        if person.erased_at.is_some() {
            return Err(LinkError::Erased.into());
        }
        let by = caller.actor.to_string();
        if !member_link::set_undone(tx, workspace, id, now, &by).await? {
            return Err(LinkError::Undone.into());
        }
        self.settle_links(tx, caller, &[person.id]).await?;
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "member.unlink",
                subject: subject(row.to_id),
                subject_name: "",
                undoable: true,
            },
            Some(&LinkKept::from(&row)),
            Some(&LinkKept::from(&row)),
        )
        .await?;
        self.member_fact(
            tx,
            caller,
            EventKind::MemberUnlinked,
            row.to_id,
            now,
            serde_json::json!({"link": row.id, "from": row.from_id, "to": row.to_id}),
        )
        .await
    }

    /// Takes a merge back from the audit log.
    pub(crate) async fn undo_member_merge(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        _subject: &str,
    ) -> Result<()> {
        let kept: LinkKept = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        self.unlink(tx, caller, kept.link_id, self.now()).await
    }

    /// Takes the taking back of a merge back: the same two records get a new link.
    pub(crate) async fn undo_member_unlink(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        _subject: &str,
    ) -> Result<()> {
        let kept: LinkKept = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let old = member_link::get(tx, caller.workspace, kept.link_id).await?;
        self.link(
            tx,
            caller,
            (kept.from_id, kept.to_id),
            &old.reason,
            self.now(),
        )
        .await?;
        Ok(())
    }
}
