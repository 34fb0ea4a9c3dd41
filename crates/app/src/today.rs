//! Today: what needs me now, in the fixed order of trade.md 3.

use serde::Serialize;
use serde_json::json;
use yutang_domain::{
    id::{GroupId, MemberId, StaffTaskId},
    permission::Operation,
    task::{Level, TaskKind},
    time::{DAY, Period, Timestamp},
};
use yutang_store::{Tx, alarm, group, health, order, staff_task};

use crate::{App, Caller, Result, group::Place, health::Seen, macros::in_tx, task::named};

/// A group this close to its capacity is about to fill (trade.md 4: codes move on at 190 of 200).
const ROOM_LEFT: i64 = 13;
/// Minutes that looking after a code takes.
const CODE_MINUTES: i64 = 2;
/// Tasks that one day can hold; more than anybody can do.
const TASKS: usize = 500;

/// What can be done about an item with one tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TodayAction {
    /// Mark the task as done.
    Done,
    /// Hand it to somebody else.
    HandOver,
    /// Say why it cannot be done.
    Impossible,
    /// Answer it where its case is shown.
    Answer,
    /// Go to the group.
    OpenGroup,
}

/// A line of Today.
#[derive(Clone, Debug, Serialize)]
pub struct TodayItem {
    /// Its id: of the task, or of what it is about.
    pub id: String,
    /// What it is about.
    pub kind: TaskKind,
    /// How pressing it is.
    pub level: Level,
    /// Until when.
    pub due_at: Option<Timestamp>,
    /// Since when.
    pub since_at: Option<Timestamp>,
    /// In which group.
    pub group: Option<Place<GroupId>>,
    /// About whom.
    pub member: Option<Place<MemberId>>,
    /// Code of the sentence.
    pub sentence: String,
    /// Its arguments.
    pub args: serde_json::Value,
    /// Text ready to paste.
    pub body: String,
    /// At most two.
    pub actions: Vec<TodayAction>,
    /// The task behind it.
    pub task_id: Option<StaffTaskId>,
    /// How long it takes, in minutes.
    pub minutes: i64,
}

/// Sales of today beside the same weekday before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TodaySales {
    /// Amount in minor units so far.
    pub amount_minor: i64,
    /// Orders so far.
    pub orders: i64,
    /// Amount a week ago, the whole day.
    pub previous_weekday_minor: i64,
    /// Amount a week ago up to the same hour.
    pub previous_so_far_minor: i64,
}

/// What members wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TodayAlarms {
    /// Complaints that are open.
    pub open: i64,
    /// Of these, told to the region and taken up by nobody.
    pub escalated: i64,
    /// Questions that have waited longer than they should.
    pub waiting: i64,
}

/// What needs me now.
#[derive(Clone, Debug, Serialize)]
pub struct Today {
    /// When it was worked out.
    pub as_of: Timestamp,
    /// Items in the order they are to be dealt with.
    pub items: Vec<TodayItem>,
    /// How long all of it takes, in minutes.
    pub minutes: i64,
    /// Sales; `None` if the caller may not see them.
    pub sales: Option<TodaySales>,
    /// Complaints that are open; `None` if the caller may not see them.
    pub alarms: Option<TodayAlarms>,
    /// People who came yesterday; `None` where nothing shows it.
    pub arrivals: Option<i64>,
    /// People who went yesterday.
    pub leavers: Option<i64>,
    /// People who wrote yesterday; `None` where the channels do not show it.
    pub speakers: Option<i64>,
}

