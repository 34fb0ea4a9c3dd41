//! Groups: described, listed, closed.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    Caller,
    group::{Closing, GroupInput, input_of},
};
use yutang_domain::{
    group::{Audience, Monetisation, Ownership, Scene, Shape, Stage, Term},
    id::{BranchId, GroupId},
    time::{Date, Timestamp},
};

use crate::{
    ApiState, At, Auth, Json,
    announcement::AnnouncementOut,
    branch::given,
    group_list::{GroupRowOut, Readable},
    problem::Result,
};

/// How a group earns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupMonetisation {
    /// none, fee, goods or sponsor.
    #[schema(value_type = String)]
    pub path: Monetisation,
    /// The path in words.
    #[serde(default)]
    pub note: String,
}

/// A group to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupIn {
    /// Name as shown in the channel.
    pub name: String,
    /// The branch it belongs to; null = the root.
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<BranchId>,
    /// The network it lives on.
    pub channel: String,
    /// One sentence: what it is for.
    #[serde(default)]
    pub purpose: String,
    /// long or short.
    #[schema(value_type = String)]
    pub term: Term,
    /// sharing or expert.
    #[schema(value_type = String)]
    pub shape: Shape,
    /// direct or partner.
    #[schema(value_type = String)]
    pub ownership: Ownership,
    /// customer, product or knowledge.
    #[schema(value_type = String)]
    pub audience: Audience,
    /// welfare, store, paid, training, tea or parents.
    #[schema(value_type = Option<String>)]
    pub scene: Option<Scene>,
    /// Level of need, 1 to 5.
    pub need_level: Option<i64>,
    /// Advisable size, lower; 200 unless said otherwise.
    pub size_min: Option<i64>,
    /// Advisable size, upper; 300 unless said otherwise.
    pub size_max: Option<i64>,
    /// How many can scan in; 200 unless said otherwise.
    pub capacity: Option<i64>,
    /// First day.
    #[schema(value_type = Option<String>, format = Date)]
    pub opened_on: Option<Date>,
    /// Planned last day.
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Date>,
    /// How it earns.
    pub monetisation: Option<GroupMonetisation>,
    /// Words its talk should be about.
    #[serde(default)]
    pub topic_terms: Vec<String>,
}

impl GroupIn {
    fn into_input(self) -> GroupInput {
        let known = GroupInput::named(&self.name, &self.channel);
        let (monetisation, monetisation_note) = match self.monetisation {
            Some(m) => (Some(m.path), m.note),
            None => (None, String::new()),
        };
        GroupInput {
            branch_id: self.branch_id,
            purpose: self.purpose,
            term: self.term,
            shape: self.shape,
            ownership: self.ownership,
            audience: self.audience,
            scene: self.scene,
            need_level: self.need_level,
            stage: None,
            size_min: self.size_min.unwrap_or(known.size_min),
            size_max: self.size_max.unwrap_or(known.size_max),
            capacity: self.capacity.unwrap_or(known.capacity),
            opened_on: self.opened_on,
            ends_on: self.ends_on,
            monetisation,
            monetisation_note,
            topic_terms: self.topic_terms,
            ..known
        }
    }
}

/// What may change of a group; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GroupChange {
    /// Name.
    pub name: Option<String>,
    /// Branch; null = the root.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<Option<BranchId>>,
    /// Network.
    pub channel: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// long or short.
    #[schema(value_type = Option<String>)]
    pub term: Option<Term>,
    /// sharing or expert.
    #[schema(value_type = Option<String>)]
    pub shape: Option<Shape>,
    /// direct or partner.
    #[schema(value_type = Option<String>)]
    pub ownership: Option<Ownership>,
    /// customer, product or knowledge.
    #[schema(value_type = Option<String>)]
    pub audience: Option<Audience>,
    /// Use; null takes it away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub scene: Option<Option<Scene>>,
    /// Level of need; null takes it away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    pub need_level: Option<Option<i64>>,
    /// Stage set by hand; null has it worked out again.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub stage: Option<Option<Stage>>,
    /// Advisable size, lower.
    pub size_min: Option<i64>,
    /// Advisable size, upper.
    pub size_max: Option<i64>,
    /// How many can scan in.
    pub capacity: Option<i64>,
    /// First day; null takes it away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = Date)]
    pub opened_on: Option<Option<Date>>,
    /// Planned last day; null takes it away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Option<Date>>,
    /// How it earns.
    pub monetisation: Option<GroupMonetisation>,
    /// Words its talk should be about.
    pub topic_terms: Option<Vec<String>>,
}

