//! Gates, knocks and welcomes over HTTP.

use axum::http::Method;
use serde_json::{Value, json};
use yutang_domain::actor::Role;
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::{
    group::add,
    http::{Browser, Edge},
};

async fn put(owner: &mut Browser, path: &str, body: Value) -> crate::http::Answer {
    owner.send(Method::PUT, path, Some(body), &[]).await
}

both_engines! {
    /// req: 001-051, 001-055
    async fn a_gate_is_set_and_refused_with_its_field(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let id = add(&mut owner, "海岸城福利1群", None).await;
        let path = format!("/groups/{id}/gate");
        let before = owner.get(&path).await.expect(200);
        assert_eq!((&before["set"], &before["kind"]), (&json!(false), &json!("staff")));
        assert_eq!(before["cannot"], "channel.cannot.approve_join", "no account is connected");
        for (body, code, at) in [
            (json!({ "kind": "question", "question": "买过什么" }), "gate.answers_missing", "answers"),
            (json!({ "kind": "task", "task": "转发到朋友圈" }), "gate.forced_sharing", "task"),
            (json!({ "kind": "nobody" }), "body.field", "kind"),
        ] {
            let refused = put(&mut owner, &path, body).await.refused(422, code);
            assert_eq!(refused["at"], at);
        }
        let body = json!({ "kind": "question", "question": "买过什么", "answers": [" 吐司 ", ""], "wave_joins": 5 });
        let set = put(&mut owner, &path, body).await.expect(200);
        assert_eq!((&set["answers"], &set["wave_now"]), (&json!(["吐司"]), &json!(5)));
        assert_eq!(set["actor"], "老板");
        owner.post(&format!("{path}/open"), json!({})).await.refused(409, "gate.not_shut");

        let list = owner.get(&format!("/groups/{id}/knocks?state=waiting")).await.expect(200);
        assert_eq!(list["total"]["count"], 0);
        let gone = format!("/groups/{id}/knocks/kn_0000000000001/admit");
        owner.post(&gone, json!({})).await.expect(404);
        test.caller(Role::Analyst, "analyst").await;
        let mut analyst = edge.signed_in("analyst").await;
        analyst.get(&format!("/groups/{id}/knocks")).await.expect(403);
        analyst.get(&format!("/groups/{id}/receipts")).await.expect(403);
        analyst.get(&path).await.expect(200);
        test.finish().await;
    }

    async fn a_welcome_has_versions_and_a_preview(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let id = add(&mut owner, "海岸城福利1群", None).await;
        let path = format!("/groups/{id}/welcome");
        let usual = owner.get(&path).await.expect(200);
        assert_eq!((&usual["version"], &usual["on"]), (&json!(0), &json!(false)));
        assert!(usual["line"].as_str().unwrap().contains("{{nickname}}"));
        let bad = json!({ "on": true, "line": "欢迎 {{who}}" });
        let refused = put(&mut owner, &path, bad).await.refused(422, "welcome.variable");
        assert_eq!(refused["at"], "line");
        let words = json!({ "on": true, "line": "欢迎 {{nickname}} 来{{group}}" });
        for _ in 0..2 {
            let kept = put(&mut owner, &path, words.clone()).await.expect(200);
            assert_eq!(kept["version"], 1, "the same words are no new version");
        }
        let versions = owner.get(&format!("{path}/versions")).await.expect(200);
        assert_eq!(versions["items"].as_array().unwrap().len(), 1);
        let shown = owner.post(&format!("{path}/preview"), words).await.expect(200);
        let channels = shown["items"].as_array().unwrap();
        assert_eq!(channels.len(), 5, "no account is connected, so none is the group's own");
        let matrix = channels.iter().find(|one| one["profile"] == "matrix").unwrap();
        let text = matrix["line"]["text"].as_str().unwrap();
        assert!(text.starts_with("欢迎 王芳 来海岸城福利1群") && text.contains("机器人"), "{text}");
        let theme = json!({ "theme": "{{store}}福利" });
        let shown = owner.post(&format!("/groups/{id}/announcement/preview"), theme).await.expect(200);
        assert_eq!(shown["items"][0]["shown"]["text"], "【群主题】\ndefault福利");
        let receipts = owner.get(&format!("/groups/{id}/receipts")).await.expect(200);
        assert_eq!((&receipts["version"], &receipts["members"]), (&json!(0), &json!(0)));
        test.finish().await;
    }
}
