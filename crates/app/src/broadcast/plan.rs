//! What a broadcast would do: whom it reaches, whom it does not and why, and how it would read.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use yutang_domain::{
    broadcast::{
        Course, Draft, GROUP_VARIABLES, Mode, Reason, STORE_VARIABLES, Standing, decide,
        limit_code, minutes, needs,
    },
    capability::{Capability, Profile},
    group::Duty,
    id::{BranchId, BroadcastId, ChannelAccountId, GroupId, StaffId},
    permission::Operation,
    reach::{Means, Obstacle},
    time::Timestamp,
    welcome::{fill, quiet_until, variables},
};
use yutang_store::{
    Tx, branch,
    branch::Branch,
    branch_variable, broadcast as rows,
    broadcast::Within,
    channel_account::{self, ChannelAccount},
    contact,
    group::{self, Group},
    staff,
    workspace::{self, Workspace},
};
use yutang_text::claim::{Claim, claims};

use super::draft_of;
use crate::{
    App, Caller, Result,
    branch::store_name,
    channel::{self, FAILED, REMOVED, profile},
    macros::in_tx,
    reach::capabilities,
    text::Locale,
    workspace::Settings,
};

/// Groups that are looked at in one statement.
const AT_ONCE: usize = 400;
/// How many texts are shown.
const SHOWN: usize = 3;

/// A group that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Which.
    pub group: GroupId,
    /// By name.
    pub name: String,
    /// Why, as a code of the catalogue `broadcast`.
    pub reason: &'static str,
    /// The limit of the network behind it, as it stands in `limits/`.
    pub limit: Option<&'static str>,
    /// The variable without a value, if that is why.
    pub variable: Option<String>,
}

/// How it would read in one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedText {
    /// Which.
    pub group: GroupId,
    /// By name.
    pub name: String,
    /// The store by name.
    pub store: String,
    /// The words.
    pub text: String,
    /// `channel` does it, or a `person`.
    pub by: &'static str,
    /// Why not the channel itself, as a code.
    pub cannot: Option<&'static str>,
}

/// What a broadcast would do.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// When it would go.
    pub at: Timestamp,
    /// Groups that the reach leaves in.
    pub groups: i64,
    /// People in the groups that it comes to.
    pub people: i64,
    /// Groups that it comes to.
    pub accepted: i64,
    /// Of these, groups in which a person sends it.
    pub by_hand: i64,
    /// Of these, groups that wait for the morning, or until a complaint is closed.
    pub waiting: i64,
    /// Groups left out.
    pub refused: Vec<Refused>,
    /// Groups that had a post on that day already, and get another.
    pub again: i64,
    /// How long it takes from the first to the last, in minutes.
    pub minutes: i64,
    /// How it reads in three stores: where it is longest, shortest, and in between.
    pub texts: Vec<PlannedText>,
    /// What an advert may not say.
    pub claims: Vec<Claim>,
}

/// What holds for all groups of a workspace.
#[derive(Clone)]
pub(crate) struct Survey {
    pub(crate) house: Workspace,
    pub(crate) locale: Locale,
    pub(crate) quiet: (u8, u8),
    /// Posts a group gets on a day at most.
    pub(crate) cap: i64,
    pub(crate) accounts: HashMap<ChannelAccountId, ChannelAccount>,
    pub(crate) branches: HashMap<BranchId, Branch>,
    pub(crate) managers: HashMap<BranchId, (StaffId, String)>,
    values: HashMap<(BranchId, String), String>,
}

/// A group when its turn comes.
pub(crate) struct Looked {
    pub(crate) group: Group,
    pub(crate) course: Course,
    pub(crate) text: String,
    pub(crate) profile: Option<Profile>,
    pub(crate) posts: i64,
    pub(crate) missing: Option<String>,
}

impl Survey {
    /// What stands for a variable in a group; `None` = nobody has said.
    pub(crate) fn value(
        &self,
        name: &str,
        group: &Group,
        hosts: &HashMap<GroupId, String>,
    ) -> Option<String> {
        let branch = self.branches.get(&group.branch_id)?;
        let store = || store_name(branch.clone(), &self.house);
        let manager = self.managers.get(&group.branch_id).map(|(_, name)| name);
        let found = match name {
            "store" => store(),
            "group" => group.name.clone(),
            "members" => group.size().to_string(),
            "manager" => manager?.clone(),
            "staff" => hosts.get(&group.id).or(manager)?.clone(),
            "bot" => self.locale.say("welcome.bot", &[("store", &store())]),
            _ => branch
                .upwards()
                .find_map(|id| self.values.get(&(id, name.to_owned())))?
                .clone(),
        };
        Some(found).filter(|value| !value.trim().is_empty())
    }
}

