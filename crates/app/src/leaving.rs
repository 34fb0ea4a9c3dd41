//! Letting somebody go: what they hold goes to a successor, what lets them in ends. req: 004-074

use serde::Serialize;
use yutang_domain::{
    actor::Role,
    id::StaffId,
    permission::Operation,
    staff::{LinkPurpose, StaffError},
    time::Timestamp,
};
use yutang_store::{
    Tx, account, branch, device, membership, session,
    staff::{self, Staff},
};

use crate::{App, Caller, Result, audit::Change, macros::in_tx};

/// Groups, and as many tasks, that one transaction of a hand-over moves.
pub const HAND_OVER_SLICE: usize = 200;

/// What a hand-over moves, or moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HandOver {
    /// Groups.
    pub groups: i64,
    /// Names of the first of them.
    pub group_names: Vec<String>,
    /// Open tasks.
    pub tasks: i64,
    /// Phones that are let go.
    pub devices: i64,
    /// Sessions that end.
    pub sessions: i64,
}

impl App {
    /// What a hand-over would move.
    ///
    /// # Errors
    /// [`StaffError::Successor`], [`StaffError::LastOwner`].
    pub async fn preview_leave(
        &self,
        caller: &Caller,
        id: StaffId,
        successor: Option<StaffId>,
    ) -> Result<HandOver> {
        caller.may(Operation::StaffEdit)?;
        let now = self.now();
        in_tx!(self, Read, tx => {
            let row = self.leaver(tx, caller, id).await?;
            let moved = self.still_held(tx, caller, &row, now).await?;
            if successor.is_some() {
                self.checked_successor(tx, caller, &row, successor, &moved).await?;
            }
            Ok(moved)
        })
    }

    /// Lets somebody go: sessions and phones end at once, groups and open tasks go to the
    /// successor, up to 200 of each in the same transaction and the rest in slices after it; a
    /// sweep finishes what a crash interrupts. A sign-in without another place is locked.
    ///
    /// # Errors
    /// [`StaffError::Successor`] if there is something to hand over and nobody to take it;
    /// [`StaffError::LastOwner`].
    pub async fn leave(
        &self,
        caller: &Caller,
        id: StaffId,
        successor: Option<StaffId>,
    ) -> Result<HandOver> {
        caller.may(Operation::StaffEdit)?;
        let now = self.now();
        let moved = in_tx!(self, Write, tx => {
            let mut row = self.leaver(tx, caller, id).await?;
            let moved = self.still_held(tx, caller, &row, now).await?;
            let successor = self.checked_successor(tx, caller, &row, successor, &moved).await?;
            let before = self.staff_snapshot_of(tx, &row).await?;
            row.left_at = Some(now);
            row.successor_id = successor;
            if let Some(member) = row.member_id {
                membership::set_staff(tx, caller.workspace, member, false).await?;
            }
            staff::update(tx, caller.workspace, &row).await?;
            session::revoke_of_staff(tx, caller.workspace, id, now).await?;
            device::revoke(tx, caller.workspace, id, None, now).await?;
            device::revoke_links(tx, caller.workspace, id, LinkPurpose::Device, now).await?;
            device::revoke_links(tx, caller.workspace, id, LinkPurpose::Password, now).await?;
            if let Some(account) = row.account_id
                && staff::places(tx, account).await?.is_empty()
            {
                account::set_locked(tx, account, Some(now), now).await?;
                session::revoke_of_account(tx, account, None, now).await?;
            }
            if let Some(to) = successor {
                staff::hand_over(tx, caller.workspace, id, to, HAND_OVER_SLICE).await?;
            }
            self.audited(tx, caller, now, Change {
                operation: "staff.leave",
                subject: format!("staff:{id}"),
                subject_name: &row.name,
                undoable: false,
            }, Some(&before), Some(&Left { successor_id: successor, moved: moved.clone() })).await?;
            self.staff_changed(tx, caller, &row, now).await?;
            self.sessions_revoked(tx, caller, caller.workspace, now).await?;
            Ok(moved)
        })?;
        self.finish_hand_overs().await?;
        Ok(moved)
    }

    /// Finishes hand-overs that were begun: what is left is moved slice by slice. Says how many
    /// groups and tasks moved. Run by a sweep as well.
    ///
    /// # Errors
    /// The database refused.
    pub async fn finish_hand_overs(&self) -> Result<u64> {
        let mut total = 0;
        loop {
            let open = in_tx!(self, Read, tx => Ok(staff::unfinished(tx, 50).await?))?;
            let mut moved = 0;
            for left in open {
                let (groups, tasks) = in_tx!(self, Guarded, tx => Ok(staff::hand_over(
                    tx, left.workspace_id, left.id, left.successor_id, HAND_OVER_SLICE,
                ).await?))?;
                moved += groups + tasks;
            }
            if moved == 0 {
                return Ok(total);
            }
            total += moved;
        }
    }

    async fn leaver(&self, tx: &mut Tx, caller: &Caller, id: StaffId) -> Result<Staff> {
        let row = staff::get(tx, caller.workspace, id).await?;
        if row.left_at.is_some() {
            return Err(StaffError::Left.into());
        }
        if row.role == Role::Owner && staff::other_owners(tx, caller.workspace, id).await? == 0 {
            return Err(StaffError::LastOwner.into());
        }
        Ok(row)
    }

    async fn still_held(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Staff,
        now: Timestamp,
    ) -> Result<HandOver> {
        let listed = staff::listed(tx, caller.workspace, "", row.id).await?;
        let names = staff::groups(tx, caller.workspace, row.id, 20).await?;
        let idle = now.plus(-yutang_domain::staff::SESSION_IDLE);
        let sessions = session::list(tx, caller.workspace, row.id, now, idle).await?;
        Ok(HandOver {
            groups: listed.groups,
            group_names: names.into_iter().map(|g| g.name).collect(),
            tasks: listed.open_tasks,
            devices: listed.devices,
            sessions: i64::try_from(sessions.len()).unwrap_or(i64::MAX),
        })
    }

    async fn checked_successor(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Staff,
        successor: Option<StaffId>,
        moved: &HandOver,
    ) -> Result<Option<StaffId>> {
        let Some(id) = successor else {
            let nothing = moved.groups == 0 && moved.tasks == 0;
            return if nothing {
                Ok(None)
            } else {
                Err(StaffError::Successor.into())
            };
        };
        let to = staff::get(tx, caller.workspace, id).await?;
        if to.id == row.id || to.left_at.is_some() {
            return Err(StaffError::Successor.into());
        }
        if let Some(branch) = to.branch_id {
            let path = branch::get(tx, caller.workspace, branch).await?.path;
            if staff::groups_outside(tx, caller.workspace, row.id, &path).await? > 0 {
                return Err(StaffError::Successor.into());
            }
        }
        Ok(Some(id))
    }
}

/// What the audit log keeps of somebody who left.
#[derive(Serialize)]
struct Left {
    successor_id: Option<StaffId>,
    #[serde(flatten)]
    moved: HandOver,
}
