//! API tokens: shown once, narrowed, revoked.

use serde_json::json;
use yutang_domain::time::DAY;
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::http::Edge;

both_engines! {
    async fn a_token_does_what_it_was_made_for_and_no_more(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let body = json!({ "name": "till", "role": "manager", "scopes": ["branch.read"] });
        let made = owner.post("/tokens", body).await.expect(201);
        let secret = made["token"].as_str().unwrap();
        assert!(secret.starts_with("yt_"));
        let mut till = edge.program(secret);
        till.get("/branches").await.expect(200);
        till.get("/workspace").await.refused(403, "permission.denied");
        let listed = owner.get("/tokens").await.expect(200);
        assert_eq!(listed["items"][0]["scopes"], json!(["branch.read"]));
        assert!(listed["items"][0]["last_used_at"].is_string());
        assert!(!listed.to_string().contains(secret), "the secret is shown once");
        // A token cannot reach above the role.
        let above = json!({ "name": "x", "role": "manager", "scopes": ["staff.edit"] });
        owner.post("/tokens", above).await.refused(422, "token.scope");
        owner.delete(&format!("/tokens/{}", made["id"].as_str().unwrap())).await.expect(204);
        till.get("/branches").await.refused(401, "session.none");
        owner.delete(&format!("/tokens/{}", made["id"].as_str().unwrap())).await.refused(404, "store.not_found");
        test.finish().await;
    }

    async fn a_token_works_through_its_last_day(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let past = json!({ "name": "x", "role": "analyst", "expires_on": "2026-11-19" });
        owner.post("/tokens", past).await.refused(422, "token.expired");
        let today = json!({ "name": "x", "role": "analyst", "expires_on": "2026-11-20" });
        let made = owner.post("/tokens", today).await.expect(201);
        assert_eq!(made["expires_on"], "2026-11-20");
        let mut program = edge.program(made["token"].as_str().unwrap());
        program.get("/branches").await.expect(200);
        test.advance(DAY).await;
        program.get("/branches").await.refused(401, "session.none");
        test.finish().await;
    }
}
