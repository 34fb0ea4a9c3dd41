//! What the demo shows of order kept, of complaints and of the door: each found by the verbs that
//! the console uses.

use std::collections::HashSet;

use yutang_app::{
    alarm::Filter as AlarmFilter,
    mark::OfferQuery,
    moderation::{AppealFilter, QueueFilter, QueueRow},
    task::Task,
};
use yutang_domain::{
    alarm::{AlarmOutcome, AlarmState, WITHIN},
    appeal::AppealState,
    classifier::MARKS_EACH,
    gate::{GateKind, Held, KnockState},
    id::GroupId,
    moderation::{Fault, HitKind, Measure, Tone},
    sanction::{SanctionAction, SanctionStanding},
    task::{DoneCheck, TaskKind, TaskState},
    time::{DAY, MINUTE, Period},
};
use yutang_store::staff_task;

use super::{World, now, world};

const READ: [&str; 4] = [
    "海岸城福利1群",
    "海岸城下午茶1群",
    "海岸城宝妈1群",
    "海岸城付费烘焙课1群",
];

impl World {
    async fn queue(&self, filter: QueueFilter) -> Vec<QueueRow> {
        let page = self.app.moderation_queue(&self.caller, &filter, 200).await;
        page.unwrap().items
    }

    async fn group(&self, name: &str) -> GroupId {
        let found = self.app.find_group(&self.caller, name).await;
        found.unwrap().id
    }

    async fn open_tasks(&self, kind: TaskKind) -> Vec<Task> {
        let filter = staff_task::Filter {
            open: Some(true),
            ..staff_task::Filter::default()
        };
        let page = self.app.tasks(&self.caller, filter, 200).await.unwrap();
        let mut tasks = page.items;
        tasks.retain(|task| task.row.kind == kind);
        tasks
    }
}

fn measures(row: &QueueRow) -> Vec<Measure> {
    serde_json::from_str(&row.row.measures).unwrap()
}

#[tokio::test]
async fn decisions_of_every_tone_and_standing_are_in_the_queue() {
    let world = world().await;
    let rows = world.queue(QueueFilter::default()).await;
    let tones: HashSet<Tone> = rows.iter().map(|row| row.row.tone).collect();
    assert_eq!(tones.len(), Tone::ALL.len());
    for standing in [
        SanctionStanding::Watched,
        SanctionStanding::Review,
        SanctionStanding::Decided,
        SanctionStanding::Carried,
        SanctionStanding::Appealed,
        SanctionStanding::Undone,
    ] {
        assert!(
            rows.iter().any(|row| row.standing == standing),
            "none {standing}"
        );
    }
    for kind in [
        HitKind::Advert,
        HitKind::Contact,
        HitKind::Flood,
        HitKind::Quarrel,
        HitKind::Card,
        HitKind::NewcomerLink,
    ] {
        assert!(rows.iter().any(|row| row.row.kind == kind), "no {kind}");
    }
    let right = rows.iter().filter(|row| row.row.is_right == Some(true));
    assert!(right.count() >= 20);
    for row in &rows {
        assert!(row.row.decided_at <= now() && row.row.decided_at > now().plus(-30 * DAY));
        assert!(
            READ.contains(&row.group_name.as_str()),
            "{} is not read",
            row.group_name
        );
        assert!(!row.causes.is_empty());
    }

    let undone: Vec<&QueueRow> = rows
        .iter()
        .filter(|row| row.standing == SanctionStanding::Undone)
        .collect();
    assert!(
        undone
            .iter()
            .all(|row| !row.row.reason.is_empty() && row.row.is_right == Some(false))
    );
    let apology = |row: &&&QueueRow| {
        row.steps
            .iter()
            .any(|step| step.action == SanctionAction::Apology)
    };
    assert!(
        undone.iter().any(|row| apology(&row)),
        "who was told is told that it was wrong"
    );

    let hand: Vec<&QueueRow> = rows.iter().filter(|row| row.row.by_hand).collect();
    assert_eq!((hand.len(), hand[0].row.actor.as_str()), (1, "张丽"));
    assert!(hand[0].row.reason.contains("别家"));
}

