//! Members: lists, pages, and what is changed on them.

mod list;
mod out;
mod privacy;

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    consent::ConsentInput,
    member::{MemberInput, MemberPatch},
    tag::TagRef,
};
use yutang_domain::{
    id::{BranchId, ConsentId, MemberId, MemberLinkId, NoteId, TagId},
    member::{Birthday, Field, MemberRole, Purpose},
};

pub use out::MemberOut;

use crate::{ApiState, At, Auth, Json, branch::given, problem::Result, tag::TagOut};

/// A birthday: `{"calendar":"lunar","year":1988,"month":8,"day":15}`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BirthdayBody {
    /// solar or lunar.
    pub calendar: Calendar,
    /// The year, if it is known.
    pub year: Option<i16>,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A calendar.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Calendar {
    /// 阳历
    Solar,
    /// 农历
    Lunar,
}

impl From<BirthdayBody> for Birthday {
    fn from(body: BirthdayBody) -> Self {
        use yutang_domain::member::BirthCalendar;
        Self {
            calendar: match body.calendar {
                Calendar::Solar => BirthCalendar::Solar,
                Calendar::Lunar => BirthCalendar::Lunar,
            },
            year: body.year,
            month: body.month,
            day: body.day,
            leap: false,
        }
    }
}

/// Somebody to be added by hand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberIn {
    /// Name.
    pub name: String,
    /// Phone number as written.
    pub phone: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Birthday.
    pub birthday: Option<BirthdayBody>,
    /// Home branch; without one that of whoever adds them.
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<BranchId>,
}

/// What may change of a profile; what is left out stays, null takes away.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MemberChange {
    /// Name.
    pub name: Option<String>,
    /// Phone number as written.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Option<String>>,
    /// City.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub city: Option<Option<String>>,
    /// Birthday.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<BirthdayBody>)]
    pub birthday: Option<Option<BirthdayBody>>,
    /// Research answers; they need a consent to research.
    pub fields: Vec<FieldIn>,
}

/// A research answer; null or empty removes it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldIn {
    /// sex, age_band, education, city_tier, occupation, salary_level, spend, learned_of, motive or
    /// problems.
    #[schema(value_type = String)]
    pub field: Field,
    /// The answer.
    pub value: Option<String>,
}

/// Adds a person by hand.
#[utoipa::path(
    post, path = "/members", operation_id = "member_create", tag = "member",
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 201, body = MemberOut))
)]
async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(body): Json<MemberIn>,
) -> Result<(StatusCode, Json<MemberOut>)> {
    let input = MemberInput {
        name: body.name,
        phone: body.phone,
        city: body.city,
        birthday: body.birthday.map(Into::into),
        branch_id: body.branch_id,
    };
    let person = state.app.create_member(&caller, &input).await?;
    Ok((StatusCode::CREATED, Json(MemberOut::of(person))))
}

/// A person's page; any record's id leads to it.
#[utoipa::path(
    get, path = "/members/{id}", operation_id = "member_get", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.read"))),
    responses((status = 200, body = MemberOut))
)]
async fn get(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
) -> Result<Json<MemberOut>> {
    Ok(Json(MemberOut::of(state.app.person(&caller, id).await?)))
}

/// Changes a profile.
#[utoipa::path(
    patch, path = "/members/{id}", operation_id = "member_edit", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 200, body = MemberOut))
)]
async fn edit(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
    Json(body): Json<MemberChange>,
) -> Result<Json<MemberOut>> {
    let patch = MemberPatch {
        name: body.name,
        phone: body.phone,
        city: body.city,
        birthday: body.birthday.map(|birthday| birthday.map(Into::into)),
        fields: body
            .fields
            .into_iter()
            .map(|f| (f.field, f.value))
            .collect::<BTreeMap<_, _>>(),
    };
    Ok(Json(MemberOut::of(
        state.app.edit_member(&caller, id, &patch).await?,
    )))
}

/// A tag to be put on, by id or by name; a name that is new makes a tag.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberTagIn {
    /// The tag.
    #[schema(value_type = Option<String>)]
    pub tag_id: Option<TagId>,
    /// Its name.
    pub name: Option<String>,
}

/// Puts a tag on a person.
#[utoipa::path(
    post, path = "/members/{id}/tags", operation_id = "member_tag", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 200, body = TagOut))
)]
async fn tag(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
    Json(body): Json<MemberTagIn>,
) -> Result<Json<TagOut>> {
    let tag = TagRef::of(body.tag_id, body.name)?;
    let row = state.app.tag_member(&caller, id, &tag).await?;
    Ok(Json(TagOut {
        id: row.id,
        name: row.name,
        color: row.color,
    }))
}

/// Takes a tag from a person.
#[utoipa::path(
    delete, path = "/members/{id}/tags/{tag_id}", operation_id = "member_untag", tag = "member",
    params(
        ("id" = String, Path, description = "Member"),
        ("tag_id" = String, Path, description = "Tag"),
    ),
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 204))
)]
async fn untag(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At((id, tag)): At<(MemberId, TagId)>,
) -> Result<StatusCode> {
    state.app.untag_member(&caller, id, tag).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A note to be written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteIn {
    /// Its words, at most 2,000 characters.
    pub text: String,
}

/// The id of what was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MadeOut {
    /// Id.
    pub id: String,
}

