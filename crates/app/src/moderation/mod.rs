//! Keeping order: messages judged as they come in, what follows carried out, and taken back.
//!
//! A message is judged in the transaction that takes it in, so it is judged once however often it
//! comes. What follows is written as wishes to the outbox where the channel can, and as one complete
//! task for a person where it cannot. A group that watches gets the decision only. Every decision
//! keeps what was seen, by which version of the rules, and can be taken back: by whoever looks at
//! it, or by an appeal that a person answers within two hours.
//! req: 000-002, 002-029, 002-030, 003-075, 003-155, 003-163, 003-164, 003-166, 003-167, 003-168,
//! 003-169, 003-170, 003-171, 003-172

mod appeal;
mod behaviour;
mod carry;
mod house;
mod judge;
mod ladder;
mod notice;
mod policy;
mod quality;
mod quarrel;
mod queue;
mod replay;
mod report;
mod rule_set;
mod sanction;
mod trusted;
mod way_back;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use yutang_domain::{
    actor::Actor,
    id::WorkspaceId,
    moderation::{Hit, HitKind, newcomer::Brought, recent::Digest},
};
use yutang_store::{Tx, rule_set as store};
use yutang_text::{contact, lexicon::RuleSet, pipeline::Pipeline};

pub(crate) use behaviour::Memory;
pub use {
    appeal::{AppealAnswer, AppealPage},
    policy::GroupPolicy,
    quality::{KindQuality, Quality},
    queue::{QueuePage, QueueRow},
    replay::{Replay, Replayed},
    report::Reported,
    rule_set::{RuleSetVersion, RuleTrial, TriedMessage},
    sanction::ByHand,
};

pub use yutang_store::{
    appeal::{Filter as AppealFilter, ListedAppeal},
    sanction::{Cause, Filter as QueueFilter, Sanction as SanctionRow, Step, Waiting},
    trusted::Trusted,
};

use crate::{App, Result};

/// Who decides.
pub(crate) const KEEPER: Actor = Actor::System("moderation");
/// Points of a sign that is enough by itself.
const SURE: i32 = 100;

/// Rule sets that were compiled, the one in force of each workspace.
#[derive(Default)]
pub(crate) struct Compiled(Mutex<HashMap<WorkspaceId, (i64, Arc<RuleSet>)>>);

/// What is read of a message.
#[derive(Clone, Copy, Debug)]
struct Seen<'a> {
    /// Its words.
    text: &'a str,
    /// What codes in its picture say.
    codes: &'a [String],
    /// What it consists of.
    kind: &'a str,
    /// Whether it is off the group's topic.
    off_topic: bool,
}

/// What was read of a message.
#[derive(Clone, Debug)]
struct Read {
    /// Everything that speaks for or against it.
    hits: Vec<Hit>,
    /// What it brings from outside.
    brought: Brought,
    /// What it is without its words.
    traits: behaviour::Traits,
}

impl Seen<'_> {
    /// Whether it is a card without words.
    fn is_bare_card(&self) -> bool {
        self.kind == "card" && self.text.trim().is_empty()
    }

    /// Reads it.
    fn read(&self, pipeline: &Pipeline) -> Read {
        let check = pipeline.check(self.text);
        let mut brought = Brought {
            card: self.kind == "card",
            ..Brought::default()
        };
        let mut bring = |contacts: &[contact::Contact]| {
            for contact in contacts {
                if contact.kind == contact::Kind::Link {
                    brought.links += 1;
                } else {
                    brought.contacts += 1;
                }
            }
        };
        bring(&check.contacts);
        let traits = behaviour::Traits {
            chars: u32::try_from(self.text.trim().chars().count()).unwrap_or(u32::MAX),
            digest: check.signature.map(|signature| Digest(signature.bands())),
            insult: check.points(HitKind::Insult),
        };
        let mut hits = check.hits;
        for code in self.codes {
            let check = pipeline.check(code);
            bring(&check.contacts);
            // A place in a code is none in the text.
            hits.extend(check.hits.into_iter().map(|hit| Hit { span: None, ..hit }));
        }
        let mut add = |kind, reason: &str| {
            hits.push(Hit {
                kind,
                span: None,
                reason: reason.to_owned(),
                weight: SURE,
            });
        };
        if self.kind == "card" {
            add(HitKind::Card, "card");
        }
        if self.off_topic {
            add(HitKind::OffTopic, "off_topic");
        }
        Read {
            hits,
            brought,
            traits,
        }
    }
}

impl App {
    /// What messages of a workspace are read with at present, and the version of its own rules.
    pub(crate) async fn pipeline_in(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
    ) -> Result<(Pipeline, i64)> {
        let version = store::in_force(tx, workspace).await?;
        let kept = self
            .compiled()
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&workspace)
            .filter(|(known, _)| *known == version)
            .map(|(_, rules)| rules.clone());
        let rules = match kept {
            Some(rules) => rules,
            None if version == 0 => Arc::default(),
            None => {
                let row = store::get(tx, workspace, version).await?;
                let rules = RuleSet::parse(&row.text).unwrap_or_else(|error| {
                    tracing::error!(%workspace, version, %error, "a published rule set is no longer read");
                    RuleSet::empty()
                });
                let rules = Arc::new(rules);
                self.compiled()
                    .0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(workspace, (version, rules.clone()));
                rules
            }
        };
        let model = self.classifier_of(tx, workspace).await?;
        Ok((Pipeline { rules, model }, version))
    }
}
