//! Reports over HTTP: periods, scopes, what is not known.

use serde_json::{Value, json};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::{
    group::{add, store},
    http::Edge,
};

both_engines! {
    async fn what_is_not_known_is_said_and_never_zero(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let branch = store(&mut owner, "海岸城").await;
        let group = add(&mut owner, "海岸城福利1群", Some(&branch)).await;
        let whole = owner.get("/groups/health").await.expect(200);
        assert_eq!(whole["period"], json!({ "from": "2026-10-24", "to": "2026-11-21" }));
        assert_eq!(whole["scope"], json!({ "kind": "workspace", "id": null }));
        assert_eq!(whole["health"], Value::Null);
        for figure in ["contributor_share", "gini", "two_way_ratio", "vitality", "off_topic_share"] {
            assert_eq!(whole[figure]["value"], Value::Null, "{figure}");
            assert!(whole[figure]["unknown"].is_string(), "{figure}");
        }
        assert_eq!(whole["messages"]["value"], 0.0);
        assert_eq!(whole["hours"].as_array().unwrap().len(), 24);
        let one = owner.get(&format!("/groups/health?group={group}")).await.expect(200);
        assert_eq!(one["scope"]["id"], group.as_str());
        assert!(one["health"]["class"].is_string());
        assert!(one["health"]["reasons"][0]["args"].is_object());
        owner.get(&format!("/groups/health?branch={branch}")).await.expect(200);
        test.finish().await;
    }

    async fn a_bad_question_names_its_field(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let group = add(&mut owner, "福利1群", None).await;
        for (path, code, field) in [
            ("/groups/health?from=2026-11-02&to=2026-11-01".to_owned(), "time.period", "from"),
            ("/groups/health?from=0001-01-01".to_owned(), "time.period_long", "from"),
            ("/groups/health?from=yesterday".to_owned(), "query.field", "from"),
            (format!("/groups/health?group={group}&branch={group}"), "query.field", "branch"),
            ("/groups/health/people?figure=everybody".to_owned(), "query.field", "figure"),
        ] {
            let refused = owner.get(&path).await.refused(422, code);
            assert_eq!(refused["at"], field, "{path}");
        }
        test.finish().await;
    }
}
