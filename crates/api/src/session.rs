//! Signing in and out, one's own sessions and password, bound phones.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    session::{Opened, Session, SessionView, SignIn, Standing},
    workspace::{Settings, Workspace},
};
use yutang_domain::{
    actor::Role,
    id::{BranchId, SessionId, StaffId, StaffTaskId, WorkspaceId},
    staff::Title,
    time::{SECOND, Timestamp},
};

use crate::{
    ApiState, At, Auth, Json, List,
    auth::{Agent, Signed},
    cookie, edge,
    problem::Result,
};

/// How long a bound phone keeps its secret, in seconds: until it is let go.
const DEVICE_COOKIE: i64 = 400 * 24 * 3600;

/// What somebody signs in with.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionIn {
    /// Name.
    pub sign_in: String,
    /// Password.
    pub password: String,
    /// Code of the authenticator, once it is asked for.
    pub code: Option<String>,
}

/// Who is signed in, where, and what they may do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionOut {
    /// Who; null for an API token.
    pub staff: Option<SessionStaff>,
    /// Where.
    pub workspace: SessionWorkspace,
    /// Organisations the sign-in works in.
    pub workspaces: Vec<SessionWorkspace>,
    /// What every change has to carry as X-CSRF-Token; empty for an API token.
    pub csrf: String,
    /// What may be done.
    pub permissions: Vec<String>,
    /// The authenticator.
    pub totp: SessionTotp,
    /// Until when the sign-in is young enough for what cannot be taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sign_in_fresh_until: Option<Timestamp>,
}

/// Who is signed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionStaff {
    /// Id.
    #[schema(value_type = String)]
    pub id: StaffId,
    /// Name.
    pub name: String,
    /// owner, operator, manager, service or analyst.
    #[schema(value_type = String)]
    pub role: Role,
    /// What the trade calls them.
    #[schema(value_type = String)]
    pub title: Title,
    /// Where their reach ends; null = nowhere.
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<BranchId>,
}

/// The organisation of a session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionWorkspace {
    /// Id.
    #[schema(value_type = String)]
    pub id: WorkspaceId,
    /// Name in addresses.
    pub slug: String,
    /// Name.
    pub name: String,
    /// IANA zone of its days.
    pub zone: String,
    /// Currency of its figures.
    pub currency: String,
    /// zh-Hans, zh-Hant or en.
    pub locale: String,
    /// Whether it is the demo world.
    pub demo: bool,
    /// Profile of the demo's channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demo_profile: Option<String>,
}

impl SessionWorkspace {
    fn of(row: Workspace) -> Result<Self> {
        let demo_profile = if row.demo {
            Some(Settings::of(&row)?.demo_profile)
        } else {
            None
        };
        Ok(Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            zone: row.zone,
            currency: row.currency,
            locale: row.locale,
            demo: row.demo,
            demo_profile,
        })
    }
}

/// The authenticator of who is signed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionTotp {
    /// Whether the title asks for one.
    pub required: bool,
    /// Whether there is one.
    pub enabled: bool,
    /// Until when one may work without; null = always.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
}

/// One of one's own sessions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignedInOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: SessionId,
    /// password or device.
    pub kind: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last used.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Whether it is this one.
    pub current: bool,
}

impl SignedInOut {
    fn of(row: Session, current: Option<SessionId>) -> Self {
        Self {
            kind: row.kind.to_string(),
            created_at: row.signed_in_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
            user_agent: row.agent,
            current: Some(row.id) == current,
            id: row.id,
        }
    }
}

