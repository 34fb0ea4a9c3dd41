//! `yutang backup`.

use std::path::PathBuf;

use clap::Args;

use crate::{
    config::Settings,
    output::{Answer, Result},
};

/// Makes a backup.
#[derive(Args, Debug)]
pub struct Backup {
    /// Folder to put it in [default: backups in the data folder]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Make an archive that either engine can read, rather than a copy of the database file
    #[arg(long)]
    archive: bool,
}

impl Backup {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let app = settings.open_existing().await?;
        let made = app.backup(self.to.as_deref(), self.archive).await;
        app.close().await;
        let made = made?;
        let text = format!(
            "{}\n{} bytes, sha256 {}\nthe key is not part of it: keep secret.key elsewhere",
            made.path.display(),
            made.bytes,
            made.sha256
        );
        Ok(Answer::new(
            serde_json::to_value(&made).unwrap_or_default(),
            text,
        ))
    }
}
