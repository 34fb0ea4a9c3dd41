//! Taking a change back from the audit log.
//!
//! A change is taken back only while nobody has touched its subject since: what the log kept as
//! the outcome has to be what is there now. Taking back is a change itself, with its own line.

use serde_json::Value;
use yutang_domain::{
    error::{Class, Rule},
    group::Duty,
    id::{AuditId, GroupId, StaffId},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    Tx,
    audit::{self, Audit},
    group,
};

use crate::{
    App, AppError, Caller, Result, audit::Change, group::input_of, macros::in_tx,
    member::subject_id,
};

/// Why a change cannot be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// Nobody knows how.
    #[error("this change cannot be taken back")]
    NotUndoable,
    /// It was before.
    #[error("this change was taken back already")]
    Undone,
    /// Somebody changed the same thing afterwards.
    #[error("it was changed again since: take the later change back first")]
    ChangedSince,
}

impl Rule for UndoError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotUndoable => "audit.not_undoable",
            Self::Undone => "audit.undone",
            Self::ChangedSince => "audit.changed_since",
        }
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
}

/// The permission that the change itself asked for: taking it back asks for it as well.
fn needed(operation: &str) -> Option<Operation> {
    Some(match operation {
        "workspace.edit" => Operation::WorkspaceEdit,
        "branch.create" | "branch.edit" | "branch.archive" | "branch.restore" => {
            Operation::BranchEdit
        }
        "group.edit" | "group.staff" | "group.announce" => Operation::GroupEdit,
        "group.archive" | "group.restore" => Operation::GroupArchive,
        "staff.edit" => Operation::StaffEdit,
        "member.edit" | "member.role" | "member.tag" | "member.untag" | "member.tag_many"
        | "member.note" | "member.note_delete" | "tag.create" | "tag.edit" | "tag.delete" => {
            Operation::MemberEdit
        }
        "member.merge" | "member.unlink" => Operation::MemberMerge,
        "policy.edit" => Operation::ModerationDecide,
        "task.done" | "task.impossible" | "task.hand_over" => Operation::TaskDo,
        _ => return None,
    })
}

