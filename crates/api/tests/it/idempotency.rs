//! A POST under a key is carried out once.

use axum::http::Method;
use serde_json::{Value, json};
use yutang_app::{
    branch::BranchInput,
    caller::RequestKey,
    idempotency::{Claim, body_hash},
};
use yutang_domain::{branch::BranchKind, time::MINUTE};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::http::{Answer, Browser, Edge};

async fn create(browser: &mut Browser, name: &str, key: &str) -> Answer {
    let body = json!({ "name": name, "kind": "store" });
    browser
        .send(
            Method::POST,
            "/branches",
            Some(body),
            &[("idempotency-key", key)],
        )
        .await
}

async fn branches(browser: &mut Browser) -> usize {
    browser.get("/branches").await.expect(200)["items"]
        .as_array()
        .unwrap()
        .len()
}

both_engines! {
    async fn the_same_request_gets_the_same_answer(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let first = create(&mut owner, "海岸城", "k-1").await.expect(201);
        let again = create(&mut owner, "海岸城", "k-1").await;
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(again.expect(201), first);
        assert_eq!(branches(&mut owner).await, 2);
        create(&mut owner, "车公庙", "k-1").await.refused(422, "idempotency.mismatch");
        create(&mut owner, "车公庙", "two words").await.refused(422, "idempotency.key");
        // Keys belong to their caller.
        let token = test.app.add_token(&test.workspace, yutang_domain::actor::Role::Operator, None, Vec::new()).await.unwrap();
        create(&mut edge.program(&token.secret), "车公庙", "k-1").await.expect(201);
        test.finish().await;
    }

    async fn a_refusal_is_not_kept(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        create(&mut owner, "总店", "k-1").await.refused(409, "branch.taken");
        create(&mut owner, "西乡", "k-1").await.expect(201);
        test.finish().await;
    }

    async fn two_at_once_make_one(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let mut browser = owner.clone();
                tokio::spawn(async move { create(&mut browser, "海岸城", "k-1").await })
            })
            .collect();
        let mut ids: Vec<Value> = Vec::new();
        for task in tasks {
            let answer = task.await.unwrap();
            match answer.status.as_u16() {
                201 => ids.push(answer.body["id"].clone()),
                _ => { answer.refused(409, "idempotency.in_progress"); }
            }
        }
        assert!(!ids.is_empty());
        assert!(ids.iter().all(|id| *id == ids[0]));
        assert_eq!(branches(&mut owner).await, 2);
        test.finish().await;
    }

    /// A process that dies between the commit and the answer leaves a claim that says so.
    async fn what_was_carried_out_is_never_repeated(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let key = RequestKey { verb: "branch_create".into(), key: "k-1".into() };
        let hash = body_hash(&[b"body"]);
        let mut caller = test.owner.clone();
        assert!(matches!(test.app.claim_request(&caller, &key, &hash).await.unwrap(), Claim::First));
        caller.request_key = Some(key.clone());
        let input = BranchInput { name: "海岸城".into(), kind: BranchKind::Store, parent_id: None, code: None, region: None };
        test.app.create_branch(&caller, input).await.unwrap();
        test.advance(10 * MINUTE).await;
        let again = test.app.claim_request(&caller, &key, &hash).await.unwrap_err();
        assert_eq!(again.code(), "idempotency.answer_lost");
        // One that never got so far is taken over after a minute, and not before.
        let other = RequestKey { verb: "branch_create".into(), key: "k-2".into() };
        test.app.claim_request(&caller, &other, &hash).await.unwrap();
        let early = test.app.claim_request(&caller, &other, &hash).await.unwrap_err();
        assert_eq!(early.code(), "idempotency.in_progress");
        test.advance(2 * MINUTE).await;
        assert!(matches!(test.app.claim_request(&caller, &other, &hash).await.unwrap(), Claim::First));
        test.finish().await;
    }

    /// An answer may hold a secret that is shown once: it is not readable in the database.
    async fn kept_answers_are_sealed(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let body = json!({ "name": "till", "role": "analyst" });
        let key = [("idempotency-key", "k-1")];
        let made = owner.send(Method::POST, "/tokens", Some(body.clone()), &key).await.expect(201);
        let again = owner.send(Method::POST, "/tokens", Some(body), &key).await.expect(201);
        assert_eq!(made["token"], again["token"]);
        let mut tx = test.app.store().begin(yutang_store::Mode::Read).await.unwrap();
        let kept = yutang_store::idempotency::find(
            &mut tx, test.workspace.id, &test.owner.actor.to_string(), "token_create", "k-1",
        ).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert!(!kept.response.contains("yt_"), "{}", kept.response);
        test.finish().await;
    }
}
