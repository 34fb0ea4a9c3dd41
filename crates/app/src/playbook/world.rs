//! What a run knows of the world when it is looked at: its groups and people, who is on duty, and the
//! facts that conditions ask for. What is not known is not there, and nothing hangs on it.

mod fact;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use yutang_domain::{
    capability::{Capability, Profile},
    group::Duty,
    id::{GroupId, MemberId, OrderId, SanctionId, StaffId},
    playbook::{
        Adjusted, Advance, Anchors, Answer, Answers, AskKind, Course, Fact, LunarCalendar,
        Playbook, PlaybookError, Run, Subject, To,
    },
    time::{DAY, Timestamp, Zone},
};
use yutang_store::{
    Tx, branch, broadcast as broadcasts,
    broadcast::Within,
    group::{self, Assignment, Group},
    knock, member, playbook as rows,
    playbook::{MemberFacts, OrderFacts, SanctionFacts},
    suppression,
};

use crate::{App, Caller, Result, broadcast::plan::Survey, channel::profile};

/// Groups that one playbook works in at most.
const GROUPS: usize = 5_000;
/// Groups of a person through which a way to them is looked for.
const WAYS: usize = 3;

/// What one run is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub group: Option<GroupId>,
    pub member: Option<MemberId>,
    pub cause: Cause,
    pub branch_path: String,
}

/// The order or sanction that a run is about.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cause {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sanction: Option<SanctionId>,
}

/// How a run is filled in.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    pub playbook: Playbook,
    pub answers: Answers,
    pub anchors: Anchors,
}

impl Filled {
    /// A playbook with what is changed about it.
    pub(crate) fn new(
        playbook: Playbook,
        adjusted: &Adjusted,
        answers: Answers,
        anchors: Anchors,
    ) -> Result<Self> {
        Ok(Self {
            playbook: playbook.adjusted(adjusted)?,
            answers,
            anchors,
        })
    }

    pub(crate) fn course<'a>(&'a self, zone: &'a Zone) -> Course<'a> {
        Course {
            playbook: &self.playbook,
            answers: &self.answers,
            anchors: &self.anchors,
            zone,
            calendar: &LunarCalendar,
        }
    }
}

/// A person as runs know them.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub row: MemberFacts,
    pub words: HashMap<String, Vec<String>>,
    /// Whether they said that they want to hear no more, or left.
    pub left_alone: bool,
    /// The group through whose account they can be written to, and their id on the network.
    pub way: Option<(Group, String)>,
}

/// What a run knows.
pub(crate) struct World {
    pub filled: Filled,
    pub zone: Zone,
    pub survey: Survey,
    /// The groups it works in.
    pub groups: Vec<Group>,
    /// The groups of each answer.
    pub named: BTreeMap<String, Vec<GroupId>>,
    /// The group it is about, or the one opened for the occasion.
    pub group: Option<Group>,
    pub duties: Vec<Assignment>,
    /// Who speaks for each group, by name.
    pub hosts: HashMap<GroupId, String>,
    pub person: Option<Person>,
    pub order: Option<OrderFacts>,
    pub sanction: Option<SanctionFacts>,
    pub branch_path: String,
    /// Where the rules of its group stand, in words or as a link.
    pub rules: Option<String>,
    pub facts: BTreeMap<String, Fact>,
}

impl World {
    /// Whether it works in groups of which there are none: that is not the whole house.
    pub(crate) fn has_no_groups(&self) -> bool {
        self.groups.is_empty() && !(self.named.is_empty() && self.branch_path.is_empty())
    }

    /// Moves a run on.
    pub(crate) fn advance(&self, run: &mut Run, now: Timestamp) -> Result<Advance, PlaybookError> {
        run.advance(&self.filled.course(&self.zone), &self.facts, now)
    }

    /// Whom a step addresses in the house: who has the duty, else who stands in for them.
    pub(crate) fn on_duty(&self, to: To) -> (Vec<(Option<StaffId>, Option<Group>)>, Cover) {
        let duty = match to {
            To::Manager => self.managers(),
            to => self.with_duty(to),
        };
        if !duty.is_empty() {
            return (duty, Cover::Duty);
        }
        for (to, found) in [
            (To::Manager, self.managers()),
            (To::Host, self.with_duty(To::Host)),
        ] {
            if !found.is_empty() {
                return (found, Cover::Instead(to));
            }
        }
        (vec![(None, self.groups.first().cloned())], Cover::Nobody)
    }

