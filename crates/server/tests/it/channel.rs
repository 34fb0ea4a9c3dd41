//! `yutang channel`: how accounts stand, and how they are given.

use serde_json::{Value as Json, json};

use crate::program::{Program, finish};

/// Keys of a document, in their order.
fn keys(document: &Json) -> Vec<&str> {
    let object = document.as_object().unwrap();
    object.keys().map(String::as_str).collect()
}

#[test]
fn how_accounts_stand_is_one_document() {
    let program = Program::new();
    program.json(["channel", "add", "--name", "网桥"]).done();
    let status = program.json(["channel", "status"]).done();
    let items = status["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    let mut found = keys(&items[0]);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "account",
            "base_url",
            "clock_ahead_ms",
            "groups",
            "last_error",
            "name",
            "network",
            "since",
            "state",
            "user",
        ]
    );
    let first = &items[0];
    assert_eq!(
        (&first["network"], &first["name"], &first["groups"]),
        (&json!("open"), &json!("网桥"), &json!(0))
    );
    assert_eq!(first["last_error"], Json::Null);
}

#[test]
fn secrets_come_over_stdin_and_a_server_out_of_reach_is_named() {
    let program = Program::new();
    let nowhere = "http://127.0.0.1:9";
    for (account, flag) in [
        (
            vec!["matrix", "--homeserver", nowhere, "--user", "yutang"],
            "--password-stdin",
        ),
        (vec!["telegram", "--base-url", nowhere], "--token-stdin"),
    ] {
        let asked = [vec!["channel", "add"], account].concat();
        program.json(asked.clone()).refused(2, "usage", &[flag]);
        let command = program.command([asked, vec![flag, "--json"]].concat());
        let ran = finish(command, "42:secret\n");
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            !ran.stdout.contains("secret") && !ran.stderr.contains("secret"),
            "{ran:?}"
        );
    }
    assert_eq!(
        program.json(["channel", "status"]).done()["items"],
        json!([])
    );
}
