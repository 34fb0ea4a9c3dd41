//! Playbooks at work: each step once, whatever happens to the clock or the process; rehearsed as they
//! are carried out.

mod occasion;
mod rehearsal;

use yutang_app::{
    playbook::{Filter, RunStanding, Start},
    task::Filter as Tasks,
};
use yutang_domain::{
    capability::Profile,
    id::PlaybookRunId,
    playbook::{Adjusted, Adjustment, Given, RunState},
    task::TaskState,
    time::{DAY, HOUR, MINUTE, Timestamp},
};
use yutang_store::{Mode, playbook as rows};
use yutang_testkit::{TestDatabase, both_engines};

use crate::{alarm::sweep, broadcast::House};

/// A week with everything in it.
const WEEK: &str = r#"
[playbook]
id = "our-week"
version = 1
title = { zh-Hans = "我们的一周", zh-Hant = "我們的一週", en = "Our week" }
aim = { zh-Hans = "试", zh-Hant = "試", en = "Try" }
subject = "workspace"
key = "start"
cap = 3

[[ask]]
key = "opens_at"
kind = "time"
label = { zh-Hans = "何时", zh-Hant = "何時", en = "When" }

[[ask]]
key = "groups"
kind = "groups"
label = { zh-Hans = "哪些群", zh-Hant = "哪些群", en = "Which groups" }
check = ["value >= 1"]

[[ask]]
key = "gift"
kind = "money"
label = { zh-Hans = "红包", zh-Hant = "紅包", en = "Packet" }
default = 20

[[trigger]]
by = "hand"
anchor = "opens_at"

[[phase]]
id = "before"
name = { zh-Hans = "前", zh-Hant = "前", en = "before" }

  [[phase.step]]
  id = "notice"
  at = "opens_at - 2d @ 10:00"
  do = "say"
  to = "groups"
  of = "groups"
  mode = "auto"
  copy = "notice"

  [[phase.step]]
  id = "prepare"
  at = "opens_at - 1d @ 10:00"
  do = "task"
  to = "host"
  copy = "prepare"

  [[phase.step]]
  id = "agree"
  at = "opens_at - 1d @ 12:00"
  do = "gate"
  to = "manager"
  copy = "agree"

[[phase]]
id = "then"
name = { zh-Hans = "后", zh-Hant = "後", en = "then" }

  [[phase.step]]
  id = "open"
  at = "opens_at"
  do = "say"
  to = "groups"
  of = "groups"
  mode = "auto"
  copy = "open"

  [[phase.step]]
  id = "gift"
  at = "opens_at + 1h"
  do = "coupon"
  to = "groups"
  of = "groups"
  copy = "gift"

  [[phase.step]]
  id = "thanks"
  at = "opens_at + 1d @ 10:00"
  do = "say"
  to = "groups"
  of = "groups"
  mode = "paste"
  copy = "thanks"

[[check]]
id = "true-stock"
reason = { zh-Hans = "货是真的", zh-Hant = "貨是真的", en = "The goods are there" }

[text.notice]
zh-Hans = "{{store}}：{{opens_at}} 见"
zh-Hant = "{{store}}：{{opens_at}} 見"
en = "{{store}}: see you {{opens_at}}"

[text.prepare]
zh-Hans = "备好 ¥{{gift}} 的红包"
zh-Hant = "備好 ¥{{gift}} 的紅包"
en = "Have packets of {{gift}} ready"

[text.agree]
zh-Hans = "可以开始吗"
zh-Hant = "可以開始嗎"
en = "May it begin"

[text.open]
zh-Hans = "开始啦"
zh-Hant = "開始啦"
en = "It begins"

[text.gift]
zh-Hans = "发红包"
zh-Hant = "發紅包"
en = "Hand out the packets"

[text.thanks]
zh-Hans = "谢谢，昨天卖了 {{sold}} 份"
zh-Hant = "謝謝，昨天賣了 {{sold}} 份"
en = "Thank you, {{sold}} were sold"
"#;

/// Tuesday, 24 November 2026, 15:00 in Shanghai.
pub(crate) const OPENS: &str = "2026-11-24 15:00";

