//! 社群日报: what the day before came to, told at nine where staff talk.
//!
//! The figures are those of the reports, asked for once. The line is a hint for whoever looks at
//! Today, ready to paste; robots of the whole organisation tell of it as they tell of any task, so
//! it is said once a day however often anybody looks.

use std::collections::HashSet;

use yutang_domain::{
    actor::Actor,
    digest::{self as rules, Digest, Growth, Part, Sold, Spoken, Store, Undone},
    permission::Operation,
    task::{TaskKind, TaskState},
    time::{Date, Period, Timestamp, Zone},
};
use yutang_store::{
    Tx, alarm, appeal, branch,
    health::{self, Span},
    robot, staff_task,
    workspace::{self, Workspace},
};

use crate::{
    App, Caller, Result,
    health::Seen,
    macros::in_tx,
    task::{NewTask, named},
    text::Locale,
};

/// Who writes it.
const WRITER: Actor = Actor::System("digest");
/// Tasks that are looked at for what was not done.
const TASKS: usize = 500;
/// Appeals are counted up to here.
const APPEALS: usize = 1_000;
/// For how many days an old one that nobody ticked off is looked for.
const OLD: i64 = 7;
/// The sentence of its task.
pub(crate) const WHAT: &str = "task.digest";

impl App {
    /// What a day came to; yesterday unless another is named.
    ///
    /// # Errors
    /// The caller may not see figures; the database refused.
    pub async fn digest(&self, caller: &Caller, day: Option<Date>) -> Result<Digest> {
        caller.may(Operation::ReportRead)?;
        let now = self.now();
        let day = day.unwrap_or_else(|| caller.day(now).plus_days(-1));
        in_tx!(self, Read, tx => self.digest_in(tx, caller, day, now).await)
    }

