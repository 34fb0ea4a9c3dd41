//! Questions of members, and whether staff answered.

use yutang_channels::{Fact, Inbound};
use yutang_domain::{
    actor::Role,
    group::{Duty, Standing},
    staff::Title,
    task::{DoneCheck, TaskKind, TaskState},
    time::{DAY, HOUR, MINUTE, SECOND},
};
use yutang_store::{Mode, group, staff};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::{
    alarm::{said, stands, sweep, tasks, the_group, trade},
    inbound::connect,
};

both_engines! {
    /// Ten minutes without an answer make a task, which the answer itself closes.
    async fn a_question_nobody_answers_becomes_a_task_until_staff_answers(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (app, owner, now) = (&test.app, &test.owner, test.app.now());
        let harvest = [
            said("k1", now, "店员小林", "早上好", None),
            said("k2", now.plus(SECOND), "李姐", "请问生日蛋糕要提前几天订？", None),
            said("k3", now.plus(2 * SECOND), "李姐", "可以写字吗", None),
            said("k4", now.plus(3 * SECOND), "王哥", "有的，我订过", None),
        ];
        app.receive(owner, account, &harvest, None).await.unwrap();
        stands(&test, "店员小林", Standing::Admin).await;
        test.advance(9 * MINUTE).await;
        assert_eq!(sweep(&test, "awaited_reply").await, 0);
        test.advance(MINUTE + SECOND).await;
        assert_eq!(sweep(&test, "awaited_reply").await, 1);
        let task = tasks(&test, TaskKind::Reply).await.remove(0);
        assert!(task.row.args.contains("李姐") && task.row.args.contains("提前几天"), "{}", task.row.args);
        assert_eq!((task.row.state, task.row.done_check), (TaskState::Open, DoneCheck::Channel));
        assert_eq!(app.today(owner).await.unwrap().alarms.unwrap().waiting, 1);
        test.advance(MINUTE).await;
        assert_eq!(sweep(&test, "awaited_reply").await, 0, "one question, one task");

        let answer = [said("k5", test.app.now(), "店员小林", "提前一天就行，可以写字", None)];
        for _ in 0..2 {
            app.receive(owner, account, &answer, None).await.unwrap();
        }
        let task = tasks(&test, TaskKind::Reply).await.remove(0);
        assert_eq!(task.row.state, TaskState::Done);
        assert_eq!(app.today(owner).await.unwrap().alarms.unwrap().waiting, 0);
        test.finish().await;
    }

    /// 导购 of the store answers before whoever keeps the group; on duty in it before the others.
    async fn a_question_waits_for_whoever_sells_in_the_store(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (manager, _) = trade(&test).await;
        let (app, owner) = (&test.app, &test.owner);
        let group = the_group(&test).await;
        let mut tx = app.store().begin(Mode::Write).await.unwrap();
        let store = group::get(&mut tx, test.workspace.id, group).await.unwrap().branch_id;
        tx.commit().await.unwrap();
        let sells = async |name: &str| {
            let id = test.caller(Role::Manager, name).await.actor.staff_id().unwrap();
            let mut tx = app.store().begin(Mode::Write).await.unwrap();
            let mut row = staff::get(&mut tx, test.workspace.id, id).await.unwrap();
            (row.title, row.branch_id) = (Title::Sales, Some(store));
            staff::update(&mut tx, test.workspace.id, &row).await.unwrap();
            tx.commit().await.unwrap();
            id
        };
        let asks = async |key: &str, who: &str| {
            let asked = said(key, test.app.now(), who, "请问生日蛋糕要提前几天订？", None);
            app.receive(owner, account, &[asked], None).await.unwrap();
            test.advance(11 * MINUTE).await;
            sweep(&test, "awaited_reply").await;
            tasks(&test, TaskKind::Reply).await.pop().unwrap().row.assignee_id
        };
        assert_eq!(asks("k1", "李姐").await, Some(manager), "nobody sells here yet");
        let lina = sells("lina").await;
        assert_eq!(asks("k2", "王哥").await, Some(lina));
        let chen = sells("chenqiang").await;
        let duties = vec![(manager, Duty::Host), (chen, Duty::Service)];
        app.assign_group_staff(owner, group, duties).await.unwrap();
        assert_eq!(asks("k3", "赵姨").await, Some(chen), "on duty in the group");
        test.finish().await;
    }

    /// Whoever takes a question back waits for nothing; one of two that was taken back leaves the other.
    async fn a_question_taken_back_waits_no_longer(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (app, owner, now) = (&test.app, &test.owner, test.app.now());
        let harvest = [
            said("k1", now, "李姐", "请问生日蛋糕要提前几天订？", None),
            said("k2", now, "王哥", "还有吐司吗？", None),
            said("k3", now.plus(SECOND), "王哥", "几点关门？", None),
        ];
        app.receive(owner, account, &harvest, None).await.unwrap();
        test.advance(11 * MINUTE).await;
        sweep(&test, "awaited_reply").await;
        let recalled = |key: &str, message: &str| Inbound {
            key: key.to_owned(),
            at: test.app.now(),
            group: harvest[0].group.clone(),
            fact: Fact::Recalled { message: message.to_owned() },
        };
        let back = [recalled("r1", "k1"), recalled("r2", "k2")];
        for _ in 0..2 {
            app.receive(owner, account, &back, None).await.unwrap();
        }
        let states: Vec<_> = tasks(&test, TaskKind::Reply)
            .await
            .into_iter()
            .map(|task| (task.member_name.unwrap_or_default(), task.row.state))
            .collect();
        assert!(states.contains(&("李姐".into(), TaskState::Withdrawn)), "{states:?}");
        assert!(states.contains(&("王哥".into(), TaskState::Open)), "{states:?}");
        assert_eq!(app.today(owner).await.unwrap().alarms.unwrap().waiting, 1);
        test.finish().await;
    }

    /// Only what is put to the group or the house waits; only what is said to the asker answers.
    async fn talk_among_members_waits_for_nobody(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (app, owner, now) = (&test.app, &test.owner, test.app.now());
        let at = |minutes| now.plus(minutes * MINUTE);
        let met = [
            said("m1", at(-60), "店员小林", "早上好", None),
            said("m2", at(-59), "王哥", "早上好", None),
            said("m3", at(-58), "助手", "欢迎新朋友", None),
        ];
        app.receive(owner, account, &met, None).await.unwrap();
        stands(&test, "店员小林", Standing::Admin).await;
        stands(&test, "助手", Standing::Bot).await;
        let harvest = [
            said("k1", at(0), "李姐", "@王哥 你家孩子吃几个呀？", None),
            said("k2", at(0), "赵姨", "好吃吗", Some("m2")),
            said("k3", at(0), "店员小林", "大家要几个呢？", None),
            said("k4", at(0), "张姐", "吐司里有头发，退钱好吗？", None),
            said("k5", at(1), "孙叔", "@店员小林 几点开门？", None),
            said("k6", at(1), "周妹", "还有吐司吗", None),
            said("k7", at(2), "助手", "今日优惠", None),
            said("k8", at(3), "店员小林", "八点", Some("k5")),
        ];
        app.receive(owner, account, &harvest, None).await.unwrap();
        test.advance(12 * MINUTE).await;
        sweep(&test, "awaited_reply").await;
        let open = tasks(&test, TaskKind::Reply).await;
        let who: Vec<&str> = open.iter().filter_map(|task| task.member_name.as_deref()).collect();
        assert_eq!(who, ["周妹"]);
        test.finish().await;
    }

    /// What is asked at night waits for the morning; a tick by hand ends it; after a day nobody waits.
    async fn working_time_counts_and_nothing_waits_for_ever(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (app, owner) = (&test.app, &test.owner);
        // The clock of a test begins at 09:05; to 23:05 it is fourteen hours.
        let night = test.advance(14 * HOUR).await;
        let asked = [said("k1", night, "李姐", "明天有吐司吗？", None)];
        app.receive(owner, account, &asked, None).await.unwrap();
        test.advance(8 * HOUR + 50 * MINUTE).await;
        assert_eq!(sweep(&test, "awaited_reply").await, 0, "07:55");
        test.advance(16 * MINUTE).await;
        assert_eq!(sweep(&test, "awaited_reply").await, 1, "08:11");
        let task = tasks(&test, TaskKind::Reply).await.remove(0);
        app.complete_task(owner, task.row.id, None).await.unwrap();
        test.advance(MINUTE).await;
        assert_eq!(sweep(&test, "awaited_reply").await, 1);
        assert_eq!(app.today(owner).await.unwrap().alarms.unwrap().waiting, 0);

        let now = test.app.now();
        app.receive(owner, account, &[said("k2", now, "李姐", "那后天呢？", None)], None).await.unwrap();
        test.advance(11 * MINUTE).await;
        assert_eq!(sweep(&test, "awaited_reply").await, 1);
        test.advance(DAY).await;
        assert_eq!(sweep(&test, "awaited_reply").await, 1);
        let last = tasks(&test, TaskKind::Reply).await.remove(1);
        assert_eq!(last.row.state, TaskState::Withdrawn);
        test.finish().await;
    }
}
