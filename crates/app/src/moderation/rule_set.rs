//! The workspace's own words and rules: versions, and a draft tried on what was said lately.

use std::collections::{HashMap, hash_map::Entry};

use serde::Serialize;
use yutang_domain::{
    event::{Event, EventKind},
    group::Standing,
    id::{GroupId, MemberId, MessageId},
    moderation::{Case, Outcome, Strictness, decide},
    permission::Operation,
    policy::Policy,
    time::Timestamp,
};
use yutang_store::{
    Tx, event,
    message::{self, Held},
    passage,
    rule_set::{self as store, RuleSetRow},
};
use yutang_text::{lexicon::RuleSet, pipeline::Pipeline};

use super::Seen;
use crate::{App, Caller, Result, audit::Change, macros::in_tx};

/// Messages that a draft is tried on.
const TRIED: usize = 1_000;
/// How often so many are read to find them: where hardly anybody but staff writes, a trial on fewer
/// is better than reading all that was ever said.
const SLICES: usize = 50;
/// Messages of a trial that are shown.
const SHOWN: usize = 100;

/// A version of the rules.
#[derive(Clone, Debug)]
pub struct RuleSetVersion {
    /// From 1.
    pub version: i64,
    /// Its text, where it was asked for.
    pub text: Option<String>,
    /// What its author says of it.
    pub note: String,
    /// Who, by name.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Characters of its text.
    pub length: i64,
}

/// What a draft would change.
#[derive(Clone, Debug, Default)]
pub struct RuleTrial {
    /// Messages looked at.
    pub looked: usize,
    /// Messages that the rules in force act on.
    pub now: usize,
    /// Messages that the draft acts on.
    pub then: usize,
    /// Messages that the draft treats otherwise, latest first, at most 100.
    pub changed: Vec<TriedMessage>,
}

/// A message that a draft treats otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct TriedMessage {
    /// The message.
    pub message: MessageId,
    /// In which group.
    pub group: GroupId,
    /// By whom.
    pub member: MemberId,
    /// When.
    pub at: Timestamp,
    /// Its words.
    pub text: String,
    /// What the rules in force say.
    pub now: Outcome,
    /// What the draft says.
    pub then: Outcome,
    /// What made the draft say so.
    pub hits: Vec<yutang_domain::moderation::Hit>,
}

/// What would follow from a message of somebody who has just come.
fn outcome(
    pipeline: &Pipeline,
    policy: &Policy,
    said: &Held,
) -> (Outcome, Vec<yutang_domain::moderation::Hit>) {
    let seen = Seen {
        text: said.text.as_deref().unwrap_or_default(),
        codes: &[],
        kind: &said.kind,
        off_topic: said.off_topic,
    };
    let mut hits = seen.read(pipeline).hits;
    policy.sift(&mut hits);
    let decision = decide(&Case {
        hits: &hits,
        standing: Standing::Member,
        trusted: false,
        strikes: 0,
        reports: 0,
        days: 0,
        bare_card: seen.is_bare_card(),
        paid: false,
        strictness: policy.strictness,
    });
    (decision.outcome(), hits)
}

impl App {
    /// All versions, newest first; the newest is in force and comes with its text.
    ///
    /// # Errors
    /// The database refused.
    pub async fn rule_sets(&self, caller: &Caller) -> Result<Vec<RuleSetVersion>> {
        caller.may(Operation::ModerationRead)?;
        in_tx!(self, Read, tx => {
            let rows = store::list(tx, caller.workspace).await?;
            let names =
                self.actor_names(tx, caller, rows.iter().map(|row| row.actor.as_str())).await?;
            let mut versions: Vec<RuleSetVersion> = rows
                .into_iter()
                .map(|row| RuleSetVersion {
                    version: row.version,
                    text: None,
                    note: row.note,
                    by: names.get(&row.actor).cloned().unwrap_or(row.actor),
                    at: row.created_at,
                    length: row.length,
                })
                .collect();
            if let Some(newest) = versions.first_mut() {
                let row = store::get(tx, caller.workspace, newest.version).await?;
                newest.text = Some(row.text);
            }
            Ok(versions)
        })
    }

    /// One version with its text.
    ///
    /// # Errors
    /// There is no such version.
    pub async fn rule_set(&self, caller: &Caller, version: i64) -> Result<RuleSetVersion> {
        caller.may(Operation::ModerationRead)?;
        in_tx!(self, Read, tx => {
            let row = store::get(tx, caller.workspace, version).await?;
            let names = self.actor_names(tx, caller, [row.actor.as_str()]).await?;
            Ok(RuleSetVersion {
                version,
                length: i64::try_from(row.text.chars().count()).unwrap_or(i64::MAX),
                text: Some(row.text),
                note: row.note,
                by: names.get(&row.actor).cloned().unwrap_or(row.actor),
                at: row.created_at,
            })
        })
    }

