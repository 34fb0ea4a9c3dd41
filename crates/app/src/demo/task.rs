//! The tasks that wait in the demo when it is first opened and that no verb makes yet (trade.md 3);
//! the others come from what happened ([`super::history`]).

use serde_json::json;
use yutang_channels::fake::{Planted, World};
use yutang_domain::{
    id::StaffId,
    task::{Level, TaskKind},
    time::{DAY, HOUR},
};
use yutang_store::Tx;

use super::{ACTOR, seed::Seed};
use crate::{Result, task::NewTask};

/// When each is due, counted from now, and how long it takes.
struct Time {
    since: i64,
    due: Option<i64>,
    minutes: i64,
}

/// Code of the sentence that says why there is a task of a kind.
const fn why_of(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Reconciliation => "demo.why.reconciliation",
        TaskKind::Hint => "demo.why.hint",
        _ => "demo.why.do",
    }
}

impl Seed<'_> {
    /// Writes the waiting tasks.
    pub(super) async fn tasks(&self, tx: &mut Tx) -> Result<()> {
        let Some(planted) = self.world.planted() else {
            return Ok(());
        };
        let now = self.world.now();
        for task in self.waiting(planted) {
            self.app
                .create_task_in(tx, self.workspace, task, &ACTOR, now)
                .await?;
        }
        Ok(())
    }

    fn task(
        &self,
        (kind, level): (TaskKind, Level),
        group: Option<usize>,
        what: &'static str,
        args: serde_json::Value,
        time: Time,
    ) -> NewTask {
        let now = self.world.now();
        NewTask {
            level,
            group: group.map(|number| self.groups[number]),
            args,
            minutes: time.minutes,
            due_at: time.due.map(|after| now.plus(after)),
            ..NewTask::new(
                kind,
                (what, why_of(kind)),
                now.plus(-time.since),
                format!("demo:{what}"),
            )
        }
    }

    /// Position of somebody among the staff.
    pub(super) fn called(&self, name: &str) -> Option<StaffId> {
        let place = self
            .world
            .staff()
            .iter()
            .position(|staff| staff.name == name)?;
        Some(self.staff[place])
    }

    fn waiting(&self, planted: &Planted) -> Vec<NewTask> {
        let hours = |h: i64| Some(h * HOUR);
        vec![
            NewTask {
                assignee: self.called("李娜"),
                body: World::line("broadcast").to_owned(),
                ..self.task(
                    (TaskKind::Do, Level::Warn),
                    Some(8),
                    "demo.task.broadcast",
                    json!({ "groups": 12, "sent": 9 }),
                    Time {
                        since: 5 * HOUR,
                        due: hours(2),
                        minutes: 3,
                    },
                )
            },
            NewTask {
                body: World::line("farewell").to_owned(),
                ..self.task(
                    (TaskKind::Do, Level::Normal),
                    Some(planted.past_end()),
                    "demo.task.past_end",
                    json!({ "days": 12 }),
                    Time {
                        since: 12 * DAY,
                        due: hours(30),
                        minutes: 4,
                    },
                )
            },
            self.task(
                (TaskKind::Reconciliation, Level::Normal),
                None,
                "demo.task.reconciliation",
                json!({ "orders": 3, "amount_minor": 5_480 }),
                Time {
                    since: 20 * HOUR,
                    due: hours(8),
                    minutes: 3,
                },
            ),
            self.task(
                (TaskKind::Hint, Level::Normal),
                Some(planted.short_staffed()),
                "demo.task.short_staffed",
                json!({ "staff": self.world.groups()[planted.short_staffed()].staff.len() }),
                Time {
                    since: DAY,
                    due: None,
                    minutes: 1,
                },
            ),
        ]
    }
}
