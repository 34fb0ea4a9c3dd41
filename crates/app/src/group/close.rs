//! Closing groups, and bringing them back.

use yutang_channels::Wish;
use yutang_domain::{
    event::EventKind,
    group::{GroupError, Stage},
    id::GroupId,
    permission::Operation,
    task::{TaskKind, TaskState},
    time::{DAY, Timestamp},
};
use yutang_store::{
    Tx,
    group::{self, Group},
};

use crate::{App, Caller, Result, audit::Change, macros::in_tx, reach::Wanted, task::NewTask};

/// How a group is closed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Closing<'a> {
    /// Why.
    pub reason: &'a str,
    /// A last word in the group; empty = none.
    pub farewell: &'a str,
    /// Whether a person is asked to dissolve it on its network, which no program can take back.
    pub dissolve: bool,
}

impl App {
    /// Closes a group: nothing is lost, it only leaves the daily lists.
    ///
    /// # Errors
    /// [`GroupError::Archived`] if it is closed already.
    pub async fn archive_group(&self, caller: &Caller, id: GroupId, reason: &str) -> Result<Group> {
        let closing = Closing {
            reason,
            ..Closing::default()
        };
        self.close_group(caller, id, closing).await
    }

    /// Closes a group with a last word, said by the channel where it can and by a person where it
    /// cannot, and asks a person to dissolve it if so wished. req: 000-004
    ///
    /// # Errors
    /// [`GroupError::Archived`] if it is closed already.
    pub async fn close_group(
        &self,
        caller: &Caller,
        id: GroupId,
        closing: Closing<'_>,
    ) -> Result<Group> {
        caller.may(Operation::GroupArchive)?;
        let now = self.now();
        let farewell = closing.farewell.trim();
        in_tx!(self, Write, tx => {
            let row = self.set_archived(tx, caller, id, Some(closing.reason), now).await?;
            if !farewell.is_empty() {
                self.say_farewell(tx, caller, &row, farewell, now).await?;
            }
            if closing.dissolve {
                self.ask_to_dissolve(tx, caller, &row, now).await?;
            }
            Ok(row)
        })
    }

    async fn say_farewell(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        text: &str,
        now: Timestamp,
    ) -> Result<()> {
        let wanted = Wanted {
            wish: Wish::Post {
                group: row.external_id.clone().unwrap_or_default(),
                text: text.to_owned(),
                reply_to: None,
            },
            member: None,
            at: now,
            cause: None,
        };
        let dedup = format!("farewell:{}:{}", row.id, now.ms());
        let ask = NewTask::in_place_of(&wanted.wish, "", now, dedup);
        self.do_or_ask(tx, caller, row, wanted, ask, now).await?;
        Ok(())
    }

    async fn ask_to_dissolve(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        now: Timestamp,
    ) -> Result<()> {
        let sentences = ("task.dissolve_group", "task.why.dissolve");
        let task = NewTask {
            args: serde_json::json!({ "group": row.name }),
            minutes: 2,
            due_at: Some(now.plus(3 * DAY)),
            ..NewTask::new(TaskKind::Do, sentences, now, dissolving(row.id, now)).in_group(row)
        };
        self.create_task_in(tx, caller.workspace, task, &caller.actor, now)
            .await?;
        Ok(())
    }

    /// Brings a closed group back; nobody is asked any more to dissolve it.
    ///
    /// # Errors
    /// [`GroupError::NotArchived`] if it is open.
    pub async fn restore_group(&self, caller: &Caller, id: GroupId) -> Result<Group> {
        caller.may(Operation::GroupArchive)?;
        let now = self.now();
        in_tx!(self, Write, tx => self.set_archived(tx, caller, id, None, now).await)
    }

    pub(crate) async fn set_archived(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: GroupId,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Group> {
        let (mut row, _) = self.group_in_scope(tx, caller, id).await?;
        match (reason, row.archived_at) {
            (Some(_), Some(_)) => return Err(GroupError::Archived.into()),
            (None, None) => return Err(GroupError::NotArchived.into()),
            _ => {}
        }
        let before = row.archived_at;
        if let (None, Some(closed)) = (reason, before) {
            self.close_task_in(
                tx,
                caller.workspace,
                &dissolving(id, closed),
                TaskState::Withdrawn,
                &caller.actor,
                now,
            )
            .await?;
        }
        row.archived_at = reason.map(|_| now);
        row.archive_reason = reason.map(str::to_owned);
        if reason.is_some() && !row.stage_by_hand {
            row.stage = Stage::End;
        }
        row.health_at = None;
        row.updated_at = now;
        group::update(tx, caller.workspace, &row).await?;
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: if reason.is_some() {
                    "group.archive"
                } else {
                    "group.restore"
                },
                subject: format!("group:{id}"),
                subject_name: &row.name,
                undoable: true,
            },
            Some(&before),
            Some(&row.archived_at),
        )
        .await?;
        let what = if reason.is_some() {
            EventKind::GroupArchived
        } else {
            EventKind::GroupRestored
        };
        self.group_fact(tx, caller, what, &row, now).await?;
        Ok(row)
    }
}

/// The name of the task that asks to dissolve a group closed at an instant.
fn dissolving(group: GroupId, closed: Timestamp) -> String {
    format!("dissolve:{group}:{}", closed.ms())
}
