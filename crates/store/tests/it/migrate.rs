//! Migrations: from nothing, again, at once, and what is refused.

use yutang_domain::{error::Rule as _, time::Clock as _};
use yutang_store::{
    Mode, Store, StoreError,
    migrate::{MIGRATIONS, Pending, known_version, migrate, migrate_to, pending},
    params, sql,
};
use yutang_testkit::{ManualClock, TestDatabase, both_engines};

async fn execute(store: &Store, text: &'static str) {
    let mut tx = store.begin(Mode::Guarded).await.unwrap();
    assert_eq!(tx.execute(text, params![]).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

both_engines! {
    /// A fresh database gets every migration once; a second start changes nothing.
    async fn fresh_and_again(database: TestDatabase) {
        let store = database.open().await;
        let now = ManualClock::default().now();
        assert_eq!(pending(&store).await.unwrap(), Pending::Fresh);
        assert_eq!(migrate(&store, now).await.unwrap(), MIGRATIONS.len());
        assert_eq!(pending(&store).await.unwrap(), Pending::None);
        assert_eq!(migrate(&store, now).await.unwrap(), 0);
        store.close().await;
    }

    /// Numbers have no gaps, so that "the latest" is a number.
    async fn an_earlier_schema_is_brought_up(database: TestDatabase) {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, i64::try_from(index).unwrap() + 1, "{}", migration.name);
        }
        let store = database.open().await;
        let now = ManualClock::default().now();
        assert_eq!(migrate_to(&store, now, 3).await.unwrap(), 3);
        let (from, to) = (3, known_version());
        assert_eq!(pending(&store).await.unwrap(), Pending::Upgrade { from, to });
        assert_eq!(migrate(&store, now).await.unwrap(), MIGRATIONS.len() - 3);
        store.close().await;
    }

    /// Whoever starts first migrates; the others wait and find the work done.
    async fn several_at_once_apply_each_step_once(database: TestDatabase) {
        let now = ManualClock::default().now();
        let mut starts = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let database = database.clone();
            starts.spawn(async move {
                let store = database.open().await;
                let applied = migrate(&store, now).await;
                store.close().await;
                applied
            });
        }
        let mut applied = 0;
        while let Some(start) = starts.join_next().await {
            applied += start.unwrap().unwrap();
        }
        assert_eq!(applied, MIGRATIONS.len());
    }

    /// A newer schema that an older program may still use is used; one that it may not is named.
    async fn a_newer_schema_is_refused_if_it_asks_for_a_newer_program(database: TestDatabase) {
        let store = database.migrated().await;
        execute(&store, sql!(
            "INSERT INTO migration (version, name, checksum, min_reader, applied_at)
             SELECT 900, '0900_later', checksum, 1, applied_at FROM migration WHERE version = 1"
        )).await;
        assert_eq!(pending(&store).await.unwrap(), Pending::None);
        execute(&store, sql!("UPDATE migration SET min_reader = 899 WHERE version = 900")).await;
        let refused = migrate(&store, ManualClock::default().now()).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::Newer { found: 900, min_reader: 899, known, .. } if known == known_version()),
            "{refused}"
        );
        assert_eq!(refused.at().as_deref(), Some(store.place()), "it names the database");
        store.close().await;
    }

    /// A history that is not this program's is not built upon.
    async fn a_changed_migration_is_refused(database: TestDatabase) {
        let store = database.migrated().await;
        let mut tx = store.begin(Mode::Guarded).await.unwrap();
        tx.execute(
            sql!("UPDATE migration SET checksum = $1 WHERE version = 2"),
            params![vec![0_u8; 32]],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let refused = migrate(&store, ManualClock::default().now()).await.unwrap_err();
        assert!(matches!(refused, StoreError::MigrationChanged { version: 2, .. }), "{refused}");
        store.close().await;
    }
}
