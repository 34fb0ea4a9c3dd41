//! Groups over HTTP: described, listed, announced, staffed, closed, changed together, exported.

use axum::http::Method;
use serde_json::{Value, json};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, PASSWORD, TestApp},
    both_engines,
};

use crate::http::{Browser, Edge};

/// A group as the console sends it.
pub fn group_in(name: &str, branch: Option<&str>) -> Value {
    json!({
        "name": name, "branch_id": branch, "channel": "wechat", "purpose": "面包福利",
        "term": "long", "shape": "sharing", "ownership": "direct", "audience": "customer",
        "scene": "welfare", "need_level": 1, "size_min": 200, "size_max": 300, "capacity": 200,
        "opened_on": "2026-09-01", "ends_on": null,
        "monetisation": { "path": "goods", "note": "" }, "topic_terms": ["面包"],
    })
}

pub async fn store(owner: &mut Browser, name: &str) -> String {
    let row = owner
        .post("/branches", json!({ "name": name, "kind": "store" }))
        .await
        .expect(201);
    row["id"].as_str().unwrap().to_owned()
}

pub async fn add(owner: &mut Browser, name: &str, branch: Option<&str>) -> String {
    let row = owner
        .post("/groups", group_in(name, branch))
        .await
        .expect(201);
    row["id"].as_str().unwrap().to_owned()
}

async fn manager(owner: &mut Browser, edge: &Edge, branch: &str) -> Browser {
    let body = json!({
        "name": "李店长", "sign_in": "li", "password": PASSWORD, "role": "manager",
        "title": "store_manager", "branch_id": branch,
    });
    owner.post("/staff", body).await.expect(201);
    edge.signed_in("li").await
}

fn names(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect()
}

