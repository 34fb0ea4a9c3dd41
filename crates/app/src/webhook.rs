//! Webhooks: what happens here is told to other programs, signed as Standard Webhooks asks for it.
//!
//! What is to be told follows from the log: [`note`] goes along it with a cursor and makes
//! deliveries in the transaction that moves the cursor, so that nothing is left out and nothing is
//! made twice, whenever the program dies. [`send`] carries them out: at least once, each under a
//! name that stays the same, by which the receiver knows one that comes again.

mod note;
mod send;

use serde::Serialize;
use yutang_channels::{signature::Secret, webhook::Endpoint};
use yutang_domain::{
    actor::Actor,
    event::{Event, EventKind},
    id::{BranchId, WebhookDeliveryId, WebhookId, kind},
    permission::Operation,
    task::TaskState,
    time::Timestamp,
    webhook::{
        self as rules, DeliveryState, MOST, OVERLAP, Subscription, TEST, Topic, Verdict,
        WebhookError, WebhookState,
    },
};
pub use yutang_store::webhook::{Webhook, delivery::Delivery};
use yutang_store::{
    Tx, branch, event,
    webhook::{
        self as rows,
        delivery::{self, Standing},
    },
};

use crate::{App, Caller, Result, audit::Change, key::random_bytes, macros::in_tx};

/// Who tells, switches off and asks people to look.
const TELLER: Actor = Actor::System("webhook");
/// Up to which number deliveries are counted exactly.
pub const COUNTED_UP_TO: usize = 10_000;
/// How many bytes a secret has.
const SECRET: usize = 32;

/// A webhook to be added.
#[derive(Clone)]
pub struct NewWebhook {
    /// What people call it.
    pub name: String,
    /// Where it leads.
    pub address: String,
    /// Topics by name; empty = everything.
    pub topics: Vec<String>,
    /// Whose facts it is told; none = all.
    pub branch: Option<BranchId>,
}

impl std::fmt::Debug for NewWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewWebhook")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What changes of a webhook; none = as it is.
#[derive(Clone, Default)]
pub struct WebhookChange {
    /// What people call it.
    pub name: Option<String>,
    /// Where it leads.
    pub address: Option<String>,
    /// Topics by name.
    pub topics: Option<Vec<String>>,
    /// Whose facts it is told.
    pub branch: Option<Option<BranchId>>,
    /// Whether it is told at all.
    pub on: Option<bool>,
}

impl std::fmt::Debug for WebhookChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookChange")
            .field("topics", &self.topics)
            .field("on", &self.on)
            .finish_non_exhaustive()
    }
}

/// A webhook with the secret that is shown this once.
#[derive(Clone)]
pub struct MadeWebhook {
    /// What is known of it from now on.
    pub row: Webhook,
    /// The secret.
    pub secret: String,
}

impl std::fmt::Debug for MadeWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeWebhook").finish_non_exhaustive()
    }
}

/// A webhook as a list shows it.
#[derive(Clone)]
pub struct Listed {
    /// The row.
    pub row: Webhook,
    /// Where it leads.
    pub address: String,
    /// Deliveries that are still to be made.
    pub waiting: i64,
    /// Deliveries that were given up.
    pub given_up: i64,
}

impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed")
            .field("waiting", &self.waiting)
            .field("given_up", &self.given_up)
            .finish_non_exhaustive()
    }
}

/// A page of deliveries.
#[derive(Clone, Debug)]
pub struct DeliveryPage {
    /// The deliveries, the latest first.
    pub items: Vec<Delivery>,
    /// Where the next page begins, if there is one.
    pub next: Option<(i64, WebhookDeliveryId)>,
    /// How many there are, up to [`COUNTED_UP_TO`] + 1.
    pub total: i64,
}

#[derive(Serialize)]
struct Snapshot {
    topics: Vec<String>,
    branch: Option<BranchId>,
    state: WebhookState,
}

