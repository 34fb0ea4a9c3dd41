//! What was done with tasks, taken back from the audit log.

use yutang_domain::task::{TaskError, TaskState};
use yutang_store::Tx;

use super::{Snapshot, visible};
use crate::{App, Caller, Result};

impl App {
    /// Takes back `task.done` and `task.impossible` from the audit log.
    ///
    /// # Errors
    /// [`TaskError`].
    pub(crate) async fn undo_task_end(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        subject: &str,
    ) -> Result<()> {
        let id = subject.trim_start_matches("staff_task:").parse()?;
        let now = self.now();
        self.reopen_in(tx, caller, id, now).await.map(|_| ())
    }

    /// Takes back `task.hand_over` from the audit log.
    ///
    /// # Errors
    /// [`TaskError::NotOpen`].
    pub(crate) async fn undo_task_hand_over(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let id = subject.trim_start_matches("staff_task:").parse()?;
        let was: Snapshot = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let present = visible(tx, caller, id).await?;
        if present.state != TaskState::Open {
            return Err(TaskError::NotOpen(present.state).into());
        }
        let mut row = present.clone();
        row.assignee_id = was.assignee;
        let now = self.now();
        self.change_task(tx, caller, "task.hand_over", &present, &row, now)
            .await
    }
}
