//! Running an installation: backups, moves, a new key, the doctor, letting go of texts.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use yutang_app::{
    App, Options,
    db_copy::{CopyError, db_copy},
    doctor::Finding,
    import::{self, Request},
    member::MemberInput,
    restore::{KeyState, RestoreError, restore},
    rotate::RotateError,
    sweeps,
};
use yutang_domain::{
    id::{MemberId, TagId, WorkspaceId},
    import::ImportKind,
    time::{Clock as _, DAY, HOUR, MINUTE},
};
use yutang_import::DateOrder;
use yutang_store::{
    Engine, Mode, Store,
    archive::{self, Sum},
    channel_account::{self, ChannelAccount},
    migrate, params, tag,
    workspace::{self, Workspace},
};
use yutang_testkit::{ManualClock, TestApp, TestDatabase, both_engines};

const CHAT: &str = "\
[13/11/2026, 09:05:12] 王芳: 请问周六的吐司还有吗?我想订两个带回家
[13/11/2026, 09:06:40] 李雷: 有的,上次切片冷冻之后烤两分钟,跟刚出炉的一样好吃
[14/11/2026, 20:00:01] 王芳: 谢谢!那我周六早上十点过来拿
[15/11/2026, 10:30:00] 小陈: 今天的可颂很酥,推荐给大家,配咖啡正好
";

/// A community with a group, what was said in it, and members.
async fn settle(test: &TestApp) -> MemberId {
    let path = test.app.data().join("history.txt");
    fs::write(&path, CHAT).unwrap();
    let request = Request {
        kind: ImportKind::Chat,
        path,
        file_name: "history.txt".to_owned(),
        group: Some("海岸城福利1群".to_owned()),
        options: import::Options {
            dates: Some(DateOrder::Dmy),
            ..import::Options::default()
        },
    };
    test.app
        .import(&test.owner, &request, |_| {})
        .await
        .unwrap();
    let input = MemberInput {
        name: "赵小满".to_owned(),
        phone: Some("13812345678".to_owned()),
        city: Some("深圳".to_owned()),
        birthday: None,
        branch_id: None,
    };
    test.app
        .create_member(&test.owner, &input)
        .await
        .unwrap()
        .id
}

/// Rows and digest of every table that a copy has to bring over unchanged.
async fn sums(store: &Store) -> BTreeMap<String, Sum> {
    let mut sums = BTreeMap::new();
    let mut tx = store.begin(Mode::Read).await.unwrap();
    for table in archive::tables(&mut tx).await.unwrap() {
        if !["lease", "installation"].contains(&table.name()) {
            let sum = archive::read_lines::<yutang_store::StoreError>(&mut tx, &table, |_| Ok(()));
            sums.insert(table.name().to_owned(), sum.await.unwrap());
        }
    }
    assert!(
        sums["message"].rows >= 4 && sums["member"].rows >= 4,
        "{sums:?}"
    );
    sums
}

fn other(engine: Engine) -> Engine {
    match engine {
        Engine::Sqlite => Engine::Postgres,
        Engine::Postgres => Engine::Sqlite,
    }
}

/// How a program opens an empty database, with the key of another one.
fn target(database: &TestDatabase, key_of: &Path, now: &ManualClock) -> Options {
    let _ = fs::copy(
        key_of.join("secret.key"),
        database.folder().join("secret.key"),
    );
    Options {
        database: match database.engine() {
            Engine::Sqlite => None,
            Engine::Postgres => Some(database.url().to_owned()),
        },
        clock: std::sync::Arc::new(now.clone()),
        ..Options::in_folder(database.folder())
    }
}

fn url(test: &TestApp, database: &TestDatabase) -> String {
    match database.engine() {
        Engine::Sqlite => test.app.data().join("yutang.db").display().to_string(),
        Engine::Postgres => database.url().to_owned(),
    }
}

