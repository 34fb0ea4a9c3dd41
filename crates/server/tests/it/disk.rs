//! A full disk: a small file system that really fills up, in a mount namespace of its own.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value as Json;

use crate::program::{Program, Server, history, until};

/// Fills a file system of 3 MB while a history of 2 MB is imported; then makes room and goes on.
const STORY: &str = r#"
set -u
mount -t tmpfs -o size=3m tmpfs "$PLACE" || exit 99
"$YUTANG" import chat "$FILE" --group g --data "$PLACE/data" --json
echo "exit $?"
"$YUTANG" import list --data "$PLACE/data" --json
echo "exit $?"
mount -o remount,size=200m "$PLACE" || exit 99
"$YUTANG" import chat "$FILE" --group g --data "$PLACE/data" --json
echo "exit $?"
"$YUTANG" report group g --data "$PLACE/data" --json
echo "exit $?"
"$YUTANG" doctor --data "$PLACE/data" --json
echo "exit $?"
"#;

/// Fills a file system of 8 MB to the last page and asks for this and that, then for a backup onto
/// it that there is a little room for.
const NO_ROOM: &str = r#"
set -u
mount -t tmpfs -o size=8m tmpfs "$PLACE" || exit 99
"$YUTANG" token add --role owner --data "$PLACE/data" --json > "$PLACE/out" || exit 98
rm "$PLACE/out"
head -c 200000 /dev/zero > "$PLACE/little"
dd if=/dev/zero of="$PLACE/fill" bs=4k 2>/dev/null
for command in "report sales" "serve --listen 127.0.0.1:0" "import chat $FILE --group g"; do
    "$YUTANG" $command --data "$PLACE/data" --json
    echo "exit $?"
done
rm "$PLACE/little"
"$YUTANG" backup --to "$PLACE/backups" --data "$DATA" --json
echo "exit $?"
"$YUTANG" backup --archive --to "$PLACE/backups" --data "$DATA" --json
echo "exit $?"
ls -A "$PLACE/backups" | wc -l
echo "exit 0"
"#;

/// Serves from a file system of 8 MB, with the log on it as well. The first line is a token's.
const SERVED: &str = r#"
set -u
mount -t tmpfs -o size=8m tmpfs "$PLACE" || exit 99
"$YUTANG" token add --role owner --data "$PLACE/data" --json || exit 98
exec "$YUTANG" serve --listen 127.0.0.1:0 --data "$PLACE/data" --json 2> "$PLACE/log"
"#;

