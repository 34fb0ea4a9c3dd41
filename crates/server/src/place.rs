//! The data a command works on.

use std::sync::Arc;

use yutang_app::{
    App, Caller, Options,
    workspace::{NewWorkspace, Workspace, WorkspaceError},
};
use yutang_domain::{
    actor::Actor,
    id::WorkspaceId,
    time::{Clock as _, SystemClock},
};

use crate::{
    config::Settings,
    output::{Failure, Result},
};

impl Settings {
    /// How the program opens the data.
    pub fn options(&self) -> Options {
        Options {
            data: self.data.clone(),
            database: self.database.clone(),
            secret_key: self.secret_key.clone(),
            clock: Arc::new(SystemClock),
            migrate: true,
        }
    }

    /// The data as a URL or file, without a password.
    pub fn shown(&self) -> String {
        match &self.database {
            Some(url) => yutang_store::redacted(url),
            None => self.data.display().to_string(),
        }
    }

    /// Opens the data, made if it is not there.
    pub async fn open(&self) -> Result<App> {
        let app = App::open(self.options()).await?;
        if self.config.webhook.private {
            app.allow_network();
        }
        Ok(app)
    }

    /// Opens data that have to be there: a command that only reads leaves nothing behind.
    pub async fn open_existing(&self) -> Result<App> {
        self.exist()?;
        self.open().await
    }

    /// Refuses data that are not there, before anything is written beside them.
    pub fn exist(&self) -> Result<()> {
        if self.file().is_some_and(|path| !path.exists()) {
            return Err(Failure::from(WorkspaceError::None).at(self.shown()));
        }
        Ok(())
    }

    /// The workspace, which has to be there, and the command line as its caller.
    pub async fn caller(&self, app: &App) -> Result<Caller> {
        let row = app
            .workspace(self.workspace.as_deref())
            .await
            .map_err(|e| self.placed(e))?;
        Ok(app.console(&row)?)
    }

    /// A caller that only reads files, where there is no workspace yet: as the default one would be.
    pub fn newcomer(&self) -> Result<Caller> {
        let new = NewWorkspace::by_default()?;
        let now = SystemClock.now();
        let row = Workspace {
            id: WorkspaceId::from_raw(0),
            slug: new.slug,
            name: new.name,
            zone: self.zone.as_ref().unwrap_or(&new.zone).name().to_owned(),
            currency: new.currency.code().to_owned(),
            locale: new.locale,
            demo: false,
            settings: String::new(),
            created_at: now,
            updated_at: now,
        };
        Ok(Caller::new(&row, Actor::Console, "console", "cli")?)
    }

    /// Whether there are no data yet; looking makes none.
    pub async fn is_fresh(&self) -> Result<bool> {
        Ok(yutang_app::is_fresh(&self.options()).await?)
    }

    /// The workspace, a default one if there is none yet, and the command line as its caller.
    pub async fn caller_or_new(&self, app: &App) -> Result<Caller> {
        let row = match app.workspace(self.workspace.as_deref()).await {
            Err(error) if matches!(error.rule(), Some(WorkspaceError::None)) => {
                self.create(app).await?
            }
            other => other.map_err(|e| self.placed(e))?,
        };
        Ok(app.console(&row)?)
    }

    async fn create(&self, app: &App) -> Result<Workspace> {
        let mut new = NewWorkspace::by_default()?;
        if let Some(zone) = &self.zone {
            new.zone = zone.clone();
        }
        Ok(app.create_workspace(new, &Actor::Console).await?)
    }

    fn placed(&self, error: yutang_app::AppError) -> Failure {
        Failure::from(error).at(self.shown())
    }

    /// Figures are counted by the workspace's days; another zone would need them counted anew.
    pub fn same_zone(&self, caller: &Caller) -> Result<()> {
        match &self.zone {
            Some(zone) if zone.name() != caller.zone.name() => Err(Failure::usage(
                "--zone",
                format!(
                    "the days of this workspace are counted in {}: leave --zone out, or give that one",
                    caller.zone
                ),
            )),
            _ => Ok(()),
        }
    }
}
