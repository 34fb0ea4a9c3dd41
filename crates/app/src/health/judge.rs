//! The class of a group's health: what it is judged by, and when.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use yutang_domain::{
    event::{Event, EventKind},
    group::{self as rules, Monetisation, StageFacts},
    health::{Facts, HealthClass, KIN_LEAST, Kind, NOTHING_IMPORTED, classify},
    id::{GroupId, MemberId},
    time::{Date, Period, Timestamp},
};
use yutang_insight::{median::median, share::share};
use yutang_store::{
    Tx, event,
    group::{self, Group},
    health::{self, Span},
    workspace,
};

use crate::{App, AppError, Caller, Result, macros::in_tx, workspace::Settings};

/// What a group is judged by.
pub(super) struct Judged {
    /// What sort of group it is.
    pub kind: Kind,
    /// What is known of it.
    pub facts: Facts,
    /// Members who gave value in the last 28 days.
    pub givers: Option<i64>,
}

impl App {
    /// What the class of a group is judged by, as of the end of a day.
    pub(super) async fn health_facts(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        as_of: Date,
        unreadable: Option<&'static str>,
    ) -> Result<Judged> {
        let workspace = caller.workspace;
        let window = Period::new(as_of.plus_days(-34), as_of.plus_days(1))?;
        let end = caller.zone.start_of(window.to);
        let is_now = as_of >= caller.day(self.now());
        let days = health::member_days(tx, workspace, row.id, window).await?;
        let orders = health::orders(tx, workspace, row.id, window, end).await?;
        let sells = row.monetisation == Some(Monetisation::Goods)
            || (row.monetisation.is_none() && !orders.is_empty());
        let opened = row
            .opened_on
            .or(health::extent(tx, workspace, &Span::Group(row.id))
                .await?
                .first);
        let age = opened.map(|day| as_of.days_since(day).max(0));
        let back = |day: Date| as_of.days_since(day);
        let whole_weeks = age.map_or(0, |age| ((age + 1) / 7 - 1).clamp(0, 4));

        let speakers = |from: i64, to: i64| {
            let people: BTreeSet<MemberId> = days
                .iter()
                .filter(|d| !d.operator && (from..to).contains(&back(d.day)))
                .map(|d| d.member_id)
                .collect();
            people.len() as f64
        };
        let said = |to: i64| -> i64 {
            days.iter()
                .filter(|d| !d.operator && back(d.day) < to)
                .map(|d| d.messages)
                .sum()
        };
        let bought = |from: i64, to: i64| {
            orders
                .iter()
                .filter(|o| (from..to).contains(&back(o.day)))
                .count() as f64
        };
        let mean = |weekly: &dyn Fn(i64, i64) -> f64| {
            (whole_weeks > 0).then(|| {
                (1..=whole_weeks)
                    .map(|week| weekly(7 * week, 7 * week + 7))
                    .sum::<f64>()
                    / whole_weeks as f64
            })
        };
        let adverts: i64 = days
            .iter()
            .filter(|d| !d.operator && back(d.day) < 7)
            .map(|d| d.adverts)
            .sum();
        let givers: BTreeSet<MemberId> = days
            .iter()
            .filter(|d| !d.operator && d.valued > 0 && back(d.day) < 28)
            .map(|d| d.member_id)
            .collect();
        let buyers: BTreeSet<MemberId> = orders
            .iter()
            .filter(|o| back(o.day) < 14)
            .filter_map(|o| o.member_id)
            .collect();
        let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        // What others gave is known of the present only.
        let kin: Vec<f64> = if is_now {
            group::giving(tx, workspace, (row.audience, row.shape), row.id)
                .await?
                .iter()
                .filter_map(|kin| share(kin.givers as u64, kin.members as u64))
                .collect()
        } else {
            Vec::new()
        };
        let readable = unreadable.is_none();
        let has_orders = sells || health::has_orders(tx, workspace).await?;
        let known = health::members(tx, workspace, &Span::Group(row.id), (end, end)).await?;
        // A list of groups says how many are in one of whom nobody is known.
        let members = match known {
            0 if is_now => Some(count(row.size())),
            0 => None,
            known => Some(count(known)),
        };
        let facts = Facts {
            age_days: age.map(count),
            members,
            speakers_7d: readable.then(|| speakers(0, 7) as u32),
            speakers_before: mean(&speakers).filter(|_| readable),
            messages_7d: readable.then(|| count(said(7))),
            messages_14d: readable.then(|| count(said(14))),
            adverts_7d: readable.then(|| count(adverts)),
            orders_7d: has_orders.then(|| bought(0, 7) as u32),
            orders_before: mean(&bought).filter(|_| has_orders),
            orders_14d: has_orders.then(|| bought(0, 14) as u32),
            buyers_14d: has_orders.then(|| count(buyers.len() as i64)),
            contributor_share: members
                .and_then(|members| share(givers.len() as u64, u64::from(members)))
                .filter(|_| readable),
            contributor_median: median(kin.iter().copied()).filter(|_| kin.len() >= KIN_LEAST),
            nothing_imported: unreadable == Some(NOTHING_IMPORTED),
        };
        Ok(Judged {
            kind: Kind {
                audience: row.audience,
                shape: row.shape,
                sells,
            },
            facts,
            givers: readable.then_some(givers.len() as i64),
        })
    }

