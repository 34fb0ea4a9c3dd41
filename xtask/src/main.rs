//! What keeps the house in order: generated files, and checks that no compiler makes.
//!
//! Whatever can be derived is generated, committed and compared, so that a review sees it change;
//! whatever is agreed on (who may depend on whom, three languages with the same keys, a place and a
//! test for every requirement) is checked here, so that it does not depend on anyone remembering.

mod arrows;
mod comment;
mod coverage;
mod errors;
mod feature;
mod generate;
mod locale;
mod reference;
mod sizes;
mod tree;

use std::{env, path::PathBuf, process::ExitCode};

use anyhow::{Result, bail};
use yutang_testkit::cluster::Cluster;

const USAGE: &str = "\
usage: cargo xtask COMMAND
  gen                    write every generated file anew
  check                  the same, and fail if one was stale; catalogues, codes, marks, file lengths
  arrows                 who depends on whom
  coverage               docs/reference/coverage.md alone, and a summary
  feature NOUN           the files a noun has in every layer, and those it lacks
  sizes                  lines by crate, longest files, size of what is built
  postgres start|stop    the PostgreSQL server for tests; `start` prints its URL";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let root = root();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["gen"] => generate::all(&root).map(|written| {
            for path in written {
                eprintln!("written anew: {path}");
            }
        }),
        ["check"] => generate::check(&root),
        ["arrows"] => arrows::check(&root),
        ["coverage"] => coverage::write(&root),
        ["feature", noun] => feature::report(&root, noun),
        ["sizes"] => sizes::report(&root),
        ["postgres", "start"] => {
            println!("{}", Cluster::shared()?.start()?);
            Ok(())
        }
        ["postgres", "stop"] => {
            let stopped = Cluster::shared()?.stop()?;
            eprintln!(
                "{}",
                if stopped {
                    "stopped"
                } else {
                    "was not running"
                }
            );
            Ok(())
        }
        _ => bail!("{USAGE}"),
    }
}

/// The folder of the workspace, where this crate's folder lies.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .components()
        .fold(PathBuf::new(), |mut path, part| {
            if part.as_os_str() == ".." {
                path.pop();
            } else {
                path.push(part);
            }
            path
        })
}
