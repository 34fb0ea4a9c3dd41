//! What operators say of messages, for the classifier to learn from.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    group::Place,
    mark::{Filter, Marked, OfferQuery, Offered},
};
use yutang_domain::{
    id::{GroupId, MemberId, MessageId},
    mark::MarkSource,
    moderation::Hit,
    time::Timestamp,
};

use crate::{ApiState, Auth, Json, Page, Query, named::Named, page::cursor, problem::Result};

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkLabel {
    /// An advert, unwanted.
    Advert,
    /// Nothing wrong with it.
    Fine,
}

impl MarkLabel {
    const fn of(unwanted: bool) -> Self {
        if unwanted { Self::Advert } else { Self::Fine }
    }

    const fn unwanted(self) -> bool {
        matches!(self, Self::Advert)
    }
}

/// A mark.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkIn {
    /// The message.
    #[schema(value_type = String)]
    pub message_id: MessageId,
    /// advert or fine; null takes the mark away.
    pub label: Option<MarkLabel>,
}

/// Which marks are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct MarkQuery {
    /// advert or fine.
    #[param(inline)]
    pub label: Option<MarkLabel>,
    /// In which group.
    #[param(value_type = Option<String>)]
    pub group: Option<GroupId>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A message with its mark.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MarkedOut {
    /// The message.
    #[schema(value_type = String)]
    pub message_id: MessageId,
    /// In which group.
    pub group: Named,
    /// Who wrote it.
    pub member: Option<Named>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Its words; null once erased or past retention: then nothing is learned from it any more.
    pub text: Option<String>,
    /// What somebody said of it; null if nobody has.
    pub label: Option<MarkLabel>,
    /// operator, undo or appeal.
    #[schema(value_type = Option<String>)]
    pub source: Option<MarkSource>,
    /// Who said so, in stored form.
    pub marked_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub marked_at: Option<Timestamp>,
}

impl MarkedOut {
    fn of(row: Marked, member: Option<Place<MemberId>>) -> Self {
        Self {
            message_id: row.id,
            group: Named {
                id: row.group_id.to_string(),
                name: row.group_name,
            },
            member: member.map(Named::from),
            at: row.sent_at,
            text: row.text,
            label: row.unwanted.map(MarkLabel::of),
            source: row.source,
            marked_by: row.actor,
            marked_at: row.marked_at,
        }
    }
}

/// How many marked texts there are to learn from.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct MarkTally {
    /// Adverts.
    pub advert: usize,
    /// Fine ones.
    pub fine: usize,
    /// How many of each a training needs.
    pub needed: usize,
}

impl MarkTally {
    pub(crate) const fn of((unwanted, wanted): (usize, usize)) -> Self {
        Self {
            advert: unwanted,
            fine: wanted,
            needed: yutang_domain::classifier::MARKS_EACH,
        }
    }
}

/// Marked messages, the latest mark first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MarksOut {
    /// The messages.
    pub items: Vec<MarkedOut>,
    /// What to send as `cursor` for the page after this one; null at the end.
    pub next: Option<String>,
    /// How many there are to learn from.
    pub tally: MarkTally,
}

/// Which messages to mark are asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct OfferedQuery {
    /// In which group.
    #[param(value_type = Option<String>)]
    pub group: Option<GroupId>,
    /// Only those that nobody has marked: true unless said otherwise.
    pub unmarked: bool,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
}

impl Default for OfferedQuery {
    fn default() -> Self {
        Self {
            group: None,
            unmarked: true,
            limit: None,
        }
    }
}

/// A message to mark.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferedOut {
    /// The message.
    #[serde(flatten)]
    pub message: MarkedOut,
    /// Points as an advert; 100 are enough.
    pub points: i32,
    /// Probability that it is unwanted, 0 to 1; null without a classifier.
    pub probability: Option<f64>,
    /// Signs of an advert, each with its place in the text and its points.
    #[schema(value_type = Vec<Object>)]
    pub hits: Vec<Hit>,
}

impl From<Offered> for OfferedOut {
    fn from(offered: Offered) -> Self {
        Self {
            message: MarkedOut::of(offered.row, offered.member),
            points: offered.points,
            probability: offered.opinion.map(|opinion| opinion.probability),
            hits: offered.hits,
        }
    }
}

/// Messages to mark.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferedListOut {
    /// Those that teach most first.
    pub items: Vec<OfferedOut>,
}

/// Marked messages, the latest mark first.
#[utoipa::path(
    get, path = "/moderation/marks", operation_id = "mark_list", tag = "moderation",
    params(MarkQuery),
    extensions(("x-permission" = json!("mark.edit"))),
    responses((status = 200, body = MarksOut))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<MarkQuery>,
) -> Result<Json<MarksOut>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor,
    };
    let filter = Filter {
        group: query.group,
        unwanted: query.label.map(MarkLabel::unwanted),
        before: page.after()?,
        ..Filter::default()
    };
    let found = state.app.marks(&caller, filter, page.limit()).await?;
    Ok(Json(MarksOut {
        next: found.next.map(|place| cursor(&place)),
        tally: MarkTally::of(found.tally),
        items: found
            .items
            .into_iter()
            .map(|one| MarkedOut::of(one.row, one.member))
            .collect(),
    }))
}

/// Says of a message whether it is an advert.
#[utoipa::path(
    post, path = "/moderation/marks", operation_id = "mark_set", tag = "moderation",
    request_body = MarkIn,
    extensions(("x-permission" = json!("mark.edit"))),
    responses((status = 204))
)]
async fn set(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<MarkIn>,
) -> Result<axum::http::StatusCode> {
    let unwanted = given.label.map(MarkLabel::unwanted);
    state
        .app
        .mark_message(&caller, given.message_id, unwanted)
        .await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// Messages to mark, those that teach most first.
#[utoipa::path(
    get, path = "/moderation/messages", operation_id = "mark_offer", tag = "moderation",
    params(OfferedQuery),
    extensions(("x-permission" = json!("mark.edit"))),
    responses((status = 200, body = OfferedListOut))
)]
async fn offer(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<OfferedQuery>,
) -> Result<Json<OfferedListOut>> {
    let page = Page {
        limit: query.limit,
        cursor: None,
    };
    let query = OfferQuery {
        group: query.group,
        unmarked: query.unmarked,
        limit: page.limit(),
    };
    let found = state.app.messages_to_mark(&caller, &query).await?;
    Ok(Json(OfferedListOut {
        items: found.into_iter().map(OfferedOut::from).collect(),
    }))
}

/// The routes of marks.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, set))
        .routes(routes!(offer))
}
