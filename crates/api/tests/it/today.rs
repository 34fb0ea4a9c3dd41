//! Today over HTTP.

use serde_json::{Value, json};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::{
    group::{add, store},
    http::Edge,
    import::import,
};

const CHAT: &str = "time(Asia/Shanghai),group_id,group_name,from_id,from_nickname,content_type,content\n\
    2026-11-19 09:00:00,g1,群,1,王芳,Text,早上好，今天有吐司吗\n\
    2026-11-19 09:05:00,g1,群,2,李雷,Text,有的\n";

both_engines! {
    async fn today_lists_what_needs_me_and_says_how_yesterday_was(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let calm = owner.get("/today").await.expect(200);
        assert_eq!((&calm["count"], &calm["items"]), (&json!(0), &json!([])));
        assert_eq!(calm["sales"]["ratio"], Value::Null);

        let branch = store(&mut owner, "海岸城").await;
        let group = add(&mut owner, "乱起的名", Some(&branch)).await;
        let body = json!({ "ids": [group], "action": "rename_tasks", "args": {} });
        owner.post("/groups/bulk", body).await.expect(200);
        let run = import(&mut owner, "chat.csv", CHAT.as_bytes(), json!({
            "kind": "chat", "group_id": group, "dry_run": false,
        })).await;
        assert_eq!((&run["state"], &run["counts"]["messages"]), (&json!("done"), &json!(2)), "{run}");
        owner.patch(&format!("/groups/{group}"), json!({ "capacity": 5 })).await.expect(200);

        let today = owner.get("/today").await.expect(200);
        let kinds: Vec<&str> = today["items"].as_array().unwrap().iter().map(|i| i["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["code", "task"]);
        let code = &today["items"][0];
        assert_eq!(code["sentence"]["code"], "today.code_fills");
        assert_eq!(code["actions"][0]["href"], format!("/groups/{group}"));
        let task = &today["items"][1];
        assert_eq!(task["sentence"]["code"], "task.rename_group");
        assert_eq!(task["actions"][0], json!({ "action": "done", "label_code": "today.do.done" }));
        assert_eq!(task["group"]["name"], "乱起的名");
        assert_eq!(today["digest"], json!({
            "code": "today.digest_said", "args": { "arrivals": null, "leavers": null, "speakers": 2 },
        }));
        let id = task["task_id"].as_str().unwrap();
        owner.post(&format!("/tasks/{id}/done"), json!({})).await.expect(200);
        assert_eq!(owner.get("/today").await.expect(200)["count"], 1);
        test.finish().await;
    }

    /// Half a day is held against half a day: it is 09:05.
    async fn sales_of_today_stand_beside_the_same_hour_a_week_ago(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let orders = "订单号,买家手机号,付款时间,订单实付金额\n\
            A1,13800000001,2026-11-13 08:30:00,10.00\n\
            A2,13800000001,2026-11-13 19:00:00,90.00\n\
            A3,13800000002,2026-11-20 09:00:00,12.00\n";
        let how = json!({ "kind": "orders", "dry_run": false, "mapping": {
            "id": "订单号", "customer": "买家手机号", "at": "付款时间", "amount": "订单实付金额",
        } });
        import(&mut owner, "orders.csv", orders.as_bytes(), how).await;
        let sales = owner.get("/today").await.expect(200)["sales"].clone();
        assert_eq!(sales, json!({
            "amount_minor": 1_200, "orders": 1, "previous_weekday_minor": 10_000,
            "previous_so_far_minor": 1_000, "ratio": 1.2,
        }));
        test.finish().await;
    }
}
