//! `yutang serve`.

use clap::Args;
use yutang_app::outbox::Lines;

use crate::{
    config::Settings,
    output::{Answer, Output, Result},
    serve::{Ready, background, listen, lock, until_stopped},
};

/// Serves.
#[derive(Args, Debug)]
pub struct Serve {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8420]
    #[arg(
        long,
        value_name = "ADDR",
        env = "YUTANG_LISTEN",
        hide_env_values = true
    )]
    pub listen: Option<String>,
}

impl Serve {
    pub async fn run(self, settings: &Settings, output: Output) -> Result<Answer> {
        let address = self
            .listen
            .as_deref()
            .unwrap_or(&settings.config.server.listen);
        let listener = listen(address).await?;
        let lock = lock(settings)?;
        let app = settings.open().await?;
        app.interrupt_silent_imports().await?;
        let tasks = background(&app, &Lines::default());
        let outcome = until_stopped(app, settings, listener, tasks, output, Ready::default()).await;
        drop(lock);
        outcome.map(|()| Answer::said())
    }
}
