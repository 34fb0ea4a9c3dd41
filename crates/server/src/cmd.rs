//! One file per command.

pub mod backup;
pub mod broadcast;
pub mod channel;
pub mod config;
pub mod db_copy;
pub mod demo;
pub mod doctor;
pub mod erase;
pub mod export;
pub mod import;
pub mod member;
pub mod migrate;
pub mod moderation;
pub mod openapi;
pub mod playbook;
pub mod rebuild;
pub mod report;
pub mod restore;
pub mod resume;
pub mod robot;
pub mod secret;
pub mod serve;
pub mod staff;
pub mod text;
pub mod token;
pub mod webhook;
pub mod worker;

use std::io::Read as _;

use crate::{
    cli::{Cli, Command},
    config::{Settings, check_environment},
    log,
    output::{Answer, Failure, Output, Result},
};

/// Carries a command out.
pub async fn run(cli: Cli) -> Result<Answer> {
    let output = Output {
        json: cli.common.json,
    };
    // These need no data and no settings that hold.
    if let Command::Text(command) = cli.command {
        return command.run();
    }
    match &cli.command {
        Command::Openapi(_) => return openapi::run(),
        Command::Config(command) if command.is_reference() => return Ok(command.reference()),
        _ => {}
    }
    check_environment(std::env::vars_os().filter_map(|(name, value)| {
        Some((
            name.into_string().ok()?,
            value.to_string_lossy().into_owned(),
        ))
    }))?;
    let settings = Settings::resolve(&cli.common, |name| std::env::var(name).ok())?;
    let level = match cli.command {
        Command::Serve(_) | Command::Demo(_) | Command::Worker(_) => "info",
        _ => "warn",
    };
    log::start(&settings.config.log, level)?;
    match cli.command {
        Command::Serve(command) => command.run(&settings, output).await,
        Command::Demo(command) => command.run(&settings, output).await,
        Command::Worker(command) => command.run(&settings).await,
        Command::Import(command) => command.run(&settings, output).await,
        Command::Report(command) => command.run(&settings).await,
        Command::Staff(command) => command.run(&settings).await,
        Command::Token(command) => command.run(&settings).await,
        Command::Channel(command) => command.run(&settings).await,
        Command::Moderation(command) => command.run(&settings).await,
        Command::Broadcast(command) => command.run(&settings).await,
        Command::Playbook(command) => command.run(&settings).await,
        Command::Robot(command) => command.run(&settings).await,
        Command::Webhook(command) => command.run(&settings).await,
        Command::Export(command) => command.run(&settings).await,
        Command::Erase(command) => command.run(&settings).await,
        Command::Backup(command) => command.run(&settings).await,
        Command::Restore(command) => command.run(&settings).await,
        Command::Resume(command) => command.run(&settings).await,
        Command::Db(command) => command.run().await,
        Command::Secret(command) => command.run(&settings).await,
        Command::Migrate(command) => command.run(&settings).await,
        Command::Doctor(command) => command.run(&settings).await,
        Command::Rebuild(command) => command.run(&settings).await,
        Command::Config(command) => Ok(command.run(&settings)),
        Command::Text(command) => command.run(),
        Command::Openapi(_) => openapi::run(),
    }
}

/// The first line of stdin: a password must not stand among the arguments, where others read it.
fn secret_from_stdin() -> Result<String> {
    let line = lines_from_stdin()?.into_iter().next();
    line.ok_or_else(|| Failure::usage("stdin", "nothing was given on stdin"))
}

/// What stands on stdin, line by line, without empty ones.
fn lines_from_stdin() -> Result<Vec<String>> {
    let mut text = String::new();
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .map_err(|error| Failure::failed("stdin.unreadable", error.to_string()).at("stdin"))?;
    let lines = text.lines().map(str::to_owned);
    Ok(lines.filter(|line| !line.is_empty()).collect())
}
