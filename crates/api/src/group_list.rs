//! The list of groups.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yutang_app::{
    group::{Cursor, GroupQuery, GroupRow, Sort},
    health::StoredHealth,
};
use yutang_domain::{
    group::{Audience, Scene, Stage, View},
    health::HealthClass,
    id::{BranchId, GroupId, StaffId},
    time::{Date, Timestamp},
};

use crate::{
    ApiState, Auth, Json, List, Page, Query, Total,
    named::{Named, Sentence, unknown},
    page::cursor,
    problem::Result,
};

/// How a group is doing, and why that is thought.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GroupHealth {
    /// new, lively, quiet_selling, cooling, dead, advert, steady or unknown.
    #[schema(value_type = String)]
    pub class: HealthClass,
    /// Sentences of the catalogue `health`.
    pub reasons: Vec<Sentence>,
}

impl From<StoredHealth> for GroupHealth {
    fn from(health: StoredHealth) -> Self {
        let sentence = |reason: &serde_json::Value| {
            let code = reason.get("code")?.as_str()?.to_owned();
            Some(Sentence {
                code,
                args: reason.get("args").cloned().unwrap_or_default(),
            })
        };
        let reasons = health.reasons.as_array().into_iter().flatten();
        Self {
            class: health.class,
            reasons: reasons.filter_map(sentence).collect(),
        }
    }
}

/// The size that is good for a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GroupSize {
    /// From.
    pub min: i64,
    /// To.
    pub max: i64,
}

/// Whether texts can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Readable {
    /// Whether they can.
    pub text: bool,
    /// Why not, as a word of the catalogue `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
}

impl Readable {
    /// Readable unless there is a code why not.
    pub fn of(unreadable: Option<&str>) -> Self {
        Self {
            text: unreadable.is_none(),
            reason_code: unreadable.map(unknown),
        }
    }
}

/// A row of the list of groups.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupRowOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: GroupId,
    /// Name.
    pub name: String,
    /// Its branch.
    pub branch: Option<Named>,
    /// The network it lives on.
    pub channel: String,
    /// What the account through which it is seen is allowed; null without an account.
    pub channel_profile: Option<String>,
    /// customer, product or knowledge.
    #[schema(value_type = String)]
    pub kind: Audience,
    /// What it is for.
    pub purpose: String,
    /// launch, growth, peak, decline or end.
    #[schema(value_type = String)]
    pub stage: Stage,
    /// How it is doing.
    pub health: GroupHealth,
    /// People in it.
    pub members: i64,
    /// The size that is good for it.
    pub capacity_advice: GroupSize,
    /// How many can scan in.
    pub capacity_code: i64,
    /// People who gave value in the 28 days before the health class was judged; null = not judged
    /// yet, or the channel cannot show it.
    pub contributors: Option<i64>,
    /// Messages of each of 14 days, today last; null = the channel cannot show it.
    pub spark: Vec<Option<i64>>,
    /// Who is assigned to it.
    pub staff: Vec<Named>,
    /// When the house last said something in it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_post_at: Option<Timestamp>,
    /// When anybody last did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_message_at: Option<Timestamp>,
    /// Planned last day.
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Date>,
    /// Whether the name follows the house rule.
    pub name_ok: bool,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Timestamp>,
    /// Messages of seven days; null = the channel cannot show it.
    pub messages_7d: Option<i64>,
    /// Whether sales posts are to wait because somebody complains in it.
    pub sales_paused: bool,
}

/// Days of the spark line.
const SPARK_DAYS: usize = 14;

impl From<GroupRow> for GroupRowOut {
    fn from(row: GroupRow) -> Self {
        let group = row.group;
        let members = group.size();
        Self {
            sales_paused: row.sales_paused,
            id: group.id,
            name: group.name,
            branch: Some(row.branch.into()),
            channel: group.channel,
            channel_profile: row.profile,
            kind: group.audience,
            purpose: group.purpose,
            stage: group.stage,
            health: row.health.into(),
            members,
            capacity_advice: GroupSize {
                min: group.size_min,
                max: group.size_max,
            },
            capacity_code: group.capacity,
            contributors: row.contributors,
            spark: match row.spark {
                Some(days) => days.into_iter().map(Some).collect(),
                None => vec![None; SPARK_DAYS],
            },
            staff: row.staff.into_iter().map(Named::from).collect(),
            last_post_at: group.last_post_at,
            last_message_at: group.last_message_at,
            ends_on: group.ends_on,
            name_ok: group.name_ok,
            archived_at: group.archived_at,
            messages_7d: row.messages_7d,
        }
    }
}

