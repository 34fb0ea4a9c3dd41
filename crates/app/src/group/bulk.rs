//! Many groups at once, looked at before it is done.

use serde::{Deserialize, Serialize};
use yutang_domain::{
    event::EventKind,
    group::{GroupInput, Stage, name_by_rule},
    id::{BranchId, GroupId},
    permission::Operation,
    task::TaskKind,
    time::DAY,
};
use yutang_store::{branch, group};

use crate::{App, Caller, Result, audit::Change, group::input_of, macros::in_tx, task::NewTask};

/// What is to be done to the groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum BulkAction {
    /// Close them.
    Archive {
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Move them to a branch.
    MoveBranch {
        /// Which.
        branch_id: BranchId,
    },
    /// Set their stage by hand.
    SetStage {
        /// Which.
        stage: Stage,
    },
    /// Ask their staff to rename those whose names are off the house rule.
    RenameTasks,
}

/// A group that is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Which.
    pub id: GroupId,
    /// Why, as a code.
    pub reason: &'static str,
}

/// What would be, or was, done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bulk {
    /// Groups concerned.
    pub groups: usize,
    /// Members in them.
    pub members: i64,
    /// Groups left out.
    pub skipped: Vec<Skipped>,
    /// Whether it can be taken back.
    pub undoable: bool,
}

impl App {
    /// Says what an action would do to these groups, or does it.
    ///
    /// # Errors
    /// A branch named is unknown; the caller may not do it.
    pub async fn groups_bulk(
        &self,
        caller: &Caller,
        ids: &[GroupId],
        action: &BulkAction,
        preview: bool,
    ) -> Result<Bulk> {
        caller.may(match action {
            BulkAction::Archive { .. } => Operation::GroupArchive,
            _ => Operation::GroupEdit,
        })?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let mut bulk = Bulk {
                undoable: !matches!(action, BulkAction::RenameTasks),
                ..Bulk::default()
            };
            if let BulkAction::MoveBranch { branch_id } = action {
                self.branch_in_scope(tx, caller, *branch_id).await?;
            }
            for id in ids {
                let Ok((row, branch)) = self.group_in_scope(tx, caller, *id).await else {
                    bulk.skipped.push(Skipped { id: *id, reason: "group.unknown" });
                    continue;
                };
                let reason = match action {
                    _ if row.archived_at.is_some() => Some("group.archived"),
                    BulkAction::MoveBranch { branch_id } if *branch_id == row.branch_id => {
                        Some("group.unchanged")
                    }
                    BulkAction::SetStage { stage } if row.stage_by_hand && row.stage == *stage => {
                        Some("group.unchanged")
                    }
                    BulkAction::RenameTasks if row.name_ok => Some("group.name_ok"),
                    _ => None,
                };
                if let Some(reason) = reason {
                    bulk.skipped.push(Skipped { id: *id, reason });
                    continue;
                }
                bulk.groups += 1;
                bulk.members += row.size();
                if preview {
                    continue;
                }
                match action {
                    BulkAction::Archive { reason } => {
                        self.set_archived(tx, caller, *id, Some(reason), now).await?;
                    }
                    BulkAction::MoveBranch { branch_id } => {
                        let input = GroupInput { branch_id: Some(*branch_id), ..input_of(&row) };
                        self.edit_group_in(tx, caller, *id, &input, now).await?;
                    }
                    BulkAction::SetStage { stage } => {
                        let input = GroupInput { stage: Some(*stage), ..input_of(&row) };
                        self.edit_group_in(tx, caller, *id, &input, now).await?;
                    }
                    BulkAction::RenameTasks => {
                        let wanted = self.wanted_name(tx, caller, &row, &branch).await?;
                        let sentences = ("task.rename_group", "task.why.name_rule");
                        let dedup = format!("rename:{}:{wanted}", row.id);
                        self.create_task_in(tx, caller.workspace, NewTask {
                            args: serde_json::json!({ "from": row.name, "to": wanted }),
                            body: wanted.clone(),
                            due_at: Some(now.plus(2 * DAY)),
                            ..NewTask::new(TaskKind::Do, sentences, now, dedup).in_group(&row)
                        }, &caller.actor, now).await?;
                        self.audited(tx, caller, now, Change {
                            operation: "group.rename_task",
                            subject: format!("group:{id}"),
                            subject_name: &row.name,
                            undoable: false,
                        }, Some(&row.name), Some(&wanted)).await?;
                        self.group_fact(tx, caller, EventKind::GroupChanged, &row, now).await?;
                    }
                }
            }
            Ok(bulk)
        })
    }

    /// The first free name that follows the house rule, from the group's scene or purpose.
    async fn wanted_name(
        &self,
        tx: &mut yutang_store::Tx,
        caller: &Caller,
        row: &group::Group,
        branch: &branch::Branch,
    ) -> Result<String> {
        let bare = row.name.trim();
        let bare = bare.strip_prefix(branch.name.as_str()).unwrap_or(bare);
        let bare = bare
            .strip_suffix('群')
            .unwrap_or(bare)
            .trim_matches(|c: char| c.is_ascii_digit());
        let purpose: String = if bare.trim().is_empty() {
            row.purpose.chars().take(4).collect()
        } else {
            bare.chars().take(8).collect()
        };
        for number in 1..10_000 {
            let name = name_by_rule(&branch.name, &purpose, number);
            if group::called(tx, caller.workspace, &name).await?.is_empty() {
                return Ok(name);
            }
        }
        Ok(row.name.clone())
    }
}
