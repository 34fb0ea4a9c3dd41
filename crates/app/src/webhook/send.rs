//! Deliveries are made: tried, tried again, given up.

use std::{collections::HashSet, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, stream, stream::FuturesUnordered};
use yutang_channels::{
    signature::Secret,
    webhook::{Endpoint, Line, Message},
};
use yutang_domain::{
    event::{Event, EventKind},
    id::{WebhookId, WorkspaceId},
    task::{Level, TaskKind},
    time::{DAY, MINUTE, SECOND, Timestamp},
    webhook::{DeliveryState, Verdict, WebhookState, is_hopeless, verdict, wait},
};
use yutang_store::{
    Tx, event, installation,
    webhook::{
        self as rows, Webhook,
        delivery::{self, Attempt, Delivery},
    },
};

use super::{TELLER, task_of};
use crate::{App, Result, key::random_below, macros::in_tx, task::NewTask};

/// How long a teller has to say what became of a delivery, in milliseconds.
pub(super) const HOLD_MS: i64 = 2 * MINUTE;
/// How many deliveries of one webhook are taken at a time.
const BATCH: usize = 12;
/// How many of them are under way at once.
const AT_ONCE: usize = 4;
/// How many webhooks are told at once.
const WEBHOOKS: usize = 16;
/// How often the log and what is due are looked at.
const POLL: Duration = Duration::from_secs(1);

/// What an attempt came to.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// The beginning of the answer.
    pub said: String,
    /// What went wrong.
    pub error: Option<String>,
    /// How long the receiver asks to wait.
    pub retry_after_ms: Option<i64>,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
}

impl Tried {
    fn in_vain(error: String) -> Self {
        Self {
            status: None,
            said: String::new(),
            error: Some(error),
            retry_after_ms: None,
            took_ms: 0,
        }
    }
}

/// What a webhook is told by.
struct Wire {
    line: Line,
    secrets: Vec<Secret>,
}

