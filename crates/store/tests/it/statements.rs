//! Every statement of the catalogue is understood by both engines.

use std::{collections::BTreeMap, fs, path::Path};

use sqlx::{Connection as _, Executor as _, SqlSafeStr as _};
use yutang_store::{Engine, sql};
use yutang_testkit::{TestDatabase, both_engines};

both_engines! {
    /// A typing error in a statement is found here, with its place, before anything runs it.
    async fn every_statement_prepares(database: TestDatabase) {
        database.migrated().await.close().await;
        let mut refused = Vec::new();
        let mut count = 0;
        match database.engine() {
            Engine::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
                for statement in sql::catalogue() {
                    count += 1;
                    if let Err(error) = connection.prepare(statement.text.into_sql_str()).await {
                        refused.push((statement.place, error.to_string()));
                    }
                }
                connection.close().await.unwrap();
            }
            Engine::Postgres => {
                let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
                for statement in sql::catalogue() {
                    count += 1;
                    if let Err(error) = connection.prepare(statement.text.into_sql_str()).await {
                        refused.push((statement.place, error.to_string()));
                    }
                }
                connection.close().await.unwrap();
            }
        }
        refused.sort();
        let report: Vec<String> =
            refused.iter().map(|(place, error)| format!("{place}: {error}")).collect();
        assert!(
            report.is_empty(),
            "{} of {count} statements are refused by {:?}:\n{}",
            report.len(),
            database.engine(),
            report.join("\n")
        );
    }
}

#[test]
fn no_statement_of_the_sources_is_missing_from_the_catalogue() {
    let mut registered: BTreeMap<&str, usize> = BTreeMap::new();
    for statement in sql::catalogue() {
        let file = statement
            .place
            .rsplit_once(':')
            .map_or(statement.place, |(file, _)| file);
        *registered.entry(file).or_default() += 1;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut written = 0;
    let mut missing = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|e| e != "rs") || path.ends_with("src/sql.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let count = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .map(|line| line.matches("sql!(").count())
                .sum::<usize>();
            written += count;
            let name = Path::new("crates/store").join(path.strip_prefix(root).unwrap());
            let found = registered.get(name.to_str().unwrap()).copied().unwrap_or(0);
            if found < count {
                missing.push(format!(
                    "{}: {count} written, {found} registered",
                    name.display()
                ));
            }
        }
    }
    assert!(written > 0, "the sources hold statements");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
