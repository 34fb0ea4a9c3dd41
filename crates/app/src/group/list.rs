//! Lists of groups, and of people in a group or in several.

use serde::Serialize;
use yutang_domain::{
    group::{Audience, Scene, Stage, Standing, View},
    health::HealthClass,
    id::{BranchId, GroupId, MemberId, StaffId},
    permission::Operation,
    time::{Period, Timestamp},
};
use yutang_store::{
    branch, channel_account,
    group::{self, Cursor, Filter, Group, Sort},
    health, membership_list,
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
    /// People who gave value in the last 28 days; `None` if the channel cannot show it.
    pub contributors: Option<i64>,
    /// Messages of each of the last 14 days, today last; `None` if the channel cannot show it.
    pub spark: Option<Vec<i64>>,
    /// Who is assigned to it.
    pub staff: Vec<Place<StaffId>>,
    /// Messages of the last 7 days; `None` if the channel cannot show it.
    pub messages_7d: Option<i64>,
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

/// Somebody in a group, or in several.
#[derive(Clone, Debug, Serialize)]
pub struct PersonInGroups {
    /// Who.
    pub member: Place<MemberId>,
    /// Which groups, since when.
    pub groups: Vec<(Place<GroupId>, Option<Timestamp>)>,
}

impl App {
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
            let next = rows.last().filter(|_| more).map(|row| Cursor {
                value: group::sort_value(row, query.sort),
                id: row.id,
            });
            let total = group::count(tx, caller.workspace, &filter, now, today).await?;
            let rows = self.dress(tx, caller, rows, now).await?;
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
            let mut rows = self.dress(tx, caller, vec![row], now).await?;
            rows.pop().ok_or_else(|| crate::AppError::internal("a row went missing"))
        })
    }

    async fn dress(
        &self,
        tx: &mut yutang_store::Tx,
        caller: &Caller,
        rows: Vec<Group>,
        now: Timestamp,
    ) -> Result<Vec<GroupRow>> {
        let workspace = caller.workspace;
        let today = caller.day(now);
        let ids: Vec<GroupId> = rows.iter().map(|row| row.id).collect();
        let period = |days: i64| Period::new(today.plus_days(1 - days), today.plus_days(1));
        let branches = branch::list(tx, workspace, "").await?;
        let accounts = channel_account::list(tx, workspace).await?;
        let spark = health::group_days(tx, workspace, &ids, period(SPARK_DAYS)?).await?;
        let givers = health::contributors(tx, workspace, &ids, period(28)?).await?;
        let staff = group::assignments(tx, workspace, &ids).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let account =
                    accounts.iter().find(|account| Some(account.id) == row.channel_account_id);
                let readable = account.is_none_or(|a| crate::channel::unreadable(a).is_none());
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
                        people.push(Place { id: one.staff_id, name: one.name.clone() });
                    }
                }
                GroupRow {
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
                    contributors: readable.then(|| {
                        givers.iter().find(|g| g.group_id == row.id).map_or(0, |g| g.contributors)
                    }),
                    messages_7d: readable.then(|| days[7..].iter().sum()),
                    spark: readable.then_some(days),
                    staff: people,
                    group: row,
                }
            })
            .collect())
    }

    /// People in more than one open group, by member. req: 003-112
    ///
    /// # Errors
    /// The database refused.
    pub async fn repeat_members(
        &self,
        caller: &Caller,
        after: Option<MemberId>,
        limit: usize,
    ) -> Result<Vec<PersonInGroups>> {
        caller.may(Operation::MemberRead)?;
        let prefix = caller.branch_prefix();
        let rows = in_tx!(self, Read, tx => {
            Ok(group::repeats(tx, caller.workspace, &prefix, after, limit).await?)
        })?;
        let mut people: Vec<PersonInGroups> = Vec::new();
        for row in rows {
            let place = (Place { id: row.group_id, name: row.group_name }, row.joined_at);
            match people.last_mut() {
                Some(person) if person.member.id == row.member_id => person.groups.push(place),
                _ => people.push(PersonInGroups {
                    member: Place { id: row.member_id, name: row.name },
                    groups: vec![place],
                }),
            }
        }
        Ok(people)
    }

    /// A page of the people in a group, by what they wrote.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn group_members(
        &self,
        caller: &Caller,
        id: GroupId,
        q: Option<&str>,
        role: Option<Standing>,
        (offset, limit): (usize, usize),
    ) -> Result<(Vec<membership_list::Person>, i64)> {
        caller.may(Operation::MemberRead)?;
        let terms = q.map(query_terms).unwrap_or_default();
        in_tx!(self, Read, tx => {
            self.group_in_scope(tx, caller, id).await?;
            let rows = membership_list::page(
                tx, caller.workspace, id, &terms, role, (offset, limit.clamp(1, 200)),
            ).await?;
            let total = membership_list::count(tx, caller.workspace, id, &terms, role).await?;
            Ok((rows, total))
        })
    }
}
