//! `yutang migrate`.

use clap::Args;
use serde_json::json;
use yutang_store::migrate;

use crate::{
    config::Settings,
    output::{Answer, Result},
    serve,
};

/// Upgrades the schema.
#[derive(Args, Debug)]
pub struct Migrate {}

impl Migrate {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let lock = serve::lock(settings)?;
        // Opening makes the backup and applies what is pending.
        let app = settings.open().await?;
        let version = migrate::known_version();
        app.close().await;
        drop(lock);
        Ok(Answer::new(
            json!({ "version": version }),
            format!("the schema has version {version}"),
        ))
    }
}
