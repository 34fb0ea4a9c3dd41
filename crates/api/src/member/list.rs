//! Lists of members, suggestions of duplicates, timelines, tagging of many.

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    duplicate::Suggestion,
    member::list::{Cursor, MemberFilter, MemberRow, Sort},
    tag::{TagRef, Whom},
    timeline::{After, Happened},
};
use yutang_domain::{
    id::{BranchId, GroupId, MemberId, TagId},
    member::{MemberRole, MemberView, Phone},
    time::Timestamp,
};

use super::out::MemberName;
use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total,
    export::{Column, ExportQuery, Wanted, Writer, line, table},
    page::cursor,
    problem::Result,
    tag::TagOut,
};

/// What a list of members is narrowed and sorted by.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct MemberQuery {
    /// Name, pinyin, the last four digits of the phone number, a tag.
    pub q: Option<String>,
    /// Carries this tag.
    #[param(value_type = Option<String>)]
    pub tag: Option<TagId>,
    /// Is in this group.
    #[param(value_type = Option<String>)]
    pub group: Option<GroupId>,
    /// Is of this branch or below it.
    #[param(value_type = Option<String>)]
    pub branch: Option<BranchId>,
    /// payer, participant, bystander, creator, manager or partner.
    #[param(value_type = Option<String>)]
    pub role: Option<MemberRole>,
    /// new_7d, several_groups, repeat_buyers, one_order, no_orders, silent_30d, duplicates,
    /// same_inviter_burst, connectors or slipping.
    #[param(value_type = Option<String>)]
    pub view: Option<MemberView>,
    /// name, -last_seen_at, -amount_minor, -orders or -joined_at.
    #[param(inline)]
    pub sort: SortBy,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// What a list of members is narrowed by.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct MemberFilterIn {
    /// Name, pinyin, the last four digits of the phone number, a tag.
    pub q: Option<String>,
    /// Carries this tag.
    #[schema(value_type = Option<String>)]
    pub tag: Option<TagId>,
    /// Is in this group.
    #[schema(value_type = Option<String>)]
    pub group: Option<GroupId>,
    /// Is of this branch or below it.
    #[schema(value_type = Option<String>)]
    pub branch: Option<BranchId>,
    /// payer, participant, bystander, creator, manager or partner.
    #[schema(value_type = Option<String>)]
    pub role: Option<MemberRole>,
    /// One of the ready views.
    #[schema(value_type = Option<String>)]
    pub view: Option<MemberView>,
}

/// What a list of members is sorted by.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
pub enum SortBy {
    /// By name.
    #[default]
    #[serde(rename = "name")]
    Name,
    /// Last seen first.
    #[serde(rename = "-last_seen_at")]
    Seen,
    /// Highest amount first.
    #[serde(rename = "-amount_minor")]
    Amount,
    /// Most orders first.
    #[serde(rename = "-orders")]
    Orders,
    /// Newest first.
    #[serde(rename = "-joined_at")]
    Joined,
}

impl From<SortBy> for Sort {
    fn from(sort: SortBy) -> Self {
        match sort {
            SortBy::Name => Self::Name,
            SortBy::Seen => Self::Seen,
            SortBy::Amount => Self::Amount,
            SortBy::Orders => Self::Orders,
            SortBy::Joined => Self::Joined,
        }
    }
}

impl MemberQuery {
    fn filter(&self) -> MemberFilter {
        MemberFilter {
            q: self.q.clone().filter(|q| !q.trim().is_empty()),
            tag: self.tag,
            group: self.group,
            branch: self.branch,
            role: self.role,
            view: self.view,
        }
    }
}

impl From<MemberFilterIn> for MemberFilter {
    fn from(given: MemberFilterIn) -> Self {
        Self {
            q: given.q.filter(|q| !q.trim().is_empty()),
            tag: given.tag,
            group: given.group,
            branch: given.branch,
            role: given.role,
            view: given.view,
        }
    }
}

/// A member in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MemberRowOut {
    /// The record that stands for the person.
    #[schema(value_type = String)]
    pub id: MemberId,
    /// Name.
    pub name: String,
    /// creator, manager, partner, payer, participant, bystander.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<MemberRole>,
    /// Tags.
    pub tags: Vec<TagOut>,
    /// Groups they are in.
    pub groups: i64,
    /// Last sign of life.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
    /// Paid orders.
    pub orders: i64,
    /// What all orders came to, minor units.
    pub amount_minor: i64,
    /// When they came.
    #[schema(value_type = String, format = DateTime)]
    pub joined_at: Timestamp,
    /// Whether another record looks like the same person.
    pub possible_duplicate: bool,
}

