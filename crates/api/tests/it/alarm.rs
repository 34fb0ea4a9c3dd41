//! Complaints, marks and the classifier over HTTP.

use serde_json::{Value, json};
use yutang_channels::{Fact, Inbound, MessageKind, Sender};
use yutang_domain::id::{ChannelAccountId, GroupId};
use yutang_store::{Mode, group};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::{
    group::{add, store},
    http::{Browser, Edge},
};

/// What was said in a group that an account sees; one message of each.
async fn hear(test: &TestApp, owner: &mut Browser, texts: &[String]) -> String {
    let branch = store(owner, "海岸城").await;
    let id = add(owner, "海岸城福利1群", Some(&branch)).await;
    let made = owner.post("/channels", json!({ "name": "小程序" })).await;
    let account: ChannelAccountId = made.expect(201)["id"].as_str().unwrap().parse().unwrap();
    let group: GroupId = id.parse().unwrap();
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    let ws = test.workspace.id;
    let channel = yutang_store::channel_account::get(&mut tx, ws, account)
        .await
        .unwrap();
    let mut row = group::get(&mut tx, ws, group).await.unwrap();
    row.channel_account_id = Some(account);
    row.channel = channel.channel;
    row.external_id = Some("g1".to_owned());
    group::update(&mut tx, ws, &row).await.unwrap();
    tx.commit().await.unwrap();
    let now = test.app.now();
    let facts: Vec<Inbound> = texts
        .iter()
        .zip(0_i64..)
        .map(|(text, n)| Inbound {
            key: format!("k{n}"),
            at: now.plus(-n),
            group: Some("g1".to_owned()),
            fact: Fact::Posted {
                sender: Sender {
                    external_id: format!("u{}", n % 5),
                    name: format!("客{}", n % 5),
                },
                kind: MessageKind::Text,
                text: text.clone(),
                reply_to: None,
                edits: None,
                picture: None,
            },
        })
        .collect();
    test.app
        .receive(&test.owner, account, &facts, None)
        .await
        .unwrap();
    id
}

both_engines! {
    async fn a_complaint_is_listed_and_closed_with_its_outcome(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let said = ["吐司里有头发，退钱".to_owned()];
        let group = hear(&test, &mut owner, &said).await;
        let list = owner.get("/alarms?state=open").await.expect(200);
        let alarm = &list["items"][0];
        assert_eq!((&list["total"]["count"], &alarm["state"]), (&json!(1), &json!("open")), "{list}");
        assert_eq!((&alarm["member"]["name"], &alarm["group"]["id"]), (&json!("客0"), &json!(group)));
        assert_eq!(alarm["messages"][0]["text"], said[0]);
        assert!(alarm["due_at"].is_string());
        assert_eq!(owner.get(&format!("/groups/{group}")).await.expect(200)["sales_paused"], true);
        let today = owner.get("/today").await.expect(200);
        assert_eq!(today["alarms"], json!({ "open": 1, "escalated": 0, "waiting": 0 }));
        let id = alarm["id"].as_str().unwrap().to_owned();
        owner.post(&format!("/alarms/{id}/close"), json!({ "outcome": "forgotten" })).await.expect(422);
        let closed = owner.post(&format!("/alarms/{id}/close"), json!({ "outcome": "replaced", "note": "补发一袋" })).await.expect(200);
        assert_eq!((&closed["state"], &closed["outcome"]), (&json!("closed"), &json!("replaced")));
        let again = owner.post(&format!("/alarms/{id}/close"), json!({ "outcome": "settled" })).await.expect(409);
        assert_eq!(again["code"], "alarm.closed");
        assert_eq!(owner.get("/alarms?state=open").await.expect(200)["items"], json!([]));
        assert_eq!(owner.get(&format!("/groups/{group}")).await.expect(200)["sales_paused"], false);
        test.finish().await;
    }

    async fn messages_are_marked_and_a_version_is_trained(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let said: Vec<String> = (0..60).map(|n| if n % 2 == 0 {
            format!("阳澄湖蟹卡转让{n}张，原价八折")
        } else {
            format!("下班过来拿{n}个吐司，帮我留一下")
        }).collect();
        hear(&test, &mut owner, &said).await;
        let refused = owner.post("/moderation/classifier/train", json!({})).await.expect(409);
        assert_eq!(refused["code"], "classifier.too_few_marks");
        let offered = owner.get("/moderation/messages?unmarked=true&limit=200").await.expect(200);
        let items: &Vec<Value> = offered["items"].as_array().unwrap();
        assert_eq!((items.len(), &items[0]["probability"]), (60, &Value::Null));
        for item in items {
            let advert = item["text"].as_str().unwrap().contains("蟹卡");
            let label = if advert { "advert" } else { "fine" };
            let body = json!({ "message_id": item["message_id"], "label": label });
            owner.post("/moderation/marks", body).await.expect(204);
        }
        let marks = owner.get("/moderation/marks?label=advert&limit=20").await.expect(200);
        assert_eq!(marks["tally"], json!({ "advert": 30, "fine": 30, "needed": 25 }));
        assert!(marks["next"].is_string() && marks["items"][0]["label"] == "advert", "{marks}");
        let queued = owner.post("/moderation/classifier/train", json!({ "false_alarms": 0.02 })).await.expect(202);
        assert_eq!(queued["training"], true);
        test.app.work_due(&yutang_app::jobs::trades()).await.unwrap();
        let known = owner.get("/moderation/classifier").await.expect(200);
        let version = &known["versions"][0];
        assert_eq!((&version["version"], &version["live"]), (&json!(1), &json!(true)), "{known}");
        assert!(version["quality"]["f1"].as_f64().unwrap() > 0.9, "{known}");
        owner.post("/moderation/classifier/1/use", json!({})).await.expect(200);
        owner.post("/moderation/classifier/7/use", json!({})).await.expect(404);
        let seen = owner.get("/moderation/messages?unmarked=false&limit=3").await.expect(200);
        assert!(seen["items"][0]["probability"].is_number(), "{seen}");
        test.finish().await;
    }
}
