//! The queue of sanctions, and what a person does with them.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::moderation::{ByHand, Cause, QueueFilter, QueueRow, Step};
use yutang_domain::{
    id::{AppealId, GroupId, MemberId, MessageId, SanctionId},
    moderation::{Hit, HitKind, Measure, Tone},
    sanction::SanctionStanding,
    time::Timestamp,
};

use super::HitOut;
use crate::{
    ApiState, At, Auth, Json, Page, Problem, Query, Total, named::Named, page::cursor,
    problem::Result,
};

/// Which sanctions are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct SanctionQuery {
    /// Standing so, several with commas: watched, review, decided, carried, appealed, undone,
    /// dismissed; any unless said otherwise.
    pub state: Option<String>,
    /// In this group.
    #[param(value_type = Option<String>)]
    pub group: Option<GroupId>,
    /// Of this kind: advert, insult and so on.
    #[param(value_type = Option<String>)]
    pub kind: Option<HitKind>,
    /// Of this person.
    #[param(value_type = Option<String>)]
    pub member: Option<MemberId>,
    /// Whether a person found it right or wrong: true, or false for what nobody judged yet.
    pub judged: Option<bool>,
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl SanctionQuery {
    fn standing(&self) -> Result<Vec<SanctionStanding>> {
        self.state
            .iter()
            .flat_map(|words| words.split(','))
            .map(|word| {
                word.trim()
                    .parse()
                    .map_err(|error: yutang_domain::actor::UnknownWord| {
                        Problem::new(
                            StatusCode::UNPROCESSABLE_ENTITY,
                            "query.field",
                            error.to_string(),
                        )
                        .at("state")
                    })
            })
            .collect()
    }
}

/// A message that a sanction is for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SanctionMessageOut {
    /// The message.
    #[schema(value_type = String)]
    pub id: MessageId,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What it consists of: text, image, card and so on.
    pub media_kind: String,
    /// Its words; null once erased or past retention.
    pub text: Option<String>,
    /// When it was taken back on its network.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recalled_at: Option<Timestamp>,
}

/// Something that was done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepOut {
    /// What: notice, delete, cool_off, remove, review, refund, readmit, lift, apology or answer.
    pub action: String,
    /// Whether it took the sanction back.
    pub undoes: bool,
    /// By whom: channel or person.
    pub by: String,
    /// Where it stands. By the channel: pending, sending, sent, unknown, failed, tasked, withdrawn;
    /// by a person: open, done, impossible, withdrawn.
    pub state: String,
    /// The task, where a person does it.
    pub task_id: Option<String>,
    /// When it was done.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub done_at: Option<Timestamp>,
}

/// The appeal against a sanction.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SanctionAppeal {
    /// Id.
    #[schema(value_type = String)]
    pub id: AppealId,
    /// open, granted or refused.
    pub state: String,
    /// What the member says.
    pub text: String,
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

/// A sanction with everything that is known of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SanctionOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: SanctionId,
    /// Where it stands: watched, review, decided, carried, appealed, undone or dismissed.
    pub state: String,
    /// In which group.
    pub group: Named,
    /// Whose.
    pub member: Named,
    /// What weighed most: advert, insult and so on.
    pub kind: String,
    /// How hard: gentle, neutral or hard.
    pub tone: String,
    /// violation or accident.
    pub fault: String,
    /// What was decided to do: notice, delete, cool_off, remove, review.
    pub measures: Vec<String>,
    /// What was seen; places are those of the first message.
    pub hits: Vec<HitOut>,
    /// The messages it is for, oldest first.
    pub messages: Vec<SanctionMessageOut>,
    /// Version of the workspace's rules; 0 = it had none.
    pub rule_version: i64,
    /// How strictly the group was kept.
    pub strictness: String,
    /// Strikes that counted before.
    pub strikes: i64,
    /// True reports.
    pub reports: i64,
    /// For how long the writer may not write, in seconds.
    pub cool_off_s: Option<i64>,
    /// When the writer may come back, until they were let in.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub back_at: Option<Timestamp>,
    /// When it was decided.
    #[schema(value_type = String, format = DateTime)]
    pub decided_at: Timestamp,
    /// Who decided: a name, or `system:moderation`.
    pub decided_by: String,
    /// Whether a person decided by hand.
    pub by_hand: bool,
    /// Whether a person found it right; null where nobody looked.
    pub is_right: Option<bool>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub judged_at: Option<Timestamp>,
    /// Who, by name.
    pub judged_by: Option<String>,
    /// What a person said of it.
    pub reason: String,
    /// What was done, in order.
    pub steps: Vec<StepOut>,
    /// The appeal against it.
    pub appeal: Option<SanctionAppeal>,
}

