//! Staff: adding, phones, links, leaving.

use serde_json::{Value, json};
use yutang_app::task::NewTask;
use yutang_domain::{
    actor::{Actor, Role},
    group::Duty,
    id::StaffId,
    task::{DoneCheck, Level, TaskKind},
    time::{DAY, MINUTE, SECOND, Timestamp},
};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, PASSWORD, TestApp},
    both_engines,
};

use crate::http::{Browser, Edge, group};

/// The secret of a link.
fn token_of(url: &Value) -> String {
    url.as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

async fn sales(owner: &mut Browser) -> (String, String) {
    let branch = owner
        .post("/branches", json!({ "name": "海岸城", "kind": "store" }))
        .await
        .expect(201);
    let branch = branch["id"].as_str().unwrap().to_owned();
    let body = json!({ "name": "小陈", "role": "service", "title": "sales", "branch_id": branch });
    let row = owner.post("/staff", body).await.expect(201);
    assert_eq!(row["sign_in"], Value::Null);
    (row["id"].as_str().unwrap().to_owned(), branch)
}

async fn link(owner: &mut Browser, id: &str) -> String {
    let made = owner
        .post(&format!("/staff/{id}/device-link"), json!({}))
        .await
        .expect(201);
    assert!(
        made["url"]
            .as_str()
            .unwrap()
            .starts_with("https://shop.example/bind#")
    );
    assert!(made["qr_svg"].as_str().unwrap().starts_with("<svg"));
    token_of(&made["url"])
}

fn task_of(assignee: StaffId) -> NewTask {
    NewTask {
        kind: TaskKind::Do,
        level: Level::Normal,
        branch: None,
        group: None,
        member: None,
        assignee: Some(assignee),
        what: "task.test",
        args: json!({}),
        body: String::new(),
        picture: None,
        why: "task.test",
        done_check: DoneCheck::Own,
        minutes: 1,
        since_at: Timestamp::from_ms(0),
        due_at: None,
        cause: None,
        dedup: "hand-over".to_owned(),
    }
}

both_engines! {
    /// req: 004-074
    async fn titles_roles_and_branches_have_to_fit(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let (_, branch) = sales(&mut owner).await;
        for (body, code) in [
            (json!({ "name": " ", "role": "analyst" }), "staff.name"),
            (json!({ "name": "x", "role": "owner", "title": "sales" }), "staff.title"),
            (json!({ "name": "x", "role": "manager", "title": "store_manager" }), "staff.branch_needed"),
            (json!({ "name": "x", "role": "operator", "branch_id": branch }), "staff.branch_not_wanted"),
            (json!({ "name": "x", "role": "analyst", "password": "short" }), "staff.password_short"),
            (json!({ "name": "x", "role": "analyst", "password": "1234567890" }), "staff.password_common"),
        ] {
            owner.post("/staff", body).await.refused(422, code);
        }
        let twice = json!({ "name": "x", "role": "analyst", "sign_in": "BOSS", "password": PASSWORD });
        owner.post("/staff", twice).await.refused(409, "staff.sign_in_taken");
        let elsewhere = json!({ "name": "x", "role": "analyst", "branch_id": "br_0000000000001" });
        owner.post("/staff", elsewhere).await.refused(404, "store.not_found");
        let found = owner.get("/staff?q=xiao").await.expect(200);
        assert_eq!(found["items"][0]["name"], "小陈");
        assert_eq!(found["items"][0]["branch"]["name"], "海岸城");
        assert_eq!(owner.get("/staff?q=boss").await.expect(200)["items"][0]["name"], "老板");
        let page = owner.get("/staff?limit=1").await.expect(200);
        assert_eq!(page["total"]["count"], 2);
        let next = owner.get(&format!("/staff?limit=1&cursor={}", page["next"].as_str().unwrap())).await.expect(200);
        assert_ne!(next["items"][0]["id"], page["items"][0]["id"]);
        assert_eq!(next["next"], Value::Null);
        test.finish().await;
    }

    async fn a_phone_is_bound_once_and_reaches_little(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let (id, _) = sales(&mut owner).await;
        let unused = link(&mut owner, &id).await;
        let token = link(&mut owner, &id).await;
        let mut phone = edge.browser();
        let bind = |token: &str| json!({ "token": token, "name": "小陈的手机" });
        phone.post("/session/device", bind("nonsense")).await.refused(401, "link.unknown");
        phone.post("/session/device", bind(&unused)).await.refused(401, "link.spent");
        let view = phone.post("/session/device", bind(&token)).await.expect(201);
        assert!(phone.device.is_some());
        assert_eq!(view["staff"]["role"], "service");
        let may: Vec<&str> = view["permissions"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
        assert_eq!(may, ["session.own", "workspace.read", "today.read", "branch.read", "group.read", "task.read", "task.do", "alarm.read", "alarm.close"]);
        edge.browser().post("/session/device", bind(&token)).await.refused(401, "link.spent");
        phone.get("/branches").await.expect(200);
        phone.get("/staff").await.refused(403, "permission.denied");
        phone.post("/session/password", json!({ "old": "x", "new": "y" })).await.refused(403, "session.password_only");

        let late = link(&mut owner, &id).await;
        test.advance(10 * MINUTE).await;
        edge.browser().post("/session/device", bind(&late)).await.refused(401, "link.expired");

        let row = owner.get(&format!("/staff/{id}")).await.expect(200);
        assert_eq!(row["devices"][0]["name"], "小陈的手机");
        let device = row["devices"][0]["id"].as_str().unwrap();
        owner.delete(&format!("/staff/{id}/devices/{device}")).await.expect(204);
        phone.get("/branches").await.refused(401, "session.none");
        owner.delete(&format!("/staff/{id}/devices/{device}")).await.refused(404, "store.not_found");
        test.finish().await;
    }

    async fn a_task_link_opens_on_its_phone_for_a_day(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let (id, _) = sales(&mut owner).await;
        let staff: StaffId = id.parse().unwrap();
        let mut phone = edge.browser();
        let mut other = edge.browser();
        for browser in [&mut phone, &mut other] {
            let token = link(&mut owner, &id).await;
            browser.post("/session/device", json!({ "token": token })).await.expect(201);
        }
        let task = "tk_0000000000001".parse().unwrap();
        let links = test.app.task_links(&test.owner, staff, task).await.unwrap();
        assert_eq!(links.len(), 2);
        let open = |link: &str| json!({ "link": link });
        let first = links[0].text.clone();
        test.advance(DAY - SECOND).await;
        phone.session = None;
        let opened = phone.post("/session/task", open(&first)).await.expect(200);
        assert_eq!(opened["task_id"], "tk_0000000000001");
        phone.get("/branches").await.expect(200);
        other.post("/session/task", open(&first)).await.refused(401, "link.other_device");
        edge.browser().post("/session/task", open(&first)).await.refused(401, "link.other_device");
        let forged = first.replacen("tk_0000000000001", "tk_0000000000002", 1);
        phone.post("/session/task", open(&forged)).await.refused(401, "link.unknown");
        phone.post("/session/task", open("a.b.c.d")).await.refused(401, "link.unknown");
        test.advance(2 * SECOND).await;
        phone.post("/session/task", open(&first)).await.refused(401, "link.expired");
        // The session lasts a day as well, and no longer.
        phone.get("/branches").await.expect(200);
        test.advance(DAY).await;
        phone.get("/branches").await.refused(401, "session.none");
        test.finish().await;
    }

    async fn a_forgotten_password_is_chosen_anew_by_link(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let body = json!({ "name": "李雷", "sign_in": "lilei", "role": "analyst" });
        let id = owner.post("/staff", body).await.expect(201)["id"].as_str().unwrap().to_owned();
        let mut li = edge.browser();
        li.sign_in("lilei", "").await.refused(401, "session.wrong");
        let made = owner.post(&format!("/staff/{id}/reset-password"), json!({})).await.expect(201);
        let token = token_of(&made["one_time_link"]);
        let choose = |password: &str| json!({ "token": token, "password": password });
        li.post("/session/password-link", choose("lilei")).await.refused(422, "staff.password_short");
        li.post("/session/password-link", choose("quite a good one")).await.expect(204);
        li.post("/session/password-link", choose("quite a good one")).await.refused(401, "link.spent");
        li.sign_in("lilei", "quite a good one").await.expect(200);
        let (id, _) = sales(&mut owner).await;
        owner.post(&format!("/staff/{id}/reset-password"), json!({})).await.refused(409, "staff.no_sign_in");
        test.finish().await;
    }

    async fn the_last_owner_stays(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let me = owner.get("/session").await.expect(200)["staff"]["id"].as_str().unwrap().to_owned();
        let path = format!("/staff/{me}");
        owner.patch(&path, json!({ "role": "analyst" })).await.refused(409, "staff.last_owner");
        owner.post(&format!("{path}/leave"), json!({})).await.refused(409, "staff.last_owner");
        test.caller(Role::Owner, "second").await;
        owner.patch(&path, json!({ "role": "analyst", "title": "analyst" })).await.expect(200);
        owner.get("/tokens").await.refused(403, "permission.denied");
        test.finish().await;
    }

    /// More than one transaction moves, everything in it. req: 000-037, 004-074
    async fn whoever_leaves_hands_everything_over(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let li = test.caller(Role::Analyst, "li").await.actor.staff_id().unwrap();
        let han = test.caller(Role::Analyst, "han").await.actor.staff_id().unwrap();
        let mut leaver = edge.signed_in("li").await;
        let mut groups = Vec::new();
        for n in 0..205 {
            let made = test.app.create_group(&test.owner, group(&format!("福利{n}"))).await.unwrap();
            let mut duties = vec![(li, Duty::Host)];
            if n == 0 {
                duties.push((han, Duty::Host));
                duties.push((li, Duty::Service));
            }
            test.app.assign_group_staff(&test.owner, made.id, duties).await.unwrap();
            groups.push(made.id);
        }
        let mut tx = test.app.store().begin(yutang_store::Mode::Write).await.unwrap();
        let task = test.app
            .create_task_in(&mut tx, test.workspace.id, task_of(li), &Actor::Console, test.app.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(task.is_some());

        let path = format!("/staff/{li}/leave");
        let preview = owner.post(&format!("{path}?preview=true"), json!({ "successor_id": han })).await.expect(200);
        assert_eq!((&preview["groups"], &preview["tasks"]), (&json!(205), &json!(1)));
        assert_eq!(preview["group_names"].as_array().unwrap().len(), 20);
        leaver.get("/session").await.expect(200);
        owner.post(&path, json!({})).await.refused(422, "staff.successor");
        owner.post(&path, json!({ "successor_id": li })).await.refused(422, "staff.successor");
        let moved = owner.post(&path, json!({ "successor_id": han })).await.expect(200);
        assert_eq!(moved["groups"], 205);

        leaver.get("/session").await.refused(401, "session.none");
        leaver.sign_in("li", PASSWORD).await.refused(401, "session.wrong");
        let row = owner.get(&format!("/staff/{han}")).await.expect(200);
        assert_eq!((&row["groups"], &row["open_tasks"]), (&json!(205), &json!(1)));
        let row = owner.get(&format!("/staff/{li}")).await.expect(200);
        assert_eq!((&row["groups"], &row["open_tasks"]), (&json!(0), &json!(0)));
        assert_eq!(row["successor_id"], han.to_string());
        let staff = test.app.group_staff(&test.owner, groups[0]).await.unwrap();
        assert!(staff.iter().all(|a| a.staff_id == han));
        assert_eq!(staff.len(), 2, "one duty held twice is held once, the other came along");
        let left = owner.get("/staff?left=true").await.expect(200);
        assert_eq!(left["items"][0]["id"], li.to_string());
        // What a crash between two slices would leave is moved by the sweep.
        test.app.assign_group_staff(&test.owner, groups[7], vec![(li, Duty::Host)]).await.unwrap();
        assert_eq!(test.app.finish_hand_overs().await.unwrap(), 1);
        assert_eq!(test.app.finish_hand_overs().await.unwrap(), 0);
        let staff = test.app.group_staff(&test.owner, groups[7]).await.unwrap();
        assert_eq!(staff.iter().map(|a| a.staff_id).collect::<Vec<_>>(), [han]);
        owner.post(&path, json!({ "successor_id": han })).await.refused(409, "staff.left");
        owner.patch(&format!("/staff/{li}"), json!({ "name": "x" })).await.refused(409, "staff.left");
        test.finish().await;
    }

    async fn a_successor_has_to_reach_what_is_handed_over(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let (narrow, _) = sales(&mut owner).await;
        let li = test.caller(Role::Analyst, "li").await.actor.staff_id().unwrap();
        let made = test.app.create_group(&test.owner, group("福利1")).await.unwrap();
        test.app.assign_group_staff(&test.owner, made.id, vec![(li, Duty::Host)]).await.unwrap();
        let path = format!("/staff/{li}/leave");
        owner.post(&path, json!({ "successor_id": narrow })).await.refused(422, "staff.successor");
        test.finish().await;
    }
}
