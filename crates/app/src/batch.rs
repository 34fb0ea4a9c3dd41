//! Requests that arrive together share one transaction.
//!
//! Committing costs the same for one row as for five hundred. So a busy verb does not open a
//! transaction per request: requests wait a few milliseconds for company, one guarded transaction
//! serves them all in the order in which they came, and everybody is answered after it committed.
//! If a row of one of them breaks a constraint, the batch is halved until that one stands alone
//! with its own reason; the others do not suffer for it.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use yutang_domain::error::{Class, Rule};
use yutang_store::StoreError;

use crate::{AppError, Result};

/// For how many turns of the runtime an eager batch stays open: what is ready in the first has been
/// waiting, what joins in the next came in with it. Whoever comes later joins the next batch, which
/// forms while this one commits; a batch that waited for them would have all of them wait together.
const TURNS: u32 = 2;

/// How a batcher waits and how much it holds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long the first request of a batch waits for others, unless eager.
    pub wait: Duration,
    /// How many requests make a full batch.
    pub items: usize,
    /// How many requests may stand in line before the next one is sent away.
    pub line: usize,
    /// Whether a batch closes as soon as nothing else is ready to join it, rather than after
    /// `wait`: for busy lines, where the next batch forms while this one commits.
    pub eager: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wait: Duration::from_millis(2),
            items: 512,
            line: 4096,
            eager: false,
        }
    }
}

/// Why a batcher gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Too many are waiting: come again in a second.
    #[error("too many requests are waiting: try again in a second")]
    Full,
    /// The program is ending.
    #[error("the program is ending: try again in a moment")]
    Closed,
    /// The transaction that was shared failed for everybody.
    #[error("{detail}")]
    Failed {
        /// Code of the reason.
        code: &'static str,
        /// The reason.
        detail: String,
    },
}

impl Rule for BatchError {
    fn code(&self) -> &'static str {
        match self {
            Self::Full => "batch.full",
            Self::Closed => "batch.closed",
            Self::Failed { code, .. } => code,
        }
    }
    fn class(&self) -> Class {
        Class::Unavailable
    }
}

struct Waiting<Q, A> {
    request: Q,
    answer: oneshot::Sender<Result<A>>,
}

type Serve<Q, A> = dyn for<'a> Fn(&'a [Q]) -> BoxFuture<'a, Result<Vec<Result<A>>>> + Send + Sync;

/// Gathers requests `Q` and answers each with an `A`.
pub struct Batcher<Q, A> {
    line: mpsc::Sender<Waiting<Q, A>>,
}

impl<Q, A> std::fmt::Debug for Batcher<Q, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batcher")
            .field("free", &self.line.capacity())
            .finish()
    }
}

impl<Q: Send + Sync + 'static, A: Send + 'static> Batcher<Q, A> {
    /// A batcher that serves a batch by `serve`: one transaction, one answer per request in the
    /// same order, returned after commit. It ends with its last handle.
    pub fn new<S>(limits: Limits, serve: S) -> Self
    where
        S: for<'a> Fn(&'a [Q]) -> BoxFuture<'a, Result<Vec<Result<A>>>> + Send + Sync + 'static,
    {
        let (line, waiting) = mpsc::channel(limits.line.max(1));
        tokio::spawn(gather(limits, waiting, Arc::new(serve)));
        Self { line }
    }

    /// Waits for the answer to `request`.
    ///
    /// # Errors
    /// [`BatchError::Full`] at once when too many are waiting; else what the request was refused
    /// for, or why the transaction failed.
    pub async fn ask(&self, request: Q) -> Result<A> {
        let (answer, answered) = oneshot::channel();
        self.line
            .try_send(Waiting { request, answer })
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => BatchError::Full,
                mpsc::error::TrySendError::Closed(_) => BatchError::Closed,
            })?;
        answered.await.map_err(|_| BatchError::Closed)?
    }
}

async fn gather<Q: Send + Sync, A: Send>(
    limits: Limits,
    mut line: mpsc::Receiver<Waiting<Q, A>>,
    serve: Arc<Serve<Q, A>>,
) {
    while let Some(first) = line.recv().await {
        let mut batch = vec![first];
        if limits.eager {
            join_ready(limits, &mut line, &mut batch).await;
        } else {
            join_in_time(limits, &mut line, &mut batch).await;
        }
        metrics::histogram!("yutang_batch_items").record(batch.len() as f64);
        let (requests, answers): (Vec<Q>, Vec<_>) =
            batch.into_iter().map(|w| (w.request, w.answer)).unzip();
        for (outcome, answer) in settle(&requests, &serve).await.into_iter().zip(answers) {
            // Whoever no longer waits has given up on the answer, not on the request.
            let _ = answer.send(outcome);
        }
    }
}

/// Lets requests join until the time is over or the batch is full.
async fn join_in_time<Q, A>(
    limits: Limits,
    line: &mut mpsc::Receiver<Waiting<Q, A>>,
    batch: &mut Vec<Waiting<Q, A>>,
) {
    let closing = tokio::time::sleep(limits.wait);
    tokio::pin!(closing);
    while batch.len() < limits.items.max(1) {
        tokio::select! {
            biased;
            next = line.recv() => match next {
                Some(next) => batch.push(next),
                None => break,
            },
            () = &mut closing => break,
        }
    }
}

/// Lets requests join that are ready, or until the batch is full.
async fn join_ready<Q, A>(
    limits: Limits,
    line: &mut mpsc::Receiver<Waiting<Q, A>>,
    batch: &mut Vec<Waiting<Q, A>>,
) {
    for turn in 0..TURNS {
        if turn > 0 {
            tokio::task::yield_now().await;
        }
        while batch.len() < limits.items.max(1)
            && let Ok(next) = line.try_recv()
        {
            batch.push(next);
        }
    }
}

/// Serves `requests`, halving them wherever a constraint refuses the whole.
fn settle<'a, Q: Send + Sync, A: Send>(
    requests: &'a [Q],
    serve: &'a Arc<Serve<Q, A>>,
) -> BoxFuture<'a, Vec<Result<A>>> {
    Box::pin(async move {
        match serve(requests).await {
            Ok(answers) if answers.len() == requests.len() => answers,
            Ok(answers) => {
                let detail = format!("{} answers to {} requests", answers.len(), requests.len());
                requests
                    .iter()
                    .map(|_| Err(AppError::Internal(detail.clone())))
                    .collect()
            }
            Err(error) if requests.len() == 1 => vec![Err(error)],
            Err(AppError::Store(StoreError::Conflict(_))) => {
                let (left, right) = requests.split_at(requests.len() / 2);
                let mut answers = settle(left, serve).await;
                answers.extend(settle(right, serve).await);
                answers
            }
            Err(error) => requests
                .iter()
                .map(|_| {
                    Err(BatchError::Failed {
                        code: error.code(),
                        detail: error.to_string(),
                    }
                    .into())
                })
                .collect(),
        }
    })
}
