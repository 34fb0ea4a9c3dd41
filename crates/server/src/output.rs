//! What a command says and how the program ends.

use std::{io::Write as _, process::ExitCode};

use serde_json::{Value as Json, json};
use yutang_app::AppError;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; single lines may have been left out.
    Done = 0,
    /// Failed, and nothing was stored.
    Failed = 1,
    /// Asked for in a way that cannot be understood.
    Usage = 2,
    /// Interrupted; the same command goes on.
    Interrupted = 3,
    /// Done, and a check found differences.
    Differences = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What a command found out or did.
#[derive(Clone, Debug)]
pub struct Answer {
    /// For programs: the one document.
    pub json: Json,
    /// For people; nothing is printed if it is empty.
    pub text: String,
    /// How the program ends.
    pub exit: Exit,
}

impl Answer {
    /// Done, with this.
    pub fn new(json: Json, text: impl Into<Text>) -> Self {
        Self {
            json,
            text: text.into().0,
            exit: Exit::Done,
        }
    }

    /// Done, and everything has been said.
    pub fn said() -> Self {
        Self {
            json: Json::Null,
            text: String::new(),
            exit: Exit::Done,
        }
    }
}

/// Words for people: a line, or several.
#[derive(Clone, Debug, Default)]
pub struct Text(String);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Vec<String>> for Text {
    fn from(lines: Vec<String>) -> Self {
        Self(lines.join("\n"))
    }
}

/// Why a command did not do what it was asked.
#[derive(Clone, Debug)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// Stable code.
    pub code: String,
    /// What is wrong and what helps.
    pub detail: String,
    /// The file, line, field or argument at fault.
    pub at: Option<String>,
}

/// Codes of refusals that are about how the command was written.
const USAGE: &[&str] = &[
    "group.ambiguous",
    "branch.ambiguous",
    "member.ambiguous",
    "workspace.several",
    "workspace.unknown",
    "import.mapping",
    "word.unknown",
    "time.zone",
    "time.day",
    "time.period",
    "money.currency",
];

impl Failure {
    /// Failed, and nothing was stored.
    pub fn failed(code: &str, detail: impl Into<String>) -> Self {
        Self {
            exit: Exit::Failed,
            code: code.to_owned(),
            detail: detail.into(),
            at: None,
        }
    }

    /// Asked for in a way that cannot be understood.
    pub fn usage(at: &str, detail: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            code: "usage".to_owned(),
            detail: detail.into(),
            at: Some(at.to_owned()),
        }
    }

    /// At this place.
    #[must_use]
    pub fn at(mut self, at: impl Into<String>) -> Self {
        self.at = Some(at.into());
        self
    }

    /// In this file: the place inside of it, if one is known, stands behind its name.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        self.at = Some(match self.at {
            Some(place) => format!("{file}, {place}"),
            None => file.to_owned(),
        });
        self
    }

    fn document(&self) -> Json {
        json!({ "error": { "code": self.code, "detail": self.detail, "at": self.at } })
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let code = error.code();
        let exit = match code {
            "import.interrupted" => Exit::Interrupted,
            _ if USAGE.contains(&code) => Exit::Usage,
            _ => Exit::Failed,
        };
        Self {
            exit,
            code: code.to_owned(),
            detail: error.to_string(),
            at: error.at(),
        }
    }
}

macro_rules! refusals {
    ($($rule:ty),+ $(,)?) => {$(
        impl From<$rule> for Failure {
            fn from(rule: $rule) -> Self {
                AppError::from(rule).into()
            }
        }
    )+};
}

refusals! {
    crate::config::ConfigError,
    crate::lock::LockError,
    yutang_app::workspace::WorkspaceError,
    yutang_domain::time::TimeError,
    yutang_import::ImportError,
}

/// Result of a command.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Where a command's words go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// One JSON document on stdout rather than text.
    pub json: bool,
}

impl Output {
    /// Prints an answer.
    pub fn answered(self, answer: &Answer) -> ExitCode {
        if !self.json {
            if !answer.text.is_empty() {
                say(&answer.text);
            }
        } else if !answer.json.is_null() {
            say(&answer.json.to_string());
        }
        answer.exit.into()
    }

    /// Prints a failure: to stderr, with `--json` as a document to stdout.
    pub fn failed(self, failure: &Failure) -> ExitCode {
        if self.json {
            say(&failure.document().to_string());
        } else {
            let place = match &failure.at {
                Some(at) if !failure.detail.contains(at.as_str()) => format!("{at}: "),
                _ => String::new(),
            };
            // Nobody listens to stderr any more: the exit code still tells.
            let _ = writeln!(
                std::io::stderr(),
                "yutang: {place}{} [{}]",
                failure.detail,
                failure.code
            );
        }
        failure.exit.into()
    }
}

/// Prints a line to stdout; a reader that has gone is no failure.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", line.trim_end_matches('\n'));
    let _ = out.flush();
}
