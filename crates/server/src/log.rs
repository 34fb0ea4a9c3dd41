//! Logs: to stderr, with request ids, without personal data.

use tracing_subscriber::EnvFilter;

use crate::{
    config::{ConfigError, Log, LogFormat},
    output::Result,
};

/// Starts logging; `level` holds where the settings name none.
///
/// # Errors
/// The level cannot be understood.
pub fn start(settings: &Log, level: &str) -> Result<()> {
    let wanted = if settings.level.is_empty() {
        level
    } else {
        &settings.level
    };
    let filter = EnvFilter::try_new(wanted).map_err(|error| ConfigError::Environment {
        name: "log.level",
        value: wanted.to_owned(),
        reason: error.to_string(),
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A line that cannot be written is lost. Saying so on stderr, which is what cannot be
        // written to, would end the request that wanted to say it.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    match settings.format {
        LogFormat::Human => lines.with_target(false).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    Ok(())
}
