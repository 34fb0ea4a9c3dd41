//! 社群日报 over HTTP.

use yutang_domain::actor::Role;
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::http::Edge;

both_engines! {
    async fn a_day_is_told_in_parts(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let digest = owner.get("/digest").await.expect(200);
        assert_eq!(digest["day"], "2026-11-19", "yesterday");
        let parts = digest["parts"].as_array().unwrap();
        assert_eq!(parts[0]["sentence"]["code"], "digest.sales_unknown");
        let last = parts.last().unwrap();
        assert_eq!(last["sentence"]["code"], "digest.open");
        assert_eq!(last["href"], "/moderation?tab=appeals");
        let other = owner.get("/digest?day=2026-11-01").await.expect(200);
        assert_eq!(other["day"], "2026-11-01");
        owner.get("/digest?day=x").await.refused(422, "query.field");
        test.caller(Role::Service, "kefu").await;
        edge.signed_in("kefu").await.get("/digest").await.refused(403, "permission.denied");
        test.finish().await;
    }
}
