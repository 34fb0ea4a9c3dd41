//! Organisations: creating one, finding one, its settings.

use serde::{Deserialize, Serialize};
use yutang_domain::{
    actor::Actor,
    branch::BranchKind,
    error::{Class, Rule},
    event::{Event, EventKind},
    health::Thresholds,
    id::{BranchId, kind},
    money::Currency,
    permission::Operation,
    time::{Timestamp, Zone},
};
pub use yutang_store::workspace::Workspace;
use yutang_store::{Tx, branch, event, workspace};
use yutang_text::fold::sort_key;

use crate::{App, Caller, Result, audit::Change, macros::in_tx, text::Locale};

/// How members are addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressForm {
    /// 您
    #[default]
    Nin,
    /// 你
    Ni,
}

/// How long what is kept. Counts are kept for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Days that message texts are kept.
    pub text_days: i64,
    /// Days that media are kept.
    pub media_days: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            text_days: 180,
            media_days: 30,
        }
    }
}

/// Hours of the civil day in which groups are left in peace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuietHours {
    /// First quiet hour, 0-23.
    pub from: u8,
    /// First hour that is not quiet any more, 0-23.
    pub to: u8,
}

impl Default for QuietHours {
    fn default() -> Self {
        Self { from: 22, to: 8 }
    }
}

/// How much is said unasked on a civil day, whoever speaks. req: 003-111, 003-120
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Posts that a group gets at most.
    pub group_posts: i64,
    /// Messages of playbooks that a person gets in private at most.
    pub private_messages: i64,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            group_posts: 3,
            private_messages: 1,
        }
    }
}

/// What an organisation sets for itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How members are addressed.
    pub address_form: AddressForm,
    /// How long what is kept.
    pub retention: Retention,
    /// When groups are left in peace.
    pub quiet_hours: QuietHours,
    /// How much is said unasked.
    pub caps: Caps,
    /// Thresholds of the health classes.
    pub health: Thresholds,
    /// Profile of the demo's channel; empty outside the demo.
    pub demo_profile: String,
}

impl Settings {
    /// Reads the settings of a workspace row; what is not set has its default.
    ///
    /// # Errors
    /// The stored text is not settings.
    pub fn of(row: &Workspace) -> Result<Self> {
        serde_json::from_str(&row.settings).map_err(crate::AppError::internal)
    }

    /// These settings with a change laid over them, part by part.
    ///
    /// # Errors
    /// [`WorkspaceError::Setting`] naming a part that does not exist or does not fit.
    pub fn merged(&self, change: &serde_json::Value) -> Result<Self> {
        let mut json = serde_json::to_value(self).map_err(crate::AppError::internal)?;
        lay_over(&mut json, change);
        serde_json::from_value(json).map_err(|e| WorkspaceError::Setting(e.to_string()).into())
    }
}

/// Why an organisation cannot be used or kept so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkspaceError {
    /// There is none yet.
    #[error("there is no workspace yet: open the console, or run a command that writes")]
    None,
    /// There are several and none was named.
    #[error("there are {0} workspaces: name one with --workspace")]
    Several(usize),
    /// None has that slug.
    #[error("there is no workspace {0:?}")]
    Unknown(String),
    /// The name is empty.
    #[error("the organisation needs a name")]
    NameMissing,
    /// The slug is not lower-case letters, digits and dashes.
    #[error("{0:?} cannot stand in an address: use a-z, 0-9 and dashes")]
    Slug(String),
    /// A setting is out of its range.
    #[error("{0}")]
    Setting(String),
    /// Days or amounts are kept already.
    #[error("{0} cannot change any more: figures have been counted with it")]
    Counted(&'static str),
    /// None of the languages there are.
    #[error("{0:?} is not one of zh-Hans, zh-Hant, en")]
    Locale(String),
}

/// Languages of what an organisation sends.
pub const LOCALES: &[&str] = &["zh-Hans", "zh-Hant", "en"];

impl Rule for WorkspaceError {
    fn code(&self) -> &'static str {
        match self {
            Self::None => "workspace.none",
            Self::Several(_) => "workspace.several",
            Self::Unknown(_) => "workspace.unknown",
            Self::NameMissing => "workspace.name_missing",
            Self::Slug(_) => "workspace.slug",
            Self::Setting(_) => "workspace.setting",
            Self::Counted(_) => "workspace.counted",
            Self::Locale(_) => "workspace.locale",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Unknown(_) | Self::None => Class::NotFound,
            Self::Counted(_) => Class::Conflict,
            _ => Class::Invalid,
        }
    }
}

/// What a new organisation is made of.
#[derive(Clone, Debug)]
pub struct NewWorkspace {
    /// Name in URLs and on the command line.
    pub slug: String,
    /// Name.
    pub name: String,
    /// Zone of its civil days.
    pub zone: Zone,
    /// Currency of its figures.
    pub currency: Currency,
    /// zh-Hans, zh-Hant or en.
    pub locale: String,
    /// Whether it is the demo world.
    pub demo: bool,
}