    fn with_duty(&self, to: To) -> Vec<(Option<StaffId>, Option<Group>)> {
        let duty = match to {
            To::Host => Duty::Host,
            To::Service => Duty::Service,
            To::Supply => Duty::Supply,
            _ => return Vec::new(),
        };
        let group_of = |id: GroupId| self.groups.iter().find(|group| group.id == id).cloned();
        let mut seen = BTreeSet::new();
        self.duties
            .iter()
            .filter(|one| one.duty == duty && seen.insert(one.staff_id))
            .map(|one| (Some(one.staff_id), group_of(one.group_id)))
            .collect()
    }

    fn managers(&self) -> Vec<(Option<StaffId>, Option<Group>)> {
        let mut seen = BTreeSet::new();
        self.groups
            .iter()
            .filter_map(|group| {
                let (staff, _) = self.survey.managers.get(&group.branch_id)?;
                seen.insert(*staff)
                    .then(|| (Some(*staff), Some(group.clone())))
            })
            .collect()
    }
}

/// Whether somebody has a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    /// They have.
    Duty,
    /// These stand in.
    Instead(To),
    /// Nobody is there.
    Nobody,
}

impl Person {
    /// What conditions can ask of a person.
    pub(crate) fn facts(&self, now: Timestamp) -> BTreeMap<String, Fact> {
        let row = &self.row;
        let number = |name: &str, n: i64| (format!("member.{name}"), Fact::Number(n));
        let flag = |name: &str, yes: bool| (format!("member.{name}"), Fact::Flag(yes));
        let mut facts = BTreeMap::from([
            number("orders", row.orders),
            number("orders_since", row.orders_since),
            number("spent", row.amount_minor / 100),
            number("groups", row.groups),
            number("joins", row.joins),
            number("strikes", row.strikes),
            flag("here", row.here > 0),
            flag("spoke", row.spoke > 0),
            flag("acknowledged", row.acknowledged > 0),
            flag("complaint", row.complaints > 0),
            // By the channel, or by whoever looks after their group.
            flag(
                "reachable",
                !self.left_alone && (self.way.is_some() || row.groups > 0),
            ),
        ]);
        if let Some(last) = row.last_order_at {
            facts.extend([number("days_since_order", now.since(last) / DAY)]);
        }
        for list in ["tag", "role", "consent"] {
            let words = self.words.get(list).cloned().unwrap_or_default();
            facts.insert(format!("member.{list}"), Fact::Set(words));
        }
        facts
    }
}

impl App {
    /// What a run knows at an instant.
    pub(crate) async fn world(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        about: &About,
        mut filled: Filled,
        now: Timestamp,
    ) -> Result<World> {
        let workspace = caller.workspace;
        let survey = self.survey(tx, caller).await?;
        let mut named = BTreeMap::new();
        for ask in &filled.playbook.asks {
            if matches!(ask.kind, AskKind::Groups | AskKind::Branches)
                && let Some(Answer::List(words)) = filled.answers.get(&ask.key)
            {
                let wanted = self
                    .wanted(tx, caller, (ask.kind, words), &about.branch_path)
                    .await?;
                let first = GroupId::from_raw(0);
                let ids = broadcasts::group_ids(tx, workspace, &wanted, first).await?;
                named.insert(ask.key.clone(), ids.into_iter().take(GROUPS).collect());
            }
        }
        let group = match about.group {
            Some(id) => Some(group::get(tx, workspace, id).await?),
            None => None,
        };
        let ids: BTreeSet<GroupId> = named.values().flatten().copied().collect();
        let mut groups = match (&group, filled.playbook.subject) {
            (Some(group), Subject::Group | Subject::Member) => vec![group.clone()],
            // What is about groups or people to come is looked at with all groups there are.
            (None, Subject::Group | Subject::Member) if about.member.is_none() => {
                let within = Within {
                    branch_path: about.branch_path.clone(),
                    ..Within::default()
                };
                broadcasts::groups(tx, workspace, &within, GroupId::from_raw(0), GROUPS).await?
            }
            _ if ids.is_empty() => Vec::new(),
            _ => {
                let within = Within {
                    groups: ids.iter().copied().collect(),
                    ..Within::default()
                };
                broadcasts::groups(tx, workspace, &within, GroupId::from_raw(0), GROUPS).await?
            }
        };
        let person = match about.member {
            Some(id) => {
                let since = filled
                    .anchors
                    .named
                    .get("start")
                    .copied()
                    .unwrap_or_default();
                let mut found = self
                    .persons(tx, caller, &[id], (group.as_ref(), since), now)
                    .await?;
                found.pop()
            }
            None => None,
        };
        if let Some(person) = &person {
            let record = member::get(tx, workspace, person.row.canonical_id).await?;
            filled.anchors.birthday = record.birthday();
            if groups.is_empty()
                && let Some((group, _)) = &person.way
            {
                groups.push(group.clone());
            }
        }
        let at: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
        let duties = if at.is_empty() {
            Vec::new()
        } else {
            group::assignments(tx, workspace, &at).await?
        };
        let mut hosts: HashMap<GroupId, String> = HashMap::new();
        for one in &duties {
            if one.duty == Duty::Host {
                hosts.insert(one.group_id, one.name.clone());
            } else {
                hosts
                    .entry(one.group_id)
                    .or_insert_with(|| one.name.clone());
            }
        }
        let order = match about.cause.order {
            Some(id) => rows::order_facts(tx, workspace, id).await?,
            None => None,
        };
        let sanction = match about.cause.sanction {
            Some(id) => rows::sanction_facts(tx, workspace, id).await?,
            None => None,
        };
        let rules = match &group {
            Some(group) => self
                .here(tx, caller, group)
                .await?
                .value("rules", caller, now),
            None => None,
        };
        let mut world = World {
            filled,
            zone: caller.zone.clone(),
            survey,
            groups,
            named,
            group,
            duties,
            hosts,
            person,
            order,
            sanction,
            branch_path: about.branch_path.clone(),
            rules,
            facts: BTreeMap::new(),
        };
        world.facts = self.facts(tx, caller, &world, now).await?;
        Ok(world)
    }

