//! People in groups: members, staff, and those in several.

use axum::{extract::State, response::Response};
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
    ApiState, At, Auth, Json, List, Page, Problem, Query, Total,
    export::{Column, ExportQuery, Wanted, Writer, line, table},
    named::{Named, unknown},
    page::cursor,
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
    /// Messages in this group; null = the channel cannot show it.
    pub messages: Option<i64>,
    /// Of these, giving value; null = the channel cannot show it.
    pub valued: Option<i64>,
    /// Why the messages are not known, as a word of the catalogue `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl MembershipOut {
    fn of(row: GroupMember, unreadable: Option<&str>) -> Self {
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
            messages: Some(person.messages).filter(|_| unreadable.is_none()),
            valued: Some(person.valued).filter(|_| unreadable.is_none()),
            unknown: unreadable.map(unknown),
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

/// Whether people are still in a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Those who are in it.
    Here,
    /// Those who went.
    Left,
    /// Both.
    #[default]
    All,
}

impl From<Presence> for Option<bool> {
    fn from(presence: Presence) -> Self {
        match presence {
            Presence::Here => Some(true),
            Presence::Left => Some(false),
            Presence::All => None,
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
    /// Those who are in the group (here), those who went (left), or all of them.
    #[param(inline)]
    pub presence: Presence,
    /// Who comes first. Where messages are not known, they do not sort.
    #[param(inline)]
    pub sort: MembershipSort,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl MembershipQuery {
    fn asked(self, window: (usize, usize)) -> GroupMemberQuery {
        GroupMemberQuery {
            q: self.q,
            role: self.role,
            present: self.presence.into(),
            sort: self.sort.into(),
            window,
        }
    }
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
        cursor: query.cursor.clone(),
    };
    let offset = page.after::<usize>()?.unwrap_or(0);
    let asked = query.asked((offset, page.limit()));
    let found = state.app.group_members(&caller, id, &asked).await?;
    let items: Vec<MembershipOut> = found
        .people
        .into_iter()
        .map(|row| MembershipOut::of(row, found.unreadable))
        .collect();
    Ok(Json(List {
        next: next_window(offset, items.len(), found.total),
        total: Total::of(found.total),
        items,
    }))
}

const COLUMNS: [Column; 12] = [
    ("id", "export.id"),
    ("name", "member.name"),
    ("card_name", "export.card_name"),
    ("role", "group.standing"),
    ("tags", "member.tags"),
    ("joined_at", "group.joined"),
    ("first_seen_at", "export.first_seen"),
    ("last_seen_at", "member.last_seen"),
    ("left_at", "export.left_at"),
    ("inviter", "group.inviter"),
    ("messages", "export.messages"),
    ("valued", "export.valued"),
];

fn cells(write: &Writer, row: MembershipOut) -> String {
    line([
        row.member.id.to_string(),
        row.member.name,
        row.card_name,
        write.word("group.standing", row.role.as_str()),
        write.list(row.member.tags.iter().map(|tag| tag.name.as_str())),
        write.time(row.joined_at),
        write.time(Some(row.first_seen_at)),
        write.time(row.last_seen_at),
        write.time(row.left_at),
        row.inviter.map(|inviter| inviter.name).unwrap_or_default(),
        write.known(row.messages),
        write.known(row.valued),
    ])
}

/// The people of a group as a table.
#[utoipa::path(
    get, path = "/groups/{id}/members/export.csv", operation_id = "membership_export", tag = "group",
    params(("id" = String, Path, description = "Group"), MembershipQuery, ExportQuery),
    extensions(("x-permission" = json!("member.export"))),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn export(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Query(query): Query<MembershipQuery>,
    wanted: Wanted,
) -> Result<Response> {
    let asked = query.asked((0, 0));
    let found = state.app.export_group_members(&caller, id, &asked).await?;
    let write = Writer::new(wanted, &caller);
    let mut text = write.head(&COLUMNS);
    for row in found.people {
        text.push_str(&cells(&write, MembershipOut::of(row, found.unreadable)));
    }
    Ok(table("group-members.csv", text))
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
        .routes(routes!(export))
        .routes(routes!(staff, put_staff))
        .routes(routes!(repeats))
}
