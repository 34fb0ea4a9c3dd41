//! The description of the API.

use std::{collections::BTreeMap, fs, path::Path};

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push((
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            ));
        }
    }
}

/// Two types of one name would silently share one description.
#[test]
fn every_schema_has_a_name_of_its_own() {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in &files {
        for (at, _) in text.match_indices("ToSchema)]") {
            let declared = text[at..].lines().find(|l| {
                l.starts_with("pub ") || l.starts_with("struct ") || l.starts_with("enum ")
            });
            let name = declared.and_then(|line| {
                line.split([' ', '<', '(', ';'])
                    .skip_while(|w| !matches!(*w, "struct" | "enum"))
                    .nth(1)
            });
            if let Some(name) = name {
                places
                    .entry(name.to_owned())
                    .or_default()
                    .push(path.clone());
            }
        }
    }
    assert!(places.len() > 50, "the types are found: {}", places.len());
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}
