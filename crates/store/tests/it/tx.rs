//! Transactions: purpose, repetition, many rows at once, values of every type.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use yutang_domain::{error::Rule as _, id::Id, time::Clock as _};
use yutang_store::{
    Engine, Mode, Result, Store, StoreError, Tx, Value, migrate::migrate, params, record, sql,
};
use yutang_testkit::{ManualClock, TestDatabase, both_engines};

async fn set(tx: &mut Tx, name: &str, value: i64) -> Result<u64> {
    tx.execute(
        sql!(
            "INSERT INTO sequence (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        params![name, value],
    )
    .await
}

async fn get(tx: &mut Tx, name: &str) -> Result<Option<i64>> {
    tx.find(
        sql!("SELECT value AS n FROM sequence WHERE name = $1"),
        params![name],
    )
    .await
}

async fn read(store: &Store, name: &str) -> Option<i64> {
    let mut tx = store.begin(Mode::Read).await.unwrap();
    get(&mut tx, name).await.unwrap()
}

/// Reads the hot row and writes what it read plus one: right only for a transaction that runs as
/// if alone.
async fn increment(store: &Store, attempts_made: &AtomicU32) -> Result<()> {
    let mut attempts = store.attempts(Mode::Write);
    loop {
        attempts_made.fetch_add(1, Ordering::Relaxed);
        let mut tx = attempts.begin().await?;
        let outcome = match get(&mut tx, "hot").await {
            Ok(value) => set(&mut tx, "hot", value.unwrap_or(0) + 1).await,
            Err(error) => Err(error),
        };
        if let ControlFlow::Break(outcome) = attempts.end(tx, outcome).await {
            return outcome.map(|_| ());
        }
    }
}

both_engines! {
    /// A verb that only reads cannot change anything by accident.
    async fn a_reading_transaction_cannot_write(database: TestDatabase) {
        let store = database.migrated().await;
        let mut tx = store.begin(Mode::Read).await.unwrap();
        let refused = set(&mut tx, "forbidden", 1).await;
        assert!(matches!(refused, Err(StoreError::Driver(_))), "{refused:?}");
        drop(tx);
        assert_eq!(read(&store, "forbidden").await, None);
        store.close().await;
    }

    /// What is not committed never was, and only a writing commit is announced.
    async fn a_dropped_transaction_leaves_nothing(database: TestDatabase) {
        let store = database.migrated().await;
        for mode in [Mode::Write, Mode::Guarded] {
            let mut committed = store.committed();
            committed.mark_unchanged();
            let mut tx = store.begin(mode).await.unwrap();
            set(&mut tx, "kept", 1).await.unwrap();
            drop(tx);
            assert_eq!(read(&store, "kept").await, None, "{mode:?}");
            store.begin(Mode::Read).await.unwrap().commit().await.unwrap();
            assert!(!committed.has_changed().unwrap(), "{mode:?}");
        }
        let mut committed = store.committed();
        committed.mark_unchanged();
        let mut tx = store.begin(Mode::Write).await.unwrap();
        set(&mut tx, "kept", 1).await.unwrap();
        tx.commit().await.unwrap();
        assert!(committed.has_changed().unwrap());
        assert_eq!(read(&store, "kept").await, Some(1));
        store.close().await;
    }

    /// Three writers on one row lose no step, however often they get in each other's way.
    async fn three_writers_on_one_hot_row_lose_nothing(database: TestDatabase) {
        const STEPS: i64 = 20;
        let made = Arc::new(AtomicU32::new(0));
        let mut writers = tokio::task::JoinSet::new();
        let clock = ManualClock::default();
        database.migrated().await.close().await;
        for _ in 0..3 {
            let (database, made) = (database.clone(), Arc::clone(&made));
            let now = clock.now();
            writers.spawn(async move {
                let store = database.open().await;
                migrate(&store, now).await.unwrap();
                for _ in 0..STEPS {
                    while let Err(error) = increment(&store, &made).await {
                        assert!(error.is_retry(), "{error}");
                    }
                }
                store.close().await;
            });
        }
        while let Some(writer) = writers.join_next().await {
            writer.unwrap();
        }
        let store = database.open().await;
        assert_eq!(read(&store, "hot").await, Some(3 * STEPS));
        assert!(i64::from(made.load(Ordering::Relaxed)) >= 3 * STEPS);
        store.close().await;
    }

    /// Rows are cut into statements of up to 64 and counted; what is there already is not.
    async fn many_rows_are_inserted_and_counted(database: TestDatabase) {
        let store = database.migrated().await;
        let mut tx = store.begin(Mode::Guarded).await.unwrap();
        let rows = |to: i64| (0..to).map(|n| params![format!("row-{n:03}"), n]).collect::<Vec<_>>();
        let head = "INSERT INTO sequence (name, value) VALUES";
        let tail = "ON CONFLICT DO NOTHING";
        assert_eq!(tx.insert_many(head, rows(151), tail).await.unwrap(), 151);
        assert_eq!(tx.insert_many(head, rows(200), tail).await.unwrap(), 49);
        assert_eq!(tx.insert_many(head, Vec::new(), tail).await.unwrap(), 0);
        let numbered = (190_i64..203).map(|n| params![1_000 + n, format!("row-{n:03}")]).collect::<Vec<_>>();
        let head = "INSERT INTO sequence (value, name) VALUES";
        let among = "SELECT value AS n FROM sequence WHERE value IN";
        for expected in [&[1_200, 1_201, 1_202][..], &[]] {
            let new: Vec<Id<()>> = tx.insert_new(head, numbered.clone(), tail, among).await.unwrap();
            assert_eq!(new.into_iter().map(Id::raw).collect::<Vec<_>>(), expected);
        }
        let sum = tx
            .count(sql!("SELECT CAST(SUM(value) AS BIGINT) AS n FROM sequence"), params![])
            .await
            .unwrap();
        assert_eq!(sum, (0..200).sum::<i64>() + 1_200 + 1_201 + 1_202);
        tx.commit().await.unwrap();
        store.close().await;
    }

    /// A list of values asked for at run time finds just those, an empty one nothing.
    async fn a_list_put_together_at_run_time(database: TestDatabase) {
        let store = database.migrated().await;
        let mut tx = store.begin(Mode::Guarded).await.unwrap();
        for name in ["a", "b", "c"] {
            set(&mut tx, name, 1).await.unwrap();
        }
        for (names, expected) in [(vec!["a", "c", "z"], 2), (vec![], 0)] {
            let mut query = sql::Query::new("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM sequence WHERE name IN ");
            query.list(names);
            assert_eq!(tx.all_of::<i64>(query).await.unwrap(), [expected]);
        }
        tx.commit().await.unwrap();
        store.close().await;
    }

    /// Texts, bytes, truth, numbers and nothing come back as they went in.
    async fn values_come_back_as_they_went_in(database: TestDatabase) {
        record! {
            /// A workspace as stored.
            pub struct Stored {
                /// Text.
                pub name: String,
                /// Truth.
                pub demo: bool,
                /// A number.
                pub created_at: i64,
            }
        }
        record! {
            /// A binary object as stored.
            pub struct Bytes {
                /// Any bytes.
                pub bytes: Vec<u8>,
            }
        }
        record! {
            /// Columns that may hold nothing.
            pub struct Maybe {
                /// A text or nothing.
                pub code: Option<String>,
                /// A number or nothing.
                pub archived_at: Option<i64>,
            }
        }
        let store = database.migrated().await;
        let mut tx = store.begin(Mode::Write).await.unwrap();
        for (id, demo, created_at) in [(1_i64, true, i64::MAX), (2, false, i64::MIN)] {
            tx.execute(
                sql!(
                    "INSERT INTO workspace (id, slug, name, zone, currency, locale, demo, settings,
                                            created_at, updated_at)
                     VALUES ($1, $2, $3, 'Asia/Shanghai', 'CNY', 'zh-Hans', $4, '{}', $5, 0)"
                ),
                params![id, format!("w{id}"), "麦田\0里'烘焙\"🍞", demo, created_at],
            )
            .await
            .unwrap();
            let row: Stored = tx
                .one("workspace", sql!("SELECT name, demo, created_at FROM workspace WHERE id = $1"), params![id])
                .await
                .unwrap();
            assert_eq!(row.name, "麦田里'烘焙\"🍞", "NUL is left out, everything else stays");
            assert_eq!((row.demo, row.created_at), (demo, created_at));
        }
        let every_byte: Vec<u8> = (0..=255).collect();
        for (hash, bytes) in [(vec![0_u8], every_byte), (vec![1], Vec::new())] {
            tx.execute(
                sql!("INSERT INTO blob (workspace_id, hash, mime, size, bytes, created_at) VALUES (1, $1, '', 0, $2, 0)"),
                params![hash.clone(), bytes.clone()],
            )
            .await
            .unwrap();
            let row: Bytes = tx
                .one("blob", sql!("SELECT bytes FROM blob WHERE hash = $1"), params![hash])
                .await
                .unwrap();
            assert_eq!(row.bytes, bytes);
        }
        for (id, code, archived_at) in [(10_i64, Some("A1"), Some(5_i64)), (11, None, None)] {
            tx.execute(
                sql!(
                    "INSERT INTO branch (id, workspace_id, kind, name, name_sort, code, path, archived_at, created_at)
                     VALUES ($1, 1, 'store', $2, '', $3, '', $4, 0)"
                ),
                params![id, id.to_string(), code, archived_at],
            )
            .await
            .unwrap();
            let row: Maybe = tx
                .one("branch", sql!("SELECT code, archived_at FROM branch WHERE id = $1"), params![id])
                .await
                .unwrap();
            assert_eq!((row.code.as_deref(), row.archived_at), (code, archived_at));
        }
        for real in [Some(0.1 + 0.2), Some(-1e300), None] {
            record! {
                /// A statistic.
                pub struct Statistic {
                    /// A number or nothing.
                    pub real: Option<f64>,
                }
            }
            let row: Statistic = tx
                .one("statistic", sql!("SELECT CAST($1 AS DOUBLE PRECISION) AS real"), vec![Value::Real(real)])
                .await
                .unwrap();
            assert_eq!(row.real.map(f64::to_bits), real.map(f64::to_bits));
        }
        tx.commit().await.unwrap();
        store.close().await;
    }

    /// A refused row is a conflict that names the constraint, on both engines.
    async fn constraints_refuse_by_name(database: TestDatabase) {
        let store = database.migrated().await;
        for (workspace, kind) in [(404_i64, "store"), (404, "castle")] {
            let mut tx = store.begin(Mode::Write).await.unwrap();
            let refused = tx
                .execute(
                    sql!(
                        "INSERT INTO branch (id, workspace_id, kind, name, name_sort, path, created_at)
                         VALUES (1, $1, $2, 'a', 'a', '', 0)"
                    ),
                    params![workspace, kind],
                )
                .await;
            drop(tx);
            assert!(matches!(refused, Err(StoreError::Conflict(_))), "{kind}: {refused:?}");
        }
        store.close().await;
    }
}

