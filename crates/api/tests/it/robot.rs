//! Robots of staff chats over HTTP.

use serde_json::{Value, json};
use yutang_domain::actor::Role;
use yutang_testkit::{
    Robots, TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
    robot::SECRET,
};

use crate::http::Edge;

both_engines! {
    /// Set up, tried, changed, taken out of use; address and secret never come out again.
    async fn a_robot_is_set_up_and_tried(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        test.app.allow_loopback();
        let chat = Robots::start(&test.clock).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let new = json!({ "kind": "feishu", "name": "店长群", "address": chat.feishu(), "secret": SECRET });
        let made = owner.post("/robots", new).await.expect(201);
        assert_eq!((made["kind"].as_str(), made["signed"].as_bool()), (Some("feishu"), Some(true)));
        let id = made["id"].as_str().unwrap().to_owned();
        let tried = owner.post(&format!("/robots/{id}/test"), json!({})).await.expect(200);
        assert_eq!(tried["state"], "ready");
        assert_eq!(chat.said().len(), 1);
        let path = format!("/robots/{id}");
        let changed = owner.patch(&path, json!({ "name": "运营群" })).await.expect(200);
        assert_eq!((changed["name"].as_str(), &changed["branch_id"]), (Some("运营群"), &Value::Null));
        let list = owner.get("/robots").await.expect(200);
        let text = list.to_string();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        assert!(!text.contains(SECRET) && !text.contains("hook/"), "{text}");

        for (new, at) in [
            (json!({ "kind": "wecom", "name": "x", "address": "http://example.org/x" }), "address"),
            (json!({ "kind": "wecom", "name": "x", "address": "https://192.168.0.1/x" }), "address"),
            (json!({ "kind": "wecom", "name": "", "address": chat.wecom() }), "name"),
            (json!({ "kind": "wecom", "name": "x", "address": chat.wecom(), "secret": "s" }), "secret"),
        ] {
            let refused = owner.post("/robots", new).await.expect(422);
            assert_eq!(refused["code"], format!("robot.{at}"));
        }
        let wrong = json!({ "kind": "dingtalk", "name": "错的", "address": format!("{}x", chat.dingtalk()) });
        let made = owner.post("/robots", wrong).await.expect(201);
        let wrong = made["id"].as_str().unwrap();
        let refused = owner.post(&format!("/robots/{wrong}/test"), json!({})).await.expect(409);
        assert_eq!(refused["code"], "channel.refused");
        owner.delete(&path).await.expect(204);
        owner.get("/robots").await.expect(200);
        test.caller(Role::Operator, "lina").await;
        edge.signed_in("lina").await.get("/robots").await.expect(403);
        test.finish().await;
    }
}
