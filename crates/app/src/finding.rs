//! People worth a look: facts from the store, rules from the domain, a list for the console.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::json;
use yutang_domain::{
    finding::{self, Finding, Thresholds, Tie},
    id::{GroupId, MemberId},
    permission::Operation,
    time::{DAY, Timestamp},
};
use yutang_store::{Tx, finding as facts, member};

use crate::{App, Caller, Result, macros::in_tx, talk};

/// How far back is looked, in milliseconds.
pub const LOOK_BACK: i64 = 180 * DAY;
/// How many people may be weighed as connectors in one go.
const HOSTS_MAX: usize = 200;

/// Somebody found, with the reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// Who.
    pub member: MemberId,
    /// By name.
    pub name: String,
    /// The sentence that says why; catalogue `finding`.
    pub code: &'static str,
    /// Its arguments: numbers, days, names.
    pub args: serde_json::Value,
    /// What the list is sorted by: most telling first.
    pub weight: i64,
    /// When the latest of the facts happened.
    pub at: Timestamp,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Findings {
    /// What was looked for.
    pub finding: Finding,
    /// Who was found, most telling first, at most as many as asked for.
    pub items: Vec<Found>,
    /// How many were found in all.
    pub total: usize,
    /// When it was looked.
    pub as_of: Timestamp,
}

impl App {
    /// Looks for people worth a look, within the branches of the caller.
    ///
    /// # Errors
    /// The caller may not read members; the database refused.
    pub async fn findings(
        &self,
        caller: &Caller,
        finding: Finding,
        limit: usize,
    ) -> Result<Findings> {
        caller.may(Operation::MemberRead)?;
        let now = self.now();
        in_tx!(self, Read, tx => {
            let mut items = self.look(tx, caller, finding).await?;
            items.sort_by(|a, b| b.weight.cmp(&a.weight).then(a.member.cmp(&b.member)));
            let total = items.len();
            items.truncate(limit);
            name_all(tx, caller, &mut items).await?;
            Ok(Findings { finding, items, total, as_of: now })
        })
    }

    /// Everybody a finding lists, for a view of the list of members.
    pub(crate) async fn found(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        finding: Finding,
    ) -> Result<Vec<MemberId>> {
        let items = self.look(tx, caller, finding).await?;
        let mut ids: Vec<MemberId> = items.into_iter().map(|item| item.member).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    async fn look(&self, tx: &mut Tx, caller: &Caller, finding: Finding) -> Result<Vec<Found>> {
        let path = caller.branch_prefix();
        let thresholds = Thresholds::default();
        let search = Search {
            caller,
            path: &path,
            now: self.now(),
            thresholds: &thresholds,
        };
        match finding {
            Finding::SameInviterBurst => search.bursts(tx).await,
            Finding::Connectors => search.connectors(tx).await,
            Finding::Slipping => search.slipping(tx).await,
        }
    }
}

async fn name_all(tx: &mut Tx, caller: &Caller, items: &mut [Found]) -> Result<()> {
    let ids: Vec<MemberId> = items
        .iter()
        .flat_map(|item| {
            let inviter = item
                .args
                .get("inviter_id")
                .and_then(|id| id.as_str()?.parse().ok());
            std::iter::once(item.member).chain(inviter)
        })
        .collect();
    let mut names: HashMap<MemberId, String> = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let rows = member::listed(tx, caller.workspace, chunk).await?;
        names.extend(rows.into_iter().map(|row| (row.id, row.name)));
    }
    for item in items {
        item.name = names.get(&item.member).cloned().unwrap_or_default();
        let inviter: Option<MemberId> = item
            .args
            .get("inviter_id")
            .and_then(|id| id.as_str()?.parse().ok());
        if let (Some(inviter), Some(args)) = (inviter, item.args.as_object_mut()) {
            let name = names.get(&inviter).cloned().unwrap_or_default();
            args.insert("inviter".to_owned(), name.into());
        }
    }
    Ok(())
}

struct Search<'a> {
    caller: &'a Caller,
    path: &'a str,
    now: Timestamp,
    thresholds: &'a Thresholds,
}

