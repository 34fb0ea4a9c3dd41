//! The files of one noun, in reading order.

use std::path::Path;

use anyhow::{Result, bail};

use crate::tree::{relative, sources};

/// A layer: where its file is looked for, and whether every noun has one.
struct Layer {
    name: &'static str,
    folder: &'static str,
    extensions: &'static [&'static str],
    /// Whether the noun in the file's name is written with dashes.
    kebab: bool,
    required: bool,
}

const LAYERS: &[Layer] = &[
    Layer {
        name: "rules",
        folder: "crates/domain/src",
        extensions: &["rs"],
        kebab: false,
        required: true,
    },
    Layer {
        name: "tables",
        folder: "crates/store/migrations",
        extensions: &["sql"],
        kebab: false,
        required: false,
    },
    Layer {
        name: "rows",
        folder: "crates/store/src",
        extensions: &["rs"],
        kebab: false,
        required: true,
    },
    Layer {
        name: "verbs",
        folder: "crates/app/src",
        extensions: &["rs"],
        kebab: false,
        required: true,
    },
    Layer {
        name: "API",
        folder: "crates/api/src",
        extensions: &["rs"],
        kebab: false,
        required: true,
    },
    Layer {
        name: "pages",
        folder: "crates/pages",
        extensions: &["rs", "html"],
        kebab: false,
        required: false,
    },
    Layer {
        name: "console",
        folder: "console/src/features",
        extensions: &["ts", "tsx"],
        kebab: true,
        required: true,
    },
    Layer {
        name: "texts",
        folder: "locales",
        extensions: &["json"],
        kebab: false,
        required: true,
    },
    Layer {
        name: "tests",
        folder: "crates",
        extensions: &["rs"],
        kebab: false,
        required: true,
    },
    Layer {
        name: "stories",
        folder: "e2e",
        extensions: &["mjs", "ts"],
        kebab: true,
        required: false,
    },
    Layer {
        name: "guide",
        folder: "docs/guide",
        extensions: &["md"],
        kebab: true,
        required: false,
    },
];

/// Prints where a noun lives; fails if a layer that every noun has lacks it.
pub fn report(root: &Path, noun: &str) -> Result<()> {
    let mut missing = Vec::new();
    for layer in LAYERS {
        let files = files(root, layer, noun)?;
        if files.is_empty() {
            let remark = if layer.required { "missing" } else { "none" };
            println!("{:>8}  {remark}: {}", layer.name, layer.folder);
            if layer.required {
                missing.push(layer.name);
            }
        }
        for file in files {
            println!("{:>8}  {file}", layer.name);
        }
    }
    if !missing.is_empty() {
        bail!("{noun} has no {}", missing.join(", no "));
    }
    Ok(())
}

fn files(root: &Path, layer: &Layer, noun: &str) -> Result<Vec<String>> {
    let noun = if layer.kebab {
        noun.replace('_', "-")
    } else {
        noun.to_owned()
    };
    Ok(sources(root, &[layer.folder], layer.extensions)?
        .into_iter()
        .map(|file| relative(root, &root.join(file.path)))
        .filter(|path| (layer.name == "tests") == path.contains("/tests/"))
        .filter(|path| is_of(path, &noun))
        .collect())
}

/// Whether a folder or the file of the path is called like the noun, numbers aside.
fn is_of(path: &str, noun: &str) -> bool {
    path.split('/').any(|part| {
        let stem = part.split('.').next().unwrap_or(part);
        stem.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_') == noun
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_is_a_file_or_a_folder() {
        for path in [
            "crates/domain/src/flash_sale.rs",
            "crates/store/migrations/0012_flash_sale.sql",
            "crates/app/src/flash_sale/mod.rs",
        ] {
            assert!(is_of(path, "flash_sale"), "{path}");
        }
        assert!(!is_of("crates/app/src/flash.rs", "flash_sale"));
        assert!(is_of(
            "console/src/features/flash-sale/List.tsx",
            "flash-sale"
        ));
    }

    #[test]
    fn a_missing_layer_fails() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("crates/domain/src")).unwrap();
        std::fs::write(root.path().join("crates/domain/src/tag.rs"), "").unwrap();
        let refused = report(root.path(), "tag").unwrap_err().to_string();
        assert_eq!(
            refused,
            "tag has no rows, no verbs, no API, no console, no texts, no tests"
        );
    }
}
