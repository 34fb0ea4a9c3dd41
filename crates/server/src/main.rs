//! The one program: `yutang`.
//!
//! A merchant runs one file, and everything is in it: the console, the API, the member pages, the
//! timers, and the commands with which an operator imports, reports, backs up and checks. This
//! crate holds no rules. It reads flags, environment and file into settings, opens the program on
//! its data, hands over to a verb of `app`, and turns the outcome into text or one JSON document
//! and into an exit code: 0 done, 1 failed and nothing stored, 2 usage, 3 interrupted and
//! resumable, 4 a check found differences.

mod cli;
mod cmd;
mod config;
mod console;
mod lock;
mod log;
mod output;
mod place;
mod serve;

use std::process::ExitCode;

use crate::output::Output;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Names, words and keys are in nearly everything that is written: nobody else may read it.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let arguments: Vec<_> = std::env::args_os().collect();
    let cli = match cli::parse(&arguments) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let output = Output {
        json: cli.common.json,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return output.failed(&output::Failure::failed("app.internal", error.to_string()));
        }
    };
    let outcome = runtime.block_on(cmd::run(cli));
    // What still runs on a blocking thread must not keep the program.
    runtime.shutdown_background();
    match outcome {
        Ok(answer) => output.answered(&answer),
        Err(failure) => output.failed(&failure),
    }
}
