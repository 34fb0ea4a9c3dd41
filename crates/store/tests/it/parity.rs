//! Both engines hold one schema, and it is the committed one.

use std::{env, fs, path::Path};

use yutang_testkit::{TestDatabase, both_engines};

use crate::schema::{introspect, text};

/// Set by `cargo xtask gen`: write the file instead of comparing with it.
const REGENERATE: &str = "YUTANG_WRITE_SCHEMA";

both_engines! {
    /// `schema.txt` is what a reviewer sees of a migration, and what keeps the engines together.
    async fn the_schema_is_the_committed_one(database: TestDatabase) {
        database.migrated().await.close().await;
        let found = text(&introspect(&database).await);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.txt");
        if env::var_os(REGENERATE).is_some() {
            // The test of the other engine may be reading: the file is replaced, never half-written.
            let new = path.with_extension(format!("{:?}", database.engine()));
            fs::write(&new, &found).unwrap();
            fs::rename(&new, &path).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        let difference: Vec<String> = found
            .lines()
            .filter(|line| !committed.lines().any(|other| other == *line))
            .map(|line| format!("+ {line}"))
            .chain(
                committed
                    .lines()
                    .filter(|line| !found.lines().any(|other| other == *line))
                    .map(|line| format!("- {line}")),
            )
            .collect();
        assert!(
            found == committed,
            "schema.txt is not what {:?} holds; `cargo xtask gen` writes it anew:\n{}",
            database.engine(),
            difference.join("\n")
        );
    }
}
