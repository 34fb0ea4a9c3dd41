//! The program over HTTP, for the console and for other programs.
//!
//! A rule must not depend on where a request comes from, so nothing is decided here: a handler
//! turns JSON into a verb of `app` and its outcome into JSON. What every request shares stands
//! before the handlers and fails closed: [`auth`] reads the permission that an operation declares
//! in its description (`x-permission`) and lets nobody pass who does not hold it, [`idempotency`]
//! answers a repeated POST with the first one's answer, [`problem`] is the one place with status
//! numbers.
//!
//! One file per noun: `XIn`, `XPatch`, `XOut`, the handlers, `routes()` at the bottom. Arguments
//! of handlers come from [`extract`] (`Json`, `Query`, `At` for what stands in the path) and from
//! [`auth::Auth`], whose refusals are problems like any other.

pub mod alarm;
pub mod announcement;
pub mod audit;
pub mod auth;
pub mod branch;
pub mod branch_variable;
pub mod broadcast;
pub mod channel;
pub mod claim;
pub mod classifier;
pub mod cookie;
pub mod csv;
pub mod demo;
pub mod digest;
pub mod edge;
pub mod entry_fee;
pub mod export;
pub mod extract;
pub mod finding;
pub mod gate;
pub mod group;
pub mod group_bulk;
pub mod group_list;
pub mod group_stream;
pub mod hook;
pub mod idempotency;
pub mod import;
pub mod import_mapping;
pub mod join_link;
pub mod knock;
pub mod mark;
pub mod member;
pub mod membership;
pub mod meta;
pub mod moderation;
pub mod named;
pub mod ops;
pub mod outside;
pub mod page;
pub mod permission;
pub mod playbook;
pub mod problem;
pub mod qr;
pub mod receipt;
pub mod report;
pub mod robot;
pub mod sales;
pub mod saved_view;
pub mod session;
pub mod setup;
pub mod staff;
pub mod stream;
pub mod tag;
pub mod task;
pub mod today;
pub mod token;
pub mod totp;
pub mod upload;
pub mod webhook;
pub mod welcome;
pub mod workspace;

use std::sync::Arc;

use axum::{Router, middleware};
use tokio::sync::Semaphore;
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;
use yutang_app::App;

pub use crate::{
    auth::Auth,
    extract::{At, Json, Query},
    page::{List, Page, Total},
    problem::{Problem, Result},
};

/// Where the API begins.
pub const BASE: &str = "/api/v1";

/// Sign-ins that are worked on at one time; each takes 19 MB and a core for a moment.
const SIGN_INS: usize = 2;
/// Sign-ins that may wait for their turn.
const SIGN_INS_WAITING: usize = 32;

/// What the edge is told about its surroundings.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where browsers reach this program, for links: `https://shop.example`. Without it links are
    /// made from the request's own `Host`.
    pub base_url: Option<String>,
    /// Renders the metrics of this process, if they are recorded.
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
}

impl Config {
    /// Whether cookies may travel over https only.
    pub fn is_secure(&self) -> bool {
        self.base_url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://"))
    }
}

/// What every handler is given.
#[derive(Clone)]
pub struct ApiState {
    /// The program.
    pub app: App,
    /// Its surroundings.
    pub config: Arc<Config>,
    sign_ins: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl ApiState {
    /// The state of an edge.
    pub fn new(app: App, config: Config) -> Self {
        Self {
            app,
            config: Arc::new(config),
            sign_ins: Arc::new(Semaphore::new(SIGN_INS)),
            waiting: Arc::new(Semaphore::new(SIGN_INS_WAITING)),
        }
    }

    /// Waits for a turn to hash a password.
    ///
    /// # Errors
    /// [`yutang_domain::staff::SessionError::Busy`] if too many wait already.
    pub async fn turn(&self) -> Result<tokio::sync::OwnedSemaphorePermit> {
        let busy = yutang_domain::staff::SessionError::Busy;
        let _place = self
            .waiting
            .clone()
            .try_acquire_owned()
            .map_err(|_| busy.clone())?;
        self.sign_ins
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| busy.into())
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Yutang",
    description = "Community marketing: groups, members, figures, tasks. Ids are text, instants RFC 3339 in \
                   UTC, days YYYY-MM-DD, money whole minor units, ratios 0 to 1. Every POST accepts an \
                   Idempotency-Key; refusals are problem+json (RFC 9457) with a stable code."
))]
struct Description;

/// The routes of the API with their description, and the health routes beside it.
///
/// What is around every request (ids, headers, logs, metrics) is added by [`edge::around`], once,
/// when all routers of the program are merged.
pub fn router(state: ApiState) -> (Router, OpenApi) {
    let (router, openapi) = described();
    let matrix = Arc::new(permission::Matrix::of(&openapi));
    let text: Arc<str> = openapi.to_pretty_json().unwrap_or_default().into();
    let router = router
        .route_layer(middleware::from_fn_with_state(
            state.clone(),
            idempotency::answer_once,
        ))
        .route_layer(middleware::from_fn_with_state(
            (state.clone(), matrix),
            auth::authenticate,
        ))
        .route(&format!("{BASE}/openapi.json"), meta::document(text))
        .merge(ops::routes())
        .method_not_allowed_fallback(problem::method_not_allowed)
        .fallback(problem::route_unknown)
        .with_state(state);
    (router, openapi)
}

/// The description of the API.
pub fn openapi() -> OpenApi {
    described().1
}

/// Every route of the API with its description.
fn described() -> (Router<ApiState>, OpenApi) {
    let api = OpenApiRouter::new()
        .merge(alarm::routes())
        .merge(announcement::routes())
        .merge(audit::routes())
        .merge(branch::routes())
        .merge(branch_variable::routes())
        .merge(broadcast::routes())
        .merge(playbook::routes())
        .merge(channel::routes())
        .merge(claim::routes())
        .merge(classifier::routes())
        .merge(demo::routes())
        .merge(digest::routes())
        .merge(entry_fee::routes())
        .merge(finding::routes())
        .merge(gate::routes())
        .merge(group::routes())
        .merge(group_bulk::routes())
        .merge(group_stream::routes())
        .merge(import::routes())
        .merge(import_mapping::routes())
        .merge(join_link::routes())
        .merge(knock::routes())
        .merge(mark::routes())
        .merge(member::routes())
        .merge(membership::routes())
        .merge(meta::routes())
        .merge(moderation::routes())
        .merge(outside::routes())
        .merge(permission::routes())
        .merge(receipt::routes())
        .merge(report::routes())
        .merge(robot::routes())
        .merge(sales::routes())
        .merge(saved_view::routes())
        .merge(session::routes())
        .merge(setup::routes())
        .merge(totp::routes())
        .merge(staff::routes())
        .merge(stream::routes())
        .merge(tag::routes())
        .merge(task::routes())
        .merge(today::routes())
        .merge(token::routes())
        .merge(upload::routes())
        .merge(webhook::routes())
        .merge(welcome::routes())
        .merge(workspace::routes());
    let (router, mut openapi) = OpenApiRouter::with_openapi(Description::openapi())
        .nest(BASE, api)
        .split_for_parts();
    describe_security(&mut openapi);
    "1".clone_into(&mut openapi.info.version);
    (router, openapi)
}

fn describe_security(openapi: &mut OpenApi) {
    let components = openapi.components.get_or_insert_default();
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie::SESSION))),
    );
    components.add_security_scheme(
        "token",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
    );
}