async fn out(state: &ApiState, standing: &Standing) -> Result<SessionOut> {
    let view: SessionView = state.app.session_view(&standing.caller).await?;
    Ok(SessionOut {
        staff: view.staff.map(|who| SessionStaff {
            id: who.id,
            name: who.name,
            role: who.role,
            title: who.title,
            branch_id: who.branch_id,
        }),
        workspace: SessionWorkspace::of(view.workspace)?,
        workspaces: view
            .workspaces
            .into_iter()
            .map(SessionWorkspace::of)
            .collect::<Result<_>>()?,
        csrf: standing.csrf.clone().unwrap_or_default(),
        permissions: view.permissions.iter().map(ToString::to_string).collect(),
        totp: SessionTotp {
            required: view.totp_required,
            enabled: view.totp_enabled,
            due_at: view.totp_due_at,
        },
        sign_in_fresh_until: view.fresh_until,
    })
}

/// The cookie of a session that was just opened.
fn session_cookie(state: &ApiState, opened: &Opened) -> (header::HeaderName, header::HeaderValue) {
    let seconds = opened.expires_at.since(state.app.now()) / SECOND;
    (
        header::SET_COOKIE,
        cookie::set(&state.config, cookie::SESSION, &opened.token, seconds),
    )
}

pub(crate) async fn opened(
    state: &ApiState,
    status: StatusCode,
    session: &Opened,
) -> Result<Response> {
    let body = out(state, &session.standing).await?;
    Ok((
        status,
        AppendHeaders([session_cookie(state, session)]),
        Json(body),
    )
        .into_response())
}

/// Signs in.
#[utoipa::path(
    post, path = "/session", operation_id = "session_begin", tag = "session",
    extensions(("x-permission" = json!("public"))),
    responses((status = 200, body = SessionOut))
)]
async fn begin(
    State(state): State<ApiState>,
    Agent(agent): Agent,
    Json(given): Json<SessionIn>,
) -> Result<Response> {
    let given = SignIn {
        sign_in: given.sign_in,
        password: given.password,
        code: given.code,
        agent,
    };
    let _turn = state.turn().await?;
    let session = state.app.sign_in(given, &edge::request_id()).await?;
    opened(&state, StatusCode::OK, &session).await
}

/// Who is signed in.
#[utoipa::path(
    get, path = "/session", operation_id = "session_get", tag = "session",
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 200, body = SessionOut))
)]
async fn get(State(state): State<ApiState>, Signed(standing): Signed) -> Result<Json<SessionOut>> {
    Ok(Json(out(&state, &standing).await?))
}

/// Signs out.
#[utoipa::path(
    delete, path = "/session", operation_id = "session_end", tag = "session",
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 204))
)]
async fn end(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Response> {
    state.app.end_session(&caller, None).await?;
    let gone = cookie::set(&state.config, cookie::SESSION, "", 0);
    Ok((
        StatusCode::NO_CONTENT,
        AppendHeaders([(header::SET_COOKIE, gone)]),
    )
        .into_response())
}

/// One's own sessions, the last used first.
#[utoipa::path(
    get, path = "/sessions", operation_id = "session_list", tag = "session",
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 200, body = List<SignedInOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
) -> Result<Json<List<SignedInOut>>> {
    let rows = state.app.sessions(&caller).await?;
    Ok(Json(List::whole(
        rows.into_iter()
            .map(|r| SignedInOut::of(r, caller.session))
            .collect(),
    )))
}

