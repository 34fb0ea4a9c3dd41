//! Accounts held open: on the stand-in for Telegram, and on a real Matrix homeserver.

use std::time::Duration;

use serde_json::json;
use yutang_app::{
    App,
    channel::{AccountStatus, NewConnection},
    connection::Options,
    outbox::{Lines, NewSend},
};
use yutang_channels::Wish;
use yutang_domain::{actor::Actor, id::ChannelAccountId};
use yutang_store::{Mode, group};
use yutang_testkit::{
    Synapse, Telegram, TestApp, TestDatabase, both_engines,
    telegram::{Rights, TOKEN},
};

/// A process that holds connections and sends.
struct Process {
    lines: Lines,
    tasks: tokio::task::JoinSet<()>,
}

impl Process {
    fn start(app: &App) -> Self {
        let lines = Lines::default();
        let mut tasks = tokio::task::JoinSet::new();
        let options = Options {
            wait: Some(Duration::from_secs(1)),
            read_codes: None,
        };
        let (a, l) = (app.clone(), lines.clone());
        tasks.spawn(async move { a.keep_connections(&l, options).await });
        let (a, l) = (app.clone(), lines.clone());
        tasks.spawn(async move { a.send(&l).await });
        Self { lines, tasks }
    }

    /// Ends as if it had been killed: nothing is given back.
    async fn kill(mut self) {
        self.tasks.shutdown().await;
    }
}

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

async fn state(test: &TestApp, wanted: &str) {
    until(wanted, || async { status(test).await.row.state == wanted }).await;
}

yutang_store::record! {
    /// A message's words.
    pub struct Words {
        /// The words.
        pub text: Option<String>,
    }
}

/// Texts of the messages kept in the group of this name, oldest first.
async fn texts(test: &TestApp, external: &str, channel: &str) -> Vec<String> {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let Some(row) = group::find_external(&mut tx, test.workspace.id, channel, external)
        .await
        .unwrap()
    else {
        return Vec::new();
    };
    let rows: Vec<Words> = tx
        .all(
            "SELECT text FROM message WHERE group_id = $1 ORDER BY sent_at, id",
            vec![row.id.into()],
        )
        .await
        .unwrap();
    rows.into_iter().filter_map(|row| row.text).collect()
}

