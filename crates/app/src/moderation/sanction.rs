//! Sanctions looked at by a person: found right, carried out, taken back, or imposed by hand.

use serde::Serialize;
use yutang_domain::{
    event::EventKind,
    group::Standing,
    id::{EventId, MemberId, MessageId, SanctionId, WorkspaceId},
    mark::MarkSource,
    moderation::{HitKind, Measure, STRIKE_MS, Tone, by_hand},
    permission::Operation,
    policy::is_paid,
    sanction::{SanctionAction, SanctionError, SanctionState},
    task::TaskState,
    time::Timestamp,
};
use yutang_store::{
    Tx, entry_fee, event,
    group::{self, Group},
    message, passage,
    sanction::{self, Sanction as Row},
    strike, trusted,
};

use super::{
    KEEPER,
    carry::Work,
    house::{House, Person},
    judge::{Held, measures_of, new_row},
};
use crate::{App, Caller, Result, audit::Change, macros::in_tx};

/// What a person holds against a message.
#[derive(Clone, Debug)]
pub struct ByHand {
    /// What it is.
    pub kind: HitKind,
    /// How hard the answer is.
    pub tone: Tone,
    /// Why, for whoever looks at it later.
    pub reason: String,
}

/// What the audit log keeps of a sanction: no words of anybody.
#[derive(Clone, Debug, Serialize)]
struct Kept {
    state: SanctionState,
    is_right: Option<bool>,
}

impl Kept {
    const fn of(row: &Row) -> Self {
        Self {
            state: row.state,
            is_right: row.is_right,
        }
    }
}

/// What is needed to act on a stored sanction.
pub(super) struct Stored {
    pub group: Group,
    pub house: House,
    pub person: Person,
    pub keys: Vec<String>,
    pub text: String,
}

impl Stored {
    pub(super) const fn work<'a>(
        &'a self,
        workspace: WorkspaceId,
        row: &'a Row,
        cause: EventId,
        now: Timestamp,
    ) -> Work<'a> {
        Work {
            workspace,
            house: &self.house,
            group: &self.group,
            person: &self.person,
            row,
            keys: self.keys.as_slice(),
            text: self.text.as_str(),
            cause,
            now,
        }
    }
}

impl App {
    /// Gathers what is needed to act on a stored sanction.
    pub(super) async fn stored(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        row: &Row,
    ) -> Result<Stored> {
        let group = group::get(tx, workspace, row.group_id).await?;
        let house = self.house(tx, workspace, &group).await?;
        let person = self.writer_of(tx, workspace, &group, row.member_id).await?;
        let causes = sanction::causes(tx, workspace, &[row.id]).await?;
        let text = causes.iter().find_map(|cause| cause.text.clone());
        Ok(Stored {
            group,
            house,
            person,
            keys: causes
                .into_iter()
                .filter(|cause| cause.recalled_at.is_none())
                .filter_map(|cause| cause.external_id)
                .collect(),
            text: text.unwrap_or_default(),
        })
    }