impl From<Cause> for SanctionMessageOut {
    fn from(cause: Cause) -> Self {
        Self {
            id: cause.message_id,
            at: cause.sent_at,
            media_kind: cause.kind,
            text: cause.text,
            recalled_at: cause.recalled_at,
        }
    }
}

impl From<Step> for StepOut {
    fn from(step: Step) -> Self {
        let withdrawn = || "withdrawn".to_owned();
        let by_channel = step.outbox_id.is_some();
        Self {
            action: step.action.to_string(),
            undoes: step.undoes,
            by: if by_channel { "channel" } else { "person" }.to_owned(),
            state: if by_channel {
                step.outbox_state.unwrap_or_else(withdrawn)
            } else {
                step.task_state.unwrap_or_else(withdrawn)
            },
            task_id: step.task_id.map(|id| id.to_string()),
            done_at: step.done_at,
        }
    }
}

impl From<QueueRow> for SanctionOut {
    fn from(whole: QueueRow) -> Self {
        let row = whole.row;
        let measures: Vec<Measure> = serde_json::from_str(&row.measures).unwrap_or_default();
        let hits: Vec<Hit> = serde_json::from_str(&row.hits).unwrap_or_default();
        Self {
            id: row.id,
            state: whole.standing.to_string(),
            group: Named {
                id: row.group_id.to_string(),
                name: whole.group_name,
            },
            member: Named {
                id: row.member_id.to_string(),
                name: whole.member_name,
            },
            kind: row.kind.to_string(),
            tone: row.tone.to_string(),
            fault: row.fault.to_string(),
            measures: measures.iter().map(Measure::to_string).collect(),
            hits: hits.into_iter().map(HitOut::from).collect(),
            messages: whole
                .causes
                .into_iter()
                .map(SanctionMessageOut::from)
                .collect(),
            rule_version: row.rule_version,
            strictness: row.strictness.to_string(),
            strikes: row.strikes,
            reports: row.plus,
            cool_off_s: row.cool_off_ms.map(|ms| ms / 1_000),
            back_at: row.back_at,
            decided_at: row.decided_at,
            decided_by: row.actor,
            by_hand: row.by_hand,
            is_right: row.is_right,
            judged_at: row.judged_at,
            judged_by: row.judged_by,
            reason: row.reason,
            steps: whole.steps.into_iter().map(StepOut::from).collect(),
            appeal: whole.appeal.map(|appeal| SanctionAppeal {
                id: appeal.id,
                state: appeal.state.to_string(),
                text: appeal.text,
                opened_at: appeal.opened_at,
                due_at: appeal.due_at,
                decided_at: appeal.decided_at,
                decided_by: appeal.decided_by,
                answer: appeal.answer,
            }),
        }
    }
}

/// How much waits for a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SanctionsWaiting {
    /// Watched decisions that nobody looked at.
    pub watched: i64,
    /// Removals to be decided.
    pub review: i64,
    /// Appeals to be answered.
    pub appealed: i64,
}

/// A page of the queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SanctionsOut {
    /// The sanctions, latest first.
    pub items: Vec<SanctionOut>,
    /// What to send as `cursor` for the page after this one; null at the end.
    pub next: Option<String>,
    /// How many there are.
    pub total: Total,
    /// How much waits for a person, whatever was asked for.
    pub waiting: SanctionsWaiting,
}

/// A decision is right.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SanctionConfirmIn {
    /// Whether what was only watched, or waits for a person, is carried out now; left out = yes.
    pub act: bool,
}

impl Default for SanctionConfirmIn {
    fn default() -> Self {
        Self { act: true }
    }
}

/// A decision is wrong.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SanctionUndoIn {
    /// Why, for whoever looks at it later.
    pub reason: String,
}

/// Something is held against a message by hand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SanctionIn {
    /// What it is: advert, insult and so on; never a complaint.
    #[schema(value_type = String)]
    pub kind: HitKind,
    /// How hard the answer is: gentle, neutral or hard.
    #[schema(value_type = String)]
    pub tone: Tone,
    /// Why, for whoever looks at it later.
    #[serde(default)]
    pub reason: String,
}

