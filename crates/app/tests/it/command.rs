//! What is said to the bot: heard once, answered where it may be read.

use std::collections::HashMap;

use yutang_app::staff::StaffPatch;
use yutang_channels::{Fact, Inbound, MessageKind, Sender, Wish};
use yutang_domain::{
    actor::Role,
    alarm::{AlarmOutcome, AlarmState},
    capability::Profile,
    group::{Announcement, Duty},
    id::{ChannelAccountId, GroupId, MemberId},
    moderation,
    policy::Policy,
    time::{DAY, HOUR, SECOND, Timestamp},
};
use yutang_store::{
    Mode,
    alarm::{self, Alarm},
    channel_account, group, identity, knock, staff_task,
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

struct Chat {
    test: TestApp,
    account: ChannelAccountId,
    group: GroupId,
}

impl Chat {
    async fn open(database: &TestDatabase, profile: Profile) -> Self {
        let test = TestApp::open(database).await;
        test.app.reach_at("https://shop.example");
        let (account, group) = super::inbound::connect_as(&test, profile).await;
        let workspace = test.workspace.id;
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        let mut row = channel_account::get(&mut tx, workspace, account)
            .await
            .unwrap();
        row.name = "小鱼".to_owned();
        channel_account::update(&mut tx, workspace, &row)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        Self {
            test,
            account,
            group,
        }
    }

    async fn hear(&self, facts: &[Inbound]) {
        let app = &self.test.app;
        app.receive(&self.test.owner, self.account, facts, None)
            .await
            .unwrap();
    }

    async fn say(&self, key: &str, name: &str, text: &str, answers: Option<&str>) {
        let said = posted(key, self.test.app.now(), name, text, answers);
        self.hear(&[said]).await;
    }

    async fn whisper(&self, key: &str, name: &str, text: &str) {
        let said = Inbound {
            key: key.to_owned(),
            at: self.test.app.now(),
            group: None,
            fact: Fact::Private {
                sender: sender(name),
                text: text.to_owned(),
            },
        };
        self.hear(&[said]).await;
    }

    /// What is to be sent now; it counts as sent.
    async fn sent(&self) -> Vec<Wish> {
        let mut wishes = self.test.carry_out(self.account, 0).await;
        // The house made its announcement before.
        wishes.retain(|wish| !matches!(wish, Wish::Announce { .. }));
        wishes
    }

    async fn answer(&self) -> String {
        let mut sent = self.sent().await;
        assert_eq!(sent.len(), 1, "{sent:?}");
        match sent.remove(0) {
            Wish::Whisper { text, .. } | Wish::Post { text, .. } => text,
            other => panic!("{other:?}"),
        }
    }

    async fn member(&self, name: &str) -> MemberId {
        let mut tx = self.test.app.store().begin(Mode::Read).await.unwrap();
        let id = sender(name).external_id;
        let known: HashMap<_, _> =
            identity::holders(&mut tx, self.test.workspace.id, "fake", &[&id])
                .await
                .unwrap();
        known[&id]
    }

    /// Somebody of the staff with an account in the group.
    async fn staff(&self, name: &str, role: Role) {
        self.say(&format!("hello:{name}"), name, "大家早", None)
            .await;
        let caller = self.test.caller(role, name).await;
        let id = caller.actor.staff_id().unwrap();
        let patch = StaffPatch {
            member_id: Some(Some(self.member(name).await)),
            ..StaffPatch::default()
        };
        let app = &self.test.app;
        app.edit_staff(&self.test.owner, id, patch).await.unwrap();
    }

    async fn complaint(&self) -> Alarm {
        let app = &self.test.app;
        let filter = alarm::Filter::default();
        let mut page = app.alarms(&self.test.owner, filter, 10).await.unwrap();
        assert_eq!(page.items.len(), 1);
        page.items.remove(0).row
    }
}

fn sender(name: &str) -> Sender {
    Sender {
        external_id: format!("fk_{name}"),
        name: name.to_owned(),
    }
}

fn posted(key: &str, at: Timestamp, name: &str, text: &str, answers: Option<&str>) -> Inbound {
    Inbound {
        key: key.to_owned(),
        at,
        group: Some("g1".to_owned()),
        fact: Fact::Posted {
            sender: sender(name),
            kind: MessageKind::Text,
            text: text.to_owned(),
            reply_to: answers.map(str::to_owned),
            edits: None,
            picture: None,
        },
    }
}

both_engines! {
    /// The rules of the group it was asked in, in the language it was asked in, once.
    async fn rules_are_told_once_in_the_language_asked_in(database: TestDatabase) {
        let chat = Chat::open(&database, Profile::Full).await;
        let sections = Announcement {
            forbidden: "1. 不发广告\n2. 不吵架".to_owned(),
            ..Announcement::default()
        };
        chat.test.app.announce(&chat.test.owner, chat.group, sections).await.unwrap();
        chat.say("k1", "李姐", "@小鱼 规则", None).await;
        let text = chat.answer().await;
        let url = format!("https://shop.example/m/default/rules/{}", chat.group);
        for part in ["海岸城福利1群", "第 1 版", "不发广告", &url] {
            assert!(text.contains(part), "{part}: {text}");
        }
        chat.say("k1", "李姐", "@小鱼 规则", None).await;
        assert!(chat.sent().await.is_empty(), "the same question, after a crash");
        chat.whisper("p1", "李姐", "規則").await;
        assert!(chat.answer().await.contains("第 1 版"));
        chat.whisper("p2", "李姐", "rules").await;
        assert!(chat.answer().await.starts_with("Rules of"));
        chat.say("k2", "李姐", "今天的规则有变吗", None).await;
        assert!(chat.sent().await.is_empty(), "talk is left alone");
        let old = posted("k3", chat.test.app.now().plus(-DAY - HOUR), "李姐", "/规则", None);
        chat.hear(&[old]).await;
        assert!(chat.sent().await.is_empty(), "long ago");
        chat.test.finish().await;
    }

    /// It says that it is a bot, and whose; what is somebody's own is said to them alone. req: 003-166
    async fn what_is_ones_own_is_never_said_aloud(database: TestDatabase) {
        let chat = Chat::open(&database, Profile::Telegram).await;
        chat.say("k1", "李姐", "/help", None).await;
        match &chat.sent().await[..] {
            [Wish::Post { text, reply_to, .. }] => {
                assert!(text.contains("a bot"), "{text}");
                assert_eq!(reply_to.as_deref(), Some("k1"));
            }
            other => panic!("{other:?}"),
        }
        chat.say("k2", "李姐", "/我的", None).await;
        let aloud = chat.answer().await;
        assert!(aloud.contains("私聊") && !aloud.contains("/in/"), "{aloud}");
        chat.whisper("p1", "李姐", "我的").await;
        let own = chat.answer().await;
        assert!(own.contains("海岸城福利1群") && own.contains("/m/default/in/"), "{own}");
        chat.test.finish().await;
    }

    /// Whoever begins with anything else is told once a day what the bot understands, and can be
    /// written to from then on; where it may write first, people are left to write as they like.
    async fn whoever_begins_is_greeted_once_a_day(database: TestDatabase) {
        let chat = Chat::open(&database, Profile::Telegram).await;
        for _ in 0..2 {
            chat.whisper("p1", "李姐", "你好").await;
        }
        let hello = chat.answer().await;
        assert!(hello.contains("机器人") && hello.contains("规则"), "{hello}");
        chat.whisper("p2", "李姐", "在吗").await;
        assert!(chat.sent().await.is_empty(), "once a day");
        let member = chat.member("李姐").await;
        let mut tx = chat.test.app.store().begin(Mode::Read).await.unwrap();
        assert!(knock::wrote_to(&mut tx, chat.test.workspace.id, chat.account, member).await.unwrap());
        drop(tx);
        chat.whisper("p3", "王强", "帮助").await;
        assert!(chat.answer().await.contains("机器人"));
        chat.whisper("p3", "王强", "帮助").await;
        assert!(chat.sent().await.is_empty(), "what comes again was answered");
        chat.test.advance(DAY).await;
        chat.whisper("p4", "李姐", "你好呀").await;
        assert!(chat.answer().await.contains("机器人"));
        chat.test.finish().await;

        let database = TestDatabase::new(database.engine()).await;
        let chat = Chat::open(&database, Profile::WecomArchive).await;
        chat.whisper("p1", "李姐", "你好").await;
        assert!(chat.sent().await.is_empty(), "staff answer there");
        chat.test.finish().await;
    }

    /// Nothing is said in a group at night; a private question is answered at once.
    async fn a_group_sleeps_at_night(database: TestDatabase) {
        let chat = Chat::open(&database, Profile::Telegram).await;
        chat.test.advance(14 * HOUR).await;
        chat.say("k1", "李姐", "/帮助", None).await;
        assert!(chat.sent().await.is_empty());
        chat.whisper("p1", "李姐", "帮助").await;
        assert!(chat.answer().await.contains("机器人"));
        chat.test.advance(9 * HOUR).await;
        assert!(chat.answer().await.contains("机器人"));
        chat.test.finish().await;
    }

    /// A complaint is taken and settled in the chat; to members these are words like others.
    async fn staff_take_and_settle_a_complaint(database: TestDatabase) {
        let chat = Chat::open(&database, Profile::Full).await;
        chat.staff("李娜", Role::Operator).await;
        chat.say("c1", "王强", "吐司里有头发，太恶心了，退钱", None).await;
        assert_eq!(chat.complaint().await.taken_at, None);
        chat.say("k0", "王强", "处理中", Some("c1")).await;
        assert!(chat.sent().await.is_empty());
        assert_eq!(chat.complaint().await.taken_at, None, "a member orders nothing");

        chat.say("k1", "李娜", "处理中", Some("c1")).await;
        assert!(chat.answer().await.contains("王强"));
        assert!(chat.complaint().await.taken_at.is_some());
        chat.say("k2", "李娜", "关闭客诉", Some("c1")).await;
        assert!(chat.answer().await.contains("处理结果"));
        assert_eq!(chat.complaint().await.state, AlarmState::Open);
        chat.say("k3", "李娜", "关闭客诉 已退款并道歉", Some("c1")).await;
        chat.say("k3", "李娜", "关闭客诉 已退款并道歉", Some("c1")).await;
        assert!(chat.answer().await.contains("已关闭"));
        let settled = chat.complaint().await;
        assert_eq!(settled.state, AlarmState::Closed);
        assert_eq!(settled.outcome, Some(AlarmOutcome::Refunded));
        assert_eq!(settled.note, "已退款并道歉");
        chat.say("k4", "李娜", "关闭客诉 好了", None).await;
        chat.whisper("p1", "李娜", "待办").await;
        assert!(chat.answer().await.contains("没有待办"));
        chat.test.finish().await;
    }

    /// Muted by answering the message: by the channel, else by a complete task; never one of staff.
    async fn staff_mute_whom_they_answer(database: TestDatabase) {
        let chat = Chat::open(&database, Profile::Full).await;
        chat.staff("李娜", Role::Operator).await;
        chat.staff("陈强", Role::Analyst).await;
        chat.say("m1", "王强", "你们全是骗子吧", None).await;
        chat.say("k1", "李娜", "静音 2h", Some("m1")).await;
        let sent = chat.sent().await;
        let mute = Wish::Restrict { group: "g1".to_owned(), who: "fk_王强".to_owned(), seconds: 7_200 };
        assert!(sent.contains(&mute), "{sent:?}");
        assert!(sent.iter().any(|wish| matches!(wish, Wish::Whisper { to, .. } if to == "fk_李娜")));
        chat.say("k2", "陈强", "静音 2h", Some("m1")).await;
        let sent = chat.sent().await;
        assert!(!sent.contains(&mute), "an analyst may not: {sent:?}");
        chat.say("k3", "李娜", "静音 很久", Some("m1")).await;
        assert!(chat.answer().await.contains("30m"));
        chat.say("k4", "李娜", "静音", Some("hello:陈强")).await;
        let sent = chat.sent().await;
        let muted = sent.iter().any(|wish| matches!(wish, Wish::Restrict { .. }));
        assert!(!muted, "whoever works here is not muted: {sent:?}");
        chat.say("k5", "李娜", "解除静音", Some("m1")).await;
        let lift = Wish::Lift { group: "g1".to_owned(), who: "fk_王强".to_owned() };
        assert!(chat.sent().await.contains(&lift));
        chat.test.advance(SECOND).await;
        chat.test.finish().await;
    }

    /// Where the channel cannot, the order becomes a task for the host of the group.
    async fn an_order_that_the_channel_cannot_carry_out_is_a_task(database: TestDatabase) {
        let chat = Chat::open(&database, Profile::WecomArchive).await;
        chat.staff("李娜", Role::Operator).await;
        let host = chat.test.caller(Role::Operator, "host").await.actor.staff_id().unwrap();
        let workspace = chat.test.workspace.id;
        let mut tx = chat.test.app.store().begin(Mode::Write).await.unwrap();
        group::assign(&mut tx, workspace, chat.group, &[(host, Duty::Host)], chat.test.app.now()).await.unwrap();
        tx.commit().await.unwrap();
        chat.say("m1", "王强", "今天天气真好", None).await;
        chat.say("k1", "李娜", "静音 1h", Some("m1")).await;
        assert!(chat.sent().await.is_empty(), "it cannot speak there either");
        let mut tx = chat.test.app.store().begin(Mode::Read).await.unwrap();
        let task = staff_task::find_by_dedup(&mut tx, workspace, "command:k1").await.unwrap().unwrap();
        assert_eq!((task.what.as_str(), task.assignee_id), ("task.restrict", Some(host)));
        assert!(task.args.contains("王强") && task.args.contains("60"), "{}", task.args);
        drop(tx);
        chat.test.finish().await;
    }

    /// Stop is heard everywhere and taken back by a word; what one asks is answered all the same.
    async fn stop_stops_and_resume_brings_it_back(database: TestDatabase) {
        let chat = Chat::open(&database, Profile::Full).await;
        chat.say("m1", "王强", "今天天气真好", None).await;
        let member = chat.member("王强").await;
        let workspace = chat.test.workspace.id;
        let may = || async {
            let mut tx = chat.test.app.store().begin(Mode::Read).await.unwrap();
            chat.test.app.may_write_to(&mut tx, workspace, member, None).await.unwrap()
        };
        assert!(may().await);
        chat.whisper("p1", "王强", "TD").await;
        assert!(chat.answer().await.contains("不再主动"));
        assert!(!may().await);
        chat.whisper("p2", "王强", "帮助").await;
        assert!(chat.answer().await.contains("机器人"));
        chat.say("k1", "王强", "/resume", None).await;
        assert!(chat.answer().await.contains("Say “stop”"));
        assert!(may().await);
        chat.test.finish().await;
    }

    /// A true report counts once; an appeal needs something to appeal against.
    async fn members_report_and_appeal(database: TestDatabase) {
        let chat = Chat::open(&database, Profile::Full).await;
        chat.say("m1", "王强", "这家面包不如隔壁好吃", None).await;
        chat.say("h1", "李姐", "大家早", None).await;
        chat.sent().await;
        chat.say("k1", "李姐", "举报", Some("m1")).await;
        assert!(chat.answer().await.contains("收到"));
        chat.say("k2", "李姐", "举报", Some("m1")).await;
        assert!(chat.answer().await.contains("已经记下过"));
        chat.say("k3", "王强", "举报", Some("m1")).await;
        assert!(chat.answer().await.contains("不能由您举报"), "one's own");
        chat.whisper("p1", "李姐", "申诉 我没有发广告").await;
        assert!(chat.answer().await.contains("没有找到"));
        chat.staff("李娜", Role::Operator).await;
        chat.sent().await;
        chat.say("k4", "李娜", "放行", Some("h1")).await;
        assert!(chat.answer().await.contains("没有处理可以撤销"));
        chat.test.finish().await;
    }

    /// What was judged wrongly is taken back by its writer's appeal, or by a word of staff.
    async fn a_sanction_is_appealed_and_released_in_the_chat(database: TestDatabase) {
        let chat = Chat::open(&database, Profile::Full).await;
        chat.staff("李娜", Role::Operator).await;
        let app = &chat.test.app;
        let policy = Policy { mode: moderation::Mode::Act, ..Policy::default() };
        app.set_policy(&chat.test.owner, chat.group, &policy).await.unwrap();
        chat.say("m1", "王强", "兼职刷单,日结200,加V:abc12345", None).await;
        let first = chat.sent().await;
        assert!(!first.is_empty(), "it was answered");
        chat.whisper("p1", "王强", "申诉 我只是问一下").await;
        assert!(!chat.sent().await.is_empty(), "the appeal is answered");
        chat.say("k1", "李娜", "放行 看错了", Some("m1")).await;
        let sent = chat.sent().await;
        let told = sent.iter().any(|wish| matches!(wish, Wish::Whisper { to, text } if to == "fk_李娜" && text.contains("已放行")));
        assert!(told, "{sent:?}");
        chat.say("k2", "李娜", "放行", Some("m1")).await;
        assert!(chat.answer().await.contains("没有处理可以撤销"), "once");
        chat.test.finish().await;
    }
}