/// Whether this machine lets a test make a file system.
fn namespaces() -> bool {
    Command::new("unshare")
        .args(["-rm", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_interrupts_and_the_same_command_goes_on() {
    if !namespaces() {
        println!("not run: 1 (this machine does not let a test mount a small file system)");
        return;
    }
    let program = Program::new();
    let file = program.file("qq.txt", history(20_000, 200));
    let place = program.path("disk");
    std::fs::create_dir(&place).unwrap();
    let answers = in_namespace(STORY, &place, &file, &program.data());
    let [full, listed, resumed, report, doctor] = &answers[..] else {
        panic!("{answers:#?}")
    };

    assert_eq!(full.1, 3, "{full:?}");
    assert_eq!(full.0["error"]["code"], "import.interrupted");
    let detail = full.0["error"]["detail"].as_str().unwrap();
    assert!(
        detail.contains("disk is full") && detail.contains("same command"),
        "{detail}"
    );

    assert_eq!(listed.1, 0, "{listed:?}");
    assert_eq!(resumed.1, 0, "{resumed:?}");
    assert_eq!(resumed.0["messages"], 20_000);
    assert_eq!(report.0["messages"], 20_000);
    assert_eq!(doctor.1, 0, "{doctor:?}");
}

#[test]
fn a_full_disk_is_named_with_what_helps_and_a_backup_leaves_nothing_on_it() {
    if !namespaces() {
        println!("not run: 1 (this machine does not let a test mount a small file system)");
        return;
    }
    let program = Program::new();
    let file = program.file("qq.txt", history(2_000, 200));
    program.chat(&file, "g").done();
    let place = program.path("disk");
    std::fs::create_dir(&place).unwrap();
    let answers = in_namespace(NO_ROOM, &place, &file, &program.data());
    let [report, serve, import, backup, archive, left] = &answers[..] else {
        panic!("{answers:#?}")
    };
    for (answer, code, at) in [
        (report, "store.disk_full", "yutang.db"),
        (serve, "serve.lock_file", "serve.lock"),
        (import, "store.disk_full", "yutang.db"),
        (backup, "store.disk_full", "backups"),
        (archive, "store.disk_full", "backups"),
    ] {
        assert_eq!(answer.1, 1, "{answer:?}");
        let error = &answer.0["error"];
        assert_eq!(error["code"], code, "{error}");
        assert!(error["at"].as_str().unwrap().contains(at), "{error}");
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains("free some space"), "{detail}");
    }
    assert_eq!(left.0, 0, "files that a failed backup left behind");
}

#[test]
fn who_serves_goes_on_serving_after_the_disk_was_full() {
    if !namespaces() {
        println!("not run: 1 (this machine does not let a test mount a small file system)");
        return;
    }
    let program = Program::new();
    let place = program.path("disk");
    std::fs::create_dir(&place).unwrap();
    let mut command = in_small_disk(SERVED, &place);
    command.env("YUTANG_LOG", "info");
    let (server, said) = Server::of(command, 2);
    let token = format!("Bearer {}", said[0]["token"].as_str().unwrap());
    let number = std::cell::Cell::new(0);
    let add = || {
        number.set(number.get() + 1);
        let body = format!(r#"{{"name":"标签{}{}"}}"#, number.get(), "长".repeat(20));
        let headers = [
            ("authorization", token.as_str()),
            ("content-type", "application/json"),
        ];
        server.request("POST", "/api/v1/tags", &headers, &body)
    };
    assert_eq!(add().status, 201);

    // The mount is the server's alone; its root shows it.
    let fill = PathBuf::from(format!(
        "/proc/{}/root{}/fill",
        server.pid(),
        place.display()
    ));
    let mut full = std::fs::File::create(&fill).unwrap();
    while full.write(&[0; 4096]).is_ok_and(|n| n > 0) {}
    // What it has in reserve already may take a few more.
    let refused = (0..500).map(|_| add()).find(|answer| answer.status != 201);
    let refused = refused.expect("the disk is full");
    assert_eq!(refused.status, 503, "{refused:?}");
    let problem: Json = serde_json::from_str(&refused.body).unwrap();
    assert_eq!(problem["code"], "store.disk_full", "{problem}");
    assert_eq!(problem["at"], "yutang.db");
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    // A log that cannot be written is no reason not to answer.
    for _ in 0..200 {
        assert_eq!(server.get("/healthz").status, 200);
        assert_eq!(add().status, 503);
    }

    drop(full);
    std::fs::remove_file(&fill).unwrap();
    let again = add();
    assert_eq!(again.status, 201, "{again:?}");
    until("it is ready again", || server.get("/readyz").status == 200);
    assert_eq!(server.stop(), 0);
}

/// A story in a namespace of its own, not yet begun.
fn in_small_disk(story: &str, place: &Path) -> Command {
    let mut command = Command::new("unshare");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("YUTANG_") {
            command.env_remove(name);
        }
    }
    command
        .args(["-rm", "sh", "-c", story])
        .env("YUTANG", env!("CARGO_BIN_EXE_yutang"))
        .env("PLACE", place);
    command
}

fn in_namespace(story: &str, place: &Path, file: &Path, data: &Path) -> Vec<(Json, i32)> {
    let output = in_small_disk(story, place)
        .env("FILE", file)
        .env("DATA", data)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: Vec<&str> = text.lines().collect();
    lines
        .chunks(2)
        .map(|pair| {
            let code = pair[1]
                .strip_prefix("exit ")
                .unwrap_or_else(|| panic!("{text}"));
            (
                serde_json::from_str(pair[0]).unwrap(),
                code.parse().unwrap(),
            )
        })
        .collect()
}
