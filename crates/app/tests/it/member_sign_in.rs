//! The three ways in for members.

use yutang_app::{
    member::MemberInput,
    member_sign_in::{BegunSession, MemberSignInError, Said},
};
use yutang_domain::{
    actor::{Actor, Role},
    id::MemberId,
    time::{DAY, MINUTE},
};
use yutang_store::{Mode, audit};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

const BROWSER: &str = "0123456789abcdef0123456789abcdef";

async fn member(test: &TestApp) -> MemberId {
    let input = MemberInput {
        name: "李姐".to_owned(),
        phone: None,
        city: None,
        birthday: None,
        branch_id: None,
    };
    test.app
        .create_member(&test.owner, &input)
        .await
        .unwrap()
        .id
}

fn refused<T: std::fmt::Debug>(outcome: yutang_app::Result<T>) -> MemberSignInError {
    let error = outcome.unwrap_err();
    *error
        .rule::<MemberSignInError>()
        .unwrap_or_else(|| panic!("{error}"))
}

async fn begun(test: &TestApp, browser: &str) -> Option<BegunSession> {
    match test
        .app
        .member_code_said(test.workspace.id, browser)
        .await
        .unwrap()
    {
        Said::Now(begun) => Some(begun),
        Said::NotYet(_) | Said::Nothing => None,
    }
}

both_engines! {
    /// A link sent in private is good once, for ten minutes.
    async fn a_link_is_good_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, ws, id) = (&test.app, test.workspace.id, member(&test).await);
        let link = async || {
            let mut tx = app.store().begin(Mode::Write).await.unwrap();
            let link = app.member_link_in(&mut tx, ws, id, &Actor::System("bot"), app.now()).await.unwrap();
            tx.commit().await.unwrap();
            link
        };
        let one = link().await;
        assert!(app.is_member_link_live(ws, &one.token).await.unwrap(), "looking does not use it");
        let session = app.follow_member_link(ws, &one.token).await.unwrap();
        assert_eq!(refused(app.follow_member_link(ws, &one.token).await), MemberSignInError::Link);
        let signed = app.signed_in_member(ws, &session.cookie).await.unwrap();
        assert_eq!(signed.member, id);
        assert!(signed.is_fresh(app.now()));
        let two = link().await;
        test.advance(10 * MINUTE).await;
        assert_eq!(refused(app.follow_member_link(ws, &two.token).await), MemberSignInError::Link);
        assert!(!app.signed_in_member(ws, &session.cookie).await.unwrap().is_fresh(app.now()));
        test.advance(30 * DAY).await;
        assert_eq!(refused(app.signed_in_member(ws, &session.cookie).await), MemberSignInError::Nobody);
        test.finish().await;
    }

    /// Six digits belong to the browser that shows them and to whoever says them to the bot.
    async fn digits_join_browser_and_member(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, ws, id) = (&test.app, test.workspace.id, member(&test).await);
        let shown = app.show_member_code(ws, BROWSER).await.unwrap();
        assert!(shown.code.len() == 6 && shown.code.bytes().all(|b| b.is_ascii_digit()));
        assert!(begun(&test, BROWSER).await.is_none(), "nobody has said it");
        app.say_member_code(ws, id, &format!(" {} ", shown.code)).await.unwrap();
        assert!(begun(&test, "another browser").await.is_none());
        let other = member(&test).await;
        assert_eq!(refused(app.say_member_code(ws, other, &shown.code).await), MemberSignInError::Code);
        let session = begun(&test, BROWSER).await.expect("the browser that shows it");
        assert_eq!(session.member, id);
        assert!(begun(&test, BROWSER).await.is_none(), "once");
        app.sign_member_out(ws, &session.cookie).await.unwrap();
        assert_eq!(refused(app.signed_in_member(ws, &session.cookie).await), MemberSignInError::Nobody);
        let late = app.show_member_code(ws, BROWSER).await.unwrap();
        test.advance(10 * MINUTE).await;
        assert_eq!(refused(app.say_member_code(ws, id, &late.code).await), MemberSignInError::Code);
        test.finish().await;
    }

    /// Five tries in ten minutes, for whoever guesses and for whoever asks.
    async fn guessing_ends_after_five(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, ws, id) = (&test.app, test.workspace.id, member(&test).await);
        for _ in 0..5 {
            assert_eq!(refused(app.say_member_code(ws, id, "no").await), MemberSignInError::Code);
        }
        assert_eq!(refused(app.say_member_code(ws, id, "no").await), MemberSignInError::TooOften);
        let shown = app.show_member_code(ws, BROWSER).await.unwrap();
        assert_eq!(refused(app.say_member_code(ws, id, &shown.code).await), MemberSignInError::TooOften);
        for _ in 0..4 {
            app.show_member_code(ws, BROWSER).await.unwrap();
        }
        assert_eq!(refused(app.show_member_code(ws, BROWSER).await), MemberSignInError::TooOften);
        test.advance(10 * MINUTE).await;
        let shown = app.show_member_code(ws, BROWSER).await.unwrap();
        app.say_member_code(ws, id, &shown.code).await.unwrap();
        test.finish().await;
    }

    /// A link handed out by staff is in the audit log, and not everybody may.
    async fn a_handed_link_is_recorded(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, ws, id) = (&test.app, test.workspace.id, member(&test).await);
        let analyst = test.caller(Role::Analyst, "analyst").await;
        assert_eq!(app.hand_member_link(&analyst, id).await.unwrap_err().code(), "permission.denied");
        let handed = app.hand_member_link(&test.owner, id).await.unwrap();
        let filter = audit::Filter { operation: Some("member.page_link".to_owned()), ..audit::Filter::default() };
        let mut tx = app.store().begin(Mode::Read).await.unwrap();
        let lines = audit::list(&mut tx, ws, &filter, 9).await.unwrap();
        drop(tx);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].subject, format!("member:{id}"));
        assert!(!lines[0].after.as_deref().unwrap_or_default().contains(&handed.token));
        test.advance(DAY - 1).await;
        let session = app.follow_member_link(ws, &handed.token).await.unwrap();
        assert_eq!(session.member, id);
        let mut tx = app.store().begin(Mode::Write).await.unwrap();
        assert_eq!(app.end_member_sessions_in(&mut tx, ws, id, app.now()).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(refused(app.signed_in_member(ws, &session.cookie).await), MemberSignInError::Nobody);
        test.finish().await;
    }
}
