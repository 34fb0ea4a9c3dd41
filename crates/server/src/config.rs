//! Settings: flags before environment before file before defaults.
//!
//! A misspelt key that is silently ignored is found out on the worst day, so every key of the file
//! has to be one of those that [`DOCUMENTED`] shows.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::CommandFactory as _;
use serde::{Deserialize, Serialize};
use yutang_domain::{
    error::{Class, Rule},
    time::Zone,
};

use crate::cli::Common;

/// The file of all settings with their defaults; the reference page is made of it.
pub const DOCUMENTED: &str = include_str!("yutang.toml");

/// The data folder where nothing names one.
const DATA: &str = "yutang-data";

/// The file's name in the data folder.
const FILE: &str = "yutang.toml";

/// Settings, as the file has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of the data.
    pub data: String,
    /// `[database]`
    pub database: Database,
    /// `[workspace]`
    pub workspace: Workspace,
    /// `[server]`
    pub server: Server,
    /// `[webhook]`
    pub webhook: Webhook,
    /// `[log]`
    pub log: Log,
}

/// `[database]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// PostgreSQL, or empty for a file.
    pub url: String,
}

/// `[workspace]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workspace {
    /// The workspace that commands are about.
    pub slug: String,
    /// Zone of times without one, and of a new workspace.
    pub zone: String,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: String,
    /// Where browsers reach the program.
    pub base_url: String,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8420".to_owned(),
            base_url: String::new(),
        }
    }
}

/// `[webhook]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhook {
    /// Whether webhooks may lead into the network around this machine.
    pub private: bool,
}

/// `[log]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// Which lines there are.
    pub level: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the settings file {path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Something in the file is not as it should be.
    #[error("{path}, line {line}: {reason}")]
    File {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A variable of the environment is not as it should be.
    #[error("{name} is {value:?}: {reason}")]
    Environment {
        /// Its name.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A variable that begins like ours and is none of them.
    #[error("{name} is not a setting: unset it, or correct it; the variables are {known}")]
    Variable {
        /// Its name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// The file in the data folder says where the data folder is.
    #[error("{0} lies in the data folder and cannot set `data`: name another file with --config")]
    DataInside(String),
}

impl Rule for ConfigError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config.unreadable",
            Self::File { .. } => "config.file",
            Self::Environment { .. } => "config.environment",
            Self::Variable { .. } => "config.variable",
            Self::DataInside(_) => "config.data_inside",
        }
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
    fn at(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { path, .. } | Self::DataInside(path) => path.clone(),
            Self::File { path, line, .. } => format!("{path}, line {line}"),
            Self::Environment { name, .. } => (*name).to_owned(),
            Self::Variable { name, .. } => name.clone(),
        })
    }
}

impl Config {
    /// Reads the text of a settings file.
    ///
    /// # Errors
    /// [`ConfigError::File`] naming line and key.
    pub fn parse(text: &str, path: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::File {
            path: path.to_owned(),
            line: error
                .span()
                .and_then(|span| text.get(..span.start))
                .map_or(1, |before| before.split('\n').count()),
            reason: error.message().to_owned(),
        })
    }
}

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of the data.
    pub data: PathBuf,
    /// PostgreSQL, if it is not a file.
    pub database: Option<String>,
    /// The workspace that the command is about.
    pub workspace: Option<String>,
    /// Zone of times without one, and of a new workspace.
    pub zone: Option<Zone>,
    /// The root key, if it is not in the data folder.
    pub secret_key: Option<String>,
    /// Everything else.
    pub config: Config,
}

