//! Complaints: who is told when, and what ends them.

use yutang_app::{
    alarm::Filter,
    session::SignIn,
    sweeps,
    task::{Filter as Tasks, Task},
};
use yutang_channels::{Fact, Inbound, MessageKind, Sender};
use yutang_domain::{
    actor::Role,
    alarm::{AlarmError, AlarmOutcome, AlarmState},
    branch::BranchKind,
    event::EventKind,
    group::{Duty, Standing},
    id::{GroupId, StaffId},
    task::{Refusal, TaskKind, TaskState},
    time::{DAY, HOUR, MINUTE, SECOND, Timestamp},
};
use yutang_store::{Mode, group, staff};
use yutang_testkit::{TestApp, TestDatabase, app::PASSWORD, both_engines};

use crate::inbound::{connect, told};

/// Somebody writes in the one group; `reply_to` names a message.
pub(crate) fn said(
    key: &str,
    at: Timestamp,
    name: &str,
    text: &str,
    reply_to: Option<&str>,
) -> Inbound {
    Inbound {
        key: key.to_owned(),
        at,
        group: Some("g1".to_owned()),
        fact: Fact::Posted {
            sender: Sender {
                external_id: format!("fk_{name}"),
                name: name.to_owned(),
            },
            kind: MessageKind::Text,
            text: text.to_owned(),
            reply_to: reply_to.map(str::to_owned),
            edits: None,
            picture: None,
        },
    }
}

pub(crate) async fn sweep(test: &TestApp, name: &str) -> u64 {
    let sweep = sweeps::ALL.iter().find(|sweep| sweep.name == name).unwrap();
    test.app.run_sweep(sweep).await.unwrap().unwrap()
}

/// The one group.
pub(crate) async fn the_group(test: &TestApp) -> GroupId {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let found = group::find_external(&mut tx, test.workspace.id, "fake", "g1").await;
    found.unwrap().unwrap().id
}

/// The network says what somebody is in the one group.
pub(crate) async fn stands(test: &TestApp, name: &str, standing: Standing) {
    let id = the_group(test).await;
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let row = group::get(&mut tx, test.workspace.id, id).await.unwrap();
    drop(tx);
    let at = test.app.now();
    let says = Inbound {
        key: format!("stands:{name}:{standing}:{}", at.ms()),
        at,
        group: Some("g1".to_owned()),
        fact: Fact::Stands {
            who: Sender {
                external_id: format!("fk_{name}"),
                name: name.to_owned(),
            },
            standing,
        },
    };
    let account = row.channel_account_id.unwrap();
    let harvest = [says];
    test.app
        .receive(&test.owner, account, &harvest, None)
        .await
        .unwrap();
}

/// A store below a region, the group in the store; its manager hosts, a supervisor watches.
pub(crate) async fn trade(test: &TestApp) -> (StaffId, StaffId) {
    let app = &test.app;
    let made = |name: &str, kind, parent| yutang_app::branch::BranchInput {
        name: name.to_owned(),
        kind,
        parent_id: parent,
        code: None,
        region: None,
    };
    let region = app
        .create_branch(&test.owner, made("华南", BranchKind::Region, None))
        .await
        .unwrap();
    let store = app
        .create_branch(
            &test.owner,
            made("海岸城店", BranchKind::Store, Some(region.id)),
        )
        .await
        .unwrap();
    let manager = test
        .caller(Role::Manager, "wangmin")
        .await
        .actor
        .staff_id()
        .unwrap();
    let supervisor = test
        .caller(Role::Manager, "chenhao")
        .await
        .actor
        .staff_id()
        .unwrap();
    let mut tx = app.store().begin(Mode::Write).await.unwrap();
    for (id, title, branch) in [
        (manager, yutang_domain::staff::Title::StoreManager, store.id),
        (
            supervisor,
            yutang_domain::staff::Title::RegionSupervisor,
            region.id,
        ),
    ] {
        let mut row = staff::get(&mut tx, test.workspace.id, id).await.unwrap();
        row.title = title;
        row.branch_id = Some(branch);
        staff::update(&mut tx, test.workspace.id, &row)
            .await
            .unwrap();
    }
    let found = group::find_external(&mut tx, test.workspace.id, "fake", "g1").await;
    let mut row = found.unwrap().unwrap();
    row.branch_id = store.id;
    group::update(&mut tx, test.workspace.id, &row)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.assign_group_staff(&test.owner, row.id, vec![(manager, Duty::Host)])
        .await
        .unwrap();
    (manager, supervisor)
}

pub(crate) async fn tasks(test: &TestApp, kind: TaskKind) -> Vec<Task> {
    let filter = Tasks {
        kind: Some(kind),
        ..Tasks::default()
    };
    let mut items = test.app.tasks(&test.owner, filter, 99).await.unwrap().items;
    items.sort_by_key(|task| task.row.id);
    items
}

async fn paused(test: &TestApp) -> bool {
    test.app
        .group(&test.owner, the_group(test).await)
        .await
        .unwrap()
        .sales_paused
}

