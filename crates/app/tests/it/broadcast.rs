//! Broadcasts: planned as they are carried out, nobody twice, nobody at night.

use yutang_app::{
    broadcast::TargetFilter,
    group::GroupInput,
    outbox::Lines,
    robot::NewRobot,
    task::{Filter as Tasks, Task},
};
use yutang_channels::{
    Wish,
    fake::{FakeChannel, FakeNetwork},
};
use yutang_domain::{
    broadcast::{BroadcastError, Draft, Fate, Mode, Reach, State},
    capability::Profile,
    error::Rule as _,
    group::Monetisation,
    id::{BroadcastId, ChannelAccountId, GroupId, kind},
    robot::RobotKind,
    task::TaskState,
    time::{HOUR, MINUTE, SECOND},
};
use yutang_store::{
    Mode as TxMode,
    channel_account::{self, ChannelAccount},
    contact, group, robot,
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::alarm::{said, sweep};

/// A house with some groups seen through one account.
pub(crate) struct House {
    pub(crate) test: TestApp,
    pub(crate) account: ChannelAccountId,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) network: FakeNetwork,
}

impl House {
    pub(crate) async fn open(database: &TestDatabase, profile: Profile, groups: usize) -> Self {
        let test = TestApp::open(database).await;
        let (app, owner, ws) = (&test.app, &test.owner, test.workspace.id);
        let account = ChannelAccount {
            id: app.ids().next::<kind::ChannelAccount>().unwrap(),
            channel: "fake".to_owned(),
            profile: profile.to_string(),
            name: "助手".to_owned(),
            state: "ready".to_owned(),
            last_error: None,
            cursor: None,
            secret: None,
            created_at: app.now(),
        };
        let mut tx = app.store().begin(TxMode::Write).await.unwrap();
        channel_account::insert(&mut tx, ws, &account)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut made = Vec::new();
        for n in 1..=groups {
            let input = GroupInput {
                monetisation: Some(Monetisation::None),
                ..GroupInput::named(&format!("福利{n}群"), "fake")
            };
            let id = app.create_group(owner, input).await.unwrap().id;
            let mut tx = app.store().begin(TxMode::Write).await.unwrap();
            let mut row = group::get(&mut tx, ws, id).await.unwrap();
            row.external_id = Some(format!("g{n}"));
            row.channel_account_id = Some(account.id);
            group::update(&mut tx, ws, &row).await.unwrap();
            tx.commit().await.unwrap();
            made.push(id);
        }
        Self {
            account: account.id,
            groups: made,
            network: FakeNetwork::new(profile),
            test,
        }
    }

    fn lines(&self) -> Lines {
        let lines = Lines::default();
        let channel = FakeChannel::new(self.network.clone());
        lines.connect(self.account, std::sync::Arc::new(channel));
        lines
    }

    /// Writes one and lets it go.
    async fn go(&self, draft: Draft) -> BroadcastId {
        let (app, owner) = (&self.test.app, &self.test.owner);
        let id = app.create_broadcast(owner, draft).await.unwrap().row.id;
        app.schedule_broadcast(owner, id).await.unwrap();
        id
    }

    async fn sweep(&self) -> u64 {
        self.test.advance(6 * SECOND).await;
        sweep(&self.test, "broadcast").await
    }

    /// Everything that is due within some seconds leaves.
    pub(crate) async fn leave(&self) {
        let lines = self.lines();
        for _ in 0..3 {
            while self.test.app.send_due(&lines).await.unwrap() > 0 {}
            self.test.advance(SECOND).await;
        }
    }

    async fn fates(&self, id: BroadcastId) -> Vec<(Fate, i64)> {
        let found = self.test.app.broadcast(&self.test.owner, id).await.unwrap();
        let mut fates = found.fates;
        fates.sort_by_key(|(fate, _)| fate.as_str());
        fates
    }

    async fn state(&self, id: BroadcastId) -> State {
        let found = self.test.app.broadcast(&self.test.owner, id).await;
        found.unwrap().row.state
    }

    pub(crate) async fn open_tasks(&self) -> Vec<Task> {
        let filter = Tasks {
            open: Some(true),
            ..Tasks::default()
        };
        let page = self.test.app.tasks(&self.test.owner, filter, 50).await;
        page.unwrap().items
    }

    /// For what robots are to tell of tasks.
    async fn told_by_robots(&self) -> Vec<String> {
        let ids: Vec<_> = self
            .open_tasks()
            .await
            .iter()
            .map(|task| task.row.id)
            .collect();
        let mut tx = self.test.app.store().begin(TxMode::Read).await.unwrap();
        let noted = robot::noted(&mut tx, self.test.workspace.id, &ids).await;
        noted.unwrap().into_iter().map(|one| one.occasion).collect()
    }

