//! What accounts can do: by profile, and in each group.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::channel::{AccountGroup, GroupRights, Limit, limits};
use yutang_domain::{
    capability::{Capability, Instead, Profile},
    id::{ChannelAccountId, GroupId},
    permission::Operation,
};

use crate::{ApiState, At, Auth, Json, List, problem::Result};

/// Something a profile cannot do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CannotOut {
    /// The word of the capability.
    pub capability: String,
    /// What takes its place: task (a person does it) or unknown.
    pub instead: String,
}

impl CannotOut {
    fn of(capability: Capability) -> Self {
        Self {
            capability: capability.to_string(),
            instead: match capability.instead() {
                Instead::Task => "task",
                Instead::Unknown => "unknown",
            }
            .to_owned(),
        }
    }
}

/// A limit of the network, with where it was read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LimitOut {
    /// Its word: the end of a key of the catalogue.
    pub code: String,
    /// The figure in the sentence.
    pub count: Option<i64>,
    /// The second figure in it.
    pub other: Option<i64>,
    /// Where it was read.
    pub source: String,
    /// The date that page bears: a day or a month.
    pub stated_on: Option<String>,
    /// official, seen or memory.
    pub proof: String,
}

impl From<&Limit> for LimitOut {
    fn from(limit: &Limit) -> Self {
        Self {
            code: limit.code.clone(),
            count: limit.count,
            other: limit.other,
            source: limit.source.clone(),
            stated_on: limit.stated_on.clone(),
            proof: limit.proof.clone(),
        }
    }
}

/// What an account of a profile can do and cannot.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProfileOut {
    /// Its word.
    pub profile: String,
    /// What it can do.
    pub can: Vec<String>,
    /// What it cannot.
    pub cannot: Vec<CannotOut>,
    /// How many people may come in through one code; null = no limit.
    pub join_capacity: Option<u32>,
    /// Limits of its network.
    pub limits: Vec<LimitOut>,
}

/// What accounts of each profile can do and cannot.
#[utoipa::path(
    get, path = "/channels/profiles", operation_id = "channel_profiles", tag = "channels",
    extensions(("x-permission" = json!("channel.read"))),
    responses((status = 200, body = List<ProfileOut>))
)]
async fn profiles(Auth(caller): Auth) -> Result<Json<List<ProfileOut>>> {
    caller.may(Operation::ChannelRead)?;
    Ok(Json(List::whole(
        Profile::ALL
            .iter()
            .map(|profile| {
                let able = profile.capabilities();
                ProfileOut {
                    profile: profile.to_string(),
                    can: able.iter().map(|word| word.to_string()).collect(),
                    cannot: able.missing().map(CannotOut::of).collect(),
                    join_capacity: profile.join_capacity(),
                    limits: limits(*profile).iter().map(LimitOut::from).collect(),
                }
            })
            .collect(),
    )))
}

/// A group in which an account can do less than its profile says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelGroupOut {
    /// The group.
    #[schema(value_type = String)]
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// What the account cannot do there, though its profile can.
    pub cannot: Vec<CannotOut>,
    /// Why what is written there cannot be read: a key of the catalogue.
    pub unreadable: Option<String>,
}

impl From<AccountGroup> for ChannelGroupOut {
    fn from(group: AccountGroup) -> Self {
        Self {
            id: group.id,
            name: group.name,
            cannot: group.cannot.into_iter().map(CannotOut::of).collect(),
            unreadable: group.unreadable,
        }
    }
}

/// The groups in which an account can do less than its profile says, by name.
#[utoipa::path(
    get, path = "/channels/{id}/groups", operation_id = "channel_groups", tag = "channels",
    params(("id" = String, Path, description = "Account")),
    extensions(("x-permission" = json!("channel.read"))),
    responses((status = 200, body = List<ChannelGroupOut>))
)]
async fn groups(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<ChannelAccountId>,
) -> Result<Json<List<ChannelGroupOut>>> {
    let groups = state.app.account_groups(&caller, id).await?;
    Ok(Json(List::whole(
        groups.into_iter().map(ChannelGroupOut::from).collect(),
    )))
}

/// What can be done in one group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupRightsOut {
    /// The profile of the account through which it is seen; null without an account.
    pub profile: Option<String>,
    /// What can be done there.
    pub can: Vec<String>,
    /// What cannot, because of the profile or of the account's rights there.
    pub cannot: Vec<CannotOut>,
    /// What of it the profile could, had the account the rights in this group.
    pub withheld: Vec<String>,
}

impl From<GroupRights> for GroupRightsOut {
    fn from(rights: GroupRights) -> Self {
        Self {
            profile: rights.profile.map(|profile| profile.to_string()),
            can: rights.can.iter().map(|word| word.to_string()).collect(),
            cannot: rights.can.missing().map(CannotOut::of).collect(),
            withheld: rights.withheld.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What can be done in a group through the account by which it is seen.
#[utoipa::path(
    get, path = "/groups/{id}/rights", operation_id = "group_rights", tag = "channels",
    params(("id" = String, Path, description = "Group")),
    extensions(("x-permission" = json!("group.read"))),
    responses((status = 200, body = GroupRightsOut))
)]
async fn rights(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
) -> Result<Json<GroupRightsOut>> {
    Ok(Json(state.app.group_rights(&caller, id).await?.into()))
}

/// The routes of capabilities.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(profiles))
        .routes(routes!(groups))
        .routes(routes!(rights))
}
