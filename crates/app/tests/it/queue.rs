//! Jobs: there exactly if the change is, done once, tried again, given up in the end.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{LazyLock, Mutex},
};

use serde::{Deserialize, Serialize};
use yutang_app::{
    App, AppError, Result,
    queue::{Job, Trades},
    sweeps,
};
use yutang_domain::{
    id::WorkspaceId,
    time::{DAY, HOUR, MINUTE},
};
use yutang_store::{Mode, job};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

/// How often each note was written, by the data folder of the test and its text.
static WRITTEN: LazyLock<Mutex<HashMap<(PathBuf, String), usize>>> = LazyLock::new(Mutex::default);

fn written(test: &TestApp, text: &str) -> usize {
    let key = (test.app.data().to_owned(), text.to_owned());
    WRITTEN.lock().unwrap().get(&key).copied().unwrap_or(0)
}

/// Writes a note; fails the first `failures` times.
#[derive(Serialize, Deserialize)]
struct Note {
    text: String,
    failures: usize,
    key: Option<String>,
}

impl Note {
    fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            failures: 0,
            key: None,
        }
    }
}

impl Job for Note {
    const KIND: &'static str = "note";
    const MAX_ATTEMPTS: i64 = 3;

    fn dedup(&self) -> Option<String> {
        self.key.clone()
    }

    async fn run(&self, app: &App, _: WorkspaceId) -> Result<()> {
        let mut written = WRITTEN.lock().unwrap();
        let count = written
            .entry((app.data().to_owned(), self.text.clone()))
            .or_default();
        *count += 1;
        if *count <= self.failures {
            return Err(AppError::internal("the pen is dry"));
        }
        Ok(())
    }
}

fn trades() -> Trades {
    Trades::default().with::<Note>()
}

async fn enqueue(test: &TestApp, note: &Note) -> bool {
    let now = test.app.now();
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    let added = test
        .app
        .enqueue(&mut tx, test.workspace.id, note, now, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    added
}

both_engines! {
    /// A job is part of the transaction that leaves it behind.
    async fn a_job_is_there_exactly_if_the_change_is(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let now = test.app.now();
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        test.app.enqueue(&mut tx, test.workspace.id, &Note::new("dropped"), now, now).await.unwrap();
        drop(tx);
        assert!(test.app.backlog().await.unwrap().is_idle());
        enqueue(&test, &Note::new("kept")).await;
        assert!(!test.app.backlog().await.unwrap().is_idle());
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 1);
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 0);
        assert_eq!(written(&test, "kept"), 1);
        assert_eq!(written(&test, "dropped"), 0);
        test.finish().await;
    }

    /// Two processes that work on one queue do each job once.
    async fn two_processes_do_each_job_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let other = test.another().await;
        let texts: Vec<String> = (0..24).map(|n| format!("shared {n}")).collect();
        for text in &texts {
            enqueue(&test, &Note::new(text)).await;
        }
        let work = |app: App| async move {
            let mut done = 0;
            loop {
                match app.work_due(&trades()).await.unwrap() {
                    0 => break done,
                    some => done += some,
                }
            }
        };
        let (one, two) = tokio::join!(work(test.app.clone()), work(other.clone()));
        assert_eq!(one + two, texts.len());
        for text in &texts {
            assert_eq!(written(&test, text), 1, "{text}");
        }
        other.close().await;
        test.finish().await;
    }

    /// What fails is tried again later, and ends as a dead letter that can be brought back.
    async fn a_failing_job_is_tried_again_and_given_up(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let ws = test.workspace.id;
        enqueue(&test, &Note { failures: 1, ..Note::new("second time lucky") }).await;
        enqueue(&test, &Note { failures: 3, ..Note::new("hopeless") }).await;
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 2);
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 0, "not before its time");
        test.advance(MINUTE).await;
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 2);
        assert_eq!(written(&test, "second time lucky"), 2);
        test.advance(MINUTE).await;
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 1);
        test.advance(DAY).await;
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 0, "given up");
        let dead = test.app.dead_jobs(ws).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert!(dead[0].error.as_deref().unwrap().contains("the pen is dry"), "{dead:?}");
        assert!(test.app.revive_job(ws, dead[0].id).await.unwrap());
        assert!(!test.app.revive_job(ws, dead[0].id).await.unwrap(), "once is enough");
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 1);
        assert_eq!(test.app.dead_jobs(ws).await.unwrap().len(), 0);
        assert_eq!(written(&test, "hopeless"), 4);
        test.finish().await;
    }

    /// A process that dies over a job leaves it to others, a minute later.
    async fn a_job_outlives_its_process(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        enqueue(&test, &Note::new("orphan")).await;
        let now = test.app.now();
        let mut tx = test.app.store().begin(Mode::Guarded).await.unwrap();
        let taken = job::claim(&mut tx, &["note"], "the dead", now, now.plus(MINUTE), 5).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(taken.len(), 1);
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 0, "still held");
        test.advance(MINUTE + 1).await;
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 1);
        let mut tx = test.app.store().begin(Mode::Guarded).await.unwrap();
        assert!(!job::finish(&mut tx, taken[0].id, "the dead", now).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(written(&test, "orphan"), 1);
        test.finish().await;
    }

    /// One unfinished job per key; after it another one may come.
    async fn a_key_is_queued_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let keyed = |text: &str| Note { key: Some("daily".to_owned()), ..Note::new(text) };
        assert!(enqueue(&test, &keyed("first")).await);
        assert!(!enqueue(&test, &keyed("again")).await);
        test.app.work_due(&trades()).await.unwrap();
        assert!(enqueue(&test, &keyed("next")).await);
        test.app.work_due(&trades()).await.unwrap();
        assert_eq!(written(&test, "again"), 0);
        assert_eq!(written(&test, "next"), 1);
        test.finish().await;
    }

    /// A job of a kind that this process does not know is left to one that does.
    async fn unknown_kinds_are_left_alone(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        enqueue(&test, &Note::new("foreign")).await;
        assert_eq!(test.app.work_due(&Trades::default()).await.unwrap(), 0);
        assert_eq!(test.app.work_due(&trades()).await.unwrap(), 1);
        test.finish().await;
    }

    /// A sweep runs when it is due, in one process at a time, and not again before its time.
    async fn a_sweep_runs_once_in_its_time(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let other = test.another().await;
        let expiry = sweeps::ALL.iter().find(|sweep| sweep.name == "expiry").unwrap();
        let (one, two) =
            tokio::join!(test.app.run_sweep(expiry), other.run_sweep(expiry));
        let ran = [one.unwrap(), two.unwrap()].into_iter().flatten().count();
        assert_eq!(ran, 1, "one of two");
        assert_eq!(test.app.run_sweep(expiry).await.unwrap(), None, "not yet");
        test.advance(HOUR).await;
        assert!(test.app.run_sweep(expiry).await.unwrap().is_some());
        for sweep in sweeps::ALL {
            test.advance(DAY).await;
            test.app.run_sweep(sweep).await.unwrap();
        }
        other.close().await;
        test.finish().await;
    }
}
