//! `yutang config`.

use clap::Args;
use serde_json::json;

use crate::{
    config::{DOCUMENTED, Settings, markdown},
    output::Answer,
};

/// Shows settings.
#[derive(Args, Debug)]
pub struct Config {
    /// Print the documented file of all settings instead
    #[arg(long, conflicts_with = "markdown")]
    default: bool,
    /// Print the reference page of all settings instead
    #[arg(long)]
    markdown: bool,
}

impl Config {
    /// Whether it is about all settings rather than those in force.
    pub fn is_reference(&self) -> bool {
        self.default || self.markdown
    }

    pub fn reference(&self) -> Answer {
        let text = if self.markdown {
            markdown()
        } else {
            DOCUMENTED.to_owned()
        };
        Answer::new(json!({ "text": text }), text)
    }

    pub fn run(&self, settings: &Settings) -> Answer {
        let mut shown = settings.config.clone();
        shown.data = settings.data.display().to_string();
        shown.database.url = settings
            .database
            .as_deref()
            .map(yutang_store::redacted)
            .unwrap_or_default();
        shown.workspace.slug = settings.workspace.clone().unwrap_or_default();
        shown.workspace.zone = settings
            .zone
            .as_ref()
            .map(|zone| zone.name().to_owned())
            .unwrap_or_default();
        let text = toml::to_string(&shown).unwrap_or_default();
        Answer::new(serde_json::to_value(&shown).unwrap_or_default(), text)
    }
}
