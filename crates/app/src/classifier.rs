//! A workspace's classifier: trained from its own marks, in versions, one of which is in use.
//!
//! Training is a job. Its outcome is a version with the figures of its cross-validation; it is put
//! to use by itself unless it accuses too many or is worse than the one in use, and any version can
//! be put back. Whoever judges asks for the model in the transaction of the judgement: the id of the
//! version in use is looked up, the weights are kept in memory, so another process's change holds
//! from the next judgement on.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use yutang_domain::{
    actor::Actor,
    classifier::{FALSE_ALARMS, Figures, KeptBecause, kept_because, may_train},
    event::{Event, EventKind},
    id::{ClassifierId, WorkspaceId},
    permission::Operation,
    time::Timestamp,
};
pub use yutang_store::classifier::Classifier;
use yutang_store::{Tx, classifier as rows, event, job, mark as marks};
pub use yutang_text::quality::Quality;
use yutang_text::{
    classify::{MARKS_MAX, Mark},
    model::Model,
};

use crate::{
    App, AppError, Caller, Result, audit::Change, jobs::classifier::TrainClassifier, macros::in_tx,
    mark::tally, queue::Job as _,
};

/// How many versions are kept beside the one in use.
const VERSIONS: i64 = 10;
/// Models kept in memory; each takes two megabytes.
const HELD: usize = 32;
/// What chance begins with: the same marks give the same model.
const SEED: u64 = 1;

/// Models that were read already, by workspace.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    models: Mutex<HashMap<WorkspaceId, (ClassifierId, Arc<Model>)>>,
}

impl Cache {
    fn find(&self, workspace: WorkspaceId, id: ClassifierId) -> Option<Arc<Model>> {
        let models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        models
            .get(&workspace)
            .filter(|(held, _)| *held == id)
            .map(|(_, model)| model.clone())
    }

    fn keep(&self, workspace: WorkspaceId, id: ClassifierId, model: &Arc<Model>) {
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if models.len() >= HELD && !models.contains_key(&workspace) {
            models.clear();
        }
        models.insert(workspace, (id, model.clone()));
    }
}

/// A version with its figures.
#[derive(Clone, Debug)]
pub struct Version {
    /// The row.
    pub row: Classifier,
    /// Figures of its cross-validation.
    pub quality: Quality,
}

/// What there is of a workspace's classifier.
#[derive(Clone, Debug)]
pub struct Classifiers {
    /// Versions, the latest first.
    pub versions: Vec<Version>,
    /// Whether a training is under way.
    pub training: bool,
    /// Marked texts to learn from: unwanted, wanted.
    pub tally: (usize, usize),
}

impl App {
    /// The model that is in use in a workspace, if one is.
    ///
    /// # Errors
    /// The database refused.
    pub async fn classifier_of(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
    ) -> Result<Option<Arc<Model>>> {
        let Some(id) = rows::live(tx, workspace).await? else {
            return Ok(None);
        };
        if let Some(model) = self.classifiers().find(workspace, id) {
            return Ok(Some(model));
        }
        match Model::from_json(&rows::model(tx, workspace, id).await?) {
            Ok(model) => {
                let model = Arc::new(model);
                self.classifiers().keep(workspace, id, &model);
                Ok(Some(model))
            }
            Err(error) => {
                tracing::warn!(classifier = %id, code = error.code(), %error, "a classifier cannot be read; judging without it");
                Ok(None)
            }
        }
    }

    /// Versions and what there is to learn from.
    ///
    /// # Errors
    /// The caller may not mark; the database refused.
    pub async fn classifier_versions(&self, caller: &Caller) -> Result<Classifiers> {
        caller.may(Operation::MarkEdit)?;
        in_tx!(self, Read, tx => {
            let workspace = caller.workspace;
            let versions = rows::list(tx, workspace)
                .await?
                .into_iter()
                .map(version)
                .collect::<Result<_>>()?;
            Ok(Classifiers {
                versions,
                training: job::unfinished(tx, workspace, TrainClassifier::KIND).await? > 0,
                tally: tally(tx, workspace).await?,
            })
        })
    }

