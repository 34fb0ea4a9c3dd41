//! Taking changes of tags back.

use yutang_domain::id::{MemberId, TagId};
use yutang_store::{
    Tx, member as store, search,
    tag::{self, Tag},
};
use yutang_text::fold::sort_key;

use super::{TagError, TagKept, kept, tag_subject, tagging::CarryKept};
use crate::{App, Caller, Result, audit::Change, member::subject_id};

impl App {
    /// Takes the tagging of one person or of many back; serves `member.tag`, `member.untag` and
    /// `member.tag_many`.
    pub(crate) async fn undo_member_tag(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let kept: CarryKept = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let tag = tag::get(tx, caller.workspace, kept.tag_id).await?;
        let now = self.now();
        if subject.starts_with("member:") {
            let person = self.visible(tx, caller, subject_id(subject)?).await?;
            return self
                .carry(tx, caller, person.id, &tag, kept.carried, now)
                .await;
        }
        let mut people = Vec::with_capacity(kept.members.len());
        for row in store::listed(tx, caller.workspace, &kept.members).await? {
            if row.erased_at.is_none() {
                people.push(row.canonical_id);
            }
        }
        self.carry_many(tx, caller, &tag, people, kept.carried, now)
            .await
    }

    /// Takes the making of a tag back.
    pub(crate) async fn undo_tag_create(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        _before: &str,
        subject: &str,
    ) -> Result<()> {
        let id: TagId = subject_id(subject)?;
        let row = tag::get(tx, caller.workspace, id).await?;
        if !tag::records_with(tx, caller.workspace, id)
            .await?
            .is_empty()
        {
            return Err(crate::member::MemberError::Overtaken("somebody carries the tag").into());
        }
        search::remove(tx, caller.workspace, "tag", id.raw()).await?;
        tag::remove(tx, caller.workspace, id).await?;
        self.audited(
            tx,
            caller,
            self.now(),
            Change {
                operation: "tag.delete",
                subject: tag_subject(id),
                subject_name: &row.name,
                undoable: true,
            },
            Some(&kept(&row)),
            None::<&TagKept>,
        )
        .await
    }

    /// Takes a change of a tag back.
    pub(crate) async fn undo_tag_edit(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let kept: TagKept = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let row = tag::get(tx, caller.workspace, subject_id(subject)?).await?;
        self.rewrite_tag(tx, caller, &row, &kept, self.now())
            .await?;
        Ok(())
    }

    /// Brings a tag back, with everybody who carried it.
    pub(crate) async fn undo_tag_delete(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let old: TagKept = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let id: TagId = subject_id(subject)?;
        let now = self.now();
        if tag::find(tx, caller.workspace, &old.name).await?.is_some() {
            return Err(TagError::Taken(old.name).into());
        }
        let row = Tag {
            id,
            name_sort: sort_key(&old.name),
            name: old.name,
            color: old.color,
            created_at: now,
        };
        self.write_tag(tx, caller, &row, true).await?;
        let records: Vec<MemberId> = store::listed(tx, caller.workspace, &old.records)
            .await?
            .into_iter()
            .filter(|r| r.erased_at.is_none())
            .map(|r| r.id)
            .collect();
        tag::put(
            tx,
            caller.workspace,
            id,
            &records,
            &caller.actor.to_string(),
            now,
        )
        .await?;
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "tag.create",
                subject: tag_subject(id),
                subject_name: &row.name,
                undoable: false,
            },
            None::<&TagKept>,
            Some(&kept(&row)),
        )
        .await?;
        self.tag_fact(tx, caller, now, serde_json::json!({"tag": id}))
            .await
    }
}
