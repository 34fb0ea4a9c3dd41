//! Webhooks: where other programs are told what happens here. A secret is shown once.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::webhook::{Delivery, Listed, NewWebhook, Webhook, WebhookChange};
use yutang_domain::{
    id::{BranchId, EventId, WebhookDeliveryId, WebhookId},
    time::Timestamp,
    webhook::{DeliveryState, WebhookState},
};

use crate::{ApiState, At, Auth, Json, List, Page, Query, Total, page::cursor, problem::Result};

/// A webhook, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: WebhookId,
    /// What people call it.
    pub name: String,
    /// Where it leads.
    pub address: String,
    /// What it is told; empty = everything.
    pub topics: Vec<String>,
    /// The branch whose facts it is told, those below included; null = all.
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<BranchId>,
    /// on, off, or failed: switched off after five days in vain or an answer 410.
    #[schema(value_type = String)]
    pub state: WebhookState,
    /// Since when nothing could be delivered; null = it can.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
    /// Why.
    pub last_error: Option<String>,
    /// When something was last delivered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delivered_at: Option<Timestamp>,
    /// Until when the secret before the present one signs too.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub old_secret_until: Option<Timestamp>,
    /// Deliveries that are still to be made.
    pub waiting: i64,
    /// Deliveries that were given up and can be made again.
    pub given_up: i64,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl WebhookOut {
    fn of(listed: Listed) -> Self {
        let row = listed.row;
        Self {
            id: row.id,
            name: row.name,
            address: listed.address,
            topics: row.topics.split_whitespace().map(str::to_owned).collect(),
            branch_id: row.branch_id,
            state: row.state,
            failing_since: row.failing_since,
            last_error: row.last_error,
            delivered_at: row.delivered_at,
            old_secret_until: row.old_until,
            waiting: listed.waiting,
            given_up: listed.given_up,
            created_at: row.created_at,
        }
    }
}

/// A webhook to be added.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookIn {
    /// What people call it.
    pub name: String,
    /// Where it leads: https, to a public server.
    pub address: String,
    /// What it is told, as in docs/reference/webhook.md; left out or empty = everything.
    #[serde(default)]
    pub topics: Vec<String>,
    /// The branch whose facts it is told; left out = all.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<BranchId>,
}

/// A webhook that has a new secret.
#[derive(Clone, Serialize, ToSchema)]
pub struct WebhookMade {
    /// Id.
    #[schema(value_type = String)]
    pub id: WebhookId,
    /// What its deliveries are signed with, shown this once.
    pub secret: String,
    /// Until when the secret before it signs too.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub old_secret_until: Option<Timestamp>,
}

/// What changes of a webhook; what is left out stays.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookEdit {
    /// What people call it.
    pub name: Option<String>,
    /// Where it leads.
    pub address: Option<String>,
    /// What it is told; empty = everything.
    pub topics: Option<Vec<String>>,
    /// The branch whose facts it is told; null = all.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<Option<BranchId>>,
    /// Whether it is told at all.
    pub on: Option<bool>,
}

/// Tells null from left out.
#[allow(clippy::option_option, reason = "left out, null, a branch")]
fn given<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> std::result::Result<Option<Option<BranchId>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// A delivery: what was sent, and what came back last.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryOut {
    /// Id; the receiver sees it as `webhook-id`.
    #[schema(value_type = String)]
    pub id: WebhookDeliveryId,
    /// The fact; null = a test.
    #[schema(value_type = Option<String>)]
    pub event: Option<EventId>,
    /// What it is told as.
    pub topic: String,
    /// pending, sending, delivered, failed (tried again at `next_at`) or given_up.
    #[schema(value_type = String)]
    pub state: DeliveryState,
    /// The body.
    pub body: String,
    /// How often it was tried since it was made or made again.
    pub attempts: i64,
    /// When it is tried next; null = not by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// Status of the last answer.
    pub status: Option<i64>,
    /// Beginning of the last answer.
    pub answer: String,
    /// What went wrong.
    pub error: Option<String>,
    /// How long the last attempt took, in milliseconds.
    pub took_ms: Option<i64>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last tried.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub tried_at: Option<Timestamp>,
}

