//! What networks report: taken in once, however often it comes.

use yutang_app::{group::GroupInput, member_sign_in::Said, task::Filter};
use yutang_channels::{Fact, Inbound, MessageKind, Sender, Wish};
use yutang_domain::{
    actor::Role,
    capability::Profile,
    event::EventKind,
    group::Monetisation,
    id::{ChannelAccountId, GroupId, kind},
    task::TaskKind,
    time::Timestamp,
};
use yutang_store::{
    Mode,
    channel_account::{self, ChannelAccount},
    event, group,
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

const BROWSER: &str = "0123456789abcdef0123456789abcdef";

/// A connected account that can do everything, in one group.
pub(crate) async fn connect(test: &TestApp) -> ChannelAccountId {
    connect_as(test, Profile::Full).await.0
}

/// A connected account of this profile, and the one group that it is in.
pub(crate) async fn connect_as(test: &TestApp, profile: Profile) -> (ChannelAccountId, GroupId) {
    let input = GroupInput {
        monetisation: Some(Monetisation::None),
        ..GroupInput::named("海岸城福利1群", "fake")
    };
    let made = test.app.create_group(&test.owner, input).await.unwrap();
    let account = ChannelAccount {
        id: test.app.ids().next::<kind::ChannelAccount>().unwrap(),
        channel: "fake".to_owned(),
        profile: profile.to_string(),
        name: "助手".to_owned(),
        state: "ready".to_owned(),
        last_error: None,
        cursor: None,
        secret: None,
        created_at: test.app.now(),
    };
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    channel_account::insert(&mut tx, test.workspace.id, &account)
        .await
        .unwrap();
    let mut row = group::get(&mut tx, test.workspace.id, made.id)
        .await
        .unwrap();
    row.external_id = Some("g1".to_owned());
    row.channel_account_id = Some(account.id);
    group::update(&mut tx, test.workspace.id, &row)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (account.id, made.id)
}

fn sender(name: &str) -> Sender {
    Sender {
        external_id: format!("fk_{name}"),
        name: name.to_owned(),
    }
}

fn posted(key: &str, at: Timestamp, name: &str, text: &str) -> Inbound {
    Inbound {
        key: key.to_owned(),
        at,
        group: Some("g1".to_owned()),
        fact: Fact::Posted {
            sender: sender(name),
            kind: MessageKind::Text,
            text: text.to_owned(),
            reply_to: None,
            edits: None,
            picture: None,
        },
    }
}

fn joined(key: &str, at: Timestamp, name: &str) -> Inbound {
    Inbound {
        key: key.to_owned(),
        at,
        group: Some("g1".to_owned()),
        fact: Fact::Joined {
            who: sender(name),
            via: None,
            inviter: None,
        },
    }
}

fn private(key: &str, at: Timestamp, name: &str, text: &str) -> Inbound {
    Inbound {
        key: key.to_owned(),
        at,
        group: None,
        fact: Fact::Private {
            sender: sender(name),
            text: text.to_owned(),
        },
    }
}

pub(crate) async fn told(test: &TestApp, wanted: EventKind) -> usize {
    let mut tx = test.app.store().begin(Mode::Guarded).await.unwrap();
    event::place(&mut tx, 1_000).await.unwrap();
    let all = event::after(&mut tx, 0, 1_000).await.unwrap();
    tx.commit().await.unwrap();
    all.iter().filter(|e| e.kind == wanted).count()
}

/// What the bot wrote to somebody; the wishes count as carried out.
async fn whispers(test: &TestApp, account: ChannelAccountId) -> Vec<String> {
    let wishes = test.carry_out(account, 0).await;
    wishes
        .into_iter()
        .map(|wish| match wish {
            Wish::Whisper { text, .. } => text,
            other => panic!("{other:?}"),
        })
        .collect()
}

both_engines! {
    /// Whoever writes where it is encrypted is told once, where they can be heard, that they were not.
    async fn a_room_that_cannot_be_read_is_answered_elsewhere(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let sealed = |key: &str| Inbound {
            key: key.to_owned(),
            at: test.app.now(),
            group: None,
            fact: Fact::Sealed { who: sender("王芳") },
        };
        for _ in 0..2 {
            test.app.receive(&test.owner, account, &[sealed("day 1")], None).await.unwrap();
        }
        let said = whispers(&test, account).await;
        assert!(said.len() == 1 && said[0].contains("加密"), "{said:?}");
        test.app.receive(&test.owner, account, &[sealed("day 2")], None).await.unwrap();
        assert_eq!(whispers(&test, account).await.len(), 1);
        test.finish().await;
    }

    /// A harvest that comes again changes nothing and is told to nobody twice.
    async fn a_harvest_that_comes_again_changes_nothing(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let now = test.app.now();
        let harvest = [joined("k1", now, "李姐"), posted("k2", now.plus(1_000), "李姐", "大家好，今天有吐司吗？")];
        let first = test.app.receive(&test.owner, account, &harvest, Some("1")).await.unwrap();
        assert_eq!((first.messages, first.skipped), (1, 0));
        let again = test.app.receive(&test.owner, account, &harvest, Some("1")).await.unwrap();
        assert_eq!((again.messages, again.skipped), (0, 1));
        assert_eq!(told(&test, EventKind::MemberJoined).await, 1);
        assert_eq!(told(&test, EventKind::MessagePosted).await, 1);
        test.finish().await;
    }

    /// A complaint is raised with the words that complain, whatever else its sender said; whoever
    /// may not see members reads neither name nor words.
    async fn a_complaint_is_raised_with_its_own_words(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let now = test.app.now();
        let harvest = [
            posted("k1", now, "张姐", "早上好"),
            posted("k2", now.plus(1_000), "张姐", "吐司里有头发，我要投诉，退款！"),
        ];
        test.app.receive(&test.owner, account, &harvest, None).await.unwrap();
        let filter = || Filter { kind: Some(TaskKind::Complaint), ..Filter::default() };
        let seen = test.app.tasks(&test.owner, filter(), 9).await.unwrap();
        assert_eq!(seen.total, 1);
        assert!(seen.items[0].row.args.contains("头发") && seen.items[0].row.args.contains("张姐"));
        assert_eq!(seen.items[0].member_name.as_deref(), Some("张姐"));

        let analyst = test.caller(Role::Analyst, "analyst").await;
        let veiled = test.app.tasks(&analyst, filter(), 9).await.unwrap();
        assert_eq!((veiled.total, veiled.items[0].row.member_id), (1, None));
        assert_eq!(veiled.items[0].member_name, None);
        let today = serde_json::to_string(&test.app.today(&analyst).await.unwrap()).unwrap();
        for hidden in [&veiled.items[0].row.args, &today] {
            assert!(!hidden.contains("头发") && !hidden.contains("张姐"), "{hidden}");
        }
        test.finish().await;
    }

    /// Digits said to the bot open the page that shows them; the words for it bring a link; what
    /// comes again is answered once.
    async fn the_bot_hears_who_somebody_is(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (app, ws, now) = (&test.app, test.workspace.id, test.app.now());
        app.reach_at("https://shop.example/");
        let shown = app.show_member_code(ws, BROWSER).await.unwrap();
        let said = [private("p1", now, "李姐", &shown.code), private("p2", now, "李姐", "在吗")];
        for skipped in [1, 2] {
            let received = app.receive(&test.owner, account, &said, None).await.unwrap();
            assert_eq!(received.skipped, skipped);
        }
        let Said::Now(begun) = app.member_code_said(ws, BROWSER).await.unwrap() else {
            panic!("the page has heard nothing")
        };
        let wrong = [private("p3", now, "王哥", "000000"), private("p4", now, "李姐", "我的数据")];
        app.receive(&test.owner, account, &wrong, None).await.unwrap();
        let whispers = whispers(&test, account).await;
        assert_eq!(whispers.len(), 3, "{whispers:?}");
        let link = whispers.iter().find_map(|text| text.split_once("https://shop.example/m/default/in/"));
        let token: String = link.unwrap().1.chars().take_while(|c| !c.is_whitespace()).collect();
        let by_link = app.follow_member_link(ws, &token).await.unwrap();
        assert_eq!(by_link.member, begun.member, "one person, both ways");
        test.finish().await;
    }
}
