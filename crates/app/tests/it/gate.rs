//! Coming into a group: gates, knocks, waves, welcomes, first days, rules.

mod kinds;
mod rules;

use yutang_app::{group::GroupInput, task::Filter};
use yutang_channels::{Fact, Inbound, MessageKind, Sender, Wish};
use yutang_domain::{
    actor::Actor,
    capability::Profile,
    event::EventKind,
    gate::{Gate, GateKind, Held, KnockState},
    group::{Announcement, Monetisation, Scene},
    id::{ChannelAccountId, GroupId, kind},
    time::{DAY, HOUR, MINUTE, SECOND, Timestamp},
    welcome::Template,
};
use yutang_store::{
    Mode,
    channel_account::{self, ChannelAccount},
    group, identity,
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::inbound::told;

/// A group on an account of this profile, at noon.
struct Place {
    test: TestApp,
    account: ChannelAccountId,
    group: GroupId,
}

impl Place {
    async fn open(database: &TestDatabase, profile: Profile, scene: Option<Scene>) -> Self {
        let test = TestApp::open(database).await;
        test.advance(2 * HOUR + 55 * MINUTE).await;
        let channel = match profile {
            Profile::Matrix => "matrix",
            Profile::Telegram => "telegram",
            _ => "fake",
        };
        let input = GroupInput {
            monetisation: Some(Monetisation::None),
            scene,
            ..GroupInput::named("福利1群", channel)
        };
        let made = test.app.create_group(&test.owner, input).await.unwrap();
        let account = ChannelAccount {
            id: test.app.ids().next::<kind::ChannelAccount>().unwrap(),
            channel: channel.to_owned(),
            profile: profile.to_string(),
            name: "助手".to_owned(),
            state: "ready".to_owned(),
            last_error: None,
            cursor: None,
            secret: None,
            created_at: test.app.now(),
        };
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        let ws = test.workspace.id;
        channel_account::insert(&mut tx, ws, &account)
            .await
            .unwrap();
        let mut row = group::get(&mut tx, ws, made.id).await.unwrap();
        row.external_id = Some("g1".to_owned());
        row.channel_account_id = Some(account.id);
        group::update(&mut tx, ws, &row).await.unwrap();
        tx.commit().await.unwrap();
        Self {
            test,
            account: account.id,
            group: made.id,
        }
    }

    fn now(&self) -> Timestamp {
        self.test.app.now()
    }

    async fn hear(&self, facts: &[Inbound]) {
        let (app, owner) = (&self.test.app, &self.test.owner);
        app.receive(owner, self.account, facts, None).await.unwrap();
    }

    /// What was to be said or done outside by now; all of it counts as carried out.
    async fn sent(&self) -> Vec<Wish> {
        self.test.carry_out(self.account, 0).await
    }

    /// Lines said in the group, and to whom something was said in private.
    async fn said(&self) -> (Vec<String>, Vec<String>) {
        let (mut lines, mut whispers) = (Vec::new(), Vec::new());
        for wish in self.sent().await {
            match wish {
                Wish::Post { text, .. } => lines.push(text),
                Wish::Whisper { to, .. } | Wish::Welcome { to, .. } => whispers.push(to),
                other => panic!("{other:?}"),
            }
        }
        (lines, whispers)
    }

    /// Open tasks: what each is, and its text.
    async fn tasks(&self) -> Vec<(String, String)> {
        let filter = Filter {
            open: Some(true),
            ..Filter::default()
        };
        let page = self.test.app.tasks(&self.test.owner, filter, 50).await;
        page.unwrap()
            .items
            .into_iter()
            .map(|task| (task.row.what, task.row.body))
            .collect()
    }

    async fn set(&self, gate: Gate) {
        let (app, owner) = (&self.test.app, &self.test.owner);
        app.set_gate(owner, self.group, gate).await.unwrap();
    }

    /// Switches the usual welcome on, with the announcement that it speaks of.
    async fn welcoming(&self) {
        let (app, owner) = (&self.test.app, &self.test.owner);
        let text = Announcement {
            theme: "{{store}}的福利".to_owned(),
            services: "每天早上上新".to_owned(),
            forbidden: "发广告移出".to_owned(),
            encouraged: "晒单送券".to_owned(),
        };
        app.announce(owner, self.group, text).await.unwrap();
        self.sent().await;
        let template = Template {
            on: true,
            ..app.welcome(owner, self.group).await.unwrap().template
        };
        app.set_welcome(owner, self.group, template).await.unwrap();
    }

    async fn knocks(&self) -> Vec<(String, KnockState, Option<Held>)> {
        let (app, owner) = (&self.test.app, &self.test.owner);
        let page = app.knocks(owner, self.group, None, None, 50).await.unwrap();
        page.items
            .into_iter()
            .map(|one| (one.name, one.row.state, one.row.held))
            .collect()
    }

    /// Delivered and acknowledged.
    async fn receipts(&self) -> (i64, i64) {
        let (app, owner) = (&self.test.app, &self.test.owner);
        let found = app.receipts(owner, self.group, None, 50).await.unwrap();
        (found.reached.delivered, found.reached.acknowledged)
    }

    async fn later(&self, ms: i64) {
        self.test.advance(ms).await;
        self.test.app.keep_gates().await.unwrap();
    }
}

fn somebody(name: &str) -> Sender {
    Sender {
        external_id: format!("fk_{name}"),
        name: name.to_owned(),
    }
}

fn fact(key: &str, at: Timestamp, fact: Fact) -> Inbound {
    Inbound {
        key: key.to_owned(),
        at,
        group: Some("g1".to_owned()),
        fact,
    }
}

fn knock(key: &str, at: Timestamp, name: &str, reason: &str) -> Inbound {
    let (who, reason) = (somebody(name), reason.to_owned());
    fact(
        key,
        at,
        Fact::Knocked {
            who,
            reason,
            via: None,
        },
    )
}

fn join(key: &str, at: Timestamp, name: &str) -> Inbound {
    let who = somebody(name);
    fact(
        key,
        at,
        Fact::Joined {
            who,
            via: None,
            inviter: None,
        },
    )
}

fn leave(key: &str, at: Timestamp, name: &str) -> Inbound {
    fact(
        key,
        at,
        Fact::Left {
            who: somebody(name),
        },
    )
}

fn say(key: &str, at: Timestamp, name: &str, text: &str) -> Inbound {
    let said = Fact::Posted {
        sender: somebody(name),
        kind: MessageKind::Text,
        text: text.to_owned(),
        reply_to: None,
        edits: None,
        picture: None,
    };
    fact(key, at, said)
}

fn whisper(key: &str, at: Timestamp, name: &str, text: &str) -> Inbound {
    Inbound {
        group: None,
        ..fact(
            key,
            at,
            Fact::Private {
                sender: somebody(name),
                text: text.to_owned(),
            },
        )
    }
}

fn gate(kind: GateKind) -> Gate {
    Gate {
        kind,
        ..Gate::default()
    }
}

fn approve(name: &str) -> Wish {
    Wish::Approve {
        group: "g1".to_owned(),
        who: format!("fk_{name}"),
    }
}

both_engines! {
    /// Where nothing was set staff decide; what comes again changes nothing; who takes a knock back
    /// is not decided about. req: 001-053, 002-011
    async fn staff_decide_who_comes_in(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, None).await;
        let (app, owner) = (&place.test.app, &place.test.owner);
        let knocks = [
            knock("k1", place.now(), "李姐", "住在对面"),
            knock("k2", place.now().plus(1), "王哥", ""),
            knock("k3", place.now().plus(2), "张姐", "买过蛋糕"),
        ];
        place.hear(&knocks).await;
        place.hear(&knocks).await;
        assert!(place.sent().await.is_empty(), "nobody is let in by itself");
        assert_eq!(place.tasks().await.len(), 3);
        place.hear(&[fact("g3", place.now().plus(3), Fact::KnockGone { who: somebody("张姐") })]).await;
        assert_eq!(place.tasks().await.len(), 2);

        let page = app.knocks(owner, place.group, Some(KnockState::Waiting), None, 50).await.unwrap();
        assert_eq!(page.total, 2);
        let of = |name: &str| page.items.iter().find(|one| one.name == name).unwrap().row.clone();
        let (li, wang) = (of("李姐"), of("王哥"));
        assert_eq!(li.said, "住在对面");
        app.decide_knock(owner, place.group, li.id, None).await.unwrap();
        app.decide_knock(owner, place.group, wang.id, Some("群满了，请进2群")).await.unwrap();
        let away = Wish::Decline { group: "g1".to_owned(), who: "fk_王哥".to_owned(), reason: "群满了，请进2群".to_owned() };
        assert_eq!(place.sent().await, [approve("李姐"), away]);
        assert!(place.tasks().await.is_empty(), "what is decided is no task");
        let again = app.decide_knock(owner, place.group, li.id, None).await.unwrap_err();
        assert_eq!(again.code(), "gate.decided");
        place.hear(&knocks).await;
        assert!(place.sent().await.is_empty());
        assert_eq!(told(&place.test, EventKind::KnockAsked).await, 3);
        assert_eq!(told(&place.test, EventKind::KnockEnded).await, 3);
        place.test.finish().await;
    }

    /// A question is answered when knocking or afterwards in private; another answer goes to
    /// staff. req: 001-054
    async fn a_question_lets_in_whoever_answers_it(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, None).await;
        let question = Gate {
            question: "您在店里买过什么？".to_owned(),
            answers: vec!["吐司".to_owned(), "蛋糕".to_owned()],
            ..gate(GateKind::Question)
        };
        place.set(question).await;
        let now = place.now();
        place.hear(&[knock("k1", now, "李姐", "买过蛋 糕和吐司")]).await;
        assert_eq!(place.sent().await, [approve("李姐")]);
        place.hear(&[knock("k2", now, "王哥", ""), knock("k3", now, "张姐", "看看")]).await;
        let asked = place.sent().await;
        assert_eq!(asked.len(), 2);
        for wish in &asked {
            let Wish::Whisper { text, .. } = wish else { panic!("{wish:?}") };
            assert!(text.contains("您在店里买过什么？") && text.contains("机器人"), "{text}");
        }
        assert!(place.tasks().await.is_empty(), "they can still answer");
        let answers = [whisper("p1", now, "王哥", "上周的吐司"), whisper("p2", now, "张姐", "没买过")];
        place.hear(&answers).await;
        place.hear(&answers).await;
        let sent = place.sent().await;
        assert_eq!(sent.len(), 2, "{sent:?}");
        assert!(sent.contains(&approve("王哥")));
        assert_eq!(place.tasks().await.len(), 1, "staff look at the other answer");
        let states: Vec<_> = place.knocks().await;
        assert!(states.contains(&("张姐".to_owned(), KnockState::Waiting, Some(Held::Staff))), "{states:?}");
        place.test.finish().await;
    }

    /// At a gate of payment a knock waits until somebody says that it was paid, before or after;
    /// what is old is shown and decided by nobody; a channel that lets nobody in has a person do it.
    /// req: 001-052
    async fn what_no_rule_decides_waits(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, Some(Scene::Paid)).await;
        let (app, owner) = (&place.test.app, &place.test.owner);
        assert_eq!(app.gate(owner, place.group).await.unwrap().recommended, GateKind::Payment);
        place.set(gate(GateKind::Payment)).await;
        let now = place.now();
        place.hear(&[knock("k1", now, "李姐", "已付"), knock("k2", now.plus(-2 * DAY), "王哥", "很久以前")]).await;
        assert_eq!(place.tasks().await.len(), 1);
        assert_eq!(place.sent().await.len(), 1, "only who asked today is told to wait");
        let mut states = place.knocks().await;
        states.sort();
        assert_eq!(states, [
            ("李姐".to_owned(), KnockState::Waiting, Some(Held::Payment)),
            ("王哥".to_owned(), KnockState::Waiting, Some(Held::Staff)),
        ]);
        place.hear(&[say("w1", now, "赵姨", "多少钱")]).await;
        let mut tx = app.store().begin(Mode::Read).await.unwrap();
        let names = ["fk_李姐", "fk_赵姨"];
        let who = identity::holders(&mut tx, owner.workspace, "fake", &names).await.unwrap();
        drop(tx);
        place.sent().await;
        assert!(app.note_fee(owner, place.group, who["fk_李姐"], Some(19_900)).await.unwrap());
        assert!(!app.note_fee(owner, place.group, who["fk_李姐"], Some(19_900)).await.unwrap());
        assert_eq!(place.sent().await, [approve("李姐")]);
        assert!(!app.note_fee(owner, place.group, who["fk_赵姨"], None).await.unwrap(), "paid first");
        place.hear(&[knock("k4", place.now(), "赵姨", "")]).await;
        assert_eq!(place.sent().await, [approve("赵姨")]);

        // The rule changes: who asked today and waits is looked at again.
        place.hear(&[knock("k3", now, "张姐", "朋友介绍")]).await;
        place.sent().await;
        place.set(gate(GateKind::Open)).await;
        assert_eq!(place.sent().await, [approve("张姐")]);
        assert_eq!(place.knocks().await.iter().filter(|one| one.1 == KnockState::Waiting).count(), 1);
        place.test.finish().await;
    }

    /// Ten people in a minute shut the gate: knocks wait, nobody is welcomed, a person is asked to
    /// look. It opens by itself, and what waited goes on.
    async fn a_wave_shuts_the_gate_for_half_an_hour(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, None).await;
        let (app, owner) = (&place.test.app, &place.test.owner);
        place.welcoming().await;
        place.set(gate(GateKind::Open)).await;
        let now = place.now();
        let wave: Vec<_> = (0..12)
            .map(|n| join(&format!("j{n}"), now.plus(n * SECOND), &format!("新人{n}")))
            .collect();
        place.hear(&wave).await;
        place.hear(&wave).await;
        assert!(place.sent().await.is_empty(), "nobody is welcomed in a wave");
        let tasks = place.tasks().await;
        assert_eq!(tasks.len(), 1);
        assert_eq!(tasks[0].0, "task.wave");
        assert_eq!(told(&place.test, EventKind::GateShut).await, 1);
        assert!(app.gate(owner, place.group).await.unwrap().shut_until.is_some());
        place.hear(&[knock("k1", now, "李姐", "住对面"), leave("l1", now.plus(20 * SECOND), "新人3")]).await;
        assert!(place.sent().await.is_empty());
        assert_eq!(place.knocks().await[0].2, Some(Held::Wave));

        place.later(29 * MINUTE).await;
        assert!(place.sent().await.is_empty(), "half an hour is not over");
        place.later(2 * MINUTE).await;
        let sent = place.sent().await;
        assert_eq!(sent.len(), 2, "{sent:?}");
        assert!(sent.contains(&approve("李姐")));
        let line = sent.iter().find_map(|wish| match wish { Wish::Post { text, .. } => Some(text), _ => None });
        assert!(line.unwrap().contains("新人0、新人1 等 11 位"), "{line:?}");
        assert!(place.tasks().await.is_empty());
        let early = app.open_gate(owner, place.group).await.unwrap_err();
        assert_eq!(early.code(), "gate.not_shut");

        // A second wave, opened by hand: the same people are no third one.
        let now = place.now();
        let wave: Vec<_> = (0..10).map(|n| join(&format!("w{n}"), now.plus(n), &format!("又来{n}"))).collect();
        place.hear(&wave).await;
        app.open_gate(owner, place.group).await.unwrap();
        assert_eq!(place.said().await.0.len(), 1);
        place.hear(&wave).await;
        assert!(app.gate(owner, place.group).await.unwrap().shut_until.is_none());
        assert_eq!(told(&place.test, EventKind::GateOpened).await, 2);
        place.test.finish().await;
    }

    /// One by one while few come, ten together when many do; nobody twice, and nobody who came too
    /// long ago.
    async fn newcomers_are_greeted_alone_or_together(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, None).await;
        let now = place.now();
        place.hear(&[join("j0", now, "太早")]).await;
        assert!(place.sent().await.is_empty(), "not before somebody switched it on");
        place.welcoming().await;
        place.later(10 * MINUTE).await;
        place.sent().await;
        let now = place.now();
        let first = [join("j1", now, "王芳"), join("old", now.plus(-30 * HOUR), "旧人")];
        place.hear(&first).await;
        place.hear(&first).await;
        let (lines, whispers) = place.said().await;
        assert_eq!((lines.len(), whispers.as_slice()), (1, &["fk_王芳".to_owned()][..]));
        assert!(lines[0].starts_with("欢迎 王芳👋"), "{}", lines[0]);
        assert!(lines[0].contains("机器人"), "the bot says that it is one: {}", lines[0]);

        place.later(10 * MINUTE).await;
        let now = place.now();
        for n in 0..4 {
            place.hear(&[join(&format!("b{n}"), now.plus(n), &format!("甲{n}"))]).await;
        }
        let (lines, whispers) = place.said().await;
        assert_eq!((lines.len(), whispers.len()), (2, 4), "from the third on they wait for more");
        place.hear(&[leave("bl", now.plus(5), "甲3")]).await;
        place.later(5 * MINUTE + SECOND).await;
        let (lines, _) = place.said().await;
        assert!(lines.len() == 1 && lines[0].starts_with("欢迎 甲2👋"), "who left is not greeted: {lines:?}");

        // Ten do not wait; spread over minutes they are no wave.
        place.later(10 * MINUTE).await;
        let now = place.now();
        let many: Vec<_> = (0..12).map(|n| join(&format!("m{n}"), now.plus(n * 20 * SECOND - 4 * MINUTE), &format!("乙{n}"))).collect();
        place.hear(&many).await;
        let (lines, whispers) = place.said().await;
        assert_eq!((lines.len(), whispers.len()), (1, 12));
        assert!(lines[0].contains("乙0、乙1 等 12 位"), "{}", lines[0]);
        place.test.finish().await;
    }

    /// At night private lines leave at once and the group waits for the morning; whoever comes back
    /// is greeted as somebody known.
    async fn the_night_is_quiet_and_returning_is_seen(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, None).await;
        place.welcoming().await;
        let now = place.now();
        place.hear(&[join("j1", now, "王芳"), leave("l1", now.plus(1), "王芳")]).await;
        assert_eq!(place.said().await, (vec![], vec![]), "gone before anything was said");
        place.test.advance(11 * HOUR).await;
        let night = place.now();
        place.hear(&[join("j2", night, "王芳"), join("j3", night, "李雷")]).await;
        place.hear(&[join("j4", night.plus(1), "走了")]).await;
        let (lines, whispers) = place.said().await;
        assert_eq!((lines.len(), whispers.len()), (0, 3));
        place.hear(&[leave("l4", night.plus(2), "走了")]).await;
        place.later(8 * HOUR).await;
        assert_eq!(place.said().await.0.len(), 0, "seven in the morning");
        place.later(HOUR + MINUTE).await;
        let (lines, _) = place.said().await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("欢迎 李雷👋") && lines[0].contains("欢迎 王芳 回来👋"), "{}", lines[0]);
        assert!(!lines[0].contains("走了"), "{}", lines[0]);
        place.test.finish().await;
    }

    /// Where the channel cannot speak a person does; the rules have reached somebody when it is
    /// done, not before.
    async fn what_the_channel_cannot_say_is_a_task(database: TestDatabase) {
        let place = Place::open(&database, Profile::WecomPlain, None).await;
        let (app, owner) = (&place.test.app, &place.test.owner);
        let wordy = Template { line: "欢迎 {{name}}".to_owned(), ..Template::default() };
        let refused = app.set_welcome(owner, place.group, wordy).await.unwrap_err();
        assert_eq!((refused.code(), refused.at().as_deref()), ("welcome.variable", Some("line")));
        place.welcoming().await;
        let tasks = place.tasks().await;
        assert_eq!(tasks.len(), 1);
        assert!(tasks[0].0 == "task.announce" && tasks[0].1.contains("default的福利"), "{tasks:?}");
        place.hear(&[join("j1", place.now(), "王芳"), join("j2", place.now(), "李雷")]).await;
        let (lines, whispers) = place.said().await;
        assert_eq!((lines.len(), whispers.len()), (0, 2), "the channel has a welcome of its own");
        let tasks = place.tasks().await;
        let welcome = tasks.iter().find(|task| task.0 == "task.welcome").unwrap();
        assert!(welcome.1.contains("王芳、李雷"), "{welcome:?}");
        place.later(MINUTE).await;
        assert_eq!(place.receipts().await, (2, 0), "in private");

        // A line without the private part: not before the person says so.
        let template = Template { private: String::new(), ..app.welcome(owner, place.group).await.unwrap().template };
        app.set_welcome(owner, place.group, template).await.unwrap();
        place.later(10 * MINUTE).await;
        place.hear(&[join("j3", place.now(), "赵四")]).await;
        place.later(MINUTE).await;
        assert_eq!(place.receipts().await, (2, 0));
        let filter = Filter { open: Some(true), ..Filter::default() };
        for task in app.tasks(owner, filter, 50).await.unwrap().items {
            app.complete_task(owner, task.row.id, None).await.unwrap();
        }
        place.later(15 * MINUTE).await;
        assert_eq!(place.receipts().await, (3, 0));
        place.test.finish().await;
    }

    /// Where rules are acknowledged, a word does it; whoever has something left to do is reminded
    /// once, by day; whoever left or said stop is left alone. req: 000-029, 001-022, 001-050
    async fn the_first_day_ends_with_a_word_or_a_reminder(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, Some(Scene::Paid)).await;
        let (app, owner) = (&place.test.app, &place.test.owner);
        place.welcoming().await;
        let now = place.now();
        place.hear(&[join("j1", now, "王芳-深圳-烘焙"), join("j2", now, "李雷")]).await;
        place.hear(&[join("j3", now.plus(1), "走了"), join("j4", now.plus(2), "别烦")]).await;
        place.later(6 * MINUTE).await;
        assert_eq!(place.said().await.1.len(), 4);
        place.later(MINUTE).await;
        assert_eq!(place.receipts().await, (4, 0));
        let now = place.now();
        let words = [say("s1", now, "王芳-深圳-烘焙", "收到！"), say("s2", now, "李雷", "收到货了吗")];
        place.hear(&words).await;
        place.hear(&words).await;
        assert_eq!(place.receipts().await, (4, 1), "only the word by itself acknowledges");
        assert_eq!(told(&place.test, EventKind::RulesAcknowledged).await, 1);
        place.hear(&[leave("l3", now, "走了")]).await;
        let mut tx = app.store().begin(Mode::Write).await.unwrap();
        let who = identity::holders(&mut tx, owner.workspace, "fake", &["fk_别烦"]).await.unwrap()["fk_别烦"];
        app.leave_alone(&mut tx, owner.workspace, who, &Actor::Member(who), now).await.unwrap();
        assert!(!app.may_write_to(&mut tx, owner.workspace, who, None).await.unwrap());
        tx.commit().await.unwrap();

        place.later(12 * HOUR).await;
        assert_eq!(place.said().await.1.len(), 0, "it is midnight");
        place.later(8 * HOUR).await;
        let sent = place.sent().await;
        assert_eq!(sent.len(), 1, "{sent:?}");
        let Wish::Whisper { to, text } = &sent[0] else { panic!("{sent:?}") };
        assert_eq!(to, "fk_李雷");
        assert!(text.contains("回复「收到」") && text.contains("群名片") && !text.contains("打个招呼"), "{text}");
        place.hear(&[whisper("p1", place.now(), "李雷", "知道了")]).await;
        assert_eq!(place.receipts().await.1, 2);
        place.later(HOUR).await;
        place.later(4 * HOUR).await;
        assert!(place.sent().await.is_empty(), "once");
        let found = app.receipts(owner, place.group, None, 50).await.unwrap();
        let mut days: Vec<_> = found.first_days.iter().map(|(end, n)| (end.map_or("open", |e| e.as_str()), *n)).collect();
        days.sort_unstable();
        assert_eq!(days, [("active", 1), ("left", 1), ("silent", 1), ("stopped", 1)]);
        let card = found.items.iter().find(|one| one.row.name.starts_with("王芳")).unwrap();
        assert_eq!(card.card_name.as_ref().unwrap()[1], ("城市".to_owned(), "深圳".to_owned()));
        assert_eq!(card.row.rules_version, Some(1));
        place.test.finish().await;
    }

    /// The same words on five channels: who says them, and what stands in the way.
    async fn a_preview_says_what_each_channel_cannot(database: TestDatabase) {
        let place = Place::open(&database, Profile::Telegram, None).await;
        let (app, owner) = (&place.test.app, &place.test.owner);
        let template = Template { line: "欢迎 {{nickname}} 👋".to_owned(), private: "您好".to_owned(), on: true, ..Template::default() };
        let shown = app.preview_welcome(owner, place.group, &template).await.unwrap();
        assert!(shown[0].own && shown[0].profile == Profile::Telegram && shown.len() == 5);
        let of = |profile: Profile| shown.iter().find(|one| one.profile == profile).unwrap();
        let ways = |profile| (of(profile).line.way, of(profile).private.way);
        assert_eq!(ways(Profile::Matrix), (Some("post"), Some("welcome")));
        assert_eq!(ways(Profile::WecomPlain), (Some("task"), Some("welcome")));
        assert_eq!(ways(Profile::WechatPersonal), (None, None));
        assert_eq!(of(Profile::WechatPersonal).line.cannot, Some("channel.cannot.see_joins"));
        assert_eq!(ways(Profile::Telegram), (Some("post"), None));
        assert!(of(Profile::Matrix).together.text.contains("王芳、李雷 等 12 位"));
        let long = Announcement { theme: "长".repeat(900), services: "长".repeat(900), forbidden: "长".repeat(900), encouraged: "{{store}}".repeat(100) + &"长".repeat(100) };
        let announced = app.preview_announcement(owner, place.group, &long).await.unwrap();
        let way = |profile: Profile| announced.iter().find(|one| one.profile == profile).unwrap().shown.way;
        assert_eq!((way(Profile::Matrix), way(Profile::WecomPlain)), (Some("announce"), Some("task")));
        let bad = Announcement { theme: "{{nickname}}".to_owned(), ..Announcement::default() };
        let refused = app.announce(owner, place.group, bad).await.unwrap_err();
        assert_eq!((refused.code(), refused.at().as_deref()), ("welcome.variable", Some("theme")));

        // A bot on Telegram whispers to nobody who did not write first.
        place.welcoming().await;
        place.hear(&[join("j1", place.now(), "王芳")]).await;
        let (lines, whispers) = place.said().await;
        assert_eq!((lines.len(), whispers.len()), (1, 0));
        place.test.finish().await;
    }
}
