//! Groups: described, listed, announced, staffed, closed. req: 001-032, 001-033, 002-023

mod announcement;
mod bulk;
mod close;
mod list;
mod people;
mod stream;

use yutang_domain::{
    event::{Event, EventKind},
    group::{Announcement, Duty, GroupError, Stage, name_follows_rule},
    health::HealthClass,
    id::{BranchId, GroupId, ImportRunId, StaffId, kind},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{StoreError, Tx, announcement as announcements, branch, event, group, search};
use yutang_text::{
    fold::{fold, sort_key},
    search::index_terms,
};

pub use {
    announcement::AnnouncementPreview,
    bulk::{Bulk, BulkAction, Skipped},
    close::Closing,
    list::{GroupPage, GroupQuery, GroupRow, Place},
    people::{GroupMember, GroupMemberPage, GroupMemberQuery, PersonInGroups},
    stream::{StreamItem, StreamKind, StreamPage, StreamQuery},
};

pub use yutang_domain::group::GroupInput;
pub use yutang_store::{
    announcement::Version,
    group::{Assignment, Cursor, Group, Sort},
    membership_list::Sort as MemberSort,
};

use crate::{App, Caller, Result, audit::Change, inbound::NAME_LENGTH, macros::in_tx};

/// What a stored group says.
pub fn input_of(row: &Group) -> GroupInput {
    GroupInput {
        name: row.name.clone(),
        branch_id: Some(row.branch_id),
        channel: row.channel.clone(),
        purpose: row.purpose.clone(),
        term: row.term,
        shape: row.shape,
        ownership: row.ownership,
        audience: row.audience,
        scene: row.scene,
        need_level: row.need_level,
        stage: row.stage_by_hand.then_some(row.stage),
        size_min: row.size_min,
        size_max: row.size_max,
        capacity: row.capacity,
        opened_on: row.opened_on,
        ends_on: row.ends_on,
        monetisation: row.monetisation,
        monetisation_note: row.monetisation_note.clone(),
        topic_terms: serde_json::from_str(&row.topic_terms).unwrap_or_default(),
    }
}

/// Writes what an operator says into a row.
fn write_input(row: &mut Group, input: &GroupInput, branch: &branch::Branch) -> Result<()> {
    row.branch_id = branch.id;
    row.channel.clone_from(&input.channel);
    input.name.trim().clone_into(&mut row.name);
    row.name_fold = fold(&row.name);
    row.name_sort = sort_key(&row.name);
    row.name_ok = branch.parent_id.is_none() || name_follows_rule(&row.name, &branch.name);
    row.purpose.clone_from(&input.purpose);
    row.term = input.term;
    row.shape = input.shape;
    row.ownership = input.ownership;
    row.audience = input.audience;
    row.scene = input.scene;
    row.need_level = input.need_level;
    row.stage_by_hand = input.stage.is_some();
    if let Some(stage) = input.stage {
        row.stage = stage;
    }
    row.size_min = input.size_min;
    row.size_max = input.size_max;
    row.capacity = input.capacity;
    row.opened_on = input.opened_on;
    row.ends_on = input.ends_on;
    row.monetisation = input.monetisation;
    row.monetisation_note.clone_from(&input.monetisation_note);
    row.topic_terms =
        serde_json::to_string(&input.topic_terms).map_err(crate::AppError::internal)?;
    Ok(())
}

impl App {
    /// Adds a group.
    ///
    /// # Errors
    /// [`GroupError`], naming the field.
    pub async fn create_group(&self, caller: &Caller, input: GroupInput) -> Result<Group> {
        caller.may(Operation::GroupEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            input.check(true)?;
            let row = self.new_group(tx, caller, &input, None, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "group.create",
                subject: format!("group:{}", row.id),
                subject_name: &row.name,
                undoable: false,
            }, None::<&GroupInput>, Some(&input)).await?;
            Ok(row)
        })
    }

    /// Makes the row of a group; what an import cannot know stays open.
    pub(crate) async fn new_group(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        input: &GroupInput,
        run: Option<ImportRunId>,
        now: Timestamp,
    ) -> Result<Group> {
        input.check(false)?;
        let branch = match input.branch_id {
            Some(id) => self.branch_in_scope(tx, caller, id).await?,
            None => crate::branch::root(tx, caller).await?,
        };
        let id: GroupId = self.ids().next::<kind::Group>()?;
        let mut row = Group {
            id,
            branch_id: branch.id,
            channel: String::new(),
            channel_account_id: None,
            external_id: None,
            name: String::new(),
            name_fold: String::new(),
            name_sort: String::new(),
            name_ok: true,
            purpose: String::new(),
            term: input.term,
            shape: input.shape,
            ownership: input.ownership,
            audience: input.audience,
            scene: None,
            need_level: None,
            stage: Stage::Launch,
            stage_by_hand: false,
            size_min: 0,
            size_max: 0,
            capacity: 0,
            opened_on: None,
            ends_on: None,
            monetisation: None,
            monetisation_note: String::new(),
            topic_terms: "[]".to_owned(),
            announcement_version: 0,
            member_count: 0,
            listed_size: None,
            listed_owner: None,
            staff_count: 0,
            admin_count: 0,
            last_message_at: None,
            last_post_at: None,
            code_expires_at: None,
            health_class: HealthClass::Unknown,
            health_reasons: "[]".to_owned(),
            health_at: None,
            givers: None,
            run_id: run,
            archived_at: None,
            archive_reason: None,
            created_at: now,
            updated_at: now,
        };
        write_input(&mut row, input, &branch)?;
        group::insert(tx, caller.workspace, std::slice::from_ref(&row)).await?;
        search::replace(
            tx,
            caller.workspace,
            "group",
            id.raw(),
            &index_terms(&row.name),
        )
        .await?;
        self.group_fact(tx, caller, EventKind::GroupCreated, &row, now)
            .await?;
        Ok(row)
    }

    pub(crate) async fn group_fact(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        what: EventKind,
        row: &Group,
        now: Timestamp,
    ) -> Result<()> {
        let fact = Event::new(self.ids().next()?, what, &caller.actor)
            .in_group(row.id, Some(row.branch_id));
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }

    pub(crate) async fn branch_in_scope(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: BranchId,
    ) -> Result<branch::Branch> {
        let row = branch::get(tx, caller.workspace, id).await?;
        if caller.actor.scope().covers(&row.path) {
            Ok(row)
        } else {
            Err(StoreError::NotFound("branch").into())
        }
    }

    /// A group the caller may see, with its branch.
    pub(crate) async fn group_in_scope(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: GroupId,
    ) -> Result<(Group, branch::Branch)> {
        let row = group::get(tx, caller.workspace, id).await?;
        let branch = branch::get(tx, caller.workspace, row.branch_id).await?;
        if caller.actor.scope().covers(&branch.path) {
            Ok((row, branch))
        } else {
            Err(StoreError::NotFound("group").into())
        }
    }

    /// The one group of that id or exact name, if there is one.
    ///
    /// # Errors
    /// [`GroupError::Ambiguous`] if several have the name.
    pub(crate) async fn group_called(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        name: &str,
    ) -> Result<Option<Group>> {
        if let Ok(id) = name.parse::<GroupId>() {
            return Ok(Some(self.group_in_scope(tx, caller, id).await?.0));
        }
        let mut rows = group::called(tx, caller.workspace, name).await?;
        if !caller.branch_prefix().is_empty() {
            let seen = branch::list(tx, caller.workspace, &caller.branch_prefix()).await?;
            rows.retain(|row| seen.iter().any(|branch| branch.id == row.branch_id));
        }
        if rows.iter().any(|row| row.archived_at.is_none()) {
            rows.retain(|row| row.archived_at.is_none());
        }
        match rows.len() {
            0 => Ok(None),
            1 => Ok(rows.pop()),
            n => Err(GroupError::Ambiguous(n, name.to_owned()).into()),
        }
    }

    /// The group of that id or exact name.
    ///
    /// # Errors
    /// There is none, or several.
    pub async fn find_group(&self, caller: &Caller, name: &str) -> Result<Group> {
        caller.may(Operation::GroupRead)?;
        in_tx!(self, Read, tx => {
            self.group_called(tx, caller, name).await?.ok_or_else(|| StoreError::NotFound("group").into())
        })
    }

    /// Changes a group's description.
    ///
    /// # Errors
    /// [`GroupError`], naming the field.
    pub async fn edit_group(
        &self,
        caller: &Caller,
        id: GroupId,
        input: GroupInput,
    ) -> Result<Group> {
        caller.may(Operation::GroupEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            input.check(true)?;
            self.edit_group_in(tx, caller, id, &input, now).await
        })
    }

    /// Takes over the name that a group has on its network.
    pub(crate) async fn rename_group(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: GroupId,
        name: &str,
        now: Timestamp,
    ) -> Result<()> {
        let row = group::get(tx, caller.workspace, id).await?;
        let name: String = name.trim().chars().take(NAME_LENGTH).collect();
        if row.archived_at.is_some() || name.is_empty() || name == row.name {
            return Ok(());
        }
        let input = GroupInput {
            name,
            ..input_of(&row)
        };
        self.edit_group_in(tx, caller, id, &input, now).await?;
        Ok(())
    }

    async fn edit_group_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: GroupId,
        input: &GroupInput,
        now: Timestamp,
    ) -> Result<Group> {
        let (before, old_branch) = self.group_in_scope(tx, caller, id).await?;
        if before.archived_at.is_some() {
            return Err(GroupError::Archived.into());
        }
        let branch = match input.branch_id {
            Some(id) => self.branch_in_scope(tx, caller, id).await?,
            None => old_branch,
        };
        let mut row = before.clone();
        write_input(&mut row, input, &branch)?;
        row.updated_at = now;
        row.health_at = None;
        group::update(tx, caller.workspace, &row).await?;
        if row.name != before.name {
            search::replace(
                tx,
                caller.workspace,
                "group",
                id.raw(),
                &index_terms(&row.name),
            )
            .await?;
        }
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "group.edit",
                subject: format!("group:{id}"),
                subject_name: &row.name,
                undoable: true,
            },
            Some(&input_of(&before)),
            Some(&input_of(&row)),
        )
        .await?;
        self.group_fact(tx, caller, EventKind::GroupChanged, &row, now)
            .await?;
        Ok(row)
    }

    /// Puts a group's description back to what it was.
    pub(crate) async fn undo_group_edit(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let input: GroupInput = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let id = subject.trim_start_matches("group:").parse::<GroupId>()?;
        self.edit_group_in(tx, caller, id, &input, self.now())
            .await?;
        Ok(())
    }

    /// Who answers for what in a group.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn group_staff(
        &self,
        caller: &Caller,
        id: GroupId,
    ) -> Result<Vec<group::Assignment>> {
        caller.may(Operation::GroupRead)?;
        in_tx!(self, Read, tx => {
            self.group_in_scope(tx, caller, id).await?;
            Ok(group::assignments(tx, caller.workspace, &[id]).await?)
        })
    }

    /// Sets who answers for what in a group. req: 000-037
    ///
    /// # Errors
    /// Somebody named is not on the staff.
    pub async fn assign_group_staff(
        &self,
        caller: &Caller,
        id: GroupId,
        staff: Vec<(StaffId, Duty)>,
    ) -> Result<Vec<group::Assignment>> {
        caller.may(Operation::GroupEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            let before = pairs(&group::assignments(tx, caller.workspace, &[id]).await?);
            match group::assign(tx, caller.workspace, id, &staff, now).await {
                Err(StoreError::Conflict(_)) => return Err(StoreError::NotFound("staff").into()),
                other => other?,
            }
            self.audited(tx, caller, now, Change {
                operation: "group.staff",
                subject: format!("group:{id}"),
                subject_name: &row.name,
                undoable: true,
            }, Some(&before), Some(&staff)).await?;
            self.group_fact(tx, caller, EventKind::GroupChanged, &row, now).await?;
            Ok(group::assignments(tx, caller.workspace, &[id]).await?)
        })
    }

    /// Puts a group's staff back to what it was.
    pub(crate) async fn undo_group_staff(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let staff: Vec<(StaffId, Duty)> =
            serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let id = subject.trim_start_matches("group:").parse::<GroupId>()?;
        group::assign(tx, caller.workspace, id, &staff, self.now()).await?;
        Ok(())
    }

    /// The latest announcement of a group, with its version; 0 and empty sections if there is none.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn announcement(&self, caller: &Caller, id: GroupId) -> Result<(i64, Announcement)> {
        caller.may(Operation::GroupRead)?;
        in_tx!(self, Read, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            let found = announcements::list(tx, caller.workspace, id).await?;
            Ok(found.into_iter().find(|a| a.version == row.announcement_version)
                .map_or((0, Announcement::default()), |a| (a.version, a.into_sections())))
        })
    }
}

fn pairs(rows: &[group::Assignment]) -> Vec<(StaffId, Duty)> {
    rows.iter().map(|row| (row.staff_id, row.duty)).collect()
}