impl Search<'_> {
    async fn bursts(&self, tx: &mut Tx) -> Result<Vec<Found>> {
        let arrivals = facts::silent_arrivals(
            tx,
            self.caller.workspace,
            self.path,
            self.now.plus(-LOOK_BACK),
            self.thresholds.burst_orders,
        )
        .await?;
        let bursts = finding::bursts(&arrivals, self.now, self.thresholds);
        let mut items = Vec::new();
        for burst in &bursts {
            let minutes = (burst.last.since(burst.first) + 59_999) / 60_000;
            items.extend(burst.members.iter().map(|member| Found {
                member: *member,
                name: String::new(),
                code: "finding.same_inviter_burst.reason",
                args: json!({
                    "inviter_id": burst.inviter,
                    "group_id": burst.group,
                    "people": burst.members.len(),
                    "minutes": minutes,
                    "orders": burst.orders,
                    "day": self.caller.day(burst.first),
                }),
                weight: burst.members.len() as i64,
                at: burst.last,
            }));
        }
        Ok(items)
    }

    async fn connectors(&self, tx: &mut Tx) -> Result<Vec<Found>> {
        let workspace = self.caller.workspace;
        let hosts = facts::hosts(
            tx,
            workspace,
            self.path,
            self.thresholds.connector_groups,
            self.thresholds.connector_orders,
            HOSTS_MAX,
        )
        .await?;
        let people: Vec<MemberId> = hosts.iter().map(|host| host.member_id).collect();
        let ties = self.ties(tx, &people).await?;
        let found = hosts.into_iter().filter_map(|host| {
            let reach = finding::reach(host.member_id, &ties);
            finding::connects(reach, host.orders, self.thresholds).then(|| Found {
                member: host.member_id,
                name: String::new(),
                code: "finding.connectors.reason",
                args: json!({
                    "people": reach.people,
                    "groups": reach.groups,
                    "brought": host.brought,
                    "orders": host.orders,
                }),
                weight: reach.groups as i64 * 10_000 + host.orders,
                at: self.now,
            })
        });
        Ok(found.collect())
    }

    /// Who answered whom in the groups of these people. An answer is known where the network marks
    /// it; the line it answers is found by the name that the network's id leads to.
    async fn ties(&self, tx: &mut Tx, people: &[MemberId]) -> Result<Vec<Tie>> {
        let workspace = self.caller.workspace;
        let mut groups: Vec<GroupId> = Vec::new();
        for chunk in people.chunks(500) {
            let places = facts::places(tx, workspace, chunk).await?;
            groups.extend(places.into_iter().map(|place| place.group_id));
        }
        groups.sort_unstable();
        groups.dedup();
        let wanted: HashSet<MemberId> = people.iter().copied().collect();
        let mut ties = Vec::new();
        for chunk in groups.chunks(50) {
            let mut authors: HashMap<(GroupId, [u8; 10]), MemberId> = HashMap::new();
            let mut answers: Vec<(GroupId, MemberId, [u8; 10])> = Vec::new();
            let since = self.now.plus(-LOOK_BACK);
            facts::utterances(tx, workspace, chunk, since, |line| {
                if let Some(name) = talk::name_of_stored(&line.source_key) {
                    authors.insert((line.group_id, name), line.member_id);
                }
                if let Some(answered) = line.reply_to {
                    answers.push((
                        line.group_id,
                        line.member_id,
                        talk::name_of_answered(&answered),
                    ));
                }
            })
            .await?;
            ties.extend(answers.into_iter().filter_map(|(group, from, name)| {
                let to = *authors.get(&(group, name))?;
                (wanted.contains(&from) || wanted.contains(&to)).then_some(Tie { from, to, group })
            }));
        }
        Ok(ties)
    }

    async fn slipping(&self, tx: &mut Tx) -> Result<Vec<Found>> {
        let mut people: Vec<(MemberId, Vec<Timestamp>)> = Vec::new();
        let span = (self.now.plus(-LOOK_BACK), self.now.plus(-2 * DAY));
        facts::occasions(
            tx,
            self.caller.workspace,
            self.path,
            span,
            |order| match people.last_mut() {
                Some((member, times)) if *member == order.member_id => times.push(order.placed_at),
                _ => people.push((order.member_id, vec![order.placed_at])),
            },
        )
        .await?;
        let found = people.into_iter().filter_map(|(member, times)| {
            let slip = finding::slipping(&times, self.now, self.thresholds)?;
            let days = |ms: i64| (ms + DAY / 2) / DAY;
            Some(Found {
                member,
                name: String::new(),
                code: "finding.slipping.reason",
                args: json!({
                    "orders": slip.orders,
                    "gap_days": days(slip.mean_gap),
                    "since_days": slip.since / DAY,
                }),
                weight: slip.since * 100 / slip.mean_gap.max(1) * slip.orders as i64,
                at: *times.last()?,
            })
        });
        Ok(found.collect())
    }
}
