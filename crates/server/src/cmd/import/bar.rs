//! How far an import has come, for whoever looks on.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use yutang_app::import::Progress;

use crate::output::Output;

/// Progress on stderr, where somebody looks.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    shown: bool,
}

impl Bar {
    pub fn new(output: Output) -> Self {
        Self {
            bar: None,
            shown: std::io::stderr().is_terminal() && !output.json,
        }
    }

    pub fn show(&mut self, progress: Progress) {
        if !self.shown {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            // Where a run goes on, what was there before is no speed of now.
            let bar = ProgressBar::new(progress.total).with_position(progress.done);
            bar.reset_eta();
            if let Ok(style) = ProgressStyle::with_template(
                "{bar:40} {human_pos}/{human_len}  {per_sec}  {eta} left",
            ) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        bar.set_position(progress.done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
