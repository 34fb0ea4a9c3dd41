//! One serving process per database file.
//!
//! Two would each believe they are alone: both would run the live loop and answer from their own
//! caches. The lock is the operating system's, so it ends with the process however that ends; the
//! file holds the process number for the message.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
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
    fn at(&self) -> Option<String> {
        Some(match self {
            Self::Held { folder, .. } => folder.clone(),
            Self::Unusable { path, .. } => path.clone(),
        })
    }
}

/// Held until it is dropped, which removes its file.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
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
            reason: if yutang_app::error::is_full(&error) {
                format!("{error}: free some space on this disk and try again")
            } else {
                error.to_string()
            },
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        loop {
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
            // Whoever held it may have removed the file since it was opened here: the lock of a
            // file that has no name any more keeps nobody out.
            if !is_at(&file, &path) {
                continue;
            }
            let lock = Self {
                file,
                path: path.clone(),
            };
            lock.sign().map_err(unusable)?;
            return Ok(lock);
        }
    }

    /// Writes the process number into the file.
    fn sign(&self) -> std::io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before the lock ends with the file: from here on the next one makes a file of its own.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether this open file is the one with this name.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_that_take_and_leave_it_only_one_holds_it() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let folder = tempfile::tempdir().unwrap();
        let (inside, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while taken.load(Ordering::SeqCst) < 400 {
                        let Ok(lock) = Lock::take(folder.path()) else {
                            continue;
                        };
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        taken.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
    }

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
        assert!(!folder.path().join("serve.lock").exists());
        Lock::take(folder.path()).unwrap();
    }
}