async fn say(test: &TestApp, account: ChannelAccountId, group: &str, text: &str) {
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    let send = NewSend {
        account,
        group: None,
        member: None,
        wish: Wish::Post {
            group: group.to_owned(),
            text: text.to_owned(),
            reply_to: None,
        },
        at: test.app.now(),
        cause: None,
    };
    test.app
        .send_later(
            &mut tx,
            test.workspace.id,
            &send,
            &Actor::System("test"),
            test.app.now(),
        )
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn unreadable(test: &TestApp, channel: &str, external: &str) -> Option<String> {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let row = group::find_external(&mut tx, test.workspace.id, channel, external)
        .await
        .unwrap()?;
    group::rights(&mut tx, test.workspace.id, row.id)
        .await
        .unwrap()
        .unreadable
}

both_engines! {
    async fn a_bot_hears_speaks_and_says_how_it_stands(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let telegram = Telegram::start().await;
        let connection = |token: &str| NewConnection::Telegram {
            base_url: Some(telegram.url().to_owned()),
            token: token.to_owned(),
        };
        let refused = test.app.connect(&test.owner, &connection("43:wrong"), None, true).await;
        assert_eq!(refused.unwrap_err().code(), "channel.refused");
        let made = test.app.connect(&test.owner, &connection(TOKEN), None, true).await.unwrap();
        assert_eq!((made.name.as_str(), made.state.as_str()), ("qun_bot", "connecting"));
        let process = Process::start(&test.app);
        state(&test, "ready").await;

        // A group the bot comes into is kept from then on, with its name.
        let chat = telegram.group("福利1群", "supergroup");
        let external = chat.to_string();
        telegram.say(chat, 7, "今天的吐司几点出炉");
        until("the message", || async {
            texts(&test, &external, "telegram").await == ["今天的吐司几点出炉"]
        })
        .await;
        assert_eq!(status(&test).await.groups, 1);

        // Killed and begun anew: none doubled, none missing.
        process.kill().await;
        telegram.say(chat, 8, "海盐卷也要");
        test.advance(16_000).await;
        let process = Process::start(&test.app);
        until("what was said in between", || async {
            texts(&test, &external, "telegram").await == ["今天的吐司几点出炉", "海盐卷也要"]
        })
        .await;

        // Two processes: one of them answers.
        let other = test.another().await;
        let second = Process::start(&other);
        say(&test, made.id, &external, "大家早").await;
        until("the answer", || async { telegram.said(chat) == ["大家早"] }).await;
        assert!(second.lines.accounts().is_empty(), "only the holder speaks");
        second.kill().await;
        other.close().await;

        // Out of power, out of the group, out of reach.
        telegram.allow(chat, Rights::Gone);
        until("the group gone", || async {
            unreadable(&test, "telegram", &external).await.as_deref() == Some("channel.gone")
        })
        .await;
        telegram.revoke(true);
        state(&test, "failed").await;
        let said = status(&test).await.row.last_error.unwrap();
        assert!(said.starts_with("token no longer accepted"), "{said}");
        assert!(process.lines.accounts().is_empty(), "nothing leaves through it");
        telegram.revoke(false);
        let again = test.app.connect(&test.owner, &connection(TOKEN), None, true).await.unwrap();
        assert_eq!(again.id, made.id, "the same bot is the same account");
        state(&test, "ready").await;
        until("everything settled", || async { test.app.backlog().await.unwrap().is_idle() }).await;
        process.kill().await;
        test.finish().await;
    }

    async fn an_account_lives_on_a_homeserver_through_crashes(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let mut synapse = Synapse::start().await;
        let bot = synapse.person("bot").await;
        let owner = synapse.person("owner").await;
        let connection = NewConnection::Matrix {
            homeserver: synapse.url(),
            user: "bot".to_owned(),
            password: "bot".to_owned(),
        };
        let made = test.app.connect(&test.owner, &connection, Some("小鱼"), true).await.unwrap();
        let process = Process::start(&test.app);
        state(&test, "ready").await;
        let room = owner
            .room(json!({ "name": "福利1群", "preset": "public_chat", "room_version": "10",
                "invite": [bot.id] }))
            .await;
        until("the room", || async { status(&test).await.groups == 1 }).await;
        owner.say(&room, "早上好").await;
        until("the message", || async { texts(&test, &room, "matrix").await == ["早上好"] }).await;

        // Both ends crash; what is to be said waits, what was said is fetched.
        say(&test, made.id, &room, "一").await;
        until("the answer", || async { owner.messages(&room).await.len() == 2 }).await;
        process.kill().await;
        owner.say(&room, "在吗").await;
        test.advance(16_000).await;
        synapse.crash();
        let process = Process::start(&test.app);
        state(&test, "waiting").await;
        say(&test, made.id, &room, "二").await;
        synapse.restart().await;
        state(&test, "ready").await;
        until("what was said in between", || async {
            texts(&test, &room, "matrix").await == ["早上好", "在吗"]
        })
        .await;
        for _ in 0..400 {
            if owner.messages(&room).await.len() == 4 {
                break;
            }
            test.advance(1_000).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let all = owner.messages(&room).await;
        let bodies: Vec<_> = all.iter().map(|m| m["content"]["body"].as_str().unwrap()).collect();
        assert_eq!(bodies, ["早上好", "一", "在吗", "二"], "none doubled, none missing");

        // Encrypted, then moved: said clearly, and followed.
        owner
            .set(&room, "m.room.encryption", json!({ "algorithm": "m.megolm.v1.aes-sha2" }))
            .await;
        until("encryption", || async {
            unreadable(&test, "matrix", &room).await.as_deref() == Some("channel.encrypted")
        })
        .await;
        let path = format!("rooms/{}/upgrade", yutang_testkit::synapse::step(&room));
        let upgraded = owner.post(&path, json!({ "new_version": "11" })).await;
        let next = upgraded["replacement_room"].as_str().unwrap().to_owned();
        until("the same group under its new id", || async {
            let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
            let workspace = test.workspace.id;
            let found = group::find_external(&mut tx, workspace, "matrix", &next).await.unwrap();
            let old = group::find_external(&mut tx, workspace, "matrix", &room).await.unwrap();
            found.is_some() && old.is_none()
        })
        .await;
        assert_eq!(status(&test).await.groups, 1);

        // The clock of a test is not the server's, and that is told.
        assert!(status(&test).await.clock_ahead.is_some());
        until("everything settled", || async { test.app.backlog().await.unwrap().is_idle() }).await;
        process.kill().await;
        test.finish().await;
    }
}
