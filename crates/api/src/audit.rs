//! The audit log: reading, exporting, taking back.

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    App, Caller,
    audit::{Audit, Filter, sought},
};
use yutang_domain::{
    id::AuditId,
    time::{Date, Timestamp},
};

use crate::{
    ApiState, At, Auth, Json, List, Page, Query, Total,
    export::{Column, ExportQuery, Wanted, Writer, headers, line},
    page::cursor,
    problem::Result,
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
    /// Words of who, to what or what was done.
    pub q: Option<String>,
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
            sought: self.q.as_deref().map(sought).unwrap_or_default(),
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

const COLUMNS: [Column; 11] = [
    ("id", "export.id"),
    ("at", "audit.at"),
    ("actor", "export.actor_kind"),
    ("actor_name", "audit.actor"),
    ("operation", "audit.what"),
    ("subject", "export.subject"),
    ("subject_name", "export.subject_name"),
    ("before", "export.before"),
    ("after", "export.after"),
    ("undone_at", "export.undone_at"),
    ("request_id", "audit.request"),
];

/// The same changes as a table, all of them.
#[utoipa::path(
    get, path = "/audit/export.csv", operation_id = "audit_export", tag = "audit",
    params(AuditQuery, ExportQuery),
    extensions(("x-permission" = json!("audit.read"))),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn export(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<AuditQuery>,
    wanted: Wanted,
) -> Result<Response> {
    let filter = query.filter(&caller);
    let write = Writer::new(wanted, &caller);
    let head = write.head(&COLUMNS);
    let rows = stream::try_unfold(Some((state.app, caller, write, filter)), slice);
    let body = stream::StreamExt::chain(stream::once(async move { Ok(head) }), rows);
    Ok((headers("audit.csv"), Body::from_stream(body)).into_response())
}

type Export = Option<(App, Caller, Writer, Filter)>;

async fn slice(state: Export) -> yutang_app::Result<Option<(String, Export)>> {
    let Some((app, caller, write, mut filter)) = state else {
        return Ok(None);
    };
    let (lines, _) = app.audit_list(&caller, &filter, SLICE).await?;
    let Some(last) = lines.last() else {
        return Ok(None);
    };
    filter.after = Some((last.at, last.id));
    let text: String = lines.iter().map(|line| cells(&write, line)).collect();
    let more = (lines.len() == SLICE).then_some((app, caller, write, filter));
    Ok(Some((text, more)))
}

fn cells(write: &Writer, change: &Audit) -> String {
    let kind = split(&change.actor).0;
    let actor = write.word("audit.kind", kind);
    line([
        change.id.to_string(),
        write.time(Some(change.at)),
        // Programs are told which actor it was.
        if actor == kind {
            change.actor.clone()
        } else {
            actor
        },
        change.actor_name.clone(),
        write.word("operation", &change.operation),
        change.subject.clone(),
        write.sentence(&change.subject_name, &Value::Null),
        change.before.clone().unwrap_or_default(),
        change.after.clone().unwrap_or_default(),
        write.time(change.undone_at),
        change.request_id.clone(),
    ])
}

/// The routes of the audit log.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export))
        .routes(routes!(undo))
}
