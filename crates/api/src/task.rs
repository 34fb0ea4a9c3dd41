//! Tasks for people.

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    Caller,
    task::{Filter, Task, sought},
};
use yutang_domain::{
    id::{GroupId, StaffId, StaffTaskId},
    task::{Refusal, TaskKind, TaskState},
    time::Timestamp,
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total,
    export::{Column, ExportQuery, Wanted, Writer, line, table},
    page::cursor,
    problem::Result,
};

/// Which tasks are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// open (the default), done (ended in any way) or all.
    #[param(inline)]
    pub state: TaskList,
    /// Whose: a staff id, or `me`.
    pub assignee: Option<String>,
    /// Words of what it says, or of the name of its group, its member or whoever is to do it.
    pub q: Option<String>,
    /// About what.
    #[param(value_type = Option<String>)]
    pub kind: Option<TaskKind>,
    /// In which group.
    #[param(value_type = Option<String>)]
    pub group: Option<GroupId>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl TaskQuery {
    fn filter(&self, caller: &Caller) -> Result<Filter> {
        let assignee = match self.assignee.as_deref() {
            Some("me") => caller.actor.staff_id(),
            Some(id) => Some(id.parse()?),
            None => None,
        };
        Ok(Filter {
            open: match self.state {
                TaskList::Open => Some(true),
                TaskList::Done => Some(false),
                TaskList::All => None,
            },
            assignee,
            sought: self.q.as_deref().map(sought).unwrap_or_default(),
            kind: self.kind,
            group: self.group,
            ..Filter::default()
        })
    }
}

/// Which state tasks are listed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskList {
    /// To be done.
    #[default]
    Open,
    /// Ended: done, impossible or no longer needed.
    Done,
    /// Both.
    All,
}

/// Something by id and name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskSubject {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// A sentence of the catalogue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskSentence {
    /// Key in the catalogue.
    pub code: String,
    /// What is filled in.
    #[schema(value_type = Object)]
    pub args: serde_json::Value,
}

/// A task.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: StaffTaskId,
    /// What it is about.
    #[schema(value_type = String)]
    pub kind: TaskKind,
    /// How pressing it is: urgent, warn or normal.
    pub level: String,
    /// The group it is about.
    pub group: Option<TaskSubject>,
    /// The member it is about.
    pub member: Option<TaskSubject>,
    /// Who is to do it.
    pub assignee: Option<TaskSubject>,
    /// Text ready to paste; empty if there is none.
    pub body: String,
    /// What its picture says when it is scanned: shown as a QR code, to be saved and posted.
    pub picture: Option<String>,
    /// The network of its group: where it is to be done.
    pub network: Option<String>,
    /// What to do.
    pub what: TaskSentence,
    /// Why.
    pub why: TaskSentence,
    /// How long it takes, in minutes.
    pub minutes: i64,
    /// Since when it has been waiting.
    #[schema(value_type = String, format = DateTime)]
    pub since_at: Timestamp,
    /// Until when it is to be done.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// How one knows that it is done: `self` (the person's own tick) or `channel`.
    pub done_check: String,
    /// open, done, impossible or withdrawn.
    #[schema(value_type = String)]
    pub state: TaskState,
    /// Why it was not possible, or how it was seen to be done.
    pub outcome: Option<String>,
    /// When it was ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub done_at: Option<Timestamp>,
    /// Who ended it, in stored form.
    pub done_by: Option<String>,
    /// What the person shows for it.
    pub proof: Option<String>,
}

impl TaskOut {
    fn of(task: Task) -> Self {
        let row = task.row;
        let subject = |id: Option<String>, name: Option<String>| {
            id.map(|id| TaskSubject {
                id,
                name: name.unwrap_or_default(),
            })
        };
        let args: serde_json::Value = serde_json::from_str(&row.args).unwrap_or_default();
        Self {
            id: row.id,
            kind: row.kind,
            level: row.level.to_string(),
            group: subject(row.group_id.map(|id| id.to_string()), task.group_name),
            member: subject(row.member_id.map(|id| id.to_string()), task.member_name),
            assignee: subject(row.assignee_id.map(|id| id.to_string()), task.assignee_name),
            body: row.body,
            picture: row.picture,
            network: task.network,
            what: TaskSentence {
                code: row.what,
                args: args.clone(),
            },
            why: TaskSentence {
                code: row.why,
                args,
            },
            minutes: row.minutes,
            since_at: row.since_at,
            due_at: row.due_at,
            done_check: row.done_check.to_string(),
            state: row.state,
            outcome: row.outcome,
            done_at: row.done_at,
            done_by: row.done_by,
            proof: row.proof,
        }
    }
}

/// A task has been done.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TaskDoneIn {
    /// What the person shows for it: a link, a word.
    pub proof: Option<String>,
}

/// A task cannot be done.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskImpossibleIn {
    /// off_duty, group_full, unsuitable or complaint.
    #[schema(value_type = String)]
    pub reason: Refusal,
}

/// Somebody else is to do a task.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskHandOverIn {
    /// Who.
    #[schema(value_type = String)]
    pub to: StaffId,
}