    /// Finds a decision right. What was only watched, or waits for a person, is carried out, unless
    /// `act` says no.
    ///
    /// # Errors
    /// [`SanctionError::Ended`]; the group is out of reach.
    pub async fn confirm_sanction(&self, caller: &Caller, id: SanctionId, act: bool) -> Result<()> {
        caller.may(Operation::ModerationDecide)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let workspace = caller.workspace;
            let before = sanction::get(tx, workspace, id).await?;
            self.group_in_scope(tx, caller, before.group_id).await?;
            if matches!(before.state, SanctionState::Undone | SanctionState::Dismissed) {
                return Err(SanctionError::Ended(before.state).into());
            }
            let mut row = Row {
                is_right: Some(true),
                judged_at: Some(now),
                judged_by: Some(caller.actor.to_string()),
                ..before.clone()
            };
            let measures = measures_of(&row);
            let waits = row.state != SanctionState::Decided && act;
            if waits {
                row.state = match before.state {
                    SanctionState::Watched if measures.contains(&Measure::Review) => SanctionState::Review,
                    _ => SanctionState::Decided,
                };
                row.back_at = row.way_back_ms.map(|ms| now.plus(ms));
            }
            if !sanction::update(tx, workspace, &row, before.state).await? {
                return Err(SanctionError::Ended(row.state).into());
            }
            let stored = self.stored(tx, workspace, &row).await?;
            let cause = self
                .sanction_fact(tx, caller, &stored.group, &row, EventKind::SanctionJudged)
                .await?;
            let work = stored.work(workspace, &row, cause, now);
            match before.state {
                SanctionState::Watched if waits => self.punish(tx, &work, &measures).await?,
                SanctionState::Review if waits => self.put_out(tx, caller, &work).await?,
                _ => {}
            }
            self.learn_from(tx, caller, &row, (true, MarkSource::Operator), now).await?;
            self.audit_sanction(tx, caller, "sanction.confirm", &before, &row, now).await
        })
    }

    /// Puts somebody out who paid, on a person's word, and lets the fee be paid back. req: 003-172
    async fn put_out(&self, tx: &mut Tx, caller: &Caller, work: &Work<'_>) -> Result<()> {
        let dedup = format!("sanction:{}:review", work.row.id);
        self.close_task_in(
            tx,
            work.workspace,
            &dedup,
            TaskState::Done,
            &KEEPER,
            work.now,
        )
        .await?;
        let kind = work.row.kind;
        let paid = (work.group.id, work.person.member);
        let amount = entry_fee::amount(tx, work.workspace, paid.0, paid.1).await?;
        let amount = amount.map(|minor| caller.currency.written(minor));
        let amount = amount.as_deref();
        let name = Some(work.person.name.as_str());
        let private = work.house.refund_notice(name, kind, amount);
        let aloud = work.house.refund_notice(None, kind, None);
        let measures = [Measure::Notice, Measure::Remove];
        self.take_measures(tx, work, &measures, (&private, &aloud), "")
            .await?;
        self.ask_refund(tx, work, amount).await
    }

    /// Takes a sanction back: the strike counts no longer, what was done is reversed, and whoever
    /// was told is told that it was wrong.
    ///
    /// # Errors
    /// [`SanctionError::Ended`]; the group is out of reach.
    pub async fn undo_sanction(&self, caller: &Caller, id: SanctionId, reason: &str) -> Result<()> {
        caller.may(Operation::ModerationDecide)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = sanction::get(tx, caller.workspace, id).await?;
            self.group_in_scope(tx, caller, row.group_id).await?;
            self.undo_sanction_in(tx, caller, &row, reason, now).await
        })
    }

    pub(crate) async fn undo_sanction_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &Row,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let state = match before.state {
            SanctionState::Watched => SanctionState::Dismissed,
            SanctionState::Review | SanctionState::Decided => SanctionState::Undone,
            ended => return Err(SanctionError::Ended(ended).into()),
        };
        let row = Row {
            state,
            is_right: Some(false),
            judged_at: Some(now),
            judged_by: Some(caller.actor.to_string()),
            back_at: None,
            reason: reason.trim().to_owned(),
            ..before.clone()
        };
        if !sanction::update(tx, workspace, &row, before.state).await? {
            return Err(SanctionError::Ended(state).into());
        }
        let stored = self.stored(tx, workspace, &row).await?;
        let cause = self
            .sanction_fact(tx, caller, &stored.group, &row, EventKind::SanctionJudged)
            .await?;
        if state == SanctionState::Undone {
            strike::take_back(tx, workspace, row.id, now).await?;
            let work = stored.work(workspace, &row, cause, now);
            self.reverse(tx, &work).await?;
        }
        let appealed = self.grant_open_appeal(tx, caller, &row, now).await?;
        let source = if appealed {
            MarkSource::Appeal
        } else {
            MarkSource::Undo
        };
        self.learn_from(tx, caller, &row, (false, source), now)
            .await?;
        self.audit_sanction(tx, caller, "sanction.undo", before, &row, now)
            .await
    }

    async fn audit_sanction(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        operation: &'static str,
        before: &Row,
        row: &Row,
        now: Timestamp,
    ) -> Result<()> {
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation,
                subject: format!("sanction:{}", row.id),
                subject_name: "",
                undoable: false,
            },
            Some(&Kept::of(before)),
            Some(&Kept::of(row)),
        )
        .await
    }

    /// Holds something against a message by hand.
    ///
    /// # Errors
    /// [`SanctionError`]; the group is out of reach.
    pub async fn sanction_by_hand(
        &self,
        caller: &Caller,
        id: MessageId,
        given: &ByHand,
    ) -> Result<SanctionId> {
        caller.may(Operation::ModerationDecide)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let workspace = caller.workspace;
            let said = message::held(tx, workspace, id).await?;
            let (group, _) = self.group_in_scope(tx, caller, said.group_id).await?;
            let member = said.member_id.ok_or(SanctionError::Nobody)?;
            if given.kind == HitKind::Complaint {
                return Err(SanctionError::Nobody.into());
            }
            let standing = self.standing_of(tx, workspace, &group, member).await?;
            if standing != Standing::Member || trusted::is_trusted(tx, workspace, member).await? {
                return Err(SanctionError::Immune.into());
            }
            let paid = is_paid(group.scene, group.monetisation);
            let decided = by_hand(given.kind, given.tone, paid);
            let state = if decided.measures.contains(&Measure::Review) {
                SanctionState::Review
            } else {
                SanctionState::Decided
            };
            let person = self.writer_of(tx, workspace, &group, member).await?;
            let text = said.text.unwrap_or_default();
            let held = Held {
                message: id,
                member,
                standing,
                name: &person.name,
                who: person.who.as_deref(),
                at: said.sent_at,
                key: said.external_id.as_deref(),
                text: &text,
                bare_card: false,
                reports: 0,
                quarrels: None,
            };
            let policy = self.policy_in(tx, workspace, group.id).await?;
            let row = Row {
                strikes: strike::count(tx, workspace, member, now).await?,
                strictness: policy.strictness,
                rule_version: yutang_store::rule_set::in_force(tx, workspace).await?,
                actor: caller.actor.to_string(),
                by_hand: true,
                reason: given.reason.trim().to_owned(),
                ..new_row(self.ids().next()?, &group, &held, &decided, &[], state, now)?
            };
            let made = self
                .impose(tx, caller, &group, (&row, &decided), &held, (&person, &text))
                .await?
                .ok_or(SanctionError::Already)?;
            self.audit_sanction(tx, caller, "sanction.impose", &row, &row, now).await?;
            Ok(made)
        })
    }

    /// What a member is in a group.
    pub(super) async fn standing_of(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: &Group,
        member: MemberId,
    ) -> Result<Standing> {
        let found = passage::standings(tx, workspace, group.id, &[member]).await?;
        Ok(found.first().map_or(Standing::Member, |(_, role)| *role))
    }

    /// Lets those in again whose time outside is over; says how many.
    ///
    /// # Errors
    /// The database refused.
    pub async fn let_back(&self, limit: usize) -> Result<usize> {
        let now = self.now();
        let due = in_tx!(self, Read, tx => Ok(sanction::returning(tx, now, limit).await?))?;
        for returning in &due {
            in_tx!(self, Write, tx => {
                let workspace = returning.workspace_id;
                let before = sanction::get(tx, workspace, returning.id).await?;
                let due = before.back_at.is_some_and(|at| at <= now);
                let row = Row { back_at: None, ..before };
                if !due || !sanction::update(tx, workspace, &row, SanctionState::Decided).await? {
                    return Ok(());
                }
                let stored = self.stored(tx, workspace, &row).await?;
                let fact = yutang_domain::event::Event::new(
                    self.ids().next()?,
                    EventKind::SanctionDecided,
                    &KEEPER,
                )
                .in_group(row.group_id, Some(stored.group.branch_id))
                .about(row.member_id)
                .with(serde_json::json!({ "sanction": row.id, "step": SanctionAction::Readmit }));
                let cause = fact.id;
                event::insert(tx, workspace, now, &[fact]).await?;
                let work = stored.work(workspace, &row, cause, now);
                self.readmit(tx, &work).await
            })?;
        }
        Ok(due.len())
    }

    /// The sanctions a member can appeal against, latest first: those of the last 30 days.
    ///
    /// # Errors
    /// The database refused.
    pub async fn appealable(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        member: MemberId,
    ) -> Result<Vec<SanctionId>> {
        let record = yutang_store::member::get(tx, workspace, member).await?;
        let since = self.now().plus(-STRIKE_MS);
        let rows = sanction::appealable(tx, workspace, record.canonical_id, since).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}