impl App {
    /// Tells webhooks until the program stops. One that answers slowly keeps nobody but itself
    /// waiting.
    pub async fn deliver(&self) {
        let stop = self.stopping();
        let mut busy: HashSet<WebhookId> = HashSet::new();
        let mut under_way = FuturesUnordered::new();
        while !stop.is_cancelled() {
            match self.look_for_deliveries().await {
                Ok(due) => {
                    for one in due {
                        if busy.len() < WEBHOOKS && busy.insert(one.webhook_id) {
                            under_way.push(async move {
                                let of = (one.workspace_id, one.webhook_id);
                                (one.webhook_id, self.deliver_to(of).await)
                            });
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "webhooks cannot be told; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                Some((webhook, outcome)) = under_way.next() => {
                    busy.remove(&webhook);
                    if let Err(error) = outcome {
                        tracing::warn!(%error, %webhook, "a webhook could not be told; trying again");
                        tokio::time::sleep(POLL).await;
                    }
                }
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    async fn look_for_deliveries(&self) -> Result<Vec<delivery::Due>> {
        let listeners = in_tx!(self, Read, tx => Ok(rows::listeners(tx).await?))?;
        if listeners.is_empty() {
            return Ok(Vec::new());
        }
        self.note_deliveries_to(listeners).await?;
        let now = self.now();
        in_tx!(self, Guarded, tx => Ok(delivery::take_up_orphans(tx, now).await?))?;
        in_tx!(self, Read, tx => Ok(delivery::due(tx, now).await?))
    }

    /// Tells what is due now; says how many deliveries were tried.
    ///
    /// # Errors
    /// The database refused; what a receiver says is kept with the delivery.
    pub async fn deliver_due(&self) -> Result<usize> {
        let due = self.look_for_deliveries().await?;
        let mut count = 0;
        let told = stream::iter(due)
            .map(|one| self.deliver_to((one.workspace_id, one.webhook_id)))
            .buffer_unordered(WEBHOOKS)
            .collect::<Vec<_>>()
            .await;
        for outcome in told {
            count += outcome?;
        }
        Ok(count)
    }

    async fn deliver_to(&self, of: (WorkspaceId, WebhookId)) -> Result<usize> {
        let now = self.now();
        let (row, taken) = in_tx!(self, Guarded, tx => {
            let row = rows::get(tx, of.0, of.1).await?;
            if installation::find(tx, crate::queue::PAUSED).await?.is_some() {
                return Ok((row, Vec::new()));
            }
            let held = (now, now.plus(HOLD_MS));
            let taken = delivery::claim(tx, of, self.ids().holder(), held, BATCH).await?;
            Ok((row, taken))
        })?;
        if taken.is_empty() {
            return Ok(0);
        }
        let wire = self.wire(&row).await;
        let (row, wire, count) = (&row, &wire, taken.len());
        stream::iter(taken)
            .map(|one| async move { self.deliver_one(row, wire, &one).await })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(count)
    }

    /// Tries one thing at once, outside the queue.
    pub(super) async fn try_once(&self, row: &Webhook, id: &str, body: &str) -> Tried {
        let wire = self.wire(row).await;
        self.attempt(&wire, &Message { id, body }).await
    }

    /// Looks where a webhook leads, and with what it is signed now.
    async fn wire(&self, row: &Webhook) -> Result<Wire, String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let unsealed = |sealed: &str| self.keys().unseal(sealed).map_err(|error| told(&error));
        let now = self.now();
        let old = row
            .old_secret
            .as_deref()
            .filter(|_| row.old_until.is_some_and(|until| until > now));
        let mut secrets = Vec::new();
        for sealed in std::iter::once(row.secret.as_str()).chain(old) {
            secrets.push(Secret::parse(&unsealed(sealed)?).map_err(|error| told(&error))?);
        }
        let endpoint = Endpoint::new(&unsealed(&row.address)?, self.webhooks_reach())
            .map_err(|error| told(&error))?;
        let line = endpoint.open().await.map_err(|error| told(&error))?;
        Ok(Wire { line, secrets })
    }

    async fn attempt(&self, wire: &Result<Wire, String>, message: &Message<'_>) -> Tried {
        let wire = match wire {
            Ok(wire) => wire,
            Err(error) => return Tried::in_vain(error.clone()),
        };
        let begun = self.now();
        let answered = wire.line.post(message, &wire.secrets, begun).await;
        let took_ms = self.now().since(begun).max(0);
        match answered {
            Ok(reply) => Tried {
                status: Some(reply.status),
                error: complaint(reply.status),
                said: reply.said,
                retry_after_ms: reply.retry_after_ms,
                took_ms,
            },
            Err(error) => Tried {
                took_ms,
                ..Tried::in_vain(error)
            },
        }
    }

    async fn deliver_one(
        &self,
        row: &Webhook,
        wire: &Result<Wire, String>,
        one: &Delivery,
    ) -> Result<()> {
        let id = one.id.to_string();
        let body = one.body.as_str();
        let tried = self.attempt(wire, &Message { id: &id, body }).await;
        let means = tried.status.map_or(Verdict::Refused, verdict);
        let now = self.now();
        let again = wait(one.attempts, tried.retry_after_ms, random_below(u32::MAX))
            .filter(|_| means == Verdict::Refused);
        let state = match (means, again) {
            (Verdict::Taken, _) => DeliveryState::Delivered,
            (_, Some(_)) => DeliveryState::Failed,
            (_, None) => DeliveryState::GivenUp,
        };
        metrics::counter!("yutang_webhook_deliveries_total", "outcome" => state.as_str())
            .increment(1);
        let mut attempt = Attempt {
            state,
            next_at: now.plus(again.unwrap_or(0)),
            status: tried.status.map(i64::from),
            answer: &tried.said,
            error: tried.error.as_deref(),
            took_ms: tried.took_ms,
            at: now,
        };
        let of = (one.workspace_id, one.webhook_id);
        let holder = self.ids().holder();
        in_tx!(self, Guarded, tx => {
            if means == Verdict::Taken {
                if delivery::settle(tx, (of.0, one.id), holder, &attempt).await? {
                    rows::reached(tx, of.0, of.1, now).await?;
                }
                return Ok(());
            }
            let why = attempt.error.unwrap_or_default();
            let missed = rows::missed(tx, of, why, now).await?;
            let since = missed.failing_since;
            // Another of the same moment may have had it switched off.
            if missed.state != WebhookState::On {
                attempt.state = DeliveryState::GivenUp;
            }
            if !delivery::settle(tx, (of.0, one.id), holder, &attempt).await? {
                return Ok(());
            }
            if means == Verdict::Gone || is_hopeless(since, now) {
                return self.switch_off(tx, row, (since, means), why, now).await;
            }
            // Whoever is too busy for one delivery is so for all.
            if let (Some(429 | 503), Some(asked)) = (tried.status, tried.retry_after_ms) {
                let until = now.plus(asked.clamp(SECOND, DAY));
                delivery::put_off(tx, of.0, of.1, until).await?;
            }
            Ok(())
        })
    }

    /// Switches a webhook off that is gone or beyond hope, and has somebody look at it.
    async fn switch_off(
        &self,
        tx: &mut Tx,
        row: &Webhook,
        (since, means): (Timestamp, Verdict),
        why: &str,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = row.workspace_id;
        if !rows::fail(tx, workspace, row.id, now).await? {
            return Ok(());
        }
        delivery::give_up(tx, workspace, row.id).await?;
        let fact = Event::new(self.ids().next()?, EventKind::WebhookChanged, &TELLER)
            .with(serde_json::json!({ "webhook": row.id }));
        let cause = fact.id;
        event::insert(tx, workspace, now, &[fact]).await?;
        let reason = match means {
            Verdict::Gone => "task.why.webhook_gone",
            _ => "task.why.webhook_failing",
        };
        let task = NewTask {
            level: Level::Warn,
            args: serde_json::json!({ "webhook": row.name, "reason": why }),
            minutes: 10,
            cause: Some(cause),
            ..NewTask::new(
                TaskKind::Do,
                ("task.webhook_off", reason),
                since,
                task_of(row.id, since),
            )
        };
        self.create_task_in(tx, workspace, task, &TELLER, now)
            .await?;
        Ok(())
    }
}

/// What was wrong with an answer.
fn complaint(status: u16) -> Option<String> {
    match status {
        200..=299 => None,
        300..=399 => Some(format!(
            "it answers {status}: a redirect, which is not followed"
        )),
        410 => Some("it answers 410: it is gone".to_owned()),
        _ => Some(format!("it answers {status}")),
    }
}
