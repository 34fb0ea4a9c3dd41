//! Gates: who comes into a group, what is asked of them, and what happens when too many come.
//!
//! Whatever a network reports of comings passes here, inside the transaction that takes it in:
//! knocks are let in by the rule or wait, newcomers begin their first day, a wave shuts the gate.
//! What happened too long ago is written down and causes nothing. req: 001-051, 001-053

use std::collections::{BTreeMap, HashMap, HashSet};

use yutang_channels::{Fact, Inbound};
use yutang_domain::{
    actor::Actor,
    capability::{Capabilities, Capability, Profile},
    event::{Event, EventKind},
    gate::{self, Gate, GateError, GateKind},
    group::Duty,
    id::{ChannelAccountId, GroupId, MemberId, StaffId},
    permission::Operation,
    task::{Level, TaskKind, TaskState},
    time::{MINUTE, Timestamp},
    welcome::quiet_until,
};
use yutang_store::{
    Tx, branch, channel_account, event,
    gate::{self as gates, GateRow},
    group::{self, Group},
    knock, onboarding,
    passage::Way,
    suppression::{self, Reason},
    workspace,
};

use crate::{
    App, Caller, Result, audit::Change, branch::store_name, channel::profile, inbound::STALE,
    macros::in_tx, reach::capabilities, talk::Added, task::NewTask, text::Locale,
    workspace::Settings,
};

/// Who decides where nobody did.
pub(crate) const KEEPER: Actor = Actor::System("gate");
/// How soon somebody looks at a wave, in milliseconds.
const WAVE_WITHIN: i64 = 15 * MINUTE;

/// The gate of a group with what follows from it.
#[derive(Clone, Debug)]
pub struct GateView {
    /// What is set, or what holds where nothing is.
    pub gate: Gate,
    /// Whether anything was set.
    pub set: bool,
    /// The way that holds now.
    pub in_force: GateKind,
    /// What suits the group. req: 001-055
    pub recommended: GateKind,
    /// Whether rules have to be acknowledged.
    pub acknowledges: bool,
    /// How names carried in the group are to look.
    pub card_name: Option<String>,
    /// Joins that are a wave in this group.
    pub wave: i64,
    /// Until when a wave has shut it.
    pub shut_until: Option<Timestamp>,
    /// Since when.
    pub shut_at: Option<Timestamp>,
    /// How many knocks wait.
    pub waiting: i64,
    /// Why the channel cannot let anybody in by itself, as a code; `None` if it can.
    pub cannot: Option<&'static str>,
    /// Who set it, by name, and when.
    pub changed: Option<(String, Timestamp)>,
}

/// A group, and what can be said and done in it.
pub(crate) struct Here {
    pub(crate) account: Option<ChannelAccountId>,
    pub(crate) external: Option<String>,
    pub(crate) profile: Option<Profile>,
    pub(crate) can: Capabilities,
    pub(crate) locale: Locale,
    pub(crate) store: String,
    pub(crate) group: String,
    pub(crate) members: i64,
    /// Version of the rules in force; 0 = none.
    pub(crate) rules: i64,
    pub(crate) rules_url: Option<String>,
    pub(crate) host: Option<(StaffId, String)>,
    quiet: (u8, u8),
}

impl Here {
    /// The end of the quiet hours, if it is night.
    pub(crate) fn quiet_until(&self, caller: &Caller, now: Timestamp) -> Option<Timestamp> {
        quiet_until(now, &caller.zone, self.quiet.0, self.quiet.1)
    }