impl App {
    /// Adds a webhook; it is told what happens from now on.
    ///
    /// # Errors
    /// [`WebhookError`]; there is no such branch.
    pub async fn add_webhook(&self, caller: &Caller, new: &NewWebhook) -> Result<MadeWebhook> {
        caller.may(Operation::WebhookEdit)?;
        let name = rules::named(&new.name)?;
        Endpoint::new(&new.address, self.webhooks_reach())?;
        let topics = Subscription::parse(new.topics.iter().map(String::as_str))?;
        // What was committed before lies before it in the log.
        self.give_positions().await?;
        let now = self.now();
        let secret = Secret::text(&random_bytes::<SECRET>());
        let row = Webhook {
            id: self.ids().next::<kind::Webhook>()?,
            workspace_id: caller.workspace,
            name,
            address: self.keys().seal(new.address.trim()),
            secret: self.keys().seal(&secret),
            old_secret: None,
            old_until: None,
            topics: topics.words().join(" "),
            branch_id: new.branch,
            state: WebhookState::On,
            failing_since: None,
            last_error: None,
            delivered_at: None,
            since_at: now,
            created_at: now,
            updated_at: now,
        };
        in_tx!(self, Write, tx => {
            if rows::list(tx, caller.workspace).await?.len() >= MOST {
                return Err(WebhookError::Most.into());
            }
            if let Some(id) = row.branch_id {
                branch::get(tx, caller.workspace, id).await?;
            }
            self.begin_to_listen(tx, caller).await?;
            rows::insert(tx, &row).await?;
            self.webhook_changed(tx, caller, "webhook.create", (None, Some(&row)), now).await
        })?;
        Ok(MadeWebhook { row, secret })
    }

    /// Nobody has to go along what happened while nobody listened.
    async fn begin_to_listen(&self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        let last = event::last_position(tx).await?;
        Ok(rows::begin(tx, caller.workspace, last).await?)
    }

