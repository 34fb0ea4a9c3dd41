//! How the demo goes on: what happens on the simulated network comes in through its channel, as
//! from any other; what is bought comes from the simulated shop.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use yutang_channels::{
    Channel as _, Inbound, Sender,
    fake::{FakeChannel, Happening, Live, OrderLine as Bought, Pace},
};
use yutang_domain::{
    capability::Profile,
    event::{Event, EventKind},
    id::ChannelAccountId,
    time::Timestamp,
};
use yutang_store::{
    Tx, demo as rows, event, group, member,
    order::{self, Order, OrderLine, OrderState},
    workspace,
};

use super::{ACTOR, Demo, NETWORK, profile_of};
use crate::{
    App, AppError, Caller, Result, identity::Sighting, macros::in_tx, outbox::Lines, talk::key_of,
};

/// Longest rest between two looks.
const REST_MS: i64 = 1_000;

/// A demo that lives.
#[derive(Debug)]
pub struct Life {
    caller: Caller,
    account: ChannelAccountId,
    channel: FakeChannel,
    demo: Demo,
    live: Live,
    cursor: Option<String>,
}

impl App {
    /// Goes on with a demo from now, and connects its accounts so that what is to be sent leaves.
    ///
    /// # Errors
    /// The database refused.
    pub async fn wake_demo(&self, demo: &Demo, lines: &Lines, pace: Pace) -> Result<Life> {
        let workspace = demo.workspace.id;
        let accounts = in_tx!(self, Read, tx => Ok(rows::accounts(tx, workspace, NETWORK).await?))?;
        let channel = FakeChannel::new(demo.network.clone());
        for account in &accounts {
            let profile = account
                .profile
                .parse::<Profile>()
                .map_err(AppError::internal)?;
            let own = FakeChannel::of(demo.network.clone(), profile);
            lines.connect(account.id, Arc::new(own));
        }
        let account = accounts
            .first()
            .ok_or_else(|| AppError::internal("a demo has accounts"))?
            .id;
        Ok(Life {
            caller: Caller::new(&demo.workspace, ACTOR, "demo", "demo")?,
            account,
            channel,
            live: Live::new(&demo.world, self.now(), pace),
            demo: demo.clone(),
            cursor: None,
        })
    }

    /// Lives until the program stops.
    pub async fn live_demo(&self, mut life: Life) {
        let stop = self.stopping();
        while !stop.is_cancelled() {
            if let Err(error) = self.live_once(&mut life).await {
                tracing::warn!(%error, "the demo could not go on; trying again");
            }
            let rest = life.live.next_at().since(self.now()).clamp(50, REST_MS);
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(Duration::from_millis(rest.unsigned_abs())) => {}
            }
        }
    }

    /// Everything that has happened by now; says how many facts came in.
    ///
    /// # Errors
    /// The database refused; what happened on the network is kept there and comes again.
    pub async fn live_once(&self, life: &mut Life) -> Result<usize> {
        let mut count = self.follow_profile(life).await?;
        let mut posted = false;
        for happening in life.live.due(self.now()) {
            match happening {
                Happening::Chat(fact) => {
                    life.demo.network.happen(fact);
                    posted = true;
                }
                Happening::Order {
                    key,
                    buyer,
                    group,
                    at,
                    lines,
                } => {
                    self.receive_order(&life.caller, &key, &buyer, &group, at, &lines)
                        .await?;
                    count += 1;
                }
            }
        }
        if posted {
            let harvest = life
                .channel
                .poll(life.cursor.as_deref())
                .await
                .map_err(AppError::internal)?;
            count += harvest.facts.len();
            self.take_in(life, &harvest.facts).await?;
            life.cursor = Some(harvest.cursor);
        }
        Ok(count)
    }

    /// Follows a profile switched in the console: what the new one can show comes in now.
    async fn follow_profile(&self, life: &mut Life) -> Result<usize> {
        let id = life.caller.workspace;
        let row = in_tx!(self, Read, tx => Ok(workspace::get(tx, id).await?))?;
        let profile = profile_of(&row)?;
        if profile == life.demo.network.profile() {
            return Ok(0);
        }
        let revealed = life.demo.network.switch(profile);
        self.take_in(life, &revealed).await?;
        Ok(revealed.len())
    }

    async fn take_in(&self, life: &Life, facts: &[Inbound]) -> Result<()> {
        if !facts.is_empty() {
            // The network lives in this process only, so no place in it is worth keeping.
            self.receive(&life.caller, life.account, facts, None)
                .await?;
        }
        Ok(())
    }

    /// Writes an order of the simulated shop down; one that is there already changes nothing.
    async fn receive_order(
        &self,
        caller: &Caller,
        key: &str,
        buyer: &Sender,
        place: &str,
        at: Timestamp,
        bought: &[Bought],
    ) -> Result<()> {
        let now = self.now();
        in_tx!(self, Write, tx => {
            let known = order::known(tx, caller.workspace, "demo", &[key]).await?;
            let found = group::find_external(tx, caller.workspace, NETWORK, place).await?;
            let (true, Some(group)) = (known.is_empty(), found) else { return Ok(()) };
            let mut sighting = Sighting::new(NETWORK, &buyer.external_id, &buyer.name, at);
            sighting.branch_id = Some(group.branch_id);
            let member = self.resolve_identity(tx, caller, &sighting, now).await?;
            let row = Order {
                id: self.ids().next()?,
                source: "demo".to_owned(),
                external_id: key.to_owned(),
                member_id: Some(member),
                branch_id: Some(group.branch_id),
                group_id: Some(group.id),
                placed_at: at,
                day: caller.day(at),
                currency: caller.currency.code().to_owned(),
                amount_minor: bought.iter().map(|line| line.amount_minor).sum(),
                line_count: bought.len() as i64,
                state: OrderState::Paid,
                run_id: None,
                created_at: now,
            };
            self.write_order(tx, caller, &row, bought).await?;
            member::recount(tx, caller.workspace, &[member]).await?;
            let fact = Event::new(self.ids().next()?, EventKind::OrderPlaced, &caller.actor)
                .in_group(group.id, Some(group.branch_id))
                .about(member)
                .with(json!({ "order": row.id, "amount_minor": row.amount_minor }));
            event::insert(tx, caller.workspace, now, &[fact]).await?;
            Ok(())
        })
    }

    async fn write_order(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Order,
        bought: &[Bought],
    ) -> Result<()> {
        let mut lines = Vec::with_capacity(bought.len());
        for (number, line) in bought.iter().enumerate() {
            lines.push(OrderLine {
                id: self.ids().next()?,
                order_id: row.id,
                sku: line.sku.clone(),
                quantity: line.quantity * 1_000,
                amount_minor: line.amount_minor,
                placed_at: row.placed_at,
                source_key: key_of(&format!("{}-{number}", row.external_id)).to_vec(),
                run_id: None,
            });
        }
        order::insert(tx, caller.workspace, std::slice::from_ref(row)).await?;
        order::insert_lines(tx, caller.workspace, &lines).await?;
        Ok(())
    }
}
