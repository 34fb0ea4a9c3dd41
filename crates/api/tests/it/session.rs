//! First run, signing in, lock-out, authenticator, sessions.

use axum::http::header;
use serde_json::{Value, json};
use yutang_app::{
    totp::code_at,
    workspace::{NewWorkspace, WorkspaceError},
};
use yutang_domain::{
    actor::{Actor, Role},
    time::{DAY, HOUR, MINUTE, SECOND},
};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, PASSWORD, TestApp},
    both_engines,
};

use crate::http::{Browser, Edge};

async fn wrong(browser: &mut Browser, name: &str, times: usize) {
    for _ in 0..times {
        browser
            .sign_in(name, "not the password")
            .await
            .refused(401, "session.wrong");
    }
}

async fn with_code(browser: &mut Browser, code: &str) -> crate::http::Answer {
    browser
        .post(
            "/session",
            json!({ "sign_in": OWNER, "password": PASSWORD, "code": code }),
        )
        .await
}

both_engines! {
    async fn the_first_owner_is_made_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut browser = edge.browser();
        assert_eq!(browser.get("/setup").await.expect(200), json!({ "needed": false }));
        let body = json!({
            "organisation": "麦田里烘焙", "zone": "Asia/Shanghai", "currency": "CNY", "locale": "zh-Hans",
            "name": "王姐", "sign_in": "wang", "password": "a long enough one",
        });
        browser.post("/setup", body).await.refused(409, "setup.done");
        assert!(browser.session.is_none());
        test.finish().await;
    }

    /// The first branch is called in the language of the organisation.
    async fn the_first_branch_has_a_name_that_people_know(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        assert_eq!(owner.get("/branches").await.expect(200)["items"][0]["name"], "总店");
        let mut wanted = yutang_app::workspace::NewWorkspace::by_default().unwrap();
        wanted.slug = "overseas".to_owned();
        wanted.locale = "en".to_owned();
        let other = test.app.create_workspace(wanted, &yutang_domain::actor::Actor::Console).await.unwrap();
        let mut tx = test.app.store().begin(yutang_store::Mode::Read).await.unwrap();
        let branches = yutang_store::branch::list(&mut tx, other.id, "").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(branches[0].name, "Main");
        test.finish().await;
    }

    async fn signing_in_opens_a_session_and_out_ends_it(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut browser = edge.browser();
        browser.get("/session").await.refused(401, "session.none");
        let answer = browser.sign_in(" Boss ", PASSWORD).await;
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=2592000"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let view = answer.expect(200);
        assert_eq!(view["staff"]["role"], "owner");
        assert_eq!(view["staff"]["title"], "boss");
        assert_eq!(view["workspace"]["zone"], "Asia/Shanghai");
        assert_eq!(view["totp"]["required"], true);
        assert!(view["permissions"].as_array().unwrap().contains(&json!("staff.edit")));
        assert_eq!(view["csrf"].as_str().unwrap().len(), 32);
        let token = browser.session.clone();
        browser.delete("/session").await.expect(204);
        assert!(browser.session.is_none(), "the cookie is taken away");
        browser.session = token;
        browser.get("/session").await.refused(401, "session.none");
        test.finish().await;
    }

    async fn five_wrong_guesses_lock_a_name_whether_it_exists_or_not(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut browser = edge.browser();
        for name in [OWNER, "nobody"] {
            let begun = test.app.now();
            wrong(&mut browser, name, 5).await;
            let answer = browser.sign_in(name, PASSWORD).await;
            assert_eq!(answer.headers["retry-after"], "900", "seconds, for programs");
            let locked = answer.refused(429, "session.locked");
            assert_eq!(locked["at"], begun.plus(15 * MINUTE).to_string());
        }
        test.advance(15 * MINUTE).await;
        // The second lock lasts twice as long.
        wrong(&mut browser, OWNER, 5).await;
        let locked = browser.sign_in(OWNER, PASSWORD).await.refused(429, "session.locked");
        assert_eq!(locked["at"], test.app.now().plus(30 * MINUTE).to_string());
        test.advance(30 * MINUTE).await;
        browser.sign_in(OWNER, PASSWORD).await.expect(200);
        // Success forgets the guesses.
        wrong(&mut browser, OWNER, 4).await;
        browser.sign_in(OWNER, PASSWORD).await.expect(200);
        wrong(&mut browser, OWNER, 4).await;
        // So does a quiet day.
        test.advance(DAY + HOUR).await;
        wrong(&mut browser, OWNER, 4).await;
        browser.sign_in(OWNER, PASSWORD).await.expect(200);
        test.finish().await;
    }

    async fn an_owner_opens_a_locked_name(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let li = test.caller(Role::Analyst, "li").await.actor.staff_id().unwrap();
        let mut owner = edge.signed_in(OWNER).await;
        let mut guesser = edge.browser();
        wrong(&mut guesser, "li", 5).await;
        guesser.sign_in("li", PASSWORD).await.refused(429, "session.locked");
        owner.post(&format!("/staff/{li}/unlock"), json!({})).await.expect(204);
        guesser.sign_in("li", PASSWORD).await.expect(200);
        test.finish().await;
    }

    async fn a_code_is_accepted_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        owner.post("/session/totp/confirm", json!({ "code": "000000" })).await.refused(409, "session.totp_not_begun");
        let begun = owner.post("/session/totp/begin", json!({})).await.expect(200);
        let secret = begun["secret"].as_str().unwrap().to_owned();
        assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/"));
        assert!(begun["qr_svg"].as_str().unwrap().starts_with("<svg"));
        let code = |at| code_at(&secret, at).unwrap();
        owner.post("/session/totp/confirm", json!({ "code": "abcdef" })).await.refused(401, "session.wrong");
        let first = code(test.app.now());
        owner.post("/session/totp/confirm", json!({ "code": first })).await.expect(204);
        assert_eq!(owner.get("/session").await.expect(200)["totp"]["enabled"], true);

        let mut browser = edge.browser();
        browser.sign_in(OWNER, PASSWORD).await.refused(401, "session.code_needed");
        // The code that set it up has been used.
        with_code(&mut browser, &first).await.refused(401, "session.wrong");
        test.advance(30 * SECOND).await;
        let second = code(test.app.now());
        with_code(&mut browser, &second).await.expect(200);
        with_code(&mut browser, &second).await.refused(401, "session.wrong");
        // A code of the step before is right and comes too late: a later one was accepted.
        with_code(&mut browser, &first).await.refused(401, "session.wrong");
        // One step of clock skew is allowed.
        test.advance(90 * SECOND).await;
        with_code(&mut browser, &code(test.app.now().plus(30 * SECOND))).await.expect(200);
        test.advance(90 * SECOND).await;
        with_code(&mut browser, &code(test.app.now().plus(90 * SECOND))).await.refused(401, "session.wrong");

        // An owner keeps it.
        let body = Some(json!({ "password": PASSWORD }));
        let answer = owner.send(axum::http::Method::DELETE, "/session/totp", body, &[]).await;
        answer.refused(409, "session.totp_required");
        test.finish().await;
    }

    async fn asking_for_the_code_does_not_reset_the_count(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let begun = owner.post("/session/totp/begin", json!({})).await.expect(200);
        let code = code_at(begun["secret"].as_str().unwrap(), test.app.now()).unwrap();
        owner.post("/session/totp/confirm", json!({ "code": code })).await.expect(204);
        let mut guesser = edge.browser();
        for _ in 0..4 {
            guesser.sign_in(OWNER, PASSWORD).await.refused(401, "session.code_needed");
            with_code(&mut guesser, "12345x").await.refused(401, "session.wrong");
        }
        guesser.sign_in(OWNER, PASSWORD).await.refused(401, "session.code_needed");
        with_code(&mut guesser, "12345x").await.refused(401, "session.wrong");
        guesser.sign_in(OWNER, PASSWORD).await.refused(429, "session.locked");
        test.finish().await;
    }

    async fn an_overdue_authenticator_leaves_only_the_own_session(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        test.advance(7 * DAY + SECOND).await;
        let mut owner = edge.signed_in(OWNER).await;
        owner.get("/branches").await.refused(403, "session.totp_needed");
        let view = owner.get("/session").await.expect(200);
        assert_eq!(view["permissions"], json!(["session.own"]));
        let begun = owner.post("/session/totp/begin", json!({})).await.expect(200);
        let code = code_at(begun["secret"].as_str().unwrap(), test.app.now()).unwrap();
        owner.post("/session/totp/confirm", json!({ "code": code })).await.expect(204);
        owner.get("/branches").await.expect(200);
        test.finish().await;
    }

    async fn sessions_are_listed_and_revoked(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut here = edge.signed_in(OWNER).await;
        let mut there = edge.signed_in(OWNER).await;
        let listed = here.get("/sessions").await.expect(200);
        let items = listed["items"].as_array().unwrap();
        // The set-up left one open as well.
        assert_eq!(items.len(), 3);
        let current: Vec<&Value> = items.iter().filter(|s| s["current"] == true).collect();
        assert_eq!(current.len(), 1);
        let current = current[0]["id"].as_str().unwrap();
        for session in items {
            let id = session["id"].as_str().unwrap();
            if id != current {
                here.delete(&format!("/sessions/{id}")).await.expect(204);
                here.delete(&format!("/sessions/{id}")).await.refused(404, "store.not_found");
            }
        }
        there.get("/session").await.refused(401, "session.none");
        // Nobody ends the sessions of others.
        test.caller(Role::Analyst, "li").await;
        edge.signed_in("li").await.delete(&format!("/sessions/{current}")).await.refused(404, "store.not_found");
        here.get("/session").await.expect(200);
        test.finish().await;
    }

    async fn sessions_end_by_themselves(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        test.caller(Role::Analyst, "li").await;
        let mut idle = edge.signed_in("li").await;
        let mut busy = edge.signed_in("li").await;
        for _ in 0..60 {
            test.advance(11 * HOUR + 50 * MINUTE).await;
            busy.get("/session").await.expect(200);
        }
        idle.get("/session").await.refused(401, "session.none");
        test.advance(DAY).await;
        busy.get("/session").await.refused(401, "session.none");
        let mut long = edge.signed_in("li").await;
        for _ in 0..60 {
            test.advance(12 * HOUR - SECOND).await;
            long.get("/session").await.expect(200);
        }
        test.advance(MINUTE).await;
        long.get("/session").await.refused(401, "session.none");
        test.finish().await;
    }

    async fn a_new_password_ends_the_other_sessions(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut here = edge.signed_in(OWNER).await;
        let mut there = edge.signed_in(OWNER).await;
        let change = |old: &str, new: &str| json!({ "old": old, "new": new });
        here.post("/session/password", change("wrong", "another long one")).await.refused(401, "session.wrong");
        here.post("/session/password", change(PASSWORD, "short")).await.refused(422, "staff.password_short");
        here.post("/session/password", change(PASSWORD, "password1234")).await.refused(422, "staff.password_common");
        here.post("/session/password", change(PASSWORD, "another long one")).await.expect(204);
        here.get("/session").await.expect(200);
        there.get("/session").await.refused(401, "session.none");
        there.sign_in(OWNER, PASSWORD).await.refused(401, "session.wrong");
        there.sign_in(OWNER, "another long one").await.expect(200);
        test.finish().await;
    }

    async fn one_sign_in_may_work_in_two_organisations(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let new = NewWorkspace { slug: "other".into(), name: "另一家".into(), ..NewWorkspace::by_default().unwrap() };
        let other = test.app.create_workspace(new, &Actor::Console).await.unwrap();
        let add = |password: &'static str| test.app.add_staff_from_cli(&other, "老板", Role::Analyst, Some(OWNER), password);
        assert_eq!(add("not the password").await.unwrap_err().code(), "staff.sign_in_taken");
        add(PASSWORD).await.unwrap();
        let mut browser = edge.signed_in(OWNER).await;
        let view = browser.get("/session").await.expect(200);
        assert_eq!(view["workspace"]["slug"], "default");
        assert_eq!(view["workspaces"].as_array().unwrap().len(), 2);
        let body = json!({ "workspace_id": other.id });
        let view = browser.post("/workspaces/switch", body).await.expect(200);
        assert_eq!((view["workspace"]["slug"].as_str(), view["staff"]["role"].as_str()), (Some("other"), Some("analyst")));
        browser.get("/staff").await.refused(403, "permission.denied");
        let nowhere = json!({ "workspace_id": "ws_0000000000001" });
        browser.post("/workspaces/switch", nowhere).await.refused(404, "session.not_there");
        let several = test.app.workspace(None).await.unwrap_err();
        assert!(matches!(several.rule(), Some(WorkspaceError::Several(2))));
        test.finish().await;
    }
}