impl GroupChange {
    fn over(self, before: GroupInput) -> GroupInput {
        let (monetisation, monetisation_note) = match self.monetisation {
            Some(m) => (Some(m.path), m.note),
            None => (before.monetisation, before.monetisation_note),
        };
        GroupInput {
            name: self.name.unwrap_or(before.name),
            branch_id: self.branch_id.unwrap_or(before.branch_id),
            channel: self.channel.unwrap_or(before.channel),
            purpose: self.purpose.unwrap_or(before.purpose),
            term: self.term.unwrap_or(before.term),
            shape: self.shape.unwrap_or(before.shape),
            ownership: self.ownership.unwrap_or(before.ownership),
            audience: self.audience.unwrap_or(before.audience),
            scene: self.scene.unwrap_or(before.scene),
            need_level: self.need_level.unwrap_or(before.need_level),
            stage: self.stage.unwrap_or(before.stage),
            size_min: self.size_min.unwrap_or(before.size_min),
            size_max: self.size_max.unwrap_or(before.size_max),
            capacity: self.capacity.unwrap_or(before.capacity),
            opened_on: self.opened_on.unwrap_or(before.opened_on),
            ends_on: self.ends_on.unwrap_or(before.ends_on),
            monetisation,
            monetisation_note,
            topic_terms: self.topic_terms.unwrap_or(before.topic_terms),
        }
    }
}

/// One group with everything about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupOut {
    /// What a row of the list shows.
    #[serde(flatten)]
    pub row: GroupRowOut,
    /// Its branch.
    #[schema(value_type = String)]
    pub branch_id: BranchId,
    /// long or short.
    #[schema(value_type = String)]
    pub term: Term,
    /// sharing or expert.
    #[schema(value_type = String)]
    pub shape: Shape,
    /// direct or partner.
    #[schema(value_type = String)]
    pub ownership: Ownership,
    /// customer, product or knowledge.
    #[schema(value_type = String)]
    pub audience: Audience,
    /// The use it is put to.
    #[schema(value_type = Option<String>)]
    pub scene: Option<Scene>,
    /// Level of need, 1 to 5.
    pub need_level: Option<i64>,
    /// Whether a person set the stage.
    pub stage_by_hand: bool,
    /// Advisable size, lower.
    pub size_min: i64,
    /// Advisable size, upper.
    pub size_max: i64,
    /// How many can scan in.
    pub capacity: i64,
    /// How many people a list of groups said are in it; null = no list did.
    pub listed_size: Option<i64>,
    /// Whom a list of groups named as its owner.
    pub listed_owner: Option<String>,
    /// First day.
    #[schema(value_type = Option<String>, format = Date)]
    pub opened_on: Option<Date>,
    /// How it earns; null where an import could not know.
    pub monetisation: Option<GroupMonetisation>,
    /// Words its talk should be about.
    pub topic_terms: Vec<String>,
    /// Its announcement; null if there is none.
    pub announcement: Option<AnnouncementOut>,
    /// Whether its texts can be read.
    pub readable: Readable,
    /// When its printed code stops working.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub code_expires_at: Option<Timestamp>,
    /// Why it was closed.
    pub archive_reason: Option<String>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

