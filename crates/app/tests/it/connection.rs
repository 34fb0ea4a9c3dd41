//! Accounts held open: on the stand-in for Telegram, and on a real Matrix homeserver.

use std::time::Duration;

use serde_json::json;
use yutang_app::{
    App,
    channel::{AccountStatus, NewConnection},
    connection::{Options, ReadCodes},
    moderation::{QueueFilter, QueueRow},
    outbox::{Lines, NewSend},
    task::Filter,
};
use yutang_channels::Wish;
use yutang_domain::{
    actor::Actor,
    connection::Obstacle,
    id::ChannelAccountId,
    moderation::Mode as Moderation,
    policy::Policy,
    time::{Clock as _, HOUR, MINUTE, SystemClock, Timestamp},
};
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
        Self::reading(app, None)
    }

    /// One that reads the codes in pictures so.
    fn reading(app: &App, read_codes: Option<ReadCodes>) -> Self {
        let lines = Lines::default();
        let mut tasks = tokio::task::JoinSet::new();
        let options = Options {
            wait: Some(Duration::from_secs(1)),
            read_codes,
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

/// Connects the stand-in's bot, on a clock near that of the stand-in's messages.
async fn connected(test: &TestApp, telegram: &Telegram) -> ChannelAccountId {
    let near = Timestamp::from_ms(1_795_000_000_000);
    test.advance(near.since(test.app.now())).await;
    let connection = NewConnection::Telegram {
        base_url: Some(telegram.url().to_owned()),
        token: TOKEN.to_owned(),
    };
    let made = test
        .app
        .connect(&test.owner, &connection, None, true)
        .await
        .unwrap();
    made.id
}

async fn decided(test: &TestApp) -> Vec<QueueRow> {
    test.app
        .moderation_queue(&test.owner, &QueueFilter::default(), 10)
        .await
        .unwrap()
        .items
}

/// What open tasks ask for.
async fn asked(test: &TestApp) -> Vec<String> {
    let filter = Filter {
        open: Some(true),
        ..Filter::default()
    };
    let page = test.app.tasks(&test.owner, filter, 10).await.unwrap();
    page.items.into_iter().map(|task| task.row.what).collect()
}

/// Whatever the picture: its code says an advert.
fn an_advert(picture: &[u8]) -> Vec<String> {
    assert!(picture.len() < 10 * 1024 * 1024, "it is not even fetched");
    vec!["兼职刷单,日结200,加V:abc12345".to_owned()]
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

    /// Nothing is lost while a token is not accepted: what is to be said waits, what is said is heard
    /// afterwards. Where the bot is put out, or has no power, a person is asked.
    async fn what_is_to_be_said_waits_for_a_new_token_or_for_a_person(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let telegram = Telegram::start().await;
        let account = connected(&test, &telegram).await;
        let process = Process::start(&test.app);
        state(&test, "ready").await;
        let chat = telegram.group("福利1群", "supergroup");
        let external = chat.to_string();
        telegram.say(chat, 7, "早");
        until("the message", || async { texts(&test, &external, "telegram").await == ["早"] }).await;

        telegram.revoke(true);
        state(&test, "failed").await;
        let stands = status(&test).await;
        assert_eq!(stands.obstacle, Some(Obstacle::Token));
        assert!(stands.row.last_error.is_some_and(|said| said.starts_with("token no longer accepted")));
        say(&test, account, &external, "今晚八点开抢").await;
        telegram.say(chat, 7, "还有吐司吗");
        until("it waits", || async { status(&test).await.waiting == 1 }).await;
        let secret = test.app.reconnect(&test.owner, account, "42:wrong").await;
        assert_eq!(secret.unwrap_err().code(), "channel.refused");
        assert_eq!(telegram.said(chat), Vec::<String>::new());
        assert_eq!(asked(&test).await, Vec::<String>::new(), "nobody has to say it by hand");
        telegram.revoke(false);
        test.app.reconnect(&test.owner, account, TOKEN).await.unwrap();
        state(&test, "ready").await;
        until("what waited", || async { telegram.said(chat) == ["今晚八点开抢"] }).await;
        until("what was said meanwhile", || async {
            texts(&test, &external, "telegram").await == ["早", "还有吐司吗"]
        })
        .await;
        assert_eq!(status(&test).await.row.last_error, None);

        telegram.allow(chat, Rights::Gone);
        until("the group gone", || async {
            unreadable(&test, "telegram", &external).await.as_deref() == Some("channel.gone")
        })
        .await;
        assert_eq!(status(&test).await.limited, 1);
        say(&test, account, &external, "最后十份").await;
        until("a person is asked", || async { asked(&test).await == ["task.send_by_hand"] }).await;
        let stands = status(&test).await;
        assert_eq!((stands.row.state.as_str(), stands.waiting), ("ready", 0), "other groups are heard");
        until("everything settled", || async { test.app.backlog().await.unwrap().is_idle() }).await;
        process.kill().await;
        test.finish().await;
    }

    /// A huge picture is kept with its words and judged by them; others are judged by their codes.
    async fn a_picture_of_50_megabytes_is_judged_by_its_words(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let telegram = Telegram::start().await;
        connected(&test, &telegram).await;
        let process = Process::reading(&test.app, Some(an_advert));
        state(&test, "ready").await;
        let chat = telegram.group("福利1群", "supergroup");
        let external = chat.to_string();
        telegram.say(chat, 7, "早");
        until("the message", || async { texts(&test, &external, "telegram").await == ["早"] }).await;
        let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
        let group = group::find_external(&mut tx, test.workspace.id, "telegram", &external).await.unwrap().unwrap().id;
        drop(tx);
        let policy = Policy { mode: Moderation::Watch, ..Policy::default() };
        test.app.set_policy(&test.owner, group, &policy).await.unwrap();

        telegram.show(chat, 7, "看这张图", vec![7; 50 * 1024 * 1024]);
        until("the huge one", || async {
            texts(&test, &external, "telegram").await == ["早", "看这张图"]
        })
        .await;
        assert_eq!(decided(&test).await.len(), 0, "its words are harmless");
        telegram.show(chat, 8, "扫码", vec![7; 900]);
        until("the small one", || async { decided(&test).await.len() == 1 }).await;
        let row = decided(&test).await.remove(0);
        assert_eq!(row.causes[0].text.as_deref(), Some("扫码"));
        telegram.show(chat, 9, "兼职刷单,日结200,加V:abc12345", vec![7; 50 * 1024 * 1024]);
        until("the huge advert", || async { decided(&test).await.len() == 2 }).await;
        assert_eq!(status(&test).await.row.state, "ready");
        until("everything settled", || async { test.app.backlog().await.unwrap().is_idle() }).await;
        process.kill().await;
        test.finish().await;
    }

    /// Whoever reads the console is told by how much, and it follows what changes.
    async fn clocks_an_hour_apart_are_told(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let telegram = Telegram::start().await;
        connected(&test, &telegram).await;
        // The stand-in's server writes the machine's time on its answers.
        let ahead_of_it = |ms: i64| SystemClock.now().plus(ms).since(test.app.now());
        test.advance(ahead_of_it(HOUR)).await;
        let process = Process::start(&test.app);
        state(&test, "ready").await;
        let about = |ahead: Option<i64>, hour: i64| {
            ahead.is_some_and(|ahead| (ahead - hour).abs() < 30 * MINUTE)
        };
        assert!(about(status(&test).await.clock_ahead, -HOUR));
        let chat = telegram.group("福利1群", "supergroup");
        telegram.say(chat, 7, "早");
        until("the message", || async {
            texts(&test, &chat.to_string(), "telegram").await == ["早"]
        })
        .await;
        test.advance(ahead_of_it(-HOUR)).await;
        until("the other way", || async { about(status(&test).await.clock_ahead, HOUR) }).await;
        test.advance(ahead_of_it(0)).await;
        until("together again", || async { status(&test).await.clock_ahead.is_none() }).await;
        assert_eq!(status(&test).await.row.state, "ready");
        process.kill().await;
        test.finish().await;
    }

    /// What the database does not take is said beside the account and comes again.
    async fn what_cannot_be_stored_is_told_and_comes_again(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let telegram = Telegram::start().await;
        connected(&test, &telegram).await;
        let process = Process::start(&test.app);
        state(&test, "ready").await;
        let chat = telegram.group("福利1群", "supergroup");
        let external = chat.to_string();
        telegram.say(chat, 7, "早");
        until("the message", || async { texts(&test, &external, "telegram").await == ["早"] }).await;
        let rename = |statement: &'static str| {
            let store = test.app.store();
            async move {
                let mut tx = store.begin(Mode::Write).await.unwrap();
                tx.execute(statement, vec![]).await.unwrap();
                tx.commit().await.unwrap();
            }
        };
        rename("ALTER TABLE group_hour RENAME TO group_hour_away").await;
        telegram.say(chat, 7, "吐司");
        state(&test, "waiting").await;
        let said = status(&test).await.row.last_error.unwrap();
        assert!(said.starts_with("what came cannot be stored: store."), "{said}");
        assert_eq!(texts(&test, &external, "telegram").await, ["早"], "whole or not at all");
        rename("ALTER TABLE group_hour_away RENAME TO group_hour").await;
        state(&test, "ready").await;
        until("it came again", || async {
            texts(&test, &external, "telegram").await == ["早", "吐司"]
        })
        .await;
        assert_eq!(status(&test).await.row.last_error, None);
        process.kill().await;
        test.finish().await;
    }
}