impl NewWorkspace {
    /// `default` in Asia/Shanghai with CNY: what a write on an empty folder creates.
    ///
    /// # Errors
    /// Never: the zone is in the bundled database.
    pub fn by_default() -> Result<Self> {
        Ok(Self {
            slug: "default".to_owned(),
            name: "default".to_owned(),
            zone: Zone::from_name("Asia/Shanghai")?,
            currency: Currency::CNY,
            locale: "zh-Hans".to_owned(),
            demo: false,
        })
    }
}

/// What may change of an organisation; `None` = stays.
#[derive(Clone, Debug, Default)]
pub struct WorkspacePatch {
    /// Name.
    pub name: Option<String>,
    /// Zone; only while nothing has been counted by day.
    pub zone: Option<Zone>,
    /// Currency; only while nothing has been counted.
    pub currency: Option<Currency>,
    /// Language of what it sends.
    pub locale: Option<String>,
    /// Settings.
    pub settings: Option<Settings>,
}

impl App {
    /// All organisations of the installation.
    ///
    /// # Errors
    /// The database refused.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>> {
        in_tx!(self, Read, tx => Ok(workspace::list(tx).await?))
    }

    /// The organisation called `slug`, or the only one.
    ///
    /// # Errors
    /// [`WorkspaceError`] if there is none, or several and none was named.
    pub async fn workspace(&self, slug: Option<&str>) -> Result<Workspace> {
        let mut all = self.workspaces().await?;
        match slug {
            Some(slug) => all
                .into_iter()
                .find(|w| w.slug == slug)
                .ok_or_else(|| WorkspaceError::Unknown(slug.to_owned()).into()),
            None if all.is_empty() => Err(WorkspaceError::None.into()),
            None if all.len() > 1 => Err(WorkspaceError::Several(all.len()).into()),
            None => Ok(all.remove(0)),
        }
    }

    /// The organisation called `slug`, or the only one, or a new default one if there is none.
    ///
    /// # Errors
    /// As [`App::workspace`]; the database refused.
    pub async fn workspace_or_default(&self, slug: Option<&str>) -> Result<Workspace> {
        match self.workspace(slug).await {
            Err(error) if matches!(error.rule(), Some(WorkspaceError::None)) => {
                self.create_workspace(NewWorkspace::by_default()?, &Actor::Console)
                    .await
            }
            other => other,
        }
    }

    /// The command line as a caller.
    ///
    /// # Errors
    /// The workspace row is damaged.
    pub fn console(&self, workspace: &Workspace) -> Result<Caller> {
        Caller::new(workspace, Actor::Console, "console", "cli")
    }

    /// Creates an organisation with its root branch `main`.
    ///
    /// # Errors
    /// [`WorkspaceError`]; the slug is taken.
    pub async fn create_workspace(&self, new: NewWorkspace, actor: &Actor) -> Result<Workspace> {
        let now = self.now();
        in_tx!(self, Write, tx => self.create_workspace_in(tx, &new, actor, now).await)
    }

    pub(crate) async fn create_workspace_in(
        &self,
        tx: &mut Tx,
        new: &NewWorkspace,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Workspace> {
        if new.name.trim().is_empty() {
            return Err(WorkspaceError::NameMissing.into());
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if new.slug.is_empty() || !new.slug.chars().all(plain) {
            return Err(WorkspaceError::Slug(new.slug.clone()).into());
        }
        let row = Workspace {
            id: self.ids().next::<kind::Workspace>()?,
            slug: new.slug.clone(),
            name: new.name.trim().to_owned(),
            zone: new.zone.name().to_owned(),
            currency: new.currency.code().to_owned(),
            locale: new.locale.clone(),
            demo: new.demo,
            settings: serde_json::to_string(&Settings::default())
                .map_err(crate::AppError::internal)?,
            created_at: now,
            updated_at: now,
        };
        workspace::insert(tx, &row).await?;
        let root: BranchId = self.ids().next()?;
        let root_name = new
            .locale
            .parse::<Locale>()
            .unwrap_or_default()
            .say("branch.main", &[]);
        branch::insert(
            tx,
            row.id,
            &branch::Branch {
                id: root,
                parent_id: None,
                kind: BranchKind::Head,
                name_sort: sort_key(&root_name),
                name: root_name,
                code: None,
                region: None,
                path: format!("/{}/", root.raw()),
                archived_at: None,
                created_at: now,
            },
        )
        .await?;
        let fact = Event::new(self.ids().next()?, EventKind::WorkspaceCreated, actor);
        event::insert(tx, row.id, now, &[fact]).await?;
        Ok(row)
    }

    /// The caller's organisation.
    ///
    /// # Errors
    /// The database refused.
    pub async fn workspace_of(&self, caller: &Caller) -> Result<Workspace> {
        caller.may(Operation::WorkspaceRead)?;
        in_tx!(self, Read, tx => Ok(workspace::get(tx, caller.workspace).await?))
    }

    /// Changes the caller's organisation.
    ///
    /// # Errors
    /// [`WorkspaceError::Setting`] naming what is out of range.
    pub async fn edit_workspace(
        &self,
        caller: &Caller,
        patch: WorkspacePatch,
    ) -> Result<Workspace> {
        caller.may(Operation::WorkspaceEdit)?;
        if let Some(settings) = &patch.settings {
            check(settings)?;
        }
        let now = self.now();
        in_tx!(self, Write, tx => {
            let before = workspace::get(tx, caller.workspace).await?;
            let mut row = before.clone();
            if let Some(name) = &patch.name {
                if name.trim().is_empty() {
                    return Err(WorkspaceError::NameMissing.into());
                }
                row.name = name.trim().to_owned();
            }
            if let Some(zone) = &patch.zone {
                row.zone = zone.name().to_owned();
            }
            if let Some(currency) = &patch.currency {
                row.currency = currency.code().to_owned();
            }
            if (&row.zone, &row.currency) != (&before.zone, &before.currency)
                && workspace::is_counted(tx, row.id).await?
            {
                let what = if row.zone == before.zone { "the currency" } else { "the zone" };
                return Err(WorkspaceError::Counted(what).into());
            }
            if let Some(locale) = &patch.locale {
                row.locale = checked_locale(locale)?.to_owned();
            }
            if let Some(settings) = &patch.settings {
                let mut settings = settings.clone();
                settings.demo_profile = Settings::of(&before)?.demo_profile;
                row.settings = serde_json::to_string(&settings).map_err(crate::AppError::internal)?;
            }
            row.updated_at = now;
            workspace::update(tx, &row).await?;
            self.audited(tx, caller, now, Change {
                operation: "workspace.edit",
                subject: format!("workspace:{}", row.id),
                subject_name: &row.name,
                undoable: true,
            }, Some(&Snapshot::of(&before)), Some(&Snapshot::of(&row))).await?;
            let fact = Event::new(self.ids().next()?, EventKind::WorkspaceChanged, &caller.actor);
            event::insert(tx, row.id, now, &[fact]).await?;
            Ok(row)
        })
    }
}

impl App {
    /// Puts the organisation's settings back.
    pub(crate) async fn undo_workspace_edit(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        now: Timestamp,
    ) -> Result<()> {
        let old: Snapshot = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let mut row = workspace::get(tx, caller.workspace).await?;
        row.name = old.name;
        row.zone = old.zone;
        row.currency = old.currency;
        row.locale = old.locale;
        row.settings = old.settings.to_string();
        row.updated_at = now;
        workspace::update(tx, &row).await?;
        let fact = Event::new(
            self.ids().next()?,
            EventKind::WorkspaceChanged,
            &caller.actor,
        );
        event::insert(tx, row.id, now, &[fact]).await?;
        Ok(())
    }

    /// The organisation's settings as the audit log would keep them now.
    pub(crate) async fn workspace_snapshot(
        &self,
        tx: &mut Tx,
        caller: &Caller,
    ) -> Result<serde_json::Value> {
        let row = workspace::get(tx, caller.workspace).await?;
        serde_json::to_value(Snapshot::of(&row)).map_err(crate::AppError::internal)
    }
}

/// What the audit log keeps of an organisation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub name: String,
    pub zone: String,
    pub currency: String,
    pub locale: String,
    pub settings: serde_json::Value,
}

