//! `yutang import`, as others build on it. req: 001-020

use serde_json::{Value as Json, json};
use yutang_testkit::{TestDatabase, both_engines};

use crate::program::{Program, Ran, committed, history};

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
            "days", "duplicates", "first", "format", "last", "members", "messages", "run", "skipped",
            "skipped_total", "system",
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
