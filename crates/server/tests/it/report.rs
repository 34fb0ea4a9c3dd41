//! `yutang report`, `staff`, `token`, `openapi`, as others build on them.

use serde_json::Value as Json;

use crate::program::{Program, bare, finish, history};

fn sorted(document: &Json) -> Vec<&str> {
    let mut names: Vec<&str> = document
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn a_group_report_has_its_figures_and_days() {
    let program = Program::new();
    let file = program.file("qq.txt", history(3_000, 30));
    program.chat(&file, "烘焙群").done();
    let report = program.json(["report", "group", "烘焙群"]).done();
    assert_eq!(
        sorted(&report),
        [
            "active_members",
            "contributor_share",
            "contributors",
            "daily",
            "gini",
            "health",
            "messages",
            "top10_share",
            "two_way_ratio",
            "vitality",
        ]
    );
    assert!(
        report["health"]["class"].is_string() && report["health"]["reasons"].is_array(),
        "{report}"
    );
    let daily = report["daily"].as_array().unwrap();
    assert_eq!(daily.len(), 2);
    assert_eq!(sorted(&daily[0]), ["active_members", "day", "messages"]);
    let first_day = daily[0]["messages"].as_i64().unwrap();
    assert_eq!(first_day + daily[1]["messages"].as_i64().unwrap(), 3_000);
    // `from` is in, `to` is out.
    let day = program
        .json([
            "report",
            "group",
            "烘焙群",
            "--from",
            "2026-01-05",
            "--to",
            "2026-01-06",
        ])
        .done();
    assert_eq!(day["messages"], first_day);
    assert_eq!(day["daily"].as_array().unwrap().len(), 1);
    for ratio in ["contributor_share", "top10_share", "gini"] {
        if let Some(value) = report[ratio].as_f64() {
            assert!((0.0..=1.0).contains(&value), "{ratio} is {value}");
        }
    }
    program
        .json([
            "report",
            "group",
            "烘焙群",
            "--from",
            "2026-01-06",
            "--to",
            "2026-01-06",
        ])
        .refused(2, "time.period", &[]);
    let text = program.run(["report", "group", "烘焙群"]);
    assert!(
        text.stdout.contains("messages") && text.stdout.contains("3000"),
        "{text:?}"
    );
}

#[test]
fn an_empty_folder_stays_empty_when_it_is_asked() {
    let program = Program::new();
    for arguments in [
        vec!["report", "group", "x"],
        vec!["report", "sales"],
        vec!["doctor"],
        vec!["import", "list"],
    ] {
        program
            .json(&arguments)
            .refused(1, "workspace.none", &["there is no workspace yet"]);
        assert!(!program.data().exists(), "{arguments:?} wrote something");
    }
}

/// req: 003-014
#[test]
fn sales_are_traffic_times_conversion_times_basket() {
    let program = Program::new();
    let orders = program.file(
        "orders.csv",
        "订单号,客户,时间,金额\nA1,甲,2026-03-02 10:00:00,30.00\nA2,乙,2026-03-03 10:00:00,20.50\nA3,甲,2026-04-01 10:00:00,12.00\n",
    );
    let map = "id=订单号,customer=客户,at=时间,amount=金额";
    let answer = program
        .json(["import", "orders", orders.to_str().unwrap(), "--map", map])
        .done();
    assert_eq!(answer["revenue_minor"], 6_250);
    let report = program.json(["report", "sales"]).done();
    assert_eq!(sorted(&report), ["periods"]);
    let periods = report["periods"].as_array().unwrap();
    assert_eq!(
        sorted(&periods[0]),
        [
            "basket",
            "conversion",
            "from",
            "sales_minor",
            "to",
            "traffic"
        ]
    );
    let total: i64 = periods
        .iter()
        .map(|p| p["sales_minor"].as_i64().unwrap())
        .sum();
    assert_eq!(total, 6_250);
    for p in periods {
        assert!(
            p["traffic"].is_null() && p["conversion"].is_null() && p["basket"].is_number(),
            "nobody was in a group: {p}"
        );
    }
    let chat = program.file("qq.txt", history(30, 5));
    program.chat(&chat, "烘焙群").done();
    let report = program.json(["report", "sales"]).done();
    for p in report["periods"].as_array().unwrap() {
        let product = p["traffic"].as_f64().unwrap()
            * p["conversion"].as_f64().unwrap()
            * p["basket"].as_f64().unwrap();
        assert!(
            (product - p["sales_minor"].as_f64().unwrap()).abs() < 0.5,
            "{p}"
        );
    }
    let march = program
        .json([
            "report",
            "sales",
            "--from",
            "2026-03-01",
            "--to",
            "2026-04-01",
        ])
        .done();
    assert_eq!(march["periods"][0]["sales_minor"], 5_050);
    assert_eq!(march["periods"].as_array().unwrap().len(), 1);
}

/// req: 003-005
#[test]
fn stores_are_compared_and_opened() {
    let program = Program::new();
    let orders = program.file(
        "orders.csv",
        "订单号,客户,时间,金额,门店\nA1,甲,2026-03-02 10:00:00,30.00,海岸城\nA2,乙,2026-03-03 10:00:00,20.50,西乡\n",
    );
    let map = "id=订单号,customer=客户,at=时间,amount=金额,store=门店";
    program
        .json(["import", "orders", orders.to_str().unwrap(), "--map", map])
        .done();
    let list = program.file("groups.csv", "群名称,门店\n福利群,海岸城\n");
    let map = "name=群名称,store=门店";
    program
        .json(["import", "groups", list.to_str().unwrap(), "--map", map])
        .done();
    let board = program.json(["report", "stores"]).done();
    assert_eq!(sorted(&board), ["from", "rows", "to"]);
    let rows = board["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["海岸城", "西乡"]);
    assert_eq!(
        (&rows[0]["sales_minor"], &rows[0]["kind"]),
        (&3_000.into(), &"store".into())
    );
    assert!(
        rows[0]["complaints"].is_null() && rows[1]["complaints"] == 0,
        "{board}"
    );
    let one = program
        .json(["report", "stores", "--branch", "海岸城"])
        .done();
    let row = &one["rows"][0];
    assert_eq!(
        (&row["name"], &row["kind"]),
        (&"福利群".into(), &"group".into())
    );
    assert!(
        row["sales_minor"].is_null(),
        "no order says through which group it came: {one}"
    );
    program
        .json(["report", "stores", "--branch", "没有"])
        .refused(1, "store.not_found", &["没有"]);
    let text = program.run(["report", "stores"]);
    assert!(text.stdout.contains("1. 海岸城: 3000 CNY"), "{text:?}");
}

#[test]
fn names_are_exact_and_several_are_ambiguous() {
    let program = Program::new();
    let file = program.file("qq.txt", history(10, 2));
    program.chat(&file, "福利群").done();
    program
        .json(["report", "group", "福利"])
        .refused(1, "store.not_found", &["福利"]);
    let list = program.file("groups.csv", "群名称,群ID\n福利群,wr1\n");
    let map = "name=群名称,external_id=群ID";
    program
        .json(["import", "groups", list.to_str().unwrap(), "--map", map])
        .done();
    program
        .json(["report", "group", "福利群"])
        .refused(2, "group.ambiguous", &["福利群"]);
}

#[test]
fn staff_and_tokens() {
    let program = Program::new();
    let add = [
        "staff",
        "add",
        "--name",
        "老板",
        "--role",
        "owner",
        "--sign-in",
        "boss",
        "--password-stdin",
    ];
    let made = program.told(add, "correct horse battery\n").done();
    assert_eq!(made["sign_in"], "boss");
    assert_eq!(made["role"], "owner");
    program
        .json(["staff", "add", "--name", "x", "--role", "owner"])
        .refused(2, "usage", &["--password-stdin"]);
    program.told(add, "").refused(2, "usage", &["stdin"]);
    let unknown = program.json(["token", "add", "--role", "king"]);
    unknown.refused(2, "usage", &["king", "owner"]);
    let token = program.json(["token", "add", "--role", "analyst"]).done();
    assert!(token["token"].as_str().unwrap().len() > 40);
    assert_eq!(token["role"], "analyst");
}

#[test]
fn the_program_describes_itself_without_data() {
    let mut command = bare();
    command.arg("openapi").env_clear();
    let described: Json = serde_json::from_str(&finish(command, "").stdout).unwrap();
    assert!(
        described["paths"]
            .as_object()
            .unwrap()
            .contains_key("/api/v1/session")
    );
    let mut command = bare();
    command.args(["config", "--markdown"]);
    assert!(finish(command, "").stdout.contains("| `server.listen` |"));
    let mut command = bare();
    command.arg("--version");
    assert!(finish(command, "").stdout.starts_with("yutang "));
}

#[test]
fn usage_is_exit_2_and_one_document() {
    let mut command = bare();
    command.args(["report", "group", "--json"]);
    finish(command, "").refused(2, "usage", &["NAME"]);
    let mut command = bare();
    command.args(["nonsense"]);
    let ran = finish(command, "");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("nonsense"));
    let program = Program::new();
    program
        .json(["report", "sales", "--zone", "Asia/Nowhere"])
        .refused(2, "time.zone", &["Asia/Nowhere"]);
}
