//! Backups: a copy of everything but the key, made while the program runs.
//!
//! On SQLite a backup is the database file as of one instant. On PostgreSQL, and on SQLite when it
//! is asked for, it is an archive: one line of JSON per row, read from one snapshot, that either
//! engine can be restored from. Beside each lies its SHA-256. The key is never part of it: keep
//! `secret.key` somewhere else, a backup cannot be opened without it.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Read as _, Write},
    path::{Path, PathBuf},
};

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use yutang_domain::time::{DAY, Timestamp};
use yutang_store::{Engine, Mode, Store, StoreError, archive, migrate};

use crate::{App, AppError, Result, key::hex};

/// The file name's end of a copy of the database file.
pub const FILE_END: &str = "db";
/// The file name's end of an archive.
pub const ARCHIVE_END: &str = "archive";
/// The file name's end while it is being made.
const PARTIAL_END: &str = "partial";

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was made.
    pub at: Timestamp,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// First line of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Always [`ARCHIVE`].
    pub archive: String,
    /// Version of the form of an archive.
    pub form: u32,
    /// Schema version of the rows.
    pub schema: i64,
    /// When its snapshot was taken.
    pub at: Timestamp,
}

/// A line between the rows of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mark {
    /// Rows of this table follow, with these columns.
    Table {
        /// Its name.
        name: String,
        /// Its columns in the order of the cells.
        columns: Vec<String>,
    },
    /// The rows of the table have ended.
    End(archive::Sum),
    /// The archive has ended, after so many tables.
    Done(usize),
}

pub(crate) const ARCHIVE: &str = "yutang";
pub(crate) const FORM: u32 = 1;

impl App {
    /// Makes a backup in `DATA/backups`, or in `folder`. `portable` asks for an archive on SQLite
    /// as well.
    ///
    /// # Errors
    /// The disk is full or the folder not writable; nothing half-written stays.
    pub async fn backup(&self, folder: Option<&Path>, portable: bool) -> Result<Backup> {
        self.note_erasures().await?;
        let at = self.now();
        let folder = folder.map_or_else(|| backups_in(self.data()), Path::to_path_buf);
        make(self.store(), &folder, at, portable).await
    }

    /// The backups in `DATA/backups`, newest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn backups(&self) -> Result<Vec<Backup>> {
        let folder = backups_in(self.data());
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(AppError::io("read", &folder, &e)),
        };
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            let Some(at) = made_at(&path) else { continue };
            let sha256 = fs::read_to_string(sum_of(&path)).unwrap_or_default();
            let sha256 = sha256.split(' ').next().unwrap_or_default().to_owned();
            found.push(Backup {
                bytes: entry.metadata().map_or(0, |m| m.len()),
                path,
                at,
                sha256,
            });
        }
        found.sort_by(|a, b| (b.at, &b.path).cmp(&(a.at, &a.path)));
        Ok(found)
    }
}

/// The folder of backups.
pub(crate) fn backups_in(data: &Path) -> PathBuf {
    data.join("backups")
}

/// When a backup was made, by its name.
fn made_at(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?;
    let (stem, end) = name.split_once('.')?;
    if end != FILE_END && end != ARCHIVE_END {
        return None;
    }
    named_at(stem)
}

fn named_at(stem: &str) -> Option<Timestamp> {
    let digits = stem.strip_prefix("yutang-")?;
    if digits.len() != 20 || !digits.is_ascii() {
        return None;
    }
    let (date, time) = digits.split_at(8);
    let text = format!(
        "{}-{}-{}T{}:{}:{}.{}Z",
        &date[..4],
        &date[4..6],
        &date[6..8],
        &time[1..3],
        &time[3..5],
        &time[5..7],
        &time[8..11]
    );
    text.parse().ok()
}

fn name_at(at: Timestamp, end: &str) -> String {
    let text = yutang_domain::time::Zone::utc()
        .civil(at)
        .strftime("%Y%m%dT%H%M%S")
        .to_string();
    format!("yutang-{text}-{:03}Z.{end}", at.ms().rem_euclid(1000))
}

pub(crate) async fn make(
    store: &Store,
    folder: &Path,
    at: Timestamp,
    portable: bool,
) -> Result<Backup> {
    fs::create_dir_all(folder).map_err(|e| AppError::io("create the folder", folder, &e))?;
    let file = store.engine() == Engine::Sqlite && !portable;
    let path = folder.join(name_at(at, if file { FILE_END } else { ARCHIVE_END }));
    remove_abandoned(folder, at);
    let partial = path.with_extension(PARTIAL_END);
    remove_database(&partial);
    let made = async {
        if file {
            archive::copy_file(store, &partial).await?;
        } else {
            write_archive(store, &partial, at).await?;
        }
        finish(&partial, &path, at)
    }
    .await;
    if made.is_err() {
        remove_database(&partial);
    }
    made
}

