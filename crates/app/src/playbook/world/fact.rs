//! The facts that conditions ask for.

use std::collections::{BTreeMap, BTreeSet};

use yutang_domain::{
    capability::Capability,
    group::Duty,
    id::StaffId,
    playbook::{Fact, Playbook, Trigger},
    reach::{Means, obstacle},
    time::{DAY, Timestamp},
};
use yutang_store::{
    Tx,
    group::{self, Group},
    order::OrderState,
    playbook as rows,
};

use super::World;
use crate::{App, Caller, Result, channel};

impl App {
    /// The facts that conditions of a playbook can ask for.
    pub(super) async fn facts(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        world: &World,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Fact>> {
        let workspace = caller.workspace;
        let mut facts = BTreeMap::new();
        // Everybody is counted only where somebody asks how many there are.
        if asks_for(&world.filled.playbook, "workspace.") {
            let house = rows::house_facts(tx, workspace).await?;
            facts.extend([
                ("workspace.groups".to_owned(), Fact::Number(house.groups)),
                ("workspace.members".to_owned(), Fact::Number(house.members)),
            ]);
        }
        if !world.groups.is_empty() {
            facts.extend(on_duty(world));
            facts.insert("channel.can".to_owned(), Fact::Set(can(world)));
        }
        if let Some(group) = &world.group {
            facts.extend(self.facts_of_group(tx, caller, group, now).await?);
        }
        if let Some(person) = &world.person {
            facts.extend(person.facts(now));
        }
        if let Some(order) = &world.order {
            facts.extend([
                (
                    "order.amount".to_owned(),
                    Fact::Number(order.amount_minor / 100),
                ),
                ("order.first".to_owned(), Fact::Flag(order.before == 0)),
                (
                    "order.refunded".to_owned(),
                    Fact::Flag(order.state != OrderState::Paid),
                ),
            ]);
        }
        if let Some(sanction) = &world.sanction {
            facts.extend([
                (
                    "sanction.fault".to_owned(),
                    Fact::Text(sanction.fault.clone()),
                ),
                (
                    "sanction.level".to_owned(),
                    Fact::Text(sanction.tone.clone()),
                ),
                (
                    "sanction.appealed".to_owned(),
                    Fact::Flag(sanction.appeals > 0),
                ),
            ]);
        }
        Ok(facts)
    }

    /// The facts of a group.
    pub(crate) async fn facts_of_group(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Fact>> {
        let today = caller.day(now);
        let days = (today.plus_days(-7), today.plus_days(-14));
        let counted = rows::group_facts(tx, caller.workspace, group.id, days).await?;
        let rights = group::rights(tx, caller.workspace, group.id).await?;
        let text = |name: &str, word: String| (format!("group.{name}"), Fact::Text(word));
        let number = |name: &str, n: i64| (format!("group.{name}"), Fact::Number(n));
        let monetisation = group
            .monetisation
            .map_or_else(|| "unset".to_owned(), |word| word.to_string());
        let opened = group
            .opened_on
            .map_or(group.created_at, |day| caller.zone.start_of(day));
        let mut facts = BTreeMap::from([
            text("stage", group.stage.to_string()),
            text("audience", group.audience.to_string()),
            text("health", group.health_class.to_string()),
            text("monetisation", monetisation),
            number("members", group.size()),
            number("age_days", now.since(opened) / DAY),
            number("orders_14d", counted.orders),
            (
                "group.announced".to_owned(),
                Fact::Flag(group.announcement_version > 0),
            ),
            (
                "group.complaint".to_owned(),
                Fact::Flag(counted.complaints > 0),
            ),
        ]);
        if let Some(scene) = group.scene {
            facts.extend([text("scene", scene.to_string())]);
        }
        // Where nobody can read the group, silence is not known to be silence.
        let reads = rights.unreadable.is_none()
            && (group.last_message_at.is_some() || counted.messages > 0);
        if reads {
            facts.extend([
                number("speakers_7d", counted.speakers),
                number("messages_14d", counted.messages),
            ]);
            if let Some(last) = group.last_message_at {
                facts.extend([number("days_silent", (now.since(last) / DAY).max(0))]);
            }
        }
        Ok(facts)
    }
}

/// Whether a condition of a playbook asks for a fact whose name begins so.
fn asks_for(playbook: &Playbook, with: &str) -> bool {
    let triggers = playbook.triggers.iter().flat_map(|trigger| match trigger {
        Trigger::Event { conditions, .. } | Trigger::Schedule { conditions, .. } => {
            conditions.as_slice()
        }
        Trigger::Hand { .. } => &[],
    });
    let checks = playbook.checks.iter().flat_map(|check| &check.conditions);
    let phases = playbook
        .phases
        .iter()
        .flat_map(|phase| phase.enter.iter().chain(&phase.exit));
    let steps = playbook.steps().flat_map(|(_, step)| &step.conditions);
    triggers
        .chain(checks)
        .chain(phases)
        .chain(steps)
        .any(|condition| condition.name.starts_with(with))
}

fn on_duty(world: &World) -> Vec<(String, Fact)> {
    let with = |duty: Duty| {
        let people: BTreeSet<StaffId> = world
            .duties
            .iter()
            .filter(|one| one.duty == duty)
            .map(|one| one.staff_id)
            .collect();
        people.len() as i64
    };
    let managers: BTreeSet<StaffId> = world
        .groups
        .iter()
        .filter_map(|group| world.survey.managers.get(&group.branch_id))
        .map(|(staff, _)| *staff)
        .collect();
    vec![
        ("staff.hosts".to_owned(), Fact::Number(with(Duty::Host))),
        (
            "staff.services".to_owned(),
            Fact::Number(with(Duty::Service)),
        ),
        (
            "staff.managers".to_owned(),
            Fact::Number(managers.len() as i64),
        ),
    ]
}

/// What can be done in all of its groups.
fn can(world: &World) -> Vec<String> {
    let all = |capability: Capability| {
        world.groups.iter().all(|group| {
            let account = group
                .channel_account_id
                .and_then(|id| world.survey.accounts.get(&id));
            let means = Means {
                profile: account.map(channel::capabilities),
                accepted: true,
                rights: None,
                known: true,
            };
            obstacle(capability, &means).is_none()
        })
    };
    Capability::ALL
        .iter()
        .filter(|capability| all(**capability))
        .map(ToString::to_string)
        .collect()
}
