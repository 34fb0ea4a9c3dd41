//! Orders. req: 001-020

use std::collections::{HashMap, HashSet};

use yutang_domain::{
    id::{BranchId, MemberId, OrderId, WorkspaceId, kind},
    time::Timestamp,
};
use yutang_import::table::OrderLine;
use yutang_store::{
    Tx, import,
    order::{self, Order, OrderState},
    run_trace::{self, Made},
};

use super::{Counts, Options};
use crate::{App, AppError, Caller, Result, identity::Sighting, key::hex};

/// What imported orders call their source: two shops that number alike would need two.
const SOURCE: &str = "import";

impl App {
    pub(super) async fn write_orders(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        rows: &[OrderLine],
        counts: &mut Counts,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let options: Options = serde_json::from_str(&run.options).map_err(AppError::internal)?;
        let currency = options.currency.unwrap_or(caller.currency);
        let members = self.customers(tx, caller, run, rows, now).await?;
        let branches = self.branches_named(tx, caller, run, rows, now).await?;

        let numbers: Vec<String> = rows.iter().map(|row| number(run, row)).collect();
        let distinct: Vec<&str> = {
            let mut seen = HashSet::new();
            numbers
                .iter()
                .map(String::as_str)
                .filter(|n| seen.insert(*n))
                .collect()
        };
        let known = order::known(tx, workspace, SOURCE, &distinct).await?;
        self.follow_states(tx, workspace, run, rows.iter().zip(&numbers), &known)
            .await?;
        let mut ids: HashMap<String, OrderId> = known
            .into_iter()
            .map(|row| (row.external_id, row.id))
            .collect();
        let mut fresh: Vec<Order> = Vec::new();
        for (row, number) in rows.iter().zip(&numbers) {
            if ids.contains_key(number) {
                continue;
            }
            let id: OrderId = self.ids().next::<kind::Order>()?;
            ids.insert(number.clone(), id);
            let branch = row
                .store
                .as_ref()
                .and_then(|name| branches.get(name))
                .copied();
            fresh.push(Order {
                id,
                source: SOURCE.to_owned(),
                external_id: number.clone(),
                member_id: row.customer.as_ref().and_then(|c| members.get(c)).copied(),
                branch_id: branch.or(options.branch_id),
                group_id: None,
                placed_at: row.at,
                day: caller.day(row.at),
                currency: currency.code().to_owned(),
                amount_minor: 0,
                line_count: 0,
                state: state_of(row),
                run_id: Some(run.id),
                created_at: now,
            });
        }
        order::insert(tx, workspace, &fresh).await?;
        counts.orders += fresh.iter().filter(|o| o.state == OrderState::Paid).count() as u64;

        let lines = rows
            .iter()
            .zip(&numbers)
            .map(|(row, number)| {
                Ok(order::OrderLine {
                    id: self.ids().next::<kind::OrderLine>()?,
                    order_id: ids[number.as_str()],
                    sku: row.sku.clone().unwrap_or_default(),
                    quantity: row.quantity_milli.unwrap_or(1000),
                    amount_minor: row.amount_minor,
                    placed_at: row.at,
                    source_key: row.key.bytes().to_vec(),
                    run_id: Some(run.id),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        counts.new_lines += order::insert_lines(tx, workspace, &lines).await?.len() as u64;

        let mut touched: Vec<OrderId> = ids.into_values().collect();
        touched.sort_unstable();
        order::sum(tx, workspace, &touched).await?;
        let mut buyers: Vec<MemberId> = members.into_values().collect();
        buyers.sort_unstable();
        buyers.dedup();
        order::sum_members(tx, workspace, &buyers).await?;
        Ok(())
    }

    /// Orders of earlier files that this one says are closed, or paid after all, are so from now on;
    /// a file that was read before has nothing newer to say.
    async fn follow_states<'r>(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        run: &import::Run,
        rows: impl Iterator<Item = (&'r OrderLine, &'r String)>,
        known: &[order::Known],
    ) -> Result<()> {
        let mut said: HashMap<&str, OrderState> = HashMap::new();
        for (row, number) in rows {
            said.entry(number).or_insert_with(|| state_of(row));
        }
        let moved: Vec<(OrderId, OrderState)> = known
            .iter()
            .filter(|order| order.run_id != Some(run.id) && order.state != OrderState::Refunded)
            .filter_map(|order| Some((order, *said.get(order.external_id.as_str())?)))
            .filter(|(order, state)| order.state != *state)
            .map(|(order, state)| (order.id, state))
            .collect();
        if moved.is_empty() || import::was_read_before(tx, workspace, run).await? {
            return Ok(());
        }
        for state in [OrderState::Paid, OrderState::Cancelled] {
            let orders: Vec<OrderId> = moved
                .iter()
                .filter(|(_, to)| *to == state)
                .map(|(id, _)| *id)
                .collect();
            order::set_state(tx, workspace, &orders, state).await?;
        }
        for (id, state) in moved {
            let made = if state == OrderState::Paid {
                Made::OrderReopened(id)
            } else {
                Made::OrderClosed(id)
            };
            run_trace::note_made(tx, workspace, run.id, made).await?;
        }
        Ok(())
    }

    /// The members that the customers of these lines are; a customer with hidden digits is nobody.
    async fn customers(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        rows: &[OrderLine],
        now: Timestamp,
    ) -> Result<HashMap<String, MemberId>> {
        let mut sightings: Vec<Sighting> = Vec::new();
        let mut seen: HashSet<&str> = HashSet::new();
        for row in rows.iter().filter(|row| !row.masked) {
            let Some(customer) = row.customer.as_deref().filter(|c| seen.insert(c)) else {
                continue;
            };
            let mut sighting = Sighting::new("customer", customer, customer, row.at);
            if is_phone(customer) {
                sighting.phone = Some(customer.to_owned());
            }
            sightings.push(sighting);
        }
        let members = self
            .members_for(tx, caller.workspace, &sightings, Some(run.id), now)
            .await?;
        Ok(sightings
            .into_iter()
            .map(|s| s.external_id)
            .zip(members)
            .collect())
    }

    async fn branches_named(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        rows: &[OrderLine],
        now: Timestamp,
    ) -> Result<HashMap<String, BranchId>> {
        let mut branches = HashMap::new();
        for name in rows.iter().filter_map(|row| row.store.as_ref()) {
            if !name.trim().is_empty() && !branches.contains_key(name) {
                let branch = self
                    .branch_of_run(tx, caller, run, name.trim(), now)
                    .await?;
                branches.insert(name.clone(), branch);
            }
        }
        Ok(branches)
    }
}

const fn state_of(row: &OrderLine) -> OrderState {
    if row.cancelled {
        OrderState::Cancelled
    } else {
        OrderState::Paid
    }
}

/// The number of an order: its id, or the file and the line.
fn number(run: &import::Run, row: &OrderLine) -> String {
    match &row.order_id {
        Some(id) => id.clone(),
        None => format!("file:{}:{}", hex(&run.file_hash[..8]), row.line),
    }
}

fn is_phone(text: &str) -> bool {
    text.len() == 11 && text.starts_with('1') && text.bytes().all(|b| b.is_ascii_digit())
}