impl WebhookDeliveryOut {
    fn of(row: Delivery) -> Self {
        let again = matches!(row.state, DeliveryState::Pending | DeliveryState::Failed);
        Self {
            id: row.id,
            event: row.event_id,
            topic: row.topic,
            state: row.state,
            body: row.body,
            attempts: row.attempts,
            next_at: again.then_some(row.next_at),
            status: row.status,
            answer: row.answer,
            error: row.error,
            took_ms: row.took_ms,
            created_at: row.created_at,
            tried_at: row.tried_at,
        }
    }
}

/// Which deliveries.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// pending, sending, delivered, failed or given_up; left out = all.
    #[param(value_type = Option<String>)]
    pub state: Option<DeliveryState>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Since when what did not arrive is told again.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookReplayIn {
    /// From this instant on.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// How much is told again.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct WebhookReplayed {
    /// Deliveries.
    pub count: u64,
}

/// Webhooks in use, oldest first.
#[utoipa::path(
    get, path = "/webhooks", operation_id = "webhook_list", tag = "webhooks",
    extensions(("x-permission" = json!("webhook.edit"))),
    responses((status = 200, body = List<WebhookOut>))
)]
async fn list(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<List<WebhookOut>>> {
    let rows = state.app.webhooks(&caller).await?;
    Ok(Json(List::whole(
        rows.into_iter().map(WebhookOut::of).collect(),
    )))
}

/// What can be told.
#[utoipa::path(
    get, path = "/webhooks/topics", operation_id = "webhook_topics", tag = "webhooks",
    extensions(("x-permission" = json!("webhook.edit"))),
    responses((status = 200, body = List<String>))
)]
async fn topics(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<List<String>>> {
    let topics = state.app.webhook_topics(&caller)?;
    Ok(Json(List::whole(
        topics.iter().map(ToString::to_string).collect(),
    )))
}

/// Adds a webhook; it is told what happens from now on, and its secret is shown this once.
#[utoipa::path(
    post, path = "/webhooks", operation_id = "webhook_create", tag = "webhooks",
    request_body = WebhookIn,
    extensions(("x-permission" = json!("webhook.edit"))),
    responses((status = 201, body = WebhookMade))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<WebhookIn>,
) -> Result<(StatusCode, Json<WebhookMade>)> {
    let new = NewWebhook {
        name: given.name,
        address: given.address,
        topics: given.topics,
        branch: given.branch_id,
    };
    let made = state.app.add_webhook(&caller, &new).await?;
    Ok((StatusCode::CREATED, Json(shown(&made.row, made.secret))))
}

const fn shown(row: &Webhook, secret: String) -> WebhookMade {
    WebhookMade {
        id: row.id,
        secret,
        old_secret_until: row.old_until,
    }
}

/// Changes a webhook, switches it off or on again.
#[utoipa::path(
    patch, path = "/webhooks/{id}", operation_id = "webhook_edit", tag = "webhooks",
    params(("id" = String, Path, description = "Webhook")),
    request_body = WebhookEdit,
    extensions(("x-permission" = json!("webhook.edit"))),
    responses((status = 200, body = WebhookOut))
)]
async fn edit(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<WebhookId>,
    Json(given): Json<WebhookEdit>,
) -> Result<Json<WebhookOut>> {
    let change = WebhookChange {
        name: given.name,
        address: given.address,
        topics: given.topics,
        branch: given.branch_id,
        on: given.on,
    };
    let listed = state.app.change_webhook(&caller, id, &change).await?;
    Ok(Json(WebhookOut::of(listed)))
}

