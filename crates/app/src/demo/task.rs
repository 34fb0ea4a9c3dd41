//! The tasks that wait in the demo when it is first opened: one of each kind (trade.md 3).

use serde_json::json;
use yutang_channels::fake::{
    Planted, World,
    talk::{self, Topic},
};
use yutang_domain::{
    id::StaffId,
    task::{Level, TaskKind},
    time::{DAY, HOUR, MINUTE, Timestamp},
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
        TaskKind::Complaint => "task.why.complaint",
        TaskKind::Code => "demo.why.code",
        TaskKind::Do => "demo.why.do",
        TaskKind::Reply => "demo.why.reply",
        TaskKind::Appeal => "demo.why.appeal",
        TaskKind::Reconciliation => "demo.why.reconciliation",
        TaskKind::Hint => "demo.why.hint",
    }
}

impl Seed<'_> {
    /// Writes the waiting tasks.
    pub(super) async fn tasks(&self, tx: &mut Tx) -> Result<()> {
        let Some(planted) = self.world.planted() else {
            return Ok(());
        };
        let now = self.world.now();
        for task in self.waiting(planted, now) {
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

    /// Who complains, in which words, and which of them gave it away.
    fn complaint(&self, planted: &Planted) -> (String, &'static str, String) {
        let said = talk::phrases(Topic::Complaint)[0];
        let words = yutang_text::complaint::judge(said).map_or(Vec::new(), |found| found.words);
        let offset = planted.complainer - self.world.groups()[0].first;
        let name = self.world.roster(0).into_iter().nth(offset as usize);
        (
            name.map_or(String::new(), |person| person.name),
            said,
            words.join("、"),
        )
    }

    /// Position of somebody among the staff.
    fn called(&self, name: &str) -> Option<StaffId> {
        let place = self
            .world
            .staff()
            .iter()
            .position(|staff| staff.name == name)?;
        Some(self.staff[place])
    }

    fn waiting(&self, planted: &Planted, now: Timestamp) -> Vec<NewTask> {
        let hours = |h: i64| Some(h * HOUR);
        let mut tasks = vec![
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
            NewTask {
                member: Some(self.member(self.world.groups()[4].first + 30)),
                body: World::line("appeal").to_owned(),
                ..self.task(
                    (TaskKind::Appeal, Level::Normal),
                    Some(4),
                    "demo.task.appeal",
                    json!({}),
                    Time {
                        since: 55 * MINUTE,
                        due: hours(1),
                        minutes: 2,
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
        ];
        let (name, said, words) = self.complaint(planted);
        tasks.push(NewTask {
            member: Some(self.member(planted.complainer)),
            assignee: self.called("张丽"),
            body: World::line("apology").to_owned(),
            ..self.task(
                (TaskKind::Complaint, Level::Urgent),
                Some(0),
                "task.complaint",
                json!({ "words": words, "text": said, "name": name }),
                Time {
                    since: now.since(Planted::complained_at(now)),
                    due: Some(5 * MINUTE - now.since(Planted::complained_at(now))),
                    minutes: 5,
                },
            )
        });
        tasks.push(NewTask {
            member: Some(self.member(planted.asker)),
            assignee: self.called("吴桐"),
            ..self.task(
                (TaskKind::Reply, Level::Warn),
                Some(2),
                "demo.task.reply",
                json!({ "minutes": now.since(Planted::asked_at(now)) / MINUTE }),
                Time {
                    since: now.since(Planted::asked_at(now)),
                    due: Some(7 * MINUTE),
                    minutes: 1,
                },
            )
        });
        tasks
    }
}
