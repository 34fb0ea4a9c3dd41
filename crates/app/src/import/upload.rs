//! Uploads: files on their way to an import. Each belongs to whoever sent it, and goes once it is
//! imported or has had its time.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tokio::{
    fs::{self, File, OpenOptions},
    io::AsyncWriteExt as _,
};
use yutang_domain::{
    id::WorkspaceId,
    import::{UPLOAD_KEPT_MS, UPLOAD_MAX, UploadError},
    permission::Operation,
    time::{HOUR, Timestamp},
};
use yutang_import::{
    ImportError,
    chat::Format,
    table::{self, Column, Mapping, Preset},
};
use yutang_store::import;

use crate::{App, AppError, Caller, Result, key, macros::in_tx};

/// Digits of an upload's name.
const DIGITS: usize = 26;
/// Characters of a file's name, at most.
const NAME: usize = 120;

/// Whose a file is; lies beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Label {
    workspace: WorkspaceId,
    actor: String,
    name: String,
    at: Timestamp,
}

/// A file that has arrived.
#[derive(Clone, Debug)]
pub struct Upload {
    /// What it is asked for by.
    pub id: String,
    /// Its name as the person knows it.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Where it is.
    pub path: PathBuf,
}

/// A file that is arriving; dropped before [`Arriving::finish`] it leaves nothing behind.
#[derive(Debug)]
pub struct Arriving {
    file: File,
    upload: Upload,
    kept: bool,
}

/// What the beginning of a file shows.
#[derive(Clone, Debug)]
pub struct Sniff {
    /// The chat format, if it is a chat.
    pub chat: Option<Format>,
    /// The encoding of a text.
    pub encoding: Option<String>,
    /// A first look at it, if it is a table.
    pub table: Option<table::Look>,
}

impl Arriving {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`UploadError::TooLarge`], [`UploadError::DiskFull`].
    pub async fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.upload.bytes += bytes.len() as u64;
        if self.upload.bytes > UPLOAD_MAX {
            return Err(UploadError::TooLarge.into());
        }
        self.file
            .write_all(bytes)
            .await
            .map_err(|e| refused(&self.upload.path, &e))
    }

    /// The file is whole.
    ///
    /// # Errors
    /// It is empty, or the disk is full.
    pub async fn finish(mut self) -> Result<Upload> {
        self.file
            .flush()
            .await
            .map_err(|e| refused(&self.upload.path, &e))?;
        self.file
            .sync_all()
            .await
            .map_err(|e| refused(&self.upload.path, &e))?;
        self.kept = true;
        Ok(self.upload.clone())
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if !self.kept {
            remove(&self.upload.path);
        }
    }
}

impl App {
    /// Makes room for a file that is about to arrive.
    ///
    /// # Errors
    /// The caller may not import, or the folder cannot be written.
    pub async fn receive_upload(&self, caller: &Caller, file_name: &str) -> Result<Arriving> {
        caller.may(Operation::ImportRun)?;
        let folder = self.uploads();
        fs::create_dir_all(&folder)
            .await
            .map_err(|e| refused(&folder, &e))?;
        let id = key::random_text(DIGITS);
        let path = folder.join(&id);
        let label = Label {
            workspace: caller.workspace,
            actor: caller.actor.to_string(),
            name: plain_name(file_name),
            at: self.now(),
        };
        let text = serde_json::to_vec(&label).map_err(AppError::internal)?;
        // The label first: a file without one would be nobody's to remove.
        let beside = label_of(&path);
        fs::write(&beside, text)
            .await
            .map_err(|e| refused(&beside, &e))?;
        let file = private()
            .open(&path)
            .await
            .map_err(|e| refused(&path, &e))?;
        let upload = Upload {
            id,
            name: label.name,
            bytes: 0,
            path,
        };
        Ok(Arriving {
            file,
            upload,
            kept: false,
        })
    }

