//! Tasks for people.

use yutang_app::{
    AppError,
    group::GroupInput,
    task::{Filter, NewTask, StaffTask},
};
use yutang_domain::{
    actor::{Actor, Role},
    group::Monetisation,
    id::GroupId,
    task::{DoneCheck, Level, Refusal, TaskError, TaskKind, TaskState},
    time::{DAY, HOUR, Timestamp},
};
use yutang_store::{Mode, StoreError};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

fn new(dedup: &str, group: Option<GroupId>, now: Timestamp, due_at: Option<Timestamp>) -> NewTask {
    NewTask {
        kind: TaskKind::Do,
        level: Level::Normal,
        branch: None,
        group,
        member: None,
        assignee: None,
        what: "task.send_by_hand",
        args: serde_json::json!({ "action": "post_group" }),
        body: "早上好".to_owned(),
        picture: None,
        why: "channel.cannot.post_group",
        done_check: DoneCheck::Own,
        minutes: 1,
        since_at: now,
        due_at,
        cause: None,
        dedup: dedup.to_owned(),
    }
}

async fn create(test: &TestApp, task: NewTask) -> Option<StaffTask> {
    let now = test.app.now();
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    let row = test
        .app
        .create_task_in(&mut tx, test.workspace.id, task, &Actor::Console, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    row
}

fn not_open(error: &AppError) -> bool {
    matches!(error.rule::<TaskError>(), Some(TaskError::NotOpen(_)))
}

both_engines! {
    /// One cause, one task; done once; taken back within a day.
    async fn a_task_is_done_once_and_can_be_taken_back(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, owner, now) = (&test.app, &test.owner, test.app.now());
        let group = app.create_group(owner, GroupInput { monetisation: Some(Monetisation::None), ..GroupInput::named("海岸城福利1群", "fake") }).await;
        let group = group.unwrap();
        let task = create(&test, new("a", Some(group.id), now, Some(now.plus(HOUR)))).await.unwrap();
        assert!(create(&test, new("a", Some(group.id), now, None)).await.is_none(), "same cause");
        assert_eq!(task.branch_id, Some(group.branch_id), "the group's branch");

        let done = app.complete_task(owner, task.id, Some("截图".to_owned())).await.unwrap();
        assert_eq!(done.row.state, TaskState::Done);
        assert_eq!(done.row.outcome.as_deref(), Some("self"), "自报");
        assert_eq!(done.group_name.as_deref(), Some("海岸城福利1群"));
        assert!(not_open(&app.complete_task(owner, task.id, None).await.unwrap_err()));
        assert!(not_open(&app.refuse_task(owner, task.id, Refusal::GroupFull).await.unwrap_err()));

        let open = app.reopen_task(owner, task.id).await.unwrap();
        assert_eq!((open.row.state, open.row.proof), (TaskState::Open, None));
        let refused = app.refuse_task(owner, task.id, Refusal::GroupFull).await.unwrap();
        assert_eq!(refused.row.outcome.as_deref(), Some("group_full"));
        test.advance(DAY + 1).await;
        let error = app.reopen_task(owner, task.id).await.unwrap_err();
        assert_eq!(error.rule::<TaskError>(), Some(&TaskError::TooLate));
        test.finish().await;
    }

    /// What the channel would have shown and did not is the word of whoever ticked it.
    async fn a_tick_by_hand_is_ones_own_word_and_what_the_channel_shows_is_its(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, owner, now) = (&test.app, &test.owner, test.app.now());
        let seen = |dedup: &str| NewTask { done_check: DoneCheck::Channel, ..new(dedup, None, now, None) };
        let by_hand = create(&test, seen("hand")).await.unwrap();
        let by_channel = create(&test, seen("channel")).await.unwrap();
        let ticked = app.complete_task(owner, by_hand.id, None).await.unwrap().row;
        assert_eq!((ticked.done_check, ticked.outcome.as_deref()), (DoneCheck::Channel, Some("self")));
        let mut tx = app.store().begin(Mode::Write).await.unwrap();
        let actor = Actor::System("awaited_reply");
        assert!(app.close_task_in(&mut tx, test.workspace.id, "channel", TaskState::Done, &actor, now).await.unwrap());
        tx.commit().await.unwrap();
        let shown = app.task(owner, by_channel.id).await.unwrap().row;
        assert_eq!((shown.state, shown.outcome.as_deref()), (TaskState::Done, Some("channel")));
        test.finish().await;
    }

    /// Open tasks come by deadline, page by page, and everybody sees what is theirs to see.
    async fn lists_are_paged_and_scoped(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, now) = (&test.app, test.app.now());
        for n in 0..5 {
            let due = (n > 0).then(|| now.plus((10 - n) * HOUR));
            create(&test, new(&format!("t{n}"), None, now, due)).await.unwrap();
        }
        let mut filter = Filter { open: Some(true), ..Filter::default() };
        let mut seen = Vec::new();
        loop {
            let page = app.tasks(&test.owner, filter.clone(), 2).await.unwrap();
            assert_eq!(page.total, 5);
            seen.extend(page.items.iter().map(|task| task.row.dedup.clone()));
            match page.next {
                Some(next) => filter.after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, ["t4", "t3", "t2", "t1", "t0"], "earliest deadline first, none last");

        // A task that belongs to no branch is the head office's, unless it is handed to somebody.
        let service = test.caller(Role::Service, "lina").await;
        let page = app.tasks(&service, Filter::default(), 9).await.unwrap();
        let prefix = service.branch_prefix();
        if !prefix.is_empty() {
            assert_eq!(page.total, 0);
            let task = app.tasks(&test.owner, Filter::default(), 9).await.unwrap().items.remove(0);
            let hidden = app.complete_task(&service, task.row.id, None).await.unwrap_err();
            assert!(matches!(hidden, AppError::Store(StoreError::NotFound(_))), "{hidden}");
            let to = service.actor.staff_id().unwrap();
            let handed = app.hand_task_over(&test.owner, task.row.id, to).await.unwrap();
            assert_eq!(handed.assignee_name.as_deref(), Some("lina"));
            assert_eq!(app.tasks(&service, Filter::default(), 9).await.unwrap().total, 1);
            app.complete_task(&service, task.row.id, None).await.unwrap();
        }
        test.finish().await;
    }

    /// Two people who tick at the same moment do not both have done it.
    async fn two_ticks_at_once_are_one(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let task = create(&test, new("race", None, test.app.now(), None)).await.unwrap();
        let other = test.another().await;
        let (one, two) = tokio::join!(
            test.app.complete_task(&test.owner, task.id, None),
            other.complete_task(&test.owner, task.id, None),
        );
        let (done, late): (Vec<_>, Vec<_>) = [one, two].into_iter().partition(Result::is_ok);
        assert_eq!(done.len(), 1);
        assert!(late.iter().all(|answer| answer.as_ref().is_err_and(not_open)), "{late:?}");
        other.close().await;
        test.finish().await;
    }
}
