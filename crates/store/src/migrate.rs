//! Schema versions: forward only, the same text on both engines.

use ring::digest;
use yutang_domain::time::Timestamp;

use crate::{Engine, Mode, Result, Store, StoreError, Tx, params, record, sql, statistics};

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Number, from 1 without gaps.
    pub version: i64,
    /// The noun it is about.
    pub name: &'static str,
    /// Portable DDL; `ROWKEY`, `BYTES` and `CLUSTERED` (rows lie in the order of the primary key,
    /// where the engine can) are replaced by dialect.
    pub text: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal),+ $(,)?) => {
        /// Every migration this program carries, in order.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            text: include_str!(concat!("../migrations/", $name, ".sql")),
        }),+];
    };
}

migrations! {
    1 "0001_workspace",
    2 "0002_member",
    3 "0003_group",
    4 "0004_message",
    5 "0005_order",
    6 "0006_import",
    7 "0007_event",
    8 "0008_hook",
    9 "0009_connection",
    10 "0010_gate",
    11 "0011_moderation",
    12 "0012_alarm",
    13 "0013_robot",
    14 "0014_announcement",
    15 "0015_entry_fee",
    16 "0016_broadcast",
    17 "0017_playbook",
    18 "0018_webhook",
}

record! {
    /// A migration that has been applied.
    pub struct Applied {
        /// Its number.
        pub version: i64,
        /// SHA-256 of its text.
        pub checksum: Vec<u8>,
        /// Oldest program version that may use a database with it.
        pub min_reader: i64,
    }
}

/// What there is to do before the database can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    /// Nothing.
    None,
    /// The database is empty.
    Fresh,
    /// An earlier schema: this many migrations are to be applied, after a backup.
    Upgrade {
        /// Version found.
        from: i64,
        /// Version this program carries.
        to: i64,
    },
}

impl Migration {
    fn checksum(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.text.as_bytes())
            .as_ref()
            .to_vec()
    }

    fn min_reader(&self) -> i64 {
        self.text
            .lines()
            .find_map(|line| line.strip_prefix("-- min_reader:"))
            .and_then(|number| number.trim().parse().ok())
            .unwrap_or(self.version)
    }

    fn for_engine(&self, engine: Engine) -> String {
        let (key, bytes, clustered) = match engine {
            Engine::Sqlite => ("INTEGER PRIMARY KEY NOT NULL", "BLOB", ") WITHOUT ROWID;"),
            Engine::Postgres => ("BIGINT PRIMARY KEY NOT NULL", "BYTEA", ");"),
        };
        self.text
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .collect::<Vec<_>>()
            .join("\n")
            .replace(" ROWKEY", &format!(" {key}"))
            .replace(" BYTES", &format!(" {bytes}"))
            .replace(") CLUSTERED;", clustered)
    }
}

/// The latest version this program carries.
pub fn known_version() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.version)
}

async fn applied(store: &Store) -> Result<Vec<Applied>> {
    let mut tx = store.begin(Mode::Guarded).await?;
    if store.engine() == Engine::Postgres {
        // IF NOT EXISTS does not keep two that create at the same moment apart.
        tx.script("SELECT pg_advisory_xact_lock(8088008)".to_owned())
            .await?;
    }
    tx.script(
        "CREATE TABLE IF NOT EXISTS migration (
            version BIGINT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            checksum BYTES NOT NULL,
            min_reader BIGINT NOT NULL,
            applied_at BIGINT NOT NULL
        )"
        .replace(
            " BYTES",
            match store.engine() {
                Engine::Sqlite => " BLOB",
                Engine::Postgres => " BYTEA",
            },
        ),
    )
    .await?;
    let rows = tx
        .all(
            sql!("SELECT version, checksum, min_reader FROM migration ORDER BY version"),
            params![],
        )
        .await?;
    tx.commit().await?;
    Ok(rows)
}

/// Whether the database has no schema yet; looking makes nothing.
///
/// # Errors
/// The engine refused.
pub async fn is_fresh(store: &Store) -> Result<bool> {
    let text = match store.engine() {
        Engine::Sqlite => {
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM sqlite_master WHERE name = 'migration'"
        }
        Engine::Postgres => {
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_name = 'migration'"
        }
    };
    let mut tx = store.begin(Mode::Read).await?;
    let found: Vec<i64> = tx.all(text, params![]).await?;
    Ok(found == [0])
}

/// Compares the database with this program.
///
/// # Errors
/// [`StoreError::Newer`] if the database asks for a newer program,
/// [`StoreError::MigrationChanged`] if its history is another one.
pub async fn pending(store: &Store) -> Result<Pending> {
    let applied = applied(store).await?;
    let known = known_version();
    let Some(last) = applied.last() else {
        return Ok(Pending::Fresh);
    };
    let min_reader = applied.iter().map(|a| a.min_reader).max().unwrap_or(0);
    if min_reader > known {
        return Err(StoreError::Newer {
            place: store.place().to_owned(),
            found: last.version,
            min_reader,
            known,
        });
    }
    for row in &applied {
        if let Some(migration) = MIGRATIONS.iter().find(|m| m.version == row.version)
            && migration.checksum() != row.checksum
        {
            return Err(StoreError::MigrationChanged {
                place: store.place().to_owned(),
                version: row.version,
            });
        }
    }
    if last.version >= known {
        return Ok(Pending::None);
    }
    Ok(Pending::Upgrade {
        from: last.version,
        to: known,
    })
}

/// The latest migration of the database that a transaction is open on; 0 = none.
///
/// # Errors
/// The engine refused.
pub async fn version(tx: &mut Tx) -> Result<i64> {
    tx.count(
        sql!("SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) AS n FROM migration"),
        params![],
    )
    .await
}

/// Applies what is pending, each migration in its own transaction; safe to call from several
/// processes at once. Returns how many were applied.
///
/// # Errors
/// As [`pending`], or the engine refused a step; the steps before it stay.
pub async fn migrate(store: &Store, now: Timestamp) -> Result<usize> {
    migrate_to(store, now, known_version()).await
}

/// Applies migrations up to and including `version`; for tests of upgrades.
///
/// # Errors
/// As [`migrate`].
pub async fn migrate_to(store: &Store, now: Timestamp, version: i64) -> Result<usize> {
    pending(store).await?;
    let mut count = 0;
    for migration in MIGRATIONS.iter().filter(|m| m.version <= version) {
        let mut tx = store.begin(Mode::Guarded).await?;
        if store.engine() == Engine::Postgres {
            tx.script("LOCK TABLE migration IN ACCESS EXCLUSIVE MODE".to_owned())
                .await?;
        }
        let done = tx
            .count(
                sql!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM migration WHERE version = $1"),
                params![migration.version],
            )
            .await?;
        if done > 0 {
            continue;
        }
        tx.script(migration.for_engine(store.engine())).await?;
        tx.execute(
            sql!(
                "INSERT INTO migration (version, name, checksum, min_reader, applied_at)
                 VALUES ($1, $2, $3, $4, $5)"
            ),
            params![
                migration.version,
                migration.name,
                migration.checksum(),
                migration.min_reader(),
                now
            ],
        )
        .await?;
        tx.commit().await?;
        count += 1;
    }
    if count > 0 {
        let mut tx = store.begin(Mode::Guarded).await?;
        statistics::seed(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(count)
}