/// Two that read the same and write what follows from it: the second has to try again.
#[tokio::test]
async fn the_later_of_two_that_read_the_same_is_told_to_retry() {
    yutang_testkit::database::run(Engine::Postgres, async |database: TestDatabase| {
        let store = database.migrated().await;
        let mut first = store.begin(Mode::Write).await.unwrap();
        let mut second = store.begin(Mode::Write).await.unwrap();
        assert_eq!(get(&mut first, "hot").await.unwrap(), None);
        assert_eq!(get(&mut second, "hot").await.unwrap(), None);
        set(&mut first, "hot", 1).await.unwrap();
        first.commit().await.unwrap();
        let written = set(&mut second, "hot", 1).await;
        let outcome = second.commit().await;
        let outcome = written.and(outcome);
        assert!(outcome.is_err_and(|error| error.is_retry()));
        store.close().await;
    })
    .await;
}

/// Bytes that do not fit into a file of so few pages.
async fn too_much(tx: &mut Tx) -> Result<u64> {
    tx.execute(
        sql!("INSERT INTO sequence (name, value) VALUES ($1, 1)"),
        params!["x".repeat(1 << 20)],
    )
    .await
}

/// SQLite takes a transaction back by itself when the disk is full; the only connection that
/// writes must not stay in the belief that one is open.
#[tokio::test]
async fn after_a_full_disk_the_writer_writes_again() {
    yutang_testkit::database::run(Engine::Sqlite, async |database: TestDatabase| {
        let store = database.migrated().await;
        for mode in [Mode::Write, Mode::Guarded] {
            let mut tx = store.begin(mode).await.unwrap();
            tx.execute("PRAGMA max_page_count = 1", params![])
                .await
                .unwrap();
            set(&mut tx, "before", 1).await.unwrap();
            let full = too_much(&mut tx).await.unwrap_err();
            assert!(matches!(full, StoreError::DiskFull { .. }), "{full}");
            assert_eq!(full.at().as_deref(), Some(store.place()));
            // Whether it is dropped or committed after all: nothing of it is kept.
            if mode == Mode::Write {
                drop(tx);
            } else {
                tx.commit().await.unwrap_err();
            }
            assert_eq!(read(&store, "before").await, None, "{mode:?}");
        }
        let mut tx = store.begin(Mode::Write).await.unwrap();
        too_much(&mut tx).await.unwrap();
        set(&mut tx, "after", 1).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(read(&store, "after").await, Some(1));
        store.close().await;
    })
    .await;
}

/// What is no database is said to be none, with the file and what helps.
#[tokio::test]
async fn a_file_that_is_no_database_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("garbage.db");
    std::fs::write(&path, "garbage ".repeat(1000)).unwrap();
    let refused = Store::open(&path.display().to_string()).await.unwrap_err();
    assert_eq!(refused.code(), "store.damaged", "{refused}");
    assert_eq!(refused.at(), Some(path.display().to_string()));
    assert!(refused.to_string().contains("yutang restore"), "{refused}");
    let nowhere = folder.path().join("none").join("yutang.db");
    let refused = Store::open(&nowhere.display().to_string())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "store.open", "{refused}");
    assert!(refused.to_string().contains("may be written"), "{refused}");
}
