//! The doctor: whether the installation is what it should be.
//!
//! It looks and never touches. Each check says what it saw in words an operator can act on; a
//! count that differs from its rows is repaired by `yutang rebuild`.

use std::os::unix::fs::PermissionsExt as _;

use serde::Serialize;
use yutang_domain::id::WorkspaceId;
use yutang_store::{archive, counter, migrate, workspace};

use crate::{App, Result, key::FILE, macros::in_tx};

/// How many differences of a count are listed.
const LISTED: usize = 20;
/// Below so much free space a warning is due, in bytes.
const LOW_SPACE: u64 = 1 << 30;

/// What a check saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// As it should be.
    Right,
    /// Worth knowing.
    Warning,
    /// Not as it should be.
    Wrong,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// What was seen.
    pub finding: Finding,
    /// In words, with the remedy.
    pub detail: String,
    /// Where a count and its rows differ, the first [`LISTED`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Place>,
}

/// A place where a count and its rows differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Of which organisation.
    pub workspace: WorkspaceId,
    /// Id of the group, member or order, as a number.
    pub subject: i64,
    /// The civil day's number, for day counts; else 0.
    pub day: i64,
    /// What the count says.
    pub stored: i64,
    /// What the rows say.
    pub found: i64,
}

/// Everything the doctor saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// Check by check.
    pub checks: Vec<Check>,
}

impl Examination {
    /// The worst finding.
    pub fn worst(&self) -> Finding {
        self.checks
            .iter()
            .map(|check| check.finding)
            .max()
            .unwrap_or(Finding::Right)
    }
}

fn check(name: &str, finding: Finding, detail: impl Into<String>) -> Check {
    Check {
        name: name.to_owned(),
        finding,
        detail: detail.into(),
        differences: Vec::new(),
    }
}

impl App {
    /// Looks at everything.
    ///
    /// # Errors
    /// The database refused to be looked at.
    pub async fn examine(&self) -> Result<Examination> {
        let mut checks = vec![self.folder(), self.space(), self.key_file()];
        checks.push(self.schema().await?);
        checks.push(self.file().await?);
        checks.push(self.waiting().await?);
        let workspaces = in_tx!(self, Read, tx => Ok(workspace::list(tx).await?))?;
        for counter in counter::all() {
            let mut differences = Vec::new();
            for row in &workspaces {
                let found = in_tx!(self, Read, tx => {
                    Ok(counter.differences(tx, row.id, LISTED + 1).await?)
                })?;
                differences.extend(found.into_iter().map(|d| Place {
                    workspace: row.id,
                    subject: d.subject,
                    day: d.day,
                    stored: d.stored,
                    found: d.found,
                }));
            }
            checks.push(if differences.is_empty() {
                check(counter.name, Finding::Right, "agrees with its rows")
            } else {
                let more = if differences.len() > LISTED {
                    "more than "
                } else {
                    ""
                };
                let count = differences.len().min(LISTED);
                differences.truncate(LISTED);
                let detail =
                    format!("differs from its rows in {more}{count} places: run `yutang rebuild`");
                Check {
                    differences,
                    ..check(counter.name, Finding::Wrong, detail)
                }
            });
        }
        Ok(Examination { checks })
    }

    fn folder(&self) -> Check {
        let probe = self
            .data()
            .join(format!(".probe-{}", crate::key::random_text(8)));
        let tried = std::fs::write(&probe, b"yutang").and_then(|()| std::fs::remove_file(&probe));
        match tried {
            Ok(()) => check(
                "data folder",
                Finding::Right,
                self.data().display().to_string(),
            ),
            Err(error) => check(
                "data folder",
                Finding::Wrong,
                format!("{} cannot be written to: {error}", self.data().display()),
            ),
        }
    }

    fn space(&self) -> Check {
        match rustix::fs::statvfs(self.data()) {
            Ok(stat) => {
                let free = stat.f_bavail.saturating_mul(stat.f_frsize);
                let detail = format!("{} MB free", free >> 20);
                if free < LOW_SPACE {
                    check(
                        "disk space",
                        Finding::Warning,
                        format!("{detail}: less than 1 GB"),
                    )
                } else {
                    check("disk space", Finding::Right, detail)
                }
            }
            Err(error) => check("disk space", Finding::Warning, error.to_string()),
        }
    }

    fn key_file(&self) -> Check {
        let path = self.data().join(FILE);
        match std::fs::metadata(&path) {
            Ok(metadata) => {
                let mode = metadata.permissions().mode() & 0o777;
                let for_others = mode % 0o100;
                if for_others == 0 {
                    check(
                        "key",
                        Finding::Right,
                        format!("fingerprint {}", self.keys().fingerprint()),
                    )
                } else {
                    let detail = format!(
                        "{} can be read by others (mode {mode:o}): chmod 600 it",
                        path.display()
                    );
                    check("key", Finding::Wrong, detail)
                }
            }
            Err(_) => check("key", Finding::Right, "from YUTANG_SECRET_KEY"),
        }
    }

    async fn schema(&self) -> Result<Check> {
        Ok(match migrate::pending(self.store()).await? {
            migrate::Pending::None => check(
                "schema",
                Finding::Right,
                format!("version {}", migrate::known_version()),
            ),
            other => check(
                "schema",
                Finding::Wrong,
                format!("{other:?}: run `yutang migrate`"),
            ),
        })
    }

    async fn file(&self) -> Result<Check> {
        let complaints = archive::integrity(self.store()).await?;
        Ok(if complaints.is_empty() {
            check("database file", Finding::Right, "sound")
        } else {
            let detail = format!("{}: restore a backup", complaints.join("; "));
            check("database file", Finding::Wrong, detail)
        })
    }

    async fn waiting(&self) -> Result<Check> {
        let backlog = self.backlog().await?;
        let of = |states: &std::collections::BTreeMap<String, i64>, state: &str| {
            states.get(state).copied().unwrap_or(0)
        };
        let dead = of(&backlog.jobs, "dead");
        let failed = of(&backlog.outbox, "failed") + of(&backlog.outbox, "unknown");
        let detail = format!(
            "{} jobs and {} sends wait, {dead} jobs were given up, {failed} sends failed or are unknown",
            of(&backlog.jobs, "queued") + of(&backlog.jobs, "running"),
            of(&backlog.outbox, "pending") + of(&backlog.outbox, "sending"),
        );
        Ok(if backlog.paused {
            let detail = format!("{detail}; all stand still since a restore: run `yutang resume`");
            check("queue", Finding::Warning, detail)
        } else if dead + failed > 0 {
            check("queue", Finding::Warning, detail)
        } else {
            check("queue", Finding::Right, detail)
        })
    }
}
