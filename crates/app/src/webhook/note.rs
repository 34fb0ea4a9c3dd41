//! Along the log: what is to be told becomes deliveries.

use std::collections::HashMap;

use serde_json::Value;
use yutang_domain::{
    id::{WorkspaceId, kind},
    time::Timestamp,
    webhook::{BODY_LIMIT, DeliveryState, Subscription, Told, Topic, WebhookState, body},
};
use yutang_store::{
    event,
    webhook::{
        self as rows, Fact, Listener,
        delivery::{self, NewDelivery},
    },
};

use crate::{App, AppError, Result, macros::in_tx};

/// How many facts one transaction takes.
const SLICE: usize = 500;

/// A webhook with what it listens to.
struct Ear<'a> {
    row: &'a Listener,
    topics: Subscription,
}

impl Ear<'_> {
    fn hears(&self, topic: Topic, fact: &Fact) -> bool {
        let there = match (&self.row.path, &fact.path) {
            (None, _) => true,
            (Some(own), Some(path)) => path.starts_with(own.as_str()),
            // Whoever holds ids of a person is told that the person was erased.
            (Some(_), None) => topic == Topic::MemberErased,
        };
        there && fact.at >= self.row.since_at && self.topics.takes(topic)
    }
}

impl App {
    /// Makes deliveries of what the log says; says how many.
    ///
    /// # Errors
    /// The database refused.
    pub async fn note_deliveries(&self) -> Result<u64> {
        let listeners = in_tx!(self, Read, tx => Ok(rows::listeners(tx).await?))?;
        if listeners.is_empty() {
            return Ok(0);
        }
        self.note_deliveries_to(listeners).await
    }

    pub(super) async fn note_deliveries_to(&self, listeners: Vec<Listener>) -> Result<u64> {
        self.give_positions().await?;
        let mut houses: HashMap<WorkspaceId, Vec<Listener>> = HashMap::new();
        for row in listeners {
            houses.entry(row.workspace_id).or_default().push(row);
        }
        let mut made = 0;
        for (workspace, listeners) in houses {
            made += self.note_deliveries_of(workspace, &listeners).await?;
        }
        Ok(made)
    }

    async fn note_deliveries_of(
        &self,
        workspace: WorkspaceId,
        listeners: &[Listener],
    ) -> Result<u64> {
        let ears: Vec<Ear<'_>> = listeners
            .iter()
            .map(|row| {
                Ok(Ear {
                    row,
                    topics: Subscription::parse(row.topics.split_whitespace())
                        .map_err(AppError::internal)?,
                })
            })
            .collect::<Result<_>>()?;
        let mut kinds: Vec<_> = Topic::ALL
            .iter()
            .filter(|topic| ears.iter().any(|ear| ear.topics.takes(**topic)))
            .map(|topic| topic.source())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        let now = self.now();
        let mut made = 0;
        loop {
            let (new, more) = in_tx!(self, Guarded, tx => {
                let last = event::last_position(tx).await?;
                let Some(from) = rows::cursor(tx, workspace).await?.filter(|from| *from < last)
                else {
                    return Ok((0, false));
                };
                let facts = rows::facts(tx, workspace, (from, last), &kinds, SLICE).await?;
                let more = facts.len() == SLICE;
                let to = facts.last().filter(|_| more).map_or(last, |fact| fact.position);
                // Another process that goes along the same stretch waits here and finds it done.
                if !rows::advance(tx, workspace, (from, to)).await? {
                    return Ok((0, false));
                }
                let mut new = Vec::new();
                for fact in &facts {
                    self.tell_of(&ears, fact, now, &mut new)?;
                }
                Ok((delivery::insert(tx, workspace, now, &new).await?, more))
            })?;
            made += new;
            if !more {
                return Ok(made);
            }
        }
    }

    /// The deliveries of one fact.
    fn tell_of(
        &self,
        ears: &[Ear<'_>],
        fact: &Fact,
        now: Timestamp,
        new: &mut Vec<NewDelivery>,
    ) -> Result<()> {
        let data: Value = serde_json::from_str(&fact.data).unwrap_or_default();
        let state = data.get("state").and_then(Value::as_str);
        let Some(topic) = Topic::of(fact.kind, state) else {
            return Ok(());
        };
        let heard: Vec<_> = ears.iter().filter(|ear| ear.hears(topic, fact)).collect();
        if heard.is_empty() {
            return Ok(());
        }
        let told = Told {
            topic,
            id: fact.id,
            at: fact.at,
            actor: &fact.actor,
            branch: fact.branch_id,
            group: fact.group_id,
            member: fact.member_id,
            cause: fact.cause_id,
            data: &data,
        };
        let body = body(&told);
        if body.len() > BODY_LIMIT {
            tracing::error!(event = %fact.id, "a fact is too long to be told");
            return Ok(());
        }
        for ear in heard {
            new.push(NewDelivery {
                id: self.ids().next::<kind::WebhookDelivery>()?,
                webhook: ear.row.id,
                event: Some(fact.id),
                member: fact.member_id,
                topic: topic.as_str(),
                body: body.clone(),
                state: if ear.row.state == WebhookState::On {
                    DeliveryState::Pending
                } else {
                    DeliveryState::GivenUp
                },
                next_at: now,
            });
        }
        Ok(())
    }
}
