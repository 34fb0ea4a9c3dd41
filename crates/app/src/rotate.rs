//! A new root key.
//!
//! Everything sealed with the old key is sealed again with the new one in one transaction, which
//! also changes the fingerprint. The new key lies beside the old one before that transaction and
//! takes its place after it; a program that was stopped in between finds the new key by its
//! fingerprint and finishes the change. Look-up hashes and the suppression list hang on a key of
//! their own, which is sealed again but stays the same, so nobody becomes unknown. Signed links
//! that are under way end. Backups made before need the old key, which is kept as
//! `secret.key.old-` and the beginning of its fingerprint for as long as they are; whoever brings
//! one of them back gets its key back from there.

use std::path::{Path, PathBuf};

use serde::Serialize;
use yutang_domain::error::{Class, Rule};
use yutang_store::{installation, lease, secret};

use crate::{
    App, AppError, Result,
    key::{self, FILE, FINGERPRINT, LOOKUP},
    macros::in_tx,
};

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// Sealed values that were sealed again.
    pub values: usize,
    /// Fingerprint of the key before.
    pub was: String,
    /// Fingerprint of the key now.
    pub now: String,
    /// Where the old key is kept; `None` if the key comes from the environment.
    pub old_key: Option<PathBuf>,
}

/// Why the key is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotateError {
    /// Other processes would go on with the old key.
    #[error("{0} other processes use this database: stop them first")]
    InUse(usize),
    /// The key comes from the environment, where only the operator can change it.
    #[error(
        "the key comes from YUTANG_SECRET_KEY: give the new one as well, and set the variable to it afterwards"
    )]
    Environment,
}

impl Rule for RotateError {
    fn code(&self) -> &'static str {
        match self {
            Self::InUse(_) => "rotate.in_use",
            Self::Environment => "rotate.environment",
        }
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
}

impl App {
    /// Gives the installation a new root key: `new`, 64 hexadecimal digits, or a random one. This
    /// process must not go on afterwards: its keys are the old ones.
    ///
    /// # Errors
    /// [`RotateError`]; a value cannot be opened; a file cannot be written. Nothing has changed.
    pub async fn rotate_secret(&self, new: Option<&str>) -> Result<Rotated> {
        let path = self.data().join(FILE);
        let from_file = path.exists();
        let root = match new {
            Some(text) => key::parse(text, "the new key")?,
            None if from_file => key::random_root()?,
            None => return Err(RotateError::Environment.into()),
        };
        self.alone().await?;
        let fresh = beside(&path, "new");
        if from_file {
            remove_if_there(&fresh)?;
            key::write_new(&fresh, &root)?;
        }
        let keys = self.keys().under(root);
        let (was, now) = (self.keys().fingerprint(), keys.fingerprint());
        let values = in_tx!(self, Write, tx => {
            let sealed = secret::list(tx).await?;
            for value in &sealed {
                let plain = self.keys().unseal(&value.sealed)?;
                secret::update(tx, value, &keys.seal(&plain)).await?;
            }
            installation::set(tx, LOOKUP, &keys.sealed_lookup()).await?;
            installation::set(tx, FINGERPRINT, &now).await?;
            Ok(sealed.len())
        })?;
        let old_key = if from_file {
            take_over(&path, &fresh)?
        } else {
            None
        };
        Ok(Rotated {
            values,
            was,
            now,
            old_key,
        })
    }

    async fn alone(&self) -> Result<()> {
        let now = self.now();
        let nodes = in_tx!(self, Read, tx => Ok(lease::list(tx, "node:").await?))?;
        let others = nodes
            .iter()
            .filter(|node| node.expires_at >= now && node.holder != self.ids().holder())
            .count();
        if others > 0 {
            Err(RotateError::InUse(others).into())
        } else {
            Ok(())
        }
    }
}

/// Sees that the key in use is the one that the database expects, where that one lies beside it:
/// the new one of a rotation that was cut short after its transaction, or an old one that a backup
/// was made under. Says which file was put in its place.
pub(crate) fn settle(path: &Path, expected: &str) -> Result<Option<PathBuf>> {
    if is_key(path, expected) {
        return Ok(None);
    }
    let Some(fitting) = kept(path).into_iter().find(|file| is_key(file, expected)) else {
        return Ok(None);
    };
    take_over(path, &fitting)?;
    Ok(Some(fitting))
}

/// Whether a file holds the key with this fingerprint.
pub(crate) fn is_key(file: &Path, fingerprint: &str) -> bool {
    fingerprint_in(file).is_some_and(|found| found == fingerprint)
}

fn fingerprint_in(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let root = key::parse(&text, FILE).ok()?;
    Some(key::fingerprint_of(&root))
}

/// The keys that lie beside the one in use.
fn kept(path: &Path) -> Vec<PathBuf> {
    let Some(entries) = path.parent().and_then(|folder| folder.read_dir().ok()) else {
        return Vec::new();
    };
    let prefix = format!("{FILE}.");
    let mut found: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// Another key takes the place of the one in use, which is kept as an old one; says where.
fn take_over(path: &Path, fresh: &Path) -> Result<Option<PathBuf>> {
    let mut kept = None;
    if path.exists() {
        let name = fingerprint_in(path).unwrap_or_else(|| "unreadable".to_owned());
        let old = beside(path, &format!("old-{}", name.get(..8).unwrap_or(&name)));
        std::fs::rename(path, &old).map_err(|e| AppError::io("keep the old key as", &old, &e))?;
        kept = Some(old);
    }
    std::fs::rename(fresh, path).map_err(|e| AppError::io("put the new key at", path, &e))?;
    if let Some(folder) = path
        .parent()
        .and_then(|folder| std::fs::File::open(folder).ok())
    {
        folder
            .sync_all()
            .map_err(|e| AppError::io("write the folder of", path, &e))?;
    }
    Ok(kept)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    path.with_file_name(format!("{FILE}.{suffix}"))
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(AppError::io("remove", path, &error))
        }
        _ => Ok(()),
    }
}
