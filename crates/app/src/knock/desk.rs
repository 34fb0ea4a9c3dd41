//! Knocks in the hands of staff: listed, let in, turned away.

use yutang_domain::{
    gate::{GateError, KnockState},
    id::{GroupId, KnockId},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    Tx,
    knock::{self, Knock},
    member,
};

use crate::{App, Caller, Result, audit::Change, macros::in_tx};

/// Longest reason of turning somebody away, in characters.
const REASON_LENGTH: usize = 200;

/// A knock with the names a list shows.
#[derive(Clone, Debug)]
pub struct Knocking {
    /// The row.
    pub row: Knock,
    /// Who knocks, by name.
    pub name: String,
    /// Who decided, by name.
    pub decided_by: Option<String>,
}

/// A page of knocks.
#[derive(Clone, Debug)]
pub struct KnockPage {
    /// The knocks, at most as many as were asked for.
    pub items: Vec<Knocking>,
    /// Where the next page begins, if there is one.
    pub next: Option<(Timestamp, KnockId)>,
    /// How many there are.
    pub total: i64,
}

impl App {
    /// Knocks at a group, newest first.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn knocks(
        &self,
        caller: &Caller,
        id: GroupId,
        state: Option<KnockState>,
        before: Option<(Timestamp, KnockId)>,
        limit: usize,
    ) -> Result<KnockPage> {
        caller.may(Operation::GateAdmit)?;
        in_tx!(self, Read, tx => {
            self.group_in_scope(tx, caller, id).await?;
            let workspace = caller.workspace;
            let mut rows = knock::list(tx, workspace, id, state, before, limit + 1).await?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more).map(|row| (row.knocked_at, row.id));
            let total = knock::count(tx, workspace, id, state).await?;
            let mut items = Vec::with_capacity(rows.len());
            for row in rows {
                items.push(self.named_knock(tx, caller, row).await?);
            }
            Ok(KnockPage { items, next, total })
        })
    }

    async fn named_knock(&self, tx: &mut Tx, caller: &Caller, row: Knock) -> Result<Knocking> {
        let name = member::get(tx, caller.workspace, row.member_id).await?.name;
        let decided_by = match &row.decided_by {
            Some(actor) => {
                let names = self
                    .actor_names(tx, caller, std::iter::once(actor.as_str()))
                    .await?;
                Some(names.get(actor).unwrap_or(actor).clone())
            }
            None => None,
        };
        Ok(Knocking {
            row,
            name,
            decided_by,
        })
    }

    /// Lets somebody in who knocks, or turns them away with a reason.
    ///
    /// # Errors
    /// [`GateError::Decided`]; there is no such knock at this group.
    pub async fn decide_knock(
        &self,
        caller: &Caller,
        group: GroupId,
        id: KnockId,
        away: Option<&str>,
    ) -> Result<Knocking> {
        caller.may(Operation::GateAdmit)?;
        let now = self.now();
        let away: Option<String> =
            away.map(|reason| reason.trim().chars().take(REASON_LENGTH).collect());
        in_tx!(self, Write, tx => {
            let (row, _) = self.group_in_scope(tx, caller, group).await?;
            let knock = knock::get(tx, caller.workspace, group, id).await?;
            if knock.state != KnockState::Waiting {
                return Err(GateError::Decided.into());
            }
            let here = self.here(tx, caller, &row).await?;
            let state = match &away {
                None => KnockState::Admitted,
                Some(_) => KnockState::Declined,
            };
            let how = (state, Some(&caller.actor), away.as_deref());
            self.end_knock(tx, caller, &row, &knock, how, now).await?;
            self.have_done(tx, caller, (&row, &here), (&knock, away.as_deref()), &caller.actor, now)
                .await?;
            self.audited(tx, caller, now, Change {
                operation: match &away {
                    None => "knock.admit",
                    Some(_) => "knock.decline",
                },
                subject: format!("member:{}", knock.member_id),
                subject_name: "",
                undoable: false,
            }, None::<&()>, Some(&serde_json::json!({ "group": group }))).await?;
            let row = knock::get(tx, caller.workspace, group, id).await?;
            self.named_knock(tx, caller, row).await
        })
    }
}
