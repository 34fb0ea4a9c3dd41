//! Appeals, and the answers to them.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::moderation::{AppealAnswer, AppealFilter, ListedAppeal};
use yutang_domain::{
    id::{AppealId, SanctionId},
    time::Timestamp,
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total, named::Named, page::cursor,
    problem::Result, task::TaskList,
};

/// Which appeals are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AppealQuery {
    /// open (the default), done (answered) or all.
    #[param(inline)]
    pub state: TaskList,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// An appeal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppealOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: AppealId,
    /// Against which sanction.
    #[schema(value_type = String)]
    pub sanction_id: SanctionId,
    /// In which group.
    pub group: Named,
    /// By whom.
    pub member: Named,
    /// What the sanction was for.
    pub kind: String,
    /// How hard it was: gentle, neutral or hard.
    pub tone: String,
    /// What the member says.
    pub text: String,
    /// open, granted or refused.
    pub state: String,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// Until when it is to be answered.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// When it was answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// By whom.
    pub decided_by: Option<String>,
    /// What the member was told.
    pub answer: String,
}

impl From<ListedAppeal> for AppealOut {
    fn from(row: ListedAppeal) -> Self {
        Self {
            id: row.id,
            sanction_id: row.sanction_id,
            group: Named {
                id: row.group_id.to_string(),
                name: row.group_name,
            },
            member: Named {
                id: row.member_id.to_string(),
                name: row.member_name,
            },
            kind: row.kind.to_string(),
            tone: row.tone.to_string(),
            text: row.text,
            state: row.state.to_string(),
            opened_at: row.opened_at,
            due_at: row.due_at,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
            answer: row.answer,
        }
    }
}

/// An answer to an appeal.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AppealAnswerIn {
    /// Why; a refusal tells the member so, and needs it.
    pub reason: String,
}

/// Appeals, latest first.
#[utoipa::path(
    get, path = "/moderation/appeals", operation_id = "appeal_list", tag = "moderation",
    params(AppealQuery),
    extensions(("x-permission" = json!("moderation.read"))),
    responses((status = 200, body = List<AppealOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<AppealQuery>,
) -> Result<Json<List<AppealOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let filter = AppealFilter {
        open: match query.state {
            TaskList::Open => Some(true),
            TaskList::Done => Some(false),
            TaskList::All => None,
        },
        after: page.after()?,
        ..AppealFilter::default()
    };
    let found = state.app.appeals(&caller, &filter, page.limit()).await?;
    Ok(Json(List {
        items: found.items.into_iter().map(AppealOut::from).collect(),
        next: found.next.map(|place| cursor(&place)),
        total: Total::of(found.total),
    }))
}

/// Grants an appeal: the sanction is taken back.
#[utoipa::path(
    post, path = "/moderation/appeals/{id}/grant", operation_id = "appeal_grant",
    tag = "moderation",
    params(("id" = String, Path, description = "Appeal")),
    extensions(("x-permission" = json!("moderation.decide"))),
    responses((status = 204))
)]
async fn grant(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<AppealId>,
    body: Option<Json<AppealAnswerIn>>,
) -> Result<StatusCode> {
    let reason = body.map(|Json(given)| given.reason).unwrap_or_default();
    let answer = AppealAnswer::Grant(&reason);
    state.app.answer_appeal(&caller, id, answer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses an appeal: the sanction stays, and the member is told why.
#[utoipa::path(
    post, path = "/moderation/appeals/{id}/refuse", operation_id = "appeal_refuse",
    tag = "moderation",
    params(("id" = String, Path, description = "Appeal")),
    extensions(("x-permission" = json!("moderation.decide"))),
    responses((status = 204))
)]
async fn refuse(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<AppealId>,
    Json(given): Json<AppealAnswerIn>,
) -> Result<StatusCode> {
    let answer = AppealAnswer::Refuse(&given.reason);
    state.app.answer_appeal(&caller, id, answer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of appeals.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(grant))
        .routes(routes!(refuse))
}
