//! Imports over HTTP: a file sent, looked at, read, stored, looked up, taken back.

use std::{path::PathBuf, time::Duration};

use axum::{
    body::Body,
    http::{Method, header},
};
use serde_json::{Value, json};
use yutang_domain::{actor::Role, time::HOUR};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::http::{Answer, Browser, Edge};

/// A file of the test data, or a line that says that the test was not run.
pub fn data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("YUTANG_TESTDATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("not run: 1 ({} is absent)", path.display());
    None
}

/// Sends a file as a form does.
pub async fn send(browser: &mut Browser, field: &str, name: &str, content: &[u8]) -> Answer {
    let boundary = "----a-boundary";
    let mut body = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
         content-type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let mut request = browser.request(Method::POST, "/imports/uploads", None);
    *request.body_mut() = Body::from(body);
    let kind = format!("multipart/form-data; boundary={boundary}")
        .parse()
        .unwrap();
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    browser.answer(request).await
}

/// The run once it is at rest.
pub async fn at_rest(browser: &mut Browser, id: &Value) -> Value {
    let path = format!("/imports/{}", id.as_str().unwrap());
    for _ in 0..3_000 {
        let run = browser.get(&path).await.expect(200);
        if !matches!(run["state"].as_str(), Some("running" | "undoing")) {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the run did not come to rest within a minute");
}

/// Sends a file and has it stored.
pub async fn import(browser: &mut Browser, name: &str, content: &[u8], mut how: Value) -> Value {
    let upload = send(browser, "file", name, content).await.expect(201);
    how["upload_id"] = upload["upload_id"].clone();
    let run = browser.post("/imports", how).await.expect(201);
    at_rest(browser, &run["id"]).await
}

const ORDERS: &str = "订单号,买家手机号,付款时间,订单实付金额,归属门店\n\
    A1,13800000001,2026-11-18 10:00:00,12.50,海岸城\n\
    A2,13800000002,2026-11-18 11:00:00,20.00,海岸城\n\
    A3,13800000001,2026-11-19 12:00:00,=1+1,西乡\n\
    A4,13800000003,2026-11-19 13:00:00,30.00,西乡\n";

both_engines! {
    /// A real history over HTTP gives the figures of its reference. req: 002-035
    async fn a_history_gives_the_report_of_its_reference(database: TestDatabase) {
        let Some(folder) = data("chat_render_irc") else { return };
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let content = std::fs::read(folder.join("wechat_stat.csv")).unwrap();
        let upload = send(&mut owner, "file", "wechat_stat.csv", &content).await.expect(201);
        assert_eq!(upload["bytes"], content.len());
        assert_eq!(upload["sniff"]["kind"], "chat");
        assert_eq!(upload["sniff"]["format"], "wechat_stat");
        let mut how = json!({
            "kind": "chat", "upload_id": upload["upload_id"], "group_name": "烘焙", "dates": "ymd",
            "dry_run": true,
        });
        let plan = owner.post("/imports", how.clone()).await.expect(200);
        assert_eq!((&plan["state"], &plan["id"]), (&json!("planned"), &Value::Null));
        assert_eq!(plan["counts"]["messages"], 11_612);
        assert_eq!(owner.get("/imports").await.expect(200)["total"]["count"], 0);
        assert_eq!(owner.get("/groups").await.expect(200)["total"]["count"], 0);

        how["dry_run"] = json!(false);
        let run = owner.post("/imports", how).await.expect(201);
        let run = at_rest(&mut owner, &run["id"]).await;
        assert_eq!(run["state"], "done", "{run}");
        assert_eq!(run["group"]["name"], "烘焙");
        assert_eq!(run["actor"], "老板");
        assert_eq!(run["progress"]["done"], run["progress"]["total"]);

        let summary = std::fs::read_to_string(folder.join("reference/summary.json")).unwrap();
        let summary: Value = serde_json::from_str(&summary).unwrap();
        assert_eq!(run["counts"]["messages"], summary["messages"]);
        assert_eq!(run["counts"]["members"], summary["senders"]);
        assert_eq!(run["counts"]["days"], summary["active_days"]);
        let group = run["group"]["id"].as_str().unwrap();
        let path = format!("/groups/health?group={group}&from=2004-01-01&to=2017-01-01");
        let report = owner.get(&path).await.expect(200);
        assert_eq!(report["messages"]["value"].as_f64(), summary["messages"].as_f64());
        assert_eq!(report["active_members"]["value"].as_f64(), summary["senders"].as_f64());
        assert_eq!(report["two_way_ratio"], json!({ "value": null, "unknown": "no_staff_known", "previous": null }));
        let days = report["daily"].as_array().unwrap();
        assert_eq!(json!(days.len()), summary["active_days"]);
        let sum: i64 = days.iter().map(|day| day["messages"].as_i64().unwrap()).sum();
        assert_eq!(json!(sum), summary["messages"]);
        for (hour, messages) in report["hours"].as_array().unwrap().iter().enumerate() {
            assert_eq!(*messages, summary["by_hour"][hour.to_string()], "hour {hour}");
        }
        let people = format!("/groups/health/people?figure=active_members&group={group}&from=2004-01-01&to=2017-01-01&limit=200");
        let people = owner.get(&people).await.expect(200);
        assert_eq!(people["total"]["count"], summary["senders"]);
        assert_eq!(people["items"].as_array().unwrap().len(), 200);
        let top = format!("/groups/health/people?figure=top10&group={group}&from=2004-01-01&to=2017-01-01");
        assert_eq!(owner.get(&top).await.expect(200)["total"]["count"], 122, "a tenth of 1,219, rounded up");

        // The stream goes back page by page and knows what is newer.
        let path = format!("/groups/{group}/messages?limit=100&kind=message");
        let newest = owner.get(&path).await.expect(200);
        assert_eq!(newest["items"].as_array().unwrap().len(), 100);
        let next = newest["next"].as_str().unwrap();
        let older = owner.get(&format!("{path}&before={next}")).await.expect(200);
        assert!(older["items"][0]["at"].as_str() <= newest["items"][99]["at"].as_str());
        assert_ne!(older["items"][0]["id"], newest["items"][99]["id"]);
        let mark = older["newest"].as_str().unwrap();
        let back = owner.get(&format!("{path}&after={mark}")).await.expect(200);
        assert_eq!(back["items"], newest["items"]);
        assert_eq!(back["next"], Value::Null);
        let joins = owner.get(&format!("/groups/{group}/messages?kind=join")).await.expect(200);
        assert_eq!(joins["items"], json!([]));
        let members = owner.get(&format!("/groups/{group}/members?sort=-messages&limit=1")).await.expect(200);
        assert_eq!(members["total"]["count"], summary["senders"]);
        assert!(members["items"][0]["messages"].as_i64() > Some(100));

        // Whoever reads figures only is told what happened, not who said what.
        test.caller(Role::Analyst, "data").await;
        let mut analyst = edge.signed_in("data").await;
        let nameless = analyst.get(&path).await.expect(200);
        assert_eq!(nameless["items"][0]["at"], newest["items"][0]["at"]);
        for line in nameless["items"].as_array().unwrap() {
            assert_eq!((&line["member"], &line["text"]), (&Value::Null, &Value::Null));
        }
        analyst.get(&format!("{path}&q=ubuntu")).await.refused(403, "permission.denied");

        // Once more nothing is new.
        let again = import(&mut owner, "wechat_stat.csv", &content, json!({
            "kind": "chat", "group_id": group, "dates": "ymd", "dry_run": false,
        })).await;
        assert_eq!(again["counts"]["messages"], 0);
        assert_eq!(again["counts"]["duplicates"], summary["messages"]);
        test.finish().await;
    }

    /// req: 001-020, 003-014
    async fn orders_are_stored_counted_and_taken_back(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let upload = send(&mut owner, "file", "../订单.csv", ORDERS.as_bytes()).await.expect(201);
        assert_eq!(upload["name"], "订单.csv");
        let sniff = &upload["sniff"];
        assert_eq!((&sniff["target"], &sniff["preset"]), (&json!("orders"), &json!("youzan")));
        assert_eq!(sniff["sample"].as_array().unwrap().len(), 4);
        assert_eq!(sniff["mapping"]["amount"], "订单实付金额");
        let how = json!({ "kind": "orders", "dry_run": false });
        let run = import(&mut owner, "orders.csv", ORDERS.as_bytes(), how.clone()).await;
        assert_eq!(run["state"], "done", "{run}");
        assert_eq!(run["counts"]["revenue_minor"], 6_250);
        assert_eq!((&run["counts"]["orders"], &run["counts"]["skipped_total"]), (&json!(3), &json!(1)));
        let id = run["id"].as_str().unwrap();
        let rejects = owner.get(&format!("/imports/{id}/rejects")).await.expect(200);
        assert_eq!(rejects["total"], json!({ "count": 1, "exact": true }));
        assert_eq!(rejects["items"][0]["line"], 4);
        assert_eq!(rejects["items"][0]["code"], "import.reject.amount");
        let table = owner.get(&format!("/imports/{id}/rejects.csv")).await;
        assert!(table.body.as_str().unwrap().contains("\r\n4,import.reject.amount,"));

        let sales = owner.get("/sales").await.expect(200);
        assert_eq!(sales["currency"], "CNY");
        let total: i64 = sales["periods"].as_array().unwrap().iter().map(|p| p["sales_minor"].as_i64().unwrap()).sum();
        assert_eq!(total, 6_250);
        let board = owner.get("/sales/stores").await.expect(200);
        assert_eq!(board["items"][0]["branch"]["name"], "海岸城");
        assert_eq!(board["items"][0]["amount_minor"], 3_250);
        assert_eq!(board["items"][0]["over"], Value::Null);

        let again = import(&mut owner, "orders.csv", ORDERS.as_bytes(), how).await;
        assert_eq!((&again["counts"]["orders"], &again["counts"]["duplicates"]), (&json!(0), &json!(3)));
        let would = owner.post(&format!("/imports/{id}/undo?preview=true"), json!({})).await.expect(200);
        assert_eq!((&would["orders"], &would["order_lines"]), (&json!(3), &json!(3)));
        assert_eq!(owner.get(&format!("/imports/{id}")).await.expect(200)["state"], "done");
        owner.post(&format!("/imports/{id}/undo"), json!({})).await.expect(200);
        assert_eq!(at_rest(&mut owner, &run["id"]).await["state"], "undone");
        assert_eq!(owner.get("/sales").await.expect(200)["periods"], json!([]));
        owner.post(&format!("/imports/{id}/undo"), json!({})).await.refused(409, "import.state");
        owner.post(&format!("/imports/{id}/resume"), json!({})).await.refused(409, "import.state");
        owner.post(&format!("/imports/{id}/cancel"), json!({})).await.refused(409, "import.state");
        let page = owner.get("/imports?limit=1").await.expect(200);
        assert_eq!(page["total"]["count"], 2);
        let rest = owner.get(&format!("/imports?limit=1&cursor={}", page["next"].as_str().unwrap())).await.expect(200);
        assert_eq!(rest["items"][0]["id"], run["id"]);
        assert_eq!(rest["next"], Value::Null);
        test.finish().await;
    }

    async fn an_upload_is_its_senders_and_goes_in_time(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        send(&mut owner, "other", "a.csv", b"x").await.refused(422, "import.upload_missing");
        owner.post("/imports/uploads", json!({})).await.refused(422, "import.upload_missing");
        let picture = send(&mut owner, "file", "a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").await.expect(201);
        assert_eq!(picture["sniff"]["error"]["code"], "import.not_a_text");
        let how = |id: &Value| json!({ "kind": "orders", "upload_id": id, "dry_run": true });
        owner.post("/imports", how(&picture["upload_id"])).await.refused(404, "import.upload_gone");
        let empty = send(&mut owner, "file", "a.txt", b"").await.expect(201);
        assert_eq!(empty["sniff"]["error"]["code"], "import.empty");
        owner.post("/imports", how(&json!("../../secret.key"))).await.refused(404, "import.upload_gone");

        let upload = send(&mut owner, "file", "orders.csv", ORDERS.as_bytes()).await.expect(201);
        test.caller(Role::Operator, "ops").await;
        let mut other = edge.signed_in("ops").await;
        other.post("/imports", how(&upload["upload_id"])).await.refused(404, "import.upload_gone");
        let plan = owner.post("/imports", how(&upload["upload_id"])).await.expect(200);
        assert_eq!(plan["skipped"][0]["code"], "import.reject.amount");
        let mut wrong = how(&upload["upload_id"]);
        wrong["mapping"] = json!({ "amount": "没有这一列" });
        owner.post("/imports", wrong).await.refused(422, "import.unknown_column");
        let mut wrong = how(&upload["upload_id"]);
        wrong["dates"] = json!("mydates");
        assert_eq!(owner.post("/imports", wrong).await.refused(422, "body.field")["at"], "dates");

        assert_eq!(test.app.remove_stale_uploads().await.unwrap(), 0);
        test.advance(25 * HOUR).await;
        assert_eq!(test.app.remove_stale_uploads().await.unwrap(), 1);
        assert_eq!(std::fs::read_dir(test.app.uploads()).unwrap().count(), 0);
        test.finish().await;
    }

    async fn mappings_are_kept_by_name(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let presets = owner.get("/imports/presets").await.expect(200);
        assert_eq!(presets["items"][0]["id"], "youzan");
        assert_eq!(presets["items"][0]["mapping"]["id"], "订单号");
        let body = |column: &str| json!({ "name": "收银", "kind": "orders", "mapping": { "at": column } });
        let first = owner.post("/imports/mappings", body("时间")).await.expect(201);
        let second = owner.post("/imports/mappings", body("2")).await.expect(201);
        assert_eq!(first["id"], second["id"]);
        let list = owner.get("/imports/mappings").await.expect(200);
        assert_eq!(list["items"], json!([second]));
        let bad = json!({ "name": "x", "kind": "orders", "mapping": { "colour": "1" } });
        owner.post("/imports/mappings", bad).await.refused(422, "import.mapping");
        owner.delete(&format!("/imports/mappings/{}", first["id"].as_str().unwrap())).await.expect(204);
        assert_eq!(owner.get("/imports/mappings").await.expect(200)["items"], json!([]));
        test.finish().await;
    }
}
