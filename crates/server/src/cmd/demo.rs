//! `yutang demo`.

use clap::{Args, ValueEnum};
use yutang_app::{demo::DemoOptions, outbox::Lines};
use yutang_channels::fake::{Pace, Scale as World};

use crate::{
    config::Settings,
    output::{Answer, Output, Result},
    serve::{Ready, background, listen, lock, until_stopped},
};

/// Serves the demo.
#[derive(Args, Debug)]
pub struct Demo {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8420]
    #[arg(
        long,
        value_name = "ADDR",
        env = "YUTANG_LISTEN",
        hide_env_values = true
    )]
    pub listen: Option<String>,
    /// How large the bakery is, where it is made anew
    #[arg(long, value_enum, default_value_t = Scale::Demo)]
    pub scale: Scale,
    /// The same seed at the same time makes the same bakery
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
}

/// How large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// 3 stores, 12 groups, 3,000 members
    Demo,
    /// 600 stores, 2,000 groups, 400,000 members
    Chain,
}

impl Demo {
    pub async fn run(self, settings: &Settings, output: Output) -> Result<Answer> {
        let address = self
            .listen
            .as_deref()
            .unwrap_or(&settings.config.server.listen);
        let listener = listen(address).await?;
        let lock = lock(settings)?;
        let app = settings.open().await?;
        app.interrupt_silent_imports().await?;
        let mut options = DemoOptions::default();
        if let Some(seed) = self.seed {
            options.seed = seed;
        }
        if self.scale == Scale::Chain {
            options.scale = World::Chain {
                stores: 600,
                groups: 2_000,
                members: 400_000,
            };
        }
        // A staff chat to try robots with stands on the same machine.
        app.allow_loopback();
        let demo = app.open_demo(options).await?;
        let ready = Ready {
            login: Some(demo.sign_in.to_owned()),
            password: Some(demo.password.clone()),
        };
        let lines = Lines::default();
        let life = app.wake_demo(&demo, &lines, Pace::Quick).await?;
        let mut tasks = background(&app, &lines);
        let living = app.clone();
        tasks.spawn(async move { living.live_demo(life).await });
        let outcome = until_stopped(app, settings, listener, tasks, output, ready).await;
        drop(lock);
        outcome.map(|()| Answer::said())
    }
}
