//! Counting anew what is counted twice.

use serde::Serialize;
use yutang_domain::id::WorkspaceId;
use yutang_store::{counter, workspace};

use crate::{App, Result, macros::in_tx};

/// How many places one transaction repairs.
const SLICE: usize = 200;

/// A count that was repaired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Table and column.
    pub name: &'static str,
    /// In how many places.
    pub repaired: usize,
}

impl App {
    /// Brings every count of every organisation back in line with its rows; names those that were
    /// off.
    ///
    /// # Errors
    /// The database refused; what was repaired stays so.
    pub async fn rebuild(&self) -> Result<Vec<Rebuilt>> {
        let workspaces = in_tx!(self, Read, tx => Ok(workspace::list(tx).await?))?;
        let mut all: Vec<Rebuilt> = Vec::new();
        for row in workspaces {
            for rebuilt in self.rebuild_workspace(row.id).await? {
                match all.iter_mut().find(|known| known.name == rebuilt.name) {
                    Some(known) => known.repaired += rebuilt.repaired,
                    None => all.push(rebuilt),
                }
            }
        }
        Ok(all)
    }

    /// Brings every count of one organisation back in line with its rows.
    ///
    /// # Errors
    /// The database refused; what was repaired stays so.
    pub async fn rebuild_workspace(&self, workspace: WorkspaceId) -> Result<Vec<Rebuilt>> {
        let mut all = Vec::new();
        for counter in counter::all() {
            let mut repaired = 0;
            let mut before: Option<Vec<(i64, i64, i64)>> = None;
            loop {
                let places = in_tx!(self, Write, tx => {
                    let places = counter.differences(tx, workspace, SLICE).await?;
                    counter.repair(tx, workspace, &places).await?;
                    Ok(places)
                })?;
                let keys: Vec<_> = places.iter().map(|p| (p.subject, p.day, p.who)).collect();
                // What does not change by being repaired is left for `doctor` to show.
                if keys.is_empty() || before.as_ref() == Some(&keys) {
                    break;
                }
                repaired += keys.len();
                before = Some(keys);
            }
            if repaired > 0 {
                all.push(Rebuilt {
                    name: counter.name,
                    repaired,
                });
            }
        }
        Ok(all)
    }
}
