//! The audit log: reading, exporting, taking back.

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    App, Caller,
    audit::{Audit, Filter},
};
use yutang_domain::{
    id::AuditId,
    time::{Date, Timestamp},
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total, csv, page::cursor, problem::Result,
};

/// Lines that one step of an export reads.
const SLICE: usize = 500;

/// A change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: AuditId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    pub actor: AuditActor,
    /// What was done, for example group.edit.
    pub operation: String,
    /// To what.
    pub subject: AuditSubject,
    /// How it was.
    #[schema(value_type = Object, nullable)]
    pub before: Value,
    /// How it became.
    #[schema(value_type = Object, nullable)]
    pub after: Value,
    /// Whether it can be taken back.
    pub undoable: bool,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<Timestamp>,
    /// The request it came with.
    pub request_id: String,
}

/// Who made a change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditActor {
    /// staff, token, member, console or system.
    pub kind: String,
    /// Name at the time.
    pub name: String,
    /// Id, where there is one: what `actor` of the list takes together with the kind.
    pub id: Option<String>,
}

/// What was changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditSubject {
    /// Its noun.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name at the time; null where a name would be personal data.
    pub name: Option<String>,
}

impl AuditOut {
    fn of(line: Audit) -> Self {
        let json = |text: Option<String>| {
            text.and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or(Value::Null)
        };
        let (actor, actor_id) = split(&line.actor);
        let (kind, id) = split(&line.subject);
        Self {
            id: line.id,
            at: line.at,
            actor: AuditActor {
                kind: actor.to_owned(),
                name: line.actor_name,
                id: actor_id.map(str::to_owned),
            },
            operation: line.operation,
            subject: AuditSubject {
                kind: kind.to_owned(),
                id: id.unwrap_or_default().to_owned(),
                name: Some(line.subject_name).filter(|name| !name.is_empty()),
            },
            before: json(line.before),
            after: json(line.after),
            undoable: line.undoable,
            undone_at: line.undone_at,
            request_id: line.request_id,
        }
    }
}

fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(':') {
        Some((kind, id)) => (kind, Some(id)),
        None => (text, None),
    }
}

/// Which changes are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Who: `staff:st_…`, `console`, `system:import`, or a staff id.
    pub actor: Option<String>,
    /// What was done, or its noun: group.edit, group.
    pub operation: Option<String>,
    /// To what: `group:gp_…`.
    pub subject: Option<String>,
    /// First day, in the organisation's zone.
    #[param(value_type = Option<String>)]
    pub from: Option<Date>,
    /// Day after the last.
    #[param(value_type = Option<String>)]
    pub to: Option<Date>,
}

impl AuditQuery {
    fn filter(self, caller: &Caller) -> Filter {
        let set = |text: Option<String>| text.filter(|t| !t.is_empty());
        let actor = set(self.actor).map(|text| {
            if text.starts_with("st_") {
                format!("staff:{text}")
            } else {
                text
            }
        });
        Filter {
            actor,
            operation: set(self.operation),
            subject: set(self.subject),
            from: self.from.map(|day| caller.zone.start_of(day)),
            to: self.to.map(|day| caller.zone.start_of(day)),
            after: None,
        }
    }
}

/// Changes, newest first.
#[utoipa::path(
    get, path = "/audit", operation_id = "audit_list", tag = "audit",
    params(AuditQuery, Page),
    extensions(("x-permission" = json!("audit.read"))),
    responses((status = 200, body = List<AuditOut>))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<AuditQuery>,
    Query(page): Query<Page>,
) -> Result<Json<List<AuditOut>>> {
    let mut filter = query.filter(&caller);
    filter.after = page.after()?;
    let (mut lines, total) = state
        .app
        .audit_list(&caller, &filter, page.limit() + 1)
        .await?;
    let more = lines.len() > page.limit();
    lines.truncate(page.limit());
    let next = lines
        .last()
        .filter(|_| more)
        .map(|line| cursor(&(line.at, line.id)));
    let items = lines.into_iter().map(AuditOut::of).collect();
    Ok(Json(List {
        items,
        next,
        total: Total::of(total),
    }))
}

/// Takes a change back, unless its subject was changed again since.
#[utoipa::path(
    post, path = "/audit/{id}/undo", operation_id = "audit_undo", tag = "audit",
    params(("id" = String, Path, description = "Change")),
    extensions(("x-permission" = json!("audit.undo"))),
    responses((status = 200, body = AuditOut))
)]
async fn undo(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<AuditId>,
) -> Result<Json<AuditOut>> {
    Ok(Json(AuditOut::of(state.app.undo(&caller, id).await?)))
}

/// The same changes as a table, all of them.
#[utoipa::path(
    get, path = "/audit/export.csv", operation_id = "audit_export", tag = "audit",
    params(AuditQuery),
    extensions(("x-permission" = json!("audit.read"))),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn export(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<AuditQuery>,
) -> Result<Response> {
    let filter = query.filter(&caller);
    let names = [
        "id",
        "at",
        "actor",
        "actor_name",
        "operation",
        "subject",
        "subject_name",
        "before",
        "after",
        "undone_at",
        "request_id",
    ];
    let head = format!("{}{}", csv::BOM, csv::line(names));
    let rows = stream::try_unfold(Some((state.app, caller, filter)), slice);
    let body = stream::StreamExt::chain(stream::once(async move { Ok(head) }), rows);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"audit.csv\"",
        ),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

type Export = Option<(App, Caller, Filter)>;

async fn slice(state: Export) -> yutang_app::Result<Option<(String, Export)>> {
    let Some((app, caller, mut filter)) = state else {
        return Ok(None);
    };
    let (lines, _) = app.audit_list(&caller, &filter, SLICE).await?;
    let Some(last) = lines.last() else {
        return Ok(None);
    };
    filter.after = Some((last.at, last.id));
    let text: String = lines
        .iter()
        .map(|line| {
            csv::line([
                line.id.to_string().as_str(),
                &line.at.to_string(),
                &line.actor,
                &line.actor_name,
                &line.operation,
                &line.subject,
                &line.subject_name,
                line.before.as_deref().unwrap_or(""),
                line.after.as_deref().unwrap_or(""),
                &line.undone_at.map(|at| at.to_string()).unwrap_or_default(),
                &line.request_id,
            ])
        })
        .collect();
    let more = (lines.len() == SLICE).then_some((app, caller, filter));
    Ok(Some((text, more)))
}

/// The routes of the audit log.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export))
        .routes(routes!(undo))
}