/// Takes a webhook out of use.
#[utoipa::path(
    delete, path = "/webhooks/{id}", operation_id = "webhook_remove", tag = "webhooks",
    params(("id" = String, Path, description = "Webhook")),
    extensions(("x-permission" = json!("webhook.edit"))),
    responses((status = 204))
)]
async fn remove(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<WebhookId>,
) -> Result<StatusCode> {
    state.app.remove_webhook(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a webhook a new secret; the one before signs as well for 24 hours.
#[utoipa::path(
    post, path = "/webhooks/{id}/rotate", operation_id = "webhook_rotate", tag = "webhooks",
    params(("id" = String, Path, description = "Webhook")),
    extensions(("x-permission" = json!("webhook.edit"))),
    responses((status = 200, body = WebhookMade))
)]
async fn rotate(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<WebhookId>,
) -> Result<Json<WebhookMade>> {
    let made = state.app.rotate_webhook(&caller, id).await?;
    Ok(Json(shown(&made.row, made.secret)))
}

/// Tells a webhook a test now; answered with what came of it.
#[utoipa::path(
    post, path = "/webhooks/{id}/test", operation_id = "webhook_test", tag = "webhooks",
    params(("id" = String, Path, description = "Webhook")),
    extensions(("x-permission" = json!("webhook.edit"))),
    responses((status = 200, body = WebhookDeliveryOut))
)]
async fn test(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<WebhookId>,
) -> Result<Json<WebhookDeliveryOut>> {
    let row = state.app.test_webhook(&caller, id).await?;
    Ok(Json(WebhookDeliveryOut::of(row)))
}

/// Tells everything again that happened since an instant and did not arrive.
#[utoipa::path(
    post, path = "/webhooks/{id}/replay", operation_id = "webhook_replay", tag = "webhooks",
    params(("id" = String, Path, description = "Webhook")),
    request_body = WebhookReplayIn,
    extensions(("x-permission" = json!("webhook.edit"))),
    responses((status = 200, body = WebhookReplayed))
)]
async fn replay(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<WebhookId>,
    Json(given): Json<WebhookReplayIn>,
) -> Result<Json<WebhookReplayed>> {
    let count = state.app.replay_webhook(&caller, id, given.since).await?;
    Ok(Json(WebhookReplayed { count }))
}

/// Deliveries to a webhook, the latest first; what arrived is kept 7 days, what did not 30.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries", operation_id = "webhook_deliveries", tag = "webhooks",
    params(("id" = String, Path, description = "Webhook"), DeliveryQuery),
    extensions(("x-permission" = json!("webhook.edit"))),
    responses((status = 200, body = List<WebhookDeliveryOut>))
)]
async fn deliveries(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<WebhookId>,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<List<WebhookDeliveryOut>>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor,
    };
    let place = (page.after()?, page.limit());
    let found = state
        .app
        .webhook_deliveries(&caller, id, query.state, place)
        .await?;
    Ok(Json(List {
        items: found
            .items
            .into_iter()
            .map(WebhookDeliveryOut::of)
            .collect(),
        next: found.next.map(|place| cursor(&place)),
        total: Total::of(found.total),
    }))
}

/// Tells one thing again, under the same `webhook-id`.
#[utoipa::path(
    post, path = "/webhooks/{id}/deliveries/{delivery}/replay", operation_id = "webhook_delivery_replay",
    tag = "webhooks",
    params(
        ("id" = String, Path, description = "Webhook"),
        ("delivery" = String, Path, description = "Delivery"),
    ),
    extensions(("x-permission" = json!("webhook.edit"))),
    responses((status = 200, body = WebhookDeliveryOut))
)]
async fn replay_one(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At((id, of)): At<(WebhookId, WebhookDeliveryId)>,
) -> Result<Json<WebhookDeliveryOut>> {
    let row = state.app.replay_delivery(&caller, id, of).await?;
    Ok(Json(WebhookDeliveryOut::of(row)))
}

/// The routes of webhooks.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(topics))
        .routes(routes!(edit, remove))
        .routes(routes!(rotate))
        .routes(routes!(test))
        .routes(routes!(replay))
        .routes(routes!(deliveries))
        .routes(routes!(replay_one))
}