impl Settings {
    /// Lays flags over environment over file; `variable` looks up the environment.
    ///
    /// # Errors
    /// [`ConfigError`] naming what cannot be used.
    pub fn resolve(
        flags: &Common,
        variable: impl Fn(&str) -> Option<String>,
    ) -> crate::output::Result<Self> {
        let mut config = match &flags.config {
            Some(path) => Config::parse(&read(path)?, &path.display().to_string())?,
            None => Config::default(),
        };
        let data = match (&flags.data, config.data.as_str()) {
            (Some(data), _) if !data.as_os_str().is_empty() => data.clone(),
            (_, "") => PathBuf::from(DATA),
            (_, data) => PathBuf::from(data),
        };
        let inside = data.join(FILE);
        if flags.config.is_none() && inside.exists() {
            config = Config::parse(&read(&inside)?, &inside.display().to_string())?;
            if !config.data.is_empty() {
                return Err(ConfigError::DataInside(inside.display().to_string()).into());
            }
        }
        lay_environment(&mut config, variable)?;
        let zone = flags_or(flags.zone.clone(), &config.workspace.zone);
        Ok(Self {
            database: flags_or(flags.database.clone(), &config.database.url),
            workspace: flags_or(flags.workspace.clone(), &config.workspace.slug),
            zone: zone.map(|name| Zone::from_name(&name)).transpose()?,
            secret_key: std::env::var("YUTANG_SECRET_KEY")
                .ok()
                .filter(|key| !key.is_empty()),
            data,
            config,
        })
    }
}

impl Settings {
    /// Where the database is a file: which. Flags may name one as well as the data folder.
    pub fn file(&self) -> Option<PathBuf> {
        match &self.database {
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => None,
            Some(url) => Some(PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(url))),
            None => Some(self.data.join("yutang.db")),
        }
    }
}

fn flags_or(flag: Option<String>, file: &str) -> Option<String> {
    flag.or_else(|| Some(file.to_owned()))
        .filter(|text| !text.is_empty())
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}

/// What the variables of the program begin with.
const PREFIX: &str = "YUTANG_";

/// Variables that no flag stands for.
const VARIABLES: [&str; 4] = [
    "YUTANG_BASE_URL",
    "YUTANG_LOG",
    "YUTANG_LOG_FORMAT",
    "YUTANG_SECRET_KEY",
];

/// Beginnings of variables that belong to tests, scripts and measurements of this project, which
/// hand their environment on to the programs they start.
const OF_OTHERS: [&str; 10] = [
    "YUTANG_BENCH_",
    "YUTANG_BIN",
    "YUTANG_CHROMIUM",
    "YUTANG_SERVER",
    "YUTANG_SHOW",
    "YUTANG_SNAPSHOTS",
    "YUTANG_SOAK",
    "YUTANG_TEST",
    "YUTANG_WRITE_SCHEMA",
    // Kubernetes tells every container about a service called `yutang` in this way.
    "YUTANG_SERVICE_",
];

/// Refuses a variable that begins like ours and is none: a misspelt one as a misspelt key.
///
/// # Errors
/// [`ConfigError::Variable`] naming it.
pub fn check_environment(
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let mut known: Vec<String> = VARIABLES.map(str::to_owned).to_vec();
    flags_in_environment(&crate::cli::Cli::command(), &mut known);
    known.sort_unstable();
    known.dedup();
    for (name, value) in variables {
        let ours = name.starts_with(PREFIX) && !known.contains(&name);
        // The other half of what Kubernetes tells, for example YUTANG_PORT=tcp://10.0.0.1:8420.
        let port =
            name.starts_with("YUTANG_PORT") && (name.contains("_TCP") || value.contains("://"));
        if ours && !port && !OF_OTHERS.iter().any(|other| name.starts_with(other)) {
            return Err(ConfigError::Variable {
                name,
                known: known.join(", "),
            });
        }
    }
    Ok(())
}