impl App {
    /// What holds for all groups of a workspace.
    pub(crate) async fn survey(&self, tx: &mut Tx, caller: &Caller) -> Result<Survey> {
        let house = workspace::get(tx, caller.workspace).await?;
        let settings = Settings::of(&house)?;
        let accounts = channel_account::list(tx, caller.workspace).await?;
        let branches = branch::list(tx, caller.workspace, "").await?;
        let managers = staff::managers(tx, caller.workspace).await?;
        let values = branch_variable::list(tx, caller.workspace).await?;
        Ok(Survey {
            locale: house.locale.parse().unwrap_or_default(),
            quiet: (settings.quiet_hours.from, settings.quiet_hours.to),
            cap: settings.caps.group_posts,
            house,
            accounts: accounts.into_iter().map(|row| (row.id, row)).collect(),
            branches: branches.into_iter().map(|row| (row.id, row)).collect(),
            managers: managers
                .into_iter()
                .map(|one| (one.branch_id, (one.staff_id, one.name)))
                .collect(),
            values: values
                .into_iter()
                .map(|one| ((one.branch_id, one.name), one.value))
                .collect(),
        })
    }

    /// Looks at groups as they stand at `at`; `ahead` counts what other broadcasts are still to say
    /// in them on that day, and how much of it through the network's own 群发.
    pub(super) async fn look_into(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (survey, draft): (&Survey, &Draft),
        groups: Vec<Group>,
        ahead: &HashMap<GroupId, (i64, i64)>,
        at: Timestamp,
    ) -> Result<Vec<Looked>> {
        let workspace = caller.workspace;
        let ids: Vec<GroupId> = groups.iter().map(|row| row.id).collect();
        let known: HashMap<GroupId, rows::Known> = rows::known(tx, workspace, &ids)
            .await?
            .into_iter()
            .map(|one| (one.group_id, one))
            .collect();
        let way = Capability::BroadcastTask.as_str();
        let told: HashMap<i64, (i64, i64)> =
            contact::told(tx, workspace, &ids, caller.day(at), way)
                .await?
                .into_iter()
                .map(|one| (one.subject_id, (one.n, one.by_way)))
                .collect();
        let mut hosts = HashMap::new();
        for one in group::assignments(tx, workspace, &ids).await? {
            if one.duty == Duty::Host {
                hosts.insert(one.group_id, one.name);
            } else {
                hosts.entry(one.group_id).or_insert(one.name);
            }
        }
        let quiet = quiet_until(at, &caller.zone, survey.quiet.0, survey.quiet.1);
        Ok(groups
            .into_iter()
            .map(|group| {
                let known = known.get(&group.id);
                let account = group
                    .channel_account_id
                    .and_then(|id| survey.accounts.get(&id));
                let missing = variables(&draft.text)
                    .filter(|name| GROUP_VARIABLES.contains(name) || STORE_VARIABLES.contains(name))
                    .find(|name| survey.value(name, &group, &hosts).is_none())
                    .map(str::to_owned);
                let (n, handed) = told.get(&group.id.raw()).copied().unwrap_or_default();
                let (more, more_handed) = ahead.get(&group.id).copied().unwrap_or_default();
                let here = Standing {
                    archived: group.archived_at.is_some(),
                    profile: account.and_then(profile),
                    means: Means {
                        profile: account.map(channel::capabilities),
                        accepted: account
                            .is_some_and(|row| row.state != FAILED && row.state != REMOVED),
                        rights: known
                            .and_then(|one| one.rights.as_deref())
                            .map(capabilities),
                        known: group
                            .external_id
                            .as_deref()
                            .is_some_and(|id| !id.is_empty()),
                    },
                    posts: n + more,
                    cap: survey.cap,
                    handed: handed + more_handed,
                    quiet,
                    complaint: known.is_some_and(|one| one.complaints > 0),
                    staffed: known.is_some_and(|one| one.staff > 0),
                    missing: missing.as_deref(),
                };
                let course = decide(draft.mode, draft.selling, &here, at);
                let said = fill(&draft.text, |name| survey.value(name, &group, &hosts));
                Looked {
                    course,
                    text: draft.said(&said),
                    profile: here.profile,
                    posts: n + more,
                    missing,
                    group,
                }
            })
            .collect())
    }

    /// What other broadcasts are still to say in groups on the day of `at`.
    pub(crate) async fn ahead(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        at: Timestamp,
        but: Option<BroadcastId>,
    ) -> Result<HashMap<GroupId, (i64, i64)>> {
        let day = caller.zone.start_of(caller.day(at));
        let span = (day, caller.zone.start_of(caller.day(at).plus_days(1)));
        let mut ahead: HashMap<GroupId, (i64, i64)> = HashMap::new();
        for row in rows::ahead(tx, caller.workspace, span, but).await? {
            let draft = draft_of(&row)?;
            let within = self
                .reach_of(tx, caller.workspace, &draft.reach, &row.branch_path)
                .await?;
            for id in rows::group_ids(tx, caller.workspace, &within, row.cursor).await? {
                let counted = ahead.entry(id).or_default();
                counted.0 += 1;
                counted.1 += i64::from(row.mode == Mode::Task);
            }
        }
        Ok(ahead)
    }