    /// A file that the caller sent.
    ///
    /// # Errors
    /// [`UploadError::Gone`], also if somebody else sent it.
    pub async fn upload(&self, caller: &Caller, id: &str) -> Result<Upload> {
        caller.may(Operation::ImportRun)?;
        let gone = || AppError::from(UploadError::Gone);
        if id.len() != DIGITS || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(gone());
        }
        let path = self.uploads().join(id);
        let label = read_label(&label_of(&path)).await.ok_or_else(gone)?;
        if label.workspace != caller.workspace || label.actor != caller.actor.to_string() {
            return Err(gone());
        }
        let bytes = fs::metadata(&path).await.map_err(|_| gone())?.len();
        Ok(Upload {
            id: id.to_owned(),
            name: label.name,
            bytes,
            path,
        })
    }

    /// Looks at the beginning of a file that has arrived: its kind, encoding, columns, first rows.
    /// One that nothing can be made of is removed at once.
    ///
    /// # Errors
    /// Whatever makes it unreadable.
    pub async fn sniff_upload(&self, caller: &Caller, upload: &Upload) -> Result<Sniff> {
        caller.may(Operation::ImportRun)?;
        let path = upload.path.clone();
        let options = table::Options::new(caller.zone.clone(), self.now(), caller.currency);
        let sniffed = tokio::task::spawn_blocking(move || sniff(&path, &options))
            .await
            .map_err(AppError::internal)?;
        sniffed.map_err(|error| {
            remove(&upload.path);
            error.into()
        })
    }

    /// Removes uploads that nobody has imported for a day and no run needs; returns how many.
    ///
    /// # Errors
    /// The database refused, or the folder cannot be read.
    pub async fn remove_stale_uploads(&self) -> Result<u64> {
        let folder = self.uploads();
        let mut entries = match fs::read_dir(&folder).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(AppError::io("read the folder", &folder, &error)),
        };
        let needed = in_tx!(self, Read, tx => Ok(import::needed_files(tx).await?))?;
        let now = self.now();
        let mut removed = 0;
        while let Some(entry) = entries
            .next_entry()
            .await
            .map_err(|e| AppError::io("read the folder", &folder, &e))?
        {
            let beside = entry.path();
            if beside.extension().is_none_or(|e| e != LABEL) {
                continue;
            }
            let path = beside.with_extension("");
            let age = read_label(&beside)
                .await
                .map_or(i64::MAX, |label| now.since(label.at));
            let is_needed = needed.iter().any(|file| Path::new(&file.file_path) == path);
            let kept = if path.exists() { UPLOAD_KEPT_MS } else { HOUR };
            if age > kept && !is_needed {
                remove(&path);
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// A mapping out of fields and columns, as a form sends it; a column is a name or a number from 1.
///
/// # Errors
/// [`ImportError::Mapping`], naming the field.
pub fn mapping_of(columns: &BTreeMap<String, String>) -> Result<Mapping> {
    let mut mapping = Mapping::default();
    for (field, column) in columns
        .iter()
        .filter(|(_, column)| !column.trim().is_empty())
    {
        let column = column.trim();
        let column = match column.parse() {
            Ok(number) if number > 0 => Column::Number(number),
            _ => Column::Name(column.to_owned()),
        };
        // The names of the fields are those of the command line.
        let named = Mapping::parse(&format!("{}=1", field.replace(['=', ','], "?")))?;
        mapping
            .0
            .extend(named.0.into_keys().map(|known| (known, column.clone())));
    }
    Ok(mapping)
}

/// The fields and columns of a mapping, as a form shows it.
pub fn columns_of(mapping: &Mapping) -> BTreeMap<String, String> {
    mapping
        .0
        .iter()
        .map(|(field, column)| (field.as_str().to_owned(), column.to_string()))
        .collect()
}

/// The presets: their word, what they list, and their mapping.
pub fn presets() -> Vec<(Preset, Mapping)> {
    Preset::ALL
        .into_iter()
        .map(|preset| (preset, preset.mapping()))
        .collect()
}

fn sniff(path: &Path, options: &table::Options) -> Result<Sniff, ImportError> {
    let sniffed = yutang_import::sniff(path)?;
    let encoding = match sniffed.kind {
        yutang_import::Kind::Text { encoding } => Some(encoding.to_string()),
        yutang_import::Kind::Workbook => None,
    };
    let table = match sniffed.chat {
        Some(_) => None,
        None => match table::look(path, options) {
            Ok(look) => Some(look),
            // JSON of no known chat: a format may still be named.
            Err(ImportError::NotText { .. }) if encoding.is_some() => None,
            Err(error) => return Err(error),
        },
    };
    Ok(Sniff {
        chat: sniffed.chat,
        encoding,
        table,
    })
}

const LABEL: &str = "json";

fn label_of(path: &Path) -> PathBuf {
    path.with_extension(LABEL)
}

async fn read_label(path: &Path) -> Option<Label> {
    serde_json::from_slice(&fs::read(path).await.ok()?).ok()
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    options
}

/// Removes a file and its label; what is left the sweep finds again.
fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
    let _ = std::fs::remove_file(label_of(path));
}

fn refused(path: &Path, error: &std::io::Error) -> AppError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => UploadError::DiskFull.into(),
        _ => AppError::io("keep the upload", path, error),
    }
}

/// The last part of a path of any system, without what a screen or a shell would take amiss.
fn plain_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or("");
    let plain: String = last
        .chars()
        .filter(|c| {
            !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .take(NAME)
        .collect();
    match plain.trim() {
        "" | "." | ".." => "file".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_stay_names() {
        assert_eq!(plain_name("../../etc/passwd"), "passwd");
        assert_eq!(plain_name("C:\\Users\\李\\聊天.txt"), "聊天.txt");
        assert_eq!(plain_name("a\u{202e}gpj.exe\n"), "agpj.exe");
        assert_eq!(plain_name(".."), "file");
        assert_eq!(plain_name(&"长".repeat(500)).chars().count(), NAME);
    }

    #[test]
    fn a_form_becomes_a_mapping() {
        let form = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect::<BTreeMap<_, _>>()
        };
        let mapping = mapping_of(&form(&[("id", "订单号"), ("at", "3"), ("sku", " ")])).unwrap();
        assert_eq!(mapping.to_string(), "id=订单号,at=3");
        assert_eq!(columns_of(&mapping), form(&[("id", "订单号"), ("at", "3")]));
        assert_eq!(
            mapping_of(&form(&[("colour", "1")])).unwrap_err().code(),
            "import.mapping"
        );
    }
}
