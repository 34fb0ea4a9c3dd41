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
        for figure in ["messages", "arrivals", "members"] {
            assert_eq!(whole[figure], json!({ "value": null, "unknown": "nothing_imported", "previous": null }));
        }
        assert_eq!(whole["readable"], json!({ "text": false, "reason_code": "nothing_imported" }));
        assert_eq!(whole["hours"].as_array().unwrap().len(), 24);
        let one = owner.get(&format!("/groups/health?group={group}")).await.expect(200);
        assert_eq!(one["scope"]["id"], group.as_str());
        assert!(one["health"]["class"].is_string());
        assert!(one["health"]["reasons"][0]["args"].is_object());
        owner.get(&format!("/groups/health?branch={branch}")).await.expect(200);
        test.finish().await;
    }

    /// Of a branch the board shows its branches and groups, with the way there. req: 003-005
    async fn the_board_opens_branch_by_branch(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let branch = store(&mut owner, "海岸城").await;
        let group = add(&mut owner, "海岸城福利1群", Some(&branch)).await;
        let all = owner.get("/sales/stores").await.expect(200);
        assert_eq!((&all["path"], &all["total"]["count"]), (&json!([]), &json!(1)));
        let row = &all["items"][0];
        assert_eq!((&row["kind"], &row["below"], &row["group"]), (&json!("store"), &json!(1), &Value::Null));
        for unknown in ["recruited", "net_growth", "complaints", "replies_in_10min"] {
            assert_eq!(row[unknown], Value::Null, "{unknown}");
        }
        let one = owner.get(&format!("/sales/stores?branch={branch}")).await.expect(200);
        assert_eq!(one["path"][1], json!({ "id": branch, "name": "海岸城" }));
        let row = &one["items"][0];
        assert_eq!((&row["kind"], &row["below"]), (&json!("group"), &json!(0)));
        assert_eq!(row["group"], json!({ "id": group, "name": "海岸城福利1群" }));
        assert_eq!(row["amount_minor"], Value::Null);
        let people = format!("/groups/health/people?figure=sales&group={group}");
        assert_eq!(owner.get(&people).await.expect(200)["items"], json!([]));
        owner.get("/sales/stores?branch=br_037z8cpc0000z").await.refused(404, "store.not_found");
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
