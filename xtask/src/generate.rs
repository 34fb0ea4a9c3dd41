//! Generated files: written by `gen`, compared by `check`.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use yutang_testkit::cluster;

use crate::{coverage, errors, locale, reference, sizes};

const SCHEMA: &str = "crates/store/schema.txt";
const OPENAPI: &str = "crates/api/openapi.json";
const CLIENT: &str = "console/src/api/schema.gen.ts";

/// Writes every generated file; returns the paths of those that changed.
pub fn all(root: &Path) -> Result<Vec<String>> {
    let mut changed: Vec<String> = by_tool(root, SCHEMA, schema)?.into_iter().collect();
    let mut keep = |path: &str, text: String| -> Result<()> {
        let place = root.join(path);
        if fs::read_to_string(&place).ok().as_deref() != Some(&text) {
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&place, text).with_context(|| path.to_owned())?;
            changed.push(path.to_owned());
        }
        Ok(())
    };
    keep(
        "docs/reference/errors.md",
        errors::page(&errors::codes(root)?),
    )?;
    keep(
        "docs/reference/permissions.md",
        reference::permissions(root)?,
    )?;
    keep(reference::WEBHOOK, reference::webhook(root)?)?;
    keep(coverage::TABLE, coverage::table(root)?.0)?;
    let program = reference::program(root)?;
    keep(OPENAPI, reference::said(&program, &["openapi"])?)?;
    keep("docs/reference/cli.md", reference::command_line(&program)?)?;
    keep(
        "docs/reference/config.md",
        reference::said(&program, &["config", "--markdown"])?,
    )?;
    changed.extend(by_tool(root, CLIENT, client)?);
    Ok(changed)
}

/// As [`all`], and fails if anything was stale or any rule of the house is broken.
pub fn check(root: &Path) -> Result<()> {
    let mut faults: Vec<String> = all(root)?
        .into_iter()
        .map(|path| format!("{path} was stale and has been written anew: commit it"))
        .collect();
    let codes: Vec<String> = errors::codes(root)?
        .into_iter()
        .map(|code| code.name)
        .collect();
    faults.extend(locale::faults(root, &codes)?);
    for (lines, path) in sizes::long(&sizes::written(root)?) {
        eprintln!("warning: {path} has {lines} lines; split it by sub-noun");
    }
    if !faults.is_empty() {
        bail!("{} faults:\n{}", faults.len(), faults.join("\n"));
    }
    println!(
        "check: generated files are fresh, {} error codes and all catalogues agree",
        codes.len()
    );
    Ok(())
}

/// Lets a tool write `path`; returns it if its text changed.
fn by_tool(root: &Path, path: &str, tool: impl Fn(&Path) -> Result<()>) -> Result<Option<String>> {
    let before = fs::read_to_string(root.join(path)).ok();
    tool(root).with_context(|| path.to_owned())?;
    let after = fs::read_to_string(root.join(path)).with_context(|| path.to_owned())?;
    Ok((before.as_deref() != Some(&after)).then(|| path.to_owned()))
}

/// The schema is what the engines say it is: their contract test writes it.
fn schema(root: &Path) -> Result<()> {
    run(Command::new("cargo")
        .args([
            "test",
            "--quiet",
            "--package",
            "yutang-store",
            "--test",
            "it",
            "parity",
        ])
        .current_dir(root)
        .env(cluster::URL_VARIABLE, cluster::url()?)
        .env("YUTANG_WRITE_SCHEMA", "1"))
}

fn client(root: &Path) -> Result<()> {
    let console = root.join("console");
    if !console.join("node_modules").exists() {
        run(Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&console))?;
    }
    run(Command::new("npm")
        .args(["run", "--silent", "gen"])
        .current_dir(&console))
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| program.clone())?;
    if !output.status.success() {
        bail!(
            "{program} failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}
