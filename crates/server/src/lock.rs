//! One serving process per database file.
//!
//! Two would each believe they are alone: both would run the live loop and answer from their own
//! caches. The lock is the operating system's, so it ends with the process however that ends; the
//! file holds the process number for the message.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
};

use yutang_domain::error::{Class, Rule};

/// Somebody serves already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// This process does.
    #[error(
        "{folder} is served already, by process {pid}: stop that one, or name another folder with --data"
    )]
    Held {
        /// The data folder.
        folder: String,
        /// Its number.
        pid: String,
    },
    /// The lock file cannot be used.
    #[error("the lock file {path} cannot be used: {reason}")]
    Unusable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
}

impl Rule for LockError {
    fn code(&self) -> &'static str {
        match self {
            Self::Held { .. } => "serve.locked",
            Self::Unusable { .. } => "serve.lock_file",
        }
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
}

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a data folder.
    ///
    /// # Errors
    /// [`LockError::Held`] naming the process that has it.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join("serve.lock");
        let unusable = |error: std::io::Error| LockError::Unusable {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Without its number the message still says what is the matter.
                let _ = file.read_to_string(&mut pid);
                let pid = pid.trim().to_owned();
                return Err(LockError::Held {
                    folder: folder.display().to_string(),
                    pid,
                });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        file.set_len(0).map_err(unusable)?;
        file.rewind().map_err(unusable)?;
        writeln!(file, "{}", std::process::id()).map_err(unusable)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let error = Lock::take(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains(&format!("process {}", std::process::id())),
            "{error}"
        );
        drop(first);
        Lock::take(folder.path()).unwrap();
    }
}