async fn whole(state: &ApiState, caller: &Caller, id: GroupId) -> Result<GroupOut> {
    let row = state.app.group(caller, id).await?;
    let (version, text) = state.app.announcement(caller, id).await?;
    let group = row.group.clone();
    let input = input_of(&group);
    let note = input.monetisation_note;
    Ok(GroupOut {
        readable: Readable::of(row.unreadable),
        row: row.into(),
        branch_id: group.branch_id,
        term: group.term,
        shape: group.shape,
        ownership: group.ownership,
        audience: group.audience,
        scene: group.scene,
        need_level: group.need_level,
        stage_by_hand: group.stage_by_hand,
        size_min: group.size_min,
        size_max: group.size_max,
        capacity: group.capacity,
        listed_size: group.listed_size,
        listed_owner: group.listed_owner,
        opened_on: group.opened_on,
        monetisation: group
            .monetisation
            .map(|path| GroupMonetisation { path, note }),
        topic_terms: input.topic_terms,
        announcement: (version > 0).then(|| AnnouncementOut::of_text(version, text)),
        code_expires_at: group.code_expires_at,
        archive_reason: group.archive_reason,
        created_at: group.created_at,
        updated_at: group.updated_at,
    })
}

/// A group is closed.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GroupArchiveIn {
    /// Why.
    pub reason: String,
    /// A last word in the group.
    pub farewell: Option<String>,
    /// Whether a task asks for dissolving it on its network.
    pub dissolve: bool,
}

/// Adds a group.
#[utoipa::path(
    post, path = "/groups", operation_id = "group_create", tag = "group",
    extensions(("x-permission" = json!("group.edit"))),
    responses((status = 201, body = GroupOut))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<GroupIn>,
) -> Result<(StatusCode, Json<GroupOut>)> {
    let row = state.app.create_group(&caller, given.into_input()).await?;
    Ok((
        StatusCode::CREATED,
        Json(whole(&state, &caller, row.id).await?),
    ))
}

/// One group.
#[utoipa::path(
    get, path = "/groups/{id}", operation_id = "group_read", tag = "group",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = GroupOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
) -> Result<Json<GroupOut>> {
    Ok(Json(whole(&state, &caller, id).await?))
}

/// Changes a group's description.
#[utoipa::path(
    patch, path = "/groups/{id}", operation_id = "group_edit", tag = "group",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.edit"))),
    responses((status = 200, body = GroupOut))
)]
async fn edit(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Json(given): Json<GroupChange>,
) -> Result<Json<GroupOut>> {
    let before = state.app.group(&caller, id).await?.group;
    let input = given.over(input_of(&before));
    state.app.edit_group(&caller, id, input).await?;
    Ok(Json(whole(&state, &caller, id).await?))
}

/// Closes a group; nothing of it is lost.
#[utoipa::path(
    post, path = "/groups/{id}/archive", operation_id = "group_archive", tag = "group",
    params(("id" = String, Path, description = "Group")),
    request_body = GroupArchiveIn,
    extensions(("x-permission" = json!("group.archive"))),
    responses((status = 200, body = GroupOut))
)]
async fn archive(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    given: Option<Json<GroupArchiveIn>>,
) -> Result<Json<GroupOut>> {
    let given = given.map(|Json(given)| given).unwrap_or_default();
    let closing = Closing {
        reason: &given.reason,
        farewell: given.farewell.as_deref().unwrap_or_default(),
        dissolve: given.dissolve,
    };
    state.app.close_group(&caller, id, closing).await?;
    Ok(Json(whole(&state, &caller, id).await?))
}

/// Brings a closed group back.
#[utoipa::path(
    post, path = "/groups/{id}/restore", operation_id = "group_restore", tag = "group",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.archive"))),
    responses((status = 200, body = GroupOut))
)]
async fn restore(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
) -> Result<Json<GroupOut>> {
    state.app.restore_group(&caller, id).await?;
    Ok(Json(whole(&state, &caller, id).await?))
}

/// The routes of groups.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(crate::group_list::list, create))
        .routes(routes!(get, edit))
        .routes(routes!(archive))
        .routes(routes!(restore))
}