impl App {
    /// What needs the caller now.
    ///
    /// # Errors
    /// The database refused.
    pub async fn today(&self, caller: &Caller) -> Result<Today> {
        caller.may(Operation::TodayRead)?;
        let now = self.now();
        let today = caller.day(now);
        let prefix = caller.branch_prefix();
        in_tx!(self, Read, tx => {
            let mut items = self.open_tasks(tx, caller, &prefix).await?;
            items.extend(codes(tx, caller, &prefix, now).await?);
            items.sort_by_key(|item| {
                let due = item.due_at.map_or(i64::MAX, Timestamp::ms);
                (item.kind, item.level, due, item.id.clone())
            });
            let day = Period::new(today, today.plus_days(1))?;
            let sales = if caller.may(Operation::ReportRead).is_ok() {
                let present = health::sales(tx, caller.workspace, &prefix, day).await?;
                let week_ago = Period::new(today.plus_days(-7), today.plus_days(-6))?;
                let before = health::sales(tx, caller.workspace, &prefix, week_ago).await?;
                let so_far = caller.zone.start_of(today.plus_days(-7)).plus(now.since(caller.zone.start_of(today)));
                let previous_so_far_minor =
                    order::sold_until(tx, caller.workspace, &prefix, (today.plus_days(-7), so_far)).await?;
                Some(TodaySales {
                    amount_minor: present.sales_minor,
                    orders: present.orders,
                    previous_weekday_minor: before.sales_minor,
                    previous_so_far_minor,
                })
            } else {
                None
            };
            let alarms = if caller.may(Operation::AlarmRead).is_ok() {
                let standing = alarm::standing(tx, caller.workspace, &prefix, now).await?;
                Some(TodayAlarms {
                    open: standing.alarms,
                    escalated: standing.escalated,
                    waiting: standing.waiting,
                })
            } else {
                None
            };
            let span = health::Span::Below(prefix.clone());
            let yesterday = Period::new(today.plus_days(-1), today)?;
            let traffic = health::traffic(tx, caller.workspace, &span, yesterday).await?;
            let Seen { spoken, sight } = self.seen_of(tx, caller, &span).await?;
            let days = health::days(tx, caller.workspace, &spoken, yesterday).await?;
            Ok(Today {
                as_of: now,
                minutes: items.iter().map(|item| item.minutes).sum(),
                items,
                sales,
                alarms,
                arrivals: sight.joins.is_none().then(|| traffic.iter().map(|t| t.joined).sum()),
                leavers: sight.leaves.is_none().then(|| traffic.iter().map(|t| t.departed).sum()),
                speakers: sight.texts.is_none().then(|| days.iter().map(|d| d.active).sum()),
            })
        })
    }

    async fn open_tasks(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        prefix: &str,
    ) -> Result<Vec<TodayItem>> {
        let filter = staff_task::Filter {
            open: Some(true),
            branch_prefix: prefix.to_owned(),
            own: caller.actor.staff_id(),
            ..staff_task::Filter::default()
        };
        let rows = staff_task::list(tx, caller.workspace, &filter, TASKS).await?;
        Ok(named(tx, caller, rows)
            .await?
            .into_iter()
            .map(|task| {
                let row = task.row;
                let actions = match row.kind {
                    TaskKind::Hint => vec![TodayAction::Done],
                    TaskKind::Appeal if caller.may(Operation::ModerationDecide).is_ok() => {
                        vec![TodayAction::Answer, TodayAction::HandOver]
                    }
                    TaskKind::Appeal => vec![TodayAction::HandOver],
                    _ => vec![TodayAction::Done, TodayAction::HandOver],
                };
                TodayItem {
                    id: row.id.to_string(),
                    kind: row.kind,
                    level: row.level,
                    due_at: row.due_at,
                    since_at: Some(row.since_at),
                    group: row.group_id.map(|id| Place {
                        id,
                        name: task.group_name.unwrap_or_default(),
                    }),
                    member: row.member_id.map(|id| Place {
                        id,
                        name: task.member_name.unwrap_or_default(),
                    }),
                    sentence: row.what,
                    args: serde_json::from_str(&row.args).unwrap_or_default(),
                    body: row.body,
                    actions,
                    task_id: Some(row.id),
                    minutes: row.minutes,
                }
            })
            .collect())
    }
}

/// Codes that are about to fill or to end.
async fn codes(
    tx: &mut Tx,
    caller: &Caller,
    prefix: &str,
    now: Timestamp,
) -> Result<Vec<TodayItem>> {
    let rows = group::filling(tx, caller.workspace, prefix, ROOM_LEFT, now.plus(DAY)).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let ends = row.code_expires_at.filter(|at| *at < now.plus(DAY));
            let over = ends.is_some_and(|at| at < now);
            TodayItem {
                id: format!("code:{}", row.id),
                kind: TaskKind::Code,
                level: if over { Level::Urgent } else { Level::Warn },
                due_at: ends,
                since_at: None,
                group: Some(Place {
                    id: row.id,
                    name: row.name,
                }),
                member: None,
                sentence: match (ends, over) {
                    (Some(_), true) => "today.code_ended",
                    (Some(_), false) => "today.code_ends",
                    (None, _) => "today.code_fills",
                }
                .to_owned(),
                args: json!({ "members": row.members, "capacity": row.capacity, "at": ends }),
                body: String::new(),
                actions: vec![TodayAction::OpenGroup],
                task_id: None,
                minutes: CODE_MINUTES,
            }
        })
        .collect())
}