    /// The groups that an answer means: these, or those below these branches.
    async fn wanted(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (kind, words): (AskKind, &[String]),
        branch_path: &str,
    ) -> Result<Within> {
        let mut within = Within {
            branch_path: branch_path.to_owned(),
            ..Within::default()
        };
        for word in words {
            if kind == AskKind::Branches {
                let row = branch::get(tx, caller.workspace, word.parse()?).await?;
                within.branches.push(row.path);
            } else {
                within.groups.push(word.parse()?);
            }
        }
        Ok(within)
    }

    /// People as runs know them; `group` is the one it is about, `since` from when orders count.
    pub(crate) async fn persons(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        ids: &[MemberId],
        (group, since): (Option<&Group>, Timestamp),
        now: Timestamp,
    ) -> Result<Vec<Person>> {
        let workspace = caller.workspace;
        let at = group.map(|group| group.id);
        let facts = rows::member_facts(tx, workspace, ids, (at, since, now)).await?;
        let mut words: HashMap<MemberId, HashMap<String, Vec<String>>> = HashMap::new();
        for one in rows::words_of(tx, workspace, ids).await? {
            let lists = words.entry(one.member_id).or_default();
            lists.entry(one.list).or_default().push(one.word);
        }
        let mut alone: BTreeSet<MemberId> = BTreeSet::new();
        for chunk in ids.chunks(500) {
            let found = suppression::among(tx, workspace, chunk, at).await?;
            alone.extend(found.into_iter().map(|one| one.member_id));
        }
        let mut people = Vec::with_capacity(facts.len());
        for row in facts {
            let way = if row.erased_at.is_some() {
                None
            } else {
                self.way_to(tx, caller, row.member_id, group).await?
            };
            people.push(Person {
                words: words.remove(&row.member_id).unwrap_or_default(),
                left_alone: alone.contains(&row.member_id) || row.erased_at.is_some(),
                way,
                row,
            });
        }
        Ok(people)
    }

    /// Through which group's account a person can be written to in private, and their id there.
    async fn way_to(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: MemberId,
        group: Option<&Group>,
    ) -> Result<Option<(Group, String)>> {
        let workspace = caller.workspace;
        let mut candidates: Vec<Group> = group.into_iter().cloned().collect();
        if candidates.is_empty() {
            let ids = rows::groups_of(tx, workspace, id).await?;
            for id in ids.into_iter().take(WAYS) {
                candidates.push(group::get(tx, workspace, id).await?);
            }
        }
        for group in candidates {
            let Some(account) = group.channel_account_id else {
                continue;
            };
            let found = self
                .obstacle_to(tx, workspace, &group, Capability::PostPrivate)
                .await?;
            if found.is_some() {
                continue;
            }
            let Some(to) = self.account_of(tx, caller, &group, id).await? else {
                continue;
            };
            let row = yutang_store::channel_account::get(tx, workspace, account).await?;
            let first = profile(&row).is_none_or(Profile::writes_first);
            if first || knock::wrote_to(tx, workspace, account, id).await? {
                return Ok(Some((group, to)));
            }
        }
        Ok(None)
    }
}
