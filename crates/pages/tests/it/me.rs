//! What a member sees of themselves, and how they get there.

use axum::http::{StatusCode, header};
use yutang_app::{App, group::GroupInput, member::MemberInput};
use yutang_domain::{
    actor::Actor,
    group::{Announcement, Monetisation, Standing},
    id::{MemberId, WorkspaceId},
    time::MINUTE,
};
use yutang_store::{
    Mode, group,
    passage::{self, Sighting},
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::browser::{Browser, Page};

const ME: &str = "/m/default/me";

async fn member(test: &TestApp) -> MemberId {
    let input = MemberInput {
        name: "李姐".to_owned(),
        phone: Some("13812345678".to_owned()),
        city: Some("深圳".to_owned()),
        birthday: None,
        branch_id: None,
    };
    test.app
        .create_member(&test.owner, &input)
        .await
        .unwrap()
        .id
}

async fn link(app: &App, workspace: WorkspaceId, id: MemberId) -> String {
    let mut tx = app.store().begin(Mode::Write).await.unwrap();
    let link = app
        .member_link_in(&mut tx, workspace, id, &Actor::System("bot"), app.now())
        .await;
    tx.commit().await.unwrap();
    format!("/m/default/in/{}", link.unwrap().token)
}

/// A browser in which the member is signed in through a link sent in private.
async fn signed_in(test: &TestApp, id: MemberId) -> Browser {
    let mut browser = Browser::new(&test.app);
    let path = link(&test.app, test.workspace.id, id).await;
    let asked = browser.get(&path).await;
    let entered = browser.post(&path, &[("csrf", &asked.csrf())]).await;
    assert_eq!(
        (entered.status, entered.location()),
        (StatusCode::SEE_OTHER, ME)
    );
    browser
}

fn is_personal(page: &Page) -> bool {
    ["李姐", "138****5678", "深圳"]
        .iter()
        .any(|said| page.body.contains(said))
}

both_engines! {
    /// Nothing personal without a sign-in; the link in private signs in once, after a tap, because
    /// chat apps open links by themselves.
    async fn a_private_link_signs_in_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let id = member(&test).await;
        let mut browser = Browser::new(&test.app);
        let stranger = browser.get(ME).await;
        assert!(stranger.status == StatusCode::OK && !is_personal(&stranger));
        let path = link(&test.app, test.workspace.id, id).await;
        for _ in 0..3 {
            let preview = Browser::new(&test.app).get(&path).await;
            assert!(preview.status == StatusCode::OK && !is_personal(&preview));
        }
        let asked = browser.get(&path).await;
        let forged = browser.post(&path, &[("csrf", "00")]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "a form of another site");
        let foreign = Browser::new(&test.app).post(&path, &[("csrf", &asked.csrf())]).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN, "a form of another browser");
        browser.post(&path, &[("csrf", &asked.csrf())]).await;
        let mine = browser.get(ME).await;
        assert!(is_personal(&mine), "{}", mine.body);
        assert!(!mine.body.contains("13812345678"), "the number is masked");
        assert_eq!(mine.headers[header::CACHE_CONTROL], "no-store");
        assert!(mine.body.len() < 60_000);
        assert!(mine.body.contains("¥0.00") && !mine.body.contains("CNY"), "money as people read it");
        let used = Browser::new(&test.app).get(&path).await;
        assert_eq!(used.status, StatusCode::GONE);
        test.finish().await;
    }

    /// The page shows six digits, the member says them to the bot, the page opens.
    async fn six_digits_sign_in(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let id = member(&test).await;
        let mut browser = Browser::new(&test.app);
        let first = browser.get(ME).await;
        let refused = browser.post("/m/default/code", &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let shown = browser.post("/m/default/code", &[("csrf", &first.csrf())]).await;
        assert_eq!(shown.location(), ME);
        let page = browser.get(ME).await;
        let code = browser.cookies["yutang_code"].clone();
        assert!(page.body.contains(&format!(">{code}<")), "{}", page.body);
        assert!(page.body.contains("http-equiv=\"refresh\""), "opens by itself without script");
        assert!(browser.get(ME).await.body.contains(&code), "still there when opened again");
        test.app.say_member_code(test.workspace.id, id, &code).await.unwrap();
        assert!(!is_personal(&Browser::new(&test.app).get(ME).await), "another browser stays out");
        assert_eq!(browser.get(ME).await.status, StatusCode::SEE_OTHER);
        assert!(is_personal(&browser.get(ME).await));
        assert!(!browser.cookies.contains_key("yutang_code"));
        test.finish().await;
    }

    /// The sixth code in ten minutes is not shown.
    async fn codes_are_limited(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let mut browser = Browser::new(&test.app);
        let csrf = browser.get(ME).await.csrf();
        for _ in 0..5 {
            let shown = browser.post("/m/default/code", &[("csrf", &csrf)]).await;
            assert_eq!(shown.status, StatusCode::SEE_OTHER);
        }
        let refused = browser.post("/m/default/code", &[("csrf", &csrf)]).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        let wait: i64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=600).contains(&wait), "{wait}");
        test.finish().await;
    }

    /// A link handed out by staff opens the page.
    async fn a_handed_link_signs_in(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let id = member(&test).await;
        let handed = test.app.hand_member_link(&test.owner, id).await.unwrap();
        let mut browser = Browser::new(&test.app);
        let path = format!("/m/default/in/{}", handed.token);
        let asked = browser.get(&path).await;
        browser.post(&path, &[("csrf", &asked.csrf())]).await;
        assert!(is_personal(&browser.get(ME).await));
        test.finish().await;
    }

    /// Consents are given and withdrawn one by one, by form, and only by the member's own form.
    async fn consents_are_given_and_withdrawn(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let id = member(&test).await;
        let mut browser = signed_in(&test, id).await;
        let page = browser.get(ME).await;
        assert!(!page.body.contains("起已授权"));
        let give = [("csrf", page.csrf()), ("purpose", "contact".to_owned()), ("on", "yes".to_owned())];
        let give: Vec<(&str, &str)> = give.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let forged = browser.post("/m/default/me/consents", &[("csrf", "x"), give[1], give[2]]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
        assert!(!browser.get(ME).await.body.contains("起已授权"));
        assert_eq!(browser.post("/m/default/me/consents", &give).await.location(), ME);
        assert!(browser.get(ME).await.body.contains("2026-11-20 起已授权"));
        browser.post("/m/default/me/consents", &[give[0], give[1], ("on", "no")]).await;
        assert!(!browser.get(ME).await.body.contains("起已授权"));
        test.finish().await;
    }

    /// A copy of everything, with a fresh sign-in only.
    async fn everything_can_be_taken_away(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let id = member(&test).await;
        let mut browser = signed_in(&test, id).await;
        let csrf = browser.get(ME).await.csrf();
        let stranger = Browser::new(&test.app).post("/m/default/me/export", &[("csrf", &csrf)]).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
        let file = browser.post("/m/default/me/export", &[("csrf", &csrf)]).await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.body);
        assert!(file.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
        let export: serde_json::Value = serde_json::from_str(&file.body).unwrap();
        assert!(export.to_string().contains("李姐"));
        test.advance(10 * MINUTE).await;
        let stale = browser.post("/m/default/me/export", &[("csrf", &csrf)]).await;
        assert_eq!(stale.status, StatusCode::FORBIDDEN);
        assert!(!stale.body.contains("李姐"));
        let page = browser.get(ME).await;
        assert!(page.body.contains("重新确认身份") && !page.body.contains("永久删除"));
        test.finish().await;
    }

    /// The member erases themselves: with a tick, a fresh sign-in and their own form.
    async fn a_member_erases_themselves(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let id = member(&test).await;
        let mut browser = signed_in(&test, id).await;
        let csrf = browser.get(ME).await.csrf();
        let erase = "/m/default/me/erase";
        assert_eq!(browser.post(erase, &[("csrf", &csrf)]).await.status, StatusCode::FORBIDDEN, "no tick");
        assert_eq!(browser.post(erase, &[("csrf", "x"), ("sure", "yes")]).await.status, StatusCode::FORBIDDEN);
        assert!(is_personal(&browser.get(ME).await));
        let second = signed_in(&test, id).await;
        let done = browser.post(erase, &[("csrf", &csrf), ("sure", "yes")]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert!(done.body.contains("已删除") && !is_personal(&done));
        assert!(!browser.cookies.contains_key("yutang_member"));
        let mut second = second;
        let gone = second.get(ME).await;
        assert!(gone.status == StatusCode::OK && !is_personal(&gone), "signed out everywhere");
        test.finish().await;
    }

    /// Signing out ends the session, not only the cookie.
    async fn signing_out_ends_the_session(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let id = member(&test).await;
        let mut browser = signed_in(&test, id).await;
        let kept = browser.cookies.clone();
        let csrf = browser.get(ME).await.csrf();
        browser.post("/m/default/me/out", &[("csrf", &csrf)]).await;
        assert!(!is_personal(&browser.get(ME).await));
        browser.cookies = kept;
        assert!(!is_personal(&browser.get(ME).await));
        test.finish().await;
    }

    /// Whoever is in the group and signed in acknowledges the rules with one tap; a stranger to the
    /// group sees no button. req: 000-029
    async fn rules_are_acknowledged_with_one_tap(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, owner) = (&test.app, &test.owner);
        let input = GroupInput { monetisation: Some(Monetisation::None), ..GroupInput::named("付费群", "fake") };
        let group = app.create_group(owner, input).await.unwrap().id;
        let rules = Announcement { theme: "{{group}}的规矩".to_owned(), ..Announcement::default() };
        app.announce(owner, group, rules).await.unwrap();
        let id = member(&test).await;
        let path = format!("/m/default/rules/{group}");
        let mut browser = signed_in(&test, id).await;
        let outside = browser.get(&path).await;
        assert!(outside.body.contains("付费群的规矩") && !outside.body.contains("我已看过群规"));
        let now = app.now();
        let mut tx = app.store().begin(Mode::Write).await.unwrap();
        let seen = Sighting {
            group,
            member: id,
            role: Standing::Member,
            card_name: "李姐".to_owned(),
            first: now,
            last: now,
            run: None,
        };
        let ws = test.workspace.id;
        passage::see(&mut tx, ws, &[seen]).await.unwrap();
        passage::recount_groups(&mut tx, ws, &[id]).await.unwrap();
        group::recount(&mut tx, ws, group).await.unwrap();
        tx.commit().await.unwrap();
        let shown = browser.get(&path).await;
        assert!(shown.body.contains("我已看过群规"), "{}", shown.body);
        let forged = browser.post(&path, &[("csrf", "00")]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
        for _ in 0..2 {
            let read = browser.post(&path, &[("csrf", &shown.csrf())]).await;
            assert_eq!((read.status, read.location()), (StatusCode::SEE_OTHER, path.as_str()));
        }
        assert!(browser.get(&path).await.body.contains("确认过这一版"));
        let found = app.receipts(owner, group, None, 9).await.unwrap();
        assert_eq!((found.reached.delivered, found.reached.acknowledged), (1, 1));
        test.finish().await;
    }
}
