//! Real histories and real orders, imported by the program, against what is known of them.

use std::io::Read as _;

use serde_json::Value as Json;

use crate::program::{Program, shared};

fn reference(folder: &str, name: &str) -> Option<String> {
    Some(std::fs::read_to_string(shared(&format!("{folder}/reference/{name}"))?).unwrap())
}

#[test]
fn a_year_of_chat_in_six_forms_gives_the_same_messages_members_and_days() {
    let Some(summary) = reference("chat_render_irc", "summary.json") else {
        return;
    };
    let summary: Json = serde_json::from_str(&summary).unwrap();
    let daily: Vec<(String, i64, i64)> = reference("chat_render_irc", "daily.csv")
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (
                cells[0].to_owned(),
                cells[1].parse().unwrap(),
                cells[2].parse().unwrap(),
            )
        })
        .collect();
    let program = Program::new();
    let mut forms = 0;
    for name in [
        "discord.json",
        "qq_group.txt",
        "telegram_result.json",
        "wechat_copy.txt",
        "wechat_stat.csv",
        "whatsapp.txt",
    ] {
        let Some(file) = shared(&format!("chat_render_irc/{name}")) else {
            continue;
        };
        forms += 1;
        let mut arguments = vec!["import", "chat", file.to_str().unwrap(), "--group", name];
        if name == "whatsapp.txt" {
            arguments.extend(["--dates", "mdy"]);
        }
        let first = program.json(&arguments).done();
        assert_eq!(first["messages"], summary["messages"], "{name}");
        assert_eq!(first["members"], summary["senders"], "{name}");
        assert_eq!(first["days"], summary["active_days"], "{name}");
        assert_eq!(first["skipped_total"], 0, "{name}: {}", first["skipped"]);
        let second = program.json(&arguments).done();
        assert_eq!(second["messages"], 0, "{name}");
        assert_eq!(second["duplicates"], first["messages"], "{name}");
        let report = program.json(["report", "group", name]).done();
        assert_eq!(report["messages"], summary["messages"], "{name}");
        let told: Vec<(String, i64, i64)> = report["daily"]
            .as_array()
            .unwrap()
            .iter()
            .map(|day| {
                let number = |key: &str| day[key].as_i64().unwrap();
                (
                    day["day"].as_str().unwrap().to_owned(),
                    number("messages"),
                    number("active_members"),
                )
            })
            .collect();
        assert_eq!(told, daily, "{name}");
    }
    assert_eq!(forms, 6);
    assert_eq!(program.run(["doctor"]).code, 0);
}

#[test]
fn three_months_of_a_shop_give_its_totals() {
    let Some(shape) = reference("online_retail_3m", "shape.json") else {
        return;
    };
    let shape: Json = serde_json::from_str(&shape).unwrap();
    let file = shared("online_retail_3m/online_retail_2010-12_2011-02.csv.gz").unwrap();
    let program = Program::new();
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap())
        .read_to_end(&mut plain)
        .unwrap();
    let file = program.file("orders.csv", plain);
    let map = "id=InvoiceNo,customer=CustomerID,at=InvoiceDate,price=UnitPrice,quantity=Quantity,sku=StockCode";
    let arguments = [
        "import",
        "orders",
        file.to_str().unwrap(),
        "--map",
        map,
        "--currency",
        "GBP",
        "--cancel-prefix",
        "C",
        "--zone",
        "Europe/London",
    ];
    let answer = program.json(arguments).done();
    let invoices = shape["invoices"].as_u64().unwrap();
    let cancelled = shape["cancel_invoices"].as_u64().unwrap();
    assert_eq!(answer["lines"], shape["rows"]);
    assert_eq!(answer["members"], shape["customers"]);
    assert_eq!(answer["without_member"], shape["null_customer_rows"]);
    assert_eq!(answer["cancelled"], cancelled);
    assert_eq!(answer["orders"], invoices - cancelled);
    // Each line is rounded to whole pence; the reference adds first.
    let net = (shape["net"].as_f64().unwrap() * 100.0).round() as i64;
    let revenue = answer["revenue_minor"].as_i64().unwrap();
    assert!((revenue - net).abs() <= 5, "{revenue} against {net}");
    let again = program.json(arguments).done();
    assert_eq!(again["orders"], 0);
    assert_eq!(again["duplicates"], invoices - cancelled);
    let sales = program.json(["report", "sales"]).done();
    let sum: i64 = sales["periods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["sales_minor"].as_i64().unwrap())
        .sum();
    assert_eq!(sum, revenue);
    assert_eq!(program.run(["doctor"]).code, 0);
}

#[test]
fn a_sample_of_a_record_shop_gives_its_totals() {
    let Some(shape) = reference("cdnow_sample", "shape.json") else {
        return;
    };
    let shape: Json = serde_json::from_str(&shape).unwrap();
    let file = shared("cdnow_sample/CDNOW_sample.txt").unwrap();
    let program = Program::new();
    let arguments = [
        "import",
        "orders",
        file.to_str().unwrap(),
        "--map",
        "customer=2,at=3,quantity=4,amount=5",
        "--zone",
        "UTC",
    ];
    let answer = program.json(arguments).done();
    let lines = std::fs::read_to_string(&file)
        .unwrap()
        .lines()
        .filter(|line| !line.trim().is_empty())
        .count();
    assert_eq!(answer["lines"].as_u64().unwrap(), lines as u64);
    assert_eq!(
        answer["orders"].as_u64().unwrap(),
        lines as u64,
        "true repeats inside a file are kept"
    );
    assert_eq!(answer["members"], shape["customers"], "{shape}");
    let again = program.json(arguments).done();
    assert_eq!(again["orders"], 0);
    assert_eq!(again["duplicates"].as_u64().unwrap(), lines as u64);
}