    /// What a broadcast would do, written or not; `id` is left out of what stands in its way.
    ///
    /// # Errors
    /// [`yutang_domain::broadcast::BroadcastError`], naming the field.
    pub async fn plan_broadcast(
        &self,
        caller: &Caller,
        draft: &Draft,
        id: Option<BroadcastId>,
    ) -> Result<Plan> {
        caller.may(Operation::BroadcastRead)?;
        let now = self.now();
        draft.check(now)?;
        in_tx!(self, Read, tx => {
            let at = draft.at.unwrap_or(now).max(now);
            let within = self
                .reach_of(tx, caller.workspace, &draft.reach, &caller.branch_prefix())
                .await?;
            let survey = self.survey(tx, caller).await?;
            let ahead = self.ahead(tx, caller, at, id).await?;
            let looked = self.look_at_all(tx, caller, (&survey, draft), &within, &ahead, at).await?;
            Ok(plan_of(draft, &survey, &looked, at))
        })
    }

    pub(crate) async fn look_at_all(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        what: (&Survey, &Draft),
        within: &Within,
        ahead: &HashMap<GroupId, (i64, i64)>,
        at: Timestamp,
    ) -> Result<Vec<Looked>> {
        let mut looked = Vec::new();
        let mut after = GroupId::from_raw(0);
        loop {
            let groups = rows::groups(tx, caller.workspace, within, after, AT_ONCE).await?;
            let Some(last) = groups.last() else {
                return Ok(looked);
            };
            after = last.id;
            looked.extend(self.look_into(tx, caller, what, groups, ahead, at).await?);
        }
    }
}

fn plan_of(draft: &Draft, survey: &Survey, looked: &[Looked], at: Timestamp) -> Plan {
    let mut plan = Plan {
        at,
        groups: looked.len() as i64,
        people: 0,
        accepted: 0,
        by_hand: 0,
        waiting: 0,
        refused: Vec::new(),
        again: 0,
        minutes: 0,
        texts: Vec::new(),
        claims: claims(&draft.text),
    };
    let mut by_account: HashMap<Option<ChannelAccountId>, i64> = HashMap::new();
    for one in looked {
        if let Course::Skip(reason) = one.course {
            plan.refused.push(Refused {
                group: one.group.id,
                name: one.group.name.clone(),
                reason: reason.why(),
                limit: match reason {
                    Reason::Quota => one.profile.and_then(limit_code),
                    _ => None,
                },
                variable: one.missing.clone(),
            });
            continue;
        }
        plan.accepted += 1;
        plan.people += one.group.size();
        plan.again += i64::from(one.posts > 0);
        match one.course {
            Course::Ask(_) => plan.by_hand += 1,
            Course::Wait(..) => plan.waiting += 1,
            _ => {}
        }
        if needs(draft.mode).is_some() && !matches!(one.course, Course::Ask(_)) {
            *by_account.entry(one.group.channel_account_id).or_default() += 1;
        }
    }
    let most = by_account.into_values().max().unwrap_or(0);
    plan.minutes = minutes(most, draft.per_minute);
    plan.texts = shown(survey, looked);
    plan
}

/// Where it is longest, shortest, and in between.
fn shown(survey: &Survey, looked: &[Looked]) -> Vec<PlannedText> {
    let mut by_length: Vec<&Looked> = looked
        .iter()
        .filter(|one| !matches!(one.course, Course::Skip(_)))
        .collect();
    by_length.sort_by_key(|one| (one.text.chars().count(), one.group.id));
    if by_length.is_empty() {
        return Vec::new();
    }
    let last = by_length.len() - 1;
    let places: BTreeSet<usize> = [last, 0, last / 2].into_iter().take(SHOWN).collect();
    places
        .into_iter()
        .rev()
        .map(|place| {
            let one = by_length[place];
            let branch = survey.branches.get(&one.group.branch_id);
            let (by, cannot) = match one.course {
                Course::Ask(found) => ("person", found.map(Obstacle::why)),
                _ => ("channel", None),
            };
            PlannedText {
                group: one.group.id,
                name: one.group.name.clone(),
                store: branch
                    .map_or_else(String::new, |row| store_name(row.clone(), &survey.house)),
                text: one.text.clone(),
                by,
                cannot,
            }
        })
        .collect()
}