pub(crate) fn given(pairs: &[(&str, &str)]) -> Given {
    pairs
        .iter()
        .map(|(key, word)| ((*key).to_owned(), vec![(*word).to_owned()]))
        .collect()
}

fn week() -> Start {
    Start {
        given: given(&[("opens_at", OPENS), ("groups", "all")]),
        confirmed: vec!["true-stock".to_owned()],
        ..Start::default()
    }
}

impl House {
    /// Moves the clock to an instant and lets everything that is due happen.
    pub(crate) async fn until(&self, at: Timestamp) {
        let ms = at.since(self.test.app.now());
        if ms > 0 {
            self.test.advance(ms).await;
        }
        self.test.app.run_playbooks().await.unwrap();
        self.test.app.run_broadcasts().await.unwrap();
        // Twenty a minute leave through one account.
        for _ in 0..4 {
            self.leave().await;
        }
        self.test.app.run_broadcasts().await.unwrap();
    }

    pub(crate) async fn run(&self, id: PlaybookRunId) -> RunStanding {
        self.test
            .app
            .playbook_run(&self.test.owner, id)
            .await
            .unwrap()
    }

    /// What a run did, by step: how often it was done, or why it was left out.
    async fn did(&self, id: PlaybookRunId) -> Vec<(String, String)> {
        let mut steps = self.run(id).await.steps;
        steps.sort_by_key(|step| (step.due_at, step.step.clone()));
        steps
            .into_iter()
            .map(|step| {
                let what = step
                    .reason
                    .unwrap_or_else(|| format!("{} {}", step.count, step.mode.unwrap_or_default()));
                (step.step, what)
            })
            .collect()
    }

    async fn posts(&self) -> usize {
        self.network.sent().len()
    }
}

fn words(did: &[(String, String)]) -> Vec<(&str, &str)> {
    did.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()
}

