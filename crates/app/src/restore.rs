//! Bringing a backup back, into an empty database only.
//!
//! What is restored is the past: messages that were sent since are not in it, and sending them
//! again would be wrong. So jobs and outbox stand still until `yutang resume`, and whoever was
//! erased since is erased again.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use serde::Serialize;
use yutang_domain::{
    error::{Class, Rule},
    time::Timestamp,
};
use yutang_store::{Mode, Store, StoreError, Tx, archive, installation, lease, migrate};

use crate::{
    AppError, Options, Result,
    backup::{ARCHIVE, FORM, Header, Mark, remove_database, sha256_of, sum_of},
    db_copy,
    erasure::Ledger,
    key::{self, FILE, FINGERPRINT},
    queue::PAUSED,
    rotate,
};

/// How many rows are written at a time.
const SLICE: usize = 500;

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The backup.
    pub from: PathBuf,
    /// Rows brought back, by table; empty for a copy of the database file.
    pub tables: Vec<(String, u64)>,
    /// Whether a SHA-256 lay beside the backup and was right; `None` if there was none.
    pub verified: Option<bool>,
    /// Persons in the ledger of erasures: they are erased again before the program is used.
    pub erased_known: usize,
    /// The key that the backup needs.
    pub key: KeyState,
}

/// Whether the key is there that a backup was made under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// The key in use is the one.
    Right,
    /// It lay in this file, from before a rotation, and is in use again.
    PutBack(PathBuf),
    /// It is not here: the key with this fingerprint has to be put in place as `secret.key`.
    Missing(String),
}

/// Why a backup is not brought back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// There is something in the database.
    #[error("{0} is not empty: restore into a new data folder or an empty database")]
    NotEmpty(String),
    /// It is no backup.
    #[error("{0} is no backup: expected a file that `yutang backup` made")]
    NotABackup(String),
    /// It was cut short or changed.
    #[error("{path}, line {line}: {reason}; the backup is damaged, nothing was restored")]
    Damaged {
        /// The file.
        path: String,
        /// The line, from 1; 0 = the file as a whole.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl Rule for RestoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotEmpty(_) => "restore.not_empty",
            Self::NotABackup(_) => "restore.not_a_backup",
            Self::Damaged { .. } => "restore.damaged",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::NotEmpty(_) => Class::Conflict,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::Damaged { line, .. } if *line > 0 => Some(format!("line {line}")),
            _ => None,
        }
    }
}

/// Brings `backup` back into the empty database of `into`; `former` is the URL of the database
/// that it takes the place of, where that is still there: who was erased there is erased here.
///
/// # Errors
/// [`RestoreError`]; the backup is of a newer schema; the disk is full. Nothing was restored.
pub async fn restore(backup: &Path, into: &Options, former: Option<&str>) -> Result<Restored> {
    let now = into.clock.now();
    let verified = verify(backup)?;
    let is_file = is_database(backup)?;
    fs::create_dir_all(&into.data)
        .map_err(|e| AppError::io("create the data folder", &into.data, &e))?;
    let url = into
        .database
        .clone()
        .unwrap_or_else(|| into.data.join("yutang.db").display().to_string());
    let mut ledger = Ledger::read(&into.data)?;
    if let Some(former) = former {
        let store = Store::open(former).await?;
        ledger.position = 0;
        ledger.catch_up(&store).await?;
        store.close().await;
    }
    let target = Store::open(&url).await?;
    empty(&target, &url).await?;
    let tables = match target.path().map(Path::to_path_buf) {
        Some(path) if is_file => {
            target.close().await;
            put_file(backup, &path, now).await?;
            Vec::new()
        }
        _ => {
            let done = if is_file {
                from_file(backup, &target, now).await
            } else {
                from_archive(backup, &target, now).await
            };
            target.close().await;
            done?
        }
    };
    // Positions begin anew with the restored log; the list stays.
    ledger.position = 0;
    ledger.write(&into.data)?;
    let key = key_for(&url, into).await?;
    Ok(Restored {
        from: backup.to_owned(),
        tables,
        verified,
        erased_known: ledger.erased.len(),
        key,
    })
}

/// Looks for the key of what was brought back, also among those from before rotations.
async fn key_for(url: &str, into: &Options) -> Result<KeyState> {
    let store = Store::open(url).await?;
    let expected = async {
        let mut tx = store.begin(Mode::Read).await?;
        let expected = installation::find(&mut tx, FINGERPRINT).await?;
        tx.commit().await?;
        Ok::<_, AppError>(expected)
    }
    .await;
    store.close().await;
    let Some(expected) = expected? else {
        return Ok(KeyState::Right);
    };
    let path = into.data.join(FILE);
    let fits = match &into.secret_key {
        Some(given) => key::parse(given, "YUTANG_SECRET_KEY")
            .is_ok_and(|root| key::fingerprint_of(&root) == expected),
        None => {
            if let Some(file) = rotate::settle(&path, &expected)? {
                return Ok(KeyState::PutBack(file));
            }
            rotate::is_key(&path, &expected)
        }
    };
    Ok(if fits {
        KeyState::Right
    } else {
        KeyState::Missing(expected)
    })
}

