//! What anybody may see.

use axum::http::StatusCode;
use yutang_app::{group::GroupInput, workspace::WorkspacePatch};
use yutang_domain::group::{Announcement, Monetisation};
use yutang_store::{
    Mode,
    channel_account::{self, ChannelAccount},
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::browser::Browser;

/// Bytes of a first view at most, with the style sheet.
const FIRST_VIEW: usize = 60_000;

async fn connect(test: &TestApp, profile: &str) {
    connect_as(test, profile, "面包小助手").await;
}

async fn connect_as(test: &TestApp, profile: &str, name: &str) {
    let account = ChannelAccount {
        id: test.app.ids().next().unwrap(),
        channel: "fake".to_owned(),
        profile: profile.to_owned(),
        name: name.to_owned(),
        state: "ready".to_owned(),
        last_error: None,
        cursor: None,
        secret: Some("v1.sealed".to_owned()),
        created_at: test.app.now(),
    };
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    channel_account::insert(&mut tx, test.workspace.id, &account)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

both_engines! {
    /// Who runs it, which bots, what they read and cannot, in under 60 kB.
    async fn the_community_presents_itself(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        connect(&test, "wecom_plain").await;
        let mut browser = Browser::new(&test.app);
        let page = browser.get("/m/default").await;
        assert_eq!(page.status, StatusCode::OK);
        for said in ["面包小助手", "机器人，不是真人", "它读不到群里的消息", "180 天", "把人移出群"] {
            assert!(page.body.contains(said), "{said} is not said");
        }
        assert!(!page.body.contains("sealed"));
        assert!(!page.body.contains("<script"), "readable before any script");
        assert!(!page.body.replace("page.css", "").contains("page."), "a sentence is missing: {}", page.body);
        let style = browser.get("/m/static/page.css").await;
        assert_eq!(style.status, StatusCode::OK);
        assert!(page.body.len() + style.body.len() < FIRST_VIEW);
        test.finish().await;
    }

    async fn a_bot_without_a_name_is_called_by_what_it_can(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        connect_as(&test, "full", "full").await;
        let page = Browser::new(&test.app).get("/m/default").await;
        assert!(page.body.contains("<h3>全能力 <"), "{}", page.body);
        assert!(!page.body.contains("<h3>full"));
        test.finish().await;
    }

    /// The address and the browser choose the language; a choice is kept.
    async fn three_languages(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        connect(&test, "full").await;
        let mut browser = Browser::new(&test.app);
        browser.language = "zh-TW,zh;q=0.8";
        assert!(browser.get("/m/default").await.body.contains("群裡有哪些機器人"));
        browser.language = "en-GB";
        let english = browser.get("/m/default").await.body;
        assert!(english.contains("Bots in the groups") && english.contains("It reads what is written"));
        assert!(english.contains("lang=\"en\""));
        assert!(browser.get("/m/default?lang=zh-Hans").await.body.contains("群里有哪些机器人"));
        assert!(browser.get("/m/default").await.body.contains("群里有哪些机器人"), "kept");
        test.finish().await;
    }

    /// The rules as announced, escaped; nothing for a group that is not there.
    async fn rules_are_shown_as_announced(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let group = test.app.create_group(&test.owner, GroupInput { monetisation: Some(Monetisation::None), ..GroupInput::named("海岸城福利1群", "fake") }).await.unwrap();
        let mut browser = Browser::new(&test.app);
        let path = format!("/m/default/rules/{}", group.id);
        assert!(browser.get(&path).await.body.contains("还没有写群规"));
        let rules = Announcement {
            theme: "邻居面包群".to_owned(),
            services: "每天三条新鲜出炉".to_owned(),
            forbidden: "不发广告 <script>alert(1)</script>\n不刷屏".to_owned(),
            encouraged: "晒单".to_owned(),
        };
        test.app.announce(&test.owner, group.id, rules).await.unwrap();
        let page = browser.get(&path).await;
        assert!(page.body.contains("邻居面包群") && page.body.contains("不刷屏"));
        assert!(page.body.contains("第 1 版，2026-11-20 起"), "{}", page.body);
        assert!(!page.body.contains("<script"), "escaped");
        for nothing in ["/m/default/rules/gp_0000000000001", "/m/default/rules/x", "/m/nobody", "/m/nobody/me"] {
            assert_eq!(browser.get(nothing).await.status, StatusCode::NOT_FOUND, "{nothing}");
        }
        test.app.archive_group(&test.owner, group.id, "活动结束").await.unwrap();
        assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
        test.finish().await;
    }

    /// 您 or 你, as the organisation speaks.
    async fn the_form_of_address_is_the_houses(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let mut browser = Browser::new(&test.app);
        assert!(browser.get("/m/default").await.body.contains("您"));
        let mut settings = yutang_app::workspace::Settings::of(&test.workspace).unwrap();
        settings.address_form = yutang_app::workspace::AddressForm::Ni;
        let patch = WorkspacePatch { settings: Some(settings), ..WorkspacePatch::default() };
        test.app.edit_workspace(&test.owner, patch).await.unwrap();
        let page = browser.get("/m/default").await.body;
        assert!(page.contains('你') && !page.contains('您'));
        test.finish().await;
    }
}