    /// What can be told.
    ///
    /// # Errors
    /// The caller may not set webhooks up.
    pub fn webhook_topics(&self, caller: &Caller) -> Result<&'static [Topic]> {
        caller.may(Operation::WebhookEdit)?;
        Ok(Topic::ALL)
    }

    /// The webhooks in use, oldest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn webhooks(&self, caller: &Caller) -> Result<Vec<Listed>> {
        caller.may(Operation::WebhookEdit)?;
        let (found, standing) = in_tx!(self, Read, tx => Ok((
            rows::list(tx, caller.workspace).await?,
            delivery::standing(tx, caller.workspace).await?,
        )))?;
        found
            .into_iter()
            .map(|row| self.listed_webhook(row, &standing))
            .collect()
    }

    /// Changes a webhook, switches it off or on. What happens while it is off is not told; where it
    /// had failed, what was given up can be told again.
    ///
    /// # Errors
    /// [`WebhookError`]; there is no such webhook or branch.
    pub async fn change_webhook(
        &self,
        caller: &Caller,
        id: WebhookId,
        change: &WebhookChange,
    ) -> Result<Listed> {
        caller.may(Operation::WebhookEdit)?;
        if change.on == Some(true) {
            // What was committed before lies before it in the log.
            self.give_positions().await?;
        }
        let now = self.now();
        let name = change.name.as_deref().map(rules::named).transpose()?;
        if let Some(address) = &change.address {
            Endpoint::new(address, self.webhooks_reach())?;
        }
        let topics = change
            .topics
            .as_ref()
            .map(|topics| Subscription::parse(topics.iter().map(String::as_str)))
            .transpose()?;
        let (row, standing) = in_tx!(self, Write, tx => {
            let before = rows::get(tx, caller.workspace, id).await?;
            let mut row = before.clone();
            if let Some(name) = &name {
                row.name.clone_from(name);
            }
            if let Some(address) = &change.address {
                row.address = self.keys().seal(address.trim());
            }
            if let Some(topics) = &topics {
                row.topics = topics.words().join(" ");
            }
            if let Some(branch) = change.branch {
                if let Some(branch) = branch {
                    branch::get(tx, caller.workspace, branch).await?;
                }
                row.branch_id = branch;
            }
            match change.on {
                Some(true) if before.state != WebhookState::On => {
                    row.state = WebhookState::On;
                    (row.failing_since, row.last_error) = (None, None);
                    if before.state == WebhookState::Off {
                        self.begin_to_listen(tx, caller).await?;
                        row.since_at = now;
                    }
                    self.end_webhook_task(tx, caller, &before, now).await?;
                }
                Some(false) if before.state != WebhookState::Off => {
                    row.state = WebhookState::Off;
                    delivery::give_up(tx, caller.workspace, id).await?;
                    self.end_webhook_task(tx, caller, &before, now).await?;
                }
                _ => {}
            }
            row.updated_at = now;
            rows::update(tx, &row).await?;
            let changed = (Some(&before), Some(&row));
            self.webhook_changed(tx, caller, "webhook.edit", changed, now).await?;
            Ok((row, delivery::standing(tx, caller.workspace).await?))
        })?;
        self.listed_webhook(row, &standing)
    }

    fn listed_webhook(&self, row: Webhook, standing: &[Standing]) -> Result<Listed> {
        let count = |given_up: bool| {
            standing
                .iter()
                .filter(|one| one.webhook_id == row.id)
                .filter(|one| (one.state == DeliveryState::GivenUp) == given_up)
                .map(|one| one.n)
                .sum()
        };
        Ok(Listed {
            address: self.keys().unseal(&row.address)?,
            waiting: count(false),
            given_up: count(true),
            row,
        })
    }

    /// Gives a webhook a new secret; for a day the one before signs as well.
    ///
    /// # Errors
    /// There is no such webhook.
    pub async fn rotate_webhook(&self, caller: &Caller, id: WebhookId) -> Result<MadeWebhook> {
        caller.may(Operation::WebhookEdit)?;
        let now = self.now();
        let secret = Secret::text(&random_bytes::<SECRET>());
        let sealed = self.keys().seal(&secret);
        let row = in_tx!(self, Write, tx => {
            let before = rows::get(tx, caller.workspace, id).await?;
            let row = Webhook {
                secret: sealed.clone(),
                old_secret: Some(before.secret.clone()),
                old_until: Some(now.plus(OVERLAP)),
                updated_at: now,
                ..before.clone()
            };
            rows::update(tx, &row).await?;
            let changed = (Some(&before), Some(&row));
            self.webhook_changed(tx, caller, "webhook.rotate", changed, now).await?;
            Ok(row)
        })?;
        Ok(MadeWebhook { row, secret })
    }

    /// Takes a webhook out of use: its address and secrets go.
    ///
    /// # Errors
    /// There is no such webhook.
    pub async fn remove_webhook(&self, caller: &Caller, id: WebhookId) -> Result<()> {
        caller.may(Operation::WebhookEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let before = rows::get(tx, caller.workspace, id).await?;
            let row = Webhook {
                state: WebhookState::Removed,
                address: String::new(),
                secret: String::new(),
                old_secret: None,
                old_until: None,
                updated_at: now,
                ..before.clone()
            };
            rows::update(tx, &row).await?;
            delivery::give_up(tx, caller.workspace, id).await?;
            self.end_webhook_task(tx, caller, &before, now).await?;
            self.webhook_changed(tx, caller, "webhook.remove", (Some(&before), None), now).await
        })
    }

    /// Tells a webhook a test at once, whether it is switched on or not; what came of it is in the
    /// delivery.
    ///
    /// # Errors
    /// There is no such webhook.
    pub async fn test_webhook(&self, caller: &Caller, id: WebhookId) -> Result<Delivery> {
        caller.may(Operation::WebhookEdit)?;
        let now = self.now();
        let new = delivery::NewDelivery {
            id: self.ids().next::<kind::WebhookDelivery>()?,
            webhook: id,
            event: None,
            member: None,
            topic: TEST,
            body: rules::test_body(now),
            state: DeliveryState::Sending,
            next_at: now.plus(send::HOLD_MS),
        };
        let row = in_tx!(self, Write, tx => {
            let row = rows::get(tx, caller.workspace, id).await?;
            delivery::insert(tx, caller.workspace, now, std::slice::from_ref(&new)).await?;
            Ok(row)
        })?;
        let tried = self.try_once(&row, &new.id.to_string(), &new.body).await;
        let taken = tried.status.map(rules::verdict) == Some(Verdict::Taken);
        let at = self.now();
        in_tx!(self, Guarded, tx => {
            delivery::tested(tx, (caller.workspace, new.id), &delivery::Attempt {
                state: if taken { DeliveryState::Delivered } else { DeliveryState::GivenUp },
                next_at: at,
                status: tried.status.map(i64::from),
                answer: &tried.said,
                error: tried.error.as_deref(),
                took_ms: tried.took_ms,
                at,
            })
            .await?;
            if taken {
                rows::reached(tx, caller.workspace, id, at).await?;
            }
            Ok(delivery::get(tx, caller.workspace, id, new.id).await?)
        })
    }

    /// Deliveries to a webhook, the latest first.
    ///
    /// # Errors
    /// There is no such webhook.
    pub async fn webhook_deliveries(
        &self,
        caller: &Caller,
        id: WebhookId,
        state: Option<DeliveryState>,
        (after, limit): (Option<(i64, WebhookDeliveryId)>, usize),
    ) -> Result<DeliveryPage> {
        caller.may(Operation::WebhookEdit)?;
        let of = (caller.workspace, id);
        in_tx!(self, Read, tx => {
            rows::get(tx, caller.workspace, id).await?;
            let mut items = delivery::list(tx, of, state, after, limit + 1).await?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next = items.last().filter(|_| more).map(|row| (row.created_at.ms(), row.id));
            let total = delivery::count(tx, of, state, COUNTED_UP_TO + 1).await?;
            Ok(DeliveryPage { items, next, total })
        })
    }

    /// Tells one thing again under its old name.
    ///
    /// # Errors
    /// [`WebhookError::UnderWay`], [`WebhookError::Off`]; there is no such delivery.
    pub async fn replay_delivery(
        &self,
        caller: &Caller,
        id: WebhookId,
        of: WebhookDeliveryId,
    ) -> Result<Delivery> {
        caller.may(Operation::WebhookEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = told_at_all(rows::get(tx, caller.workspace, id).await?)?;
            let found = delivery::get(tx, caller.workspace, id, of).await?;
            if !delivery::replay(tx, caller.workspace, found.id, now).await? {
                return Err(WebhookError::UnderWay(found.state).into());
            }
            self.webhook_audited(tx, caller, "webhook.replay", (None, Some(&row)), now).await?;
            Ok(delivery::get(tx, caller.workspace, id, of).await?)
        })
    }

    /// Tells everything again that happened since an instant and did not arrive; says how much.
    ///
    /// # Errors
    /// [`WebhookError::Off`]; there is no such webhook.
    pub async fn replay_webhook(
        &self,
        caller: &Caller,
        id: WebhookId,
        since: Timestamp,
    ) -> Result<u64> {
        caller.may(Operation::WebhookEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = told_at_all(rows::get(tx, caller.workspace, id).await?)?;
            let count = delivery::replay_since(tx, (caller.workspace, id), since, now).await?;
            self.webhook_audited(tx, caller, "webhook.replay", (None, Some(&row)), now).await?;
            Ok(count)
        })
    }

    async fn end_webhook_task(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Webhook,
        now: Timestamp,
    ) -> Result<()> {
        let Some(since) = row.failing_since else {
            return Ok(());
        };
        let dedup = task_of(row.id, since);
        self.close_task_in(
            tx,
            caller.workspace,
            &dedup,
            TaskState::Done,
            &caller.actor,
            now,
        )
        .await?;
        Ok(())
    }

    async fn webhook_changed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        operation: &'static str,
        changed: (Option<&Webhook>, Option<&Webhook>),
        now: Timestamp,
    ) -> Result<()> {
        self.webhook_audited(tx, caller, operation, changed, now)
            .await?;
        let (before, after) = changed;
        let id = after.or(before).map(|row| row.id);
        let fact = Event::new(self.ids().next()?, EventKind::WebhookChanged, &caller.actor)
            .with(serde_json::json!({ "webhook": id }));
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }

    async fn webhook_audited(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        operation: &'static str,
        (before, after): (Option<&Webhook>, Option<&Webhook>),
        now: Timestamp,
    ) -> Result<()> {
        let Some(row) = after.or(before) else {
            return Ok(());
        };
        let snapshot = |row: &Webhook| Snapshot {
            topics: row.topics.split_whitespace().map(str::to_owned).collect(),
            branch: row.branch_id,
            state: row.state,
        };
        let change = Change {
            operation,
            subject: format!("webhook:{}", row.id),
            subject_name: &row.name,
            undoable: false,
        };
        let (before, after) = (before.map(snapshot), after.map(snapshot));
        self.audited(tx, caller, now, change, before.as_ref(), after.as_ref())
            .await
    }
}

fn told_at_all(row: Webhook) -> Result<Webhook, WebhookError> {
    if row.state == WebhookState::On {
        Ok(row)
    } else {
        Err(WebhookError::Off)
    }
}

/// The name of the task that asks a person to see to a webhook which failed since then.
fn task_of(id: WebhookId, failing_since: Timestamp) -> String {
    format!("webhook:{id}:{}", failing_since.ms())
}