    async fn digest_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        day: Date,
        now: Timestamp,
    ) -> Result<Digest> {
        let (house, prefix) = (caller.workspace, caller.branch_prefix());
        let period = Period::new(day, day.plus_days(1))?;
        let bounds = (
            caller.zone.start_of(period.from),
            caller.zone.start_of(period.to),
        );
        let sold = if health::has_orders(tx, house).await? {
            let that_day = health::sales(tx, house, &prefix, period).await?;
            let before = Period::new(day.plus_days(-7), day.plus_days(-6))?;
            let week_before = health::sales(tx, house, &prefix, before).await?;
            Some(Sold {
                sales_minor: that_day.sales_minor,
                orders: that_day.orders,
                week_before_minor: week_before.sales_minor,
            })
        } else {
            None
        };
        let span = Span::Below(prefix.clone());
        let Seen { spoken, sight } = self.seen_of(tx, caller, &span).await?;
        let growth = if sight.joins.is_none() && sight.leaves.is_none() {
            let traffic = health::traffic(tx, house, &span, period).await?;
            Some(Growth {
                joined: traffic.iter().map(|day| day.joined).sum(),
                left: traffic.iter().map(|day| day.departed).sum(),
            })
        } else {
            None
        };
        let said = if sight.texts.is_none() {
            let days = health::days(tx, house, &spoken, period).await?;
            Some(Spoken {
                speakers: days.iter().map(|day| day.active).sum(),
                members: health::members(tx, house, &spoken, bounds).await?,
            })
        } else {
            None
        };
        let seen = branch::list(tx, house, &prefix).await?;
        let mut stores: Vec<Store> = health::branch_sales(tx, house, period)
            .await?
            .into_iter()
            .filter(|row| row.sales_minor > 0)
            .filter_map(|row| {
                let branch = seen.iter().find(|branch| branch.id == row.branch_id)?;
                Some(Store {
                    branch: branch.id,
                    name: branch.name.clone(),
                    sales_minor: row.sales_minor,
                })
            })
            .collect();
        stores.sort_by_key(|store| (std::cmp::Reverse(store.sales_minor), store.branch));
        let open = appeal::Filter {
            open: Some(true),
            branch_prefix: prefix.clone(),
            after: None,
        };
        let appeals = appeal::count(tx, house, &open, APPEALS).await?;
        let standing = alarm::standing(tx, house, &prefix, now).await?;
        let late = staff_task::Filter {
            open: Some(true),
            kind: Some(TaskKind::Do),
            branch_prefix: prefix,
            own: caller.actor.staff_id(),
            ..staff_task::Filter::default()
        };
        let mut tasks = staff_task::list(tx, house, &late, TASKS).await?;
        tasks.retain(|task| task.due_at.is_some_and(|due| due < bounds.1));
        let undone = named(tx, caller, tasks)
            .await?
            .into_iter()
            .map(|task| Undone {
                task: task.row.id,
                group: task.group_name,
                who: task.assignee_name,
            })
            .collect();
        Ok(Digest {
            day,
            sold,
            growth,
            spoken: said,
            stores,
            undone,
            complaints: standing.alarms,
            appeals,
        })
    }

    /// Has every organisation with robots of its own told what yesterday came to, from nine on and
    /// once a day; says how many were. Run by a sweep.
    ///
    /// # Errors
    /// The database refused.
    pub async fn tell_digests(&self) -> Result<u64> {
        let posts = in_tx!(self, Read, tx => Ok(robot::posts(tx).await?))?;
        let houses: HashSet<_> = posts
            .iter()
            .filter(|post| post.path.is_none())
            .map(|post| post.workspace_id)
            .collect();
        let mut told = 0;
        for id in houses {
            let house = in_tx!(self, Read, tx => Ok(workspace::get(tx, id).await?))?;
            told += u64::from(self.tell_digest(&house).await?);
        }
        Ok(told)
    }

    async fn tell_digest(&self, house: &Workspace) -> Result<bool> {
        let now = self.now();
        let zone = Zone::from_name(&house.zone)?;
        let Some(day) = rules::due(&zone, now) else {
            return Ok(false);
        };
        let caller = Caller::new(house, WRITER, "digest", "digest")?;
        let known = in_tx!(self, Read, tx => {
            Ok(staff_task::find_by_dedup(tx, house.id, &dedup(day)).await?)
        })?;
        if known.is_some() {
            return Ok(false);
        }
        let digest = self.digest(&caller, Some(day)).await?;
        let locale: Locale = house.locale.parse().unwrap_or_default();
        let (title, lines) = written(locale, &digest, &caller);
        in_tx!(self, Write, tx => {
            for before in 1..=OLD {
                let old = dedup(day.plus_days(-before));
                self.close_task_in(tx, house.id, &old, TaskState::Withdrawn, &WRITER, now).await?;
            }
            let task = NewTask {
                args: serde_json::json!({ "title": title }),
                body: std::iter::once(title.as_str())
                    .chain(lines.iter().map(String::as_str))
                    .collect::<Vec<_>>()
                    .join("|"),
                ..NewTask::new(TaskKind::Hint, (WHAT, "task.why.digest"), now, dedup(day))
            };
            Ok(self.create_task_in(tx, house.id, task, &WRITER, now).await?.is_some())
        })
    }
}

/// The same day makes one task.
fn dedup(day: Date) -> String {
    format!("digest:{day}")
}

/// A digest in words: its title, and a line for each part.
pub fn written(locale: Locale, digest: &Digest, caller: &Caller) -> (String, Vec<String>) {
    let (_, month, day) = digest.day.parts();
    let weekday = locale.word("digest.weekday", &digest.day.weekday().to_string());
    let date = locale.say(
        "digest.date",
        &[("month", &month.to_string()), ("day", &day.to_string())],
    );
    let title = locale.say("digest.title", &[("date", &date), ("weekday", &weekday)]);
    let lines = digest
        .parts(caller.currency)
        .into_iter()
        .map(|part| line(locale, part))
        .collect();
    (title, lines)
}

fn line(locale: Locale, (code, mut args): Part) -> String {
    if let Some(weekday) = args.get_mut("weekday") {
        let word = locale.word("digest.weekday", weekday.as_str().unwrap_or_default());
        *weekday = word.into();
    }
    locale.sentence(code, &args)
}