impl App {
    /// Takes a change back.
    ///
    /// # Errors
    /// [`UndoError`]; the caller may not make such a change; what the change's own rules say.
    pub async fn undo(&self, caller: &Caller, id: AuditId) -> Result<Audit> {
        caller.may(Operation::AuditUndo)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let line = audit::get(tx, caller.workspace, id).await?;
            let operation = needed(&line.operation).filter(|_| line.undoable);
            caller.may(operation.ok_or(UndoError::NotUndoable)?)?;
            if line.undone_at.is_some() {
                return Err(UndoError::Undone.into());
            }
            self.unchanged_since(tx, caller, &line).await?;
            self.take_back(tx, caller, &line, now).await?;
            let by = caller.actor.to_string();
            if !audit::set_undone(tx, caller.workspace, id, now, &by).await? {
                return Err(UndoError::Undone.into());
            }
            let json = |text: &Option<String>| -> Option<Value> {
                text.as_deref().and_then(|text| serde_json::from_str(text).ok())
            };
            self.audited(tx, caller, now, Change {
                operation: "audit.undo",
                subject: line.subject.clone(),
                subject_name: &line.subject_name,
                undoable: false,
            }, json(&line.after).as_ref(), json(&line.before).as_ref()).await?;
            Ok(audit::get(tx, caller.workspace, id).await?)
        })
    }

    async fn take_back(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        line: &Audit,
        now: Timestamp,
    ) -> Result<()> {
        let before = line.before.as_deref().unwrap_or("null");
        let subject = line.subject.as_str();
        match line.operation.as_str() {
            "workspace.edit" => self.undo_workspace_edit(tx, caller, before, now).await,
            "branch.create" => {
                self.undo_branch_create(tx, caller, subject_id(subject)?, now)
                    .await
            }
            "branch.edit" => {
                self.undo_branch_edit(tx, caller, before, subject_id(subject)?, now)
                    .await
            }
            "branch.archive" | "branch.restore" => {
                self.undo_branch_archive(tx, caller, before, subject_id(subject)?, now)
                    .await
            }
            "group.edit" => self.undo_group_edit(tx, caller, before, subject).await,
            "group.staff" => self.undo_group_staff(tx, caller, before, subject).await,
            "group.announce" => self.undo_group_announce(tx, caller, before, subject).await,
            "group.archive" | "group.restore" => {
                let was_closed: Option<Timestamp> = read(before)?;
                let reason = was_closed.map(|_| "undo");
                self.set_archived(tx, caller, subject_id(subject)?, reason, now)
                    .await
                    .map(|_| ())
            }
            "policy.edit" => self.undo_policy_edit(tx, caller, before, subject).await,
            "staff.edit" => {
                self.undo_staff_edit(tx, caller, before, subject_id(subject)?, now)
                    .await
            }
            "member.edit" => self.undo_member_edit(tx, caller, before, subject).await,
            "member.role" => self.undo_member_role(tx, caller, before, subject).await,
            "member.tag" | "member.untag" | "member.tag_many" => {
                self.undo_member_tag(tx, caller, before, subject).await
            }
            "member.note" | "member.note_delete" => {
                self.undo_member_note(tx, caller, before, subject).await
            }
            "member.merge" => self.undo_member_merge(tx, caller, before, subject).await,
            "member.unlink" => self.undo_member_unlink(tx, caller, before, subject).await,
            "tag.create" => self.undo_tag_create(tx, caller, before, subject).await,
            "tag.edit" => self.undo_tag_edit(tx, caller, before, subject).await,
            "tag.delete" => self.undo_tag_delete(tx, caller, before, subject).await,
            "task.done" | "task.impossible" => self.undo_task_end(tx, caller, subject).await,
            "task.hand_over" => self.undo_task_hand_over(tx, caller, before, subject).await,
            _ => Err(UndoError::NotUndoable.into()),
        }
    }

    /// Compares what the change left with what is there now. Changes of which several stand side
    /// by side on one subject (tags, notes, roles, links, tasks) are compared by their own verbs.
    async fn unchanged_since(&self, tx: &mut Tx, caller: &Caller, line: &Audit) -> Result<()> {
        let after: Value = read(line.after.as_deref().unwrap_or("null"))?;
        let subject = line.subject.as_str();
        let present = match line.operation.as_str() {
            "workspace.edit" => self.workspace_snapshot(tx, caller).await?,
            "branch.create" | "branch.edit" => {
                self.branch_snapshot(tx, caller, subject_id(subject)?)
                    .await?
                    .0
            }
            "branch.archive" | "branch.restore" => {
                self.branch_snapshot(tx, caller, subject_id(subject)?)
                    .await?
                    .1
            }
            "group.edit" => {
                let row = group::get(tx, caller.workspace, subject_id(subject)?).await?;
                json(&input_of(&row))?
            }
            "group.archive" | "group.restore" => {
                let row = group::get(tx, caller.workspace, subject_id(subject)?).await?;
                json(&row.archived_at)?
            }
            "group.staff" => {
                let id: GroupId = subject_id(subject)?;
                let there = group::assignments(tx, caller.workspace, &[id]).await?;
                let there = there.iter().map(|a| (a.staff_id, a.duty)).collect();
                let left: Vec<(StaffId, Duty)> = read(line.after.as_deref().unwrap_or("[]"))?;
                return same(sorted(there), sorted(left));
            }
            "policy.edit" => self.policy_of_subject(tx, caller, subject).await?,
            "staff.edit" => {
                self.staff_snapshot(tx, caller, subject_id(subject)?)
                    .await?
            }
            "member.edit" | "tag.edit" | "group.announce" => {
                let last = audit::last(tx, caller.workspace, &line.operation, subject).await?;
                read(
                    last.as_ref()
                        .and_then(|l| l.after.as_deref())
                        .unwrap_or("null"),
                )?
            }
            _ => return Ok(()),
        };
        same(present, after)
    }
}

fn same<T: PartialEq>(present: T, left: T) -> Result<()> {
    if present == left {
        Ok(())
    } else {
        Err(UndoError::ChangedSince.into())
    }
}

fn sorted(mut staff: Vec<(StaffId, Duty)>) -> Vec<(StaffId, Duty)> {
    staff.sort_unstable();
    staff.dedup();
    staff
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(AppError::internal)
}

fn json(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(AppError::internal)
}