    /// Judges again the health of up to `limit` open groups of all workspaces that were last judged
    /// before `before`, or never. Returns how many were judged.
    ///
    /// # Errors
    /// The database refused.
    pub async fn judge_health(&self, before: Timestamp, limit: usize) -> Result<usize> {
        let due = in_tx!(self, Read, tx => Ok(group::unjudged(tx, before, limit).await?))?;
        let mut callers: BTreeMap<i64, Caller> = BTreeMap::new();
        let count = due.len();
        for group in due {
            let caller = match callers.get(&group.workspace_id.raw()) {
                Some(caller) => caller.clone(),
                None => {
                    let row = in_tx!(self, Read, tx => Ok(workspace::get(tx, group.workspace_id).await?))?;
                    let actor = yutang_domain::actor::Actor::System("health");
                    let caller = Caller::new(&row, actor, "health", "sweep")?;
                    callers.insert(group.workspace_id.raw(), caller.clone());
                    caller
                }
            };
            self.judge_group(&caller, group.id).await?;
        }
        Ok(count)
    }

    /// Judges everything that a change has marked, at once.
    pub(crate) async fn judge_health_now(&self, caller: &Caller) -> Result<()> {
        let _ = caller;
        while self.judge_health(Timestamp::from_ms(1), 100).await? > 0 {}
        Ok(())
    }

    async fn judge_group(&self, caller: &Caller, id: GroupId) -> Result<()> {
        let now = self.now();
        let today = caller.day(now);
        in_tx!(self, Write, tx => {
            let row = group::get(tx, caller.workspace, id).await?;
            let settings = Settings::of(&workspace::get(tx, caller.workspace).await?)?;
            let unreadable = self.unreadable(tx, caller, &row).await?;
            let Judged { kind, facts, givers } = self.health_facts(tx, caller, &row, today, unreadable).await?;
            let health = classify(kind, &facts, &settings.health);
            let stage = rules::stage(&StageFacts {
                opened_on: row.opened_on,
                ends_on: row.ends_on,
                today,
                archived: row.archived_at.is_some(),
                speakers_7d: facts.speakers_7d,
                speakers_before: facts.speakers_before,
            });
            let reasons = serde_json::to_string(&health.reasons).map_err(AppError::internal)?;
            group::set_health(tx, caller.workspace, id, (health.class, &reasons), (stage, givers), now).await?;
            if health.class != row.health_class {
                let fact = Event::new(self.ids().next()?, EventKind::GroupHealth, &caller.actor)
                    .in_group(id, Some(row.branch_id))
                    .with(serde_json::json!({ "from": row.health_class, "to": health.class }));
                event::insert(tx, caller.workspace, now, &[fact]).await?;
            }
            Ok(())
        })
    }
}

/// A class in words, for lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredHealth {
    /// The class.
    pub class: HealthClass,
    /// Its reasons as stored.
    pub reasons: serde_json::Value,
}

impl StoredHealth {
    /// What was last judged of a group.
    pub fn of(row: &Group) -> Self {
        Self {
            class: row.health_class,
            reasons: serde_json::from_str(&row.health_reasons).unwrap_or_default(),
        }
    }
}
