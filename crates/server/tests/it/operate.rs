//! Backup, restore, copy, keys, erasure: the commands around the data.

use yutang_testkit::{Engine, TestDatabase};

use crate::program::{Program, bare, finish, history};

fn filled() -> Program {
    let program = Program::new();
    let file = program.file("qq.txt", history(800, 20));
    program.chat(&file, "烘焙群").done();
    program
}

#[test]
fn a_backup_comes_back_in_another_folder_and_keeps_still_until_it_is_told() {
    let program = filled();
    let before = program.json(["report", "group", "烘焙群"]).done();
    let backup = program.json(["backup"]).done();
    let path = backup["path"].as_str().unwrap().to_owned();
    assert!(path.starts_with(program.data().to_str().unwrap()));
    assert_eq!(backup["sha256"].as_str().unwrap().len(), 64);

    let archive = program
        .json([
            "backup",
            "--archive",
            "--to",
            program.path("elsewhere").to_str().unwrap(),
        ])
        .done();
    for file in [path.as_str(), archive["path"].as_str().unwrap()] {
        let other = Program::new();
        // Without the key nothing that is sealed could be read again.
        std::fs::create_dir_all(other.data()).unwrap();
        std::fs::copy(
            program.data().join("secret.key"),
            other.data().join("secret.key"),
        )
        .unwrap();
        other.json(["restore", file]).done();
        assert_eq!(other.json(["report", "group", "烘焙群"]).done(), before);
        assert_eq!(other.json(["resume"]).done()["was_paused"], true);
        assert_eq!(other.json(["resume"]).done()["was_paused"], false);
        other
            .json(["restore", file])
            .refused(1, "restore.not_empty", &["not empty"]);
        assert_eq!(other.run(["doctor"]).code, 0);
    }

    let mut damaged = std::fs::read(archive["path"].as_str().unwrap()).unwrap();
    damaged.truncate(damaged.len() / 2);
    let damaged = program.file("half.archive", damaged);
    let other = Program::new();
    other.json(["restore", damaged.to_str().unwrap()]).refused(
        1,
        "restore.damaged",
        &["half.archive", "line"],
    );
    other
        .json(["report", "sales"])
        .refused(1, "workspace.none", &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_moves_to_postgresql_and_back() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let program = filled();
    let before = program.json(["report", "group", "烘焙群"]).done();
    let copy = |from: &str, to: &str| {
        let mut command = bare();
        command.args(["db", "copy", from, to, "--json"]);
        finish(command, "")
    };
    let file = program.data().join("yutang.db");
    let there = copy(file.to_str().unwrap(), database.url()).done();
    assert_eq!(there["same"], true);
    let key = std::fs::read_to_string(program.data().join("secret.key")).unwrap();
    let mut command = bare();
    command
        .args([
            "report",
            "group",
            "烘焙群",
            "--json",
            "--database",
            database.url(),
        ])
        .arg("--data")
        .arg(program.path("other"))
        .env("YUTANG_SECRET_KEY", key.trim());
    assert_eq!(finish(command, "").done(), before);
    copy(file.to_str().unwrap(), database.url()).refused(1, "db_copy.not_empty", &["not empty"]);
    let back = program.path("back.db");
    assert_eq!(
        copy(database.url(), back.to_str().unwrap()).done()["same"],
        true
    );
    database.remove().await;
}

#[test]
fn the_key_is_changed_and_the_old_one_is_kept_but_refused() {
    let program = filled();
    let key = program.data().join("secret.key");
    let old = std::fs::read_to_string(&key).unwrap();
    let rotated = program.json(["secret", "rotate"]).done();
    assert_ne!(rotated["was"], rotated["now"]);
    let kept = format!("secret.key.old-{}", &rotated["was"].as_str().unwrap()[..8]);
    assert_eq!(
        std::fs::read_to_string(program.data().join(kept)).unwrap(),
        old
    );
    assert!(!program.data().join("serve.lock").exists());
    assert_ne!(std::fs::read_to_string(&key).unwrap(), old);
    program.json(["report", "group", "烘焙群"]).done();
    std::fs::write(&key, old).unwrap();
    let refused =
        program
            .json(["report", "group", "烘焙群"])
            .refused(1, "key.another", &["secret.key"]);
    assert!(refused["at"].as_str().unwrap().ends_with("yutang.db"));
    let nowhere = Program::new();
    nowhere
        .json(["secret", "rotate"])
        .refused(1, "workspace.none", &[]);
    assert!(!nowhere.data().exists(), "it left something behind");
}

#[test]
fn nobody_else_may_read_what_is_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let program = filled();
    program.json(["backup"]).done();
    program.json(["backup", "--archive"]).done();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut folders = vec![program.data()];
    let mut files = Vec::new();
    let server = program.started("serve");
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
                files.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    for name in ["yutang.db", "yutang.db-wal", "secret.key"] {
        assert!(files.iter().any(|file| file == name), "{name} in {files:?}");
    }
    assert!(files.len() >= 7, "two backups with their sums: {files:?}");
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_token_is_narrowed_on_the_command_line_too() {
    let program = filled();
    let narrow = [
        "token",
        "add",
        "--role",
        "operator",
        "--scope",
        "member.read",
    ];
    let made = program
        .json(narrow.into_iter().chain(["--scope", "group.read"]))
        .done();
    assert_eq!(
        made["scopes"],
        serde_json::json!(["member.read", "group.read"])
    );
    let server = program.started("serve");
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let read = server.request("GET", "/api/v1/tags", &headers, "");
    assert_eq!(read.status, 200, "{read:?}");
    let written = server.request("POST", "/api/v1/tags", &headers, r#"{"name":"新"}"#);
    assert_eq!(written.status, 403, "{written:?}");
    for scope in ["member.reed", "staff.edit"] {
        program
            .json(["token", "add", "--role", "analyst", "--scope", scope])
            .refused(1, "token.scope", &[scope]);
    }
}

#[test]
fn a_person_is_exported_and_erased_by_name() {
    let program = filled();
    let exported = program.json(["export", "群友3"]).done();
    assert!(
        exported.to_string().contains("吐司"),
        "their words are part of it"
    );
    program
        .json(["export", "无此人"])
        .refused(1, "store.not_found", &["无此人"]);
    program
        .json(["erase", "群友3", "--confirm", "群友4"])
        .refused(1, "member.confirm", &["name"]);
    let erased = program
        .json(["erase", "群友3", "--confirm", "群友3"])
        .done();
    assert!(
        erased["removed"]["messages"].as_u64().unwrap() > 0,
        "{erased}"
    );
    program
        .json(["export", "群友3"])
        .refused(1, "store.not_found", &[]);
    // Figures stay what they were.
    assert_eq!(
        program.json(["report", "group", "烘焙群"]).done()["messages"],
        800
    );
    assert_eq!(program.run(["doctor"]).code, 0);
    for file in std::fs::read_dir(program.data()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let name = "群友3\0".trim_end_matches('\0').as_bytes();
            assert!(
                !holds(&bytes, name),
                "{} still holds the name",
                path.display()
            );
        }
    }
}

/// Whether `name` stands in `bytes` and is not the beginning of a longer number.
fn holds(bytes: &[u8], name: &[u8]) -> bool {
    bytes
        .windows(name.len() + 1)
        .any(|window| window.starts_with(name) && !window[name.len()].is_ascii_digit())
}

#[test]
fn what_is_kept_counted_can_be_counted_anew() {
    let program = filled();
    assert_eq!(program.json(["rebuild"]).done()["repaired"], 0);
    let examined = program.json(["doctor"]).done();
    assert!(examined["checks"].as_array().unwrap().len() > 5);
    assert_eq!(
        program.json(["migrate"]).done()["version"],
        yutang_store::migrate::known_version()
    );
}
