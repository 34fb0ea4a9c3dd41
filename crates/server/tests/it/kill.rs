//! SIGKILL in the middle: afterwards nothing is lost, doubled or half-done.
//!
//! Once in the ordinary tests, ten times with `YUTANG_SOAK=1`.

use std::{
    process::Child,
    time::{Duration, Instant},
};

use serde_json::Value as Json;
use yutang_domain::import::RunState;
use yutang_store::{Mode, Store, import, workspace};
use yutang_testkit::{TestDatabase, both_engines};

use crate::program::{CEILING, Program, Server, history, signal, until};

fn rounds() -> usize {
    if std::env::var_os("YUTANG_SOAK").is_some() {
        10
    } else {
        1
    }
}

/// The newest run: state and how far it has come.
fn newest(program: &Program) -> Option<(String, i64, i64)> {
    let ran = program.json(["import", "list", "--limit", "1"]);
    if ran.code != 0 {
        return None;
    }
    let run = ran.json()["items"][0].clone();
    Some((
        run["state"].as_str()?.to_owned(),
        run["done"].as_i64()?,
        run["total"].as_i64()?,
    ))
}

/// The newest run as it stands in the database, which a command of its own would be too slow to
/// ask for. `None` while there is no schema yet, or no run.
async fn newest_stored(store: &Store) -> Option<import::Run> {
    let mut tx = store.begin(Mode::Read).await.ok()?;
    let place = workspace::list(&mut tx).await.ok()?.into_iter().next()?;
    let runs = import::list(&mut tx, place.id, "", None, 1).await.ok()?;
    runs.into_iter().next()
}

/// The database of a program, made before anything runs: whoever opens a file that another process
/// is just making waits for that one to end.
async fn eyes(program: &Program) -> Store {
    assert_eq!(program.run(["migrate"]).code, 0);
    let file = program.data().join("yutang.db");
    let url = program
        .database()
        .map_or_else(|| file.display().to_string(), str::to_owned);
    Store::open(&url).await.unwrap()
}

