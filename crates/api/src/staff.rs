//! The people who work here, their phones and their leaving.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    leaving::HandOver,
    staff::{Device, NewStaff, StaffPatch, StaffRow},
};
use yutang_domain::{
    actor::Role,
    id::{BranchId, DeviceId, MemberId, StaffId},
    staff::Title,
    time::Timestamp,
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total,
    branch::given,
    export::{Column, ExportQuery, Wanted, Writer, line, table},
    named::Named,
    page::{LIMIT_MAX, cursor},
    problem::Result,
    qr,
};

/// A member of staff.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StaffOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: StaffId,
    /// Name.
    pub name: String,
    /// What they sign in with; null = only by a bound phone.
    pub sign_in: Option<String>,
    /// owner, operator, manager, service or analyst.
    #[schema(value_type = String)]
    pub role: Role,
    /// What the trade calls them.
    #[schema(value_type = String)]
    pub title: Title,
    /// Where their reach ends; null = nowhere.
    pub branch: Option<StaffBranch>,
    /// The member record they write under in groups.
    pub member: Option<Named>,
    /// Groups they are assigned to.
    pub groups: i64,
    /// Their open tasks.
    pub open_tasks: i64,
    /// Whether an authenticator is asked for.
    pub totp: bool,
    /// Their bound phones.
    pub devices: Vec<DeviceOut>,
    /// When they were last seen.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
    /// When they left.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub left_at: Option<Timestamp>,
    /// Who took over.
    #[schema(value_type = Option<String>)]
    pub successor_id: Option<StaffId>,
    /// When they came.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// Where somebody works.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StaffBranch {
    /// Id.
    #[schema(value_type = String)]
    pub id: BranchId,
    /// Name.
    pub name: String,
}

/// A bound phone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeviceOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: DeviceId,
    /// What it is called.
    pub name: String,
    /// When it was bound.
    #[schema(value_type = String, format = DateTime)]
    pub bound_at: Timestamp,
    /// When it was last used.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen_at: Timestamp,
}

impl DeviceOut {
    fn of(row: Device) -> Self {
        Self {
            id: row.id,
            name: row.name,
            bound_at: row.bound_at,
            last_seen_at: row.last_seen_at,
        }
    }
}

impl StaffOut {
    fn of(found: StaffRow) -> Self {
        let StaffRow { row, devices } = found;
        let branch = row.branch_id.zip(row.branch_name);
        let member = row.member_id.zip(row.member_name);
        Self {
            id: row.id,
            name: row.name,
            sign_in: row.sign_in,
            role: row.role,
            title: row.title,
            branch: branch.map(|(id, name)| StaffBranch { id, name }),
            member: member.map(|(id, name)| Named {
                id: id.to_string(),
                name,
            }),
            groups: row.groups,
            open_tasks: row.open_tasks,
            totp: row.totp_enabled.unwrap_or(false),
            devices: devices.into_iter().map(DeviceOut::of).collect(),
            last_seen_at: row.last_seen_at,
            left_at: row.left_at,
            successor_id: row.successor_id,
            created_at: row.created_at,
        }
    }
}

/// Which staff are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct StaffQuery {
    /// Beginning of a name, in characters or pinyin, or a whole sign-in name.
    pub q: Option<String>,
    /// True for those who left.
    pub left: bool,
}

