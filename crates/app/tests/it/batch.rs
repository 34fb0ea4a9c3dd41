//! Batches: one transaction for many, an answer for each.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::FutureExt as _;
use yutang_app::{
    App,
    batch::{BatchError, Batcher, Limits},
};
use yutang_domain::id::{WorkspaceId, kind};
use yutang_store::{Mode, Value, params};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

/// Keeps tags by name in one transaction per batch; a name that is taken breaks a constraint.
fn tagger(
    app: &App,
    workspace: WorkspaceId,
    limits: Limits,
    transactions: Arc<AtomicUsize>,
) -> Batcher<String, i64> {
    let app = app.clone();
    Batcher::new(limits, move |names: &[String]| {
        let (app, transactions) = (app.clone(), transactions.clone());
        let names = names.to_vec();
        async move {
            transactions.fetch_add(1, Ordering::SeqCst);
            let mut tx = app.store().begin(Mode::Guarded).await?;
            let mut rows = Vec::new();
            let mut answers = Vec::new();
            for name in &names {
                let id = app.ids().next::<kind::Tag>()?;
                rows.push(params![id, workspace, name, name, "#fff", app.now()]);
                answers.push(Ok(id.raw()));
            }
            tx.insert_many(
                "INSERT INTO tag (id, workspace_id, name, name_sort, color, created_at) VALUES",
                rows,
                "",
            )
            .await?;
            tx.commit().await?;
            Ok(answers)
        }
        .boxed()
    })
}

async fn name_of(app: &App, id: i64) -> Option<i64> {
    let mut tx = app.store().begin(Mode::Read).await.unwrap();
    tx.find(
        "SELECT id AS n FROM tag WHERE id = $1",
        vec![Value::from(id)],
    )
    .await
    .unwrap()
}

both_engines! {
    /// Requests that come together share transactions, and are answered after commit.
    async fn requests_share_a_transaction(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let transactions = Arc::new(AtomicUsize::new(0));
        let limits = Limits { wait: Duration::from_millis(50), ..Limits::default() };
        let tags = tagger(&test.app, test.workspace.id, limits, transactions.clone());
        let asked = (0..100).map(|n| tags.ask(format!("tag {n}")));
        for answer in futures::future::join_all(asked).await {
            let id = answer.unwrap();
            assert_eq!(name_of(&test.app, id).await, Some(id), "answered before it was there");
        }
        assert!(transactions.load(Ordering::SeqCst) <= 3, "{transactions:?}");
        test.finish().await;
    }

    /// One bad request is found by halving and refused alone; the others are served.
    async fn a_bad_request_is_refused_alone(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let transactions = Arc::new(AtomicUsize::new(0));
        let limits = Limits { wait: Duration::from_millis(50), ..Limits::default() };
        let tags = tagger(&test.app, test.workspace.id, limits, transactions);
        tags.ask("taken".to_owned()).await.unwrap();
        let names: Vec<String> =
            (0..40).map(|n| if n == 17 { "taken".to_owned() } else { format!("free {n}") }).collect();
        let answers = futures::future::join_all(names.iter().cloned().map(|n| tags.ask(n))).await;
        for (index, answer) in answers.into_iter().enumerate() {
            if index == 17 {
                assert_eq!(answer.unwrap_err().code(), "store.conflict");
            } else {
                assert!(name_of(&test.app, answer.unwrap()).await.is_some());
            }
        }
        test.finish().await;
    }
}

/// Whoever comes when the line is full is sent away at once, with a reason that says when to come
/// back, and the line goes on.
#[tokio::test]
async fn a_full_line_sends_away() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let held = gate.clone();
    let limits = Limits {
        wait: Duration::ZERO,
        items: 1,
        line: 2,
        eager: false,
    };
    let slow: Arc<Batcher<usize, usize>> =
        Arc::new(Batcher::new(limits, move |numbers: &[usize]| {
            let (held, numbers) = (held.clone(), numbers.to_vec());
            async move {
                held.acquire().await.expect("it is never closed").forget();
                Ok(numbers.into_iter().map(Ok).collect())
            }
            .boxed()
        }));
    let ask = |number| {
        let slow = slow.clone();
        tokio::spawn(async move { slow.ask(number).await })
    };
    // One is being served, two stand in line, sooner or later one is too many.
    let mut waiting = vec![ask(0)];
    let refused = loop {
        tokio::task::yield_now().await;
        match slow.ask(99).now_or_never() {
            Some(answer) => break answer.unwrap_err(),
            None => waiting.push(ask(waiting.len())),
        }
    };
    assert_eq!(refused.rule::<BatchError>(), Some(&BatchError::Full));
    gate.add_permits(100);
    for (number, answer) in waiting.into_iter().enumerate() {
        match answer.await.unwrap() {
            Ok(answer) => assert_eq!(answer, number),
            Err(error) => assert_eq!(error.rule::<BatchError>(), Some(&BatchError::Full)),
        }
    }
    assert_eq!(slow.ask(7).await.unwrap(), 7, "the line goes on");
}
