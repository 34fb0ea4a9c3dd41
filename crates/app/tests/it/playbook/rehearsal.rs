//! What is rehearsed is what is done; every playbook that is shipped can be rehearsed in the demo.

use yutang_app::playbook::{ConflictKind, Rehearsal, RemedyWord, Start};
use yutang_domain::{
    capability::Profile,
    id::PlaybookRunId,
    playbook::{Adjusted, Adjustment, Mode, SHIPPED},
    time::{HOUR, Timestamp},
};
use yutang_testkit::{TestDatabase, both_engines};

use super::{WEEK, given, week};
use crate::broadcast::House;

/// Step, its time, for how many and by which way, or that it was left out.
type Line = (Timestamp, String, i64, String);

fn told(rehearsal: &Rehearsal) -> Vec<Line> {
    let mut lines: Vec<Line> = rehearsal
        .steps
        .iter()
        .map(|step| {
            let way = match (step.skip, step.conflicts.first()) {
                (Some(reason), _) => format!("playbook.skip.{reason}"),
                (None, Some(conflict)) if step.count == Some(0) => {
                    format!("playbook.missed.{}", conflict.kind)
                }
                _ => step.mode.to_owned(),
            };
            (step.at, step.step.clone(), step.count.unwrap_or(0), way)
        })
        .collect();
    lines.sort();
    lines
}

impl House {
    /// Lets a run go by its own alarm clock until its end, with a yes wherever it asks.
    async fn run_through(&self, id: PlaybookRunId) -> Vec<Line> {
        for _ in 0..200 {
            let run = self.run(id).await;
            for gate in &run.gates {
                self.test
                    .app
                    .decide_gate(&self.test.owner, id, &gate.step, true)
                    .await
                    .unwrap();
            }
            let Some(wake) = self.run(id).await.row.wake_at else {
                break;
            };
            self.until(wake).await;
        }
        let mut lines: Vec<Line> = self
            .run(id)
            .await
            .steps
            .into_iter()
            .map(|step| {
                let way = step.reason.or(step.mode).unwrap_or_default();
                (step.due_at, step.step, step.count, way)
            })
            .collect();
        lines.sort();
        lines
    }
}

fn sale() -> Start {
    Start {
        given: given(&[
            ("sale.opens_at", "2026-11-28 20:00"),
            ("groups", "all"),
            ("list_link", "https://shop.example.com/list"),
            ("item_1", "吐司 ¥12"),
            ("item_2", "可颂 ¥9"),
            ("item_3", "贝果 ¥8"),
            ("photo", "https://shop.example.com/toast.jpg"),
        ]),
        confirmed: vec!["true-stock".to_owned(), "lawful-price".to_owned()],
        ..Start::default()
    }
}

