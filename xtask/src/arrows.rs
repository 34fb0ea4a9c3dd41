//! Who may depend on whom: the arrows of ARCHITECTURE.md, held against `cargo metadata`.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// A crate of the house and the crates of the house it may use in its own code.
const ARROWS: &[(&str, &[&str])] = &[
    ("yutang-domain", &[]),
    ("yutang-insight", &["yutang-domain"]),
    ("yutang-text", &["yutang-domain"]),
    ("yutang-import", &["yutang-domain"]),
    ("yutang-store", &["yutang-domain"]),
    ("yutang-channels", &["yutang-domain"]),
    (
        "yutang-app",
        &[
            "yutang-domain",
            "yutang-insight",
            "yutang-text",
            "yutang-import",
            "yutang-store",
            "yutang-channels",
        ],
    ),
    (
        "yutang-api",
        &[
            "yutang-domain",
            "yutang-insight",
            "yutang-text",
            "yutang-app",
        ],
    ),
    (
        "yutang-pages",
        &[
            "yutang-domain",
            "yutang-insight",
            "yutang-text",
            "yutang-app",
        ],
    ),
    (
        "yutang-server",
        &[
            "yutang-domain",
            "yutang-insight",
            "yutang-text",
            "yutang-import",
            "yutang-store",
            "yutang-channels",
            "yutang-app",
            "yutang-api",
            "yutang-pages",
        ],
    ),
    (
        "yutang-testkit",
        &[
            "yutang-domain",
            "yutang-store",
            "yutang-channels",
            "yutang-app",
        ],
    ),
    ("xtask", &["yutang-domain", "yutang-testkit"]),
];

/// Heavy dependencies and the only crates that may bring them in.
const WEIGHTS: &[(&str, &[&str])] = &[
    ("sqlx", &["yutang-store", "yutang-testkit"]),
    (
        "axum",
        &[
            "yutang-api",
            "yutang-pages",
            "yutang-server",
            "yutang-testkit",
        ],
    ),
    ("reqwest", &["yutang-channels", "yutang-testkit"]),
    (
        "tower-http",
        &["yutang-api", "yutang-pages", "yutang-server"],
    ),
    ("utoipa", &["yutang-api"]),
    ("askama", &["yutang-pages"]),
    ("calamine", &["yutang-import"]),
    ("zip", &["yutang-import"]),
    ("encoding_rs", &["yutang-import", "yutang-channels"]),
    ("feed-rs", &["yutang-channels"]),
    ("quick-xml", &["yutang-channels"]),
    ("clap", &["yutang-server"]),
    ("anyhow", &["yutang-server", "xtask"]),
];

/// Packages that do not come into the house, what stands in for them, and the only libraries that
/// may bring them along for their own use.
const BANNED: &[(&str, &str, &[&str])] = &[
    ("openssl-sys", "rustls with ring", &[]),
    ("native-tls", "rustls with ring", &[]),
    ("aws-lc-sys", "ring, which TLS already brings", &[]),
    // feed-rs reads the dates of feeds with it; what leaves `channels::feed` is a Timestamp.
    ("chrono", "jiff behind domain::time", &["feed-rs"]),
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// Asks cargo and compares.
pub fn check(root: &Path) -> Result<()> {
    let output = Command::new("cargo")
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root)
        .output()
        .context("cargo metadata")?;
    if !output.status.success() {
        bail!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let mut wrong = faults(&metadata);
    wrong.extend(banned(
        &fs::read_to_string(root.join("Cargo.lock")).context("Cargo.lock")?,
    ));
    if !wrong.is_empty() {
        bail!(
            "arrows that are not in ARCHITECTURE.md:\n{}",
            wrong.join("\n")
        );
    }
    println!("arrows: {} crates point inwards", metadata.packages.len());
    Ok(())
}

fn faults(metadata: &Metadata) -> Vec<String> {
    let house: BTreeSet<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    let mut faults = Vec::new();
    for package in &metadata.packages {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            faults.push(format!(
                "{} has no arrows yet: add it to xtask/src/arrows.rs",
                package.name
            ));
            continue;
        };
        for dependency in package
            .dependencies
            .iter()
            .filter(|d| d.kind.as_deref() != Some("dev"))
        {
            let name = dependency.name.as_str();
            if house.contains(name) && !allowed.contains(&name) {
                faults.push(format!("{} -> {name}", package.name));
            }
            if let Some((_, bearers)) = WEIGHTS.iter().find(|(weight, _)| *weight == name)
                && !bearers.contains(&package.name.as_str())
            {
                faults.push(format!(
                    "{} -> {name}: only {} may",
                    package.name,
                    bearers.join(", ")
                ));
            }
        }
    }
    faults
}

