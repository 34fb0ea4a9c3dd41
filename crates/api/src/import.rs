//! Imports as runs.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    Caller,
    import::{
        Counts, DateOrder, Encoding, Format, Mapping, Options, Outcome, Rejects, Removal, Request,
        RunShown, Upload, mapping_of,
    },
};
use yutang_domain::{
    id::{BranchId, GroupId, ImportRunId, MappingId},
    import::{ImportKind, RunState},
    time::Timestamp,
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Problem, Query, Total, csv,
    group_bulk::{PreviewQuery, table},
    named::Named,
    page::cursor,
    problem::Result,
    upload::ImportProblem,
};

/// Lines left out that the answer to a dry run names.
const SKIPPED_SHOWN: usize = 20;

/// What is to be imported, and how it is to be read.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunIn {
    /// chat, orders, members or groups.
    #[schema(value_type = String)]
    pub kind: ImportKind,
    /// The file, sent before.
    pub upload_id: String,
    /// The group of a chat.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub group_id: Option<GroupId>,
    /// The group of a chat by exact name; a new name makes a group. With neither, each room of the
    /// file becomes a group of its own.
    #[serde(default)]
    pub group_name: Option<String>,
    /// Format of a chat; detected unless given.
    #[serde(default)]
    pub format: Option<String>,
    /// Encoding; detected unless given.
    #[serde(default)]
    pub encoding: Option<String>,
    /// ymd, dmy or mdy; decided from the file unless given.
    #[serde(default)]
    pub dates: Option<String>,
    /// Column of each field, by name or by number from 1.
    #[serde(default)]
    pub mapping: BTreeMap<String, String>,
    /// A saved mapping, over which `mapping` goes.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub mapping_id: Option<MappingId>,
    /// Currency of amounts; the organisation's unless given.
    #[serde(default)]
    pub currency: Option<String>,
    /// How the ids of orders begin that take another one back.
    #[serde(default)]
    pub cancel_prefix: Option<String>,
    /// Branch of what the file does not place.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<BranchId>,
    /// Reads the whole file and stores nothing.
    #[serde(default)]
    pub dry_run: bool,
}

fn bad(field: &str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body.field", detail).at(field)
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

impl RunIn {
    async fn into_request(
        self,
        state: &ApiState,
        caller: &Caller,
        upload: &Upload,
    ) -> Result<Request> {
        let mut mapping = match self.mapping_id {
            Some(id) => {
                let saved = state.app.import_mappings(caller).await?;
                let found = saved.into_iter().find(|m| m.id == id);
                let found = found
                    .ok_or_else(|| bad("mapping_id", "there is no such mapping".to_owned()))?;
                serde_json::from_str(&found.mapping).unwrap_or_default()
            }
            None => Mapping::default(),
        };
        mapping.0.extend(mapping_of(&self.mapping)?.0);
        let format = filled(self.format)
            .map(|word| word.parse::<Format>())
            .transpose();
        let dates = filled(self.dates).map(|word| {
            word.parse::<DateOrder>()
                .map_err(|()| bad("dates", format!("{word:?} is none of ymd, dmy, mdy")))
        });
        let encoding = filled(self.encoding).map(|word| {
            word.parse::<Encoding>()
                .map_err(|()| bad("encoding", format!("{word:?} is no encoding that is read")))
        });
        let currency = filled(self.currency).map(|code| {
            code.parse()
                .map_err(|e: yutang_domain::money::MoneyError| bad("currency", e.to_string()))
        });
        let group = match self.group_id {
            Some(id) => Some(id.to_string()),
            None => filled(self.group_name),
        };
        Ok(Request {
            kind: self.kind,
            path: upload.path.clone(),
            file_name: upload.name.clone(),
            group: group.filter(|_| self.kind == ImportKind::Chat),
            options: Options {
                format: format.map_err(|error| Problem::from(error).at("format"))?,
                encoding: encoding.transpose()?,
                dates: dates.transpose()?,
                mapping,
                currency: currency.transpose()?,
                cancel_prefix: filled(self.cancel_prefix),
                branch_id: self.branch_id,
                ..Options::default()
            },
        })
    }
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct RunProgress {
    /// Records committed.
    pub done: i64,
    /// Records in the file.
    pub total: i64,
    /// Records per second so far; null while that cannot be said.
    pub rate_per_s: Option<f64>,
    /// Seconds it will still take at that rate.
    pub remaining_s: Option<f64>,
}

/// What was counted; what a kind of file does not have is left out.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct RunCounts {
    /// Messages newly stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<u64>,
    /// Notices of the network in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<u64>,
    /// Different senders, customers or people in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<u64>,
    /// People newly stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<u64>,
    /// Different days with a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u64>,
    /// Earliest record.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first: Option<Timestamp>,
    /// Latest record.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last: Option<Timestamp>,
    /// What was there already.
    pub duplicates: u64,
    /// Lines left out.
    pub skipped_total: u64,
    /// Orders newly stored, cancelled ones apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders: Option<u64>,
    /// Lines in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<u64>,
    /// Sum of all lines, negatives included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revenue_minor: Option<i64>,
    /// Cancelled orders in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<u64>,
    /// Lines without a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_member: Option<u64>,
    /// Groups newly stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<u64>,
}

impl RunCounts {
    fn of(kind: ImportKind, counts: &Counts, skipped_total: u64) -> Self {
        let all = Self {
            first: counts.first,
            last: counts.last,
            duplicates: counts.duplicates,
            skipped_total,
            ..Self::default()
        };
        match kind {
            ImportKind::Chat => Self {
                messages: Some(counts.messages),
                system: Some(counts.system),
                members: Some(counts.members),
                days: Some(counts.days),
                ..all
            },
            ImportKind::Orders => Self {
                orders: Some(counts.orders),
                lines: Some(counts.lines),
                members: Some(counts.members),
                revenue_minor: Some(counts.revenue_minor),
                cancelled: Some(counts.cancelled),
                without_member: Some(counts.without_member),
                ..all
            },
            ImportKind::Members => Self {
                members: Some(counts.members),
                added: Some(counts.added),
                lines: Some(counts.lines),
                ..all
            },
            ImportKind::Groups => Self {
                groups: Some(counts.groups),
                lines: Some(counts.lines),
                ..all
            },
        }
    }
}

/// A line that was left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RejectOut {
    /// Its number in the file.
    pub line: i64,
    /// Why, as a code of the catalogue `error`.
    pub code: String,
    /// Why, in words.
    pub detail: String,
}

