//! Orders. req: 001-020

use std::collections::{HashMap, HashSet};

use yutang_domain::{
    id::{BranchId, MemberId, OrderId, kind},
    time::Timestamp,
};
use yutang_import::table::OrderLine;
use yutang_store::{
    Tx, import,
    order::{self, Order, OrderState},
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
        let mut ids: HashMap<String, OrderId> = order::known(tx, workspace, SOURCE, &distinct)
            .await?
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
                state: if row.cancelled {
                    OrderState::Cancelled
                } else {
                    OrderState::Paid
                },
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