async fn empty(target: &Store, url: &str) -> Result<()> {
    if migrate::pending(target).await? == migrate::Pending::Fresh {
        return Ok(());
    }
    let mut tx = target.begin(Mode::Read).await?;
    let empty = archive::is_empty(&mut tx).await?;
    tx.commit().await?;
    if empty {
        Ok(())
    } else {
        Err(RestoreError::NotEmpty(yutang_store::redacted(url)).into())
    }
}

fn verify(backup: &Path) -> Result<Option<bool>> {
    let Ok(text) = fs::read_to_string(sum_of(backup)) else {
        return Ok(None);
    };
    let expected = text.split_whitespace().next().unwrap_or_default();
    if sha256_of(backup)? == expected {
        return Ok(Some(true));
    }
    Err(RestoreError::Damaged {
        path: backup.display().to_string(),
        line: 0,
        reason: "its SHA-256 is not the one beside it".to_owned(),
    }
    .into())
}

fn is_database(backup: &Path) -> Result<bool> {
    let mut head = [0; 16];
    let mut file = File::open(backup).map_err(|e| AppError::io("read", backup, &e))?;
    let read = file
        .read(&mut head)
        .map_err(|e| AppError::io("read", backup, &e))?;
    if head.starts_with(b"SQLite format 3\0") {
        return Ok(true);
    }
    if read > 0 && head[0] == b'{' {
        return Ok(false);
    }
    Err(RestoreError::NotABackup(backup.display().to_string()).into())
}

/// Puts a copy of the database file in place; it gets its name once everything is right.
async fn put_file(backup: &Path, path: &Path, now: Timestamp) -> Result<()> {
    let partial = path.with_extension("restoring");
    let put = async {
        fs::copy(backup, &partial).map_err(|e| AppError::io("write", &partial, &e))?;
        // A copy has the mode of the backup, which others may be allowed to read.
        fs::set_permissions(&partial, fs::Permissions::from_mode(0o600))
            .map_err(|e| AppError::io("write", &partial, &e))?;
        let store = Store::open(&partial.display().to_string()).await?;
        let checked = async {
            if let Some(complaint) = archive::integrity(&store).await?.into_iter().next() {
                return Err(damaged(backup, 0, &complaint));
            }
            if migrate::pending(&store).await? == migrate::Pending::Fresh {
                return Err(RestoreError::NotABackup(backup.display().to_string()).into());
            }
            let mut tx = store.begin(Mode::Write).await?;
            pause(&mut tx, now).await?;
            tx.commit().await?;
            store.checkpoint().await?;
            Ok(())
        }
        .await;
        store.close().await;
        checked?;
        for end in ["-wal", "-shm"] {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            let _ = fs::remove_file(name);
        }
        fs::rename(&partial, path).map_err(|e| AppError::io("write", path, &e))
    }
    .await;
    if put.is_err() {
        remove_database(&partial);
    }
    put.map_err(|error| of_backup(backup, error))
}

/// A copy of the backup is what is opened; a person has to hear of the backup itself.
fn of_backup(backup: &Path, error: AppError) -> AppError {
    let place = backup.display().to_string();
    match error {
        AppError::Store(StoreError::Damaged { reason, .. }) => damaged(backup, 0, &reason),
        AppError::Store(StoreError::Newer {
            found,
            min_reader,
            known,
            ..
        }) => StoreError::Newer {
            place,
            found,
            min_reader,
            known,
        }
        .into(),
        AppError::Store(StoreError::MigrationChanged { version, .. }) => {
            StoreError::MigrationChanged { place, version }.into()
        }
        other => other,
    }
}

/// Nobody holds anything, and nothing is sent until somebody says so.
async fn pause(tx: &mut Tx, now: Timestamp) -> Result<()> {
    lease::release_all(tx).await?;
    installation::set(tx, PAUSED, &format!("restored at {now}")).await?;
    Ok(())
}