/// A run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunOut {
    /// Id; null for a dry run.
    #[schema(value_type = Option<String>)]
    pub id: Option<ImportRunId>,
    /// chat, orders, members or groups.
    #[schema(value_type = String)]
    pub kind: ImportKind,
    /// Name of the file.
    pub file_name: String,
    /// Its size.
    pub bytes: i64,
    /// The group of a chat.
    pub group: Option<Named>,
    /// Format as detected or given.
    pub format: Option<String>,
    /// Encoding as detected or given.
    pub encoding: Option<String>,
    /// The order of day, month and year that was given; null = decided from the file.
    pub dates: Option<String>,
    /// planned, running, interrupted, done, failed, undoing, undone or cancelled.
    #[schema(value_type = String)]
    pub state: RunState,
    /// How far it has come; null for a dry run.
    pub progress: Option<RunProgress>,
    /// What was counted.
    pub counts: RunCounts,
    /// Why it stopped.
    pub error: Option<ImportProblem>,
    /// Who started it.
    pub actor: Option<String>,
    /// When it was started.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// The first lines that a dry run leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<RejectOut>,
}

fn progress(shown: &RunShown) -> RunProgress {
    let run = &shown.run;
    let seconds = run.heartbeat_at.since(run.created_at) as f64 / 1_000.0;
    let is_moving = run.state == RunState::Running && seconds > 0.0 && run.cursor > 0;
    let rate = is_moving.then(|| run.cursor as f64 / seconds);
    RunProgress {
        done: run.cursor,
        total: run.total,
        rate_per_s: rate,
        remaining_s: rate.map(|rate| (run.total - run.cursor).max(0) as f64 / rate),
    }
}

