//! Robots in staff chats, which tell of tasks. Address and secret go in and never come out again.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::robot::{NewRobot, Robot, RobotChange};
use yutang_domain::{
    id::{BranchId, RobotId},
    robot::{RobotKind, RobotState},
    time::Timestamp,
};

use crate::{ApiState, At, Auth, Json, List, problem::Result};

/// A robot, without its address and secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RobotOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: RobotId,
    /// wecom, feishu or dingtalk.
    #[schema(value_type = String)]
    pub kind: RobotKind,
    /// What people call it.
    pub name: String,
    /// The branch whose tasks it tells, those below included; null = all. A task is told by the
    /// robots of the nearest branch that has any.
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<BranchId>,
    /// Whether its messages are signed.
    pub signed: bool,
    /// ready or failed.
    #[schema(value_type = String)]
    pub state: RobotState,
    /// Why its last message was refused.
    pub last_error: Option<String>,
    /// When it last said something.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub told_at: Option<Timestamp>,
    /// When it was set up.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl RobotOut {
    fn of(row: Robot) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            branch_id: row.branch_id,
            signed: row.secret.is_some(),
            state: row.state,
            last_error: row.last_error,
            told_at: row.told_at,
            created_at: row.created_at,
        }
    }
}

/// A robot to be set up.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RobotIn {
    /// wecom, feishu or dingtalk.
    #[schema(value_type = String)]
    pub kind: RobotKind,
    /// What people call it.
    pub name: String,
    /// The branch whose tasks it tells; left out = all.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<BranchId>,
    /// The address that the staff chat shows for it.
    pub address: String,
    /// The secret it is signed with, for 飞书 and 钉钉 where it is switched on.
    #[serde(default)]
    pub secret: Option<String>,
}

/// What changes of a robot; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RobotEdit {
    /// What people call it.
    pub name: Option<String>,
    /// The branch whose tasks it tells; null = all.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<Option<BranchId>>,
}

/// Tells null from left out.
#[allow(clippy::option_option, reason = "left out, null, a branch")]
fn given<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> std::result::Result<Option<Option<BranchId>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Robots in use, oldest first.
#[utoipa::path(
    get, path = "/robots", operation_id = "robot_list", tag = "robots",
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 200, body = List<RobotOut>))
)]
async fn list(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<List<RobotOut>>> {
    let rows = state.app.robots(&caller).await?;
    Ok(Json(List::whole(
        rows.into_iter().map(RobotOut::of).collect(),
    )))
}

/// Sets a robot up; it tells of tasks that come up from now on.
#[utoipa::path(
    post, path = "/robots", operation_id = "robot_create", tag = "robots",
    request_body = RobotIn,
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 201, body = RobotOut))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<RobotIn>,
) -> Result<(StatusCode, Json<RobotOut>)> {
    let new = NewRobot {
        kind: given.kind,
        name: given.name,
        branch: given.branch_id,
        address: given.address,
        secret: given.secret,
    };
    let row = state.app.add_robot(&caller, &new).await?;
    Ok((StatusCode::CREATED, Json(RobotOut::of(row))))
}

/// Changes what a robot is called, or whose tasks it tells.
#[utoipa::path(
    patch, path = "/robots/{id}", operation_id = "robot_edit", tag = "robots",
    params(("id" = String, Path, description = "Robot")),
    request_body = RobotEdit,
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 200, body = RobotOut))
)]
async fn edit(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<RobotId>,
    Json(given): Json<RobotEdit>,
) -> Result<Json<RobotOut>> {
    let change = RobotChange {
        name: given.name,
        branch: given.branch_id,
    };
    let row = state.app.change_robot(&caller, id, &change).await?;
    Ok(Json(RobotOut::of(row)))
}

/// Takes a robot out of use.
#[utoipa::path(
    delete, path = "/robots/{id}", operation_id = "robot_remove", tag = "robots",
    params(("id" = String, Path, description = "Robot")),
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 204))
)]
async fn remove(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<RobotId>,
) -> Result<StatusCode> {
    state.app.remove_robot(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has a robot say that it is there; refused with what its network says.
#[utoipa::path(
    post, path = "/robots/{id}/test", operation_id = "robot_test", tag = "robots",
    params(("id" = String, Path, description = "Robot")),
    extensions(("x-permission" = json!("channel.edit"))),
    responses((status = 200, body = RobotOut))
)]
async fn test(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<RobotId>,
) -> Result<Json<RobotOut>> {
    let row = state.app.test_robot(&caller, id).await?;
    Ok(Json(RobotOut::of(row)))
}

/// The routes of robots.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(edit, remove))
        .routes(routes!(test))
}
