//! A full disk: a small file system that really fills up, in a mount namespace of its own.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value as Json;

use crate::program::{Program, history};

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
    let answers = in_namespace(&place, &file);
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

fn in_namespace(place: &Path, file: &Path) -> Vec<(Json, i32)> {
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", STORY])
        .env("YUTANG", env!("CARGO_BIN_EXE_yutang"))
        .env("PLACE", place)
        .env("FILE", file)
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