    /// Publishes a new version, in force from now on; the text in force once more is no new one.
    ///
    /// # Errors
    /// [`yutang_domain::rule_set::RuleSetError`] with the line at fault; the version in force stays.
    pub async fn publish_rule_set(
        &self,
        caller: &Caller,
        text: &str,
        note: &str,
    ) -> Result<RuleSetVersion> {
        caller.may(Operation::ModerationRules)?;
        RuleSet::parse(text)?;
        let now = self.now();
        let version = in_tx!(self, Write, tx => {
            let workspace = caller.workspace;
            let before = store::in_force(tx, workspace).await?;
            if before > 0 && store::get(tx, workspace, before).await?.text == text {
                return Ok(before);
            }
            let row = RuleSetRow {
                version: before + 1,
                text: text.to_owned(),
                note: note.trim().to_owned(),
                actor: caller.actor.to_string(),
                created_at: now,
            };
            store::insert(tx, workspace, &row).await?;
            self.audited(tx, caller, now, Change {
                operation: "rule_set.publish",
                subject: format!("rule_set:{}", row.version),
                subject_name: "",
                undoable: false,
            }, Some(&before), Some(&row.version)).await?;
            let fact = Event::new(self.ids().next()?, EventKind::RuleSetPublished, &caller.actor)
                .with(serde_json::json!({ "version": row.version }));
            event::insert(tx, workspace, now, &[fact]).await?;
            Ok(row.version)
        })?;
        self.rule_set(caller, version).await
    }

    /// Tries a draft on the last 1,000 messages of members, of a group or of all in reach; nothing
    /// is written.
    ///
    /// # Errors
    /// [`yutang_domain::rule_set::RuleSetError`] with the line at fault; the group is out of reach.
    pub async fn try_rules(
        &self,
        caller: &Caller,
        text: &str,
        group: Option<GroupId>,
    ) -> Result<RuleTrial> {
        caller.may(Operation::ModerationRead)?;
        let draft = Pipeline {
            rules: std::sync::Arc::new(RuleSet::parse(text)?),
            model: None,
        };
        let (said, pipeline, policies) = in_tx!(self, Read, tx => {
            if let Some(group) = group {
                self.group_in_scope(tx, caller, group).await?;
            }
            let workspace = caller.workspace;
            let prefix = caller.branch_prefix();
            let unread = self.unread(tx, caller).await?;
            let mut said: Vec<Held> = Vec::with_capacity(TRIED);
            let mut before = None;
            for _ in 0..SLICES {
                let mut rows =
                    message::latest_from(tx, workspace, group, &prefix, before, TRIED).await?;
                before = rows.last().map(|row| (row.sent_at, row.id));
                let full = rows.len() == TRIED;
                rows.retain(|row| !unread.contains(&row.group_id));
                said.extend(self.by_members(tx, caller, rows).await?);
                if said.len() >= TRIED || !full {
                    break;
                }
            }
            said.truncate(TRIED);
            let mut policies: HashMap<GroupId, Policy> = HashMap::new();
            for row in &said {
                if let Entry::Vacant(place) = policies.entry(row.group_id) {
                    place.insert(self.policy_in(tx, workspace, row.group_id).await?);
                }
            }
            let (pipeline, _) = self.pipeline_in(tx, workspace).await?;
            Ok((said, pipeline, policies))
        })?;
        let draft = Pipeline {
            model: pipeline.model.clone(),
            ..draft
        };
        let standard = Policy {
            strictness: Strictness::Normal,
            ..Policy::default()
        };
        let mut trial = RuleTrial {
            looked: said.len(),
            ..RuleTrial::default()
        };
        let acts = |outcome| !matches!(outcome, Outcome::Allow | Outcome::Alarm);
        for row in said {
            let policy = policies.get(&row.group_id).unwrap_or(&standard);
            let (now, _) = outcome(&pipeline, policy, &row);
            let (then, hits) = outcome(&draft, policy, &row);
            trial.now += usize::from(acts(now));
            trial.then += usize::from(acts(then));
            if now != then
                && trial.changed.len() < SHOWN
                && let (Some(member), Some(text)) = (row.member_id, row.text)
            {
                trial.changed.push(TriedMessage {
                    message: row.id,
                    group: row.group_id,
                    member,
                    at: row.sent_at,
                    text,
                    now,
                    then,
                    hits,
                });
            }
        }
        Ok(trial)
    }

    /// Leaves out what owners, staff and programs said.
    pub(super) async fn by_members(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        rows: Vec<Held>,
    ) -> Result<Vec<Held>> {
        let mut by_group: HashMap<GroupId, Vec<MemberId>> = HashMap::new();
        for row in &rows {
            if let Some(member) = row.member_id {
                by_group.entry(row.group_id).or_default().push(member);
            }
        }
        let mut operators = std::collections::HashSet::new();
        for (group, mut members) in by_group {
            members.sort_unstable();
            members.dedup();
            for (member, role) in passage::standings(tx, caller.workspace, group, &members).await? {
                if role != Standing::Member {
                    operators.insert((group, member));
                }
            }
        }
        Ok(rows
            .into_iter()
            .filter(|row| {
                row.member_id
                    .is_some_and(|member| !operators.contains(&(row.group_id, member)))
            })
            .collect())
    }
}
