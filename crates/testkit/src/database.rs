//! A database for one test, on either engine.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures::FutureExt as _;
use sqlx::{AssertSqlSafe, Connection as _};
use yutang_domain::time::Clock as _;
use yutang_store::{Engine, Store, migrate::migrate};

use crate::{ManualClock, cluster};

/// A story that takes longer hangs: it waits for something that will not come. At full size it does
/// the same many more times.
fn ceiling() -> Duration {
    let soak = std::env::var_os("YUTANG_SOAK").is_some();
    Duration::from_mins(if soak { 30 } else { 5 })
}

/// An empty database of one test: a file in a folder of its own, or a schema of its own.
///
/// Clones are the same database; it is removed by [`run`], or by [`TestDatabase::remove`].
#[derive(Clone, Debug)]
pub struct TestDatabase {
    engine: Engine,
    url: String,
    folder: Arc<tempfile::TempDir>,
    schema: Option<(String, String)>,
}

impl TestDatabase {
    /// An empty database on `engine`.
    ///
    /// # Panics
    /// There is no PostgreSQL: the message says how to install it.
    pub async fn new(engine: Engine) -> Self {
        let folder = Arc::new(
            tempfile::Builder::new()
                .prefix("yutang-test-")
                .tempdir()
                .expect("the temporary folder is writable"),
        );
        let (url, schema) = match engine {
            Engine::Sqlite => (
                format!("sqlite:{}", folder.path().join("yutang.db").display()),
                None,
            ),
            Engine::Postgres => {
                let server = tokio::task::spawn_blocking(cluster::url)
                    .await
                    .expect("starting a server does not panic")
                    .unwrap_or_else(|missing| panic!("{missing}"));
                let name = schema_name(folder.path());
                statement(&server, format!("CREATE SCHEMA {name}")).await;
                let separator = if server.contains('?') { '&' } else { '?' };
                let url = format!("{server}{separator}options=-c%20search_path%3D{name}");
                (url, Some((server, name)))
            }
        };
        Self {
            engine,
            url,
            folder,
            schema,
        }
    }

    /// The engine it is on.
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// What [`Store::open`] and `--database` take.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A folder that lives as long as the database, for whatever else the test writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path inside [`TestDatabase::folder`].
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens it as it is.
    ///
    /// # Panics
    /// It cannot be opened.
    pub async fn open(&self) -> Store {
        Store::open(&self.url)
            .await
            .expect("the database of the test opens")
    }

    /// Opens it with the schema of this program.
    ///
    /// # Panics
    /// A migration fails.
    pub async fn migrated(&self) -> Store {
        let store = self.open().await;
        migrate(&store, ManualClock::default().now())
            .await
            .expect("the schema applies");
        store
    }

    /// Removes a schema from its server; a file goes with its folder.
    pub async fn remove(&self) {
        if let Some((server, name)) = &self.schema {
            statement(server, format!("DROP SCHEMA {name} CASCADE")).await;
        }
    }
}

/// Runs `story` on a database of its own and removes it, also after a failed assertion.
///
/// # Panics
/// As `story`.
pub async fn run<F: Future<Output = ()>>(engine: Engine, story: impl FnOnce(TestDatabase) -> F) {
    let database = TestDatabase::new(engine).await;
    let told = AssertUnwindSafe(story(database.clone())).catch_unwind();
    let ceiling = ceiling();
    let outcome = tokio::time::timeout(ceiling, told).await;
    database.remove().await;
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(panic)) => resume_unwind(panic),
        Err(elapsed) => panic!("the story on {engine:?} hangs: {elapsed} of {ceiling:?}"),
    }
}

/// The folder's random name is unique on this machine; the counter serves a second database of
/// the same test process.
fn schema_name(folder: &Path) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let random: String = folder
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{random}_{}_{count}", std::process::id())
}

async fn statement(server: &str, text: String) {
    let mut connection = sqlx::PgConnection::connect(server)
        .await
        .unwrap_or_else(|error| panic!("the PostgreSQL server for tests does not answer: {error}"));
    sqlx::raw_sql(AssertSqlSafe(text))
        .execute(&mut connection)
        .await
        .expect("schemas can be made");
    connection.close().await.expect("the connection closes");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_databases_of_one_engine_do_not_meet() {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let (one, two) = (
                TestDatabase::new(engine).await,
                TestDatabase::new(engine).await,
            );
            assert_ne!(one.url(), two.url());
            one.migrated().await.close().await;
            let other = two.open().await;
            assert_eq!(
                yutang_store::migrate::pending(&other).await.unwrap(),
                yutang_store::migrate::Pending::Fresh
            );
            other.close().await;
            one.remove().await;
            two.remove().await;
        }
    }

    #[tokio::test]
    #[should_panic(expected = "the story's own words")]
    async fn a_failed_story_is_removed_and_still_fails() {
        run(Engine::Postgres, async |_| panic!("the story's own words")).await;
    }
}
