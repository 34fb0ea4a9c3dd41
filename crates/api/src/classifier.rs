//! The workspace's classifier: its versions, training one, putting one to use.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::classifier::{Classifiers, Version};
use yutang_domain::{classifier::KeptBecause, time::Timestamp};

use crate::{ApiState, At, Auth, Json, mark::MarkTally, problem::Result};

/// Figures of a version on marks that its weights had not seen; null where they would divide by
/// nothing.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ClassifierQuality {
    /// Of what it accuses, the share that is unwanted.
    pub precision: Option<f64>,
    /// Of what is unwanted, the share that it accuses.
    pub recall: Option<f64>,
    /// Harmonic mean of both.
    pub f1: Option<f64>,
    /// Of what is wanted, the share that it accuses.
    pub fpr: Option<f64>,
    /// The highest recall with at most 1 % accused.
    pub recall_at_fpr_1: Option<f64>,
    /// On how many texts.
    pub n: usize,
}

/// A version of the classifier.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClassifierVersion {
    /// Its number, from 1.
    pub version: i64,
    /// Whether it is in use.
    pub live: bool,
    /// Why it was not put to use when it was made: false_alarms, imprecise or worse; null if it was.
    #[schema(value_type = Option<String>)]
    pub kept_because: Option<KeptBecause>,
    /// Marks it was trained from.
    pub marks: i64,
    /// Of these, adverts.
    pub adverts: i64,
    /// Probability from which on a message is unwanted.
    pub threshold: f64,
    /// Share of false alarms that the threshold was chosen for.
    pub false_alarms: f64,
    /// Its figures.
    pub quality: ClassifierQuality,
    /// Who trained it, in stored form.
    pub made_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// When it was last put to use.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Timestamp>,
}

impl From<Version> for ClassifierVersion {
    fn from(version: Version) -> Self {
        let (row, quality) = (version.row, version.quality);
        Self {
            version: row.version,
            live: row.live,
            kept_because: row.kept_because,
            marks: row.marks,
            adverts: row.unwanted,
            threshold: row.threshold,
            false_alarms: row.false_alarms,
            quality: ClassifierQuality {
                precision: quality.precision,
                recall: quality.recall,
                f1: quality.f1,
                fpr: quality.fpr,
                recall_at_fpr_1: quality.recall_at_fpr_1,
                n: quality.n,
            },
            made_by: row.actor,
            made_at: row.created_at,
            used_at: row.used_at,
        }
    }
}

/// What there is of the classifier.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClassifierOut {
    /// Versions, the latest first.
    pub versions: Vec<ClassifierVersion>,
    /// Whether a training is under way.
    pub training: bool,
    /// How many marked texts there are to learn from.
    pub tally: MarkTally,
}

impl From<Classifiers> for ClassifierOut {
    fn from(found: Classifiers) -> Self {
        Self {
            versions: found
                .versions
                .into_iter()
                .map(ClassifierVersion::from)
                .collect(),
            training: found.training,
            tally: MarkTally::of(found.tally),
        }
    }
}

/// How a version is to be trained.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierTrainIn {
    /// Share of wanted messages that may be accused, 0.001 to 0.1; 0.02 unless said otherwise.
    pub false_alarms: Option<f64>,
}

/// Versions of the classifier with their figures.
#[utoipa::path(
    get, path = "/moderation/classifier", operation_id = "classifier_read", tag = "moderation",
    extensions(("x-permission" = json!("mark.edit"))),
    responses((status = 200, body = ClassifierOut))
)]
async fn get(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Json<ClassifierOut>> {
    Ok(Json(state.app.classifier_versions(&caller).await?.into()))
}

/// Lets a version be trained in the background.
#[utoipa::path(
    post, path = "/moderation/classifier/train", operation_id = "classifier_train", tag = "moderation",
    request_body = ClassifierTrainIn,
    extensions(("x-permission" = json!("classifier.edit"))),
    responses((status = 202, body = ClassifierOut))
)]
async fn train(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    given: Option<Json<ClassifierTrainIn>>,
) -> Result<(StatusCode, Json<ClassifierOut>)> {
    let false_alarms = given.and_then(|Json(given)| given.false_alarms);
    state.app.train_classifier(&caller, false_alarms).await?;
    let found = state.app.classifier_versions(&caller).await?;
    Ok((StatusCode::ACCEPTED, Json(found.into())))
}

/// Puts a version to use.
#[utoipa::path(
    post, path = "/moderation/classifier/{version}/use", operation_id = "classifier_use", tag = "moderation",
    params(("version" = i64, Path, description = "Number of the version")),
    extensions(("x-permission" = json!("classifier.edit"))),
    responses((status = 200, body = ClassifierVersion))
)]
async fn put_to_use(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(version): At<i64>,
) -> Result<Json<ClassifierVersion>> {
    Ok(Json(
        state.app.use_classifier(&caller, version).await?.into(),
    ))
}

/// The routes of the classifier.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get))
        .routes(routes!(train))
        .routes(routes!(put_to_use))
}
