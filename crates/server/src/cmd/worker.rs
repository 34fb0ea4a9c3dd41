//! `yutang worker`.

use clap::Args;
use yutang_app::outbox::Lines;

use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
    serve::{background, rest, told_to_stop},
};

/// Works without serving.
#[derive(Args, Debug)]
pub struct Worker {}

impl Worker {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        if settings.file().is_some() {
            return Err(Failure::usage(
                "--database",
                "a worker beside the server needs PostgreSQL: with a file, `yutang serve` does all the work",
            ));
        }
        let app = settings.open().await?;
        // Links in messages lead to where the others serve.
        if !settings.config.server.base_url.is_empty() {
            app.reach_at(&settings.config.server.base_url);
        }
        let mut tasks = background(&app, &Lines::default());
        tracing::info!("working");
        told_to_stop().await;
        tracing::info!("stopping");
        app.stopping().cancel();
        rest(&mut tasks).await;
        app.close().await;
        Ok(Answer::said())
    }
}