async fn from_file(backup: &Path, target: &Store, now: Timestamp) -> Result<Vec<(String, u64)>> {
    // A copy is opened, never the backup itself: opening a file in this mode writes beside it.
    let folder =
        std::env::temp_dir().join(format!("yutang-restore-{}", crate::key::random_text(8)));
    fs::create_dir_all(&folder).map_err(|e| AppError::io("create", &folder, &e))?;
    let file = folder.join("backup.db");
    let copied = async {
        fs::copy(backup, &file).map_err(|e| AppError::io("write", &file, &e))?;
        let source = Store::open(&file.display().to_string()).await?;
        let copied = async {
            if let Some(complaint) = archive::integrity(&source).await?.into_iter().next() {
                return Err(damaged(backup, 0, &complaint));
            }
            if migrate::pending(&source).await? == migrate::Pending::Fresh {
                return Err(RestoreError::NotABackup(backup.display().to_string()).into());
            }
            migrate::migrate(&source, now).await?;
            db_copy::between(&source, target, now, |tx| Box::pin(pause(tx, now))).await
        }
        .await;
        source.close().await;
        copied
    }
    .await;
    let _ = fs::remove_dir_all(&folder);
    let copied = copied.map_err(|error| of_backup(backup, error))?;
    if let Some(table) = copied.tables.iter().find(|table| !table.same) {
        return Err(damaged(
            backup,
            0,
            &format!("table {} arrived differently", table.name),
        ));
    }
    Ok(copied
        .tables
        .into_iter()
        .map(|table| (table.name, table.rows))
        .collect())
}

fn damaged(path: &Path, line: u64, reason: &str) -> AppError {
    RestoreError::Damaged {
        path: path.display().to_string(),
        line,
        reason: reason.to_owned(),
    }
    .into()
}

async fn from_archive(backup: &Path, target: &Store, now: Timestamp) -> Result<Vec<(String, u64)>> {
    let file = File::open(backup).map_err(|e| AppError::io("read", backup, &e))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut number = 0;
    let mut next = || -> Result<Option<(u64, String)>> {
        let mut line = Vec::new();
        let read = reader
            .read_until(b'\n', &mut line)
            .map_err(|e| AppError::io("read", backup, &e))?;
        number += 1;
        if read == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        // Cut inside of a character, for example.
        let line = String::from_utf8(line)
            .map_err(|_| damaged(backup, number, "the line is not valid UTF-8"))?;
        Ok(Some((number, line)))
    };
    let header: Header = next()?
        .and_then(|(_, line)| serde_json::from_str(&line).ok())
        .filter(|header: &Header| header.archive == ARCHIVE && header.form == FORM)
        .ok_or_else(|| RestoreError::NotABackup(backup.display().to_string()))?;
    let known = migrate::known_version();
    if header.schema > known {
        return Err(StoreError::Newer {
            place: backup.display().to_string(),
            found: header.schema,
            min_reader: header.schema,
            known,
        }
        .into());
    }
    migrate::migrate_to(target, now, header.schema).await?;
    let mut done = Vec::new();
    let mut tx = target.begin(Mode::Guarded).await?;
    installation::clear(&mut tx).await?;
    lease::clear(&mut tx).await?;
    let tables = archive::tables(&mut tx).await?;
    loop {
        let Some((at, line)) = next()? else {
            return Err(damaged(backup, number, "the file ends before its end"));
        };
        match serde_json::from_str::<Mark>(&line) {
            Ok(Mark::Table { name, columns }) => {
                let table = tables
                    .iter()
                    .find(|table| {
                        table.name() == name
                            && table.columns().eq(columns.iter().map(String::as_str))
                    })
                    .ok_or_else(|| {
                        damaged(backup, at, &format!("this schema has no such table {name}"))
                    })?;
                let mut sum = archive::Sum::default();
                let mut slice = Vec::with_capacity(SLICE);
                loop {
                    let Some((at, line)) = next()? else {
                        return Err(damaged(backup, number, "the file ends inside a table"));
                    };
                    if line.starts_with('[') {
                        slice.push(line);
                        if slice.len() == SLICE {
                            write(&mut tx, table, &mut slice, &mut sum, backup, at).await?;
                        }
                        continue;
                    }
                    write(&mut tx, table, &mut slice, &mut sum, backup, at).await?;
                    match serde_json::from_str::<Mark>(&line) {
                        Ok(Mark::End(expected)) if expected == sum => break,
                        Ok(Mark::End(_)) => {
                            return Err(damaged(
                                backup,
                                at,
                                &format!("rows of {name} are missing or changed"),
                            ));
                        }
                        _ => return Err(damaged(backup, at, "the line is not a row")),
                    }
                }
                done.push((name, sum.rows));
            }
            Ok(Mark::Done(count)) if count == done.len() => break,
            _ => return Err(damaged(backup, at, "the line does not begin a table")),
        }
    }
    pause(&mut tx, now).await?;
    tx.commit().await?;
    migrate::migrate(target, now).await?;
    Ok(done)
}

async fn write(
    tx: &mut Tx,
    table: &archive::Table,
    slice: &mut Vec<String>,
    sum: &mut archive::Sum,
    backup: &Path,
    line: u64,
) -> Result<()> {
    archive::write_lines(tx, table, slice, sum)
        .await
        .map_err(|error| match error {
            StoreError::Corrupt { .. } | StoreError::Conflict(_) => {
                damaged(backup, line, &error.to_string())
            }
            other => other.into(),
        })?;
    slice.clear();
    Ok(())
}
