//! What became of a broadcast: by region, store and person, group by group, and what it brought.

use serde::Serialize;
use yutang_domain::{
    broadcast::{BroadcastError, Fate, NUDGE_SPAN, NUDGES, RESULT_SPAN},
    id::{BranchId, BroadcastId, GroupId, StaffId, kind},
    permission::Operation,
    robot::Occasion,
};
pub use yutang_store::broadcast::{Reached, TargetFilter};
use yutang_store::{
    broadcast as rows,
    broadcast::USUAL,
    robot::{self, NewLine},
};

use crate::{App, Caller, Result, audit::Change, macros::in_tx, robot::nearest};

/// A line of the board: a person in a store in a region, or the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoardLine {
    /// The region.
    pub region: (BranchId, String),
    /// The store.
    pub branch: (BranchId, String),
    /// Who is to send; `None` = the channel, or nobody.
    pub staff: Option<(StaffId, String)>,
    /// Groups that it was to come to: all but those left out.
    pub due: i64,
    /// Groups in which it stands.
    pub sent: i64,
    /// Groups in which it does not yet.
    pub unsent: i64,
    /// Groups in which it never will.
    pub failed: i64,
    /// Groups left out.
    pub skipped: i64,
}

/// A page of groups.
#[derive(Clone, Debug)]
pub struct TargetPage {
    /// What became of it in each.
    pub items: Vec<Reached>,
    /// Where the next page begins.
    pub next: Option<GroupId>,
}

/// What a broadcast brought in the day after, beside the same groups' usual days: means of the 28
/// days before, rounded. req: 003-110
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Groups in which it stands.
    pub groups: i64,
    /// Of these, groups whose day is not over yet.
    pub running: i64,
    /// Messages of members, and on a usual day.
    pub messages: (i64, i64),
    /// Orders placed in these groups, and on a usual day.
    pub orders: (i64, i64),
    /// What those orders came to in minor units, and on a usual day.
    pub amount_minor: (i64, i64),
    /// People who left, and on a usual day.
    pub leavers: (i64, i64),
    /// What one person of these groups bought in the 28 days before, in minor units: what a leaver
    /// is reckoned at until a lifetime value is known. `None` without people.
    pub worth_minor: Option<i64>,
    /// Amount above a usual day, less what leavers above a usual day are reckoned at, in minor
    /// units.
    pub net_minor: Option<i64>,
}

/// The mean of a day, rounded.
const fn usual(sum: i64) -> i64 {
    let days = USUAL / RESULT_SPAN;
    (sum + days / 2) / days
}

impl App {
    /// The board of a broadcast.
    ///
    /// # Errors
    /// It is out of reach.
    pub async fn broadcast_board(
        &self,
        caller: &Caller,
        id: BroadcastId,
    ) -> Result<Vec<BoardLine>> {
        caller.may(Operation::BroadcastRead)?;
        in_tx!(self, Read, tx => {
            self.broadcast_in_scope(tx, caller, id).await?;
            let found = rows::board(tx, caller.workspace, id, &caller.branch_prefix()).await?;
            let mut lines: Vec<BoardLine> = Vec::new();
            for one in found {
                let staff = one.assignee_id.zip(one.assignee_name);
                let branch = (one.branch_id, one.branch_name);
                if lines.last().is_none_or(|line| line.branch != branch || line.staff != staff) {
                    lines.push(BoardLine {
                        region: (one.region_id, one.region_name),
                        branch,
                        staff,
                        due: 0,
                        sent: 0,
                        unsent: 0,
                        failed: 0,
                        skipped: 0,
                    });
                }
                let Some(line) = lines.last_mut() else { continue };
                match one.fate {
                    Fate::Skipped => line.skipped += one.n,
                    Fate::Sent => line.sent += one.n,
                    Fate::Failed | Fate::Stopped => line.failed += one.n,
                    Fate::Held | Fate::Sending | Fate::Asked => line.unsent += one.n,
                }
                line.due = line.sent + line.unsent + line.failed;
            }
            Ok(lines)
        })
    }