both_engines! {
    /// A backup comes back whole, into an empty database only, and stands still.
    async fn a_backup_comes_back_whole(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        settle(&test).await;
        let expected = sums(test.app.store()).await;
        let backup = test.app.backup(None, false).await.unwrap();
        assert_eq!(test.app.backups().unwrap(), std::slice::from_ref(&backup));
        assert!(!fs::read(&backup.path).unwrap().is_empty());

        let fresh = TestDatabase::new(database.engine()).await;
        let options = target(&fresh, test.app.data(), &test.clock);
        let restored = restore(&backup.path, &options, None).await.unwrap();
        assert_eq!(restored.verified, Some(true));
        let back = App::open(options.clone()).await.unwrap();
        assert_eq!(sums(back.store()).await, expected);
        assert!(back.backlog().await.unwrap().paused);
        assert!(back.resume().await.unwrap());
        assert!(back.examine().await.unwrap().checks.iter().all(|c| c.finding != Finding::Wrong));
        test.clock.advance(MINUTE);
        back.ids().renew(back.store()).await;
        let workspace = back.workspace(None).await.unwrap();
        let caller = back.console(&workspace).unwrap();
        let input = MemberInput {
            name: "新来的".to_owned(),
            phone: None,
            city: None,
            birthday: None,
            branch_id: None,
        };
        back.create_member(&caller, &input).await.unwrap();
        back.close().await;

        let again = restore(&backup.path, &options, None).await.unwrap_err();
        assert!(matches!(again.rule(), Some(RestoreError::NotEmpty(_))), "{again}");
        fresh.remove().await;
        test.finish().await;
    }

    /// An archive of one engine comes back on the other one.
    async fn an_archive_comes_back_on_the_other_engine(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        settle(&test).await;
        let expected = sums(test.app.store()).await;
        let backup = test.app.backup(None, true).await.unwrap();
        let fresh = TestDatabase::new(other(database.engine())).await;
        let options = target(&fresh, test.app.data(), &test.clock);
        let restored = restore(&backup.path, &options, None).await.unwrap();
        assert!(restored.tables.iter().any(|(name, rows)| name == "message" && *rows >= 4));
        let back = App::open(options).await.unwrap();
        assert_eq!(sums(back.store()).await, expected);
        back.close().await;
        fresh.remove().await;
        test.finish().await;
    }

    /// A damaged backup is refused with the place, and leaves nothing behind.
    async fn a_damaged_backup_is_refused(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        settle(&test).await;
        let backup = test.app.backup(None, true).await.unwrap();
        let whole = fs::read_to_string(&backup.path).unwrap();
        let fresh = TestDatabase::new(database.engine()).await;
        let options = target(&fresh, test.app.data(), &test.clock);
        let damaged = fresh.path("damaged.archive");
        let lines: Vec<&str> = whole.lines().collect();
        let row = lines.iter().position(|line| line.contains("可颂")).unwrap();
        let mut changed = lines.clone();
        let text = lines[row].replace("可颂", "贝果");
        changed[row] = &text;
        let mut without = lines.clone();
        without.remove(row);
        // In the middle of a character, as a full disk cuts.
        let mut inside = lines[..=row].join("\n").into_bytes();
        let character = inside.windows(6).rposition(|bytes| bytes == "可颂".as_bytes()).unwrap();
        inside.truncate(character + 4);
        let cases: [(Vec<u8>, bool); 6] = [
            (lines[..lines.len() - 1].join("\n").into_bytes(), true),
            (lines[..row].join("\n").into_bytes(), true),
            (without.join("\n").into_bytes(), true),
            (changed.join("\n").into_bytes(), true),
            (inside, true),
            (b"no backup at all".to_vec(), false),
        ];
        for (text, is_backup) in cases {
            fs::write(&damaged, text).unwrap();
            let refused = restore(&damaged, &options, None).await.unwrap_err();
            match refused.rule() {
                Some(RestoreError::Damaged { line, .. }) => assert!(is_backup && *line > 0, "{refused}"),
                Some(RestoreError::NotABackup(_)) => assert!(!is_backup, "{refused}"),
                _ => panic!("{refused}"),
            }
        }
        fs::copy(&backup.path, &damaged).unwrap();
        fs::write(fresh.path("damaged.archive.sha256"), "00 damaged.archive").unwrap();
        let refused = restore(&damaged, &options, None).await.unwrap_err();
        assert!(matches!(refused.rule(), Some(RestoreError::Damaged { line: 0, .. })), "{refused}");
        fs::remove_file(fresh.path("damaged.archive.sha256")).unwrap();
        restore(&damaged, &options, None).await.unwrap();
        fresh.remove().await;
        test.finish().await;
    }

    /// An upgrade begins with a backup, of which nothing that lies there already is taken for; it
    /// comes back.
    async fn an_upgrade_begins_with_a_backup_that_comes_back(database: TestDatabase) {
        let clock = ManualClock::default();
        let store = database.open().await;
        migrate::migrate_to(&store, clock.now(), 7).await.unwrap();
        let mut tx = store.begin(Mode::Write).await.unwrap();
        let workspace = WorkspaceId::from_raw(7 << 22);
        let row = Workspace {
            id: workspace,
            slug: "default".to_owned(),
            name: "海岸城面包房".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            currency: "CNY".to_owned(),
            locale: "zh-Hans".to_owned(),
            demo: false,
            settings: "{}".to_owned(),
            created_at: clock.now(),
            updated_at: clock.now(),
        };
        workspace::insert(&mut tx, &row).await.unwrap();
        for (id, name) in [(8 << 22, "常客"), (9 << 22, "试吃官")] {
            let tag = tag::Tag {
                id: TagId::from_raw(id),
                name: name.to_owned(),
                name_sort: name.to_owned(),
                color: String::new(),
                created_at: clock.now(),
            };
            tag::insert(&mut tx, workspace, &tag).await.unwrap();
        }
        tx.commit().await.unwrap();
        store.close().await;
        let stale = database.path(&format!("yutang.before-{}.db", migrate::known_version()));
        fs::write(&stale, "from an upgrade that failed long ago").unwrap();

        let options = target(&database, database.folder(), &clock);
        let upgraded = App::open(options).await.unwrap();
        assert_eq!(migrate::pending(upgraded.store()).await.unwrap(), migrate::Pending::None);
        let backups = upgraded.backups().unwrap();
        let [backup] = &backups[..] else { panic!("{backups:?}") };
        assert_eq!(backup.at, clock.now());

        let fresh = TestDatabase::new(database.engine()).await;
        let back = target(&fresh, upgraded.data(), &clock);
        let restored = restore(&backup.path, &back, None).await.unwrap();
        assert_eq!(restored.verified, Some(true));
        let reopened = App::open(back).await.unwrap();
        let mut tx = reopened.store().begin(Mode::Read).await.unwrap();
        let listed = workspace::list(&mut tx).await.unwrap();
        assert_eq!(format!("{listed:?}"), format!("{:?}", [row]));
        let n = tx.count("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM tag WHERE name IN ('常客', '试吃官')", params![]);
        assert_eq!(n.await.unwrap(), 2);
        drop(tx);
        for app in [upgraded, reopened] {
            app.close().await;
        }
        fresh.remove().await;
    }

    /// However often the key was changed since: a backup comes back with the key it needs.
    async fn a_backup_finds_its_key_after_two_rotations(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let backup = test.app.backup(None, true).await.unwrap();
        let first = test.app.rotate_secret(None).await.unwrap();
        let between = test.another().await;
        test.finish().await;
        let second = between.rotate_secret(None).await.unwrap();
        let old: Vec<_> = [&first, &second].iter().map(|r| r.old_key.clone().unwrap()).collect();
        assert_ne!(old[0], old[1]);
        let newest = second.now.clone();
        let data = between.data().to_owned();
        between.close().await;

        let fresh = TestDatabase::new(database.engine()).await;
        let options = target(&fresh, &data, &ManualClock::default());
        let missing = restore(&backup.path, &options, None).await.unwrap();
        assert_eq!(missing.key, KeyState::Missing(first.was.clone()));
        let refused = App::open(options).await.err().unwrap();
        assert_eq!(refused.code(), "key.another");
        let place = refused.at().unwrap();
        assert!(place.contains(&yutang_store::redacted(fresh.url()).replace("sqlite:", "")), "{place}");
        fresh.remove().await;

        let fresh = TestDatabase::new(database.engine()).await;
        let options = target(&fresh, &data, &ManualClock::default());
        for file in &old {
            fs::copy(file, fresh.path(file.file_name().unwrap().to_str().unwrap())).unwrap();
        }
        let found = restore(&backup.path, &options, None).await.unwrap();
        let KeyState::PutBack(file) = &found.key else { panic!("{found:?}") };
        assert_eq!(file.file_name(), old[0].file_name());
        let back = App::open(options).await.unwrap();
        assert_eq!(back.keys().fingerprint(), first.was);
        back.close().await;
        // The key that was in use is needed by the backups made since.
        let kept = fresh.path(&format!("secret.key.old-{}", &newest[..8]));
        assert!(kept.exists(), "{}", kept.display());
        fresh.remove().await;
    }

    /// A copy to the other engine holds the same rows; the source must be at rest and the target
    /// empty.
    async fn a_database_moves_to_the_other_engine(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        settle(&test).await;
        let expected = sums(test.app.store()).await;
        let (data, from) = (test.app.data().to_owned(), url(&test, &database));
        let fresh = TestDatabase::new(other(database.engine())).await;
        let to = match fresh.engine() {
            Engine::Sqlite => fresh.path("yutang.db").display().to_string(),
            Engine::Postgres => fresh.url().to_owned(),
        };
        let clock = test.clock.clone();
        let busy = db_copy(&from, &to, clock.now()).await.unwrap_err();
        assert!(matches!(busy.rule(), Some(CopyError::InUse(1))), "{busy}");
        test.finish().await;

        let copied = db_copy(&from, &to, clock.now()).await.unwrap();
        assert!(copied.same, "{copied:?}");
        assert!(copied.tables.iter().all(|table| table.same && table.rows == table.found));
        let options = target(&fresh, &data, &clock);
        let moved = App::open(options).await.unwrap();
        assert_eq!(sums(moved.store()).await, expected);
        assert!(!moved.backlog().await.unwrap().paused);
        moved.close().await;
        let again = db_copy(&from, &to, clock.now()).await.unwrap_err();
        assert!(matches!(again.rule(), Some(CopyError::NotEmpty(_))), "{again}");
        fresh.remove().await;
    }

    /// Whoever was erased after a backup is erased again after it came back.
    async fn the_erased_stay_erased(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let person = settle(&test).await;
        let backup = test.app.backup(None, false).await.unwrap();
        test.advance(MINUTE).await;
        test.app.erase_member(&test.owner, person, "赵小满").await.unwrap();
        for sweep in sweeps::ALL.iter().filter(|sweep| sweep.name == "erasure_ledger") {
            test.app.run_sweep(sweep).await.unwrap();
        }
        let ledger = fs::read_to_string(test.app.data().join("erased.json")).unwrap();
        assert!(!ledger.contains("赵"), "the ledger holds ids only");

        let name = |app: &App| {
            let (app, workspace) = (app.clone(), test.workspace.id);
            async move {
                let mut tx = app.store().begin(Mode::Read).await.unwrap();
                yutang_store::member::get(&mut tx, workspace, person).await.unwrap().name
            }
        };
        // With the ledger of the data folder, and with the former database instead of it.
        for with_ledger in [true, false] {
            let fresh = TestDatabase::new(database.engine()).await;
            let options = target(&fresh, test.app.data(), &test.clock);
            let former = if with_ledger {
                fs::write(fresh.path("erased.json"), &ledger).unwrap();
                None
            } else {
                Some(url(&test, &database))
            };
            let restored = restore(&backup.path, &options, former.as_deref()).await.unwrap();
            assert_eq!(restored.erased_known, 1);
            let back = App::open(options).await.unwrap();
            assert_eq!(name(&back).await, "", "opening erases again, before anybody can look");
            assert_eq!(back.erase_again().await.unwrap(), 0);
            back.close().await;
            fresh.remove().await;
        }
        test.finish().await;
    }

    /// A new key opens everything sealed with the old one, and the old one opens nothing more.
    async fn a_new_key_opens_what_the_old_one_sealed(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = ChannelAccount {
            id: test.app.ids().next().unwrap(),
            channel: "matrix".to_owned(),
            profile: "full".to_owned(),
            name: "助手".to_owned(),
            state: "ready".to_owned(),
            last_error: None,
            cursor: None,
            secret: Some(test.app.keys().seal("syt_secret")),
            created_at: test.app.now(),
        };
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        channel_account::insert(&mut tx, test.workspace.id, &account).await.unwrap();
        tx.commit().await.unwrap();
        let hash = test.app.keys().lookup("13812345678");
        let key = test.app.data().join("secret.key");
        let before = fs::read_to_string(&key).unwrap();

        let neighbour = test.another().await;
        let refused = test.app.rotate_secret(None).await.unwrap_err();
        assert!(matches!(refused.rule(), Some(RotateError::InUse(1))), "{refused}");
        neighbour.close().await;

        let rotated = test.app.rotate_secret(None).await.unwrap();
        assert_eq!(rotated.values, 1);
        assert_ne!(rotated.was, rotated.now);
        let after = fs::read_to_string(&key).unwrap();
        assert_ne!(before, after);
        assert_eq!(fs::read_to_string(rotated.old_key.unwrap()).unwrap(), before);

        let opened = test.another().await;
        let mut tx = opened.store().begin(Mode::Read).await.unwrap();
        let stored = channel_account::get(&mut tx, test.workspace.id, account.id).await.unwrap();
        drop(tx);
        let sealed = stored.secret.unwrap();
        assert_eq!(opened.keys().unseal(&sealed).unwrap(), "syt_secret");
        assert!(test.app.keys().unseal(&sealed).is_err(), "the old key opens nothing more");
        assert_eq!(opened.keys().lookup("13812345678"), hash, "nobody becomes unknown");
        opened.close().await;

        // Stopped between the transaction and the change of files: the next start finishes it.
        fs::rename(&key, key.with_file_name("secret.key.new")).unwrap();
        fs::write(&key, &before).unwrap();
        let recovered = test.another().await;
        assert_eq!(recovered.keys().fingerprint(), rotated.now);
        assert_eq!(fs::read_to_string(&key).unwrap(), after);
        recovered.close().await;

        fs::write(&key, &before).unwrap();
        let options = Options {
            database: Some(url(&test, &database)),
            ..Options::in_folder(test.app.data())
        };
        let refused = App::open(options).await.err().expect("another key is refused");
        assert_eq!(refused.code(), "key.another");
        fs::write(&key, &after).unwrap();
        test.finish().await;
    }

    /// A count that was tampered with is found with its place, and put right.
    async fn the_doctor_finds_and_rebuild_repairs(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        settle(&test).await;
        let sound = test.app.examine().await.unwrap();
        assert!(sound.checks.iter().all(|c| c.finding != Finding::Wrong), "{sound:?}");
        for statement in [
            "UPDATE chat_group SET member_count = member_count + 7 WHERE workspace_id = $1",
            "UPDATE member SET message_count = 99 WHERE workspace_id = $1",
            "UPDATE member_day SET messages = messages + 1 WHERE workspace_id = $1",
            "DELETE FROM group_day WHERE workspace_id = $1",
        ] {
            let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
            tx.execute(statement, params![test.workspace.id]).await.unwrap();
            tx.commit().await.unwrap();
        }
        let ill = test.app.examine().await.unwrap();
        assert_eq!(ill.worst(), Finding::Wrong);
        let wrong: Vec<&str> = ill
            .checks
            .iter()
            .filter(|c| c.finding == Finding::Wrong)
            .map(|c| c.name.as_str())
            .collect();
        for name in ["chat_group.member_count", "member.message_count", "member_day.messages", "group_day.messages"] {
            assert!(wrong.contains(&name), "{name} is not among {wrong:?}");
        }
        let rebuilt = test.app.rebuild().await.unwrap();
        assert!(rebuilt.iter().any(|r| r.name == "chat_group.member_count" && r.repaired == 1));
        let healed = test.app.examine().await.unwrap();
        assert_ne!(healed.worst(), Finding::Wrong, "{healed:?}");
        assert_eq!(test.app.rebuild().await.unwrap(), []);
        test.finish().await;
    }

    /// A key that others can read is pointed out.
    async fn the_doctor_looks_at_the_key(database: TestDatabase) {
        use std::os::unix::fs::PermissionsExt as _;
        let test = TestApp::open(&database).await;
        let key = test.app.data().join("secret.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let seen = test.app.examine().await.unwrap();
        let check = seen.checks.iter().find(|c| c.name == "key").unwrap();
        assert_eq!(check.finding, Finding::Wrong);
        assert!(check.detail.contains("644"), "{}", check.detail);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let seen = test.app.examine().await.unwrap();
        assert_ne!(seen.worst(), Finding::Wrong, "{seen:?}");
        test.finish().await;
    }

    /// Texts go after their days, counts and judgements stay.
    async fn texts_go_and_counts_stay(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        settle(&test).await;
        let words = || async {
            let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
            let with = tx.count(
                "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM message WHERE workspace_id = $1 AND text IS NOT NULL",
                params![test.workspace.id],
            );
            with.await.unwrap()
        };
        let days = || async { sums(test.app.store()).await["member_day"].clone() };
        let before = days().await;
        assert_eq!(words().await, 4);
        assert_eq!(test.app.let_go_of_texts().await.unwrap(), 0, "not before their time");
        // The 13th of November and 180 days: the first two messages are too old, the others not yet.
        test.advance(173 * DAY + HOUR).await;
        let gone = test.app.let_go_of_texts().await.unwrap();
        let left = words().await;
        assert_eq!((gone, left), (2, 2));
        test.advance(30 * DAY).await;
        test.app.let_go_of_texts().await.unwrap();
        assert_eq!(words().await, 0);
        assert_eq!(days().await, before);
        test.finish().await;
    }
}

/// A copy of the database file that is cut short, changed or another program's is named itself, and
/// leaves nothing behind.
#[tokio::test]
async fn a_damaged_copy_of_the_file_is_refused_by_its_own_name() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let test = TestApp::open(&database).await;
    settle(&test).await;
    let backup = test.app.backup(None, false).await.unwrap();
    let whole = fs::read(&backup.path).unwrap();
    let other_program = database.path("other.db");
    Store::open(&other_program.display().to_string())
        .await
        .unwrap()
        .close()
        .await;
    let mut changed = whole.clone();
    changed[4096 * 3..4096 * 4].fill(0x5a);
    let cases = [
        (whole[..whole.len() / 2].to_vec(), "restore.damaged"),
        (whole[..5000].to_vec(), "restore.damaged"),
        (changed, "restore.damaged"),
        (fs::read(&other_program).unwrap(), "restore.not_a_backup"),
    ];
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let fresh = TestDatabase::new(engine).await;
        let options = target(&fresh, test.app.data(), &test.clock);
        let damaged = fresh.path("damaged.db");
        for (bytes, code) in &cases {
            fs::write(&damaged, bytes).unwrap();
            let refused = restore(&damaged, &options, None).await.unwrap_err();
            assert_eq!(refused.code(), *code, "{refused}");
            assert!(refused.to_string().contains("damaged.db"), "{refused}");
            let left: Vec<_> = fs::read_dir(fresh.folder())
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .filter(|name| name.to_string_lossy().contains("restoring"))
                .collect();
            assert!(left.is_empty(), "{left:?}");
        }
        fresh.remove().await;
    }
    test.finish().await;
}

/// A backup that cannot be written leaves nothing half-written.
#[tokio::test]
async fn an_unwritable_folder_is_named() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let test = TestApp::open(&database).await;
    let folder: PathBuf = test.app.data().join("secret.key").join("below a file");
    let refused = test.app.backup(Some(&folder), false).await.unwrap_err();
    assert!(refused.to_string().contains("below a file"), "{refused}");
    test.finish().await;
}
