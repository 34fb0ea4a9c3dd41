//! Lists of groups.

use std::collections::HashMap;

use serde::Serialize;
use yutang_domain::{
    group::{Audience, Scene, Stage, View},
    health::{HealthClass, Sight},
    id::{BranchId, GroupId, StaffId},
    permission::Operation,
    time::{Date, Period, Timestamp},
};
use yutang_store::{
    alarm, branch, channel_account,
    group::{self, Cursor, Filter, Group, Sort},
    health,
};
use yutang_text::search::query_terms;

use crate::{App, Caller, Result, health::StoredHealth, macros::in_tx};

/// Days of the spark line.
const SPARK_DAYS: i64 = 14;

/// What a list of groups is asked with.
#[derive(Clone, Debug, Default)]
pub struct GroupQuery {
    /// Words to search for.
    pub q: Option<String>,
    /// A branch and all below it.
    pub branch: Option<BranchId>,
    /// Customer, product, knowledge.
    pub audience: Option<Audience>,
    /// The use it is put to.
    pub scene: Option<Scene>,
    /// Stage of life.
    pub stage: Option<Stage>,
    /// Health class.
    pub health: Option<HealthClass>,
    /// One of the saved views.
    pub view: Option<View>,
    /// Assigned to this member of staff.
    pub staff: Option<StaffId>,
    /// Archived groups instead of open ones.
    pub archived: bool,
    /// What it is sorted by.
    pub sort: Sort,
    /// Behind this row.
    pub after: Option<Cursor>,
    /// Rows at most.
    pub limit: usize,
}