    /// What stands for a variable that does not depend on who is spoken to.
    pub(crate) fn value(&self, name: &str, caller: &Caller, now: Timestamp) -> Option<String> {
        Some(match name {
            "store" => self.store.clone(),
            "group" => self.group.clone(),
            "members" => self.members.to_string(),
            "time" => caller.zone.civil(now).strftime("%H:%M").to_string(),
            "staff" => match &self.host {
                Some((_, name)) => name.clone(),
                None => self.locale.say("welcome.somebody", &[]),
            },
            "bot" => self.locale.say("welcome.bot", &[("store", &self.store)]),
            "rules" => match &self.rules_url {
                _ if self.rules == 0 => self.locale.say("welcome.rules_none", &[]),
                Some(url) => url.clone(),
                None => self.locale.say("welcome.rules_by_word", &[]),
            },
            _ => return None,
        })
    }
}

/// What a harvest shows of comings and goings in one group.
#[derive(Default)]
struct Seen<'a> {
    came: Vec<(MemberId, &'a str, Timestamp)>,
    went: Vec<(MemberId, Reason)>,
    spoke: BTreeMap<MemberId, (Timestamp, Vec<&'a str>)>,
    asked: Vec<(&'a Inbound, MemberId)>,
    gone: Vec<(MemberId, Timestamp)>,
}

impl<'a> Seen<'a> {
    /// Whether nobody came, went or asked.
    fn is_quiet(&self) -> bool {
        self.came.is_empty()
            && self.went.is_empty()
            && self.asked.is_empty()
            && self.gone.is_empty()
    }

    fn of(
        facts: &[&'a Inbound],
        people: &HashMap<&str, MemberId>,
        added: &Added,
        now: Timestamp,
    ) -> Self {
        let passed: HashSet<(Way, MemberId)> = added.passed.iter().copied().collect();
        let mut seen = Self::default();
        for inbound in facts {
            let fresh = inbound.at >= now.plus(-STALE);
            let of = |id: &str| people.get(id).copied();
            match &inbound.fact {
                Fact::Joined { who, .. } => {
                    if let Some(member) = of(&who.external_id)
                        && fresh
                        && passed.contains(&(Way::Joined, member))
                    {
                        seen.came.push((member, &who.external_id, inbound.at));
                    }
                }
                Fact::Left { who } | Fact::Removed { who, .. } => {
                    let (way, reason) = match &inbound.fact {
                        Fact::Left { .. } => (Way::Left, Reason::Left),
                        _ => (Way::Removed, Reason::Removed),
                    };
                    if let Some(member) = of(&who.external_id)
                        && passed.contains(&(way, member))
                    {
                        seen.went.push((member, reason));
                    }
                }
                Fact::Posted { sender, text, .. } if fresh => {
                    if let Some(member) = of(&sender.external_id) {
                        let entry = seen.spoke.entry(member).or_insert((inbound.at, Vec::new()));
                        entry.0 = entry.0.min(inbound.at);
                        entry.1.push(text);
                    }
                }
                Fact::Knocked { who, .. } => {
                    seen.asked
                        .extend(of(&who.external_id).map(|member| (*inbound, member)));
                }
                Fact::KnockGone { who } => {
                    let gone = of(&who.external_id).map(|member| (member, inbound.at));
                    seen.gone.extend(gone);
                }
                _ => {}
            }
        }
        seen
    }
}

impl App {
    /// A group, and what can be said and done in it.
    pub(crate) async fn here(&self, tx: &mut Tx, caller: &Caller, row: &Group) -> Result<Here> {
        let house = workspace::get(tx, caller.workspace).await?;
        let branch = branch::get(tx, caller.workspace, row.branch_id).await?;
        let settings = Settings::of(&house)?;
        let (mut can, mut allowed) = (Capabilities::default(), None);
        if let Some(id) = row.channel_account_id {
            let account = channel_account::get(tx, caller.workspace, id).await?;
            allowed = profile(&account);
            let rights = group::rights(tx, caller.workspace, row.id).await?.rights;
            can = match rights {
                Some(words) => capabilities(&words),
                None => allowed.map_or_else(Capabilities::default, Profile::capabilities),
            };
        }
        let staff = group::assignments(tx, caller.workspace, &[row.id]).await?;
        let host = staff
            .iter()
            .find(|one| one.duty == Duty::Host)
            .or_else(|| staff.first());
        Ok(Here {
            account: row.channel_account_id,
            external: row.external_id.clone(),
            profile: allowed,
            can,
            locale: house.locale.parse().unwrap_or_default(),
            store: store_name(branch, &house),
            group: row.name.clone(),
            members: row.member_count,
            rules: row.announcement_version,
            rules_url: self
                .reached_at()
                .map(|base| format!("{base}/m/{}/rules/{}", house.slug, row.id)),
            host: host.map(|one| (one.staff_id, one.name.clone())),
            quiet: (settings.quiet_hours.from, settings.quiet_hours.to),
        })
    }

    /// A task of a group for whoever hosts it.
    pub(crate) async fn ask_host(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        task: NewTask,
        now: Timestamp,
    ) -> Result<()> {
        let task = NewTask {
            assignee: here.host.as_ref().map(|(id, _)| *id),
            ..task.in_group(row)
        };
        self.create_task_in(tx, caller.workspace, task, &KEEPER, now)
            .await?;
        Ok(())
    }

    /// Takes in what a harvest shows of comings and goings in a group, after it was written down.
    pub(crate) async fn at_the_gate(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        (facts, people): (&[&Inbound], &HashMap<&str, MemberId>),
        added: &Added,
        now: Timestamp,
    ) -> Result<()> {
        if row.archived_at.is_some() {
            return Ok(());
        }
        let seen = Seen::of(facts, people, added, now);
        let workspace = caller.workspace;
        if !seen.spoke.is_empty() {
            self.spoke(tx, caller, row, &seen.spoke, now).await?;
        }
        if seen.is_quiet() {
            return Ok(());
        }
        // As it is after the harvest: how many are in it counts.
        let row = &group::get(tx, workspace, row.id).await?;
        for (member, at) in &seen.gone {
            self.knock_gone(tx, caller, row, (*member, *at), now)
                .await?;
        }
        if !seen.asked.is_empty() {
            let here = self.here(tx, caller, row).await?;
            for (inbound, member) in &seen.asked {
                self.knocked(tx, caller, (row, &here), inbound, *member, now)
                    .await?;
            }
        }
        if !seen.went.is_empty() {
            self.went(tx, caller, row, &seen.went, now).await?;
        }
        if !seen.came.is_empty() {
            self.came(tx, caller, row, &seen.came, now).await?;
        }
        Ok(())
    }

    async fn went(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        went: &[(MemberId, Reason)],
        now: Timestamp,
    ) -> Result<()> {
        let members: Vec<MemberId> = went.iter().map(|(member, _)| *member).collect();
        let away: HashSet<MemberId> = onboarding::seats(tx, caller.workspace, row.id, &members)
            .await?
            .into_iter()
            .filter(|seat| seat.left_at.is_some())
            .map(|seat| seat.member_id)
            .collect();
        let gone: Vec<_> = went
            .iter()
            .copied()
            .filter(|(member, _)| away.contains(member))
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        let actor = KEEPER.to_string();
        suppression::add(tx, caller.workspace, &gone, Some(row.id), &actor, now).await?;
        let members: Vec<MemberId> = gone.iter().map(|(member, _)| *member).collect();
        self.look_after(tx, caller, row, Some(&members), now).await
    }

    async fn came(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        came: &[(MemberId, &str, Timestamp)],
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let members: Vec<MemberId> = came.iter().map(|(member, ..)| *member).collect();
        suppression::lift(tx, workspace, &members, Some(row.id)).await?;
        for (member, _, at) in came {
            self.let_in_elsewhere(tx, caller, row, (*member, *at), now)
                .await?;
        }
        let here = self.here(tx, caller, row).await?;
        let set = gates::find(tx, workspace, row.id).await?;
        let last = came.iter().map(|(.., at)| *at).max().unwrap_or(now);
        let shut = self
            .watch_for_a_wave(tx, caller, (row, &here), set.as_ref(), last, now)
            .await?;
        let erased = self.erased_among(tx, workspace, &members).await?;
        let new: Vec<_> = came
            .iter()
            .copied()
            .filter(|(member, ..)| !erased.contains(member))
            .collect();
        self.begin_onboarding(tx, caller, (row, &here), &new, shut, now)
            .await
    }

    /// Shuts the gate when too many came at once; says whether it is shut.
    async fn watch_for_a_wave(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        set: Option<&GateRow>,
        last: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        if set.is_some_and(|set| set.shut_until.is_some_and(|until| until > now)) {
            return Ok(true);
        }
        let workspace = caller.workspace;
        let gate = set.map(GateRow::gate).transpose()?.unwrap_or_default();
        // Those of an earlier wave are no part of this one.
        let since = last.plus(-gate.wave_minutes * MINUTE).max(
            set.and_then(|set| set.shut_at)
                .unwrap_or(Timestamp::from_ms(0)),
        );
        let joins = gates::joins(tx, workspace, row.id, since, last).await?;
        let until = gate::shut_until(last, now).filter(|_| joins >= gate.wave(row.member_count));
        let Some(until) = until else {
            return Ok(false);
        };
        if set.is_none() {
            gates::set(tx, workspace, row.id, &gate, &KEEPER.to_string(), now).await?;
        }
        gates::shut(tx, workspace, row.id, Some(until), Some(last)).await?;
        let fact = Event::new(self.ids().next()?, EventKind::GateShut, &KEEPER)
            .in_group(row.id, Some(row.branch_id))
            .with(serde_json::json!({ "joins": joins, "until": until.ms() }));
        let cause = fact.id;
        event::insert(tx, workspace, now, &[fact]).await?;
        let task = NewTask {
            level: Level::Urgent,
            args: serde_json::json!({ "count": joins, "minutes": gate.wave_minutes, "group": row.name }),
            minutes: 3,
            due_at: Some(now.plus(WAVE_WITHIN)),
            cause: Some(cause),
            ..NewTask::new(
                TaskKind::Do,
                ("task.wave", "task.why.wave"),
                last,
                wave_task(row.id, last),
            )
        };
        self.ask_host(tx, caller, (row, here), task, now).await?;
        Ok(true)
    }

    /// Opens a gate that a wave has shut: those who waited are looked at by the rule again.
    pub(crate) async fn open_gate_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let set = gates::find(tx, workspace, row.id).await?;
        let Some(set) = set.filter(|set| set.shut_until.is_some()) else {
            return Err(GateError::NotShut.into());
        };
        gates::shut(tx, workspace, row.id, None, set.shut_at).await?;
        let fact = Event::new(self.ids().next()?, EventKind::GateOpened, actor)
            .in_group(row.id, Some(row.branch_id));
        event::insert(tx, workspace, now, &[fact]).await?;
        if let Some(at) = set.shut_at {
            self.close_task_in(
                tx,
                workspace,
                &wave_task(row.id, at),
                TaskState::Withdrawn,
                actor,
                now,
            )
            .await?;
        }
        let here = self.here(tx, caller, row).await?;
        self.rule_again(tx, caller, (row, &here), now).await?;
        self.look_after(tx, caller, row, None, now).await
    }

    /// The gate of a group with what follows from it.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn gate(&self, caller: &Caller, id: GroupId) -> Result<GateView> {
        caller.may(Operation::GroupRead)?;
        in_tx!(self, Read, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            self.gate_view(tx, caller, &row).await
        })
    }

    async fn gate_view(&self, tx: &mut Tx, caller: &Caller, row: &Group) -> Result<GateView> {
        let set = gates::find(tx, caller.workspace, row.id).await?;
        let here = self.here(tx, caller, row).await?;
        let gate = set
            .as_ref()
            .map(GateRow::gate)
            .transpose()?
            .unwrap_or_default();
        let now = self.now();
        let open = set
            .as_ref()
            .filter(|set| set.shut_until.is_some_and(|until| until > now));
        let (shut_until, shut_at) = open.map_or((None, None), |set| (set.shut_until, set.shut_at));
        let changed = match &set {
            Some(set) if set.actor != KEEPER.to_string() => {
                let names = self
                    .actor_names(tx, caller, std::iter::once(set.actor.as_str()))
                    .await?;
                let name = names.get(&set.actor).unwrap_or(&set.actor).clone();
                Some((name, set.updated_at))
            }
            _ => None,
        };
        let waiting = Some(gate::KnockState::Waiting);
        Ok(GateView {
            set: changed.is_some(),
            in_force: gate.in_force(row.member_count),
            recommended: gate::recommended(row.scene, row.audience, row.monetisation),
            acknowledges: asks_to_acknowledge(&gate, row),
            card_name: card_name_rule(&gate, row, here.locale),
            wave: gate.wave(row.member_count),
            shut_until,
            shut_at,
            waiting: knock::count(tx, caller.workspace, row.id, waiting).await?,
            cannot: here
                .can
                .need(Capability::ApproveJoin)
                .err()
                .map(|_| Capability::ApproveJoin.cannot()),
            changed,
            gate,
        })
    }

    /// Sets the gate of a group; knocks that wait are looked at by the new rule.
    ///
    /// # Errors
    /// [`GateError`], naming the field.
    pub async fn set_gate(&self, caller: &Caller, id: GroupId, gate: Gate) -> Result<GateView> {
        caller.may(Operation::GroupEdit)?;
        gate.check()?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            let before = gates::find(tx, caller.workspace, id).await?
                .as_ref().map(GateRow::gate).transpose()?.unwrap_or_default();
            let actor = caller.actor.to_string();
            gates::set(tx, caller.workspace, id, &gate, &actor, now).await?;
            if before != gate {
                self.audited(tx, caller, now, Change {
                    operation: "gate.edit",
                    subject: format!("group:{id}"),
                    subject_name: &row.name,
                    undoable: false,
                }, Some(&before), Some(&gate)).await?;
                self.group_fact(tx, caller, EventKind::GateChanged, &row, now).await?;
                let here = self.here(tx, caller, &row).await?;
                self.rule_again(tx, caller, (&row, &here), now).await?;
            }
            self.gate_view(tx, caller, &row).await
        })
    }

    /// Opens a gate that a wave has shut before its time.
    ///
    /// # Errors
    /// [`GateError::NotShut`].
    pub async fn open_gate(&self, caller: &Caller, id: GroupId) -> Result<GateView> {
        caller.may(Operation::GateAdmit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            self.open_gate_in(tx, caller, &row, &caller.actor, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "gate.open",
                subject: format!("group:{id}"),
                subject_name: &row.name,
                undoable: false,
            }, None::<&()>, None::<&()>).await?;
            self.gate_view(tx, caller, &row).await
        })
    }
}

/// Whether rules have to be acknowledged in a group.
pub(crate) fn asks_to_acknowledge(gate: &Gate, row: &Group) -> bool {
    gate.acknowledge
        .unwrap_or_else(|| gate::acknowledges(row.scene, row.audience))
}

/// How names carried in a group are to look: set, or by the kind of group as with the rules.
pub(crate) fn card_name_rule(gate: &Gate, row: &Group, locale: Locale) -> Option<String> {
    match &gate.card_name {
        Some(set) => Some(set.clone()).filter(|set| !set.trim().is_empty()),
        None => gate::acknowledges(row.scene, row.audience)
            .then(|| locale.say("gate.card_name_usual", &[])),
    }
}

fn wave_task(group: GroupId, at: Timestamp) -> String {
    format!("wave:{group}:{}", at.ms())
}
