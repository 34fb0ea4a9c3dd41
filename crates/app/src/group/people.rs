//! People in a group, or in several.

use std::collections::HashMap;

use serde::Serialize;
use yutang_domain::{
    group::Standing,
    id::{GroupId, MemberId},
    member::MemberRole,
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    group, member,
    membership_list::{self, Person, Sort},
    tag::{self, Carried},
};
use yutang_text::search::query_terms;

use crate::{
    App, Caller, Result,
    group::Place,
    macros::in_tx,
    member::list::{activities, roles_of},
};

/// People are counted exactly up to here.
const COUNTED: usize = 10_000;

/// Somebody in several groups.
#[derive(Clone, Debug, Serialize)]
pub struct PersonInGroups {
    /// Who.
    pub member: Place<MemberId>,
    /// Which groups, since when.
    pub groups: Vec<(Place<GroupId>, Option<Timestamp>)>,
}

/// Somebody in a group, with what is known of them elsewhere.
#[derive(Clone, Debug)]
pub struct GroupMember {
    /// The membership.
    pub person: Person,
    /// Roles, by hand and computed.
    pub roles: Vec<MemberRole>,
    /// Tags.
    pub tags: Vec<Carried>,
}

/// What the people of a group are narrowed by.
#[derive(Clone, Debug, Default)]
pub struct GroupMemberQuery {
    /// Words to search for.
    pub q: Option<String>,
    /// What they are in the group.
    pub role: Option<Standing>,
    /// Those present (true), those who went (false).
    pub present: Option<bool>,
    /// What they are sorted by.
    pub sort: Sort,
    /// How many are left out, and how many are shown at most.
    pub window: (usize, usize),
}

/// A page of the people of a group.
#[derive(Clone, Debug)]
pub struct GroupMemberPage {
    /// The people.
    pub people: Vec<GroupMember>,
    /// How many there are in all.
    pub total: i64,
    /// Why their messages are not known, as a code; `None` if they are.
    pub unreadable: Option<&'static str>,
}

impl App {
    /// People in more than one open group, by member, and how many there are.
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
            let place = (
                Place {
                    id: row.group_id,
                    name: row.group_name,
                },
                row.joined_at,
            );
            match people.last_mut() {
                Some(person) if person.member.id == row.member_id => person.groups.push(place),
                _ => people.push(PersonInGroups {
                    member: Place {
                        id: row.member_id,
                        name: row.name,
                    },
                    groups: vec![place],
                }),
            }
        }
        Ok(people)
    }

    /// How many people are in more than one open group, counted up to 10,001.
    ///
    /// # Errors
    /// The database refused.
    pub async fn count_repeat_members(&self, caller: &Caller) -> Result<i64> {
        caller.may(Operation::MemberRead)?;
        let prefix = caller.branch_prefix();
        in_tx!(self, Read, tx => {
            Ok(group::count_repeats(tx, caller.workspace, &prefix, COUNTED + 1).await?)
        })
    }

    /// A page of the people in a group, those present first. Where the channel cannot read texts,
    /// nobody's messages are told, not even by the order of the list.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn group_members(
        &self,
        caller: &Caller,
        id: GroupId,
        query: &GroupMemberQuery,
    ) -> Result<GroupMemberPage> {
        caller.may(Operation::MemberRead)?;
        let now = self.now();
        let workspace = caller.workspace;
        let terms = query.q.as_deref().map(query_terms).unwrap_or_default();
        let filter = membership_list::Filter {
            group: id,
            terms,
            role: query.role,
            present: query.present,
        };
        in_tx!(self, Read, tx => {
            let (group, _) = self.group_in_scope(tx, caller, id).await?;
            let unreadable = self.unreadable(tx, caller, &group).await?;
            let sort = match (unreadable, query.sort) {
                (Some(_), Sort::Messages | Sort::Valued) => Sort::default(),
                (_, sort) => sort,
            };
            let rows = membership_list::page(tx, workspace, &filter, sort, query.window).await?;
            let total = membership_list::count(tx, workspace, &filter).await?;
            let ids: Vec<MemberId> = rows.iter().map(|row| row.member_id).collect();
            if ids.is_empty() {
                return Ok(GroupMemberPage { people: Vec::new(), total, unreadable });
            }
            let mut tags: HashMap<MemberId, Vec<Carried>> = HashMap::new();
            for carried in tag::carried(tx, workspace, &ids).await? {
                tags.entry(carried.member_id).or_default().push(carried);
            }
            let mut given: HashMap<MemberId, Vec<MemberRole>> = HashMap::new();
            for role in member::given_roles(tx, workspace, &ids).await? {
                given.entry(role.member_id).or_default().push(role.role);
            }
            let records = member::listed(tx, workspace, &ids).await?;
            let mut wrote = activities(tx, caller, &ids, now).await?;
            let people = rows
                .into_iter()
                .map(|person| {
                    let id = person.member_id;
                    let mut activity = wrote.remove(&id).unwrap_or_default();
                    if let Some(record) = records.iter().find(|record| record.id == id) {
                        activity.orders = record.order_count;
                        activity.last_order_at = record.last_order_at;
                    }
                    GroupMember {
                        roles: roles_of(given.remove(&id).unwrap_or_default(), &activity, now),
                        tags: tags.remove(&id).unwrap_or_default(),
                        person,
                    }
                })
                .collect();
            Ok(GroupMemberPage { people, total, unreadable })
        })
    }
}