both_engines! {
    /// What somebody adds belongs to their alarm: one task, with the line ready to send, and sales
    /// posts wait until a person says how it ended.
    async fn one_person_raises_one_alarm_until_it_is_closed(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (manager, _) = trade(&test).await;
        let (app, owner, now) = (&test.app, &test.owner, test.app.now());
        assert!(!paused(&test).await);
        let harvest = [
            said("k1", now, "张姐", "吐司里有头发，退钱", None),
            said("k2", now.plus(20 * SECOND), "张姐", "我要投诉你们", None),
            said("k3", now.plus(30 * SECOND), "李哥", "我的也发霉了，要曝光", None),
        ];
        for _ in 0..2 {
            app.receive(owner, account, &harvest, None).await.unwrap();
        }
        let page = app.alarms(owner, Filter::default(), 9).await.unwrap();
        assert_eq!((page.total, page.items.len()), (2, 2), "one for each person");
        let alarm = page.items.iter().find(|one| one.member.name == "张姐").unwrap();
        assert_eq!((alarm.row.complaints, alarm.messages.len()), (2, 2));
        assert!(alarm.words.contains(&"投诉".to_owned()), "{:?}", alarm.words);
        assert_eq!(alarm.due_at, Some(now.plus(5 * MINUTE)));
        let tasks = tasks(&test, TaskKind::Complaint).await;
        assert_eq!(tasks.len(), 2);
        let task = tasks.iter().find(|task| task.member_name.as_deref() == Some("张姐")).unwrap();
        assert_eq!(task.row.assignee_id, Some(manager));
        assert_eq!(
            task.row.body,
            "张姐您好，我是海岸城店店长wangmin，非常抱歉。我马上私信您了解情况，今天内给您处理结果。"
        );
        assert!(paused(&test).await);
        let today = app.today(owner).await.unwrap().alarms.unwrap();
        assert_eq!((today.open, today.escalated), (2, 0));
        assert_eq!(told(&test, EventKind::MessageComplaint).await, 3);
        assert_eq!(told(&test, EventKind::AlarmRaised).await, 2);

        let long = "长".repeat(501);
        let refused = app.close_alarm(owner, alarm.row.id, AlarmOutcome::Settled, &long).await.unwrap_err();
        assert_eq!(refused.rule::<AlarmError>(), Some(&AlarmError::Note));
        for one in &page.items {
            let closed = app.close_alarm(owner, one.row.id, AlarmOutcome::Refunded, " 已退 12 元 ").await.unwrap();
            assert_eq!((closed.row.state, closed.row.note.as_str()), (AlarmState::Closed, "已退 12 元"));
            assert_eq!(closed.due_at, None);
        }
        let again = app.close_alarm(owner, alarm.row.id, AlarmOutcome::Settled, "").await.unwrap_err();
        assert_eq!(again.rule::<AlarmError>(), Some(&AlarmError::Closed));
        assert!(!paused(&test).await, "sales may go on");
        let open = self::tasks(&test, TaskKind::Complaint).await;
        assert!(open.iter().all(|task| task.row.state == TaskState::Done), "its tasks are done");
        // A new complaint is a new alarm.
        app.receive(owner, account, &[said("k4", now.plus(HOUR), "张姐", "又有异物，投诉", None)], None).await.unwrap();
        assert_eq!(app.alarms(owner, Filter::default(), 9).await.unwrap().total, 3);
        test.finish().await;
    }

    /// Five minutes are the store's; after fifteen the region is told, once.
    async fn after_a_quarter_of_an_hour_the_region_is_told(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (_, supervisor) = trade(&test).await;
        let now = test.app.now();
        let harvest = [said("k1", now, "张姐", "蛋糕发霉了，退钱", None)];
        test.app.receive(&test.owner, account, &harvest, None).await.unwrap();
        test.advance(14 * MINUTE).await;
        assert_eq!(sweep(&test, "alarm").await, 0);
        test.advance(MINUTE).await;
        assert_eq!(sweep(&test, "alarm").await, 1);
        test.advance(HOUR).await;
        assert_eq!(sweep(&test, "alarm").await, 0, "told once");
        let open = tasks(&test, TaskKind::Complaint).await;
        assert_eq!(open.len(), 2);
        let late = &open[1].row;
        assert_eq!((late.assignee_id, late.what.as_str()), (Some(supervisor), "task.complaint_late"));
        assert!(late.body.contains("区域督导chenhao") && late.body.contains("张姐"), "{}", late.body);
        assert!(late.args.contains("发霉"), "{}", late.args);
        let today = test.app.today(&test.owner).await.unwrap().alarms.unwrap();
        assert_eq!((today.open, today.escalated), (1, 1));
        // The supervisor takes it up: the store's task is done as well.
        test.app.complete_task(&test.owner, late.id, None).await.unwrap();
        test.advance(MINUTE).await;
        assert_eq!(sweep(&test, "alarm").await, 1);
        let ended = tasks(&test, TaskKind::Complaint).await;
        assert!(ended.iter().all(|task| task.row.state == TaskState::Done));
        let alarm = test.app.alarms(&test.owner, Filter::default(), 9).await.unwrap().items.remove(0);
        assert_eq!(alarm.row.state, AlarmState::Open, "taken up is not closed");
        assert!(alarm.row.taken_at.is_some() && alarm.due_at.is_none());
        assert!(paused(&test).await);
        test.finish().await;
    }

    /// Whoever says that they cannot does not keep the customer waiting.
    async fn a_refusal_tells_the_region_at_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (_, supervisor) = trade(&test).await;
        let harvest = [said("k1", test.app.now(), "张姐", "蛋糕发霉了，退钱", None)];
        test.app.receive(&test.owner, account, &harvest, None).await.unwrap();
        let task = tasks(&test, TaskKind::Complaint).await.remove(0);
        test.app.refuse_task(&test.owner, task.row.id, Refusal::OffDuty).await.unwrap();
        assert_eq!(sweep(&test, "alarm").await, 1);
        let late = tasks(&test, TaskKind::Complaint).await.remove(1);
        assert_eq!(late.row.assignee_id, Some(supervisor));
        test.finish().await;
    }

    /// An answer of staff in the group stops the clock, seen by the channel; what the person says
    /// while they are talked with starts no new one, half an hour later it does.
    async fn an_answer_in_the_group_takes_it_up(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        trade(&test).await;
        let (app, owner, now) = (&test.app, &test.owner, test.app.now());
        let first = [
            said("k0", now.plus(-HOUR), "店员小林", "大家早上好", None),
            said("k1", now, "张姐", "蛋糕发霉了，退钱", None),
        ];
        app.receive(owner, account, &first, None).await.unwrap();
        stands(&test, "店员小林", Standing::Admin).await;
        // A post that names nobody is no answer to a complaint.
        let post = [said("k2", now.plus(MINUTE), "店员小林", "今天新出炉的吐司", None)];
        app.receive(owner, account, &post, None).await.unwrap();
        assert_eq!(told(&test, EventKind::AlarmTaken).await, 0);
        let answer = [said("k3", now.plus(2 * MINUTE), "店员小林", "非常抱歉，我私信您", Some("k1"))];
        app.receive(owner, account, &answer, None).await.unwrap();
        assert_eq!(told(&test, EventKind::AlarmTaken).await, 1);
        assert_eq!(tasks(&test, TaskKind::Complaint).await[0].row.state, TaskState::Done);
        test.advance(20 * MINUTE).await;
        assert_eq!(sweep(&test, "alarm").await, 0);
        let more = [said("k4", now.plus(20 * MINUTE), "张姐", "你们就是骗人", None)];
        app.receive(owner, account, &more, None).await.unwrap();
        assert_eq!(tasks(&test, TaskKind::Complaint).await.len(), 1);
        let later = [said("k5", now.plus(40 * MINUTE), "张姐", "还没退钱，我打12315投诉了", None)];
        app.receive(owner, account, &later, None).await.unwrap();
        assert_eq!(tasks(&test, TaskKind::Complaint).await.len(), 2, "a clock of its own");
        let page = app.alarms(owner, Filter::default(), 9).await.unwrap();
        assert_eq!((page.total, page.items[0].row.complaints, page.items[0].row.round), (1, 3, 2));
        test.finish().await;
    }

    /// Figures only, or another branch: nothing to see. What happened long ago alarms nobody.
    async fn alarms_are_for_those_who_answer_them(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        trade(&test).await;
        let now = test.app.now();
        let harvest = [
            said("k1", now, "张姐", "蛋糕发霉了，退钱", None),
            said("k2", now.plus(-2 * DAY), "王哥", "有异物，投诉", None),
        ];
        test.app.receive(&test.owner, account, &harvest, None).await.unwrap();
        assert_eq!(test.app.alarms(&test.owner, Filter::default(), 9).await.unwrap().total, 1);
        let analyst = test.caller(Role::Analyst, "analyst").await;
        assert!(test.app.alarms(&analyst, Filter::default(), 9).await.is_err());
        assert_eq!(test.app.today(&analyst).await.unwrap().alarms, None);
        let branch = yutang_app::branch::BranchInput {
            name: "西乡店".to_owned(),
            kind: BranchKind::Store,
            parent_id: None,
            code: None,
            region: None,
        };
        let elsewhere = test.app.create_branch(&test.owner, branch).await.unwrap();
        let stranger = test.caller(Role::Manager, "stranger").await;
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        let id = stranger.actor.staff_id().unwrap();
        let mut row = staff::get(&mut tx, test.workspace.id, id).await.unwrap();
        row.branch_id = Some(elsewhere.id);
        staff::update(&mut tx, test.workspace.id, &row).await.unwrap();
        tx.commit().await.unwrap();
        let given = SignIn {
            sign_in: "stranger".to_owned(),
            password: PASSWORD.to_owned(),
            code: None,
            agent: "test".to_owned(),
        };
        let stranger = test.app.sign_in(given, "test").await.unwrap().standing.caller;
        assert_eq!(test.app.alarms(&stranger, Filter::default(), 9).await.unwrap().total, 0);
        test.finish().await;
    }
}
