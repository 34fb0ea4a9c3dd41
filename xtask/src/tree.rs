//! The files of the project.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// Folders that hold what others wrote or what is built.
const FOREIGN: &[&str] = &[
    "target",
    "node_modules",
    "dist",
    ".git",
    "out",
    "data",
    "yutang-data",
];

/// Text of a file with its path from the root, written with `/`.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path from the root.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// Every file under `folders` (paths from `root`) whose name ends in one of `extensions`, sorted.
pub fn sources(root: &Path, folders: &[&str], extensions: &[&str]) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders
        .iter()
        .map(|f| root.join(f))
        .filter(|f| f.exists())
        .collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let name = path
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            if path.is_dir() {
                if !FOREIGN.contains(&name.as_str()) {
                    open.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|e| extensions.iter().any(|x| e == *x))
            {
                let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                found.push(Source {
                    path: relative(root, &path),
                    text,
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// The path from `root`, written with `/`.
pub fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}
