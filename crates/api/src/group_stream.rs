//! What happens in a group, line by line.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::group::{StreamItem, StreamKind, StreamQuery};
use yutang_domain::{
    id::{GroupId, MessageId},
    time::Timestamp,
};

use crate::{
    ApiState, At, Auth, Json, Page, Problem, Query, group_list::Readable, named::Named,
    page::cursor, problem::Result,
};

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Somebody wrote.
    Message,
    /// Somebody came.
    Join,
    /// Somebody went or was put out.
    Leave,
    /// A rule was broken and something followed.
    Sanction,
    /// Somebody ordered.
    Order,
    /// The network said something.
    System,
}

impl From<LineKind> for StreamKind {
    fn from(kind: LineKind) -> Self {
        match kind {
            LineKind::Message => Self::Message,
            LineKind::Join => Self::Join,
            LineKind::Leave => Self::Leave,
            LineKind::Sanction => Self::Sanction,
            LineKind::Order => Self::Order,
            LineKind::System => Self::System,
        }
    }
}

impl From<StreamKind> for LineKind {
    fn from(kind: StreamKind) -> Self {
        match kind {
            StreamKind::Message => Self::Message,
            StreamKind::Join => Self::Join,
            StreamKind::Leave => Self::Leave,
            StreamKind::Sanction => Self::Sanction,
            StreamKind::Order => Self::Order,
            StreamKind::System => Self::System,
        }
    }
}

/// What was noticed about a message.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct LineMarks {
    /// Why it gives value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Signs of an advert: their weight, and each with its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub advert: Option<serde_json::Value>,
    /// Whether it is off the topic.
    pub off_topic: bool,
    /// Whether it is a complaint.
    pub complaint: bool,
    /// The words that make it one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub complaint_words: Vec<String>,
    /// Whether a child may have pressed the button.
    pub mistaken: bool,
}

/// A line of the stream.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LineOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: MessageId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What it is.
    pub kind: LineKind,
    /// Who.
    pub member: Option<Named>,
    /// Words; null where there are none, or they are erased or past retention.
    pub text: Option<String>,
    /// What a message consists of: text, image, card and so on.
    pub media_kind: Option<String>,
    /// What was noticed about it.
    pub marks: LineMarks,
    /// Amount of an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
}

impl From<StreamItem> for LineOut {
    fn from(item: StreamItem) -> Self {
        Self {
            id: item.id,
            at: item.at,
            kind: item.kind.into(),
            member: item.member.map(Named::from),
            text: item.text,
            media_kind: item.media,
            marks: LineMarks {
                value: item.value,
                advert: item
                    .advert
                    .and_then(|advert| serde_json::to_value(advert).ok()),
                off_topic: item.off_topic,
                complaint: item.complaint.is_some(),
                complaint_words: item.complaint.map(|c| c.words).unwrap_or_default(),
                mistaken: item.mistaken,
            },
            amount_minor: item.amount_minor,
        }
    }
}

/// A page of the stream, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LinesOut {
    /// The lines.
    pub items: Vec<LineOut>,
    /// What to send as `before` (or as `after`, if that was asked) for the page behind this one.
    pub next: Option<String>,
    /// What to send as `after` to be told only what is newer than this page.
    pub newest: Option<String>,
    /// The oldest instant looked at.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub searched_back_to: Option<Timestamp>,
    /// Whether texts can be read.
    pub readable: Readable,
}

/// Which lines are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct LineQuery {
    /// Older than this page: its `next`.
    pub before: Option<String>,
    /// Newer than this page: its `newest`.
    pub after: Option<String>,
    /// Words to search for, among messages, backwards only.
    pub q: Option<String>,
    /// Lines of this kind only.
    #[param(inline)]
    pub kind: Option<LineKind>,
    /// Lines at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
}

type Spot = (i64, MessageId);

fn spot(text: Option<String>, field: &str) -> Result<Option<(Timestamp, MessageId)>> {
    let page = Page {
        limit: None,
        cursor: text,
    };
    let found: Option<Spot> = page.after().map_err(|problem| problem.at(field))?;
    Ok(found.map(|(ms, id)| (Timestamp::from_ms(ms), id)))
}

/// What happens in a group, newest first.
#[utoipa::path(
    get, path = "/groups/{id}/messages", operation_id = "group_stream", tag = "group",
    params(("id" = String, Path, description = "Group"), LineQuery),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = LinesOut))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Query(query): Query<LineQuery>,
) -> Result<Json<LinesOut>> {
    if query.before.is_some() && query.after.is_some() {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "query.field",
            "give before or after, not both",
        )
        .at("after"));
    }
    let limit = Page {
        limit: query.limit,
        cursor: None,
    }
    .limit();
    let forward = query.after.is_some();
    let asked = StreamQuery {
        before: spot(query.before, "before")?,
        after: spot(query.after, "after")?,
        q: query.q,
        kind: query.kind.map(StreamKind::from),
        limit,
    };
    let page = state.app.group_stream(&caller, id, &asked).await?;
    let place = |item: Option<&StreamItem>| item.map(|item| cursor(&(item.at.ms(), item.id)));
    let newest = place(page.items.first());
    let next = if forward {
        newest.clone()
    } else {
        place(page.items.last())
    };
    Ok(Json(LinesOut {
        next: next.filter(|_| page.more),
        newest,
        searched_back_to: page.searched_back_to,
        readable: Readable::of(page.unreadable),
        items: page.items.into_iter().map(LineOut::from).collect(),
    }))
}

/// The route of the stream of a group.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}
