//! The ledger of erasures: who was erased, kept beside the database.
//!
//! A backup still holds people who were erased after it was made. When it is restored they have to
//! be erased again, and the backup itself cannot know. So `DATA/erased.json` keeps the ids (nothing
//! else) of everybody erased, brought up to date every minute, with every backup, and from the
//! former database where that is still there. Where neither the data folder nor the former
//! database survived, nobody can know: the result of a restore says so.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use yutang_domain::{
    id::{MemberId, WorkspaceId},
    time::Timestamp,
};
use yutang_store::{Mode, Store, event};

use crate::{App, AppError, Result};

/// One person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// In which organisation.
    pub workspace: WorkspaceId,
    /// Who.
    pub member: MemberId,
    /// When.
    pub at: Timestamp,
}

/// The file's content.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// Up to which position of the log the list is complete.
    pub position: i64,
    /// Everybody erased.
    pub erased: Vec<Erased>,
}

impl Ledger {
    pub(crate) fn read(data: &Path) -> Result<Self> {
        let path = path_in(data);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|e| AppError::io("read", &path, &std::io::Error::other(e))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(AppError::io("read", &path, &e)),
        }
    }

    pub(crate) fn write(&self, data: &Path) -> Result<()> {
        let path = path_in(data);
        let partial = path.with_extension("partial");
        let write = || {
            let mut file = fs::File::create(&partial)?;
            file.write_all(serde_json::to_string(self)?.as_bytes())?;
            file.sync_all()?;
            fs::rename(&partial, &path)
        };
        write().map_err(|e| AppError::io("write", &path, &e))
    }

    /// Adds everybody erased since [`Ledger::position`]; says how many.
    pub(crate) async fn catch_up(&mut self, store: &Store) -> Result<u64> {
        let mut added = 0;
        let mut tx = store.begin(Mode::Read).await?;
        let last = event::last_position(&mut tx).await?;
        for fact in event::erasures_after(&mut tx, self.position).await? {
            let Some(member) = fact.member_id else {
                continue;
            };
            let erased = Erased {
                workspace: fact.workspace_id,
                member,
                at: fact.at,
            };
            if !self
                .erased
                .iter()
                .any(|e| e.member == member && e.workspace == erased.workspace)
            {
                self.erased.push(erased);
                added += 1;
            }
        }
        tx.commit().await?;
        self.position = last;
        Ok(added)
    }
}

fn path_in(data: &Path) -> PathBuf {
    data.join("erased.json")
}

impl App {
    /// Brings the ledger of erasures up to date; says how many were added.
    ///
    /// # Errors
    /// The database refused, or the data folder is not writable.
    pub async fn note_erasures(&self) -> Result<u64> {
        let mut ledger = Ledger::read(self.data())?;
        let was = ledger.position;
        let added = ledger.catch_up(self.store()).await?;
        if ledger.position != was || added > 0 {
            ledger.write(self.data())?;
        }
        Ok(added)
    }

    /// Everybody in the ledger who is not erased in this database: to be erased again after a
    /// restore.
    ///
    /// # Errors
    /// The database refused, or the ledger cannot be read.
    pub async fn erasures_due(&self) -> Result<Vec<Erased>> {
        let ledger = Ledger::read(self.data())?;
        let mut due = Vec::new();
        let mut tx = self.store().begin(Mode::Read).await?;
        for erased in ledger.erased {
            let found = yutang_store::member::get(&mut tx, erased.workspace, erased.member).await;
            match found {
                Ok(row) if row.erased_at.is_none() => due.push(erased),
                Ok(_) | Err(yutang_store::StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        tx.commit().await?;
        Ok(due)
    }
}
