//! People in groups: members, staff, and those in several.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::group::{Assignment, GroupMember, GroupMemberQuery, MemberSort, PersonInGroups};
use yutang_domain::{
    group::{Duty, Standing},
    id::{GroupId, MemberId, StaffId},
    member::MemberRole,
    time::Timestamp,
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Problem, Query, Total, named::Named, page::cursor,
    problem::Result,
};

/// Assignments of one group, at most.
const STAFF_MAX: usize = 100;

/// A tag on somebody.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MembershipTag {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// A word for its colour.
    pub color: String,
}

/// Who somebody in a group is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MembershipMember {
    /// Id.
    #[schema(value_type = String)]
    pub id: MemberId,
    /// Name.
    pub name: String,
    /// payer, participant, bystander, creator, manager, partner.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<MemberRole>,
    /// Tags.
    pub tags: Vec<MembershipTag>,
}

/// Somebody in a group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MembershipOut {
    /// Who.
    pub member: MembershipMember,
    /// The name carried in the group.
    pub card_name: String,
    /// owner, admin, member, staff or bot.
    #[schema(value_type = String)]
    pub role: Standing,
    /// Since when; null = the channel did not show it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub joined_at: Option<Timestamp>,
    /// First time seen.
    #[schema(value_type = String, format = DateTime)]
    pub first_seen_at: Timestamp,
    /// Last time seen.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
    /// When they went.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub left_at: Option<Timestamp>,
    /// Who brought them.
    pub inviter: Option<Named>,
    /// Messages in this group.
    pub messages: i64,
    /// Of these, giving value.
    pub valued: i64,
}

impl From<GroupMember> for MembershipOut {
    fn from(row: GroupMember) -> Self {
        let person = row.person;
        let tags = row.tags.into_iter().map(|tag| MembershipTag {
            id: tag.tag_id.to_string(),
            name: tag.name,
            color: tag.color,
        });
        let name = person.inviter_name.unwrap_or_default();
        Self {
            member: MembershipMember {
                id: person.member_id,
                name: person.name,
                roles: row.roles,
                tags: tags.collect(),
            },
            card_name: person.card_name,
            role: person.role,
            joined_at: person.joined_at,
            first_seen_at: person.first_seen_at,
            last_seen_at: person.last_seen_at,
            left_at: person.left_at,
            inviter: person.inviter_id.map(|id| Named {
                id: id.to_string(),
                name,
            }),
            messages: person.messages,
            valued: person.valued,
        }
    }
}

/// What the people of a group are sorted by; those who went come last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum MembershipSort {
    /// Who was seen last first.
    #[default]
    #[serde(rename = "-last_seen_at")]
    LastSeen,
    /// Who has not been seen for longest first.
    #[serde(rename = "last_seen_at")]
    Silent,
    /// By name.
    #[serde(rename = "name")]
    Name,
    /// Most messages first.
    #[serde(rename = "-messages")]
    Messages,
    /// Most messages of value first.
    #[serde(rename = "-valued")]
    Valued,
    /// Newest first.
    #[serde(rename = "-joined_at")]
    Joined,
}

impl From<MembershipSort> for MemberSort {
    fn from(sort: MembershipSort) -> Self {
        match sort {
            MembershipSort::LastSeen => Self::LastSeen,
            MembershipSort::Silent => Self::Silent,
            MembershipSort::Name => Self::Name,
            MembershipSort::Messages => Self::Messages,
            MembershipSort::Valued => Self::Valued,
            MembershipSort::Joined => Self::Joined,
        }
    }
}

/// Which people of a group are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct MembershipQuery {
    /// Words to search for.
    pub q: Option<String>,
    /// owner, admin, member, staff or bot.
    #[param(value_type = Option<String>)]
    pub role: Option<Standing>,
    /// Who comes first.
    #[param(inline)]
    pub sort: MembershipSort,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// The people of a group.
#[utoipa::path(
    get, path = "/groups/{id}/members", operation_id = "membership_list", tag = "group",
    params(("id" = String, Path, description = "Group"), MembershipQuery),
    extensions(("x-permission" = json!("member.read"))),
    responses((status = 200, body = List<MembershipOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Query(query): Query<MembershipQuery>,
) -> Result<Json<List<MembershipOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor,
    };
    let offset = page.after::<usize>()?.unwrap_or(0);
    let asked = GroupMemberQuery {
        q: query.q,
        role: query.role,
        sort: query.sort.into(),
        window: (offset, page.limit()),
    };
    let (rows, total) = state.app.group_members(&caller, id, &asked).await?;
    let items: Vec<MembershipOut> = rows.into_iter().map(MembershipOut::from).collect();
    Ok(Json(List {
        next: next_window(offset, items.len(), total),
        total: Total::of(total),
        items,
    }))
}

