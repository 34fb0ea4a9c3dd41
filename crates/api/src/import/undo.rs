//! Taking an import back.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use yutang_app::import::Removal;
use yutang_domain::id::ImportRunId;

use super::RunOut;
use crate::{ApiState, At, Auth, Json, Query, group_bulk::PreviewQuery, problem::Result};

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
    /// Branches made for a name in the file that nothing else uses.
    pub branches: i64,
    /// Tags made for a name in the file that nothing else uses.
    pub tags: i64,
    /// Notes.
    pub notes: i64,
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
            branches: removal.branches,
            tags: removal.tags,
            notes: removal.notes,
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
pub(super) async fn undo(
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
