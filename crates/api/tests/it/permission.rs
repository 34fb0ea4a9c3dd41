//! Who may do what: the committed matrix, and the edge held against it.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use axum::http::{Method, StatusCode};
use serde_json::json;
use tower::ServiceExt as _;
use yutang_api::permission::{Entry, Need};
use yutang_domain::{actor::Role, permission::Operation};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::http::Edge;

/// Operations open to those who are not signed in, each for a reason: before anybody can be signed
/// in, and what the program is.
const OPEN: &[&str] = &[
    "meta",
    "session_begin",
    "session_device",
    "session_password_link",
    "session_task",
    "setup_create",
    "setup_get",
];

/// A path of an operation with something that is no id in each place.
fn address(entry: &Entry) -> String {
    let filled: Vec<&str> = entry
        .path
        .split('/')
        .map(|part| if part.starts_with('{') { "-" } else { part })
        .collect();
    filled.join("/").trim_start_matches("/api/v1").to_owned()
}

both_engines! {
    /// Every operation has a row in the committed matrix. req: 004-074
    async fn the_matrix_is_the_committed_one(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        assert_eq!(edge.matrix.unlisted(), &[] as &[String], "operations without x-permission");
        let mut text = String::from("# operation method path permission roles\n");
        let mut used = BTreeSet::new();
        for entry in edge.matrix.entries() {
            let (permission, roles) = match entry.need {
                Need::Public => ("public", "-".to_owned()),
                Need::Operation(operation) => {
                    used.insert(operation);
                    let roles: Vec<&str> = operation.roles().iter().map(|r| r.as_str()).collect();
                    (operation.as_str(), roles.join(","))
                }
            };
            let id = &entry.operation_id;
            writeln!(text, "{id} {} {} {permission} {roles}", entry.method, entry.path).unwrap();
        }
        let ids: Vec<_> = edge.matrix.entries().iter().map(|e| e.operation_id.clone()).collect();
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "two operations have one id");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/permissions.snap.txt");
        if std::env::var_os("YUTANG_SNAPSHOTS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            text, committed,
            "the permission matrix changed: look at the difference, then run this test with YUTANG_SNAPSHOTS=1"
        );
        test.finish().await;
    }

    /// req: 004-074
    async fn each_role_may_do_exactly_what_the_matrix_says(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        for role in Role::ALL {
            let token = test.app.add_token(&test.workspace, *role, None, Vec::new()).await.unwrap();
            let program = edge.program(&token.secret);
            for entry in edge.matrix.entries() {
                let Need::Operation(operation) = entry.need else { continue };
                let request = program.request(entry.method.clone(), &address(entry), None);
                let response = edge.router.clone().oneshot(request).await.unwrap();
                let what = format!("{role} {} {}", entry.method, entry.path);
                assert_ne!(response.status(), StatusCode::UNAUTHORIZED, "{what}");
                let denied = response
                    .extensions()
                    .get::<yutang_api::problem::Refused>()
                    .is_some_and(|refused| refused.0 == "permission.denied");
                assert_eq!(denied, !operation.allows(*role), "{what}");
                assert!(!denied || response.status() == StatusCode::FORBIDDEN, "{what}");
            }
        }
        test.finish().await;
    }

    async fn strangers_get_nowhere_but_to_the_door(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut open = Vec::new();
        for entry in edge.matrix.entries() {
            let mut stranger = edge.browser();
            let answer = stranger.send(entry.method.clone(), &address(entry), None, &[]).await;
            if answer.status == StatusCode::UNAUTHORIZED && answer.code() == "session.none" {
                let mut forger = edge.program("yt_not-a-token");
                forger.send(entry.method.clone(), &address(entry), None, &[]).await.refused(401, "session.none");
            } else {
                open.push(entry.operation_id.to_string());
            }
        }
        open.sort_unstable();
        assert_eq!(open, OPEN);
        test.finish().await;
    }

    async fn a_change_by_cookie_needs_what_only_our_page_knows(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let right = owner.csrf.clone();
        for entry in edge.matrix.entries() {
            if entry.method == Method::GET || entry.need == Need::Public {
                continue;
            }
            for csrf in [None, Some("wrong".to_owned())] {
                owner.csrf = csrf;
                let answer = owner.send(entry.method.clone(), &address(entry), None, &[]).await;
                answer.refused(403, "session.csrf");
            }
            owner.csrf.clone_from(&right);
            let from = [("sec-fetch-site", "cross-site")];
            owner.send(entry.method.clone(), &address(entry), None, &from).await.refused(403, "session.csrf");
        }
        let other_site = [("sec-fetch-site", "cross-site")];
        let body = Some(json!({ "sign_in": OWNER, "password": "x" }));
        edge.browser().send(Method::POST, "/session", body, &other_site).await.refused(403, "session.csrf");
        test.finish().await;
    }

    /// What lies in another branch is not there at all.
    async fn a_manager_sees_the_own_branch_and_nothing_beside_it(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let mut branches = Vec::new();
        for name in ["海岸城", "车公庙"] {
            let body = json!({ "name": name, "kind": "store" });
            let row = owner.post("/branches", body).await.expect(201);
            branches.push(row["id"].as_str().unwrap().to_owned());
        }
        let mut people = Vec::new();
        for (name, branch) in [("li", &branches[0]), ("chen", &branches[1])] {
            let body = json!({
                "name": name, "password": yutang_testkit::app::PASSWORD, "role": "manager",
                "title": "store_manager", "branch_id": branch,
            });
            people.push(owner.post("/staff", body).await.expect(201)["id"].as_str().unwrap().to_owned());
        }
        let mut li = edge.signed_in("li").await;
        let seen = li.get("/branches").await.expect(200);
        let names: Vec<_> = seen["items"].as_array().unwrap().iter().map(|b| b["name"].clone()).collect();
        assert_eq!(names, ["海岸城"]);
        let seen = li.get("/staff").await.expect(200);
        assert_eq!(seen["total"], json!({ "count": 1, "exact": true }));
        assert_eq!(seen["items"][0]["name"], "li");
        li.get(&format!("/staff/{}", people[0])).await.expect(200);
        li.get(&format!("/staff/{}", people[1])).await.refused(404, "store.not_found");
        li.post(&format!("/staff/{}/device-link", people[1]), json!({})).await.refused(404, "store.not_found");
        li.post(&format!("/staff/{}/device-link", people[0]), json!({})).await.expect(201);
        let view = li.get("/session").await.expect(200);
        assert_eq!(view["staff"]["branch_id"], branches[0].as_str());

        // Reach and role follow a change at once, in a session that is open.
        owner.patch(&format!("/staff/{}", people[0]), json!({ "branch_id": branches[1] })).await.expect(200);
        let seen = li.get("/branches").await.expect(200);
        assert_eq!(seen["items"][0]["name"], "车公庙");
        let demoted = json!({ "role": "analyst", "title": "analyst" });
        owner.patch(&format!("/staff/{}", people[0]), demoted).await.expect(200);
        li.get("/staff").await.refused(403, "permission.denied");
        test.finish().await;
    }

    async fn the_matrix_is_shown_as_it_is(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let shown = edge.signed_in(OWNER).await.get("/permissions").await.expect(200);
        let rows = shown["operations"].as_array().unwrap();
        assert_eq!(rows.len(), Operation::ALL.len());
        for row in rows {
            let operation: Operation = row["operation"].as_str().unwrap().parse().unwrap();
            let roles: Vec<&str> = row["roles"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
            for role in Role::ALL {
                assert_eq!(roles.contains(&role.as_str()), operation.allows(*role), "{operation} {role}");
            }
        }
        test.finish().await;
    }
}
