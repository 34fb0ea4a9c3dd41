//! Robots in staff chats: what they tell, when, and that nothing is told twice.

use yutang_app::{
    group::GroupInput,
    robot::{NewRobot, Robot, RobotChange},
    task::{NewTask, StaffTask},
};
use yutang_domain::{
    actor::{Actor, Role},
    group::Monetisation,
    id::{GroupId, StaffId},
    robot::{RobotError, RobotKind, RobotState},
    task::{Level, TaskKind},
    time::{HOUR, MINUTE, SECOND},
};
use yutang_store::Mode;
use yutang_testkit::{
    Robots, TestApp, TestDatabase, both_engines,
    robot::{Heard, SECRET},
};

struct Office {
    test: TestApp,
    chat: Robots,
    group: GroupId,
}

impl Office {
    async fn open(database: &TestDatabase) -> Self {
        let test = TestApp::open(database).await;
        test.app.allow_loopback();
        test.app.reach_at("https://shop.example/");
        let chat = Robots::start(&test.clock).await;
        let input = GroupInput {
            monetisation: Some(Monetisation::None),
            ..GroupInput::named("海岸城福利1群", "fake")
        };
        let group = test.app.create_group(&test.owner, input).await.unwrap().id;
        Self { test, chat, group }
    }

    async fn add(&self, kind: RobotKind) -> Robot {
        let address = match kind {
            RobotKind::Wecom => self.chat.wecom(),
            RobotKind::Feishu => self.chat.feishu(),
            RobotKind::Dingtalk => self.chat.dingtalk(),
        };
        let new = NewRobot {
            kind,
            name: "店长群".to_owned(),
            branch: None,
            address,
            secret: kind.signs().then(|| SECRET.to_owned()),
        };
        self.test
            .app
            .add_robot(&self.test.owner, &new)
            .await
            .unwrap()
    }