/// Writes a note on a person.
#[utoipa::path(
    post, path = "/members/{id}/notes", operation_id = "member_note", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 201, body = MadeOut))
)]
async fn note(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
    Json(body): Json<NoteIn>,
) -> Result<(StatusCode, Json<MadeOut>)> {
    let note = state.app.write_note(&caller, id, &body.text).await?;
    Ok((
        StatusCode::CREATED,
        Json(MadeOut {
            id: note.to_string(),
        }),
    ))
}

/// Takes a note away.
#[utoipa::path(
    delete, path = "/members/{id}/notes/{note_id}", operation_id = "member_note_delete",
    tag = "member",
    params(
        ("id" = String, Path, description = "Member"),
        ("note_id" = String, Path, description = "Note"),
    ),
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 204))
)]
async fn note_delete(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At((id, note)): At<(MemberId, NoteId)>,
) -> Result<StatusCode> {
    state.app.remove_note(&caller, id, note).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A role to be given or taken.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRoleIn {
    /// creator, manager or partner.
    #[schema(value_type = String)]
    pub role: MemberRole,
    /// Whether it is given.
    pub on: bool,
}

/// Gives or takes a role by hand.
#[utoipa::path(
    post, path = "/members/{id}/roles", operation_id = "member_role", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.edit"))),
    responses((status = 200, body = MemberOut))
)]
async fn role(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
    Json(body): Json<MemberRoleIn>,
) -> Result<Json<MemberOut>> {
    let person = state
        .app
        .set_member_role(&caller, id, body.role, body.on)
        .await?;
    Ok(Json(MemberOut::of(person)))
}

/// A consent to be recorded.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentIn {
    /// contact, research, birthday or publicity.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// Version of the text agreed to, as the organisation calls it.
    pub text_version: String,
    /// Where it was given: chat, in_person, page, paper, phone, or a network's name.
    pub channel: String,
}

/// Records a consent.
#[utoipa::path(
    post, path = "/members/{id}/consents", operation_id = "member_consent", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.consent"))),
    responses((status = 201, body = MadeOut))
)]
async fn consent(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
    Json(body): Json<ConsentIn>,
) -> Result<(StatusCode, Json<MadeOut>)> {
    let input = ConsentInput {
        purpose: body.purpose,
        text_version: body.text_version,
        channel: body.channel,
    };
    let consent = state.app.give_consent(&caller, id, &input).await?;
    Ok((
        StatusCode::CREATED,
        Json(MadeOut {
            id: consent.to_string(),
        }),
    ))
}

/// Records that a consent was withdrawn.
#[utoipa::path(
    delete, path = "/members/{id}/consents/{consent_id}", operation_id = "member_consent_withdraw",
    tag = "member",
    params(
        ("id" = String, Path, description = "Member"),
        ("consent_id" = String, Path, description = "Consent"),
    ),
    extensions(("x-permission" = json!("member.consent"))),
    responses((status = 204))
)]
async fn consent_withdraw(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At((id, consent)): At<(MemberId, ConsentId)>,
) -> Result<StatusCode> {
    state.app.withdraw_consent(&caller, id, consent).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Two records to be merged.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeIn {
    /// The other record.
    #[schema(value_type = String)]
    pub other_id: MemberId,
    /// Why they are one person.
    pub reason: String,
}

/// A merge.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MergeOut {
    /// The link, by which it is taken back.
    #[schema(value_type = String)]
    pub link_id: MemberLinkId,
}

/// Says that two records are one person.
#[utoipa::path(
    post, path = "/members/{id}/merge", operation_id = "member_merge", tag = "member",
    params(("id" = String, Path, description = "Member")),
    extensions(("x-permission" = json!("member.merge"))),
    responses((status = 201, body = MergeOut))
)]
async fn merge(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberId>,
    Json(body): Json<MergeIn>,
) -> Result<(StatusCode, Json<MergeOut>)> {
    let link_id = state
        .app
        .merge_members(&caller, id, body.other_id, &body.reason)
        .await?;
    Ok((StatusCode::CREATED, Json(MergeOut { link_id })))
}

/// Takes a merge back; both records are as they were.
#[utoipa::path(
    post, path = "/members/links/{id}/undo", operation_id = "member_unlink", tag = "member",
    params(("id" = String, Path, description = "Link")),
    extensions(("x-permission" = json!("member.merge"))),
    responses((status = 204))
)]
async fn unlink(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<MemberLinkId>,
) -> Result<StatusCode> {
    state.app.unlink_members(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of members.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(get, edit))
        .routes(routes!(tag))
        .routes(routes!(untag))
        .routes(routes!(note))
        .routes(routes!(note_delete))
        .routes(routes!(role))
        .routes(routes!(consent))
        .routes(routes!(consent_withdraw))
        .routes(routes!(merge))
        .routes(routes!(unlink))
        .merge(list::routes())
        .merge(privacy::routes())
}