/// What was decided and what waits for a person, latest first. req: 000-002
#[utoipa::path(
    get, path = "/moderation/queue", operation_id = "moderation_queue", tag = "moderation",
    params(SanctionQuery),
    extensions(("x-permission" = json!("moderation.read"))),
    responses((status = 200, body = SanctionsOut))
)]
async fn queue(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<SanctionQuery>,
) -> Result<Json<SanctionsOut>> {
    let page = Page {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let filter = QueueFilter {
        standing: query.standing()?,
        group: query.group,
        kind: query.kind,
        member: query.member,
        judged: query.judged,
        after: page.after()?,
        ..QueueFilter::default()
    };
    let found = state
        .app
        .moderation_queue(&caller, &filter, page.limit())
        .await?;
    Ok(Json(SanctionsOut {
        items: found.items.into_iter().map(SanctionOut::from).collect(),
        next: found.next.map(|place| cursor(&place)),
        total: Total::of(found.total),
        waiting: SanctionsWaiting {
            watched: found.waiting.watched,
            review: found.waiting.review,
            appealed: found.waiting.appealed,
        },
    }))
}

/// One sanction with everything that is known of it.
#[utoipa::path(
    get, path = "/moderation/sanctions/{id}", operation_id = "sanction_get", tag = "moderation",
    params(("id" = String, Path, description = "Sanction")),
    extensions(("x-permission" = json!("moderation.read"))),
    responses((status = 200, body = SanctionOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<SanctionId>,
) -> Result<Json<SanctionOut>> {
    Ok(Json(state.app.sanction(&caller, id).await?.into()))
}

/// Finds a decision right; what was only watched, or waits for a person, is carried out.
#[utoipa::path(
    post, path = "/moderation/sanctions/{id}/confirm", operation_id = "sanction_confirm",
    tag = "moderation",
    params(("id" = String, Path, description = "Sanction")),
    extensions(("x-permission" = json!("moderation.decide"))),
    responses((status = 200, body = SanctionOut))
)]
async fn confirm(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<SanctionId>,
    body: Option<Json<SanctionConfirmIn>>,
) -> Result<Json<SanctionOut>> {
    let act = body.map(|Json(given)| given).unwrap_or_default().act;
    state.app.confirm_sanction(&caller, id, act).await?;
    Ok(Json(state.app.sanction(&caller, id).await?.into()))
}

/// Takes a sanction back: the strike counts no longer, what was done is reversed, and whoever was
/// told is told that it was wrong.
#[utoipa::path(
    post, path = "/moderation/sanctions/{id}/undo", operation_id = "sanction_undo",
    tag = "moderation",
    params(("id" = String, Path, description = "Sanction")),
    extensions(("x-permission" = json!("moderation.decide"))),
    responses((status = 200, body = SanctionOut))
)]
async fn undo(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<SanctionId>,
    body: Option<Json<SanctionUndoIn>>,
) -> Result<Json<SanctionOut>> {
    let reason = body.map(|Json(given)| given.reason).unwrap_or_default();
    state.app.undo_sanction(&caller, id, &reason).await?;
    Ok(Json(state.app.sanction(&caller, id).await?.into()))
}

/// Holds something against a message by hand, from the live stream.
#[utoipa::path(
    post, path = "/moderation/messages/{id}/sanction", operation_id = "sanction_create",
    tag = "moderation",
    params(("id" = String, Path, description = "Message")),
    extensions(("x-permission" = json!("moderation.decide"))),
    responses((status = 201, body = SanctionOut))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MessageId>,
    Json(given): Json<SanctionIn>,
) -> Result<(StatusCode, Json<SanctionOut>)> {
    let given = ByHand {
        kind: given.kind,
        tone: given.tone,
        reason: given.reason,
    };
    let made = state.app.sanction_by_hand(&caller, id, &given).await?;
    let whole = state.app.sanction(&caller, made).await?;
    Ok((StatusCode::CREATED, Json(whole.into())))
}

/// The routes of sanctions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(queue))
        .routes(routes!(get))
        .routes(routes!(confirm))
        .routes(routes!(undo))
        .routes(routes!(create))
}
