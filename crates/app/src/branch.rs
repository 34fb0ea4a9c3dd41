//! Stores and regions. req: 004-074

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use yutang_domain::{
    branch::BranchKind,
    error::{Class, Rule},
    event::{Event, EventKind},
    id::{BranchId, kind},
    permission::Operation,
    time::Timestamp,
};
pub use yutang_store::branch::Branch;
use yutang_store::{Tx, branch, event, workspace::Workspace};
use yutang_text::fold::sort_key;

use crate::{App, Caller, Result, audit::Change, macros::in_tx};

/// What an operator says about a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchInput {
    /// Name, unique in the workspace.
    pub name: String,
    /// What it is.
    pub kind: BranchKind,
    /// What it belongs to; `None` = the root.
    pub parent_id: Option<BranchId>,
    /// The organisation's own number for it.
    pub code: Option<String>,
    /// Region of the country.
    pub region: Option<String>,
}

/// What may change of a branch; `None` = stays.
#[derive(Clone, Debug, Default)]
pub struct BranchPatch {
    /// Name.
    pub name: Option<String>,
    /// Kind.
    pub kind: Option<BranchKind>,
    /// What it belongs to.
    pub parent_id: Option<BranchId>,
    /// Number.
    pub code: Option<Option<String>>,
    /// Region of the country.
    pub region: Option<Option<String>>,
    /// Closed or open.
    pub archived: Option<bool>,
}

/// Open groups in a branch and below, and the people in them.
pub type BranchSize = (i64, i64);

/// Why a branch cannot be kept so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BranchError {
    /// The name is empty or longer than 100 characters.
    #[error("a branch needs a name of at most 100 characters")]
    Name,
    /// The name is taken.
    #[error("there is a branch called {0:?} already")]
    Taken(String),
    /// There is one head office.
    #[error("the head office is the root of the tree: it cannot be made, moved or archived")]
    Head,
    /// It would be below itself.
    #[error("a branch cannot lie below itself")]
    Cycle,
    /// Groups or branches are still open below it.
    #[error(
        "{groups} groups and {branches} branches are still open below it: move or archive them first"
    )]
    NotEmpty {
        /// Open groups below.
        groups: i64,
        /// Open branches below.
        branches: usize,
    },
}

impl Rule for BranchError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "branch.name",
            Self::Taken(_) => "branch.taken",
            Self::Head => "branch.head",
            Self::Cycle => "branch.cycle",
            Self::NotEmpty { .. } => "branch.not_empty",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Name => Class::Invalid,
            _ => Class::Conflict,
        }
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::Name | Self::Taken(_) => Some("name".to_owned()),
            Self::Cycle => Some("parent_id".to_owned()),
            _ => None,
        }
    }
}

impl App {
    /// The branches the caller may see, parents before children.
    ///
    /// # Errors
    /// The database refused.
    pub async fn branches(&self, caller: &Caller) -> Result<Vec<Branch>> {
        caller.may(Operation::BranchRead)?;
        let prefix = caller.branch_prefix();
        in_tx!(self, Read, tx => Ok(branch::list(tx, caller.workspace, &prefix).await?))
    }

    /// The same with how large each is, what lies below included.
    ///
    /// # Errors
    /// The database refused.
    pub async fn branches_with_size(&self, caller: &Caller) -> Result<Vec<(Branch, BranchSize)>> {
        caller.may(Operation::BranchRead)?;
        let prefix = caller.branch_prefix();
        in_tx!(self, Read, tx => {
            let rows = branch::list(tx, caller.workspace, &prefix).await?;
            let sizes = branch::sizes(tx, caller.workspace).await?;
            let mut below = vec![(0, 0); rows.len()];
            let places: HashMap<i64, usize> =
                rows.iter().enumerate().map(|(index, row)| (row.id.raw(), index)).collect();
            for size in sizes {
                let Some(own) = places.get(&size.branch_id.raw()) else { continue };
                for id in rows[*own].path.split('/').filter_map(|id| id.parse::<i64>().ok()) {
                    if let Some(index) = places.get(&id) {
                        below[*index].0 += size.groups;
                        below[*index].1 += size.members;
                    }
                }
            }
            Ok(rows.into_iter().zip(below).collect())
        })
    }

    /// How large one branch is, what lies below included.
    ///
    /// # Errors
    /// The database refused.
    pub async fn branch_size(&self, caller: &Caller, row: &Branch) -> Result<BranchSize> {
        let all = self.branches_with_size(caller).await?;
        Ok(all
            .iter()
            .find(|(other, _)| other.id == row.id)
            .map_or((0, 0), |(_, size)| *size))
    }

