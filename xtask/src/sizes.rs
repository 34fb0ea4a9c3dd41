//! How large things are.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Result;

use crate::tree::{Source, sources};

/// A file longer than this is split by sub-noun.
pub const LONG: usize = 600;

/// Files that are written by people and too long, with their lines.
pub fn long(files: &[Source]) -> Vec<(usize, &str)> {
    let mut long: Vec<(usize, &str)> = files
        .iter()
        .filter(|file| !file.path.ends_with(".gen.ts"))
        .map(|file| (file.text.lines().count(), file.path.as_str()))
        .filter(|(lines, _)| *lines > LONG)
        .collect();
    long.sort_by(|a, b| b.cmp(a));
    long
}

/// The files whose length is looked at.
pub fn written(root: &Path) -> Result<Vec<Source>> {
    sources(
        root,
        &["crates", "xtask", "console/src", "e2e"],
        &["rs", "ts", "tsx", "mjs", "sql", "html"],
    )
}

/// Prints lines by part, the longest files, and sizes of what is built.
pub fn report(root: &Path) -> Result<()> {
    let files = written(root)?;
    let mut parts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for file in &files {
        let depth = if file.path.starts_with("crates/") {
            2
        } else {
            1
        };
        let part = file
            .path
            .split('/')
            .take(depth)
            .collect::<Vec<_>>()
            .join("/");
        let entry = parts.entry(part).or_default();
        entry.0 += 1;
        entry.1 += file.text.lines().count();
    }
    println!("{:>6} {:>8}", "files", "lines");
    for (part, (count, lines)) in parts {
        println!("{count:>6} {lines:>8}  {part}");
    }
    for (lines, path) in long(&files) {
        println!("longer than {LONG}: {path} ({lines})");
    }
    for binary in ["target/release/yutang", "target/debug/yutang"] {
        if let Ok(meta) = fs::metadata(root.join(binary)) {
            println!("{:>12} bytes  {binary}", meta.len());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found_but_not_generated_ones() {
        let file = |path: &str, lines: usize| Source {
            path: path.to_owned(),
            text: "x\n".repeat(lines),
        };
        let files = [
            file("a.rs", LONG),
            file("b.rs", LONG + 1),
            file("c.gen.ts", 9_000),
            file("d.rs", 900),
        ];
        assert_eq!(long(&files), [(900, "d.rs"), (LONG + 1, "b.rs")]);
    }
}
