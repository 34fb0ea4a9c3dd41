//! Lists of people.

use std::collections::{HashMap, HashSet};

use yutang_domain::{
    id::{BranchId, GroupId, MemberId, TagId},
    member::{Activity, MemberRole, MemberView, PARTICIPANT_DAYS, roles},
    permission::Operation,
    time::Timestamp,
};
pub use yutang_store::member::list::{Cursor, Sort, sort_value};
use yutang_store::{
    Tx, branch,
    member::{self as store, list::Listed},
    tag::{self, Carried},
};
use yutang_text::search::query_terms;

use crate::{App, Caller, Result, macros::in_tx};

/// Lists are counted exactly up to here.
const COUNTED: usize = 10_000;

/// What a list of people is narrowed by, as an operator says it; `None` = any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberFilter {
    /// Name, pinyin, the last four digits of the phone number, a tag.
    pub q: Option<String>,
    /// Carries this tag.
    pub tag: Option<TagId>,
    /// Is in this group.
    pub group: Option<GroupId>,
    /// Is of this branch or below it.
    pub branch: Option<BranchId>,
    /// Has this role.
    pub role: Option<MemberRole>,
    /// One of the ready views.
    pub view: Option<MemberView>,
}

/// A person in a list.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// The figures.
    pub listed: Listed,
    /// Roles, by hand and computed.
    pub roles: Vec<MemberRole>,
    /// Tags.
    pub tags: Vec<Carried>,
    /// Whether another record looks like the same person.
    pub possible_duplicate: bool,
}

/// A page of people.
#[derive(Clone, Debug)]
pub struct MemberPage {
    /// The people.
    pub rows: Vec<MemberRow>,
    /// Where the next page begins.
    pub next: Option<Cursor>,
    /// How many there are, counted up to 10,001.
    pub counted: i64,
}

impl App {
    /// A page of people.
    ///
    /// # Errors
    /// The branch is not the caller's; the database refused.
    pub async fn members(
        &self,
        caller: &Caller,
        filter: &MemberFilter,
        (sort, after): (Sort, Option<&Cursor>),
        limit: usize,
    ) -> Result<MemberPage> {
        caller.may(Operation::MemberRead)?;
        let now = (self.now(), caller.day(self.now()));
        in_tx!(self, Read, tx => {
            let narrowed = self.narrowed(tx, caller, filter).await?;
            let workspace = caller.workspace;
            let counted =
                store::list::count(tx, workspace, &narrowed, now, COUNTED + 1).await?;
            let mut found = store::list::list(
                tx, workspace, &narrowed, now, (sort, after), (counted, limit + 1),
            ).await?;
            let next = (found.len() > limit).then(|| {
                found.truncate(limit);
                found.last().map(|last| Cursor { value: sort_value(last, sort), id: last.id })
            }).flatten();
            let rows = self.member_rows(tx, caller, found, now.0).await?;
            Ok(MemberPage { rows, next, counted })
        })
    }

    /// The ids of everybody a filter leaves, for what is done to all of them.
    pub(crate) async fn matching(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        filter: &MemberFilter,
        most: usize,
    ) -> Result<Vec<MemberId>> {
        let now = (self.now(), caller.day(self.now()));
        let narrowed = self.narrowed(tx, caller, filter).await?;
        let most_counted = i64::try_from(most).unwrap_or(i64::MAX);
        let found = store::list::list(
            tx,
            caller.workspace,
            &narrowed,
            now,
            (Sort::Name, None),
            (most_counted, most),
        )
        .await?;
        Ok(found.into_iter().map(|row| row.id).collect())
    }

    pub(crate) async fn narrowed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        filter: &MemberFilter,
    ) -> Result<store::list::Filter> {
        let mut paths = Vec::new();
        let prefix = caller.branch_prefix();
        if !prefix.is_empty() {
            paths.push(prefix);
        }
        if let Some(id) = filter.branch {
            let row = branch::get(tx, caller.workspace, id).await?;
            if !caller.actor.scope().covers(&row.path) {
                return Err(yutang_store::StoreError::NotFound("branch").into());
            }
            // Everybody of a branch is reached through its path, the root's included.
            if row.parent_id.is_some() {
                paths.push(row.path);
            }
        }
        let only = match filter.view {
            Some(MemberView::Duplicates) => Some(self.suggested(tx, caller).await?),
            Some(view) => match view.finding() {
                Some(finding) => Some(self.found(tx, caller, finding).await?),
                None => None,
            },
            None => None,
        };
        Ok(store::list::Filter {
            terms: rarest_first(filter.q.as_deref().map(query_terms).unwrap_or_default()),
            tag: filter.tag,
            group: filter.group,
            branch_paths: paths,
            role: filter.role,
            view: filter.view,
            only,
        })
    }

    async fn member_rows(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        listed: Vec<Listed>,
        now: Timestamp,
    ) -> Result<Vec<MemberRow>> {
        let ids: Vec<MemberId> = listed.iter().map(|row| row.id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut tags: HashMap<MemberId, Vec<Carried>> = HashMap::new();
        for carried in tag::carried(tx, caller.workspace, &ids).await? {
            tags.entry(carried.member_id).or_default().push(carried);
        }
        let mut given: HashMap<MemberId, Vec<MemberRole>> = HashMap::new();
        for role in store::given_roles(tx, caller.workspace, &ids).await? {
            given.entry(role.member_id).or_default().push(role.role);
        }
        let mut activity = activities(tx, caller, &ids, now).await?;
        let doubtful: HashSet<MemberId> = self.doubtful(tx, caller, &ids).await?;
        Ok(listed
            .into_iter()
            .map(|row| {
                let mut activity = activity.remove(&row.id).unwrap_or_default();
                activity.orders = row.order_count;
                activity.last_order_at = row.last_order_at;
                let by_hand = given.remove(&row.id).unwrap_or_default();
                MemberRow {
                    roles: roles_of(by_hand, &activity, now),
                    tags: tags.remove(&row.id).unwrap_or_default(),
                    possible_duplicate: doubtful.contains(&row.id),
                    listed: row,
                }
            })
            .collect())
    }
}

/// Longer terms belong to fewer people.
fn rarest_first(mut terms: Vec<String>) -> Vec<String> {
    terms.sort_by_key(|term| std::cmp::Reverse(term.chars().count()));
    terms
}

/// When people last wrote, without their orders.
pub(crate) async fn activities(
    tx: &mut Tx,
    caller: &Caller,
    ids: &[MemberId],
    now: Timestamp,
) -> Result<HashMap<MemberId, Activity>> {
    let since = caller.day(now).plus_days(-PARTICIPANT_DAYS);
    let rows = store::list::wrote(tx, caller.workspace, ids, since).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let at =
                |day: Option<yutang_domain::time::Date>| day.map(|day| caller.zone.start_of(day));
            let activity = Activity {
                last_message_at: at(row.last_day),
                last_valued_at: at(row.last_valued),
                ..Activity::default()
            };
            (row.member_id, activity)
        })
        .collect())
}

/// Roles by hand, then those computed: who runs a group may be its customer. req: 000-031
pub(crate) fn roles_of(
    given: impl IntoIterator<Item = MemberRole>,
    activity: &Activity,
    now: Timestamp,
) -> Vec<MemberRole> {
    let mut all: Vec<MemberRole> = given.into_iter().collect();
    all.extend(roles(activity, now));
    all
}