impl From<MemberRow> for MemberRowOut {
    fn from(row: MemberRow) -> Self {
        Self {
            id: row.listed.id,
            name: row.listed.name,
            roles: row.roles,
            tags: row
                .tags
                .into_iter()
                .map(|t| TagOut {
                    id: t.tag_id,
                    name: t.name,
                    color: t.color,
                })
                .collect(),
            groups: row.listed.group_count,
            last_seen_at: row.listed.last_seen_at,
            orders: row.listed.order_count,
            amount_minor: row.listed.amount_minor,
            joined_at: row.listed.joined_at,
            possible_duplicate: row.possible_duplicate,
        }
    }
}

/// A page of members.
#[utoipa::path(
    get, path = "/members", operation_id = "member_list", tag = "member",
    params(MemberQuery),
    extensions(("x-permission" = json!("member.read"))),
    responses((status = 200, body = List<MemberRowOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<MemberQuery>,
) -> Result<Json<List<MemberRowOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let after = page
        .after::<(String, MemberId)>()?
        .map(|(value, id)| Cursor { value, id });
    let found = state
        .app
        .members(
            &caller,
            &query.filter(),
            (query.sort.into(), after.as_ref()),
            page.limit(),
        )
        .await?;
    Ok(Json(List {
        items: found.rows.into_iter().map(Into::into).collect(),
        next: found.next.map(|next| cursor(&(next.value, next.id))),
        total: Total::of(found.counted),
    }))
}

const COLUMNS: [Column; 10] = [
    ("id", "export.id"),
    ("name", "member.name"),
    ("phone", "export.phone"),
    ("roles", "member.roles"),
    ("tags", "member.tags"),
    ("groups", "export.groups"),
    ("orders", "member.orders"),
    ("amount_minor", "export.amount"),
    ("joined_at", "member.joined"),
    ("last_seen_at", "member.last_seen"),
];

fn cells(
    write: &Writer,
    MemberRow {
        listed,
        roles,
        tags,
        ..
    }: &MemberRow,
) -> String {
    let phone = listed.phone.as_deref().and_then(Phone::parse);
    line([
        listed.id.to_string(),
        listed.name.clone(),
        phone.map(|phone| phone.masked()).unwrap_or_default(),
        write.words("member.role", roles.iter().map(|role| role.as_str())),
        write.list(tags.iter().map(|tag| tag.name.as_str())),
        listed.group_count.to_string(),
        listed.order_count.to_string(),
        write.money(listed.amount_minor),
        write.time(Some(listed.joined_at)),
        write.time(listed.last_seen_at),
    ])
}

/// The members a filter leaves, as a table. Phone numbers are masked.
#[utoipa::path(
    get, path = "/members/export.csv", operation_id = "member_export_list", tag = "member",
    params(MemberQuery, ExportQuery),
    extensions(("x-permission" = json!("member.export"))),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn export(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<MemberQuery>,
    wanted: Wanted,
) -> Result<Response> {
    let rows = state.app.export_members(&caller, &query.filter()).await?;
    let write = Writer::new(wanted, &caller);
    let mut text = write.head(&COLUMNS);
    for row in &rows {
        text.push_str(&cells(&write, row));
    }
    Ok(table("members.csv", text))
}

/// People to be tagged: by ids, or by a filter.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkTagIn {
    /// These people.
    #[schema(value_type = Option<Vec<String>>)]
    pub ids: Option<Vec<MemberId>>,
    /// Everybody this filter leaves, at most 10,000.
    pub filter: Option<MemberFilterIn>,
    /// The tag, by id or name; a name that is new makes a tag.
    pub tag: String,
    /// Whether the tag is taken away.
    #[serde(default)]
    pub remove: bool,
}

/// Whether only to look.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PreviewQuery {
    /// True: say what would change, and change nothing.
    pub preview: bool,
}

/// What tagging many did, or would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BulkTagOut {
    /// People who change.
    pub members: usize,
    /// People who stay as they are.
    pub unchanged: usize,
    /// Some of those who change.
    pub sample: Vec<MemberName>,
    /// Whether it can be taken back.
    pub undoable: bool,
}

/// Puts a tag on many people, or takes it from them.
#[utoipa::path(
    post, path = "/members/bulk/tags", operation_id = "member_tag_many", tag = "member",
    params(PreviewQuery),
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 200, body = BulkTagOut))
)]
async fn tag_many(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<PreviewQuery>,
    Json(body): Json<BulkTagIn>,
) -> Result<Json<BulkTagOut>> {
    let whom = match (body.ids, body.filter) {
        (Some(ids), _) => Whom::Ids(ids),
        (None, Some(filter)) => Whom::Filter(filter.into()),
        (None, None) => Whom::Ids(Vec::new()),
    };
    let tag = match body.tag.parse::<TagId>() {
        Ok(id) => TagRef::Id(id),
        Err(_) => TagRef::Name(body.tag),
    };
    let done = state
        .app
        .tag_members(&caller, &whom, &tag, !body.remove, query.preview)
        .await?;
    Ok(Json(BulkTagOut {
        members: done.members,
        unchanged: done.unchanged,
        sample: done.sample.into_iter().map(Into::into).collect(),
        undoable: true,
    }))
}