/// The cursor behind a window of a list of which `total` are counted.
pub(crate) fn next_window(offset: usize, shown: usize, total: i64) -> Option<String> {
    let end = offset + shown;
    let more = shown > 0 && i64::try_from(end).is_ok_and(|end| end < total);
    more.then(|| cursor(&end))
}

/// Who answers for what in a group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupStaffOut {
    /// Who.
    #[schema(value_type = String)]
    pub staff_id: StaffId,
    /// By name.
    pub name: String,
    /// host, service, admin, negotiation, supply, execution or specialist.
    #[schema(value_type = String)]
    pub duty: Duty,
}

impl From<Assignment> for GroupStaffOut {
    fn from(row: Assignment) -> Self {
        Self {
            staff_id: row.staff_id,
            name: row.name,
            duty: row.duty,
        }
    }
}

/// Who is to answer for what.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct GroupStaffIn {
    /// Who.
    #[schema(value_type = String)]
    pub staff_id: StaffId,
    /// host, service, admin, negotiation, supply, execution or specialist.
    #[schema(value_type = String)]
    pub duty: Duty,
}

/// Who answers for what in a group.
#[utoipa::path(
    get, path = "/groups/{id}/staff", operation_id = "group_staff_list", tag = "group",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = List<GroupStaffOut>))
)]
async fn staff(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
) -> Result<Json<List<GroupStaffOut>>> {
    let rows = state.app.group_staff(&caller, id).await?;
    Ok(Json(List::whole(
        rows.into_iter().map(GroupStaffOut::from).collect(),
    )))
}

/// Sets who answers for what in a group.
#[utoipa::path(
    put, path = "/groups/{id}/staff", operation_id = "group_staff_put", tag = "group",
    params(("id" = String, Path, description = "Group")),
    request_body = Vec<GroupStaffIn>,
    extensions(("x-permission" = json!("group.edit"))),
    responses((status = 200, body = List<GroupStaffOut>))
)]
async fn put_staff(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Json(given): Json<Vec<GroupStaffIn>>,
) -> Result<Json<List<GroupStaffOut>>> {
    if given.len() > STAFF_MAX {
        return Err(Problem::too_many("", STAFF_MAX));
    }
    let staff = given
        .into_iter()
        .map(|one| (one.staff_id, one.duty))
        .collect();
    let rows = state.app.assign_group_staff(&caller, id, staff).await?;
    Ok(Json(List::whole(
        rows.into_iter().map(GroupStaffOut::from).collect(),
    )))
}

/// A group that somebody is in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RepeatGroup {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub joined_at: Option<Timestamp>,
}

/// Somebody in several groups.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RepeatMemberOut {
    /// Who.
    pub member: Named,
    /// In which.
    pub groups: Vec<RepeatGroup>,
}

impl From<PersonInGroups> for RepeatMemberOut {
    fn from(person: PersonInGroups) -> Self {
        let groups = person
            .groups
            .into_iter()
            .map(|(place, joined_at)| RepeatGroup {
                id: place.id.to_string(),
                name: place.name,
                joined_at,
            });
        Self {
            member: person.member.into(),
            groups: groups.collect(),
        }
    }
}

/// People in more than one open group.
#[utoipa::path(
    get, path = "/groups/repeat-members", operation_id = "group_repeat_members", tag = "group",
    params(Page),
    extensions(("x-permission" = json!("member.read"))),
    responses((status = 200, body = List<RepeatMemberOut>))
)]
async fn repeats(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(page): Query<Page>,
) -> Result<Json<List<RepeatMemberOut>>> {
    let after: Option<MemberId> = page.after()?;
    let limit = page.limit();
    let mut rows = state.app.repeat_members(&caller, after, limit + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let total = state.app.count_repeat_members(&caller).await?;
    Ok(Json(List {
        next: rows
            .last()
            .filter(|_| more)
            .map(|person| cursor(&person.member.id)),
        total: Total::of(total),
        items: rows.into_iter().map(RepeatMemberOut::from).collect(),
    }))
}

/// The routes of people in groups.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(staff, put_staff))
        .routes(routes!(repeats))
}