/// What is put out goes and, the first time, comes back; who paid waits for a person.
#[tokio::test]
async fn the_ladder_was_climbed_and_each_channel_did_what_it_can() {
    let world = world().await;
    let welfare = world.group(READ[0]).await;
    let course = world.group(READ[3]).await;
    let of = |group| QueueFilter {
        group: Some(group),
        ..QueueFilter::default()
    };
    let rows = world.queue(of(welfare)).await;
    let hard = rows.iter().find(|row| row.row.tone == Tone::Hard).unwrap();
    let same = |row: &&QueueRow| row.row.member_id == hard.row.member_id;
    let mut tones: Vec<Tone> = rows.iter().filter(same).map(|row| row.row.tone).collect();
    tones.reverse();
    assert_eq!(tones, [Tone::Gentle, Tone::Neutral, Tone::Hard]);
    let neutral = rows
        .iter()
        .filter(same)
        .find(|row| row.row.tone == Tone::Neutral)
        .unwrap();
    let done: Vec<SanctionAction> = neutral.steps.iter().map(|step| step.action).collect();
    assert!(done.contains(&SanctionAction::Remove) && done.contains(&SanctionAction::Readmit));
    // The archive reads and does nothing: people did it, each tick their own word.
    for step in rows.iter().flat_map(|row| &row.steps) {
        assert!(
            step.outbox_id.is_none() && step.task_id.is_some(),
            "{step:?}"
        );
    }

    let rows = world.queue(of(course)).await;
    let review = rows
        .iter()
        .find(|row| row.standing == SanctionStanding::Review)
        .unwrap();
    assert!(
        measures(review).contains(&Measure::Review) && !measures(review).contains(&Measure::Remove)
    );
    for step in rows.iter().flat_map(|row| &row.steps) {
        let by_person = matches!(step.action, SanctionAction::Review);
        assert_eq!(
            step.outbox_state.as_deref() == Some("sent"),
            !by_person,
            "{step:?}"
        );
    }

    let watched = world.queue(of(world.group(READ[1]).await)).await;
    assert_eq!(watched.len(), 2);
    assert!(
        watched
            .iter()
            .all(|row| row.steps.is_empty() && row.standing == SanctionStanding::Watched)
    );
    let judged: Vec<Option<bool>> = watched.iter().map(|row| row.row.is_right).collect();
    assert_eq!(judged, [None, Some(true)]);
}

#[tokio::test]
async fn a_card_that_a_child_sent_is_asked_about_and_counts_nothing() {
    let world = world().await;
    let child = world.member(world.planted().child).await;
    let filter = QueueFilter {
        member: Some(child),
        judged: Some(false),
        ..QueueFilter::default()
    };
    let rows = world.queue(filter).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].row.fault, rows[0].row.kind),
        (Fault::Accident, HitKind::Card)
    );
    assert_eq!(measures(&rows[0]), [Measure::Notice]);
    assert_eq!(
        rows[0].standing,
        SanctionStanding::Decided,
        "staff have not said it yet"
    );
}

#[tokio::test]
async fn one_appeal_waits_with_its_clock_and_others_are_answered() {
    let world = world().await;
    let open = AppealFilter {
        open: Some(true),
        ..AppealFilter::default()
    };
    let waiting = world
        .app
        .appeals(&world.caller, &open, 9)
        .await
        .unwrap()
        .items;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].due_at, now().plus(65 * MINUTE));
    assert!(waiting[0].text.contains("烤箱"));
    assert_eq!(world.open_tasks(TaskKind::Appeal).await.len(), 1);
    let all = world
        .app
        .appeals(&world.caller, &AppealFilter::default(), 9)
        .await
        .unwrap()
        .items;
    for state in [AppealState::Granted, AppealState::Refused] {
        let answered = all.iter().find(|appeal| appeal.state == state).unwrap();
        assert!(!answered.answer.is_empty());
        assert_eq!(answered.decided_by.as_deref(), Some("张丽"));
        assert!(answered.decided_at.unwrap() < answered.due_at, "in time");
    }
}

#[tokio::test]
async fn one_complaint_is_open_and_others_were_closed_in_time() {
    let world = world().await;
    let alarms = world
        .app
        .alarms(&world.caller, AlarmFilter::default(), 9)
        .await
        .unwrap()
        .items;
    let (open, closed): (Vec<_>, Vec<_>) = alarms
        .iter()
        .partition(|alarm| alarm.row.state == AlarmState::Open);
    assert_eq!((open.len(), closed.len()), (1, 2));
    assert_eq!(open[0].member.name, "王雅琴");
    assert_eq!(open[0].due_at, Some(now().plus(MINUTE)));
    assert!(
        open[0].messages[0]
            .text
            .as_deref()
            .unwrap()
            .contains("头发")
    );
    let her = world
        .app
        .person(&world.caller, open[0].member.id)
        .await
        .unwrap();
    assert!(her.orders.count > 0, "she has a history");
    for alarm in closed {
        let row = &alarm.row;
        assert!(
            row.taken_at.unwrap().since(row.raised_at) <= WITHIN,
            "answered in time"
        );
        assert!(matches!(
            row.outcome,
            Some(AlarmOutcome::Refunded | AlarmOutcome::Replaced)
        ));
        assert!(!row.note.is_empty());
    }
}

