//! Settings: file, environment, flags.

use crate::program::{Program, bare, finish};

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let program = Program::new();
    let file = program.file(
        "settings.toml",
        "[workspace]\nslug = \"from-file\"\nzone = \"UTC\"\n",
    );
    let shown = |environment: Option<&str>, flag: Option<&str>| {
        let mut command = bare();
        command.args(["config", "--json", "--config"]).arg(&file);
        if let Some(slug) = environment {
            command.env("YUTANG_WORKSPACE", slug);
        }
        if let Some(slug) = flag {
            command.args(["--workspace", slug]);
        }
        finish(command, "").done()["workspace"].clone()
    };
    assert_eq!(shown(None, None)["slug"], "from-file");
    assert_eq!(
        shown(Some("from-environment"), None)["slug"],
        "from-environment"
    );
    assert_eq!(
        shown(Some("from-environment"), Some("from-flag"))["slug"],
        "from-flag"
    );
    assert_eq!(shown(None, None)["zone"], "UTC");
}

#[test]
fn an_unknown_key_is_refused_with_file_and_line() {
    let program = Program::new();
    std::fs::create_dir_all(program.data()).unwrap();
    let file = program.data().join("yutang.toml");
    std::fs::write(
        &file,
        "[server]\nlisten = \"127.0.0.1:0\"\n\n[log]\nfromat = \"json\"\n",
    )
    .unwrap();
    for command in ["config", "serve", "doctor"] {
        program.json([command]).refused(
            1,
            "config.file",
            &["yutang.toml, line 5", "fromat", "format"],
        );
    }
    std::fs::write(&file, "data = \"elsewhere\"\n").unwrap();
    program
        .json(["config"])
        .refused(1, "config.data_inside", &["--config"]);
    std::fs::write(&file, "[log]\nformat = \"loud\"\n").unwrap();
    program
        .json(["config"])
        .refused(1, "config.file", &["line 2", "loud"]);
}

#[test]
fn an_unknown_variable_is_refused_by_its_name() {
    for command in ["config", "doctor", "serve"] {
        let mut bogus = bare();
        bogus.args([command, "--json"]).env("YUTANG_BOGUS", "1");
        finish(bogus, "").refused(1, "config.variable", &["YUTANG_BOGUS", "YUTANG_LISTEN"]);
    }
    let mut tested = bare();
    tested
        .args(["config", "--json"])
        .env("YUTANG_TEST_POSTGRES", "x");
    finish(tested, "").done();
}

#[test]
fn a_currency_that_is_none_is_refused() {
    let program = Program::new();
    let file = program.file(
        "orders.csv",
        "id,who,at,amount\nA1,王芳,2026-02-02 10:00:00,10\n",
    );
    let map = "id=id,customer=who,at=at,amount=amount";
    let file = file.to_str().unwrap();
    program
        .json(["import", "orders", file, "--map", map, "--currency", "XXQ"])
        .refused(2, "usage", &["--currency", "XXQ", "ISO 4217"]);
    assert!(!program.data().exists());
}

#[test]
fn a_password_is_never_shown() {
    let mut command = bare();
    command.args([
        "config",
        "--json",
        "--database",
        "postgres://me:hush@127.0.0.1/x",
    ]);
    let ran = finish(command, "");
    assert_eq!(ran.done()["database"]["url"], "postgres://me@127.0.0.1/x");
    let mut command = bare();
    command.args(["doctor", "--database", "postgres://me:hush@127.0.0.1:1/x"]);
    let ran = finish(command, "");
    assert_eq!(ran.code, 1);
    assert!(
        !ran.stderr.contains("hush") && ran.stderr.contains("127.0.0.1"),
        "{ran:?}"
    );
}
