//! Real files in, records out.
#![expect(clippy::unwrap_used, reason = "tests and what they share")]

mod bad;
mod chats;
mod encodings;
mod fuzz;
mod orders;
mod resume;
mod tables;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use yutang_domain::{
    money::Currency,
    time::{Timestamp, Zone},
};
use yutang_import::{chat, table};

/// Where the large test data are: `YUTANG_TESTDATA`, or beside the workspace.
fn data() -> PathBuf {
    std::env::var_os("YUTANG_TESTDATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    )
}

/// A file of the test data; `None`, said aloud, if it is not there.
fn shared(name: &str) -> Option<PathBuf> {
    let path = data().join(name);
    if path.exists() {
        return Some(path);
    }
    println!("not run: 1 ({name} is absent)");
    None
}

/// A file of the small samples that lie beside the test data.
fn sample(name: &str) -> Option<PathBuf> {
    shared(&format!("../fixtures/imports/{name}"))
}

/// A file that is committed with the tests.
fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn shanghai() -> Zone {
    Zone::from_name("Asia/Shanghai").unwrap()
}

fn chat_options() -> chat::Options {
    chat::Options::new(shanghai(), now())
}

fn table_options() -> table::Options {
    table::Options::new(shanghai(), now(), Currency::CNY)
}

fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

/// All records of a chat file.
fn records(path: &Path, options: &chat::Options) -> (chat::Plan, Vec<chat::Record>) {
    let plan = chat::plan(path, options).unwrap();
    let mut out = Vec::new();
    let end = chat::read(path, &plan, 0, &mut |record, _| {
        out.push(record);
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert!(end.complete);
    assert_eq!(end.records, plan.records());
    (plan, out)
}
