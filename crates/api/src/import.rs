//! Imports as runs.

mod counts;
mod reject;
mod request;
mod undo;

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::import::{Counts, Options, Outcome, Request, RunShown, Upload};
use yutang_domain::{
    id::ImportRunId,
    import::{ImportKind, RunState},
    time::Timestamp,
};

pub use self::{
    counts::RunCounts,
    reject::RejectOut,
    request::RunIn,
    undo::{RemovalOut, UndoOut},
};
use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total, named::Named, page::cursor,
    problem::Result, upload::ImportProblem,
};

/// Lines left out that the answer to a dry run names.
const SKIPPED_SHOWN: usize = 20;

/// How far a run has come.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct RunProgress {
    /// Records committed.
    pub done: i64,
    /// Records in the file.
    pub total: i64,
    /// Records per second since the run was begun or taken up again; null while that cannot be said.
    pub rate_per_s: Option<f64>,
    /// Seconds it will still take at that rate.
    pub remaining_s: Option<f64>,
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
    let seconds = run.heartbeat_at.since(run.storing_since) as f64 / 1_000.0;
    let stored = run.cursor - run.storing_from;
    let is_moving = run.state == RunState::Running && seconds > 0.0 && stored > 0;
    let rate = is_moving.then(|| stored as f64 / seconds);
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

/// The routes of imports.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, start))
        .routes(routes!(get))
        .routes(routes!(resume))
        .routes(routes!(cancel))
        .routes(routes!(undo::undo))
        .routes(routes!(reject::rejects))
        .routes(routes!(reject::rejects_csv))
}

#[cfg(test)]
mod tests {
    use yutang_app::import::Run;
    use yutang_domain::time::SECOND;

    use super::*;

    fn running(cursor: i64, storing_from: i64, seconds: i64) -> RunShown {
        let begun = Timestamp::from_ms(0);
        let since = begun.plus(3_600 * SECOND);
        RunShown {
            run: Run {
                id: ImportRunId::from_raw(1),
                kind: ImportKind::Chat,
                group_id: None,
                file_name: String::new(),
                file_path: String::new(),
                file_hash: Vec::new(),
                bytes: 0,
                format: String::new(),
                encoding: String::new(),
                options: String::new(),
                state: RunState::Running,
                cursor,
                total: 10_000,
                counts: String::new(),
                skipped_total: 0,
                error_code: None,
                error_detail: None,
                actor: String::new(),
                holder: String::new(),
                heartbeat_at: since.plus(seconds * SECOND),
                cancel_requested: false,
                storing_since: since,
                storing_from,
                created_at: begun,
                finished_at: None,
            },
            group: None,
            actor: String::new(),
        }
    }

    /// The hour in which nobody was at the run, and what was stored before it, are no speed of now.
    #[test]
    fn the_rate_of_a_run_that_goes_on_is_that_of_now() {
        let shown = progress(&running(6_000, 4_000, 2));
        assert_eq!(shown.rate_per_s, Some(1_000.0));
        assert_eq!(shown.remaining_s, Some(4.0));
        let nothing_yet = progress(&running(4_000, 4_000, 2));
        assert_eq!(
            (nothing_yet.rate_per_s, nothing_yet.remaining_s),
            (None, None)
        );
    }
}