impl From<RunShown> for RunOut {
    fn from(shown: RunShown) -> Self {
        let progress = progress(&shown);
        let run = shown.run;
        let counts: Counts = serde_json::from_str(&run.counts).unwrap_or_default();
        let options: Options = serde_json::from_str(&run.options).unwrap_or_default();
        let skipped = u64::try_from(run.skipped_total).unwrap_or(0);
        let detail = run.error_detail.unwrap_or_default();
        Self {
            id: Some(run.id),
            kind: run.kind,
            file_name: run.file_name,
            bytes: run.bytes,
            group: shown.group.map(Named::from),
            format: Some(run.format).filter(|word| !word.is_empty()),
            encoding: Some(run.encoding).filter(|word| !word.is_empty()),
            dates: options.dates.map(|dates| dates.as_str().to_owned()),
            state: run.state,
            progress: Some(progress),
            counts: RunCounts::of(run.kind, &counts, skipped),
            error: run.error_code.map(|code| ImportProblem {
                code,
                detail,
                at: None,
            }),
            actor: Some(shown.actor),
            started_at: run.created_at,
            finished_at: run.finished_at,
            skipped: Vec::new(),
        }
    }
}

fn planned(request: &Request, upload: &Upload, outcome: Outcome, now: Timestamp) -> RunOut {
    let skipped = outcome
        .rejects
        .first
        .iter()
        .take(SKIPPED_SHOWN)
        .map(|reject| RejectOut {
            line: i64::try_from(reject.line).unwrap_or(i64::MAX),
            code: reject.reason.code().to_owned(),
            detail: reject.reason.to_string(),
        });
    RunOut {
        id: None,
        kind: request.kind,
        file_name: upload.name.clone(),
        bytes: i64::try_from(upload.bytes).unwrap_or(i64::MAX),
        group: None,
        format: Some(outcome.format),
        encoding: None,
        dates: request.options.dates.map(|dates| dates.as_str().to_owned()),
        state: outcome.state,
        progress: None,
        counts: RunCounts::of(request.kind, &outcome.counts, outcome.rejects.total),
        error: None,
        actor: None,
        started_at: now,
        finished_at: None,
        skipped: skipped.collect(),
    }
}

/// Reads a file that was sent from end to end; then stores it behind the answer, unless only the
/// reading was asked for. req: 001-020
#[utoipa::path(
    post, path = "/imports", operation_id = "import_start", tag = "import",
    extensions(("x-permission" = json!("import.run"))),
    responses((status = 200, body = RunOut, description = "A dry run"), (status = 201, body = RunOut))
)]
async fn start(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<RunIn>,
) -> Result<(StatusCode, Json<RunOut>)> {
    let upload = state.app.upload(&caller, &given.upload_id).await?;
    let is_dry = given.dry_run;
    let request = given.into_request(&state, &caller, &upload).await?;
    if is_dry {
        let outcome = state.app.plan_import(&caller, &request).await?;
        let out = planned(&request, &upload, outcome, state.app.now());
        return Ok((StatusCode::OK, Json(out)));
    }
    let shown = state.app.start_import(&caller, &request).await?;
    Ok((StatusCode::CREATED, Json(shown.into())))
}

/// Runs, newest first.
#[utoipa::path(
    get, path = "/imports", operation_id = "import_list", tag = "import",
    params(Page),
    extensions(("x-permission" = json!("import.read"))),
    responses((status = 200, body = List<RunOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(page): Query<Page>,
) -> Result<Json<List<RunOut>>> {
    let after: Option<(Timestamp, ImportRunId)> = page.after()?;
    let limit = page.limit();
    let (mut rows, total) = state.app.show_imports(&caller, after, limit + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows
        .last()
        .filter(|_| more)
        .map(|shown| (shown.run.created_at, shown.run.id));
    Ok(Json(List {
        next: last.map(|place| cursor(&place)),
        total: Total::of(total),
        items: rows.into_iter().map(RunOut::from).collect(),
    }))
}

/// One run.
#[utoipa::path(
    get, path = "/imports/{id}", operation_id = "import_read", tag = "import",
    params(("id" = String, Path, description = "Run")),
    extensions(("x-permission" = json!("import.read"))),
    responses((status = 200, body = RunOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ImportRunId>,
) -> Result<Json<RunOut>> {
    Ok(Json(state.app.show_import(&caller, id).await?.into()))
}

/// Goes on with an interrupted run.
#[utoipa::path(
    post, path = "/imports/{id}/resume", operation_id = "import_resume", tag = "import",
    params(("id" = String, Path, description = "Run")),
    extensions(("x-permission" = json!("import.run"))),
    responses((status = 200, body = RunOut))
)]
async fn resume(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ImportRunId>,
) -> Result<Json<RunOut>> {
    Ok(Json(
        state.app.start_import_resume(&caller, id).await?.into(),
    ))
}

/// Stops a run and takes back what it stored.
#[utoipa::path(
    post, path = "/imports/{id}/cancel", operation_id = "import_cancel", tag = "import",
    params(("id" = String, Path, description = "Run")),
    extensions(("x-permission" = json!("import.run"))),
    responses((status = 200, body = RunOut))
)]
async fn cancel(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ImportRunId>,
) -> Result<Json<RunOut>> {
    Ok(Json(
        state.app.start_import_cancel(&caller, id).await?.into(),
    ))
}