#[tokio::test]
async fn a_question_waits_for_an_answer() {
    let world = world().await;
    let tasks = world.open_tasks(TaskKind::Reply).await;
    assert_eq!(tasks.len(), 1);
    let task = &tasks[0].row;
    assert_eq!(
        (tasks[0].group_name.as_deref(), task.done_check),
        (Some(READ[2]), DoneCheck::Channel)
    );
    assert!(
        task.args.contains("小雨妈妈") && task.args.contains("保存"),
        "{}",
        task.args
    );
    let today = world.app.today(&world.caller).await.unwrap();
    assert_eq!(today.alarms.unwrap().waiting, 1);
    let done = world
        .app
        .complete_task(&world.caller, task.id, None)
        .await
        .unwrap()
        .row;
    assert_eq!(
        (done.state, done.outcome.as_deref()),
        (TaskState::Done, Some("self"))
    );
}

#[tokio::test]
async fn people_knock_and_groups_have_gates_and_welcomes() {
    let world = world().await;
    let course = world.group(READ[3]).await;
    let (app, caller) = (&world.app, &world.caller);
    let waiting = Some(KnockState::Waiting);
    let knocks = app.knocks(caller, course, waiting, None, 9).await.unwrap();
    assert_eq!(knocks.total, 3);
    let held: Vec<Option<Held>> = knocks.items.iter().map(|knock| knock.row.held).collect();
    assert_eq!(
        held,
        [Some(Held::Reason), Some(Held::Staff), Some(Held::Staff)]
    );
    let reasons = knocks
        .items
        .iter()
        .filter(|knock| !knock.row.said.is_empty());
    assert_eq!(reasons.count(), 2);
    let all = app
        .knocks(caller, course, None, None, 9)
        .await
        .unwrap()
        .items;
    for state in [KnockState::Admitted, KnockState::Declined] {
        let decided = all.iter().find(|knock| knock.row.state == state).unwrap();
        assert_eq!(decided.decided_by.as_deref(), Some("张丽"));
    }
    let gate = app.gate(caller, course).await.unwrap();
    assert_eq!(
        (gate.in_force, gate.waiting, gate.cannot),
        (GateKind::Knock, 3, None)
    );
    for name in READ.into_iter().chain(["西乡福利1群"]) {
        let group = world.group(name).await;
        assert!(app.gate(caller, group).await.unwrap().set, "{name}");
        let welcome = app.welcome(caller, group).await.unwrap();
        assert!(
            welcome.template.on && !welcome.template.private.is_empty(),
            "{name}"
        );
        assert_eq!(welcome.changed.unwrap().0, "林晓");
    }
}

#[tokio::test]
async fn there_are_marks_enough_to_train_and_somebody_is_trusted() {
    let world = world().await;
    let (app, caller) = (&world.app, &world.caller);
    let (unwanted, wanted) = app.classifier_versions(caller).await.unwrap().tally;
    assert!(
        unwanted >= MARKS_EACH && wanted >= MARKS_EACH,
        "{unwanted} and {wanted}"
    );
    app.train_classifier(caller, None).await.unwrap();
    let trusted = app.trusted(caller).await.unwrap();
    assert_eq!((trusted.len(), trusted[0].name.as_str()), (1, "李姐"));
    assert!(!trusted[0].note.is_empty());

    let today = caller.day(now());
    let month = Period::new(today.plus_days(-29), today.plus_days(1)).unwrap();
    let quality = app.quality(caller, month, None).await.unwrap();
    let precision = quality.all.precision().unwrap();
    assert!((0.85..1.0).contains(&precision), "{precision}");
    assert!(quality.median_ms.unwrap() < 30 * MINUTE);
    assert_eq!((quality.all.appeals, quality.all.granted), (3, 1));
}

/// What the channel does not show is offered to nobody.
#[tokio::test]
async fn only_what_can_be_read_is_offered_for_marking() {
    let world = world().await;
    let query = OfferQuery {
        group: None,
        unmarked: true,
        limit: 60,
    };
    let groups = async || -> HashSet<String> {
        let offered = world.app.messages_to_mark(&world.caller, &query).await;
        offered
            .unwrap()
            .into_iter()
            .map(|one| one.row.group_name)
            .collect()
    };
    let before = groups().await;
    assert!(
        !before.is_empty() && before.iter().all(|name| READ.contains(&name.as_str())),
        "{before:?}"
    );
    world.read_all().await;
    assert!(
        groups()
            .await
            .iter()
            .any(|name| !READ.contains(&name.as_str()))
    );
}
