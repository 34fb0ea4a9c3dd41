//! Broadcasts as a file says them: branches and groups by name, the time by the organisation's clock.

use serde::Deserialize;
use yutang_domain::{
    broadcast::{Attachment, BroadcastError, Draft, Mode, Reach},
    group::{Audience, Scene, Stage},
    time::Timestamp,
};
use yutang_store::branch;

use crate::{App, Caller, Result, macros::in_tx};

/// A broadcast as a file says it; docs/reference/broadcast.md explains each line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BroadcastFile {
    /// What it is called among staff.
    pub name: String,
    /// The words.
    pub text: String,
    /// How it reaches its groups.
    pub mode: Mode,
    /// Whether it sells something.
    #[serde(default)]
    pub selling: bool,
    /// When, by the organisation's clock: `2026-12-05T20:00`; left out = now.
    #[serde(default)]
    pub at: Option<String>,
    /// Messages a minute through one account.
    #[serde(default = "usual_rate")]
    pub per_minute: i64,
    /// On what grounds claims stand in it.
    #[serde(default)]
    pub grounds: String,
    /// Which groups.
    #[serde(default)]
    pub reach: ReachFile,
    /// What goes with the words.
    #[serde(default)]
    pub attachment: Vec<Attachment>,
}

const fn usual_rate() -> i64 {
    20
}

/// Which groups, by name; lists that are left out leave all in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReachFile {
    /// In these branches, or below them.
    pub branches: Vec<String>,
    /// Of these uses.
    pub scenes: Vec<Scene>,
    /// Of these kinds.
    pub audiences: Vec<Audience>,
    /// At these stages of life.
    pub stages: Vec<Stage>,
    /// Only these.
    pub groups: Vec<String>,
    /// Not these.
    pub without: Vec<String>,
}

impl App {
    /// The draft that a file says.
    ///
    /// # Errors
    /// A branch or group that is not there, by its place in the file; [`BroadcastError::When`].
    pub async fn draft_of_file(&self, caller: &Caller, file: BroadcastFile) -> Result<Draft> {
        let at = match &file.at {
            None => None,
            Some(text) => Some(moment(text, caller).ok_or(BroadcastError::When)?),
        };
        let reach = in_tx!(self, Read, tx => {
            let known = branch::list(tx, caller.workspace, &caller.branch_prefix()).await?;
            let mut branches = Vec::new();
            for name in &file.reach.branches {
                let found = known.iter().find(|row| row.name == *name);
                branches.push(found.ok_or_else(|| BroadcastError::Unknown(name.clone()))?.id);
            }
            let mut named = [Vec::new(), Vec::new()];
            for (list, names) in named.iter_mut().zip([&file.reach.groups, &file.reach.without]) {
                for name in names {
                    let found = self.group_called(tx, caller, name).await?;
                    list.push(found.ok_or_else(|| BroadcastError::Unknown(name.clone()))?.id);
                }
            }
            let [groups, without] = named;
            Ok(Reach {
                branches,
                scenes: file.reach.scenes.clone(),
                audiences: file.reach.audiences.clone(),
                stages: file.reach.stages.clone(),
                groups,
                without,
            })
        })?;
        Ok(Draft {
            name: file.name,
            reach,
            text: file.text,
            attachments: file.attachment,
            mode: file.mode,
            selling: file.selling,
            at,
            per_minute: file.per_minute,
            grounds: file.grounds,
        })
    }
}

/// A time by the organisation's clock.
fn moment(text: &str, caller: &Caller) -> Option<Timestamp> {
    let civil = text.parse().ok()?;
    Some(caller.zone.instant(civil))
}
