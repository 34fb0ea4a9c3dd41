//! `yutang openapi`.

use clap::Args;

use crate::output::{Answer, Failure, Result};

/// Prints the description of the API.
#[derive(Args, Debug)]
pub struct Openapi {}

pub fn run() -> Result<Answer> {
    let description = yutang_api::openapi();
    let text = description
        .to_pretty_json()
        .map_err(|error| Failure::failed("app.internal", error.to_string()))?;
    let json = serde_json::from_str(&text).unwrap_or_default();
    Ok(Answer::new(json, text))
}
