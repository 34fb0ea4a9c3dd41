//! Lines that an import left out.

use axum::{extract::State, response::Response};
use serde::Serialize;
use utoipa::ToSchema;
use yutang_app::import::Rejects;
use yutang_domain::id::ImportRunId;

use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total, csv, group_bulk::table, page::cursor,
    problem::Result,
};

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

/// Lines that a run left out, the first thousand of them.
#[utoipa::path(
    get, path = "/imports/{id}/rejects", operation_id = "import_rejects", tag = "import",
    params(("id" = String, Path, description = "Run"), Page),
    extensions(("x-permission" = json!("import.read"))),
    responses((status = 200, body = List<RejectOut>))
)]
pub(super) async fn rejects(
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
pub(super) async fn rejects_csv(
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