    /// Changes some of a branch; opening or closing it is a step of its own, taken first when it
    /// opens and last when it closes.
    ///
    /// # Errors
    /// [`BranchError`].
    pub async fn patch_branch(
        &self,
        caller: &Caller,
        id: BranchId,
        patch: BranchPatch,
    ) -> Result<Branch> {
        caller.may(Operation::BranchEdit)?;
        let mut row = in_tx!(self, Read, tx => Ok(branch::get(tx, caller.workspace, id).await?))?;
        if patch.archived == Some(false) && row.archived_at.is_some() {
            row = self.archive_branch(caller, id, false).await?;
        }
        let old = input_of(&row);
        let new = BranchInput {
            name: patch.name.unwrap_or_else(|| old.name.clone()),
            kind: patch.kind.unwrap_or(old.kind),
            parent_id: patch.parent_id.or(old.parent_id),
            code: patch.code.unwrap_or_else(|| old.code.clone()),
            region: patch.region.unwrap_or_else(|| old.region.clone()),
        };
        if new != old {
            row = self.edit_branch(caller, id, new).await?;
        }
        if patch.archived == Some(true) && row.archived_at.is_none() {
            row = self.archive_branch(caller, id, true).await?;
        }
        Ok(row)
    }

    /// Adds a branch.
    ///
    /// # Errors
    /// [`BranchError`].
    pub async fn create_branch(&self, caller: &Caller, input: BranchInput) -> Result<Branch> {
        caller.may(Operation::BranchEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            if input.kind == BranchKind::Head {
                return Err(BranchError::Head.into());
            }
            let row = self.new_branch(tx, caller, &input, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "branch.create",
                subject: format!("branch:{}", row.id),
                subject_name: &row.name,
                undoable: true,
            }, None::<&BranchInput>,
                    Some(&input_of(&row))).await?;
            Ok(row)
        })
    }

    /// The branch of that name, made below the root if there is none.
    pub(crate) async fn branch_called(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        name: &str,
        now: Timestamp,
    ) -> Result<Branch> {
        if let Some(row) = branch::find_by_name(tx, caller.workspace, name).await? {
            return Ok(row);
        }
        let input = BranchInput {
            name: name.to_owned(),
            kind: BranchKind::Store,
            parent_id: None,
            code: None,
            region: None,
        };
        self.new_branch(tx, caller, &input, now).await
    }

    async fn new_branch(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        input: &BranchInput,
        now: Timestamp,
    ) -> Result<Branch> {
        let name = checked_name(&input.name)?;
        let parent = match input.parent_id {
            Some(id) => branch::get(tx, caller.workspace, id).await?,
            None => root(tx, caller).await?,
        };
        let id: BranchId = self.ids().next::<kind::Branch>()?;
        let row = Branch {
            id,
            parent_id: Some(parent.id),
            kind: input.kind,
            name: name.to_owned(),
            name_sort: sort_key(name),
            code: input.code.clone(),
            region: input.region.clone(),
            path: format!("{}{}/", parent.path, id.raw()),
            archived_at: None,
            created_at: now,
        };
        taken(branch::insert(tx, caller.workspace, &row).await, name)?;
        self.branch_changed(tx, caller, id, now).await?;
        Ok(row)
    }

    /// Changes a branch; moving it moves everything below it.
    ///
    /// # Errors
    /// [`BranchError`].
    pub async fn edit_branch(
        &self,
        caller: &Caller,
        id: BranchId,
        input: BranchInput,
    ) -> Result<Branch> {
        caller.may(Operation::BranchEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (before, row) = self.rewrite_branch(tx, caller, id, &input, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "branch.edit",
                subject: format!("branch:{id}"),
                subject_name: &row.name,
                undoable: true,
            }, Some(&input_of(&before)), Some(&input_of(&row))).await?;
            Ok(row)
        })
    }

    async fn rewrite_branch(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: BranchId,
        input: &BranchInput,
        now: Timestamp,
    ) -> Result<(Branch, Branch)> {
        let name = checked_name(&input.name)?;
        let before = branch::get(tx, caller.workspace, id).await?;
        let mut row = before.clone();
        row.name = name.to_owned();
        row.name_sort = sort_key(name);
        row.code.clone_from(&input.code);
        row.region.clone_from(&input.region);
        if before.kind == BranchKind::Head {
            if input.parent_id.is_some() || input.kind != BranchKind::Head {
                return Err(BranchError::Head.into());
            }
        } else {
            row.kind = input.kind;
            let parent = match input.parent_id {
                Some(parent) => branch::get(tx, caller.workspace, parent).await?,
                None => root(tx, caller).await?,
            };
            if parent.path.starts_with(&before.path) {
                return Err(BranchError::Cycle.into());
            }
            row.parent_id = Some(parent.id);
            row.path = format!("{}{}/", parent.path, id.raw());
        }
        taken(branch::update(tx, caller.workspace, &row).await, name)?;
        if row.path != before.path {
            for mut below in branch::list(tx, caller.workspace, &before.path).await? {
                if below.id != id {
                    below.path = format!("{}{}", row.path, &below.path[before.path.len()..]);
                    branch::update(tx, caller.workspace, &below).await?;
                }
            }
        }
        self.branch_changed(tx, caller, id, now).await?;
        Ok((before, row))
    }

    /// Closes a branch that has nothing open below it, or opens it again.
    ///
    /// # Errors
    /// [`BranchError::NotEmpty`], [`BranchError::Head`].
    pub async fn archive_branch(
        &self,
        caller: &Caller,
        id: BranchId,
        archive: bool,
    ) -> Result<Branch> {
        caller.may(Operation::BranchEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (before, row) = self.close_branch(tx, caller, id, archive, now).await?;
            self.audited(tx, caller, now, Change {
                operation: if archive { "branch.archive" } else { "branch.restore" },
                subject: format!("branch:{id}"),
                subject_name: &row.name,
                undoable: true,
            }, Some(&before), Some(&row.archived_at)).await?;
            Ok(row)
        })
    }

    async fn close_branch(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: BranchId,
        archive: bool,
        now: Timestamp,
    ) -> Result<(Option<Timestamp>, Branch)> {
        let mut row = branch::get(tx, caller.workspace, id).await?;
        if row.kind == BranchKind::Head {
            return Err(BranchError::Head.into());
        }
        if archive {
            let below = branch::list(tx, caller.workspace, &row.path).await?;
            let branches = below
                .iter()
                .filter(|b| b.id != id && b.archived_at.is_none())
                .count();
            let groups = yutang_store::group::open_below(tx, caller.workspace, &row.path).await?;
            if branches > 0 || groups > 0 {
                return Err(BranchError::NotEmpty { groups, branches }.into());
            }
        }
        let before = row.archived_at;
        row.archived_at = archive.then_some(now);
        branch::update(tx, caller.workspace, &row).await?;
        self.branch_changed(tx, caller, id, now).await?;
        Ok((before, row))
    }

    /// Closes a branch that was made by mistake.
    pub(crate) async fn undo_branch_create(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: BranchId,
        now: Timestamp,
    ) -> Result<()> {
        self.close_branch(tx, caller, id, true, now)
            .await
            .map(|_| ())
    }

    /// Puts a branch's description and place back.
    pub(crate) async fn undo_branch_edit(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        id: BranchId,
        now: Timestamp,
    ) -> Result<()> {
        let old: BranchInput = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        self.rewrite_branch(tx, caller, id, &old, now)
            .await
            .map(|_| ())
    }

    /// Opens a branch that was closed, or closes one that was opened.
    pub(crate) async fn undo_branch_archive(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        id: BranchId,
        now: Timestamp,
    ) -> Result<()> {
        let old: Option<Timestamp> =
            serde_json::from_str(before).map_err(crate::AppError::internal)?;
        self.close_branch(tx, caller, id, old.is_some(), now)
            .await
            .map(|_| ())
    }

    /// A branch as the audit log would keep it now: its description and when it was closed.
    pub(crate) async fn branch_snapshot(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: BranchId,
    ) -> Result<(serde_json::Value, serde_json::Value)> {
        let row = branch::get(tx, caller.workspace, id).await?;
        let json =
            |value: serde_json::Result<serde_json::Value>| value.map_err(crate::AppError::internal);
        Ok((
            json(serde_json::to_value(input_of(&row)))?,
            json(serde_json::to_value(row.archived_at))?,
        ))
    }

    async fn branch_changed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: BranchId,
        now: Timestamp,
    ) -> Result<()> {
        let mut fact = Event::new(self.ids().next()?, EventKind::BranchChanged, &caller.actor);
        fact.branch = Some(id);
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }
}

pub(crate) async fn root(tx: &mut Tx, caller: &Caller) -> Result<Branch> {
    branch::list(tx, caller.workspace, "")
        .await?
        .into_iter()
        .find(|b| b.parent_id.is_none())
        .ok_or_else(|| crate::AppError::internal("the workspace has no root branch"))
}

fn checked_name(name: &str) -> Result<&str, BranchError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        Err(BranchError::Name)
    } else {
        Ok(name)
    }
}

/// What members know a branch as: the organisation's own name for what the head office keeps.
pub(crate) fn store_name(branch: Branch, house: &Workspace) -> String {
    match branch.parent_id {
        Some(_) => branch.name,
        None => house.name.clone(),
    }
}

fn taken(written: yutang_store::Result<()>, name: &str) -> Result<()> {
    match written {
        Err(error) if error.is_conflict_on("name") => {
            Err(BranchError::Taken(name.to_owned()).into())
        }
        other => Ok(other?),
    }
}

fn input_of(row: &Branch) -> BranchInput {
    BranchInput {
        name: row.name.clone(),
        kind: row.kind,
        parent_id: row.parent_id,
        code: row.code.clone(),
        region: row.region.clone(),
    }
}
