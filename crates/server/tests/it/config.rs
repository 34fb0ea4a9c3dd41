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
