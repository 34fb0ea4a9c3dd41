//! `yutang secret rotate`.

use clap::{Args, Subcommand};

use crate::{
    config::Settings,
    output::{Answer, Result},
    serve,
};

/// Works on the root key.
#[derive(Args, Debug)]
pub struct Secret {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Replace the root key and seal everything that is kept sealed anew
    Rotate(Rotate),
}

#[derive(Args, Debug)]
struct Rotate {
    /// Read the new key (64 hexadecimal digits) from stdin rather than making one
    #[arg(long)]
    key_stdin: bool,
}

impl Secret {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let What::Rotate(rotate) = self.what;
        let key = if rotate.key_stdin {
            Some(super::secret_from_stdin()?)
        } else {
            None
        };
        settings.exist()?;
        let lock = serve::lock(settings)?;
        let app = settings.open_existing().await?;
        let rotated = app.rotate_secret(key.as_deref()).await;
        app.close().await;
        drop(lock);
        let rotated = rotated?;
        let mut text = vec![format!(
            "{} values sealed anew; fingerprint was {}, is {}",
            rotated.values, rotated.was, rotated.now
        )];
        if let Some(path) = &rotated.old_key {
            text.push(format!(
                "the old key is kept as {}: backups made before need it",
                path.display()
            ));
        }
        Ok(Answer::new(
            serde_json::to_value(&rotated).unwrap_or_default(),
            text,
        ))
    }
}