/// Tasks: open ones by deadline, ended ones newest first.
#[utoipa::path(
    get, path = "/tasks", operation_id = "task_list", tag = "task",
    params(TaskQuery),
    extensions(("x-permission" = json!("task.read"))),
    responses((status = 200, body = List<TaskOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<TaskQuery>,
) -> Result<Json<List<TaskOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let filter = Filter {
        after: page.after()?,
        ..query.filter(&caller)?
    };
    let found = state.app.tasks(&caller, filter, page.limit()).await?;
    Ok(Json(List {
        next: found.next.map(|place| cursor(&place)),
        total: Total::of(found.total),
        items: found.items.into_iter().map(TaskOut::of).collect(),
    }))
}

const COLUMNS: [Column; 14] = [
    ("id", "export.id"),
    ("kind", "task.kind"),
    ("level", "export.level"),
    ("what", "task.what"),
    ("group", "task.group"),
    ("member", "group.standing.member"),
    ("assignee", "task.assignee"),
    ("body", "export.body"),
    ("why", "export.why"),
    ("since_at", "export.since"),
    ("due_at", "export.due"),
    ("state", "export.state"),
    ("outcome", "export.outcome"),
    ("done_at", "export.done_at"),
];

fn cells(write: &Writer, task: Task) -> String {
    let row = task.row;
    let args: serde_json::Value = serde_json::from_str(&row.args).unwrap_or_default();
    line([
        row.id.to_string(),
        write.word("task.kind", row.kind.as_str()),
        write.word("export.level", row.level.as_str()),
        write.sentence(&row.what, &args),
        task.group_name.unwrap_or_default(),
        task.member_name.unwrap_or_default(),
        task.assignee_name.unwrap_or_default(),
        row.body,
        write.sentence(&row.why, &args),
        write.time(Some(row.since_at)),
        write.time(row.due_at),
        write.word("task.state", row.state.as_str()),
        write.word("task.refusal", row.outcome.as_deref().unwrap_or_default()),
        write.time(row.done_at),
    ])
}

/// The tasks of a list as a table.
#[utoipa::path(
    get, path = "/tasks/export.csv", operation_id = "task_export", tag = "task",
    params(TaskQuery, ExportQuery),
    extensions(("x-permission" = json!("task.read"))),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn export(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<TaskQuery>,
    wanted: Wanted,
) -> Result<Response> {
    let filter = query.filter(&caller)?;
    let rows = state.app.export_tasks(&caller, filter).await?;
    let write = Writer::new(wanted, &caller);
    let mut text = write.head(&COLUMNS);
    for row in rows {
        text.push_str(&cells(&write, row));
    }
    Ok(table("tasks.csv", text))
}

/// One task.
#[utoipa::path(
    get, path = "/tasks/{id}", operation_id = "task_read", tag = "task",
    params(("id" = String, Path, description = "Task")),
    extensions(("x-permission" = json!("task.read"))),
    responses((status = 200, body = TaskOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffTaskId>,
) -> Result<Json<TaskOut>> {
    Ok(Json(TaskOut::of(state.app.task(&caller, id).await?)))
}

/// The task has been done.
#[utoipa::path(
    post, path = "/tasks/{id}/done", operation_id = "task_done", tag = "task",
    params(("id" = String, Path, description = "Task")),
    request_body = TaskDoneIn,
    extensions(("x-permission" = json!("task.do"))),
    responses((status = 200, body = TaskOut))
)]
async fn done(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffTaskId>,
    given: Option<Json<TaskDoneIn>>,
) -> Result<Json<TaskOut>> {
    let proof = given.and_then(|Json(given)| given.proof);
    Ok(Json(TaskOut::of(
        state.app.complete_task(&caller, id, proof).await?,
    )))
}

/// The task cannot be done.
#[utoipa::path(
    post, path = "/tasks/{id}/impossible", operation_id = "task_impossible", tag = "task",
    params(("id" = String, Path, description = "Task")),
    extensions(("x-permission" = json!("task.do"))),
    responses((status = 200, body = TaskOut))
)]
async fn impossible(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffTaskId>,
    Json(given): Json<TaskImpossibleIn>,
) -> Result<Json<TaskOut>> {
    Ok(Json(TaskOut::of(
        state.app.refuse_task(&caller, id, given.reason).await?,
    )))
}

/// Somebody else is to do the task.
#[utoipa::path(
    post, path = "/tasks/{id}/hand-over", operation_id = "task_hand_over", tag = "task",
    params(("id" = String, Path, description = "Task")),
    extensions(("x-permission" = json!("task.do"))),
    responses((status = 200, body = TaskOut))
)]
async fn hand_over(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffTaskId>,
    Json(given): Json<TaskHandOverIn>,
) -> Result<Json<TaskOut>> {
    Ok(Json(TaskOut::of(
        state.app.hand_task_over(&caller, id, given.to).await?,
    )))
}

/// Takes the end of the task back, within a day.
#[utoipa::path(
    post, path = "/tasks/{id}/undo", operation_id = "task_undo", tag = "task",
    params(("id" = String, Path, description = "Task")),
    extensions(("x-permission" = json!("task.do"))),
    responses((status = 200, body = TaskOut))
)]
async fn undo(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<StaffTaskId>,
) -> Result<Json<TaskOut>> {
    Ok(Json(TaskOut::of(state.app.reopen_task(&caller, id).await?)))
}

/// The routes of tasks.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export))
        .routes(routes!(get))
        .routes(routes!(done))
        .routes(routes!(impossible))
        .routes(routes!(hand_over))
        .routes(routes!(undo))
}