/// Ends one of one's own sessions.
#[utoipa::path(
    delete, path = "/sessions/{id}", operation_id = "session_revoke", tag = "session",
    params(("id" = String, Path, description = "Session")),
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 204))
)]
async fn revoke(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<SessionId>,
) -> Result<StatusCode> {
    state.app.end_session(&caller, Some(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A new password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordIn {
    /// The present one.
    pub old: String,
    /// The new one, at least ten characters.
    pub new: String,
}

/// Changes one's own password; all other sessions end.
#[utoipa::path(
    post, path = "/session/password", operation_id = "session_password", tag = "session",
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 204))
)]
async fn password(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<PasswordIn>,
) -> Result<StatusCode> {
    let _turn = state.turn().await?;
    state
        .app
        .change_password(&caller, given.old, given.new)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A password chosen by a link from an owner.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordLinkIn {
    /// What stands in the link.
    pub token: String,
    /// The new password.
    pub password: String,
}

/// Sets the password that a link from an owner allows to choose.
#[utoipa::path(
    post, path = "/session/password-link", operation_id = "session_password_link", tag = "session",
    extensions(("x-permission" = json!("public"))),
    responses((status = 204))
)]
async fn password_link(
    State(state): State<ApiState>,
    Json(given): Json<PasswordLinkIn>,
) -> Result<StatusCode> {
    let _turn = state.turn().await?;
    state
        .app
        .choose_password(&given.token, given.password, &edge::request_id())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A phone to be bound.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceIn {
    /// What stands in the link.
    pub token: String,
    /// What to call the phone.
    #[serde(default)]
    pub name: String,
}

/// Binds the phone that opens the link first, and signs it in for a day.
#[utoipa::path(
    post, path = "/session/device", operation_id = "session_device", tag = "session",
    extensions(("x-permission" = json!("public"))),
    responses((status = 201, body = SessionOut))
)]
async fn bind(
    State(state): State<ApiState>,
    Agent(agent): Agent,
    Json(given): Json<DeviceIn>,
) -> Result<Response> {
    let id = edge::request_id();
    let bound = state
        .app
        .bind_device(&given.token, &given.name, &agent, &id)
        .await?;
    let body = out(&state, &bound.opened.standing).await?;
    let device = cookie::set(
        &state.config,
        cookie::DEVICE,
        &bound.device_token,
        DEVICE_COOKIE,
    );
    let cookies = AppendHeaders([
        session_cookie(&state, &bound.opened),
        (header::SET_COOKIE, device),
    ]);
    Ok((StatusCode::CREATED, cookies, Json(body)).into_response())
}

/// A task link.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskLinkIn {
    /// What stands in the link.
    pub link: String,
}

/// A task opened by link.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskLinkOut {
    /// The session of the phone.
    pub session: SessionOut,
    /// The task.
    #[schema(value_type = String)]
    pub task_id: StaffTaskId,
}

/// Opens a task on the bound phone that its link was made for.
#[utoipa::path(
    post, path = "/session/task", operation_id = "session_task", tag = "session",
    extensions(("x-permission" = json!("public"))),
    responses((status = 200, body = TaskLinkOut))
)]
async fn open_task(
    State(state): State<ApiState>,
    Agent(agent): Agent,
    headers: HeaderMap,
    Json(given): Json<TaskLinkIn>,
) -> Result<Response> {
    let device = cookie::read(&headers, cookie::DEVICE);
    let id = edge::request_id();
    let task = state
        .app
        .open_task_link(&given.link, device, &agent, &id)
        .await?;
    let body = TaskLinkOut {
        session: out(&state, &task.opened.standing).await?,
        task_id: task.task,
    };
    let cookies = AppendHeaders([session_cookie(&state, &task.opened)]);
    Ok((cookies, Json(body)).into_response())
}

/// An organisation to go to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchIn {
    /// Which.
    #[schema(value_type = String)]
    pub workspace_id: WorkspaceId,
}

/// Moves the session to another organisation of the same sign-in.
#[utoipa::path(
    post, path = "/workspaces/switch", operation_id = "workspace_switch", tag = "session",
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 200, body = SessionOut))
)]
async fn switch(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<SwitchIn>,
) -> Result<Json<SessionOut>> {
    let standing = state
        .app
        .switch_workspace(&caller, given.workspace_id)
        .await?;
    Ok(Json(out(&state, &standing).await?))
}

/// The routes of sessions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get, begin, end))
        .routes(routes!(list))
        .routes(routes!(revoke))
        .routes(routes!(password))
        .routes(routes!(password_link))
        .routes(routes!(bind))
        .routes(routes!(open_task))
        .routes(routes!(switch))
}