/// What taking a run back would remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RemovalOut {
    /// Messages.
    pub messages: i64,
    /// Comings and goings.
    pub passages: i64,
    /// Orders.
    pub orders: i64,
    /// Order lines.
    pub order_lines: i64,
    /// Members that nothing else refers to.
    pub members: i64,
    /// Members that stay.
    pub members_kept: i64,
    /// Groups that nothing else refers to.
    pub groups: i64,
}

impl From<Removal> for RemovalOut {
    fn from(removal: Removal) -> Self {
        Self {
            messages: removal.messages,
            passages: removal.passages,
            orders: removal.orders,
            order_lines: removal.order_lines,
            members: removal.members,
            members_kept: removal.members_kept,
            groups: removal.groups,
        }
    }
}

/// The run that is being taken back, or with `preview` what that would remove.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum UndoOut {
    /// What would go.
    Preview(RemovalOut),
    /// The run.
    Run(Box<RunOut>),
}

/// Takes back exactly what a run added, or says what that would be.
#[utoipa::path(
    post, path = "/imports/{id}/undo", operation_id = "import_undo", tag = "import",
    params(("id" = String, Path, description = "Run"), PreviewQuery),
    extensions(("x-permission" = json!("import.undo"))),
    responses((status = 200, body = UndoOut))
)]
async fn undo(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ImportRunId>,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<UndoOut>> {
    if query.preview {
        let removal = state.app.preview_import_undo(&caller, id).await?;
        return Ok(Json(UndoOut::Preview(removal.into())));
    }
    let shown = state.app.start_import_undo(&caller, id).await?;
    Ok(Json(UndoOut::Run(Box::new(shown.into()))))
}

/// Lines that a run left out, the first thousand of them.
#[utoipa::path(
    get, path = "/imports/{id}/rejects", operation_id = "import_rejects", tag = "import",
    params(("id" = String, Path, description = "Run"), Page),
    extensions(("x-permission" = json!("import.read"))),
    responses((status = 200, body = List<RejectOut>))
)]
async fn rejects(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ImportRunId>,
    Query(page): Query<Page>,
) -> Result<Json<List<RejectOut>>> {
    let after = page.after::<i64>()?.unwrap_or(0);
    let limit = page.limit();
    let run = state.app.import_run(&caller, id).await?;
    let mut rows = state
        .app
        .import_rejects(&caller, id, after, limit + 1)
        .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let kept = i64::try_from(Rejects::KEPT).unwrap_or(i64::MAX);
    Ok(Json(List {
        next: rows.last().filter(|_| more).map(|row| cursor(&row.line)),
        total: Total::of(run.skipped_total.min(kept)),
        items: rows
            .into_iter()
            .map(|row| RejectOut {
                line: row.line,
                code: row.code,
                detail: row.detail,
            })
            .collect(),
    }))
}

/// The same lines as a table.
#[utoipa::path(
    get, path = "/imports/{id}/rejects.csv", operation_id = "import_rejects_export", tag = "import",
    params(("id" = String, Path, description = "Run")),
    extensions(("x-permission" = json!("import.read"))),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn rejects_csv(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ImportRunId>,
) -> Result<Response> {
    let rows = state
        .app
        .import_rejects(&caller, id, 0, Rejects::KEPT)
        .await?;
    let mut text = format!("{}{}", csv::BOM, csv::line(["line", "code", "detail"]));
    for row in &rows {
        text.push_str(&csv::line([
            row.line.to_string().as_str(),
            &row.code,
            &row.detail,
        ]));
    }
    Ok(table("rejects.csv", text))
}

/// The routes of imports.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, start))
        .routes(routes!(get))
        .routes(routes!(resume))
        .routes(routes!(cancel))
        .routes(routes!(undo))
        .routes(routes!(rejects))
        .routes(routes!(rejects_csv))
}