/// A sentence: a key of the catalogues and what stands in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReasonOut {
    /// Key.
    pub code: String,
    /// What stands in it.
    pub args: serde_json::Value,
}

/// Two records that may be one person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DuplicateOut {
    /// The record that may be the same person.
    pub member: MemberName,
    /// The record it is held against.
    pub other: MemberName,
    /// Why.
    pub reasons: Vec<ReasonOut>,
    /// How much speaks for it, 0 to 1.
    pub score: f64,
}

impl DuplicateOut {
    fn of(found: Suggestion, turned: bool) -> Self {
        let (member, other) = if turned {
            (found.other, found.member)
        } else {
            (found.member, found.other)
        };
        Self {
            member: member.into(),
            other: other.into(),
            reasons: found
                .candidate
                .reasons
                .iter()
                .map(|reason| ReasonOut {
                    code: format!("member.duplicate.{reason}"),
                    args: serde_json::json!({}),
                })
                .collect(),
            score: f64::from(found.candidate.score) / 100.0,
        }
    }
}

/// Who may be the same person as this one, likeliest first.
#[utoipa::path(
    get, path = "/members/{id}/duplicates", operation_id = "member_duplicates_of", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.read"))),
    responses((status = 200, body = List<DuplicateOut>))
)]
async fn duplicates_of(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
) -> Result<Json<List<DuplicateOut>>> {
    let found = state.app.duplicates_of(&caller, id).await?;
    Ok(Json(List::whole(
        found
            .into_iter()
            .map(|f| DuplicateOut::of(f, true))
            .collect(),
    )))
}

/// Everybody who may be recorded twice, likeliest first.
#[utoipa::path(
    get, path = "/members/duplicates", operation_id = "member_duplicates", tag = "member",
    params(Page),
    extensions(("x-permission" = json!("member.read"))),
    responses((status = 200, body = List<DuplicateOut>))
)]
async fn duplicates(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(page): Query<Page>,
) -> Result<Json<List<DuplicateOut>>> {
    let from = page.after::<usize>()?.unwrap_or(0);
    let all = state.app.duplicates(&caller).await?;
    let total = Total::of(i64::try_from(all.len()).unwrap_or(i64::MAX));
    let until = from.saturating_add(page.limit());
    let next = (until < all.len()).then(|| cursor(&until));
    let items = all
        .into_iter()
        .skip(from)
        .take(page.limit())
        .map(|found| DuplicateOut::of(found, false))
        .collect();
    Ok(Json(List { items, next, total }))
}

/// Why something happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CauseOut {
    /// Who or what did it.
    pub actor: String,
    /// A key of the catalogues for the reason.
    pub reason_code: Option<String>,
    /// The import that brought it.
    pub run_id: Option<String>,
}

/// How something is taken back.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelineUndoOut {
    /// `member_link.undo` or `audit.undo`.
    pub operation: String,
    /// Id of the link or of the audit line.
    pub id: String,
}

/// Something that happened to a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelineOut {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// passage, order, tag, consent, link, change or record.
    pub kind: String,
    /// Key of the sentence.
    pub code: String,
    /// What stands in the sentence.
    pub args: serde_json::Value,
    /// Why.
    pub cause: CauseOut,
    /// How it is taken back, if it can be.
    pub undo: Option<TimelineUndoOut>,
}

impl From<Happened> for TimelineOut {
    fn from(h: Happened) -> Self {
        Self {
            at: h.at,
            kind: h.kind.to_owned(),
            code: h.code,
            args: h.args,
            cause: CauseOut {
                actor: h.cause.actor,
                reason_code: h.cause.reason_code,
                run_id: h.cause.run_id.map(|id| id.to_string()),
            },
            undo: h.undo.map(|undo| TimelineUndoOut {
                operation: undo.operation.to_owned(),
                id: undo.id,
            }),
        }
    }
}

/// A page of a timeline; how long it is, is not counted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelinePage {
    /// What happened, newest first.
    pub items: Vec<TimelineOut>,
    /// What to send as `cursor` for the page after this one; null at the end.
    pub next: Option<String>,
}

/// What happened to a person and why, newest first.
#[utoipa::path(
    get, path = "/members/{id}/timeline", operation_id = "member_timeline", tag = "member",
    params(("id" = String, Path, description = "Member"), Page),
    extensions(("x-permission" = json!("member.read"))),
    responses((status = 200, body = TimelinePage))
)]
async fn timeline(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
    Query(page): Query<Page>,
) -> Result<Json<TimelinePage>> {
    let after = page.after::<After>()?;
    let (items, next) = state
        .app
        .timeline(&caller, id, after.as_ref(), page.limit())
        .await?;
    Ok(Json(TimelinePage {
        items: items.into_iter().map(Into::into).collect(),
        next: next.map(|next| cursor(&next)),
    }))
}

/// The routes of lists.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export))
        .routes(routes!(tag_many))
        .routes(routes!(duplicates))
        .routes(routes!(duplicates_of))
        .routes(routes!(timeline))
}
