//! What every request gets: ids, headers, problems, health.

use axum::http::{Method, header};
use serde_json::json;
use yutang_testkit::{
    Engine, TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::http::Edge;

both_engines! {
    async fn refusals_are_problems_with_the_id_of_their_request(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut browser = edge.signed_in(OWNER).await;
        let answer = browser
            .send(Method::POST, "/branches", Some(json!({ "name": "" , "kind": "store" })), &[("x-request-id", "mine-1")])
            .await;
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.headers["x-request-id"], "mine-1");
        let problem = answer.refused(422, "branch.name");
        assert_eq!(problem["at"], "name");
        assert_eq!(problem["request_id"], "mine-1");
        assert_eq!(problem["status"], 422);
        assert_eq!(problem["title"], "Unprocessable Entity");

        let given = browser.send(Method::GET, "/branches", None, &[("x-request-id", "not plain!")]).await;
        assert_ne!(given.headers["x-request-id"], "not plain!");
        for (name, value) in [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")] {
            assert_eq!(given.headers[name], value);
        }
        assert!(given.headers["content-security-policy"].to_str().unwrap().contains("default-src 'self'"));

        browser.post("/branches", json!({ "name": "x", "kind": "store", "colour": 1 })).await.refused(422, "body.field");
        browser.post("/branches", json!({ "name": "x", "kind": "kiosk" })).await.refused(422, "body.field");
        browser.get("/staff?limit=many").await.refused(422, "query.field");
        browser.get("/staff?cursor=zz").await.refused(422, "page.cursor");
        browser.get("/staff/nobody").await.refused(404, "id.malformed");
        browser.get("/staff/st_0000000000001").await.refused(404, "store.not_found");
        browser.get("/nothing").await.refused(404, "route.unknown");
        browser.send(Method::PUT, "/branches", None, &[]).await.refused(405, "route.method");
        let mut request = browser.request(Method::POST, "/branches", None);
        *request.body_mut() = "{".into();
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        browser.answer(request).await.refused(400, "body.json");
        browser.send(Method::POST, "/branches", None, &[]).await.refused(415, "body.type");
        let big = json!({ "name": "x".repeat(3 * 1024 * 1024), "kind": "store" });
        browser.post("/branches", big).await.refused(413, "body.size");
        test.finish().await;
    }

    async fn health_is_told_before_readiness(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut browser = edge.browser();
        assert_eq!(browser.get("//healthz").await.expect(200)["status"], "ok");
        // The log holds facts of the set-up that this process has not read yet.
        if database.engine() == Engine::Sqlite {
            assert_eq!(browser.get("//readyz").await.expect(503)["status"], "catching_up");
        }
        let follower = test.app.clone();
        let following = tokio::spawn(async move { follower.follow_log().await });
        let mut tries = 0;
        while browser.get("//readyz").await.status != 200 {
            tries += 1;
            assert!(tries < 600, "the process does not catch up");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let description = browser.get("/openapi.json").await.expect(200);
        assert!(description["paths"]["/api/v1/branches"]["get"]["x-permission"] == "branch.read");
        test.finish().await;
        following.await.unwrap();
    }
}
