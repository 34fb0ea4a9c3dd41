//! A quarrel is not for a program alone: besides a word and a pause, a moderator is asked to look.
//! req: 000-003

use yutang_domain::{
    id::{MemberId, WorkspaceId},
    member::REDACTED,
    moderation::{Hit, HitKind, quarrel::WINDOW_MS},
    policy::Policy,
    task::{Level, TaskKind},
    time::{MINUTE, Timestamp},
};
use yutang_store::{Tx, group::Group, member, staff_task};

use super::{KEEPER, judge::Held};
use crate::{App, Result, task::NewTask};

/// The sentence of the task.
const WHAT: &str = "task.quarrel";
/// How soon a moderator looks, in milliseconds.
const LOOK_WITHIN: i64 = 30 * MINUTE;

/// Whether what was seen is a quarrel, whatever else weighs more.
pub(super) fn is_quarrel(hits: &[Hit], policy: &Policy) -> bool {
    let heat = hits.iter().filter(|hit| hit.kind == HitKind::Quarrel);
    heat.fold(0_i32, |sum, hit| sum.saturating_add(hit.weight)) >= policy.strictness.bar()
}

impl App {
    /// Asks whoever keeps a group to look at a quarrel, once for each: as long as the task is open,
    /// and while the heat lasts after it was done, the same two are in the same quarrel.
    pub(super) async fn ask_about_quarrel(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: &Group,
        held: &Held<'_>,
        now: Timestamp,
    ) -> Result<()> {
        let Some((other, since)) = held.quarrels else {
            return Ok(());
        };
        let name = self.called(tx, workspace, held.member).await?;
        let with = self.called(tx, workspace, other).await?;
        let (one, two) = (held.member.min(other), held.member.max(other));
        let begins = format!("quarrel:{}:{one}:{two}:", group.id);
        let lately = now.plus(-WINDOW_MS);
        if staff_task::is_about(tx, workspace, group.id, (WHAT, &begins), lately).await? {
            return Ok(());
        }
        let task = NewTask {
            level: Level::Warn,
            member: Some(held.member),
            assignee: self.in_charge(tx, workspace, group).await?,
            args: serde_json::json!({ "name": name, "with": with, "group": group.name }),
            minutes: 3,
            due_at: Some(now.plus(LOOK_WITHIN)),
            ..NewTask::new(
                TaskKind::Do,
                (WHAT, "task.why.quarrel"),
                since,
                format!("{begins}{}", since.ms()),
            )
            .in_group(group)
        };
        self.create_task_in(tx, workspace, task, &KEEPER, now)
            .await?;
        Ok(())
    }

    /// What a member is called before staff.
    async fn called(&self, tx: &mut Tx, workspace: WorkspaceId, id: MemberId) -> Result<String> {
        let row = member::get(tx, workspace, id).await?;
        Ok(if row.erased_at.is_some() {
            REDACTED.to_owned()
        } else {
            row.name
        })
    }
}
