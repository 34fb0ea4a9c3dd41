//! The queue: what was decided, what waits for a person, and all that is known of each.

use std::collections::HashMap;

use yutang_domain::{id::SanctionId, permission::Operation, sanction::SanctionStanding};
use yutang_store::{
    Tx,
    appeal::{self, Appeal},
    sanction::{self, Cause, Filter, Listed, Sanction as Row, Step, Waiting},
};

use crate::{App, Caller, Result, macros::in_tx};

/// A sanction with everything that is known of it.
#[derive(Clone, Debug)]
pub struct QueueRow {
    /// The sanction; who decided and judged are given by name.
    pub row: Row,
    /// Where it stands.
    pub standing: SanctionStanding,
    /// Name of its group.
    pub group_name: String,
    /// Name of its member.
    pub member_name: String,
    /// The messages it is for, oldest first.
    pub causes: Vec<Cause>,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// The appeal against it.
    pub appeal: Option<Appeal>,
}

/// A page of the queue.
#[derive(Clone, Debug)]
pub struct QueuePage {
    /// Its rows, latest first.
    pub items: Vec<QueueRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<(i64, SanctionId)>,
    /// How many there are, up to 10,001.
    pub total: i64,
    /// How much waits for a person.
    pub waiting: Waiting,
}

impl App {
    /// Sanctions in the caller's branches, latest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn moderation_queue(
        &self,
        caller: &Caller,
        filter: &Filter,
        limit: usize,
    ) -> Result<QueuePage> {
        caller.may(Operation::ModerationRead)?;
        let filter = Filter {
            branch_prefix: caller.branch_prefix(),
            ..filter.clone()
        };
        in_tx!(self, Read, tx => {
            let workspace = caller.workspace;
            let mut listed = sanction::list(tx, workspace, &filter, limit + 1).await?;
            let more = listed.len() > limit;
            listed.truncate(limit);
            let next = listed
                .last()
                .filter(|_| more)
                .map(|row| (row.decided_at.ms(), row.id));
            Ok(QueuePage {
                total: sanction::count(tx, workspace, &filter, 10_001).await?,
                waiting: sanction::waiting(tx, workspace, &filter.branch_prefix).await?,
                items: self.whole_sanctions(tx, caller, listed).await?,
                next,
            })
        })
    }

    /// One sanction with everything that is known of it.
    ///
    /// # Errors
    /// It is out of reach.
    pub async fn sanction(&self, caller: &Caller, id: SanctionId) -> Result<QueueRow> {
        caller.may(Operation::ModerationRead)?;
        in_tx!(self, Read, tx => {
            let row = sanction::get(tx, caller.workspace, id).await?;
            self.group_in_scope(tx, caller, row.group_id).await?;
            let listed = sanction::standing_of(tx, caller.workspace, id).await?;
            let mut rows = self.whole_sanctions(tx, caller, vec![listed]).await?;
            rows.pop()
                .ok_or_else(|| yutang_store::StoreError::NotFound("sanction").into())
        })
    }

    async fn whole_sanctions(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        listed: Vec<Listed>,
    ) -> Result<Vec<QueueRow>> {
        let workspace = caller.workspace;
        let ids: Vec<SanctionId> = listed.iter().map(|row| row.id).collect();
        let mut causes: HashMap<SanctionId, Vec<Cause>> = HashMap::new();
        for cause in sanction::causes(tx, workspace, &ids).await? {
            causes.entry(cause.sanction_id).or_default().push(cause);
        }
        let mut steps: HashMap<SanctionId, Vec<Step>> = HashMap::new();
        for step in sanction::steps(tx, workspace, &ids).await? {
            steps.entry(step.sanction_id).or_default().push(step);
        }
        let mut appeals: HashMap<SanctionId, Appeal> = appeal::against(tx, workspace, &ids)
            .await?
            .into_iter()
            .map(|row| (row.sanction_id, row))
            .collect();
        let mut rows = Vec::with_capacity(listed.len());
        for one in listed {
            rows.push(QueueRow {
                row: sanction::get(tx, workspace, one.id).await?,
                standing: one.standing,
                group_name: one.group_name,
                member_name: one.member_name,
                causes: causes.remove(&one.id).unwrap_or_default(),
                steps: steps.remove(&one.id).unwrap_or_default(),
                appeal: appeals.remove(&one.id),
            });
        }
        let actors: Vec<String> = rows
            .iter()
            .flat_map(|row| {
                let answered = row.appeal.as_ref().and_then(|a| a.decided_by.clone());
                [
                    Some(row.row.actor.clone()),
                    row.row.judged_by.clone(),
                    answered,
                ]
            })
            .flatten()
            .collect();
        let names = self.actor_names(tx, caller, actors).await?;
        let called = |stored: &mut String| {
            if let Some(name) = names.get(stored) {
                stored.clone_from(name);
            }
        };
        for row in &mut rows {
            called(&mut row.row.actor);
            row.row.judged_by.iter_mut().for_each(called);
            if let Some(appeal) = &mut row.appeal {
                appeal.decided_by.iter_mut().for_each(called);
            }
        }
        Ok(rows)
    }
}
