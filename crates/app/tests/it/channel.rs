//! Accounts tried before they are kept, paused, and signed in to again; what they may in each group.

use std::time::Duration;

use yutang_app::{
    channel::{AccountStatus, NewConnection, Tried},
    connection::Options,
    outbox::Lines,
};
use yutang_domain::{
    capability::Capability,
    connection::{Caution, Obstacle},
};
use yutang_store::{Mode, group};
use yutang_testkit::{
    Telegram, TestApp, TestDatabase, both_engines,
    telegram::{Rights, TOKEN},
};

async fn status(test: &TestApp) -> AccountStatus {
    test.app
        .account_status(&test.owner)
        .await
        .unwrap()
        .remove(0)
}

/// Waits until something holds; a busy machine takes its time.
async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..1_200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never came: {what}");
}

async fn refused(test: &TestApp, new: &NewConnection) -> Obstacle {
    match test.app.try_connection(&test.owner, new).await.unwrap() {
        Tried::Refused { obstacle, .. } => obstacle,
        Tried::Accepted(trial) => panic!("accepted: {trial:?}"),
    }
}

both_engines! {
    async fn a_trial_says_what_stands_in_the_way_and_keeps_nothing(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let telegram = Telegram::start().await;
        let bot = |url: &str, token: &str| NewConnection::Telegram {
            base_url: Some(url.to_owned()),
            token: token.to_owned(),
        };
        assert_eq!(refused(&test, &bot("api.telegram.org", TOKEN)).await, Obstacle::Address);
        assert_eq!(refused(&test, &bot(telegram.url(), "nonsense")).await, Obstacle::TokenForm);
        assert_eq!(refused(&test, &bot(telegram.url(), "43:wrong")).await, Obstacle::Token);
        let server = |homeserver: &str| NewConnection::Matrix {
            homeserver: homeserver.to_owned(),
            user: "bot".to_owned(),
            password: "bot".to_owned(),
        };
        assert_eq!(refused(&test, &server(telegram.url())).await, Obstacle::Absent);
        assert_eq!(refused(&test, &server("http://127.0.0.1:9")).await, Obstacle::Unreachable);
        for (wrong, code) in [(telegram.url(), "channel.refused"), ("http://127.0.0.1:9", "channel.retry")] {
            let error = test.app.connect(&test.owner, &server(wrong), None, true).await.unwrap_err();
            assert_eq!(error.code(), code, "{error}");
        }
        let Tried::Accepted(trial) = test
            .app
            .try_connection(&test.owner, &bot(telegram.url(), TOKEN))
            .await
            .unwrap()
        else {
            panic!("the bot is accepted");
        };
        assert_eq!((trial.name.as_str(), trial.known), ("qun_bot", None));
        assert!(test.app.accounts(&test.owner).await.unwrap().is_empty(), "nothing is kept");

        let made = test.app.connect(&test.owner, &bot(telegram.url(), TOKEN), None, true).await.unwrap();
        let again = test.app.try_connection(&test.owner, &bot(telegram.url(), TOKEN)).await.unwrap();
        let Tried::Accepted(again) = again else { panic!("the bot is accepted") };
        assert_eq!(again.known, Some(made.id));
        assert!(again.cautions.contains(&Caution::Connected));
        test.finish().await;
    }

    async fn a_paused_account_hears_nothing_until_it_goes_on(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let telegram = Telegram::start().await;
        let new = NewConnection::Telegram {
            base_url: Some(telegram.url().to_owned()),
            token: TOKEN.to_owned(),
        };
        let made = test.app.connect(&test.owner, &new, None, true).await.unwrap();
        let lines = Lines::default();
        let options = Options { wait: Some(Duration::from_secs(1)), read_codes: None };
        let (app, held) = (test.app.clone(), lines.clone());
        let process = tokio::spawn(async move { app.keep_connections(&held, options).await });
        until("ready", || async { status(&test).await.row.state == "ready" }).await;
        assert!(status(&test).await.holder.is_some(), "a process holds it");

        test.app.rest_account(&test.owner, made.id, true).await.unwrap();
        until("let go", || async { lines.accounts().is_empty() }).await;
        let chat = telegram.group("福利1群", "supergroup");
        telegram.say(chat, 7, "有人吗");
        tokio::time::sleep(Duration::from_secs(3)).await;
        let resting = status(&test).await;
        assert_eq!((resting.row.state.as_str(), resting.groups), ("paused", 0));
        assert!(resting.obstacle.is_none() && resting.since.is_some());

        test.app.rest_account(&test.owner, made.id, false).await.unwrap();
        until("what was said meanwhile", || async { status(&test).await.groups == 1 }).await;
        assert_eq!(status(&test).await.row.state, "ready");

        // A bot without power: said for the group, and gone once it has the rights.
        telegram.allow(chat, Rights::Member);
        until("rights taken away", || async { status(&test).await.limited == 1 }).await;
        let groups = test.app.account_groups(&test.owner, made.id).await.unwrap();
        assert_eq!(groups[0].name, "福利1群");
        assert!(groups[0].cannot.contains(&Capability::Remove));
        let rights = test.app.group_rights(&test.owner, groups[0].id).await.unwrap();
        assert!(!rights.can.can(Capability::Remove) && rights.can.can(Capability::PostGroup));
        telegram.allow(chat, Rights::All);
        until("rights given", || async { status(&test).await.limited == 0 }).await;

        // Another bot's token is no new secret of this one, and a wrong one changes nothing.
        let wrong = test.app.reconnect(&test.owner, made.id, "43:wrong").await.unwrap_err();
        assert_eq!(wrong.code(), "channel.refused");
        telegram.revoke(true);
        until("refused", || async { status(&test).await.obstacle == Some(Obstacle::Token) }).await;
        telegram.revoke(false);
        test.app.reconnect(&test.owner, made.id, TOKEN).await.unwrap();
        until("ready again", || async { status(&test).await.row.state == "ready" }).await;
        let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
        let kept = group::find_external(&mut tx, test.workspace.id, "telegram", &chat.to_string()).await;
        assert!(kept.unwrap().is_some(), "its groups stay");
        tx.commit().await.unwrap();
        process.abort();
        test.finish().await;
    }
}
