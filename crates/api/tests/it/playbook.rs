//! Playbooks over HTTP.

use serde_json::json;
use yutang_domain::actor::Role;
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::http::Edge;

const ASKS: &str = r#"
[playbook]
id = "ask-first"
version = 1
title = { zh-Hans = "先问一声", zh-Hant = "先問一聲", en = "Ask first" }
aim = { zh-Hans = "试", zh-Hant = "試", en = "Try" }
subject = "workspace"
key = "start"

[[trigger]]
by = "hand"

[[phase]]
id = "one"
name = { zh-Hans = "一", zh-Hant = "一", en = "one" }

  [[phase.step]]
  id = "agree"
  at = "start"
  do = "gate"
  to = "manager"
  copy = "agree"

  [[phase.step]]
  id = "look"
  at = "start + 1d"
  do = "task"
  to = "manager"
  copy = "look"

[text.agree]
zh-Hans = "可以吗"
zh-Hant = "可以嗎"
en = "May it"

[text.look]
zh-Hans = "看一下"
zh-Hant = "看一下"
en = "Have a look"
"#;

both_engines! {
    /// Written with its faults by line, rehearsed, started, asked, stopped; the analyst only looks.
    async fn a_playbook_is_written_rehearsed_started_and_stopped(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let shipped = owner.get("/playbooks").await.expect(200);
        assert_eq!(shipped["items"].as_array().unwrap().len(), 13);
        let week = owner.get("/playbooks/flash-sale-week").await.expect(200);
        assert_eq!((week["by_hand"].as_bool(), week["own"].as_bool()), (Some(true), Some(false)));
        assert_eq!(week["asks"][0]["key"], "sale.opens_at");
        owner.get("/playbooks/no-such").await.refused(404, "playbook.unknown");

        let wrong = ASKS.replace("do = \"gate\"", "do = \"shout\"");
        let faults = owner.post("/playbooks/review", json!({ "text": wrong })).await.expect(200);
        let fault = &faults["items"][0];
        assert_eq!((fault["code"].as_str(), fault["line"].as_u64()), (Some("playbook.fault.word"), Some(20)), "{faults}");
        owner.post("/playbooks", json!({ "text": wrong })).await.refused(422, "playbook.invalid");
        let kept = owner.post("/playbooks", json!({ "text": ASKS })).await.expect(200);
        assert_eq!((kept["name"].as_str(), kept["version"].as_u64()), (Some("ask-first"), Some(1)));

        let told = owner.post("/playbooks/ask-first/rehearse", json!({})).await.expect(200);
        let steps: Vec<_> = told["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
        assert_eq!(steps, ["agree", "look"]);
        let runs = owner.get("/playbook-runs").await.expect(200);
        assert!(runs["items"].as_array().unwrap().is_empty(), "nothing was started");

        let begun = owner.post("/playbooks/ask-first/start", json!({})).await.expect(200);
        let run = begun["run"].as_str().unwrap().to_owned();
        let held = owner.get(&format!("/playbook-runs/{run}")).await.expect(200);
        assert_eq!((held["state"].as_str(), held["gates"][0]["text"].as_str()), (Some("held"), Some("可以吗")));
        test.caller(Role::Analyst, "ana").await;
        let mut analyst = edge.signed_in("ana").await;
        analyst.get(&format!("/playbook-runs/{run}")).await.expect(200);
        let decide = format!("/playbook-runs/{run}/decide");
        analyst.post(&decide, json!({ "step": "agree", "yes": true })).await.expect(403);
        let on = owner.post(&decide, json!({ "step": "agree", "yes": true })).await.expect(200);
        assert_eq!(on["state"], "running");
        owner.post(&decide, json!({ "step": "agree", "yes": true })).await.refused(409, "playbook.gate");
        let open = owner.get("/playbook-runs?state=open").await.expect(200);
        assert_eq!(open["items"].as_array().unwrap().len(), 1);
        let stopped = owner.post(&format!("/playbook-runs/{run}/stop"), json!({})).await.expect(200);
        assert_eq!(stopped["undone"][0]["step"], "look");
        owner.delete("/playbooks/ask-first").await.expect(204);
        owner.get("/playbooks/ask-first").await.refused(404, "playbook.unknown");
        test.finish().await;
    }
}