/// Waits until `child` has the newest run where `holds` wants it, or has ended.
async fn watch(store: &Store, child: &mut Child, holds: impl Fn(&import::Run) -> bool) {
    let begun = Instant::now();
    while !newest_stored(store).await.is_some_and(|run| holds(&run)) {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        assert!(begun.elapsed() < CEILING, "the run does not get there");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    signal_if_running(child);
    child.wait().unwrap();
}

fn figures(program: &Program) -> (Json, i32) {
    (
        program.json(["report", "group", "烘焙群"]).done(),
        program.run(["doctor"]).code,
    )
}

both_engines! {
    async fn a_killed_import_goes_on_and_ends_as_if_nothing_had_been(database: TestDatabase) {
        let text = history(40_000, 150);
        let calm = Program::new();
        let file = calm.file("qq.txt", &text);
        let undisturbed = calm.chat(&file, "烘焙群").done();
        let expected = figures(&calm);
        assert_eq!(expected.1, 0);

        let program = Program::on(&database);
        let store = eyes(&program).await;
        let file = program.file("qq.txt", &text);
        for round in 0..rounds() {
            // The first import makes the run; a later one of another size begins a new one.
            let part = program.file("part.txt", history(2_000 + 1_000 * round, 150));
            let path = if round == 0 { &file } else { &part };
            let mut child = program
                .command(["import", "chat", path.to_str().unwrap(), "--group", "烘焙群"])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            watch(&store, &mut child, |run| run.state == RunState::Running && run.cursor >= 1_000).await;
            if round == 0 {
                let (state, done, total) = newest(&program).unwrap();
                assert!(done > 0 && done < total, "killed too late to show anything: {done} of {total}");
                assert_eq!(state, "interrupted");
            }
            let resumed = program.chat(path, "烘焙群").done();
            let (state, done, total) = newest(&program).unwrap();
            assert_eq!((state.as_str(), done), ("done", total));
            if round == 0 {
                for key in ["messages", "system", "members", "days", "first", "last", "duplicates", "skipped_total"] {
                    assert_eq!(resumed[key], undisturbed[key], "{key}");
                }
            }
            assert_eq!(figures(&program), expected);
        }
        let again = program.chat(&file, "烘焙群").done();
        assert_eq!(again["messages"], 0);
        assert_eq!(again["duplicates"], undisturbed["messages"]);
    }

    async fn a_killed_import_is_taken_back_or_gone_on_with_by_its_id(database: TestDatabase) {
        let program = Program::on(&database);
        let store = eyes(&program).await;
        let early = program.file("early.txt", history(1_000, 50));
        program.chat(&early, "烘焙群").done();
        let before = figures(&program);
        let file = program.file("all.txt", history(30_000, 150));
        for verb in ["undo", "resume"] {
            let mut child = program
                .command(["import", "chat", file.to_str().unwrap(), "--group", "烘焙群"])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            watch(&store, &mut child, |run| run.state == RunState::Running && run.cursor >= 2_000).await;
            let run = program.json(["import", "list", "--limit", "1"]).done()["items"][0].clone();
            assert_eq!(run["state"], "interrupted", "{run}");
            let id = run["run"].as_str().unwrap();
            program.json(["import", verb, id]).done();
            let (state, done, total) = newest(&program).unwrap();
            if verb == "undo" {
                assert_eq!(state, "undone");
                assert_eq!(figures(&program), before);
            } else {
                assert_eq!((state.as_str(), done), ("done", total));
                let report = figures(&program);
                assert_eq!((&report.0["messages"], report.1), (&Json::from(30_000), 0));
            }
        }
    }

    async fn a_killed_taking_back_is_made_good_by_asking_again(database: TestDatabase) {
        let program = Program::on(&database);
        let store = eyes(&program).await;
        let early = program.file("early.txt", history(1_000, 50));
        program.chat(&early, "烘焙群").done();
        let before = figures(&program);
        let all = program.file("all.txt", history(20_000, 150));
        let run = program.chat(&all, "烘焙群").done()["run"].as_str().unwrap().to_owned();
        let mut child = program
            .command(["import", "undo", &run])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        watch(&store, &mut child, |run| run.state == RunState::Undoing).await;
        if newest(&program).unwrap().0 == "undoing" {
            program.json(["import", "undo", &run]).done();
        }
        assert_eq!(newest(&program).unwrap().0, "undone");
        assert_eq!(figures(&program), before);
    }
}

fn signal_if_running(child: &mut Child) {
    if child.try_wait().unwrap().is_none() {
        signal(child.id(), "KILL");
    }
}

both_engines! {
    /// The demo lives, a program writes, an import runs beside; then the power goes.
    async fn killed_live_traffic_loses_and_doubles_nothing(database: TestDatabase) {
        let program = Program::on(&database);
        let file = program.file("qq.txt", history(6_000, 60));
        let mut acknowledged: Vec<String> = Vec::new();
        let mut token = String::new();
        for round in 0..rounds() {
            let server = program.started("demo");
            if token.is_empty() {
                let made = program.json(["token", "add", "--role", "owner"]).done();
                token = format!("Bearer {}", made["token"].as_str().unwrap());
            }
            let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
            let begun = position(&server);
            let mut import = program
                .command(["import", "chat", file.to_str().unwrap(), "--group", "烘焙群"])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            let mut count = 0;
            until("the demo lives and is written to", || {
                let name = format!("r{round}-{count}");
                let answer = server.request("POST", "/api/v1/tags", &headers, &format!("{{\"name\":\"{name}\"}}"));
                assert!((200..300).contains(&answer.status), "{answer:?}");
                acknowledged.push(name);
                count += 1;
                count >= 25 && position(&server) >= begun + 30
            });
            signal_if_running(&mut import);
            import.wait().unwrap();
            server.kill();

            let server = program.started("demo");
            until("it is ready again", || server.get("/readyz").status == 200);
            let answer = server.request("GET", "/api/v1/tags", &headers, "");
            let tags: Json = serde_json::from_str(&answer.body).unwrap();
            let names: Vec<&str> =
                tags["items"].as_array().unwrap().iter().filter_map(|tag| tag["name"].as_str()).collect();
            for name in &acknowledged {
                assert_eq!(names.iter().filter(|n| *n == name).count(), 1, "{name}");
            }
            assert_eq!(program.run(["doctor"]).code, 0, "{}", program.run(["doctor"]).stdout);
            // The demo goes on where it stood.
            let stood = position(&server);
            until("it lives on", || position(&server) > stood);
            assert_eq!(server.stop(), 0);
            let resumed = program.chat(&file, "烘焙群").done();
            let stored = resumed["messages"].as_i64().unwrap() + resumed["duplicates"].as_i64().unwrap();
            assert_eq!(stored, 6_000);
            assert_eq!(program.json(["report", "group", "烘焙群"]).done()["messages"], 6_000);
            assert_eq!(program.run(["doctor"]).code, 0);
        }
    }
}

/// The last position that the serving process has seen.
fn position(server: &Server) -> i64 {
    let answer = server.get("/readyz");
    serde_json::from_str::<Json>(&answer.body).unwrap()["position"]
        .as_i64()
        .unwrap()
}