    /// Somebody is there who can be asked.
    pub(crate) async fn staffed(&self) {
        let (app, owner) = (&self.test.app, &self.test.owner);
        let lina = self
            .test
            .caller(yutang_domain::actor::Role::Operator, "lina")
            .await;
        let staff = lina.actor.staff_id().unwrap();
        for id in &self.groups {
            let hosts = vec![(staff, yutang_domain::group::Duty::Host)];
            app.assign_group_staff(owner, *id, hosts).await.unwrap();
        }
    }
}

pub(crate) fn draft(mode: Mode, text: &str) -> Draft {
    Draft {
        name: "周六抢购预告".to_owned(),
        reach: Reach::default(),
        text: text.to_owned(),
        attachments: Vec::new(),
        mode,
        selling: false,
        at: None,
        per_minute: 600,
        grounds: String::new(),
    }
}

both_engines! {
    /// What the plan says is what happens: each group once, however often it is looked, whoever
    /// looks; and what the day has no room for any more is told of before. req: 003-069, 003-120
    async fn each_group_gets_it_once_and_the_plan_said_so(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 4).await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        let text = "{{store}}：明天 {{group}} 上新";
        let now = app.now();
        let people = [said("h1", now, "王芳", "早", None), said("h2", now, "李雷", "早", None)];
        app.receive(owner, house.account, &people, None).await.unwrap();
        let plan = app.plan_broadcast(owner, &draft(Mode::Auto, text), None).await.unwrap();
        assert_eq!((plan.groups, plan.accepted, plan.people, plan.by_hand), (4, 4, 2, 0));
        assert!(plan.refused.is_empty() && plan.texts[0].text.contains("default：明天 福利"), "{plan:?}");
        let id = house.go(draft(Mode::Auto, text)).await;
        let other = house.test.another().await;
        house.test.advance(6 * SECOND).await;
        let (one, two) = tokio::join!(app.run_broadcasts(), other.run_broadcasts());
        assert_eq!(one.unwrap() + two.unwrap(), 4);
        house.sweep().await;
        house.leave().await;
        house.sweep().await;
        assert_eq!(house.network.sent().len(), 4);
        assert_eq!((house.fates(id).await, house.state(id).await), (vec![(Fate::Sent, 4)], State::Done));
        let mut said: Vec<String> = house.network.sent().into_iter().map(|out| match out.wish {
            Wish::Post { text, .. } => text,
            other => panic!("{other:?}"),
        }).collect();
        said.sort();
        assert_eq!(said[0], "default：明天 福利1群 上新");

        for _ in 0..2 {
            house.go(draft(Mode::Auto, "再说一句")).await;
            house.sweep().await;
        }
        let plan = app.plan_broadcast(owner, &draft(Mode::Auto, "第四句"), None).await.unwrap();
        assert_eq!((plan.accepted, plan.refused.len()), (0, 4));
        assert_eq!(plan.refused[0].reason, "broadcast.why.cap");
        let fourth = house.go(draft(Mode::Auto, "第四句")).await;
        house.sweep().await;
        assert_eq!(house.fates(fourth).await, [(Fate::Skipped, 4)]);
        assert_eq!(house.state(fourth).await, State::Done);
        house.leave().await;
        assert_eq!(house.network.sent().len(), 12);
        other.close().await;
        house.test.finish().await;
    }

    /// The network's own 群发 goes to staff, who confirm it; a second one that day is refused by the
    /// limit of the network, also while the first is still ahead. Whoever has not sent is reminded
    /// three times a day. req: 003-069
    async fn the_networks_own_is_confirmed_by_staff(database: TestDatabase) {
        let house = House::open(&database, Profile::WecomPlain, 2).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        let robot = NewRobot {
            kind: RobotKind::Wecom,
            name: "店长群".to_owned(),
            branch: None,
            address: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k".to_owned(),
            secret: None,
        };
        app.add_robot(owner, &robot).await.unwrap();
        let later = Draft {
            at: Some(house.test.app.now().plus(HOUR)),
            ..draft(Mode::Task, "周六 20:00 抢购")
        };
        let id = house.go(later).await;
        let second = draft(Mode::Task, "还有一条");
        let plan = app.plan_broadcast(owner, &second, None).await.unwrap();
        assert_eq!((plan.groups, plan.accepted), (2, 0));
        let first = &plan.refused[0];
        assert_eq!((first.reason, first.limit), ("broadcast.why.quota", Some("wecom_broadcast_group")));
        assert_eq!(house.sweep().await, 0, "not before its time");
        house.test.advance(HOUR).await;
        house.sweep().await;
        house.leave().await;
        assert_eq!(house.network.sent().len(), 2);
        house.sweep().await;
        let tasks = house.open_tasks().await;
        assert_eq!(tasks.len(), 2);
        assert_eq!((tasks[0].row.what.as_str(), tasks[0].row.body.as_str()), ("task.broadcast_confirm", "周六 20:00 抢购"));
        assert_eq!(house.fates(id).await, [(Fate::Asked, 2)]);
        for _ in 0..3 {
            assert_eq!(app.nudge_broadcast(owner, id).await.unwrap(), 2);
            house.test.advance(MINUTE).await;
        }
        let mut told = house.told_by_robots().await;
        told.sort();
        assert_eq!(told, ["nudged:1", "nudged:1", "nudged:2", "nudged:2", "nudged:3", "nudged:3"]);
        let often = app.nudge_broadcast(owner, id).await.unwrap_err();
        assert_eq!(often.code(), BroadcastError::Nudged.code());
        app.complete_task(owner, tasks[0].row.id, None).await.unwrap();
        assert_eq!(house.fates(id).await, [(Fate::Asked, 1), (Fate::Sent, 1)]);
        let board = app.broadcast_board(owner, id).await.unwrap();
        assert_eq!(board.len(), 1);
        assert_eq!((board[0].due, board[0].sent, board[0].unsent), (2, 1, 1));
        assert_eq!(board[0].staff.as_ref().unwrap().1, "lina");
        let only = TargetFilter { fate: Some(Fate::Sent), ..TargetFilter::default() };
        let page = app.broadcast_targets(owner, id, &only, 10).await.unwrap();
        assert!(page.items.len() == 1 && page.items[0].sent_at.is_some());
        house.test.finish().await;
    }

    /// At night nothing is said; in the morning it is. A post that sells waits until the complaint is
    /// closed, and is given up after a day.
    async fn nights_and_complaints_are_waited_for(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 2).await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        house.test.advance(14 * HOUR).await;
        let id = house.go(draft(Mode::Auto, "晚安")).await;
        house.sweep().await;
        house.leave().await;
        assert_eq!(house.fates(id).await, [(Fate::Held, 2)]);
        assert!(house.network.sent().is_empty());
        house.test.advance(9 * HOUR).await;
        house.sweep().await;
        house.leave().await;
        assert_eq!(house.fates(id).await, [(Fate::Sent, 2)]);

        let now = app.now();
        let upset = [said("c1", now, "张姐", "蛋糕发霉了，退钱", None)];
        app.receive(owner, house.account, &upset, None).await.unwrap();
        let sells = Draft { selling: true, ..draft(Mode::Auto, "今晚抢购") };
        let id = house.go(sells.clone()).await;
        let never = house.go(sells).await;
        house.sweep().await;
        assert_eq!(house.fates(id).await, [(Fate::Held, 1), (Fate::Sending, 1)]);
        app.stop_broadcast(owner, never).await.unwrap();
        let alarms = app.alarms(owner, yutang_app::alarm::Filter::default(), 9).await.unwrap();
        let settled = yutang_domain::alarm::AlarmOutcome::Settled;
        app.close_alarm(owner, alarms.items[0].row.id, settled, "已道歉").await.unwrap();
        house.test.advance(6 * MINUTE).await;
        house.sweep().await;
        house.leave().await;
        assert_eq!(house.fates(id).await, [(Fate::Sent, 2)]);
        house.test.finish().await;
    }

    /// Halted, nothing leaves; going on, each gets it once; stopped, it ends everywhere and gives the
    /// day's places back.
    async fn halted_stopped_and_gone_on(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 5).await;
        let (app, owner, ws) = (&house.test.app, &house.test.owner, house.test.workspace.id);
        let slow = Draft { per_minute: 1, ..draft(Mode::Auto, "慢慢说") };
        let id = house.go(slow.clone()).await;
        house.sweep().await;
        house.leave().await;
        assert_eq!(house.network.sent().len(), 1, "one a minute");
        app.pause_broadcast(owner, id).await.unwrap();
        house.test.advance(10 * MINUTE).await;
        house.sweep().await;
        house.leave().await;
        assert_eq!(house.network.sent().len(), 1);
        assert_eq!(house.fates(id).await, [(Fate::Held, 1), (Fate::Sent, 1)], "the rest is not begun");
        app.resume_broadcast(owner, id).await.unwrap();
        for _ in 0..6 {
            house.sweep().await;
            house.leave().await;
            house.test.advance(MINUTE).await;
        }
        assert_eq!(house.fates(id).await, [(Fate::Sent, 5)]);
        assert_eq!(house.state(id).await, State::Done);
        assert_eq!(house.network.sent().len(), 5);

        let second = house.go(slow).await;
        house.sweep().await;
        house.leave().await;
        app.stop_broadcast(owner, second).await.unwrap();
        house.test.advance(10 * MINUTE).await;
        house.sweep().await;
        house.leave().await;
        assert_eq!(house.fates(second).await, [(Fate::Sent, 1), (Fate::Stopped, 1)]);
        assert_eq!(house.network.sent().len(), 6);
        let mut tx = app.store().begin(TxMode::Read).await.unwrap();
        let told = contact::told(&mut tx, ws, &house.groups, owner.day(app.now()), "post_group").await.unwrap();
        let places: i64 = told.iter().map(|one| one.n).sum();
        assert_eq!(places, 6, "what was never said takes no place");
        drop(tx);
        let ended = app.resume_broadcast(owner, second).await.unwrap_err();
        assert_eq!(ended.code(), "broadcast.state");
        house.test.finish().await;
    }

    /// A person pastes it; a variable nobody filled leaves its group out by name; a claim stops it
    /// unless somebody says on what grounds.
    async fn by_hand_with_what_the_store_says(database: TestDatabase) {
        let house = House::open(&database, Profile::WechatPersonal, 1).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        let pickup = draft(Mode::Paste, "取货：{{pickup}}");
        let plan = app.plan_broadcast(owner, &pickup, None).await.unwrap();
        assert_eq!(plan.refused[0].variable.as_deref(), Some("pickup"));
        let root = app.branches(owner).await.unwrap()[0].id;
        let values = [("pickup".to_owned(), "10:00-20:00".to_owned())];
        app.set_branch_variables(owner, root, &values).await.unwrap();
        let id = house.go(pickup).await;
        house.sweep().await;
        let tasks = house.open_tasks().await;
        assert_eq!(tasks[0].row.body, "取货：10:00-20:00");
        assert_eq!(tasks[0].row.what, "task.broadcast_paste");
        assert_eq!((house.state(id).await, tasks[0].row.state), (State::Done, TaskState::Open));
        app.stop_broadcast(owner, id).await.unwrap();
        assert!(house.open_tasks().await.is_empty(), "taken back");
        assert_eq!(house.fates(id).await, [(Fate::Stopped, 1)]);
        app.stop_broadcast(owner, id).await.unwrap_err();

        let claims = draft(Mode::Paste, "这款面包能治疗失眠");
        let plan = app.plan_broadcast(owner, &claims, None).await.unwrap();
        assert!(plan.claims.iter().any(|claim| claim.stops), "{:?}", plan.claims);
        let made = app.create_broadcast(owner, claims).await.unwrap();
        let refused = app.schedule_broadcast(owner, made.row.id).await.unwrap_err();
        assert_eq!(refused.code(), "broadcast.claim");
        house.test.finish().await;
    }

    /// Whoever speaks, and in whatever order, no day holds more than its cap.
    async fn no_day_holds_more_than_its_cap(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 3).await;
        let ws = house.test.workspace.id;
        let day = house.test.owner.day(house.test.app.now());
        let mut taken = 0;
        let mut chance = fastrand::Rng::with_seed(11);
        for n in 0..60 {
            let id = house.groups[chance.usize(..3)];
            let other = house.test.another().await;
            let take = async |app: &yutang_app::App, sender: String| {
                let mut tx = app.store().begin(TxMode::Guarded).await.unwrap();
                let new = contact::NewContact { day, cap: 3, way: "post_group", sender: &sender, at: app.now() };
                let took = contact::take(&mut tx, ws, id, &new).await.unwrap();
                tx.commit().await.unwrap();
                took
            };
            let (one, two) = tokio::join!(
                take(&house.test.app, format!("a:{n}")),
                take(&other, format!("b:{n}")),
            );
            taken += i64::from(one) + i64::from(two);
            other.close().await;
            if n >= 20 { break; }
        }
        let mut tx = house.test.app.store().begin(TxMode::Read).await.unwrap();
        let told = contact::told(&mut tx, ws, &house.groups, day, "post_group").await.unwrap();
        assert!(told.iter().all(|one| one.n <= 3), "{told:?}");
        assert_eq!(told.iter().map(|one| one.n).sum::<i64>(), taken);
        drop(tx);
        house.test.finish().await;
    }
}