    async fn task(&self, level: Level, within: Option<i64>, who: Option<StaffId>) -> StaffTask {
        let app = &self.test.app;
        let now = app.now();
        let dedup = format!(
            "test:{}",
            app.ids().next::<yutang_domain::id::kind::Event>().unwrap()
        );
        let task = NewTask {
            level,
            group: Some(self.group),
            assignee: who,
            body: "今晚八点抢吐司 <@all> [领券](https://evil.example)".to_owned(),
            due_at: within.map(|within| now.plus(within)),
            ..NewTask::new(
                TaskKind::Do,
                ("task.send_by_hand", "channel.cannot.post_group"),
                now,
                dedup,
            )
        };
        let mut tx = app.store().begin(Mode::Write).await.unwrap();
        let row = app
            .create_task_in(&mut tx, self.test.workspace.id, task, &Actor::Console, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        row.unwrap()
    }

    /// Everything that is to be told now is noted and told.
    async fn tell(&self) -> Vec<String> {
        let before = self.chat.said().len();
        self.test.app.note_tellings().await.unwrap();
        while self.test.app.tell_due().await.unwrap() > 0 {}
        self.chat.said().split_off(before)
    }
}

/// Signed where that is switched on, complete, with links, nothing in it that a member could misuse,
/// and once.
async fn told_once_with_all_that_it_says(database: &TestDatabase, kind: RobotKind) {
    let office = Office::open(database).await;
    let (app, owner) = (&office.test.app, &office.test.owner);
    let robot = office.add(kind).await;
    let tested = app.test_robot(owner, robot.id).await.unwrap();
    assert_eq!(tested.state, RobotState::Ready);
    let hello = office.chat.said().remove(0);
    assert!(hello.contains("机器人"), "it says that it is one: {hello}");
    let lina = office.test.caller(Role::Operator, "李娜").await;
    let task = office
        .task(Level::Warn, Some(4 * HOUR), lina.actor.staff_id())
        .await;
    let said = office.tell().await;
    assert_eq!(said.len(), 1, "{said:?}");
    let url = format!("https://shop.example/tasks/{}", task.id);
    for part in [
        "新任务",
        "把准备好的文字手工发出去",
        "李娜",
        "海岸城福利1群",
        "11-20 13:05",
        "此渠道不能自动在群里发言",
        "自报",
        "今晚八点抢吐司",
        &url,
    ] {
        assert!(said[0].contains(part), "{kind} {part}: {}", said[0]);
    }
    if kind != RobotKind::Feishu {
        let harmless = !said[0].contains("<@all>") && !said[0].contains("](https://evil");
        assert!(harmless, "{}", said[0]);
    }
    assert!(office.tell().await.is_empty(), "told once");
    let other = office.test.another().await;
    other.note_tellings().await.unwrap();
    assert_eq!(other.tell_due().await.unwrap(), 0);
    other.close().await;
    office.test.finish().await;
}

both_engines! {
    async fn a_task_is_told_in_wecom(database: TestDatabase) {
        told_once_with_all_that_it_says(&database, RobotKind::Wecom).await;
    }

    async fn a_task_is_told_in_feishu(database: TestDatabase) {
        told_once_with_all_that_it_says(&database, RobotKind::Feishu).await;
    }

    async fn a_task_is_told_in_dingtalk(database: TestDatabase) {
        told_once_with_all_that_it_says(&database, RobotKind::Dingtalk).await;
    }

    /// Whoever is to do it opens the task from the chat with one tap, on their own phone only.
    async fn a_task_is_told_with_a_link_for_the_phone(database: TestDatabase) {
        let office = Office::open(&database).await;
        let (app, owner) = (&office.test.app, &office.test.owner);
        office.add(RobotKind::Wecom).await;
        let lina = office.test.caller(Role::Manager, "李娜").await.actor.staff_id().unwrap();
        let link = app.device_link(owner, lina).await.unwrap();
        let bound = app.bind_device(&link.token, "李娜的手机", "phone", "r1").await.unwrap();
        let task = office.task(Level::Warn, Some(4 * HOUR), Some(lina)).await;
        let said = office.tell().await.remove(0);
        assert!(said.contains("李娜的手机"), "{said}");
        let (_, after) = said.split_once("https://shop.example/t#").expect("a link for the phone");
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c));
        let text = &after[..end.unwrap_or(after.len())];
        let open = async |token: Option<&str>| app.open_task_link(text, token, "phone", "r2").await;
        assert!(open(None).await.is_err(), "another phone");
        assert!(open(Some("stolen")).await.is_err());
        let opened = open(Some(&bound.device_token)).await.unwrap();
        assert_eq!(opened.task, task.id);
        office.test.advance(25 * HOUR).await;
        assert!(open(Some(&bound.device_token)).await.is_err(), "a day later it has ended");
        office.test.finish().await;
    }

    /// Before it is due, when it is overdue, and to whoever takes over; not after it was done.
    async fn reminders_follow_the_task(database: TestDatabase) {
        let office = Office::open(&database).await;
        let app = &office.test.app;
        office.add(RobotKind::Feishu).await;
        let lina = office.test.caller(Role::Operator, "李娜").await.actor.staff_id();
        let chen = office.test.caller(Role::Operator, "陈强").await.actor.staff_id();
        let task = office.task(Level::Warn, Some(2 * HOUR), lina).await;
        let done = office.task(Level::Warn, Some(2 * HOUR), lina).await;
        assert_eq!(office.tell().await.len(), 2);
        app.complete_task(&office.test.owner, done.id, None).await.unwrap();
        office.test.advance(HOUR).await;
        assert!(office.tell().await.is_empty());
        app.hand_task_over(&office.test.owner, task.id, chen.unwrap()).await.unwrap();
        let said = office.tell().await;
        assert!(said.len() == 1 && said[0].contains("转交给你") && said[0].contains("陈强"), "{said:?}");
        office.test.advance(35 * MINUTE).await;
        let said = office.tell().await;
        assert!(said.len() == 1 && said[0].contains("快到时间了"), "{said:?}");
        office.test.advance(HOUR).await;
        let said = office.tell().await;
        assert!(said.len() == 1 && said[0].contains("超时了"), "{said:?}");
        office.test.advance(HOUR).await;
        assert!(office.tell().await.is_empty(), "once each");
        office.test.finish().await;
    }

    /// Somebody leaves: the successor is told of what they take over.
    async fn a_successor_is_told(database: TestDatabase) {
        let office = Office::open(&database).await;
        office.add(RobotKind::Dingtalk).await;
        let lina = office.test.caller(Role::Operator, "李娜").await.actor.staff_id();
        let chen = office.test.caller(Role::Operator, "陈强").await.actor.staff_id();
        office.task(Level::Warn, None, lina).await;
        office.tell().await;
        office.test.advance(MINUTE).await;
        office.test.app.leave(&office.test.owner, lina.unwrap(), chen).await.unwrap();
        let said = office.tell().await;
        assert!(said.len() == 1 && said[0].contains("转交给你") && said[0].contains("陈强"), "{said:?}");
        office.test.finish().await;
    }

    /// What is urgent is told at night; the rest waits for nine o'clock.
    async fn nobody_is_woken_for_what_can_wait(database: TestDatabase) {
        let office = Office::open(&database).await;
        office.add(RobotKind::Wecom).await;
        // 23:05
        office.test.advance(14 * HOUR).await;
        office.task(Level::Normal, None, None).await;
        assert!(office.tell().await.is_empty());
        office.task(Level::Urgent, Some(5 * MINUTE), None).await;
        assert_eq!(office.tell().await.len(), 1);
        office.test.advance(10 * HOUR).await;
        let said = office.tell().await;
        assert!(said.iter().any(|said| said.contains("新任务")), "{said:?}");
        office.test.finish().await;
    }

    /// 20 a minute, patience when it is asked for, and never the same twice on suspicion.
    async fn a_robot_speaks_no_faster_than_it_may(database: TestDatabase) {
        let office = Office::open(&database).await;
        let robot = office.add(RobotKind::Wecom).await;
        for _ in 0..25 {
            office.task(Level::Warn, None, None).await;
        }
        assert_eq!(office.tell().await.len(), 20);
        assert!(office.chat.heard().iter().all(|heard| matches!(heard, Heard::Said(_))));
        office.test.advance(MINUTE + SECOND).await;
        office.chat.be_busy(1);
        assert!(office.tell().await.len() < 5, "it was asked to wait");
        office.test.advance(8 * SECOND).await;
        office.tell().await;
        assert_eq!(office.chat.said().len(), 25);

        office.test.advance(MINUTE + SECOND).await;
        office.chat.break_off(1);
        office.task(Level::Warn, None, None).await;
        office.tell().await;
        office.test.advance(HOUR).await;
        office.tell().await;
        assert_eq!(office.chat.said().len(), 26, "said once, though nobody heard the answer");
        let rows = office.test.app.robots(&office.test.owner).await.unwrap();
        assert_eq!((rows[0].id, rows[0].state), (robot.id, RobotState::Ready));
        office.test.finish().await;
    }

    /// A wrong address is refused beforehand, a wrong key shows with the robot, secrets never do.
    async fn a_robot_says_how_it_stands_and_never_its_secret(database: TestDatabase) {
        let office = Office::open(&database).await;
        let (app, owner) = (&office.test.app, &office.test.owner);
        let new = |address: &str, secret: Option<&str>| NewRobot {
            kind: RobotKind::Wecom,
            name: "群".to_owned(),
            branch: None,
            address: address.to_owned(),
            secret: secret.map(str::to_owned),
        };
        for (address, secret, refused) in [
            ("https://10.0.0.1/x", None, RobotError::Address),
            ("https://169.254.169.254/x", None, RobotError::Address),
            ("https://qyapi.weixin.qq.com/x", Some("s"), RobotError::Secret),
        ] {
            let error = app.add_robot(owner, &new(address, secret)).await.unwrap_err();
            assert_eq!(error.rule::<RobotError>(), Some(&refused), "{address}");
        }
        let service = office.test.caller(Role::Service, "lina").await;
        assert!(app.robots(&service).await.is_err());
        let wrong = format!("{}x", office.chat.wecom());
        let robot = app.add_robot(owner, &new(&wrong, None)).await.unwrap();
        assert!(!format!("{robot:?}").contains(&wrong), "it is kept sealed");
        let error = app.test_robot(owner, robot.id).await.unwrap_err();
        assert!(error.to_string().contains("93000"), "{error}");
        office.task(Level::Warn, None, None).await;
        office.tell().await;
        let stands = app.robots(owner).await.unwrap().remove(0);
        assert_eq!(stands.state, RobotState::Failed);
        assert!(stands.last_error.unwrap().contains("93000"));

        let change = RobotChange { name: Some("店长群".to_owned()), branch: None };
        assert_eq!(app.change_robot(owner, robot.id, &change).await.unwrap().name, "店长群");
        app.remove_robot(owner, robot.id).await.unwrap();
        assert!(app.robots(owner).await.unwrap().is_empty());
        office.task(Level::Warn, None, None).await;
        assert!(office.tell().await.is_empty());

        // Sealed again with a new key, a robot speaks as before.
        let robot = office.add(RobotKind::Dingtalk).await;
        app.rotate_secret(None).await.unwrap();
        let other = office.test.another().await;
        other.allow_loopback();
        assert_eq!(other.test_robot(owner, robot.id).await.unwrap().state, RobotState::Ready);
        other.close().await;
        office.test.finish().await;
    }
}