both_engines! {
    /// req: 000-004, 001-032, 001-033, 004-073
    async fn a_group_is_made_changed_closed_and_brought_back(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let branch = store(&mut owner, "海岸城").await;

        let mut body = group_in("海岸城福利1群", Some(&branch));
        body["monetisation"] = Value::Null;
        let refused = owner.post("/groups", body).await.refused(422, "group.monetisation_missing");
        assert_eq!(refused["at"], "monetisation");
        let mut body = group_in("海岸城福利1群", Some(&branch));
        body["term"] = json!("forever");
        let refused = owner.post("/groups", body).await.refused(422, "body.field");
        assert_eq!(refused["at"], "term");

        let id = add(&mut owner, "海岸城福利1群", Some(&branch)).await;
        let made = owner.get(&format!("/groups/{id}")).await.expect(200);
        assert_eq!(made["branch"]["name"], "海岸城");
        assert_eq!(made["name_ok"], true);
        assert_eq!(made["capacity_advice"], json!({ "min": 200, "max": 300 }));
        assert_eq!(made["monetisation"], json!({ "path": "goods", "note": "" }));
        assert_eq!(made["announcement"], Value::Null);
        assert_eq!(made["readable"], json!({ "text": false, "reason_code": "nothing_imported" }));
        assert_eq!(made["spark"], Value::from(vec![Value::Null; 14]), "nobody looked into it yet");

        assert_eq!(made["ownership"], "direct");
        let change = json!({ "term": "short", "ends_on": "2026-12-31", "scene": null, "ownership": "partner" });
        let changed = owner.patch(&format!("/groups/{id}"), change).await.expect(200);
        assert_eq!((&changed["term"], &changed["ends_on"]), (&json!("short"), &json!("2026-12-31")));
        assert_eq!(changed["ownership"], "partner");
        assert_eq!((&changed["scene"], &changed["purpose"]), (&Value::Null, &json!("面包福利")));
        let change = json!({ "ends_on": null });
        owner.patch(&format!("/groups/{id}"), change).await.refused(422, "group.end_missing");

        let closing = json!({ "reason": "goal_reached", "farewell": "谢谢大家", "dissolve": true });
        let closed = owner.post(&format!("/groups/{id}/archive"), closing).await.expect(200);
        assert_eq!(closed["archive_reason"], "goal_reached");
        let tasks = owner.get(&format!("/tasks?group={id}")).await.expect(200);
        let task = |code: &str| tasks["items"].as_array().unwrap().iter()
            .find(|task| task["what"]["code"] == code)
            .unwrap_or_else(|| panic!("{code} in {tasks}"))
            .clone();
        assert_eq!(task("task.send_by_hand")["body"], "谢谢大家");
        let dissolve = task("task.dissolve_group");
        assert_eq!((&dissolve["state"], &dissolve["why"]["code"]), (&json!("open"), &json!("task.why.dissolve")));
        assert_eq!(names(&owner.get("/groups").await.expect(200)), [] as [&str; 0]);
        assert_eq!(names(&owner.get("/groups?archived=true").await.expect(200)), ["海岸城福利1群"]);
        owner.post(&format!("/groups/{id}/archive"), json!({})).await.refused(409, "group.archived");
        owner.post(&format!("/groups/{id}/restore"), json!({})).await.expect(200);
        assert_eq!(names(&owner.get("/groups").await.expect(200)), ["海岸城福利1群"]);
        let task = owner.get(&format!("/tasks/{}", dissolve["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(task["state"], "withdrawn");
        test.finish().await;
    }

    /// req: 001-056, 001-057, 001-058, 001-059, 001-060
    async fn an_announcement_says_which_sections_it_lacks(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let id = add(&mut owner, "福利1群", None).await;
        let path = format!("/groups/{id}/announcement");
        let text = json!({ "theme": "面包", "services": "", "forbidden": "广告", "encouraged": " " });
        let first = owner.send(Method::PUT, &path, Some(text.clone()), &[]).await.expect(200);
        assert_eq!(first["version"], 1);
        assert_eq!(first["missing"], json!(["services", "encouraged"]));
        let again = owner.send(Method::PUT, &path, Some(text), &[]).await.expect(200);
        assert_eq!(again["version"], 1);
        let whole = json!({ "theme": "面包", "services": "抢购", "forbidden": "广告", "encouraged": "晒单" });
        let second = owner.send(Method::PUT, &path, Some(whole), &[]).await.expect(200);
        assert_eq!((&second["version"], &second["missing"]), (&json!(2), &json!([])));
        let all = owner.get(&format!("{path}/versions")).await.expect(200);
        let numbers: Vec<&Value> = all["items"].as_array().unwrap().iter().map(|v| &v["version"]).collect();
        assert_eq!(numbers, [&json!(2), &json!(1)]);
        assert_eq!(all["items"][0]["actor"], "老板");
        let shown = owner.get(&format!("/groups/{id}")).await.expect(200);
        assert_eq!(shown["announcement"]["services"], "抢购");
        test.finish().await;
    }

    /// req: 000-037, 002-023, 003-010
    async fn views_and_filters_narrow_the_list_and_pages_cover_it(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let branch = store(&mut owner, "西乡").await;
        let good = add(&mut owner, "西乡福利1群", Some(&branch)).await;
        add(&mut owner, "乱起的名", Some(&branch)).await;
        let mut body = group_in("西乡知识2群", Some(&branch));
        body["audience"] = json!("knowledge");
        body["ends_on"] = json!("2026-11-01");
        owner.post("/groups", body).await.expect(201);

        let of = |list: Value| -> Vec<String> { names(&list).into_iter().map(str::to_owned).collect() };
        assert_eq!(of(owner.get("/groups?view=name_off").await.expect(200)), ["乱起的名"]);
        assert_eq!(of(owner.get("/groups?view=past_end").await.expect(200)), ["西乡知识2群"]);
        assert_eq!(of(owner.get("/groups?kind=knowledge").await.expect(200)), ["西乡知识2群"]);
        assert_eq!(of(owner.get("/groups?q=xxfl").await.expect(200)), ["西乡福利1群"]);
        assert_eq!(owner.get("/groups?view=staff_short").await.expect(200)["total"]["count"], 3);

        let mut staff = Vec::new();
        for name in ["小陈", "小林"] {
            let body = json!({ "name": name, "role": "service", "title": "sales", "branch_id": branch });
            let row = owner.post("/staff", body).await.expect(201);
            staff.push(json!({ "staff_id": row["id"], "duty": "service" }));
        }
        let path = format!("/groups/{good}/staff");
        let set = owner.send(Method::PUT, &path, Some(json!(staff)), &[]).await.expect(200);
        assert_eq!(set["items"][0]["duty"], "service");
        assert_eq!(owner.get(&path).await.expect(200)["items"].as_array().unwrap().len(), 2);
        assert_eq!(owner.get("/groups?view=staff_short").await.expect(200)["total"]["count"], 2);

        for sort in ["name", "urgency", "-members", "-messages_7d", "-last_message_at", "last_post_at", "ends_on"] {
            let mut seen = Vec::new();
            let mut next = String::new();
            loop {
                let page = owner.get(&format!("/groups?sort={sort}&limit=1{next}")).await.expect(200);
                assert_eq!(page["total"], json!({ "count": 3, "exact": true }));
                seen.extend(of(page.clone()));
                let Some(cursor) = page["next"].as_str() else { break };
                next = format!("&cursor={cursor}");
            }
            if sort == "ends_on" {
                assert_eq!(seen[0], "西乡知识2群");
            }
            seen.sort_unstable();
            assert_eq!(seen, ["乱起的名", "西乡知识2群", "西乡福利1群"], "{sort}");
        }
        for (query, field) in [("sort=size", "sort"), ("view=all", "view"), ("health=fine", "health")] {
            let refused = owner.get(&format!("/groups?{query}")).await.refused(422, "query.field");
            assert_eq!(refused["at"], field);
        }
        owner.get("/groups?cursor=zz").await.refused(422, "page.cursor");
        test.finish().await;
    }

    /// What lies in another branch is not there.
    async fn a_manager_reaches_the_groups_of_the_own_branch_only(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let (here, there) = (store(&mut owner, "海岸城").await, store(&mut owner, "西乡").await);
        let own = add(&mut owner, "海岸城福利1群", Some(&here)).await;
        let other = add(&mut owner, "西乡福利1群", Some(&there)).await;
        let mut li = manager(&mut owner, &edge, &here).await;
        assert_eq!(names(&li.get("/groups").await.expect(200)), ["海岸城福利1群"]);
        li.get(&format!("/groups?branch={there}")).await.refused(404, "store.not_found");
        for tail in ["", "/members", "/messages", "/staff", "/announcement/versions"] {
            li.get(&format!("/groups/{own}{tail}")).await.expect(200);
            li.get(&format!("/groups/{other}{tail}")).await.refused(404, "store.not_found");
        }
        li.patch(&format!("/groups/{other}"), json!({ "purpose": "x" })).await.refused(404, "store.not_found");
        li.patch(&format!("/groups/{own}"), json!({ "branch_id": there })).await.refused(404, "store.not_found");
        li.get(&format!("/groups/health?group={other}")).await.refused(404, "store.not_found");
        li.get(&format!("/groups/health?branch={there}")).await.refused(404, "store.not_found");
        li.get(&format!("/sales?branch={there}")).await.refused(404, "store.not_found");
        let body = json!({ "ids": [own, other], "action": "set_stage", "args": { "stage": "peak" } });
        let done = li.post("/groups/bulk", body).await.expect(200);
        assert_eq!(done["skipped"], json!([{ "id": other, "reason": "group.unknown" }]));
        test.finish().await;
    }

    async fn a_preview_changes_nothing(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let branch = store(&mut owner, "西乡").await;
        let first = add(&mut owner, "乱起的名", Some(&branch)).await;
        let second = add(&mut owner, "西乡福利1群", Some(&branch)).await;
        let before = owner.get("/groups").await.expect(200);
        let audit = owner.get("/audit").await.expect(200)["total"].clone();
        for (action, args) in [
            ("archive", json!({ "reason": "dead" })),
            ("set_stage", json!({ "stage": "decline" })),
            ("rename_tasks", json!({})),
        ] {
            let body = json!({ "ids": [first, second, first], "action": action, "args": args });
            let would = owner.post("/groups/bulk?preview=true", body).await.expect(200);
            let concerned = if action == "rename_tasks" { 1 } else { 2 };
            assert_eq!(would["groups"], concerned, "{action}");
        }
        assert_eq!(owner.get("/groups").await.expect(200), before);
        assert_eq!(owner.get("/audit").await.expect(200)["total"], audit);
        assert_eq!(owner.get("/tasks").await.expect(200)["total"]["count"], 0);

        let body = json!({ "ids": [first], "action": "set_stage", "args": { "stage": "young" } });
        let refused = owner.post("/groups/bulk", body).await.refused(422, "body.field");
        assert_eq!(refused["at"], "args");
        let body = json!({ "ids": [first, second], "action": "archive", "args": {} });
        let done = owner.post("/groups/bulk", body).await.expect(200);
        assert_eq!((&done["groups"], &done["undoable"]), (&json!(2), &json!(true)));
        assert_eq!(names(&owner.get("/groups").await.expect(200)), [] as [&str; 0]);
        test.finish().await;
    }

    async fn an_exported_name_never_becomes_a_formula(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        add(&mut owner, "=HYPERLINK(\"http://x\",\"点我\")", None).await;
        add(&mut owner, "一,二", None).await;
        let answer = owner.get("/groups/export.csv?sort=name").await;
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        let text = answer.body.as_str().unwrap();
        assert!(text.starts_with('\u{feff}'));
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines.len(), 4, "a header, two groups and the end: {text}");
        assert!(text.contains(",\"'=HYPERLINK(\"\"http://x\"\",\"\"点我\"\")\","), "{text}");
        assert!(text.contains(",\"一,二\","), "{text}");
        assert_eq!(owner.get("/groups/export.csv?q=dw").await.body.as_str().unwrap().lines().count(), 2);
        test.finish().await;
    }
}