impl Snapshot {
    fn of(row: &Workspace) -> Self {
        Self {
            name: row.name.clone(),
            zone: row.zone.clone(),
            currency: row.currency.clone(),
            locale: row.locale.clone(),
            settings: serde_json::from_str(&row.settings).unwrap_or_default(),
        }
    }
}

pub(crate) fn checked_locale(locale: &str) -> Result<&str, WorkspaceError> {
    if LOCALES.contains(&locale) {
        Ok(locale)
    } else {
        Err(WorkspaceError::Locale(locale.to_owned()))
    }
}

/// Lays a change over a JSON object, part by part.
fn lay_over(base: &mut serde_json::Value, change: &serde_json::Value) {
    match (base, change) {
        (serde_json::Value::Object(base), serde_json::Value::Object(change)) => {
            for (key, value) in change {
                lay_over(
                    base.entry(key.clone()).or_insert(serde_json::Value::Null),
                    value,
                );
            }
        }
        (base, change) => base.clone_from(change),
    }
}

fn check(settings: &Settings) -> Result<()> {
    let Settings {
        retention,
        quiet_hours,
        ..
    } = settings;
    let refuse = |text: &str| Err(WorkspaceError::Setting(text.to_owned()).into());
    if !(1..=3650).contains(&retention.text_days) || !(1..=3650).contains(&retention.media_days) {
        return refuse("texts and media are kept for 1 to 3650 days");
    }
    if quiet_hours.from > 23 || quiet_hours.to > 23 {
        return refuse("quiet hours are hours of the day, 0 to 23");
    }
    Ok(())
}