/// The variables that flags of a command and of those below it can be given by.
fn flags_in_environment(command: &clap::Command, names: &mut Vec<String>) {
    for argument in command.get_arguments() {
        if let Some(name) = argument.get_env() {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    for below in command.get_subcommands() {
        flags_in_environment(below, names);
    }
}

/// What the environment says and no flag stands for.
fn lay_environment(
    config: &mut Config,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    let given = |name| variable(name).filter(|value: &String| !value.is_empty());
    if let Some(value) = given("YUTANG_BASE_URL") {
        config.server.base_url = value;
    }
    if let Some(value) = given("YUTANG_LOG") {
        config.log.level = value;
    }
    if let Some(value) = given("YUTANG_LOG_FORMAT") {
        config.log.format = match value.as_str() {
            "human" => LogFormat::Human,
            "json" => LogFormat::Json,
            _ => {
                return Err(ConfigError::Environment {
                    name: "YUTANG_LOG_FORMAT",
                    value,
                    reason: "expected human or json".to_owned(),
                });
            }
        };
    }
    Ok(())
}

/// The reference page, made of the documented file.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Settings\n\n\
         Generated by `cargo xtask gen` from the documented file (`yutang config --default` prints it). A flag\n\
         goes before the environment, the environment before the file, the file before the default. The file is\n\
         `yutang.toml` in the data folder, or the one named by `--config`; an unknown key is refused with its\n\
         line, an unknown variable that begins with `YUTANG_` with its name. The root key comes from `secret.key` in the data folder or from `YUTANG_SECRET_KEY` (64\n\
         hexadecimal digits), never from the file.\n\n\
         | key | default | environment | meaning |\n|---|---|---|---|\n",
    );
    let mut section = String::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in DOCUMENTED.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push(text);
        } else if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = format!("{name}.");
        } else if let Some((key, value)) = line.split_once(" = ") {
            let (variables, words): (Vec<&str>, Vec<&str>) = comment
                .drain(..)
                .partition(|text| text.starts_with("env: "));
            let variable = variables
                .first()
                .map_or(String::new(), |text| format!("`{}`", &text[5..]));
            writeln!(
                page,
                "| `{section}{key}` | `{value}` | {variable} | {} |",
                words.join(" ")
            )
            .expect("a text grows");
        } else {
            comment.clear();
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_file_shows_every_key_with_its_default() {
        assert_eq!(
            Config::parse(DOCUMENTED, "yutang.toml").unwrap(),
            Config::default()
        );
        let all = toml::Table::try_from(Config::default()).unwrap();
        let shown: toml::Table = DOCUMENTED.parse().unwrap();
        assert_eq!(all, shown);
        let page = markdown();
        for (section, value) in &all {
            match value.as_table() {
                Some(keys) => {
                    for key in keys.keys() {
                        assert!(
                            page.contains(&format!("| `{section}.{key}` |")),
                            "{section}.{key}"
                        );
                    }
                }
                None => assert!(page.contains(&format!("| `{section}` |")), "{section}"),
            }
        }
    }

    #[test]
    fn an_unknown_variable_is_refused_and_those_of_others_are_not() {
        let check = |name: &str, value: &str| {
            check_environment([
                ("HOME".to_owned(), "/".to_owned()),
                (name.to_owned(), value.to_owned()),
            ])
        };
        for name in VARIABLES.into_iter().chain(OF_OTHERS) {
            assert_eq!(check(name, "1"), Ok(()), "{name}");
        }
        for name in [
            "YUTANG_DATA",
            "YUTANG_LISTEN",
            "YUTANG_TEST_POSTGRES",
            "YUTANG_TESTDATA",
        ] {
            assert_eq!(check(name, "1"), Ok(()), "{name}");
        }
        assert_eq!(check("YUTANG_PORT", "tcp://10.0.0.1:8420"), Ok(()));
        assert_eq!(check("YUTANG_PORT_8420_TCP_ADDR", "10.0.0.1"), Ok(()));
        for name in ["YUTANG_BOGUS", "YUTANG_PORT", "YUTANG_LISTENS", "YUTANG_"] {
            let refused = check(name, "1").unwrap_err();
            assert_eq!(refused.at().as_deref(), Some(name));
            assert!(refused.to_string().contains("YUTANG_LISTEN, "), "{refused}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error =
            Config::parse("[server]\nlisten = \"x\"\nlisen = \"y\"\n", "a.toml").unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("a.toml, line 3: ") && text.contains("lisen"),
            "{text}"
        );
    }
}
