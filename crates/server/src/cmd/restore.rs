//! `yutang restore`.

use std::path::PathBuf;

use clap::Args;

use crate::{
    config::Settings,
    output::{Answer, Result},
    serve,
};

/// Brings a backup back.
#[derive(Args, Debug)]
pub struct Restore {
    /// The backup
    file: PathBuf,
    /// The database it takes the place of, if that is still there: who was erased in it is erased
    /// in the restored one as well
    #[arg(long, value_name = "URL")]
    former: Option<String>,
}

impl Restore {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let lock = serve::lock(settings)?;
        let done =
            yutang_app::restore::restore(&self.file, &settings.options(), self.former.as_deref())
                .await;
        drop(lock);
        let done = done?;
        let text = format!(
            "restored {}; jobs and sending are kept still until `yutang resume`\n{} erased persons are known and are erased again",
            done.from.display(),
            done.erased_known
        );
        Ok(Answer::new(
            serde_json::to_value(&done).unwrap_or_default(),
            text,
        ))
    }
}
