//! Webhooks and outside events over HTTP.

use serde_json::{Value, json};
use yutang_domain::{
    actor::Role,
    time::{HOUR, SECOND},
};
use yutang_testkit::{
    Receiver, TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
    receiver::Answer,
};

use crate::http::Edge;

both_engines! {
    /// Added, tried, changed, looked at, told again, given another secret, taken out of use.
    async fn a_webhook_is_set_up_and_looked_after(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        test.app.allow_loopback();
        let receiver = Receiver::start().await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let topics = owner.get("/webhooks/topics").await.expect(200);
        assert!(topics["items"].as_array().unwrap().contains(&json!("member.joined")));
        let new = json!({ "name": "CRM", "address": receiver.url(), "topics": ["token.made"] });
        owner.post("/webhooks", new).await.refused(422, "webhook.topic");
        let new = json!({ "name": "CRM", "address": receiver.url(), "topics": ["outside.received"] });
        let made = owner.post("/webhooks", new).await.expect(201);
        let secret = made["secret"].as_str().unwrap().to_owned();
        let id = made["id"].as_str().unwrap().to_owned();
        let path = format!("/webhooks/{id}");
        let tried = owner.post(&format!("{path}/test"), json!({})).await.expect(200);
        assert_eq!((&tried["state"], &tried["status"]), (&json!("delivered"), &json!(204)));

        receiver.answer(&[Answer::Status(500)]);
        let event = json!({ "id": "o-1", "name": "cart.left", "data": { "minor": 1 } });
        let taken = owner.post("/events", event.clone()).await.expect(201);
        let again = owner.post("/events", event).await.expect(200);
        assert_eq!(taken, again);
        test.app.deliver_due().await.unwrap();
        let failed = owner.get(&format!("{path}/deliveries?state=failed")).await.expect(200);
        let one = &failed["items"][0];
        assert_eq!((&one["topic"], &one["status"], &one["answer"]), (&json!("outside.received"), &json!(500), &json!("answered 500")));
        let body: Value = serde_json::from_str(one["body"].as_str().unwrap()).unwrap();
        assert_eq!((&body["data"]["event"], &body["data"]["name"]), (&taken["event"], &json!("cart.left")));
        assert!(body["data"]["minor"].is_null(), "ids and the name alone");
        let listed = owner.get("/webhooks").await.expect(200);
        let row = &listed["items"][0];
        assert_eq!((&row["state"], &row["waiting"]), (&json!("on"), &json!(1)));
        assert!(row["failing_since"].is_string() && row["last_error"].is_string());
        assert!(!listed.to_string().contains(&secret), "shown once");

        let delivery = one["id"].as_str().unwrap();
        owner.post(&format!("{path}/deliveries/{delivery}/replay"), json!({})).await.expect(200);
        test.app.deliver_due().await.unwrap();
        let all = owner.get(&format!("{path}/deliveries?limit=1")).await.expect(200);
        assert_eq!((&all["items"][0]["state"], &all["total"]["count"]), (&json!("delivered"), &json!(2)));
        let next = all["next"].as_str().unwrap();
        let rest = owner.get(&format!("{path}/deliveries?cursor={next}")).await.expect(200);
        assert_eq!((&rest["items"][0]["topic"], &rest["next"]), (&json!("webhook.test"), &Value::Null));

        let rotated = owner.post(&format!("{path}/rotate"), json!({})).await.expect(200);
        assert!(rotated["old_secret_until"].is_string());
        assert_ne!(rotated["secret"], json!(secret));
        let off = owner.patch(&path, json!({ "on": false, "name": "会员系统", "topics": [] })).await.expect(200);
        assert_eq!((&off["state"], &off["name"], &off["topics"]), (&json!("off"), &json!("会员系统"), &json!([])));
        let since = json!({ "since": test.app.now().plus(-HOUR) });
        owner.post(&format!("{path}/replay"), since.clone()).await.refused(409, "webhook.off");
        owner.patch(&path, json!({ "on": true })).await.expect(200);
        assert_eq!(owner.post(&format!("{path}/replay"), since).await.expect(200)["count"], 0);
        owner.patch(&path, json!({ "address": "https://10.0.0.1/" })).await.refused(422, "webhook.address");
        test.caller(Role::Operator, "lina").await;
        edge.signed_in("lina").await.get("/webhooks").await.refused(403, "permission.denied");
        owner.delete(&path).await.expect(204);
        owner.get(&format!("{path}/deliveries")).await.refused(404, "store.not_found");
        test.finish().await;
    }

    /// A token narrowed to reporting reports and does nothing else.
    async fn a_token_reports_events_and_nothing_else(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let token = json!({ "name": "till", "role": "operator", "scopes": ["outside.report"] });
        let made = owner.post("/tokens", token).await.expect(201);
        let mut till = edge.program(made["token"].as_str().unwrap());
        till.get("/events").await.refused(403, "permission.denied");
        till.get("/members").await.refused(403, "permission.denied");
        let event = json!({ "id": "o-1", "source": "till", "name": "paid", "at": test.app.now().plus(-SECOND) });
        till.post("/events", event).await.expect(201);
        for (wrong, code) in [
            (json!({ "id": "", "name": "paid" }), "outside.id"),
            (json!({ "id": "2", "name": "已付" }), "outside.name"),
            (json!({ "id": "2", "name": "paid", "data": [1] }), "outside.data"),
            (json!({ "id": "2", "name": "paid", "member": { "channel": "wecom" } }), "outside.member"),
            (json!({ "id": "2", "name": "paid", "member": { "channel": "wecom", "account": "x" } }), "outside.member"),
            (json!({ "id": "2", "name": "paid", "at": test.app.now().plus(HOUR) }), "outside.future"),
        ] {
            till.post("/events", wrong).await.refused(422, code);
        }
        let other = json!({ "id": "o-1", "source": "till", "name": "returned" });
        till.post("/events", other).await.refused(409, "outside.known");
        let listed = owner.get("/events?name=paid").await.expect(200);
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["id"]), (1, &json!("o-1")));
        test.finish().await;
    }
}