both_engines! {
    /// Each step once and at its time, whoever looks and however often; what was promised stays after
    /// a stop, and what is left undone is told. req: 003-120
    async fn each_step_is_done_once(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 3).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        app.save_playbook(owner, None, WEEK).await.unwrap();
        let unsure = Start { confirmed: Vec::new(), ..week() };
        let refused = app.start_playbook(owner, "our-week", &unsure).await.unwrap_err();
        assert_eq!((refused.code(), refused.at().as_deref()), ("playbook.checks", Some("check.true-stock")));
        let wrong = Start { given: given(&[("opens_at", "soon")]), ..week() };
        let refused = app.start_playbook(owner, "our-week", &wrong).await.unwrap_err();
        assert_eq!(refused.code(), "playbook.answers");

        let begun = app.start_playbook(owner, "our-week", &week()).await.unwrap();
        let id = begun.run.unwrap().id;
        assert!(begun.steps.is_empty());
        let again = app.start_playbook(owner, "our-week", &week()).await.unwrap_err();
        assert_eq!(again.code(), "playbook.again");
        let other = house.test.another().await;
        // Sunday, ten o'clock: two processes look at once, and again.
        let ten = "2026-11-22T02:00:00Z".parse::<Timestamp>().unwrap();
        house.test.advance(ten.since(app.now()) - MINUTE).await;
        assert_eq!(sweep(&house.test, "playbook").await, 0, "not before its time");
        house.test.advance(MINUTE).await;
        let (one, two) = tokio::join!(app.run_playbooks(), other.run_playbooks());
        assert!(one.is_ok() && two.is_ok());
        house.until(ten).await;
        other.run_playbooks().await.unwrap();
        other.run_broadcasts().await.unwrap();
        house.until(ten.plus(HOUR)).await;
        assert_eq!(words(&house.did(id).await), [("notice", "3 auto")]);
        assert_eq!(house.posts().await, 3);
        other.close().await;

        house.until(ten.plus(DAY + 3 * HOUR)).await;
        assert_eq!(words(&house.did(id).await)[1..], [("prepare", "1 task"), ("agree", "1 task")]);
        let run = house.run(id).await;
        assert_eq!((run.row.state, run.gates.len()), (RunState::Held, 1));
        assert_eq!(run.gates[0].text, "可以开始吗");
        let tasks = house.open_tasks().await;
        assert!(tasks.iter().any(|task| task.row.body == "备好 ¥20 的红包"), "{tasks:?}");
        app.decide_gate(owner, id, "agree", true).await.unwrap();
        let twice = app.decide_gate(owner, id, "agree", true).await.unwrap_err();
        assert_eq!(twice.code(), "playbook.gate");
        let open = house.open_tasks().await;
        assert!(open.iter().all(|task| task.row.what != "task.playbook_gate"), "the question is answered");
        house.until(ten.plus(2 * DAY + 7 * HOUR)).await;
        assert_eq!(words(&house.did(id).await)[3..], [("open", "3 auto"), ("gift", "1 task")]);
        assert_eq!(house.posts().await, 6);

        let stopped = app.stop_playbook_run(owner, id).await.unwrap();
        let undone: Vec<&str> = stopped.undone.iter().map(|step| step.step.as_str()).collect();
        assert_eq!((undone, stopped.promises), (vec!["thanks"], 1));
        let left: Vec<String> = house.open_tasks().await.into_iter().map(|task| task.row.what).collect();
        assert_eq!(left, ["task.playbook_coupon"], "people keep what they were promised");
        house.until(ten.plus(9 * DAY)).await;
        assert_eq!(house.posts().await, 6);
        let over = app.stop_playbook_run(owner, id).await.unwrap_err();
        assert_eq!(over.code(), "playbook.over");
        house.test.finish().await;
    }

    /// A process that stood still for a day catches up what is still worth doing, leaves out the rest
    /// and names it; a late start does the same at once; a no ends it.
    async fn what_came_too_late_is_left_out_and_named(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 2).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        app.save_playbook(owner, None, WEEK).await.unwrap();
        let id = app.start_playbook(owner, "our-week", &week()).await.unwrap().run.unwrap().id;
        // Monday, 18:00: nothing ran since Friday.
        let late = "2026-11-23T10:00:00Z".parse::<Timestamp>().unwrap();
        house.until(late).await;
        assert_eq!(
            words(&house.did(id).await),
            [("notice", "playbook.skip.expired"), ("prepare", "1 task"), ("agree", "1 task")]
        );
        app.decide_gate(owner, id, "agree", false).await.unwrap();
        assert_eq!(house.run(id).await.row.state, RunState::Stopped);
        assert!(house.open_tasks().await.is_empty(), "nothing is asked for what was called off");

        let other = Start { given: given(&[("opens_at", "2026-11-24 16:00"), ("groups", "all")]), ..week() };
        let begun = app.start_playbook(owner, "our-week", &other).await.unwrap();
        let said: Vec<(&str, Option<&str>)> = begun
            .steps
            .iter()
            .map(|step| (step.step.as_str(), step.reason.as_deref()))
            .collect();
        assert_eq!(said[0], ("notice", Some("playbook.skip.late_start")));
        assert_eq!(said[1].1, None, "a task of that day is still worth doing: {said:?}");
        house.leave().await;
        house.test.finish().await;
    }

    /// What was decided is written down with what was done: a place that was lost repeats nothing.
    async fn a_place_that_was_lost_repeats_nothing(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 2).await;
        house.staffed().await;
        let (app, owner, ws) = (&house.test.app, &house.test.owner, house.test.workspace.id);
        app.save_playbook(owner, None, WEEK).await.unwrap();
        let id = app.start_playbook(owner, "our-week", &week()).await.unwrap().run.unwrap().id;
        let mut tx = app.store().begin(Mode::Read).await.unwrap();
        let before = rows::get(&mut tx, ws, id).await.unwrap();
        drop(tx);
        let ten = "2026-11-22T02:00:00Z".parse::<Timestamp>().unwrap();
        house.until(ten).await;
        assert_eq!(house.posts().await, 2);
        // As if the run had never moved on.
        let mut tx = app.store().begin(Mode::Write).await.unwrap();
        let now = rows::get(&mut tx, ws, id).await.unwrap();
        let stale = rows::Run { revision: now.revision, wake_at: Some(ten), ..before };
        assert!(rows::update(&mut tx, &stale).await.unwrap());
        tx.commit().await.unwrap();
        house.until(ten.plus(MINUTE)).await;
        house.until(ten.plus(10 * MINUTE)).await;
        assert_eq!(house.posts().await, 2);
        let run = house.run(id).await;
        assert_eq!(run.row.fault.as_deref(), Some("playbook.changed_meanwhile"));
        assert_eq!(house.did(id).await.len(), 1);
        house.test.finish().await;
    }

    /// A run goes on with the text it began with; what is written later holds for the next one.
    async fn a_run_keeps_its_version(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 1).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        assert_eq!(app.save_playbook(owner, None, WEEK).await.unwrap().version, 1);
        let first = app.start_playbook(owner, "our-week", &week()).await.unwrap().run.unwrap();
        let newer = WEEK.replace("see you", "meet us").replace("见\"", "不见不散\"");
        assert_eq!(app.save_playbook(owner, Some("our-week"), &newer).await.unwrap().version, 2);
        let other = Start { given: given(&[("opens_at", "2026-11-24 15:30"), ("groups", "all")]), ..week() };
        let second = app.start_playbook(owner, "our-week", &other).await.unwrap().run.unwrap();
        assert_eq!((first.version, second.version), (1, 2));
        let wrong = app.save_playbook(owner, Some("other"), WEEK).await.unwrap_err();
        assert_eq!(wrong.code(), "playbook.name");
        house.until("2026-11-22T02:00:00Z".parse().unwrap()).await;
        let mut said: Vec<String> = house.network.sent().into_iter().map(|out| match out.wish {
            yutang_channels::Wish::Post { text, .. } => text,
            other => panic!("{other:?}"),
        }).collect();
        said.sort();
        assert_eq!(said, ["default：11月24日 周二 15:00 见", "default：11月24日 周二 15:30 不见不散"]);
        app.drop_playbook(owner, "our-week").await.unwrap();
        let gone = app.start_playbook(owner, "our-week", &week()).await.unwrap_err();
        assert_eq!(gone.code(), "playbook.unknown");
        house.until("2026-11-23T04:00:00Z".parse().unwrap()).await;
        assert_eq!(house.did(first.id).await.len(), 3, "those under way go on");
        let shown = app.playbooks(owner).await.unwrap();
        assert_eq!(shown.len(), 13);
        house.test.finish().await;
    }

    /// Where the channel cannot, somebody of the house has the words ready; a step is changed for one
    /// run without a text of one's own.
    async fn by_hand_where_the_channel_cannot(database: TestDatabase) {
        let house = House::open(&database, Profile::WechatPersonal, 2).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        app.save_playbook(owner, None, WEEK).await.unwrap();
        let moved = Adjustment { minutes: 60, ..Adjustment::default() };
        let out = Adjustment { leave_out: true, ..Adjustment::default() };
        let start = Start {
            adjusted: Adjusted::from([("notice".to_owned(), moved), ("prepare".to_owned(), out)]),
            ..week()
        };
        let id = app.start_playbook(owner, "our-week", &start).await.unwrap().run.unwrap().id;
        let ten = "2026-11-22T02:00:00Z".parse::<Timestamp>().unwrap();
        house.until(ten).await;
        assert!(house.did(id).await.is_empty(), "an hour later");
        house.until(ten.plus(HOUR)).await;
        let tasks = house.open_tasks().await;
        assert_eq!(tasks.len(), 2);
        assert_eq!(tasks[0].row.body, "default：11月24日 周二 15:00 见");
        assert_eq!(tasks[0].assignee_name.as_deref(), Some("lina"));
        house.until(ten.plus(DAY + 3 * HOUR)).await;
        assert_eq!(words(&house.did(id).await), [("notice", "2 auto"), ("agree", "1 task")]);
        app.stop_playbook_run(owner, id).await.unwrap();
        let filter = Tasks { open: Some(false), ..Tasks::default() };
        let ended = app.tasks(owner, filter, 50).await.unwrap().items;
        assert!(ended.iter().all(|task| task.row.state == TaskState::Withdrawn));
        let page = app.playbook_runs(owner, &Filter::default(), 10).await.unwrap();
        assert_eq!((page.total, page.items[0].row.state), (1, RunState::Stopped));
        house.test.finish().await;
    }
}