    /// What became of a broadcast, group by group.
    ///
    /// # Errors
    /// It is out of reach.
    pub async fn broadcast_targets(
        &self,
        caller: &Caller,
        id: BroadcastId,
        filter: &TargetFilter,
        limit: usize,
    ) -> Result<TargetPage> {
        caller.may(Operation::BroadcastRead)?;
        let filter = TargetFilter {
            branch_path: caller.branch_prefix(),
            ..filter.clone()
        };
        in_tx!(self, Read, tx => {
            self.broadcast_in_scope(tx, caller, id).await?;
            let mut items = rows::targets(tx, caller.workspace, id, &filter, limit + 1).await?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next = items.last().filter(|_| more).map(|row| row.group_id);
            Ok(TargetPage { items, next })
        })
    }

    /// What a broadcast brought.
    ///
    /// # Errors
    /// It is out of reach; the caller may not see figures.
    pub async fn broadcast_outcome(&self, caller: &Caller, id: BroadcastId) -> Result<Outcome> {
        caller.may(Operation::ReportRead)?;
        let now = self.now();
        in_tx!(self, Read, tx => {
            self.broadcast_in_scope(tx, caller, id).await?;
            let effects = rows::effects(tx, caller.workspace, id).await?;
            let mut outcome = Outcome { groups: effects.len() as i64, ..Outcome::default() };
            let (mut people, mut bought) = (0, 0);
            for one in &effects {
                outcome.running += i64::from(now < one.sent_at.plus(RESULT_SPAN));
                outcome.messages.0 += one.messages;
                outcome.messages.1 += one.messages_before;
                outcome.orders.0 += one.orders;
                outcome.orders.1 += one.orders_before;
                outcome.amount_minor.0 += one.amount_minor;
                outcome.amount_minor.1 += one.amount_before_minor;
                outcome.leavers.0 += one.leavers;
                outcome.leavers.1 += one.leavers_before;
                people += one.people;
                bought += one.amount_before_minor;
            }
            for pair in [
                &mut outcome.messages,
                &mut outcome.orders,
                &mut outcome.amount_minor,
                &mut outcome.leavers,
            ] {
                pair.1 = usual(pair.1);
            }
            outcome.worth_minor = (people > 0).then(|| bought / people);
            outcome.net_minor = outcome.worth_minor.map(|worth| {
                let above = outcome.amount_minor.0 - outcome.amount_minor.1;
                above - worth * (outcome.leavers.0 - outcome.leavers.1).max(0)
            });
            Ok(outcome)
        })
    }

    /// Reminds whoever has not sent, in their staff chats; says how many tasks that were.
    ///
    /// # Errors
    /// [`BroadcastError::Nudged`], [`BroadcastError::NobodyLate`].
    pub async fn nudge_broadcast(&self, caller: &Caller, id: BroadcastId) -> Result<usize> {
        caller.may(Operation::BroadcastEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = self.broadcast_in_scope(tx, caller, id).await?;
            let workspace = caller.workspace;
            let late = rows::late_tasks(tx, workspace, id, &caller.branch_prefix()).await?;
            if late.is_empty() {
                return Err(BroadcastError::NobodyLate.into());
            }
            let often = (now.plus(-NUDGE_SPAN), NUDGES);
            let actor = caller.actor.to_string();
            let nudged = rows::nudge(tx, workspace, id, often, (now, late.len()), &actor).await?;
            let number = nudged.ok_or(BroadcastError::Nudged)?;
            let mut posts = robot::posts(tx).await?;
            posts.retain(|post| post.workspace_id == workspace);
            let occasion = Occasion::Nudged(u32::try_from(number).unwrap_or(u32::MAX)).to_string();
            for task in &late {
                for post in nearest(&posts, Some(&task.path), task.created_at) {
                    let line = NewLine {
                        id: self.ids().next::<kind::RobotLine>()?,
                        robot: post.id,
                        task: task.id,
                        occasion: &occasion,
                        assignee: task.assignee_id,
                        next_at: now,
                        at: now,
                    };
                    robot::insert_line(tx, workspace, &line).await?;
                }
            }
            self.audited(tx, caller, now, Change {
                operation: "broadcast.nudge",
                subject: format!("broadcast:{id}"),
                subject_name: &row.name,
                undoable: false,
            }, None::<&()>, Some(&late.len())).await?;
            Ok(late.len())
        })
    }
}