/// What a list of groups is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum GroupSort {
    /// By name.
    #[default]
    #[serde(rename = "name")]
    Name,
    /// What has to be looked at first: dead, full of adverts, cooling, then the others.
    #[serde(rename = "urgency")]
    Urgency,
    /// Most members first.
    #[serde(rename = "-members")]
    Members,
    /// Most messages of seven days first.
    #[serde(rename = "-messages_7d")]
    Messages,
    /// Latest message first.
    #[serde(rename = "-last_message_at")]
    LastMessage,
    /// Where the house has been silent longest first.
    #[serde(rename = "last_post_at")]
    LastPost,
    /// What ends soonest first.
    #[serde(rename = "ends_on")]
    EndsOn,
}

impl From<GroupSort> for Sort {
    fn from(sort: GroupSort) -> Self {
        match sort {
            GroupSort::Name => Self::Name,
            GroupSort::Urgency => Self::Urgency,
            GroupSort::Members => Self::Members,
            GroupSort::Messages => Self::Messages7d,
            GroupSort::LastMessage => Self::LastMessage,
            GroupSort::LastPost => Self::LastPost,
            GroupSort::EndsOn => Self::EndsOn,
        }
    }
}

/// Which groups are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct GroupListQuery {
    /// Words to search for.
    pub q: Option<String>,
    /// A branch and all below it.
    #[param(value_type = Option<String>)]
    pub branch: Option<BranchId>,
    /// customer, product or knowledge.
    #[param(value_type = Option<String>)]
    pub kind: Option<Audience>,
    /// The same under its own name.
    #[param(value_type = Option<String>)]
    pub audience: Option<Audience>,
    /// welfare, store, paid, training, tea or parents.
    #[param(value_type = Option<String>)]
    pub scene: Option<Scene>,
    /// launch, growth, peak, decline or end.
    #[param(value_type = Option<String>)]
    pub stage: Option<Stage>,
    /// A health class.
    #[param(value_type = Option<String>)]
    pub health: Option<HealthClass>,
    /// staff_short, one_admin, silent_7d, code_expiring, repeat_members, name_off or past_end.
    #[param(value_type = Option<String>)]
    pub view: Option<View>,
    /// Assigned to this member of staff.
    #[param(value_type = Option<String>)]
    pub staff: Option<StaffId>,
    /// Closed groups instead of open ones.
    pub archived: bool,
    /// What comes first.
    #[param(inline)]
    pub sort: GroupSort,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl GroupListQuery {
    pub(crate) fn into_query(self) -> Result<GroupQuery> {
        let page = Page {
            limit: self.limit,
            cursor: self.cursor,
        };
        let after: Option<(String, GroupId)> = page.after()?;
        Ok(GroupQuery {
            q: self.q,
            branch: self.branch,
            audience: self.audience.or(self.kind),
            scene: self.scene,
            stage: self.stage,
            health: self.health,
            view: self.view,
            staff: self.staff,
            archived: self.archived,
            sort: self.sort.into(),
            after: after.map(|(value, id)| Cursor { value, id }),
            limit: page.limit(),
        })
    }
}

/// Groups.
#[utoipa::path(
    get, path = "/groups", operation_id = "group_list", tag = "group",
    params(GroupListQuery),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = List<GroupRowOut>))
)]
pub(crate) async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<GroupListQuery>,
) -> Result<Json<List<GroupRowOut>>> {
    let found = state.app.groups(&caller, &query.into_query()?).await?;
    Ok(Json(List {
        next: found.next.map(|place| cursor(&(place.value, place.id))),
        total: Total::of(found.total),
        items: found.rows.into_iter().map(GroupRowOut::from).collect(),
    }))
}