/// Banned packages that a lock file holds, unless only those who may bring them do.
fn banned(lock: &str) -> Vec<String> {
    let packages: Vec<&str> = lock.split("[[package]]\n").collect();
    let mut faults = Vec::new();
    for (name, instead, bearers) in BANNED {
        let is = |package: &str, name: &str| package.starts_with(&format!("name = \"{name}\"\n"));
        let brings = |package: &str| {
            package.contains(&format!("\n \"{name}\",\n"))
                || package.contains(&format!("\n \"{name} "))
        };
        if !packages.iter().any(|package| is(package, name)) {
            continue;
        }
        let mut from = packages.iter().filter(|package| brings(package)).peekable();
        let excused = from.peek().is_some()
            && from.all(|package| bearers.iter().any(|bearer| is(package, bearer)));
        if !excused {
            faults.push(format!("Cargo.lock holds {name}: use {instead}"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    type Named<'a> = (&'a str, Option<&'a str>);

    fn metadata(packages: &[(&str, &[Named<'_>])]) -> Metadata {
        Metadata {
            packages: packages
                .iter()
                .map(|(name, dependencies)| Package {
                    name: (*name).to_owned(),
                    dependencies: dependencies
                        .iter()
                        .map(|(name, kind)| Dependency {
                            name: (*name).to_owned(),
                            kind: kind.map(str::to_owned),
                        })
                        .collect(),
                })
                .collect(),
        }
    }

    #[test]
    fn an_arrow_outwards_is_named() {
        let found = faults(&metadata(&[
            (
                "yutang-store",
                &[
                    ("yutang-domain", None),
                    ("sqlx", None),
                    ("yutang-testkit", Some("dev")),
                ],
            ),
            ("yutang-testkit", &[]),
            ("yutang-domain", &[("yutang-store", None)]),
            ("yutang-api", &[("yutang-store", None), ("sqlx", None)]),
            ("yutang-app", &[("yutang-testkit", None)]),
            ("yutang-utils", &[]),
        ]));
        assert_eq!(
            found,
            [
                "yutang-domain -> yutang-store",
                "yutang-api -> yutang-store",
                "yutang-api -> sqlx: only yutang-store, yutang-testkit may",
                "yutang-app -> yutang-testkit",
                "yutang-utils has no arrows yet: add it to xtask/src/arrows.rs",
            ]
        );
    }

    #[test]
    fn a_banned_package_is_named_with_what_to_use() {
        let lock = "[[package]]\nname = \"chrono\"\nversion = \"1\"\n[[package]]\nname = \"chrono-like\"\n";
        let fault = ["Cargo.lock holds chrono: use jiff behind domain::time"];
        assert_eq!(banned(lock), fault);
        let by = |name: &str, what: &str| {
            format!("{lock}[[package]]\nname = \"{name}\"\ndependencies = [\n \"{what}\",\n]\n")
        };
        assert_eq!(banned(&by("feed-rs", "chrono")), Vec::<String>::new());
        assert_eq!(banned(&by("feed-rs", "chrono-like")), fault);
        assert_eq!(banned(&by("yutang-domain", "chrono")), fault);
        let both = by("feed-rs", "chrono 0.4.45") + &by("croner", "chrono 0.4.45");
        assert_eq!(banned(&both), fault);
    }

    #[test]
    fn arrows_have_no_circle() {
        for (name, allowed) in ARROWS {
            for target in *allowed {
                let (_, back) = ARROWS.iter().find(|(other, _)| other == target).unwrap();
                assert!(!back.contains(name), "{name} <-> {target}");
            }
        }
    }
}
