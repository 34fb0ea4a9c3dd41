//! The command line: flags that every command takes, and the commands.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, error::ErrorKind};

use crate::{
    cmd,
    output::{Failure, Output},
};

/// Runs community groups: imports their history, reads their health, serves the console.
#[derive(Debug, Parser)]
#[command(
    name = "yutang",
    version,
    propagate_version = false,
    max_term_width = 100
)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Common {
    /// Folder of the database file, the key, uploads and backups [default: ./yutang-data]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "YUTANG_DATA",
        hide_env_values = true
    )]
    pub data: Option<PathBuf>,
    /// PostgreSQL to use rather than a file: postgres://…
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "YUTANG_DATABASE",
        hide_env_values = true
    )]
    pub database: Option<String>,
    /// The workspace, needed when there are several
    #[arg(
        long,
        global = true,
        value_name = "SLUG",
        env = "YUTANG_WORKSPACE",
        hide_env_values = true
    )]
    pub workspace: Option<String>,
    /// Time zone of times written without one, and of a workspace made by this command
    #[arg(
        long,
        global = true,
        value_name = "IANA",
        env = "YUTANG_ZONE",
        hide_env_values = true
    )]
    pub zone: Option<String>,
    /// Settings file [default: yutang.toml in the data folder, if there is one]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "YUTANG_CONFIG",
        hide_env_values = true
    )]
    pub config: Option<PathBuf>,
    /// Print one JSON document to stdout
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve console, API and member pages, and do the work in the background
    Serve(cmd::serve::Serve),
    /// Serve an invented bakery with ninety days behind it that goes on living
    Demo(cmd::demo::Demo),
    /// Do the work in the background without serving (PostgreSQL)
    Worker(cmd::worker::Worker),
    /// Import chat histories and lists, or take an import back
    Import(cmd::import::Import),
    /// Read figures
    Report(cmd::report::Report),
    /// Add people who work with the console
    Staff(cmd::staff::Staff),
    /// Add keys for other programs
    Token(cmd::token::Token),
    /// Connect programs that report what happens in groups
    Channel(cmd::channel::Channel),
    /// Look at how order is kept
    Moderation(cmd::moderation::Moderation),
    /// Look at what a broadcast would do
    Broadcast(cmd::broadcast::Broadcast),
    /// Look at the trade's procedures, and check your own
    Playbook(cmd::playbook::Playbook),
    /// Set up robots in staff chats, which tell of tasks
    Robot(cmd::robot::Robot),
    /// Tell other programs what happens here
    Webhook(cmd::webhook::Webhook),
    /// Write everything that is known of a member to stdout or a file
    Export(cmd::export::Export),
    /// Erase a member for good
    Erase(cmd::erase::Erase),
    /// Make a backup while the program runs
    Backup(cmd::backup::Backup),
    /// Bring a backup back into an empty data folder or database
    Restore(cmd::restore::Restore),
    /// Let jobs and sending go on after a restore
    Resume(cmd::resume::Resume),
    /// Copy a database to another engine
    Db(cmd::db_copy::Db),
    /// Change the root key
    Secret(cmd::secret::Secret),
    /// Upgrade the schema, after a backup
    Migrate(cmd::migrate::Migrate),
    /// Check the data and its surroundings
    Doctor(cmd::doctor::Doctor),
    /// Count everything that is kept counted anew
    Rebuild(cmd::rebuild::Rebuild),
    /// Show the settings in force, or the documented file of all settings
    Config(cmd::config::Config),
    /// Judge texts, train a model, hold it against marks
    Text(cmd::text::Text),
    /// Print the description of the API
    Openapi(cmd::openapi::Openapi),
}

/// Reads the arguments. What clap has to say is printed; the exit code says how it ended.
pub fn parse(arguments: &[OsString]) -> Result<Cli, ExitCode> {
    Cli::try_parse_from(arguments).map_err(|error| {
        let asked = matches!(
            error.kind(),
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
        );
        let json = arguments
            .iter()
            .skip(1)
            .any(|argument| argument == "--json");
        if asked || !json {
            // A reader that has gone is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
        let text = error.render().to_string();
        let detail = text.strip_prefix("error: ").unwrap_or(&text).trim();
        Output { json }.failed(&Failure::usage("arguments", detail))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
