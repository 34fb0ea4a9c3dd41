//! Many groups at once: changed together, or as a table.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::group::{Bulk, BulkAction, GroupRow};
use yutang_domain::{id::GroupId, time::Date};

pub(crate) use crate::export::table;
use crate::{
    ApiState, Auth, Json, Problem, Query,
    export::{Column, ExportQuery, Wanted, Writer, line},
    group_list::GroupListQuery,
    problem::Result,
};

/// Groups of one request, at most.
const GROUPS_MAX: usize = 500;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupBulkAction {
    /// Close them; `args.reason`.
    Archive,
    /// Move them to `args.branch_id`.
    MoveBranch,
    /// Ask their staff to rename those whose names are off the house rule.
    RenameTasks,
    /// Set their stage to `args.stage`.
    SetStage,
}

/// Something to be done to many groups.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupBulkIn {
    /// Which, at most 500.
    #[schema(value_type = Vec<String>)]
    pub ids: Vec<GroupId>,
    /// What.
    pub action: GroupBulkAction,
    /// What the action asks for.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub args: serde_json::Map<String, serde_json::Value>,
}

/// Whether it is only to be looked at.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// Says what would happen and does nothing.
    pub preview: bool,
}

/// A group that is left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupSkipped {
    /// Which.
    #[schema(value_type = String)]
    pub id: GroupId,
    /// Why, as a code.
    pub reason: String,
}

/// What was or would be done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupBulkOut {
    /// Groups concerned.
    pub groups: usize,
    /// Members in them.
    pub members: i64,
    /// Groups left out.
    pub skipped: Vec<GroupSkipped>,
    /// Whether it can be taken back.
    pub undoable: bool,
}

impl From<Bulk> for GroupBulkOut {
    fn from(bulk: Bulk) -> Self {
        let skipped = bulk.skipped.into_iter();
        Self {
            groups: bulk.groups,
            members: bulk.members,
            skipped: skipped
                .map(|one| GroupSkipped {
                    id: one.id,
                    reason: one.reason.to_owned(),
                })
                .collect(),
            undoable: bulk.undoable,
        }
    }
}

fn action(given: &GroupBulkIn) -> Result<BulkAction> {
    let mut args = given.args.clone();
    let word = serde_json::to_value(given.action).map_err(yutang_app::AppError::internal)?;
    args.insert("action".to_owned(), word);
    serde_json::from_value(serde_json::Value::Object(args)).map_err(|error| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "body.field",
            error.to_string(),
        )
        .at("args")
    })
}

/// Does something to many groups, or says what it would do.
#[utoipa::path(
    post, path = "/groups/bulk", operation_id = "group_bulk", tag = "group",
    params(PreviewQuery),
    extensions(("x-permission" = json!("group.edit"))),
    responses((status = 200, body = GroupBulkOut))
)]
async fn bulk(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<PreviewQuery>,
    Json(mut given): Json<GroupBulkIn>,
) -> Result<Json<GroupBulkOut>> {
    if given.ids.len() > GROUPS_MAX {
        return Err(Problem::too_many("ids", GROUPS_MAX));
    }
    given.ids.sort_unstable();
    given.ids.dedup();
    let action = action(&given)?;
    let done = state
        .app
        .groups_bulk(&caller, &given.ids, &action, query.preview)
        .await?;
    Ok(Json(done.into()))
}

const COLUMNS: [Column; 19] = [
    ("id", "export.id"),
    ("name", "group.name"),
    ("branch", "export.branch"),
    ("channel", "group.channel"),
    ("kind", "group.audience"),
    ("scene", "group.scene"),
    ("purpose", "group.purpose"),
    ("stage", "group.stage"),
    ("health", "group.health"),
    ("members", "group.members"),
    ("size_min", "export.size_min"),
    ("size_max", "export.size_max"),
    ("capacity", "group.capacity_code"),
    ("contributors", "export.contributors"),
    ("messages_7d", "export.messages_7d"),
    ("staff", "group.staff"),
    ("opened_on", "group.opened_on"),
    ("ends_on", "group.ends_on"),
    ("last_post_at", "group.last_post"),
];

fn cells(write: &Writer, row: &GroupRow) -> String {
    let group = &row.group;
    // Not judged yet is nothing to be told; not readable is.
    let contributors = match (row.contributors, row.unreadable) {
        (None, None) => String::new(),
        (contributors, _) => write.known(contributors),
    };
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    line([
        group.id.to_string(),
        group.name.clone(),
        row.branch.name.clone(),
        write.word("channel", &group.channel),
        write.word("group.audience", group.audience.as_str()),
        write.word(
            "group.scene",
            group.scene.map_or("", |scene| scene.as_str()),
        ),
        group.purpose.clone(),
        write.word("group.stage", group.stage.as_str()),
        write.word("health.class", row.health.class.as_str()),
        group.size().to_string(),
        group.size_min.to_string(),
        group.size_max.to_string(),
        group.capacity.to_string(),
        contributors,
        write.known(row.messages_7d),
        write.list(row.staff.iter().map(|one| one.name.as_str())),
        day(group.opened_on),
        day(group.ends_on),
        write.time(group.last_post_at),
    ])
}

/// The groups of a list as a table.
#[utoipa::path(
    get, path = "/groups/export.csv", operation_id = "group_export", tag = "group",
    params(GroupListQuery, ExportQuery),
    extensions(("x-permission" = json!("group.export"))),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn export(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<GroupListQuery>,
    wanted: Wanted,
) -> Result<Response> {
    let rows = state
        .app
        .export_groups(&caller, &query.into_query()?)
        .await?;
    let write = Writer::new(wanted, &caller);
    let mut text = write.head(&COLUMNS);
    for row in &rows {
        text.push_str(&cells(&write, row));
    }
    Ok(table("groups.csv", text))
}

/// The routes of many groups.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(bulk))
        .routes(routes!(export))
}
