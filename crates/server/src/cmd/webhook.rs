//! `yutang webhook`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use yutang_app::webhook::{Delivery, Listed, MadeWebhook, NewWebhook, WebhookChange};
use yutang_domain::{
    id::{BranchId, WebhookDeliveryId, WebhookId},
    time::Timestamp,
    webhook::DeliveryState,
};

use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Tells other programs what happens here.
#[derive(Args, Debug)]
pub struct Webhook {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add one; its secret is shown this once
    Add(Add),
    /// List them, with what went wrong last
    List,
    /// Send one a test
    Test(One),
    /// Give one a new secret; the one before signs for another 24 hours
    Rotate(One),
    /// Switch one on again
    On(One),
    /// Switch one off
    Off(One),
    /// Take one out of use
    Remove(One),
    /// List what was sent to one, the latest first
    Deliveries(Deliveries),
    /// Send again what did not arrive
    Replay(Replay),
}

#[derive(Args, Debug)]
struct Add {
    /// Where it leads: https, to a public server
    address: String,
    /// What people call it
    #[arg(long)]
    name: String,
    /// What it is told, for example member.joined; may be given several times [default: everything]
    #[arg(long)]
    topic: Vec<String>,
    /// The branch whose facts it is told [default: all]
    #[arg(long)]
    branch: Option<BranchId>,
}

#[derive(Args, Debug)]
struct One {
    /// Its id
    webhook: WebhookId,
}

#[derive(Args, Debug)]
struct Deliveries {
    /// Its id
    webhook: WebhookId,
    /// pending, sending, delivered, failed or given_up
    #[arg(long)]
    state: Option<DeliveryState>,
    /// How many at most
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

#[derive(Args, Debug)]
#[group(id = "what", required = true, multiple = false)]
struct Which {
    /// One delivery, whether it arrived or not
    #[arg(long)]
    delivery: Option<WebhookDeliveryId>,
    /// Everything since this instant that did not arrive, for example 2026-11-20T09:00:00+08:00
    #[arg(long)]
    since: Option<Timestamp>,
}

#[derive(Args, Debug)]
struct Replay {
    /// Its id
    webhook: WebhookId,
    #[command(flatten)]
    which: Which,
}

fn shown(one: &Listed) -> Value {
    json!({
        "webhook": one.row.id,
        "name": one.row.name,
        "address": one.address,
        "topics": one.row.topics.split_whitespace().collect::<Vec<_>>(),
        "branch": one.row.branch_id,
        "state": one.row.state,
        "failing_since": one.row.failing_since,
        "last_error": one.row.last_error,
        "delivered_at": one.row.delivered_at,
        "waiting": one.waiting,
        "given_up": one.given_up,
    })
}

fn line(one: &Listed) -> String {
    let row = &one.row;
    let error = row.last_error.as_deref().unwrap_or_default();
    format!(
        "{}  {}  {}  {}  waiting {}, given up {}  {error}",
        row.id, row.state, row.name, one.address, one.waiting, one.given_up
    )
    .trim_end()
    .to_owned()
}

fn made(made: &MadeWebhook) -> Answer {
    let document = json!({
        "webhook": made.row.id,
        "secret": made.secret,
        "old_secret_until": made.row.old_until,
    });
    Answer::new(document, format!("{}\n{}", made.row.id, made.secret))
}

fn delivery(row: &Delivery) -> Value {
    json!({
        "delivery": row.id,
        "event": row.event_id,
        "topic": row.topic,
        "state": row.state,
        "attempts": row.attempts,
        "status": row.status,
        "answer": row.answer,
        "error": row.error,
        "created_at": row.created_at,
        "tried_at": row.tried_at,
        "body": row.body,
    })
}

fn delivery_line(row: &Delivery) -> String {
    let status = row.status.map(|status| status.to_string());
    let error = row.error.as_deref().unwrap_or_default();
    format!(
        "{}  {}  {}  {}  {}  {error}",
        row.id,
        row.created_at,
        row.topic,
        row.state,
        status.as_deref().unwrap_or("-"),
    )
    .trim_end()
    .to_owned()
}

impl Webhook {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let app = settings.open().await?;
        let done = async {
            let caller = settings.caller_or_new(&app).await?;
            let switch = async |id, on| {
                let change = WebhookChange {
                    on: Some(on),
                    ..WebhookChange::default()
                };
                let one = app.change_webhook(&caller, id, &change).await?;
                Ok::<_, Failure>(Answer::new(shown(&one), line(&one)))
            };
            match self.what {
                What::Add(add) => {
                    let new = NewWebhook {
                        name: add.name,
                        address: add.address,
                        topics: add.topic,
                        branch: add.branch,
                    };
                    Ok(made(&app.add_webhook(&caller, &new).await?))
                }
                What::List => {
                    let rows = app.webhooks(&caller).await?;
                    let items: Vec<Value> = rows.iter().map(shown).collect();
                    let text: Vec<String> = rows.iter().map(line).collect();
                    Ok(Answer::new(json!({ "items": items }), text.join("\n")))
                }
                What::Test(one) => {
                    let row = app.test_webhook(&caller, one.webhook).await?;
                    Ok(Answer::new(delivery(&row), delivery_line(&row)))
                }
                What::Rotate(one) => Ok(made(&app.rotate_webhook(&caller, one.webhook).await?)),
                What::On(one) => switch(one.webhook, true).await,
                What::Off(one) => switch(one.webhook, false).await,
                What::Remove(one) => {
                    app.remove_webhook(&caller, one.webhook).await?;
                    Ok(Answer::new(
                        json!({ "webhook": one.webhook, "removed": true }),
                        format!("{} is out of use", one.webhook),
                    ))
                }
                What::Deliveries(of) => {
                    let place = (None, of.limit);
                    let page = app
                        .webhook_deliveries(&caller, of.webhook, of.state, place)
                        .await?;
                    let items: Vec<Value> = page.items.iter().map(delivery).collect();
                    let text: Vec<String> = page.items.iter().map(delivery_line).collect();
                    Ok(Answer::new(json!({ "items": items }), text.join("\n")))
                }
                What::Replay(replay) => {
                    let id = replay.webhook;
                    if let Some(of) = replay.which.delivery {
                        let row = app.replay_delivery(&caller, id, of).await?;
                        return Ok(Answer::new(delivery(&row), delivery_line(&row)));
                    }
                    let since = replay.which.since.unwrap_or_else(|| app.now());
                    let count = app.replay_webhook(&caller, id, since).await?;
                    Ok(Answer::new(
                        json!({ "count": count }),
                        format!("{count} are sent again"),
                    ))
                }
            }
        }
        .await;
        app.close().await;
        done
    }
}
