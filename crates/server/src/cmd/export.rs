//! `yutang export`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::member;
use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Writes down everything that is known of a member.
#[derive(Args, Debug)]
pub struct Export {
    /// Their id or exact name
    member: String,
    /// File to write to [default: stdout]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

impl Export {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let app = settings.open_existing().await?;
        let exported = async {
            let caller = settings.caller(&app).await?;
            let id = member::find(&app, &caller, &self.member).await?;
            Ok::<_, Failure>(app.export_member(&caller, id).await?)
        }
        .await;
        app.close().await;
        let document = exported?;
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        let Some(path) = self.to else {
            return Ok(Answer::new(document, text));
        };
        std::fs::write(&path, format!("{text}\n")).map_err(|error| {
            Failure::failed("export.file", format!("cannot be written: {error}"))
                .at(path.display().to_string())
        })?;
        Ok(Answer::new(
            json!({ "path": path, "bytes": text.len() + 1 }),
            path.display().to_string(),
        ))
    }
}
