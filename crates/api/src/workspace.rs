//! The organisation and its settings.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    AppError,
    workspace::{Settings, Workspace, WorkspacePatch},
};
use yutang_domain::{
    id::WorkspaceId,
    time::{Timestamp, Zone},
};

use crate::{ApiState, Auth, Json, problem::Result};

/// The organisation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkspaceOut {
    /// Id.
    #[schema(value_type = String)]
    pub id: WorkspaceId,
    /// Name in addresses and on the command line.
    pub slug: String,
    /// Name.
    pub name: String,
    /// IANA zone of its days.
    pub zone: String,
    /// Currency of its figures.
    pub currency: String,
    /// Language of what it sends: zh-Hans, zh-Hant or en.
    pub locale: String,
    /// Whether it is the demo world.
    pub demo: bool,
    /// Profile of the demo's channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demo_profile: Option<String>,
    /// Settings.
    pub settings: SettingsOut,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// What an organisation sets for itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettingsOut {
    /// How members are addressed: nin (您) or ni (你).
    pub address_form: String,
    /// How long what is kept.
    pub retention: RetentionOut,
    /// When groups are left in peace.
    pub quiet_hours: QuietHoursOut,
    /// How groups are judged.
    pub health: HealthSettingsOut,
}

/// How long what is kept; counts are kept for ever.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RetentionOut {
    /// Days that message texts are kept.
    pub text_days: i64,
    /// Days that media are kept.
    pub media_days: i64,
}

/// Hours of the day in which groups are left in peace.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuietHoursOut {
    /// First quiet hour, 0 to 23.
    pub from: u8,
    /// First hour that is not quiet any more, 0 to 23.
    pub to: u8,
}

/// How groups are judged.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HealthSettingsOut {
    /// Thresholds of the health classes, by name.
    #[schema(value_type = std::collections::BTreeMap<String, f64>)]
    pub thresholds: serde_json::Value,
}

impl SettingsOut {
    fn of(settings: Settings) -> Result<Self> {
        let word = serde_json::to_value(settings.address_form).map_err(AppError::internal)?;
        Ok(Self {
            address_form: word.as_str().unwrap_or_default().to_owned(),
            retention: RetentionOut {
                text_days: settings.retention.text_days,
                media_days: settings.retention.media_days,
            },
            quiet_hours: QuietHoursOut {
                from: settings.quiet_hours.from,
                to: settings.quiet_hours.to,
            },
            health: HealthSettingsOut {
                thresholds: serde_json::to_value(settings.health).map_err(AppError::internal)?,
            },
        })
    }
}

/// A change of settings in the form in which they are kept.
fn kept(mut change: serde_json::Value) -> serde_json::Value {
    if let Some(health) = change.get_mut("health")
        && let Some(thresholds) = health.get_mut("thresholds")
    {
        *health = thresholds.take();
    }
    if let Some(settings) = change.as_object_mut() {
        settings.remove("demo_profile");
    }
    change
}

impl WorkspaceOut {
    /// The organisation as the API shows it.
    ///
    /// # Errors
    /// Its settings are damaged.
    pub fn of(row: Workspace) -> Result<Self> {
        let settings = Settings::of(&row)?;
        Ok(Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            zone: row.zone,
            currency: row.currency,
            locale: row.locale,
            demo: row.demo,
            demo_profile: row.demo.then(|| settings.demo_profile.clone()),
            settings: SettingsOut::of(settings)?,
            created_at: row.created_at,
        })
    }
}

/// What may change of the organisation; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceChange {
    /// Name.
    pub name: Option<String>,
    /// IANA zone.
    pub zone: Option<String>,
    /// Currency; only while nothing was sold.
    pub currency: Option<String>,
    /// zh-Hans, zh-Hant or en.
    pub locale: Option<String>,
    /// Settings; parts that are left out stay.
    #[schema(value_type = Option<Object>)]
    pub settings: Option<serde_json::Value>,
}

/// The organisation.
#[utoipa::path(
    get, path = "/workspace", operation_id = "workspace_get", tag = "workspace",
    extensions(("x-permission" = json!("workspace.read"))),
    responses((status = 200, body = WorkspaceOut))
)]
async fn get(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<WorkspaceOut>> {
    Ok(Json(WorkspaceOut::of(
        state.app.workspace_of(&caller).await?,
    )?))
}

/// Changes the organisation.
#[utoipa::path(
    patch, path = "/workspace", operation_id = "workspace_edit", tag = "workspace",
    extensions(("x-permission" = json!("workspace.edit"))),
    responses((status = 200, body = WorkspaceOut))
)]
async fn edit(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Json(given): Json<WorkspaceChange>,
) -> Result<Json<WorkspaceOut>> {
    let settings = match given.settings {
        Some(change) => {
            Some(Settings::of(&state.app.workspace_of(&caller).await?)?.merged(&kept(change))?)
        }
        None => None,
    };
    let patch = WorkspacePatch {
        name: given.name,
        zone: given.zone.as_deref().map(Zone::from_name).transpose()?,
        currency: given.currency.as_deref().map(str::parse).transpose()?,
        locale: given.locale,
        settings,
    };
    Ok(Json(WorkspaceOut::of(
        state.app.edit_workspace(&caller, patch).await?,
    )?))
}

/// The routes of the organisation.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get, edit))
}