/// Staff of the branches the caller may see, by name.
#[utoipa::path(
    get, path = "/staff", operation_id = "staff_list", tag = "staff",
    params(StaffQuery, Page),
    extensions(("x-permission" = json!("staff.read"))),
    responses((status = 200, body = List<StaffOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<StaffQuery>,
    Query(page): Query<Page>,
) -> Result<Json<List<StaffOut>>> {
    let found = state
        .app
        .staff_list(
            &caller,
            query.q.as_deref(),
            query.left,
            page.after()?,
            page.limit(),
        )
        .await?;
    Ok(Json(List {
        items: found.rows.into_iter().map(StaffOut::of).collect(),
        next: found.next.as_ref().map(cursor),
        total: Total::of(found.total),
    }))
}

const COLUMNS: [Column; 12] = [
    ("id", "export.id"),
    ("name", "staff.name"),
    ("sign_in", "export.sign_in"),
    ("role", "staff.role"),
    ("title", "staff.title"),
    ("branch", "export.branch"),
    ("groups", "group.staff_groups"),
    ("open_tasks", "staff.open_tasks"),
    ("totp", "export.totp"),
    ("devices", "export.devices"),
    ("last_seen_at", "staff.last_seen"),
    ("left_at", "export.staff_left_at"),
];

fn cells(write: &Writer, StaffRow { row, devices }: StaffRow) -> String {
    line([
        row.id.to_string(),
        row.name,
        row.sign_in.unwrap_or_default(),
        write.word("role", row.role.as_str()),
        write.word("title", row.title.as_str()),
        row.branch_name.unwrap_or_default(),
        row.groups.to_string(),
        row.open_tasks.to_string(),
        write.yes(row.totp_enabled.unwrap_or(false)),
        devices.len().to_string(),
        write.time(row.last_seen_at),
        write.time(row.left_at),
    ])
}

/// The staff of a list as a table.
#[utoipa::path(
    get, path = "/staff/export.csv", operation_id = "staff_export", tag = "staff",
    params(StaffQuery, ExportQuery),
    extensions(("x-permission" = json!("staff.read"))),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn export(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<StaffQuery>,
    wanted: Wanted,
) -> Result<Response> {
    let write = Writer::new(wanted, &caller);
    let mut text = write.head(&COLUMNS);
    let mut after = None;
    loop {
        let page = state
            .app
            .staff_list(&caller, query.q.as_deref(), query.left, after, LIMIT_MAX)
            .await?;
        for row in page.rows {
            text.push_str(&cells(&write, row));
        }
        after = page.next;
        if after.is_none() {
            return Ok(table("staff.csv", text));
        }
    }
}

/// One member of staff.
#[utoipa::path(
    get, path = "/staff/{id}", operation_id = "staff_get", tag = "staff",
    params(("id" = String, Path, description = "Staff")),
    extensions(("x-permission" = json!("staff.read"))),
    responses((status = 200, body = StaffOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffId>,
) -> Result<Json<StaffOut>> {
    Ok(Json(StaffOut::of(
        state.app.staff_member(&caller, id).await?,
    )))
}

/// Somebody to be added.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffIn {
    /// Name.
    pub name: String,
    /// What they sign in with; without it and a password only a bound phone gets in.
    pub sign_in: Option<String>,
    /// Their password; without it they choose one by link.
    pub password: Option<String>,
    /// owner, operator, manager, service or analyst; goes with the title.
    #[schema(value_type = String)]
    pub role: Role,
    /// boss, head_operator, region_supervisor, store_manager, sales, service or analyst.
    #[schema(value_type = Option<String>)]
    pub title: Option<Title>,
    /// Where they work; null = the whole organisation.
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<BranchId>,
}

/// Adds a member of staff.
#[utoipa::path(
    post, path = "/staff", operation_id = "staff_create", tag = "staff",
    extensions(("x-permission" = json!("staff.edit"))),
    responses((status = 201, body = StaffOut))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<StaffIn>,
) -> Result<(StatusCode, Json<StaffOut>)> {
    let blank = |text: Option<String>| text.filter(|t| !t.is_empty());
    let new = NewStaff {
        name: given.name,
        sign_in: blank(given.sign_in),
        password: blank(given.password),
        role: given.role,
        title: given.title,
        branch_id: given.branch_id,
    };
    let _turn = state.turn().await?;
    Ok((
        StatusCode::CREATED,
        Json(StaffOut::of(state.app.create_staff(&caller, new).await?)),
    ))
}

/// What may change of a member of staff; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StaffChange {
    /// Name.
    pub name: Option<String>,
    /// What they sign in with.
    pub sign_in: Option<String>,
    /// What they may do.
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// What the trade calls them.
    #[schema(value_type = Option<String>)]
    pub title: Option<Title>,
    /// Where they work; null = the whole organisation.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<Option<BranchId>>,
    /// The member record they write under in groups; null = none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub member_id: Option<Option<MemberId>>,
}

/// Changes a member of staff; what they may do changes at once.
#[utoipa::path(
    patch, path = "/staff/{id}", operation_id = "staff_edit", tag = "staff",
    params(("id" = String, Path, description = "Staff")),
    extensions(("x-permission" = json!("staff.edit"))),
    responses((status = 200, body = StaffOut))
)]
async fn edit(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffId>,
    Json(given): Json<StaffChange>,
) -> Result<Json<StaffOut>> {
    let patch = StaffPatch {
        name: given.name,
        sign_in: given.sign_in.filter(|s| !s.is_empty()),
        role: given.role,
        title: given.title,
        branch_id: given.branch_id,
        member_id: given.member_id,
    };
    Ok(Json(StaffOut::of(
        state.app.edit_staff(&caller, id, patch).await?,
    )))
}

/// Who takes over.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveIn {
    /// Another member of staff; may be left out where there is nothing to hand over.
    #[schema(value_type = Option<String>)]
    pub successor_id: Option<StaffId>,
}

/// Whether something is only looked at.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// True = say what would happen and change nothing.
    pub preview: bool,
}