/// A name with its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place<I> {
    /// Its id.
    pub id: I,
    /// Its name.
    pub name: String,
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct GroupRow {
    /// The group.
    pub group: Group,
    /// Its branch.
    pub branch: Place<BranchId>,
    /// Profile of the account it is seen through.
    pub profile: Option<String>,
    /// Its health as last judged.
    pub health: StoredHealth,
    /// People who gave value in the 28 days before the class was judged; `None` if the channel cannot show it.
    pub contributors: Option<i64>,
    /// Messages of each of the last 14 days, today last; `None` if the channel cannot show it.
    pub spark: Option<Vec<i64>>,
    /// Who is assigned to it.
    pub staff: Vec<Place<StaffId>>,
    /// Messages of the last 7 days; `None` if the channel cannot show it.
    pub messages_7d: Option<i64>,
    /// Why the texts cannot be read, as a code; `None` if they can.
    pub unreadable: Option<&'static str>,
    /// Whether sales posts are to wait because somebody complains in it.
    pub sales_paused: bool,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct GroupPage {
    /// Its rows.
    pub rows: Vec<GroupRow>,
    /// Where it goes on.
    pub next: Option<Cursor>,
    /// How many there are in all.
    pub total: i64,
}

impl App {
    /// All groups of a query, for a spreadsheet; its place and limit do not count.
    ///
    /// # Errors
    /// A branch named is out of reach.
    pub async fn export_groups(
        &self,
        caller: &Caller,
        query: &GroupQuery,
    ) -> Result<Vec<GroupRow>> {
        caller.may(Operation::GroupExport)?;
        let mut query = GroupQuery {
            after: None,
            limit: 200,
            ..query.clone()
        };
        let mut all = Vec::new();
        loop {
            let page = self.groups(caller, &query).await?;
            all.extend(page.rows);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// A page of groups.
    ///
    /// # Errors
    /// A branch named is out of reach.
    pub async fn groups(&self, caller: &Caller, query: &GroupQuery) -> Result<GroupPage> {
        caller.may(Operation::GroupRead)?;
        let now = self.now();
        let today = caller.day(now);
        let limit = query.limit.clamp(1, 200);
        in_tx!(self, Read, tx => {
            let branch_path = match query.branch {
                Some(id) => {
                    let row = branch::get(tx, caller.workspace, id).await?;
                    if !caller.actor.scope().covers(&row.path) {
                        return Err(yutang_store::StoreError::NotFound("branch").into());
                    }
                    row.path
                }
                None => caller.branch_prefix(),
            };
            let filter = Filter {
                terms: query.q.as_deref().map(query_terms).unwrap_or_default(),
                branch_path,
                audience: query.audience,
                scene: query.scene,
                stage: query.stage,
                health: query.health,
                view: query.view,
                staff: query.staff,
                archived: query.archived,
            };
            let mut rows = group::list(
                tx, caller.workspace, &filter, (now, today),
                (query.sort, query.after.as_ref()), limit + 1,
            ).await?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = match rows.last().filter(|_| more) {
                Some(row) => {
                    let messages = match query.sort {
                        Sort::Messages7d => said_lately(tx, caller, row.id, today).await?,
                        _ => 0,
                    };
                    let value = group::sort_value(row, query.sort, messages);
                    Some(Cursor { value, id: row.id })
                }
                None => None,
            };
            let total = group::count(tx, caller.workspace, &filter, now, today).await?;
            let rows = self.dress_groups(tx, caller, rows, now).await?;
            Ok(GroupPage { rows, next, total })
        })
    }

    /// One group with what a row of the list shows.
    ///
    /// # Errors
    /// It is out of reach.
    pub async fn group(&self, caller: &Caller, id: GroupId) -> Result<GroupRow> {
        caller.may(Operation::GroupRead)?;
        let now = self.now();
        in_tx!(self, Read, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            let mut rows = self.dress_groups(tx, caller, vec![row], now).await?;
            rows.pop().ok_or_else(|| crate::AppError::internal("a row went missing"))
        })
    }

    async fn dress_groups(
        &self,
        tx: &mut yutang_store::Tx,
        caller: &Caller,
        rows: Vec<Group>,
        now: Timestamp,
    ) -> Result<Vec<GroupRow>> {
        let workspace = caller.workspace;
        let today = caller.day(now);
        let ids: Vec<GroupId> = rows.iter().map(|row| row.id).collect();
        let branches = branch::list(tx, workspace, "").await?;
        let accounts = channel_account::list(tx, workspace).await?;
        let spark = health::group_days(
            tx,
            workspace,
            &ids,
            Period::new(today.plus_days(1 - SPARK_DAYS), today.plus_days(1))?,
        )
        .await?;
        let staff = group::assignments(tx, workspace, &ids).await?;
        let alarmed = alarm::alarmed(tx, workspace, &ids).await?;
        let sights: HashMap<GroupId, Sight> = self
            .sights(tx, caller, &health::Span::Groups(ids))
            .await?
            .into_iter()
            .map(|(group, sight)| (group.group_id, sight))
            .collect();
        Ok(rows
            .into_iter()
            .map(|row| {
                let account = accounts
                    .iter()
                    .find(|account| Some(account.id) == row.channel_account_id);
                let unreadable = sights.get(&row.id).and_then(|sight| sight.texts);
                let readable = unreadable.is_none();
                let days: Vec<i64> = (0..SPARK_DAYS)
                    .map(|index| {
                        let day = today.plus_days(index + 1 - SPARK_DAYS);
                        spark
                            .iter()
                            .find(|d| d.group_id == row.id && d.day == day)
                            .map_or(0, |d| d.messages)
                    })
                    .collect();
                let mut people: Vec<Place<StaffId>> = Vec::new();
                for one in staff.iter().filter(|s| s.group_id == row.id) {
                    if people.iter().all(|p| p.id != one.staff_id) {
                        people.push(Place {
                            id: one.staff_id,
                            name: one.name.clone(),
                        });
                    }
                }
                GroupRow {
                    sales_paused: alarmed.contains(&row.id),
                    branch: Place {
                        id: row.branch_id,
                        name: branches
                            .iter()
                            .find(|b| b.id == row.branch_id)
                            .map(|b| b.name.clone())
                            .unwrap_or_default(),
                    },
                    profile: account.map(|a| a.profile.clone()),
                    health: StoredHealth::of(&row),
                    contributors: row.givers.filter(|_| readable),
                    messages_7d: readable.then(|| days[7..].iter().sum()),
                    spark: readable.then_some(days),
                    staff: people,
                    unreadable,
                    group: row,
                }
            })
            .collect())
    }
}

/// Messages of a group's last seven days.
async fn said_lately(
    tx: &mut yutang_store::Tx,
    caller: &Caller,
    id: GroupId,
    today: Date,
) -> Result<i64> {
    let week = Period::new(today.plus_days(-6), today.plus_days(1))?;
    let days = health::group_days(tx, caller.workspace, &[id], week).await?;
    Ok(days.iter().map(|day| day.messages).sum())
}
