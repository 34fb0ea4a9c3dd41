//! `yutang restore`.

use std::path::PathBuf;

use clap::Args;
use yutang_app::restore::KeyState;

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
        let mut text = vec![
            format!(
                "restored {}; jobs and sending are kept still until `yutang resume`",
                done.from.display()
            ),
            format!(
                "{} erased persons are known and are erased again",
                done.erased_known
            ),
        ];
        match &done.key {
            KeyState::Right => {}
            KeyState::PutBack(file) => text.push(format!(
                "the backup was made under an earlier key: {} is secret.key again",
                file.display()
            )),
            KeyState::Missing(fingerprint) => text.push(format!(
                "the key with fingerprint {fingerprint} is needed: put it into the data folder as secret.key"
            )),
        }
        Ok(Answer::new(
            serde_json::to_value(&done).unwrap_or_default(),
            text,
        ))
    }
}
