//! Order kept, over HTTP.

use std::fmt::Write as _;

use axum::http::Method;
use serde_json::json;
use yutang_domain::actor::Role;
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::{group::add, http::Edge};

both_engines! {
    async fn groups_are_kept_as_they_are_told_over_http(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let id = add(&mut owner, "福利1群", None).await;
        let path = format!("/groups/{id}/policy");
        let kept = owner.get(&path).await.expect(200);
        assert_eq!((&kept["mode"], &kept["by"]), (&json!("watch"), &json!(null)));
        assert_eq!(kept["off"], json!(["off_topic"]));
        let wanted = json!({ "mode": "act", "strictness": "strict", "slow_mode_s": 30, "off": [] });
        let kept = owner.send(Method::PUT, &path, Some(wanted), &[]).await.expect(200);
        assert_eq!((&kept["mode"], &kept["by"]), (&json!("act"), &json!("老板")));
        let wrong = json!({ "mode": "act", "strictness": "strict", "off": ["complaint"] });
        let refused = owner.send(Method::PUT, &path, Some(wrong), &[]).await.refused(422, "policy.complaint");
        assert_eq!(refused["at"], "off");
        let wrong = json!({ "mode": "now", "strictness": "strict" });
        owner.send(Method::PUT, &path, Some(wrong), &[]).await.refused(422, "body.field");

        let line = owner.get("/audit?limit=1").await.expect(200)["items"][0].clone();
        assert_eq!(line["operation"], "policy.edit");
        let undo = format!("/audit/{}/undo", line["id"].as_str().unwrap());
        owner.post(&undo, json!({})).await.expect(200);
        assert_eq!(owner.get(&path).await.expect(200)["mode"], "watch");
        test.finish().await;
    }

    async fn what_is_not_there_is_said_over_http(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let queue = owner.get("/moderation/queue?state=watched,review").await.expect(200);
        assert_eq!((&queue["items"], &queue["waiting"]["watched"]), (&json!([]), &json!(0)));
        let refused = owner.get("/moderation/queue?state=lost").await.refused(422, "query.field");
        assert_eq!(refused["at"], "state");
        let unjudged = owner.get("/moderation/queue?judged=false&limit=1").await.expect(200);
        assert_eq!((&unjudged["items"], &unjudged["total"]["count"]), (&json!([]), &json!(0)));
        owner.get("/moderation/queue?judged=perhaps").await.refused(422, "query.field");
        owner.get("/moderation/sanctions/sn_0000000000001").await.refused(404, "store.not_found");
        owner.post("/moderation/sanctions/sn_0000000000001/confirm", json!({})).await.refused(404, "store.not_found");
        owner.post("/moderation/sanctions/sn_0000000000001/undo", json!({})).await.refused(404, "store.not_found");
        let hand = json!({ "kind": "advert", "tone": "gentle" });
        owner.post("/moderation/messages/ms_0000000000001/sanction", hand).await.refused(404, "store.not_found");
        assert_eq!(owner.get("/moderation/appeals?state=all").await.expect(200)["items"], json!([]));
        owner.post("/moderation/appeals/ap_0000000000001/grant", json!({})).await.refused(404, "store.not_found");
        let quality = owner.get("/moderation/quality").await.expect(200);
        assert_eq!((&quality["all"]["precision"], &quality["median_ms"]), (&json!(null), &json!(null)));
        let id = add(&mut owner, "福利1群", None).await;
        let replay = owner.post("/moderation/replay", json!({ "group": id })).await.expect(200);
        assert_eq!((&replay["looked"], &replay["decisions"]), (&json!(0), &json!([])));
        let wrong = json!({ "group": id, "from": "2026-11-20", "to": "2026-11-20" });
        owner.post("/moderation/replay", wrong).await.refused(422, "time.period");
        test.finish().await;
    }

    async fn rules_over_http_are_whole_or_refused(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let good = "[[list]]\nname = 'own'\nkind = 'word'\nweight = 100\nwords = ['甲']\n";
        let made = owner.post("/moderation/rule-sets", json!({ "text": good, "note": "首版" })).await.expect(201);
        assert_eq!((&made["version"], &made["by"]), (&json!(1), &json!("老板")));
        let mut long = String::from("[allow]\nwords = [\n");
        for n in 3..9_001 {
            writeln!(long, "'第{n}个很长很长的词语用来凑满一兆字节的词表文件内容，再多写一些字才够用到一兆那么大',").unwrap();
        }
        long.push_str("三,\n]\n");
        assert!(long.len() > 1_000_000);
        let refused = owner.post("/moderation/rule-sets", json!({ "text": long })).await.refused(422, "rule_set.invalid");
        assert_eq!(refused["at"], "text:9001");
        let tried = owner.post("/moderation/rule-sets/try", json!({ "text": long })).await.refused(422, "rule_set.invalid");
        assert_eq!(tried["at"], "text:9001");
        let list = owner.get("/moderation/rule-sets").await.expect(200);
        assert_eq!((&list["items"][0]["version"], &list["items"][0]["text"]), (&json!(1), &json!(good)));
        owner.get("/moderation/rule-sets/2").await.refused(404, "store.not_found");

        let mut manager = {
            test.caller(Role::Manager, "li").await;
            edge.signed_in("li").await
        };
        manager.get("/moderation/rule-sets").await.expect(200);
        manager.post("/moderation/rule-sets", json!({ "text": good })).await.refused(403, "permission.denied");
        let member = owner.post("/members", json!({ "name": "老友" })).await.expect(201);
        let id = member["id"].as_str().unwrap();
        owner.post("/moderation/trusted", json!({ "member_id": id, "note": "供货商" })).await.expect(204);
        let list = manager.get("/moderation/trusted").await.expect(200);
        assert_eq!((&list["items"][0]["member"]["name"], &list["items"][0]["by"]), (&json!("老友"), &json!("老板")));
        manager.delete(&format!("/moderation/trusted/{id}")).await.expect(204);
        manager.delete(&format!("/moderation/trusted/{id}")).await.refused(404, "store.not_found");
        test.finish().await;
    }
}