both_engines! {
    /// The list of a rehearsal is the list of what a run on the same clock does: notices from three days
    /// before, one a day, the rain of packets told the day before and an hour before.
    /// req: 003-118, 003-119, 003-120, 003-121, 003-123
    async fn a_run_does_what_was_rehearsed(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 3).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        app.save_playbook(owner, None, WEEK).await.unwrap();
        for (name, start) in [("our-week", week()), ("flash-sale-week", sale())] {
            let before = app.last_position().await.unwrap();
            let rehearsal = app
                .rehearse_playbook(owner, (name, None), &start, (None, None))
                .await
                .unwrap();
            assert_eq!(app.last_position().await.unwrap(), before, "nothing is written");
            let sound = rehearsal.faults.iter().all(yutang_domain::playbook::Fault::is_warning);
            assert!(sound && !rehearsal.goes_on, "{:?}", rehearsal.faults);
            let id = app.start_playbook(owner, name, &start).await.unwrap().run.unwrap().id;
            assert_eq!(house.run_through(id).await, told(&rehearsal), "{name}");
            assert!(rehearsal.steps.len() >= 6);
        }
        house.test.finish().await;
    }

    /// Red turns green: each conflict has a reason and what mends it, and once that is taken it is
    /// gone. req: 003-120
    async fn a_conflict_is_mended_by_its_remedy(database: TestDatabase) {
        let house = House::open(&database, Profile::WecomPlain, 2).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        let root = app.branches(owner).await.unwrap()[0].id;
        let values = [("address".to_owned(), "海岸城 1 楼".to_owned())];
        app.set_branch_variables(owner, root, &values).await.unwrap();
        // Something else goes to the same groups on the day of the first notice.
        let other = yutang_domain::broadcast::Draft {
            at: Some("2026-11-25T08:00:00Z".parse().unwrap()),
            ..super::super::broadcast::draft(yutang_domain::broadcast::Mode::Task, "别的事")
        };
        let made = app.create_broadcast(owner, other).await.unwrap();
        app.schedule_broadcast(owner, made.row.id).await.unwrap();
        let mut start = sale();
        let red = app
            .rehearse_playbook(owner, ("flash-sale-week", None), &start, (None, None))
            .await
            .unwrap();
        let of = |rehearsal: &Rehearsal, step: &str| {
            let found = rehearsal.steps.iter().find(|one| one.step == step).unwrap();
            found.conflicts.clone()
        };
        let quota = of(&red, "list");
        assert_eq!((quota[0].kind, quota[0].count), (ConflictKind::Quota, 2));
        assert!(quota[0].reason.zh_hans.contains("平台会拦"), "{:?}", quota[0].reason);
        assert!(quota[0].reason.en.contains("the network stops it"));
        let remedy = quota[0].remedy.clone().unwrap();
        assert_eq!((remedy.word, remedy.label.zh_hans.as_str()), (RemedyWord::Paste, "改为店长手发"));
        let duty = of(&red, "questions");
        assert_eq!(duty[0].kind, ConflictKind::Duty);
        assert!(duty[0].reason.zh_hans.contains("客服"), "{:?}", duty[0].reason);
        let night = of(&red, "thanks");
        assert_eq!(night[0].kind, ConflictKind::Quiet);
        let moved = night[0].remedy.clone().unwrap();
        assert_eq!((moved.word, moved.change.as_ref().unwrap().minutes), (RemedyWord::Move, -15));
        assert_eq!(red.cost_minor, 2_000);

        for _ in 0..4 {
            let told = app
                .rehearse_playbook(owner, ("flash-sale-week", None), &start, (None, None))
                .await
                .unwrap();
            for conflict in told.steps.iter().flat_map(|step| &step.conflicts) {
                let remedy = conflict.remedy.clone().unwrap();
                if let Some(change) = remedy.change {
                    start.adjusted.insert(remedy.step, change);
                }
            }
        }
        let green = app
            .rehearse_playbook(owner, ("flash-sale-week", None), &start, (None, None))
            .await
            .unwrap();
        let left: Vec<_> = green.steps.iter().flat_map(|step| &step.conflicts).collect();
        assert!(left.is_empty(), "{left:?}");
        let list = green.steps.iter().find(|step| step.step == "list").unwrap();
        assert_eq!((list.mode, list.count), ("paste", Some(2)));
        house.test.finish().await;
    }

    /// A figure that nobody knows is left to whoever posts it: a step that was to say it by itself is
    /// told of before, and the words have a blank.
    async fn what_nobody_knows_is_not_invented(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 1).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        let loud = WEEK.replace("mode = \"paste\"", "mode = \"auto\"");
        app.save_playbook(owner, None, &loud).await.unwrap();
        let told = app
            .rehearse_playbook(owner, ("our-week", None), &week(), (None, None))
            .await
            .unwrap();
        let thanks = told.steps.iter().find(|step| step.step == "thanks").unwrap();
        assert_eq!((thanks.conflicts[0].kind, thanks.mode), (ConflictKind::Stock, "paste"));
        assert!(thanks.text.contains("＿＿"), "{}", thanks.text);
        let paste = Adjustment { mode: Some(Mode::Paste), ..Adjustment::default() };
        let start = Start { adjusted: Adjusted::from([("thanks".to_owned(), paste)]), ..week() };
        let told = app
            .rehearse_playbook(owner, ("our-week", None), &start, (None, None))
            .await
            .unwrap();
        assert_eq!(told.conflicts, 0);
        let span = (None, Some(house.test.app.now().plus(HOUR)));
        let short = app.rehearse_playbook(owner, ("our-week", None), &start, span).await.unwrap();
        assert!(short.steps.is_empty() && short.goes_on);
        house.test.finish().await;
    }
}

/// Every playbook that is shipped tells in the demo what it would do.
#[tokio::test]
async fn each_shipped_playbook_is_rehearsed_in_the_demo() {
    let world = crate::demo::world().await;
    world.read_all().await;
    for (name, text) in SHIPPED {
        let playbook = yutang_domain::playbook::parse(text).unwrap();
        let mut start = Start::default();
        for ask in &playbook.asks {
            use yutang_domain::playbook::AskKind;
            let word = match ask.kind {
                AskKind::Groups => "all",
                AskKind::Image => "https://shop.example.com/a.jpg",
                AskKind::Number => "3",
                _ if ask.default.is_none() => match ask.choices.first() {
                    Some(choice) => choice.word.as_str(),
                    None => "吐司 1 条 ¥12",
                },
                _ => continue,
            };
            if ask.default.is_none() {
                start.given.insert(ask.key.clone(), vec![word.to_owned()]);
            }
        }
        let told = world
            .app
            .rehearse_playbook(&world.caller, (name, None), &start, (None, None))
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let wrong: Vec<_> = told
            .faults
            .iter()
            .filter(|fault| !fault.is_warning())
            .collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        assert!(!told.steps.is_empty(), "{name} does nothing");
        let does: Vec<&str> = told
            .steps
            .iter()
            .filter(|step| step.skip.is_none())
            .map(|step| step.step.as_str())
            .collect();
        assert!(
            !does.is_empty(),
            "{name} leaves everything out: {:?}",
            told.steps
        );
        for step in &told.steps {
            assert!(
                !step.text.contains("{{"),
                "{name} {}: {}",
                step.step,
                step.text
            );
        }
    }
}