/// Removes what backups left behind that were killed; none takes a day.
fn remove_abandoned(folder: &Path, now: Timestamp) {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    for name in names.filter_map(|entry| entry.file_name().into_string().ok()) {
        let made = name
            .split_once('.')
            .filter(|(_, end)| end.starts_with(PARTIAL_END))
            .and_then(|(stem, _)| named_at(stem));
        if made.is_some_and(|at| now.since(at) > DAY) {
            let _ = fs::remove_file(folder.join(name));
        }
    }
}

/// Removes a file and whatever SQLite may have written beside it.
pub(crate) fn remove_database(path: &Path) {
    for end in ["", "-journal", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let _ = fs::remove_file(name);
    }
}

/// Gives the file its name once everything of it is on the disk.
fn finish(partial: &Path, path: &Path, at: Timestamp) -> Result<Backup> {
    let file = File::open(partial).map_err(|e| AppError::io("read", partial, &e))?;
    file.sync_all()
        .map_err(|e| AppError::io("write", partial, &e))?;
    let bytes = file
        .metadata()
        .map_err(|e| AppError::io("read", partial, &e))?
        .len();
    let sha256 = sha256_of(partial)?;
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let sum = sum_of(path);
    let named = fs::write(&sum, format!("{sha256}  {name}\n"))
        .map_err(|e| AppError::io("write", &sum, &e))
        .and_then(|()| fs::rename(partial, path).map_err(|e| AppError::io("write", path, &e)));
    if named.is_err() {
        let _ = fs::remove_file(&sum);
    }
    named?;
    Ok(Backup {
        path: path.to_owned(),
        bytes,
        at,
        sha256,
    })
}

/// Where the SHA-256 of a backup lies.
pub(crate) fn sum_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".sha256");
    path.with_file_name(name)
}

pub(crate) fn sha256_of(path: &Path) -> Result<String> {
    let file = File::open(path).map_err(|e| AppError::io("read", path, &e))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = reader
            .read(&mut buffer)
            .map_err(|e| AppError::io("read", path, &e))?;
        if read == 0 {
            return Ok(hex(context.finish().as_ref()));
        }
        context.update(&buffer[..read]);
    }
}

async fn write_archive(store: &Store, path: &Path, at: Timestamp) -> Result<()> {
    let file = File::create(path).map_err(|e| AppError::io("write", path, &e))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let mut put = |line: &str| writeln!(out, "{line}").map_err(|e| AppError::io("write", path, &e));
    let mut tx = store.begin(Mode::Read).await?;
    let (schema, known) = (migrate::version(&mut tx).await?, migrate::known_version());
    if schema > known {
        // Tables that this program does not know would be missing in it.
        return Err(StoreError::Newer {
            place: store.place().to_owned(),
            found: schema,
            min_reader: schema,
            known,
        }
        .into());
    }
    put(&line(&Header {
        archive: ARCHIVE.to_owned(),
        form: FORM,
        schema,
        at,
    })?)?;
    let tables = archive::tables(&mut tx).await?;
    for table in &tables {
        let columns = table.columns().map(str::to_owned).collect();
        put(&line(&Mark::Table {
            name: table.name().to_owned(),
            columns,
        })?)?;
        let sum = archive::read_lines(&mut tx, table, |row| put(row)).await?;
        put(&line(&Mark::End(sum))?)?;
    }
    put(&line(&Mark::Done(tables.len()))?)?;
    tx.commit().await?;
    out.flush().map_err(|e| AppError::io("write", path, &e))
}

fn line(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(AppError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_when() {
        let at: Timestamp = "2026-11-20T01:05:00.042Z".parse().unwrap();
        let name = name_at(at, FILE_END);
        assert_eq!(name, "yutang-20261120T010500-042Z.db");
        assert_eq!(made_at(Path::new(&name)), Some(at));
        assert_eq!(made_at(Path::new("yutang.db")), None);
        assert_eq!(
            made_at(Path::new("yutang-20261120T010500-042Z.partial")),
            None
        );
    }

    #[test]
    fn what_a_killed_backup_left_goes_after_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-21T02:00:00Z".parse().unwrap();
        let old = [
            "yutang-20261120T010500-042Z.partial",
            "yutang-20261120T010500-042Z.partial-wal",
        ];
        let kept = [
            "yutang-20261121T010500-042Z.partial",
            "yutang-20261120T010500-042Z.db",
            "notes.partial",
        ];
        for name in old.iter().chain(&kept) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_abandoned(folder.path(), now);
        for name in old {
            assert!(!folder.path().join(name).exists(), "{name}");
        }
        for name in kept {
            assert!(folder.path().join(name).exists(), "{name}");
        }
    }
}