    /// Lets a new version be trained from the marks there are. `false_alarms`: the share of wanted
    /// messages that may be accused.
    ///
    /// # Errors
    /// [`yutang_domain::classifier::ClassifierError`].
    pub async fn train_classifier(&self, caller: &Caller, false_alarms: Option<f64>) -> Result<()> {
        use yutang_domain::classifier::ClassifierError::Training;
        caller.may(Operation::ClassifierEdit)?;
        let false_alarms = false_alarms.unwrap_or(FALSE_ALARMS);
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (unwanted, wanted) = tally(tx, caller.workspace).await?;
            may_train(unwanted, wanted, false_alarms)?;
            let work = TrainClassifier { false_alarms, actor: caller.actor.to_string() };
            if !self.enqueue(tx, caller.workspace, &work, now, now).await? {
                return Err(Training.into());
            }
            self.audited(tx, caller, now, Change {
                operation: "classifier.train",
                subject: "classifier:new".to_owned(),
                subject_name: "",
                undoable: false,
            }, None::<&()>, Some(&false_alarms)).await
        })
    }

    /// Trains a version; what [`Self::train_classifier`] left to be done.
    pub(crate) async fn make_classifier(
        &self,
        workspace: WorkspaceId,
        false_alarms: f64,
        actor: &str,
    ) -> Result<()> {
        let lessons =
            in_tx!(self, Read, tx => Ok(marks::lessons(tx, workspace, MARKS_MAX).await?))?;
        let unwanted = lessons.iter().filter(|lesson| lesson.unwanted).count();
        let wanted = lessons.len() - unwanted;
        may_train(unwanted, wanted, false_alarms)?;
        let learned = tokio::task::spawn_blocking(move || {
            let marks: Vec<Mark<'_>> = lessons
                .iter()
                .map(|lesson| Mark {
                    text: &lesson.text,
                    unwanted: lesson.unwanted,
                })
                .collect();
            Model::learn(&marks, SEED, false_alarms)
        })
        .await
        .map_err(AppError::internal)?
        .map_err(AppError::internal)?;
        let document = learned.model.to_json();
        let quality = serde_json::to_string(&learned.quality).map_err(AppError::internal)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let before = rows::list(tx, workspace).await?;
            let live = before.iter().find(|row| row.live).cloned().map(version).transpose()?;
            let new = figures(&learned.quality, wanted);
            let live = live.map(|live| {
                let marks = live.row.marks - live.row.unwanted;
                figures(&live.quality, usize::try_from(marks).unwrap_or_default())
            });
            let kept = kept_because(&new, live.as_ref(), false_alarms);
            let row = Classifier {
                id: self.ids().next()?,
                version: before.first().map_or(0, |row| row.version) + 1,
                live: false,
                kept_because: kept,
                marks: i64::try_from(unwanted + wanted).unwrap_or(i64::MAX),
                unwanted: i64::try_from(unwanted).unwrap_or(i64::MAX),
                threshold: learned.model.threshold(),
                false_alarms,
                quality: quality.clone(),
                actor: actor.to_owned(),
                created_at: now,
                used_at: None,
            };
            rows::insert(tx, workspace, &row, &document).await?;
            if kept.is_none() {
                rows::set_live(tx, workspace, Some(row.id), now).await?;
            }
            rows::forget(tx, workspace, row.version - VERSIONS).await?;
            self.classifier_fact(tx, workspace, &TRAINER, (row.version, kept), now).await
        })
    }

    /// Puts a version to use.
    ///
    /// # Errors
    /// There is no such version.
    pub async fn use_classifier(&self, caller: &Caller, number: i64) -> Result<Version> {
        caller.may(Operation::ClassifierEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let workspace = caller.workspace;
            let row = rows::get(tx, workspace, number).await?;
            let before = rows::list(tx, workspace).await?.into_iter().find(|row| row.live);
            let before = before.map(|row| row.version);
            if before != Some(number) {
                rows::set_live(tx, workspace, Some(row.id), now).await?;
                self.audited(tx, caller, now, Change {
                    operation: "classifier.use",
                    subject: format!("classifier:{}", row.id),
                    subject_name: "",
                    undoable: false,
                }, before.as_ref(), Some(&number)).await?;
                self.classifier_fact(tx, workspace, &caller.actor, (number, None), now).await?;
            }
            version(rows::get(tx, workspace, number).await?)
        })
    }

    async fn classifier_fact(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        actor: &Actor,
        (version, kept): (i64, Option<KeptBecause>),
        now: Timestamp,
    ) -> Result<()> {
        let fact = Event::new(self.ids().next()?, EventKind::ClassifierChanged, actor)
            .with(serde_json::json!({ "version": version, "kept": kept }));
        event::insert(tx, workspace, now, &[fact]).await?;
        Ok(())
    }
}

/// Who trains.
const TRAINER: Actor = Actor::System("classifier");

fn version(row: Classifier) -> Result<Version> {
    let quality = serde_json::from_str(&row.quality).map_err(AppError::internal)?;
    Ok(Version { row, quality })
}

fn figures(quality: &Quality, wanted: usize) -> Figures {
    Figures {
        precision: quality.precision,
        f1: quality.f1,
        fpr: quality.fpr,
        wanted,
    }
}
