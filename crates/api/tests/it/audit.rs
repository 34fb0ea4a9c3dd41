//! The audit log and taking changes back.

use serde_json::{Value, json};
use yutang_domain::actor::Role;
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::http::{Browser, Edge, group};

/// The last line of an operation.
async fn last(browser: &mut Browser, operation: &str) -> Value {
    let lines = browser
        .get(&format!("/audit?operation={operation}&limit=1"))
        .await
        .expect(200);
    lines["items"][0].clone()
}

async fn undo(browser: &mut Browser, line: &Value) -> crate::http::Answer {
    browser
        .post(
            &format!("/audit/{}/undo", line["id"].as_str().unwrap()),
            json!({}),
        )
        .await
}

both_engines! {
    async fn a_change_is_taken_back_while_nobody_touched_it_since(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        owner.patch("/workspace", json!({ "name": "甲" })).await.expect(200);
        let first = last(&mut owner, "workspace.edit").await;
        assert_eq!(first["after"]["name"], "甲");
        assert_eq!(first["actor"]["kind"], "staff");
        assert_eq!(first["actor"]["name"], "老板");
        owner.patch("/workspace", json!({ "name": "乙" })).await.expect(200);
        let second = last(&mut owner, "workspace.edit").await;
        undo(&mut owner, &first).await.refused(409, "audit.changed_since");
        let undone = undo(&mut owner, &second).await.expect(200);
        assert!(undone["undone_at"].is_string());
        assert_eq!(owner.get("/workspace").await.expect(200)["name"], "甲");
        undo(&mut owner, &second).await.refused(409, "audit.undone");
        undo(&mut owner, &first).await.expect(200);
        assert_eq!(owner.get("/workspace").await.expect(200)["name"], "default");
        let line = last(&mut owner, "audit.undo").await;
        assert_eq!(line["undoable"], false);
        assert_eq!(line["after"]["name"], "default");
        undo(&mut owner, &line).await.refused(409, "audit.not_undoable");
        test.finish().await;
    }

    async fn branches_are_put_back(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let row = owner.post("/branches", json!({ "name": "海岸城", "kind": "store" })).await.expect(201);
        let path = format!("/branches/{}", row["id"].as_str().unwrap());
        owner.patch(&path, json!({ "name": "海岸城店", "code": "007" })).await.expect(200);
        let edited = last(&mut owner, "branch.edit").await;
        undo(&mut owner, &edited).await.expect(200);
        owner.delete(&path).await.expect(204);
        let closed = last(&mut owner, "branch.archive").await;
        undo(&mut owner, &closed).await.expect(200);
        let seen = owner.get("/branches").await.expect(200);
        let shop = seen["items"].as_array().unwrap().iter().find(|b| b["id"] == row["id"]).unwrap().clone();
        assert_eq!((&shop["name"], &shop["code"], &shop["archived_at"]), (&json!("海岸城"), &json!(null), &json!(null)));
        let made = last(&mut owner, "branch.create").await;
        undo(&mut owner, &made).await.expect(200);
        let seen = owner.get("/branches").await.expect(200);
        let shop = seen["items"].as_array().unwrap().iter().find(|b| b["id"] == row["id"]).unwrap().clone();
        assert!(shop["archived_at"].is_string());
        test.finish().await;
    }

    /// req: 000-037
    async fn groups_are_put_back(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let row = test.app.create_group(&test.owner, group("福利1")).await.unwrap();
        test.app.archive_group(&test.owner, row.id, "过季").await.unwrap();
        let closed = last(&mut owner, "group.archive").await;
        undo(&mut owner, &closed).await.expect(200);
        test.app.archive_group(&test.owner, row.id, "过季").await.unwrap();
        undo(&mut owner, &closed).await.refused(409, "audit.undone");
        let staff = test.owner.actor.staff_id().unwrap();
        let duties = vec![(staff, yutang_domain::group::Duty::Host)];
        test.app.restore_group(&test.owner, row.id).await.unwrap();
        test.app.assign_group_staff(&test.owner, row.id, duties).await.unwrap();
        let assigned = last(&mut owner, "group.staff").await;
        undo(&mut owner, &assigned).await.expect(200);
        assert!(test.app.group_staff(&test.owner, row.id).await.unwrap().is_empty());
        test.finish().await;
    }

    async fn undoing_asks_for_the_permission_of_the_change(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let id = test.caller(Role::Analyst, "li").await.actor.staff_id().unwrap();
        owner.patch(&format!("/staff/{id}"), json!({ "name": "李雷", "sign_in": "lilei" })).await.expect(200);
        let line = last(&mut owner, "staff.edit").await;
        test.caller(Role::Operator, "op").await;
        let mut operator = edge.signed_in("op").await;
        undo(&mut operator, &line).await.refused(403, "permission.denied");
        undo(&mut owner, &line).await.expect(200);
        let row = owner.get(&format!("/staff/{id}")).await.expect(200);
        assert_eq!((&row["name"], &row["sign_in"]), (&json!("li"), &json!("li")));
        test.finish().await;
    }

    async fn the_log_is_read_page_by_page_and_exported_whole(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        for n in 0..7 {
            owner.post("/branches", json!({ "name": format!("=店{n}"), "kind": "store" })).await.expect(201);
        }
        let mut seen = Vec::new();
        let mut next = Value::Null;
        loop {
            let cursor = next.as_str().map(|c| format!("&cursor={c}")).unwrap_or_default();
            let page = owner.get(&format!("/audit?operation=branch&limit=3{cursor}")).await.expect(200);
            assert_eq!(page["total"], json!({ "count": 7, "exact": true }));
            seen.extend(page["items"].as_array().unwrap().iter().map(|l| l["subject"]["name"].as_str().unwrap().to_owned()));
            next = page["next"].clone();
            if next.is_null() { break; }
        }
        assert_eq!(seen, ["=店6", "=店5", "=店4", "=店3", "=店2", "=店1", "=店0"]);
        let table = owner.get("/audit/export.csv?operation=branch.create").await.expect(200);
        let table = table.as_str().unwrap();
        assert_eq!(table.lines().count(), 8);
        assert!(table.contains(",'=店6,"), "{table}");
        let nobody = owner.get("/audit?actor=st_0000000000001").await.expect(200);
        assert_eq!(nobody["items"], json!([]));
        let day = owner.get("/audit?operation=branch&from=2026-11-20&to=2026-11-21").await.expect(200);
        assert_eq!(day["items"].as_array().unwrap().len(), 7);
        let day = owner.get("/audit?from=2026-11-21").await.expect(200);
        assert_eq!(day["items"], json!([]));
        test.finish().await;
    }
}
