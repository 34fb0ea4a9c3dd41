//! `yutang import`, as others build on it. req: 001-020

use serde_json::{Value as Json, json};
use yutang_testkit::{TestDatabase, both_engines};

use crate::program::{Program, Ran, committed, history, shared};

fn keys(document: &Json) -> Vec<&str> {
    document
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

fn run_of(ran: &Ran) -> String {
    ran.done()["run"].as_str().unwrap().to_owned()
}

both_engines! {
    async fn a_chat_is_imported_once(database: TestDatabase) {
        let program = Program::on(&database);
        let file = program.file("qq.txt", history(2_500, 40));
        let first = program.chat(&file, "烘焙群").done();
        let mut names = keys(&first);
        names.sort_unstable();
        assert_eq!(names, [
            "days", "duplicates", "first", "format", "last", "members", "messages", "past_retention",
            "retention_days", "run", "skipped", "skipped_total", "system",
        ]);
        assert_eq!(first["messages"], 2_500);
        assert_eq!(first["members"], 40);
        assert_eq!(first["duplicates"], 0);
        assert_eq!(first["format"], "qq");
        assert_eq!(first["days"], 2);
        assert_eq!(first["first"], "2026-01-05T01:00:00Z");
        assert_eq!(first["skipped"], json!([]));
        let second = program.chat(&file, "烘焙群").done();
        assert_eq!(second["messages"], 0);
        assert_eq!(second["duplicates"], 2_500);
        assert_eq!(second["members"], 40);
        let report = program.json(["report", "group", "烘焙群"]).done();
        assert_eq!(report["messages"], 2_500);
        assert_eq!(report["active_members"], 40);
        assert_eq!(program.run(["doctor"]).code, 0);
    }

    async fn taking_an_import_back_removes_exactly_what_it_added(database: TestDatabase) {
        let program = Program::on(&database);
        let early = program.file("early.txt", history(600, 50));
        let all = program.file("all.txt", history(1_500, 50));
        program.chat(&early, "烘焙群").done();
        let before = program.json(["report", "group", "烘焙群"]).done();
        let run = run_of(&program.chat(&all, "烘焙群"));
        assert_ne!(program.json(["report", "group", "烘焙群"]).done(), before);
        let would = program.json(["import", "undo", &run, "--dry-run"]).done();
        assert_eq!(would["messages"], 900);
        let undone = program.json(["import", "undo", &run]).done();
        assert_eq!(undone["messages"], 900);
        assert_eq!(undone["members"], 26);
        assert_eq!(program.json(["report", "group", "烘焙群"]).done(), before);
        let runs = program.json(["import", "list"]).done();
        assert_eq!(runs["items"][0]["run"], run.as_str());
        assert_eq!(runs["items"][0]["state"], "undone");
        assert_eq!(runs["items"][1]["state"], "done");
        assert_eq!(program.run(["doctor"]).code, 0);
        program.json(["import", "undo", &run]).refused(1, "import.state", &["undone"]);
    }

    async fn orders_are_imported_once(database: TestDatabase) {
        let program = Program::on(&database);
        let file = committed("online_retail_1199.csv");
        let file = file.to_str().unwrap();
        let map = "id=InvoiceNo,customer=CustomerID,at=InvoiceDate,price=UnitPrice,quantity=Quantity,sku=StockCode";
        let arguments =
            ["import", "orders", file, "--map", map, "--currency", "GBP", "--cancel-prefix", "C", "--zone", "Europe/London"];
        let first = program.json(arguments).done();
        let mut names = keys(&first);
        names.sort_unstable();
        assert_eq!(names, [
            "cancelled", "duplicates", "lines", "members", "orders", "revenue_minor", "run", "skipped",
            "skipped_total", "without_member",
        ]);
        assert_eq!(first["lines"], 1_199);
        assert_eq!(first["skipped_total"], 0);
        assert_eq!(first["duplicates"], 0);
        let orders = first["orders"].as_u64().unwrap();
        assert!(orders > 0);
        let second = program.json(arguments).done();
        assert_eq!(second["orders"], 0);
        assert_eq!(second["duplicates"], orders);
        assert_eq!(second["revenue_minor"], first["revenue_minor"]);
        assert_eq!(program.run(["doctor"]).code, 0);
    }
}

#[test]
fn a_dry_run_stores_nothing() {
    let program = Program::new();
    let file = program.file("qq.txt", history(120, 5));
    let arguments = [
        "import",
        "chat",
        file.to_str().unwrap(),
        "--group",
        "新群",
        "--dry-run",
    ];
    for _ in 0..2 {
        let would = program.json(arguments).done();
        assert_eq!(would["run"], Json::Null);
        assert_eq!(would["messages"], 120);
        assert!(!program.data().exists(), "not even a folder");
    }
    program
        .json(["import", "list"])
        .refused(1, "workspace.none", &[]);
    program.chat(&file, "别的群").done();
    program.json(arguments).done();
    program
        .json(["report", "group", "新群"])
        .refused(1, "store.not_found", &["新群"]);
}

both_engines! {
    /// Neither a dry run nor a file that cannot be read makes anything where there is nothing yet.
    async fn a_file_that_is_only_read_makes_no_data(database: TestDatabase) {
        let program = Program::on(&database);
        let good = program.file("qq.txt", history(120, 5));
        let bad = program.file("what.txt", "nothing that anybody wrote in a group\n");
        let map = program.file("orders.csv", "a,b\n1,2\n");
        let dry = ["import", "chat", good.to_str().unwrap(), "--group", "群", "--dry-run"];
        program.json(dry).done();
        program.chat(&bad, "群").refused(1, "import.unknown_format", &["what.txt"]);
        let ran = program.json(["import", "orders", map.to_str().unwrap(), "--mapping", "没有的"]);
        ran.refused(1, "store.not_found", &["--mapping", "没有的"]);
        assert!(!program.data().exists(), "not even a folder");
        if let Some(url) = program.database() {
            let store = yutang_store::Store::open(url).await.unwrap();
            assert!(yutang_store::migrate::is_fresh(&store).await.unwrap());
            store.close().await;
        }
        program.chat(&good, "群").done();
        assert!(program.data().join("secret.key").exists());
    }
}

/// What is kept for a while only is said before it is stored, and when it was.
#[test]
fn texts_that_will_not_be_kept_are_told() {
    let program = Program::new();
    let text = "2004-11-15 12:18:00 甲(20001)\n旧话\n\n2016-12-19 21:59:00 乙(20002)\n也旧\n";
    let file = program.file("qq.txt", text);
    let arguments = ["import", "chat", file.to_str().unwrap(), "--group", "群"];
    for more in [&["--dry-run"][..], &[]] {
        let asked: Vec<&str> = [&arguments[..], more].concat();
        let ran = program.run(&asked);
        assert!(
            ran.stdout.contains("2 messages are older than 180 days"),
            "{ran:?}"
        );
        let told = program.json(&asked).done();
        assert_eq!(
            (&told["past_retention"], &told["retention_days"]),
            (&json!(2), &json!(180))
        );
    }
}

/// Columns that were mapped and saved in the console serve the command line as well.
#[test]
fn a_saved_mapping_is_used_by_its_name() {
    let program = Program::new();
    let file = program.file("p.csv", "称呼,号码\n林小麦,13800000001\n周晓,13800000002\n");
    let path = file.to_str().unwrap();
    let server = program.started("serve");
    program
        .chat(&program.file("qq.txt", history(20, 3)), "群")
        .done();
    let token = program.json(["token", "add", "--role", "owner"]).done();
    let token = format!("Bearer {}", token["token"].as_str().unwrap());
    let headers = [
        ("authorization", token.as_str()),
        ("content-type", "application/json"),
    ];
    let body = json!({ "name": "我的表", "kind": "members", "mapping": { "name": "称呼", "phone": "号码" } });
    let answer = server.request(
        "POST",
        "/api/v1/imports/mappings",
        &headers,
        &body.to_string(),
    );
    assert_eq!(answer.status, 201, "{answer:?}");
    let named = ["import", "members", path, "--mapping", "我的表"];
    assert_eq!(program.json(named).done()["members"], 2);
    assert_eq!(program.json(named).done()["duplicates"], 2);
    // A column named here goes over the saved one.
    let over = [&named[..], &["--map", "phone=没有"]].concat();
    program
        .json(over)
        .refused(1, "import.unknown_column", &["没有"]);
    let orders = ["import", "orders", path, "--mapping", "我的表"];
    program
        .json(orders)
        .refused(1, "store.not_found", &["我的表"]);
    assert_eq!(server.stop(), 0);
}

/// Every sample of an export comes in once.
#[test]
fn every_sample_is_imported_once() {
    let Some(folder) = shared("../fixtures/imports") else {
        return;
    };
    let program = Program::new();
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    samples.sort();
    assert!(!samples.is_empty());
    for sample in samples {
        let name = sample.file_name().unwrap().to_str().unwrap();
        let first = program.chat(&sample, name).done();
        let stored = first["messages"].as_u64().unwrap();
        assert!(stored > 0, "{name}: {first}");
        assert_eq!(first["duplicates"], 0, "{name}: {first}");
        let people = program.json(["report", "group", name]).done();
        let second = program.chat(&sample, name).done();
        assert_eq!(
            (&second["messages"], &second["duplicates"]),
            (&json!(0), &json!(stored)),
            "{name}"
        );
        assert_eq!(
            program.json(["report", "group", name]).done(),
            people,
            "{name}"
        );
        assert_eq!(program.run(["doctor"]).code, 0, "{name}");
    }
}

#[test]
fn the_default_workspace_has_the_zone_that_is_asked_for() {
    let program = Program::new();
    let file = program.file("qq.txt", history(50, 5));
    let path = file.to_str().unwrap();
    let there = program
        .json(["import", "chat", path, "--group", "g", "--zone", "UTC"])
        .done();
    assert_eq!(there["first"], "2026-01-05T09:00:00Z");
    program
        .json(["report", "group", "g", "--zone", "UTC"])
        .done();
    program
        .json(["report", "group", "g", "--zone", "Asia/Tokyo"])
        .refused(2, "usage", &["UTC", "--zone"]);
}

#[test]
fn lines_left_out_are_named_and_can_be_written_down() {
    let program = Program::new();
    let file = program.file(
        "qq.txt",
        format!(
            "{}2031-01-05 9:00:00 群友1(10001)\n明天见\n\n",
            history(20, 3)
        ),
    );
    let rejects = program.path("rejects.csv");
    let ran = program.json([
        "import",
        "chat",
        file.to_str().unwrap(),
        "--group",
        "g",
        "--rejects",
        rejects.to_str().unwrap(),
    ]);
    let answer = ran.done();
    assert_eq!(answer["messages"], 20);
    assert_eq!(answer["skipped_total"], 1);
    assert_eq!(answer["skipped"][0]["line"], 65);
    assert!(
        answer["skipped"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("future"),
        "{answer}"
    );
    let written = std::fs::read_to_string(rejects).unwrap();
    assert!(
        written
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("65,import.reject.future,"),
        "{written}"
    );
}

#[test]
fn lists_of_people_and_groups() {
    let program = Program::new();
    let people = program.file(
        "people.csv",
        "姓名,手机号,生日\n林小麦,13800000001,1990-05-01\n周晓,13800000002,\n",
    );
    let map = "name=姓名,phone=手机号,birthday=生日";
    let arguments = ["import", "members", people.to_str().unwrap(), "--map", map];
    let first = program.json(arguments).done();
    assert_eq!(
        (&first["members"], &first["duplicates"]),
        (&json!(2), &json!(0)),
        "{first}"
    );
    let second = program.json(arguments).done();
    assert_eq!(
        (&second["members"], &second["duplicates"]),
        (&json!(0), &json!(2)),
        "{second}"
    );
    let groups = program.file(
        "groups.csv",
        "群名称,门店\n海岸城福利1群,海岸城\n海岸城下午茶1群,海岸城\n",
    );
    let arguments = [
        "import",
        "groups",
        groups.to_str().unwrap(),
        "--map",
        "name=群名称,store=门店",
    ];
    assert_eq!(program.json(arguments).done()["groups"], 2);
    assert_eq!(program.json(arguments).done()["duplicates"], 2);
    assert_eq!(program.run(["doctor"]).code, 0);
    program.json(["report", "group", "海岸城福利1群"]).done();
}

#[test]
fn without_json_people_are_told_and_no_bar_fills_a_file() {
    let program = Program::new();
    let file = program.file("qq.txt", history(30, 3));
    let ran = program.run(["import", "chat", file.to_str().unwrap(), "--group", "g"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.contains("30 messages") && ran.stdout.contains("import undo"),
        "{ran:?}"
    );
    assert_eq!(ran.stderr, "");
}