/// What a hand-over moves, or moved.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HandOverOut {
    /// Groups.
    pub groups: i64,
    /// Names of the first of them.
    pub group_names: Vec<String>,
    /// Open tasks.
    pub tasks: i64,
    /// Phones that are let go.
    pub devices: i64,
    /// Sessions that end.
    pub sessions: i64,
}

impl HandOverOut {
    fn of(moved: HandOver) -> Self {
        Self {
            groups: moved.groups,
            group_names: moved.group_names,
            tasks: moved.tasks,
            devices: moved.devices,
            sessions: moved.sessions,
        }
    }
}

/// Lets somebody go: sessions and phones end at once, groups and open tasks go to the successor.
#[utoipa::path(
    post, path = "/staff/{id}/leave", operation_id = "staff_leave", tag = "staff",
    params(("id" = String, Path, description = "Staff"), PreviewQuery),
    extensions(("x-permission" = json!("staff.edit"))),
    responses((status = 200, body = HandOverOut))
)]
async fn leave(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffId>,
    Query(query): Query<PreviewQuery>,
    Json(given): Json<LeaveIn>,
) -> Result<Json<HandOverOut>> {
    let moved = if query.preview {
        state
            .app
            .preview_leave(&caller, id, given.successor_id)
            .await?
    } else {
        state.app.leave(&caller, id, given.successor_id).await?
    };
    Ok(Json(HandOverOut::of(moved)))
}

/// A link to be scanned once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeviceLinkOut {
    /// The address.
    pub url: String,
    /// The address as a picture.
    pub qr_svg: String,
    /// Until when it waits.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Where browsers reach this program: as configured, else as this request did.
pub(crate) fn base_url(state: &ApiState, headers: &HeaderMap) -> String {
    if let Some(url) = &state.config.base_url {
        return url.trim_end_matches('/').to_owned();
    }
    let host = headers
        .get(header::HOST)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("localhost");
    format!("http://{host}")
}

/// Makes a link that binds the phone which opens it first; it waits ten minutes.
#[utoipa::path(
    post, path = "/staff/{id}/device-link", operation_id = "staff_device_link", tag = "staff",
    params(("id" = String, Path, description = "Staff")),
    extensions(("x-permission" = json!("staff.bind"))),
    responses((status = 201, body = DeviceLinkOut))
)]
async fn device_link(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffId>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<DeviceLinkOut>)> {
    let link = state.app.device_link(&caller, id).await?;
    // Behind the # it is neither sent to servers on the way nor written to their logs.
    let url = format!("{}/bind#{}", base_url(&state, &headers), link.token);
    let out = DeviceLinkOut {
        qr_svg: qr::svg(&url)?,
        url,
        expires_at: link.expires_at,
    };
    Ok((StatusCode::CREATED, Json(out)))
}

/// Lets a phone go; its sessions end at once.
#[utoipa::path(
    delete, path = "/staff/{id}/devices/{device_id}", operation_id = "staff_device_revoke", tag = "staff",
    params(
        ("id" = String, Path, description = "Staff"),
        ("device_id" = String, Path, description = "Phone"),
    ),
    extensions(("x-permission" = json!("staff.bind"))),
    responses((status = 204))
)]
async fn device_revoke(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At((id, device)): At<(StaffId, DeviceId)>,
) -> Result<StatusCode> {
    state.app.revoke_device(&caller, id, device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A link to choose a password, once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PasswordLinkOut {
    /// The address.
    pub one_time_link: String,
    /// Until when it waits.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Makes a link by which a member of staff chooses a new password; it waits a day.
#[utoipa::path(
    post, path = "/staff/{id}/reset-password", operation_id = "staff_password_link", tag = "staff",
    params(("id" = String, Path, description = "Staff")),
    extensions(("x-permission" = json!("staff.edit"))),
    responses((status = 201, body = PasswordLinkOut))
)]
async fn password_link(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffId>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<PasswordLinkOut>)> {
    let link = state.app.password_link(&caller, id).await?;
    let one_time_link = format!("{}/password#{}", base_url(&state, &headers), link.token);
    Ok((
        StatusCode::CREATED,
        Json(PasswordLinkOut {
            one_time_link,
            expires_at: link.expires_at,
        }),
    ))
}

/// Opens a sign-in that wrong guesses have locked.
#[utoipa::path(
    post, path = "/staff/{id}/unlock", operation_id = "staff_unlock", tag = "staff",
    params(("id" = String, Path, description = "Staff")),
    extensions(("x-permission" = json!("staff.edit"))),
    responses((status = 204))
)]
async fn unlock(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffId>,
) -> Result<StatusCode> {
    state.app.unlock_staff(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of staff.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(export))
        .routes(routes!(get, edit))
        .routes(routes!(leave))
        .routes(routes!(device_link))
        .routes(routes!(device_revoke))
        .routes(routes!(password_link))
        .routes(routes!(unlock))
}
